import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency

from desistance.errors import StatisticsError
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.design import one_stratum_design, stratified_design
from desistance.statistics.status import Status

NAN = float("nan")


def rao_scott(n_yes, n_base, design=None):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return rao_scott_test(n_yes, n_base, n_yes, n_base, design or one_stratum_design(len(n_base)))


def numbers(test):
    values = dataclasses.asdict(test)
    return np.array([value for value in values.values() if isinstance(value, float)])


@st.composite
def tables(draw, n_levels=3):
    n = draw(st.integers(3, 12))
    base = draw(arrays(int, (n, n_levels), elements=st.integers(0, 20)))
    share = draw(arrays(float, (n, n_levels), elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


# Pearson


@given(tables())
def test_pearson_is_that_of_scipy(drawn):
    n_yes, n_base = (each.sum(axis=0) for each in drawn)
    test = pearson_test(n_yes, n_base)
    if test.status == Status.OK:
        seen = n_base > 0
        oracle = chi2_contingency([n_yes[seen], (n_base - n_yes)[seen]], correction=False)
        assert test.statistic == pytest.approx(oracle.statistic, abs=1e-9)
        assert test.p_value == pytest.approx(oracle.pvalue)
        assert test.df == oracle.dof
        assert test.smallest_expected == pytest.approx(oracle.expected_freq.min())
        assert 0 <= test.cramers_v <= 1 + 1e-12
    else:
        assert np.isnan(numbers(test)).all()


def test_complete_association_has_a_cramers_v_of_1():
    assert pearson_test([10, 0], [10, 30]).cramers_v == pytest.approx(1)


# Rao-Scott


@given(tables(), st.randoms(use_true_random=False))
def test_order_of_services_and_of_levels_does_not_matter(drawn, random):
    n_yes, n_base = drawn
    rows, columns = list(range(len(n_base))), [0, 1, 2]
    random.shuffle(rows)
    random.shuffle(columns)
    one, other = rao_scott(n_yes, n_base), rao_scott(n_yes[rows][:, columns], n_base[rows][:, columns])
    assert one.status == other.status
    assert numbers(other) == pytest.approx(numbers(one), rel=1e-6, abs=1e-9, nan_ok=True)


@given(tables())
def test_swapping_yes_and_no_changes_nothing(drawn):
    n_yes, n_base = drawn
    one, other = rao_scott(n_yes, n_base), rao_scott(n_base - n_yes, n_base)
    assert numbers(other) == pytest.approx(numbers(one), rel=1e-6, abs=1e-9, nan_ok=True)


@given(tables())
def test_results_are_probabilities_and_sensible_degrees_of_freedom(drawn):
    test = rao_scott(*drawn)
    if test.status == Status.OK:
        assert test.statistic >= 0
        assert 0 <= test.p_value <= 1
        assert 1 - 1e-9 <= test.df1 <= test.n_levels - 1 + 1e-9
        assert test.df2 == pytest.approx(test.df1 * (test.n_services - 1))
        pearson = pearson_test(*(each.sum(axis=0) for each in drawn))
        assert test.chi_square == pytest.approx(pearson.statistic, abs=1e-9)
    else:
        assert np.isnan(numbers(test)).all()


@given(tables())
def test_copying_every_case_inside_its_service_changes_only_the_design_effect(drawn):
    n_yes, n_base = drawn
    one, two = rao_scott(n_yes, n_base), rao_scott(2 * n_yes, 2 * n_base)
    assert two.status == one.status
    assert two.statistic == pytest.approx(one.statistic, rel=1e-6, abs=1e-9, nan_ok=True)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-6, abs=1e-9, nan_ok=True)
    assert two.design_effect == pytest.approx(2 * one.design_effect, rel=1e-6, nan_ok=True)


def test_with_one_case_a_service_the_design_effect_is_near_1():
    rng = np.random.default_rng(3)
    n_base = np.eye(3, dtype=int)[rng.integers(0, 3, 3000)]
    test = rao_scott(rng.binomial(n_base, 0.3), n_base)
    assert test.design_effect == pytest.approx(1, abs=0.01)
    assert test.df1 == pytest.approx(2, abs=0.01)


def test_a_level_without_cases_is_dropped():
    n_yes, n_base = [[8, 2], [5, 4], [9, 1], [3, 3]], [[10, 10], [10, 8], [12, 9], [9, 4]]
    padded = rao_scott(np.insert(n_yes, 1, 0, axis=1), np.insert(n_base, 1, 0, axis=1))
    assert padded == rao_scott(n_yes, n_base)
    assert padded.n_levels == 2
    totals = np.insert(np.sum(n_yes, axis=0), 1, 0), np.insert(np.sum(n_base, axis=0), 1, 0)
    assert pearson_test(*totals).df == 1


def test_a_level_without_any_yes_still_gives_a_test():
    test = rao_scott([[3, 0], [5, 0], [2, 0]], [[9, 4], [9, 6], [8, 5]])
    assert test.status == Status.OK
    assert test.df1 == pytest.approx(1)
    assert 0 < test.p_value < 1


def test_rounding_in_sums_of_weights_does_not_make_up_cases():
    """0.1 + 0.2 is not 0.3 in binary; a subgroup that is all yes must keep a cell of exactly nothing."""
    n_yes, n_base = np.array([[1, 2], [3, 2], [1, 2]]), np.array([[3, 2], [5, 2], [2, 2]])
    weight_yes, weight_base = n_yes * 0.15, n_base * 0.15
    exact = rao_scott_test(n_yes, n_base, weight_yes, weight_base, one_stratum_design(3))
    weight_base[:, 1] = (0.1 + 0.2) * np.array([1.0, 1 - 2**-52, 1 + 2**-52])
    rounded = rao_scott_test(n_yes, n_base, weight_yes, weight_base, one_stratum_design(3))
    assert numbers(rounded) == pytest.approx(numbers(exact))


def test_services_outside_the_base_count_in_the_variance_but_not_in_the_degrees_of_freedom():
    n_yes, n_base = np.array([[8, 2], [5, 4], [9, 1]]), np.array([[10, 10], [10, 8], [12, 9]])
    one = rao_scott(n_yes, n_base)
    more = rao_scott(np.vstack([n_yes, [[0, 0]]]), np.vstack([n_base, [[0, 0]]]))
    assert more.df2 == one.df2
    assert more.n_services == one.n_services
    assert more.statistic == pytest.approx(one.statistic * (3 / 2) / (4 / 3))


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status"),
    [
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], Status.NO_CASES),
        ([[1, 0], [2, 0]], [[3, 0], [4, 0]], Status.ONE_LEVEL),
        ([[1], [2]], [[3], [4]], Status.ONE_LEVEL),
        ([[3, 1], [4, 2]], [[3, 1], [4, 2]], Status.ALL_YES),
        ([[0, 0], [0, 0]], [[3, 1], [4, 2]], Status.ALL_NO),
        ([[1, 1], [0, 0]], [[3, 4], [0, 0]], Status.ONE_SERVICE),
        ([[1, 1]], [[3, 4]], Status.ONE_SERVICE),
        ([[1, 2], [1, 2], [1, 2]], [[3, 4], [3, 4], [3, 4]], Status.NO_VARIATION),
    ],
)
def test_what_cannot_be_tested_says_why(n_yes, n_base, status):
    test = rao_scott(n_yes, n_base)
    assert test.status == status
    assert np.isnan(numbers(test)).all()
    if status not in (Status.ONE_SERVICE, Status.NO_VARIATION):
        assert pearson_test(np.sum(n_yes, axis=0), np.sum(n_base, axis=0)).status == status


