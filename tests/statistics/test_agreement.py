"""Kappa against printed values, statsmodels, and the spread of simulated tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError
from desistance.statistics.agreement import AgreementWeights, kappa
from desistance.statistics.status import Status


def agreement(table, weights=AgreementWeights.NONE):
    return kappa(table, weights=weights, confidence_level=0.95)


def test_kappas_are_those_of_the_reference(textbook):
    """The reference's weighted kappa uses quadratic weights; linear ones would give 0.614."""
    reference = textbook["kappa"]
    assert agreement(reference["table"]).estimate == pytest.approx(reference["kappa"][0], rel=1e-11)
    weighted = agreement(reference["table"], AgreementWeights.QUADRATIC).estimate
    assert weighted == pytest.approx(reference["weighted_kappa"][0], rel=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_estimates_and_errors_are_those_of_statsmodels(seed):
    from statsmodels.stats.inter_rater import cohens_kappa

    rng = np.random.default_rng(seed)
    table = rng.integers(0, 20, (4, 4)) + np.diag(rng.integers(5, 40, 4))
    for weights, name in (("none", None), ("linear", "linear"), ("quadratic", "quadratic")):
        ours, theirs = agreement(table, weights), cohens_kappa(table, wt=name)
        assert ours.estimate == pytest.approx(theirs.kappa, rel=1e-12)
        assert ours.standard_error == pytest.approx(theirs.std_kappa, rel=1e-10)
        assert ours.ci_low == pytest.approx(theirs.kappa_low, rel=1e-10)
        assert ours.ci_high == pytest.approx(theirs.kappa_upp, rel=1e-10)


def test_the_error_is_the_spread_of_kappa_over_tables_drawn_at_random():
    shares = np.array([[20, 5, 3], [4, 30, 6], [2, 7, 23]]) / 100
    rng = np.random.default_rng(5)
    for weights in AgreementWeights:
        drawn = rng.multinomial(2000, shares.ravel(), 1500).reshape(-1, 3, 3)
        spread = np.std([agreement(table, weights).estimate for table in drawn])
        # The spread of 1,500 draws is itself known to 2 per cent; three times that is allowed.
        assert agreement((2000 * shares).round(), weights).standard_error == pytest.approx(spread, rel=0.06)


def test_a_kappa_worked_by_hand():
    # 35 of 50 agree; by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5
    result = agreement([[20, 5], [10, 15]])
    assert (result.observed, result.expected) == (pytest.approx(0.7), pytest.approx(0.5))
    assert result.estimate == pytest.approx(0.4)


def test_full_agreement_is_1_without_error_and_no_more_than_chance_is_0():
    full = agreement([[5, 0], [0, 7]])
    assert (full.estimate, full.ci_low, full.ci_high) == (1, 1, 1)
    assert agreement([[4, 6], [6, 9]]).estimate == pytest.approx(0)
    assert agreement([[0, 5], [5, 0]]).estimate == pytest.approx(-1)


def test_two_categories_leave_nothing_to_weight():
    plain = agreement([[20, 5], [10, 15]])
    for weights in AgreementWeights:
        assert agreement([[20, 5], [10, 15]], weights).estimate == pytest.approx(plain.estimate)


@pytest.mark.parametrize(
    ("table", "status"),
    [([[0, 0], [0, 0]], Status.NO_CASES), ([[0, 0], [0, 9]], Status.NO_VARIATION)],
)
def test_what_cannot_be_computed_says_why(table, status):
    result = agreement(table)
    assert result.status is status
    assert np.isnan([result.estimate, result.standard_error, result.ci_low, result.ci_high]).all()


@pytest.mark.parametrize("table", [[[1, 2]], [[1]], [[1, 2], [3, -1]], [[1.5, 2], [3, 1]], [1, 2]])
def test_tables_of_no_sense_are_refused(table):
    with pytest.raises(StatisticsError):
        agreement(table)


TABLES = st.integers(2, 5).flatmap(lambda k: arrays(int, (k, k), elements=st.integers(0, 9)))


@given(TABLES, st.sampled_from(AgreementWeights))
@settings(max_examples=300)
def test_any_table_has_an_answer_and_it_makes_sense(table, weights):
    result = agreement(table, weights)
    if result.status is Status.OK:
        assert -1 - 1e-12 <= result.ci_low <= result.estimate + 1e-12 <= result.ci_high + 2e-12 <= 1 + 3e-12
        # Raters may be exchanged, and ordered categories turned round; ten times the cases change no estimate.
        for other in (table.T, table[::-1, ::-1], 10 * table):
            assert agreement(other, weights).estimate == pytest.approx(result.estimate, abs=1e-12)
        wider = agreement(10 * table, weights).standard_error
        assert result.standard_error == pytest.approx(wider * np.sqrt(10), abs=1e-7)


@given(TABLES, st.randoms(use_true_random=False))
def test_unordered_categories_may_be_relabelled(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    one, other = agreement(table), agreement(table[np.ix_(order, order)])
    assert other.status is one.status
    assert other.estimate == pytest.approx(one.estimate, abs=1e-12, nan_ok=True)
