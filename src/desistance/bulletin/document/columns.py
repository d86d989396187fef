"""How wide the columns of a table are, and how small its type, so that it fits the page and no number breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from desistance.bulletin.content import Cell, Table
from desistance.bulletin.document.faces import BREAK, settable, width
from desistance.bulletin.inline import plain

TEXT, END, TURNED = 493.0, 527.0, 740.0  # room in points: among the text, at the end, on a page on its side
SIZES = (7.6, 7.2, 6.8)
SMALL = 0.92  # the smaller line of a cell, against the size of its text
INSET = 5.8  # blank at both sides of a cell together, and a little more, as widths are rounded
LONGEST_WHOLE = 9  # letters of a word of a head that is never broken
HYPHENATED = 7  # letters after which a longer one can be
MOST_LINES = 12
GOOD_LINES = 2
WHOLE = 18  # letters of a number that are kept on one line


@dataclass(frozen=True)
class Layout:
    """Width of each column in points, size of type, and whether the table asks for a page on its side."""

    widths: tuple[float, ...]
    size: float
    landscape: bool = False


@dataclass(frozen=True)
class _Words:
    """A text as far as its setting goes, of a size of one: its longest word, and its whole width."""

    longest: float
    whole: float

    def in_lines(self, lines: int) -> float:
        """Width in which it takes no more than so many lines, as a rule."""
        if lines < 1:
            return float("inf") if self.whole else 0.0
        if lines == 1:
            return self.whole
        return min(self.whole, max(self.longest, self.whole / lines + self.longest / 3))


@dataclass(frozen=True)
class _Column:
    """What one column holds: its head, and the different cells under it."""

    head: _Words
    cells: tuple[tuple[_Words, _Words], ...]

    def width(self, lines: int, size: float) -> float:
        """Least width at which no cell has more lines, and its head not many more."""
        cells = max((_cell_width(text, small, lines) for text, small in self.cells), default=0.0)
        return size * max(self.head.longest, self.head.in_lines(max(4, lines)), cells, 3.0) + INSET

    def wish(self, size: float) -> float:
        """Width at which no text of a cell breaks."""
        return size * max((max(text.whole, small.whole) for text, small in self.cells), default=0.0) + INSET


def layout(table: Table, upright: float) -> Layout:
    """Widths and size of type of a table: rows of few lines first, then large type; no number is broken.

    Where nothing fits the width of an upright page, in points, the page is turned; where that is not enough, words
    break.
    """
    columns = _columns(table)
    for room in (upright, TURNED):
        fits = [(lines, size) for size in SIZES if (lines := _lines(columns, size, room))]
        good = [one for one in fits if one[0] <= GOOD_LINES]
        if fits:
            lines, size = good[0] if good else min(fits, key=lambda one: (one[0], -one[1]))
            return Layout(_shared(columns, lines, size, room), size, landscape=room == TURNED)
    least = [column.width(MOST_LINES, SIZES[-1]) for column in columns]
    return Layout(tuple(one * TURNED / sum(least) for one in least), SIZES[-1], landscape=True)


def joined(table: Table) -> Table:
    """Table whose rows have one head: the second column of words, if there is one, stands under the first.

    >>> joined(
    ...     Table("t", 1, "T", ("Factor", "Group"), ((Cell("A", kind="text"), Cell("B", kind="text")),))
    ... ).columns
    ('Factor and group',)
    """
    rows = table.rows
    if len(table.columns) < 2 or not rows or any(_is_headed(row) for row in rows):
        return table
    first, second = table.columns[:2]
    return replace(
        table,
        columns=(f"{first} and {second[:1].lower()}{second[1:]}", *table.columns[2:]),
        rows=tuple((replace(row[0], small=row[1].text), *row[2:]) for row in rows),
    )


def _is_headed(row: Sequence[Cell]) -> bool:
    """Whether the first cell of a row heads it by itself."""
    return row[0].kind != "text" or row[1].kind != "text" or bool(row[0].small or row[1].small)


def _lines(columns: Sequence[_Column], size: float, room: float) -> int:
    """Fewest lines of a row at which the columns fit; 0 where they do not."""
    for lines in range(1, MOST_LINES + 1):
        if sum(column.width(lines, size) for column in columns) <= room:
            return lines
    return 0


def _shared(columns: Sequence[_Column], lines: int, size: float, room: float) -> tuple[float, ...]:
    """Widths for rows of so many lines, and a part of what is left for columns that would take more.

    A table that is nearly as wide as the page is made as wide.
    """
    least = [column.width(lines, size) for column in columns]
    more = [max(0.0, column.wish(size) - need) for column, need in zip(columns, least, strict=True)]
    share = min(1.0, (room - sum(least)) / sum(more)) if sum(more) else 0.0
    widths = [need + share * one for need, one in zip(least, more, strict=True)]
    stretch = room / sum(widths) if sum(widths) > 0.75 * room else 1.0
    return tuple(round(one * stretch, 2) for one in widths)


def _columns(table: Table) -> list[_Column]:
    return [
        _Column(
            _head(head),
            tuple({_cell(row[place]): None for row in table.rows}),
        )
        for place, head in enumerate(table.columns)
    ]


def has_long_word(text: str) -> bool:
    """Whether a head has a word that may be broken by a hyphen: others never are.

    >>> has_long_word("Odds ratio"), has_long_word("CR2, unadjusted")
    (False, True)
    """
    return any(len(word) > LONGEST_WHOLE for word in text.split())


@cache
def _head(text: str) -> _Words:
    said = settable(plain(text))
    words = [f"{word[:HYPHENATED]}-" if has_long_word(word) else word for word in said.split()]
    longest = max((width(word, bold=True) for word in words), default=0.0)
    return _Words(longest, width(said, bold=True))


def _cell(cell: Cell) -> tuple[_Words, _Words]:
    mark = "\u2713 " if cell.tone in {"yes", "no", "open"} else ""
    whole = cell.kind == "number"
    return _words(mark + cell.text, 1.0, whole), _words(cell.small, SMALL, whole)


@cache
def _words(text: str, scale: float, is_number: bool) -> _Words:
    said = settable(plain(text))
    whole = scale * width(said)
    if is_number and len(said) <= WHOLE:
        return _Words(whole, whole)
    words = said.replace(BREAK, " ").split()
    return _Words(scale * max(map(width, words), default=0.0), whole)


@cache
def _cell_width(text: _Words, small: _Words, lines: int) -> float:
    """Least width of a cell: its lines are shared between its text and what is under it."""
    if not small.whole:
        return text.in_lines(lines)
    shared = (max(text.in_lines(own), small.in_lines(lines - own)) for own in range(1, lines))
    return min(shared, default=float("inf"))
