"""The made-up example: the same bytes every time, every claim holds, and nothing could be taken for real.

The claims are checked from the CSV with pandas and scipy alone; the project's own estimators take no part.
"""

import hashlib
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import chi2_contingency, kruskal

from desistance.errors import RecordsError, StudyError
from desistance.example import cases as example
from desistance.example import counts as counting
from desistance.study import read_study

ROOT = Path(__file__).parents[1]
STUDY_FOLDER = ROOT / "studies" / "bulletin_2021_03"
CSV = ROOT / "data" / "example" / "made_up_cases.csv"
ABOUT = CSV.with_suffix(".json")

FACTORS = [
    "lifestyle",
    "learning_ete",
    "substance_misuse",
    "mental_health",
    "family_behaviour",
    "attitudes",
    "relationships",
    "speech_language",
    "accommodation",
    "physical_health",
]
DELIVERY = [f"delivery_{factor}" for factor in FACTORS]
STAGES = ["assessment", "planning", "delivery", "reviewing"]
CLAIMED = [f"{measure}_{stage}" for measure in ("strengths", "involvement") for stage in STAGES]
PARENTS = [f"parents_{stage}" for stage in STAGES]
JUDGEMENTS = [*DELIVERY, *CLAIMED, *PARENTS]
CONCERN = ["low", "medium", "high", "very high"]
BANDS = {
    "safety_concern": CONCERN,
    "risk_to_others": CONCERN,
    "previous_sanctions": ["0", "1-2", "3-5", "6+"],
}


@pytest.fixture(scope="module")
def cases():
    return pd.read_csv(CSV, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY_FOLDER)


@pytest.fixture(scope="module")
def plan():
    return example.read_plan(STUDY_FOLDER)


def table_of(cases, column, division):
    """Yes and no by subgroup, among the cases with an answer and a recorded subgroup."""
    kept = cases[cases[column].isin(["yes", "no"]) & (cases[division] != "")]
    return pd.crosstab(kept[division], kept[column])


def p_value(table):
    return chi2_contingency(table, correction=False).pvalue


def shares_of(table):
    return table["yes"] / table.sum(axis=1)


def share_of(cases, column):
    answers = cases.loc[cases[column].isin(["yes", "no"]), column]
    return (answers == "yes").mean()


def number_of_factors(cases):
    return (cases[FACTORS] == "yes").sum(axis=1)


def correlation_within_services(cases, column):
    """Intra-class correlation of a yes/no answer, by one-way analysis of variance."""
    kept = cases[cases[column].isin(["yes", "no"])]
    yes = (kept[column] == "yes").astype(float)
    groups = yes.groupby(kept["service"])
    sizes, means = groups.size(), groups.mean()
    between = (sizes * (means - yes.mean()) ** 2).sum() / (sizes.size - 1)
    within = ((yes - groups.transform("mean")) ** 2).sum() / (yes.size - sizes.size)
    typical = (yes.size - (sizes**2).sum() / yes.size) / (sizes.size - 1)
    return (between - within) / (between + (typical - 1) * within)


# --- the same bytes -------------------------------------------------------------------------------------


def test_making_the_example_again_gives_the_committed_bytes(tmp_path):
    example.write_cases(tmp_path, study_folder=STUDY_FOLDER)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CSV.name, ABOUT.name]
    assert (tmp_path / CSV.name).read_bytes() == CSV.read_bytes()
    assert (tmp_path / ABOUT.name).read_bytes() == ABOUT.read_bytes()


def test_every_programme_has_one_optimum_whichever_way_it_is_solved(monkeypatch, study, plan, cases):
    def backwards(objective, *, bounds, constraints, integrality=None, options=None):
        limits = constraints if isinstance(constraints, list) else [constraints]
        size, solve = len(objective), solver
        found = solve(
            objective[::-1],
            integrality=None if integrality is None else integrality[::-1],
            bounds=scipy.optimize.Bounds(
                *(np.broadcast_to(end, size)[::-1] for end in (bounds.lb, bounds.ub))
            ),
            constraints=[
                scipy.optimize.LinearConstraint(
                    csr_array(limit.A)[:, np.arange(size)[::-1]], limit.lb, limit.ub
                )
                for limit in limits
            ],
            options={**(options or {}), "presolve": False},
        )
        found.x = found.x[::-1]
        return found

    solver = scipy.optimize.milp
    monkeypatch.setattr(scipy.optimize, "milp", backwards)
    again = example.made_up_cases(study, plan, np.random.default_rng(plan.seed))
    pd.testing.assert_frame_equal(again.astype(str), cases, check_dtype=False)


