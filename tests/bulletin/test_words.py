"""Words from numbers: rounding, plurals, lists, and when a share may have a word."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.bulletin.inline import plain
from desistance.bulletin.language.phrases import cited, full
from desistance.bulletin.language.words import (
    LIMIT_WORDS,
    NEAR_WORDS,
    counted,
    exact_share,
    half_up,
    interval,
    joined,
    month,
    p_value,
    per_cent,
    percent_cell,
    percentage,
    points,
    sentence,
    share_of,
    share_word,
    within,
)


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Fraction(1, 200), 1),
        (Fraction(5, 200), 3),
        (Fraction(125, 1000), 13),
        (Fraction(29, 200), 15),
        (0.285, 29),
    ],
)
def test_halves_go_up_where_python_would_go_to_the_even_digit(share, shown):
    assert percentage(share) == shown


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_a_percentage_is_the_integer_that_hand_arithmetic_gives(k, n):
    k = min(k, n)
    assert percentage(Fraction(k, n)) == (200 * k + n) // (2 * n)


def test_rounding_below_nought_mirrors_rounding_above_it():
    assert half_up(Fraction(-5, 2)) == -half_up(Fraction(5, 2)) == Decimal(-3)
    assert str(half_up(-0.04, 1)) == "0.0"


def test_a_float_rounds_as_the_decimal_it_is_printed_as():
    assert [half_up(value, 2) for value in (0.125, 2.675, 1.005)] == [
        Decimal("0.13"),
        Decimal("2.68"),
        Decimal("1.01"),
    ]
    assert half_up(2.5) == 3


def test_a_weighted_share_is_not_taken_from_its_counts():
    assert exact_share(1, 2, 0.5) == Fraction(1, 2)
    assert exact_share(1, 2, 0.61) == Fraction(61, 100)
    assert exact_share(None, None, 0.125) == Fraction(1, 8)
    assert exact_share(1, 2, None) is None


def test_a_share_that_is_neither_none_nor_all_is_never_written_as_such():
    assert per_cent(Fraction(1, 1000)) == "under 1 per cent"
    assert per_cent(Fraction(999, 1000)) == "over 99 per cent"
    assert (per_cent(Fraction(0)), per_cent(Fraction(1))) == ("0 per cent", "100 per cent")
    assert (percent_cell(Fraction(1, 1000)), percent_cell(Fraction(0))) == ("[low]", "0")


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases"), (1168, "1,168 cases")]
)
def test_a_count_has_its_noun_in_the_right_number(n, text):
    assert counted(n, ("case", "cases")) == text


def test_lists_are_joined_as_prose():
    assert joined([]) == ""
    assert joined(["age", "gender"]) == "age and gender"
    assert joined(["age", "gender", "status"], "or") == "age, gender or status"
    assert joined(["speech, language", "health"]) == "speech, language; and health"


def test_a_small_number_is_spelt_only_where_a_sentence_begins_with_it():
    assert sentence("6 of 10 differ") == "Six of 10 differ"
    assert sentence("10 of 12 differ") == "10 of 12 differ"
    assert sentence("2018 was a year") == "2018 was a year"


def test_a_label_with_capitals_of_its_own_keeps_them_inside_a_sentence():
    assert [within(text) for text in ("Mental health", "Looked After status", "ETE", "")] == [
        "mental health",
        "Looked After status",
        "ETE",
        "",
    ]


def test_intervals_gaps_and_months_read_as_people_write_them():
    assert interval(0.7164, 0.7812) == "72 to 78"
    assert points(Fraction(-1, 8)) == "\u221213"
    assert month("2020-02-21") == "February 2020"


@given(st.floats(1e-12, 1), st.sampled_from([0.01, 0.05, 0.1]))
def test_a_p_value_never_hides_on_which_side_of_the_level_it_falls(p, level):
    text = p_value(p, level)
    if text.startswith("<"):
        assert p < level
    else:
        assert (float(text) < level) == (p < level)


@pytest.mark.parametrize(
    ("share", "low", "high", "words"),
    [
        (Fraction(876, 1168), 0.703, 0.792, "three-quarters of cases"),
        (0.7349, 0.71, 0.76, "about three-quarters of cases"),
        (0.62, 0.58, 0.66, "about three in five cases"),
        (0.56, 0.52, 0.595, "over half of cases"),
        (0.7, 0.67, 0.73, "over two-thirds of cases"),
        (0.09, 0.07, 0.11, "about one in ten cases"),
        (0.28, 0.26, 0.3, "under a third of cases"),
        (Fraction(0), 0.0, 0.01, "none of the cases"),
        (Fraction(1), 0.99, 1.0, "all cases"),
    ],
)
def test_a_share_gets_the_word_its_interval_allows(share, low, high, words):
    assert share_word(share, low, high, "cases") == words


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        (0.75, 0.48, 0.9),  # too wide for three-quarters, and reaches under half
        (0.53, 0.47, 0.59),  # not near enough to half, and not wholly above it
        (0.75, None, None),  # no interval
    ],
)
def test_a_word_is_refused_when_the_interval_does_not_allow_it(share, low, high):
    assert share_word(share, low, high, "cases") is None
    assert share_of(share, low, high, "cases") == (f"{percentage(share)} per cent of cases", False)


@given(st.floats(0.001, 0.999), st.floats(0, 0.3), st.floats(0, 0.3))
def test_no_word_says_more_than_its_interval(share, below, above):
    low, high = max(0.0, share - below), min(1.0, share + above)
    word = share_word(share, low, high, "cases")
    if word is None:
        return
    near = {entry.phrase.format(cases="cases"): entry for entry in NEAR_WORDS}.get(
        word.removeprefix("about ")
    )
    limit = {entry.phrase.format(cases="cases"): entry for entry in LIMIT_WORDS}.get(word)
    if near:
        assert low <= near.fraction <= high
        assert abs(share - near.fraction) <= 0.0201
        assert high - low <= 0.1001
        assert word.startswith("about ") or abs(share - near.fraction) <= 0.00501
    else:
        assert low > limit.limit if limit.above else high < limit.limit


def test_a_mark_at_either_end_leaves_the_sentence_as_it_is():
    first = cited("6 of 10 factors", "row.verdicts-counted.prevalence.age")
    assert plain(sentence(f"{first} differ")) == "Six of 10 factors differ"
    assert sentence(f"{first} differ").startswith(
        "\ue000link #row.verdicts-counted.prevalence.age\ue001Six of 10"
    )
    assert plain(full(f"it is so ({cited('n = 12', 'row.a.b')})")) == "It is so (n = 12)."
    assert full(cited("it is so.", "row.a.b")).count(".") == 3
    assert plain(joined([cited("a, b", "row.a"), "c"])) == "a, b; and c"
    assert plain(joined([cited("a", "row.a.b-c"), cited("b", "row.b"), "c"])) == "a, b and c"


def test_a_text_leads_to_a_row_a_table_or_a_file_and_is_never_marked_twice():
    assert cited("12", "") == "12"
    assert cited("", "row.a") == ""
    assert cited(cited("12", "row.a"), "table-b") == "\ue000link #table-b\ue00112\ue002"
    assert "link tables/pairs.csv" in cited("12", "tables/pairs.csv")
