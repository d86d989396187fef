"""Exchangeable working correlation from counts, against R's geepack, statsmodels and case-by-case algebra.

geepack stops when no coefficient, phi or alpha moved by more than 1e-4, which leaves its coefficients 2e-5 and its
errors 3e-6 from where they were going. That nothing else differs is shown by a case-by-case copy of its steps: stopped
where geepack stops it gives every reference value to 1e-12, not stopped ours to 1e-9.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.statistics.design import one_stratum_design
from desistance.statistics.exchangeable import exchangeable_regression
from desistance.statistics.logistic import WITH_ERRORS, logistic_regression
from desistance.statistics.regression_cells import (
    DesignRows,
    RegressionCells,
    design_rows,
    level_rows,
    score_rows,
)
from desistance.statistics.status import Status

NUMBERS = ("estimate", "standard_error", "df", "statistic", "p_value", "ci_low", "ci_high")


def fits(cells, n_services, design=None):
    """The regression with independence, and that with exchangeable working correlation."""
    design = design or one_stratum_design(n_services)
    fit = logistic_regression(cells, design, confidence_level=0.95)
    return fit, exchangeable_regression(fit, cells, design, confidence_level=0.95)


def of_levels(service, level, yes, base, n_levels=2, weight=1.0):
    names = [f"L{i}" for i in range(n_levels)]
    rows = design_rows(len(level), [level_rows("group", level, names, reference="L0")])
    return RegressionCells(service, yes, base, np.multiply(weight, yes), np.multiply(weight, base), rows)


def as_cases(cells):
    """One row a case: X, y, service."""
    yes, no = cells.n_yes.astype(int), (cells.n_base - cells.n_yes).astype(int)
    which = np.concatenate([np.repeat(np.arange(len(yes)), yes), np.repeat(np.arange(len(no)), no)])
    return cells.rows[which], np.repeat([1.0, 0.0], [yes.sum(), no.sum()]), cells.service[which]


def plain_error(result):
    return np.sqrt(np.diag(result.influence.T @ result.influence))


# R


@pytest.fixture(scope="module")
def districts(samples):
    sample = samples["more"]
    band = 1 + np.digitize(sample.columns["meals"].astype(float), [25, 50, 75], right=True)
    yes, one = sample.answers("sch_wide"), np.ones(len(band))
    rows = design_rows(len(band), [score_rows("band", band)])
    return RegressionCells(sample.service, yes, one, yes, one, rows)


def whole_matrices(X, y, service, beta, alpha, weight=None):
    """Share of each service in the information and in the score, by inverting its correlation matrix."""
    weight = np.ones(len(y)) if weight is None else weight
    for each in np.unique(service):
        own = service == each
        share = expit(X[own] @ beta)
        a = np.sqrt(share * (1 - share))
        R = np.full((len(a), len(a)), alpha) + (1 - alpha) * np.eye(len(a))
        D, w = a[:, None] * X[own], weight[own]
        yield D.T @ np.linalg.solve(R, w[:, None] * D), D.T @ np.linalg.solve(R, w * (y[own] - share) / a)


def as_geepack_iterates(X, y, service, beta, tolerance):
    """geepack's `gee_est` on single cases, from the independence estimates."""
    alpha, phi = 0.0, 1.0
    for _ in range(25 if tolerance else 200):
        parts = list(whole_matrices(X, y, service, beta, alpha))
        step = np.linalg.solve(sum(H for H, _ in parts), sum(u for _, u in parts))
        beta, share = beta + step, expit(X @ (beta + step))
        r, before = (y - share) / np.sqrt(share * (1 - share)), (phi, alpha)
        phi = np.square(r).mean()
        products = [np.outer(r[service == each], r[service == each]) for each in np.unique(service)]
        alpha = np.concatenate([each[np.triu_indices(len(each), 1)] for each in products]).mean() / phi
        if max(*np.abs(step), abs(phi - before[0]), abs(alpha - before[1])) <= tolerance:
            break
    return beta, alpha, phi


def sandwich(parts):
    bread = np.linalg.inv(sum(H for H, _ in parts))
    return np.sqrt(np.diag(bread @ sum(np.outer(u, u) for _, u in parts) @ bread.T))


def test_the_districts_are_those_of_geeglm(districts, more):
    expected = more["gee_apiclus2"]["exch"]
    _, result = fits(districts, 40)
    assert result.status is Status.OK
    assert result.estimate == pytest.approx(expected["coef"], rel=3e-5)
    assert plain_error(result) == pytest.approx(expected["se"], rel=4e-6)
    assert result.correlation == pytest.approx(expected["alpha"], rel=2e-7)


