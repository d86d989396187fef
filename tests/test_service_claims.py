"""Claims about shares of services and about rates, and whether one service decides them."""

import pandas as pd
import pytest
import yaml
from scipy.stats import binomtest

from desistance.claims.alternatives import multiverse
from desistance.claims.checks import ledger
from desistance.claims.definition import read_claims
from desistance.claims.evidence import Evidence, ServiceShare, Share, evidence_from_tables
from desistance.claims.practice import practice_of, rates_from_table, share_evidence, shares_from_tables
from desistance.claims.service_checks import share_labels
from desistance.errors import StudyError
from desistance.findings.provision import provision, rates
from desistance.findings.tables import COLUMNS
from desistance.findings.themes import themes
from desistance.settings import Inference
from desistance.tallies import count_records
from records_builder import STUDY, Ingested, case, csv_text, small_study

INFERENCE = Inference(0.95, 0.05, False, 30)
PRACTICE = """\
services:
  providers: [{code: own, label: Own staff}, {code: other, label: NHS staff}]
  nobody: nobody
  provisions: [{id: rehab, label: Rehab, factor: drugs}, {id: girls, label: Places for girls}]
  facts: [{id: hub, label: A hub}]
  rates:
    - {id: idle, label: Idle, part: idle_young, whole: all_young}
    - {id: late, label: Late, part: late_young, whole: all_late}
  wide_range: 2
  delivery: sufficiency
codebook:
  themes: [{id: trust, label: Trust}, {id: time, label: Time}]
  coders: [first, second]
  delivery: sufficiency
"""
ALTERNATIVES = """
alternatives:
  - {id: published, label: Published, test: published}
  - {id: unadjusted, label: Unadjusted, multiplicity: none}
  - {id: unknowns_no, label: Unknown as no, unknowns: "no"}
  - {id: equal, label: Services equal, weights: services_equal}
  - {id: corrected, label: Corrected, sampled_fraction: 0.75}
  - {id: left_out, label: Left out, leave_out: each_service}
"""


def exact(n_yes, n_services):
    ends = binomtest(n_yes, n_services).proportion_ci(0.95, method="exact")
    return ServiceShare(n_yes, n_services, n_yes / n_services, ends.low, ends.high)


def claims_of(folder, checks, text=STUDY + PRACTICE):
    study = small_study(folder, text)
    entries = [
        {"id": f"X{n}", "statement": "s", "published": "p", "check": check} for n, check in enumerate(checks)
    ]
    content = yaml.safe_dump({"source": "A page", "claims": entries}, sort_keys=False)
    (folder / "claims.yaml").write_text(content, encoding="utf-8")
    return read_claims(folder, study), study


def judged(folder, check, services=None, rate=None):
    claims, study = claims_of(folder, [check])
    evidence = Evidence(
        study, {}, {}, {}, {}, {"made_up": False}, 0.05, services=services or {}, rates=rate or {}
    )
    row = ledger(claims, evidence).iloc[0]
    return row, (row["verdict_published_method"], row["verdict_design_based"])


def said(name, word):
    return {"kind": "service_share", "shares": {name: word}}


@pytest.mark.parametrize(
    ("word", "n_yes", "n_services", "expected"),
    [
        ("many", 30, 43, ("holds", "holds")),  # 53.9 to 82.8 per cent
        ("many", 22, 43, ("holds", "undetermined")),
        ("many", 20, 43, ("does_not_hold", "undetermined")),  # 31.2 to 62.3: the interval allows a half
        ("many", 10, 43, ("does_not_hold", "does_not_hold")),  # up to 38.6
        ("many", 2, 2, ("does_not_hold", "does_not_hold")),  # two are not many
        ("a number of", 10, 43, ("holds", "holds")),  # 11.8 per cent or more
        ("a number of", 7, 43, ("holds", "undetermined")),  # 6.8 per cent or more
        ("a number of", 4, 43, ("does_not_hold", "undetermined")),
        ("a number of", 3, 300, ("does_not_hold", "does_not_hold")),
        ("a number of", 2, 4, ("does_not_hold", "does_not_hold")),
        ("some", 2, 43, ("holds", "holds")),
        ("some", 1, 43, ("does_not_hold", "does_not_hold")),
        ("some", 0, 43, ("does_not_hold", "does_not_hold")),
    ],
)
def test_a_word_for_services_needs_its_share_its_number_and_the_exact_interval(
    tmp_path, word, n_yes, n_services, expected
):
    _, verdicts = judged(tmp_path, said("gap.rehab", word), {"gap.rehab": exact(n_yes, n_services)})
    assert verdicts == expected


