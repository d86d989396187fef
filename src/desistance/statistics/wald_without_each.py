"""Between which bounds the p-value of a Wald test lies with each service left out in turn.

A correction of the variance depends on all services, so the exact test without one takes as long as the test itself,
and without each as long as the square of the number of services. But without a small service the correction of the
others is nearly as it was, and how nearly is known: by its own share of the information times the largest other one.
Everything else follows exactly from sums less the service's own. Most verdicts need no more than the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from desistance.statistics.arrays import quotient
from desistance.statistics.fits import ClusteredFit
from desistance.statistics.robust import Correction, adjusted_services, projected
from desistance.statistics.status import Status
from desistance.statistics.wald import WaldMethod, wald_test

Floats = NDArray[np.float64]

# Of CR2's factor (1 - h)^-1/2 the relative change is under half the product of the two shares; matrices that do not
# commute may change more.
_CHANGE = 2.0
# Degrees of freedom stay within this factor where a service has no more than these shares of the information ...
_DF_FACTOR = 2.0
_LARGEST_SHARE = 0.1
# ... and of its sum of squares over services.
_LARGEST_SHARE_OF_SQUARES = 0.2


@dataclass(frozen=True, eq=False)
class PValueBounds:
    """Bounds of a p-value without each service, shape (n_services,); 0 and 1 where nothing is known of it."""

    low: Floats
    high: Floats


def p_values_without_each(fit: ClusteredFit, contrasts: ArrayLike) -> PValueBounds:
    """Bounds of the p-value of `wald_test` with CR2 and `HTZ`, without each service.

    They say nothing of whether the test can be made at all without a service (`zero_cell`, `one_service`), which is
    a matter of counts.

    Parameters
    ----------
    fit : ClusteredFit
        Of `linear_fit`.
    contrasts : array of float, shape (k, q)
        Linearly independent.

    Returns
    -------
    PValueBounds

    Examples
    --------
    >>> from desistance.statistics.fits import linear_fit
    >>> base = np.random.default_rng(1).integers(1, 9, (500, 2))
    >>> bounds = p_values_without_each(linear_fit(np.eye(2), base, base, base // 2), [[-1, 1]])
    >>> bool((bounds.high - bounds.low < 0.01).mean() > 0.9)
    True
    """
    unknown = PValueBounds(np.zeros(len(fit.scores)), np.ones(len(fit.scores)))
    if fit.status is not Status.OK:
        return unknown
    test = wald_test(fit, contrasts, correction=Correction.CR2, method=WaldMethod.HTZ)
    if test.status is not Status.OK:
        return unknown
    Z, largest = projected(fit, contrasts), fit.eigen[0].max(axis=1)
    few = _is_small(fit, Z, largest)
    Q, change = _distances(fit, Z, np.asarray(contrasts, dtype=np.float64), largest, few)
    few &= (change < 1) & np.isfinite(Q)
    k, nu = Z.shape[1], test.df2 + test.df1 - 1
    Q, change = np.where(few, Q, 1.0), np.where(few, change, 0.0)
    low = _p_value(Q / (1 - change), nu * _DF_FACTOR, k)
    high = _p_value(Q / (1 + change), nu / _DF_FACTOR, k)
    return PValueBounds(np.where(few, low, 0.0), np.where(few, high, 1.0))


def _p_value(Q: Floats, nu: float, k: int) -> Floats:
    df = nu - k + 1
    return fdtrc(k, df, df / nu * Q / k) if df > 0 else np.ones_like(Q)


def _is_small(fit: ClusteredFit, Z: Floats, largest: Floats) -> NDArray[np.bool_]:
    """Whether degrees of freedom hardly hang on a service."""
    own = np.einsum("ik,gij,jk->gk", Z, fit.leverage, Z, optimize=True)
    squares = np.square(own)
    share = quotient(squares, squares.sum(axis=0)).max(axis=1)
    return (largest <= _LARGEST_SHARE) & (share <= _LARGEST_SHARE_OF_SQUARES)


def _distances(
    fit: ClusteredFit, Z: Floats, contrasts: Floats, largest: Floats, few: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Squared distance from zero without each service, correction of the others as it was, and how far off."""
    k, inverse = Z.shape[1], np.linalg.inv(np.eye(len(Z)) - np.where(few[:, None, None], fit.leverage, 0.0))
    moved = -(inverse @ fit.scores[:, :, None])[:, :, 0]
    spread = _spread_without_each(fit, moved)
    turned = inverse @ Z
    transposed = np.swapaxes(turned, 1, 2)
    V, length = transposed @ spread @ turned, transposed @ turned
    half = np.linalg.inv(np.linalg.cholesky(length))
    least = np.linalg.eigvalsh(half @ V @ np.swapaxes(half, 1, 2))[:, 0]
    total = np.trace(spread, axis1=1, axis2=2)
    rest = 1 - largest - largest.max()
    factor = np.where(rest > 0, _CHANGE * quotient(largest * largest.max(), rest), np.inf)
    usable = few & (least > 1e-12 * total)
    change = np.where(usable, (2 * factor + factor**2) * quotient(total, least), np.inf)
    effect = contrasts @ fit.coefficients + np.einsum("qk,gq->gk", Z, moved)
    solved = np.linalg.solve(np.where(usable[:, None, None], V, np.eye(k)), effect[:, :, None])[:, :, 0]
    return (effect * solved).sum(axis=1), change


def _spread_without_each(fit: ClusteredFit, moved: Floats) -> Floats:
    """Sum over the others of squared scores about coefficients that have moved, shape (n_services, q, q)."""
    adjusted = adjusted_services(fit, Correction.CR2)
    P, Q, (n, q) = adjusted.scores, adjusted.inner, fit.scores.shape
    by_slope = (P.T @ Q.reshape(n, q * q)).reshape(q, q, q)
    by_slopes = (Q.reshape(n, q * q).T @ Q.reshape(n, q * q)).reshape(q, q, q, q)
    crossed = np.einsum("ijk,gk->gij", by_slope, moved)
    curved = np.einsum("ikjl,gk,gl->gij", by_slopes, moved, moved, optimize=True)
    own = P - (Q @ moved[:, :, None])[:, :, 0]
    return P.T @ P - crossed - np.swapaxes(crossed, 1, 2) + curved - own[:, :, None] * own[:, None, :]