@pytest.mark.parametrize(
    ("strata", "sizes", "status"),
    [
        ([0, 0, 0], [3, 3, 3], Status.FULLY_INSPECTED),
        ([0, 1, 2], [NAN] * 3, Status.NO_DEGREES_OF_FREEDOM),
        ([0, 0, 1], [NAN] * 3, Status.LONELY_STRATUM),
        ([0, 0, 0], [9, 9, 9], Status.OK),
    ],
)
def test_the_design_decides_whether_there_is_a_test(strata, sizes, status):
    n_yes, n_base = [[8, 2], [5, 4], [9, 1]], [[10, 10], [10, 8], [12, 9]]
    test = rao_scott(n_yes, n_base, stratified_design(strata, sizes))
    assert test.status == status
    assert np.isnan(test.p_value) == (status not in (Status.OK, Status.LONELY_STRATUM))


def test_tables_that_make_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="services by subgroups"):
        rao_scott([1, 2], [3, 4])
    with pytest.raises(StatisticsError, match="one number a subgroup"):
        pearson_test([[1, 2]], [[3, 4]])
    with pytest.raises(StatisticsError, match="not whole"):
        pearson_test([1, 2.5], [3, 4])
    with pytest.raises(StatisticsError, match="2 services"):
        rao_scott([[1, 2]], [[3, 4]], one_stratum_design(2))


# Behaviour over many inspections in which nothing differs


def rejections(subgroup_share, n_runs, seed):
    """Share of runs rejected at 5 %: Rao-Scott, Pearson. Services differ (correlation 0.15), subgroups do not."""
    rng = np.random.default_rng(seed)
    design, rejected = one_stratum_design(43), []
    for _ in range(n_runs):
        size = rng.integers(5, 51, 43)
        inside = rng.binomial(size, subgroup_share(rng))
        n_base = np.stack([inside, size - inside], axis=1)
        n_yes = rng.binomial(n_base, rng.beta(0.4 * 17 / 3, 0.6 * 17 / 3, (43, 1)))
        clustered = rao_scott_test(n_yes, n_base, n_yes, n_base, design)
        rejected.append(
            (clustered.p_value < 0.05, pearson_test(n_yes.sum(axis=0), n_base.sum(axis=0)).p_value < 0.05)
        )
    return np.mean(rejected, axis=0)


def test_rao_scott_holds_its_level_when_the_subgroup_varies_by_child():
    rao_scott_rate, _ = rejections(lambda rng: 0.15, 1000, 11)
    assert 0.03 < rao_scott_rate < 0.08


def test_rao_scott_nearly_holds_its_level_where_pearson_fails():
    rao_scott_rate, pearson_rate = rejections(lambda rng: rng.integers(0, 2, 43), 1000, 12)
    assert 0.04 < rao_scott_rate < 0.11
    assert pearson_rate > 0.35


def test_a_large_inspection_is_tested():
    rng = np.random.default_rng(2)
    n_base = rng.poisson(10, (20_000, 5))
    n_yes = rng.binomial(n_base, 0.3)
    assert rao_scott(n_yes, n_base).status == Status.OK
