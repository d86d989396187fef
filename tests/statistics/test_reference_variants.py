"""Results of R that are one step from ours: a variant nothing here reports, made from our own totals and covariances.

They check the covariances once more, by other routes. The last step of each is R's, from the source of survey 4.5:
Wald and score tests of a table, saddlepoint p-values, likelihood ratio tests, further intervals of a share.
"""

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline
from scipy.optimize import brentq
from scipy.special import expit, xlogy
from scipy.stats import beta, chi2, norm
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from desistance.statistics import comparisons
from desistance.statistics.design import degrees_of_freedom, score_covariance
from desistance.statistics.likelihood import likelihood_peak
from desistance.statistics.logistic import logistic_regression
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.regression_cells import RegressionCells, design_rows, level_rows, score_rows

PRINTED = 1e-12
# R's root finder stops at 1e-8 of the saddlepoint, which moves a p-value by as much, relatively.
SADDLEPOINT = 3e-7


def close(value, reference, relative=PRINTED):
    return np.asarray(value) == pytest.approx(np.asarray(reference), rel=relative, abs=0)


# Tables


def cells_of(tallies):
    """Weights by service, answer (no first) and level."""
    return np.stack([tallies[3] - tallies[2], tallies[2]], axis=1)


def wald_q(tallies, design):
    """Chi-square of what cells hold beyond row total times column total over all, and its degrees of freedom."""
    cells = cells_of(tallies)
    rows, columns, total = cells.sum(axis=(0, 2)), cells.sum(axis=(0, 1)), cells.sum()
    beyond = (cells.sum(axis=0) - np.outer(rows, columns) / total)[1:, 1:].ravel()
    scores = (
        cells
        - cells.sum(axis=2)[:, :, None] * columns / total
        - rows[:, None] * cells.sum(axis=1)[:, None, :] / total
        + np.outer(rows, columns) / total**2 * cells.sum(axis=(1, 2))[:, None, None]
    )[:, 1:, 1:].reshape(len(cells), -1)
    return float(beyond @ np.linalg.solve(score_covariance(scores, design), beyond)), len(beyond)


def wald_tests(q, k, nu):
    """statistic, df1, df2 and p of each variant; nu: services less strata."""
    return {
        "Wald": (q / k, k, nu, f_distribution.sf(q / k, k, nu)),
        "adjWald": (
            adjusted := q * (nu - k + 1) / (k * nu),
            k,
            nu - k + 1,
            f_distribution.sf(adjusted, k, nu - k + 1),
        ),
        # Two copies of the cases, hence a quarter; one model for both, hence fewer degrees of freedom.
        "wls-score": (q / 4, k, nu - k - 1, f_distribution.sf(q / 4, k, nu - k - 1)),
    }


def saddlepoint(x, weights):
    """P(sum of weights times chi-squares of 1 df > x), by the approximation of Lugannani and Rice."""
    largest = weights.max()
    w, x = weights / largest, x / largest
    lowest = max(1 / (2 * w[w < 0])) * 0.99999
    highest = min(1 / (2 * w[w > 0])) * 0.99999
    zeta = brentq(lambda z: (w / (1 - 2 * z * w)).sum() - x, lowest, highest, xtol=1e-14)
    root = np.sign(zeta) * np.sqrt(2 * (zeta * x + np.log(1 - 2 * zeta * w).sum() / 2))
    slope = zeta * np.sqrt(2 * np.square(w / (1 - 2 * zeta * w)).sum())
    return norm.sf(root + np.log(slope / root) / root)


def over_f(statistic, eigenvalues, ddf):
    """P(weighted chi-squares over an independent chi-square of `ddf` > statistic); R cuts `ddf` to a whole number."""
    return saddlepoint(0.0, np.append(eigenvalues, np.full(int(ddf), -statistic / ddf)))


def test_wald_and_score_tests_are_those_of_svychisq(samples, more, further_association):
    name, sample, outcome, by, _ = further_association
    sample, expected = samples[sample], more["svychisq"][name]
    tallies = sample.table(outcome, by)
    nu = degrees_of_freedom(tallies[1].sum(axis=1), sample.design).item()
    ours = wald_tests(*wald_q(tallies, sample.design), nu)
    for method in ("Wald", "adjWald", "wls-score"):
        if "error" in expected[method]:
            assert name.startswith("nhanes")  # R fails on missing answers here
            continue
        parameters = list(expected[method]["parameter"].values())
        reference = [expected[method]["statistic"], *parameters, expected[method]["p"]]
        assert close(ours[method], reference, 1e-9), method


