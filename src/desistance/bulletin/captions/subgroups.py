"""Items by subgroup: small multiples over several divisions, and one division set out with its tests."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from desistance.bulletin.captions.overall import share_point
from desistance.bulletin.content import Figure
from desistance.bulletin.numbers import CR2, PEARSON, Numbers
from desistance.bulletin.phrases import (
    Ends,
    by,
    cases,
    count_text,
    factor,
    full,
    gap,
    gap_text,
    interval_text,
    item_ends,
    level_name,
    of_items,
    percent_text,
    percent_with_interval,
    setting,
    statement,
    widest,
)
from desistance.bulletin.plans import ContrastPlan, Panel, PanelsPlan
from desistance.bulletin.topics import (
    by_design,
    extremes,
    is_significant,
    level_shares,
    other_level,
    ranked,
    tested_items,
)
from desistance.bulletin.words import joined, sentence, within
from desistance.study import Breakdown, Item, Measure, Study

VERDICTS = {True: "\u2713 yes", False: "\u2013 no", None: "[x]"}


def panels_figure(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> Figure:
    """One panel a division: a dot with its interval for each item and level."""
    items = ranked(numbers, measure)
    panels = tuple(_panel(items, division, numbers) for division in divisions)
    plan = PanelsPlan(tuple(item.label for item in items), tuple(item.short for item in items), panels)
    title = f"{measure.title} by {by(divisions)}, percentage of {cases(study)} in each base"
    return Figure(
        id=f"{measure.id}_by_{'_'.join(d.id for d in divisions)}"
        if len(divisions) == 1
        else f"{measure.id}_by_subgroup",
        number=0,
        headline=_panels_headline(measure, divisions, numbers),
        title=f"{title}; {setting(study, numbers)}",
        alt=_panels_alt(measure, items, divisions, numbers, study),
        data=_panels_data(items, divisions, numbers, study),
        units=f"Percentages of the base, with {numbers.confidence} per cent intervals",
        notes=(f"Lines are {numbers.confidence} per cent intervals.", *_sign_note(panels)),
        plan=plan,
    )


def contrast_figure(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> Figure:
    """One division: every level's share for each item, the gap, and the verdict of the two methods."""
    items = by_gap(numbers, measure, division)
    other = other_level(division)
    plan = ContrastPlan(
        title=f"{measure.label}, % of {cases(study)} in the base",
        labels=tuple(item.label for item in items),
        levels=tuple(level.label for level in division.levels),
        rows=tuple(
            tuple(share_point(share) for share in level_shares(numbers, item, division)) for item in items
        ),
        gap_title="Gap, points" if other else "Widest gap, points",
        gaps=tuple(gap_text(widest_gap(numbers, item, division), signed=other is not None) for item in items),
        tests=("Pearson, unadjusted", "CR2, Holm"),
        verdicts=tuple(_verdicts(numbers, item, division) for item in items),
    )
    return Figure(
        id=f"{measure.id}_by_{division.id}",
        number=0,
        headline=_contrast_headline(measure, items, division, numbers),
        title=f"{measure.title} by {within(division.label)}, percentage of {cases(study)} in each base; "
        f"{setting(study, numbers)}",
        alt=_contrast_alt(plan, division),
        data=_contrast_data(plan, items, division, numbers, study),
        units="Percentages of the base, and percentage points",
        notes=(f"Lines are {numbers.confidence} per cent intervals. {_gap_note(division)}",),
        plan=plan,
    )


def by_gap(numbers: Numbers, measure: Measure, division: Breakdown) -> tuple[Item, ...]:
    """Items from the widest gap to the narrowest, whichever way it goes; those without one last."""
    gaps = {item.id: widest_gap(numbers, item, division) for item in measure.items}
    return tuple(sorted(measure.items, key=lambda item: 1 if gaps[item.id] is None else -abs(gaps[item.id])))


def widest_gap(numbers: Numbers, item: Item, division: Breakdown) -> Fraction | None:
    """Second level less the reference; with more than two levels, the highest less the lowest."""
    other = other_level(division)
    if other:
        pair = (
            numbers.share(item.measure, item.id, division.id, code)
            for code in (other.code, division.reference)
        )
        return gap(*pair)
    found = extremes(numbers, item, division)
    return gap(found[1], found[3]) if found else None


def _sign_note(panels: Sequence[Panel]) -> tuple[str, ...]:
    if not any(differs for panel in panels for differs in panel.differs):
        return ()
    return (
        "The sign \u2260 marks rows that differ significantly by the CR2 test after Holm\u2019s adjustment.",
    )


