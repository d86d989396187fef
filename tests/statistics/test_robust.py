"""Cluster-robust regression from counts, against R's clubSandwich and against case-level algebra.

Linear models agree with R to 5e-13, which is the precision the references are printed with. Logistic ones do
not, because R stops iterating early and then mixes two iterations: the bread is that of the step before the
last. `stopped_early` does the same on cases and agrees with R to 1e-10 (4e-13 for most); the counts agree
with it to 1e-10 when both iterate to the end. Between the two lie at most 4e-5 (standard errors) and 1e-4
(p-values), and this is all that the direct comparison tolerates.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import fractional_matrix_power
from scipy.special import expit
from scipy.stats import chi2
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from desistance.errors import StatisticsError
from desistance.statistics import likelihood
from desistance.statistics.fits import linear_fit, logistic_fit
from desistance.statistics.robust import (
    Correction,
    DegreesOfFreedom,
    contrast_tests,
    covariance,
)
from desistance.statistics.status import Status
from desistance.statistics.wald import WaldMethod, wald_test

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
CASES = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))
PRINTED = 5e-13
ALL = list(Correction)
REGRESSION = ["(Intercept)", "looked_afteryes", "gendergirl", "age15-16", "age17-18"]


def coefficients_of(fit, contrasts=None, correction="CR2", df="satterthwaite"):
    contrasts = np.eye(len(fit.coefficients)) if contrasts is None else contrasts
    return contrast_tests(fit, contrasts, correction=correction, degrees_of_freedom=df, confidence_level=0.95)


def numbers(test):
    values = [each for each in dataclasses.astuple(test) if not isinstance(each, str)]
    values = [each for each in values if np.asarray(each).dtype.kind == "f"]
    return np.concatenate([np.ravel(each) for each in values])


def close(value, reference, relative=PRINTED):
    return np.asarray(value) == pytest.approx(np.asarray(reference), rel=relative, abs=0)


# Samples


def patterns(sample, outcome, row_of, by):
    """Design matrix, base and yes by service and pattern, and the cases themselves: X, y, service."""
    answers = sample.answers(outcome)
    levels = list(zip(*(sample.columns[name] for name in by), strict=True))
    known = ~np.isnan(answers)
    labels = sorted({level for level, keep in zip(levels, known, strict=True) if keep})
    code = np.array([labels.index(level) if level in labels else -1 for level in levels])
    base, yes = np.zeros((2, sample.design.n_services, len(labels)))
    np.add.at(base, (sample.service[known], code[known]), 1)
    np.add.at(yes, (sample.service[known], code[known]), answers[known])
    rows = np.array([row_of(*label) for label in labels], dtype=float)
    return rows, base, yes, (rows[code[known]], answers[known], sample.service[known])


def regression_row(looked_after, gender, age):
    return [1, looked_after == "yes", gender == "girl", age == "15-16", age == "17-18"]


def regression_data(samples, outcome):
    return patterns(samples["cases"], outcome, regression_row, ["looked_after", "gender", "age"])


@pytest.fixture(scope="module")
def districts(samples):
    """The 40 districts in four bands of free school meals, one pattern a band."""
    sample = samples["more"]
    band = np.digitize(sample.columns["meals"].astype(float), [25, 50, 75], right=True).astype(str)
    sample = dataclasses.replace(sample, columns={**sample.columns, "band": band})
    return patterns(sample, "sch_wide", lambda band: np.eye(4)[int(band)], ["band"])


MODELS = {
    "trend": np.column_stack([np.ones(4), [1, 2, 3, 4]]),
    "factor": np.column_stack([np.ones(4), np.eye(4)[:, 1:]]),
}

# A case-level oracle, in the notation of Pustejovsky and Tipton: Phi is the working variance, W the weights.


def least_squares(X, y):
    ones = np.ones(len(y))
    return {"X": X, "e": y - X @ np.linalg.lstsq(X, y, rcond=None)[0], "W": ones, "Phi": ones}


def logistic(X, y, *, stopped_early):
    """Logistic regression on cases; optionally with R's starting values, stopping rule and last weights."""
    share, deviance = (y + 0.5) / 2, np.inf
    linear = np.log(share / (1 - share))
    for _ in range(25):
        weights = share * (1 - share)
        working = linear + (y - share) / weights
        root = np.sqrt(weights)
        coefficients = np.linalg.lstsq(X * root[:, None], working * root, rcond=None)[0]
        linear = X @ coefficients
        share, before = expit(linear), deviance
        deviance = -2 * np.log(np.where(y == 1, share, 1 - share)).sum()
        if stopped_early and abs(deviance - before) / (deviance + 0.1) < 1e-8:
            break
    v = share * (1 - share)
    bread = np.linalg.inv((X.T * (weights if stopped_early else v)) @ X)
    return coefficients, {"X": X * v[:, None], "e": y - share, "W": 1 / v, "Phi": v, "bread": bread}


