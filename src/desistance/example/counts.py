"""How many made-up cases stand in each cell, so that every published statement holds.

A published percentage is a rounding interval; a ranking, a rise over bands and, with the base and the
total fixed, the verdict of Pearson's test on two subgroups are linear in the counts. So the counts are
the whole numbers nearest to the assumed shares inside all those limits: an integer programme, solved to
a gap of nought. Which case gets which answer is decided afterwards, in `example`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import RecordsError

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

CRITICAL_Z = 1.959963984540054  # square root of Pearson's critical value, 1 degree of freedom, 5 per cent
GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Contrast:
    """Limits on the share in one set of cells less the share in another; `low` and `high` are 0-1."""

    subgroup: NDArray[np.bool_]
    reference: NDArray[np.bool_]
    low: float
    high: float


def apportioned(total: int, shares: ArrayLike) -> Counts:
    """Whole numbers in proportion to shares that add up to a total (largest remainders).

    >>> apportioned(10, [0.55, 0.25, 0.2])
    array([6, 2, 2])
    """
    exact = total * np.asarray(shares, dtype=float) / np.sum(shares)
    counts = np.floor(exact + 1e-9).astype(np.int64)
    short = total - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[:short]] += 1
    return counts


def raked(table: ArrayLike, margins: Sequence[ArrayLike]) -> Floats:
    """Table with the same odds ratios and the given one-way margins (iterative proportional fitting).

    Source: Deming and Stephan (1940), Annals of Mathematical Statistics 11(4), 427-444.
    """
    fitted = np.array(table, dtype=float)
    for _ in range(200):
        for axis, margin in enumerate(margins):
            others = tuple(other for other in range(fitted.ndim) if other != axis)
            found = fitted.sum(axis=others, keepdims=True)
            wanted = np.reshape(margin, found.shape)
            fitted = fitted * np.divide(wanted, found, out=np.zeros_like(found), where=found > 0)
    return fitted


def nearest_counts(
    target: ArrayLike,
    *,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
    rows: ArrayLike | None = None,
    low: ArrayLike = -np.inf,
    high: ArrayLike = np.inf,
) -> Counts:
    """Whole numbers nearest to real targets, within bounds and linear limits `low <= rows @ counts <= high`.

    Distance is the weighted sum of absolute differences; a difference weighs less where the target is large.
    The targets are moved by fractions of a thousandth that follow no pattern, so that no two solutions tie
    and every machine finds the same one.

    Raises
    ------
    RecordsError
        No whole numbers meet the limits.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack

    size = np.size(target)
    target = np.asarray(target, dtype=float) + 1e-3 * (np.arange(1, size + 1) * GOLDEN % 1)
    weight = 1 / np.sqrt(np.maximum(target, 0) + 0.5)
    limits = [_at_least_the_distance(target)]
    if rows is not None:
        rows = csr_array(np.atleast_2d(np.asarray(rows, dtype=float)))
        limits.append(LinearConstraint(hstack([rows, csr_array(rows.shape)], format="csr"), low, high))
    solved = milp(
        np.r_[np.zeros(size), weight],
        integrality=np.r_[np.ones(size), np.zeros(size)],
        bounds=Bounds(
            np.r_[np.broadcast_to(lower, size), np.zeros(size)],
            np.r_[np.broadcast_to(upper, size), np.full(size, np.inf)],
        ),
        constraints=limits,
        options={"mip_rel_gap": 0},
    )
    if not solved.success:
        raise RecordsError(
            "example.yaml asks for counts that contradict each other, so no whole numbers meet them; "
            "widen a range (`between`) or lower a step"
        )
    return np.round(solved.x[:size]).astype(np.int64)


