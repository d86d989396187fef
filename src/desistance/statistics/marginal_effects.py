"""Adjusted differences in shares: what a logistic regression says in percentage points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.statistics.arrays import check_confidence_level
from desistance.statistics.fits import ClusteredFit, logistic_fit
from desistance.statistics.logistic import WITH_ERRORS, LogisticRegression
from desistance.statistics.regression_cells import Column, ColumnKind
from desistance.statistics.regression_tables import Cells
from desistance.statistics.robust import Correction, DegreesOfFreedom, contrast_tests, t_tests
from desistance.statistics.status import Status

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MarginalEffects:
    """Average marginal effects, one for each column but the constant; NaN where `status` says why."""

    columns: tuple[Column, ...]
    estimate: Vector
    """Average difference in the share (times 100: percentage points), -1 to 1, against the reference level;
    for a score, the average slope for one step."""
    standard_error: Vector
    """CR2."""
    df: Vector
    """Satterthwaite's degrees of freedom of each effect."""
    statistic: Vector
    """t: estimate over standard error."""
    p_value: Vector
    """Two-sided."""
    ci_low: Vector
    ci_high: Vector
    """On the same scale. Ends are not cut off at -1 and 1."""
    gradient: NDArray[np.float64]
    """Of each effect in the coefficients, shape (n_effects, n_columns of the fit): the contrast of the
    coefficients whose variance is that of the effect."""
    status: Status
    named_columns: tuple[Column, ...]
    """The columns that a status is about; empty for a status about all."""


def average_marginal_effects(
    fit: LogisticRegression, cells: Cells, *, confidence_level: float
) -> MarginalEffects:
    """Average marginal effects of a logistic regression, with CR2 errors and Satterthwaite's degrees of freedom.

    Odds ratios are hard to read and change with what else is in the model. Here every case is given in turn
    the level in question and the reference level of that variable, all else left as it is, and the difference
    of the two fitted shares is averaged over the cases (weighted). For a score, the slope of each case's
    fitted share is averaged instead.

    By the delta method an effect is as uncertain as the combination of coefficients that its gradient names,
    and this is given the variance of Bell and McCaffrey (CR2) and degrees of freedom of its own. The plain
    sandwich with services less columns as degrees of freedom, as the regression has it, is too sure of a
    variable that is a property of the service, which few services may carry. As for all of CR2 here, strata
    and a finite population correction play no part.

    The mix of cases is taken as it is: effects are those on the cases inspected, and that other services would
    have brought other cases is not counted. CR2 and its degrees of freedom are about outcomes given the
    columns, so it has no place in them; where the level makes no difference to any case, as a test supposes,
    it adds nothing; and elsewhere it is small, because it is only how differently cases are affected.

    Where one service alone tells some columns apart, the effects of the others are averaged over its cases too.
    What they owe to it alone has no variance that could be seen, and is left out of their errors.

    Parameters
    ----------
    fit : LogisticRegression
    cells : RegressionCells or RegressionTables
        Those the fit was made from.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    MarginalEffects
        `status` and `named_columns` are those of the fit, with the same numbers empty; or `no_variation`, with
        estimates alone for `named_columns`, where services agree exactly on these; or `not_converged`, with
        nothing, where shares are so close to 0 or 1 that the information is rounding.

    Raises
    ------
    StatisticsError
        The cells have other columns than the fit.

    References
    ----------
    Norton, Dowd and Maciejewski (2019), JAMA 321(13), 1304-1305. McCaffrey and Bell (2006), Statistics in
    Medicine 25(23), 4081-4098. Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4),
    672-683.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> from desistance.statistics.logistic import logistic_regression
    >>> from desistance.statistics.regression_cells import RegressionCells, design_rows, level_rows
    >>> rows = design_rows(8, [level_rows("gender", [0, 1] * 4, ["boy", "girl"], reference="boy")])
    >>> service, yes, base = [0, 0, 1, 1, 2, 2, 3, 3], [8, 2, 5, 4, 9, 1, 3, 3], [10, 10, 10, 8, 12, 9, 9, 4]
    >>> cells = RegressionCells(service, yes, base, yes, base, rows)
    >>> fit = logistic_regression(cells, one_stratum_design(4), confidence_level=0.95)
    >>> effects = average_marginal_effects(fit, cells, confidence_level=0.95)
    >>> effects.estimate.round(4).item(), round(10 / 31 - 25 / 41, 4)
    (-0.2872, -0.2872)
    >>> effects.standard_error.round(4).item(), effects.df.round(2).item()
    (0.2201, 2.86)
    """
    if cells.columns != fit.columns:
        raise StatisticsError("the cells have other columns than the fit; give those it was made from")
    cells, level = cells.with_cases(), check_confidence_level(confidence_level)
    which = [j for j, column in enumerate(fit.columns) if column.kind is not ColumnKind.CONSTANT]
    columns = tuple(fit.columns[j] for j in which)
    estimate, gradient = _effects(fit, cells, which)
    nothing = np.full(len(columns), np.nan)
    if fit.status not in WITH_ERRORS or not columns:
        tests = _tests(estimate, nothing, nothing, level)
        return MarginalEffects(columns, *tests, gradient, fit.status, fit.named_columns)
    clustered = _clustered(cells, len(fit.influence))
    if clustered.status is not Status.OK:
        tests = _tests(nothing, nothing, nothing, level)
        return MarginalEffects(columns, *tests, np.full_like(gradient, np.nan), Status.NOT_CONVERGED, ())
    found = contrast_tests(
        clustered,
        _known_part(clustered, gradient),
        correction=Correction.CR2,
        degrees_of_freedom=DegreesOfFreedom.SATTERTHWAITE,
        confidence_level=level,
    )
    known = np.array([column not in fit.named_columns for column in columns])
    sure = known & (found.status == Status.OK)
    flat = [column for column, is_flat in zip(columns, known & ~sure, strict=True) if is_flat]
    error, df = (np.where(sure, each, np.nan) for each in (found.standard_error, found.df))
    return MarginalEffects(
        columns,
        *_tests(estimate, error, df, level),
        gradient=gradient,
        status=Status.NO_VARIATION if flat else fit.status,
        named_columns=tuple(each for each in fit.columns if each in fit.named_columns or each in flat),
    )