def test_another_seed_gives_other_records_with_the_same_counts(study, plan, cases):
    other = example.made_up_cases(study, plan, np.random.default_rng(1)).astype(str)
    assert not other.equals(cases)
    for column in FACTORS:
        assert (other[column] == "yes").sum() == (cases[column] == "yes").sum()
    assert sorted(number_of_factors(other)) == sorted(number_of_factors(cases))


# --- the claims, one by one -----------------------------------------------------------------------------


def test_b01_and_b03_sizes_are_as_published_and_very_unequal(cases):
    sizes = cases["service"].value_counts()
    assert len(cases) == 1168
    assert len(sizes) == 43
    assert sizes.min() == 5
    assert sizes.max() == 75
    assert cases["case_id"].is_unique


def test_b02_inspections_run_from_june_2018_to_february_2020_on_weekdays(cases):
    days = pd.to_datetime(cases["inspected_on"], format="%Y-%m-%d")
    assert (days.min().year, days.min().month) == (2018, 6)
    assert (days.max().year, days.max().month) == (2020, 2)
    assert (days.dt.day_of_week < 5).all()
    assert not days.isin(pd.to_datetime(["2018-12-25", "2019-04-19", "2019-04-22", "2020-01-01"])).any()
    length = days.groupby(cases["service"]).agg(lambda visit: (visit.max() - visit.min()).days)
    assert length.max() <= 11


def test_b04_three_quarters_have_three_or_more_factors(cases):
    assert 0.745 <= (number_of_factors(cases) >= 3).mean() < 0.755


@pytest.mark.parametrize("band", BANDS)
def test_b05_to_b07_factors_rise_over_every_step_of_the_bands(cases, band):
    kept = cases[cases[band] != ""].assign(number=number_of_factors)
    kept["three_or_more"] = np.where(kept["number"] >= 3, "yes", "no")
    means = kept.groupby(band)["number"].mean()[BANDS[band]]
    table = table_of(kept, "three_or_more", band).loc[BANDS[band]]
    assert set(kept[band]) == set(BANDS[band])
    assert (means.diff().dropna() > 0.25).all()
    assert (shares_of(table).diff().dropna() > 0.03).all()
    assert p_value(table) < 0.05
    assert kruskal(*(kept.loc[kept[band] == code, "number"] for code in BANDS[band])).pvalue < 0.05


def test_b08_to_b11_prevalence_is_as_published(cases):
    prevalence = {factor: share_of(cases, factor) for factor in FACTORS}
    assert 0.745 <= prevalence["lifestyle"] < 0.755
    for factor in ("learning_ete", "substance_misuse"):
        assert 0.55 <= prevalence[factor] < 0.64
    assert max(prevalence[factor] for factor in FACTORS[3:]) < 0.5
    assert cases[FACTORS].isin(["yes", "no"]).all(axis=None)


@pytest.mark.parametrize("division", ["age", "gender", "looked_after"])
def test_b12_to_b14_prevalence_differs_for_several_factors_but_not_all(cases, division):
    differs = [factor for factor in FACTORS if p_value(table_of(cases, factor, division)) < 0.05]
    assert 3 <= len(differs) <= 7


def test_b15_and_b16_delivery_is_lowest_for_mental_health_and_highest_for_learning(cases):
    sufficiency = {column: share_of(cases, column) for column in DELIVERY}
    lowest, highest = sufficiency.pop("delivery_mental_health"), sufficiency.pop("delivery_learning_ete")
    assert 0.585 <= lowest < 0.595
    assert 0.745 <= highest < 0.755
    assert min(sufficiency.values()) - lowest > 0.01
    assert highest - max(sufficiency.values()) > 0.01


def test_b17_delivery_is_significantly_lower_for_looked_after_children_across_six_factors(cases):
    tables = {column: table_of(cases, column, "looked_after") for column in DELIVERY}
    lower = [
        column
        for column, table in tables.items()
        if p_value(table) < 0.05 and shares_of(table)["yes"] < shares_of(table)["no"]
    ]
    others = [p_value(table) for column, table in tables.items() if column not in lower]
    assert len(lower) == 6
    assert min(others) > 0.1
    assert sum(p > 0.5 for p in others) >= 2


@pytest.mark.parametrize("column", CLAIMED)
def test_b18_to_b21_engagement_is_sufficient_for_most_and_less_so_for_some_at_every_stage(cases, column):
    assert 0.6 < share_of(cases, column) < 0.75
    by_status = table_of(cases, column, "looked_after")
    assert shares_of(by_status)["yes"] < shares_of(by_status)["no"]
    assert p_value(by_status) < 0.05
    by_band = table_of(cases, column, "previous_sanctions").loc[BANDS["previous_sanctions"]]
    assert (shares_of(by_band).diff().dropna() < -0.015).all()
    highest_and_others = [by_band.loc["6+"], by_band.drop("6+").sum()]
    assert p_value(by_band) < 0.05
    assert p_value(by_band.loc[["0", "6+"]]) < 0.05
    assert p_value(highest_and_others) < 0.05