def test_stopped_where_geepack_stops_the_districts_agree_to_the_printed_digits(districts, more):
    expected = more["gee_apiclus2"]["exch"]
    X, y, service = as_cases(districts)
    beta, alpha, _ = as_geepack_iterates(X, y, service, fits(districts, 40)[0].estimate, 1e-4)
    assert beta == pytest.approx(expected["coef"], rel=1e-12)
    assert alpha == pytest.approx(expected["alpha"], rel=1e-12)
    assert sandwich(list(whole_matrices(X, y, service, beta, alpha))) == pytest.approx(
        expected["se"], rel=1e-12
    )


def test_not_stopped_geepacks_way_gives_the_same_as_ours(districts):
    fit, result = fits(districts, 40)
    X, y, service = as_cases(districts)
    beta, alpha, phi = as_geepack_iterates(X, y, service, fit.estimate, 0)
    assert result.estimate == pytest.approx(beta, rel=1e-9)
    assert (result.correlation, result.dispersion) == pytest.approx((alpha, phi), rel=1e-9)
    error = sandwich(list(whole_matrices(X, y, service, beta, alpha)))
    assert plain_error(result) == pytest.approx(error, rel=1e-9)


def test_geepacks_jackknife_leaves_services_out_in_one_step(districts, more):
    """`std.err = "jack"`: (H - H_g)^-1 u_g, without new fits; its factor counts alpha and phi as coefficients."""
    fit, result = fits(districts, 40)
    X, y, service = as_cases(districts)
    stopped = as_geepack_iterates(X, y, service, fit.estimate, 1e-4)[:2]
    for (beta, alpha), relative in ((stopped, 1e-12), ((result.estimate, result.correlation), 4e-6)):
        parts = list(whole_matrices(X, y, service, beta, alpha))
        H = sum(own for own, _ in parts)
        moved = np.array([np.linalg.solve(H - own, u) for own, u in parts])
        error = np.sqrt((40 - 2 - 2) / 40 * np.square(moved).sum(axis=0))
        assert error == pytest.approx(more["gee_apiclus2"]["exch_jack_se"], rel=relative)


# Another library


def drawn_cells(seed, n_services=12, weighted=False):
    """Services of many sizes with a level of their own; a weight for each service and level."""
    rng = np.random.default_rng(seed)
    service, level = np.repeat(np.arange(n_services), 3), np.tile([0, 1, 2], n_services)
    base = rng.integers(0, 14, 3 * n_services)
    share = expit(np.repeat(rng.normal(0, 1, n_services), 3) + 0.4 * level)
    weight = rng.uniform(0.5, 2, len(base)) if weighted else np.ones(len(base))
    return of_levels(service, level, rng.binomial(base, share), base, 3, weight), weight


@pytest.mark.parametrize("seed", range(4))
def test_random_services_are_those_of_statsmodels(seed):
    """Whose divisors of alpha and phi are lessened by the number of columns; told not to, it agrees."""
    from statsmodels.api import GEE
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial

    cells = drawn_cells(seed)[0]
    _, result = fits(cells, 12)
    X, y, service = as_cases(cells)
    model = GEE(y, X, groups=service, family=Binomial(), cov_struct=Exchangeable())
    other = model.fit(maxiter=200, ctol=1e-9, ddof_scale=0)
    assert result.status is Status.OK
    assert result.correlation == pytest.approx(model.cov_struct.dep_params, rel=1e-8)
    assert result.estimate == pytest.approx(other.params, rel=1e-8, abs=1e-9)
    assert plain_error(result) == pytest.approx(other.bse, rel=1e-7)


def test_weights_enter_as_in_statsmodels():
    """At our correlation, which it takes as given: its own is weighted, ours is not.

    With weights the information is not symmetric. statsmodels' sandwich does not turn the second one, so errors are
    compared with those of whole matrices.
    """
    from statsmodels.api import GEE
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial

    cells, weight = drawn_cells(5, weighted=True)
    _, result = fits(cells, 12)
    X, y, service = as_cases(cells)
    yes, no = cells.n_yes.astype(int), (cells.n_base - cells.n_yes).astype(int)
    weight = np.concatenate([np.repeat(weight, yes), np.repeat(weight, no)])
    known, family = Exchangeable(), Binomial()
    known.dep_params = result.correlation
    model = GEE(y, X, groups=service, family=family, cov_struct=known, weights=weight, update_dep=False)
    assert result.status is Status.OK
    assert result.estimate == pytest.approx(model.fit(maxiter=200, ctol=1e-9).params, rel=1e-8, abs=1e-9)
    parts = whole_matrices(X, y, service, result.estimate, result.correlation, weight)
    assert plain_error(result) == pytest.approx(sandwich(list(parts)), rel=1e-9)


# Laws


