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
from desistance.bulletin.language.shown import parts_of
from desistance.bulletin.language.words import interval, per_cent_range, points_interval, ratio_interval
from desistance.bulletin.page.rendering import render_bulletin
from desistance.bulletin.publication import publication
from desistance.bulletin.workbook.rendering import render_workbook

# Lowest and highest, with what they lie around.
PAIRS = {
    ("ci_low", "ci_high"): "estimate",
    ("icc_ci_low", "icc_ci_high"): "icc",
    ("services_ci_low", "services_ci_high"): "estimate_services",
    ("cases_ci_low", "cases_ci_high"): "estimate_cases",
    ("left_out_lowest", "left_out_highest"): "estimate",
    ("shrunken_lowest", "shrunken_highest"): "estimate",
    ("service_lowest", "service_highest"): "estimate",
}
ENDS = re.compile(
    r"(?<!count from )(?<![\d.\u2212+])([\u2212+]?\d[\d,]*(?:\.\d+)?) to ([\u2212+]?\d[\d,]*(?:\.\d+)?)"
)


def narrow(table):
    """The same table with ends that lie a tenth of a point apart, or as little of what else is estimated."""
    made = table.copy()
    for (low, high), middle in PAIRS.items():
        if {low, high, middle} <= set(table):
            centre = pd.to_numeric(table[middle], errors="coerce").round(3)
            known = table[low].notna() & table[high].notna() & centre.notna()
            made[low] = table[low].mask(known, centre - 0.0004)
            made[high] = table[high].mask(known, centre + 0.0006)
    return made


@pytest.fixture(scope="module")
def many(short_release):
    tables = [one.name for one in fields(short_release) if one.name != "facts"]
    return replace(short_release, **{name: narrow(getattr(short_release, name)) for name in tables})


def alike(text):
    return [match[0] for match in ENDS.finditer(text) if match[1] == match[2]]


def test_no_interval_on_the_page_has_two_ends_alike(many, short_study, draw_files):
    html = render_bulletin(many, short_study, draw_files(many, short_study))
    text = re.sub(r"<(?!/?(?:th|td|p|li|h\d)\b)[^>]*>", "", html)
    assert re.search(r"per cent interval \d+\.\d to \d+\.\d", text)
    assert alike(text) == []


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
