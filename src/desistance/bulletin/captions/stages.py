"""Shares over the stages of practice, for everyone and for the two groups that lie furthest from everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, base_text, told_share
from desistance.bulletin.captions.overall import share_point
from desistance.bulletin.captions.plans import Point, StagesPanel, StagesPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.evidence import change_said, real
from desistance.bulletin.language.phrases import (
    cases,
    everyone_label,
    full,
    setting,
)
from desistance.bulletin.language.words import exact_share, joined, points, within
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.practice import Step
from desistance.bulletin.reading.results import Share
from desistance.bulletin.reading.topics import everyone
from desistance.study import Item, Measure, Study


@dataclass(frozen=True)
class Group:
    """Everyone, or one level of a division, and its name."""

    breakdown: str
    subgroup: str
    label: str


def staged_measures(numbers: Numbers, study: Study) -> tuple[Measure, ...]:
    """Measures whose items are stages, where a share of theirs is released."""
    staged = (measure for measure in study.measures if measure.staged)
    return tuple(
        m for m in staged if any((m.id, item.id, ALL, ALL, "headline") in numbers.shares for item in m.items)
    )


def stages_figure(numbers: Numbers, study: Study) -> Figure | None:
    """Small multiples, one a measure; None without stages."""
    measures = staged_measures(numbers, study)
    if not measures:
        return None
    groups = (Group(ALL, ALL, everyone_label(study)), *furthest_groups(measures, numbers, study))
    plan = StagesPlan(
        stages=tuple(item.short for item in measures[0].items),
        groups=tuple(group.label for group in groups),
        panels=tuple(_panel(measure, groups, numbers) for measure in measures),
    )
    titles = joined([measures[0].title, *(within(measure.title) for measure in measures[1:])])
    return Figure(
        id="stages",
        number=0,
        headline=_headline(measures, numbers, study),
        title=f"{titles} at each stage, percentage of {cases(study)} in each base; {setting(study, numbers)}",
        alt=_alt(plan),
        data=_data(measures, groups, numbers),
        units="Percentages of the base",
        notes=(_note(groups, numbers, study),),
        plan=plan,
    )


def _headline(measures: Sequence[Measure], numbers: Numbers, study: Study) -> str:
    said = stages_evidence(measures, numbers)
    text = stages_headline(measures, numbers, study)
    return full(f"{text}: {said}" if said else text)


def furthest_groups(measures: Sequence[Measure], numbers: Numbers, study: Study) -> tuple[Group, ...]:
    """Of the breakdowns and of the bands, the group whose shares lie furthest from everyone's, on average.

    A group with a hidden share is left out: of its distance only a part is known.
    """
    found = []
    for divisions in (study.breakdowns, study.bands):
        groups = [
            (_distance(measures, division.id, level.code, numbers), Group(division.id, level.code, label))
            for division in divisions
            for level in division.levels
            for label in (f"{division.label}: {within(level.label)}" if division.ordered else level.label,)
        ]
        if known := [group for group in groups if group[0] is not None]:
            found.append(max(known, key=lambda pair: pair[0])[1])
    return tuple(found)


def _distance(measures: Sequence[Measure], breakdown: str, subgroup: str, numbers: Numbers) -> float | None:
    gaps, items = [], [item for measure in measures for item in measure.items]
    if any_hidden(numbers.share(item.measure, item.id, breakdown, subgroup) for item in items):
        return None
    for item in items:
        own, all_ = numbers.share(item.measure, item.id, breakdown, subgroup), everyone(numbers, item)
        if own.estimate is not None and all_.estimate is not None:
            gaps.append(abs(own.estimate - all_.estimate))
    return sum(gaps) / len(gaps) if gaps else None


def stages_headline(measures: Sequence[Measure], numbers: Numbers, study: Study) -> str:
    """Where sufficiency is lost: at one step, from the first stage to the last, or nowhere for certain."""
    step = largest_fall(measures, numbers)
    if step is not None:
        measure = study.measure(step.measure)
        shown = "of the changes that can be shown, " if _hides_steps(measures, numbers) else ""
        return f"{shown}sufficiency is lost most {between(step, measure)}, in {within(measure.title)}"
    falls = whole_falls(measures, numbers)
    tests = [step.test for step, _ in everyones_steps(measures, numbers)]
    hidden = _hides_steps(measures, numbers)
    if hidden and all(test.p_holm is None for test in tests):
        return "whether a fall from one stage to another is significant cannot be shown"
    if not falls:
        shown = "that can be shown " if hidden else ""
        return f"no fall from one stage to another {shown}is significant by the CR2 test"
    way = between(falls[0], study.measure(falls[0].measure))
    single = "step between two stages that can be shown" if hidden else "single step between two stages"
    if len(falls) == len(measures) > 1:
        return f"sufficiency falls {way}, and no {single} stands out"
    named = joined([within(study.measure(fall.measure).title) for fall in falls])
    return f"sufficiency falls {way} in {named}, and no {single} stands out"


def _hides_steps(measures: Sequence[Measure], numbers: Numbers) -> bool:
    steps = everyones_steps(measures, numbers)
    return any(step.test.hides("estimate", "p_holm") for step, _ in steps)


def stages_evidence(measures: Sequence[Measure], numbers: Numbers) -> str:
    """The change the headline speaks of, with interval and test, or the range of several; "" where there is none."""
    step, falls = largest_fall(measures, numbers), whole_falls(measures, numbers)
    if step is not None or len(falls) == 1:
        return change_said((step or falls[0]).test, numbers)
    sizes = sorted(fall.test.estimate for fall in falls)
    ends = dict.fromkeys(points(exact_share(None, None, size)) for size in sizes[-1:] + sizes[:1])
    return f"{' to '.join(ends)} points, each significant by the CR2 test" if sizes else ""


def is_single(step: Step, measure: Measure) -> bool:
    """Whether a change is from one stage to the very next."""
    ids = [item.id for item in measure.items]
    return (step.previous, step.item) in pairwise(ids)


def everyones_steps(measures: Sequence[Measure], numbers: Numbers) -> list[tuple[Step, Measure]]:
    """Changes between stages over everyone, with their measures."""
    by_id = {measure.id: measure for measure in measures}
    rows = (step for step in numbers.practice.steps if step.breakdown == ALL and step.measure in by_id)
    return [(step, by_id[step.measure]) for step in rows]


def largest_fall(measures: Sequence[Measure], numbers: Numbers) -> Step | None:
    """Of everyone's changes from one stage to the next the largest significant fall."""
    falls = [step for step, measure in everyones_steps(measures, numbers) if is_single(step, measure)]
    return min(_real_falls(falls, numbers), key=lambda step: step.test.estimate, default=None)


