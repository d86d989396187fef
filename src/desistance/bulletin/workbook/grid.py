"""A table as a spreadsheet wants it: one number a cell, and a column with a name of its own for everything else.

On a page a cell may hold an interval, or a number with a smaller line under it. Here the ends of an interval, the
base and whatever else stands in a cell each get a column, shorthand stands alone, and no cell is blank.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desistance.bulletin.content import Cell, Figure, Table
from desistance.bulletin.inline import plain
from desistance.bulletin.language.shown import Part, Shown, parts_of
from desistance.bulletin.reading.cells import ABSENT, UNRELIABLE
from desistance.bulletin.sections.tables import frame_cells

Value = Part | str
MAIN, NOTE = "", "note"
FLAG = f"low reliability {UNRELIABLE}"
WEAK = f"{FLAG} in"
SHORTHAND = re.compile(r"\[[a-z]+\]")
NOT_APPLICABLE = "[z]"
DASH = "\u2013"
# What stands where a row has no such number or word; [x] elsewhere.
WITHOUT = {
    NOTE: "none",
    WEAK: "none",
    FLAG: "no",
    "Fisher": NOT_APPLICABLE,
    "of how many shown": NOT_APPLICABLE,
    "numerator": NOT_APPLICABLE,
    "numerator df": NOT_APPLICABLE,
}
WORDS = (NOTE, WEAK, FLAG)
UNITS_OF_SMALL = re.compile(r",? and (?:interval|base|\d+% interval)$")


@dataclass(frozen=True)
class Grid:
    """One header row and rows of numbers, words and shorthand; every row has a value in every column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def table_grid(table: Table) -> Grid:
    """Lay out a table."""
    return _grid(table.columns, table.rows)


def figure_grid(figure: Figure) -> Grid:
    """Lay out the data of a figure."""
    return _grid([str(name) for name in figure.data.columns], frame_cells(figure.data))


def shorthand_in(grid: Grid) -> frozenset[str]:
    """Marks that stand in a grid, alone in a cell or in the head of a column."""
    texts = (value.mark if isinstance(value, Part) else value for row in grid.rows for value in row)
    heads = (mark for head in grid.columns for mark in SHORTHAND.findall(head))
    return frozenset((*(text for text in texts if SHORTHAND.fullmatch(text)), *heads))


def shown_text(value: Value) -> str:
    """What a reader sees of a value."""
    return value if isinstance(value, str) else value.mark or value.text


def _grid(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Grid:
    heads = _own_heads([plain(head) for head in columns])
    laid = [pair for place, head in enumerate(heads) for pair in _columns(head, [row[place] for row in rows])]
    names = _unique([head for head, _ in laid])
    return Grid(tuple(names), tuple(zip(*(values for _, values in laid), strict=True)) if rows else ())


def _own_heads(heads: Sequence[str]) -> list[str]:
    """Heads of which each names its column by itself: "95% interval" twice says of what."""
    often = Counter(heads)
    return [
        f"{heads[place - 1]}: {head}" if place and often[head] > 1 else head
        for place, head in enumerate(heads)
    ]


def _unique(heads: Sequence[str]) -> list[str]:
    made: list[str] = []
    for head in heads:
        number = 2
        name = head
        while name in made:
            name, number = f"{head} ({number})", number + 1
        made.append(name)
    return made


def _columns(head: str, cells: Sequence[Cell]) -> list[tuple[str, list[Value]]]:
    """Columns that one column of a page becomes, each with its head."""
    split = [{**_large(cell), **_small(cell)} for cell in cells]
    own = _names(_large(cell) for cell in cells if not _is_mark(cell.text)) or [MAIN]
    names = [*own, *(name for name in _names(map(_small, cells)) if name not in own)]
    stem = UNITS_OF_SMALL.sub("", head)
    return [
        (_head(stem, name), [_value(each, name, cell) for each, cell in zip(split, cells, strict=True)])
        for name in names
    ]


def _names(found: Sequence[Mapping[str, Value]]) -> list[str]:
    return list(dict.fromkeys(name for each in found for name in each))


def _large(cell: Cell) -> dict[str, Value]:
    """The text of a cell: its numbers by name, or its words; [u] after a label is set apart."""
    if parts := parts_of(cell.text):
        return {part.name: part for part in parts}
    words = plain(cell.text)
    if words.endswith(f" {UNRELIABLE}"):
        return {MAIN: words.removesuffix(f" {UNRELIABLE}"), FLAG: UNRELIABLE}
    return {MAIN: NOT_APPLICABLE if words in ("", DASH) else words}


def _small(cell: Cell) -> dict[str, Value]:
    """The smaller line of a cell: its numbers by name, the levels it calls unreliable, or its words."""
    if isinstance(cell.small, Shown):
        return {part.name: part for part in parts_of(cell.small)}
    words = plain(cell.small)
    if words.startswith(f"{UNRELIABLE} "):
        return {WEAK: words.removeprefix(f"{UNRELIABLE} ")}
    marks = SHORTHAND.findall(words)
    return {NOTE: marks[0] if marks else words} if words else {}


def _is_mark(text: str) -> bool:
    return bool(SHORTHAND.fullmatch(text))


def _value(values: Mapping[str, Value], name: str, cell: Cell) -> Value:
    if name in values:
        return values[name]
    if name not in WORDS and _is_mark(cell.text):
        return cell.text
    return WITHOUT.get(name, ABSENT)


def _head(stem: str, name: str) -> str:
    if name == MAIN:
        return stem
    if name in ("lower", "upper"):
        return f"{stem}: {name} end" if "interval" in stem else f"{stem}: {name} end of the interval"
    if name == "base":
        return f"{stem.removesuffix(', %')}: base"
    return f"{stem}, {name}" if name == "or more" else f"{stem}: {name}"