def _panel(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> Panel:
    return Panel(
        title=division.label,
        levels=tuple(level.label for level in division.levels),
        rows=tuple(
            tuple(share_point(share) for share in level_shares(numbers, item, division)) for item in items
        ),
        differs=tuple(_differs(numbers, item, division) is True for item in items),
    )


def _differs(numbers: Numbers, item: Item, division: Breakdown) -> bool | None:
    return is_significant(numbers, numbers.test(item.measure, item.id, division.id, CR2), "p_holm")


def _verdicts(numbers: Numbers, item: Item, division: Breakdown) -> tuple[str, str]:
    ordinary = is_significant(numbers, numbers.test(item.measure, item.id, division.id, PEARSON), "p_value")
    return VERDICTS[ordinary], VERDICTS[_differs(numbers, item, division)]


def _widest(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> tuple[Item, Ends] | None:
    pairs = [(item, ends) for item in items if (ends := extremes(numbers, item, division))]
    return widest(pairs) if pairs else None


def _widest_text(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> str:
    found = _widest(items, division, numbers)
    return item_ends(*found, division) if found else ""


def _panels_headline(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers) -> str:
    """Name the widest of the significant gaps; without one, say that there is none."""
    pairs = [(d, _widest(by_design(numbers, measure, d), d, numbers)) for d in divisions]
    known = [((division, item), ends) for division, found in pairs if found for item, ends in (found,)]
    if not known:
        named = by(divisions, "or")
        return full(f"no difference by {named} is significant by the CR2 test, Holm\u2019s adjustment")
    (division, item), ends = widest(known)
    named = item_ends(item, ends, division)
    return full(
        f"of the gaps significant by the CR2 test, the widest is by {within(division.label)}: {named}"
    )


def _panels_alt(
    measure: Measure, items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> str:
    parts = []
    for division in divisions:
        found = by_design(numbers, measure, division)
        tested = tested_items(numbers, measure, division)
        named = f": {joined([within(item.label) for item in found])}" if found else ""
        text = f"By {within(division.label)}, {of_items(len(found), len(tested), study)} marked as different{named}"
        far = _widest_text(items, division, numbers)
        parts.append(f"{text}. Widest gap: {far}." if far else f"{text}.")
    rows = f"{len(items)} rows and {len(divisions)} panel{'' if len(divisions) == 1 else 's'}"
    return (
        f"Dots with intervals in {rows}. {' '.join(parts)} Every percentage is in the data under the figure."
    )


def _panels_data(
    items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> pd.DataFrame:
    rows = []
    for item in items:
        row = {sentence(factor(study)): item.label}
        for division in divisions:
            for level, share in zip(division.levels, level_shares(numbers, item, division), strict=True):
                row[f"{division.label}: {level.label}, % and interval"] = percent_with_interval(share)
        rows.append(row)
    return pd.DataFrame(rows)


def _contrast_headline(measure: Measure, items: Sequence[Item], division: Breakdown, numbers: Numbers) -> str:
    far = _widest_text(items, division, numbers)
    if not far:
        return full(f"{statement(measure)} equally often by {within(division.label)}")
    return full(f"the gap by {within(division.label)} is widest for {far}")


def _gap_note(division: Breakdown) -> str:
    other = other_level(division)
    if not other:
        return "The gap is the highest share less the lowest, before rounding."
    reference = next(level for level in division.levels if level.code == division.reference)
    return (
        f"The gap is {level_name(division, other)} less {level_name(division, reference)}, before rounding."
    )


def _contrast_alt(plan: ContrastPlan, division: Breakdown) -> str:
    rows = []
    for label, points, difference, verdicts in zip(
        plan.labels, plan.rows, plan.gaps, plan.verdicts, strict=True
    ):
        shares = joined(
            [
                f"{level} {point.text.removesuffix('%')}"
                for level, point in zip(plan.levels, points, strict=True)
            ]
        )
        said = ", ".join(f"{test}: {verdict[2:]}" for test, verdict in zip(plan.tests, verdicts, strict=True))
        rows.append(f"{label}: {shares}, gap {difference} points, significant by {said}")
    return f"Dots with intervals. {plan.title}, by {within(division.label)}. {'. '.join(rows)}."


def _contrast_data(
    plan: ContrastPlan, items: Sequence[Item], division: Breakdown, numbers: Numbers, study: Study
) -> pd.DataFrame:
    rows = []
    for number, item in enumerate(items):
        row = {sentence(factor(study)): item.label}
        for level, share in zip(division.levels, level_shares(numbers, item, division), strict=True):
            row[f"{level.label}: base"] = count_text(share.n_cases)
            row[f"{level.label}: %"] = percent_text(share)
            row[f"{level.label}: {numbers.confidence}% interval"] = interval_text(share)
        row[plan.gap_title] = plan.gaps[number]
        rows.append(row)
    return pd.DataFrame(rows)