def whole_falls(measures: Sequence[Measure], numbers: Numbers) -> list[Step]:
    """Significant falls over everyone from the first stage to the last."""
    return _real_falls(
        [step for step, measure in everyones_steps(measures, numbers) if not is_single(step, measure)],
        numbers,
    )


def _real_falls(steps: Sequence[Step], numbers: Numbers) -> list[Step]:
    return [step for step in steps if real(step.test, numbers) and step.test.estimate < 0]


def between(step: Step, measure: Measure) -> str:
    """Name the two stages of a change: "from planning to delivery"."""
    names = {item.id: within(item.label) for item in measure.items}
    return f"from {names.get(step.previous, step.previous)} to {names.get(step.item, step.item)}"


def _panel(measure: Measure, groups: Sequence[Group], numbers: Numbers) -> StagesPanel:
    lines = [tuple(_point(_share(item, group, numbers), group) for item in measure.items) for group in groups]
    return StagesPanel(title=measure.title, lines=tuple(lines))


def _point(share: Share, group: Group) -> Point:
    drawn = share_point(share)
    return drawn if group.breakdown == ALL else replace(drawn, low=None, high=None)


def _share(item: Item, group: Group, numbers: Numbers) -> Share:
    return numbers.share(item.measure, item.id, group.breakdown, group.subgroup)


def _note(groups: Sequence[Group], numbers: Numbers, study: Study) -> str:
    lines = f"Upright lines are {numbers.confidence} per cent intervals, for everyone."
    if len(groups) == 1:
        return lines
    keys = [(d.id, code) for d in (*study.breakdowns, *study.bands) for code in d.codes]
    items = [item for measure in staged_measures(numbers, study) for item in measure.items]
    hidden = any_hidden(numbers.share(item.measure, item.id, *key) for item in items for key in keys)
    shown = ", of the groups whose shares can all be shown" if hidden else ""
    return (
        f"{lines} Behind: of the breakdowns and of the bands{shown}, the group whose shares lie furthest from those of "
        f"all {cases(study)}. The scale does not begin at nought."
    )


def _alt(plan: StagesPlan) -> str:
    texts = []
    for panel in plan.panels:
        groups = [
            f"{group}: "
            + ", ".join(
                f"{within(stage)} {drawn.text.removesuffix('%')}"
                for stage, drawn in zip(plan.stages, line, strict=True)
            )
            for group, line in zip(plan.groups, panel.lines, strict=True)
        ]
        texts.append(f"{panel.title}, per cent. {'; '.join(groups)}")
    return f"Lines over {len(plan.stages)} stages. {'. '.join(texts)}."


def _data(measures: Sequence[Measure], groups: Sequence[Group], numbers: Numbers) -> pd.DataFrame:
    rows = []
    for measure in measures:
        for item in measure.items:
            row = {
                "Stage": f"{measure.title}: {within(item.label)}",
                "Base": base_text(everyone(numbers, item)),
            }
            for group in groups:
                row[f"{group.label}, % and interval"] = told_share(_share(item, group, numbers))
            rows.append(row)
    return pd.DataFrame(rows, dtype=object)
