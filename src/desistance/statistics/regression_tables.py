"""What a regression is given where many services have cases of the same few patterns: tables of services by pattern."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from desistance.errors import StatisticsError
from desistance.statistics.arrays import check_weights, whole_counts, yes_and_base
from desistance.statistics.regression_cells import Column, DesignRows, RegressionCells

Table = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RegressionTables:
    """Counts of a yes/no outcome by service and pattern; regressions take it for `RegressionCells`, which it equals.

    Rows of a design stand here once for each pattern, and sums over services and over patterns are sums and products
    of tables, where cells each look up their service and pattern.

    Parameters
    ----------
    n_yes, n_base : array of int, shape (n_services, n_patterns)
        Cases that are a yes, and that have an answer.
    weight_yes, weight_base : array of float, shape (n_services, n_patterns)
        Sums of the weights of the same cases; the same arrays as the counts for equal weights.
    design_rows : DesignRows
        Of the patterns, from the function `design_rows`.

    Raises
    ------
    StatisticsError
        Shapes differ; counts or weights make no sense; or columns hold missing or infinite values.
    """

    n_yes: Table
    n_base: Table
    weight_yes: Table
    weight_base: Table
    design_rows: DesignRows

    def __post_init__(self) -> None:
        equal = self.weight_yes is self.n_yes and self.weight_base is self.n_base
        n_yes, n_base = whole_counts(self.n_yes, self.n_base)
        weight_yes, weight_base = n_yes, n_base
        if not equal:
            weight_yes, weight_base = yes_and_base(self.weight_yes, self.weight_base, "weight")
            check_weights(n_yes, weight_yes, "yes")
            check_weights(n_base, weight_base, "base")
            # Sums of the same weights in another order may differ in the last digits.
            weight_yes = np.where(n_yes == n_base, weight_base, np.minimum(weight_yes, weight_base))
        if n_yes.ndim != 2 or n_yes.shape[1] != len(self.design_rows.values):
            raise StatisticsError(
                f"counts have shape {n_yes.shape} and {len(self.design_rows.values)} rows were given; give services by "
                "patterns, and a row for each pattern"
            )
        if not np.isfinite(self.design_rows.values).all():
            raise StatisticsError("columns hold missing or infinite values; leave such patterns out")
        names = ("n_yes", "n_base", "weight_yes", "weight_base")
        for name, table in zip(names, (n_yes, n_base, weight_yes, weight_base), strict=True):
            object.__setattr__(self, name, table)

    @cached_property
    def _sizes(self) -> NDArray[np.float64]:
        return self.n_base.sum(axis=1)

    @cached_property
    def _totals(self) -> NDArray[np.float64]:
        return self.weight_base.sum(axis=0)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Meaning of each column of the design."""
        return self.design_rows.columns

    @property
    def patterns(self) -> tuple[Table, slice]:
        """Row of each pattern, shape (n_patterns, n_columns), and where a table has it: in its place."""
        return self.design_rows.values, slice(None)

    @property
    def kinds(self) -> tuple[Table, slice]:
        """The patterns."""
        return self.patterns

    def with_cases(self) -> RegressionTables:
        """The same without patterns that have no case."""
        kept = self.n_base.any(axis=0)
        if kept.all():
            return self
        rows = DesignRows(self.columns, self.design_rows.values[kept])
        n_yes, n_base = self.n_yes[:, kept], self.n_base[:, kept]
        if self.weight_base is self.n_base:
            return RegressionTables(n_yes, n_base, n_yes, n_base, rows)
        return RegressionTables(n_yes, n_base, self.weight_yes[:, kept], self.weight_base[:, kept], rows)

    def by_service(self, values: Table, n_services: int) -> Table:
        """Add up values, shape (n_services, n_patterns), within services: shape (n_services,)."""
        if n_services != len(values):
            raise StatisticsError(
                f"counts are of {len(values)} services, but the design has {n_services}; give it all of them"
            )
        return self._sizes if values is self.n_base else values.sum(axis=1)

    def by_kind(self, amount: Table) -> NDArray[np.float64]:
        """Add up amounts over services, shape (n_patterns,)."""
        return self._totals if amount is self.weight_base else amount.sum(axis=0)

    def products_by_service(self, amount: Table, values: Table, n_services: int) -> Table:
        """Amounts times the values of their pattern, shape (n_patterns, k), added up within services."""
        return amount @ values

    def by_service_and_pattern(self, amount: Table, n_services: int) -> Table:
        """The table itself."""
        return amount


Cells = RegressionCells | RegressionTables
