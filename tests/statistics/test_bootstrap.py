"""The wild cluster bootstrap, against the same thing done on cases, draw by draw.

Checked once, by hand, against wildboottest 0.3.2 (MacKinnon, Nielsen and Webb's algorithm in Python): the t
statistics agreed to the six digits it prints and the p-values of enumerated patterns exactly.
"""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError
from desistance.statistics.bootstrap import (
    bootstrap_share_difference,
    bootstrap_share_slope,
    wild_bootstrap_test,
)
from desistance.statistics.differences import share_differences
from desistance.statistics.fits import linear_fit, logistic_fit
from desistance.statistics.status import Status
from desistance.statistics.trends import share_slope

YES = np.array([[8, 2, 3], [5, 4, 1], [9, 1, 4], [3, 3, 2], [6, 2, 5], [2, 2, 1]])
BASE = np.array([[10, 10, 5], [10, 8, 6], [12, 9, 5], [9, 4, 4], [9, 7, 9], [4, 3, 3]])


def rng(seed=1):
    return np.random.default_rng(seed)


def difference(n_yes, n_base, subgroup=1, n_draws=9999, seed=1, reference=0):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return bootstrap_share_difference(
        n_yes,
        n_base,
        n_yes,
        n_base,
        reference=reference,
        subgroup=subgroup,
        n_draws=n_draws,
        generator=rng(seed),
    )


def slope(n_yes, n_base, scores=(0, 1, 2), n_draws=9999, seed=1):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return bootstrap_share_slope(
        n_yes, n_base, n_yes, n_base, scores=scores, n_draws=n_draws, generator=rng(seed)
    )


# Cases


def expanded(rows, base, yes):
    service, level = (np.repeat(each.ravel(), base.ravel()) for each in np.indices(base.shape))
    y = np.concatenate([[1.0] * k + [0.0] * (n - k) for k, n in zip(yes.ravel(), base.ravel(), strict=True)])
    return np.asarray(rows, dtype=float)[level], y, service


def t_statistic(X, y, service, contrast):
    """t with G / (G - 1) (N - 1) / (N - q), from cases."""
    M = np.linalg.inv(X.T @ X)
    b = M @ X.T @ y
    e = y - X @ b
    present = np.unique(service)
    scores = np.array([X[service == g].T @ e[service == g] for g in present]) @ M @ contrast
    G, (N, q) = len(present), X.shape
    variance = G / (G - 1) * (N - 1) / (N - q) * np.square(scores).sum()
    return contrast @ b / np.sqrt(variance) if variance > 1e-20 else np.inf


def p_value_of_cases(X, y, service, contrast):
    """Every pattern of signs: new outcomes from the restricted model, fitted anew."""
    contrast = np.asarray(contrast, dtype=float)
    observed = t_statistic(X, y, service, contrast)
    M = np.linalg.inv(X.T @ X)
    b = M @ X.T @ y
    restricted = b - M @ contrast * (contrast @ b) / (contrast @ M @ contrast)
    fitted = X @ restricted
    code = np.unique(service, return_inverse=True)[1]
    draws = [
        t_statistic(X, fitted + (y - fitted) * np.array(signs)[code], service, contrast)
        for signs in itertools.product([1.0, -1.0], repeat=code.max() + 1)
    ]
    return observed, np.mean(np.abs(draws) >= abs(observed) * (1 - 1e-9) - 1e-9)


def test_the_difference_is_that_of_cases():
    for subgroup in (1, 2):
        columns = [0, subgroup]
        cases = expanded([[1, 0], [1, 1]], BASE[:, columns], YES[:, columns])
        statistic, p_value = p_value_of_cases(*cases, [0, 1])
        test = difference(YES, BASE, subgroup)
        assert test.enumerated
        assert test.n_draws == 64
        assert test.statistic == pytest.approx(statistic, rel=1e-10)
        assert test.p_value == p_value


