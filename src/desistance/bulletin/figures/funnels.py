"""Funnels: services by size and share, between limits that chance alone seldom crosses."""

from __future__ import annotations

import math
from collections.abc import Sequence

from desistance.bulletin.captions.plans import FunnelPanel, FunnelPlan
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
    finished,
    looks,
    spread,
    text_width,
    wrapped,
)
from desistance.bulletin.language.words import percentage
from desistance.bulletin.palette import DARK_BLUE, MID_BLUE, SOFT

# A service inside every limit, and beyond the first, second: shape and colour.
LOOKS = looks(3)
HEIGHT = 300


def wide_funnels(plan: FunnelPlan, *, made_up: bool) -> Drawing:
    """Panels side by side."""
    gap = 36
    width = (WIDE - gap * (len(plan.panels) - 1)) / len(plan.panels)
    titles = [wrapped(panel.title, width, bold=True) for panel in plan.panels]
    tallest = max(len(title) for title in titles)
    marks, bottom = [], 0.0
    for number, (panel, title) in enumerate(zip(plan.panels, titles, strict=True)):
        left = (width + gap) * number
        marks += block(left, LEADING * (tallest - len(title)), title, bold=True)
        body, bottom = _panel(panel, left, LEADING * tallest + 14, width, plan.size_title)
        marks += body
    key, bottom = _key(plan, WIDE, bottom + 16)
    return finished(WIDE, bottom - 12, [*marks, *key], made_up=made_up, own_line=True)


def narrow_funnels(plan: FunnelPlan, *, made_up: bool) -> Drawing:
    """Panels under one another."""
    marks, y = [], 0.0
    for panel in plan.panels:
        title = wrapped(panel.title, NARROW, bold=True)
        marks += block(0, y, title, bold=True)
        body, y = _panel(panel, 0, y + LEADING * len(title) + 14, NARROW, plan.size_title)
        marks += body
        y += 24
    key, bottom = _key(plan, NARROW, y)
    return finished(NARROW, bottom - 12, [*marks, *key], made_up=made_up, own_line=True)


def _panel(
    panel: FunnelPanel, left: float, top: float, width: float, size_title: str
) -> tuple[list[Mark], float]:
    names = max(text_width(name) for name in (_target_name(panel), *(name for name, _, _ in panel.limits)))
    right, foot = left + width - names - 10, top + HEIGHT
    sizes, shares = _sizes(panel, left + 60, right), _shares(panel, foot, top)
    marks: list[Mark] = []
    for tick in _ticks(shares.start, shares.limit, 0.1 if shares.limit - shares.start < 0.7 else 0.2):
        y = shares.at(tick)
        marks += [
            Line(sizes.left, y, right, y),
            Text(left + 52, y + 6, f"{round(tick * 100)}%", "right", colour=SOFT),
        ]
    step = next(step for step in (5, 10, 20, 50, 100, 200, 500, 1000, 10**6) if sizes.limit / step <= 6)
    for tick in range(0, int(sizes.limit) + 1, step):
        marks.append(Text(sizes.at(tick), foot + LEADING + 2, str(tick), "center", colour=SOFT))
    lines = wrapped(size_title, right - sizes.left)
    marks += [
        Text(sizes.left, foot + 2 * LEADING + 4 + LEADING * number, line) for number, line in enumerate(lines)
    ]
    marks += [*_curves(panel, sizes, shares), *_names(panel, shares, right, top, foot)]
    marks += [_service(panel, n, share, sizes, shares) for n, share in panel.services]
    return marks, foot + LEADING * (len(lines) + 1) + 12


def _sizes(panel: FunnelPanel, left: float, right: float) -> Axis:
    return Axis(left, right, max(panel.sizes))


def _shares(panel: FunnelPanel, foot: float, top: float) -> Axis:
    """Shares of the services and no more of the limits than they need: these reach far out for small services."""
    found = [share for _, share in panel.services]
    low, high = math.floor(min(found) * 10 - 1e-9) / 10, math.ceil(max(found) * 10 + 1e-9) / 10
    return Axis(foot, top, min(1.0, high), max(0.0, low))


def _ticks(first: float, last: float, step: float) -> list[float]:
    n = round((last - first) / step + 0.499)
    return [first + step * number for number in range(n + 1) if first + step * number <= last + 1e-9]


def _curves(panel: FunnelPanel, sizes: Axis, shares: Axis) -> list[Mark]:
    level = shares.at(panel.target)
    marks: list[Mark] = [Line(sizes.left, level, sizes.right, level, DARK_BLUE, 1.5)]
    for number, (_, low, high) in enumerate(panel.limits):
        for ends in (low, high):
            inside = [
                (sizes.at(n), shares.at(end))
                for n, end in zip(panel.sizes, ends, strict=True)
                if shares.start <= end <= shares.limit
            ]
            if len(inside) > 1:
                xs, ys = zip(*inside, strict=True)
                marks.append(Curve(xs, ys, MID_BLUE, 1.5, dashed=number == 0))
    return marks


def _names(panel: FunnelPanel, shares: Axis, right: float, top: float, foot: float) -> list[Mark]:
    """Names of the line of all and of the limits where their lines end, moved apart where they are close."""
    ends = [(shares.at(_end(low[-2:], high[-2:], shares)), name) for name, low, high in panel.limits]
    ends = sorted([*ends, (shares.at(panel.target), _target_name(panel))])
    heights = spread([y for y, _ in ends], [LEADING] * len(ends), top, foot, 0)
    return [Text(right + 8, y + 6, name) for y, (_, name) in zip(heights, ends, strict=True)]


def _end(low: Sequence[float], high: Sequence[float], shares: Axis) -> float:
    """Where the upper of a pair of limits ends; the lower one where only that is on the sheet."""
    lower = max(high) > shares.limit and min(low) >= shares.start
    return low[-1] if lower else min(high[-1], shares.limit)


def _target_name(panel: FunnelPanel) -> str:
    return f"{panel.target_label} {percentage(panel.target)}%"


def _service(panel: FunnelPanel, n: int, share: float, sizes: Axis, shares: Axis) -> Dot:
    beyond = sum(_outside(panel, n, share, low, high) for _, low, high in panel.limits)
    return Dot(sizes.at(n), shares.at(share), *LOOKS[min(beyond, len(LOOKS) - 1)])


def _outside(panel: FunnelPanel, n: int, share: float, low: Sequence[float], high: Sequence[float]) -> bool:
    place = panel.sizes.index(n)
    return share < low[place] or share > high[place]


def _key(plan: FunnelPlan, width: float, y: float) -> tuple[list[Mark], float]:
    names = [name for name, _, _ in plan.panels[0].limits]
    texts = ["Inside both limits", *(f"Outside the {name} limits" for name in names)]
    marks: list[Mark] = []
    x = 0.0
    for (shape, colour), text in zip(LOOKS, texts, strict=False):
        wide = text_width(text) + 56
        if x and x + wide > width:
            x, y = 0.0, y + LEADING + 4
        marks += [Dot(x + 8, y + 10, shape, colour), *block(x + 22, y, [text])]
        x += wide
    return marks, y + LEADING
