"""What tables say: each cell with the heads of its row and column, its caption and the headings above."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from desistance.attack.naming import Entity, Group, Place, Vocabulary, plain, resolved
from desistance.attack.quantities import counted, rounded
from desistance.attack.sentences import Reading, of_kind, sentence_statements
from desistance.attack.statements import Statement, Unit

# Columns of numbers that are neither counts of children nor shares of them.
IDLE_HEAD = re.compile(
    r"\b(?:number of factors|points?|difference|change|gap|p|p-value|holm|bh|pearson|rao-scott|cr[0-9]|df|ratio"
    r"|effect|step|mean|lift|intraclass"
    r"|shrunken|limits|seen|services?|youth offending teams|armitage|newcombe|bootstrap|significant|over-dispersion"
    r"|lowest|highest|left out|why|sha-256|published|alternatives|statement|either|where|elsewhere"
    r"|could (?:not )?have been|read by|alpha|kappa|agree\w*|coders?|cases with it|not (?:applicable|known|recorded))\b"
)
COMBINED = re.compile(r"\bcombinations?\b")
NUMBERED = re.compile(r"(?<![\d.])(?!9[05]|99)\d+(?!\d*(?:\.\d)?%)")
GENERAL = re.compile(r"^(?:% of [^,:]*|%|95% interval[^,:]*)$")  # of the column before
PER_CENT = re.compile(r"%|\bper ?cent|\bshare")
BASE = re.compile(r"\b(?:base|denominator|n)\b|^\W*judgements\W*$")
ORDINAL = re.compile(r"\bat the (first|second)\b|\b(first|second)$")
INTERVAL = re.compile(r"(?<![\d.,+-])(\d+(?:\.\d+)?)\s*(?:to|-)\s*(\d+(?:\.\d+)?)(?![\d.])")
NAMED_BASE = re.compile(r"\bn\s*=\s*([\d,]+)")
PART = re.compile(r"(?<![\d.])([\d,]+)\s*(?:of|/|out of)\s*([\d,]+)(?![\d.])")
NUMBER = re.compile(
    r"(?<![\d.,+\w-])(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+)(\s*(?:%|per ?cent))?(?![\d.,]*\d)(?!\w)"
)


@dataclass(frozen=True)
class Cell:
    """A cell of a grid: its text, and whether it heads others."""

    text: str
    heads: bool = False


@dataclass(frozen=True)
class Grid:
    """A table with every cell at each place it covers: ``rows[r][c]``."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


def grid_statements(grid: Grid, reading: Reading) -> list[Statement]:
    """What the cells of a table say of hidden numbers.

    A cell belongs to the names in the heads of its row and column together; where these do not say of which measure,
    to that of the nearest column to the left that says one; then to the caption and the headings above.
    """
    words = reading.vocabulary
    first, rows = _heads(grid)
    columns = _columns(first, words)
    far = (words.group(grid.caption), *reading.far)
    reading = replace(reading, far=far)
    combined = bool(columns) and bool(COMBINED.search(columns[0].said))
    statements: list[Statement] = []
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if cell.heads or place >= len(columns) or columns[place].idle:
                continue
            if not any(letter.isalnum() for letter in cell.text):
                continue
            where = f"{reading.where}, row {number}, column {place + 1}"
            near = _near(row, place, columns, words)
            statements += _cell_statements(
                cell,
                columns[place],
                grid.caption,
                replace(reading, near=near, where=where, combined=combined),
            )
    return statements


@dataclass(frozen=True)
class _Column:
    said: str
    left: str
    group: Group
    inherited: Group
    idle: bool


def _heads(grid: Grid) -> tuple[list[str], list[Sequence[Cell]]]:
    """Heads of the columns, all levels together, and the rows under them; the first row where no cell is a head."""
    top = 0
    while top < len(grid.rows) and all(cell.heads or not cell.text for cell in grid.rows[top]):
        top += 1
    rows: list[Sequence[Cell]] = list(grid.rows)
    if not top or top == len(grid.rows):
        top = 1
        rows = [
            [replace(cell, heads=cell.heads or not place) for place, cell in enumerate(row)] for row in rows
        ]
    width = max((len(row) for row in rows), default=0)
    heads = []
    for place in range(width):
        levels = [row[place].text for row in rows[:top] if place < len(row)]
        heads.append("; ".join(dict.fromkeys(level for level in levels if level)))
    return heads, rows[top:]


def _columns(heads: Sequence[str], words: Vocabulary) -> list[_Column]:
    columns: list[_Column] = []
    inherited: Group = ()
    for head in heads:
        said = plain(head)
        group = _head_group(said, words)
        measured = tuple(entities for entities in group if any(entity[0] == "measure" for entity in entities))
        inherited = measured or inherited
        left = _left_over(said, words)
        idle = bool(IDLE_HEAD.search(left) or NUMBERED.search(left))
        idle = idle or (bool(columns) and bool(COMBINED.search(left)))
        follows = (
            not measured and bool(GENERAL.match(left.strip(" ,;:"))) and bool(columns) and columns[-1].idle
        )
        columns.append(_Column(said, left, group, inherited, idle or follows))
    return columns


