"""What the functions of this room accept, and division that leaves a gap instead of a warning."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Yes and base."""

# Weighted sums of the same cases, added in another order, may differ in the last digits.
ROUNDING_IN_SUMS = 1e-9


def quotient(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """Divide, with NaN where the denominator is zero or missing."""
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    result = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=result, where=(bottom != 0) & ~np.isnan(bottom))
    return result


def check_confidence_level(confidence_level: float) -> float:
    """Return the level as a float, or refuse it."""
    if not 0 < confidence_level < 1:
        raise StatisticsError(
            f"confidence_level is {confidence_level}; give a share between 0 and 1, such as 0.95"
        )
    return float(confidence_level)


def amounts(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return non-negative, finite numbers as an array of floats, or refuse them."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise StatisticsError(
            f"{name} has missing or infinite values; count first, leaving them out of the base"
        )
    if (array < 0).any():
        raise StatisticsError(f"{name} has negative values; counts and weights cannot be below 0")
    return array


def yes_and_base(yes: ArrayLike, base: ArrayLike, name: str) -> Pair:
    """Return a pair of arrays of one shape in which no yes exceeds its base."""
    yes, base = amounts(yes, f"{name}_yes"), amounts(base, f"{name}_base")
    if yes.shape != base.shape:
        raise StatisticsError(
            f"{name}_yes has shape {yes.shape} but {name}_base has {base.shape}; make them equal"
        )
    if (yes > base * (1 + ROUNDING_IN_SUMS)).any():
        raise StatisticsError(f"{name}_yes exceeds {name}_base somewhere; every yes must also be in the base")
    return yes, base


def whole_counts(n_yes: ArrayLike, n_base: ArrayLike) -> Pair:
    """Return a pair of counts as arrays of floats, or refuse them."""
    counts = yes_and_base(n_yes, n_base, "n")
    for name, count in zip(("yes", "base"), counts, strict=True):
        if (count != np.floor(count)).any():
            raise StatisticsError(f"n_{name} has values that are not whole; weights belong in weight_{name}")
    return counts


def counts_and_weights(
    n_yes: ArrayLike, n_base: ArrayLike, weight_yes: ArrayLike, weight_base: ArrayLike, n_services: int
) -> tuple[Pair, Pair]:
    """Return the pair of counts and the pair of weights by service as arrays of floats, or refuse them."""
    counts, weights = whole_counts(n_yes, n_base), yes_and_base(weight_yes, weight_base, "weight")
    if counts[0].shape[:1] != (n_services,):
        raise StatisticsError(
            f"counts have shape {counts[0].shape}; the first axis must be {n_services} services"
        )
    for name, count, weight in zip(("yes", "base"), counts, weights, strict=True):
        check_weights(count, weight, name)
    return counts, weights


def check_weights(counts: NDArray[np.float64], weights: NDArray[np.float64], name: str) -> None:
    """Refuse weights that are zero where there are cases, or positive where there are none."""
    if counts.shape != weights.shape:
        raise StatisticsError(
            f"weight_{name} has shape {weights.shape} but n_{name} has {counts.shape}; make them equal"
        )
    if ((counts > 0) != (weights > 0)).any():
        raise StatisticsError(
            f"weight_{name} and n_{name} disagree on where there are cases; every case needs a weight "
            "above 0, so leave cases of weight 0 out of both"
        )
