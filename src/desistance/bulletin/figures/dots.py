"""Dots with intervals on one scale of shares: a row a thing, a dot a level of it."""

from __future__ import annotations

from desistance.bulletin.captions.plans import DotsPlan
from desistance.bulletin.figures.bars import QUARTERS
from desistance.bulletin.figures.marks import (
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Drawing,
    Line,
    Mark,
    block,
    finished,
    key_mark,
    looks,
    middle,
    percent_axis,
    point,
    wrapped,
)

STEP = 20


def wide_dots(plan: DotsPlan, *, made_up: bool) -> Drawing:
    """Labels to the left, the scale to the right."""
    axis = Axis(316, 880)
    heads, y = _key(plan, axis.left, WIDE - axis.left)
    body: list[Mark] = []
    top = y
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, 292)
        pitch = max(STEP * len(plan.levels) + 14, LEADING * len(lines) + 12)
        centre = y + pitch / 2
        body += [Line(0, y, WIDE, y), *block(304, middle(centre, len(lines)), lines, "right")]
        body += _points(plan, number, axis, centre)
        y += pitch
    grid = percent_axis(axis, [(top, y)], QUARTERS)
    return finished(WIDE, y, [*heads, *grid, *body, Line(0, y, WIDE, y)], made_up=made_up, own_line=False)


def narrow_dots(plan: DotsPlan, *, made_up: bool) -> Drawing:
    """Each label on lines of its own above its dots."""
    axis = Axis(8, 278)
    heads, y = _key(plan, 0, NARROW)
    body: list[Mark] = []
    spans = []
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, NARROW)
        body += [Line(0, y, NARROW, y), *block(0, y + 5, lines)]
        y += 8 + LEADING * len(lines)
        height = STEP * len(plan.levels)
        body += _points(plan, number, axis, y + height / 2)
        spans.append((y - 2, y + height + 2))
        y += height + 8
    grid = percent_axis(axis, [*spans, (y, y)], (0, 0.5, 1))
    return finished(NARROW, y, [*heads, *grid, *body], made_up=made_up, own_line=True)


def _points(plan: DotsPlan, row: int, axis: Axis, centre: float) -> list[Mark]:
    first = centre - STEP * (len(plan.levels) - 1) / 2
    shown = looks(len(plan.levels))
    marks: list[Mark] = []
    for number, drawn in enumerate(plan.rows[row]):
        marks += point(axis, first + STEP * number, drawn, *shown[number])
    return marks


def _key(plan: DotsPlan, left: float, width: float) -> tuple[list[Mark], float]:
    """Title, and under it the name of each level beside its marker where there are several; and where they end."""
    title = wrapped(plan.title, width, bold=True)
    marks: list[Mark] = block(left, 0, title, bold=True)
    y = LEADING * len(title) + 2.0
    shown = looks(len(plan.levels))
    for number, level in enumerate(plan.levels if len(plan.levels) > 1 else ()):
        lines = wrapped(level, width - 22)
        points = [row[number] for row in plan.rows]
        marks.append(key_mark(left + 7, y + 10, *shown[number], points))
        marks += block(left + 22, y, lines)
        y += LEADING * len(lines)
    return marks, y + 8