def case_level(model, service, correction):
    """Covariance by the definitions, and a function for what the degrees of freedom are made of."""
    X, e, W, Phi = (model[key] for key in ("X", "e", "W", "Phi"))
    M = np.linalg.inv((X.T * W) @ X)
    bread = model.get("bread", M)
    groups = [np.flatnonzero(service == each) for each in np.unique(service)]
    G, (N, q) = len(groups), X.shape
    H = X @ M @ (X.T * W)
    factor = {"CR0": 1, "CR1": G / (G - 1), "CR1S": G * (N - 1) / ((G - 1) * (N - q))}
    influence = []
    for rows in groups:
        rest = np.eye(len(rows)) - H[np.ix_(rows, rows)]
        if correction == "CR2":
            D = np.diag(np.sqrt(Phi[rows]))
            values, vectors = np.linalg.eigh(D @ rest @ np.diag(Phi[rows]) @ D)
            A = D @ (vectors / np.sqrt(values)) @ vectors.T @ D
        elif correction == "CR3":
            A = np.linalg.inv(rest)
        else:
            A = np.sqrt(factor[correction]) * np.eye(len(rows))
        influence.append((X[rows].T * W[rows]) @ A)
    parts = np.array([each @ e[rows] for each, rows in zip(influence, groups, strict=True)]) @ bread
    return parts.T @ parts, lambda: contributions(M, H, Phi, influence, groups)


def contributions(M, H, Phi, influence, groups):
    """Covariances P_gh = p_g' Phi p_h of p_g = (I - H)_g' A_g' W_g X_g M, shape (G, G, q, q)."""
    rest = np.eye(len(Phi)) - H
    p = np.stack([rest[rows].T @ each.T @ M for each, rows in zip(influence, groups, strict=True)])
    G, N, q = p.shape
    p = np.moveaxis(p, 1, 0).reshape(N, G * q)
    return np.moveaxis(((p.T * Phi) @ p).reshape(G, q, G, q), 1, 2)


def case_level_df(P):
    """Satterthwaite's degrees of freedom of every coefficient."""
    own = np.einsum("ghss->ghs", P)
    return np.square(np.einsum("ggs->s", own)) / np.square(own).sum(axis=(0, 1))


def case_level_eta(P, C, method):
    """Degrees of freedom of the Wishart distribution for contrasts C, by loops over its elements."""
    P = C @ P @ C.T
    root = np.real(fractional_matrix_power(np.einsum("ggst->st", P), -0.5))
    P, k = root @ P @ root, len(C)

    def cov(s, t, u, v):
        return (P[:, :, s, u] * P[:, :, t, v]).sum() + (P[:, :, s, v] * P[:, :, t, u]).sum()

    if method == "HTZ":
        return k * (k + 1) / sum(cov(s, t, s, t) for s in range(k) for t in range(k))
    below = [(s, t) for s in range(k) for t in range(s + 1)]
    distinct = [(*a, *b) for i, a in enumerate(below) for b in below[: i + 1]]
    return 2 * sum(cov(s, t, s, t) for s, t in below) / sum(cov(*each) ** 2 for each in distinct)


