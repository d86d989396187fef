import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError
from desistance.statistics.intraclass import intraclass_correlation
from desistance.statistics.status import Status


def analysis_of_variance(n_yes, n_base):
    """The same estimator from the cases themselves, by the textbook's sums of squares."""
    groups = [[1] * yes + [0] * (base - yes) for yes, base in zip(n_yes, n_base, strict=True) if base]
    everyone = np.concatenate(groups)
    n, k = len(everyone), len(groups)
    between = sum(len(group) * (np.mean(group) - everyone.mean()) ** 2 for group in groups) / (k - 1)
    within = sum(np.square(np.subtract(group, np.mean(group))).sum() for group in groups) / (n - k)
    size = (n - sum(len(group) ** 2 for group in groups) / n) / (k - 1)
    return (between - within) / (between + (size - 1) * within)


def test_a_correlation_worked_by_hand():
    # 3 services of 4: shares 1, 1/4, 0, overall 5/12; mean squares 13/12 between, 1/12 within; size 4
    result = intraclass_correlation([4, 1, 0], [4, 4, 4])
    assert result.estimate == pytest.approx((13 - 1) / (13 + 3))
    assert (result.n_services, result.status) == (3, Status.OK)


@given(st.integers(2, 10), st.data())
def test_counts_give_the_same_as_an_analysis_of_variance_of_cases(n, data):
    n_base = data.draw(arrays(int, n, elements=st.integers(0, 12)))
    n_yes = np.array([data.draw(st.integers(0, int(base))) for base in n_base])
    result = intraclass_correlation(n_yes, n_base)
    if result.status == Status.OK:
        assert result.estimate == pytest.approx(analysis_of_variance(n_yes, n_base))
        assert result.estimate <= 1 + 1e-12
    else:
        assert np.isnan(result.estimate)


def test_services_all_of_one_kind_are_as_alike_as_can_be():
    assert intraclass_correlation([5, 0, 7], [5, 6, 7]).estimate == pytest.approx(1)


def test_services_more_alike_than_chance_give_a_negative_value():
    assert intraclass_correlation([2, 2, 2], [4, 4, 4]).estimate == pytest.approx(-1 / 3)


def test_services_without_cases_do_not_count():
    one, other = (
        intraclass_correlation([4, 1, 0], [4, 4, 4]),
        intraclass_correlation([4, 0, 1, 0], [4, 0, 4, 4]),
    )
    assert other.n_services == 3
    assert other.estimate == pytest.approx(one.estimate)


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status"),
    [
        ([0, 0], [0, 0], Status.NO_CASES),
        ([1, 0], [4, 0], Status.ONE_SERVICE),
        ([1], [4], Status.ONE_SERVICE),
        ([4, 3], [4, 3], Status.NO_VARIATION),
        ([0, 0], [4, 3], Status.NO_VARIATION),
        ([1, 0, 1], [1, 1, 1], Status.ONE_CASE_EACH),
    ],
)
def test_what_cannot_be_computed_says_why(n_yes, n_base, status):
    result = intraclass_correlation(n_yes, n_base)
    assert result.status == status
    assert np.isnan(result.estimate)


def test_many_measures_at_once():
    result = intraclass_correlation([[4, 0], [1, 0], [0, 0]], [[4, 2], [4, 2], [4, 2]])
    assert result.status.tolist() == [Status.OK, Status.NO_VARIATION]


def test_more_yes_than_cases_is_refused_here_too():
    with pytest.raises(StatisticsError, match="exceeds"):
        intraclass_correlation([5], [4])


def test_the_correlation_behind_made_up_services_is_found_on_average():
    rng = np.random.default_rng(7)
    n_base = np.broadcast_to(np.linspace(5, 50, 43).astype(int)[:, None], (43, 1000))
    service_share = rng.beta(0.4 * 17 / 3, 0.6 * 17 / 3, n_base.shape)  # correlation 1 / (17/3 + 1) = 0.15
    found = intraclass_correlation(rng.binomial(n_base, service_share), n_base)
    assert found.estimate.mean() == pytest.approx(0.15, abs=0.005)
