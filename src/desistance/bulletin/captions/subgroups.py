"""Items by subgroup: small multiples over several divisions, and one division set out with its tests."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, base_text, told_share
from desistance.bulletin.captions.overall import share_point
from desistance.bulletin.captions.plans import ContrastPlan, Panel, PanelsPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import (
    Ends,
    by,
    cases,
    factor,
    full,
    gap,
    gap_text,
    interval_text,
    item_ends,
    level_name,
    of_items,
    percent_text,
    setting,
    statement,
    widest,
)
from desistance.bulletin.language.words import joined, sentence, within
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import CR2, PEARSON, Numbers
from desistance.bulletin.reading.topics import (
    by_design,
    design_verdicts,
    extremes,
    is_significant,
    level_shares,
    levels_mark,
    other_level,
    ranked,
)
from desistance.study import Breakdown, Item, Measure, Study

YES, NO = "\u2713 yes", "\u2013 no"


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
        gaps=tuple(_gap(item, division, numbers) for item in items),
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
    """Second level less the reference; with more than two levels, the highest less the lowest if none is hidden."""
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
    found = {differs for panel in panels for differs in panel.differs}
    if not found - {False}:
        return ()
    hidden = f"; {HIDDEN} in its place, that the verdict is hidden" if None in found else ""
    return (
        f"The sign \u2260 marks rows that differ significantly by the CR2 test after Holm\u2019s adjustment{hidden}.",
    )


def _panel(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> Panel:
    return Panel(
        title=division.label,
        levels=tuple(level.label for level in division.levels),
        rows=tuple(
            tuple(share_point(share) for share in level_shares(numbers, item, division)) for item in items
        ),
        differs=tuple(_marked(numbers, item, division) for item in items),
    )


def _marked(numbers: Numbers, item: Item, division: Breakdown) -> bool | None:
    """Whether a row has the sign of a difference; None where the verdict is hidden."""
    test = numbers.test(item.measure, item.id, division.id, CR2)
    return None if test.hides("p_holm") else is_significant(numbers, test, "p_holm") is True


def _verdicts(numbers: Numbers, item: Item, division: Breakdown) -> tuple[str, str]:
    pairs = ((PEARSON, "p_value"), (CR2, "p_holm"))
    tests = [(numbers.test(item.measure, item.id, division.id, method), name) for method, name in pairs]
    return tuple(
        {True: YES, False: NO, None: test.mark(name)}[is_significant(numbers, test, name)]
        for test, name in tests
    )


def _gap(item: Item, division: Breakdown, numbers: Numbers) -> str:
    """Gap in points, with its sign where it has a direction; shorthand where there is none."""
    found, mark = widest_gap(numbers, item, division), levels_mark(numbers, item, division)
    return gap_text(found, signed=other_level(division) is not None, shorthand=mark)


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
    signs = [_marked(numbers, item, d) for item in measure.items for d in divisions]
    hidden = None in signs or any(_hides(measure.items, d, numbers) for d in divisions)
    if not known:
        named = by(divisions, "or")
        if not {True, False} & set(signs):
            return full(f"no verdict of the CR2 test on a difference by {named} can be shown")
        if hidden and True in signs:
            return full(
                f"some differences by {named} are significant by the CR2 test; how wide cannot be shown"
            )
        shown = "that can be shown " if hidden else ""
        return full(f"no difference by {named} {shown}is significant by the CR2 test, Holm\u2019s adjustment")
    (division, item), ends = widest(known)
    named = item_ends(item, ends, division)
    return full(
        f"of the gaps {'that can be shown and are ' if hidden else ''}significant by the CR2 test, the widest is by "
        f"{within(division.label)}: {named}"
    )


def _panels_alt(
    measure: Measure, items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> str:
    parts = []
    for division in divisions:
        text = _marked_said(measure, division, numbers, study)
        far = _widest_text(items, division, numbers)
        widest_said = "Widest gap that can be shown" if _hides(items, division, numbers) else "Widest gap"
        parts.append(f"{text}. {widest_said}: {far}." if far else f"{text}.")
    rows = f"{len(items)} rows and {len(divisions)} panel{'' if len(divisions) == 1 else 's'}"
    return (
        f"Dots with intervals in {rows}. {' '.join(parts)} Every percentage is in the data under the figure."
    )


def _marked_said(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Rows with the sign of a difference, of those whose verdict is shown."""
    told = design_verdicts(numbers, measure, division)
    n = of_items(len(told.found), told.total, study, hidden=told.hidden)
    named = f": {joined([within(item.label) for item in told.found])}" if told.found else ""
    return f"By {within(division.label)}, {n} marked as different{named}"


def _hides(items: Sequence[Item], division: Breakdown, numbers: Numbers) -> bool:
    """Whether a share of some item is hidden in a division."""
    return any(any_hidden(level_shares(numbers, item, division)) for item in items)


def _panels_data(
    items: Sequence[Item], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> pd.DataFrame:
    rows = []
    for item in items:
        row = {sentence(factor(study)): item.label}
        for division in divisions:
            for level, share in zip(division.levels, level_shares(numbers, item, division), strict=True):
                row[f"{division.label}: {level.label}, % and interval"] = told_share(share)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def _contrast_headline(measure: Measure, items: Sequence[Item], division: Breakdown, numbers: Numbers) -> str:
    far, hidden = _widest_text(items, division, numbers), _hides(items, division, numbers)
    if hidden:
        widest_said = f"the widest gap by {within(division.label)} that can be shown is for {far}"
        return full(widest_said if far else f"no gap by {within(division.label)} can be shown")
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
        said = ", ".join(
            f"{test}: {verdict.split()[-1]}" for test, verdict in zip(plan.tests, verdicts, strict=True)
        )
        rows.append(f"{label}: {shares}, gap {difference} points, significant by {said}")
    return f"Dots with intervals. {plan.title}, by {within(division.label)}. {'. '.join(rows)}."


def _contrast_data(
    plan: ContrastPlan, items: Sequence[Item], division: Breakdown, numbers: Numbers, study: Study
) -> pd.DataFrame:
    rows = []
    for number, item in enumerate(items):
        row = {sentence(factor(study)): item.label}
        for level, share in zip(division.levels, level_shares(numbers, item, division), strict=True):
            row[f"{level.label}: base"] = base_text(share)
            row[f"{level.label}: %"] = percent_text(share)
            row[f"{level.label}: {numbers.confidence}% interval"] = interval_text(share)
        row[plan.gap_title] = plan.gaps[number]
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
