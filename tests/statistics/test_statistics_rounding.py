from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.errors import StatisticsError
from desistance.statistics.rounding import percent_half_up, round_half_up, round_half_up_percent


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (1, 8, 13),
        (3, 8, 38),
        (1, 200, 1),
        (1, 201, 0),
        (57, 200, 29),
        (0, 7, 0),
        (7, 7, 100),
        (199, 200, 100),
    ],
)
def test_halves_go_up(part, whole, percent):
    assert round_half_up_percent(part, whole) == percent


@given(st.integers(1, 10**30), st.data())
def test_whole_percentages_are_exact_for_counts_of_any_size(whole, data):
    part = data.draw(st.integers(0, whole))
    percent = round_half_up_percent(part, whole)
    assert Fraction(-1, 2) <= Fraction(100 * part, whole) - percent < Fraction(1, 2)


@given(st.integers(1, 100_000), st.data(), st.integers(0, 3))
def test_the_share_of_two_counts_rounds_like_the_counts_themselves(whole, data, decimals):
    part = data.draw(st.integers(0, whole))
    exact = Fraction(100 * part * 10**decimals, whole)
    expected = (exact + Fraction(1, 2)).__floor__()
    assert percent_half_up(part / whole, decimals=decimals) == Decimal(expected).scaleb(-decimals)


def test_every_share_of_a_small_base_rounds_alike_both_ways():
    for whole in range(1, 301):
        for part in range(whole + 1):
            assert percent_half_up(part / whole, decimals=0) == round_half_up_percent(part, whole)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2.675, 2, "2.68"),
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (-0.5, 0, "-1"),
        (-0.04, 1, "0.0"),
        (3, 1, "3.0"),
        (1e-9, 3, "0.000"),
        (np.float64(1.005), 2, "1.01"),
    ],
)
def test_numbers_round_as_they_are_printed(value, decimals, text):
    assert str(round_half_up(value, decimals=decimals)) == text


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (0, 0), (3, 2), (-1, 2)])
def test_counts_without_a_percentage_are_refused(part, whole):
    with pytest.raises(StatisticsError, match="base above 0"):
        round_half_up_percent(part, whole)


def test_shares_are_not_taken_for_counts():
    with pytest.raises(TypeError):
        round_half_up_percent(0.5, 1)
    assert round_half_up_percent(np.int64(1), np.int32(3)) == 33


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_missing_numbers_are_not_rounded(value):
    with pytest.raises(StatisticsError, match="status"):
        round_half_up(value, decimals=1)
    with pytest.raises(StatisticsError, match="status"):
        percent_half_up(value, decimals=1)