def test_the_slope_is_that_of_cases():
    statistic, p_value = p_value_of_cases(*expanded([[1, 0], [1, 1], [1, 2]], BASE, YES), [0, 1])
    test = slope(YES, BASE)
    assert test.statistic == pytest.approx(statistic, rel=1e-10)
    assert test.p_value == p_value


def test_any_linear_model_is_that_of_cases():
    """Three coefficients, a contrast of two of them, and a service without cases."""
    generator = np.random.default_rng(12)
    rows = np.column_stack([np.ones(6), np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)])
    base = generator.integers(0, 5, (8, 6))
    base[3] = 0
    yes = generator.binomial(base, 0.5)
    statistic, p_value = p_value_of_cases(*expanded(rows, base, yes), [0, 1, -1])
    test = wild_bootstrap_test(linear_fit(rows, base, base, yes), [0, 1, -1], n_draws=9999, generator=rng())
    assert test.n_draws == 2**7
    assert test.statistic == pytest.approx(statistic, rel=1e-10)
    assert test.p_value == p_value


@st.composite
def tables(draw, n_levels=3):
    n = draw(st.integers(1, 6))
    base = draw(arrays(int, (n, n_levels), elements=st.integers(0, 8)))
    share = draw(arrays(float, (n, n_levels), elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


@settings(max_examples=60)
@given(tables())
def test_any_table_gives_what_its_cases_give(drawn):
    yes, base = drawn[0][:, :2], drawn[1][:, :2]
    test = difference(yes, base)
    if test.status == Status.OK:
        statistic, p_value = p_value_of_cases(*expanded([[1, 0], [1, 1]], base, yes), [0, 1])
        assert test.statistic == pytest.approx(statistic, rel=1e-7, abs=1e-9)
        assert test.p_value == pytest.approx(p_value)


# Laws


def test_draws_at_random_come_close_to_all_patterns():
    generator = np.random.default_rng(5)
    base = generator.integers(2, 12, (14, 2))
    yes = generator.binomial(base, [0.35, 0.5])
    every = difference(yes, base, n_draws=2**14)
    drawn = difference(yes, base, n_draws=2**14 - 1)
    assert (every.enumerated, drawn.enumerated) == (True, False)
    assert 0.01 < every.p_value < 0.5
    assert drawn.p_value == pytest.approx(every.p_value, abs=4 * np.sqrt(0.25 / 2**14))
    assert every.smallest_p_value == 2 / 2**14
    assert drawn.smallest_p_value == 1 / 2**14


def test_the_seed_decides_the_draws():
    generator = np.random.default_rng(5)
    base = generator.integers(2, 12, (30, 2))
    yes = generator.binomial(base, 0.4)
    assert difference(yes, base, seed=3) == difference(yes, base, seed=3)
    assert difference(yes, base, seed=3).p_value != difference(yes, base, seed=4).p_value


def test_the_statistic_is_that_of_the_t_test():
    table = (YES[:, :2], BASE[:, :2], YES[:, :2], BASE[:, :2])
    pair = share_differences(*table, reference=0, correction="CR1S", confidence_level=0.95)
    assert difference(YES, BASE).statistic == pytest.approx(pair.statistic.item())
    line = share_slope(YES, BASE, YES, BASE, scores=[0, 1, 2], correction="CR1S", confidence_level=0.95)
    assert slope(YES, BASE).statistic == pytest.approx(line.statistic)


@given(tables(), st.randoms(use_true_random=False))
def test_results_are_sensible_and_do_not_depend_on_order_or_sign(drawn, random):
    n_yes, n_base = drawn
    services = list(range(len(n_base)))
    random.shuffle(services)
    one = difference(n_yes, n_base)
    others = {
        "order": difference(n_yes[services], n_base[services]),
        "reference": difference(n_yes, n_base, subgroup=0, reference=1),
        "answer": difference(n_base - n_yes, n_base),
    }
    for name, other in others.items():
        assert other.status == one.status or name == "answer"
        assert other.p_value == pytest.approx(one.p_value, nan_ok=True)
        sign = 1 if name == "order" else -1
        assert other.statistic == pytest.approx(sign * one.statistic, rel=1e-6, abs=1e-9, nan_ok=True)
    if one.status == Status.OK:
        assert one.smallest_p_value <= one.p_value <= 1


@given(tables())
def test_the_statuses_are_those_of_the_t_tests(drawn):
    n_yes, n_base = drawn
    table = (n_yes[:, :2], n_base[:, :2], n_yes[:, :2], n_base[:, :2])
    pair = share_differences(*table, reference=0, correction="CR1S", confidence_level=0.95)
    assert pair.status == [difference(*table[:2]).status]
    line = share_slope(
        n_yes, n_base, n_yes, n_base, scores=[0, 1, 2], correction="CR1S", confidence_level=0.95
    )
    assert line.status == slope(n_yes, n_base).status


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status"),
    [
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], "no_cases"),
        ([[1, 0], [2, 0]], [[3, 0], [4, 0]], "one_level"),
        ([[3, 1], [4, 2]], [[3, 1], [4, 2]], "all_yes"),
        ([[0, 0], [0, 0]], [[3, 1], [4, 2]], "all_no"),
        ([[1, 3]], [[2, 4]], "one_service"),
        ([[1, 1], [1, 0], [2, 0]], [[2, 2], [2, 0], [4, 0]], "one_service"),
        ([[1, 1], [2, 2], [1, 3]], [[2, 1], [3, 2], [3, 3]], "zero_cell"),
        ([[1, 1], [1, 1], [1, 1]], [[2, 4], [2, 4], [2, 4]], "no_variation"),
    ],
)
def test_what_cannot_be_tested_says_why(n_yes, n_base, status):
    for test in (difference(n_yes, n_base), slope(n_yes, n_base, [0, 1])):
        assert test.status == status
        assert np.isnan([test.statistic, test.p_value, test.smallest_p_value]).all()
        assert (test.n_draws, test.enumerated) == (0, False)


