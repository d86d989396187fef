"""Small tables that people fill in, one row a service or a passage: CSV or ODS, read as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desistance.errors import RecordsError

if TYPE_CHECKING:
    from odfdo import Element

CELLS = ("table:table-cell", "table:covered-table-cell")
VALUES = {  # where a cell keeps a value that is not text, by its type
    "date": "office:date-value",
    "time": "office:time-value",
    "boolean": "office:boolean-value",
    "string": "office:string-value",
}
SPACES = {"text:tab": "\t", "text:line-break": "\n"}
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

    CSV is UTF-8 with commas or semicolons. Of an ODS file the first sheet with all headings counts; its numbers are
    read as stored, its dates as ISO 8601. A column of `optional` that is not there is empty text in every row.

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
    sheets = _ods_sheets(path) if path.suffix.lower() == ".ods" else [_csv_rows(path, [*headings, *optional])]
    sheets = [sheet for sheet in sheets if sheet]
    if not sheets:
        raise RecordsError(f"{path} has no rows; its first row must hold the headings")
    whole = [sheet for sheet in sheets if set(headings) <= set(_first(sheet))]
    rows = (whole or sheets)[0]
    found = _first(rows)
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


def _first(rows: Numbered) -> list[str]:
    """The headings: the first row, if it is not blank."""
    number, values = rows[0]
    return values if number == 1 else []


def _data(rows: Numbered, width: int) -> Iterator[tuple[int, list[str], bool]]:
    """Rows below the headings, each with a value for every heading; what stands beyond them is left out."""
    for number, values in rows[1:]:
        used = max(place for place, value in enumerate(values, 1) if value)
        yield number, [*values, *[""] * width][:width], used > width or len(values) < width


def _require(headings: Sequence[str], found: list[str], path: Path) -> None:
    missing = [name for name in headings if name not in found]
    if not missing:
        return
    if len(missing) == len(headings):
        # The first row may hold values, so nothing of it is shown.
        raise RecordsError(
            f"{path} has none of the headings in its first row, which must hold them: {', '.join(missing)}"
        )
    shown = ", ".join([name for name in found if name][:SHOWN])
    raise RecordsError(f"{path} lacks the heading {', '.join(map(repr, missing))}; headings found: {shown}")


def _csv_rows(path: Path, asked: list[str]) -> Numbered:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeError:
        raise RecordsError(f"{path} is not text in UTF-8; save it as CSV in UTF-8, or as ODS") from None
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
    return [(number, row) for number, row in enumerate(stripped, 1) if any(row)]


def _ods_sheets(path: Path) -> list[Numbered]:
    from odfdo import Document

    try:
        document = Document(path)
        tables = document.body.get_elements("table:table") if document.get_type() == "spreadsheet" else None
    except Exception:  # whatever a file that is no ODS makes its reader say may quote it
        tables = None
    if tables is None:
        raise RecordsError(f"{path} cannot be read as an ODS sheet; save it again, without a password")
    return [_ods_rows(table) for table in tables]


def _ods_rows(table: Element) -> Numbered:
    """Rows that are not blank, with a value for each column that any of them uses."""
    rows, number = [], 1
    for row in table.get_elements("descendant::table:table-row"):
        times = int(row.get_attribute("table:number-rows-repeated") or 1)
        values = _ods_cells(row)
        if values:
            rows += [(number + again, values) for again in range(times)]
        number += times
    width = max((len(values) for _, values in rows), default=0)
    return [(number, [*values, *[""] * (width - len(values))]) for number, values in rows]


def _ods_cells(row: Element) -> list[str]:
    """Values up to the last that is not empty: a sheet's blank cells reach to its edge."""
    values, blank = [], 0
    for cell in row.children:
        if cell.tag not in CELLS:
            continue
        times = int(cell.get_attribute("table:number-columns-repeated") or 1)
        text = _ods_value(cell).strip()
        if not text:
            blank += times
            continue
        values += [""] * blank + [text] * times
        blank = 0
    return values


def _ods_value(cell: Element) -> str:
    kind = cell.get_attribute_string("office:value-type")
    stored = cell.get_attribute_string(VALUES.get(kind, "office:value"))
    if stored is None:
        return "\n".join(_plain(each) for each in cell.children if each.tag == "text:p")
    if kind not in VALUES:
        return f"{float(stored):.15g}"
    return stored.removesuffix("T00:00:00") if kind == "date" else stored


def _plain(element: Element) -> str:
    """Text of a paragraph as it reads."""
    text = element.text or ""
    for child in element.children:
        if child.tag == "text:s":
            inner = " " * int(child.get_attribute("text:c") or 1)
        else:
            inner = SPACES.get(child.tag) if child.tag in SPACES else _plain(child)
        text += inner + (child.tail or "")
    return text
