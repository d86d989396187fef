"""Services that differ: a logistic regression in which each service has its own level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, ndtri

from desistance.errors import StatisticsError
from desistance.statistics.adaptive_quadrature import ServiceLikelihood, hessian, highest_likelihood
from desistance.statistics.arrays import check_confidence_level, quotient
from desistance.statistics.likelihood import may_be_separated
from desistance.statistics.regression_cells import Column, RegressionCells
from desistance.statistics.separation import collinear_columns, separated_columns
from desistance.statistics.status import Status

Vector = NDArray[np.float64]

# A standard deviation (in log odds) below this is none: services differ by less than 1 part in 1,000.
_NONE = 1e-3
# With more services than this it pays to look for those that are alike.
_MANY_SERVICES = 1_000


@dataclass(frozen=True, eq=False)
class RandomIntercept:
    """A random-intercept logistic regression; NaN where `status` says why."""

    columns: tuple[Column, ...]
    n_yes: int
    n_base: int
    n_services: int
    """Services with a case."""
    estimate: Vector
    """Log odds and log odds ratios for a service at the centre, shape (n_columns,)."""
    standard_error: Vector
    """From the observed information, jointly with the standard deviation between services."""
    ci_low: Vector
    """Normal interval."""
    ci_high: Vector
    sd: float
    """Standard deviation of services' log odds; 0 where services differ by no more than chance."""
    sd_standard_error: float
    """NaN at 0, where the likelihood is not quadratic."""
    latent_icc: float
    """sd^2 / (sd^2 + pi^2 / 3): likeness of two cases of one service on the scale of log odds."""
    log_likelihood: float
    """Of the single cases (without binomial coefficients)."""
    variance_statistic: float
    """Twice the gain in log likelihood over services that do not differ."""
    variance_p_value: float
    """One-sided: half the tail of chi-square on 1 degree of freedom; 1 where the gain is 0."""
    n_points: int
    observed_share: Vector
    """Share of each service's cases that are a yes, shape (n_services of the design,)."""
    shrunken_share: Vector
    """Posterior mean of the expected share of the service's own cases."""
    shrunken_low: Vector
    """End of the interval around the posterior mode, on the log odds scale."""
    shrunken_high: Vector
    service_effect: Vector
    """Posterior mode of the service's departure from the centre, in log odds (lme4's `ranef`)."""
    service_effect_sd: Vector
    """From the curvature at the mode; leaves out that the coefficients are estimated."""
    status: Status
    named_columns: tuple[Column, ...]
    """The columns that `collinear` or `separated` is about."""