def agrees_with_cases(fit, model, service, relative=1e-9):
    q = len(fit.coefficients)
    for correction in ALL:
        V, pairs = case_level(model, service, correction)
        P = pairs()
        test = coefficients_of(fit, correction=correction)
        assert close(test.standard_error, np.sqrt(np.diag(V)), relative)
        assert covariance(fit, correction=correction) == pytest.approx(
            V, rel=relative, abs=relative * V.max()
        )
        assert close(test.df, case_level_df(P), relative)
        if q < 3:
            continue
        C = np.eye(q)[1:]
        b = C @ fit.coefficients
        for method in ("HTZ", "HTB"):
            eta = case_level_eta(P, C, method)
            wald = wald_test(fit, C, correction=correction, method=method)
            if wald.status != Status.OK:
                assert np.linalg.cond(C @ V @ C.T) > 1e12 or eta <= len(C) - 1
                continue
            Q = b @ np.linalg.solve(C @ V @ C.T, b)
            assert close(wald.df2, eta - len(C) + 1, relative)
            assert close(wald.statistic, (eta - len(C) + 1) / eta * Q / len(C), relative)
            assert close(
                wald.p_value, f_distribution.sf(wald.statistic, len(C), eta - len(C) + 1), relative * 100
            )


# R


@pytest.mark.parametrize("correction", ALL)
@pytest.mark.parametrize("name", MODELS)
def test_linear_models_of_districts_are_those_of_clubsandwich(districts, more, name, correction):
    _, base, yes, _ = districts
    expected = more["clubSandwich_apiclus2"][f"lpm_{name}"]
    fit = linear_fit(MODELS[name], base, base, yes)
    test = coefficients_of(fit, correction=correction)
    assert close(test.estimate, expected["coef"])
    assert close(test.standard_error, expected[correction]["se"])
    assert close(test.statistic, expected[correction]["t"])
    assert close(test.df, expected[correction]["df"])
    assert close(test.p_value, expected[correction]["p"])


@pytest.mark.parametrize("correction", ALL)
@pytest.mark.parametrize("name", MODELS)
def test_logistic_models_of_districts_are_those_of_clubsandwich(districts, more, name, correction):
    _, base, yes, _ = districts
    expected = more["clubSandwich_apiclus2"][f"glm_{name}"]
    fit = logistic_fit(MODELS[name], base, base, yes)
    test = coefficients_of(fit, correction=correction)
    assert close(test.estimate, expected["coef"], 2e-11)
    assert close(test.standard_error, expected[correction]["se"], 2e-6)
    assert close(test.statistic, expected[correction]["t"], 2e-6)
    assert close(test.df, expected[correction]["df"], 1e-6)
    assert close(test.p_value, expected[correction]["p"], 1e-5)


@pytest.mark.parametrize("method", list(WaldMethod))
@pytest.mark.parametrize("correction", ALL)
@pytest.mark.parametrize(("name", "fit"), [("lpm_factor", linear_fit), ("glm_factor", logistic_fit)])
def test_wald_tests_are_those_of_clubsandwich(districts, more, name, fit, correction, method):
    _, base, yes, _ = districts
    expected = more["clubSandwich_apiclus2"][name][correction][f"Wald_{method}"]
    test = wald_test(
        fit(MODELS["factor"], base, base, yes), np.eye(4)[1:], correction=correction, method=method
    )
    relative = PRINTED if name == "lpm_factor" else 3e-6
    assert close(test.statistic, expected["F"], relative)
    assert test.df1 == expected["df1"]
    assert close(test.df2, float(expected["df2"]), relative)
    assert close(test.p_value, expected["p"], relative)


@pytest.mark.parametrize("name", MODELS)
def test_uncorrected_errors_are_those_of_sandwich(districts, more, name):
    _, base, yes, _ = districts
    for kind, fit, relative in (("lpm", linear_fit, PRINTED), ("glm", logistic_fit, 2e-7)):
        expected = more["clubSandwich_apiclus2"][f"{kind}_{name}"]
        model = fit(MODELS[name], base, base, yes)
        for hc, correction in (("HC0", "CR0"), ("HC1", "CR1S")):
            error = coefficients_of(model, correction=correction).standard_error
            assert close(error, expected[f"sandwich_vcovCL_{hc}"], relative)


