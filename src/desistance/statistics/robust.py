"""Variances, intervals and t tests of regressions, robust to clustering in services.

Cases of one service with the same row of explanatory variables are exchangeable, so nothing here needs a
case. It needs even less than that. With M the inverse of the information, and G_s and u_s a service's own
share of the information and of the score, the hat matrix of the service's cases is X_s M X_s', and for any
power f of I - X_s M X_s' (CR2: -1/2, CR3: -1)

    X_s' f(I - X_s M X_s') e_s  =  f(I - G_s M) u_s.

The adjustment of Bell and McCaffrey is thus one small matrix a service, however many cases it has. The same
step turns the Satterthwaite degrees of freedom, and in `wald` the moments of the Wald test, into sums over
services, where the definition has a double sum over pairs of services. All of it is exact, not an approximation.

The working model of CR2 is independent cases whose variance is the inverse of their weight: equal weights
mean equal variances, and in logistic regression the weight is that of the binomial variance. Where variances
differ within a service there are several matrices of power -1/2; for logistic regression the one of
`clubSandwich` is taken, which needs a matrix as large as the number of patterns, unless services are so many
that it makes no difference (`fits.MANY_SERVICES`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from desistance.errors import StatisticsError
from desistance.statistics.arrays import quotient
from desistance.statistics.fits import SOLE, Cells, ClusteredFit
from desistance.statistics.intervals import t_interval
from desistance.statistics.status import Status

Floats = NDArray[np.float64]

_SMALL = 0.05  # leverage up to which a few terms of a series are all there is
_LAST_DIGIT = 1e-17
_ROUNDING = 1e-13  # sums this small beside their terms are rounding, not variation


class Correction(StrEnum):
    """Small-sample correction of a cluster-robust variance; the names are those of R's `clubSandwich`."""

    CR0 = "CR0"
    """None: too small with few services."""
    CR1 = "CR1"
    """Times G / (G - 1), for G services."""
    CR1S = "CR1S"
    """Times G (N - 1) / ((G - 1) (N - q)), for N cases and q coefficients: Stata, `boottest`."""
    CR2 = "CR2"
    """Bell and McCaffrey: without bias if cases are independent with the variance of the working model."""
    CR3 = "CR3"
    """Cluster jackknife around the estimate, without the factor (G - 1) / G: errs on the large side."""


class DegreesOfFreedom(StrEnum):
    """Degrees of freedom of a t test."""

    SATTERTHWAITE = "satterthwaite"
    """Those of the chi-square with the mean and variance that the standard error has in the working model."""
    SERVICES = "services"
    """Services less one (`naive-t` in `clubSandwich`)."""
    SERVICES_LESS_COEFFICIENTS = "services_less_coefficients"
    """Services less coefficients (R's `svyglm` for a single stratum)."""


@dataclass(frozen=True, eq=False)
class ContrastTests:
    """Estimates with intervals and t tests, arrays of shape (n_contrasts,); NaN where `status` says so."""

    estimate: Floats
    standard_error: Floats
    df: Floats
    statistic: Floats
    """Student's t."""
    p_value: Floats
    """Two-sided."""
    ci_low: Floats
    ci_high: Floats
    status: NDArray[np.str_]
    """A value of `Status`."""


@dataclass(frozen=True, eq=False)
class Adjusted:
    """What a correction A_s makes of a service, all in the coordinates of `ClusteredFit.root`."""

    scores: Floats
    """X' A e, shape (n_services, q)."""
    inner: Floats
    """X' A' X, shape (n_services, q, q)."""
    outer: Floats
    """X' A A' X, shape (n_services, q, q)."""


def adjusted_services(fit: ClusteredFit, correction: Correction) -> Adjusted:
    """Apply a correction to every service."""
    if Correction(correction) is Correction.CR2 and fit.cells is not None:
        return _adjusted_cells(fit.cells)
    if Correction(correction) is Correction.CR2 and fit.most_leverage <= _SMALL:
        return _adjusted_by_series(fit)
    values, vectors = fit.eigen
    factor, transposed = _factor(fit, Correction(correction)), np.swapaxes(vectors, 1, 2)
    turned = (transposed @ fit.scores[:, :, None]) * factor[:, :, None]
    return Adjusted(
        scores=(vectors @ turned)[:, :, 0],
        inner=(vectors * (values * factor)[:, None, :]) @ transposed,
        outer=(vectors * (values * np.square(factor))[:, None, :]) @ transposed,
    )


