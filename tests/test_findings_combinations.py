"""Combinations and pairs: recounted from single cases, intervals by moving each service a little."""

from collections import Counter
from itertools import combinations as pairs_of

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from desistance.findings.combinations import combinations, pairs
from desistance.findings.tables import COMBINATION_COLUMNS, PAIR_COLUMNS
from desistance.settings import Inference
from desistance.tallies import count_records
from records_builder import STUDY, small_study
from test_findings_adjusted import FACTORS, INFERENCE, reference, reference_frame
from test_tallies import CASES, FACTS, PLAIN, WEIGHTED, judged, records, tally_of

LEVELS = [("all", "all"), *(("age_band", level) for level in ("10-14", "15-16", "17-18"))]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="module")
def frame():
    """Single cases: service, band, and one column of true and false a factor."""
    cases = reference_frame()
    return cases[["service", "age_band"]].join(cases[FACTORS] == "yes")


def of_level(frame, breakdown, level):
    return frame if breakdown == "all" else frame[frame[breakdown] == level]


def test_combinations_are_those_of_the_cases_most_frequent_first(sample, frame):
    study, tally = sample
    table = combinations(tally, study)
    assert list(table) == COMBINATION_COLUMNS
    assert (
        list(table[["breakdown", "subgroup"]].drop_duplicates().itertuples(index=False, name=None)) == LEVELS
    )
    for breakdown, level in LEVELS:
        cases = of_level(frame, breakdown, level)
        found = Counter(
            "+".join(factor for factor, present in zip(FACTORS, row, strict=True) if present)
            for row in cases[FACTORS].to_numpy()
        )
        rows = table[(table["breakdown"] == breakdown) & (table["subgroup"] == level)]
        assert dict(zip(rows["combination"], rows["n_cases"], strict=True)) == found
        assert rows["n_factors"].tolist() == [
            len(text.split("+")) if text else 0 for text in rows["combination"]
        ]
        assert (rows["n_cases"].diff().dropna() <= 0).all()
        assert rows["estimate"].to_numpy() == pytest.approx(rows["n_cases"].to_numpy() / len(cases))
        assert rows["n_cases"].sum() == len(cases)


def lift(both, first, second, base):
    return both * base / (first * second)


def test_pairs_are_those_of_the_cases_with_errors_from_moving_each_service_a_little(sample, frame):
    study, tally = sample
    table = pairs(tally, study, INFERENCE)
    assert list(table) == PAIR_COLUMNS
    assert len(table) == len(LEVELS) * 66
    rows = table.set_index(["breakdown", "subgroup", "first", "second"])
    for (breakdown, level), (one, other) in [
        (key, pair) for key in LEVELS for pair in list(pairs_of(FACTORS, 2))[::7]
    ]:
        cases = of_level(frame, breakdown, level)
        counted = pd.DataFrame(
            {
                "service": cases["service"],
                "both": cases[one] & cases[other],
                "first": cases[one],
                "second": cases[other],
                "base": True,
            }
        )
        by_service = counted.groupby("service").sum().to_numpy(dtype=float)
        total = by_service.sum(axis=0)
        row = rows.loc[(breakdown, level, one, other)]
        assert row[["n_both", "n_first", "n_second", "n_cases"]].tolist() == total.tolist()
        assert row["estimate"] == pytest.approx(lift(*total))
        step = 1e-5
        influence = [
            (np.log(lift(*(total + step * own))) - np.log(lift(*(total - step * own)))) / (2 * step)
            for own in by_service
        ]
        # Services without a case of this level stay in the design, with no influence.
        influence += [0.0] * (43 - len(influence))
        error = np.sqrt(43 / 42 * np.square(influence - np.mean(influence)).sum())
        assert row["standard_error"] == pytest.approx(error, rel=1e-6)
        assert row["df"] == len(by_service) - 1
        margin = t.ppf(0.975, len(by_service) - 1) * error
        assert np.log([row["ci_low"], row["ci_high"]]) == pytest.approx(
            np.log(row["estimate"]) + margin * np.array([-1, 1]), rel=1e-5, abs=1e-8
        )
        assert row["status"] == "ok"


def numbers(row):
    return row[["estimate", "standard_error", "ci_low", "ci_high", "df"]]


@pytest.mark.parametrize(
    ("cases", "estimate", "status"),
    [
        ([("A", "yes", "no"), ("B", "no", "yes"), ("A", "no", "no")], 0.0, "never_together"),
        ([("A", "yes", "no"), ("B", "yes", "no")], np.nan, "factor_absent"),
        ([("A", "yes", "yes"), ("B", "yes", "yes")], 1.0, "no_variation"),
        ([("A", "yes", "yes"), ("A", "no", "no")], 2.0, "one_service"),
        ([("A", "not_known", "yes"), ("B", "no", "not_recorded")], np.nan, "no_cases"),
    ],
)
def test_a_pair_that_has_no_interval_says_why(cases, estimate, status):
    tally = tally_of([judged(service=s, drugs=drugs, home=home) for s, drugs, home in cases])
    row = pairs(tally, PLAIN, INFERENCE).iloc[0]
    assert row["status"] == status
    assert numbers(row).astype(float).tolist() == pytest.approx([estimate] + [np.nan] * 4, nan_ok=True)


