"""Claims against other reasonable choices: where the verdict stays, and where it does not."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.figures.marks import (
    ASCENT,
    LEADING,
    NARROW,
    WIDE,
    Dot,
    Drawing,
    Line,
    Mark,
    Text,
    block,
    column_heads,
    finished,
    middle,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import GRID, MID_BLUE, ORANGE
from desistance.bulletin.plans import ChoicesPlan

LOOKS = {"yes": ("circle", MID_BLUE), "no": ("cross", ORANGE), "": ("speck", GRID)}
KEY = (("yes", "agrees"), ("no", "does not agree"), ("", "no bearing on the claim"))


def wide_choices(plan: ChoicesPlan, *, made_up: bool) -> Drawing:
    """Claims with their statements to the left, a numbered column an alternative, the share to the right."""
    marks, y = _heads(plan, WIDE, 2)
    left, right = 430, WIDE - 124
    columns = _columns(len(plan.alternatives), left, right)
    head = wrapped(plan.share_title, 118, bold=True)
    top = y + LEADING * (len(head) - 1)
    marks += block(WIDE, y, head, "right", bold=True)
    numbers, y = column_heads(columns, top)
    marks += numbers
    y += 6
    for number, claim in enumerate(plan.claims):
        lines = wrapped(plan.statements[number], left - 84)
        height = max(28, LEADING * len(lines) + 8)
        centre = y + height / 2
        marks += [Line(0, y, WIDE, y), Text(0, middle(centre, len(lines)) + ASCENT, claim, bold=True)]
        marks += block(52, middle(centre, len(lines)), lines)
        marks += _row(plan.agrees[number], columns, centre)
        marks.append(Text(WIDE, centre + 6, plan.shares[number], "right", bold=True))
        y += height
    return finished(WIDE, y - LEADING + 8, [*marks, Line(0, y, WIDE, y)], made_up=made_up, own_line=True)


def narrow_choices(plan: ChoicesPlan, *, made_up: bool) -> Drawing:
    """Claims by their ids alone; the page has the statements."""
    marks, y = _heads(plan, NARROW, 1)
    ids = max(text_width(claim, bold=True) for claim in plan.claims)
    shares = max(text_width(text, bold=True) for text in plan.shares)
    columns = _columns(len(plan.alternatives), ids + 8, NARROW - shares - 4)
    numbers, y = column_heads(columns, y)
    marks += numbers
    y += 6
    for number, claim in enumerate(plan.claims):
        centre = y + 13
        marks += [Line(0, y, NARROW, y), Text(0, centre + 6, claim, bold=True)]
        marks += _row(plan.agrees[number], columns, centre)
        marks.append(Text(NARROW, centre + 6, plan.shares[number], "right", bold=True))
        y += 26
    return finished(NARROW, y - LEADING + 8, [*marks, Line(0, y, NARROW, y)], made_up=made_up, own_line=True)


def _heads(plan: ChoicesPlan, width: float, n_columns: int) -> tuple[list[Mark], float]:
    """What the marks mean, then the alternatives with the numbers that head the columns."""
    marks: list[Mark] = []
    x, y = 0.0, 0.0
    for look, text in KEY:
        wide = text_width(text) + 50
        if x and x + wide > width:
            x, y = 0.0, y + LEADING + 2
        marks += [Dot(x + 8, y + 10, *LOOKS[look]), *block(x + 22, y, [text])]
        x += wide
    y += LEADING + 12
    rows = -(-len(plan.alternatives) // n_columns)
    room, ends = width / n_columns, []
    for column in range(n_columns):
        place, left = y, room * column
        for number in range(rows * column, min(rows * (column + 1), len(plan.alternatives))):
            lines = wrapped(plan.alternatives[number], room - 48)
            marks += [Text(left + 22, place + ASCENT, str(number + 1), "right", bold=True)]
            marks += block(left + 32, place, lines)
            place += LEADING * len(lines) + 2
        ends.append(place)
    return marks, max(ends) + 14


def _columns(n: int, left: float, right: float) -> list[float]:
    pitch = min(44, (right - left) / n)
    return [left + pitch * (number + 0.5) for number in range(n)]


def _row(agrees: Sequence[str], columns: Sequence[float], y: float) -> list[Mark]:
    return [Dot(x, y, *LOOKS[answer]) for x, answer in zip(columns, agrees, strict=True)]