@pytest.mark.parametrize("seed", range(5))
def test_services_of_one_size_and_columns_of_services_give_what_independence_gives(seed):
    rng = np.random.default_rng(seed)
    level = rng.permutation([0, 0, 0, 1, 1, 1, 2, 2, 2])
    yes, size = rng.integers(1, 8, 9), np.full(9, 8)
    fit, result = fits(of_levels(np.arange(9), level, yes, size, 3), 9)
    assert result.status is Status.OK
    assert abs(result.correlation) > 0.001
    for name in NUMBERS:
        assert getattr(result, name) == pytest.approx(getattr(fit, name), rel=1e-9, abs=1e-12)


def test_errors_are_the_sandwich_with_the_factor_for_few_services():
    cells = drawn_cells(1)[0]
    _, result = fits(cells, 12)
    assert result.influence.sum(axis=0) == pytest.approx(0, abs=1e-9)
    assert result.standard_error == pytest.approx(plain_error(result) * np.sqrt(12 / 11), rel=1e-9)
    assert result.df.tolist() == [12 - 1 + 1 - 3] * 3


def test_counts_cut_to_cases_give_the_same():
    cells = drawn_cells(2)[0]
    X, y, service = as_cases(cells)
    one = np.ones(len(y))
    single = RegressionCells(service, y, one, y, one, DesignRows(cells.columns, X))
    assert_same(fits(single, 12)[1], fits(cells, 12)[1])


