"""Means of a count for each case, such as the number of factors, with services taken into account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError
from desistance.statistics.arrays import amounts, check_weights, quotient
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_variance, service_status
from desistance.statistics.intervals import t_interval
from desistance.statistics.status import IntervalMethod, Status

# Standard errors this small beside the mean are rounding in sums, not variation.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class Means:
    """Means with their intervals; every field is an array of the same (trailing) shape.

    Numbers that could not be computed are NaN, and `status` says why.
    """

    n_base: NDArray[np.int64]
    """Cases in the base, unweighted."""
    n_services: NDArray[np.int64]
    """Services with a case in the base."""
    estimate: NDArray[np.float64]
    """Weighted mean, in the unit of what was counted."""
    standard_error: NDArray[np.float64]
    """Square root of the variance between services, in the same unit."""
    design_effect: NDArray[np.float64]
    """Variance over that of as many independent cases drawn with replacement."""
    df: NDArray[np.float64]
    """Degrees of freedom: services with a case in the base less strata with one."""
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    interval: NDArray[np.str_]
    """`t` or `none`; see `IntervalMethod`."""
    status: NDArray[np.str_]
    """A value of `Status`."""


def clustered_means(
    n_base: ArrayLike,
    weight_base: ArrayLike,
    weighted_sum: ArrayLike,
    weighted_square_sum: ArrayLike,
    design: ServiceDesign,
    *,
    confidence_level: float,
) -> Means:
    """Means of a count over cases, with a variance robust to clustering in services.

    The variance is that of `clustered_proportions`, of which this is the general form. The interval is
    symmetric with Student's t, so for a mean near 0 its lower end may be negative; it is not cut off, because
    that would hide that the method does not fit there.

    Parameters
    ----------
    n_base : array of int, shape (n_services, ...)
        Cases of each service in the base.
    weight_base : array of float, shape (n_services, ...)
        Sum of their weights; the count itself for equal weights.
    weighted_sum : array of float, shape (n_services, ...)
        Sum of weight times count.
    weighted_square_sum : array of float, shape (n_services, ...)
        Sum of weight times squared count. Needed for the design effect only.
    design : ServiceDesign
        All services of the inspection, also those with nobody in some base.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Means
        Arrays of the trailing shape. `status` is one of those of `clustered_proportions`, or `no_variation`
        where all cases, or all services, have the same mean: the standard error is then 0 and there is no
        interval.

    Raises
    ------
    StatisticsError
        Shapes differ; values are negative or missing; or weights are zero where there are cases.

    References
    ----------
    Binder (1983), International Statistical Review 51(3), 279-292. Agrees with R survey 4.1 `svymean`.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> n = [2, 3, 2]
    >>> mean = clustered_means(n, n, [7, 6, 10], [25, 14, 52], one_stratum_design(3), confidence_level=0.95)
    >>> round(mean.estimate.item(), 4), round(mean.standard_error.item(), 4), mean.df.item()
    (3.2857, 0.906, 2.0)
    """
    count, weight, total, squares = _checked(n_base, weight_base, weighted_sum, weighted_square_sum, design)
    base, summed_weight = count.sum(axis=0), weight.sum(axis=0)
    estimate = quotient(total.sum(axis=0), summed_weight)
    df = degrees_of_freedom(count, design)
    status, standard_error = _spread(count, weight, total, estimate, df, design)
    ends = t_interval(estimate, standard_error, df, confidence_level=confidence_level)
    known = np.isin(status, (Status.OK, Status.LONELY_STRATUM))
    between_cases = quotient(squares.sum(axis=0), summed_weight) - np.square(estimate)
    independent = quotient(np.where(standard_error > 0, between_cases, np.nan), base - 1)
    return Means(
        n_base=np.asarray(base).astype(np.int64),
        n_services=np.asarray((count > 0).sum(axis=0)),
        estimate=estimate,
        standard_error=standard_error,
        design_effect=quotient(np.square(standard_error), independent),
        df=df,
        ci_low=np.where(known, ends.ci_low, np.nan),
        ci_high=np.where(known, ends.ci_high, np.nan),
        interval=np.where(known, IntervalMethod.T, IntervalMethod.NONE),
        status=status,
    )


def _checked(
    n_base: ArrayLike,
    weight_base: ArrayLike,
    weighted_sum: ArrayLike,
    weighted_square_sum: ArrayLike,
    design: ServiceDesign,
) -> list[NDArray[np.float64]]:
    """Return the four sums as arrays of one shape, or refuse them."""
    names = ("n_base", "weight_base", "weighted_sum", "weighted_square_sum")
    given = (n_base, weight_base, weighted_sum, weighted_square_sum)
    arrays = [amounts(values, name) for values, name in zip(given, names, strict=True)]
    check_weights(arrays[0], arrays[1], "base")
    for array, name in zip(arrays, names, strict=True):
        if array.shape != arrays[0].shape or array.shape[:1] != (design.n_services,):
            raise StatisticsError(
                f"{name} has shape {array.shape}; all must be alike, {design.n_services} services first"
            )
    return arrays


def _spread(
    count: NDArray[np.float64],
    weight: NDArray[np.float64],
    total: NDArray[np.float64],
    estimate: NDArray[np.float64],
    df: NDArray[np.float64],
    design: ServiceDesign,
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Status and standard error of weighted means."""
    status = service_status(count, df, design)
    if design.n_services < 2:
        return status, np.full(estimate.shape, np.nan)
    residuals = total - np.where(np.isnan(estimate), 0.0, estimate) * weight
    standard_error = np.sqrt(score_variance(quotient(residuals, weight.sum(axis=0)), design))
    known = np.isin(status, (Status.OK, Status.LONELY_STRATUM))
    flat = known & ~(standard_error > _ROUNDING * estimate)
    without = flat | (status == Status.FULLY_INSPECTED)
    status = np.where(flat, Status.NO_VARIATION, status)
    return status, np.where(without, 0.0, np.where(known, standard_error, np.nan))
