import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.errors import StatisticsError
from desistance.statistics.design import one_stratum_design, stratified_design
from desistance.statistics.means import clustered_means
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.status import Status

NAN = float("nan")


def means(cases, design=None):
    """Means of counts given service by service, with equal weights."""
    n = [len(service) for service in cases]
    total = [sum(service) for service in cases]
    squares = [sum(value**2 for value in service) for service in cases]
    return clustered_means(n, n, total, squares, design or one_stratum_design(len(n)), confidence_level=0.95)


def test_a_mean_worked_by_hand():
    # mean 23/7; residuals 7 - 46/7 = 3/7, 6 - 69/7 = -27/7, 10 - 46/7 = 24/7;
    # variance 3/2 * (9 + 729 + 576) / 49 / 49; t(2) = 4.302653
    mean = means([[3, 4], [1, 2, 3], [4, 6]])
    error = np.sqrt(1.5 * 1314) / 49
    assert mean.estimate == pytest.approx(23 / 7)
    assert mean.standard_error == pytest.approx(error)
    assert mean.ci_low == pytest.approx(23 / 7 - 4.302653 * error, rel=1e-6)
    assert mean.ci_high == pytest.approx(23 / 7 + 4.302653 * error, rel=1e-6)
    assert (mean.n_base, mean.n_services, mean.df) == (7, 3, 2)
    assert (mean.interval, mean.status) == ("t", Status.OK)


def test_design_effect_compares_with_the_plain_variance_of_the_mean():
    cases = [[3, 4], [1, 2, 3], [4, 6]]
    everyone = np.concatenate(cases)
    plain = everyone.var(ddof=1) / len(everyone)
    mean = means(cases)
    assert mean.design_effect == pytest.approx(mean.standard_error**2 / plain)


@given(st.lists(st.integers(0, 12), min_size=2, max_size=40))
def test_one_case_a_service_gives_the_plain_variance_of_a_mean(values):
    mean = means([[value] for value in values])
    assert mean.standard_error == pytest.approx(np.std(values, ddof=1) / np.sqrt(len(values)), abs=1e-12)
    if mean.status == Status.OK:
        assert mean.design_effect == pytest.approx(1)


@given(st.lists(st.lists(st.integers(0, 1), max_size=9), min_size=2, max_size=9))
def test_the_mean_of_a_yes_or_no_is_its_share(cases):
    n, yes = [len(service) for service in cases], [sum(service) for service in cases]
    share = clustered_proportions(
        yes, n, yes, n, one_stratum_design(len(n)), confidence_level=0.95, minimum_effective_base=0
    )
    mean = means(cases)
    assert mean.estimate == pytest.approx(share.estimate.item(), nan_ok=True)
    assert mean.standard_error == pytest.approx(share.standard_error.item(), abs=1e-12, nan_ok=True)
    if mean.status == Status.OK:
        assert mean.design_effect == pytest.approx(share.design_effect.item())


def test_weights_count_a_case_more_than_once():
    doubled = clustered_means(
        [2, 1], [4.0, 2.0], [12.0, 4.0], [40.0, 8.0], one_stratum_design(2), confidence_level=0.95
    )
    plain = clustered_means([2, 1], [2, 1], [6, 2], [20, 4], one_stratum_design(2), confidence_level=0.95)
    assert doubled.estimate == plain.estimate
    assert doubled.standard_error == pytest.approx(plain.standard_error.item())
    assert doubled.design_effect == pytest.approx(plain.design_effect.item())


@pytest.mark.parametrize(
    ("cases", "design", "status", "estimate", "error"),
    [
        ([[], []], None, Status.NO_CASES, NAN, NAN),
        ([[3, 5], []], None, Status.ONE_SERVICE, 4, NAN),
        ([[3, 5]], None, Status.ONE_SERVICE, 4, NAN),
        ([[2, 2], [2]], None, Status.NO_VARIATION, 2, 0),
        ([[1, 3], [2, 2]], None, Status.NO_VARIATION, 2, 0),
        ([[0, 0], [0]], None, Status.NO_VARIATION, 0, 0),
        ([[1, 3], [4]], stratified_design([0, 0], [2, 2]), Status.FULLY_INSPECTED, 8 / 3, 0),
        ([[1, 3], [4]], stratified_design([0, 1], [NAN, NAN]), Status.NO_DEGREES_OF_FREEDOM, 8 / 3, NAN),
    ],
)
def test_a_mean_without_spread_stands_alone(cases, design, status, estimate, error):
    mean = means(cases, design)
    assert mean.status == status
    assert mean.interval == "none"
    assert mean.estimate == pytest.approx(estimate, nan_ok=True)
    assert mean.standard_error == pytest.approx(error, nan_ok=True)
    for name in ("design_effect", "ci_low", "ci_high"):
        assert np.isnan(getattr(mean, name)), name


def test_a_lonely_stratum_is_flagged():
    mean = means([[1, 3], [4], [2]], stratified_design([0, 0, 1], [NAN] * 3))
    assert mean.status == Status.LONELY_STRATUM
    assert mean.ci_low < mean.estimate < mean.ci_high


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (([2, 1], [2, 1], [6, 2], [20, 4, 5]), "all must be alike"),
        (([2, 1, 1], [2, 1, 1], [6, 2, 2], [20, 4, 4]), "2 services first"),
        (([2, 1], [2, 0], [6, 2], [20, 4]), "disagree"),
        (([2, 1], [2, 1], [6, NAN], [20, 4]), "missing"),
        (([2, 1], [2, 1], [6, -2], [20, 4]), "negative"),
    ],
)
def test_sums_that_make_no_sense_are_refused(inputs, message):
    with pytest.raises(StatisticsError, match=message):
        clustered_means(*inputs, one_stratum_design(2), confidence_level=0.95)
