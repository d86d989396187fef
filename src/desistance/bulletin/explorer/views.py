"""What each view of the explorer says: one item of a measure or all of them, over everyone or by one division."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from desistance.bulletin.explorer.choices import Divisions, has_means
from desistance.bulletin.explorer.item_words import item_words
from desistance.bulletin.explorer.words import differences_words, measure_words, number_words
from desistance.bulletin.inline import plain
from desistance.bulletin.language.differences import (
    Agreement,
    agreement,
    agreement_mark,
    agreement_text,
    unseen,
    unseen_hidden,
)
from desistance.bulletin.language.words import interval_ends, p_value, signed_decimal
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import CR2, NUMBER, PEARSON, Numbers
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import is_significant, worded
from desistance.bulletin.sections.bands import slope_points
from desistance.study import Breakdown, Item, Study


def views(divisions: Divisions, numbers: Numbers, study: Study) -> list[dict[str, Any]]:
    """Sentences (`words`) of every view, and of one item by one division its tests.

    A view of all items has no `item`, one of everyone no `breakdown`. Sentences have no links here: the rows they would
    lead to stand beside them.
    """
    found = (*_share_views(divisions, numbers, study), *_number_views(numbers, study))
    return [{**view, "words": [plain(text) for text in view["words"]]} for view in found]


def _share_views(divisions: Divisions, numbers: Numbers, study: Study) -> Iterator[dict[str, Any]]:
    for measure in study.measures:
        own = worded(study, measure)
        if len(measure.items) > 1:
            yield {"measure": measure.id, "words": measure_words(measure, numbers, own)}
            for division in divisions[measure.id]:
                words = differences_words(measure, division, numbers, own)
                yield {"measure": measure.id, "breakdown": division.id, "words": words}
        for item in measure.items:
            key = {"measure": measure.id, "item": item.id}
            yield {**key, "words": item_words(measure, item, None, numbers, own)}
            for division in divisions[measure.id]:
                words = item_words(measure, item, division, numbers, own)
                yield {**key, "breakdown": division.id, "words": words, **_tests(item, division, numbers)}


def _number_views(numbers: Numbers, study: Study) -> Iterator[dict[str, Any]]:
    if has_means(numbers):
        key = {"measure": NUMBER, "item": NUMBER}
        yield {**key, "words": number_words(None, numbers, study)}
        for division in study.divisions:
            yield {**key, "breakdown": division.id, "words": number_words(division, numbers, study)}


def _tests(item: Item, division: Breakdown, numbers: Numbers) -> dict[str, str]:
    """Both p-values of a difference, by which method it is significant, and whether it could have been seen."""
    design, pearson = (numbers.test(item.measure, item.id, division.id, name) for name in (CR2, PEARSON))
    return {
        "p_cr2": _p(design, "p_holm", numbers),
        "p_pearson": _p(pearson, "p_value", numbers),
        "significant_by": _significant_by(item, division, numbers),
        "seen": _seen(item, division, numbers),
    } | _slope(item, division, numbers)


def _slope(item: Item, division: Breakdown, numbers: Numbers) -> dict[str, str]:
    """Change of a share from each band to the next; nothing for groups without an order."""
    if not division.ordered:
        return {}
    test = numbers.trend(item.measure, item.id, division.id, CR2)
    ends = interval_ends(test.low * 100, test.high * 100, signed_decimal, 1) if test.has_interval else ""
    return {
        "points_slope": slope_points(test),
        "points_slope_interval": ends,
        "p_slope": _p(test, "p_holm", numbers),
    }


def _significant_by(item: Item, division: Breakdown, numbers: Numbers) -> str:
    """Name the methods that call a difference significant; of the one method there is, say what it does."""
    mark = agreement_mark(numbers, item, division)
    found = agreement(numbers, item, division)
    if mark == HIDDEN:
        return HIDDEN
    alone = is_significant(numbers, numbers.test(item.measure, item.id, division.id, CR2), "p_holm")
    if found is Agreement.UNKNOWN and alone is not None:
        return "CR2, the only test" if alone else "not by CR2, the only test"
    return agreement_text(found, numbers, mark)


def _p(test: Test, adjustment: str, numbers: Numbers) -> str:
    p = test.p(adjustment)
    return test.mark(adjustment) if p is None else p_value(p, numbers.level)


def _seen(item: Item, division: Breakdown, numbers: Numbers) -> str:
    if unseen(numbers, item, division):
        return "could not have been seen"
    return f"could have been seen: {HIDDEN}" if unseen_hidden(numbers, item, division) else ""
