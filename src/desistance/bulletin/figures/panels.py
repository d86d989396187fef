"""Small multiples: one panel a division, the same rows in each."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.plans import Panel, PanelsPlan
from desistance.bulletin.figures.bars import HALVES
from desistance.bulletin.figures.marks import (
    ASCENT,
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Drawing,
    Line,
    Mark,
    Text,
    block,
    cell,
    finished,
    key_mark,
    looks,
    middle,
    percent_axis,
    point,
    wrapped,
)
from desistance.bulletin.reading.cells import HIDDEN

Looks = Sequence[tuple[str, str]]
STEP, TEXT_STEP = 12, 18  # pixels between levels: dots alone, and where text stands in place of one
COLUMNS = 3
DIFFERENT, SAID = "\u2260", "significant difference"


def wide_panels(plan: PanelsPlan, *, made_up: bool) -> Drawing:
    """Up to three panels side by side, with the labels once to the left; more go underneath."""
    marks: list[Mark] = []
    y = 0.0
    for start in range(0, len(plan.panels), COLUMNS):
        tier = plan.panels[start : start + COLUMNS]
        y += 36 if start else 0
        drawn, bottom = _tier(plan, tier, y)
        marks += drawn
        y = bottom + (LEADING if start + COLUMNS < len(plan.panels) else 0)
    return finished(WIDE, y, marks, made_up=made_up, own_line=False)


def narrow_panels(plan: PanelsPlan, *, made_up: bool) -> Drawing:
    """Panels under one another, with short labels beside the dots."""
    marks: list[Mark] = []
    y = 0.0
    for number, panel in enumerate(plan.panels):
        y += LEADING + 36 if number else 0
        head, height = _head(panel, _looks(plan), 0, y, NARROW)
        top = y + height
        lines = [wrapped(label, 136) for label in plan.shorts]
        axis = Axis(152, 304)
        body, y = _rows(lines, [panel], _looks(plan), [axis], top, 138, NARROW)
        marks += [*head, *percent_axis(axis, [(top, y)], HALVES), *body]
    return finished(NARROW, y, marks, made_up=made_up, own_line=True)


def _tier(plan: PanelsPlan, tier: Sequence[Panel], y: float) -> tuple[list[Mark], float]:
    """Panels beside each other, on scales as long as those of every other tier."""
    share = (WIDE - 262) / min(max(2, len(plan.panels)), COLUMNS)
    shown = _looks(plan)
    lefts = [262 + share * number for number in range(len(tier))]
    axes = [Axis(left + 12, left + min(share - 46, 300)) for left in lefts]
    heads = [_head(panel, shown, axis.left, y, share - 18) for panel, axis in zip(tier, axes, strict=True)]
    top = y + max(height for _, height in heads)
    lines = [wrapped(label, 250) for label in plan.labels]
    body, bottom = _rows(lines, tier, shown, axes, top, 250, WIDE)
    grids = [mark for axis in axes for mark in percent_axis(axis, [(top, bottom)], HALVES)]
    return [*(mark for head, _ in heads for mark in head), *grids, *body], bottom


def _looks(plan: PanelsPlan) -> Looks:
    """One look a place among the levels in all panels, so that a colour does not change its meaning between them."""
    return looks(max(len(panel.levels) for panel in plan.panels))


def _head(panel: Panel, shown: Looks, left: float, y: float, width: float) -> tuple[list[Mark], float]:
    """Title of a panel, and under it the name of each level beside its marker."""
    title = wrapped(panel.title, width, bold=True)
    marks = block(left, y, title, bold=True)
    below = y + LEADING * len(title) + 2
    for number, level in enumerate(panel.levels):
        lines = wrapped(level, width - 22)
        points = [row[number] for row in panel.rows]
        marks.append(key_mark(left + 7, below + 10, *shown[number], points))
        marks += block(left + 22, below, lines)
        below += LEADING * len(lines)
    if set(panel.differs) - {False}:
        marks += [
            Text(left + 7, below + ASCENT, DIFFERENT, "center", bold=True),
            *block(left + 22, below, [SAID]),
        ]
        below += LEADING
    return marks, below - y + 12


def _rows(
    labels: Sequence[list[str]],
    panels: Sequence[Panel],
    shown: Looks,
    axes: Sequence[Axis],
    top: float,
    right: float,
    width: float,
) -> tuple[list[Mark], float]:
    n_levels = max(len(panel.levels) for panel in panels)
    marks: list[Mark] = []
    y = top
    for number, lines in enumerate(labels):
        step = _step(panels, number)
        pitch = max(step * n_levels + 16, LEADING * len(lines) + 12)
        centre = y + pitch / 2
        marks += block(right, middle(centre, len(lines)), lines, "right")
        marks += [Line(0, y, width, y)]
        for panel, axis in zip(panels, axes, strict=True):
            marks += _points(panel, shown, number, axis, centre, step)
        y += pitch
    return [*marks, Line(0, y, width, y)], y


def _step(panels: Sequence[Panel], row: int) -> float:
    missing = any(drawn.value is None for panel in panels for drawn in panel.rows[row])
    return TEXT_STEP if missing else STEP


def _points(panel: Panel, shown: Looks, row: int, axis: Axis, centre: float, step: float) -> list[Mark]:
    points = panel.rows[row]
    first = centre - step * (len(points) - 1) / 2
    marks: list[Mark] = []
    for number, drawn in enumerate(points):
        y = first + step * number
        marks += point(axis, y, drawn, *shown[number], text=drawn.value is None)
    if panel.differs[row] is None:
        marks.append(cell(axis.right + 24, centre + 6, HIDDEN, "center"))
    elif panel.differs[row]:
        marks.append(Text(axis.right + 24, centre + 6, DIFFERENT, "center", bold=True))
    return marks
