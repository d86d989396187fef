"""Rows of the explorer: the values of the released tables, each with the text shown for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from desistance.bulletin.explorer.choices import Divisions
from desistance.bulletin.language.differences import (
    contrast_codes,
    difference,
    difference_text,
    interval_points,
)
from desistance.bulletin.language.phrases import interval_text, mean_interval_text, mean_text, percent_text
from desistance.bulletin.language.words import decimal, size_points
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import ALL, NUMBER, Numbers
from desistance.bulletin.reading.results import Marked, Share
from desistance.study import Breakdown, Study

# The code of a subgroup is under "level": a code such as "0" is no count, and whoever attacks the page must not take it
# for one.
KEYS = ("measure", "item", "breakdown", "level")
SHARE_COLUMNS = (
    *(*KEYS, "n_cases", "n_yes", "n_missing", "n_services", "estimate", "ci_low", "ci_high"),
    *("design_effect", "status", "per_cent", "per_cent_interval", "design_effect_shown"),
)
MEAN_COLUMNS = (
    *(*KEYS, "n_cases", "n_missing", "mean_level", "low_level", "high_level"),
    *("status", "mean_level_shown", "interval_shown"),
)
CONTRAST_COLUMNS = (*KEYS, "points_difference", "points_interval", "points_up", "points_down")


def share_rows(divisions: Divisions, numbers: Numbers, study: Study) -> Iterator[list[Any]]:
    """Share of each item over everyone and in each level, under `SHARE_COLUMNS`."""
    for item in study.items:
        for group in _groups(divisions[item.measure]):
            share = numbers.share(item.measure, item.id, *group)
            yield [item.measure, item.id, *group, *_share_cells(share)]


def mean_rows(numbers: Numbers, study: Study) -> Iterator[list[Any]]:
    """Mean number of factors over everyone and in each level, under `MEAN_COLUMNS`."""
    for group in _groups(study.divisions):
        if group in numbers.means:
            mean = numbers.mean(*group)
            names = ("n_cases", "n_missing", "estimate", "low", "high")
            values = [_released(mean, name) for name in names]
            yield [NUMBER, NUMBER, *group, *values, mean.status, mean_text(mean), mean_interval_text(mean)]


def contrast_rows(divisions: Divisions, numbers: Numbers, study: Study) -> Iterator[list[Any]]:
    """Difference of each level from the reference, and the smallest that would have been seen: `CONTRAST_COLUMNS`."""
    for item in study.items:
        for division in divisions[item.measure]:
            for code in contrast_codes(division):
                sizes = numbers.visible(item.measure, item.id, division.id, code)
                found = difference(numbers, item, division, code)
                least = (_size(_released(sizes, name)) for name in ("increase", "decrease"))
                yield [
                    *(item.measure, item.id, division.id, code),
                    difference_text(numbers, item, division, code),
                    interval_points(found),
                    *least,
                ]


def _groups(divisions: Iterable[Breakdown]) -> Iterator[tuple[str, str]]:
    yield ALL, ALL
    for division in divisions:
        yield from ((division.id, code) for code in division.codes)


def _share_cells(share: Share) -> list[Any]:
    names = ("n_cases", "n_yes", "n_missing", "n_services", "estimate", "low", "high", "design_effect")
    effect = share.design_effect
    return [
        *(_released(share, name) for name in names),
        share.status,
        percent_text(share),
        interval_text(share),
        share.mark("design_effect") if effect is None else decimal(effect),
    ]


def _released(row: Marked, name: str) -> Any:
    """Return a value as it was released: a number, "[c]", or None where it is not available."""
    return HIDDEN if row.hides(name) else getattr(row, name)


def _size(size: float | str | None) -> str:
    if size is None or isinstance(size, str):
        return size or ABSENT
    return size_points(abs(size))
