"""Counts in words: no small one is told, and none can be worked out from the others and their sum."""

import re
from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.check.shown import CANDIDATES, SOME, UNITS, Sum, exact_or_few, rows_in_words, words_for
from desistance.check.visible import visible

FEW = "fewer than 10"
counts = st.one_of(st.integers(0, 12), st.integers(0, 3000))


def said(values, total=None):
    keys = tuple(range(len(values)))
    total = sum(values) if total is None else total
    return tuple(words_for(dict(enumerate(values)), [Sum("all", keys)], {"all": total}, 10).values())


def numbers(text):
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]


def test_counts_without_a_small_one_are_exact():
    assert said([700, 468, 0]) == ("700", "468", "0")


def test_a_small_count_is_not_told_and_the_others_are_rounded():
    words = said([1165, 3, 0])
    assert words[1:] == (FEW, "0")
    assert words[0].startswith("about 1,1")
    assert words[0] != "about 1,165"


@given(st.lists(counts, min_size=1, max_size=6))
def test_no_number_is_small(values):
    shown = [number for word in said(values) for number in numbers(word)]
    assert all(number == 0 or number >= 10 for number in shown)


@pytest.mark.parametrize("total", [31, 47, 60, 99, 137, 250])
def test_taking_one_count_from_the_sum_leaves_the_other_open_even_to_who_knows_the_rule(total):
    possible = defaultdict(set)
    for first in range(total + 1):
        possible[said([first, total - first])].add(first)
    for words, values in possible.items():
        if FEW in words or SOME in words:
            assert len(values) >= CANDIDATES


@given(st.lists(counts, min_size=2, max_size=5))
def test_taking_the_shown_counts_from_the_sum_leaves_a_small_one_open(values):
    """Each count that is shown may be any that its words could stand for."""
    words = said(values)
    spans = [span(word, words) for word in words]
    total = sum(values)
    for place, word in enumerate(words):
        if word == FEW:
            others = spans[:place] + spans[place + 1 :]
            least = max(1, total - sum(high for _, high in others))
            most = min(9, total - sum(low for low, _ in others))
            assert most - least + 1 >= CANDIDATES


def span(word, words):
    """What a word could stand for, in units that all numbers shown are multiples of."""
    if word == FEW:
        return 1, 9
    if word in (SOME, "10 or more"):
        return 1, 10**6
    number = numbers(word)[0]
    shown = [numbers(each)[0] for each in words if each.startswith("about")]
    half = max(unit for unit in (1, *UNITS) if not any(each % unit for each in shown)) // 2
    return (number - half, number + half) if word.startswith("about") else (number, number)


def test_of_few_rows_nothing_is_counted():
    assert said([11, 1]) == (SOME, SOME)
    assert said([18, 0]) == (SOME, "0")


def test_a_sum_that_is_shown_itself_gives_no_part_away():
    """Two codes mean the same, and how often they do together is told as well."""
    values = {"a": 997, "b": 5, "both": 1002, "rest": 150}
    sums = [Sum("both", ("a", "b")), Sum("all", ("a", "b", "rest")), Sum("all", ("both", "rest"))]
    words = words_for(values, sums, {"all": 1152}, 10)
    assert words["b"] == FEW
    assert words["both"] == words["a"] or numbers(words["both"])[0] >= numbers(words["a"])[0]
    assert not {"997", "1,002"} & set(words.values())


@pytest.mark.parametrize("total", [10, 40, 1168])
def test_rows_with_a_problem_are_told_coarsely_and_never_small(total):
    classes = defaultdict(set)
    for count in range(total + 1):
        classes[rows_in_words(count, total, 10)].add(count)
    for words, values in classes.items():
        assert all(number >= 10 for number in numbers(words))
        assert len(values) >= 9 or values in ({0}, {total}) or min(values) >= 10 <= total - max(values)


def test_a_count_by_itself():
    assert [exact_or_few(count, 10) for count in (0, 1, 9, 10, 1168)] == ["0", FEW, FEW, "10", "1,168"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("LAC?", "LAC?"),
        ("a\x1b[31m\nb", "a\\x1b[31m b"),
        ("turn\u202eed", "turn\\u202eed"),
        ("nul\0", "nul\\x00"),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_text_of_a_file_is_made_visible(text, shown):
    assert visible(text) == shown


def test_every_combination_of_three_small_totals_is_open():
    possible = defaultdict(set)
    for first, second in product(range(46), repeat=2):
        if first + second <= 45:
            values = (first, second, 45 - first - second)
            possible[said(values)].add(values)
    for words, values in possible.items():
        for place in range(3):
            if words[place] in (FEW, SOME):
                assert len({each[place] for each in values}) >= 3
