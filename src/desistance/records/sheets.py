"""Small tables that people fill in, one row a service or a passage: CSV or a workbook, read as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desistance.errors import RecordsError
from desistance.records.formats import look, read
from desistance.records.formats.headings import are_few, is_value
from desistance.records.formats.headings import shown as shown_heading
from desistance.records.mapping import is_mark
from desistance.study import MADE_UP

SHOWN = 60


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet shows it (the headings are row 1) and its stripped text by heading.

    `malformed` marks a CSV row with more or fewer values than there are headings, so that they may stand under the
    wrong ones.
    """

    number: int
    values: Mapping[str, str]
    malformed: bool = False


def read_sheet(path: Path, headings: Sequence[str], *, optional: Sequence[str] = ()) -> list[Row]:
    """Read the named columns of a small table, whatever their order; other columns and blank rows are left out.

    CSV is UTF-8 with commas or semicolons. Of a workbook the sheet with most headings counts, wherever in it they
    stand; its numbers are read as stored, its dates as ISO 8601. A column of `optional` that is not there is empty text
    in every row. The mark of made-up rows may be written as in records (`is_mark`).

    Raises
    ------
    RecordsError
        The file cannot be read, has no rows, or lacks or repeats a heading; no cell's value is shown.
    """
    try:
        empty = path.stat().st_size == 0
    except OSError:
        raise RecordsError(f"{path} is not there; check the path and its spelling") from None
    if empty:
        raise RecordsError(f"{path} is empty; save it again")
    asked = [*headings, *optional]
    found, rows = (_csv_rows if path.suffix.lower() == ".csv" else _workbook_rows)(path, asked)
    _require(headings, found, path)
    twice = sorted({name for name in (*headings, *optional) if found.count(name) > 1})
    if twice:
        raise RecordsError(f"{path} has the heading {', '.join(map(repr, twice))} more than once; rename one")
    places = {name: found.index(name) for name in (*headings, *optional) if name in found}
    absent = {name: "" for name in optional if name not in found}
    return [
        Row(number, {name: values[place] for name, place in places.items()} | absent, malformed)
        for number, values, malformed in _data(rows, len(found))
    ]


Numbered = list[tuple[int, list[str]]]


def _data(rows: Numbered, width: int) -> Iterator[tuple[int, list[str], bool]]:
    """Rows below the headings, each with a value for every heading; what stands beyond them is left out."""
    for number, values in rows:
        used = max((place for place, value in enumerate(values, 1) if value), default=0)
        yield number, [*values, *[""] * width][:width], used > width or len(values) < width


def _require(headings: Sequence[str], found: list[str], path: Path) -> None:
    missing = [name for name in headings if name not in found]
    if not missing:
        return
    if are_few(headings, found):
        # The first row may hold values, so nothing of it is shown, not even which of the headings it has.
        number = "none" if len(missing) == len(headings) else "few"
        raise RecordsError(
            f"{path} has {number} of the headings in its first row, which must hold them: {', '.join(headings)}"
        )
    shown = ", ".join([shown_heading(name) for name in found if name and not is_value(name)][:SHOWN])
    raise RecordsError(f"{path} lacks the heading {', '.join(map(repr, missing))}; headings found: {shown}")


def _csv_rows(path: Path, asked: list[str]) -> tuple[list[str], Numbered]:
    """Headings and the rows below them that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeError:
        raise RecordsError(
            f"{path} is not text in UTF-8; save it as CSV in UTF-8, or as a workbook"
        ) from None
    marks = {mark: next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), []) for mark in ",;"}
    mark = max(marks, key=lambda mark: len(set(asked) & {value.strip() for value in marks[mark]}))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error:
        raise RecordsError(
            f"{path} cannot be read as CSV: a quotation mark does not close or is followed by other text; "
            "save it again"
        ) from None
    stripped = [[value.strip() for value in row] for row in rows]
    if not any(map(any, stripped)):
        raise RecordsError(f"{path} has no rows; its first row must hold the headings")
    return _named(stripped[0]), [(number, row) for number, row in enumerate(stripped[1:], 2) if any(row)]


def _workbook_rows(path: Path, asked: list[str]) -> tuple[list[str], Numbered]:
    """Headings of a workbook's sheet and the rows below them, with nothing in columns that were not asked for."""
    table = look(path, wanted=asked)
    found = _named(table.headings)
    places = {name: found.index(name) for name in asked if found.count(name) == 1}
    rows = []
    for batch in read(table, [table.headings[place] for place in places.values()]) if places else ():
        columns = [column.to_pylist() for column in batch.table.columns]
        for number, values in zip(batch.rows.tolist(), zip(*columns, strict=True), strict=True):
            row = [""] * len(found)
            for place, value in zip(places.values(), values, strict=True):
                row[place] = value.strip()
            rows.append((number, row))
    return found, rows


def _named(headings: Sequence[str]) -> list[str]:
    """Headings with the mark of made-up rows under its own name."""
    return [MADE_UP if is_mark(heading) else heading for heading in headings]