def test_saddlepoint_p_values_are_those_of_svychisq(samples, more, further_association):
    """`lincom` is the same here: R had no package for the exact distribution."""
    name, sample, outcome, by, n_rows = further_association
    sample, expected = samples[sample], more["svychisq"][name]
    tallies = sample.table(outcome, by)
    test = comparisons.rao_scott_test(*tallies, sample.design)
    n_cases = tallies[1].sum()
    delta = comparisons._generalised_design_effects(
        comparisons._cells(tallies[:2], tallies[2:]), n_cases, sample.design
    )
    eigenvalues = np.linalg.eigvals(delta)
    assert close(eigenvalues.sum(), test.design_effect * len(delta))
    p_value = over_f(test.chi_square, eigenvalues, test.df2)
    for method in ("lincom", "saddlepoint"):
        # Chi-square is scaled to all rows of the file, as in the tests of F and Chisq.
        assert close(test.chi_square * n_rows / n_cases, expected[method]["statistic"])
        assert close(p_value, expected[method]["p"], SADDLEPOINT)


def test_wald_tests_of_every_table_are_those_of_svychisq(samples, wald_row):
    sample, expected = samples[wald_row.sample], wald_row.expected
    tallies = sample.table(expected["outcome"], expected["by"])
    nu = degrees_of_freedom(tallies[1].sum(axis=1), sample.design).item()
    ours = wald_tests(*wald_q(tallies, sample.design), nu)[expected["method"]]
    assert close(ours, [expected[key] for key in ("statistic", "df1", "df2", "p")], 1e-9)


def test_yates_correction_is_that_of_chisq_test(samples, pearson_row):
    """Of a table of two by two; R leaves larger ones as they are."""
    sample, expected = samples[pearson_row.sample], pearson_row.expected
    n_yes, n_base = (each.sum(axis=0) for each in sample.table(expected["outcome"], expected["by"])[:2])
    table = np.array([n_yes, n_base - n_yes])
    mean = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    off = np.abs(table - mean) - (0.5 if table.shape == (2, 2) else 0)
    statistic = (np.square(off) / mean).sum()
    assert close(statistic, expected["chi2_yates"])
    assert close(chi2.sf(statistic, expected["df"]), expected["p_yates"])


# Shares


def where_glm_stops(p, n):
    """R's iterations for a share: log odds, and the information of a case in the step before, which R keeps."""
    share, deviance = np.array([0.25, 0.75]), np.inf
    while True:
        weight = np.array([1 - p, p]) * share * (1 - share)
        working = np.log(share / (1 - share)) + (np.array([0, 1]) - share) / (share * (1 - share))
        log_odds, before = (weight @ working) / weight.sum(), deviance
        share = np.full(2, expit(log_odds))
        deviance = -2 * (xlogy(p, share[1]) + xlogy(1 - p, 1 - share[0]))
        if abs(deviance - before) < 1e-8 * (deviance + 0.1 / n):
            return log_odds, weight.sum()


def likelihood_interval(share, quantile):
    """`confint.svyglm(method = "likelihood")`: a profile at few points, a spline at three times as many, then lines."""
    n, p = share.n_base, float(share.estimate)
    at, information = where_glm_stops(p, n)
    error = share.standard_error / (p * (1 - p))
    # Variance of the log odds over that of independent cases; and the dispersion, n / (n - 1).
    ratio = error**2 * n * information
    cutoff = quantile * np.sqrt(ratio)
    furthest = np.sqrt(f_distribution.isf(norm.sf(cutoff) / 2, 1, n - 1))

    def depth(log_odds):
        q = expit(log_odds)
        deviance = -2 * n * (xlogy(p, q / p) + xlogy(1 - p, (1 - q) / (1 - p)))
        return np.sign(log_odds - at) * np.sqrt(deviance * (n - 1) / n)

    points = [(at, 0.0)]
    for sign in (-1, 1):
        for step in range(1, 10):
            log_odds = at + sign * step * furthest / 5 * error
            points.append((log_odds, depth(log_odds)))
            if abs(points[-1][1]) >= furthest:
                break
    x, z = np.array(sorted(points)).T
    fine = np.linspace(x[0], x[-1], 3 * len(x))
    ends = [[(3, 6 * third_difference(x[part], z[part]))] for part in (slice(4), slice(-4, None))]
    z_fine = make_interp_spline(x, z, bc_type=tuple(ends))(fine)
    return expit(np.interp([-cutoff, cutoff], z_fine, fine))


def third_difference(x, z):
    """Third divided difference of four points: what R's spline holds on to at its ends."""
    for order in range(1, 4):
        z = np.diff(z) / (x[order:] - x[:-order])
    return z.item()


