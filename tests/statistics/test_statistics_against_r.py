"""Every reference result that R's survey and stats packages gave.

All agree to 1e-12, which is the precision the references are printed with, except:
- logit intervals, 1e-8: R fits a logistic regression and stops iterating there (4e-9 reached);
- Fisher's p-values, 1e-10: logs of large factorials lose a few digits (4e-11 reached).
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import chdtrc

from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.design import score_covariance
from desistance.statistics.fisher import fisher_test
from desistance.statistics.intervals import Truncation, korn_graubard_interval, t_interval
from desistance.statistics.means import clustered_means
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.proportions import clustered_proportions

GUIMMUN = Path(__file__).parents[3] / "shared" / "real" / "guimmun.csv"
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
PRINTED = 1e-12


def close(value, reference, relative=PRINTED):
    return value == pytest.approx(reference, rel=relative, abs=0)


def share_of(sample, tally):
    return clustered_proportions(*tally, sample.design, confidence_level=0.95, minimum_effective_base=0)


def plain_korn_graubard(share):
    return korn_graubard_interval(
        share.estimate,
        share.standard_error,
        share.n_base,
        share.df,
        confidence_level=0.95,
        truncation=Truncation.NONE,
    )


def test_shares_are_those_of_survey(samples, proportion_row):
    sample, expected = samples[proportion_row.sample], proportion_row.expected
    share = share_of(sample, sample.subgroup(expected["outcome"], expected["by"], expected["level"]))
    assert share.n_base == expected["n"]
    assert share.n_yes == expected["n_unweighted_yes"]
    assert share.df == expected["df"]
    assert close(share.estimate, expected["estimate"])
    assert close(share.standard_error, expected["se"])
    assert close(share.design_effect, expected["deff"])


def test_intervals_of_shares_are_those_of_survey(samples, proportion_row):
    sample, expected = samples[proportion_row.sample], proportion_row.expected
    share = share_of(sample, sample.subgroup(expected["outcome"], expected["by"], expected["level"]))
    assert share.interval == "logit_t"
    assert close(share.ci_low, expected["logit_lower"], 1e-8)
    assert close(share.ci_high, expected["logit_upper"], 1e-8)
    exact = plain_korn_graubard(share)
    assert close(exact.ci_low, expected["beta_lower"])
    assert close(exact.ci_high, expected["beta_upper"])
    plain = t_interval(share.estimate, share.standard_error, share.df, confidence_level=0.95)
    assert close(plain.ci_low, expected["mean_lower"])
    assert close(plain.ci_high, expected["mean_upper"])


def test_rao_scott_tests_are_those_of_survey(samples, association_row):
    sample, expected = samples[association_row.sample], association_row.expected
    test = rao_scott_test(*sample.table(expected["outcome"], expected["by"]), sample.design)
    assert test.status == "ok"
    if expected["method"] == "F":
        assert close(test.statistic, expected["statistic"])
        assert close(test.df1, expected["df1"])
        assert close(test.df2, expected["df2"])
        assert close(test.p_value, expected["p"])
    else:  # first order: chi-square over the mean generalised design effect
        assert close(test.chi_square, expected["statistic"])
        assert close(chdtrc(expected["df1"], test.chi_square / test.design_effect), expected["p"])


def test_tests_that_ignore_services_are_those_of_stats(samples, pearson_row):
    sample, expected = samples[pearson_row.sample], pearson_row.expected
    n_yes, n_base = (each.sum(axis=0) for each in sample.table(expected["outcome"], expected["by"])[:2])
    test = pearson_test(n_yes, n_base)
    assert test.df == expected["df"]
    assert close(test.statistic, expected["chi2"])
    assert close(test.p_value, expected["p"])
    assert close(test.cramers_v, expected["cramers_v"])
    assert close(fisher_test(n_yes, n_base).p_value, expected["fisher_p"], 1e-10)


def test_further_rao_scott_tests_are_those_of_survey(samples, more, further_association):
    name, sample, outcome, by, n_rows = further_association
    sample, expected = samples[sample], more["svychisq"][name]
    tallies = sample.table(outcome, by)
    test = rao_scott_test(*tallies, sample.design)
    assert close(test.statistic, expected["F"]["statistic"])
    assert close(test.df1, expected["F"]["parameter"]["ndf"])
    assert close(test.df2, expected["F"]["parameter"]["ddf"])
    assert close(test.p_value, expected["F"]["p"])
    assert close(test.chi_square * n_rows / tallies[1].sum(), expected["Chisq"]["statistic"])
    df = expected["Chisq"]["parameter"]["df"]
    assert close(chdtrc(df, test.chi_square / test.design_effect), expected["Chisq"]["p"])


def test_further_intervals_are_those_of_survey(samples, more, further_share):
    name, sample, outcome, by, level = further_share
    sample, expected = samples[sample], more["svyciprop"][name]
    answers = (
        (sample.columns["ell"] == "0").astype(float) if outcome == "ell is 0" else sample.answers(outcome)
    )
    cases = np.full(len(answers), True) if by is None else sample.columns[by] == level
    share = share_of(sample, sample.tally(answers, cases))
    assert close(share.estimate, expected["beta"]["p"])
    assert close(share.standard_error, expected["beta"]["se"])
    for method, tolerance in (("logit", 1e-8), ("xlogit", 1e-8)):
        assert close(share.ci_low, expected[method]["lo"], tolerance)
        assert close(share.ci_high, expected[method]["hi"], tolerance)
    exact = plain_korn_graubard(share)
    assert close(exact.ci_low, expected["beta"]["lo"])
    assert close(exact.ci_high, expected["beta"]["hi"])


@pytest.mark.skipif(not GUIMMUN.exists(), reason="../shared/real/guimmun.csv is not there")
def test_pearsons_tests_of_the_guatemalan_children_are_those_of_stats(samples):
    rows = json.loads((REFERENCE / "guimmun.json").read_text(encoding="utf-8"))["pearson"]
    for expected in rows:
        n_yes, n_base = samples["guimmun"].table("outcome", expected["by"])[:2]
        test = pearson_test(n_yes.sum(axis=0), n_base.sum(axis=0))
        assert test.df == expected["df"]
        assert close([test.statistic, test.p_value], [expected["chi2"], expected["p"]])


def test_covariance_between_two_subgroups_is_that_of_survey(samples, more):
    sample, expected = samples["more"], more["svyby_diff_apiclus2"]
    n_yes, n_base = sample.table("sch_wide", "comp_imp")[:2]
    shares = n_yes.sum(axis=0) / n_base.sum(axis=0)
    covariance = score_covariance((n_yes - shares * n_base) / n_base.sum(axis=0), sample.design)
    assert close(shares.tolist(), list(expected["coef"].values()))
    assert close(covariance.ravel().tolist(), np.ravel(expected["V"]).tolist())
    assert close(np.sqrt(np.diag(covariance)).tolist(), expected["se"])
    contrast = np.array([-1.0, 1.0])
    assert close(contrast @ shares, expected["diff"])
    assert close(np.sqrt(contrast @ covariance @ contrast), expected["diff_se"])


def test_a_mean_has_the_error_and_design_effect_of_svymean(samples, more):
    sample, expected = samples["more"], more["svymean_apiclus2"]
    n_yes, n_base = sample.subgroup("sch_wide")[:2]
    mean = clustered_means(n_base, n_base, n_yes, n_yes, sample.design, confidence_level=0.95)
    assert close(mean.estimate, expected["mean"])
    assert close(mean.standard_error, expected["se"])
    assert close(mean.design_effect, expected["deff_replace"])


def test_intervals_of_means_are_those_of_survey(samples, proportion_row):
    sample, expected = samples[proportion_row.sample], proportion_row.expected
    tally = sample.subgroup(expected["outcome"], expected["by"], expected["level"])
    mean = clustered_means(tally[1], tally[3], tally[2], tally[2], sample.design, confidence_level=0.95)
    assert close(mean.estimate, expected["estimate"])
    assert close(mean.design_effect, expected["deff"])
    assert close(mean.ci_low, expected["mean_lower"])
    assert close(mean.ci_high, expected["mean_upper"])


def test_degrees_of_freedom_of_whole_samples_are_those_of_survey(samples, more):
    for name, sample, outcome in (
        ("apiclus1", "schools with weights and correction", "sch_wide"),
        ("apiclus1_unw", "schools", "sch_wide"),
        ("apiclus2_unw", "more", "sch_wide"),
        ("nhanes", "nhanes", "HI_CHOL"),
    ):
        assert share_of(samples[sample], samples[sample].subgroup(outcome)).df == more["degf"][name]


def test_adjusted_p_values_are_those_of_p_adjust(multiplicity_rows, more):
    p_values = [row["p"] for row in multiplicity_rows]
    assert close(holm(p_values).tolist(), [row["holm"] for row in multiplicity_rows])
    assert close(benjamini_hochberg(p_values).tolist(), [row["bh"] for row in multiplicity_rows])
    textbook = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    assert close(holm(textbook).tolist(), more["baseR"]["p.adjust"]["holm"])
    assert close(benjamini_hochberg(textbook).tolist(), more["baseR"]["p.adjust"]["BH"])
