"""What a regression is given: counts by service and pattern, and what each column of the design means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError
from desistance.statistics.arrays import check_weights, whole_counts, yes_and_base

# Fewer cells than this are quicker dealt with one by one than by pattern.
_MANY_CELLS = 20_000


class ColumnKind(StrEnum):
    """What a column of the design stands for."""

    CONSTANT = "constant"
    LEVEL = "level"
    """1 for cases of a level, 0 for others; compared with the reference level of its variable."""
    SCORE = "score"
    """A number, such as the rank of a band; its effect is that of one step."""


@dataclass(frozen=True)
class Column:
    """Meaning of one column of the design."""

    kind: ColumnKind
    variable: str
    """Empty for the constant."""
    level: str
    """Empty for the constant and for scores."""

    @property
    def name(self) -> str:
        """For tables and messages: `constant`, the variable, or `variable: level`."""
        if self.kind is ColumnKind.CONSTANT:
            return "constant"
        return f"{self.variable}: {self.level}" if self.kind is ColumnKind.LEVEL else self.variable


@dataclass(frozen=True, eq=False)
class DesignRows:
    """Columns of a design and their values in each cell."""

    columns: tuple[Column, ...]
    values: NDArray[np.float64]
    """Shape (n_cells, n_columns)."""


def level_rows(variable: str, codes: ArrayLike, levels: Sequence[str], *, reference: str) -> DesignRows:
    """Columns of 0 and 1 for each level of a variable but the reference.

    Parameters
    ----------
    variable : str
    codes : array of int, shape (n_cells,)
        Position of each cell's level in `levels`. No missing values: leave such cells out, which is a choice
        of what is estimated.
    levels : sequence of str
        All levels in their order.
    reference : str
        The level that the others are compared with.

    Returns
    -------
    DesignRows

    Raises
    ------
    StatisticsError
        A code is not that of a level, or the reference is not a level.

    Examples
    --------
    >>> rows = level_rows("age", [0, 2, 1], ["10-14", "15-16", "17-18"], reference="10-14")
    >>> [column.name for column in rows.columns], rows.values.tolist()
    (['age: 15-16', 'age: 17-18'], [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    """
    codes = np.asarray(codes)
    if reference not in levels:
        raise StatisticsError(
            f"{reference!r} is not a level of {variable}; choose one of {', '.join(levels)}"
        )
    if codes.ndim != 1 or not np.isin(codes, np.arange(len(levels))).all():
        raise StatisticsError(
            f"codes of {variable} are not all positions of a level; leave out cells whose level is not known"
        )
    others = [position for position, level in enumerate(levels) if level != reference]
    columns = tuple(Column(ColumnKind.LEVEL, variable, levels[position]) for position in others)
    return DesignRows(columns, (codes[:, None] == others).astype(np.float64))


def score_rows(variable: str, scores: ArrayLike) -> DesignRows:
    """One column of numbers, such as the ranks of bands.

    Examples
    --------
    >>> score_rows("concern", [1, 2]).values.tolist()
    [[1.0], [2.0]]
    """
    values = np.asarray(scores, dtype=np.float64).reshape(-1, 1)
    return DesignRows((Column(ColumnKind.SCORE, variable, ""),), values)


def design_rows(n_cells: int, parts: Sequence[DesignRows]) -> DesignRows:
    """A constant, then the columns of all parts side by side.

    Parameters
    ----------
    n_cells : int
    parts : sequence of DesignRows
        Results of `level_rows` and `score_rows`; none of them for a constant alone.

    Returns
    -------
    DesignRows

    Raises
    ------
    StatisticsError
        Parts have another number of cells.

    Examples
    --------
    >>> design_rows(2, [score_rows("concern", [1, 2])]).values.tolist()
    [[1.0, 1.0], [1.0, 2.0]]
    """
    if any(len(part.values) != n_cells for part in parts):
        raise StatisticsError(
            f"each part of a design must have {n_cells} cells; count them for the same cells"
        )
    columns = (Column(ColumnKind.CONSTANT, "", ""), *(column for part in parts for column in part.columns))
    return DesignRows(columns, np.hstack([np.ones((n_cells, 1)), *(part.values for part in parts)]))


@dataclass(frozen=True, eq=False)
class RegressionCells:
    """Counts of a yes/no outcome by service and pattern of explaining variables.

    A cell is all cases of one service that are alike in every column. Cells may be cut finer, down to single
    cases, without changing any result; cells without cases change nothing either.

    Parameters
    ----------
    service : array of int, shape (n_cells,)
        Position of the cell's service in the design.
    n_yes, n_base : array of int, shape (n_cells,)
        Cases that are a yes, and that have an answer.
    weight_yes, weight_base : array of float, shape (n_cells,)
        Sums of the weights of the same cases; the counts themselves for equal weights.
    design_rows : DesignRows
        From the function of that name.

    Raises
    ------
    StatisticsError
        Shapes differ; counts or weights make no sense; service codes are negative or not whole; or columns
        hold missing or infinite values.
    """

    service: NDArray[np.intp]
    n_yes: NDArray[np.float64]
    n_base: NDArray[np.float64]
    weight_yes: NDArray[np.float64]
    weight_base: NDArray[np.float64]
    design_rows: DesignRows

    def __post_init__(self) -> None:
        service = np.asarray(self.service)
        n_yes, n_base = whole_counts(self.n_yes, self.n_base)
        weight_yes, weight_base = yes_and_base(self.weight_yes, self.weight_base, "weight")
        check_weights(n_yes, weight_yes, "yes")
        check_weights(n_base, weight_base, "base")
        # Sums of the same weights in another order may differ in the last digits.
        weight_yes = np.where(n_yes == n_base, weight_base, np.minimum(weight_yes, weight_base))
        if n_yes.ndim != 1 or service.shape != n_yes.shape or len(self.design_rows.values) != n_yes.size:
            raise StatisticsError(
                f"{service.size} services, {n_yes.size} counts and {len(self.design_rows.values)} rows were "
                "given; each cell needs one of each"
            )
        if not np.issubdtype(service.dtype, np.integer) or (service < 0).any():
            raise StatisticsError("service codes must be whole numbers from 0; use positions in the design")
        if not np.isfinite(self.design_rows.values).all():
            raise StatisticsError("columns hold missing or infinite values; leave such cells out")
        arrays = (service.astype(np.intp), n_yes, n_base, weight_yes, weight_base)
        names = ("service", "n_yes", "n_base", "weight_yes", "weight_base")
        for name, array in zip(names, arrays, strict=True):
            object.__setattr__(self, name, array)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Meaning of each column."""
        return self.design_rows.columns

    @property
    def rows(self) -> NDArray[np.float64]:
        """Values of the columns, shape (n_cells, n_columns)."""
        return self.design_rows.values

    def with_cases(self) -> RegressionCells:
        """The same without cells that have no case."""
        kept = self.n_base > 0
        if kept.all():
            return self
        rows = DesignRows(self.columns, self.rows[kept])
        arrays = (self.service, self.n_yes, self.n_base, self.weight_yes, self.weight_base)
        return RegressionCells(*(array[kept] for array in arrays), design_rows=rows)

    def by_service(self, values: NDArray[np.float64], n_services: int) -> NDArray[np.float64]:
        """Add up values, shape (n_cells, ...), within services: shape (n_services, ...)."""
        if self.service.size and self.service.max() >= n_services:
            raise StatisticsError(
                f"a service code is {self.service.max()}, but the design has {n_services} services"
            )
        totals = np.zeros((n_services, int(np.prod(values.shape[1:]))))
        for column, total in zip(values.reshape(len(values), totals.shape[1]).T, totals.T, strict=True):
            total += np.bincount(self.service, column, minlength=n_services)
        return totals.reshape(n_services, *values.shape[1:])

    @cached_property
    def patterns(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Different rows in order, shape (n_patterns, n_columns), and the pattern of each cell."""
        key = np.zeros(len(self.rows), dtype=np.intp)
        for column in self.rows.T:
            code, n_values = _codes(column)
            # Few patterns differ, so keys are made small again before they can grow too large.
            key = _without_gaps(key * n_values + code)
        first = np.zeros(key.max(initial=-1) + 1, dtype=np.intp)
        first[key[::-1]] = np.arange(len(key))[::-1]
        return self.rows[first], key

    @cached_property
    def kinds(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Rows that between them are those of all cells, and the row of each cell: `patterns` where cells are many.

        Few cells each have a row of their own, because looking for those alike takes longer than it saves.
        """
        return self.patterns if self._are_many else (self.rows, np.arange(len(self.rows)))

    @property
    def _are_many(self) -> bool:
        return len(self.service) > _MANY_CELLS

    def by_kind(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up amounts, one a cell, within `kinds`."""
        rows, kind = self.kinds
        return np.bincount(kind, amount, minlength=len(rows)) if self._are_many else amount

    def products_by_service(
        self, amount: NDArray[np.float64], values: NDArray[np.float64], n_services: int
    ) -> NDArray[np.float64]:
        """Amounts, one a cell, times the values of its kind, shape (n_kinds, k), added up within services."""
        if not self._are_many:
            return self.by_service(amount[:, None] * values, n_services)
        return self.by_service_and_pattern(amount, n_services) @ values

    def by_service_and_pattern(self, amount: NDArray[np.float64], n_services: int) -> NDArray[np.float64]:
        """Amounts, one a cell, as a table of shape (n_services, n_patterns)."""
        rows, pattern = self.patterns
        shape = (n_services, len(rows))
        place = self.service * len(rows) + pattern
        return np.bincount(place, amount, minlength=n_services * len(rows)).reshape(shape)


def _codes(column: NDArray[np.float64]) -> tuple[NDArray[np.intp], int]:
    """Whole numbers in the order of the values, and the number of values there may be."""
    if ((column == 0) | (column == 1)).all():
        return column.astype(np.intp), 2
    values, code = np.unique(column, return_inverse=True)
    return code, len(values)


def _without_gaps(key: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rank of each key among those there are; keys are few beside the cells, or sorted."""
    if key.max(initial=0) > 4 * len(key) + 1_000:
        return np.unique(key, return_inverse=True)[1]
    return (np.cumsum(np.bincount(key) > 0) - 1)[key]
