"""Shares over the stages of practice: one panel a measure, everyone in front, the groups that differ most behind."""

from __future__ import annotations

import math
from collections.abc import Sequence

from desistance.bulletin.captions.plans import Point, StagesPanel, StagesPlan
from desistance.bulletin.figures.clearance import meets
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
    looks,
    spread,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import SOFT

HEIGHT, GAP, NAMES = 250, 24, 150
SCALE, FIRST = 56, 24  # for the percentages of the scale; from there to the first stage


def wide_stages(plan: StagesPlan, *, made_up: bool) -> Drawing:
    """Up to three panels side by side, and more underneath.

    The names of the groups stand at the ends of the last lines, or above all where they are too long for that.
    """
    tiers = [plan.panels[start : start + 3] for start in range(0, len(plan.panels), 3)]
    columns = max(2, max(len(tier) for tier in tiers))
    width = (WIDE - NAMES - GAP * (columns - 1)) / columns
    beside = [wrapped(group, NAMES - 30) for group in plan.groups]
    fits = sum(LEADING * len(lines) + 4 for lines in beside) <= HEIGHT
    marks, y = ([], 0.0) if fits else _key(plan, WIDE)
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
        marks += _names(plan, tier[-1], right + 6, NAMES - 6, top) if fits else []
        y = bottom + 26
    return finished(WIDE, y - 26, marks, made_up=made_up, own_line=True)


def narrow_stages(plan: StagesPlan, *, made_up: bool) -> Drawing:
    """Panels under one another; the names of the groups once, above them."""
    marks, y = _key(plan, NARROW)
    for panel in plan.panels:
        y += 14
        title = wrapped(panel.title, NARROW, bold=True)
        marks += block(0, y, title, bold=True)
        body, y = _panel(plan, panel, 0, NARROW - GAP / 2, y + LEADING * len(title) + 30)
        marks += body
        y += 6
    return finished(NARROW, y - 6, marks, made_up=made_up, own_line=True)


def _key(plan: StagesPlan, width: float) -> tuple[list[Mark], float]:
    """Name of each group beside its marker, and where they end."""
    marks: list[Mark] = []
    y = 0.0
    for look, group in zip(looks(len(plan.groups)), plan.groups, strict=True):
        lines = wrapped(group, width - 22)
        marks += [Dot(7, y + 10, *look), *block(22, y, lines)]
        y += LEADING * len(lines)
    return marks, y + 4


def _panel(
    plan: StagesPlan, panel: StagesPanel, left: float, right: float, top: float
) -> tuple[list[Mark], float]:
    """Scale, lines and dots of one measure, and the names of the stages under them."""
    shares, foot = _scale(plan, top), top + HEIGHT
    start = left + SCALE
    places = _places(plan, start, right)
    marks: list[Mark] = []
    for tick in _ticks(shares):
        y = shares.at(tick)
        marks += [
            Line(start, y, right, y),
            Text(left + 50, y + 6, f"{round(tick * 100)}%", "right", colour=SOFT),
        ]
    lines = [
        mark
        for number in reversed(range(len(panel.lines)))
        for mark in _line(panel.lines[number], places, shares, number, looks(len(plan.groups))[number])
    ]
    heads, bottom = _stage_names(plan, places, foot)
    return [*marks, *lines, *_percentages(panel.lines[0], places, shares, lines), *heads], bottom


def _line(
    points: Sequence[Point], places: Sequence[float], shares: Axis, number: int, look: tuple[str, str]
) -> list[Mark]:
    """One group: its line, its dots and, for everyone, intervals."""
    shape, colour = look
    pairs = list(zip(places, points, strict=True))
    known = [(x, drawn) for x, drawn in pairs if drawn.value is not None]
    marks: list[Mark] = []
    for run in _runs(pairs):
        xs, ys = zip(*((x, shares.at(drawn.value)) for x, drawn in run), strict=True)
        marks.append(Curve(xs, ys, colour, 1.2 if number else 2.5, dashed=bool(number)))
    for x, drawn in known:
        y = shares.at(drawn.value)
        if drawn.low is not None and drawn.high is not None:
            ends = shares.at(drawn.low), shares.at(drawn.high)
            marks.append(Line(x, ends[0], x, ends[1], colour, 1.2 if number else 2.5))
        marks.append(Dot(x, y, shape, colour))
    return marks


def _percentages(
    points: Sequence[Point], places: Sequence[float], shares: Axis, drawn: Sequence[Mark]
) -> list[Mark]:
    """Percentages of everyone: over the interval, or else where no line of any group runs through them."""
    marks: list[Mark] = []
    for x, one in zip(places, points, strict=True):
        if one.value is None:
            marks.append(cell(x, shares.left - 6, one.text, "center"))
            continue
        y = shares.at(one.value)
        over = min(y - 7, y if one.high is None else shares.at(one.high)) - 6
        under = max(y + 7, y if one.low is None else shares.at(one.low)) + 18
        half = text_width(one.text, bold=True) / 2 + 2
        further = range(round(shares.right) - 8, round(shares.left) + 4, 6)
        tried = [over, under, *sorted(further, key=lambda place: abs(place - 6 - y))]
        free = (place for place in tried if not any(meets(mark, x, half, place) for mark in drawn))
        marks.append(Text(x, next(free, shares.right - 8), one.text, "center", bold=True))
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
        marks += [Dot(left + 8, upper + 10, *looks(len(plan.groups))[number])] if known[number] else []
        marks += block(left + 22, upper, lines)
    return marks


def _stage_names(plan: StagesPlan, places: Sequence[float], foot: float) -> tuple[list[Mark], float]:
    """Names of the stages under their places; on two levels in turn, and broken, where they must be."""
    pitch = places[1] - places[0] if len(places) > 1 else WIDE
    turns = 1 if max(text_width(stage) for stage in plan.stages) + 6 < pitch else 2
    room = _room(plan, pitch, turns)
    names = [wrapped(stage, width) for stage, width in zip(plan.stages, room, strict=True)]
    lower = LEADING * max(len(lines) for lines in names[::turns])
    marks: list[Mark] = []
    bottom = foot
    for number, (x, lines) in enumerate(zip(places, names, strict=True)):
        top = foot + 11 + (lower if number % turns else 0)
        marks += block(x, top, lines, "center")
        bottom = max(bottom, top + LEADING * len(lines))
    return marks, bottom + 3


def _room(plan: StagesPlan, pitch: float, turns: int) -> list[float]:
    """Width for each name: its own, unless it would meet the next on its level, or leave the panel."""
    widths = [text_width(stage) for stage in plan.stages]
    clear = all(
        (one + other) / 2 + 6 <= turns * pitch for one, other in zip(widths, widths[turns:], strict=False)
    )
    room = [max(widths) + 1 if clear else turns * pitch - 6] * len(widths)
    return [
        min(room[0], 2 * (FIRST + SCALE)),
        *room[1:-1],
        *([min(room[-1], 2 * _last_half(plan, pitch) + 1)] if len(room) > 1 else []),
    ]


def _last_half(plan: StagesPlan, most: float) -> float:
    """Half the width of the last name, which may hang over its panel: no less than a dot needs, no more than `most`."""
    return min(max(20 + GAP / 2, text_width(plan.stages[-1]) / 2), most)


def _places(plan: StagesPlan, start: float, right: float) -> list[float]:
    """Where the stages stand: near the scale, and half the width of the last name from the other edge."""
    last = _last_half(plan, (right - start) / 4)
    left, right = start + FIRST, right + GAP / 2 - last
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
