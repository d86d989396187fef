"""Each item's share over everyone, and beside it the share of the measure that depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, base_text, yes_text
from desistance.bulletin.captions.plans import BarsPlan, DotsPlan, Point
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import (
    assumed_sentence,
    cases,
    common_base,
    factor,
    full,
    interval_text,
    label_leads,
    percent_mark,
    percent_text,
    rank_clause,
    setting,
)
from desistance.bulletin.language.words import sentence, within
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Share
from desistance.bulletin.reading.topics import companion, everyone, known_items, ranked
from desistance.study import Item, Measure, Study


def overall_figure(measure: Measure, numbers: Numbers, study: Study) -> Figure:
    """Bars from the highest share to the lowest; dots with intervals for the companion in the same rows."""
    beside = companion(study, measure)
    intervals = f"Lines through the dots are {numbers.confidence} per cent intervals." if beside else ""
    assumed = [assumed_sentence(each) for each in (measure, beside) if each is not None]
    plan = _plan(measure, beside, numbers, study)
    return Figure(
        id=measure.id,
        number=0,
        headline=_headline(measure, beside, numbers),
        title=_title(measure, beside, numbers, study),
        alt=_alt(plan),
        data=_data(measure, beside, numbers, study),
        units=f"Numbers of {cases(study)}, and percentages of the base beside them",
        notes=tuple(note for note in (intervals, *assumed) if note),
        plan=plan,
    )


def share_point(share: Share) -> Point:
    """Dot for a share with its interval."""
    ends = (share.low, share.high) if share.has_interval else (None, None)
    return Point(share.estimate, *ends, text=percent_mark(share), unreliable=share.unreliable)


def listed_dots(plan: DotsPlan) -> str:
    """Every row with the percentage at each level, for alternative text."""
    rows = []
    for label, row in zip(plan.labels, plan.rows, strict=True):
        pairs = zip(plan.levels, row, strict=True)
        said = [f"{within(level)} {drawn.text.removesuffix('%')}" for level, drawn in pairs]
        rows.append(f"{label}: {', '.join(said)}")
    return ". ".join(rows)


def _partners(measure: Measure, beside: Measure | None) -> Mapping[str, Item]:
    if beside is None:
        return {}
    return {item.id: other for item, other in zip(measure.items, beside.items, strict=True)}


def _plan(measure: Measure, beside: Measure | None, numbers: Numbers, study: Study) -> BarsPlan:
    items, partners = ranked(numbers, measure), _partners(measure, beside)
    shares = [everyone(numbers, item) for item in items]
    return BarsPlan(
        labels=tuple(item.label for item in items),
        bar_title=f"{measure.label}, % of {common_base(shares, study)}",
        bars=tuple(replace(share_point(share), low=None, high=None) for share in shares),
        dot_title=f"{beside.label}, % of those {cases(study)}" if beside else "",
        dots=tuple(share_point(everyone(numbers, partners[item.id])) for item in items) if beside else (),
    )


def _headline(measure: Measure, beside: Measure | None, numbers: Numbers) -> str:
    first = known_items(numbers, measure)
    second = known_items(numbers, beside) if beside else ()
    hidden = any_hidden(everyone(numbers, item) for each in (measure, beside) if each for item in each.items)
    if not first:
        return f"{measure.title}: no shares {'can be shown' if hidden else 'are available'}"
    shown = "of the shares that can be shown, " if hidden else ""
    most = shown + rank_clause(measure, first[0], "most often")
    if second:
        return full(f"{most}; {rank_clause(beside, second[0], 'most often')}")
    if label_leads(measure):
        return full(f"{most} and {rank_clause(measure, first[-1], 'least often')}")
    return full(f"{most} and least often for {within(first[-1].label)}")


def _title(measure: Measure, beside: Measure | None, numbers: Numbers, study: Study) -> str:
    base = common_base([everyone(numbers, item) for item in measure.items], study)
    text = f"{measure.title}, percentage of {base}"
    if beside:
        text += f"; {within(beside.title)}, percentage of those {cases(study)} with a judgement"
    return f"{text}; {setting(study, numbers)}"


def _alt(plan: BarsPlan) -> str:
    text = f"Bar chart. {plan.bar_title}: {_listed(plan.labels, plan.bars)}."
    if plan.dots:
        text += f" Beside it, dots with intervals. {plan.dot_title}: {_listed(plan.labels, plan.dots)}."
    return text


def _listed(labels: tuple[str, ...], points: tuple[Point, ...]) -> str:
    return "; ".join(
        f"{label} {point.text.removesuffix('%')}" for label, point in zip(labels, points, strict=True)
    )


def _data(measure: Measure, beside: Measure | None, numbers: Numbers, study: Study) -> pd.DataFrame:
    partners, rows = _partners(measure, beside), []
    for item in ranked(numbers, measure):
        share = everyone(numbers, item)
        row = {
            sentence(factor(study)): item.label,
            "Base": base_text(share),
            measure.label: yes_text(share),
            "% of base": percent_text(share),
        }
        if beside:
            other = everyone(numbers, partners[item.id])
            row |= {
                f"{beside.label}: base": base_text(other),
                beside.label: yes_text(other),
                f"{beside.label}: % of base": percent_text(other),
                f"{numbers.confidence}% interval": interval_text(other),
            }
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
