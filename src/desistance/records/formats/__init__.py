"""Any file of records as text: look at it first, then read the columns that are asked for, and no others.

`look` gives a `Table` (headings, labels, where the rows begin), `read` its rows in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from desistance.errors import RecordsError
from desistance.records.formats import delimited, guarded
from desistance.records.formats.guarded import unpacked
from desistance.records.formats.table import Batch, Table

__all__ = ["Batch", "Table", "look", "read"]

MOST_HEADINGS = 20_000


def look(
    path: Path,
    *,
    wanted: Iterable[str] = (),
    delimiter: str = "auto",
    encoding: str = "auto",
    sheet: str | None = None,
    scratch: Path | None = None,
) -> Table:
    """Find the table in a file: the row of headings, and the sheet that holds it.

    A file is taken for what its first bytes say it is; its name decides where these leave it open.

    Parameters
    ----------
    wanted
        Headings that are hoped for; the row, sheet and delimiter that have most of them are chosen. Without any, the
        first row that looks like headings.
    delimiter, encoding
        For text, as in the configuration; `encoding` also for SPSS and Stata, where the file says it wrongly.
    sheet
        Name of the sheet of a workbook; without it the one that has most of `wanted`.
    scratch
        Folder for the uncompressed copy of a compressed file; `read` uses it too. Each copy is removed at once.

    Raises
    ------
    RecordsError
        The file is empty or cannot be believed, several sheets are as good, or there are too many headings. The
        parsers' own words may quote a row, so only the kind of problem is passed on.
    """
    path = Path(path)
    if not path.is_file():
        raise RecordsError(f"{path} is not a file, or not there; check the path and its spelling")
    if path.stat().st_size == 0:
        raise RecordsError(f"{path} is empty; export it again")
    with unpacked(path, scratch) as (file, kind):
        table = _reader(kind).look(
            file,
            name=str(path),
            kind=kind,
            wanted=frozenset(wanted),
            delimiter=delimiter,
            encoding=encoding,
            sheet=sheet,
        )
    if len(table.headings) > MOST_HEADINGS:
        raise RecordsError(
            f"{path} has more than {MOST_HEADINGS:,} columns; export it with those that are needed"
        )
    return replace(table, path=path, kind=kind, scratch=scratch)


def read(table: Table, headings: Sequence[str], *, dates: Mapping[str, str] | None = None) -> Iterator[Batch]:
    """Read columns of a table in batches, under their headings; nothing else of the file enters memory.

    `dates` gives the format (as in `strftime`) of columns whose values are dates and not text; ISO 8601 without.

    Raises
    ------
    RecordsError
        The file breaks off or cannot be told into rows.
    """
    with unpacked(table.path, table.scratch) as (file, kind):
        yield from _reader(kind).read(replace(table, path=file), list(headings), dates=dates or {})


def _reader(kind: str) -> object:
    return delimited if kind == "delimited" else guarded
