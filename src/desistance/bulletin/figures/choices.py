"""Claims against other reasonable choices: where the verdict stays, and where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from desistance.bulletin.captions.plans import ChoicesPlan
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
    cell,
    column_heads,
    finished,
    middle,
    text_width,
    wrapped,
)
from desistance.bulletin.palette import DUO, SOFT
from desistance.bulletin.reading.cells import HIDDEN

LOOKS = {"yes": ("circle", DUO[0]), "no": ("cross", DUO[1]), "": ("speck", SOFT)}
KEY = (("yes", "agrees"), ("no", "does not agree"), ("", "no bearing on the claim"))
PITCH = 36  # pixels between columns, where there is room
FAR = 15  # rows
HIDDEN_KEY = "hidden for confidentiality"


def wide_choices(plan: ChoicesPlan, *, made_up: bool) -> Drawing:
    """Claims with their statements to the left, a numbered column an alternative, the share to the right."""
    marks, y = _heads(plan, WIDE, 2)
    right = WIDE - 124
    left = max(400, right - PITCH * len(plan.alternatives))
    columns = _columns(len(plan.alternatives), left, right)
    head = wrapped(plan.share_title, 118, bold=True)
    top = y + LEADING * (len(head) - 1)
    marks += block(WIDE, y, head, "right", bold=True)
    numbers, y = column_heads(columns, top)
    marks += numbers
    y += 6
    for number, claim in enumerate(plan.claims):
        lines = wrapped(plan.statements[number], left - 84)
        height = max(28, LEADING * max(len(lines), _turns(plan.agrees[number], columns)) + 8)
        centre = y + height / 2
        marks += [Line(0, y, WIDE, y), Text(0, middle(centre, len(lines)) + ASCENT, claim, bold=True)]
        marks += block(52, middle(centre, len(lines)), lines)
        marks += _row(plan.agrees[number], columns, centre)
        marks.append(cell(WIDE, centre + 6, plan.shares[number], "right", bold=True))
        y += height
    marks.append(Line(0, y, WIDE, y))
    foot, y = _foot(plan, columns, y)
    return finished(WIDE, y - LEADING + 8, [*marks, *foot], made_up=made_up, own_line=True)


def narrow_choices(plan: ChoicesPlan, *, made_up: bool) -> Drawing:
    """Claims by their ids alone; the page has the statements."""
    marks, y = _heads(plan, NARROW, 1)
    said = wrapped(f"At the right: {plan.share_title[:1].lower()}{plan.share_title[1:]}", NARROW)
    marks += block(0, y - 8, said)
    y += LEADING * len(said)
    ids = max(text_width(claim, bold=True) for claim in plan.claims)
    shares = max(text_width(text, bold=True) for text in plan.shares)
    columns = _columns(len(plan.alternatives), ids + 8, NARROW - shares - 4)
    numbers, y = column_heads(columns, y)
    marks += numbers
    y += 6
    for number, claim in enumerate(plan.claims):
        pitch = 26 if _turns(plan.agrees[number], columns) == 1 else 2 * LEADING + 6
        centre = y + pitch / 2
        marks += [Line(0, y, NARROW, y), Text(0, centre + 6, claim, bold=True)]
        marks += _row(plan.agrees[number], columns, centre)
        marks.append(cell(NARROW, centre + 6, plan.shares[number], "right", bold=True))
        y += pitch
    marks.append(Line(0, y, NARROW, y))
    foot, y = _foot(plan, columns, y)
    return finished(NARROW, y - LEADING + 8, [*marks, *foot], made_up=made_up, own_line=True)


def _foot(plan: ChoicesPlan, columns: Sequence[float], y: float) -> tuple[list[Mark], float]:
    """The heads of the columns once more, where the first are too far away to be seen with the last rows."""
    return column_heads(columns, y + 4) if len(plan.claims) > FAR else ([], y)


def _heads(plan: ChoicesPlan, width: float, n_columns: int) -> tuple[list[Mark], float]:
    """What the marks mean, then the alternatives with the numbers that head the columns."""
    marks: list[Mark] = []
    x, y = 0.0, 0.0
    hidden = any(HIDDEN in row for row in plan.agrees)
    for look, text in (*KEY, *([(HIDDEN, HIDDEN_KEY)] * hidden)):
        wide = text_width(text) + 50
        if x and x + wide > width:
            x, y = 0.0, y + LEADING + 2
        marks += [_mark(look, x + 11, y + 10), *block(x + 26, y, [text])]
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


def _mark(answer: str, x: float, y: float) -> Text | Dot:
    return cell(x, y + 5, HIDDEN, "center") if answer == HIDDEN else Dot(x, y, *LOOKS[answer])


def _turns(agrees: Sequence[str], columns: Sequence[float]) -> int:
    """Lines for one row: two where hidden answers stand next to each other and find no room on one."""
    pitch = columns[1] - columns[0] if len(columns) > 1 else WIDE
    crowded = any(first == second == HIDDEN for first, second in pairwise(agrees))
    return 2 if crowded and pitch < text_width(HIDDEN) + 2 else 1


def _row(agrees: Sequence[str], columns: Sequence[float], y: float) -> list[Mark]:
    """Answers of one claim; hidden ones on two lines in turn where one has no room."""
    turns = _turns(agrees, columns)
    marks: list[Mark] = []
    for number, (x, answer) in enumerate(zip(columns, agrees, strict=True)):
        down = LEADING * (number % 2 - 0.5) if turns == 2 and answer == HIDDEN else 0
        marks.append(_mark(answer, x, y + down))
    return marks
