"""Cells of a regression: sums by service and different rows, against adding up and comparing one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.errors import StatisticsError
from desistance.statistics.regression_cells import Column, ColumnKind, DesignRows, RegressionCells


def cells_of(service, rows):
    rows = np.asarray(rows, dtype=float)
    columns = tuple(Column(ColumnKind.SCORE, f"x{n}", "") for n in range(rows.shape[1]))
    ones = np.ones(len(service))
    service = np.asarray(service, dtype=np.intp)
    return RegressionCells(service, ones, ones, ones, ones, DesignRows(columns, rows))


cells = st.lists(
    st.tuples(st.integers(0, 4), st.lists(st.sampled_from([0.0, 1.0, -1.5]), min_size=3, max_size=3)),
    max_size=20,
)


@given(cells)
def test_different_rows_come_in_order_and_every_cell_knows_its_own(drawn):
    table = cells_of([service for service, _ in drawn], [row for _, row in drawn] or np.zeros((0, 3)))
    rows, pattern = table.patterns()
    assert [tuple(row) for row in rows.tolist()] == sorted({tuple(row) for row in table.rows.tolist()})
    np.testing.assert_array_equal(rows[pattern], table.rows)


@given(cells)
def test_sums_by_service_are_those_of_one_cell_after_the_other(drawn):
    table = cells_of([service for service, _ in drawn], [row for _, row in drawn] or np.zeros((0, 3)))
    values = table.rows[:, :, None] * table.rows[:, None, :] / 3
    expected = np.zeros((5, *values.shape[1:]))
    for service, value in zip(table.service, values, strict=True):
        expected[service] += value
    np.testing.assert_array_equal(table.by_service(values, 5), expected)


def test_a_service_beyond_the_design_is_refused():
    with pytest.raises(StatisticsError, match="the design has 2 services"):
        cells_of([0, 2], [[1.0], [1.0]]).by_service(np.ones(2), 2)