def _tests(estimate: Vector, error: Vector, df: Vector, level: float) -> tuple[Vector, ...]:
    """Numbers of effects in the order of `MarginalEffects`; an effect is no sum of coefficients like a contrast."""
    tests = t_tests(estimate, error, df, np.full(len(estimate), ""), confidence_level=level)
    return (estimate, error, df, tests.statistic, tests.p_value, tests.ci_low, tests.ci_high)


def _effects(
    fit: LogisticRegression, cells: Cells, which: Sequence[int]
) -> tuple[Vector, NDArray[np.float64]]:
    """Averages over all cases of the effects of some columns, and their gradients; NaN without a fit."""
    if np.isnan(fit.estimate).any() or not which:
        return np.full(len(which), np.nan), np.full((len(which), len(fit.columns)), np.nan)
    effects, gradients = zip(*(_effect(fit, cells, j) for j in which), strict=True)
    total, weight = cells.weight_base.sum(), cells.by_kind(cells.weight_base)
    return weight @ np.column_stack(effects) / total, np.array(gradients) / total


def _effect(fit: LogisticRegression, cells: Cells, j: int) -> tuple[Vector, Vector]:
    """Effect of one column in cells of each kind, and the gradient of its weighted sum in the coefficients."""
    weight, column, (rows, _) = cells.by_kind(cells.weight_base), fit.columns[j], cells.kinds
    if column.kind is ColumnKind.SCORE:
        share = expit(rows @ fit.estimate)
        slope = share * (1 - share)
        gradient = (weight * fit.estimate[j] * slope * (1 - 2 * share)) @ rows
        gradient[j] += weight @ slope
        return fit.estimate[j] * slope, gradient
    reference = rows.copy()
    reference[:, [other.variable == column.variable for other in fit.columns]] = 0.0
    level = reference.copy()
    level[:, j] = 1.0
    share, before = expit(level @ fit.estimate), expit(reference @ fit.estimate)
    gradient = (weight * share * (1 - share)) @ level - (weight * before * (1 - before)) @ reference
    return share - before, gradient


def _clustered(cells: Cells, n_services: int) -> ClusteredFit:
    """The same regression from counts by service and pattern, with what each service contributes."""
    amounts = (cells.n_base, cells.weight_base, cells.weight_yes)
    tables = (cells.by_service_and_pattern(amount, n_services) for amount in amounts)
    return logistic_fit(cells.patterns[0], *tables)


def _known_part(fit: ClusteredFit, contrasts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Contrasts less what one service alone knows of them: there is no variance of that."""
    Z = fit.root.T @ contrasts.T
    return np.linalg.solve(fit.root.T, Z - fit.sole.T @ (fit.sole @ Z)).T