def test_logistic_regression_has_the_errors_of_an_independence_gee(districts, more):
    """Of geepack, which iterates further: 1e-9 reached."""
    _, base, yes, _ = districts
    fit, expected = logistic_fit(MODELS["trend"], base, base, yes), more["gee_apiclus2"]["indep"]
    assert close(fit.coefficients, expected["coef"], 1e-8)
    assert close(coefficients_of(fit, correction="CR0").standard_error, expected["se"], 1e-8)


@pytest.mark.parametrize(
    "expected", CASES["cr2"], ids=lambda row: f"{row['outcome']} {row['model']} {row['term']}"
)
def test_models_of_cases_are_those_of_clubsandwich(samples, expected):
    if expected["model"].startswith("linear"):
        X, base, yes, _ = patterns(
            samples["cases"], expected["outcome"], lambda level: [1, level == "yes"], ["looked_after"]
        )
        test, relative = coefficients_of(linear_fit(X, base, base, yes)), (PRINTED, PRINTED, 1e-12)
    else:
        X, base, yes, _ = regression_data(samples, expected["outcome"])
        test, relative = coefficients_of(logistic_fit(X, base, base, yes)), (2e-7, 4e-5, 1e-4)
    term = REGRESSION.index(expected["term"])
    assert close(test.estimate[term], expected["estimate"], relative[0])
    assert close(test.standard_error[term], expected["se"], relative[1])
    assert close(test.df[term], expected["df"], relative[1])
    assert close(test.p_value[term], expected["p"], relative[2])


@pytest.mark.parametrize(
    "outcome", ["lifestyle", "substance_misuse", "mental_health", "suf_lifestyle", "suf_mental_health"]
)
def test_what_remains_to_r_is_its_early_stop(samples, outcome):
    _, _, _, (X, y, service) = regression_data(samples, outcome)
    coefficients, model = logistic(X, y, stopped_early=True)
    V = case_level(model, service, "CR2")[0]
    for row in CASES["cr2"]:
        if row["outcome"] == outcome and row["model"].startswith("logistic"):
            term = REGRESSION.index(row["term"])
            assert close(coefficients[term], row["estimate"], 1e-11)
            assert close(np.sqrt(V[term, term]), row["se"], 1e-11)


def test_counts_give_what_cases_give(samples):
    X, base, yes, (cases, y, service) = regression_data(samples, "suf_mental_health")
    agrees_with_cases(linear_fit(X, base, base, yes), least_squares(cases, y), service)
    coefficients, model = logistic(cases, y, stopped_early=False)
    fit = logistic_fit(X, base, base, yes)
    assert close(fit.coefficients, coefficients, 1e-10)
    agrees_with_cases(fit, model, service)


@pytest.mark.parametrize("expected", CASES["regression"], ids=lambda row: f"{row['formula']} {row['term']}")
def test_one_stratum_of_equal_weights_makes_svyglm_cr1(samples, expected):
    """R survey 4.1: services / (services - 1), services less coefficients degrees of freedom."""
    X, base, yes, _ = regression_data(samples, expected["formula"].split(" ~ ")[0])
    test = coefficients_of(
        logistic_fit(X, base, base, yes), correction="CR1", df="services_less_coefficients"
    )
    term = REGRESSION.index(expected["term"])
    assert close(test.estimate[term], expected["estimate"], 2e-7)
    assert close(test.standard_error[term], expected["se"], 4e-5)
    assert test.df[term] == expected["df_resid"]
    assert close(test.p_value[term], expected["p"], 1e-4)


# Case-level algebra on made-up tables