def test_what_was_computed_is_said_in_words(tmp_path):
    row, _ = judged(tmp_path, said("gap.rehab", "some"), {"gap.rehab": exact(18, 43)})
    assert row["computed"] == "gap in access to rehab: 18 of 43 services (41.9 per cent, 27.0 to 57.9)"
    assert row[["measure", "item", "breakdown"]].tolist() == ["", "gap.rehab", ""]
    assert row["basis"] == "from_records"


def test_of_several_shares_the_weakest_decides_and_the_noun_stands_once(tmp_path):
    check = {"kind": "service_share", "shares": {"mix.own": "many", "fact.hub": "some"}}
    row, verdicts = judged(tmp_path, check, {"mix.own": exact(22, 43), "fact.hub": exact(12, 42)})
    assert verdicts == ("holds", "undetermined")
    assert row["computed"] == (
        "Own staff for at least one provision: 22 of 43 services (51.2 per cent, 35.5 to 66.7); "
        "A hub: 12 of 42 (28.6 per cent, 15.7 to 44.6)"
    )


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (Share(0.30, 0.26, 0.34), ("holds", "holds")),
        (Share(0.26, 0.20, 0.33), ("holds", "undetermined")),
        (Share(0.24, 0.20, 0.33), ("does_not_hold", "undetermined")),
        (Share(0.20, 0.16, 0.24), ("does_not_hold", "does_not_hold")),
        (Share(0.30, float("nan"), float("nan")), ("holds", "undetermined")),
    ],
)
def test_every_rate_must_reach_the_threshold(tmp_path, late, expected):
    check = {"kind": "rate", "items": ["idle", "late"], "at_least": 0.25}
    row, verdicts = judged(tmp_path, check, rate={"idle": Share(0.4, 0.35, 0.45), "late": late})
    assert verdicts == expected
    assert row["computed"].startswith("Idle: 40.0 per cent (35.0 to 45.0); Late: ")


@pytest.mark.parametrize(
    "check", [said("gap.rehab", "some"), {"kind": "rate", "items": ["idle"], "at_least": 0.25}]
)
def test_without_a_table_of_services_a_claim_is_undetermined_and_says_why(tmp_path, check):
    row, verdicts = judged(tmp_path, check)
    assert verdicts == ("undetermined", "undetermined")
    assert row["computed"] == "not available"
    assert "No table of services" in row["note"]


def test_every_mistake_is_named_with_what_is_allowed(tmp_path):
    bad = [
        said("gap.food", "some"),
        {"kind": "rate", "items": ["sloth"], "at_least": 0.25},
        {"kind": "rate", "items": ["idle"]},
        {"kind": "service_share", "shares": {"gap.rehab": "some"}, "at_least": 0.5},
    ]
    with pytest.raises(StudyError) as refused:
        claims_of(tmp_path, bad)
    message = str(refused.value)
    for part in (
        "X0: share 'gap.food' is not in the study (allowed: available.rehab, gap.rehab",
        "theme.time.barrier",
        "X1: rate 'sloth' is not in the study (allowed: idle, late)",
        "X2: a check of kind rate needs at_least",
        "X3: a check of kind service_share has no at_least",
    ):
        assert part in message
    with pytest.raises(StudyError, match="allowed: none"):
        claims_of(tmp_path / "plain", [said("gap.rehab", "some")], STUDY)
    with pytest.raises(StudyError, match='found "most"; allowed: many, a number of, some'):
        claims_of(tmp_path, [said("gap.rehab", "most")])


def test_labels_keep_their_capitals_only_where_they_are_abbreviations(tmp_path):
    _, study = claims_of(tmp_path, [])
    labels = share_labels(study)
    assert labels["gap.girls"] == "gap in access to places for girls"
    assert labels["provider.rehab.other"] == "Rehab (NHS staff)"
    assert labels["range.wide_range"] == "2 or more of 2 provisions available"
    assert labels["theme.trust.enabler"] == "Trust as an enabler"


CHECKS = [
    said("gap.rehab", "some"),  # two of eight: without one of them there is one
    said("available.girls", "many"),
    said("theme.trust.enabler", "a number of"),
    said("theme.time", "some"),
    {"kind": "service_share", "shares": {"range.wide_range": "many", "provider.rehab.own": "some"}},
    {"kind": "rate", "items": ["idle", "late"], "at_least": 0.25},
    {"kind": "count", "of": "services", "equals": 8},
]


