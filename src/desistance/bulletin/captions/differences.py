"""One division with two levels: the difference in points with its interval, and what both methods make of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.hidden import base_text
from desistance.bulletin.captions.plans import DifferencesPlan, Point
from desistance.bulletin.captions.subgroups import by_gap
from desistance.bulletin.content import Figure
from desistance.bulletin.language.differences import (
    agreement,
    agreement_mark,
    agreement_text,
    difference,
    difference_text,
    interval_points,
    unseen,
    unseen_hidden,
)
from desistance.bulletin.language.phrases import (
    cases,
    factor,
    full,
    interval_text,
    level_name,
    percent_text,
    setting,
)
from desistance.bulletin.language.words import decimal, joined, points_interval, sentence, within
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.topics import level_shares, other_level
from desistance.study import Breakdown, Item, Level, Measure, Study


def differences_figure(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> Figure:
    """Items from the widest difference to the narrowest, with CR2's interval."""
    items = _in_order(measure, division, numbers)
    plan = _plan(items, division, numbers)
    return Figure(
        id=f"{measure.id}_by_{division.id}",
        number=0,
        headline=_headline(plan, measure, items, division, numbers),
        title=f"{measure.title} by {within(division.label)}, difference in percentage points of {cases(study)} in each "
        f"base; {setting(study, numbers)}",
        alt=_alt(plan, numbers),
        data=_data(plan, items, division, numbers, study),
        units="Percentages of the base, and percentage points",
        notes=(
            f"Lines are {numbers.confidence} per cent intervals by CR2, each for one difference alone. Significant by: "
            f"the {numbers.ordinary} is Pearson\u2019s test, unadjusted; CR2 after Holm\u2019s adjustment.",
        ),
        plan=plan,
    )


def _in_order(measure: Measure, division: Breakdown, numbers: Numbers) -> tuple[Item, ...]:
    """Items from the widest difference to the narrowest; those without a mark last, in the order of the study."""
    other = other_level(division)
    drawn = {item.id: _point(item, division, other, numbers).value is not None for item in measure.items}
    ranked = [item for item in by_gap(numbers, measure, division) if drawn[item.id]]
    return (*ranked, *(item for item in measure.items if not drawn[item.id]))


def _plan(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> DifferencesPlan:
    other, looks = other_level(division), [agreement(numbers, item, division) for item in items]
    return DifferencesPlan(
        title=f"{other.label} less {within_reference(division)}, percentage points",
        labels=tuple(item.label for item in items),
        points=tuple(_point(item, division, other, numbers) for item in items),
        verdict_title="Significant by",
        looks=tuple(str(look) for look in looks),
        verdicts=tuple(
            agreement_text(look, numbers, agreement_mark(numbers, item, division))
            for item, look in zip(items, looks, strict=True)
        ),
    )


def within_reference(division: Breakdown) -> str:
    """Label of the level that others are held against."""
    return next(level_name(division, level) for level in division.levels if level.code == division.reference)


def _point(item: Item, division: Breakdown, other: Level, numbers: Numbers) -> Point:
    found = difference(numbers, item, division, other.code)
    if found.hides("estimate"):
        return Point(None, text=HIDDEN)
    ends = (found.low, found.high) if found.has_interval else (None, None)
    unreliable = any(share.unreliable for share in level_shares(numbers, item, division))
    text = difference_text(numbers, item, division, other.code)
    return Point(found.estimate, *ends, text=text, unreliable=unreliable)


def _headline(
    plan: DifferencesPlan, measure: Measure, items: Sequence[Item], division: Breakdown, numbers: Numbers
) -> str:
    """Name the widest difference that both methods call significant; or say that there is none."""
    known = [number for number, drawn in enumerate(plan.points) if drawn.value is not None]
    both = [number for number in known if plan.looks[number] == "both"]
    hidden = HIDDEN in plan.verdicts or any(drawn.text == HIDDEN for drawn in plan.points)
    where, shown = f"by {within(division.label)}", "that can be shown " if hidden else ""
    if hidden and all(look == "unknown" for look in plan.looks):
        return full(f"which differences {where} are significant cannot be shown")
    if not both and "both" in plan.looks:
        return full(f"some differences {where} are significant by both methods; how wide cannot be shown")
    if not both:
        return full(f"no difference {where} {shown}is significant by both methods")
    first = both[0]
    test = difference(numbers, items[first], division, other_level(division).code)
    said = f"{plan.points[first].text} points, {interval_points(test)}"
    return full(
        f"of the differences {where} {'that can be shown and are ' if hidden else ''}significant by both methods, "
        "the widest is for "
        f"{within(items[first].label)} ({said})"
    )


def _alt(plan: DifferencesPlan, numbers: Numbers) -> str:
    rows = []
    for label, drawn, verdict in zip(plan.labels, plan.points, plan.verdicts, strict=True):
        ends = "" if drawn.low is None else f", interval {points_interval(drawn.low, drawn.high)}"
        rows.append(f"{label}: {drawn.text}{ends}, significant by {verdict}")
    named = [verdict for verdict in dict.fromkeys(plan.verdicts) if verdict not in (HIDDEN, ABSENT)]
    listed = joined([f"{plan.verdicts.count(verdict)} by {verdict}" for verdict in named])
    said = f" Significant: {listed}." if listed else ""
    return f"Dots with intervals around a line at nought. {plan.title}.{said} {'. '.join(rows)}."


def _seen(drawn: Point, verdict: str, item: Item, division: Breakdown, numbers: Numbers) -> str:
    """Whether a difference of the size found could have been seen; shorthand where that cannot be told."""
    if unseen_hidden(numbers, item, division):
        return HIDDEN
    if drawn.value is None or verdict == ABSENT:
        return ABSENT
    return "no" if unseen(numbers, item, division) else "yes"


def _data(
    plan: DifferencesPlan, items: Sequence[Item], division: Breakdown, numbers: Numbers, study: Study
) -> pd.DataFrame:
    rows, other = [], other_level(division)
    for item, drawn, verdict in zip(items, plan.points, plan.verdicts, strict=True):
        row = {sentence(factor(study)): item.label}
        for level, share in zip(division.levels, level_shares(numbers, item, division), strict=True):
            row[f"{level.label}: base"] = base_text(share)
            row[f"{level.label}: %"] = percent_text(share)
            row[f"{level.label}: {numbers.confidence}% interval"] = interval_text(share)
        found = difference(numbers, item, division, other.code)
        row["Difference, points"] = drawn.text
        row[f"{numbers.confidence}% interval of the difference"] = interval_points(found)
        row["df"] = found.shorthand if found.df2 is None else decimal(found.df2)
        row["Significant by"] = verdict
        row["Could have been seen"] = _seen(drawn, verdict, item, division, numbers)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
