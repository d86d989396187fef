"""Slopes and trend tests, against R and against arithmetic on cases.

Everything agrees with R to 1e-11 or better, which is the precision the references are printed with.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as t_distribution

from desistance.errors import StatisticsError
from desistance.statistics.differences import share_differences
from desistance.statistics.status import Status
from desistance.statistics.trends import (
    cochran_armitage_test,
    mean_slope,
    share_slope,
)

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
CASES = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))
NAN = float("nan")
BANDS = [0, 1, 2]


def slope_of_shares(n_yes, n_base, scores=BANDS, correction="CR2"):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return share_slope(
        n_yes, n_base, n_yes, n_base, scores=scores, correction=correction, confidence_level=0.95
    )


def slope_of_means(n_base, total, scores=BANDS, correction="CR2"):
    return mean_slope(n_base, n_base, total, scores=scores, correction=correction, confidence_level=0.95)


def numbers(test):
    values = [getattr(test, field.name) for field in dataclasses.fields(test)]
    return np.concatenate([np.ravel(each) for each in values if np.asarray(each).dtype.kind == "f"])


def close(value, expected, relative=1e-11):
    return np.asarray(value) == pytest.approx(np.asarray(expected), rel=relative, abs=0)


@st.composite
def tables(draw, n_levels=3):
    n = draw(st.integers(1, 9))
    base = draw(arrays(int, (n, n_levels), elements=st.integers(0, 12)))
    share = draw(arrays(float, (n, n_levels), elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


# R


@pytest.fixture(scope="module")
def districts(samples):
    sample = samples["more"]
    band = np.digitize(sample.columns["meals"].astype(float), [25, 50, 75], right=True).astype(str)
    return dataclasses.replace(sample, columns={**sample.columns, "band": band}).table("sch_wide", "band")[:2]


@pytest.mark.parametrize("correction", ["CR0", "CR1", "CR1S", "CR2", "CR3"])
def test_the_slope_over_bands_is_that_of_clubsandwich(districts, more, correction):
    expected = more["clubSandwich_apiclus2"]["lpm_trend"]
    slope = slope_of_shares(*districts, [1, 2, 3, 4], correction)
    assert slope.status == Status.OK
    assert (slope.n_levels, slope.n_services) == (4, 40)
    assert close(slope.estimate, expected["coef"][1])
    assert close(slope.standard_error, expected[correction]["se"][1], 1e-12)
    assert close(slope.df, expected[correction]["df"][1], 1e-12)
    assert close(slope.statistic, expected[correction]["t"][1])
    assert close(slope.p_value, expected[correction]["p"][1])


def test_the_trend_test_of_bands_is_that_of_prop_trend_test(districts, more):
    expected = more["trend_apiclus2"]
    n_yes, n_base = (each.sum(axis=0) for each in districts)
    assert [[n - yes, yes] for yes, n in zip(n_yes, n_base, strict=True)] == expected["table"]
    test = cochran_armitage_test(n_yes, n_base, scores=[0, 1, 2, 3])
    assert close(test.statistic, expected["prop.trend.test"]["statistic"])
    assert close(test.p_value, expected["prop.trend.test"]["p"])
    assert expected["prop.trend.test"]["parameter"]["df"] == 1


def test_the_trend_of_smokers_is_that_of_prop_trend_test(more, textbook):
    smokers = textbook["smokers_trend"]
    test = cochran_armitage_test(smokers["x"], smokers["n"], scores=[0, 1, 2, 3])
    assert close(test.statistic, smokers["chi2"][0])
    assert close(test.p_value, smokers["p"][0])
    printed = more["baseR"]["prop.trend.test_smokers"]
    assert close([test.statistic, test.p_value], [printed["statistic"], printed["p"]])
    assert printed["parameter"]["df"] == more["baseR"]["prop.trend.test_weighted"]["parameter"]["df"] == 1
    # prop.trend.test(smokers, patients, c(0, 0, 0, 1))
    test = cochran_armitage_test(smokers["x"], smokers["n"], scores=[0, 0, 0, 1])
    assert close(test.statistic, more["baseR"]["prop.trend.test_weighted"]["statistic"])
    assert close(test.p_value, more["baseR"]["prop.trend.test_weighted"]["p"])


@pytest.mark.parametrize("expected", CASES["unclustered"], ids=lambda row: f"{row['outcome']} by {row['by']}")
def test_trends_of_cases_are_those_of_prop_trend_test(samples, expected):
    n_yes, n_base = (
        each.sum(axis=0) for each in samples["cases"].table(expected["outcome"], expected["by"])[:2]
    )
    test = cochran_armitage_test(n_yes, n_base, scores=np.arange(len(n_base)))
    assert close(test.statistic, expected["trend_chi2"])
    assert close(test.p_value, expected["trend_p"])


# Arithmetic on cases


def test_the_slope_of_a_mean_needs_sums_only():
    """Cases with numbers that vary within services and bands give the CR2 slope of their sums."""
    rng = np.random.default_rng(6)
    service, band = rng.integers(0, 7, 90), rng.integers(0, 3, 90)
    number = rng.poisson(3 + band + 2 * rng.random(7)[service])
    n_base, total = np.zeros((2, 7, 3))
    np.add.at(n_base, (service, band), 1)
    np.add.at(total, (service, band), number)
    X = np.column_stack([np.ones(90), band])
    M = np.linalg.inv(X.T @ X)
    e, H = number - X @ M @ X.T @ number, X @ M @ X.T
    parts, p = [], []
    for rows in (np.flatnonzero(service == each) for each in range(7)):
        values, vectors = np.linalg.eigh(np.eye(len(rows)) - H[np.ix_(rows, rows)])
        A = vectors / np.sqrt(values) @ vectors.T
        parts.append((M @ X[rows].T @ A @ e[rows])[1])
        p.append((np.eye(90) - H)[:, rows] @ A @ X[rows] @ M[:, 1])
    P = np.array(p) @ np.array(p).T
    df = np.trace(P) ** 2 / np.square(P).sum()
    slope = slope_of_means(n_base, total)
    assert close(slope.estimate, (M @ X.T @ number)[1], 1e-10)
    assert close(slope.standard_error, np.sqrt(np.square(parts).sum()), 1e-10)
    assert close(slope.df, df, 1e-10)
    assert close(slope.p_value, 2 * t_distribution.sf(abs(slope.statistic), df), 1e-9)
    half = t_distribution.ppf(0.975, df) * slope.standard_error
    assert close([slope.ci_low, slope.ci_high], [slope.estimate - half, slope.estimate + half], 1e-9)


@given(tables())
def test_the_trend_test_is_a_correlation_of_cases(drawn):
    n_yes, n_base = (each.sum(axis=0) for each in drawn)
    test = cochran_armitage_test(n_yes, n_base, scores=BANDS)
    assume(test.status == Status.OK)
    band = np.repeat(BANDS, n_base)
    yes = np.concatenate([[1.0] * k + [0.0] * (n - k) for k, n in zip(n_yes, n_base, strict=True)])
    assert test.statistic == pytest.approx(len(yes) * np.corrcoef(band, yes)[0, 1] ** 2, abs=1e-9)
    assert test.estimate == pytest.approx(np.polyfit(band, yes, 1)[0], abs=1e-9)
    assert test.statistic == pytest.approx((test.estimate / test.standard_error) ** 2)
    assert 0 <= test.p_value <= 1


# Laws


@given(tables(), st.randoms(use_true_random=False))
def test_order_of_services_and_bands_does_not_matter(drawn, random):
    services, bands = list(range(len(drawn[0]))), [0, 1, 2]
    random.shuffle(services)
    random.shuffle(bands)
    one, other = (
        slope_of_shares(*drawn),
        slope_of_shares(*(each[services][:, bands] for each in drawn), bands),
    )
    assert one.status == other.status
    assert numbers(other) == pytest.approx(numbers(one), rel=1e-6, abs=1e-8, nan_ok=True)


@given(tables(), st.floats(-3000, 3000), st.sampled_from([0.5, 2.0, 10.0]))
def test_origin_and_unit_of_scores_change_the_slope_by_the_unit_only(drawn, origin, unit):
    one = slope_of_shares(*drawn)
    other = slope_of_shares(*drawn, [origin, origin + unit, origin + 2 * unit])
    assert one.status == other.status
    for name in ("estimate", "standard_error", "ci_low", "ci_high"):
        assert getattr(other, name) * unit == pytest.approx(
            getattr(one, name), rel=1e-6, abs=1e-8, nan_ok=True
        )
    for name in ("df", "p_value"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-8, nan_ok=True)


@given(tables())
def test_turning_the_bands_round_or_swapping_yes_and_no_turns_the_sign(drawn):
    n_yes, n_base = drawn
    one = slope_of_shares(n_yes, n_base)
    for other in (slope_of_shares(n_yes, n_base, [2, 1, 0]), slope_of_shares(n_base - n_yes, n_base)):
        assert other.status == one.status or {one.status, other.status} == {"all_yes", "all_no"}
        assert other.estimate == pytest.approx(-one.estimate, abs=1e-12, nan_ok=True)
        assert other.ci_low == pytest.approx(-one.ci_high, rel=1e-6, abs=1e-8, nan_ok=True)
        assert other.p_value == pytest.approx(one.p_value, rel=1e-6, abs=1e-9, nan_ok=True)


@given(tables(), st.sampled_from(["CR0", "CR1", "CR1S", "CR2", "CR3"]))
def test_slopes_are_sensible_whatever_the_table(drawn, correction):
    slope = slope_of_shares(*drawn, BANDS, correction)
    if slope.status == Status.OK:
        assert 0 <= slope.p_value <= 1
        assert slope.ci_low <= slope.estimate <= slope.ci_high
        assert 0 < slope.df <= slope.n_services
    else:
        assert np.isnan([slope.p_value, slope.ci_low, slope.ci_high, slope.df]).all()
        assert np.isnan(slope.estimate) == (slope.status in ("no_cases", "one_level"))


@given(tables())
def test_two_bands_have_the_slope_that_is_their_difference(drawn):
    n_yes, n_base = drawn[0][:, :2], drawn[1][:, :2]
    slope = slope_of_shares(n_yes, n_base, [0, 1])
    pair = share_differences(
        n_yes, n_base, n_yes, n_base, reference=0, correction="CR2", confidence_level=0.95
    )
    assert pair.status == [slope.status]
    for name in ("estimate", "standard_error", "df", "p_value", "ci_low", "ci_high"):
        value = getattr(slope, name)
        assert value == pytest.approx(getattr(pair, name).item(), rel=1e-6, abs=1e-8, nan_ok=True)


def test_weights_of_one_size_change_nothing():
    rng = np.random.default_rng(4)
    counts = rng.integers(0, 4, (6, 4, 3))
    base = counts.sum(axis=1)
    yes = counts[:, 0]
    slope = share_slope(
        yes, base, yes * 2.5, base * 2.5, scores=BANDS, correction="CR2", confidence_level=0.95
    )
    assert numbers(slope) == pytest.approx(numbers(slope_of_shares(yes, base)))


# What cannot be computed


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status", "estimate"),
    [
        ([[0, 0, 0]] * 3, [[0, 0, 0]] * 3, "no_cases", NAN),
        ([[0, 1, 0]] * 3, [[0, 2, 0]] * 3, "one_level", NAN),
        ([[2, 1, 3]] * 3, [[2, 1, 3]] * 3, "all_yes", 0.0),
        ([[0, 0, 0]] * 3, [[2, 1, 3]] * 3, "all_no", 0.0),
        ([[0, 1, 2]], [[2, 2, 2]], "one_service", 0.5),
        ([[1, 0, 0], [1, 2, 0], [2, 0, 0]], [[2, 0, 0], [2, 2, 0], [3, 0, 0]], "one_service", 3 / 7),
        ([[1, 2, 0], [1, 2, 0], [2, 1, 0]], [[2, 2, 0], [2, 2, 0], [3, 1, 0]], "zero_cell", 3 / 7),
        ([[0, 1, 2]] * 3, [[2, 2, 2]] * 3, "no_variation", 0.5),
    ],
)
def test_a_slope_that_cannot_be_tested_says_why(n_yes, n_base, status, estimate):
    slope = slope_of_shares(n_yes, n_base)
    assert slope.status == status
    assert slope.estimate == pytest.approx(estimate, nan_ok=True)
    assert np.isnan([slope.df, slope.statistic, slope.p_value, slope.ci_low, slope.ci_high]).all()


def test_a_slope_over_three_bands_may_have_a_band_that_is_all_yes():
    slope = slope_of_shares([[1, 1, 2], [0, 2, 3], [1, 2, 1]], [[3, 3, 2], [2, 3, 3], [4, 3, 1]])
    assert slope.status == Status.OK
    assert slope.standard_error > 0


def test_bands_of_one_score_have_no_slope():
    assert slope_of_shares([[1, 1], [0, 1]], [[2, 2], [1, 2]], [1, 1]).status == Status.ONE_LEVEL
    test = cochran_armitage_test([1, 1], [2, 3], scores=[1, 1])
    assert test.status == Status.ONE_LEVEL
    assert np.isnan(numbers(test)).all()


def test_a_far_score_of_an_empty_band_plays_no_part():
    n_yes, n_base = [[1, 2, 0], [1, 1, 0], [2, 0, 0]], [[3, 3, 0], [2, 2, 0], [3, 2, 0]]
    one, two = slope_of_shares(n_yes, n_base), slope_of_shares(n_yes, n_base, [0, 1, 1e12])
    assert numbers(two) == pytest.approx(numbers(one))
    assert two.n_levels == 2


def test_a_mean_that_does_not_vary_has_no_test():
    n_base = np.array([[3, 2, 1], [2, 2, 4], [1, 3, 2]])
    slope = slope_of_means(n_base, 4 * n_base)
    assert slope.status == Status.NO_VARIATION
    assert slope.estimate == pytest.approx(0)
    assert slope.standard_error == 0


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status"),
    [
        ([0, 0], [0, 0], "no_cases"),
        ([1, 0], [2, 0], "one_level"),
        ([2, 3], [2, 3], "all_yes"),
        ([0, 0], [2, 3], "all_no"),
    ],
)
def test_a_trend_test_that_cannot_be_done_says_why(n_yes, n_base, status):
    test = cochran_armitage_test(n_yes, n_base, scores=[0, 1])
    assert test.status == status
    assert np.isnan(numbers(test)).all()


def test_inputs_that_make_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="finite number a band"):
        slope_of_shares([[1, 2]], [[3, 4]], [0, NAN])
    with pytest.raises(StatisticsError, match="finite number a band"):
        slope_of_shares([[1, 2]], [[3, 4]], [0, 1, 2])
    with pytest.raises(StatisticsError, match="services by bands"):
        slope_of_means([1, 2], [3, 4], [])
    with pytest.raises(StatisticsError, match="finite number a band"):
        cochran_armitage_test([1, 2], [3, 4], scores=[0])


# Behaviour over many inspections in which nothing differs


def test_cr2_slopes_hold_their_level_where_the_trend_test_fails():
    """Bands vary by child and by service; outcomes by service. 1,000 runs: standard error of a rate 0.007."""
    rng = np.random.default_rng(31)
    cr2, published = [], []
    for _ in range(1000):
        size = rng.integers(5, 51, 43)
        n_base = rng.multinomial(size, rng.dirichlet([1.0, 1.0, 1.0], 43))
        n_yes = rng.binomial(n_base, rng.beta(0.4 * 17 / 3, 0.6 * 17 / 3, (43, 1)))
        cr2.append(slope_of_shares(n_yes, n_base).p_value < 0.05)
        totals = (each.sum(axis=0) for each in (n_yes, n_base))
        published.append(cochran_armitage_test(*totals, scores=BANDS).p_value < 0.05)
    assert 0.035 <= np.mean(cr2) <= 0.07
    assert np.mean(published) > 0.12


def test_a_large_inspection_has_its_slope():
    rng = np.random.default_rng(2)
    n_base = rng.poisson(10, (20_000, 5))
    n_yes = rng.binomial(n_base, 0.3)
    assert slope_of_shares(n_yes, n_base, np.arange(5)).status == Status.OK
