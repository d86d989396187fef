"""Random-intercept logit against lme4, brute-force integration, and laws.

lme4 maximises the same approximate likelihood with a derivative-free optimiser that stops at changes of about 1e-5,
and takes second derivatives by differences of the deviance. So the log likelihood, flat at its peak, agrees to the
printed digits and is never below lme4's, while coefficients differ by up to 1e-4 of a standard error, and standard
errors by up to 1e-5 of themselves. `cases` turn out to have been fitted with enough points for the integral to be
exact (10 points and 25 give the same to 1e-9); Laplace's approximation is 1e-5 away in the log likelihood.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.findings import variation
from desistance.statistics import random_intercept
from desistance.statistics.adaptive_quadrature import ServiceLikelihood, hessian
from desistance.statistics.design import one_stratum_design
from desistance.statistics.logistic import logistic_regression
from desistance.statistics.random_intercept import random_intercept_logit
from desistance.statistics.regression_cells import (
    RegressionCells,
    design_rows,
    level_rows,
    score_rows,
)
from desistance.statistics.status import Status

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
GLMM = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))["glmm"]
# Contagious bovine pleuropneumonia in 15 herds over four periods: herd, new cases, herd size, period. Lesnoff and
# others (2004), Veterinary Research 35, 513-520; as `cbpp` in lme4.
CBPP = """
1 2 14 1  1 3 12 2  1 4 9 3  1 0 5 4  2 3 22 1  2 1 18 2  2 1 21 3  3 8 22 1  3 2 16 2  3 0 16 3  3 2 20 4  4 2 10 1
4 0 10 2  4 2 9 3  4 0 6 4  5 5 18 1  5 0 25 2  5 0 24 3  5 1 4 4  6 3 17 1  6 0 17 2  6 0 18 3  6 1 20 4  7 8 16 1
7 1 10 2  7 3 9 3  7 0 5 4  8 12 34 1  9 2 9 1  9 0 6 2  9 0 8 3  9 0 6 4  10 1 22 1  10 1 22 2  10 0 18 3  10 2 22 4
11 0 25 1  11 5 27 2  11 3 22 3  11 1 22 4  12 2 10 1  12 1 8 2  12 0 6 3  12 0 5 4  13 1 21 1  13 2 24 2  13 0 19 3
13 0 23 4  14 11 19 1  14 0 2 2  14 0 3 3  14 0 2 4  15 1 19 1  15 1 15 2  15 1 15 3  15 0 15 4
"""


def fitted(cells, n_services, n_points=25):
    return random_intercept_logit(cells, n_services, n_points=n_points, confidence_level=0.95)


def plain(yes, base, service=None):
    """Cells with a constant alone."""
    service = np.arange(len(yes)) if service is None else service
    return RegressionCells(service, yes, base, yes, base, design_rows(len(yes), []))


def reference_cells(samples, outcome):
    sample = samples["cases"]
    answers = sample.answers(outcome)
    kept = ~np.isnan(answers)
    parts = []
    for by in ("looked_after", "gender", "age"):
        levels = sample.levels(by)
        codes = [levels.index(value) for value in sample.columns[by][kept]]
        parts.append(level_rows(by, codes, levels, reference=levels[0]))
    one, yes = np.ones(kept.sum()), answers[kept]
    return RegressionCells(sample.service[kept], yes, one, yes, one, design_rows(len(yes), parts))


@pytest.mark.parametrize("outcome", sorted({row["outcome"] for row in GLMM}))
def test_fits_are_those_of_glmer(samples, outcome):
    rows = [row for row in GLMM if row["outcome"] == outcome]
    fit = fitted(reference_cells(samples, outcome), 43, n_points=10)
    assert fit.status is Status.OK
    theirs = {key: np.array([row[key] for row in rows]) for key in ("estimate", "se")}
    assert np.abs(fit.estimate - theirs["estimate"]).max() < 1e-4 * theirs["se"].min()
    assert fit.standard_error == pytest.approx(theirs["se"], rel=1e-5)
    assert len({(row["sd_yot"], row["logLik"]) for row in rows}) == 1
    assert fit.sd == pytest.approx(rows[0]["sd_yot"], rel=3e-5)
    assert fit.log_likelihood == pytest.approx(rows[0]["logLik"], rel=1e-11)
    assert fit.log_likelihood > rows[0]["logLik"] - 1e-11 * abs(rows[0]["logLik"])


def test_the_forty_districts_are_those_of_glmer_with_10_points(samples, more):
    sample, expected = samples["more"], more["glmer_apiclus2"]
    yes = sample.answers("sch_wide")
    band = 1 + np.digitize(sample.columns["meals"].astype(float), [25, 50, 75], right=True)
    one = np.ones(len(yes))
    cells = RegressionCells(
        sample.service, yes, one, yes, one, design_rows(len(yes), [score_rows("band", band)])
    )
    fit = fitted(cells, 40, n_points=expected["nAGQ"])
    assert fit.estimate == pytest.approx(expected["fixef"], rel=5e-6)
    assert fit.standard_error == pytest.approx(expected["se"], rel=1e-5)
    assert fit.sd == pytest.approx(expected["sd"], rel=5e-6)


def laplace(rows, yes, base, service):
    """Laplace's approximation to the log likelihood, one service after the other."""

    def height(theta):
        total, sd = 0.0, theta[-1]
        for each in np.unique(service):
            at = service == each
            fixed, u = rows[at] @ theta[:-1], 0.0
            for _ in range(60):
                share = expit(fixed + sd * u)
                curvature = 1 + sd**2 * (base[at] * share * (1 - share)).sum()
                u += (sd * (yes[at] - base[at] * share).sum() - u) / curvature
            share = expit(fixed + sd * u)
            total += (yes[at] * np.log(share) + (base[at] - yes[at]) * np.log1p(-share)).sum()
            total -= u**2 / 2 + np.log(curvature) / 2
        return total

    return height


