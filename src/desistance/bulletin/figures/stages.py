"""Shares over the stages of practice: one panel a measure, everyone in front, the groups that differ most behind."""

from __future__ import annotations

import math
from collections.abc import Sequence

from desistance.bulletin.captions.plans import Point, StagesPanel, StagesPlan
from desistance.bulletin.figures.marks import (
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Curve,
    Dot,
    Drawing,
    Line,
    Mark,
    Text,
    block,
    cell,
    finished,
    spread,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import DARK_BLUE, ORANGE, SOFT, TURQUOISE

HEIGHT, GAP, NAMES = 250, 24, 150
LOOKS = (("circle", DARK_BLUE), ("diamond", ORANGE), ("triangle", TURQUOISE))


def wide_stages(plan: StagesPlan, *, made_up: bool) -> Drawing:
    """Up to three panels side by side, the names of the groups at the ends of the last lines; more go underneath."""
    tiers = [plan.panels[start : start + 3] for start in range(0, len(plan.panels), 3)]
    columns = max(2, max(len(tier) for tier in tiers))
    width = (WIDE - NAMES - GAP * (columns - 1)) / columns
    marks: list[Mark] = []
    y = 0.0
    for tier in tiers:
        titles = [wrapped(panel.title, width, bold=True) for panel in tier]
        top = y + LEADING * max(len(title) for title in titles) + 30
        tallest, bottom, right = max(len(title) for title in titles), top, 0.0
        for number, (panel, title) in enumerate(zip(tier, titles, strict=True)):
            left = (width + GAP) * number
            right = left + width
            marks += block(left, y + LEADING * (tallest - len(title)), title, bold=True)
            body, bottom = _panel(plan, panel, left, right, top)
            marks += body
        marks += _names(plan, tier[-1], right + 6, NAMES - 6, top)
        y = bottom + 26
    return finished(WIDE, y - 26, marks, made_up=made_up, own_line=True)


def narrow_stages(plan: StagesPlan, *, made_up: bool) -> Drawing:
    """Panels under one another; the names of the groups once, above them."""
    marks: list[Mark] = []
    y = 0.0
    for (shape, colour), group in zip(LOOKS, plan.groups, strict=False):
        lines = wrapped(group, NARROW - 22)
        marks += [Dot(7, y + 10, shape, colour), *block(22, y, lines)]
        y += LEADING * len(lines)
    for panel in plan.panels:
        y += 14
        title = wrapped(panel.title, NARROW, bold=True)
        marks += block(0, y, title, bold=True)
        body, y = _panel(plan, panel, 0, NARROW, y + LEADING * len(title) + 30)
        marks += body
        y += 6
    return finished(NARROW, y - 6, marks, made_up=made_up, own_line=True)


def _panel(
    plan: StagesPlan, panel: StagesPanel, left: float, right: float, top: float
) -> tuple[list[Mark], float]:
    """Scale, lines and dots of one measure, and the names of the stages under them."""
    shares, foot = _scale(plan, top), top + HEIGHT
    start = left + 56
    places = _places(plan, start, right)
    marks: list[Mark] = []
    for tick in _ticks(shares):
        y = shares.at(tick)
        marks += [
            Line(start, y, right, y),
            Text(left + 50, y + 6, f"{round(tick * 100)}%", "right", colour=SOFT),
        ]
    for number in reversed(range(len(panel.lines))):
        marks += _line(panel.lines[number], places, shares, number)
    heads, bottom = _stage_names(plan, places, foot)
    return [*marks, *heads], bottom


def _line(points: Sequence[Point], places: Sequence[float], shares: Axis, number: int) -> list[Mark]:
    """One group: its line, its dots and, for everyone, intervals and percentages."""
    shape, colour = LOOKS[number % len(LOOKS)]
    pairs = list(zip(places, points, strict=True))
    known = [(x, drawn) for x, drawn in pairs if drawn.value is not None]
    marks: list[Mark] = []
    for run in _runs(pairs):
        xs, ys = zip(*((x, shares.at(drawn.value)) for x, drawn in run), strict=True)
        marks.append(Curve(xs, ys, colour, 1.2 if number else 2.5, dashed=bool(number)))
    for x, drawn in known:
        y = shares.at(drawn.value)
        over = y
        if drawn.low is not None and drawn.high is not None:
            over = shares.at(drawn.high)
            marks.append(Line(x, shares.at(drawn.low), x, over, colour, 1.2 if number else 2.5))
        marks.append(Dot(x, y, shape, colour))
        if not number:
            marks.append(Text(x, min(over, y - 7) - 6, drawn.text, "center", bold=True))
    if not number:
        marks += [cell(x, shares.left - 6, drawn.text, "center") for x, drawn in pairs if drawn.value is None]
    return marks


def _runs(pairs: Sequence[tuple[float, Point]]) -> list[list[tuple[float, Point]]]:
    """Places with a number next to each other, two and more: a line across a gap would tell a number in it."""
    runs: list[list[tuple[float, Point]]] = [[]]
    for x, drawn in pairs:
        if drawn.value is None:
            runs.append([])
        else:
            runs[-1].append((x, drawn))
    return [run for run in runs if len(run) > 1]


def _names(plan: StagesPlan, panel: StagesPanel, left: float, width: float, top: float) -> list[Mark]:
    """Names of the groups at the ends of what is drawn of their lines, moved apart where they are close."""
    shares = _scale(plan, top)
    known = [[drawn.value for drawn in line if drawn.value is not None] for line in panel.lines]
    ends = [(shares.at(values[-1]), number) for number, values in enumerate(known) if values]
    ends += [] if known[0] else [(shares.left - 12, 0)]
    ends.sort()
    texts = [wrapped(plan.groups[number], width - 24) for _, number in ends]
    heights = [float(LEADING * len(lines)) for lines in texts]
    centres = spread([y for y, _ in ends], heights, top - 24, top + HEIGHT + 24, 4)
    marks: list[Mark] = []
    for (_, number), lines, height, centre in zip(ends, texts, heights, centres, strict=True):
        upper = centre - height / 2
        marks += [Dot(left + 8, upper + 10, *LOOKS[number % len(LOOKS)])] if known[number] else []
        marks += block(left + 22, upper, lines)
    return marks


def _stage_names(plan: StagesPlan, places: Sequence[float], foot: float) -> tuple[list[Mark], float]:
    """Names of the stages under their places; on two lines in turn where one has no room."""
    pitch = places[1] - places[0] if len(places) > 1 else WIDE
    turns = 1 if max(text_width(stage) for stage in plan.stages) + 6 < pitch else 2
    marks: list[Mark] = [
        Text(x, foot + 6 + LEADING * (1 + number % turns), stage, "center")
        for number, (x, stage) in enumerate(zip(places, plan.stages, strict=True))
    ]
    return marks, foot + LEADING * turns + 14


def _places(plan: StagesPlan, start: float, right: float) -> list[float]:
    """Where the stages stand: half the width of the first and last name from either edge."""
    first, last = (text_width(plan.stages[end]) / 2 for end in (0, -1))
    left, right = start + max(20, first - 40), right - max(20, last)
    steps = max(1, len(plan.stages) - 1)
    return [left + (right - left) * number / steps for number in range(len(plan.stages))]


def _scale(plan: StagesPlan, top: float) -> Axis:
    """One scale for all panels, over every number and interval drawn, from ten to ten per cent."""
    ends = [
        end
        for panel in plan.panels
        for points in panel.lines
        for drawn in points
        for end in (drawn.value, drawn.low, drawn.high)
        if end is not None
    ] or [0.0, 1.0]
    low, high = math.floor(min(ends) * 10 + 1e-9) / 10, math.ceil(max(ends) * 10 - 1e-9) / 10
    return Axis(top + HEIGHT, top, max(high, low + 0.1), low)


def _ticks(shares: Axis) -> list[float]:
    step = 1 if shares.limit - shares.start < 0.65 else 2
    return [n / 10 for n in range(round(shares.start * 10), round(shares.limit * 10) + 1, step)]
