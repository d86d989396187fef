"""Shares of cases, with what services have in common taken into account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.statistics.arrays import Pair, counts_and_weights, quotient
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_variance, service_status
from desistance.statistics.intervals import (
    Interval,
    Truncation,
    effective_base,
    korn_graubard_interval,
    logit_interval,
)
from desistance.statistics.status import IntervalMethod, Status

# Standard errors of a share below this are rounding in sums, not variation.
_ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class Proportions:
    """Shares with their intervals; every field is an array of the same (trailing) shape.

    Numbers that could not be computed are NaN, and `status` says why.
    """

    n_yes: NDArray[np.int64]
    """Cases that are a yes, unweighted."""
    n_base: NDArray[np.int64]
    """Cases in the base, unweighted."""
    n_services: NDArray[np.int64]
    """Services with a case in the base."""
    estimate: NDArray[np.float64]
    """Weighted share, 0-1."""
    standard_error: NDArray[np.float64]
    """Square root of the variance between services, on the scale of the share."""
    design_effect: NDArray[np.float64]
    """Variance over that of as many independent cases drawn with replacement; NaN at shares 0 and 1."""
    n_effective: NDArray[np.float64]
    """Independent cases that would be as precise, never above `n_base`; see `effective_base`."""
    df: NDArray[np.float64]
    """Degrees of freedom: services with a case in the base less strata with one."""
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    interval: NDArray[np.str_]
    """How the interval was made: a value of `IntervalMethod`."""
    status: NDArray[np.str_]
    """A value of `Status`."""


def clustered_proportions(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    design: ServiceDesign,
    *,
    confidence_level: float,
    minimum_effective_base: float,
) -> Proportions:
    """Shares of cases with a yes, with a variance robust to clustering in services.

    Cases inspected in one service share inspectors and local practice, so their outcomes are alike and the
    binomial variance is too small. Residuals are summed within a service before squaring
    (`score_covariance`), whatever the likeness within services may be. The share is a ratio of two totals,
    both of which vary from sample to sample.

    The interval is made on the logit scale with Student's t, which keeps its level for common outcomes. It is
    a Korn-Graubard interval, with the effective number of cases held at the actual one, where the share is 0
    or 1, where the standard error is 0 (all services have the same share), or where fewer than
    `minimum_effective_base` effective cases stand behind it.

    Parameters
    ----------
    n_yes, n_base : array of int, shape (n_services, ...)
        Cases of each service that are a yes, and that are in the base. Cases with a missing answer are in
        neither; leaving them out is a choice of what is estimated, made by whoever counts.
    weight_yes, weight_base : array of float, shape (n_services, ...)
        Sums of the weights of the same cases; the counts themselves for equal weights.
    design : ServiceDesign
        All services of the inspection, also those with nobody in some base.
    confidence_level : float
        0-1, such as 0.95.
    minimum_effective_base : float
        Effective cases below which the interval is Korn-Graubard. 30 is the number below which the NCHS
        standards call a proportion unreliable.

    Returns
    -------
    Proportions
        Arrays of the trailing shape. `status` is `ok`, `lonely_stratum`, `no_cases`, `one_service`,
        `no_degrees_of_freedom` or `fully_inspected`. With `no_cases` all but the counts is NaN; with the
        other three the share stands alone.

    Raises
    ------
    StatisticsError
        Shapes differ; counts are negative, missing or not whole; a yes is not in the base; or weights are
        zero where there are cases.

    References
    ----------
    Korn and Graubard (1998), Survey Methodology 24(2), 193-201. Parker and others (2017), Vital and Health
    Statistics 2(175). Franco and others (2019), Journal of Survey Statistics and Methodology 7(3), 334-364.
    Agrees with R survey 4.1 `svymean(deff = "replace")` and `svyciprop`.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> yes, base = [8, 3, 12, 0], [20, 10, 30, 10]
    >>> share = clustered_proportions(
    ...     yes, base, yes, base, one_stratum_design(4), confidence_level=0.95, minimum_effective_base=30
    ... )
    >>> round(share.estimate.item(), 4), round(share.standard_error.item(), 4), share.df.item()
    (0.3286, 0.069, 3.0)
    >>> round(share.ci_low.item(), 3), round(share.ci_high.item(), 3), share.interval.item()
    (0.153, 0.57, 'logit_t')
    """
    counts, weights = counts_and_weights(n_yes, n_base, weight_yes, weight_base, design.n_services)
    yes, base = (count.sum(axis=0) for count in counts)
    estimate, standard_error = _ratio(counts, weights, design)
    df = degrees_of_freedom(counts[1], design)
    status = service_status(counts[1], df, design)
    known = np.isin(status, (Status.OK, Status.LONELY_STRATUM))
    standard_error = np.where(known, standard_error, np.nan)
    n_effective = effective_base(estimate, standard_error, base)
    ends, method = headline_interval(
        estimate, standard_error, base, df, n_effective >= minimum_effective_base, confidence_level
    )
    return Proportions(
        n_yes=np.asarray(yes).astype(np.int64),
        n_base=np.asarray(base).astype(np.int64),
        n_services=np.asarray((counts[1] > 0).sum(axis=0)),
        estimate=estimate,
        standard_error=np.where(status == Status.FULLY_INSPECTED, 0.0, standard_error),
        design_effect=quotient(np.square(standard_error), quotient(estimate * (1 - estimate), base - 1)),
        n_effective=n_effective,
        df=df,
        ci_low=ends.ci_low,
        ci_high=ends.ci_high,
        interval=np.where(known, method, IntervalMethod.NONE),
        status=status,
    )


def _ratio(counts: Pair, weights: Pair, design: ServiceDesign) -> Pair:
    """Weighted shares and their standard errors."""
    (yes, base), totals = ([each.sum(axis=0) for each in pair] for pair in (counts, weights))
    share, total = weighted_shares((yes, base), totals), totals[1]
    if design.n_services < 2:
        return share, np.full(share.shape, np.nan)
    residuals = weights[0] - np.where(base > 0, share, 0.0) * weights[1]
    standard_error = np.sqrt(score_variance(residuals / np.where(total > 0, total, 1.0), design))
    flat = (yes == base) | (standard_error < _ROUNDING)
    return share, np.where(base > 0, np.where(flat, 0.0, standard_error), np.nan)


def weighted_shares(counts: Pair, weights: Pair) -> NDArray[np.float64]:
    """Shares from sums over services, of cases and of their weights; NaN without cases."""
    yes, base = counts
    # Differences of sums of weights leave rounding where nobody, or no yes, is left.
    share = np.where(yes == 0, 0.0, np.where(yes == base, 1.0, quotient(*weights)))
    return np.where(base > 0, share, np.nan)


def headline_interval(
    estimate: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    n_base: NDArray[np.float64],
    df: NDArray[np.float64],
    enough: NDArray[np.bool_],
    confidence_level: float,
) -> tuple[Interval, NDArray[np.str_]]:
    """Logit-t where there is spread and enough effective cases, Korn-Graubard elsewhere; arrays of one shape."""
    known = ~np.isnan(standard_error)
    by_logit = enough & (standard_error > 0)
    ends = logit_interval(estimate, standard_error, df, confidence_level=confidence_level)
    low, high = (np.where(known & by_logit, end, np.nan) for end in (ends.ci_low, ends.ci_high))
    # The exact ends take most of the time, so only those that are wanted are computed.
    rare = known & ~by_logit
    exact_ends = korn_graubard_interval(
        *(each[rare] for each in (estimate, standard_error, n_base, df)),
        confidence_level=confidence_level,
        truncation=Truncation.NCHS,
    )
    low[rare], high[rare] = exact_ends.ci_low, exact_ends.ci_high
    return Interval(low, high), np.where(by_logit, IntervalMethod.LOGIT_T, IntervalMethod.KORN_GRAUBARD)