def test_the_herds_are_those_of_glmer_with_laplace(more):
    """The example in lme4's documentation: nAGQ is the default, 1."""
    herd, yes, base, period = np.array(CBPP.split(), dtype=int).reshape(-1, 4).T
    rows = design_rows(len(herd), [level_rows("period", period - 1, list("1234"), reference="1")])
    fit = fitted(RegressionCells(herd - 1, yes, base, yes, base, rows), 15, n_points=1)
    expected = more["glmer_cbpp_doc"]
    # lme4 stopped earlier here than above: its own coefficients are less likely under the same approximation.
    model = ServiceLikelihood(
        rows.values, *(np.array(each, dtype=float) for each in (yes, base)), herd - 1, 1
    )
    theirs = model.posterior(np.array([*expected["fixef"], expected["sd"]])).log_likelihood
    assert fit.log_likelihood - 1e-5 < theirs < fit.log_likelihood
    assert np.abs(fit.estimate - expected["fixef"]).max() < 3e-3 * min(expected["se"])
    assert fit.sd == pytest.approx(expected["sd"], rel=1e-3)
    # Its errors come from second differences of a deviance whose inner steps stop at 1e-7, and are 1.3 % too small;
    # ours are those of Laplace's approximation written out again, below.
    assert fit.standard_error == pytest.approx(expected["se"], rel=1.5e-2)
    height, top = laplace(rows.values, yes, base, herd), np.append(fit.estimate, fit.sd)
    assert fit.log_likelihood == pytest.approx(height(top), rel=1e-10)
    second, steps = np.empty((5, 5)), 1e-3 * np.eye(5)
    for i, j in np.ndindex(5, 5):
        corners = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
        second[i, j] = sum(a * b * height(top + a * steps[i] + b * steps[j]) for a, b in corners) / 4e-6
    errors = np.sqrt(np.diag(np.linalg.inv(-second)))
    assert fit.standard_error == pytest.approx(errors[:4], rel=1e-4)
    assert fit.sd_standard_error == pytest.approx(errors[4], rel=1e-4)


# Brute force ------------------------------------------------------------------------------------------------------

YES, BASE = np.array([8, 3, 12, 0, 9, 5]), np.array([20, 10, 30, 10, 11, 5])


