"""Whether an outcome rises or falls over ordered bands.

The headline is the slope per band, `share_slope` and `mean_slope`, with the CR2 variance. `cochran_armitage_test`
is the published method, which ignores services.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from desistance.errors import StatisticsError
from desistance.statistics.arrays import amounts, quotient
from desistance.statistics.comparisons import level_totals, table_status
from desistance.statistics.differences import share_tables
from desistance.statistics.fits import ClusteredFit, linear_fit
from desistance.statistics.robust import (
    Correction,
    DegreesOfFreedom,
    contrast_tests,
)
from desistance.statistics.status import Status

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """Change per unit of score, with interval and t test; NaN where `status` says so."""

    estimate: float
    """In the unit of the outcome: shares on the scale 0-1, means in what was counted."""
    standard_error: float
    df: float
    """Satterthwaite's degrees of freedom."""
    statistic: float
    """Student's t."""
    p_value: float
    """Two-sided."""
    ci_low: float
    ci_high: float
    n_levels: int
    """Bands with cases."""
    n_services: int
    """Services with cases."""
    status: Status


@dataclass(frozen=True)
class TrendTest:
    """Test of a linear trend in shares, cases taken as independent; NaN where `status` is not `ok`."""

    statistic: float
    """Chi-square on one degree of freedom."""
    p_value: float
    estimate: float
    """Slope: change of the share per unit of score."""
    standard_error: float
    """Of the slope if there is no trend; the square of their ratio is the statistic."""
    n_levels: int
    """Bands with cases."""
    status: Status


def share_slope(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    *,
    scores: ArrayLike,
    correction: Correction,
    confidence_level: float,
) -> Slope:
    """Change of a share per band, robust to clustering in services.

    Least squares of yes/no on the score of the band. The slope is the best straight summary whether or not
    the shares lie on a line. It needs no common dose within a service, unlike the trend test of Rao and Scott
    (1992), which must not be used where a service has cases in several bands.

    Parameters
    ----------
    n_yes, n_base : array of int, shape (n_services, n_levels)
        Cases of each service and band that are a yes, and that are in the base.
    weight_yes, weight_base : array of float, shape (n_services, n_levels)
        Sums of the weights of the same cases; the counts themselves for equal weights.
    scores : array of float, shape (n_levels,)
        0, 1, 2 ... for the change per band; other spacing is a choice that moves the result.
    correction : Correction
        `CR2` is the headline, `CR3` the jackknife.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Slope
        `status` is `ok`, `no_cases`, `one_level`, `all_yes`, `all_no`, `zero_cell` (two bands, one of them all
        yes or all no), or one of those of `mean_slope`.

    Raises
    ------
    StatisticsError
        As `share_differences`; or scores are missing or not one a band.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181. Armitage (1955), Biometrics 11(3), 375-386.

    Examples
    --------
    >>> yes = [[8, 2, 3], [5, 4, 1], [9, 1, 4], [3, 3, 2], [6, 2, 5]]
    >>> base = [[10, 10, 5], [10, 8, 6], [12, 9, 5], [9, 4, 4], [9, 7, 9]]
    >>> slope = share_slope(
    ...     yes, base, yes, base, scores=[0, 1, 2], correction=Correction.CR2, confidence_level=0.95
    ... )
    >>> round(slope.estimate, 4), round(slope.standard_error, 4), round(slope.df, 2)
    (-0.0743, 0.0437, 3.9)
    """
    counts, weights = share_tables(n_yes, n_base, weight_yes, weight_base)
    slope = mean_slope(
        counts[1],
        weights[1],
        weights[0],
        scores=scores,
        correction=correction,
        confidence_level=confidence_level,
    )
    yes, base = (count.sum(axis=0) for count in counts)
    status, seen = table_status(yes, base), base > 0
    if status in (Status.ALL_YES, Status.ALL_NO):
        return Slope(0.0, *[np.nan] * 6, slope.n_levels, slope.n_services, status)
    flat = seen.sum() == 2 and ((yes == 0) | (yes == base))[seen].any()
    if flat and slope.status not in (Status.ONE_LEVEL, Status.ONE_SERVICE):
        return Slope(slope.estimate, *[np.nan] * 6, slope.n_levels, slope.n_services, Status.ZERO_CELL)
    return slope


