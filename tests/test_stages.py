"""Changes along the stages of practice: against the mean of each case's own difference, by hand, and by simulation."""

import numpy as np
import pandas as pd
import pytest

from desistance.findings.stages import stages
from desistance.findings.tables import STAGE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.differences import share_differences
from desistance.statistics.fits import linear_fit
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.robust import Correction, DegreesOfFreedom, contrast_tests
from desistance.study import STATES
from desistance.tallies import count_records
from records_builder import small_study

INFERENCE = Inference(0.95, 0.05, False, 30)
CHOSEN = {"correction": Correction.CR2, "confidence_level": 0.95}
TEXT = """\
id: small
title: A small study
source: {citation: None}
columns: {case: case_id, service: team}
stages:
  - {id: assessment, label: Assessment}
  - {id: planning, label: Planning}
  - {id: reviewing, label: Reviewing}
measures:
  - {id: whole, label: Whole, column: whole}
  - {id: strengths, label: Strengths, column: "strengths_{stage}"}
  - {id: parents, label: Parents, column: "parents_{stage}"}
breakdowns:
  - {id: sex, label: Sex, column: sex, levels: [{code: boy, label: Boys}, {code: girl, label: Girls}]}
"""
NAMES = ["assessment", "planning", "reviewing"]
PAIRS = [("assessment", "planning"), ("planning", "reviewing"), ("assessment", "reviewing")]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return small_study(tmp_path_factory.mktemp("study"), TEXT)


def cases(n_cases=400, *, missing=0.0, seed=1):
    """Cases whose answers at the three stages resemble each other, in nine services of unequal size."""
    rng = np.random.default_rng(seed)
    service = rng.choice(9, n_cases, p=np.arange(1, 10) / 45)
    rows = {"service": np.array(list("ABCDEFGHI"))[service], "sex": rng.choice(["boy", "girl"], n_cases)}
    own, effect = rng.standard_normal(n_cases), rng.standard_normal((9, 3))
    for measure in ("whole", "strengths", "parents"):
        for number, stage in enumerate([""] if measure == "whole" else NAMES):
            score = own + 0.4 * effect[service, number] + rng.standard_normal(n_cases) - 0.2 * number + 0.6
            answer = np.where(score > 0, "yes", "no")
            gone = rng.random(n_cases) < missing * (stage == "reviewing")
            rows[f"{measure}_{stage}".rstrip("_")] = np.where(gone, "not_applicable", answer)
    return pd.DataFrame(rows)


def typed(frame):
    columns = {name: pd.Categorical(frame[name], STATES) for name in frame if name not in ("service", "sex")}
    return frame.assign(**columns, sex=pd.Categorical(frame["sex"], ["boy", "girl"]))


def changes(frame, study):
    facts = {"made_up": True, "study_sha256": study.digest}
    return stages(count_records([typed(frame)], study, facts), study, INFERENCE)


def row_of(table, measure, breakdown, subgroup, previous, item):
    keys = {
        "measure": measure,
        "breakdown": breakdown,
        "subgroup": subgroup,
        "previous": previous,
        "item": item,
    }
    return table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])].iloc[0]


def test_rows_are_measures_subgroups_and_pairs_of_stages_in_the_order_of_the_study(study):
    table = changes(cases(), study)
    assert list(table) == STAGE_COLUMNS
    wanted = [
        (measure, breakdown, subgroup, *pair)
        for measure in ("strengths", "parents")
        for breakdown, subgroup in (("all", "all"), ("sex", "boy"), ("sex", "girl"))
        for pair in PAIRS
    ]
    assert list(table[STAGE_COLUMNS[:5]].itertuples(index=False, name=None)) == wanted
    assert set(table["status"]) == {"ok"}


def test_a_change_is_the_difference_of_two_shares_with_their_own_bases(study):
    frame = cases(missing=0.3)
    row = row_of(changes(frame, study), "parents", "sex", "girl", "planning", "reviewing")
    girls = frame[frame["sex"] == "girl"]
    judged = girls.loc[girls["parents_reviewing"] != "not_applicable", "parents_reviewing"]
    assert (row["n_previous"], row["n_cases"]) == (len(girls), len(judged))
    expected = (judged == "yes").mean() - (girls["parents_planning"] == "yes").mean()
    assert row["estimate"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("previous", "item"), PAIRS)
