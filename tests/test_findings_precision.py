"""Smallest detectable differences: R's errors and degrees of freedom, power by the definition, and bad tables."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nct, t

from desistance.findings.precision import precision
from desistance.findings.tables import PRECISION_COLUMNS
from desistance.settings import Inference
from records_builder import STUDY, small_study
from test_findings_adjusted import INFERENCE, REFERENCE, item_of, reference, reference_frame
from test_tallies import CASES, PLAIN, WEIGHTED, judged, tally_of

SIZES = ["design_effect", "df", "smallest_increase", "smallest_decrease"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    study, tally = reference(tmp_path_factory.mktemp("reference"))
    return precision(tally, study, INFERENCE)


def test_rows_are_every_subgroup_but_the_references_in_the_order_of_the_study(table):
    assert list(table) == PRECISION_COLUMNS
    assert table[["breakdown", "reference", "subgroup"]].to_numpy().tolist() == 25 * [
        ["looked_after", "no", "yes"],
        ["gender", "boy", "girl"],
        ["age", "10-14", "15-16"],
        ["age", "10-14", "17-18"],
        ["age_band", "10-14", "15-16"],
        ["age_band", "10-14", "17-18"],
    ]
    assert table["item"].tolist()[::6][:2] == ["lifestyle", "learning_ete"]
    assert set(table["power"]) == {0.8}
    assert set(table["status"]) <= {"ok", "out_of_reach"}


def shares(outcome, breakdown, levels):
    frame = reference_frame()
    frame = frame[frame[outcome].isin(["yes", "no"])]
    chosen = [frame[frame[breakdown] == level][outcome] == "yes" for level in levels]
    return [(each.sum(), len(each)) for each in chosen]


def test_errors_and_degrees_of_freedom_are_those_of_club_sandwich(table):
    """R 4.2.2, clubSandwich 0.5.8, CR2 and Satterthwaite, on `lm(y ~ looked_after)`."""
    rows = table.set_index(["measure", "item", "breakdown", "subgroup"])
    expected = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))["cr2"]
    expected = [
        row
        for row in expected
        if row["model"].startswith("linear probability") and row["term"] == "looked_afteryes"
    ]
    assert len(expected) == 6
    for term in expected:
        row = rows.loc[(*item_of(term["outcome"]), "looked_after", "yes")]
        (yes0, n0), (yes1, n1) = shares(term["outcome"], "looked_after", ["no", "yes"])
        p, q = yes0 / n0, yes1 / n1
        independent = p * (1 - p) / n0 + q * (1 - q) / n1
        assert row["design_effect"] == pytest.approx(term["se"] ** 2 / independent, rel=1e-9)
        assert row["df"] == pytest.approx(term["df"], rel=1e-9)
        assert row["share"] == pytest.approx((yes0 + yes1) / (n0 + n1))
        assert (row["n_reference"], row["n_subgroup"]) == (n0, n1)


def test_the_smallest_difference_is_seen_in_80_of_100_samples_by_the_noncentral_t(table):
    rows = table[table["status"] == "ok"].iloc[::9]
    assert len(rows) > 10
    for row in rows.to_dict("records"):
        n0, n1, p = row["n_reference"], row["n_subgroup"], row["share"]
        for difference in (row["smallest_increase"], row["smallest_decrease"]):
            reference_share, share = p - difference * n1 / (n0 + n1), p + difference * n0 / (n0 + n1)
            independent = reference_share * (1 - reference_share) / n0 + share * (1 - share) / n1
            noncentrality = difference / np.sqrt(row["design_effect"] * independent)
            critical = t.ppf(0.975, row["df"])
            power = nct.sf(critical, row["df"], noncentrality) + nct.cdf(-critical, row["df"], noncentrality)
            assert power == pytest.approx(0.8, abs=1e-6)
    assert (rows["smallest_increase"] > 0).all()
    assert (rows["smallest_decrease"] < 0).all()


def test_a_stricter_level_needs_larger_differences(table, tmp_path):
    study, tally = reference(tmp_path)
    strict = precision(tally, study, Inference(0.95, 0.005, False, 30))
    both = (table["status"] == "ok") & (strict["status"] == "ok")
    assert (strict["smallest_increase"][both] > table["smallest_increase"][both]).all()


def case_of(service, sex, drugs):
    return judged(service=service, sex=sex, drugs=drugs)


def first_row(cases):
    """Drugs of girls against boys."""
    return precision(tally_of(cases), PLAIN, INFERENCE).iloc[0]


BOYS = [case_of(service, "boy", drugs) for service in "ABCD" for drugs in ("yes", "no", "no")]


@pytest.mark.parametrize(
    ("girls", "status"),
    [
        ([("A", "girl", "yes"), ("B", "girl", "yes")], "zero_cell"),
        ([("A", "girl", "yes"), ("A", "girl", "no")], "one_service"),
        ([], "one_level"),
        ([("A", "girl", "not_known")], "one_level"),
    ],
)
def test_a_subgroup_without_a_variance_says_why(girls, status):
    row = first_row(BOYS + [case_of(*girl) for girl in girls])
    assert row["status"] == status
    assert row[SIZES].isna().all()
    assert row["power"] == 0.8


@pytest.mark.parametrize(
    ("answer", "status"), [("yes", "all_yes"), ("no", "all_no"), ("not_known", "no_cases")]
)
def test_one_answer_from_all_is_a_status(answer, status):
    cases = [case_of(service, sex, answer) for service in "ABC" for sex in ("boy", "girl")]
    row = first_row(cases)
    assert row["status"] == status
    assert row[SIZES].isna().all()


def test_one_service_is_a_status():
    row = first_row([case_of("A", sex, drugs) for sex in ("boy", "girl") for drugs in ("yes", "no")])
    assert row["status"] == "one_service"


def test_a_difference_that_is_out_of_reach_leaves_that_direction_empty():
    girls = [("A", "girl", "yes"), ("B", "girl", "no"), ("C", "girl", "no")]
    row = first_row(BOYS + [case_of(*girl) for girl in girls])
    assert row["status"] == "out_of_reach"
    assert row[["smallest_increase", "smallest_decrease"]].isna().any()
    assert row[["design_effect", "df"]].notna().all()


def test_a_study_without_divisions_has_the_columns_and_no_row(tmp_path):
    study = small_study(tmp_path, STUDY[: STUDY.index("breakdowns:")])
    table = precision(tally_of([judged(), judged(service="B")], study), study, INFERENCE)
    assert list(table) == PRECISION_COLUMNS
    assert table.empty


def test_the_reference_may_be_any_level(tmp_path):
    study = small_study(tmp_path, STUDY.replace("column: sex,", "column: sex, reference: girl,"))
    numbers = range(20)
    boys = [case_of("ABCDE"[n % 5], "boy", "yes" if n % 3 else "no") for n in numbers] * 4
    girls = [case_of("ABCDE"[n % 5], "girl", "yes" if n % 2 else "no") for n in numbers] * 3
    turned = precision(tally_of(boys + girls, study), study, INFERENCE).iloc[0]
    plain = precision(tally_of(boys + girls), PLAIN, INFERENCE).iloc[0]
    assert plain["status"] == "ok"
    assert (turned["reference"], turned["subgroup"]) == ("girl", "boy")
    assert turned["n_reference"] == plain["n_subgroup"]
    assert turned["smallest_increase"] == pytest.approx(-plain["smallest_decrease"])


@given(CASES, st.sampled_from([PLAIN, WEIGHTED]), st.randoms())
@settings(max_examples=12)
def test_any_table_gives_an_answer_or_a_reason_whatever_the_order(cases, study, random):
    table = precision(tally_of(cases, study), study, INFERENCE)
    assert len(table) == 2 * len(study.items)
    assert (table["status"] != "").all()
    known = table[table["status"] == "ok"]
    assert known.notna().all(axis=None)
    assert (known["smallest_increase"] > 0).all()
    assert (known["smallest_decrease"] < 0).all()
    assert table["share"].dropna().between(0, 1).all()
    assert table.loc[~table["status"].isin(["ok", "out_of_reach"]), SIZES[2:]].isna().all(axis=None)
    turned = precision(tally_of(random.sample(cases, len(cases)), study), study, INFERENCE)
    pd.testing.assert_frame_equal(turned, table, rtol=1e-6, atol=1e-9)