def _at_least_the_distance(target: Floats) -> LinearConstraint:
    """Make the second half of the variables no less than the distance of the first half from the target."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import block_array, eye_array

    one, endless = eye_array(target.size), np.full(target.size, np.inf)
    either_side = block_array([[one, -one], [one, one]], format="csr")
    return LinearConstraint(either_side, np.r_[-endless, target], np.r_[target, endless])


def totals_in_range(bases: ArrayLike, shares: ArrayLike, ranges: ArrayLike) -> Counts:
    """Yes answers of each item, its share inside the item's range (lower end in, upper end out)."""
    bases, ranges = np.asarray(bases), np.asarray(ranges)
    lower = np.ceil(bases * ranges[:, 0] - 1e-9)
    upper = np.ceil(bases * ranges[:, 1] - 1e-9) - 1
    return nearest_counts(bases * np.asarray(shares), lower=lower, upper=upper)


def significant_gap(n_subgroup: int, n_reference: int, share: float) -> float:
    """Smallest difference between two shares that Pearson's uncorrected test finds at 5 per cent."""
    return CRITICAL_Z * float(np.sqrt(share * (1 - share) * (1 / n_subgroup + 1 / n_reference)))


def pearson_contrast(
    bases: Counts,
    shares: Floats,
    subgroup: NDArray[np.bool_],
    reference: NDArray[np.bool_],
    *,
    differs: bool,
) -> Contrast:
    """Limits that make Pearson's test find the difference aimed at, in its direction, or find none.

    With the base and the total fixed, the statistic is the squared difference over a constant. A tenth is
    kept on either side, because the few cases of unrecorded subgroup leave the pooled share a little open.
    """
    expected = bases * shares
    sizes = [bases[cells].sum() for cells in (subgroup, reference)]
    yes = [expected[cells].sum() for cells in (subgroup, reference)]
    gap = significant_gap(*sizes, sum(yes) / sum(sizes))
    if not differs:
        return Contrast(subgroup, reference, -0.9 * gap, 0.9 * gap)
    rises = yes[0] / sizes[0] > yes[1] / sizes[1]
    return Contrast(subgroup, reference, *((1.1 * gap, 1.0) if rises else (-1.0, -1.1 * gap)))


def yes_counts(bases: Counts, shares: Floats, total: int, contrasts: Sequence[Contrast]) -> Counts:
    """Yes answers in each cell: nearest to the shares, with the total and every contrast met."""
    target = bases * np.clip(shares, 0.01, 0.99)
    rows = [np.ones(bases.size)]
    low, high = [total], [total]
    for contrast in contrasts:
        mean_in_subgroup = contrast.subgroup / max(bases[contrast.subgroup].sum(), 1)
        rows.append(mean_in_subgroup - contrast.reference / max(bases[contrast.reference].sum(), 1))
        low.append(contrast.low)
        high.append(contrast.high)
    return nearest_counts(target, upper=bases, rows=np.array(rows), low=np.array(low), high=np.array(high))