def posterior_grid(yes, base, centre, sd):
    """Effects on a fine grid, and likelihood times normal density, by the trapezoidal rule."""
    u = np.linspace(-12, 12, 20001)
    share = expit(centre + sd * u)[:, None]
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    return u, share, density[:, None] * share**yes * (1 - share) ** (base - yes), u[1] - u[0]


def test_the_likelihood_is_that_of_brute_force_integration():
    fit = fitted(plain(YES, BASE), 6)
    _, _, product, step = posterior_grid(YES, BASE, fit.estimate[0], fit.sd)
    assert fit.log_likelihood == pytest.approx(np.log(product.sum(axis=0) * step).sum(), rel=1e-10)


def test_no_other_coefficients_are_likelier():
    fit = fitted(plain(YES, BASE), 6)
    for move in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)):
        _, _, product, step = posterior_grid(YES, BASE, fit.estimate[0] + move[0], fit.sd + move[1])
        assert np.log(product.sum(axis=0) * step).sum() < fit.log_likelihood


def test_shrunken_shares_are_posterior_means_and_effects_posterior_modes():
    fit = fitted(plain(YES, BASE), 6)
    u, share, product, _ = posterior_grid(YES, BASE, fit.estimate[0], fit.sd)
    assert fit.shrunken_share == pytest.approx((share * product).sum(axis=0) / product.sum(axis=0), rel=1e-6)
    assert fit.service_effect == pytest.approx(fit.sd * u[product.argmax(axis=0)], abs=2e-3)


def test_errors_are_those_of_second_differences_of_the_brute_force_likelihood():
    fit = fitted(plain(YES, BASE), 6)

    def height(a, b):
        _, _, product, step = posterior_grid(YES, BASE, fit.estimate[0] + a, fit.sd + b)
        return np.log(product.sum(axis=0) * step).sum()

    h = 1e-3
    second = np.array(
        [
            [height(h, 0) + height(-h, 0) - 2 * height(0, 0), (height(h, h) - height(h, -h)) / 2],
            [0, height(0, h) + height(0, -h) - 2 * height(0, 0)],
        ]
    )
    second[0, 1] = second[1, 0] = (height(h, h) - height(h, -h) - height(-h, h) + height(-h, -h)) / 4
    errors = np.sqrt(np.diag(np.linalg.inv(-second / h**2)))
    assert fit.standard_error[0] == pytest.approx(errors[0], rel=1e-5)
    assert fit.sd_standard_error == pytest.approx(errors[1], rel=1e-5)


@pytest.mark.parametrize("n_points", [1, 2, 5, 12])
def test_the_gradient_is_that_of_the_approximation_itself(n_points):
    rng = np.random.default_rng(n_points)
    rows = np.column_stack([np.ones(12), rng.normal(size=12)])
    base = rng.integers(1, 9, 12).astype(float)
    yes = rng.binomial(base.astype(int), 0.4).astype(float)
    model = ServiceLikelihood(rows, yes, base, np.repeat([0, 1, 2, 3], 3), n_points)
    for theta in ([0.3, -0.5, 0.8], [-1.0, 0.2, -1.5], [0.0, 0.0, 0.0]):
        theta = np.array(theta)
        gradient = [
            (model.posterior(theta + s).log_likelihood - model.posterior(theta - s).log_likelihood) / 2e-5
            for s in 1e-5 * np.eye(3)
        ]
        assert model.posterior(theta).gradient == pytest.approx(np.array(gradient), abs=1e-7)
        assert hessian(model, theta, fine=True) == pytest.approx(hessian(model, theta, fine=False), abs=1e-3)


def test_more_points_change_less_and_less():
    values = [fitted(plain(YES, BASE), 6, n_points=n).sd for n in (1, 5, 10, 20, 40)]
    steps = np.abs(np.diff(values))
    assert (steps[1:] < steps[:-1]).all()
    assert steps[-1] < 1e-6


# No variance, and other ends --------------------------------------------------------------------------------------


