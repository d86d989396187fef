"""UpSet: the cases with exactly each combination of factors, and the factors each combination is made of."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.plans import Point, UpsetPlan
from desistance.bulletin.figures.marks import (
    ASCENT,
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Box,
    Curve,
    Dot,
    Drawing,
    Line,
    Mark,
    Text,
    block,
    cell,
    column_heads,
    finished,
    middle,
    text_width,
    wrapped,
)
from desistance.bulletin.language.words import count
from desistance.bulletin.palette import DARK_BLUE, SOFT

BARS = 130
NONE = "none"
MATRIX_LEFT, TOTAL_LEFT, TOTAL_RIGHT = 430, 272, 352


def wide_upset(plan: UpsetPlan, *, made_up: bool) -> Drawing:
    """Counts as upright bars over a column a combination; totals of the factors to the left of the rows."""
    n = len(plan.counts)
    pitch = min(60, (WIDE - MATRIX_LEFT) / n)
    columns = [MATRIX_LEFT + pitch * (number + 0.5) for number in range(n)]
    title = wrapped(plan.count_title, WIDE - MATRIX_LEFT, bold=True)
    total = wrapped(plan.total_title, MATRIX_LEFT - TOTAL_LEFT - 16, bold=True)
    foot = max(LEADING * len(title) + LEADING + BARS + 10, LEADING * len(total))
    marks: list[Mark] = block(MATRIX_LEFT, 0, title, bold=True)
    marks += block(TOTAL_LEFT, foot - LEADING * len(total), total, bold=True)
    marks += _upright(plan, columns, foot, pitch)
    y = foot + 12
    rows = []
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, 256)
        height = max(30, LEADING * len(lines) + 6)
        centre = y + height / 2
        marks += [Line(0, y, WIDE, y), *block(262, middle(centre, len(lines)), lines, "right")]
        marks += _total(plan.totals[number], Axis(TOTAL_LEFT, TOTAL_RIGHT), centre)
        rows.append(centre)
        y += height
    marks.append(Line(0, y, WIDE, y))
    for x, member in zip(columns, plan.members, strict=True):
        marks += _members([(x, centre) for centre in rows], member, "center")
    return finished(WIDE, y, marks, made_up=made_up, own_line=False)


def narrow_upset(plan: UpsetPlan, *, made_up: bool) -> Drawing:
    """Factors with a number each, then a row a combination with dots under those numbers."""
    title = wrapped(f"{plan.total_title}; the numbers head the columns below", NARROW, bold=True)
    marks: list[Mark] = block(0, 0, title, bold=True)
    y = LEADING * len(title) + 6.0
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, 232)
        marks += [Text(22, y + ASCENT, str(number + 1), "right", bold=True), *block(32, y, lines)]
        marks.append(cell(NARROW, y + ASCENT, plan.totals[number].text, "right", bold=True))
        y += LEADING * len(lines) + 2
    heads = wrapped(plan.count_title, NARROW, bold=True)
    marks += block(0, y + 16, heads, bold=True)
    y += 16 + LEADING * len(heads) + 4
    columns = _narrow_columns(len(plan.labels))
    right = columns[-1] + 16
    numbers, y = column_heads(columns, y)
    marks += numbers
    y += 4
    bars = Axis(right, NARROW - text_width(count(max(plan.counts)), bold=True) - 6, max(plan.counts))
    for n_cases, member in zip(plan.counts, plan.members, strict=True):
        centre = y + 12
        marks += [Line(0, y, NARROW, y)]
        marks += _members([(x, centre) for x in columns], member, "left")
        if bars.right > bars.left + 12:
            marks.append(Box(bars.left, centre - 8, bars.at(n_cases), centre + 8, DARK_BLUE))
        marks.append(Text(NARROW, centre + 6, count(n_cases), "right", bold=True))
        y += 24
    return finished(NARROW, y - LEADING + 8, marks, made_up=made_up, own_line=True)


def _members(places: Sequence[tuple[float, float]], member: Sequence[bool], anchor: str) -> list[Mark]:
    """A dark dot for each factor of a combination, joined, and a speck for each other; a word where none is."""
    inside = [place for place, yes in zip(places, member, strict=True) if yes]
    if not inside:
        return [Text(places[0][0], places[0][1] + 6, NONE, anchor)]
    marks: list[Mark] = [
        Dot(*place, "speck", SOFT) for place, yes in zip(places, member, strict=True) if not yes
    ]
    if len(inside) > 1:
        xs, ys = zip(*(inside[0], inside[-1]), strict=True)
        marks.append(Curve(xs, ys, DARK_BLUE, 3))
    return [*marks, *(Dot(*place, "circle", DARK_BLUE) for place in inside)]


def _narrow_columns(n: int) -> list[float]:
    """Places of the factors' columns; so many that they do not fit are set closer, heads and all."""
    pitch = min(23.0, (NARROW - 80) / n)
    return [11 + pitch * number for number in range(n)]


def _upright(plan: UpsetPlan, columns: list[float], foot: float, pitch: float) -> list[Mark]:
    """Bars of the counts, from nought at `foot`."""
    scale = Axis(foot, foot - BARS, max(plan.counts))
    half = min(14, pitch * 0.35)
    marks: list[Mark] = [Line(columns[0] - pitch / 2, foot, columns[-1] + pitch / 2, foot, SOFT)]
    for x, n_cases in zip(columns, plan.counts, strict=True):
        top = scale.at(n_cases)
        marks += [
            Box(x - half, top, x + half, foot, DARK_BLUE),
            Text(x, top - 6, count(n_cases), "center", bold=True),
        ]
    return marks


def _total(drawn: Point, axis: Axis, y: float) -> list[Mark]:
    if drawn.value is None:
        return [cell(axis.left, y + 6, drawn.text)]
    end = axis.at(drawn.value)
    return [Box(axis.left, y - 7, end, y + 7, DARK_BLUE), Text(end + 6, y + 6, drawn.text, bold=True)]
