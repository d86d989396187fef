"""Logistic regression of a yes/no outcome on several breakdowns at once, with services taken into account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, fdtrc, stdtr

from desistance.errors import StatisticsError
from desistance.statistics.arrays import quotient
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_covariance, service_status
from desistance.statistics.intervals import t_interval
from desistance.statistics.likelihood import Peak, likelihood_peak, may_be_separated
from desistance.statistics.regression_cells import Column
from desistance.statistics.regression_tables import Cells
from desistance.statistics.separation import collinear_columns, separated_columns
from desistance.statistics.status import Status

Vector = NDArray[np.float64]

# A service that leaves less than this of some direction to the others decides it alone.
_LEFT_TO_OTHERS = 1e-8
_INVOLVED = 1e-6
# A variance this small beside that of independent cases is rounding in sums.
_ROUNDING = 1e-18

WITH_ERRORS = (Status.OK, Status.LONELY_STRATUM, Status.NO_VARIATION, Status.ONE_SERVICE_DECIDES)
"""Statuses of regressions that have standard errors, all or some."""


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """Coefficients in the order of the columns; NaN where `status` says why."""

    columns: tuple[Column, ...]
    n_yes: int
    n_base: int
    """Cases with an answer, unweighted."""
    n_services: int
    """Services with such a case."""
    estimate: Vector
    """Log odds (of the constant) and log odds ratios, shape (n_columns,)."""
    standard_error: Vector
    df: Vector
    """Degrees of freedom of each t test: services less strata, plus 1, less the number of columns."""
    statistic: Vector
    """t: estimate over standard error."""
    p_value: Vector
    """Two-sided."""
    ci_low: Vector
    ci_high: Vector
    covariance: NDArray[np.float64]
    """Of the estimates, shape (n_columns, n_columns)."""
    influence: NDArray[np.float64]
    """What each service adds to the estimates' errors, shape (n_services of the design, n_columns)."""
    status: Status
    named_columns: tuple[Column, ...]
    """The columns that a status is about; empty for a status about all."""


@dataclass(frozen=True)
class WaldTest:
    """Test that several coefficients are all zero; NaN where `status` says why."""

    statistic: float
    """F."""
    df1: float
    df2: float
    p_value: float
    status: Status


def logistic_regression(
    cells: Cells, design: ServiceDesign, *, confidence_level: float
) -> LogisticRegression:
    """Logistic regression with a variance robust to clustering in services.

    Differences between subgroups adjusted for one another. The estimates maximise the weighted likelihood of
    independent cases, which needs only the model of the mean to hold; the variance is that of services'
    total scores (a sandwich), whatever the likeness of cases within a service. Counts by service and pattern
    are all that is needed: cases alike in every column add the same to every sum.

    With few services the plain sandwich is too small and normal quantiles too short. As in R's `svyglm`,
    services' scores are taken about their mean and multiplied by G / (G - 1) within each stratum (the CR1
    correction), and t has services less strata, plus 1, less columns as degrees of freedom. It knows weights,
    strata and finite populations. With fewer than about 40 services, or a variable that differs between
    services more than within, CR2 with Satterthwaite degrees of freedom (`robust`) holds its level better,
    for equal weights and a single stratum.

    Parameters
    ----------
    cells : RegressionCells or RegressionTables
        Cases without an answer, or with an unknown level, are in no cell.
    design : ServiceDesign
        All services of the inspection.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    LogisticRegression
        `status` is `ok` or `lonely_stratum`, with everything; `one_service_decides` or `no_variation` (all
        services agree exactly), with estimates alone for `named_columns` and everything for the others;
        `one_service`, `no_degrees_of_freedom`, `fully_inspected` or `more_parameters_than_services`, with
        estimates alone; or, with nothing, `no_cases`, `all_yes`, `all_no`, `not_converged`, and `collinear` or
        `separated`, with the columns at fault in `named_columns`.

    Raises
    ------
    StatisticsError
        Service codes go beyond the design.

    References
    ----------
    Binder (1983), International Statistical Review 51(3), 279-292. Lumley (2004), Journal of Statistical
    Software 9(8), 1-19. Agrees with R survey 4.1 `svyglm(family = quasibinomial)`.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> from desistance.statistics.regression_cells import RegressionCells, design_rows, level_rows
    >>> rows = design_rows(8, [level_rows("gender", [0, 1] * 4, ["boy", "girl"], reference="boy")])
    >>> service, yes, base = [0, 0, 1, 1, 2, 2, 3, 3], [8, 2, 5, 4, 9, 1, 3, 3], [10, 10, 10, 8, 12, 9, 9, 4]
    >>> cells = RegressionCells(service, yes, base, yes, base, rows)
    >>> fit = logistic_regression(cells, one_stratum_design(4), confidence_level=0.95)
    >>> fit.estimate.round(4).tolist(), fit.standard_error.round(4).tolist(), fit.df.tolist()
    ([0.4463, -1.1882], [0.4404, 0.9717], [2.0, 2.0])
    """
    cells = cells.with_cases()
    n_base = cells.by_service(cells.n_base, design.n_services)
    df = degrees_of_freedom(n_base, design).item() + 1 - len(cells.columns)
    status, named, peak = _fit(cells)
    if status is Status.OK:
        status, named = _status_of_errors(cells, design, n_base, df, peak)
    influence = np.full((design.n_services, len(cells.columns)), np.nan)
    if status in WITH_ERRORS:
        influence = _influence(cells, peak, design.n_services)
    covariance = influence_covariance(influence, design, status)
    if status in WITH_ERRORS:
        flat = ~named & (np.diag(covariance) < _ROUNDING * np.diag(np.linalg.inv(peak.information)))
        status, named = Status.NO_VARIATION if flat.any() else status, named | flat
        covariance = np.where(named | named[:, None], np.nan, covariance)
    return LogisticRegression(
        columns=cells.columns,
        n_yes=int(cells.n_yes.sum()),
        n_base=int(cells.n_base.sum()),
        n_services=int((n_base > 0).sum()),
        estimate=peak.estimate,
        covariance=covariance,
        influence=influence,
        status=status,
        named_columns=tuple(
            column for column, is_named in zip(cells.columns, named, strict=True) if is_named
        ),
        **t_tests(peak.estimate, np.sqrt(np.diag(covariance)), df, confidence_level=confidence_level),
    )


