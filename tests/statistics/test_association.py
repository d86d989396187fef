"""Lifts against a linearisation by hand on single cases, and against leaving services out."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import stdtr, stdtrit

from desistance.errors import StatisticsError
from desistance.statistics.association import pair_lifts
from desistance.statistics.design import one_stratum_design, score_variance, stratified_design
from desistance.statistics.status import Status

FACTORS = [
    "lifestyle",
    "learning_ete",
    "substance_misuse",
    "mental_health",
    "family",
    "attitudes",
    "resilience",
    "living",
    "slc",
    "self_identity",
]


def lifts(counts, design=None):
    design = design or one_stratum_design(len(counts[0]))
    return pair_lifts(*counts, design, confidence_level=0.95)


@pytest.fixture(scope="module")
def cases(samples):
    """Factors of every case, shape (n_cases, 10), and their services."""
    sample = samples["cases"]
    return np.column_stack([sample.answers(factor) for factor in FACTORS]), sample.service


def counts_of(factors, service):
    """Pairs of factors; and of each, by service, cases with both, with the first, with the second, and all."""
    pairs = list(itertools.combinations(range(factors.shape[1]), 2))
    first, second = (factors[:, list(places)] for places in zip(*pairs, strict=True))
    of_service = np.arange(service.max() + 1)[:, None] == service
    return pairs, [of_service @ each for each in (first * second, first, second, np.ones_like(first))]


def test_all_45_pairs_at_once_are_those_of_single_cases(cases):
    factors, service = cases
    pairs, counts = counts_of(factors, service)
    assert len(pairs) == 45
    result = lifts(counts)
    G = service.max() + 1
    for position, (a, b) in enumerate(pairs):
        x, y = factors[:, a], factors[:, b]
        lift = (x * y).mean() / (x.mean() * y.mean())
        # Derivative of the log lift in the weight of each case, times the number of cases.
        influence = x * y / (x * y).mean() + 1 - x / x.mean() - y / y.mean()
        by_service = np.bincount(service, weights=influence) / len(x)
        error = np.sqrt(G / (G - 1) * np.square(by_service - by_service.mean()).sum())
        margin = -stdtrit(G - 1, 0.025) * error
        assert result.estimate[position] == pytest.approx(lift, rel=1e-12)
        assert result.log_standard_error[position] == pytest.approx(error, rel=1e-10)
        assert result.ci_low[position] == pytest.approx(lift * np.exp(-margin), rel=1e-10)
        assert result.ci_high[position] == pytest.approx(lift * np.exp(margin), rel=1e-10)
        assert result.p_value[position] == pytest.approx(
            2 * stdtr(G - 1, -abs(np.log(lift)) / error), rel=1e-9
        )
        assert result.n_expected[position] == pytest.approx(len(x) * x.mean() * y.mean())
    assert (result.status == Status.OK).all()


def test_errors_are_close_to_those_of_leaving_each_service_out(cases):
    _, counts = counts_of(*cases)
    result = lifts(counts)
    both, first, second, base = (count.sum(axis=0) - count for count in counts)
    without = np.log(both * base / (first * second))
    G = len(without)
    jackknife = np.sqrt((G - 1) / G * np.square(without - without.mean(axis=0)).sum(axis=0))
    # Leaving services out and linearising agree to the order of 1 / G, G being 43; hand arithmetic is above.
    assert result.log_standard_error == pytest.approx(jackknife, rel=0.06)


def test_strata_and_finite_populations_enter_through_the_design(cases):
    factors, service = cases
    _, counts = counts_of(factors, service)
    G = service.max() + 1
    design = stratified_design(np.arange(G) % 3, np.full(G, 30.0))
    result = lifts(counts, design)
    shares = [count / count.sum(axis=0) for count in counts]
    expected = np.sqrt(score_variance(shares[0] - shares[1] - shares[2] + shares[3], design))
    assert result.log_standard_error == pytest.approx(expected)
    assert (result.df == G - 3).all()


def test_a_lift_worked_by_hand():
    result = lifts(([4, 2, 5], [6, 5, 7], [5, 4, 8], [10, 10, 12]))
    assert result.n_expected == pytest.approx(18 * 17 / 32)
    assert result.estimate == pytest.approx(11 * 32 / (18 * 17))


@pytest.mark.parametrize(
    ("counts", "status", "estimate"),
    [
        (([0, 0], [3, 2], [2, 2], [9, 9]), Status.NEVER_TOGETHER, 0.0),
        (([0, 0], [0, 0], [2, 2], [9, 9]), Status.FACTOR_ABSENT, np.nan),
        (([0, 0], [0, 0], [0, 0], [0, 0]), Status.NO_CASES, np.nan),
        (([2, 3], [9, 8], [2, 3], [9, 8]), Status.NO_VARIATION, 1.0),
        (([2, 2], [3, 3], [4, 4], [9, 9]), Status.NO_VARIATION, 1.5),
        (([2, 0], [3, 0], [4, 0], [9, 0]), Status.ONE_SERVICE, 1.5),
        (([2], [3], [4], [9]), Status.ONE_SERVICE, 1.5),
    ],
)
def test_what_cannot_be_computed_says_why(counts, status, estimate):
    result = lifts(counts)
    assert result.status == status
    assert result.estimate == pytest.approx(estimate, nan_ok=True)
    for number in (
        result.log_standard_error,
        result.ci_low,
        result.ci_high,
        result.p_value,
        result.statistic,
    ):
        assert np.isnan(number)


def test_everything_inspected_leaves_the_lift_alone():
    result = lifts(([4, 2], [6, 5], [5, 4], [10, 10]), stratified_design([0, 0], [2.0, 2.0]))
    assert result.status == Status.FULLY_INSPECTED
    assert np.isnan(result.ci_low)


@pytest.mark.parametrize(
    "counts",
    [
        ([4, 2], [3, 5], [5, 4], [10, 10]),
        ([1, 2], [3, 5], [5, 4], [4, 10]),
        ([0, 2], [8, 5], [5, 4], [10, 10]),
        ([1, 2, 3], [3, 5], [5, 4], [10, 10]),
        ([1, np.nan], [3, 5], [5, 4], [10, 10]),
    ],
)
def test_counts_that_contradict_each_other_are_refused(counts):
    with pytest.raises(StatisticsError):
        lifts(counts, one_stratum_design(2))


CELLS = arrays(int, st.tuples(st.integers(1, 7), st.just(4)), elements=st.integers(0, 6))


def from_cells(cells):
    """Both, first only, second only, neither."""
    both, first, second, neither = cells.T
    return both, both + first, both + second, both + first + second + neither


@given(CELLS, st.randoms(use_true_random=False))
@settings(max_examples=500)
def test_any_table_has_an_answer_and_laws_hold(cells, random):
    counts = from_cells(cells)
    result = lifts(counts)
    if result.status == Status.OK:
        assert 0 <= result.p_value <= 1
        assert 0 < result.ci_low <= result.estimate <= result.ci_high
    else:
        assert np.isnan(result.p_value)
    order = list(range(len(cells)))
    random.shuffle(order)
    fields = ("estimate", "log_standard_error", "p_value")
    others = {
        "services in another order": lifts(from_cells(cells[order])),
        "the other factor first": lifts([counts[0], counts[2], counts[1], counts[3]]),
        "weights of 2.5": lifts([2.5 * count for count in counts]),
    }
    for other in others.values():
        assert other.status == result.status
        for field in fields:
            assert getattr(other, field) == pytest.approx(
                getattr(result, field), rel=1e-6, abs=1e-9, nan_ok=True
            )