def random_intercept_logit(
    cells: RegressionCells, n_services: int, *, n_points: int, confidence_level: float
) -> RandomIntercept:
    """Random-intercept logistic regression by adaptive Gauss-Hermite quadrature, and shrunken services.

    Cases of a service share a departure u from the centre, normal on the log odds scale, so
    logit P(yes) = columns x coefficients + u. The likelihood averages over u; the average is taken at
    `n_points` points placed around each service's own mode (1 point is Laplace's approximation; from 10
    points on results change in the sixth digit at most for services of the usual size). Coefficients and
    standard deviation are found together by Newton's method with the exact gradient of that approximation.

    Coefficients compare cases within one service and are further from 0 than those of `logistic_regression`,
    which compare cases overall. Unlike the sandwich, their errors hold only if the model does: normal
    departures, no other dependence. Weights, strata and finite populations play no part.

    A service's own share is shrunken towards what its cases would show at the centre, the more the fewer
    cases it has: `shrunken_share` is an empirical Bayes estimate, the posterior mean of the expected share of
    its own mix of cases; `service_effect` is the posterior mode of u, in log odds. Neither knows that the
    coefficients and the standard deviation were estimated too, so the intervals are a little short.

    Parameters
    ----------
    cells : RegressionCells
        Counts by service and pattern; a constant alone for services without adjustment. Weights are ignored.
    n_services : int
        Services in the design; results of services without cases are NaN.
    n_points : int
        Quadrature points, 1 to 100.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    RandomIntercept
        `status` is `ok`; `no_variation`, with everything: services differ by no more than chance, so `sd` is
        0, the coefficients are those of independent cases and all services are shrunken entirely; or, without
        estimates, `no_cases`, `all_yes`, `all_no`, `one_service`, `one_case_each`, `collinear`, `separated`
        or `not_converged` (as where nearly every service is all yes or all no: `sd` has no bound, or is too large for
        this number of points).

    Raises
    ------
    StatisticsError
        Service codes go beyond `n_services`, or the number of points is out of range.

    References
    ----------
    Pinheiro and Bates (1995), Journal of Computational and Graphical Statistics 4(1), 12-35. Self and Liang
    (1987), Journal of the American Statistical Association 82, 605-610, for the test of no variance. Agrees
    with R lme4 1.1-31 `glmer(family = binomial)`.

    Examples
    --------
    >>> from desistance.statistics.regression_cells import design_rows
    >>> yes, base = [8, 3, 12, 0, 9], [20, 10, 30, 10, 11]
    >>> cells = RegressionCells([0, 1, 2, 3, 4], yes, base, yes, base, design_rows(5, []))
    >>> fit = random_intercept_logit(cells, 5, n_points=20, confidence_level=0.95)
    >>> fit.estimate.round(3).tolist(), round(fit.sd, 3), fit.shrunken_share.round(3).tolist()
    ([-0.589], 1.18, [0.395, 0.317, 0.396, 0.118, 0.715])
    """
    if n_points not in range(1, 101):
        raise StatisticsError(f"n_points is {n_points}; give a whole number from 1 to 100")
    level = check_confidence_level(confidence_level)
    totals = cells.by_service(np.column_stack([cells.n_yes, cells.n_base]), n_services)
    model, which = _model(cells.with_cases(), n_points)
    status, named = _status(model, totals)
    numbers = {}
    if status is Status.OK:
        status, numbers = _numbers(model, level)
    by_service = np.full((5, n_services), np.nan)
    if numbers:
        by_service[:, totals[:, 1] > 0] = numbers.pop("by_service")[:, which]
    names = ("shrunken_share", "shrunken_low", "shrunken_high", "service_effect", "service_effect_sd")
    return RandomIntercept(
        columns=cells.columns,
        n_yes=int(totals[:, 0].sum()),
        n_base=int(totals[:, 1].sum()),
        n_services=int((totals[:, 1] > 0).sum()),
        n_points=n_points,
        observed_share=quotient(totals[:, 0], totals[:, 1]),
        status=status,
        named_columns=tuple(
            column for column, is_named in zip(cells.columns, named, strict=True) if is_named
        ),
        **dict(zip(names, by_service, strict=True)),
        **(_nothing(len(cells.columns)) | numbers),
    )


def _model(cells: RegressionCells, n_points: int) -> tuple[ServiceLikelihood, NDArray[np.intp]]:
    """Cells with cases, those of one service together, and which of the model's services each service is."""
    order = np.argsort(cells.service, kind="stable")
    codes = np.unique(cells.service, return_inverse=True)[1].ravel()
    arrays = (cells.rows[order], cells.n_yes[order], cells.n_base[order])
    n_services = codes.max(initial=-1) + 1
    if len(cells.columns) > 1 or (cells.rows != 1).any() or not _MANY_SERVICES < n_services == len(codes):
        return ServiceLikelihood(*arrays, codes[order], n_points), np.arange(n_services)
    # Without explaining variables, services of as many cases and as many yes are alike.
    key = arrays[2] * (arrays[2].max() + 1) + arrays[1]
    _, first, which, times = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    alike = (array[first] for array in arrays)
    return ServiceLikelihood(*alike, np.arange(len(first)), n_points, times.astype(float)), which


