"""Rank tests, against R and against arithmetic on cases; R agrees to 1e-11 or better, as far as it is printed."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2, kruskal, rankdata

from desistance.errors import StatisticsError
from desistance.statistics.design import one_stratum_design, stratified_design
from desistance.statistics.ranks import design_rank_test, kruskal_wallis_test
from desistance.statistics.status import Status

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
CASES = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))
NAN = float("nan")
FACTORS = [
    "lifestyle",
    "learning_ete",
    "substance_misuse",
    "mental_health",
    "family",
    "attitudes",
    "resilience",
    "living",
    "slc",
    "self_identity",
    "physical_health",
    "engagement",
]


def rank_test(n_cases, design=None):
    n_cases = np.asarray(n_cases)
    return design_rank_test(n_cases, n_cases, design or one_stratum_design(len(n_cases)))


def numbers(test):
    values = [getattr(test, field.name) for field in dataclasses.fields(test)]
    return np.concatenate([np.ravel(each) for each in values if np.asarray(each).dtype.kind == "f"])


def close(value, expected, relative=1e-11):
    return np.asarray(value) == pytest.approx(np.asarray(expected), rel=relative, abs=0)


@st.composite
def value_tables(draw, fewest=1):
    """Cases by service, value and subgroup."""
    n = draw(st.integers(fewest, 7))
    return draw(arrays(int, (n, 4, 3), elements=st.integers(0, 4)))


# R


def factor_counts(sample, by):
    """Cases by service, number of factors and subgroup."""
    n_factors = sum(sample.answers(name) for name in FACTORS).astype(int)
    levels = sample.levels(by)
    counts = np.zeros((sample.design.n_services, 13, len(levels)))
    code = np.array([levels.index(level) for level in sample.columns[by]])
    np.add.at(counts, (sample.service, n_factors, code), 1)
    return counts


@pytest.mark.parametrize("expected", CASES["factor_count"], ids=lambda row: row["by"])
def test_rank_tests_of_the_number_of_factors_are_those_of_r(samples, expected):
    sample = samples["cases"]
    counts = factor_counts(sample, expected["by"])
    test = kruskal_wallis_test(counts.sum(axis=0))
    assert close(test.statistic, expected["kruskal_chi2"])
    assert test.df == expected["kruskal_df"]
    assert close(test.p_value, expected["kruskal_p"])
    assert close(design_rank_test(counts, counts, sample.design).p_value, expected["design_rank_p"])


def number_table(sample, number, by):
    """Cases by service, value of a number and subgroup."""
    value, level = sample.columns[number].astype(float), sample.columns[by]
    values, levels = np.unique(value), sample.levels(by)
    counts = np.zeros((sample.design.n_services, len(values), len(levels)))
    code = np.array([levels.index(each) for each in level])
    np.add.at(counts, (sample.service, np.searchsorted(values, value), code), 1)
    return counts


def test_the_rank_test_of_districts_is_that_of_svyranktest(samples, more):
    """Of free school meals by whether the school met its target: R prints t, here are its square and sign."""
    sample, expected = samples["more"], more["svyranktest_apiclus2"]
    counts = number_table(sample, "meals", "sch_wide")
    test = rank_test(counts, sample.design)
    assert close(test.statistic, expected["statistic"] ** 2)
    assert np.sign(test.mean_rank[1] - test.mean_rank[0]) == np.sign(expected["statistic"])
    assert (test.df1, test.df2) == (1, expected["parameter"]["df"])
    assert close(test.p_value, expected["p"])


# Arithmetic on cases


@given(value_tables())
def test_kruskal_wallis_is_that_of_scipy(drawn):
    counts = drawn.sum(axis=0)
    test = kruskal_wallis_test(counts)
    if test.status == Status.OK:
        groups = [np.repeat(np.arange(4), each) for each in counts.T if each.any()]
        oracle = kruskal(*groups)
        assert test.statistic == pytest.approx(oracle.statistic, abs=1e-9)
        assert test.p_value == pytest.approx(chi2.sf(test.statistic, test.df), abs=1e-12)
    else:
        assert np.isnan(numbers(test)).all()


@given(value_tables())
def test_mean_ranks_are_those_of_cases(drawn):
    assume(drawn.any())
    value, level = (np.repeat(each.ravel(), drawn.ravel()) for each in np.indices(drawn.shape)[1:])
    ranks = (rankdata(value) - 0.5) / len(value)
    for each in range(3):
        chosen = ranks[level == each]
        expected = chosen.mean() if chosen.size else NAN
        assert rank_test(drawn).mean_rank[each] == pytest.approx(expected, nan_ok=True)


# Laws


@given(value_tables(fewest=2), st.randoms(use_true_random=False))
def test_rank_tests_do_not_depend_on_order_and_turn_with_the_values(drawn, random):
    services, levels = list(range(len(drawn))), [0, 1, 2]
    random.shuffle(services)
    random.shuffle(levels)
    one = rank_test(drawn)
    for other in (rank_test(drawn[services][:, :, levels]), rank_test(drawn[:, ::-1])):
        assert other.status == one.status
        assert other.statistic == pytest.approx(one.statistic, rel=1e-5, nan_ok=True)
        assert other.p_value == pytest.approx(one.p_value, rel=1e-5, abs=1e-9, nan_ok=True)
    assert rank_test(drawn[:, ::-1]).mean_rank == pytest.approx(1 - one.mean_rank, nan_ok=True)
    assert (one.status == Status.OK) == (0 <= one.p_value <= 1)


def test_weights_of_one_size_change_nothing():
    counts = np.random.default_rng(4).integers(0, 4, (6, 4, 3))
    one, two = rank_test(counts), design_rank_test(counts, counts * 2.5, one_stratum_design(6))
    assert numbers(two) == pytest.approx(numbers(one))


# What cannot be computed


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ([[[0, 0], [0, 0]]] * 3, "no_cases"),
        ([[[2, 0], [1, 0]]] * 3, "one_level"),
        ([[[2, 3], [0, 0]]] * 3, "no_variation"),
        ([[[2, 3], [1, 1]]] * 3, "no_variation"),
        ([[[2, 3], [1, 2]]], "one_service"),
        ([[[2, 1], [1, 0]], [[1, 0], [1, 0]], [[2, 0], [1, 0]]], "one_service"),
        ([[[2, 1], [1, 0]], [[1, 0], [1, 2]]], "no_degrees_of_freedom"),
    ],
)
def test_a_rank_test_that_cannot_be_done_says_why(counts, status):
    test = rank_test(counts)
    assert test.status == status
    assert np.isnan([test.statistic, test.df1, test.df2, test.p_value]).all()
    if status in ("no_cases", "one_level"):
        assert kruskal_wallis_test(np.sum(counts, axis=0)).status == status


@pytest.mark.parametrize(
    ("strata", "sizes", "status"),
    [
        ([0] * 5, [5] * 5, "fully_inspected"),
        ([0, 1, 2, 3, 4], [NAN] * 5, "no_degrees_of_freedom"),
        ([0, 0, 0, 0, 1], [NAN] * 5, "lonely_stratum"),
        ([0, 0, 0, 1, 1], [9, 9, 9, 7, 7], "ok"),
    ],
)
def test_the_design_decides_whether_there_is_a_rank_test(strata, sizes, status):
    counts = np.random.default_rng(1).integers(1, 5, (5, 4, 2))
    test = rank_test(counts, stratified_design(strata, sizes))
    assert test.status == status
    assert np.isnan(test.p_value) == (status not in ("ok", "lonely_stratum"))


def test_inputs_that_make_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="values by subgroups"):
        kruskal_wallis_test([1, 2])
    with pytest.raises(StatisticsError, match="values by subgroups"):
        kruskal_wallis_test([[1.5, 2]])
    with pytest.raises(StatisticsError, match="services by values by subgroups"):
        rank_test([[1, 2], [3, 4]])
    with pytest.raises(StatisticsError, match="above 0"):
        design_rank_test([[[1, 2]]], [[[1, 0]]], one_stratum_design(1))
