"""Rates of methods in blocks of small multiples, each beside what it promises."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from desistance.bulletin.captions.plans import RatesBlock, RatesPanel, RatesPlan
from desistance.bulletin.figures.marks import (
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Dot,
    Drawing,
    Line,
    Mark,
    Spans,
    Text,
    block,
    finished,
    grid_line,
    looks,
    middle,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import INK, SOFT

LABELS, STEP = 320, 11  # pixels: for the names of methods; between the marks of one row
Ticks = Callable[[RatesPanel, Axis], list[float]]
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1)


def wide_rates(plan: RatesPlan, *, made_up: bool) -> Drawing:
    """Names of the methods to the left, panels side by side."""
    marks, y = _key(plan, WIDE)
    for each in plan.blocks:
        axes = _axes(each, LABELS + 16, WIDE - 24, 44)
        heads, top = _heads(each, axes, y, WIDE)
        body: list[Mark] = []
        y = top
        for number, label in enumerate(each.labels):
            lines = wrapped(label, LABELS, bold=each.first[number])
            pitch = max(STEP * len(plan.levels) + 10, LEADING * len(lines) + 4)
            centre = y + pitch / 2
            body += [Line(0, y, WIDE, y)]
            body += block(LABELS, middle(centre, len(lines)), lines, "right", bold=each.first[number])
            body += _rates(each, number, axes, centre)
            y += pitch
        marks += [*heads, *_grids(each, axes, [(top, y)], _ticks), *body]
        y += LEADING + 36
    return finished(WIDE, y - LEADING - 36, marks, made_up=made_up, own_line=False)


def narrow_rates(plan: RatesPlan, *, made_up: bool) -> Drawing:
    """Each name on lines of its own above its marks."""
    marks, y = _key(plan, NARROW)
    for each in plan.blocks:
        axes = _axes(each, 12, NARROW - 22, 38)
        heads, y = _heads(each, axes, y, NARROW)
        body: list[Mark] = []
        spans = []
        for number, label in enumerate(each.labels):
            lines = wrapped(label, NARROW, bold=each.first[number])
            body += [Line(0, y, NARROW, y), *block(0, y + 4, lines, bold=each.first[number])]
            y += 6 + LEADING * len(lines)
            height = STEP * len(plan.levels) + 4
            body += _rates(each, number, axes, y + height / 2)
            spans.append((y, y + height))
            y += height + 4
        marks += [*heads, *_grids(each, axes, spans, _two_ticks), *body]
        y += LEADING + 32
    return finished(NARROW, y - LEADING - 32, marks, made_up=made_up, own_line=True)


def _key(plan: RatesPlan, width: float) -> tuple[list[Mark], float]:
    """What marks and lines mean."""
    marks: list[Mark] = []
    x, y = 0.0, 0.0
    for look, level in zip(looks(len(plan.levels)), plan.levels, strict=True):
        wide = text_width(level) + 50
        if x and x + wide > width:
            x, y = 0.0, y + LEADING
        marks += [Dot(x + 8, y + 10, *look), *block(x + 22, y, [level])]
        x += wide
    lines = wrapped(plan.key, width)
    return [*marks, *block(0, y + LEADING + 2, lines)], y + LEADING * (1 + len(lines)) + 18


def _axes(each: RatesBlock, left: float, right: float, gap: float) -> list[Axis]:
    share = (right - left + gap) / len(each.panels)
    return [
        Axis(left + share * n, left + share * (n + 1) - gap, panel.scale[1], panel.scale[0])
        for n, panel in enumerate(each.panels)
    ]


def _heads(each: RatesBlock, axes: Sequence[Axis], y: float, width: float) -> tuple[list[Mark], float]:
    """Title of the block, and under it those of its panels."""
    lines = wrapped(each.title, width, bold=True)
    marks = block(0, y, lines, bold=True)
    y += LEADING * len(lines) + 4
    titles = [
        wrapped(panel.title, axis.right - axis.left + 18)
        for panel, axis in zip(each.panels, axes, strict=True)
    ]
    tallest = max(len(title) for title in titles)
    for axis, title in zip(axes, titles, strict=True):
        marks += block(axis.left, y + LEADING * (tallest - len(title)), title)
    return marks, y + LEADING * tallest + 6


def _rates(each: RatesBlock, row: int, axes: Sequence[Axis], centre: float) -> list[Mark]:
    marks: list[Mark] = []
    for panel, axis in zip(each.panels, axes, strict=True):
        rates = panel.rows[row]
        first = centre - STEP * (len(rates) - 1) / 2
        for number, (rate, look) in enumerate(zip(rates, looks(len(rates)), strict=True)):
            if rate is not None:
                marks.append(Dot(axis.at(rate), first + STEP * number, *look))
    return marks


def _grids(each: RatesBlock, axes: Sequence[Axis], spans: Spans, ticks: Ticks) -> list[Mark]:
    """Scale of each panel, a line at what is promised, dashed ones at the ends of what is near enough."""
    marks: list[Mark] = []
    for panel, axis in zip(each.panels, axes, strict=True):
        chosen = ticks(panel, axis)
        for tick in chosen:
            label = f"{tick * 100:g}%" if tick == chosen[-1] else f"{tick * 100:g}"
            marks += [*grid_line(axis.at(tick), spans)]
            marks.append(Text(axis.at(tick), spans[-1][1] + LEADING, label, "center", colour=SOFT))
        for end in (end for end in panel.near if panel.scale[0] <= end <= panel.scale[1]):
            marks += grid_line(axis.at(end), spans, SOFT, dashed=True)
        marks += grid_line(axis.at(panel.promised), spans, INK)
    return marks


def _ticks(panel: RatesPanel, axis: Axis) -> list[float]:
    """Round rates within the scale, as many as have room."""
    low, high = panel.scale
    room = max(1, (axis.right - axis.left) / (text_width("100%") + 6))
    step = next(step for step in STEPS if (high - low) / step <= room or step == 1)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 2) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _two_ticks(panel: RatesPanel, axis: Axis) -> list[float]:
    """What is promised, and the last tenth on the longer side of it: there is no room for more."""
    low, high = panel.scale
    below = panel.promised - low > high - panel.promised
    far = math.ceil(low * 10 - 1e-9) if below else math.floor(high * 10 + 1e-9)
    return sorted({panel.promised, far / 10})
