"""The regression of yes/no on levels, with one share for each level: in closed form, for many tables at once.

Its columns are orthogonal, so its information is diagonal, and so is all that a small-sample correction does to a
service: what `robust` and `wald` do with a small matrix a service are products here. The numbers are the same.

Arrays have services first and levels last, with any axes of tables between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from desistance.statistics.arrays import Pair, quotient
from desistance.statistics.robust import Correction
from desistance.statistics.status import Status

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SOLE = 1e-9  # a service that holds all but this much of a level holds all of it
_ROUNDING = 1e-13  # sums this small beside their terms are rounding, not variation


@dataclass(frozen=True, eq=False)
class LevelFit:
    """A share for each level of each table, and what each service contributes to it; 0 where there are no cases."""

    shares: Floats
    """Shape (..., n_levels)."""
    size: Floats
    """Root of the inverse information, shape (..., n_levels)."""
    leverage: Floats
    """Share of a service in the information, shape (n_services, ..., n_levels)."""
    scores: Floats
    """Of a service, in units of `size`, shape (n_services, ..., n_levels)."""
    n_levels: Floats
    """Levels with cases, shape (...)."""
    n_services: Floats
    """Services with cases, shape (...)."""
    n_cases: Floats
    """Shape (...)."""


@dataclass(frozen=True, eq=False)
class AdjustedLevels:
    """What a correction makes of a service, as `robust.Adjusted`: diagonals, shape (n_services, ..., n_levels)."""

    scores: Floats
    inner: Floats
    outer: Floats


@dataclass(frozen=True, eq=False)
class LevelContrasts:
    """Variance and degrees of freedom of levels less a reference, shape (..., n_contrasts)."""

    variance: Floats
    df: Floats
    status: NDArray[np.str_]
    """`ok`, `one_service`, `no_variation` or `no_degrees_of_freedom`."""


@dataclass(frozen=True, eq=False)
class HotellingTests:
    """Tests that all shares of a table are equal, shape (...); NaN where `status` is not `ok`."""

    statistic: Floats
    df2: Floats
    p_value: Floats
    status: NDArray[np.str_]


def level_fit(counts: Pair, weights: Pair) -> LevelFit:
    """Fit the shares of all levels of all tables; arguments are checked counts and weights."""
    (_, base), (yes, weight) = counts, weights
    total = weight.sum(axis=0)
    shares = np.nan_to_num(quotient(yes.sum(axis=0), total))
    root = np.sqrt(total)
    size = np.nan_to_num(quotient(1.0, root))
    # All shares come from the same sums, so each is as uncertain as the largest, in units of its level.
    uncertain = (shares * root).max(axis=-1, keepdims=True) * size
    scores = yes - weight * shares
    scores[np.abs(scores) <= _ROUNDING * (yes + weight * np.maximum(shares, uncertain))] = 0.0
    return LevelFit(
        shares=shares,
        size=size,
        leverage=np.minimum(weight * np.square(size), 1.0),
        scores=scores * size,
        n_levels=(total > 0).sum(axis=-1).astype(np.float64),
        n_services=(base.sum(axis=-1) > 0).sum(axis=0).astype(np.float64),
        n_cases=base.sum(axis=(0, -1)),
    )


def adjusted_levels(fit: LevelFit, correction: Correction) -> AdjustedLevels:
    """Apply a correction to every service."""
    factor = _factor(fit, Correction(correction))
    inner = fit.leverage * factor
    return AdjustedLevels(scores=fit.scores * factor, inner=inner, outer=inner * factor)


def _factor(fit: LevelFit, correction: Correction) -> Floats:
    """Return f(1 - leverage), shape (n_services, ..., n_levels)."""
    rest = np.where(fit.leverage < 1 - _SOLE, 1 - fit.leverage, np.inf)  # nothing is left there
    G, N, q = (each[..., None] for each in (fit.n_services, fit.n_cases, fit.n_levels))
    match correction:
        case Correction.CR0:
            return np.ones_like(rest)
        case Correction.CR1:
            return np.broadcast_to(np.sqrt(quotient(G, G - 1)), rest.shape)
        case Correction.CR1S:
            return np.broadcast_to(np.sqrt(quotient(G * (N - 1), (G - 1) * (N - q))), rest.shape)
        case Correction.CR2:
            return 1 / np.sqrt(rest)
    return 1 / rest


def level_contrasts(
    fit: LevelFit, others: NDArray[np.intp], reference: int, *, correction: Correction
) -> LevelContrasts:
    """Variance and Satterthwaite's degrees of freedom of each other level less the reference."""
    adjusted, pair = adjusted_levels(fit, correction), (others, [reference])
    z, y = (fit.size[..., level] for level in pair)
    length = np.square(z) + np.square(y)
    parts = adjusted.scores[..., others] * z - adjusted.scores[..., [reference]] * y
    variance = np.square(parts).sum(axis=0)
    flat = variance <= _ROUNDING**2 * length * np.square(adjusted.scores).sum(axis=(0, -1))[..., None]
    df = _satterthwaite(
        *(adjusted.outer[..., p] * np.square(s) for p, s in zip(pair, (z, y), strict=True)),
        *(adjusted.inner[..., p] * s for p, s in zip(pair, (z, y), strict=True)),
    )
    reasons = {
        Status.ONE_SERVICE: _rests_on_one_service(fit, others, reference),
        Status.NO_VARIATION: flat,
        Status.NO_DEGREES_OF_FREEDOM: ~(df > 0) | ~np.isfinite(variance),
    }
    return LevelContrasts(variance, df, np.select(list(reasons.values()), list(reasons), Status.OK))


