"""Shares and their standard errors with each service left out in turn, from sums less each one's own.

The work grows with the number of services and not with its square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.statistics.arrays import Pair, counts_and_weights, quotient
from desistance.statistics.design import ServiceDesign
from desistance.statistics.intervals import effective_base
from desistance.statistics.proportions import headline_interval, weighted_shares

Floats = NDArray[np.float64]

# Standard errors below this are rounding: the root of what is lost in sums of squares.
ROUNDING_OF_ERRORS = 1e-7


@dataclass(frozen=True, eq=False)
class SharesWithoutEach:
    """Shares without each service, arrays of shape (n_services, ...); NaN where nobody is left."""

    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    certain: NDArray[np.bool_]
    """False where sums less a service's own cannot tell a small spread from none: compute the interval anew."""


def shares_without_each(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    design: ServiceDesign,
    *,
    confidence_level: float,
    minimum_effective_base: float,
) -> SharesWithoutEach:
    """Shares with the intervals of `clustered_proportions`, for all but one service in turn.

    Leaving out a service takes it out of the design: under a finite population correction one fewer of the same
    population was inspected.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base, design, confidence_level, minimum_effective_base
        As in `clustered_proportions`.

    Returns
    -------
    SharesWithoutEach
        Intervals are NaN, and not certain, where a share has no standard error.

    Raises
    ------
    StatisticsError
        Shapes differ, or counts and weights make no sense.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> yes, base = [8, 3, 12, 5], [20, 10, 30, 15]
    >>> left = shares_without_each(
    ...     yes, base, yes, base, one_stratum_design(4), confidence_level=0.95, minimum_effective_base=30
    ... )
    >>> left.estimate.round(3).tolist(), left.ci_low.round(3).tolist()
    ([0.364, 0.385, 0.356, 0.383], [0.247, 0.311, 0.239, 0.298])
    """
    counts, weights = counts_and_weights(n_yes, n_base, weight_yes, weight_base, design.n_services)
    trailing, flat = counts[0].shape[1:], (design.n_services, -1)
    counts, weights = (tuple(each.reshape(flat) for each in pair) for pair in (counts, weights))
    share, present = ratios_without_each(counts, weights), counts[1] > 0
    left_yes, left_base = (count.sum(axis=0) - count for count in counts)
    rate = np.nan_to_num(score_rates(weights[1].sum(axis=0) - weights[1], share))
    error = errors_without_each(np.stack(weights, axis=1), rate, design)
    flat_share = (left_yes == 0) | (left_yes == left_base)
    error = np.where(left_base > 0, np.where(flat_share, 0.0, error), np.nan)
    df = np.where(left_base > 0, df_without_each(present, design), np.nan)
    drawn = present & (design.sampling_fraction < 1)[:, None]
    known = (present.sum(axis=0) - present > 1) & (df >= 1) & (drawn.sum(axis=0) > drawn)
    enough = effective_base(share, error, left_base) >= minimum_effective_base
    ends, _ = headline_interval(
        share, np.where(known, error, np.nan), left_base, df, enough, confidence_level
    )
    certain = known & (flat_share | (error > ROUNDING_OF_ERRORS))
    return SharesWithoutEach(
        *(each.reshape(-1, *trailing) for each in (share, ends.ci_low, ends.ci_high, certain))
    )


def ratios_without_each(counts: Pair, weights: Pair) -> Floats:
    """Weighted shares without each service; NaN where nobody is left."""
    return weighted_shares(*([each.sum(axis=0) - each for each in pair] for pair in (counts, weights)))


def score_rates(base: Floats, share: Floats) -> Floats:
    """What the weight of a yes and of a case each add to the score of a share, shape (..., 2, k); NaN without cases."""
    inverse = quotient(1.0, base)
    return np.stack([inverse, -inverse * share], axis=-2)


def errors_without_each(amounts: Floats, rate: Floats, design: ServiceDesign) -> Floats:
    """Standard error without each service, shape (n_services, k), from sums less its own.

    `amounts` has shape (n_services, n_amounts, k), and `rate` what each adds to the score without each service, of
    the same shape. The variance of a total is a sum over strata of squares about the stratum's mean, or about the
    mean of all services where one stands alone; leaving out a service changes its own stratum and the mean of all.
    """
    n_services, stratum = design.n_services, design.stratum
    if n_services < 2:
        return np.full((n_services, amounts.shape[2]), np.nan)
    squares = amounts[:, :, None] * amounts[:, None]
    n, fraction = design.n_in_stratum[stratum][:, None, None, None], design.sampling_fraction
    sums, products = (design.stratum_totals(each) for each in (amounts, squares))
    own = _about_mean(sums, products, design.n_in_stratum[:, None, None, None], _of_stratum(fraction, design))
    left = n - 1
    after = _about_mean(
        sums[stratum] - amounts,
        products[stratum] - squares,
        left,
        fraction[:, None, None, None] * left / n,
    )
    spread = own.sum(axis=0) - own[stratum] + after
    alone = _stand_alone(amounts, squares, sums, products, design)
    mean = (amounts.sum(axis=0) - amounts) / (n_services - 1)
    crossed = alone[1][:, :, None] * mean[:, None]
    spread = spread + alone[0] - crossed - np.swapaxes(crossed, 1, 2)
    spread = spread + alone[2] * mean[:, :, None] * mean[:, None]
    variance = np.einsum("gik,gijk,gjk->gk", rate, spread, rate)
    return np.sqrt(np.maximum(variance, 0.0))


def _of_stratum(fraction: Floats, design: ServiceDesign) -> Floats:
    """Sampling fraction of each stratum, ready to multiply covariances."""
    return (design.stratum_totals(fraction) / design.n_in_stratum)[:, None, None, None]


def _about_mean(sums: Floats, products: Floats, n: NDArray[np.intp], fraction: Floats) -> Floats:
    """Covariance of a stratum's total about the stratum's mean; 0 for fewer than two services."""
    squares = products - sums[:, :, None] * sums[:, None] / np.maximum(n, 1)
    return np.where(n > 1, (1 - fraction) * n / np.maximum(n - 1, 1), 0.0) * squares


def _stand_alone(
    amounts: Floats, squares: Floats, sums: Floats, products: Floats, design: ServiceDesign
) -> tuple[Floats, Floats, Floats]:
    """Sums over services alone in their stratum without each service: of squares, of values, of factors."""
    factor = np.where(design.lonely, 1 - design.sampling_fraction, 0.0)[:, None, None]
    totals = [(factor[..., None] * squares), factor * amounts, factor[..., None]]
    squared, value, number = (each.sum(axis=0) - each for each in totals)
    # The other one of a stratum of two is alone without this one.
    pair = (design.n_in_stratum[design.stratum] == 2)[:, None, None]
    other = np.where(pair, 1 - design.sampling_fraction[:, None, None] / 2, 0.0)
    squared = squared + other[..., None] * (products[design.stratum] - squares)
    value = value + other * (sums[design.stratum] - amounts)
    return squared, value, number + other[..., None]


def df_without_each(present: NDArray[np.bool_], design: ServiceDesign) -> Floats:
    """Services less strata, of those present, without each service."""
    in_stratum = design.stratum_totals(present.astype(np.float64))[design.stratum]
    n_services, n_strata = present.sum(axis=0), (design.stratum_totals(present * 1.0) > 0).sum(axis=0)
    return (n_services - present) - (n_strata - (present & (in_stratum == 1))) * 1.0
