import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from desistance.errors import StatisticsError
from desistance.statistics.fisher import MOST_PARTIAL_TABLES, MOST_SPLITS, fisher_test
from desistance.statistics.status import Status


def listed(n_yes, n_base):
    """P-value by listing every table, in whole numbers; ties are exact."""
    ways = [[math.comb(base, yes) for yes in range(base + 1)] for base in n_base]
    observed = math.prod(way[yes] for way, yes in zip(ways, n_yes, strict=True))
    tables = itertools.product(*(range(base + 1) for base in n_base))
    likely = [
        math.prod(way[yes] for way, yes in zip(ways, table, strict=True))
        for table in tables
        if sum(table) == sum(n_yes)
    ]
    return sum(way for way in likely if way <= observed) / math.comb(sum(n_base), sum(n_yes))


@st.composite
def totals(draw, most_levels, most_cases):
    n_base = draw(st.lists(st.integers(1, most_cases), min_size=2, max_size=most_levels))
    return [draw(st.integers(0, base)) for base in n_base], n_base


def test_the_lady_tasting_tea(textbook):
    (yes, no) = textbook["fisher"]["tea"]["table"]
    test = fisher_test(yes, np.add(yes, no))
    assert test.p_value == pytest.approx(textbook["fisher"]["tea"]["p"][0], rel=1e-12)


@given(totals(5, 6))
def test_p_values_are_those_of_listing_every_table(drawn):
    test = fisher_test(*drawn)
    if test.status == Status.OK:
        assert test.p_value == pytest.approx(listed(*drawn), rel=1e-10)


@given(totals(2, 400))
def test_two_subgroups_give_the_p_value_of_scipy(drawn):
    n_yes, n_base = drawn
    test = fisher_test(n_yes, n_base)
    if test.status == Status.OK:
        oracle = fisher_exact([n_yes, np.subtract(n_base, n_yes)]).pvalue
        assert test.p_value == pytest.approx(oracle, rel=1e-8)


@given(totals(4, 12), st.randoms(use_true_random=False))
def test_order_of_levels_and_swapping_yes_and_no_change_nothing(drawn, random):
    n_yes, n_base = (np.array(each) for each in drawn)
    order = list(range(len(n_base)))
    random.shuffle(order)
    p_value = fisher_test(n_yes, n_base).p_value
    assert fisher_test(n_yes[order], n_base[order]).p_value == pytest.approx(p_value, rel=1e-9, nan_ok=True)
    assert fisher_test(n_base - n_yes, n_base).p_value == pytest.approx(p_value, rel=1e-9, nan_ok=True)


def test_equal_shares_are_no_evidence_at_all():
    assert fisher_test([5, 5, 5], [10, 10, 10]).p_value == pytest.approx(1)


def test_levels_without_cases_are_dropped():
    assert fisher_test([3, 0, 1], [4, 0, 4]) == fisher_test([3, 1], [4, 4])


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status"),
    [
        ([0, 0], [0, 0], Status.NO_CASES),
        ([2, 0], [5, 0], Status.ONE_LEVEL),
        ([5, 3], [5, 3], Status.ALL_YES),
        ([0, 0], [5, 3], Status.ALL_NO),
    ],
)
def test_what_cannot_be_tested_exactly_says_why(n_yes, n_base, status):
    test = fisher_test(n_yes, n_base)
    assert test.status == status
    assert np.isnan(test.p_value)


@pytest.mark.parametrize(
    ("n_yes", "n_base"),
    [
        ([MOST_PARTIAL_TABLES, MOST_PARTIAL_TABLES], [2 * MOST_PARTIAL_TABLES, 3 * MOST_PARTIAL_TABLES]),
        ([MOST_SPLITS + 1, MOST_SPLITS + 1], [3 * MOST_SPLITS, 3 * MOST_SPLITS]),
        ([500] * 8, [1000] * 8),
        ([10**7, 10**7], [10**8, 10**8]),
    ],
)
def test_a_table_beyond_the_bounds_is_declined(n_yes, n_base):
    assert fisher_test(n_yes, n_base).status == Status.TOO_LARGE


def test_few_no_among_very_many_yes_are_as_easy_as_few_yes():
    many = np.array([2_000_000, 3_000_000])
    assert fisher_test(many - [3, 9], many).p_value == pytest.approx(fisher_test([3, 9], many).p_value)
    assert fisher_test(many - [3, 9], many).status == Status.OK


@pytest.mark.parametrize(
    ("n_yes", "n_base"),
    [
        ([300, 310, 290, 305], [700, 700, 700, 700]),
        ([12, 13, 11, 12, 14, 12, 10, 12], [25] * 8),
        ([40_000, 10_100, 1], [400_000, 99_000, 3]),
    ],
)
def test_a_table_near_the_bounds_is_tested(n_yes, n_base):
    test = fisher_test(n_yes, n_base)
    assert test.status == Status.OK
    assert 0 <= test.p_value <= 1


def test_counts_of_services_by_subgroups_are_refused():
    with pytest.raises(StatisticsError, match="one number a subgroup"):
        fisher_test([[3, 1]], [[4, 4]])
