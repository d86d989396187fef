"""Tests of several contrasts of a clustered regression at once, whose level holds with few services."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from desistance.errors import StatisticsError
from desistance.statistics.fits import ClusteredFit
from desistance.statistics.robust import (
    Adjusted,
    Correction,
    adjusted_services,
    projected,
    rests_on_one_service,
)
from desistance.statistics.status import Status

Floats = NDArray[np.float64]

_DEPENDENT = (
    1e-10  # smallest eigenvalue of contrasts, relative to the largest, that still counts as their own
)
_ROUNDING = 1e-13  # variances this small beside others are rounding


class WaldMethod(StrEnum):
    """Reference distribution of a test of several contrasts."""

    HTZ = "HTZ"
    """Hotelling's T squared; df match the total variance of the covariance matrix (Zhang). The default of R."""
    HTB = "HTB"
    """Hotelling's T squared; df match all its distinct covariances (Pan and Wall)."""
    NAIVE_F = "Naive-F"
    """F with services less one."""
    CHI_SQUARE = "chi-sq"
    """No allowance for the number of services."""


@dataclass(frozen=True)
class WaldTest:
    """Test that several contrasts are all zero; NaN where `status` is not `ok`."""

    statistic: float
    """F; for `HTZ` and `HTB` after scaling Hotelling's T squared."""
    df1: float
    df2: float
    """Infinite for `CHI_SQUARE`."""
    p_value: float
    status: Status


def wald_test(
    fit: ClusteredFit, contrasts: ArrayLike, *, correction: Correction, method: WaldMethod
) -> WaldTest:
    """Test that several linear combinations of coefficients are all zero.

    The squared distance of the estimates from zero is compared with Hotelling's T squared, whose degrees of
    freedom come from the spread that the robust covariance matrix has in the working model. Unlike the F or
    chi-square test it keeps its level with few services, and errs on the safe side as contrasts get many.

    Parameters
    ----------
    fit : ClusteredFit
    contrasts : array of float, shape (n_contrasts, q)
        Linearly independent.
    correction : Correction
    method : WaldMethod

    Returns
    -------
    WaldTest
        `status` is `ok`; that of the fit; `one_service` (some contrast is unknown without one of the services);
        `no_variation` (some combination does not vary between services); or `no_degrees_of_freedom`.

    Raises
    ------
    StatisticsError
        Contrasts of the wrong shape, or linearly dependent.

    References
    ----------
    Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), 672-683. Zhang (2012),
    Journal of Statistical Planning and Inference 142(4), 930-943, for `HTZ`. Pan and Wall (2002), Statistics
    in Medicine 21(10), 1429-1441, for `HTB`. Agrees with R `clubSandwich` 0.5.8 `Wald_test`.

    Examples
    --------
    >>> from desistance.statistics.fits import linear_fit
    >>> n = [[4, 2, 3], [3, 3, 2], [5, 2, 2], [2, 4, 3], [3, 3, 3], [2, 2, 5]]
    >>> yes = [[1, 1, 2], [1, 2, 1], [2, 2, 1], [0, 1, 1], [2, 1, 3], [1, 0, 3]]
    >>> fit = linear_fit([[1, 0, 0], [1, 1, 0], [1, 0, 1]], n, n, yes)
    >>> test = wald_test(fit, [[0, 1, 0], [0, 0, 1]], correction=Correction.CR2, method=WaldMethod.HTZ)
    >>> round(test.statistic, 4), test.df1, round(test.df2, 4), round(test.p_value, 4)
    (8.4815, 2.0, 3.8988, 0.038)
    """
    if fit.status is not Status.OK:
        return WaldTest(*[np.nan] * 4, status=fit.status)
    Z, adjusted = projected(fit, contrasts), adjusted_services(fit, correction)
    scale = np.linalg.eigvalsh(Z.T @ Z)
    if not scale[0] > _DEPENDENT * scale[-1]:
        raise StatisticsError("contrasts are linearly dependent; leave out those that follow from the others")
    if rests_on_one_service(fit, Z).any():
        return WaldTest(*[np.nan] * 4, status=Status.ONE_SERVICE)
    parts, size = adjusted.scores @ Z, np.sqrt(np.square(Z).sum(axis=0))
    V, effect = parts.T @ parts, np.asarray(contrasts, dtype=np.float64) @ fit.coefficients
    spread = np.linalg.eigvalsh(V / np.outer(size, size))
    if not spread[0] > _ROUNDING * max(spread[-1], _ROUNDING * np.square(adjusted.scores).sum()):
        return WaldTest(*[np.nan] * 4, status=Status.NO_VARIATION)
    Q = float(effect @ np.linalg.solve(V, effect))
    return _compared(Q, fit.n_services, Z, adjusted, WaldMethod(method))


def _compared(Q: float, n_services: int, Z: Floats, adjusted: Adjusted, method: WaldMethod) -> WaldTest:
    """F, degrees of freedom and p-value of a Wald statistic."""
    k = Z.shape[1]
    if method is WaldMethod.CHI_SQUARE:
        return WaldTest(Q / k, float(k), np.inf, float(chdtrc(k, Q)), Status.OK)
    scale, df = 1.0, float(n_services - 1)
    if method is not WaldMethod.NAIVE_F:
        nu = _hotelling_df(_covariances(Z, adjusted), method)
        scale, df = (nu - k + 1) / nu, nu - k + 1
    if not df > 0:
        return WaldTest(*[np.nan] * 4, status=Status.NO_DEGREES_OF_FREEDOM)
    return WaldTest(scale * Q / k, float(k), df, float(fdtrc(k, df, scale * Q / k)), Status.OK)


def _covariances(Z: Floats, adjusted: Adjusted) -> Floats:
    """Covariance in the working model of elements (s, t) and (u, v) of the scaled matrix, shape (k, k, k, k).

    The matrix is that of the contrasts, scaled to have the identity as its mean. Its terms for services g and
    h have the covariance P_gh = [g = h] D_g - B_g' B_h, so sums over pairs are products of sums.
    """
    k, B, D = Z.shape[1], adjusted.inner @ Z, Z.T @ adjusted.outer @ Z
    BB = np.swapaxes(B, 1, 2) @ B
    mean, rotation = np.linalg.eigh((D - BB).sum(axis=0))
    root = rotation / np.sqrt(mean) @ rotation.T
    B, D, BB = B @ root, (root @ D @ root).reshape(-1, k * k), (root @ BB @ root).reshape(-1, k * k)
    flat = B.reshape(len(B), -1)
    S = (flat.T @ flat).reshape(*B.shape[1:], *B.shape[1:])
    own = (D.T @ D - D.T @ BB - BB.T @ D).reshape(k, k, k, k)
    T = own + np.einsum("isjt,iujv->sutv", S, S, optimize=True)
    return np.einsum("svtu->stuv", T) + np.einsum("sutv->stuv", T)


def _hotelling_df(cov: Floats, method: WaldMethod) -> float:
    """Degrees of freedom of the Wishart distribution closest to the scaled covariance matrix."""
    k = len(cov)
    variances = np.einsum("stst->st", cov)
    if method is WaldMethod.HTZ:
        return float(k * (k + 1) / variances.sum())
    s, t, u, v = np.indices(cov.shape)
    distinct = (t <= s) & (u <= s) & (v <= np.where(u == s, t, u))
    return float(2 * np.tril(variances).sum() / np.square(cov[distinct]).sum())
