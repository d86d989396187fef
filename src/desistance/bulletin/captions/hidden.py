"""Hidden numbers in a figure: what stands in their place, how many there are, and what may still be said.

A figure is drawn from the released tables alone, so it cannot give a hidden number away. It could still say too much:
the highest of the shares shown need not be the highest, and a test that is hidden may be significant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from desistance.bulletin.captions.plans import (
    BarsPlan,
    ChoicesPlan,
    ContrastPlan,
    DifferencesPlan,
    DotsPlan,
    FunnelPlan,
    LevelGroup,
    LevelsPlan,
    PanelsPlan,
    Plan,
    Point,
    StackGroup,
    StacksPlan,
    StagesPlan,
    UpsetPlan,
)
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import count_text, percent_with_interval
from desistance.bulletin.language.shorthand import flagged, hidden_meaning, unreliable_meaning
from desistance.bulletin.language.shown import Shown, parts_of
from desistance.bulletin.language.words import counted, joined
from desistance.bulletin.reading.cells import HIDDEN, UNRELIABLE
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Share
from desistance.study import Study


def any_hidden(shares: Iterable[Share]) -> bool:
    """Whether one of several shares is hidden, so that nothing may be called the highest of all."""
    return any(share.hides("estimate") for share in shares)


def base_text(share: Share) -> str:
    """Base of a share for the data of a figure; shorthand where there is none."""
    return count_text(share.n_cases, share.mark("n_cases"))


def yes_text(share: Share) -> str:
    """Count behind a share for the data of a figure; shorthand where there is none."""
    return count_text(share.n_yes, share.mark("n_yes"))


def told_share(share: Share) -> str:
    """Share with its interval for the data of a figure; [u] between them where its base is small."""
    said = percent_with_interval(share)
    number, bracket, rest = said.partition(" (")
    text = flagged(number, unreliable=share.unreliable) + bracket + rest
    return Shown(text, *parts_of(said)) if parts_of(said) else text


def explained(figure: Figure, numbers: Numbers, study: Study) -> Figure:
    """Say what [c] and [u] stand for and how often, in the alternative text and in notes.

    Names of rows that hold an unreliable number get [u]. A figure with neither is unchanged.
    """
    alt, notes = [figure.alt], [*figure.notes]
    said, weak = hidden_said(figure.plan), unreliable_labels(figure.plan)
    if said:
        notes.append(f"{HIDDEN}: {hidden_meaning(study)}. It stands for {said} of this figure.")
        alt.append(f"{HIDDEN}, {hidden_meaning(study)}, stands for {said}.")
    if weak:
        meaning = unreliable_meaning(numbers)
        notes.append(
            f"{UNRELIABLE} after a name: {meaning}; where the row has several numbers, the data tell which."
        )
        alt.append(f"Unreliable, for a small base, in part or as a whole: {joined(weak)}.")
    return replace(figure, plan=flagged_plan(figure.plan), alt=" ".join(alt), notes=tuple(notes))


def unreliable_labels(plan: Plan) -> list[str]:
    """Names of the rows of a figure that hold a number with a small base."""
    return [label for label, points in _rows(plan) if _is_weak(points)]


def flagged_plan(plan: Plan) -> Plan:
    """Plan with [u] after the names of these rows."""
    match plan:
        case BarsPlan() | ContrastPlan() | DifferencesPlan() | DotsPlan():
            return replace(plan, labels=_flagged(plan.labels, _rows(plan)))
        case PanelsPlan():
            rows = _rows(plan)
            return replace(plan, labels=_flagged(plan.labels, rows), shorts=_flagged(plan.shorts, rows))
        case LevelsPlan() | StacksPlan():
            groups = (
                replace(group, labels=_flagged(group.labels, _group_rows(group))) for group in plan.groups
            )
            return replace(plan, groups=tuple(groups))
    return plan


def _rows(plan: Plan) -> list[tuple[str, tuple[Point, ...]]]:
    """Names of the rows of a figure, each with its numbers."""
    match plan:
        case BarsPlan():
            dots = [(drawn,) for drawn in plan.dots] or [()] * len(plan.bars)
            rows = [(bar, *dot) for bar, dot in zip(plan.bars, dots, strict=True)]
            return list(zip(plan.labels, rows, strict=True))
        case ContrastPlan() | DotsPlan():
            return list(zip(plan.labels, plan.rows, strict=True))
        case DifferencesPlan():
            return list(zip(plan.labels, [(drawn,) for drawn in plan.points], strict=True))
        case PanelsPlan():
            across = zip(*(panel.rows for panel in plan.panels), strict=True)
            rows = [tuple(drawn for points in row for drawn in points) for row in across]
            return list(zip(plan.labels, rows, strict=True))
        case LevelsPlan() | StacksPlan():
            return [row for group in plan.groups for row in _group_rows(group)]
    return []


def _group_rows(group: LevelGroup | StackGroup) -> list[tuple[str, tuple[Point, ...]]]:
    if isinstance(group, LevelGroup):
        return list(zip(group.labels, group.rows, strict=True))
    rows = [(*parts, mean) for parts, mean in zip(group.parts, group.means, strict=True)]
    return list(zip(group.labels, rows, strict=True))


def _flagged(labels: Sequence[str], rows: Sequence[tuple[str, tuple[Point, ...]]]) -> tuple[str, ...]:
    pairs = zip(labels, rows, strict=True)
    return tuple(flagged(label, unreliable=_is_weak(points)) for label, (_, points) in pairs)


def _is_weak(points: Iterable[Point]) -> bool:
    return any(drawn.unreliable and drawn.value is not None for drawn in points)


def hidden_said(plan: Plan) -> str:
    """How many of the places of a figure are hidden: "2 of 40 values and 1 of 10 verdicts"; "" where none is."""
    found = (
        ([_text(drawn) for drawn in drawn_points(plan)] + list(written(plan)), ("value", "values")),
        (list(verdicts(plan)), ("verdict", "verdicts")),
    )
    return joined([_of_all(texts, word) for texts, word in found if HIDDEN in texts])


def drawn_points(plan: Plan) -> Iterator[Point]:
    """Every number that has a mark of its own, hidden ones too."""
    match plan:
        case BarsPlan():
            yield from (*plan.bars, *plan.dots)
        case PanelsPlan():
            yield from (drawn for panel in plan.panels for row in panel.rows for drawn in row)
        case ContrastPlan() | DotsPlan():
            yield from (drawn for row in plan.rows for drawn in row)
        case DifferencesPlan():
            yield from plan.points
        case LevelsPlan():
            yield from plan.everyone
            yield from (drawn for group in plan.groups for row in group.rows for drawn in row)
        case StacksPlan():
            yield from (drawn for group in plan.groups for parts in group.parts for drawn in parts)
            yield from (mean for group in plan.groups for mean in group.means)
        case UpsetPlan():
            yield from plan.totals
        case StagesPlan():
            yield from (drawn for panel in plan.panels for line in panel.lines for drawn in line)
        case ChoicesPlan() | FunnelPlan():
            return


def written(plan: Plan) -> tuple[str, ...]:
    """Numbers that stand in a figure as text alone."""
    match plan:
        case ContrastPlan():
            return plan.gaps
        case ChoicesPlan():
            return plan.shares
    return ()


def verdicts(plan: Plan) -> Iterator[str]:
    """Verdicts of tests and of claims in a figure, hidden ones too."""
    match plan:
        case PanelsPlan():
            yield from (HIDDEN if each is None else "" for panel in plan.panels for each in panel.differs)
        case ContrastPlan():
            yield from (verdict for pair in plan.verdicts for verdict in pair)
        case DifferencesPlan():
            yield from plan.verdicts
        case ChoicesPlan():
            yield from (answer for row in plan.agrees for answer in row if answer)


def _text(drawn: Point) -> str:
    return drawn.text if drawn.value is None else ""


def _of_all(texts: list[str], word: tuple[str, str]) -> str:
    hidden = texts.count(HIDDEN)
    if hidden == len(texts):
        return f"all {counted(hidden, word)}" if hidden > 1 else f"the one {word[0]}"
    return f"{hidden} of {counted(len(texts), word)}"
