"""Adjusted differences in shares: what a logistic regression says in percentage points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.statistics.arrays import check_confidence_level
from desistance.statistics.design import ServiceDesign
from desistance.statistics.logistic import (
    WITH_ERRORS,
    LogisticRegression,
    influence_covariance,
    t_tests,
)
from desistance.statistics.regression_cells import Column, ColumnKind, RegressionCells
from desistance.statistics.status import Status

Vector = NDArray[np.float64]


class CaseMix(StrEnum):
    """Whether the mix of cases over which effects are averaged is part of the uncertainty."""

    FIXED = "fixed"
    """The effects are about the cases inspected: the plain delta method."""

    SAMPLED = "sampled"
    """Other services would have brought other cases; their mix varies between services like the outcome."""


@dataclass(frozen=True, eq=False)
class MarginalEffects:
    """Average marginal effects, one for each column but the constant; NaN where `status` says why."""

    columns: tuple[Column, ...]
    estimate: Vector
    """Average difference in the share (times 100: percentage points), -1 to 1, against the reference level;
    for a score, the average slope for one step."""
    standard_error: Vector
    df: Vector
    statistic: Vector
    p_value: Vector
    ci_low: Vector
    """On the same scale. Not cut off at -1."""
    ci_high: Vector
    gradient: NDArray[np.float64]
    """Of each effect in the coefficients, shape (n_effects, n_columns of the fit): the contrast that another
    variance of the same coefficients, such as CR2's, needs for these effects."""
    status: Status
    """That of the fit."""
    named_columns: tuple[Column, ...]
    """That of the fit."""


def average_marginal_effects(
    fit: LogisticRegression,
    cells: RegressionCells,
    design: ServiceDesign,
    *,
    case_mix: CaseMix,
    confidence_level: float,
) -> MarginalEffects:
    """Average marginal effects of a logistic regression, with delta-method intervals.

    Odds ratios are hard to read and change with what else is in the model. Here every case is given in turn
    the level in question and the reference level of that variable, all else left as it is, and the difference
    of the two fitted shares is averaged over the cases (weighted). For a score, the slope of each case's
    fitted share is averaged instead. The standard error follows from the coefficients' by the gradient of
    that average, to which `CaseMix.SAMPLED` adds how each service's own cases depart from it.

    The interval is symmetric with Student's t on the fit's degrees of freedom.

    Parameters
    ----------
    fit : LogisticRegression
    cells : RegressionCells
        Those the fit was made from.
    design : ServiceDesign
    case_mix : CaseMix
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    MarginalEffects
        Empty if the fit has no estimates. Without errors the estimates stand alone.

    Raises
    ------
    StatisticsError
        The cells have other columns than the fit.

    References
    ----------
    Graubard and Korn (1999), Biometrics 55(2), 652-659. Norton, Dowd and Maciejewski (2019), JAMA 321(13),
    1304-1305.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> from desistance.statistics.logistic import logistic_regression
    >>> from desistance.statistics.regression_cells import design_rows, level_rows
    >>> rows = design_rows(8, [level_rows("gender", [0, 1] * 4, ["boy", "girl"], reference="boy")])
    >>> service, yes, base = [0, 0, 1, 1, 2, 2, 3, 3], [8, 2, 5, 4, 9, 1, 3, 3], [10, 10, 10, 8, 12, 9, 9, 4]
    >>> cells, services = RegressionCells(service, yes, base, yes, base, rows), one_stratum_design(4)
    >>> fit = logistic_regression(cells, services, confidence_level=0.95)
    >>> effects = average_marginal_effects(
    ...     fit, cells, services, case_mix=CaseMix.FIXED, confidence_level=0.95
    ... )
    >>> effects.estimate.round(4).item(), round(10 / 31 - 25 / 41, 4)
    (-0.2872, -0.2872)
    """
    if cells.columns != fit.columns:
        raise StatisticsError("the cells have other columns than the fit; give those it was made from")
    cells, case_mix, level = cells.with_cases(), CaseMix(case_mix), check_confidence_level(confidence_level)
    which = [j for j, column in enumerate(fit.columns) if column.kind is not ColumnKind.CONSTANT]
    columns = tuple(fit.columns[j] for j in which)
    if np.isnan(fit.estimate).any() or not columns:
        nothing = np.full(len(columns), np.nan)
        return _assemble(
            fit, columns, nothing, nothing, np.full((len(columns), len(fit.columns)), np.nan), level
        )
    effects, gradients = zip(*(_effect(fit, cells, j) for j in which), strict=True)
    total = cells.weight_base.sum()
    effect, gradient = np.column_stack(effects), np.array(gradients) / total
    estimate = cells.weight_base @ effect / total
    influence = fit.influence @ gradient.T
    if case_mix is CaseMix.SAMPLED:
        departures = cells.weight_base[:, None] * (effect - estimate) / total
        influence = influence + cells.by_service(departures, design.n_services)
    covariance = influence_covariance(influence, design, fit.status)
    named = np.array([column in fit.named_columns for column in columns])
    error = np.where(named & (fit.status in WITH_ERRORS), np.nan, np.sqrt(np.diag(covariance)))
    return _assemble(fit, columns, estimate, error, gradient, level)


def _effect(fit: LogisticRegression, cells: RegressionCells, j: int) -> tuple[Vector, Vector]:
    """Effect of one column in each cell, and the gradient of its weighted sum in the coefficients."""
    weight, column = cells.weight_base, fit.columns[j]
    if column.kind is ColumnKind.SCORE:
        share = expit(cells.rows @ fit.estimate)
        slope = share * (1 - share)
        gradient = (weight * fit.estimate[j] * slope * (1 - 2 * share)) @ cells.rows
        gradient[j] += weight @ slope
        return fit.estimate[j] * slope, gradient
    reference = cells.rows.copy()
    reference[:, [other.variable == column.variable for other in fit.columns]] = 0.0
    level = reference.copy()
    level[:, j] = 1.0
    share, before = expit(level @ fit.estimate), expit(reference @ fit.estimate)
    gradient = (weight * share * (1 - share)) @ level - (weight * before * (1 - before)) @ reference
    return share - before, gradient


def _assemble(
    fit: LogisticRegression,
    columns: tuple[Column, ...],
    estimate: Vector,
    error: Vector,
    gradient: NDArray[np.float64],
    confidence_level: float,
) -> MarginalEffects:
    known = fit.df[~np.isnan(fit.df)]
    df = float(known[0]) if known.size else np.nan
    tests = t_tests(estimate, error, df, confidence_level=confidence_level)
    return MarginalEffects(
        columns,
        estimate,
        gradient=gradient,
        status=fit.status,
        named_columns=fit.named_columns,
        **tests,
    )
