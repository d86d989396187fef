import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError, TooFewServicesError
from desistance.statistics.design import (
    ServiceDesign,
    degrees_of_freedom,
    one_stratum_design,
    score_covariance,
    score_variance,
    stratified_design,
)

NAN = float("nan")


def test_variance_of_two_strata_is_the_sum_of_theirs():
    # stratum a: scores 1, 3, mean 2, 2/1 * (1 + 1) = 4; 2 of 4 services seen, so 4 * 0.5 = 2
    # stratum b: scores 0, 3, 6, mean 3, 3/2 * (9 + 0 + 9) = 27; no correction
    design = stratified_design(["a", "b", "a", "b", "b"], [4, NAN, 4, NAN, NAN])
    assert score_variance([1.0, 0.0, 3.0, 3.0, 6.0], design) == pytest.approx(29)


def test_covariance_of_two_scores_worked_by_hand():
    # deviations -1, 0, 1 and 2, 0, -2: 3/2 * (1 + 0 + 1), 3/2 * (-2 - 2), 3/2 * (4 + 4)
    covariance = score_covariance([[1.0, 6.0], [2.0, 4.0], [3.0, 2.0]], one_stratum_design(3))
    assert covariance == pytest.approx(np.array([[3.0, -6.0], [-6.0, 12.0]]))


def test_a_lonely_stratum_is_compared_with_the_mean_over_all_services():
    # pair: 2/1 * (1 + 1) = 4 about its own mean 3; lonely service: (9 - 5) ** 2 = 16 about the mean of 2, 4, 9
    design = stratified_design(["pair", "pair", "lonely"], [NAN] * 3)
    assert design.lonely.tolist() == [False, False, True]
    assert score_variance([2.0, 4.0, 9.0], design) == pytest.approx(20)


def test_a_stratum_whose_only_service_was_inspected_is_not_lonely_and_adds_nothing():
    design = stratified_design(["pair", "pair", "whole"], [NAN, NAN, 1])
    assert not design.lonely.any()
    assert score_variance([2.0, 4.0, 9.0], design) == pytest.approx(4)


def test_inspecting_every_service_leaves_no_variance():
    assert score_variance([2.0, 4.0, 9.0], stratified_design([0, 0, 0], [3, 3, 3])) == 0


def test_degrees_of_freedom_count_services_and_strata_with_cases_only():
    design = stratified_design(["a", "a", "b", "b", "c"], [NAN] * 5)
    n_base = np.array([[3, 3, 0], [2, 0, 0], [1, 1, 0], [4, 0, 0], [1, 0, 0]])
    assert degrees_of_freedom(n_base, design)[:2].tolist() == [2, 0]
    assert np.isnan(degrees_of_freedom(n_base, design)[2])


def test_degrees_of_freedom_with_one_stratum_are_services_with_cases_less_one():
    assert degrees_of_freedom([1, 0, 5, 2], one_stratum_design(4)) == 2


finite = st.floats(-100, 100).map(lambda value: round(value, 3))


@st.composite
def scored_designs(draw):
    n = draw(st.integers(2, 12))
    strata = draw(arrays(int, n, elements=st.integers(0, 3)))
    sizes = np.where(strata == 0, NAN, np.bincount(strata)[strata] * (1.0 + strata))
    return draw(arrays(float, (n, 3), elements=finite)), strata, sizes


@given(scored_designs(), st.randoms(use_true_random=False))
def test_order_of_services_and_names_of_strata_do_not_matter(drawn, random):
    scores, strata, sizes = drawn
    covariance = score_covariance(scores, stratified_design(strata, sizes))
    order = list(range(len(strata)))
    random.shuffle(order)
    names = np.array(["delta", "alpha", "gamma", "beta"])
    again = score_covariance(scores[order], stratified_design(names[strata][order], sizes[order]))
    assert again == pytest.approx(covariance, rel=1e-9, abs=1e-9)


@given(scored_designs())
def test_variances_are_the_diagonal_of_the_covariance_and_never_negative(drawn):
    scores, strata, sizes = drawn
    design = stratified_design(strata, sizes)
    variance = score_variance(scores, design)
    assert variance == pytest.approx(np.diag(score_covariance(scores, design)), rel=1e-9, abs=1e-9)
    assert (variance >= 0).all()


@given(scored_designs(), finite)
def test_adding_the_same_to_every_score_changes_no_variance(drawn, shift):
    scores, strata, sizes = drawn
    design = stratified_design(strata, sizes)
    assert score_variance(scores + shift, design) == pytest.approx(score_variance(scores, design), abs=1e-6)


def test_any_trailing_shape_is_kept():
    scores = np.arange(24.0).reshape(4, 2, 3)
    variance = score_variance(scores, one_stratum_design(4))
    assert variance.shape == (2, 3)
    assert variance[1, 2] == pytest.approx(score_variance(scores[:, 1, 2], one_stratum_design(4)))


def test_a_design_cannot_be_changed_from_outside():
    strata = np.array([0, 0, 1])
    design = ServiceDesign(strata, np.zeros(3))
    strata[0] = 1
    assert design.stratum.tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="read-only"):
        design.stratum[0] = 1


def test_a_variance_over_one_service_is_refused():
    with pytest.raises(TooFewServicesError, match="at least two services"):
        score_variance([1.0], one_stratum_design(1))


def test_a_design_without_services_is_refused():
    with pytest.raises(TooFewServicesError, match="no services"):
        one_stratum_design(0)
    with pytest.raises(TooFewServicesError, match="no services"):
        stratified_design([], [])


@pytest.mark.parametrize(
    ("strata", "sizes", "message"),
    [
        (["a", "a", "b"], [5, 6, 7], "differs within a stratum"),
        (["a", "a", "b"], [1, 1, 7], "below the number of services"),
        (["a", "a", "b"], [5, 5], "one of each"),
        (["a", None, "b"], [5, 5, 5], "stratum is missing"),
        ([1.0, NAN, 2.0], [5, 5, 5], "stratum is missing"),
    ],
)
def test_strata_that_make_no_sense_are_refused(strata, sizes, message):
    with pytest.raises(StatisticsError, match=message):
        stratified_design(strata, sizes)


@pytest.mark.parametrize(
    ("strata", "fractions", "message"),
    [
        ([0, 2], [0.0, 0.0], "gaps"),
        ([0, -1], [0.0, 0.0], "gaps"),
        ([0, 0], [0.0, 1.5], "outside 0-1"),
        ([0, 0], [NAN, NAN], "outside 0-1"),
        ([[0, 0]], [[0.0, 0.0]], "one of each"),
    ],
)
def test_codes_that_make_no_sense_are_refused(strata, fractions, message):
    with pytest.raises(StatisticsError, match=message):
        ServiceDesign(np.array(strata), np.array(fractions))


def test_scores_of_other_services_are_refused():
    with pytest.raises(StatisticsError, match="3 services"):
        score_variance([1.0, 2.0], one_stratum_design(3))