def number_of_factors_counts(
    sizes: Counts, factor_counts: Counts, shares: ArrayLike, *, threshold: int, between: tuple[float, float]
) -> Counts:
    """Cases with 0, 1, ... factors in each cell, consistent with how often each factor occurs there.

    First the cases at the threshold or above in each cell, so that their share of all cases lies in its
    range; then, cell by cell, the rest of the distribution.

    Parameters
    ----------
    sizes : array, shape (n_cells,)
        Cases in each cell; none is empty.
    factor_counts : array, shape (n_cells, n_factors)
        Cases of each cell with each factor.
    shares : array, shape (n_factors + 1,)
        Distribution aimed at, before it is bent to each cell's mean.
    threshold : int
        The number of factors whose share `between` limits, or more.

    Returns
    -------
    array, shape (n_cells, n_factors + 1)
    """
    n_factors = factor_counts.shape[1]
    totals = factor_counts.sum(axis=1)
    targets = [n * tilted(shares, total / n) for n, total in zip(sizes, totals, strict=True)]
    at_threshold = nearest_counts(
        np.array([target[threshold:].sum() for target in targets]),
        lower=np.ceil(np.maximum(totals - (threshold - 1) * sizes, 0) / (n_factors - threshold + 1)),
        upper=np.minimum(sizes, totals // threshold),
        rows=np.ones((1, sizes.size)),
        low=np.ceil(sizes.sum() * between[0] - 1e-9),
        high=np.ceil(sizes.sum() * between[1] - 1e-9) - 1,
    )
    cells = zip(targets, sizes, factor_counts, at_threshold, strict=True)
    return np.array([_numbers_in_cell(*cell, threshold=threshold) for cell in cells])


def _numbers_in_cell(
    target: Floats, size: int, of_factor: Counts, at_threshold: int, *, threshold: int
) -> Counts:
    """Cases of one cell with 0, 1, ... factors.

    The factors must add up, and the Gale-Ryser condition must hold: however they are dealt, the m commonest
    cannot occur more often than `sum(min(number, m))`. Both are linear in the counts.
    """
    numbers = np.arange(target.size)
    commonest = np.cumsum(np.sort(of_factor)[::-1])
    rows = [np.ones(target.size), numbers >= threshold, *(np.minimum(numbers, m) for m in numbers[1:])]
    low = [size, at_threshold, *commonest]
    high = [size, at_threshold, *np.full(commonest.size - 1, np.inf), commonest[-1]]
    return nearest_counts(target, rows=np.array(rows), low=np.array(low), high=np.array(high))


def tilted(shares: ArrayLike, mean: float) -> Floats:
    """Distribution over 0, 1, ... bent exponentially until it has a given mean.

    >>> tilted([0.5, 0.5], 0.25).round(6).tolist()
    [0.75, 0.25]
    """
    from scipy.optimize import brentq

    shares = np.asarray(shares, dtype=float)
    numbers = np.arange(shares.size)

    def bent(slope: float) -> Floats:
        weights = shares * np.exp(slope * (numbers - mean))
        return weights / weights.sum()

    mean = min(max(mean, 0.1), numbers[-1] - 0.1)
    return bent(brentq(lambda slope: bent(slope) @ numbers - mean, -20, 20, xtol=1e-12))


def band_counts(
    numbers_of_cases: Counts,
    band_sizes: Counts,
    *,
    rises: float,
    threshold: int,
    mean_step: float,
    share_step: float,
) -> Counts:
    """Cases by number of factors and band: the mean and the share at the threshold rise over every step.

    Parameters
    ----------
    numbers_of_cases : array, shape (n_factors + 1,)
        Cases with 0, 1, ... factors.
    band_sizes : array, shape (n_bands + 1,)
        Cases in each band and, last, those whose band is not recorded.
    """
    numbers, bands = np.arange(numbers_of_cases.size), np.arange(band_sizes.size)
    last = bands[-2]
    score = np.where(bands <= last, bands, last / 2)
    association = np.exp(rises * np.outer(numbers - numbers.mean(), score))
    target = raked(association * band_sizes, [numbers_of_cases, band_sizes])
    rows = [
        np.kron(np.eye(numbers.size), np.ones(bands.size)),
        np.kron(np.ones(numbers.size), np.eye(bands.size)),
    ]
    low = [numbers_of_cases, band_sizes]
    high = [numbers_of_cases, band_sizes]
    for step in range(last):
        rise = np.zeros(bands.size)
        rise[step], rise[step + 1] = -1 / band_sizes[step], 1 / band_sizes[step + 1]
        rows += [np.kron(numbers, rise)[np.newaxis], np.kron(numbers >= threshold, rise)[np.newaxis]]
        low.append([mean_step, share_step])
        high.append([np.inf, np.inf])
    counts = nearest_counts(
        target.ravel(), rows=np.vstack(rows), low=np.concatenate(low), high=np.concatenate(high)
    )
    return counts.reshape(target.shape)
