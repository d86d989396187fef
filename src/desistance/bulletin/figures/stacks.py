"""Bars of parts that make a whole, with the mean beside each bar."""

from __future__ import annotations

from desistance.bulletin.captions.plans import Point, StacksPlan
from desistance.bulletin.figures.marks import (
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Box,
    Drawing,
    Line,
    Mark,
    Text,
    block,
    cell,
    finished,
    middle,
    number_axis,
    point,
    spread,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import (
    DARK_BLUE,
    DARK_GREY,
    INK,
    LIGHT_BLUE,
    ON_DARK,
    ON_LIGHT,
    ORDERED,
    SOFT,
)

HALF = 11
GAP = 1.5  # of paper between the parts, which need not stand out from each other then


def wide_stacks(plan: StacksPlan, *, made_up: bool) -> Drawing:
    """Bars in the middle, means on a scale of their own to the right."""
    bars, means = Axis(274, 660), Axis(716, 890, plan.mean_limit)
    heads, top = _wide_heads(plan, bars, means)
    marks: list[Mark] = []
    y, spans = top, []
    for number, group in enumerate(plan.groups):
        if number:
            lines = wrapped(group.title, WIDE, bold=True)
            marks += [Line(0, y + 6, WIDE, y + 6), *block(0, y + 12, lines, bold=True)]
            y += 14 + LEADING * len(lines)
        for label, parts, mean in zip(group.labels, group.parts, group.means, strict=True):
            lines = wrapped(label, 250, bold=not number)
            pitch = max(30, LEADING * len(lines) + 6)
            centre = y + pitch / 2
            marks += block(262, middle(centre, len(lines)), lines, "right", bold=not number)
            marks += [*_bar(bars, centre, parts), *point(means, centre, mean, "circle", DARK_GREY)]
            spans.append((y, y + pitch))
            y += pitch
    grid = number_axis(means, spans, _ticks(plan.mean_limit))
    return finished(WIDE, y, [*heads, *grid, *marks], made_up=made_up, own_line=False)


def narrow_stacks(plan: StacksPlan, *, made_up: bool) -> Drawing:
    """Label and mean on one line, the bar under them."""
    bars = Axis(0, NARROW)
    title = wrapped(plan.title, NARROW, bold=True)
    marks: list[Mark] = block(0, 0, title, bold=True)
    y = LEADING * len(title) + 6.0
    for number, group in enumerate(plan.groups):
        if number:
            lines = wrapped(group.title, NARROW, bold=True)
            marks += [Line(0, y + 6, NARROW, y + 6), *block(0, y + 14, lines, bold=True)]
            y += 16 + LEADING * len(lines)
        for label, parts, mean in zip(group.labels, group.parts, group.means, strict=True):
            said = f"mean {mean.text}"
            lines = wrapped(label, NARROW - text_width(said) - 16, bold=not number)
            ink = SOFT if mean.value is None else INK
            marks += [*block(0, y, lines, bold=not number), Text(NARROW, y + 15, said, "right", colour=ink)]
            y += LEADING * len(lines) + 2
            if not number:
                marks += _part_labels(plan, bars, parts, y)
                y += LEADING
            marks += _bar(bars, y + HALF + 1, parts)
            y += 2 * HALF + 10
    return finished(NARROW, y - LEADING + 4, marks, made_up=made_up, own_line=True)


def _wide_heads(plan: StacksPlan, bars: Axis, means: Axis) -> tuple[list[Mark], float]:
    left = wrapped(plan.title, bars.right - bars.left, bold=True)
    right = wrapped(plan.mean_title, WIDE - means.left, bold=True)
    tallest = max(len(left) + 1, len(right))
    marks = block(bars.left, LEADING * (tallest - len(left) - 1), left, bold=True)
    marks += block(means.left, LEADING * (tallest - len(right)), right, bold=True)
    marks += _part_labels(plan, bars, plan.groups[0].parts[0], LEADING * (tallest - 1))
    return marks, LEADING * tallest + 6


def _part_labels(plan: StacksPlan, bars: Axis, parts: tuple[Point, ...], top: float) -> list[Mark]:
    """Names of the parts over the first bar, each as near to the middle of its part as its neighbours allow.

    Over a bar that is not there each has a box of its colour before it.
    """
    if any(part.value is None for part in parts):
        drawn = any(part.value is not None for group in plan.groups for row in group.parts for part in row)
        return _part_key(plan, bars, top) if drawn else []
    edges = [sum(part.value for part in parts[:n]) for n in range(len(parts) + 1)]
    places = [bars.at((edges[n] + edges[n + 1]) / 2) for n in range(len(parts))]
    widths = [text_width(label) for label in plan.part_labels]
    centres = spread(places, widths, bars.left, bars.right, 14)
    pairs = zip(centres, plan.part_labels, strict=True)
    return [Text(round(x, 2), top + 15, label, "center") for x, label in pairs]


def _part_key(plan: StacksPlan, bars: Axis, top: float) -> list[Mark]:
    marks: list[Mark] = []
    x = bars.left
    for label, colour in zip(plan.part_labels, ORDERED[-len(plan.part_labels) :], strict=True):
        marks += [_box(x, top + 3, x + 12, top + 15, colour), Text(x + 18, top + 15, label)]
        x += 18 + text_width(label) + 18
    return marks


def _bar(axis: Axis, y: float, parts: tuple[Point, ...]) -> list[Mark]:
    if any(part.value is None for part in parts):
        return [cell(axis.left + 4, y + 6, parts[0].text)]
    marks: list[Mark] = []
    start = 0.0
    for part, colour in zip(parts, ORDERED[-len(parts) :], strict=True):
        left, right = axis.at(start), axis.at(start + part.value)
        marks.append(_box(left, y - HALF, max(left + min(GAP, right - left), right - GAP), y + HALF, colour))
        if text_width(part.text, bold=True) + 4 <= right - left:
            ink = ON_LIGHT if colour == LIGHT_BLUE else ON_DARK
            marks.append(
                Text(round((left + right) / 2, 2), y + 6, part.text, "center", bold=True, colour=ink)
            )
        start += part.value
    return marks


def _box(left: float, top: float, right: float, bottom: float, colour: str) -> Box:
    """Part of a bar; the lightest colour cannot be told from the paper (2.4 : 1) and gets an edge."""
    return Box(left, top, right, bottom, colour, DARK_BLUE if colour == LIGHT_BLUE and right > left else "")


def _ticks(limit: int) -> list[int]:
    step = max(1, -(-limit // 4))
    return list(range(0, limit + 1, step))