def _satterthwaite(outer: Floats, outer_reference: Floats, inner: Floats, inner_reference: Floats) -> Floats:
    """Squared mean over half the variance that a variance has in the working model."""
    own, squares = outer + outer_reference, np.square(inner) + np.square(inner_reference)
    pairs = (
        np.square(np.square(inner).sum(axis=0))
        + np.square(np.square(inner_reference).sum(axis=0))
        + 2 * np.square((inner * inner_reference).sum(axis=0))
    )
    return quotient(
        np.square((own - squares).sum(axis=0)), (np.square(own) - 2 * own * squares).sum(axis=0) + pairs
    )


def _rests_on_one_service(fit: LevelFit, others: NDArray[np.intp], reference: int) -> Flags:
    """Whether one service alone carries a level of a contrast, which is then unknown without it."""
    sole = np.square(fit.size * (fit.leverage >= 1 - _SOLE).any(axis=0))
    length = np.square(fit.size[..., others]) + np.square(fit.size[..., [reference]])
    return np.maximum(sole[..., others], sole[..., [reference]]) > _SOLE * length


def hotelling_tests(fit: LevelFit, *, correction: Correction) -> HotellingTests:
    """Test that the shares of all levels are equal (HTZ); every level of every table has cases.

    As `wald.wald_test` with `WaldMethod.HTZ`, and each level after the first less the first.
    """
    k, adjusted = fit.size.shape[-1] - 1, adjusted_levels(fit, correction)
    others = np.arange(1, k + 1)
    Z = np.zeros((*fit.size.shape, k))
    Z[..., 0, :] = -fit.size[..., [0]]
    Z[..., others, others - 1] = fit.size[..., 1:]
    parts = np.moveaxis(adjusted.scores, 0, -2) @ Z
    V, effect = np.swapaxes(parts, -1, -2) @ parts, fit.shares[..., 1:] - fit.shares[..., [0]]
    length = np.sqrt(np.square(Z).sum(axis=-2))
    spread = np.linalg.eigvalsh(V / (length[..., :, None] * length[..., None, :]))
    least = np.maximum(spread[..., -1], _ROUNDING * np.square(adjusted.scores).sum(axis=(0, -1)))
    known = ~_rests_on_one_service(fit, others, 0).any(axis=-1)
    varied = spread[..., 0] > _ROUNDING * least
    V = np.where((known & varied)[..., None, None], V, np.eye(k))
    Q = (effect * np.linalg.solve(V, effect[..., None])[..., 0]).sum(axis=-1)
    nu = _hotelling_df(Z, adjusted, known & varied)
    df = nu - k + 1
    reasons = {
        Status.ONE_SERVICE: ~known,
        Status.NO_VARIATION: ~varied,
        Status.NO_DEGREES_OF_FREEDOM: ~(df > 0),
    }
    status = np.select(list(reasons.values()), list(reasons), Status.OK)
    fine = status == Status.OK
    df = np.where(fine, df, np.nan)
    statistic = df / nu * Q / k
    return HotellingTests(statistic, df, np.where(fine, fdtrc(k, df, statistic), np.nan), status)


def _hotelling_df(Z: Floats, adjusted: AdjustedLevels, known: Flags) -> Floats:
    """Degrees of freedom of the Wishart distribution whose total variance is that of the covariance matrix.

    As `wald._covariances`, of which only the sum of all variances is needed. What services contribute is diagonal, so
    of all of them only the products of levels are needed, shape (..., n_levels, n_levels).
    """
    k = Z.shape[-1]
    outer, inner = (np.moveaxis(each, 0, -2) for each in (adjusted.outer, adjusted.inner))
    left = outer - np.square(inner)
    middle = np.swapaxes(Z, -1, -2) @ (left.sum(axis=-2)[..., None] * Z)
    H = Z @ np.linalg.solve(np.where(known[..., None, None], middle, np.eye(k)), np.swapaxes(Z, -1, -2))
    diagonal = np.diagonal(H, axis1=-2, axis2=-1)
    both = np.square(H) + diagonal[..., :, None] * diagonal[..., None, :]
    own, shared, twice = (np.swapaxes(each, -1, -2) @ each for each in (left, inner, np.square(inner)))
    total = (both * (own + np.square(shared) - twice)).sum(axis=(-2, -1))
    return np.where(known, quotient(k * (k + 1), total), np.nan)