def _fit(cells: Cells) -> tuple[Status, NDArray[np.bool_], Peak]:
    """Estimates, or why there are none and which columns are at fault."""
    k = len(cells.columns)
    nothing = Peak(np.full(k, np.nan), np.full((k, k), np.nan), np.nan, False)
    none = np.zeros(k, dtype=bool)
    if not cells.n_base.sum():
        return Status.NO_CASES, none, nothing
    if cells.n_yes.sum() in (0, cells.n_base.sum()):
        return Status.ALL_YES if cells.n_yes.any() else Status.ALL_NO, none, nothing
    rows, _ = cells.kinds
    if (columns := collinear_columns(rows)).any():
        return Status.COLLINEAR, columns, nothing
    mean_weight = cells.weight_base.sum() / cells.n_base.sum()
    yes, base = (cells.by_kind(each) / mean_weight for each in (cells.weight_yes, cells.weight_base))
    peak = likelihood_peak(rows, yes, base)
    if may_be_separated(rows, peak):
        columns = separated_columns(rows, cells.by_kind(cells.n_yes), cells.by_kind(cells.n_base))
        if columns.any():
            return Status.SEPARATED, columns, nothing
    return (Status.OK, none, peak) if peak.found else (Status.NOT_CONVERGED, none, nothing)


def _status_of_errors(
    cells: Cells, design: ServiceDesign, n_base: Vector, df: float, peak: Peak
) -> tuple[Status, NDArray[np.bool_]]:
    """Whether services can carry a variance of the estimates, and which columns they cannot."""
    none = np.zeros(len(cells.columns), dtype=bool)
    status = Status(service_status(n_base, df + len(cells.columns) - 1, design).item())
    if status not in WITH_ERRORS:
        return status, none
    if df < 1:
        return Status.MORE_PARAMETERS_THAN_SERVICES, none
    columns = _decided_by_one_service(cells, peak, design.n_services)
    return (Status.ONE_SERVICE_DECIDES, columns) if columns.any() else (status, none)


