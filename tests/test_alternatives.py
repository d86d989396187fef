"""The small multiverse: each alternative against the same thing done the long way."""

import numpy as np
import pandas as pd
import pytest
import yaml

from desistance.claims.alternatives import agreement, multiverse
from desistance.claims.checks import ledger
from desistance.claims.definition import read_claims
from desistance.claims.evidence import evidence_from_tables
from desistance.findings.comparisons import comparisons
from desistance.findings.estimates import estimates
from desistance.findings.numbers import mean_numbers
from desistance.findings.trends import trends
from desistance.settings import Inference
from desistance.tallies import count_records
from records_builder import STUDY, Ingested, case, csv_text, small_study

INFERENCE = Inference(0.95, 0.05, False, 30)
CLAIMS = [
    {"kind": "count", "of": "cases", "equals": 400},
    {"kind": "share", "measure": "both", "item": "both", "word": "majority"},
    {"kind": "rank", "measure": "prevalence", "item": "drugs", "rank": "highest"},
    {"kind": "differs", "measure": "prevalence", "division": "sex"},
    {"kind": "lower_count", "measure": "sufficiency", "division": "sex", "subgroup": "girl", "equals": 1},
    {"kind": "lower", "measures": ["sufficiency"], "division": "sex", "subgroup": "girl"},
    {"kind": "rises", "measure": "both", "item": "both", "division": "concern"},
]
ALTERNATIVES = """
alternatives:
  - {id: published, label: Published, test: published}
  - {id: rao_scott, label: Rao-Scott, test: rao_scott}
  - {id: jackknife, label: Jackknife, test: cr3}
  - {id: unadjusted, label: Unadjusted, multiplicity: none}
  - {id: unknowns_no, label: Unknown as no, unknowns: "no"}
  - {id: unknowns_yes, label: Unknown as yes, unknowns: "yes"}
  - {id: equal, label: Services equal, weights: services_equal}
  - {id: corrected, label: Corrected, sampled_fraction: 0.75}
  - {id: left_out, label: Left out, leave_out: each_service}
"""


def made_rows(seed, n_cases=400, unknown=0.1):
    random = np.random.default_rng(seed)
    effect = dict(zip("ABCDEFGH", random.normal(0, 0.12, 8), strict=True))
    rows = []
    for number in range(n_cases):
        team = "ABCDEFGH"[random.integers(8)]
        row = case(
            number, team=team, sex=random.choice(["boy", "girl"]), concern=random.choice(["low", "high"])
        )
        for factor, share in (("drugs", 0.7), ("home", 0.6)):
            present = random.random() < share + effect[team]
            enough = random.random() < 0.6 + effect[team] - 0.15 * (row["sex"] == "girl")
            judged = "not known" if random.random() < unknown else ("yes" if enough else "no")
            row[factor] = "yes" if present else "no"
            row[f"delivery_{factor}"] = judged if present else "not applicable"
        rows.append(row)
    return rows


def counted(folder, rows, text=STUDY + ALTERNATIVES):
    study = small_study(folder, text)
    (folder / "rows.csv").write_text(csv_text(rows), encoding="utf-8")
    done = Ingested(folder, [folder / "rows.csv"], study)
    return count_records([done.records], study, done.account), study


def claims_of(folder, study):
    entries = [
        {"id": f"X{n}", "statement": "s", "published": "p", "check": check} for n, check in enumerate(CLAIMS)
    ]
    (folder / "claims.yaml").write_text(
        yaml.safe_dump({"source": "A page", "claims": entries}), encoding="utf-8"
    )
    return read_claims(folder, study)


def long_way(claims, tally, study, inference=INFERENCE):
    """Ledger of a tally through the tables of findings."""
    tables = {
        "estimates": estimates(tally, study, inference),
        "comparisons": comparisons(tally, study, inference),
        "means": mean_numbers(tally, study, inference),
        "trends": trends(tally, study, inference),
    }
    return ledger(claims, evidence_from_tables(tables, study, tally.facts, significance_level=0.05))


