import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from desistance.errors import StatisticsError
from desistance.statistics.intervals import (
    Truncation,
    clopper_pearson_interval,
    effective_base,
    korn_graubard_interval,
    logit_interval,
    t_interval,
    wilson_interval,
)

NAN = float("nan")


def test_wilson_intervals_are_those_newcombe_printed(textbook):
    for row in textbook["wilson"]:
        interval = wilson_interval(row["x"], row["n"], confidence_level=0.95)
        assert interval.ci_low.round(4).tolist() == row["lower"]
        assert interval.ci_high.round(4).tolist() == row["upper"]


@given(st.integers(1, 2000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_intervals_are_those_of_scipy(n_base, share, level):
    n_yes = round(n_base * share)
    interval = wilson_interval(n_yes, n_base, confidence_level=level)
    oracle = binomtest(n_yes, n_base).proportion_ci(level, method="wilson")
    assert interval.ci_low == pytest.approx(oracle.low, rel=1e-9, abs=1e-12)
    assert interval.ci_high == pytest.approx(oracle.high, rel=1e-9, abs=1e-12)


def test_wilson_ends_are_exact_at_0_and_1_and_empty_without_cases():
    interval = wilson_interval([0, 7, 0], [7, 7, 0], confidence_level=0.95)
    assert interval.ci_low[0] == 0
    assert interval.ci_high[1] == 1
    assert np.isnan(interval.ci_low[2])
    assert np.isnan(interval.ci_high[2])


def test_more_yes_than_cases_is_refused():
    with pytest.raises(StatisticsError, match="exceeds"):
        wilson_interval(8, 7, confidence_level=0.95)


@given(st.integers(1, 2000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_clopper_pearson_intervals_are_those_of_scipy(n_base, share, level):
    n_yes = round(n_base * share)
    interval = clopper_pearson_interval(n_yes, n_base, confidence_level=level)
    oracle = binomtest(n_yes, n_base).proportion_ci(level, method="exact")
    assert interval.ci_low == pytest.approx(oracle.low, rel=1e-9, abs=1e-12)
    assert interval.ci_high == pytest.approx(oracle.high, rel=1e-9, abs=1e-12)


def test_clopper_pearson_ends_are_exact_at_0_and_1_and_empty_without_units():
    """With 43 of 43 the lower end is the 43rd root of half of 5 per cent."""
    interval = clopper_pearson_interval([0, 43, 0], [43, 43, 0], confidence_level=0.95)
    assert (interval.ci_low[0], interval.ci_high[1]) == (0, 1)
    assert interval.ci_low[1] == pytest.approx(0.025 ** (1 / 43), rel=1e-12)
    assert np.isnan([interval.ci_low[2], interval.ci_high[2]]).all()
    with pytest.raises(StatisticsError, match="exceeds"):
        clopper_pearson_interval(44, 43, confidence_level=0.95)


@given(st.integers(1, 400), st.data())
def test_korn_graubard_on_independent_cases_is_clopper_pearson(n_base, data):
    """With as many degrees of freedom as cases, and the binomial variance, nothing is adjusted."""
    n_yes = data.draw(st.integers(0, n_base))
    share = n_yes / n_base
    interval = korn_graubard_interval(
        share,
        np.sqrt(share * (1 - share) / n_base),
        n_base,
        max(n_base - 1, 1),
        confidence_level=0.95,
        truncation=Truncation.NCHS,
    )
    exact = binomtest(n_yes, n_base).proportion_ci(0.95, method="exact")
    assert interval.ci_low == pytest.approx(exact.low, rel=1e-6, abs=1e-12)
    assert interval.ci_high == pytest.approx(exact.high, rel=1e-6, abs=1e-12)


def test_korn_graubard_adjusts_for_degrees_of_freedom_and_then_truncates():
    # p (1 - p) / se ** 2 = 64 of 200 cases; t(199) 1.971957, t(10) 2.228139: 64 * 0.783255 = 50.1283
    narrow = {"confidence_level": 0.95, "truncation": Truncation.NCHS}
    interval = korn_graubard_interval(0.2, 0.05, 200, 10, **narrow)
    n = 64 * (1.971957 / 2.228139) ** 2
    assert interval.ci_low == pytest.approx(beta.ppf(0.025, 0.2 * n, 0.8 * n + 1), rel=1e-5)
    assert interval.ci_high == pytest.approx(beta.ppf(0.975, 0.2 * n + 1, 0.8 * n), rel=1e-5)
    # 1600 effective cases are cut to the 200 there are
    cut = korn_graubard_interval(0.2, 0.01, 200, 10, **narrow)
    assert cut.ci_low == pytest.approx(binomtest(40, 200).proportion_ci(method="exact").low)


def test_korn_graubard_without_truncation_has_no_interval_where_r_has_none():
    for share, error in ((0.0, 0.0), (1.0, 0.0), (0.5, 0.0)):
        interval = korn_graubard_interval(
            share, error, 50, 9, confidence_level=0.95, truncation=Truncation.NONE
        )
        assert np.isnan(interval.ci_low)
        assert np.isnan(interval.ci_high)


@given(st.floats(0.001, 0.999), st.floats(1e-6, 0.4), st.integers(2, 3000), st.integers(1, 200))
def test_truncation_never_makes_an_interval_shorter(share, error, n_base, df):
    plain, cut = (
        korn_graubard_interval(share, error, n_base, df, confidence_level=0.95, truncation=truncation)
        for truncation in Truncation
    )
    assert cut.ci_low <= plain.ci_low + 1e-9
    assert plain.ci_high <= cut.ci_high + 1e-9


def test_an_unknown_truncation_is_refused():
    with pytest.raises(ValueError, match="sometimes"):
        korn_graubard_interval(0.2, 0.05, 200, 10, confidence_level=0.95, truncation="sometimes")


def test_effective_base_is_the_actual_one_where_the_variance_says_nothing():
    assert effective_base([0, 1, 0.5, 0.5, 0.5, NAN], [0, 0, 0, 0.1, 0.01, NAN], 60).tolist()[:3] == [60] * 3
    assert effective_base([0.5, 0.5], [0.1, 0.01], 60) == pytest.approx([25, 60])
    assert np.isnan(effective_base(NAN, NAN, 60))


@given(st.floats(0.001, 0.999), st.floats(0, 0.5), st.floats(1, 500))
def test_logit_intervals_stay_inside_and_around(share, error, df):
    interval = logit_interval(share, error, df, confidence_level=0.9)
    assert 0 <= interval.ci_low <= share * (1 + 1e-12)
    assert share * (1 - 1e-12) <= interval.ci_high <= 1


@pytest.mark.parametrize(
    ("share", "error", "df"), [(0, 0, 9), (1, 0, 9), (NAN, NAN, 9), (0.5, 0.1, 0), (0.5, 0.1, NAN)]
)
def test_there_is_no_logit_interval_without_log_odds_or_degrees_of_freedom(share, error, df):
    interval = logit_interval(share, error, df, confidence_level=0.95)
    assert np.isnan(interval.ci_low)
    assert np.isnan(interval.ci_high)


def test_higher_levels_and_fewer_degrees_of_freedom_give_longer_t_intervals():
    lengths = [
        np.subtract(interval.ci_high, interval.ci_low).item()
        for interval in (
            t_interval(0, 1, 40, confidence_level=0.90),
            t_interval(0, 1, 40, confidence_level=0.95),
            t_interval(0, 1, 4, confidence_level=0.95),
        )
    ]
    assert lengths == sorted(lengths)
    # Student's t, 97.5 %, 4 degrees of freedom, as printed in tables: 2.776
    assert lengths[-1] / 2 == pytest.approx(2.776, abs=5e-4)
