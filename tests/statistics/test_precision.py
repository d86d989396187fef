"""Smallest detectable differences against the power they must have, simulation, statsmodels and scipy.stats."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import ncfdtr, nctdtr, stdtrit

from desistance.errors import StatisticsError
from desistance.statistics.precision import (
    contrast_design_effect,
    detectable_difference,
    detectable_slope,
    difference_power,
    slope_power,
)
from desistance.statistics.status import Status

SETTINGS = {"power": 0.8, "significance_level": 0.05}


@given(
    st.integers(20, 3000),
    st.integers(20, 3000),
    st.floats(0.05, 0.95),
    st.floats(0.3, 4),
    st.floats(3, 200),
    st.floats(0.5, 0.95),
)
@settings(max_examples=300)
def test_the_smallest_detectable_difference_has_just_the_power_asked_for(n0, n1, share, effect, df, power):
    given_ = (n0, n1, share, effect, df)
    found = detectable_difference(*given_, power=power, significance_level=0.05)
    assert not found.increase < 0
    assert not found.decrease > 0
    for difference in (found.increase, found.decrease):
        if not np.isnan(difference):
            assert difference_power(difference, *given_, significance_level=0.05) == pytest.approx(
                power, abs=1e-9
            )
    missed = np.isnan(found.increase) or np.isnan(found.decrease)
    assert found.status == (Status.OUT_OF_REACH if missed else Status.OK)


@given(error=st.floats(1e-4, 10), df=st.floats(1, 300), power=st.floats(0.3, 0.99))
@example(error=1.0, df=2.0, power=0.96875)  # SciPy has no lower tail here
@settings(max_examples=300)
def test_the_smallest_detectable_slope_has_just_the_power_asked_for(error, df, power):
    slope = detectable_slope(error, df, power=power, significance_level=0.05)
    for sign in (1, -1):
        assert slope_power(sign * slope, error, df, significance_level=0.05) == pytest.approx(power, abs=1e-9)


def test_power_is_that_of_the_noncentral_t_distribution():
    from scipy.stats import nct, t

    for df in (3.5, 17.2, 42.0):
        critical = t.ppf(0.975, df)
        for size in (0.0, 0.7, 2.8, 6.0):
            expected = nct.sf(critical, df, size) + nct.cdf(-critical, df, size)
            assert slope_power(size, 1.0, df, significance_level=0.05) == pytest.approx(expected, abs=1e-12)


def test_power_is_known_and_right_where_scipy_loses_a_tail():
    """Against the noncentral F distribution of the square, which SciPy computes another way."""
    size, df = np.meshgrid(np.linspace(0, 30, 241), [1.0, 1.5, 2.0, 3.0, 7.7, 20.0, 100.0, 1e4])
    for level in (0.001, 0.05, 0.2):
        critical = -stdtrit(df, level / 2)
        assert np.isnan(nctdtr(df, size, -critical)).any()
        power = slope_power(size, 1.0, df, significance_level=level)
        assert np.abs(power - (1 - ncfdtr(1, df, size**2, critical**2))).max() < 1e-11


def test_no_effect_is_too_large_to_have_a_power():
    size, df = np.meshgrid([30.0, 36.7, 38.4, 56.6, 100.0, 1e3, 1e6], [2.0, 5.0, 20.0, 300.0, 1e6])
    power = slope_power(size, 1.0, df, significance_level=0.2)
    assert power == pytest.approx(np.ones_like(power), abs=1e-12)


def test_with_many_degrees_of_freedom_it_is_the_textbook_formula():
    from statsmodels.stats.power import NormalIndPower

    # Standard error of independent cases at p = 0.5 in both, where the shift of the shares matters little.
    z = 1.959963984540054 + 0.8416212335729143
    found = detectable_slope(0.01, 1e7, **SETTINGS)
    assert found == pytest.approx(z * 0.01, rel=1e-5)
    size = NormalIndPower().solve_power(nobs1=5000, alpha=0.05, power=0.8)
    difference = detectable_difference(5000, 5000, 0.5, 1.0, 1e7, **SETTINGS)
    # Cohen's h of shares around 0.5 is twice their difference, to third order.
    assert difference.increase == pytest.approx(size / 2, rel=1e-3)


def test_the_sum_of_two_t_quantiles_is_close():
    from scipy.stats import t

    # The sum is the usual approximation, not the noncentral t: it differs by under 1 per cent from 10 df on.
    for df in (10, 20, 40):
        assert detectable_slope(1.0, df, **SETTINGS) == pytest.approx(
            t.ppf(0.975, df) + t.ppf(0.8, df), rel=0.01
        )


def test_simulated_tests_see_the_difference_as_often_as_promised():
    rng = np.random.default_rng(4)
    n0, n1, share, df = 400, 150, 0.8, 12
    found = detectable_difference(n0, n1, share, 1.0, df, **SETTINGS)
    for difference in (found.increase, found.decrease):
        p1, p0 = share + difference * n0 / (n0 + n1), share - difference * n1 / (n0 + n1)
        estimate = rng.binomial(n1, p1, 40_000) / n1 - rng.binomial(n0, p0, 40_000) / n0
        error = np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * np.sqrt(rng.chisquare(df, 40_000) / df)
        seen = np.mean(np.abs(estimate) > 2.178812829667229 * error)
        # 40,000 draws know the power to 0.002; the rest is that shares are not quite normal.
        assert seen == pytest.approx(0.8, abs=0.015)


def test_common_outcomes_and_small_subgroups_make_the_two_directions_differ():
    found = detectable_difference(1000, 50, 0.9, 1.0, 30, **SETTINGS)
    assert -found.decrease > found.increase * 1.2


def test_exchanging_yes_and_no_exchanges_the_directions():
    one = detectable_difference(700, 200, 0.8, 1.3, 20, **SETTINGS)
    other = detectable_difference(700, 200, 0.2, 1.3, 20, **SETTINGS)
    assert one.increase == pytest.approx(-other.decrease)
    assert one.decrease == pytest.approx(-other.increase)


def test_exchanging_the_subgroups_exchanges_the_directions():
    one = detectable_difference(700, 200, 0.8, 1.3, 20, **SETTINGS)
    other = detectable_difference(200, 700, 0.8, 1.3, 20, **SETTINGS)
    assert one.increase == pytest.approx(-other.decrease)


def test_more_of_anything_good_makes_smaller_differences_detectable():
    base = (500, 200, 0.6, 1.5, 20)
    widest = detectable_difference(*base, **SETTINGS).increase
    for better in ((1000, 400, 0.6, 1.5, 20), (500, 200, 0.6, 1.0, 20), (500, 200, 0.6, 1.5, 40)):
        assert detectable_difference(*better, **SETTINGS).increase < widest
    assert detectable_difference(*base, power=0.7, significance_level=0.05).increase < widest


def test_the_design_effect_gives_the_standard_error_back():
    effect = contrast_design_effect(0.7, 800, 0.6, 200, 0.05)
    assert effect * (0.7 * 0.3 / 800 + 0.6 * 0.4 / 200) == pytest.approx(0.05**2)
    assert np.isnan(contrast_design_effect(1.0, 10, 0.0, 10, 0.1))
    assert np.isnan(contrast_design_effect(0.5, 0, 0.5, 10, 0.1))


@pytest.mark.parametrize(
    "values",
    [
        (0, 50, 0.5, 1.0, 20),
        (50, 0, 0.5, 1.0, 20),
        (50, 50, 0.0, 1.0, 20),
        (50, 50, 1.0, 1.0, 20),
        (50, 50, np.nan, 1.0, 20),
        (50, 50, 0.5, np.nan, 20),
        (50, 50, 0.5, 0.0, 20),
        (50, 50, 0.5, 1.0, np.nan),
        (50, 50, 0.5, 1.0, 0),
    ],
)
def test_without_precision_nothing_is_detectable_and_the_status_says_so(values):
    found = detectable_difference(*values, **SETTINGS)
    assert found.status == Status.NO_PRECISION
    assert np.isnan([found.increase, found.decrease]).all()


def test_differences_the_share_does_not_allow_are_out_of_reach():
    found = detectable_difference(12, 3, 0.5, 2.0, 4, **SETTINGS)
    assert found.status == Status.OUT_OF_REACH
    assert np.isnan(difference_power(0.9, 100, 100, 0.95, 1.0, 20, significance_level=0.05))


def test_a_single_case_or_a_fraction_of_a_degree_of_freedom_is_no_crash():
    assert detectable_difference(1, 1, 0.5, 1.0, 1.0, **SETTINGS).increase > 0.9
    assert detectable_difference(500, 300, 0.5, 1.0, 0.9, **SETTINGS).status == Status.NO_PRECISION
    assert np.isnan(detectable_slope([0.0, np.nan], 20.0, **SETTINGS)).all()


def test_whole_tables_at_once():
    found = detectable_difference([500, 0], [100, 50], [0.5, 0.5], 1.2, [20.0, 20.0], **SETTINGS)
    assert found.status.tolist() == [Status.OK, Status.NO_PRECISION]
    alone = detectable_difference(500, 100, 0.5, 1.2, 20.0, **SETTINGS)
    assert found.increase[0] == pytest.approx(alone.increase)


@pytest.mark.parametrize(("power", "level"), [(0.04, 0.05), (1.0, 0.05), (0.8, 0.0), (0.8, 1.5)])
def test_power_and_level_of_no_sense_are_refused(power, level):
    with pytest.raises(StatisticsError, match="give 0 < level < power < 1"):
        detectable_slope(1.0, 20, power=power, significance_level=level)


def test_shares_outside_0_1_are_refused():
    with pytest.raises(StatisticsError, match="share must be 0-1"):
        detectable_difference(10, 10, 1.2, 1.0, 20, **SETTINGS)
