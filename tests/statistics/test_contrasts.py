"""Ratios, survey differences and unclustered intervals, against R and against arithmetic on cases.

Differences of R's survey agree to 1e-12. Log ratios agree to 1e-7 and their errors to 5e-7: R fits them as
regressions and stops iterating early (for school types it prints -0.1541506763, where the logarithm of 6/7 is
-0.1541506798). Newcombe's intervals agree to the four digits he printed. Laws are in test_differences.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as t_distribution

from desistance.errors import StatisticsError
from desistance.statistics.contrasts import design_contrasts, newcombe_interval
from desistance.statistics.design import one_stratum_design, stratified_design

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
NAN = float("nan")
YES = np.array([[8, 2, 3], [5, 4, 1], [9, 1, 4], [3, 3, 2], [6, 2, 5]])
BASE = np.array([[10, 10, 5], [10, 8, 6], [12, 9, 5], [9, 4, 4], [9, 7, 9]])


def reference(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def contrasts(n_yes, n_base, reference=0, design=None):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    design = design or one_stratum_design(len(n_base))
    return design_contrasts(n_yes, n_base, n_yes, n_base, design, reference=reference, confidence_level=0.95)


def close(value, expected, relative):
    return np.asarray(value) == pytest.approx(np.asarray(expected), rel=relative, abs=0)


# R


def contrast_rows():
    yield from (("cases", row) for row in reference("cases")["contrasts"])
    yield from (("nhanes", row) for row in reference("nhanes")["contrasts"])
    schools = reference("schools")
    yield from (("schools", row) for row in schools["equal_weights"]["contrasts"])
    name = "schools with weights and correction"
    yield from ((name, row) for row in schools["weights_and_fpc"]["contrasts"])


@pytest.mark.parametrize(("name", "expected"), list(contrast_rows()))
def test_contrasts_are_those_of_survey(samples, name, expected):
    sample = samples[name]
    levels = sample.levels(expected["by"])
    place = levels.index(expected["reference"])
    test = design_contrasts(
        *sample.table(expected["outcome"], expected["by"]),
        sample.design,
        reference=place,
        confidence_level=0.95,
    )
    other = [level for level in levels if level != expected["reference"]].index(expected["group"])
    quantile = t_distribution.ppf(0.975, expected["df"])
    effects = {"difference": test.difference, "risk_ratio": test.risk_ratio, "odds_ratio": test.odds_ratio}
    for effect, result in effects.items():
        key = effect if effect == "difference" else f"log_{effect}"
        on_scale = np.log if key.startswith("log") else np.asarray
        loose = 1e-7 if key.startswith("log") else 1e-12
        value, error = expected[key], expected[f"{key}_se"]
        assert result.status[other] == "ok"
        assert result.df[other] == expected["df"]
        assert close(on_scale(result.estimate[other]), value, loose)
        assert close(result.standard_error[other], error, 5 * loose)
        assert close(on_scale(result.ci_low[other]), value - quantile * error, 50 * loose)
        assert close(on_scale(result.ci_high[other]), value + quantile * error, 50 * loose)
        p_value = 2 * t_distribution.sf(abs(value / error), expected["df"])
        assert close(result.p_value[other], p_value, 100 * loose)


def test_a_difference_of_subgroups_of_districts_is_that_of_svyby(samples, more):
    sample, expected = samples["more"], more["svyby_diff_apiclus2"]
    place = sample.levels("comp_imp").index("No")
    test = design_contrasts(
        *sample.table("sch_wide", "comp_imp"), sample.design, reference=place, confidence_level=0.95
    ).difference
    assert close(test.estimate, [expected["diff"]], 1e-12)
    assert close(test.standard_error, [expected["diff_se"]], 1e-12)
    # svyttest: the same difference as a regression, which has a degree of freedom less.
    assert close(test.statistic, [more["svyttest_apiclus2"]["statistic"]], 1e-11)
    assert test.df == [more["svyttest_apiclus2"]["parameter"]["df"] + 1]
    p_value = 2 * t_distribution.sf(test.statistic, test.df - 1)
    assert close(p_value, [more["svyttest_apiclus2"]["p"]], 1e-10)


def test_newcombe_intervals_are_those_he_printed(textbook):
    assert len(textbook["newcombe"]) == 3
    for row in textbook["newcombe"]:
        interval = newcombe_interval(row["x1"], row["n1"], row["x2"], row["n2"], confidence_level=0.95)
        assert interval.ci_low == pytest.approx(row["lower"], abs=5e-5)
        assert interval.ci_high == pytest.approx(row["upper"], abs=5e-5)


# Arithmetic on cases


def test_influence_of_services_on_ratios_is_their_derivative():
    """Linearised standard errors, against numerical derivatives in the weight of each service."""
    test = contrasts(YES, BASE)

    def effects(w):
        p = (w @ YES) / (w @ BASE)
        return np.array([p - p[0], np.log(p / p[0]), np.log(p / (1 - p) / (p / (1 - p))[0])])[:, 1:]

    step = 1e-6
    units = np.eye(5) * step
    slopes = [(effects(np.ones(5) + each) - effects(np.ones(5) - each)) / (2 * step) for each in units]
    deviations = np.array(slopes) - np.mean(slopes, axis=0)
    errors = np.sqrt(5 / 4 * np.square(deviations).sum(axis=0))
    for error, effect in zip(errors, (test.difference, test.risk_ratio, test.odds_ratio), strict=True):
        assert effect.standard_error == pytest.approx(error, rel=1e-7)


def test_newcombe_joins_two_wilson_intervals():
    """15 of 148 and 81 of 263, whose Wilson intervals Newcombe printed: 0.0624-0.1605 and 0.2553-0.3662."""
    p, q = 15 / 148, 81 / 263
    interval = newcombe_interval(15, 148, 81, 263, confidence_level=0.95)
    below = np.sqrt((p - 0.0624) ** 2 + (0.3662 - q) ** 2)
    above = np.sqrt((0.1605 - p) ** 2 + (q - 0.2553) ** 2)
    assert interval.ci_low == pytest.approx(p - q - below, abs=2e-4)
    assert interval.ci_high == pytest.approx(p - q + above, abs=2e-4)


# Laws


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_newcombe_intervals_contain_the_difference(a, b, c, d):
    interval = newcombe_interval(a, a + b, c, c + d, confidence_level=0.95)
    other = newcombe_interval(c, c + d, a, a + b, confidence_level=0.95)
    assert other.ci_low == pytest.approx(-interval.ci_high, nan_ok=True)
    if a + b == 0 or c + d == 0:
        assert np.isnan(interval.ci_low)
        return
    assert -1 - 1e-12 <= interval.ci_low <= a / (a + b) - c / (c + d) <= interval.ci_high <= 1 + 1e-12


# What cannot be computed


@pytest.mark.parametrize(
    ("n_yes", "n_base", "risk_ratio", "odds_ratio"),
    [
        ([[1, 0], [2, 0], [1, 0]], [[2, 1], [3, 2], [3, 3]], 0.0, 0.0),
        ([[0, 1], [0, 1], [0, 1]], [[2, 1], [3, 2], [3, 3]], NAN, NAN),
        ([[1, 1], [2, 2], [1, 3]], [[2, 1], [3, 2], [3, 3]], 2.0, NAN),
        ([[2, 1], [3, 1], [3, 1]], [[2, 1], [3, 2], [3, 3]], 0.5, NAN),
    ],
)
def test_a_ratio_with_a_zero_cell_has_at_most_an_estimate(n_yes, n_base, risk_ratio, odds_ratio):
    result = contrasts(n_yes, n_base)
    for ratio, expected in ((result.risk_ratio, risk_ratio), (result.odds_ratio, odds_ratio)):
        assert ratio.status == ["zero_cell"]
        assert ratio.estimate == pytest.approx([expected], nan_ok=True)
        assert np.isnan([ratio.standard_error, ratio.ci_low, ratio.ci_high, ratio.p_value]).all()


@pytest.mark.parametrize(
    ("strata", "sizes", "status"),
    [
        ([0] * 5, [5] * 5, "fully_inspected"),
        ([0, 1, 2, 3, 4], [NAN] * 5, "no_degrees_of_freedom"),
        ([0, 0, 0, 0, 1], [NAN] * 5, "lonely_stratum"),
        ([0, 0, 0, 1, 1], [9, 9, 9, 7, 7], "ok"),
    ],
)
def test_the_design_decides_whether_there_are_intervals(strata, sizes, status):
    result = contrasts(YES, BASE, design=stratified_design(strata, sizes))
    for effect in (result.difference, result.risk_ratio, result.odds_ratio):
        assert set(effect.status) == {status}
        assert not np.isnan(effect.estimate).any()
        assert np.isnan(effect.ci_low).all() == (status not in ("ok", "lonely_stratum"))


def test_tables_that_make_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="services by subgroups"):
        contrasts([1, 2], [3, 4])
    with pytest.raises(StatisticsError, match="position from 0 to 2"):
        contrasts(YES, BASE, -1)
    with pytest.raises(StatisticsError, match="between 0 and 1"):
        newcombe_interval(1, 2, 1, 2, confidence_level=95)
    with pytest.raises(StatisticsError, match="2 services"):
        contrasts(YES, BASE, design=one_stratum_design(2))
