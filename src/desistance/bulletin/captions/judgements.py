"""Measures with one item each, over the levels of every division."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, base_text
from desistance.bulletin.captions.overall import share_point
from desistance.bulletin.captions.plans import LevelGroup, LevelsPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import (
    by,
    cases,
    ends_text,
    everyone_label,
    full,
    interval_text,
    percent_text,
    setting,
    widest,
)
from desistance.bulletin.language.words import joined, within
from desistance.bulletin.reading.numbers import CR2, Numbers
from desistance.bulletin.reading.topics import Topic, everyone, extremes, is_significant, level_shares
from desistance.study import Breakdown, Item, Measure, Study

MOST_COLUMNS = 2


def judgement_figures(topic: Topic, numbers: Numbers, study: Study) -> Iterator[Figure]:
    """Up to two measures a figure; breakdowns and bands in figures of their own."""
    for start in range(0, len(topic.measures), MOST_COLUMNS):
        measures = topic.measures[start : start + MOST_COLUMNS]
        for kind, divisions in (("subgroup", study.breakdowns), ("band", study.bands)):
            if divisions:
                yield _levels_figure(kind, measures, divisions, numbers, study)


def _levels_figure(
    kind: str, measures: Sequence[Measure], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> Figure:
    items = [measure.items[0] for measure in measures]
    plan = LevelsPlan(
        columns=tuple(f"{item.label}, %" for item in items),
        everyone_label=everyone_label(study),
        everyone=tuple(share_point(everyone(numbers, item)) for item in items),
        groups=tuple(_group(items, division, numbers) for division in divisions),
    )
    titles = joined([measures[0].title, *(within(measure.title) for measure in measures[1:])])
    return Figure(
        id=f"{'_and_'.join(measure.id for measure in measures)}_by_{kind}",
        number=0,
        headline=_headline(items, divisions, numbers),
        title=f"{titles} by {by(divisions)}, percentage of {cases(study)}; {setting(study, numbers)}",
        alt=_alt(items, divisions, numbers),
        data=_data(items, divisions, numbers, study),
        units=f"Numbers of {cases(study)} and percentages of them",
        notes=(
            f"Lines are {numbers.confidence} per cent intervals; the dashed line is the share for everyone.",
        ),
        plan=plan,
    )


def _group(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> LevelGroup:
    columns = [level_shares(numbers, item, division) for item in items]
    return LevelGroup(
        title=division.label,
        labels=tuple(level.label for level in division.levels),
        rows=tuple(tuple(share_point(share) for share in row) for row in zip(*columns, strict=True)),
    )


def _headline(items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers) -> str:
    """Name the widest of the significant gaps; without one, say that there is none."""
    tests = {(item, d): numbers.test(item.measure, item.id, d.id, CR2) for item in items for d in divisions}
    differing = [pair for pair, test in tests.items() if is_significant(numbers, test, "p_value")]
    known = [((item, d), ends) for item, d in differing if (ends := extremes(numbers, item, d))]
    hidden = any(test.hides("p_value") for test in tests.values()) or any_hidden(
        share for item, d in tests for share in level_shares(numbers, item, d)
    )
    if not known and hidden and all(test.p_value is None for test in tests.values()):
        return full(f"no verdict of the CR2 test on a difference by {by(divisions, 'or')} can be shown")
    if not known and hidden and differing:
        named = by(divisions, "or")
        return full(f"some differences by {named} are significant by the CR2 test; how wide cannot be shown")
    if not known:
        shown = "that can be shown " if hidden else ""
        return full(f"no difference by {by(divisions, 'or')} {shown}is significant by the CR2 test")
    (item, division), ends = widest(known)
    named = f"{within(item.short)} ({ends_text(ends, division)})"
    return full(
        f"of the gaps {'that can be shown and are ' if hidden else ''}significant by the CR2 test, the widest is by "
        f"{within(division.label)}: {named}"
    )


def _alt(items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers) -> str:
    texts = []
    for item in items:
        groups = [f"{item.label}: everyone {percent_text(everyone(numbers, item))} per cent"]
        for division in divisions:
            pairs = zip(division.levels, level_shares(numbers, item, division), strict=True)
            listed = ", ".join(f"{level.label} {percent_text(share)}" for level, share in pairs)
            groups.append(f"{within(division.label)}: {listed}")
        texts.append("; ".join(groups))
    return f"Dots with intervals. {'. '.join(texts)}."


def _data(
    items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> pd.DataFrame:
    groups = [(everyone_label(study), [everyone(numbers, item) for item in items])]
    for division in divisions:
        for level in division.levels:
            shares = [numbers.share(item.measure, item.id, division.id, level.code) for item in items]
            groups.append((f"{division.label}: {level.label}", shares))
    rows = []
    for label, shares in groups:
        row = {"Group": label}
        for item, share in zip(items, shares, strict=True):
            row[f"{item.label}: base"] = base_text(share)
            row[f"{item.label}: %"] = percent_text(share)
            row[f"{item.label}: {numbers.confidence}% interval"] = interval_text(share)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