@st.composite
def tables(draw, n_levels=3, largest=6, fewest=4):
    n = draw(st.integers(fewest, 8))
    base = draw(arrays(int, (n, n_levels), elements=st.integers(0, largest)))
    share = draw(arrays(float, (n, n_levels), elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


def expanded(rows, base, yes):
    service, level = (np.repeat(each.ravel(), base.ravel()) for each in np.indices(base.shape))
    y = np.concatenate([[1] * k + [0] * (n - k) for k, n in zip(yes.ravel(), base.ravel(), strict=True)])
    return rows[level], y.astype(float), service


DUMMIES = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 1]])


@settings(max_examples=50)
@given(tables(), st.sampled_from([linear_fit, logistic_fit]))
def test_any_table_gives_what_its_cases_give(drawn, fit_of):
    yes, base = drawn
    fit = fit_of(DUMMIES, base, base, yes)
    assume(fit.status == Status.OK and (coefficients_of(fit).status == Status.OK).all())
    assume(fit.eigen[0].max() < 0.98)
    X, y, service = expanded(DUMMIES, base, yes)
    model = least_squares(X, y) if fit_of is linear_fit else logistic(X, y, stopped_early=False)[1]
    agrees_with_cases(fit, model, service, 1e-6)


def test_a_model_with_more_patterns_than_coefficients_gives_what_its_cases_give():
    rng = np.random.default_rng(5)
    rows = np.column_stack([np.ones(12), rng.integers(0, 2, (12, 2)), rng.normal(size=12)])
    base = rng.integers(0, 4, (9, 12))
    yes = rng.binomial(base, 0.4)
    X, y, service = expanded(rows, base, yes)
    agrees_with_cases(linear_fit(rows, base, base, yes), least_squares(X, y), service)
    agrees_with_cases(logistic_fit(rows, base, base, yes), logistic(X, y, stopped_early=False)[1], service)


def test_weights_are_working_precisions():
    """With sums of weights alone, CR2 is that of cases whose variance is the inverse of their weight.

    The weights differ between services; within one they are equal, so that every root of the matrix is the
    same. The case-level oracle takes W and Phi = 1 / W.
    """
    rng = np.random.default_rng(8)
    base = rng.integers(1, 6, (10, 3))
    yes, w = rng.binomial(base, 0.4), rng.uniform(0.2, 3, (10, 1))
    X, y, service = expanded(DUMMIES, base, yes)
    W = np.repeat(np.repeat(w, 3, axis=1).ravel(), base.ravel())
    root = np.sqrt(W)
    e = y - X @ np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0]
    agrees_with_cases(
        linear_fit(DUMMIES, base, base * w, yes * w), {"X": X, "e": e, "W": W, "Phi": 1 / W}, service
    )


def test_one_case_a_service_gives_hc2_and_hc3():
    rng = np.random.default_rng(2)
    level, y = rng.integers(0, 3, 60), rng.integers(0, 2, 60).astype(float)
    base = np.eye(3)[level]
    X = DUMMIES[level]
    M = np.linalg.inv(X.T @ X)
    h, e = np.einsum("ni,ij,nj->n", X, M, X), y - X @ M @ X.T @ y
    fit = linear_fit(DUMMIES, base, base, base * y[:, None])
    for correction, scaled in (("CR2", e / np.sqrt(1 - h)), ("CR3", e / (1 - h))):
        expected = M @ (X.T * np.square(scaled)) @ X @ M
        assert covariance(fit, correction=correction) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_cr3_is_the_jackknife_around_the_estimate():
    rng = np.random.default_rng(4)
    base = rng.integers(1, 8, (12, 3))
    yes = rng.binomial(base, 0.3)
    whole = linear_fit(DUMMIES, base, base, yes).coefficients
    without = [
        linear_fit(DUMMIES, *(np.delete(each, g, axis=0) for each in (base, base, yes))).coefficients
        for g in range(12)
    ]
    gaps = np.array(without) - whole
    V = covariance(linear_fit(DUMMIES, base, base, yes), correction="CR3")
    assert pytest.approx(gaps.T @ gaps, rel=1e-10) == V


# Laws