def _status(model: ServiceLikelihood, totals: NDArray[np.float64]) -> tuple[Status, NDArray[np.bool_]]:
    """Whether the model can be fitted, and which columns stand in the way."""
    none = np.zeros(model.rows.shape[1], dtype=bool)
    yes, base = totals.sum(axis=0)
    reasons = {
        Status.NO_CASES: base == 0,
        Status.ALL_YES: yes == base,
        Status.ALL_NO: yes == 0,
        Status.ONE_SERVICE: (totals[:, 1] > 0).sum() == 1,
        Status.ONE_CASE_EACH: totals[:, 1].max() <= 1,
    }
    for status, holds in reasons.items():
        if holds:
            return status, none
    if (columns := collinear_columns(model.rows)).any():
        return Status.COLLINEAR, columns
    peak = model.pooled
    if may_be_separated(model.rows, peak):
        columns = separated_columns(model.rows, model.yes, model.base)
        if columns.any():
            return Status.SEPARATED, columns
    return (Status.OK if peak.found else Status.NOT_CONVERGED), none


def _nothing(n_columns: int) -> dict[str, Any]:
    """Every number that a fit would give, missing."""
    vectors = ("estimate", "standard_error", "ci_low", "ci_high")
    numbers = (
        "sd",
        "sd_standard_error",
        "latent_icc",
        "log_likelihood",
        "variance_statistic",
        "variance_p_value",
    )
    return {name: np.full(n_columns, np.nan) for name in vectors} | dict.fromkeys(numbers, np.nan)


def _numbers(model: ServiceLikelihood, level: float) -> tuple[Status, dict[str, Any]]:
    """The fit itself."""
    pooled = model.pooled
    start = np.append(pooled.estimate, 0.5)
    if len(model.starts) > _MANY_SERVICES:
        # Laplace's approximation is next to nothing to work out, and its peak is close by.
        near = highest_likelihood(replace(model, n_points=1), start)
        start = start if near is None else np.append(near[:-1], max(near[-1], 0.1))
    theta = highest_likelihood(model, start)
    if theta is None:
        return Status.NOT_CONVERGED, {}
    value = model.posterior(theta).log_likelihood
    differ = bool(theta[-1] > _NONE and value > pooled.log_likelihood)
    if differ:
        information = -hessian(model, theta, fine=True)
        if np.linalg.eigvalsh(information)[0] <= 0:
            return Status.NOT_CONVERGED, {}
        errors = np.sqrt(np.diag(np.linalg.inv(information)))
    else:
        theta, value = np.append(pooled.estimate, 0.0), pooled.log_likelihood
        errors = np.append(np.sqrt(np.diag(np.linalg.inv(pooled.information))), np.nan)
    statistic, margin = 2 * (value - pooled.log_likelihood), -ndtri((1 - level) / 2) * errors[:-1]
    return (Status.OK if differ else Status.NO_VARIATION), {
        "estimate": theta[:-1],
        "standard_error": errors[:-1],
        "ci_low": theta[:-1] - margin,
        "ci_high": theta[:-1] + margin,
        "sd": float(theta[-1]),
        "sd_standard_error": float(errors[-1]),
        "latent_icc": float(theta[-1] ** 2 / (theta[-1] ** 2 + np.pi**2 / 3)),
        "log_likelihood": value,
        "variance_statistic": statistic,
        "variance_p_value": float(chdtrc(1, statistic) / 2) if differ else 1.0,
        "by_service": _shrunken(model, theta, level),
    }


def _shrunken(model: ServiceLikelihood, theta: Vector, level: float) -> NDArray[np.float64]:
    """Shrunken share with ends, and effect with spread, of each service with cases: shape (5, n_services)."""
    sd, fixed, posterior = theta[-1], model.rows @ theta[:-1], model.posterior(theta)

    def share(effects: NDArray[np.float64]) -> NDArray[np.float64]:
        expected = model.base * expit(fixed + sd * model.spread_out(effects))
        return model.add(expected) / model.add(model.base)

    mean = (posterior.weights * share(posterior.points)).sum(axis=0)
    margin = -ndtri((1 - level) / 2) * posterior.spread
    low, high = share(posterior.mode - margin), share(posterior.mode + margin)
    return np.array([mean, low, high, sd * posterior.mode, sd * posterior.spread])
