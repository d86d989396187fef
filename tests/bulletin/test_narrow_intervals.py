"""Where records are many, both ends of an interval round to the same: a reader is told by how little they differ."""

import json
import re
from dataclasses import fields, replace
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulletin.workbooks import body, opened
from desistance.bulletin.explorer.data import explorer_data
from desistance.bulletin.inline import plain
from desistance.bulletin.language.phrases import evidence
from desistance.bulletin.language.shown import parts_of
from desistance.bulletin.language.words import (
    interval,
    per_cent,
    per_cent_range,
    points_interval,
    ratio_interval,
)
from desistance.bulletin.page.rendering import render_bulletin
from desistance.bulletin.publication import publication, tables_of
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.reading.topics import everyone
from desistance.bulletin.workbook.rendering import render_workbook

# Lowest and highest, with what they lie around.
PAIRS = {
    ("ci_low", "ci_high"): "estimate",
    ("icc_ci_low", "icc_ci_high"): "icc",
    ("services_ci_low", "services_ci_high"): "estimate_services",
    ("cases_ci_low", "cases_ci_high"): "estimate_cases",
    ("left_out_lowest", "left_out_highest"): "estimate",
    ("shrunken_lowest", "shrunken_highest"): "estimate",
}
ENDS = re.compile(
    r"(?<!count from )(?<![\d.\u2212+])([\u2212+]?\d[\d,]*(?:\.\d+)?) to ([\u2212+]?\d[\d,]*(?:\.\d+)?)"
)


def narrowed(release, width, digits):
    """The same release with ends that lie so far apart, around what is estimated to so many digits."""

    def narrow(table):
        made = table.copy()
        for (low, high), middle in PAIRS.items():
            if {low, high, middle} <= set(table):
                centre = pd.to_numeric(table[middle], errors="coerce").round(digits)
                known = table[low].notna() & table[high].notna() & centre.notna()
                made[low] = table[low].mask(known, (centre - 0.4 * width).round(4))
                made[high] = table[high].mask(known, (centre + 0.6 * width).round(4))
        return made

    tables = [one.name for one in fields(release) if one.name != "facts"]
    return replace(release, **{name: narrow(getattr(release, name)) for name in tables})


@pytest.fixture(scope="module")
def many(short_release):
    return narrowed(short_release, 0.001, 3)


def alike(text):
    return [match[0] for match in ENDS.finditer(text) if match[1] == match[2]]


def test_no_interval_on_the_page_has_two_ends_alike(many, short_study, draw_files):
    html = render_bulletin(many, short_study, draw_files(many, short_study))
    text = re.sub(r"<(?!/?(?:th|td|p|li|h\d)\b)[^>]*>", "", html)
    assert re.search(r"per cent interval \d+\.\d to \d+\.\d", text)
    assert alike(text) == []


@pytest.mark.parametrize("width", [0.0005, 0.002, 0.006])
@pytest.mark.parametrize("kind", ["compare", "protected"])
def test_sentences_keep_their_rules_whatever_decimals_their_numbers_have(study, make_release, kind, width):
    """Among them that every number in a text that leads to a row is in that row."""
    assert publication(narrowed(make_release(study, **{kind: True}), width, 4), study).sections


def test_no_interval_of_the_explorer_has_two_ends_alike(many, short_study):
    assert alike(json.dumps(explorer_data(many, short_study), ensure_ascii=False, default=str)) == []


def test_no_interval_of_the_workbook_has_two_ends_alike(many, short_study):
    n_found = 0
    for sheet in opened(render_workbook(publication(many, short_study))).sheets.values():
        if sheet.name == "Cover":
            continue
        head, rows = body(sheet)
        names = [cell.text for cell in head]
        for place, name in enumerate(names[:-1]):
            if "lower end" in name and names[place + 1] == name.replace("lower", "upper"):
                pairs = [(row[place], row[place + 1]) for row in rows]
                known = [
                    (low, high) for low, high in pairs if low.value is not None and high.value is not None
                ]
                assert all((low.text, low.value) != (high.text, high.value) for low, high in known), (
                    sheet.name,
                    name,
                )
                n_found += len(known)
    assert n_found > 100


def test_ends_that_the_released_numbers_do_not_tell_apart_stay_as_they_are():
    assert interval(0.6, 0.6) == "60 to 60"
    assert ratio_interval(1.0, 1.0) == "1.00 to 1.00"
    assert points_interval(0.0, 0.0) == "0 to 0"


def test_ends_that_differ_as_they_are_have_no_more_decimals():
    assert interval(0.594, 0.596) == "59 to 60"
    assert per_cent_range(0.004, 0.006) == "0 to 1 per cent"


@given(st.integers(0, 9999), st.integers(1, 100))
def test_shares_of_four_digits_that_differ_are_told_apart_with_the_fewest_decimals(low, more):
    ends = low / 10_000, min(low + more, 10_000) / 10_000
    shown = [part.value for part in parts_of(interval(*ends))]
    rounded = [
        [(Decimal(repr(end)) * 100).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) for end in ends]
        for digits in (0, 1, 2)
    ]
    assert shown == next(pair for pair in rounded if pair[0] != pair[1])


def test_a_share_has_the_decimals_of_the_interval_it_stands_beside(many, short_study, short_release):
    def texts(released):
        tables = tables_of(publication(released, short_study).sections)
        table = next(one for one in tables if one.id == "table-prevalence")
        place = table.columns.index("% of base")
        return [(row[place].text, row[place + 1].text) for row in table.rows]

    assert all(share.isdigit() for share, _ in texts(short_release))
    assert any("." in share for share, _ in texts(many))
    for share, ends in texts(many):
        low, high = map(float, ends.split(" to "))
        assert ("." in share) == ("." in ends)
        assert low - 0.1 <= float(share) <= high + 0.1


def test_a_share_with_decimals_is_not_written_as_none_or_all_either():
    assert [per_cent(share, 1) for share in (0.0004, 0.0006, 0.9996, 0.0, 1.0)] == [
        *("under 0.1 per cent", "0.1 per cent", "over 99.9 per cent", "0.0 per cent", "100.0 per cent")
    ]


def test_a_share_in_a_sentence_has_the_decimals_of_its_interval(many, short_study):
    numbers = released_numbers(many)
    (item, *_) = short_study.measure("prevalence").items
    text = plain(evidence(everyone(numbers, item), numbers, with_percent=True))
    assert re.match(r"\d+\.\d per cent; 95 per cent interval \d+\.\d to \d+\.\d; n = ", text)