@pytest.mark.parametrize("subgroup", ["all", "girl"])
def test_where_all_are_judged_twice_it_is_the_test_of_the_mean_of_each_cases_difference(
    study, previous, item, subgroup
):
    # A regression of each case's own difference on a constant, with CR2: what pairing would do.
    frame = cases()
    table = changes(frame, study)
    kept = frame if subgroup == "all" else frame[frame["sex"] == subgroup]
    difference = (kept[f"strengths_{item}"] == "yes") * 1.0 - (kept[f"strengths_{previous}"] == "yes")
    grouped = difference.groupby(kept["service"])
    n, total = (values.to_numpy()[:, None] for values in (grouped.size(), grouped.sum()))
    paired = contrast_tests(
        linear_fit([[1.0]], n, n, total),
        [[1.0]],
        degrees_of_freedom=DegreesOfFreedom.SATTERTHWAITE,
        **CHOSEN,
    )
    row = row_of(table, "strengths", "all" if subgroup == "all" else "sex", subgroup, previous, item)
    for name in ("estimate", "standard_error", "df", "statistic", "p_value", "ci_low", "ci_high"):
        assert row[name] == pytest.approx(getattr(paired, name).item(), rel=1e-9), name


def test_the_level_holds_when_some_cases_are_not_judged_at_the_second_stage():
    # 1,000 inspections of 30 services in which nothing changes, though a case's two answers are much alike.
    rng, runs = np.random.default_rng(7), 1_000
    sizes = rng.integers(5, 50, 30)
    service = np.repeat(np.arange(30), sizes)
    common = 0.4 * rng.standard_normal((runs, 30))[:, service] + rng.standard_normal((runs, len(service)))
    yes = [(common + 0.5 * rng.standard_normal(common.shape)) > 0 for _ in range(2)]
    judged = [np.ones(common.shape, dtype=bool), rng.random(common.shape) > 0.15]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    n_yes, n_base = (
        np.moveaxis(
            np.stack([np.add.reduceat(each, starts, axis=1, dtype=int) for each in two], axis=-1), 1, 0
        )
        for two in ([one & other for one, other in zip(yes, judged, strict=True)], judged)
    )
    tests = share_differences(n_yes, n_base, n_yes, n_base, reference=0, **CHOSEN)
    rejected = (tests.p_value < 0.05).mean()
    assert rejected == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / runs))
    # Were the cases of the two stages others, errors would be much larger: the pairing is in the variance.
    share, base = n_yes.sum(axis=0) / n_base.sum(axis=0), n_base.sum(axis=0)
    unpaired = np.sqrt((share * (1 - share) / base).sum(axis=-1))
    assert np.median(tests.standard_error[:, 0] / unpaired) < 0.75


def test_p_values_are_adjusted_within_one_measure_and_one_division(study):
    table = changes(cases(missing=0.2), study)
    for family, rows in table.groupby("family"):
        assert family == f"{rows['measure'].iloc[0]}.{rows['breakdown'].iloc[0]}"
        assert rows["p_holm"].to_numpy() == pytest.approx(holm(rows["p_value"].to_numpy()))
        assert rows["p_bh"].to_numpy() == pytest.approx(benjamini_hochberg(rows["p_value"].to_numpy()))
    assert table.groupby("family").size().to_dict() == {
        f"{measure}.{breakdown}": size
        for measure in ("strengths", "parents")
        for breakdown, size in (("all", 3), ("sex", 6))
    }


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda frame: frame.assign(strengths_reviewing="not_applicable"), "one_level"),
        (lambda frame: frame.assign(strengths_reviewing="yes"), "zero_cell"),
        (lambda frame: frame.assign(strengths_planning="yes", strengths_reviewing="yes"), "all_yes"),
        (lambda frame: frame.assign(strengths_reviewing=frame["strengths_planning"]), "no_variation"),
        (lambda frame: frame.assign(service="A"), "one_service"),
    ],
)
def test_what_cannot_be_tested_says_why(study, change, status):
    row = row_of(changes(change(cases()), study), "strengths", "all", "all", "planning", "reviewing")
    assert row["status"] == status
    assert np.isnan([row["p_value"], row["p_holm"], row["ci_low"]]).all()


def test_two_stages_have_one_change_and_one_stage_or_none_has_no_row(tmp_path):
    two = TEXT.replace("  - {id: planning, label: Planning}\n", "")
    found = changes(cases(), small_study(tmp_path / "two", two))
    assert set(zip(found["previous"], found["item"], strict=True)) == {("assessment", "reviewing")}
    one = two.replace("  - {id: reviewing, label: Reviewing}\n", "")
    plain = "".join(line for line in TEXT.splitlines(True) if "stage" not in line and "label: A" not in line)
    plain = plain.replace("  - {id: planning, label: Planning}\n  - {id: reviewing, label: Reviewing}\n", "")
    for name, text in {"one": one, "plain": plain}.items():
        table = changes(cases(), small_study(tmp_path / name, text))
        assert (list(table), len(table)) == (STAGE_COLUMNS, 0)
