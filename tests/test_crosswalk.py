"""Answers put together by a crosswalk: sums by hand, through every finding, and a study without one is unchanged."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from desistance.claims.alternatives import multiverse
from desistance.claims.checks import ledger
from desistance.claims.definition import Claim
from desistance.claims.evidence import evidence_from_tables
from desistance.cli import main
from desistance.errors import StudyError
from desistance.findings.adjusted import adjusted
from desistance.findings.comparisons import comparisons
from desistance.findings.estimates import estimates
from desistance.findings.numbers import mean_numbers
from desistance.findings.precision import precision
from desistance.findings.trends import trends
from desistance.findings.variation import funnel, variation
from desistance.settings import Inference
from desistance.study import STATES, read_study
from desistance.tallies import add_tallies, count_records, service_counts
from records_builder import STUDY, small_study

ROOT = Path(__file__).parents[1]
INFERENCE = Inference(0.95, 0.05, False, 30)
CROSSWALK = {
    "framework": "Nobody (2001)",
    "assumed": "Made for a test",
    "measure": {"id": "domains", "label": "Judgement sufficient"},
    "domains": [
        {
            "id": "one",
            "label": "One",
            "from": [{"measure": "sufficiency", "items": ["drugs"], "reason": "Drugs bear on it"}],
        },
        {
            "id": "all",
            "label": "All",
            "from": [
                {"measure": "sufficiency", "reason": "Both bear on it"},
                {"measure": "prevalence", "items": ["home"], "reason": "And this"},
            ],
        },
        {"id": "nothing", "label": "Nothing", "none": "No judgement bears on it"},
    ],
}
ALTERNATIVE = "alternatives:\n  - {id: equal, label: Services equal, weights: services_equal}\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return small_study(tmp_path_factory.mktemp("plain"), STUDY + ALTERNATIVE)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bridged")
    (folder / "crosswalk.yaml").write_text(yaml.safe_dump(CROSSWALK), encoding="utf-8")
    return small_study(folder, STUDY + ALTERNATIVE)


def cases(n_cases=600, seed=1):
    rng = np.random.default_rng(seed)
    rows = {
        "service": rng.choice(list("ABCDEFGH"), n_cases, p=np.arange(1, 9) / 36),
        "sex": rng.choice(["boy", "girl"], n_cases),
        "concern": rng.choice(["low", "high"], n_cases),
    }
    for factor in ("drugs", "home"):
        present = rng.random(n_cases) < 0.6
        judged = rng.choice(["yes", "no", "not_known", "not_recorded"], n_cases, p=[0.6, 0.3, 0.06, 0.04])
        rows[factor] = np.where(present, "yes", "no")
        rows[f"delivery_{factor}"] = np.where(present, judged, "not_applicable")
    return pd.DataFrame(rows)


def count(frame, study):
    judged = {name: pd.Categorical(frame[name], STATES) for name in frame if name.endswith(("drugs", "home"))}
    levels = {
        "sex": pd.Categorical(frame["sex"]),
        "concern": pd.Categorical(frame["concern"], ["low", "high"]),
    }
    facts = {
        "made_up": True,
        "study_sha256": study.digest,
        **dict.fromkeys(("n_read", "n_accepted", "n_rejected"), 0),
        **{"rejected_by_rule": {}, "missing": [], "files": [], "first_date": None, "last_date": None},
    }
    return count_records([frame.assign(**judged, **levels)], study, facts)


@pytest.fixture(scope="module")
def tally(study):
    return count(cases(), study)


def test_domains_with_judgements_are_items_of_a_measure_that_is_pooled(study):
    measure = study.measures[-1]
    assert (measure.id, measure.pooled, measure.staged) == ("domains", True, False)
    assert [item.id for item in measure.items] == ["one", "all"]
    assert measure.items[1].parts == (
        ("sufficiency", "drugs"),
        ("sufficiency", "home"),
        ("prevalence", "home"),
    )
    assert measure.items[1].assumed == "Both bear on it; And this"
    assert study.crosswalk.domains[2].none == "No judgement bears on it"


def test_no_column_is_asked_for(study, plain, tmp_path, capsys):
    assert study.judgement_columns == plain.judgement_columns
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "crosswalk.yaml").write_text(yaml.safe_dump(CROSSWALK), encoding="utf-8")
    assert main(["dictionary", str(tmp_path)]) == 0
    columns = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert columns[6:] == ["drugs", "home", "delivery_drugs", "delivery_home"]


def test_answers_are_added_up_so_a_case_counts_as_often_as_it_has_answers(study, tally):
    frame, counts = cases(), service_counts(tally, study, study.division("sex"))
    number = next(n for n, item in enumerate(counts.items) if item.id == "all")
    for service, code in enumerate(tally.services["service"]):
        for level, sex in enumerate(counts.levels):
            kept = frame[(frame["service"] == code) & (frame["sex"] == sex)]
            answers = Counter(kept[["delivery_drugs", "delivery_home", "home"]].to_numpy().ravel())
            assert counts.n_yes[service, number, level] == answers["yes"]
            assert counts.n_base[service, number, level] == answers["yes"] + answers["no"]
            unknown = answers["not_known"] + answers["not_recorded"]
            assert counts.n_unknown[service, number, level] == unknown
    assert counts.n_base[:, number].sum() > len(frame)


def test_one_part_alone_is_that_part(study, tally):
    counts = service_counts(tally, study, study.division("concern"))
    place = {(item.measure, item.id): number for number, item in enumerate(counts.items)}
    one, part = place["domains", "one"], place["sufficiency", "drugs"]
    for name in ("n_yes", "n_base", "weight_yes", "weight_base", "n_unknown"):
        assert (getattr(counts, name)[:, one] == getattr(counts, name)[:, part]).all()
    assert (counts.n_missing[one] == counts.n_missing[part]).all()


def test_tallies_of_parts_add_up_to_the_tally_of_all(study, tally):
    frame = cases()
    added = add_tallies([count(frame[:250], study), count(frame[250:], study)])
    keys = ["service", "by", "pattern", "measure", "item"]
    both = [each.counts.sort_values(keys, ignore_index=True)[list(tally.counts)] for each in (added, tally)]
    pd.testing.assert_frame_equal(*both)


FINDINGS = {
    "estimates": estimates,
    "comparisons": comparisons,
    "trends": trends,
    "adjusted": adjusted,
    "precision": precision,
    "variation": variation,
    "funnel": lambda tally, study, _: funnel(tally, study),
}


@pytest.fixture(scope="module")
def found(study, tally):
    return {name: find(tally, study, INFERENCE) for name, find in FINDINGS.items()}


@pytest.mark.parametrize("name", FINDINGS)
def test_a_study_without_crosswalk_has_the_same_findings_of_all_else(plain, found, name):
    without = FINDINGS[name](count(cases(), plain), plain, INFERENCE)
    rest = found[name][found[name]["measure"] != "domains"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, without)
    assert (name in ("variation", "funnel")) == (len(rest) == len(found[name]))


def of(table, item, **keys):
    measure = "sufficiency" if item == "drugs" else "domains"
    kept = table[(table["measure"] == measure) & (table["item"] == item)]
    for name, value in keys.items():
        kept = kept[kept[name] == value]
    return kept.drop(columns=["measure", "item", "family", "p_holm", "p_bh"], errors="ignore")


def test_answers_of_one_case_are_taken_for_cases_of_their_own_by_no_method(found):
    assert set(of(found["estimates"], "all")["interval"]) == {"logit_t"}
    assert of(found["estimates"], "all")["icc"].isna().all()
    methods = set(of(found["comparisons"], "all")["method"])
    assert methods - {"wild_bootstrap"} == {"rao_scott", "cr2", "cr3", "linearised"}
    assert set(of(found["trends"], "all")["method"]) == {"cr2"}


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("comparisons", {"method": "cr2"}),
        ("comparisons", {"method": "linearised"}),
        ("trends", {"method": "cr2"}),
        ("adjusted", {}),
        ("precision", {}),
    ],
)
def test_what_respects_services_is_the_same_for_one_part_as_for_its_item(found, table, keys):
    pair = [of(found[table], item, **keys).reset_index(drop=True) for item in ("one", "drugs")]
    assert len(pair[0]) > 0
    pd.testing.assert_frame_equal(*pair)


def test_an_interval_of_answers_keeps_those_of_a_service_together(study, tally, found):
    # Arithmetic from the services' sums alone, as in docs/methods.md.
    row = of(found["estimates"], "all", breakdown="all").iloc[0]
    frame = cases()
    answers = frame.melt(["service"], ["delivery_drugs", "delivery_home", "home"], value_name="said")
    answers = answers[answers["said"].isin(["yes", "no"])]
    yes, base = ((answers["said"] == "yes").groupby(answers["service"]).agg(how) for how in ("sum", "size"))
    share, n_services = yes.sum() / base.sum(), len(base)
    scores = (yes - base * share) / base.sum()
    assert row["estimate"] == pytest.approx(share, rel=1e-12)
    error = np.sqrt(n_services / (n_services - 1) * (scores**2).sum())
    assert row["standard_error"] == pytest.approx(error, rel=1e-9)


def test_claims_and_their_alternatives_may_be_about_a_domain(study, tally, found):
    check = {"kind": "share", "measure": "domains", "item": "all", "word": "majority"}
    lower = {"kind": "lower", "measures": ["domains"], "division": "sex", "subgroup": "girl"}
    claims = tuple(
        Claim(f"X{number}", "A page", "Said", "so", each, "", "")
        for number, each in enumerate((check, lower))
    )
    tables = {name: found[name] for name in ("estimates", "comparisons", "trends")}
    tables["means"] = mean_numbers(tally, study, INFERENCE)
    rows = ledger(claims, evidence_from_tables(tables, study, tally.facts, significance_level=0.05))
    assert rows["verdict_design_based"][0] == "holds"
    # There is no test that ignores services, so what was published cannot be confirmed by one.
    assert rows["verdict_published_method"][1] != "holds"
    headline = dict(zip(rows["claim"], rows["verdict_design_based"], strict=True))
    assert set(multiverse(claims, tally, study, INFERENCE, headline)["verdict"]) <= {
        "holds",
        "does_not_hold",
        "undetermined",
    }


def test_services_weigh_the_same_by_their_cases_however_many_answers_are_put_together(study, plain):
    # Drugs: a tenth in four services, which have one answer a case, and all in the four others, which have three.
    # Were answers weighed instead of cases, the four with few would count for more, and there would be no majority.
    few = cases().assign(
        drugs="no", delivery_drugs="not_applicable", home="no", delivery_home="not_applicable"
    )
    few.loc[::10, "drugs"] = "yes"
    many = cases().assign(drugs="yes", delivery_drugs="yes", home="yes", delivery_home="yes")
    here = few["service"].isin(list("ABCD"))
    frame = pd.concat([few[here], many[~here]], ignore_index=True)
    check = {"kind": "share", "measure": "prevalence", "item": "drugs", "word": "majority"}
    claims = (Claim("X1", "A page", "Said", "so", check, "", ""),)
    for each in (study, plain):
        verdict = multiverse(claims, count(frame, each), each, INFERENCE, {"X1": "holds"})["verdict"][0]
        assert verdict == "undetermined"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measure": {"id": "sex", "label": "X"}}, "already an id"),
        (
            {"domains": [{"id": "a", "label": "A", "from": [{"measure": "care", "reason": "R"}]}]},
            "found measure 'care'; allowed: prevalence, sufficiency",
        ),
        (
            {
                "domains": [
                    {
                        "id": "a",
                        "label": "A",
                        "from": [{"measure": "prevalence", "items": ["sleep"], "reason": "R"}],
                    }
                ]
            },
            "found item 'sleep'; allowed: drugs, home",
        ),
        ({"domains": [{"id": "a", "label": "A"}]}, "give either from or none"),
        ({"assumed": ""}, "assumed"),
    ],
)
def test_a_crosswalk_that_leads_nowhere_is_refused(tmp_path, change, message):
    (tmp_path / "crosswalk.yaml").write_text(yaml.safe_dump(CROSSWALK | change), encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        small_study(tmp_path)


def test_the_crosswalk_of_the_bulletin_covers_the_eight_domains_and_is_assumed_throughout():
    study = read_study(ROOT / "studies" / "bulletin_2021_03")
    domains = study.crosswalk.domains
    assert [domain.id for domain in domains] == [f"t{number}" for number in range(1, 9)]
    assert [domain.id for domain in domains if domain.none] == ["t8"]
    assert all(line.reason for domain in domains for line in domain.bearings)
    barriers = next(item for item in study.measure("domains").items if item.id == "t4")
    assert barriers.parts == tuple(
        ("sufficiency", factor) for factor in ("learning_ete", "substance_misuse", "mental_health")
    )
    assert study.measure("domains").assumed == study.crosswalk.assumed
