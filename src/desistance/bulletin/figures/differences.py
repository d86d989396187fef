"""Differences in points with their intervals, around a line at nought, and what two methods make of each."""

from __future__ import annotations

import math

from desistance.bulletin.captions.plans import DifferencesPlan
from desistance.bulletin.figures.marks import (
    ASCENT,
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Drawing,
    Line,
    Mark,
    block,
    cell,
    finished,
    middle,
    point,
    points_axis,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import DARK_BLUE, DARK_GREY, DARK_PINK, SOFT, TURQUOISE

LOOKS = {
    "both": ("circle", DARK_BLUE),
    "ordinary": ("diamond", TURQUOISE),
    "design": ("triangle", DARK_PINK),
    "neither": ("ring", DARK_GREY),
    "unknown": ("square", SOFT),
}
VALUE_RIGHT, VERDICT_LEFT = 694, 724


def wide_differences(plan: DifferencesPlan, *, made_up: bool) -> Drawing:
    """Labels to the left, the scale in the middle, verdicts in words to the right."""
    axis, ticks = _axis(plan, 284, 620)
    title = wrapped(plan.title, 400, bold=True)
    said = wrapped(plan.verdict_title, WIDE - VERDICT_LEFT, bold=True)
    tallest = max(len(title), len(said))
    top = LEADING * tallest + 12
    marks: list[Mark] = [
        *block(284, LEADING * (tallest - len(title)), title, bold=True),
        *block(VERDICT_LEFT, LEADING * (tallest - len(said)), said, bold=True),
    ]
    body, y = [], top
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, 250)
        verdict = wrapped(plan.verdicts[number], WIDE - VERDICT_LEFT)
        pitch = max(36, LEADING * max(len(lines), len(verdict)) + 10)
        centre = y + pitch / 2
        body += [Line(0, y, WIDE, y), *block(262, middle(centre, len(lines)), lines, "right")]
        body += _row(plan, number, axis, centre)
        body.append(cell(VALUE_RIGHT, centre + 6, plan.points[number].text, "right", bold=True))
        body += _verdict(VERDICT_LEFT, middle(centre, len(verdict)), verdict)
        y += pitch
    grid = points_axis(axis, [(top, y)], ticks)
    return finished(WIDE, y, [*marks, *grid, *body, Line(0, y, WIDE, y)], made_up=made_up, own_line=False)


def narrow_differences(plan: DifferencesPlan, *, made_up: bool) -> Drawing:
    """Label and verdict in words above each difference."""
    axis, ticks = _axis(plan, 26, 314)
    title = wrapped(plan.title, NARROW, bold=True)
    marks: list[Mark] = block(0, 0, title, bold=True)
    said = wrapped(f"Under each name: {plan.verdict_title[:1].lower()}{plan.verdict_title[1:]}", NARROW)
    marks += block(0, LEADING * len(title) + 2, said)
    y = LEADING * (len(title) + len(said)) + 10.0
    body, spans = [], []
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, NARROW, bold=True)
        body += [Line(0, y, NARROW, y), *block(0, y + 6, lines, bold=True)]
        y += 6 + LEADING * len(lines)
        verdict = wrapped(plan.verdicts[number], NARROW - 60)
        body += _verdict(0, y, verdict)
        body.append(cell(NARROW, y + ASCENT, plan.points[number].text, "right", bold=True))
        y += LEADING * len(verdict) + 4
        if plan.points[number].value is not None:
            body += _row(plan, number, axis, y + 12)
            spans.append((y, y + 24))
            y += 28
    if plan.points[-1].value is None:
        spans.append((y, y))
    grid = points_axis(axis, spans, ticks)
    return finished(NARROW, y, [*marks, *grid, *body], made_up=made_up, own_line=True)


def _verdict(x: float, top: float, lines: list[str]) -> list[Mark]:
    return [cell(x, top + ASCENT + LEADING * number, line) for number, line in enumerate(lines)]


def _row(plan: DifferencesPlan, number: int, axis: Axis, y: float) -> list[Mark]:
    shape, colour = LOOKS[plan.looks[number]]
    return list(point(axis, y, plan.points[number], shape, colour, text=False))


def _axis(plan: DifferencesPlan, left: float, right: float) -> tuple[Axis, list[float]]:
    """Scale over every interval and nought, with whole tens of points as ticks, few enough to be read."""
    ends = [0.0]
    for drawn in plan.points:
        ends += [end for end in (drawn.value, drawn.low, drawn.high) if end is not None]
    room = (right - left) / (text_width("+100") + 12)
    step = next(
        step for step in (0.05, 0.1, 0.2, 0.5, 1) if (max(ends) - min(ends)) / step + 2 <= room or step == 1
    )
    first, last = math.floor(min(ends) / step + 1e-9), math.ceil(max(ends) / step - 1e-9)
    last = max(last, first + 1)
    ticks = [number * step for number in range(first, last + 1)]
    return Axis(left, right, ticks[-1], ticks[0]), ticks
