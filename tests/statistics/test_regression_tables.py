"""Regressions of tables of services by pattern: those of cells, which are the oracle."""

from dataclasses import fields

import numpy as np
import pytest

from desistance.errors import StatisticsError
from desistance.statistics import robust
from desistance.statistics.design import one_stratum_design
from desistance.statistics.exchangeable import exchangeable_regression
from desistance.statistics.fits import linear_fit
from desistance.statistics.logistic import logistic_regression
from desistance.statistics.marginal_effects import average_marginal_effects
from desistance.statistics.regression_cells import DesignRows, RegressionCells, design_rows, level_rows
from desistance.statistics.regression_tables import RegressionTables

LEVELS = np.array([[a, b] for a in range(3) for b in range(2)])


def pattern_rows(patterns):
    parts = [
        level_rows(name, LEVELS[patterns, place], list("xyz"[:size]), reference="x")
        for place, (name, size) in enumerate((("a", 3), ("b", 2)))
    ]
    return design_rows(len(patterns), parts)


def drawn(seed, *, weighted, n_services=30):
    """Counts and weights of services by six patterns, with services and cells without cases."""
    rng = np.random.default_rng(seed)
    n_base = rng.poisson(4, (n_services, 6))
    n_base[0] = 0
    share = rng.uniform(0.2, 0.8, (n_services, 1)) * np.linspace(0.6, 1, 6)
    n_yes = rng.binomial(n_base, share)
    of_service = rng.uniform(0.5, 2, (n_services, 1))
    return (n_yes, n_base, n_yes * of_service, n_base * of_service) if weighted else (n_yes, n_base) * 2


def in_both_forms(tables):
    service, pattern = np.nonzero(tables[1])
    cells = RegressionCells(
        service, *(table[service, pattern] for table in tables), design_rows=pattern_rows(pattern)
    )
    return cells, RegressionTables(*tables, design_rows=pattern_rows(np.arange(6)))


def assert_alike(one, other):
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray | float):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12, err_msg=field.name)
        else:
            assert a == b, field.name


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_tables_give_the_regressions_of_cells(seed, weighted):
    design, found = one_stratum_design(30), []
    for given in in_both_forms(drawn(seed, weighted=weighted)):
        fit = logistic_regression(given, design, confidence_level=0.95)
        effects = average_marginal_effects(fit, given, confidence_level=0.95)
        found.append((fit, effects, exchangeable_regression(fit, given, design, confidence_level=0.95)))
    assert str(found[0][0].status) == "ok"
    for one, other in zip(*found, strict=True):
        assert_alike(one, other)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_pattern_without_cases_changes_nothing(weighted):
    tables = drawn(7, weighted=weighted)
    for table in tables:
        table[:, 5] = 0
    cells, given = in_both_forms(tables)
    design = one_stratum_design(30)
    assert len(given.with_cases().patterns[0]) == 5
    assert_alike(*(logistic_regression(each, design, confidence_level=0.95) for each in (cells, given)))


def test_what_cannot_be_counts_is_refused():
    n_yes, n_base, *_ = drawn(1, weighted=False)
    rows = pattern_rows(np.arange(6))
    with pytest.raises(StatisticsError, match="exceeds"):
        RegressionTables(n_base + 1, n_base, n_base + 1, n_base, rows)
    with pytest.raises(StatisticsError, match="row for each pattern"):
        RegressionTables(n_yes, n_base, n_yes, n_base, pattern_rows(np.arange(5)))
    with pytest.raises(StatisticsError, match="every case needs a weight"):
        RegressionTables(n_yes, n_base, n_yes * 0, n_base * 0, rows)
    with pytest.raises(StatisticsError, match="missing or infinite"):
        RegressionTables(n_yes, n_base, n_yes, n_base, DesignRows(rows.columns, rows.values * np.nan))
    with pytest.raises(StatisticsError, match="the design has 31"):
        RegressionTables(n_yes, n_base, n_yes, n_base, rows).by_service(n_base, 31)


def test_amounts_are_added_up_within_services_and_over_them():
    tables = drawn(3, weighted=True)
    given = RegressionTables(*tables, design_rows=pattern_rows(np.arange(6)))
    for table in (*tables, given.n_base, given.weight_base):
        np.testing.assert_array_equal(given.by_service(table, 30), table.sum(axis=1))
        np.testing.assert_array_equal(given.by_kind(table), table.sum(axis=0))


@pytest.mark.parametrize(
    ("n_services", "values"),
    [(26, np.ones((6, 1))), *((n, pattern_rows(np.arange(6)).values) for n in (120, 600))],
    ids=["one column", "120 services", "600 services"],
)
def test_services_that_know_little_are_adjusted_by_the_series_as_by_eigenvalues(
    n_services, values, monkeypatch
):
    rng = np.random.default_rng(n_services)
    n_base = rng.poisson(30, (n_services, 6))
    n_yes = rng.binomial(n_base, rng.uniform(0.2, 0.8, (n_services, 1)))
    fit = linear_fit(values, n_base, n_base, n_yes)
    assert fit.most_leverage < robust._SMALL
    assert fit.most_leverage >= fit.eigen[0].max()
    assert fit.sole.shape == (0, values.shape[1])
    by_series = robust.adjusted_services(fit, robust.Correction.CR2)
    monkeypatch.setattr(robust, "_SMALL", -1.0)
    by_eigenvalues = robust.adjusted_services(fit, robust.Correction.CR2)
    for name in ("scores", "inner", "outer"):
        one, other = getattr(by_series, name), getattr(by_eigenvalues, name)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14 * np.abs(other).max())