def _head_group(said: str, words: Vocabulary) -> Group:
    """Names in a head; the measure in "% of factor identified" is the base and not what is counted."""
    whole = (
        tuple(words.group(part) for part in re.split(r"[;:,] ", said))
        if len(said) < 200
        else (words.group(said),)
    )
    group = tuple(dict.fromkeys(entities for one in (words.group(said), *whole) for entities in one))
    if not re.search(r"%\s*of\b", said):
        return group
    return tuple(entities for entities in group if not any(entity[0] == "measure" for entity in entities))


def _left_over(said: str, words: Vocabulary) -> str:
    """A head without the names in it."""
    if words.exactly(said):
        return ""
    for mention in reversed(words.mentions(said)):
        said = f"{said[: mention.start]} {said[mention.end :]}"
    parts = [part for part in re.split(r"[;:,]", said) if not words.exactly(part)]
    return ", ".join(parts)


def _near(
    row: Sequence[Cell], place: int, columns: Sequence[_Column], words: Vocabulary
) -> tuple[Group, ...]:
    """Names of the heads of a cell's row and column; of two stages in a row, the one that the column means."""
    labels: list[frozenset[Entity]] = []
    for at, cell in enumerate(row):
        if cell.heads or (at < place and columns[place].said != columns[at].said and _is_label(cell.text)):
            labels += [entities for entities in _label_group(cell.text, words) if entities not in labels]
    column = columns[place]
    order = ORDINAL.search(column.said)
    items = resolved((tuple(labels),), "item")
    if order and len(items) == 2:
        other = items[0] if "second" in order[0] else items[1]
        labels = [entities for entities in labels if not (entities & other)]
    group = tuple(dict.fromkeys((*labels, *column.group)))
    return tuple(one for one in (group, column.inherited) if one)


def _label_group(text: str, words: Vocabulary) -> Group:
    if ":" not in text and ";" not in text:
        return words.group(text)
    said = plain(text)
    parts = [part for part in re.split(r"[;:] ", said) if words.exactly(part)]
    return tuple(dict.fromkeys((*words.group(said), *(one for part in parts for one in words.group(part)))))


@lru_cache(maxsize=50_000)
def _is_label(text: str) -> bool:
    return any(letter.isalpha() for letter in text) and not NAMED_BASE.search(plain(text))


def _cell_statements(cell: Cell, column: _Column, caption: str, reading: Reading) -> Iterator[Statement]:
    said = plain(cell.text)
    if reading.vocabulary.mentions(said) or len(re.findall(r"[^\W\d_]{3,}", said)) > 2:
        yield from sentence_statements(cell.text, reading)
        return
    found = reading.vocabulary.about(Place(reading.near, reading.far, reading.combined))
    found = of_kind(found, passages="passages" in column.said)
    if not found:
        return
    for unit, low, high in _stated(said, column, plain(caption)):
        for share in found:
            yield Statement(share.key, reading.kind, reading.where, unit, low, high, said)


def _stated(said: str, column: _Column, caption: str) -> Iterator[tuple[Unit, float, float]]:
    """Numbers of a cell, by what its column is headed."""
    head = column.left
    shares = bool(PER_CENT.search(head)) or (
        not BASE.search(head)
        and not re.search(r"\b(?:cases|children|number|count|yes|no)\b", head)
        and not column.left.strip(" ,;")
        and bool(re.search(r"unit: percentages|\bper cent\b", caption))
        and not re.search(r"\bnumbers?\b|\bcases\b", caption)
    )
    for match in NAMED_BASE.finditer(said):
        yield _whole("base", match[1])
    said = NAMED_BASE.sub(" ", said)
    part = PART.search(said)
    if part:
        yield from (_whole("count", part[1]), _whole("base", part[2]))
        said = PART.sub(" ", said)
    interval = INTERVAL.search(said)
    if interval:
        for end, unit in ((1, "ci_low"), (2, "ci_high")):
            yield (unit, *rounded(interval[end], hundredths=not _is_fraction(interval[end])))
        said = INTERVAL.sub(" ", said)
    number = NUMBER.search(said)
    if number and "interval" not in head.split("%")[-1].replace("and interval", "").replace("and 95", ""):
        yield from _number(number, head, shares=shares)


def _number(number: re.Match, head: str, *, shares: bool) -> Iterator[tuple[Unit, float, float]]:
    figure = number[1]
    if number[2] or (shares and not _is_fraction(figure)):
        if float(figure.replace(",", "")) <= 100:
            yield ("share", *rounded(figure, hundredths=True))
    elif "." in figure:
        if re.search(r"standard error|\bse\b", head):
            yield ("standard_error", *rounded(figure, hundredths=False))
        elif float(figure) <= 1:
            yield ("share", *rounded(figure, hundredths=False))
    else:
        yield _whole("base" if BASE.search(head) else "count", figure)


def _whole(unit: Unit, figure: str) -> tuple[Unit, float, float]:
    value = counted(figure) or 0.0
    return unit, value, value


def _is_fraction(figure: str) -> bool:
    return "." in figure and float(figure.replace(",", "")) <= 1
