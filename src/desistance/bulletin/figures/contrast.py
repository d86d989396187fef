"""Levels of one division side by side, with the gap between them and what two tests make of it."""

from __future__ import annotations

from desistance.bulletin.captions.plans import ContrastPlan
from desistance.bulletin.figures.bars import HALVES, QUARTERS
from desistance.bulletin.figures.marks import (
    ASCENT,
    LEADING,
    NARROW,
    WIDE,
    Axis,
    Dot,
    Drawing,
    Line,
    Mark,
    Text,
    block,
    cell,
    finished,
    key_mark,
    looks,
    middle,
    percent_axis,
    point,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import INK, SOFT

STEP = 20
GAP_RIGHT, FIRST_TEST, SECOND_TEST = 720, 750, 860


def wide_contrast(plan: ContrastPlan, *, made_up: bool) -> Drawing:
    """Dots in the middle; the gap and the two verdicts in columns to the right."""
    axis = Axis(274, 604)
    heads, top = _heads(plan, axis)
    marks: list[Mark] = []
    y = top
    for number, label in enumerate(plan.labels):
        lines = wrapped(label, 250)
        pitch = max(STEP * len(plan.levels) + 14, LEADING * len(lines) + 12)
        centre = y + pitch / 2
        marks += [Line(0, y, WIDE, y), *block(262, middle(centre, len(lines)), lines, "right")]
        marks += _points(plan, number, axis, centre)
        marks.append(cell(GAP_RIGHT, centre + 6, plan.gaps[number], "right", bold=True))
        for left, verdict in zip((FIRST_TEST, SECOND_TEST), plan.verdicts[number], strict=True):
            marks.append(cell(left, centre + 6, verdict))
        y += pitch
    marks.append(Line(0, y, WIDE, y))
    grid = percent_axis(axis, [(top, y)], QUARTERS)
    return finished(WIDE, y, [*heads, *grid, *marks], made_up=made_up, own_line=False)


def narrow_contrast(plan: ContrastPlan, *, made_up: bool) -> Drawing:
    """Label, dots, then gap and verdicts in words under them."""
    axis = Axis(8, 278)
    marks, y = _key(plan, 0, 0, NARROW)
    note = wrapped(f"{plan.gap_title}; yes where the gap is significant", NARROW)
    marks += block(0, y, note)
    y += LEADING * len(note) + 8
    spans, body = [], []
    for number, label in enumerate(plan.labels):
        said = f"gap {plan.gaps[number]}"
        lines = wrapped(label, NARROW - text_width(said, bold=True) - 16, bold=True)
        body += [Line(0, y, NARROW, y), *block(0, y + 8, lines, bold=True)]
        missing = plan.gaps[number].startswith("[")
        body.append(
            Text(NARROW, y + 8 + ASCENT, said, "right", not missing, SOFT if missing else INK),
        )
        y += 8 + LEADING * len(lines) + 2
        height = STEP * len(plan.levels)
        body += _points(plan, number, axis, y + height / 2)
        spans.append((y - 2, y + height + 2))
        y += height + 4
        pairs = zip(plan.tests, plan.verdicts[number], strict=True)
        body += block(0, y, [f"{test}: {verdict}" for test, verdict in pairs])
        y += 2 * LEADING + 10
    spans.append((y, y))
    grid = percent_axis(axis, spans, HALVES)
    return finished(NARROW, y, [*marks, *grid, *body], made_up=made_up, own_line=True)


def _points(plan: ContrastPlan, row: int, axis: Axis, centre: float) -> list[Mark]:
    points = plan.rows[row]
    first = centre - STEP * (len(points) - 1) / 2
    marks: list[Mark] = []
    for number, drawn in enumerate(points):
        marks += point(axis, first + STEP * number, drawn, *looks(len(plan.levels))[number])
    return marks


def _heads(plan: ContrastPlan, axis: Axis) -> tuple[list[Mark], float]:
    """Names of the levels over the dots, and the heads of the three columns, all ending on one line."""
    key, key_bottom = _key(plan, axis.left, 0, 340)
    columns = [
        (GAP_RIGHT, "right", wrapped(plan.gap_title, 96, bold=True)),
        (FIRST_TEST, "left", wrapped(plan.tests[0], 104, bold=True)),
        (SECOND_TEST, "left", wrapped(plan.tests[1], 100, bold=True)),
    ]
    said = "Significant by"
    bottom = max(key_bottom, *(LEADING * (len(lines) + 1) for _, _, lines in columns))
    marks = [*_shifted(key, bottom - key_bottom)]
    for x, anchor, lines in columns:
        marks += block(x, bottom - LEADING * len(lines), lines, anchor, bold=True)
    tallest = max(len(lines) for _, _, lines in columns[1:])
    over = bottom - LEADING * tallest - LEADING - 2
    marks += block(FIRST_TEST, over, [said], bold=True)
    line = Line(FIRST_TEST + text_width(said, bold=True) + 8, over + 11, WIDE, over + 11)
    return [*marks, line], bottom + 10


def _key(plan: ContrastPlan, left: float, y: float, width: float) -> tuple[list[Mark], float]:
    title = wrapped(plan.title, width, bold=True)
    marks: list[Mark] = block(left, y, title, bold=True)
    y += LEADING * len(title) + 2
    for number, level in enumerate(plan.levels):
        lines = wrapped(level, width - 22)
        look = looks(len(plan.levels))[number]
        points = [row[number] for row in plan.rows]
        marks += [key_mark(left + 7, y + 10, *look, points), *block(left + 22, y, lines)]
        y += LEADING * len(lines)
    return marks, y


def _shifted(marks: list[Mark], down: float) -> list[Mark]:
    moved: list[Mark] = []
    for mark in marks:
        match mark:
            case Text(x, y, text, anchor, bold, colour):
                moved.append(Text(x, y + down, text, anchor, bold, colour))
            case Dot(x, y, shape, colour):
                moved.append(Dot(x, y + down, shape, colour))
    return moved
