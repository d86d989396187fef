"""Bars for one share with dots for another in the same rows."""

from __future__ import annotations

from desistance.bulletin.captions.plans import BarsPlan, Point
from desistance.bulletin.figures.marks import (
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Box,
    Drawing,
    Mark,
    Text,
    block,
    cell,
    finished,
    middle,
    percent_axis,
    point,
    wrapped,
)
from desistance.bulletin.palette import DUO

QUARTERS = (0, 0.25, 0.5, 0.75, 1)
HALVES = (0, 0.5, 1)


def wide_bars(plan: BarsPlan, *, made_up: bool) -> Drawing:
    """Labels to the left, both scales side by side."""
    axes = (Axis(274, 570), Axis(652, 892)) if plan.dots else (Axis(274, 880),)
    top, heads = _heads(plan, axes, (364, WIDE - 652) if plan.dots else (640,))
    rows = [wrapped(label, 256) for label in plan.labels]
    marks, y = [], top
    for number, lines in enumerate(rows):
        pitch = max(36, LEADING * len(lines) + 8)
        marks += block(262, middle(y + pitch / 2, len(lines)), lines, "right")
        marks += _row(plan, axes, number, y + pitch / 2, 11)
        y += pitch
    grids = [mark for axis in axes for mark in percent_axis(axis, [(top, y)], QUARTERS)]
    return finished(WIDE, y, [*heads, *grids, *marks], made_up=made_up, own_line=False)


def narrow_bars(plan: BarsPlan, *, made_up: bool) -> Drawing:
    """Each label on a line of its own above its marks."""
    axes = (Axis(6, 116), Axis(184, 278)) if plan.dots else (Axis(6, 278),)
    y, heads = _heads(plan, axes, (160, NARROW - 184) if plan.dots else (NARROW,))
    marks, spans = [], []
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, NARROW)
        marks += block(0, y + 4, lines)
        y += 6 + LEADING * len(lines) + 14
        marks += _row(plan, axes, number, y, 9)
        spans.append((y - 13, y + 13))
        y += 16
    grids = [mark for axis in axes for mark in percent_axis(axis, spans, HALVES)]
    return finished(NARROW, y, [*heads, *grids, *marks], made_up=made_up, own_line=True)


def _heads(plan: BarsPlan, axes: tuple[Axis, ...], widths: tuple[float, ...]) -> tuple[float, list[Mark]]:
    titles = (plan.bar_title, plan.dot_title)[: len(axes)]
    lines = [wrapped(title, width, bold=True) for title, width in zip(titles, widths, strict=True)]
    tallest = max(len(title) for title in lines)
    top = LEADING * tallest + 12
    marks = []
    for axis, title in zip(axes, lines, strict=True):
        marks += block(axis.left, LEADING * (tallest - len(title)), title, bold=True)
    return top, marks


def _row(plan: BarsPlan, axes: tuple[Axis, ...], number: int, y: float, half: float) -> list[Mark]:
    marks = _bar(axes[0], y, plan.bars[number], half)
    if plan.dots:
        marks += point(axes[1], y, plan.dots[number], "circle", DUO[1])
    return marks


def _bar(axis: Axis, y: float, drawn: Point, half: float) -> list[Mark]:
    if drawn.value is None:
        return [cell(axis.left + 4, y + 6, drawn.text)]
    end = axis.at(drawn.value)
    return [Box(axis.left, y - half, end, y + half, DUO[0]), Text(end + 7, y + 6, drawn.text, bold=True)]