def test_inputs_that_make_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="two positions"):
        difference(YES, BASE, subgroup=0)
    with pytest.raises(StatisticsError, match="two positions"):
        difference(YES, BASE, subgroup=3)
    with pytest.raises(StatisticsError, match="at least 1"):
        difference(YES, BASE, n_draws=0)
    with pytest.raises(StatisticsError, match="linear models"):
        wild_bootstrap_test(logistic_fit(np.eye(3), BASE, BASE, YES), [1, -1, 0], n_draws=99, generator=rng())
    with pytest.raises(StatisticsError, match="finite number a band"):
        slope(YES, BASE, [0, 1])


def test_two_services_can_prove_nothing():
    test = difference([[3, 2], [2, 4]], [[5, 5], [6, 5]])
    assert test.status == Status.OK
    assert test.smallest_p_value == 0.5
    assert test.p_value >= 0.5


# Behaviour and speed


def test_the_bootstrap_holds_its_level_when_the_subgroup_varies_by_child_and_service():
    """As Looked After children do; outcomes differ between services. Standard error of the rate: 0.008."""
    generator, rejected = np.random.default_rng(41), []
    for _ in range(800):
        size = generator.integers(5, 51, 43)
        inside = generator.binomial(size, generator.beta(1.5, 2.5, 43))
        n_base = np.stack([size - inside, inside], axis=1)
        n_yes = generator.binomial(n_base, generator.beta(0.4 * 17 / 3, 0.6 * 17 / 3, (43, 1)))
        test = bootstrap_share_difference(
            n_yes, n_base, n_yes, n_base, reference=0, subgroup=1, n_draws=199, generator=generator
        )
        rejected.append(test.p_value <= 0.05)
    assert 0.03 <= np.mean(rejected) <= 0.075


def test_every_test_of_a_table_has_all_its_draws():
    generator = np.random.default_rng(2)
    for _ in range(30):
        n_base = generator.poisson(13, (43, 2)) + 1
        n_yes = generator.binomial(n_base, 0.4)
        assert difference(n_yes, n_base).n_draws == 9999


def test_results_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        difference(YES, BASE).p_value = 0
