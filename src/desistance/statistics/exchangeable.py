"""Logistic regression that takes the cases of a service as equally alike, from counts by service and pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.statistics.design import ServiceDesign
from desistance.statistics.logistic import WITH_ERRORS, LogisticRegression, influence_covariance, t_tests
from desistance.statistics.regression_cells import Column
from desistance.statistics.regression_tables import Cells
from desistance.statistics.status import Status

Vector = NDArray[np.float64]

MOST_STEPS = 100
# Largest change of any log odds and of the correlation in the last step, relative to the largest log odds.
_CONVERGED = 1e-10
# Log odds beyond this leave residuals without meaning; the steps have run away.
_RUNAWAY = 30.0
# How far a correlation must stay inside its range, relative to the bound.
_MARGIN = 1e-6
# A standard error this small beside that of independent cases is rounding in sums.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class ExchangeableRegression:
    """Coefficients in the order of the columns; NaN where `status` says why."""

    columns: tuple[Column, ...]
    estimate: Vector
    """Log odds (of the constant) and log odds ratios, shape (n_columns,)."""
    standard_error: Vector
    df: Vector
    """Those of the fit with independence: services less strata, plus 1, less the number of columns."""
    statistic: Vector
    """t: estimate over standard error."""
    p_value: Vector
    """Two-sided."""
    ci_low: Vector
    ci_high: Vector
    influence: NDArray[np.float64]
    """What each service adds to the estimates' errors, shape (n_services of the design, n_columns). The plain
    sandwich, without correction for few services, is `influence.T @ influence`."""
    correlation: float
    """Alpha, between any two cases of one service. With `not_converged`, the last one looked at."""
    dispersion: float
    """Phi, the mean squared Pearson residual; near 1."""
    status: Status
    named_columns: tuple[Column, ...]
    """The columns that a status is about; empty for a status about all."""


class _Moments(NamedTuple):
    correlation: float
    dispersion: float


class _Equations(NamedTuple):
    """Scores of the services, shape (n_services, k), and minus the expected slope of their sum, (k, k)."""

    scores: NDArray[np.float64]
    information: NDArray[np.float64]


def exchangeable_regression(
    fit: LogisticRegression, cells: Cells, design: ServiceDesign, *, confidence_level: float
) -> ExchangeableRegression:
    """Logistic regression by generalised estimating equations with exchangeable working correlation.

    `logistic_regression` gives every case the same say. If cases of one service are alike, a large service
    then says less for its size than a small one, and a comparison within services more than one between
    them. Here the say follows a working correlation: alpha between any two cases of one service. Estimates
    remain valid if the true likeness is another, because the errors are those of services' total scores (a
    sandwich), as there. They need more than independence does in one respect: what a case's own columns say
    of its answer must not depend on the columns of the other cases of its service. Where both are valid they
    agree up to chance; where they part, a conclusion hangs on how large services are weighed.

    With mu the fitted share and a = sqrt(mu (1 - mu)), the correlation matrix of a service with n cases has
    the inverse (I - c 1 1') / (1 - alpha), with c = alpha / (1 + (n - 1) alpha). Its score is thus

        X' (y - mu)  -  c X' a  1' (y - mu) / a     (over 1 - alpha),

    sums over cells, so that counts by service and pattern are all that is needed. Alpha is the mean product
    of the Pearson residuals of all pairs of one service over phi, their mean square; neither divisor is
    lessened by the number of columns. Steps for coefficients and for alpha take turns until neither moves.

    Errors are those of the room's reported tests: services' scores about their mean, multiplied by
    G / (G - 1) within each stratum, less the fraction inspected, and t with the degrees of freedom of `fit`.
    Weights count an answer's residual, w (y - mu), not how alike cases are: alpha and phi are those of the
    unweighted cases.

    Parameters
    ----------
    fit : LogisticRegression
        The regression with independence, where the steps begin.
    cells : RegressionCells or RegressionTables
        Those the fit was made from. Cases without an answer, or with an unknown level, are in no cell.
    design : ServiceDesign
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    ExchangeableRegression
        `status` and `named_columns` are those of the fit, with the same numbers empty, and all of them with
        `one_service` (likeness within it cannot be told from its share); or, with no more than `correlation`
        and `dispersion`, `one_case_each` (no service has two cases, so there is no likeness to be seen) or
        `not_converged` (the steps do not come to rest, or come to a correlation that cannot be: 1 or more, or
        so far below 0 that its matrix for the largest service is not positive definite); or `no_variation`,
        where services agree exactly on `named_columns`.

    Raises
    ------
    StatisticsError
        The cells have other columns than the fit, or service codes go beyond the design.

    References
    ----------
    Liang and Zeger (1986), Biometrika 73(1), 13-22. Halekoh, Højsgaard and Yan (2006), Journal of Statistical
    Software 15(2), 1-11. Agrees with R geepack 1.3.9 `geeglm(corstr = "exchangeable")`.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> from desistance.statistics.logistic import logistic_regression
    >>> from desistance.statistics.regression_cells import RegressionCells, design_rows, level_rows
    >>> rows = design_rows(8, [level_rows("gender", [0, 1] * 4, ["boy", "girl"], reference="boy")])
    >>> service, yes, base = [0, 0, 1, 1, 2, 2, 3, 3], [9, 6, 5, 2, 9, 4, 2, 0], [10, 10, 10, 8, 12, 9, 9, 4]
    >>> cells, services = RegressionCells(service, yes, base, yes, base, rows), one_stratum_design(4)
    >>> fit = logistic_regression(cells, services, confidence_level=0.95)
    >>> alike = exchangeable_regression(fit, cells, services, confidence_level=0.95)
    >>> fit.estimate.round(4).tolist(), alike.estimate.round(4).tolist(), round(alike.correlation, 4)
    ([0.4463, -0.9058], [0.3979, -1.0734], 0.1574)
    """
    if cells.columns != fit.columns:
        raise StatisticsError("the cells have other columns than the fit; give those it was made from")
    cells, k = cells.with_cases(), len(fit.columns)
    status, estimate, moments = _solved(fit, cells, design.n_services)
    influence, covariance = np.full((design.n_services, k), np.nan), np.full((k, k), np.nan)
    named = np.array([status is fit.status and column in fit.named_columns for column in fit.columns])
    if status in WITH_ERRORS:
        scores, information = _equations(cells, estimate, moments.correlation, design.n_services)
        influence = np.linalg.solve(information, scores.T).T
        covariance = influence_covariance(influence, design, status)
        independent = np.sqrt(moments.dispersion * np.abs(np.diag(np.linalg.inv(information))))
        flat = ~named & (np.sqrt(np.diag(covariance)) <= _ROUNDING * independent)
        status, named = Status.NO_VARIATION if flat.any() else status, named | flat
    known = fit.df[~np.isnan(fit.df)]
    error = np.where(named, np.nan, np.sqrt(np.diag(covariance)))
    return ExchangeableRegression(
        columns=fit.columns,
        estimate=estimate,
        influence=influence,
        correlation=moments.correlation,
        dispersion=moments.dispersion,
        status=status,
        named_columns=tuple(column for column, is_named in zip(fit.columns, named, strict=True) if is_named),
        **t_tests(
            estimate, error, float(known[0]) if known.size else np.nan, confidence_level=confidence_level
        ),
    )


def _solved(fit: LogisticRegression, cells: Cells, n_services: int) -> tuple[Status, Vector, _Moments]:
    """Estimates and moments at rest, or why there are none."""
    nothing, unknown = np.full(len(fit.columns), np.nan), _Moments(np.nan, np.nan)
    if np.isnan(fit.estimate).any() or fit.status is Status.ONE_SERVICE:
        return fit.status, nothing, unknown
    largest = cells.by_service(cells.n_base, n_services).max()
    if largest < 2:
        return Status.ONE_CASE_EACH, nothing, unknown
    lowest, highest = -(1 - _MARGIN) / (largest - 1), 1 - _MARGIN
    estimate, step, before, moments = fit.estimate, np.full_like(nothing, np.inf), np.inf, unknown
    rows, _ = cells.kinds
    for _ in range(MOST_STEPS):
        log_odds = np.abs(rows @ estimate).max()
        if not log_odds < _RUNAWAY:
            break
        moments = _moments(cells, estimate, n_services)
        moved = max(np.abs(step).max(), abs(moments.correlation - before))
        if moved <= _CONVERGED * max(log_odds, 1.0):
            possible = lowest <= moments.correlation <= highest
            return (fit.status, estimate, moments) if possible else (Status.NOT_CONVERGED, nothing, moments)
        before = moments.correlation
        # On the way, a correlation that cannot be is held where it just can.
        held = min(max(moments.correlation, lowest), highest)
        scores, information = _equations(cells, estimate, held, n_services)
        change = np.linalg.lstsq(information, scores.sum(axis=0), rcond=None)[0]
        estimate, step = estimate + change, rows @ change
    return Status.NOT_CONVERGED, nothing, moments


def _moments(cells: Cells, estimate: Vector, n_services: int) -> _Moments:
    """Mean product of residuals over pairs of one service, over phi; and phi, their mean square."""
    rows, _ = cells.kinds
    odds, n_no = np.exp(rows @ estimate), cells.n_base - cells.n_yes
    root, size = np.sqrt(odds), cells.by_service(cells.n_base, n_services)
    of_yes = cells.products_by_service(cells.n_yes, np.stack([1 / root, 1 / odds], axis=1), n_services)
    of_no = cells.products_by_service(n_no, np.stack([root, odds], axis=1), n_services)
    total, squares = of_yes[:, 0] - of_no[:, 0], of_yes[:, 1] + of_no[:, 1]
    dispersion = squares.sum() / size.sum()
    pairs = (np.square(total) - squares).sum() / (size * (size - 1)).sum()
    return _Moments(float(pairs / dispersion), float(dispersion))


def _equations(cells: Cells, estimate: Vector, correlation: float, n_services: int) -> _Equations:
    """Leave out the factor 1 / (1 - alpha), which scores and information share."""
    rows, _ = cells.kinds
    share = expit(rows @ estimate)
    a = np.sqrt(share * (1 - share))
    columns = np.column_stack([rows, 1 / a])
    residual = cells.products_by_service(cells.weight_yes, columns, n_services)
    residual -= cells.products_by_service(cells.weight_base, share[:, None] * columns, n_services)
    own, total = residual[:, :-1], residual[:, -1:]
    across, weighted = (
        cells.products_by_service(amount, a[:, None] * rows, n_services)
        for amount in (cells.n_base, cells.weight_base)
    )
    size = cells.by_service(cells.n_base, n_services)[:, None]
    shared = correlation / (1 + (size - 1) * correlation)
    information = rows.T @ ((cells.by_kind(cells.weight_base) * np.square(a))[:, None] * rows)
    return _Equations(own - shared * across * total, information - (shared * across).T @ weighted)