@pytest.mark.parametrize("measure", ["strengths", "involvement", "parents"])
def test_sufficiency_falls_a_little_from_stage_to_stage(cases, measure):
    shares = np.array([share_of(cases, f"{measure}_{stage}") for stage in STAGES])
    assert ((np.diff(shares) > -0.05) & (np.diff(shares) < 0)).all()


# --- services, missing answers, structure ---------------------------------------------------------------


def test_judgements_are_as_alike_within_services_as_stated(cases, plan):
    found = [correlation_within_services(cases, column) for column in JUDGEMENTS]
    assert np.mean(found) == pytest.approx(plan.judgements["icc"], abs=0.02)


def test_prevalence_and_looked_after_share_vary_between_services_as_stated(cases, plan):
    found = [correlation_within_services(cases, factor) for factor in FACTORS]
    assert np.mean(found) == pytest.approx(plan.prevalence["icc"], abs=0.015)
    status = correlation_within_services(cases, "looked_after")
    assert status == pytest.approx(plan.children["looked_after_icc"], abs=0.025)


def test_delivery_is_not_applicable_exactly_where_the_factor_is_absent(cases):
    for factor in FACTORS:
        absent = cases[factor] == "no"
        assert (cases[f"delivery_{factor}"] == "not applicable").equals(absent)


def test_the_three_kinds_of_missing_occur_and_are_rare(cases):
    answers = cases[DELIVERY].stack()
    applicable = answers[answers != "not applicable"]
    assert 0 < (applicable == "not known").mean() < 0.02
    assert 0 < (applicable == "").mean() < 0.02
    for column in (*CLAIMED, *PARENTS):
        judged = cases.loc[cases[column] != "not applicable", column]
        assert set(judged) == {"yes", "no", "not known", ""}
        assert (~judged.isin(["yes", "no"])).mean() < 0.03
    unrecorded = (cases[["looked_after", "safety_concern", "risk_to_others"]] == "").sum()
    assert unrecorded.between(1, 10).all()


def test_a_stage_is_not_applicable_where_a_case_was_not_reviewed_or_has_no_parent_to_involve(cases, plan):
    absent = {column: cases[column] == "not applicable" for column in (*CLAIMED, *PARENTS)}
    for measure in ("strengths", "involvement"):
        assert not any(absent[f"{measure}_{stage}"].any() for stage in STAGES[:3])
    not_reviewed, no_parents = absent["strengths_reviewing"], absent["parents_assessment"]
    assert not_reviewed.mean() == pytest.approx(plan.engagement["not_reviewed"], abs=0.001)
    assert absent["involvement_reviewing"].equals(not_reviewed)
    assert absent["parents_reviewing"].equals(not_reviewed | no_parents)
    assert set(cases.loc[no_parents, "age"]) == {"17-18"}
    among_oldest = no_parents.sum() / (cases["age"] == "17-18").sum()
    assert among_oldest == pytest.approx(plan.engagement["no_parents"]["share"], abs=0.002)


def test_judgements_of_one_case_resemble_each_other_most_across_the_stages_of_one_measure(cases):
    answers = cases[[*CLAIMED, *PARENTS]].replace({"yes": 1.0, "no": 0.0, "not known": None, "": None})
    together = answers.replace("not applicable", None).astype(float).corr().to_numpy()
    same = np.kron(np.eye(3), np.ones((4, 4))).astype(bool) & ~np.eye(12, dtype=bool)
    assert 0.3 < together[same].mean() < 0.5
    assert 0.05 < together[~same & ~np.eye(12, dtype=bool)].mean() < 0.25


# --- four checks for made-up data (Raab and others): labelling, disclosure, structure, documentation ----


def test_labelling_every_place_says_made_up(cases):
    about = json.loads(ABOUT.read_text(encoding="utf-8"))
    assert CSV.name.startswith("made_up")
    assert (cases["made_up"] == "made up").all()
    assert cases["case_id"].str.fullmatch(r"made-up-\d{4}").all()
    assert about["made_up"] is True
    assert "made up" in about["statement"]
    assert "Made-up" in about["title"]