@pytest.fixture(scope="module", params=[1, 2, 3])
def example(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alternatives")
    rows = made_rows(request.param)
    tally, study = counted(folder, rows)
    claims = claims_of(folder, study)
    headline = long_way(claims, tally, study).set_index("claim")["verdict_design_based"]
    table = multiverse(claims, tally, study, INFERENCE, headline.to_dict())
    return folder, rows, claims, headline, table


def verdicts(table, alternative):
    found = table[table["alternative"] == alternative].set_index("claim")["verdict"]
    return found[found != ""]


def test_the_published_alternative_is_the_published_verdict(example, tmp_path):
    _, rows, claims, _, table = example
    tally, study = counted(tmp_path, rows)
    published = long_way(claims, tally, study).set_index("claim")["verdict_published_method"]
    found = verdicts(table, "published")
    assert found.to_dict() == published[found.index].to_dict()
    assert set(found.index) == {"X3", "X4", "X5", "X6"}


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_unknowns_as_an_answer_is_the_records_with_that_answer(example, tmp_path, answer):
    _, rows, claims, _, table = example
    known = [{key: answer if value == "not known" else value for key, value in row.items()} for row in rows]
    tally, study = counted(tmp_path, known)
    expected = long_way(claims, tally, study).set_index("claim")["verdict_design_based"]
    found = verdicts(table, f"unknowns_{answer}")
    assert found.to_dict() == expected[found.index].to_dict()


def test_leaving_out_each_service_is_the_records_without_it(example, tmp_path):
    _, rows, claims, headline, table = example
    agrees = pd.Series(True, index=headline.index)
    for team in "ABCDEFGH":
        folder = tmp_path / team
        folder.mkdir()
        tally, study = counted(folder, [row for row in rows if row["team"] != team])
        again = long_way(claims, tally, study).set_index("claim")["verdict_design_based"]
        agrees &= again == headline
    left_out = table[table["alternative"] == "left_out"].set_index("claim")["agrees"]
    assert (left_out[left_out != ""] == "yes").to_dict() == agrees[left_out[left_out != ""].index].to_dict()


def test_merged_levels_are_the_records_with_those_levels(tmp_path):
    three = STUDY.replace(
        "levels: [{code: boy, label: Boys}, {code: girl, label: Girls}]",
        "levels: [{code: boy, label: B}, {code: girl, label: G}, {code: other, label: O}]",
    )
    rows = made_rows(4)
    for number, row in enumerate(rows):
        row["sex"] = "other" if number % 5 == 0 else row["sex"]
    merge = (
        "\nalternatives:\n  - {id: two, label: Two, merge: {division: sex, into: [[boy], [girl, other]]}}\n"
    )
    tally, study = counted(tmp_path, rows, three + merge)
    claims = claims_of(tmp_path, study)
    headline = long_way(claims, tally, study).set_index("claim")["verdict_design_based"].to_dict()
    table = multiverse(claims, tally, study, INFERENCE, headline)
    folder = tmp_path / "merged"
    folder.mkdir()
    for row in rows:
        row["sex"] = "girl" if row["sex"] == "other" else row["sex"]
    merged, two = counted(folder, rows)
    expected = long_way(claims, merged, two).set_index("claim")["verdict_design_based"]
    found = verdicts(table, "two")
    assert found.to_dict() == {"X3": expected["X3"]}


def test_agreement_is_the_share_of_alternatives_with_a_bearing():
    table = pd.DataFrame(
        {"claim": ["A", "A", "A", "B"], "alternative": list("xyzx"), "agrees": ["yes", "no", "", ""]}
    )
    assert agreement(table) == {"A": 0.5}


def test_counts_hang_on_no_choice_and_words_on_no_test(example):
    table = example[4]
    assert (table[table["claim"] == "X0"]["agrees"] == "").all()
    share = table[table["claim"] == "X1"].set_index("alternative")["agrees"]
    assert set(share[share == ""].index) == {"published", "rao_scott", "jackknife", "unadjusted"}


def test_a_study_without_alternatives_or_claims_has_an_empty_table(tmp_path):
    tally, study = counted(tmp_path, made_rows(1, 60), STUDY)
    assert multiverse((), tally, study, INFERENCE, {}).empty
    claims = claims_of(tmp_path, study)
    headline = dict.fromkeys((claim.id for claim in claims), "holds")
    assert multiverse(claims, tally, study, INFERENCE, headline).empty


def test_services_weighted_equally_is_a_weight_for_each_service(tmp_path):
    """Repeating a service's cases leaves its weight as it was, so the alternative's shares stay the same."""
    rows = made_rows(5, unknown=0.0)
    shares = []
    for times in (1, 3):
        repeated = [
            row | {"case_id": f"{row['case_id']}-{n}"}
            for row in rows
            for n in range(times if row["team"] == "A" else 1)
        ]
        folder = tmp_path / str(times)
        folder.mkdir()
        tally, study = counted(folder, repeated)
        claims = claims_of(folder, study)
        headline = dict.fromkeys((claim.id for claim in claims), "holds")
        shares.append(verdicts(multiverse(claims, tally, study, INFERENCE, headline), "equal").to_dict())
    words = [{claim: found[claim] for claim in ("X1", "X2")} for found in shares]
    assert words[0] == words[1]


def test_with_one_service_none_can_be_left_out(tmp_path):
    rows = [row | {"team": "A"} for row in made_rows(6, 60)]
    tally, study = counted(tmp_path, rows)
    claims = claims_of(tmp_path, study)
    headline = long_way(claims, tally, study).set_index("claim")["verdict_design_based"].to_dict()
    table = multiverse(claims, tally, study, INFERENCE, headline)
    assert verdicts(table, "left_out").empty
    assert set(verdicts(table, "rao_scott")) <= {"undetermined", "does_not_hold"}