def test_other_intervals_are_those_of_svyciprop(samples, more, further_share):
    name, sample, outcome, by, level = further_share
    sample, expected = samples[sample], more["svyciprop"][name]
    answers = (
        (sample.columns["ell"] == "0").astype(float) if outcome == "ell is 0" else sample.answers(outcome)
    )
    cases = np.full(len(answers), True) if by is None else sample.columns[by] == level
    tally = sample.tally(answers, cases)
    share = clustered_proportions(*tally, sample.design, confidence_level=0.95, minimum_effective_base=0)
    p, error, quantile = share.estimate, share.standard_error, t_distribution.ppf(0.975, share.df)
    n_effective = p * (1 - p) / error**2
    middle, half = (
        p + quantile**2 / (2 * n_effective),
        quantile * np.sqrt(p * (1 - p) / n_effective + quantile**2 / (4 * n_effective**2)),
    )
    turned = np.arcsin(np.sqrt(p)) + np.array([-1, 1]) * quantile * error / (2 * np.sqrt(p * (1 - p)))
    shrunk = n_effective * (t_distribution.ppf(0.975, share.n_base - 1) / quantile) ** 2
    ends = {
        "mean": p + np.array([-1, 1]) * quantile * error,
        "asin": np.square(np.sin(turned)),
        "wilson": (middle + np.array([-1, 1]) * half) / (1 + quantile**2 / n_effective),
        "beta": [
            beta.ppf(0.025, shrunk * p, shrunk * (1 - p) + 1),
            beta.ppf(0.975, shrunk * p + 1, shrunk * (1 - p)),
        ],
        "xlogit": [share.ci_low, share.ci_high],
        "logit": [share.ci_low, share.ci_high],
        "likelihood": likelihood_interval(share, quantile),
    }
    assert set(ends) == set(expected)
    for method, interval in ends.items():
        # Where R fits a regression it stops a little early.
        relative = 1e-7 if method in ("logit", "likelihood") else 1e-10
        assert close(p, expected[method]["p"], relative)
        assert close(error, expected[method]["se"])
        assert close(interval, [expected[method]["lo"], expected[method]["hi"]], relative), method


# Likelihood ratio tests


def rao_scott_ratio(cells, design, tested):
    """Fall of the deviance, eigenvalues of robust over independent covariance, and p."""
    fit = logistic_regression(cells, design, confidence_level=0.95)
    amounts = cells.weight_yes, cells.weight_base
    peak = likelihood_peak(cells.rows, *amounts)
    kept = [j for j in range(cells.rows.shape[1]) if j not in tested]
    fall = 2 * (peak.log_likelihood - likelihood_peak(cells.rows[:, kept], *amounts).log_likelihood)
    within = np.ix_(tested, tested)
    independent = np.linalg.inv(peak.information)[within]
    eigenvalues = np.sort(np.linalg.eigvals(np.linalg.solve(independent, fit.covariance[within])))[::-1]
    return fall, eigenvalues, fit.df[0], over_f(fall, eigenvalues, fit.df[0])


@pytest.mark.parametrize("name", ["regTermTest_LRT", "factor_LRT"])
def test_likelihood_ratio_tests_of_the_districts_are_those_of_regtermtest(samples, more, name):
    """R's errors are 1e-6 off, as it stops iterating early (`test_logistic`), and enter the eigenvalues squared."""
    sample, expected = samples["more"], more["trend_apiclus2"][name]
    band = np.digitize(sample.columns["meals"].astype(float), [25, 50, 75], right=True)
    part = (
        score_rows("band", band + 1)
        if name == "regTermTest_LRT"
        else level_rows("band", band, ["1", "2", "3", "4"], reference="1")
    )
    yes, one = sample.answers("sch_wide"), np.ones(len(band))
    cells = RegressionCells(sample.service, yes, one, yes, one, design_rows(len(band), [part]))
    tested = list(range(1, cells.rows.shape[1]))
    fall, eigenvalues, df, p_value = rao_scott_ratio(cells, sample.design, tested)
    assert (len(tested), df) == (expected["df"], expected["ddf"])
    assert close(fall, expected["chisq"], 1e-9)
    assert close(eigenvalues, np.atleast_1d(expected["lambda"]), 5e-6)
    assert close(p_value, expected["p"], 5e-6)


# Adjusted p-values


def test_other_adjustments_are_those_of_p_adjust(multiplicity_rows, more):
    """Benjamini and Yekutieli's is ours times 1 + 1/2 + ... + 1/n; Bonferroni's is n times p and never below Holm's."""
    families = [(multiplicity_rows, "by"), (more["baseR"]["p.adjust"], "BY")]
    (rows, key), (printed, name) = families
    p_values = {
        key: [row["p"] for row in rows],
        name: [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216],
    }
    for own, reference in (("by", [row["by"] for row in rows]), ("BY", printed["BY"])):
        factor = (1 / np.arange(1, len(p_values[own]) + 1)).sum()
        assert close(np.minimum(1, factor * benjamini_hochberg(p_values[own])), reference)
    bonferroni = np.minimum(1, len(p_values["BY"]) * np.array(p_values["BY"]))
    assert close(bonferroni, printed["bonferroni"])
    assert (holm(p_values["BY"]) <= bonferroni).all()