def assert_same(one, other, sign=1, relative=1e-8):
    assert other.status == one.status
    assert other.named_columns == one.named_columns
    assert other.correlation == pytest.approx(one.correlation, rel=relative, abs=1e-10, nan_ok=True)
    assert other.estimate == pytest.approx(sign * one.estimate, rel=relative, abs=1e-8, nan_ok=True)
    for name in ("standard_error", "df", "p_value"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_order_labels_and_scale_of_weights_change_nothing_and_yes_for_no_only_signs(seed):
    rng = np.random.default_rng(seed)
    cells = drawn_cells(seed, weighted=True)[0]
    order, labels = rng.permutation(36), rng.permutation(12)
    amounts = (cells.n_yes, cells.n_base, 7.5 * cells.weight_yes, 7.5 * cells.weight_base)
    rows = DesignRows(cells.columns, cells.rows[order])
    shuffled = RegressionCells(labels[cells.service][order], *(each[order] for each in amounts), rows)
    assert_same(fits(cells, 12)[1], fits(shuffled, 12)[1])
    turned = RegressionCells(
        cells.service,
        cells.n_base - cells.n_yes,
        cells.n_base,
        cells.weight_base - cells.weight_yes,
        cells.weight_base,
        cells.design_rows,
    )
    assert_same(fits(cells, 12)[1], fits(turned, 12)[1], sign=-1)


def test_services_without_cases_count_in_the_factor_alone():
    cells = drawn_cells(3)[0]
    few, many = fits(cells, 12)[1], fits(cells, 20)[1]
    assert many.estimate == pytest.approx(few.estimate)
    assert plain_error(many) == pytest.approx(plain_error(few))
    assert many.df.tolist() == few.df.tolist()


# Tables that cannot do

FOUR, PAIR = [0, 0, 1, 1, 2, 2, 3, 3], [0, 1] * 4
BASE, YES = [10, 10, 10, 8, 12, 9, 9, 4], [9, 6, 5, 2, 9, 4, 2, 0]
NOTHING = [
    ("no_cases", FOUR, [0] * 8, [0] * 8),
    ("all_yes", FOUR, BASE, BASE),
    ("all_no", FOUR, [0] * 8, BASE),
    ("one_service", [0] * 8, YES, BASE),
    ("collinear", FOUR, [9, 0, 5, 0, 9, 0, 2, 0], [10, 0, 10, 0, 12, 0, 9, 0]),
    ("separated", FOUR, [9, 10, 5, 8, 9, 9, 2, 4], BASE),
    ("one_case_each", range(8), [1, 0, 1, 1, 0, 0, 0, 1], [1] * 8),
    # Services that agree exactly have all the likeness there is; those that share out evenly less than none.
    ("not_converged", FOUR, [4, 4, 0, 0, 6, 6, 0, 0], [4, 4, 5, 5, 6, 6, 7, 7]),
    ("not_converged", FOUR, [5, 4, 5, 4, 6, 4, 4, 2], [10, 8, 10, 8, 12, 9, 9, 4]),
]


@pytest.mark.parametrize(("status", "service", "yes", "base"), NOTHING)
def test_what_cannot_be_estimated_has_a_status_and_no_numbers(status, service, yes, base):
    _, result = fits(of_levels(np.array(service), PAIR, yes, base), max(service) + 1)
    assert result.status == status
    for name in NUMBERS:
        assert np.isnan(getattr(result, name)).all(), name
    assert np.isnan(result.influence).all()
    named = [column.name for column in result.named_columns]
    assert named == (["group: L1"] if status in ("collinear", "separated") else [])


def test_a_correlation_that_cannot_be_is_still_told():
    found = [
        fits(of_levels(np.array(service), PAIR, yes, base), 4)[1] for _, service, yes, base in NOTHING[-2:]
    ]
    assert found[0].correlation > 1 - 1e-6
    assert found[1].correlation < -1 / (21 - 1)


def test_steps_that_run_away_are_no_result():
    """Independence has an estimate here; with alpha it moves off without end."""
    yes, base = [0, 0, 2, 0, 1, 1, 1, 1, 2, 0, 0, 0], [3, 0, 2, 0, 2, 1, 1, 1, 3, 0, 2, 0]
    fit, result = fits(of_levels(np.repeat(range(4), 3), np.tile([0, 1, 2], 4), yes, base, 3), 4)
    assert fit.status is Status.OK
    assert result.status is Status.NOT_CONVERGED
    assert np.isnan(result.estimate).all()


def test_more_columns_than_services_leave_estimates_alone():
    _, result = fits(of_levels(np.repeat([0, 1], 2), [0, 1, 0, 1], [8, 2, 2, 4], [10, 10, 10, 10]), 2)
    assert result.status is Status.MORE_PARAMETERS_THAN_SERVICES
    assert np.isfinite(result.estimate).all()
    assert np.isnan(result.p_value).all()


def test_a_column_decided_by_one_service_has_an_estimate_only():
    service, level = [0, 0, 1, 2, 3], [0, 1, 0, 0, 0]
    _, result = fits(of_levels(service, level, [3, 5, 8, 2, 6], [10, 9, 12, 9, 8]), 4)
    assert result.status is Status.ONE_SERVICE_DECIDES
    assert [column.name for column in result.named_columns] == ["group: L1"]
    assert np.isfinite(result.estimate).all()
    assert np.isnan(result.p_value).tolist() == [False, True]


def test_a_difference_that_every_service_agrees_on_has_no_error_and_the_constant_has():
    yes, base = [3, 3, 1, 1, 6, 6, 2, 2], [4, 4, 4, 4, 8, 8, 8, 8]
    _, result = fits(of_levels(FOUR, PAIR, yes, base), 4)
    assert result.status is Status.NO_VARIATION
    assert [column.name for column in result.named_columns] == ["group: L1"]
    assert result.estimate == pytest.approx([0, 0], abs=1e-9)
    assert result.correlation > 0.1
    assert np.isnan(result.p_value).tolist() == [False, True]


def test_cells_of_another_fit_are_refused():
    fit, _ = fits(of_levels(FOUR, PAIR, YES, BASE), 4)
    other = RegressionCells([0], [1], [2], [1], [2], design_rows(1, []))
    with pytest.raises(StatisticsError, match="other columns"):
        exchangeable_regression(fit, other, one_stratum_design(4), confidence_level=0.95)


@st.composite
def tables(draw):
    """Cells of up to eight services by three levels, any of them empty, some of them large."""
    n = draw(st.integers(1, 8))
    base = draw(st.lists(st.integers(0, 6) | st.integers(0, 60), min_size=3 * n, max_size=3 * n))
    yes = [draw(st.integers(0, count)) for count in base]
    return np.repeat(np.arange(n), 3), np.tile([0, 1, 2], n), np.array(yes), np.array(base)


@given(tables())
@settings(max_examples=50)
def test_any_table_has_an_answer_or_a_reason(table):
    service, level, yes, base = table
    fit, result = fits(of_levels(service, level, yes, base, 3), service.max() + 1)
    own = {Status.NOT_CONVERGED, Status.ONE_CASE_EACH, Status.NO_VARIATION}
    assert result.status is fit.status or (fit.status in WITH_ERRORS + REST and result.status in own)
    known = ~np.isnan(result.p_value)
    assert ((result.p_value[known] >= 0) & (result.p_value[known] <= 1)).all()
    assert (result.ci_low[known] <= result.estimate[known]).all()
    assert (result.estimate[known] <= result.ci_high[known]).all()
    if result.status in WITH_ERRORS:
        named = [column in result.named_columns for column in result.columns]
        assert np.isnan(result.p_value).tolist() == named
    if np.isfinite(result.estimate).all():
        assert -1 < result.correlation < 1
        # At rest: the whole matrices of single cases have no score there.
        X, y, case_service = as_cases(of_levels(service, level, yes, base, 3))
        score = sum(u for _, u in whole_matrices(X, y, case_service, result.estimate, result.correlation))
        assert score == pytest.approx(0, abs=1e-6 * max(base.sum(), 1) / (1 - result.correlation))


REST = (Status.MORE_PARAMETERS_THAN_SERVICES, Status.NO_DEGREES_OF_FREEDOM)


def test_the_result_is_frozen():
    _, result = fits(of_levels(FOUR, PAIR, YES, BASE), 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.status = Status.OK
