"""One row a level of each division, one column a measure."""

from __future__ import annotations

from dataclasses import replace

from desistance.bulletin.captions.plans import LevelsPlan, Point
from desistance.bulletin.figures.bars import HALVES
from desistance.bulletin.figures.marks import (
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Drawing,
    Line,
    Mark,
    Spans,
    Text,
    block,
    finished,
    grid_line,
    middle,
    percent_axis,
    point,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import DARK_BLUE, DARK_GREY, SOFT


def wide_levels(plan: LevelsPlan, *, made_up: bool) -> Drawing:
    """Labels to the left, a scale for each measure beside them."""
    share = (WIDE - 274) / len(plan.columns)
    axes = [Axis(280 + share * n, 280 + share * n + min(share - 76, 460)) for n in range(len(plan.columns))]
    heads, top = _heads(plan, axes, share - 30)
    marks, y = _wide_row(plan.everyone_label, plan.everyone, axes, top, everyone=True)
    spans = [(top, y)]
    for group in plan.groups:
        lines = wrapped(group.title, WIDE, bold=True)
        marks += [Line(0, y + 6, WIDE, y + 6), *block(0, y + 12, lines, bold=True)]
        y += 14 + LEADING * len(lines)
        spans.append((y, y))
        for label, points in zip(group.labels, group.rows, strict=True):
            row, y = _wide_row(label, points, axes, y, everyone=False)
            marks += row
        spans[-1] = (spans[-1][0], y)
    grids = [mark for axis in axes for mark in percent_axis(axis, spans, HALVES)]
    lines = _references(plan, axes, spans)
    marks = _beside(marks, _places(plan, axes), axes[0].left)
    return finished(WIDE, y, [*heads, *grids, *lines, *marks], made_up=made_up, own_line=False)


def narrow_levels(plan: LevelsPlan, *, made_up: bool) -> Drawing:
    """Each label on a line of its own above its dots."""
    share = (NARROW + 12) / len(plan.columns)
    axes = [Axis(6 + share * n, share * (n + 1) - 76) for n in range(len(plan.columns))]
    heads, top = _heads(plan, axes, share - 14)
    marks, y = _narrow_row(plan.everyone_label, plan.everyone, axes, top, everyone=True)
    spans = [(y - 26, y)]
    for group in plan.groups:
        lines = wrapped(group.title, NARROW, bold=True)
        marks += [Line(0, y + 6, NARROW, y + 6), *block(0, y + 14, lines, bold=True)]
        y += 16 + LEADING * len(lines)
        for label, points in zip(group.labels, group.rows, strict=True):
            row, y = _narrow_row(label, points, axes, y, everyone=False)
            marks += row
            spans.append((y - 26, y))
    grids = [mark for axis in axes for mark in percent_axis(axis, spans, HALVES)]
    lines = _references(plan, axes, spans)
    marks = _beside(marks, _places(plan, axes), axes[0].left)
    return finished(NARROW, y, [*heads, *grids, *lines, *marks], made_up=made_up, own_line=True)


def _wide_row(
    label: str, points: tuple[Point, ...], axes: list[Axis], y: float, *, everyone: bool
) -> tuple[list[Mark], float]:
    lines = wrapped(label, 250, bold=everyone)
    pitch = max(28, LEADING * len(lines) + 6)
    marks = block(262, middle(y + pitch / 2, len(lines)), lines, "right", bold=everyone)
    return [*marks, *_points(points, axes, y + pitch / 2, everyone)], y + pitch


def _narrow_row(
    label: str, points: tuple[Point, ...], axes: list[Axis], y: float, *, everyone: bool
) -> tuple[list[Mark], float]:
    lines = wrapped(label, NARROW, bold=everyone)
    marks = block(0, y + 2, lines, bold=everyone)
    y += 2 + LEADING * len(lines) + 12
    return [*marks, *_points(points, axes, y, everyone)], y + 14


def _points(points: tuple[Point, ...], axes: list[Axis], y: float, everyone: bool) -> list[Mark]:
    shape, colour = ("square", DARK_GREY) if everyone else ("circle", DARK_BLUE)
    return [
        mark
        for axis, drawn in zip(axes, points, strict=True)
        for mark in point(axis, y, drawn, shape, colour)
    ]


def _references(plan: LevelsPlan, axes: list[Axis], spans: Spans) -> list[Mark]:
    return [mark for place in _places(plan, axes) for mark in grid_line(place, spans, SOFT, dashed=True)]


def _places(plan: LevelsPlan, axes: list[Axis]) -> list[float]:
    """Where the line of everyone stands on each scale."""
    pairs = zip(axes, plan.everyone, strict=True)
    return [axis.at(drawn.value) for axis, drawn in pairs if drawn.value is not None]


def _beside(marks: list[Mark], places: list[float], left: float) -> list[Mark]:
    """The marks, with numbers that a line of everyone would run through moved to the right of it."""
    moved: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Text) and mark.anchor == "left" and mark.x > left:
            end = mark.x + text_width(mark.text, bold=mark.bold)
            struck = [place for place in places if mark.x - 2 < place < end + 2]
            moved.append(replace(mark, x=struck[0] + 5) if struck else mark)
        else:
            moved.append(mark)
    return moved


def _heads(plan: LevelsPlan, axes: list[Axis], width: float) -> tuple[list[Mark], float]:
    titles = [wrapped(column, width, bold=True) for column in plan.columns]
    tallest = max(len(lines) for lines in titles)
    marks: list[Mark] = []
    for axis, lines in zip(axes, titles, strict=True):
        marks += block(axis.left, LEADING * (tallest - len(lines)), lines, bold=True)
    return marks, LEADING * tallest + 10
