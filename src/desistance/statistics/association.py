"""Factors that go together: how much more often than if they were unrelated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from desistance.errors import StatisticsError
from desistance.statistics.arrays import amounts, quotient
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_variance, service_status
from desistance.statistics.intervals import t_interval
from desistance.statistics.status import Status

# Standard errors of a log below this are rounding in sums, not variation.
_ROUNDING = 1e-13
_ROUNDING_IN_SUMS = 1e-9


@dataclass(frozen=True, eq=False)
class Lifts:
    """Lifts of pairs of factors; every field is an array of the same (trailing) shape."""

    n_both: NDArray[np.float64]
    """Cases with both factors, as given."""
    n_expected: NDArray[np.float64]
    """Cases there would be with both if the factors were unrelated."""
    n_base: NDArray[np.float64]
    estimate: NDArray[np.float64]
    """Lift: 1 for unrelated factors, 2 for twice as often together; 0 or more."""
    log_standard_error: NDArray[np.float64]
    """Of the natural logarithm of the lift."""
    df: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    statistic: NDArray[np.float64]
    """t of the logarithm, against unrelated factors."""
    p_value: NDArray[np.float64]
    """Two-sided."""
    status: NDArray[np.str_]
    """A value of `Status`."""


def pair_lifts(
    n_both: ArrayLike,
    n_first: ArrayLike,
    n_second: ArrayLike,
    n_base: ArrayLike,
    design: ServiceDesign,
    *,
    confidence_level: float,
) -> Lifts:
    """Lift of pairs of factors, with an interval robust to clustering in services.

    The share of cases with both factors over what it would be if they were unrelated, the product of the two
    shares. Like a risk ratio it does not change when the other factor is named first; it cannot exceed one
    over the larger share, so lifts of common factors are near 1 by nature. The interval is made on the log
    scale, from each service's influence on the logarithms of the four totals, with Student's t on services
    less strata.

    Parameters
    ----------
    n_both, n_first, n_second, n_base : arrays, shape (n_services, ...)
        Cases of each service with both factors, with the first, with the second, and all for whom both are
        known. Counts or sums of weights.
    design : ServiceDesign
        All services of the inspection.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Lifts
        Arrays of the trailing shape. `status` is `ok`, `lonely_stratum`, or: `no_cases` and `factor_absent`,
        with counts alone; `never_together` (the lift is 0), `no_variation` (every service has the same lift,
        as when all cases have a factor), `one_service`, `no_degrees_of_freedom` and `fully_inspected`, with
        the lift alone.

    Raises
    ------
    StatisticsError
        Shapes differ, values are negative or missing, or counts contradict each other.

    References
    ----------
    Brin, Motwani, Ullman and Tsur (1997), SIGMOD Record 26(2), 255-264 (as "interest"). Binder (1983),
    International Statistical Review 51(3), 279-292, for the variance.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> lift = pair_lifts(
    ...     [4, 2, 5], [6, 5, 7], [5, 4, 8], [10, 10, 12], one_stratum_design(3), confidence_level=0.95
    ... )
    >>> round(lift.estimate.item(), 4), lift.n_expected.item(), lift.df.item()
    (1.1503, 9.5625, 2.0)
    """
    counts = _checked((n_both, n_first, n_second, n_base), design)
    both, first, second, base = totals = [count.sum(axis=0) for count in counts]
    expected = quotient(first * second, base)
    estimate = quotient(both, expected)
    df = degrees_of_freedom(counts[3], design)
    status, error = _log_errors(counts, totals, service_status(counts[3], df, design), design)
    log_lift = np.log(np.where(np.isnan(error), np.nan, estimate))
    ends = t_interval(log_lift, error, df, confidence_level=confidence_level)
    statistic = quotient(log_lift, error)
    usable = ~np.isnan(error)
    return Lifts(
        n_both=both,
        n_expected=expected,
        n_base=base,
        estimate=estimate,
        log_standard_error=error,
        df=df,
        ci_low=np.exp(ends.ci_low),
        ci_high=np.exp(ends.ci_high),
        statistic=statistic,
        p_value=np.where(usable, 2 * stdtr(np.where(usable, df, 1.0), -np.abs(statistic)), np.nan),
        status=status,
    )


def _checked(given: tuple[ArrayLike, ...], design: ServiceDesign) -> list[NDArray[np.float64]]:
    """Return the four counts as arrays of one shape that can belong together, or refuse them."""
    names = ("n_both", "n_first", "n_second", "n_base")
    counts = [amounts(values, name) for values, name in zip(given, names, strict=True)]
    for count, name in zip(counts, names, strict=True):
        if count.shape != counts[0].shape or count.shape[:1] != (design.n_services,):
            raise StatisticsError(
                f"{name} has shape {count.shape}; all must be alike, {design.n_services} services first"
            )
    both, first, second, base = counts
    slack = _ROUNDING_IN_SUMS * (base + 1)
    neither = base - first - second + both
    if (both > np.minimum(first, second) + slack).any() or (np.maximum(first, second) > base + slack).any():
        raise StatisticsError(
            "n_both exceeds n_first or n_second, or these n_base; check the order of the four"
        )
    if (neither < -slack).any():
        raise StatisticsError("n_first and n_second leave fewer than no cases without a factor; check n_both")
    return counts


def _log_errors(
    counts: list[NDArray[np.float64]],
    totals: list[NDArray[np.float64]],
    status: NDArray[np.str_],
    design: ServiceDesign,
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Status and standard error of the log lift."""
    both, first, second, base = totals
    absent = (base > 0) & ((first == 0) | (second == 0))
    status = np.where(absent, Status.FACTOR_ABSENT, status)
    status = np.where((base > 0) & ~absent & (both == 0), Status.NEVER_TOGETHER, status)
    known = np.isin(status, (Status.OK, Status.LONELY_STRATUM))
    if not known.any():
        return status, np.full(status.shape, np.nan)
    shares = [count / np.where(known, total, 1.0) for count, total in zip(counts, totals, strict=True)]
    error = np.sqrt(score_variance(shares[0] + shares[3] - shares[1] - shares[2], design))
    flat = known & ~(error > _ROUNDING)
    return np.where(flat, Status.NO_VARIATION, status), np.where(known & ~flat, error, np.nan)