def test_services_that_differ_by_no_more_than_chance_have_no_variance():
    yes, base = [5, 4, 5, 6, 5, 11], [10, 9, 9, 11, 10, 22]
    fit = fitted(plain(yes, base), 6)
    assert (fit.status, fit.sd, fit.latent_icc) == (Status.NO_VARIATION, 0.0, 0.0)
    assert (fit.variance_statistic, fit.variance_p_value) == (0.0, 1.0)
    share = sum(yes) / sum(base)
    assert fit.estimate == pytest.approx(np.log(share / (1 - share)))
    assert fit.standard_error == pytest.approx(1 / np.sqrt(sum(base) * share * (1 - share)))
    assert fit.shrunken_share == pytest.approx(np.full(6, share))
    assert fit.service_effect == pytest.approx(np.zeros(6))
    assert np.isnan(fit.sd_standard_error)


def test_services_all_of_one_answer_have_no_bound_on_their_variance():
    fit = fitted(plain([9, 0, 8, 0], [9, 7, 8, 9]), 4)
    assert fit.status is Status.NOT_CONVERGED
    assert np.isnan(fit.sd)
    assert np.isnan(fit.shrunken_share).all()


def test_a_service_with_all_yes_is_shrunken_inside():
    fit = fitted(plain(YES, BASE), 6)
    assert fit.observed_share[5] == 1
    assert fit.observed_share[3] == 0
    assert 0 < fit.shrunken_share[3] < fit.shrunken_share[5] < 1
    assert (fit.shrunken_low < fit.shrunken_share).all()
    assert (fit.shrunken_share < fit.shrunken_high).all()


def test_small_services_are_shrunken_more():
    fit = fitted(plain([30, 3, 2, 20, 9, 10], [40, 4, 20, 50, 30, 30]), 6)
    moved = np.abs(fit.shrunken_share - fit.observed_share)
    assert moved[1] > 3 * moved[0]


@pytest.mark.parametrize(
    ("yes", "base", "status"),
    [
        ([0, 0], [0, 0], Status.NO_CASES),
        ([4, 6], [4, 6], Status.ALL_YES),
        ([0, 0], [4, 6], Status.ALL_NO),
        ([3], [6], Status.ONE_SERVICE),
        ([3, 0], [6, 0], Status.ONE_SERVICE),
        ([1, 0, 1], [1, 1, 1], Status.ONE_CASE_EACH),
    ],
)
def test_what_cannot_be_computed_says_why(yes, base, status):
    fit = fitted(plain(yes, base), len(yes))
    assert fit.status is status
    for field in ("estimate", "standard_error", "sd", "log_likelihood", "shrunken_share", "service_effect"):
        assert np.isnan(getattr(fit, field)).all()


def test_separated_and_collinear_columns_are_named():
    base = np.full(8, 9)
    service, level = np.repeat([0, 1, 2, 3], 2), [0, 1] * 4
    for yes, levels, status, name in (
        ([3, 0, 4, 0, 5, 0, 2, 0], ["a", "b"], Status.SEPARATED, "group: b"),
        ([3, 1, 4, 2, 5, 1, 2, 3], ["a", "b", "c"], Status.COLLINEAR, "group: c"),
    ):
        rows = design_rows(8, [level_rows("group", level, levels, reference="a")])
        fit = fitted(RegressionCells(service, yes, base, yes, base, rows), 4)
        assert fit.status is status
        assert [column.name for column in fit.named_columns] == [name]


@pytest.mark.parametrize("n_points", [0, 101, 2.5])
def test_numbers_of_points_of_no_sense_are_refused(n_points):
    with pytest.raises(StatisticsError, match="from 1 to 100"):
        fitted(plain(YES, BASE), 6, n_points=n_points)


# Laws -------------------------------------------------------------------------------------------------------------


def test_cells_cut_finer_and_services_reordered_change_nothing():
    one = fitted(plain(YES, BASE), 6)
    cut = plain(
        np.append(YES, [0, 3]), np.append(BASE - [6, 0, 0, 0, 0, 0], [6, 9]), np.array([*range(6), 0, 7])
    )
    other = fitted(cut, 9)
    service = np.array([4, 2, 0, 5, 1, 3])
    shuffled = fitted(plain(YES, BASE, service), 6)
    assert shuffled.estimate == pytest.approx(one.estimate, rel=1e-7)
    assert shuffled.shrunken_share[service] == pytest.approx(one.shrunken_share, rel=1e-7)
    assert other.n_services == 7
    assert np.isnan(other.shrunken_share[[6, 8]]).all()