def _adjusted_by_series(fit: ClusteredFit) -> Adjusted:
    """CR2 of services that all know little, by the binomial series of (I - G)^-1/2: its sum, to the last digit."""
    G, one = fit.leverage, np.eye(len(fit.coefficients))
    n_terms = int(np.ceil(np.log(_LAST_DIGIT) / np.log(max(fit.most_leverage, _LAST_DIGIT))))
    coefficients = np.cumprod([1.0, *((2 * k - 1) / (2 * k) for k in range(1, n_terms + 1))])
    half = np.broadcast_to(coefficients[-1] * one, G.shape)
    for coefficient in coefficients[-2::-1]:
        half = coefficient * one + G @ half
    inner = G @ half
    return Adjusted(scores=(half @ fit.scores[:, :, None])[:, :, 0], inner=inner, outer=inner @ half)


def _factor(fit: ClusteredFit, correction: Correction) -> Floats:
    """Return f(1 - eigenvalue), shape (n_services, q)."""
    values, (G, N, q) = fit.eigen[0], (fit.n_services, fit.n_cases, len(fit.coefficients))
    rest = np.where(values < 1 - SOLE, 1 - values, np.inf)  # generalised inverse: nothing is left there
    match correction:
        case Correction.CR0:
            return np.ones_like(rest)
        case Correction.CR1:
            return np.full_like(rest, np.sqrt(quotient(G, G - 1)))
        case Correction.CR1S:
            return np.full_like(rest, np.sqrt(quotient(G * (N - 1), (G - 1) * (N - q))))
        case Correction.CR2:
            return 1 / np.sqrt(rest)
    return 1 / rest


