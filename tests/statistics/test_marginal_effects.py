"""Average marginal effects against numerical derivatives, statsmodels, R and dense matrices of single cases."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit
from scipy.stats import t

from case_by_case import cr2_effects
from desistance.errors import StatisticsError
from desistance.statistics import fits
from desistance.statistics.design import one_stratum_design, stratified_design
from desistance.statistics.differences import share_differences
from desistance.statistics.logistic import logistic_regression
from desistance.statistics.marginal_effects import average_marginal_effects
from desistance.statistics.regression_cells import (
    ColumnKind,
    DesignRows,
    RegressionCells,
    design_rows,
    level_rows,
    score_rows,
)
from desistance.statistics.status import Status

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
ERRORS = ("standard_error", "df", "statistic", "p_value", "ci_low", "ci_high")
VARIABLES = [(1, 2), (3,)]  # columns of `crossed`: a variable of three levels and one of two


def effects_of(cells, design):
    fit = logistic_regression(cells, design, confidence_level=0.95)
    return fit, average_marginal_effects(fit, cells, confidence_level=0.95)


def breakdown(sample, variable, reference=None):
    levels = sample.levels(variable)
    codes = [levels.index(value) for value in sample.columns[variable]]
    return level_rows(variable, codes, levels, reference=reference or levels[0])


def cells_of(sample, outcome, parts):
    """One cell a case."""
    answers = sample.answers(outcome)
    kept = ~np.isnan(answers)
    rows = design_rows(len(answers), parts)
    rows = DesignRows(rows.columns, rows.values[kept])
    one, weight, yes = np.ones(kept.sum()), sample.weight[kept], answers[kept]
    return RegressionCells(sample.service[kept], yes, one, yes * weight, weight, rows)


def crossed(yes, base, weight=1.0):
    """Cells of tables of shape (n_services, 3, 2)."""
    service, first, second = (each.ravel() for each in np.indices(base.shape))
    parts = [
        level_rows("first", first, ["a", "b", "c"], reference="a"),
        level_rows("second", second, ["u", "v"], reference="u"),
    ]
    rows, weight = design_rows(service.size, parts), np.broadcast_to(weight, base.shape).ravel()
    yes, base = yes.ravel(), base.ravel()
    return RegressionCells(service, yes, base, yes * weight, base * weight, rows)


def as_cases(cells):
    """One row a case: X, y, service, weight."""
    yes, no = cells.n_yes.astype(int), (cells.n_base - cells.n_yes).astype(int)
    which = np.concatenate([np.repeat(np.arange(len(yes)), yes), np.repeat(np.arange(len(no)), no)])
    weight = cells.weight_base / np.maximum(cells.n_base, 1)
    y = np.repeat([1.0, 0.0], [yes.sum(), no.sum()])
    return cells.rows[which], y, cells.service[which], weight[which]


# Estimates and gradients


def brute_force_effects(cells, beta):
    """Every case given each level and the reference level in turn."""
    effects = []
    for j, meaning in enumerate(cells.columns):
        if meaning.kind is ColumnKind.SCORE:
            step = 1e-5 * np.eye(len(beta))[j]
            low, high = expit((cells.rows - step) @ beta), expit((cells.rows + step) @ beta)
            effects.append(np.average((high - low) / 2e-5, weights=cells.weight_base))
        elif meaning.kind is ColumnKind.LEVEL:
            reference = cells.rows.copy()
            for k, other in enumerate(cells.columns):
                if other.variable == meaning.variable:
                    reference[:, k] = 0
            level = reference.copy()
            level[:, j] = 1
            effects.append(
                np.average(expit(level @ beta) - expit(reference @ beta), weights=cells.weight_base)
            )
    return np.array(effects)


@pytest.fixture
def schools(samples):
    """Weighted, with levels and a score."""
    sample = samples["schools with weights and correction"]
    parts = [breakdown(sample, "stype"), score_rows("meals", sample.columns["meals"].astype(float))]
    return cells_of(sample, "sch_wide", parts), sample.design


def test_effects_and_their_gradients_are_those_of_numerical_derivatives(schools):
    cells, design = schools
    fit, effects = effects_of(cells, design)
    assert effects.estimate == pytest.approx(brute_force_effects(cells, fit.estimate), abs=1e-9)
    steps = 1e-5 * np.eye(len(fit.estimate))
    gradient = np.array(
        [
            (brute_force_effects(cells, fit.estimate + s) - brute_force_effects(cells, fit.estimate - s))
            / 2e-5
            for s in steps
        ]
    ).T
    # Differences of 1e-5 leave the derivatives five or six digits.
    assert effects.gradient == pytest.approx(gradient, abs=1e-6)


def test_effects_are_those_of_statsmodels(samples):
    """Dummies of two levels and a score; for more levels statsmodels leaves the other dummies where they are."""
    from statsmodels.api import Logit

    sample = samples["cases"]
    score = [sample.levels("age").index(value) for value in sample.columns["age"]]
    parts = [breakdown(sample, "looked_after"), breakdown(sample, "gender"), score_rows("age", score)]
    cells = cells_of(sample, "lifestyle", parts)
    _, effects = effects_of(cells, sample.design)
    model = Logit(cells.n_yes, cells.rows).fit(disp=False, tol=1e-12)
    dummies = model.get_margeff(dummy=True)
    assert effects.estimate[:2] == pytest.approx(dummies.margeff[:2], rel=1e-8)
    slopes = model.get_margeff()
    assert effects.estimate[2] == pytest.approx(slopes.margeff[2], rel=1e-8)
    # The same gradients: with the covariance of independent cases the errors are those of statsmodels.
    errors = np.sqrt(np.diag(effects.gradient @ model.cov_params() @ effects.gradient.T))
    assert errors[:2] == pytest.approx(dummies.margeff_se[:2], rel=1e-6)
    assert errors[2] == pytest.approx(slopes.margeff_se[2], rel=1e-6)


def test_the_effect_of_one_variable_alone_is_the_difference_of_shares_of_svycontrast(samples):
    """R 4.2.2, survey 4.1; its errors come from the linearised covariance of the fit by the gradient."""
    rows = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))["contrasts"]
    assert rows
    for row in rows:
        sample = samples["cases"]
        cells = cells_of(sample, row["outcome"], [breakdown(sample, row["by"], row["reference"])])
        fit, effects = effects_of(cells, sample.design)
        assert effects.estimate[0] == pytest.approx(row["difference"], rel=1e-9)
        errors = np.sqrt(np.diag(effects.gradient @ fit.covariance @ effects.gradient.T))
        assert errors[0] == pytest.approx(row["difference_se"], rel=1e-9)


# Errors and degrees of freedom


@st.composite
def tables(draw):
    base = draw(arrays(int, (draw(st.integers(6, 9)), 3, 2), elements=st.integers(0, 5)))
    share = draw(arrays(float, base.shape, elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


@given(tables(), st.sampled_from(["equal", "by service", "by service and pattern"]))
@settings(max_examples=60)
def test_any_table_has_the_cr2_errors_of_its_single_cases(table, weights):
    yes, base = table
    weight = {
        "equal": 1.0,
        "by service": np.linspace(0.5, 2, len(base))[:, None, None],
        "by service and pattern": np.linspace(0.5, 2, base.size).reshape(base.shape),
    }[weights]
    cells = crossed(yes, base, weight)
    fit, effects = effects_of(cells, one_stratum_design(len(base)))
    assume(fit.status is Status.OK and effects.status is Status.OK)
    X, y, service, weight = as_cases(cells)
    # Close to a service that decides alone, or to separation, both sides lose digits.
    v = weight * expit(X @ fit.estimate) * expit(-X @ fit.estimate)
    root = np.linalg.cholesky(np.linalg.inv(X.T @ (v[:, None] * X)))
    own = [root.T @ (X[service == g].T * v[service == g]) @ X[service == g] @ root for g in range(len(base))]
    assume(np.linalg.eigvalsh(own).max() < 0.98 and np.abs(X @ fit.estimate).max() < 6)
    estimate, error, df = cr2_effects(X, y, service, VARIABLES, weight)
    assert effects.estimate == pytest.approx(estimate, rel=1e-9, abs=1e-12)
    assert effects.standard_error == pytest.approx(error, rel=1e-9)
    assert effects.df == pytest.approx(df, rel=1e-9)
    assert effects.statistic == pytest.approx(estimate / error, rel=1e-8, abs=1e-10)
    assert effects.p_value == pytest.approx(2 * t.sf(np.abs(estimate / error), df), rel=1e-6)
    assert effects.ci_high - effects.estimate == pytest.approx(error * t.ppf(0.975, df), rel=1e-8)
    assert effects.estimate - effects.ci_low == pytest.approx(error * t.ppf(0.975, df), rel=1e-8)


def pair(yes, base):
    """Cells of tables of shape (n_services, 2)."""
    service, level = (each.ravel() for each in np.indices(base.shape))
    rows = design_rows(service.size, [level_rows("group", level, ["a", "b"], reference="a")])
    yes, base = yes.ravel(), base.ravel()
    return RegressionCells(service, yes, base, yes, base, rows)


@given(arrays(int, (7, 2), elements=st.integers(0, 9)), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_one_variable_of_two_levels_has_the_error_of_the_difference_of_shares(base, random):
    """Within a level all cases have one working variance, so linear and logistic CR2 adjust alike."""
    yes = np.array([[random.randint(0, n) for n in row] for row in base.tolist()])
    _, effects = effects_of(pair(yes, base), one_stratum_design(7))
    plain = share_differences(yes, base, yes, base, reference=0, correction="CR2", confidence_level=0.95)
    assume(effects.status is Status.OK and plain.status[0] == Status.OK)
    assert effects.estimate == pytest.approx(plain.estimate, abs=1e-9)
    assert effects.standard_error == pytest.approx(plain.standard_error, rel=1e-7)


@pytest.mark.parametrize("same", [True, False])
def test_where_both_shares_vary_alike_the_test_is_that_of_the_difference_of_shares(same):
    """Shares p and p, or p and 1 - p: one binomial variance, so the degrees of freedom agree as well."""
    base = np.array([3, 8, 5, 12, 6, 9, 4])
    yes = np.array([1, 3, 4, 4, 2, 7, 2])
    other = yes if same else base - yes
    yes, base = np.stack([yes, np.roll(other, 2)], axis=1), np.stack([base, np.roll(base, 2)], axis=1)
    _, effects = effects_of(pair(yes, base), one_stratum_design(7))
    plain = share_differences(yes, base, yes, base, reference=0, correction="CR2", confidence_level=0.95)
    for field in ("estimate", *ERRORS):
        assert getattr(effects, field) == pytest.approx(getattr(plain, field), rel=1e-9, abs=1e-12), field
    # Elsewhere the working models part.
    yes[:, 0] = np.minimum(yes[:, 0], 1)
    _, effects = effects_of(pair(yes, base), one_stratum_design(7))
    plain = share_differences(yes, base, yes, base, reference=0, correction="CR2", confidence_level=0.95)
    assert effects.df != pytest.approx(plain.df, rel=1e-3)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 1.5, 2.25]])
def test_with_many_services_both_matrices_of_cr2_print_alike(monkeypatch, weights):
    """What is left apart is of order 1 over services: unequal services, and a level that some do not have."""
    n_services, rng = 1_100, np.random.default_rng(1)
    base = rng.poisson(4 * rng.lognormal(0, 1, (n_services, 1, 1)) * np.ones((n_services, 3, 2)))
    base[: n_services // 4, :, 0] = 0
    effects = np.array([0, 0.3, 1.5])[:, None] + np.array([0, -0.8])
    yes = rng.binomial(base, expit(rng.normal(-0.5, 0.6, (n_services, 1, 1)) + effects))
    cells = crossed(yes, base, rng.choice(weights, (n_services, 1, 1)))
    _, found = effects_of(cells, one_stratum_design(n_services))
    monkeypatch.setattr(fits, "MANY_SERVICES", n_services)
    _, expected = effects_of(cells, one_stratum_design(n_services))
    assert (found.standard_error != expected.standard_error).any()
    # With many services CR2 takes another square root (A25), which differed by up to 4e-5 where it was measured.
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-4)
    assert found.df == pytest.approx(expected.df, rel=1e-6)
    for field in ("ci_low", "ci_high"):  # a thousandth of a percentage point; one decimal is printed
        assert getattr(found, field) == pytest.approx(getattr(expected, field), abs=1e-5)


def test_strata_play_no_part():
    cells = crossed(*random_tables(6))
    _, one = effects_of(cells, one_stratum_design(6))
    _, two = effects_of(cells, stratified_design([*"aaabbb"], np.full(6, np.nan)))
    assert one.status is two.status is Status.OK
    for field in ERRORS:
        assert getattr(one, field).tolist() == getattr(two, field).tolist()


# What cannot be computed


def random_tables(n_services):
    random = np.random.default_rng(4)
    base = random.integers(3, 9, (n_services, 3, 2))
    return random.binomial(base, 0.4), base


def test_a_level_in_one_service_only_leaves_the_other_effects_with_what_the_rest_knows():
    yes, base = random_tables(6)
    for table in (yes, base):
        table[1:, 2] = 0
    cells = crossed(yes, base)
    fit, effects = effects_of(cells, one_stratum_design(6))
    assert (effects.status, effects.named_columns) == (Status.ONE_SERVICE_DECIDES, fit.columns[2:3])
    estimate, error, df = cr2_effects(*as_cases(cells)[:3], VARIABLES, sole=[2])
    assert effects.estimate == pytest.approx(estimate, rel=1e-9)
    assert effects.standard_error == pytest.approx([error[0], np.nan, error[2]], rel=1e-9, nan_ok=True)
    assert effects.df == pytest.approx([df[0], np.nan, df[2]], rel=1e-9, nan_ok=True)
    for field in ERRORS:
        assert np.isnan(getattr(effects, field)).tolist() == [False, True, False], field


def test_services_that_agree_exactly_leave_estimates_alone():
    yes, base = np.tile([[3, 5], [2, 4], [6, 3]], (6, 1, 1)), np.full((6, 3, 2), 9)
    fit, effects = effects_of(crossed(yes, base), one_stratum_design(6))
    assert effects.status is fit.status is Status.NO_VARIATION
    assert np.isfinite(effects.estimate).all()
    for field in ERRORS:
        assert np.isnan(getattr(effects, field)).all(), field


def test_an_effect_that_services_agree_on_is_named_though_no_coefficient_is():
    """Shares differ between services, but each has two in ten more of one level than of the other."""
    yes = np.array([[2, 4], [4, 6], [2, 4], [4, 6]])
    fit, effects = effects_of(pair(yes, np.full((4, 2), 10)), one_stratum_design(4))
    assert fit.status is Status.OK
    assert (effects.status, effects.named_columns) == (Status.NO_VARIATION, fit.columns[1:])
    assert effects.estimate == pytest.approx([0.2])
    for field in ERRORS:
        assert np.isnan(getattr(effects, field)).all(), field


def test_shares_too_close_to_0_for_their_information_leave_nothing():
    yes = np.array([[2, 4 * 10**11], [3, 5 * 10**11], [2, 5 * 10**11], [4, 3 * 10**11]])
    fit, effects = effects_of(pair(yes, np.full((4, 2), 10**12)), one_stratum_design(4))
    assert fit.status is Status.OK
    assert (effects.status, effects.named_columns) == (Status.NOT_CONVERGED, ())
    for field in ("estimate", *ERRORS, "gradient"):
        assert np.isnan(getattr(effects, field)).all(), field


def test_a_constant_alone_has_no_effect():
    cells = RegressionCells([0, 1, 2], [1, 2, 1], [3, 3, 4], [1, 2, 1], [3, 3, 4], design_rows(3, []))
    fit, effects = effects_of(cells, one_stratum_design(3))
    assert fit.status is effects.status is Status.OK
    assert effects.columns == ()
    assert effects.estimate.shape == effects.p_value.shape == (0,)


def test_effects_of_other_columns_are_refused(schools):
    cells, design = schools
    fit, _ = effects_of(cells, design)
    other = RegressionCells([0], [1], [2], [1], [2], design_rows(1, []))
    with pytest.raises(StatisticsError, match="other columns"):
        average_marginal_effects(fit, other, confidence_level=0.95)
