"""Cells of a regression: sums by service and different rows, against adding up and comparing one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.errors import StatisticsError
from desistance.statistics import regression_cells
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
    rows, pattern = table.patterns
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


@given(cells)
def test_kinds_of_many_cells_give_the_sums_of_cells_one_by_one(drawn):
    rows = [row for _, row in drawn] or np.zeros((0, 3))
    one_by_one, many = (cells_of([service for service, _ in drawn], rows) for _ in range(2))
    amount = np.arange(len(drawn)) / 7
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(regression_cells, "_MANY_CELLS", -1)
        kinds, kind = many.kinds
        totals, products = many.by_kind(amount), many.products_by_service(amount, kinds / 3, 5)
    assert len(kinds) == len({tuple(row) for row in one_by_one.rows.tolist()})
    np.testing.assert_array_equal(kinds[kind], one_by_one.rows)
    np.testing.assert_allclose(totals @ kinds, one_by_one.by_kind(amount) @ one_by_one.rows, atol=1e-12)
    expected = one_by_one.products_by_service(amount, one_by_one.rows / 3, 5)
    np.testing.assert_allclose(products, expected, atol=1e-12)
