"""Does it hang on one service? Shares and differences with each service left out in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError
from desistance.statistics.arrays import Pair, check_confidence_level, counts_and_weights
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_variance
from desistance.statistics.intervals import t_quantile
from desistance.statistics.proportions import weighted_shares
from desistance.statistics.without_each import (
    ROUNDING_OF_ERRORS,
    df_without_each,
    errors_without_each,
    ratios_without_each,
    score_rates,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Range of an estimate over leaving out one service; arrays of the trailing shape. Never which service."""

    n_left_out: NDArray[np.int64]
    """Services with cases in the base, each of which was left out once."""
    n_without_estimate: NDArray[np.int64]
    """How many of these leave nothing to estimate from."""
    estimate: Floats
    """From all services; NaN without cases."""
    lowest: Floats
    """Smallest estimate without one service."""
    highest: Floats
    n_changing_verdict: NDArray[np.int64]
    """Services without which the verdict would be another, or could not be given."""


def leave_one_out_shares(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    design: ServiceDesign,
    *,
    threshold: float,
) -> LeaveOneOut:
    """Range of shares when each service is left out in turn.

    The verdict is on which side of a threshold the share lies ("more than half"): below it, or at it and
    above. Totals less each service's own give all shares at once, so the work grows with the number of
    services and not with its square.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base : arrays, shape (n_services, ...)
        As in `clustered_proportions`.
    design : ServiceDesign
        All services of the inspection.
    threshold : float
        0-1. NaN where there is no verdict; then none changes.

    Returns
    -------
    LeaveOneOut

    Raises
    ------
    StatisticsError
        Shapes differ, or counts and weights make no sense.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> yes, base = [8, 3, 12], [20, 10, 30]
    >>> left = leave_one_out_shares(yes, base, yes, base, one_stratum_design(3), threshold=0.38)
    >>> left.lowest.round(3).item(), left.highest.round(3).item(), left.n_changing_verdict.item()
    (0.367, 0.4, 2)
    """
    counts, weights = counts_and_weights(n_yes, n_base, weight_yes, weight_base, design.n_services)
    whole, without = _shares(counts, weights)
    changed = (without >= threshold) != (whole >= threshold)
    if np.isnan(threshold):
        changed = np.zeros_like(changed)
    return _range(whole, without, counts[1] > 0, changed | np.isnan(without))


def leave_one_out_differences(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    design: ServiceDesign,
    *,
    confidence_level: float,
) -> LeaveOneOut:
    """Range of differences between two subgroups when each service is left out in turn.

    The verdict is significantly above 0, significantly below 0, or neither, by the linearised standard error
    and Student's t on services less strata, computed again without each service. Leaving out a service takes
    it out of the design: the others' scores are taken about their own mean, and under a finite population
    correction one fewer of the same population was inspected. Everything follows from sums over services less
    each one's own.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base : arrays, shape (n_services, 2, ...)
        Reference first, subgroup second; otherwise as in `clustered_proportions`.
    design : ServiceDesign
        All services of the inspection.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    LeaveOneOut
        Of subgroup less reference, -1 to 1. Services with a case in either base are left out.

    Raises
    ------
    StatisticsError
        Shapes differ, or counts and weights make no sense.

    References
    ----------
    Binder (1983), International Statistical Review 51(3), 279-292, for the standard error.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> yes, base = [[8, 2], [5, 4], [9, 1], [3, 3]], [[10, 10], [10, 8], [12, 9], [9, 4]]
    >>> left = leave_one_out_differences(yes, base, yes, base, one_stratum_design(4), confidence_level=0.95)
    >>> left.estimate.round(3).item(), left.lowest.round(3).item(), left.highest.round(3).item()
    (-0.287, -0.428, -0.143)
    """
    level = check_confidence_level(confidence_level)
    counts, weights = counts_and_weights(n_yes, n_base, weight_yes, weight_base, design.n_services)
    if counts[0].ndim < 2 or counts[0].shape[1] != 2:
        raise StatisticsError(f"counts have shape {counts[0].shape}; give services by two subgroups")
    trailing, flat = counts[0].shape[2:], (design.n_services, 2, -1)
    yes, base = (weight.reshape(flat) for weight in weights)
    n_base = counts[1].reshape(flat)
    pair = _shares((counts[0].reshape(flat), n_base), (yes, base))
    whole, without = (share[..., 1, :] - share[..., 0, :] for share in pair)
    present = (n_base > 0).any(axis=1)
    amounts = np.stack([yes[:, 0], base[:, 0], yes[:, 1], base[:, 1]], axis=1)
    rate = _coefficients(amounts.sum(axis=0) - amounts, pair[1])
    errors, df = errors_without_each(amounts, rate, design), df_without_each(present, design)
    error = _error(amounts, pair[0], design)
    verdict = _verdict(whole, error, degrees_of_freedom(present, design), level)
    changed = _verdict(without, errors, df, level) != verdict
    shapes = [each.reshape(-1, *trailing) for each in (without, present, changed)]
    return _range(whole.reshape(trailing), *shapes)


def _shares(counts: Pair, weights: Pair) -> Pair:
    """Weighted shares from all services, and without each."""
    totals = ([each.sum(axis=0) for each in pair] for pair in (counts, weights))
    return weighted_shares(*totals), ratios_without_each(counts, weights)


def _range(
    whole: Floats, without: Floats, present: NDArray[np.bool_], changed: NDArray[np.bool_]
) -> LeaveOneOut:
    """Summary over the services that are present."""
    known = present & ~np.isnan(without)
    some = known.any(axis=0)
    lowest, highest = (
        np.where(known, without, np.inf).min(axis=0),
        np.where(known, without, -np.inf).max(axis=0),
    )
    return LeaveOneOut(
        n_left_out=np.asarray(present.sum(axis=0)),
        n_without_estimate=np.asarray((present & np.isnan(without)).sum(axis=0)),
        estimate=np.asarray(whole),
        lowest=np.where(some, lowest, np.nan),
        highest=np.where(some, highest, np.nan),
        n_changing_verdict=np.asarray((present & changed).sum(axis=0)),
    )


def _verdict(difference: Floats, error: Floats, df: Floats, level: float) -> NDArray[np.int64]:
    """1 significantly above 0, -1 significantly below, 0 neither, 2 where nothing can be said."""
    usable = (error > ROUNDING_OF_ERRORS) & (df > 0)
    margin = t_quantile(df, level) * error
    beyond = np.where(usable, np.abs(difference) > np.where(usable, margin, np.inf), False)
    return np.where(usable, np.where(beyond, np.sign(np.nan_to_num(difference)), 0), 2).astype(np.int64)


def _coefficients(amounts: Floats, share: Floats) -> Floats:
    """What each of yes and base of both subgroups adds to the score: shape (..., 4, k)."""
    reference, subgroup = (score_rates(amounts[..., 2 * n + 1, :], share[..., n, :]) for n in (0, 1))
    return np.concatenate([-reference, subgroup], axis=-2)


def _error(amounts: Floats, share: Floats, design: ServiceDesign) -> Floats:
    """Standard error of the difference from all services."""
    if design.n_services < 2:
        return np.full(amounts.shape[2:], np.nan)
    scores = (amounts * _coefficients(amounts.sum(axis=0), share)).sum(axis=1)
    return np.sqrt(score_variance(np.nan_to_num(scores), design)) + 0 * scores.sum(axis=0)