@given(tables(), st.randoms(use_true_random=False), st.sampled_from([linear_fit, logistic_fit]))
def test_order_and_labels_do_not_matter(drawn, random, fit_of):
    yes, base = drawn
    services, levels = list(range(len(base))), [0, 1, 2]
    random.shuffle(services)
    random.shuffle(levels)
    fit = fit_of(DUMMIES, base, base, yes)
    other = fit_of(DUMMIES[levels], *(each[services][:, levels] for each in (base, base, yes)))
    assert fit.status == other.status
    one, two = coefficients_of(fit), coefficients_of(other)
    assert (one.status == two.status).all()
    assert numbers(two) == pytest.approx(numbers(one), rel=1e-5, abs=1e-7, nan_ok=True)


@given(tables(), st.sampled_from(ALL), st.sampled_from(list(DegreesOfFreedom)))
def test_tests_are_sensible(drawn, correction, df):
    yes, base = drawn
    for fit_of in (linear_fit, logistic_fit):
        test = coefficients_of(
            fit_of(DUMMIES, base, base, yes), [[0, 1, 0], [0, -1, 0], [0, 1, -1]], correction, df
        )
        ok = test.status == Status.OK
        assert (ok == ~np.isnan(test.p_value)).all()
        assert (ok == ~np.isnan(test.ci_low)).all()
        assert ((test.p_value >= 0) & (test.p_value <= 1))[ok].all()
        assert ((test.ci_low <= test.estimate) & (test.estimate <= test.ci_high))[ok].all()
        assert (test.df[ok] > 0).all()
        # Turning a contrast round changes signs and nothing else.
        assert test.estimate[1] == pytest.approx(-test.estimate[0], nan_ok=True)
        assert test.p_value[1] == pytest.approx(test.p_value[0], nan_ok=True)
        assert test.ci_low[1] == pytest.approx(-test.ci_high[0], nan_ok=True)
        if df == "satterthwaite" and ok[0]:
            assert test.df[0] <= fit_of(DUMMIES, base, base, yes).n_services


@given(tables())
def test_a_wald_test_of_one_contrast_is_a_squared_t_test(drawn):
    yes, base = drawn
    fit = linear_fit(DUMMIES, base, base, yes)
    test = coefficients_of(fit, [[0, 1, 0]])
    wald = {
        method: wald_test(fit, [[0, 1, 0]], correction="CR2", method=method) if fit.status == "ok" else None
        for method in ("HTZ", "HTB", "Naive-F", "chi-sq")
    }
    assume(test.status == Status.OK)
    for method, df in (("HTZ", test.df), ("HTB", test.df), ("Naive-F", fit.n_services - 1)):
        assert wald[method].statistic == pytest.approx(test.statistic.item() ** 2)
        assert wald[method].df2 == pytest.approx(np.asarray(df).item())
        assert wald[method].p_value == pytest.approx(
            2 * t_distribution.sf(abs(test.statistic.item()), wald[method].df2), abs=1e-12
        )
    assert wald["chi-sq"].p_value == pytest.approx(chi2.sf(test.statistic.item() ** 2, 1), abs=1e-12)


@given(tables(largest=12, fewest=5))
def test_a_wald_test_does_not_depend_on_how_the_hypothesis_is_written(drawn):
    yes, base = drawn
    fit = linear_fit(DUMMIES, base, base, yes)
    assume(fit.status == Status.OK)
    one = wald_test(fit, [[0, 1, 0], [0, 0, 1]], correction="CR2", method="HTZ")
    two = wald_test(fit, [[0, 1, -1], [0, 3, 1]], correction="CR2", method="HTZ")
    assert one.status == two.status
    assert numbers(two) == pytest.approx(numbers(one), rel=1e-6, nan_ok=True)
    if one.status == Status.OK:
        assert 0 <= one.p_value <= 1
        assert one.df2 > 0


def test_services_without_cases_change_nothing():
    yes, base = np.array([[1, 2], [0, 3], [2, 2]]), np.array([[3, 4], [2, 5], [4, 4]])
    more = [np.vstack([each, [[0, 0]] * 3]) for each in (base, base, yes)]
    for fit_of in (linear_fit, logistic_fit):
        one, two = (fit_of([[1, 0], [1, 1]], *each) for each in ((base, base, yes), more))
        assert numbers(coefficients_of(two)) == pytest.approx(numbers(coefficients_of(one)))
        assert two.n_services == 3