def _adjusted_cells(cells: Cells) -> Adjusted:
    """CR2 where working variances V differ: A = (V (I - H) V)^-1/2 V on standardised cases."""
    transposed, V = np.swapaxes(cells.rows, 1, 2), cells.variance
    middle = (np.eye(V.shape[1]) - cells.rows @ transposed) * V[:, :, None] * V[:, None, :]
    values, vectors = np.linalg.eigh(middle)
    # No eigenvalue can exceed the largest of V squared; beside that, not beside each other, they are small.
    rest = np.where(values > SOLE * np.square(V).max(axis=1, keepdims=True), values, np.inf)
    half = (vectors / np.sqrt(rest)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    turned = V[:, :, None] * (half @ cells.rows)
    turned_transposed = np.swapaxes(turned, 1, 2)
    scores = (turned_transposed @ cells.residuals[:, :, None])[:, :, 0]
    terms = (np.abs(turned_transposed) @ np.abs(cells.residuals)[:, :, None])[:, :, 0]
    scores[np.abs(scores) <= _ROUNDING * terms] = 0.0
    return Adjusted(
        scores=scores,
        inner=transposed @ turned,
        outer=turned_transposed @ turned,
    )


def projected(fit: ClusteredFit, contrasts: ArrayLike) -> Floats:
    """Return R' C', shape (q, n_contrasts)."""
    C = np.asarray(contrasts, dtype=np.float64)
    if C.ndim != 2 or C.shape[1] != len(fit.coefficients) or not np.isfinite(C).all() or not C.any(1).all():
        raise StatisticsError(
            f"contrasts have shape {C.shape}; give rows of {len(fit.coefficients)} finite numbers, not all 0"
        )
    return fit.root.T @ C.T


def rests_on_one_service(fit: ClusteredFit, Z: Floats) -> NDArray[np.bool_]:
    """Whether some service alone carries part of a contrast, which is then unknown without it."""
    return (np.square(fit.sole @ Z) > SOLE * np.square(Z).sum(axis=0)).any(axis=0)


def covariance(fit: ClusteredFit, *, correction: Correction) -> Floats:
    """Cluster-robust covariance matrix of the coefficients.

    Parameters
    ----------
    fit : ClusteredFit
    correction : Correction

    Returns
    -------
    array of float, shape (q, q)
        NaN where there is no fit. A direction that only one service knows adds nothing (generalised inverse,
        as in `clubSandwich`), so ask `contrast_tests` whether an error can be believed.

    References
    ----------
    Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), 672-683.

    Examples
    --------
    >>> from desistance.statistics.fits import linear_fit
    >>> n, yes = [[4], [3], [5]], [[1], [2], [1]]
    >>> covariance(linear_fit([[1]], n, n, yes), correction=Correction.CR2).round(6).tolist()
    [[0.015708]]
    """
    if fit.status is not Status.OK:
        return np.full(fit.root.shape, np.nan)
    parts = adjusted_services(fit, correction).scores @ fit.root.T
    return parts.T @ parts


def contrast_tests(
    fit: ClusteredFit,
    contrasts: ArrayLike,
    *,
    correction: Correction,
    degrees_of_freedom: DegreesOfFreedom,
    confidence_level: float,
) -> ContrastTests:
    """Estimates, intervals and t tests of linear combinations of coefficients.

    With few or unequal services the standard error is itself uncertain, more so for some coefficients than
    for others; Satterthwaite's degrees of freedom say how much, one number for each contrast. They rest on
    the working model, and err mildly when it is wrong.

    Parameters
    ----------
    fit : ClusteredFit
    contrasts : array of float, shape (n_contrasts, q)
        The identity matrix for the coefficients themselves.
    correction : Correction
    degrees_of_freedom : DegreesOfFreedom
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    ContrastTests
        `status` is `ok`; that of the fit; `one_service` (without one of the services the contrast could not be
        estimated, so nothing is known about variation: estimate only); `no_variation` (services do not differ:
        the standard error is 0); or `no_degrees_of_freedom`.

    Raises
    ------
    StatisticsError
        Contrasts of the wrong shape, or a confidence level outside 0-1.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181. Satterthwaite (1946), Biometrics Bulletin
    2(6), 110-114. Agrees with R `clubSandwich` 0.5.8 `coef_test`.

    Examples
    --------
    >>> from desistance.statistics.fits import linear_fit
    >>> n, yes = [[4, 2], [3, 3], [5, 2], [2, 4]], [[1, 1], [1, 2], [2, 2], [0, 1]]
    >>> tests = contrast_tests(
    ...     linear_fit([[1, 0], [1, 1]], n, n, yes),
    ...     [[0, 1]],
    ...     correction=Correction.CR2,
    ...     degrees_of_freedom=DegreesOfFreedom.SATTERTHWAITE,
    ...     confidence_level=0.95,
    ... )
    >>> round(tests.estimate.item(), 4), round(tests.standard_error.item(), 4), round(tests.df.item(), 2)
    (0.2597, 0.1029, 2.99)
    """
    C = np.asarray(contrasts, dtype=np.float64)
    if fit.status is not Status.OK:
        missing = np.full(len(C), np.nan)
        return ContrastTests(*[missing] * 7, status=np.full(len(C), str(fit.status)))
    Z, adjusted = projected(fit, C), adjusted_services(fit, correction)
    variance = np.square(adjusted.scores @ Z).sum(axis=0)
    df = _t_df(fit, Z, adjusted, DegreesOfFreedom(degrees_of_freedom))
    flat = variance <= _ROUNDING**2 * np.square(Z).sum(axis=0) * np.square(adjusted.scores).sum()
    reasons = {
        Status.ONE_SERVICE: rests_on_one_service(fit, Z),
        Status.NO_VARIATION: flat,
        Status.NO_DEGREES_OF_FREEDOM: ~(df > 0) | ~np.isfinite(variance),
    }
    status = np.select(list(reasons.values()), list(reasons), Status.OK)
    error = np.where(status == Status.OK, np.sqrt(variance), np.nan)
    return t_tests(
        C @ fit.coefficients,
        np.where(status == Status.NO_VARIATION, 0.0, error),
        np.where(status == Status.OK, df, np.nan),
        status,
        confidence_level=confidence_level,
    )


def t_tests(
    estimate: Floats, standard_error: Floats, df: Floats, status: NDArray[np.str_], *, confidence_level: float
) -> ContrastTests:
    """Intervals and two-sided t tests from what they are made of; NaN without degrees of freedom."""
    ends = t_interval(estimate, standard_error, df, confidence_level=confidence_level)
    statistic = np.where(np.isnan(df), np.nan, quotient(estimate, standard_error))
    return ContrastTests(
        estimate=estimate,
        standard_error=standard_error,
        df=df,
        statistic=statistic,
        p_value=2 * stdtr(df, -np.abs(statistic)),
        ci_low=ends.ci_low,
        ci_high=ends.ci_high,
        status=status,
    )


def _t_df(fit: ClusteredFit, Z: Floats, adjusted: Adjusted, method: DegreesOfFreedom) -> Floats:
    """Degrees of freedom of each contrast, shape (n_contrasts,)."""
    if method is not DegreesOfFreedom.SATTERTHWAITE:
        less = 1 if method is DegreesOfFreedom.SERVICES else len(fit.coefficients)
        return np.full(Z.shape[1], float(fit.n_services - less))
    own = np.einsum("ik,gij,jk->gk", Z, adjusted.outer, Z, optimize=True)
    shared = adjusted.inner @ Z
    squares = np.square(shared).sum(axis=1)
    pairs = np.square(np.einsum("gik,gjk->kij", shared, shared)).sum(axis=(1, 2))
    return quotient(
        np.square((own - squares).sum(axis=0)), (np.square(own) - 2 * own * squares).sum(axis=0) + pairs
    )