def test_yes_and_no_exchanged_changes_signs_only():
    one, other = fitted(plain(YES, BASE), 6), fitted(plain(BASE - YES, BASE), 6)
    assert other.estimate == pytest.approx(-one.estimate, rel=1e-6)
    assert other.sd == pytest.approx(one.sd, rel=1e-6)
    assert other.shrunken_share == pytest.approx(1 - one.shrunken_share, rel=1e-6)


@given(st.lists(st.integers(0, 15), min_size=1, max_size=8).flatmap(
    lambda base: st.tuples(st.just(base), st.tuples(*(st.integers(0, n) for n in base)))
))  # fmt: skip
@settings(max_examples=75)
def test_any_table_has_an_answer_and_it_makes_sense(table):
    base, yes = table
    fit = fitted(plain(yes, base), len(base), n_points=8)
    if fit.status in (Status.OK, Status.NO_VARIATION):
        seen = np.array(base) > 0
        assert fit.sd >= 0
        assert fit.variance_statistic >= 0
        assert 0 <= fit.variance_p_value <= 1
        assert (fit.ci_low <= fit.estimate).all()
        assert (fit.estimate <= fit.ci_high).all()
        for share in (fit.shrunken_share, fit.shrunken_low, fit.shrunken_high):
            assert ((share[seen] >= 0) & (share[seen] <= 1)).all()
        pooled = logistic_regression(plain(yes, base), one_stratum_design(len(base)), confidence_level=0.95)
        assert (fit.sd == 0) == (fit.status is Status.NO_VARIATION)
        if fit.sd == 0:
            assert fit.estimate == pytest.approx(pooled.estimate)
    else:
        assert np.isnan(fit.estimate).all()


def test_the_standard_deviation_behind_made_up_services_is_found_on_average():
    rng = np.random.default_rng(11)
    base = np.linspace(5, 50, 43).astype(int)
    found = []
    for _ in range(40):
        share = expit(0.5 + 0.6 * rng.normal(size=43))
        fit = fitted(plain(rng.binomial(base, share), base), 43, n_points=8)
        found.append((fit.estimate[0], fit.sd))
    assert np.mean(found, axis=0) == pytest.approx([0.5, 0.59], abs=0.06)


def many_services(sd, size):
    rng = np.random.default_rng(3)
    base = rng.poisson(size * rng.lognormal(0, 0.5, 1_500))
    return rng.binomial(base, expit(rng.normal(-1, sd, 1_500))), base


def test_many_services_that_are_alike_are_worked_out_once(monkeypatch):
    cells = plain(*many_services(0.5, 10))
    found = fitted(cells, 1_500)
    monkeypatch.setattr(random_intercept, "_MANY_SERVICES", 1_500)
    expected = fitted(cells, 1_500)
    assert (found.n_services, found.status) == (expected.n_services, expected.status)
    for field in ("sd", "sd_standard_error", "log_likelihood", "variance_p_value"):
        assert getattr(found, field) == pytest.approx(getattr(expected, field), rel=1e-7), field
    np.testing.assert_allclose(found.estimate, expected.estimate, rtol=1e-8)
    for field in ("observed_share", "shrunken_share", "shrunken_low", "service_effect", "service_effect_sd"):
        np.testing.assert_allclose(getattr(found, field), getattr(expected, field), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("sd", [0.3, 1.0])
def test_services_with_many_cases_need_few_points(sd):
    yes, base = many_services(sd, variation.MANY_CASES)
    few, many = (
        fitted(plain(yes, base), 1_500, n_points=n)
        for n in (variation.FEWER_POINTS, variation.QUADRATURE_POINTS)
    )
    assert few.sd == pytest.approx(many.sd, abs=1e-5)
    assert few.shrunken_share == pytest.approx(many.shrunken_share, abs=1e-4, nan_ok=True)
    assert few.sd != fitted(plain(yes, base), 1_500, n_points=1).sd