def test_equal_weights_of_any_size_change_nothing():
    rng = np.random.default_rng(3)
    base = rng.integers(1, 9, (6, 3))
    yes = rng.binomial(base, 0.5)
    for fit_of in (linear_fit, logistic_fit):
        one, two = fit_of(DUMMIES, base, base, yes), fit_of(DUMMIES, base, base * 70.0, yes * 70.0)
        assert numbers(coefficients_of(two)) == pytest.approx(numbers(coefficients_of(one)), rel=1e-8)


# What cannot be computed


def status_of(base, yes, rows=((1, 0), (1, 1)), fit_of=linear_fit):
    return fit_of(rows, base, base, yes).status


def test_models_that_cannot_be_fitted_say_why():
    n, y = [[4, 3], [5, 2], [3, 3]], [[1, 2], [2, 1], [1, 1]]
    for fit_of in (linear_fit, logistic_fit):
        assert status_of(np.zeros((3, 2)), np.zeros((3, 2)), fit_of=fit_of) == Status.NO_CASES
        assert status_of(n, y, [[1, 1], [1, 1]], fit_of) == Status.COLLINEAR
        assert status_of(n, y, [[1, 0], [1, 0]], fit_of) == Status.COLLINEAR
        assert status_of([[4, 0], [5, 0], [3, 0]], [[1, 0], [2, 0], [1, 0]], fit_of=fit_of) == "collinear"
    assert status_of(n, [[1, 3], [2, 2], [1, 3]], fit_of=logistic_fit) == Status.SEPARATED
    assert status_of(n, n, fit_of=logistic_fit) == Status.SEPARATED
    assert status_of(n, np.zeros((3, 2)), fit_of=logistic_fit) == Status.SEPARATED


def test_a_search_that_ends_too_early_is_not_taken_for_separation(monkeypatch):
    n, y = [[4, 3], [5, 2], [3, 3]], [[1, 2], [2, 1], [1, 1]]
    assert status_of(n, y, fit_of=logistic_fit) == Status.OK
    monkeypatch.setattr(likelihood, "MOST_STEPS", 1)
    assert status_of(n, y, fit_of=logistic_fit) == Status.NOT_CONVERGED
    assert status_of(n, [[1, 3], [2, 2], [1, 3]], fit_of=logistic_fit) == Status.SEPARATED


def test_rounding_in_sums_of_weights_does_not_hide_separation():
    n = np.array([[4, 3], [5, 2], [3, 3]])
    yes = np.array([[1, 3], [2, 2], [1, 3]]) * 0.1
    yes[0, 1] = np.nextafter(yes[0, 1], 0)
    assert logistic_fit([[1, 0], [1, 1]], n, n * 0.1, yes).status == Status.SEPARATED


def test_separation_in_a_combination_is_found():
    """Neither variable separates by itself, but their difference parts yes from no, ties aside."""
    rows = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
    base = np.array([[3, 3, 3, 3]] * 3)
    assert status_of(base, [[1, 0, 2, 2]] * 3, rows, logistic_fit) == Status.OK
    assert status_of(base, [[1, 0, 3, 2]] * 3, rows, logistic_fit) == Status.SEPARATED


def test_a_fit_that_failed_leaves_every_number_empty():
    fit = linear_fit([[1, 1], [1, 1]], [[4, 3], [5, 2]], [[4, 3], [5, 2]], [[1, 2], [2, 1]])
    test = coefficients_of(fit)
    assert list(test.status) == ["collinear", "collinear"]
    assert np.isnan(numbers(test)).all()
    assert np.isnan(covariance(fit, correction="CR2")).all()
    wald = wald_test(fit, np.eye(2), correction="CR2", method="HTZ")
    assert wald.status == Status.COLLINEAR
    assert np.isnan(numbers(wald)).all()