def test_disclosure_nothing_but_the_plan_goes_in_and_no_person_can_come_out(monkeypatch, study, plan, cases):
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("the records were made from a file"))
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the records were made from a file"))
    made = example.made_up_cases(study, plan, np.random.default_rng(plan.seed))
    assert made.astype(str).equals(cases)
    assert cases["service"].str.fullmatch(r"S\d{2}").all()
    coded = cases.drop(columns=["case_id", "service", "inspected_on"])
    assert coded.nunique().max() <= 5
    assert not any(re.search("name|birth|postcode|address|note", column) for column in cases)


def test_structure_columns_and_codes_are_the_studys(cases, study):
    divisions = [division.column for division in study.divisions]
    assert list(cases) == [
        study.case,
        study.service,
        study.date.column,
        *divisions,
        *study.judgement_columns,
        "made_up",
    ]
    for division in study.divisions:
        assert set(cases[division.column]) - {""} == set(division.codes)
    for column in study.judgement_columns:
        assert set(cases[column]) <= set(study.codes)
    assert cases["inspected_on"].between(study.date.first.isoformat(), study.date.last.isoformat()).all()
    in_order = cases.sort_values(["service", "inspected_on", "case_id"], ignore_index=True)
    assert in_order.equals(cases)
    assert b"\r" not in CSV.read_bytes()
    assert CSV.stat().st_size < 400_000


def test_documentation_says_how_the_records_were_made(cases, plan):
    about = json.loads(ABOUT.read_text(encoding="utf-8"))
    assert about["sha256"] == hashlib.sha256(CSV.read_bytes()).hexdigest()
    assert (about["seed"], about["n_cases"], about["n_services"]) == (plan.seed, 1168, 43)
    sections = [section for section in vars(plan).values() if isinstance(section, dict)]
    assert about["assumptions"] == [section["assumed"] for section in sections]
    dictionary = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    undocumented = [column for column in cases if f"`{column}`" not in dictionary and column not in DELIVERY]
    assert undocumented == []


# --- the counts -----------------------------------------------------------------------------------------


def test_nearest_counts_agree_with_trying_every_whole_number():
    target, weight = np.array([1.3, 2.45, 0.8]), 1 / np.sqrt(np.array([1.3, 2.45, 0.8]) + 0.5)
    rows = np.array([[1, 1, 1], [1, -1, 0]])
    allowed = (y for y in itertools.product(range(8), repeat=3) if sum(y) == 7 and y[0] >= y[1])
    best = min(allowed, key=lambda y: (weight * np.abs(np.array(y) - target)).sum())
    assert counting.nearest_counts(target, rows=rows, low=[7, 0], high=[7, np.inf]).tolist() == list(best)


@pytest.mark.parametrize(("differs", "aim"), [(True, 0.60), (False, 0.30)])
def test_the_linear_limit_gives_pearsons_verdict(differs, aim):
    bases, shares = np.array([300, 120]), np.array([0.70, aim])
    total = round(float(bases @ shares))
    contrast = counting.pearson_contrast(
        bases, shares, np.array([False, True]), np.array([True, False]), differs=differs
    )
    yes = counting.yes_counts(bases, shares, total, [contrast])
    assert yes.sum() == total
    assert bool(p_value([yes, bases - yes]) < 0.05) is differs


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_deal_gives_every_case_its_number_and_every_factor_its_count(seed):
    rng = np.random.default_rng(seed)
    pattern = rng.random((12, 5)) < rng.random(5)
    dealt = example.best_deal(rng.standard_normal(pattern.shape), pattern.sum(axis=1), pattern.sum(axis=0))
    assert dealt.sum(axis=1).tolist() == pattern.sum(axis=1).tolist()
    assert dealt.sum(axis=0).tolist() == pattern.sum(axis=0).tolist()


def test_raking_keeps_margins_and_odds_ratios():
    raked = counting.raked([[1, 2], [3, 1]], [[40, 60], [70, 30]])
    assert raked.sum(axis=1) == pytest.approx([40, 60])
    assert raked.sum(axis=0) == pytest.approx([70, 30])
    assert raked[0, 0] * raked[1, 1] / (raked[0, 1] * raked[1, 0]) == pytest.approx(1 / 6)


def test_assumptions_that_contradict_each_other_are_refused():
    with pytest.raises(RecordsError, match="widen a range"):
        counting.nearest_counts([1.0, 1.0], rows=[[1, 1]], low=5, high=5, upper=2)


def test_a_plan_with_an_unknown_section_is_refused(tmp_path):
    text = (STUDY_FOLDER / "example.yaml").read_text(encoding="utf-8")
    (tmp_path / "example.yaml").write_text(text.replace("\nvisits:", "\nvisit:"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"missing: \['visits'\]; .*unknown: \['visit'\]"):
        example.read_plan(tmp_path)
    with pytest.raises(StudyError, match="is not there"):
        example.read_plan(tmp_path / "elsewhere")
