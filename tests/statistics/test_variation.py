"""Intervals for the intraclass correlation, the funnel plot, and leaving one service out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError
from desistance.statistics.design import (
    ServiceDesign,
    degrees_of_freedom,
    one_stratum_design,
    score_variance,
    stratified_design,
)
from desistance.statistics.intervals import t_quantile
from desistance.statistics.intraclass import intraclass_correlation
from desistance.statistics.leave_one_out import leave_one_out_differences, leave_one_out_shares
from desistance.statistics.status import Status
from desistance.statistics.variation import IccInterval, funnel, funnel_limits, intraclass_interval

LEVELS = (0.95, 0.998)
YES, BASE = np.array([4, 1, 0, 3, 2, 4]), np.array([5, 5, 6, 6, 5, 5])


def icc(n_yes, n_base, method=IccInterval.JACKKNIFE):
    return intraclass_interval(n_yes, n_base, method=method, confidence_level=0.95)


# Intraclass correlation -------------------------------------------------------------------------------------------


def mean_squares(n_yes, n_base):
    """Between and within services, from the cases themselves."""
    groups = [np.repeat([1, 0], [yes, base - yes]) for yes, base in zip(n_yes, n_base, strict=True) if base]
    everyone = np.concatenate(groups)
    between = sum(len(group) * (group.mean() - everyone.mean()) ** 2 for group in groups) / (len(groups) - 1)
    within = sum(np.square(group - group.mean()).sum() for group in groups) / (len(everyone) - len(groups))
    size = (len(everyone) - sum(len(group) ** 2 for group in groups) / len(everyone)) / (len(groups) - 1)
    return between, within, size


def test_searles_interval_is_that_of_the_f_distribution():
    from scipy.stats import f

    between, within, size = mean_squares(YES, BASE)
    ratio, df = between / within, (5, BASE.sum() - 6)
    result = icc(YES, BASE, IccInterval.SEARLE)
    ends = [(ratio / f.ppf(p, *df) - 1) / (ratio / f.ppf(p, *df) + size - 1) for p in (0.975, 0.025)]
    assert (result.ci_low, result.ci_high) == (pytest.approx(ends[0]), pytest.approx(ends[1]))


def test_the_jackknife_is_that_of_leaving_each_service_out():
    def log_f(yes, base):
        between, within, _ = mean_squares(yes, base)
        return np.log(between / within)

    without = [log_f(np.delete(YES, i), np.delete(BASE, i)) for i in range(6)]
    error = np.sqrt(5 / 6 * np.square(without - np.mean(without)).sum())
    size, margin = mean_squares(YES, BASE)[2], t_quantile(5, 0.95) * error
    ratios = np.exp(log_f(YES, BASE) + np.array([-margin, margin]))
    result = icc(YES, BASE)
    assert [result.ci_low, result.ci_high] == pytest.approx((ratios - 1) / (ratios + size - 1))


def test_the_jackknife_covers_the_truth_where_the_f_distribution_does_not():
    """43 services of 4 to 50 cases, beta-binomial, 1,500 runs; standard error of a coverage 0.006-0.01."""
    rng = np.random.default_rng(1)
    base = np.broadcast_to(np.linspace(4, 50, 43).astype(int)[:, None], (43, 1500))

    def coverage(share, truth, method):
        spread = 1 / truth - 1
        yes = rng.binomial(base, rng.beta(share * spread, (1 - share) * spread, base.shape))
        result = icc(yes, base, method)
        return np.mean((result.ci_low <= truth) & (truth <= result.ci_high))

    assert 0.93 < coverage(0.5, 0.05, IccInterval.JACKKNIFE) < 0.97
    assert 0.93 < coverage(0.7, 0.15, IccInterval.JACKKNIFE) < 0.97
    assert 0.88 < coverage(0.9, 0.15, IccInterval.JACKKNIFE) < 0.95
    assert 0.78 < coverage(0.9, 0.15, IccInterval.SEARLE) < 0.87


@pytest.mark.parametrize("method", IccInterval)
@pytest.mark.parametrize(
    ("yes", "base", "status"),
    [
        ([0, 0], [0, 0], Status.NO_CASES),
        ([1, 0], [4, 0], Status.ONE_SERVICE),
        ([4, 3], [4, 3], Status.NO_VARIATION),
        ([0, 0], [4, 3], Status.NO_VARIATION),
        ([1, 0, 1], [1, 1, 1], Status.ONE_CASE_EACH),
        ([5, 0, 7], [5, 6, 7], Status.NO_VARIATION),
        ([2, 2, 2], [4, 4, 4], Status.NO_VARIATION),
    ],
)
def test_what_has_no_interval_says_why(yes, base, status, method):
    result = icc(yes, base, method)
    assert result.status == status
    assert np.isnan([result.ci_low, result.ci_high]).all()
    assert result.estimate == pytest.approx(intraclass_correlation(yes, base).estimate, nan_ok=True)


def test_one_service_that_makes_all_the_difference_leaves_the_jackknife_nothing():
    yes, base = [9, 2, 2, 2], [9, 4, 4, 4]
    assert icc(yes, base).status == Status.NO_VARIATION
    assert icc(yes, base, IccInterval.SEARLE).status == Status.OK


COUNTS = arrays(int, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.integers(0, 9)).flatmap(
    lambda base: st.tuples(
        st.just(base),
        arrays(float, base.shape, elements=st.floats(0, 1)).map(lambda part: np.round(part * base)),
    )
)


@given(COUNTS, st.sampled_from(IccInterval))
@settings(max_examples=300)
def test_any_counts_have_an_answer_and_it_makes_sense(counts, method):
    base, yes = counts
    result = icc(yes, base, method)
    known = result.status == Status.OK
    assert np.isnan(result.ci_low[~known]).all()
    assert (result.ci_low[known] <= result.estimate[known] + 1e-12).all()
    assert (result.estimate[known] <= result.ci_high[known] + 1e-12).all()
    assert (result.ci_high[known] <= 1).all()
    turned = icc((base - yes)[::-1], base[::-1], method)
    assert turned.status.tolist() == result.status.tolist()
    assert turned.ci_low == pytest.approx(result.ci_low, rel=1e-6, abs=1e-9, nan_ok=True)


# Funnel -----------------------------------------------------------------------------------------------------------


def spiegelhalters_limit(p, n, target):
    """As printed: (r - a) / n, from the binomial distribution of scipy.stats."""
    from scipy.stats import binom

    r = binom.ppf(p, n, target)
    a = (binom.cdf(r, n, target) - p) / (binom.cdf(r, n, target) - binom.cdf(r - 1, n, target))
    return np.clip((r - a) / n, 0, 1)


def test_the_lower_limit_is_that_of_spiegelhalters_appendix_and_the_upper_one_its_mirror():
    """His upper limit counts a service whose tail beyond it is small; a small one all yes would always be outside."""
    sizes = np.arange(1, 120)
    for target in (0.07, 0.5, 0.834, 0.97):
        limits = funnel_limits(target, sizes, inflation=1.0, levels=LEVELS)
        for position, level in enumerate(LEVELS):
            tail = (1 - level) / 2
            low, high = (spiegelhalters_limit(tail, sizes, share) for share in (target, 1 - target))
            assert limits.exact_low[:, position] == pytest.approx(low, abs=1e-9)
            assert limits.exact_high[:, position] == pytest.approx(1 - high, abs=1e-9)


def test_a_service_is_beyond_a_limit_only_if_its_whole_tail_is_small():
    from scipy.stats import binom

    for target in (0.07, 0.5, 0.834):
        for size in range(1, 60):
            limits = funnel_limits(target, [size], inflation=1.0, levels=(0.95,))
            yes = np.arange(size + 1)
            above = yes / size > limits.exact_high[0, 0]
            below = yes / size < limits.exact_low[0, 0]
            assert (binom.sf(yes[above] - 1, size, target) < 0.025).all()
            assert (binom.cdf(yes[below], size, target) < 0.025).all()


def test_limits_of_many_cases_are_those_of_the_normal_distribution():
    limits = funnel_limits(0.4, [10**6], inflation=2.0, levels=LEVELS)
    error = np.sqrt(0.4 * 0.6 / 10**6)
    assert limits.exact_high[0] - 0.4 == pytest.approx(np.array([1.959964, 3.090232]) * error, rel=2e-3)
    assert limits.inflated_low[0] - 0.4 == pytest.approx(
        -np.sqrt(2) * np.array([1.959964, 3.090232]) * error, rel=2e-3
    )


@given(st.floats(0, 1), st.integers(1, 400), st.floats(1, 9))
@settings(max_examples=300)
def test_limits_are_nested_around_the_target(target, size, inflation):
    limits = funnel_limits(target, [size], inflation=inflation, levels=LEVELS)
    # Interpolation may take the limits of a single case or two past the target by less than one case.
    assert (limits.exact_low <= target + 1 / size).all()
    assert (limits.exact_high >= target - 1 / size).all()
    assert limits.exact_low[0, 1] <= limits.exact_low[0, 0]
    assert limits.exact_high[0, 0] <= limits.exact_high[0, 1]
    for edge in (limits.exact_low, limits.exact_high, limits.inflated_low, limits.inflated_high):
        assert ((edge >= 0) & (edge <= 1)).all()
    assert (
        np.abs(limits.inflated_low - target) >= np.minimum(np.abs(limits.exact_low - target), target) - 1e-12
    ).all()


def test_dispersion_is_the_mean_square_of_winsorised_scores():
    result = funnel([10, 12, 30, 2], [20, 20, 40, 20], winsorised=0.0, levels=LEVELS)
    share = np.array([0.5, 0.6, 0.75, 0.1])
    z = (share - 0.54) / np.sqrt(0.54 * 0.46 / np.array([20, 20, 40, 20]))
    assert result.dispersion == pytest.approx(np.mean(z**2))
    assert result.inflation == result.dispersion
    drawn_in = funnel([10, 12, 30, 2], [20, 20, 40, 20], winsorised=0.1, levels=LEVELS)
    assert drawn_in.dispersion == pytest.approx(np.mean(np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2))


def test_services_that_differ_by_chance_alone_are_outside_no_more_often_than_promised():
    rng = np.random.default_rng(3)
    base = np.linspace(20, 200, 60).astype(int)
    found = [funnel(rng.binomial(base, 0.6), base, winsorised=0.1, levels=LEVELS) for _ in range(200)]
    outside = np.mean([each.n_outside for each in found], axis=0) / 60
    assert 0.025 < outside[0] < 0.05
    assert outside[1] < 0.002
    # Normal scores drawn in to their outer tenths, 1.28 from 0, have a mean square of 0.679.
    assert np.mean([each.dispersion for each in found]) == pytest.approx(0.679, abs=0.03)


def test_over_dispersed_services_are_outside_until_limits_are_inflated():
    rng = np.random.default_rng(4)
    base = np.linspace(20, 200, 60).astype(int)
    result = funnel(rng.binomial(base, rng.beta(6, 4, 60)), base, winsorised=0.1, levels=LEVELS)
    assert result.dispersion > 3
    assert result.n_outside[0] > 15
    assert result.n_outside_inflated[0] < result.n_outside[0] / 3


@pytest.mark.parametrize(
    ("yes", "base", "status"),
    [
        ([0, 0], [0, 0], Status.NO_CASES),
        ([3, 0], [5, 0], Status.ONE_SERVICE),
        ([5, 4], [5, 4], Status.ALL_YES),
        ([0, 0], [5, 4], Status.ALL_NO),
    ],
)
def test_a_funnel_without_services_to_compare_says_why(yes, base, status):
    result = funnel(yes, base, winsorised=0.1, levels=LEVELS)
    assert result.status is status
    assert np.isnan(result.dispersion)
    assert result.n_outside.tolist() == [0, 0]


def test_funnels_of_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="winsorised"):
        funnel([1], [2], winsorised=0.5, levels=LEVELS)
    with pytest.raises(StatisticsError, match="confidence_level"):
        funnel_limits(0.5, [3], inflation=1.0, levels=(1.2,))
    for target, sizes, inflation in ((1.5, [3], 1.0), (0.5, [0], 1.0), (0.5, [2.5], 1.0), (0.5, [3], 0.5)):
        with pytest.raises(StatisticsError, match="a funnel needs"):
            funnel_limits(target, sizes, inflation=inflation, levels=LEVELS)


@given(COUNTS)
@settings(max_examples=100)
def test_a_service_is_never_told_apart_by_its_place(counts):
    base, yes = counts[0][:, 0], counts[1][:, 0]
    one = funnel(yes, base, winsorised=0.1, levels=LEVELS)
    other = funnel(yes[::-1], base[::-1], winsorised=0.1, levels=LEVELS)
    assert other.status is one.status
    assert other.dispersion == pytest.approx(one.dispersion, nan_ok=True)
    assert (one.n_outside[1:] <= one.n_outside[:-1]).all()
    assert (one.n_outside_inflated <= one.n_outside).all()


# Leaving one service out ------------------------------------------------------------------------------------------


def shares_without(yes, base, weight, design, threshold=0.5):
    return leave_one_out_shares(yes, base, yes * weight, base * weight, design, threshold=threshold)


def differences_without(yes, base, weight, design):
    return leave_one_out_differences(yes, base, yes * weight, base * weight, design, confidence_level=0.9)


def brute_force_design(design, left_out):
    """The design of the others: one fewer inspected of the same population."""
    kept = np.arange(design.n_services) != left_out
    n = design.n_in_stratum[design.stratum]
    own = design.stratum == design.stratum[left_out]
    fraction = design.sampling_fraction * np.where(own, (n - 1) / n, 1)
    return kept, ServiceDesign(np.unique(design.stratum[kept], return_inverse=True)[1], fraction[kept])


def brute_force_verdict(yes, base, design):
    """Sign of a significant difference, 0 for none, 2 where nothing can be said; and the difference."""
    if (base.sum(axis=0) == 0).any():
        return 2, np.nan
    share = yes.sum(axis=0) / base.sum(axis=0)
    difference = share[1] - share[0]
    if len(yes) < 2:
        return 2, difference
    scores = (yes - share * base) / base.sum(axis=0)
    error = np.sqrt(score_variance(scores[:, 1] - scores[:, 0], design))
    df = degrees_of_freedom((base > 0).any(axis=1), design)
    if not (error > 1e-7 and df > 0):
        return 2, difference
    return (np.sign(difference) if abs(difference) > t_quantile(df, 0.9) * error else 0), difference


@st.composite
def designs_with_counts(draw):
    n = draw(st.integers(1, 8))
    base = draw(arrays(int, (n, 2), elements=st.integers(0, 6)))
    yes = np.array([[draw(st.integers(0, int(cell))) for cell in row] for row in base])
    weight = draw(arrays(float, (n, 1), elements=st.sampled_from([1.0, 0.5, 2.25])))
    stratum = np.unique(draw(arrays(int, n, elements=st.integers(0, 2))), return_inverse=True)[1]
    fraction = np.array(draw(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=3, max_size=3)))
    return yes, base, weight, ServiceDesign(stratum, fraction[stratum])


@given(designs_with_counts())
@settings(max_examples=400)
def test_differences_are_those_of_estimating_again_without_each_service(drawn):
    yes, base, weight, design = drawn
    result = differences_without(yes, base, weight, design)
    whole, difference = brute_force_verdict(yes * weight, base * weight, design)
    assert result.estimate == pytest.approx(difference, nan_ok=True)
    found, changed = [], 0
    for service in np.flatnonzero((base > 0).any(axis=1)):
        kept, others = (
            (np.zeros(0, dtype=int), None) if len(base) == 1 else brute_force_design(design, service)
        )
        verdict, difference = brute_force_verdict((yes * weight)[kept], (base * weight)[kept], others)
        found.append(difference)
        changed += verdict != whole
    assert result.n_left_out == len(found)
    assert result.n_without_estimate == np.isnan(found).sum()
    if np.isfinite(found).any():
        assert (result.lowest, result.highest) == (
            pytest.approx(np.nanmin(found)),
            pytest.approx(np.nanmax(found)),
        )
    else:
        assert np.isnan([result.lowest, result.highest]).all()
    assert result.n_changing_verdict == changed


@given(designs_with_counts())
def test_shares_are_those_of_estimating_again_without_each_service(drawn):
    yes, base, weight, design = drawn
    result = shares_without(yes, base, weight, design)
    for column in range(2):
        y, n = yes[:, column] * weight[:, 0], base[:, column] * weight[:, 0]
        without = []
        for service in np.flatnonzero(n > 0):
            rest = np.delete(n, service).sum()
            without.append(np.delete(y, service).sum() / rest if rest else np.nan)
        assert result.n_left_out[column] == len(without)
        assert result.n_without_estimate[column] == np.isnan(without).sum()
        if np.isfinite(without).any():
            assert result.lowest[column] == pytest.approx(np.nanmin(without))
            assert result.highest[column] == pytest.approx(np.nanmax(without))


def test_services_that_change_a_verdict_are_counted_and_not_named():
    yes, base = np.array([8, 3, 12]), np.array([20, 10, 30])
    result = shares_without(yes, base, 1.0, one_stratum_design(3), threshold=0.38)
    assert result.n_changing_verdict == 2  # without the first 15 / 40, without the third 11 / 30
    assert shares_without(yes, base, 1.0, one_stratum_design(3), threshold=np.nan).n_changing_verdict == 0
    # Everything hangs on the one service with the subgroup.
    yes, base = np.array([[5, 3], [4, 0], [6, 0]]), np.array([[10, 6], [9, 0], [9, 0]])
    result = differences_without(yes, base, 1.0, one_stratum_design(3))
    assert result.n_without_estimate == 1
    assert result.n_changing_verdict >= 1


def test_many_measures_at_once_are_those_of_one_at_a_time():
    rng = np.random.default_rng(6)
    base = rng.integers(0, 12, (9, 2, 3, 2))
    yes = rng.binomial(base, 0.5)
    design = stratified_design([0, 0, 0, 1, 1, 1, 1, 2, 2], np.full(9, np.nan))
    together = differences_without(yes, base, 1.0, design)
    shares = shares_without(yes, base, 1.0, design)
    for i, j in np.ndindex(3, 2):
        alone = differences_without(yes[..., i, j], base[..., i, j], 1.0, design)
        for field in ("estimate", "lowest", "highest", "n_changing_verdict", "n_left_out"):
            assert getattr(together, field)[i, j] == pytest.approx(getattr(alone, field))
        alone = shares_without(yes[:, 0, i, j], base[:, 0, i, j], 1.0, design)
        assert shares.lowest[0, i, j] == pytest.approx(alone.lowest)


def test_more_than_two_subgroups_are_refused():
    with pytest.raises(StatisticsError, match="two subgroups"):
        differences_without(
            np.ones((3, 3), dtype=int), np.ones((3, 3), dtype=int), 1.0, one_stratum_design(3)
        )


def test_leaving_out_takes_time_in_proportion_to_the_services():
    rng = np.random.default_rng(7)
    base = rng.integers(1, 30, (20_000, 2))
    yes = rng.binomial(base, 0.4)
    result = differences_without(
        yes, base, 1.0, one_stratum_design(20_000)
    )  # its square would be 400 million
    assert result.n_left_out == 20_000