def told():
    """Eight services: gap in rehab in A and B, places for girls in seven, H does not know, rates near a quarter."""
    answers, passages = [], []
    for number, name in enumerate("ABCDEFGH"):
        answers += [
            (name, "provider_rehab", "own" if number < 5 else "other", 1),
            (name, "gap_rehab", "yes" if number < 2 else "no", 1),
            (name, "provider_girls", "not_known" if name == "H" else "other", 1),
            (name, "idle_young", "n", 6 + number % 3),
            (name, "all_young", "n", 20),
            (name, "late_young", "n", 12),
            (name, "all_late", "n", 20),
        ]
        if number < 4:
            passages.append((name, "trust", "enabler" if number < 3 else "barrier", 2))
    passages.append(("A", "time", "barrier", 1))
    passages.append(("B", "time", "enabler", 1))
    return (
        pd.DataFrame(answers, columns=["service", "item", "answer", "n"]),
        pd.DataFrame(passages, columns=["service", "theme", "direction", "n_passages"]),
    )


def counted(folder, without=None):
    folder.mkdir(parents=True, exist_ok=True)
    claims, study = claims_of(folder, CHECKS, STUDY + PRACTICE + ALTERNATIVES)
    rows = [case(n, team="ABCDEFGH"[n % 8], sex=("boy", "girl")[n % 3 % 2]) for n in range(48)]
    rows = [row for row in rows if row["team"] != without]
    (folder / "rows.csv").write_text(csv_text(rows), encoding="utf-8")
    done = Ingested(folder, [folder / "rows.csv"], study)
    records = done.records.assign(marks="")
    answers, passages = (table[table["service"] != without] for table in told())
    practice = {"answers": answers, "passages": passages}
    return claims, study, count_records([records], study, done.account, practice=practice)


def long_way(claims, study, tally):
    """Design-based verdicts through the tables of findings."""
    tables = {
        name: pd.DataFrame(columns=COLUMNS[name]) for name in ("estimates", "comparisons", "means", "trends")
    }
    evidence = evidence_from_tables(tables, study, tally.facts, significance_level=0.05)
    found = {find.__name__: find(tally, study, INFERENCE) for find in (provision, rates, themes)}
    evidence = Evidence(
        **{**vars(evidence), "services": shares_from_tables(found), "rates": rates_from_table(found["rates"])}
    )
    return ledger(claims, evidence).set_index("claim")["verdict_design_based"].to_dict()


def test_the_tables_and_the_counts_give_the_same_evidence(tmp_path):
    _, study, tally = counted(tmp_path)
    found = {find.__name__: find(tally, study, INFERENCE) for find in (provision, themes)}
    from_tables, from_counts = shares_from_tables(found), share_evidence(practice_of(tally, study), INFERENCE)
    assert from_tables.keys() == from_counts.keys()
    assert set(from_tables) <= set(share_labels(study))
    for name, share in from_tables.items():
        assert tuple(share) == pytest.approx(tuple(from_counts[name]), rel=1e-12), name
    assert from_tables["theme.trust"].n_yes == 4
    assert from_tables["theme.trust.enabler"].n_yes == 3
    assert from_tables["available.girls"].n_services == 7


def test_leaving_out_each_service_is_the_records_without_it(tmp_path):
    claims, study, tally = counted(tmp_path / "all")
    headline = long_way(claims, study, tally)
    assert headline["X0"] == "holds"
    table = multiverse(claims, tally, study, INFERENCE, headline).query("alternative == 'left_out'")
    found = table.set_index("claim")["agrees"].to_dict()
    again = [long_way(*counted(tmp_path / name, without=name)) for name in "ABCDEFGH"]
    expected = {
        claim: "yes" if all(one[claim] == headline[claim] for one in again) else "no" for claim in headline
    }
    assert found == expected | {"X6": ""}
    assert (found["X0"], found["X1"]) == ("no", "yes")


def test_claims_about_services_hang_on_no_other_choice(tmp_path):
    claims, study, tally = counted(tmp_path)
    table = multiverse(claims, tally, study, INFERENCE, long_way(claims, study, tally))
    others = table[table["alternative"] != "left_out"]
    assert len(others) == 5 * len(CHECKS)
    assert (others["agrees"] == "").all()