def test_cases_with_an_unknown_factor_are_in_neither_table():
    known = [judged(drugs="yes", home="yes"), judged(service="B", drugs="yes"), judged(service="B")]
    unknown = [judged(drugs="yes", home="not_known"), judged(service="B", drugs="not_recorded", home="yes")]
    for table in (combinations, lambda tally, study: pairs(tally, study, INFERENCE)):
        with_unknown = table(tally_of(known + unknown), PLAIN)
        pd.testing.assert_frame_equal(with_unknown, table(tally_of(known), PLAIN))
    assert with_unknown["n_cases"].tolist() == [3, 3, 0]


def test_as_many_cases_stand_with_fewest_factors_first_then_as_the_study_has_them():
    cases = [judged(drugs="yes", home="yes"), judged(home="yes"), judged(), judged(drugs="yes")]
    table = combinations(tally_of(cases), PLAIN)
    assert table["combination"].tolist()[:4] == ["", "drugs", "home", "drugs+home"]


def test_weights_move_shares_and_lifts_but_not_counts():
    cases = [
        judged(service="A", drugs="yes", home="yes", weight=2.25),
        judged(service="B", drugs="yes"),
        judged(service="B", home="yes", weight=0.5),
        judged(service="C"),
    ]
    tally = tally_of(cases, WEIGHTED)
    table = combinations(tally, WEIGHTED)
    everyone = table[table["breakdown"] == "all"].set_index("combination")
    assert everyone["n_cases"].tolist() == [1, 1, 1, 1]
    assert everyone["estimate"].to_dict() == pytest.approx(
        {"drugs+home": 2.25 / 4.75, "drugs": 1 / 4.75, "home": 0.5 / 4.75, "": 1 / 4.75}
    )
    row = pairs(tally, WEIGHTED, INFERENCE).iloc[0]
    assert row[["n_cases", "n_first", "n_second", "n_both"]].tolist() == [4, 2, 2, 1]
    assert row["estimate"] == pytest.approx(2.25 * 4.75 / (3.25 * 2.75))


def test_every_service_of_a_full_list_leaves_no_interval():
    cases = [judged(service=service, drugs="yes", home="yes") for service in "CD"]
    tally = tally_of([*cases, judged(service="C")], WEIGHTED)
    row = pairs(tally, WEIGHTED, Inference(0.95, 0.05, True, 30)).iloc[0]
    assert row["status"] == "fully_inspected"
    assert row["ci_low"] != row["ci_low"]


def test_a_study_without_factors_has_the_columns_and_no_row(tmp_path):
    text = STUDY[: STUDY.index("factors:")] + "measures: [{id: m, label: M, column: drugs}]\n"
    study = small_study(tmp_path, text)
    tally = tally_of([judged()], study)
    assert list(combinations(tally, study)) == COMBINATION_COLUMNS
    assert list(pairs(tally, study, INFERENCE)) == PAIR_COLUMNS
    assert combinations(tally, study).empty
    assert pairs(tally, study, INFERENCE).empty


def test_one_factor_has_combinations_but_no_pair(tmp_path):
    text = STUDY.replace("  - {id: home, label: Home}\n", "").replace("threshold: 2", "threshold: 1")
    study = small_study(tmp_path, text)
    tally = tally_of([judged(drugs="yes"), judged()], study)
    assert combinations(tally, study)["combination"].tolist() == ["", "drugs"] * 2
    assert pairs(tally, study, INFERENCE).empty


def test_a_study_without_bands_has_everyone_alone(tmp_path):
    study = small_study(tmp_path, STUDY[: STUDY.index("bands:")])
    tally = count_records([records([judged(drugs="yes"), judged(service="B")])], study, FACTS)
    assert set(combinations(tally, study)["breakdown"]) == {"all"}
    assert pairs(tally, study, INFERENCE)["breakdown"].tolist() == ["all"]


@given(CASES, st.sampled_from([PLAIN, WEIGHTED]), st.booleans(), st.randoms())
@settings(max_examples=12)
def test_any_table_gives_an_answer_or_a_reason_whatever_the_order(cases, study, correction, random):
    inference = Inference(0.95, 0.05, correction, 30)
    tally = tally_of(cases, study)
    table, lifts = combinations(tally, study), pairs(tally, study, inference)
    assert table["estimate"].between(0, 1).all()
    shares = table.groupby(["breakdown", "subgroup"])["estimate"].sum()
    assert shares.to_numpy() == pytest.approx(1)
    assert lifts["subgroup"].tolist() == ["all", "low", "high"]
    known = lifts[lifts["status"].isin(["ok", "lonely_stratum"])]
    assert numbers(known).notna().all(axis=None)
    assert (known["ci_low"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["ci_high"]).all()
    assert lifts.drop(known.index)["ci_low"].isna().all()
    assert (lifts["n_both"] <= lifts[["n_first", "n_second"]].min(axis=1)).all()
    turned = tally_of(random.sample(cases, len(cases)), study)
    pd.testing.assert_frame_equal(combinations(turned, study), table)
    pd.testing.assert_frame_equal(pairs(turned, study, inference), lifts)