def mean_slope(
    n_base: ArrayLike,
    weight_base: ArrayLike,
    weighted_sum: ArrayLike,
    *,
    scores: ArrayLike,
    correction: Correction,
    confidence_level: float,
) -> Slope:
    """Change of a mean (such as the number of factors) per band, robust to clustering in services.

    As `share_slope`. Sums by service and band are all it needs: how the number varies within them does not
    enter a cluster-robust variance.

    Parameters
    ----------
    n_base : array of int, shape (n_services, n_levels)
        Cases of each service and band.
    weight_base : array of float, shape (n_services, n_levels)
        Sum of their weights; the count itself for equal weights.
    weighted_sum : array of float, shape (n_services, n_levels)
        Sum of weight times number.
    scores, correction, confidence_level
        As in `share_slope`.

    Returns
    -------
    Slope
        `status` is `ok`, `no_cases` or `one_level` (fewer than two scores among the cases); and with an
        estimate only `one_service` (all cases come from one service, or without one service there would be a
        single score left), `no_variation` or `no_degrees_of_freedom`.

    Raises
    ------
    StatisticsError
        Shapes differ; numbers are missing; weights are zero where there are cases; or scores are missing or
        not one a band.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181.

    Examples
    --------
    >>> n, total = [[4, 2, 3], [3, 3, 1], [2, 4, 2], [5, 1, 3]], [[9, 6, 8], [5, 8, 4], [6, 9, 7], [9, 3, 5]]
    >>> slope = mean_slope(n, n, total, scores=[0, 1, 2], correction=Correction.CR2, confidence_level=0.95)
    >>> round(slope.estimate, 4), round(slope.standard_error, 4), round(slope.df, 2)
    (0.3134, 0.1836, 2.68)
    """
    fit, n_levels = slope_fit(n_base, weight_base, weighted_sum, scores=scores)
    if fit.status is not Status.OK:
        status = fit.status if fit.status is Status.NO_CASES else Status.ONE_LEVEL
        return Slope(*[np.nan] * 7, n_levels, fit.n_services, status)
    tests = contrast_tests(
        fit,
        [[0.0, 1.0]],
        correction=correction,
        degrees_of_freedom=DegreesOfFreedom.SATTERTHWAITE,
        confidence_level=confidence_level,
    )
    numbers = (tests.estimate, tests.standard_error, tests.df, tests.statistic, tests.p_value)
    ends = (tests.ci_low, tests.ci_high)
    return Slope(
        *(each.item() for each in numbers + ends), n_levels, fit.n_services, Status(tests.status.item())
    )


def slope_fit(
    n_base: ArrayLike, weight_base: ArrayLike, weighted_sum: ArrayLike, *, scores: ArrayLike
) -> tuple[ClusteredFit, int]:
    """Least squares on a constant and the score less its mean, and the number of bands with cases."""
    values, weight = np.asarray(scores, dtype=np.float64), amounts(weight_base, "weight_base")
    if weight.ndim != 2:
        raise StatisticsError(f"weights have shape {weight.shape}; give services by bands")
    _check_scores(values, weight.shape[1:])
    totals = weight.sum(axis=0)
    centred = values - np.nan_to_num(quotient(totals @ values, totals.sum()))
    rows = np.column_stack([np.ones(len(values)), np.where(totals > 0, centred, 0.0)])
    return linear_fit(rows, n_base, weight_base, weighted_sum), int((totals > 0).sum())


def _check_scores(scores: Floats, shape: tuple[int, ...]) -> None:
    """Refuse scores that are missing or not one a band."""
    if scores.shape != shape or not np.isfinite(scores).all():
        raise StatisticsError(f"scores have shape {scores.shape}; give one finite number a band, {shape}")


def cochran_armitage_test(n_yes: ArrayLike, n_base: ArrayLike, *, scores: ArrayLike) -> TrendTest:
    """Cochran-Armitage test of a linear trend in shares, as most bulletins publish it.

    Cases are taken as independent. They are not when services differ, and then it rejects too often; shown to
    reproduce published results, and `share_slope` is the one to believe.

    Parameters
    ----------
    n_yes, n_base : array of int, shape (n_levels,)
        Cases of each band that are a yes, and that are in the base.
    scores : array of float, shape (n_levels,)
        0, 1, 2 ... for the change per band. The statistic does not depend on their origin or unit.

    Returns
    -------
    TrendTest
        `status` is `ok`, `no_cases`, `one_level`, `all_yes` or `all_no`.

    Raises
    ------
    StatisticsError
        Negative or missing counts, more yes than cases, or not one number and score a band.

    References
    ----------
    Cochran (1954), Biometrics 10(4), 417-451. Armitage (1955), Biometrics 11(3), 375-386. Agrees with R 4.2.2
    `prop.trend.test`.

    Examples
    --------
    >>> test = cochran_armitage_test([83, 90, 129, 70], [86, 93, 136, 82], scores=[0, 1, 2, 3])
    >>> round(test.statistic, 4), round(test.p_value, 4), round(test.estimate, 4)
    (8.2249, 0.0041, -0.0334)
    """
    (yes, base), values = level_totals(n_yes, n_base), np.asarray(scores, dtype=np.float64)
    _check_scores(values, base.shape)
    n_levels, status = int((base > 0).sum()), table_status(yes, base)
    if status is Status.OK and np.ptp(values[base > 0]) == 0:
        status = Status.ONE_LEVEL
    if status is not Status.OK:
        return TrendTest(*[np.nan] * 4, n_levels=n_levels, status=status)
    share, centred = yes.sum() / base.sum(), values - base @ values / base.sum()
    spread = float(base @ np.square(centred))
    slope, error = float(centred @ yes) / spread, float(np.sqrt(share * (1 - share) / spread))
    statistic = (slope / error) ** 2
    return TrendTest(statistic, float(chdtrc(1, statistic)), slope, error, n_levels, status)