def _decided_by_one_service(cells: Cells, peak: Peak, n_services: int) -> NDArray[np.bool_]:
    """Columns that could not be told apart any more if some one service were left out.

    Such a service fits its direction without error, so its score is zero and the sandwich would report next
    to no variance where in truth nothing is known about it.
    """
    (rows, kind), k = cells.kinds, len(cells.columns)
    curvature = expit(rows @ peak.estimate)
    curvature *= 1 - curvature
    relative = cells.by_kind(cells.weight_base) * curvature
    root = np.linalg.inv(np.linalg.cholesky(rows.T @ (relative[:, None] * rows)))
    standardised = rows @ root.T
    products = (standardised[:, :, None] * standardised[:, None, :]).reshape(-1, k * k)
    own = cells.products_by_service(cells.weight_base * curvature[kind], products, n_services)
    own = own.reshape(-1, k, k)
    # No direction of a service can have more than all of them together.
    own = own[np.trace(own, axis1=1, axis2=2) > 1 - 2 * _LEFT_TO_OTHERS]
    own, directions = np.linalg.eigh(own)
    service, which = np.nonzero(own > 1 - _LEFT_TO_OTHERS)
    moved = np.abs(directions[service, :, which] @ root) / np.sqrt(np.square(root).sum(axis=0))
    return (moved > _INVOLVED).any(axis=0)


def _influence(cells: Cells, peak: Peak, n_services: int) -> NDArray[np.float64]:
    """Score of each service times the inverse information."""
    rows, kind = cells.kinds
    share = expit(rows @ peak.estimate)
    residuals = cells.weight_yes - cells.weight_base * share[kind]
    scores = cells.products_by_service(residuals, rows, n_services)
    weight = cells.by_kind(cells.weight_base) * share * (1 - share)
    return np.linalg.solve(rows.T @ (weight[:, None] * rows), scores.T).T


def influence_covariance(
    influence: NDArray[np.float64], design: ServiceDesign, status: Status
) -> NDArray[np.float64]:
    """Covariance of whatever services' influences add up to; NaN where the status allows none."""
    if status not in WITH_ERRORS:
        return np.full((influence.shape[1],) * 2, np.nan)
    return score_covariance(influence, design)


def t_tests(
    estimate: Vector, standard_error: Vector, df: float, *, confidence_level: float
) -> dict[str, Vector]:
    """Standard errors, t, p and interval; NaN without a positive standard error or degrees of freedom."""
    usable = (standard_error > 0) & (df > 0)
    df_of_each = np.where(usable, df, np.nan)
    standard_error = np.where(usable, standard_error, np.nan)
    statistic = quotient(estimate, standard_error)
    ends = t_interval(estimate, standard_error, df_of_each, confidence_level=confidence_level)
    p_value = np.where(usable, 2 * stdtr(np.where(usable, df, 1.0), -np.abs(statistic)), np.nan)
    return {
        "standard_error": standard_error,
        "df": df_of_each,
        "statistic": statistic,
        "p_value": p_value,
        "ci_low": ends.ci_low,
        "ci_high": ends.ci_high,
    }


def wald_test(fit: LogisticRegression, columns: Sequence[Column]) -> WaldTest:
    """Test that the coefficients of some columns, such as all levels of a variable, are all zero.

    Parameters
    ----------
    fit : LogisticRegression
    columns : sequence of Column
        From `fit.columns`.

    Returns
    -------
    WaldTest
        F with as many numerator degrees of freedom as columns, and the fit's in the denominator. `status` is
        that of the fit, or `no_variation` if the columns' covariance has not full rank.

    Raises
    ------
    StatisticsError
        No column, or a column the fit does not have.

    References
    ----------
    R survey 4.5, `regTermTest(method = "Wald")`.
    """
    if not columns or any(column not in fit.columns for column in columns):
        raise StatisticsError(
            "the Wald test needs one or more columns of the fit; take them from fit.columns"
        )
    which = [fit.columns.index(column) for column in columns]
    df2 = fit.df[which].min() if np.isfinite(fit.df[which]).all() else np.nan
    if fit.status not in WITH_ERRORS or np.isnan(df2):
        return WaldTest(np.nan, np.nan, np.nan, np.nan, fit.status)
    covariance, estimate = fit.covariance[np.ix_(which, which)], fit.estimate[which]
    scale = np.sqrt(np.diag(covariance))
    if np.linalg.matrix_rank(covariance / np.outer(scale, scale), hermitian=True) < len(which):
        return WaldTest(np.nan, np.nan, np.nan, np.nan, Status.NO_VARIATION)
    statistic = float(estimate @ np.linalg.solve(covariance, estimate)) / len(which)
    p_value = float(fdtrc(len(which), df2, statistic))
    return WaldTest(statistic, float(len(which)), float(df2), p_value, fit.status)