@pytest.mark.parametrize("fit_of", [linear_fit, logistic_fit])
def test_a_subgroup_of_one_service_has_an_estimate_only(fit_of):
    base, yes = np.array([[4, 3, 2], [5, 0, 3], [3, 0, 4]]), np.array([[1, 2, 1], [2, 0, 1], [1, 0, 3]])
    fit = fit_of(DUMMIES, base, base, yes)
    for correction in ALL:
        test = coefficients_of(fit, correction=correction)
        assert list(test.status) == ["ok", "one_service", "ok"]
        assert not np.isnan(test.estimate).any()
        assert np.isnan(test.standard_error[1])
        assert np.isnan(test.p_value[1])
        assert wald_test(fit, DUMMIES[1:], correction=correction, method="HTZ").status == Status.ONE_SERVICE


def test_one_service_has_estimates_only():
    fit = linear_fit([[1, 0], [1, 1]], [[4, 3]], [[4, 3]], [[1, 2]])
    assert list(coefficients_of(fit).status) == ["one_service"] * 2
    assert coefficients_of(fit).estimate == pytest.approx([0.25, 2 / 3 - 0.25])


def test_services_alike_leave_nothing_to_measure_against():
    base, yes = np.array([[4, 3, 2]] * 3), np.array([[1, 2, 1]] * 3)
    fit = linear_fit(DUMMIES, base, base, yes)
    assert list(coefficients_of(fit).status) == ["no_variation"] * 3
    assert (coefficients_of(fit).standard_error == 0).all()
    assert np.isnan(coefficients_of(fit).p_value).all()
    assert wald_test(fit, DUMMIES[1:], correction="CR2", method="HTZ").status == Status.NO_VARIATION


def test_more_contrasts_than_services_can_carry_are_not_tested():
    rng = np.random.default_rng(1)
    base = rng.integers(2, 6, (4, 5))
    yes = rng.binomial(base, 0.5)
    fit = linear_fit(np.eye(5), base, base, yes)
    wald = wald_test(fit, np.eye(5)[1:] - np.eye(5)[0], correction="CR2", method="HTZ")
    assert wald.status in (Status.NO_VARIATION, Status.NO_DEGREES_OF_FREEDOM)
    test = coefficients_of(fit, df="services_less_coefficients")
    assert set(test.status) == {"no_degrees_of_freedom"}


def test_inputs_that_make_no_sense_are_refused():
    n, y = [[4, 3], [5, 2]], [[1, 2], [2, 1]]
    fit = linear_fit([[1, 0], [1, 1]], n, n, y)
    with pytest.raises(StatisticsError, match="patterns by coefficients"):
        linear_fit([[1, 0]], n, n, y)
    with pytest.raises(StatisticsError, match="missing or infinite"):
        linear_fit([[1, 0], [1, np.nan]], n, n, y)
    with pytest.raises(StatisticsError, match="no cases"):
        linear_fit([[1, 0], [1, 1]], [[4, 0], [5, 2]], [[4, 0], [5, 2]], y)
    with pytest.raises(StatisticsError, match="exceeds"):
        logistic_fit([[1, 0], [1, 1]], n, n, [[5, 2], [2, 1]])
    with pytest.raises(StatisticsError, match="rows of 2"):
        coefficients_of(fit, [[1, 0, 0]])
    with pytest.raises(StatisticsError, match="not all 0"):
        coefficients_of(fit, [[0, 0]])
    with pytest.raises(StatisticsError, match="linearly dependent"):
        wald_test(fit, [[1, 0], [2, 0]], correction="CR2", method="HTZ")
    with pytest.raises(ValueError, match="CR9"):
        covariance(fit, correction="CR9")


def test_a_large_inspection_has_its_tests():
    rng = np.random.default_rng(2)
    base = rng.poisson(10, (20_000, 5))
    yes = rng.binomial(base, 0.3)
    fit = linear_fit(np.eye(5), base, base, yes)
    assert (coefficients_of(fit).status == Status.OK).all()
    assert wald_test(fit, np.eye(5)[1:] - np.eye(5)[0], correction="CR2", method="HTZ").status == Status.OK
