"""Workbooks of spreadsheet programs: .xlsx, .xlsm, .xlsb, .xls and .ods."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from desistance.errors import RecordsError
from desistance.records.formats.headings import heading_row, refuse_doubtful
from desistance.records.formats.packing import refuse_trap
from desistance.records.formats.table import Batch, Table
from desistance.records.formats.texts import ISO, number_text, text_column

HEAD_ROWS = 60
BATCH_ROWS = 2**13
# Workbooks of records unpack to ten or twenty times their size.
TIMES = 100


def look(path: Path, *, name: str, wanted: frozenset[str], sheet: str | None, **_: object) -> Table:
    """Sheet and row of the headings: the sheet asked for, else the one that has most of what is wanted."""
    with _opened(path, name) as book:
        heads = {title: _head(book, title, wanted) for title in _sheets(book, sheet, name)}
    headings = {title: rows[place] if rows else [] for title, (place, rows) in heads.items()}
    found = {title: len(wanted.intersection(headings[title])) for title in heads}
    most = max(found.values())
    best = [title for title in heads if found[title] == most and any(headings[title])] or list(heads)
    if most and len(best) > 1:
        raise RecordsError(
            f"{name} has {len(best)} sheets with the same headings ({_listed(best)}); "
            "say which one (records.sheet in the configuration, or --sheet), or keep one alone"
        )
    if not most:
        best.sort(key=lambda title: -len(list(filter(None, headings[title]))))
    place, rows = heads[best[0]]
    if rows:
        refuse_doubtful(rows, place, wanted, name)
    return Table(path, name, tuple(headings[best[0]]), first_row=place + 1, sheet=best[0])


def read(table: Table, headings: list[str], *, dates: Mapping[str, str]) -> Iterator[Batch]:
    """Rows of a sheet but blank ones; formulas and dates as their values, an error value as a missing one."""
    places = {heading: table.headings.index(heading) for heading in headings}
    texts = {heading: partial(cell_text, date_format=dates.get(heading, ISO)) for heading in headings}
    with _opened(table.path, table.name) as book:
        sheet = book.get_sheet_by_name(table.sheet)
        rows = _filled(_rows(sheet), _merged(sheet, set(places.values())))
        rows = (
            (number, row) for number, row in rows if number > table.first_row and any(map(_is_filled, row))
        )
        while taken := list(islice(rows, BATCH_ROWS)):
            columns = {
                heading: text_column([_hashable(row[place]) for _, row in taken], texts[heading])
                for heading, place in places.items()
            }
            yield Batch(np.array([number for number, _ in taken]), pa.table(columns), {})


def cell_text(value: Any, *, date_format: str = ISO) -> str:
    """A cell as text: a whole number without a decimal point, true and false, a day in the format asked for."""
    value = value[1] if isinstance(value, tuple) else value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    return value.strftime(date_format) if isinstance(value, dt.date) else str(value)


def _hashable(value: Any) -> Any:
    """A value that is unlike those of another type: to Python 1, 1.0 and True are one."""
    return (bool, value) if isinstance(value, bool) else value


@contextmanager
def _opened(path: Path, name: str) -> Iterator[CalamineWorkbook]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(part.file_size for part in archive.infolist())
                refuse_trap(path.stat().st_size, unpacked, name, times=TIMES)
        with CalamineWorkbook.from_path(str(path)) as book:
            yield book
    except PasswordError:
        raise RecordsError(f"{name} is locked with a password; save it without one") from None
    except (CalamineError, zipfile.BadZipFile, OSError):
        raise RecordsError(
            f"{name} is not a workbook that can be read, or is damaged; open it in a spreadsheet program and "
            "save it as .xlsx, .ods or CSV"
        ) from None


def _sheets(book: CalamineWorkbook, sheet: str | None, name: str) -> list[str]:
    """The sheet asked for, or all that are tables and not hidden, or all."""
    about = [part for part in book.sheets_metadata if part.typ == SheetTypeEnum.WorkSheet]
    names = [part.name for part in about]
    if sheet is not None:
        if sheet not in names:
            raise RecordsError(f"{name} has no sheet {sheet!r} (records.sheet); it has {_listed(names)}")
        return [sheet]
    if not names:
        raise RecordsError(f"{name} has no sheet with cells; save the table as a workbook or CSV")
    return [part.name for part in about if part.visible == SheetVisibleEnum.Visible] or names


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name[:40]) for name in names[:20])


def _head(book: CalamineWorkbook, title: str, wanted: frozenset[str]) -> tuple[int, list[list[str]]]:
    """Place of the row of headings among the first rows of a sheet, and these rows."""
    rows = [
        [cell_text(value).strip() for value in row]
        for _, row in islice(_rows(book.get_sheet_by_name(title)), HEAD_ROWS)
    ]
    return heading_row(rows, wanted), rows


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    """Number of each row as the program shows it, and its cells from the first column that has any."""
    return enumerate(sheet.iter_rows() if sheet.start else (), 1)


def _is_filled(value: Any) -> bool:
    return value != "" and not (isinstance(value, str) and not value.strip())


def _merged(sheet: CalamineSheet, places: set[int]) -> dict[int, list[tuple[int, int]]]:
    """Cells that stand for those below them too: by number of row, the column and the last row."""
    first = sheet.start[1] if sheet.start else 0
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top and left - first in places:
            found.setdefault(top + 1, []).append((left - first, bottom + 1))
    return found


def _filled(
    rows: Iterator[tuple[int, list[Any]]], merged: Mapping[int, list[tuple[int, int]]]
) -> Iterator[tuple[int, list[Any]]]:
    """Rows with the value of a merged cell in each of the cells that it took the place of."""
    standing: dict[int, tuple[int, Any]] = {}
    for number, row in rows:
        for place, (last, value) in list(standing.items()):
            if number > last:
                del standing[place]
            elif row[place] == "":
                row[place] = value
        standing.update({place: (last, row[place]) for place, last in merged.get(number, ())})
        yield number, row
