"""Files of records, read in batches as text; only the columns asked for enter memory."""

from __future__ import annotations

import codecs
import csv
import io
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

from desistance.errors import RecordsError
from desistance.records.mapping import Source, require_headings
from desistance.study import MADE_UP

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
BATCH_BYTES = 16 * 2**20
BATCH_ROWS = 2**17
HEAD_CHARACTERS = 2**20


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: their numbers as a spreadsheet shows them (headings are row 1) and their text.

    `table` has one text column for each column of the study (no nulls: a missing value is empty text), and
    `made_up` where the file has it; `rows` has shape (n_rows,). `malformed` maps the numbers of rows with too
    few or too many values, met since the last batch, to their text; the text is empty where the file has
    columns that are not the study's, because their values cannot be told apart.
    """

    rows: np.ndarray
    table: pa.Table
    malformed: Mapping[int, str]


@dataclass(frozen=True)
class _Layout:
    """How a CSV file is written: `n_rows` with the headings, and the numbers of the rows that are blank."""

    headings: list[str]
    delimiter: str
    encoding: str
    n_rows: int
    blank: np.ndarray


@dataclass
class _Malformed:
    """Rows the CSV parser could not split into the right number of values, as it meets them.

    The parser counts rows from 1 and leaves out blank ones; `texts` waits until the next batch takes it.
    """

    keep_text: bool
    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __call__(self, row: object) -> str:
        self.numbers.append(row.number)
        self.texts.append(row.text if self.keep_text else "")
        return "skip"

    def take(self, layout: _Layout) -> dict[int, str]:
        """Rows met since the last call, numbered as in a spreadsheet."""
        texts, self.texts = self.texts, []
        numbers = _in_spreadsheet(np.array(self.numbers[len(self.numbers) - len(texts) :], dtype=int), layout)
        return dict(zip(numbers.tolist(), texts, strict=True))


def read_batches(
    path: Path, sources: Mapping[str, Source], *, delimiter: str, encoding: str
) -> Iterator[Batch]:
    """Read one file in batches of text columns named as the study names them.

    Raises
    ------
    RecordsError
        The file is empty, is not what its name says, or lacks a heading. The parsers' own words may quote a
        row, so only the kind of problem is passed on.
    """
    if path.stat().st_size == 0:
        raise RecordsError(f"{path} is empty; export it again")
    if path.suffix.lower() == ".parquet":
        yield from _parquet_batches(path, sources)
    else:
        layout = _csv_layout(path, sources, delimiter, encoding)
        if layout.n_rows > 1:
            yield from _csv_batches(path, sources, layout)


def _csv_batches(path: Path, sources: Mapping[str, Source], layout: _Layout) -> Iterator[Batch]:
    wanted = _wanted(sources, layout.headings, str(path))
    malformed = _Malformed(keep_text=len(wanted) == len(layout.headings))
    last, n_rows = 1, 0
    try:
        for batch in _csv_reader(path, list(wanted.values()), layout, malformed):
            rows = _row_numbers(last, batch.num_rows, malformed.numbers)
            last = max([last, *rows[-1:]])
            n_rows += len(rows)
            table = pa.Table.from_batches([batch]).rename_columns(list(wanted))
            yield Batch(_in_spreadsheet(rows, layout), table, malformed.take(layout))
    except pa.ArrowException:
        raise RecordsError(_broken(path)) from None
    empty = pa.table({name: pa.array([], pa.string()) for name in wanted})
    yield Batch(np.zeros(0, dtype=int), empty, malformed.take(layout))
    if n_rows + len(malformed.numbers) != layout.n_rows - 1 - len(layout.blank):
        raise RecordsError(_broken(path))


def _csv_reader(path: Path, headings: list[str], layout: _Layout, malformed: _Malformed) -> object:
    from pyarrow import csv as arrow_csv

    return arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=BATCH_BYTES,
            encoding="utf8" if layout.encoding == "utf-8-sig" else layout.encoding,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=malformed
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=headings,
            column_types=dict.fromkeys(headings, pa.string()),
            strings_can_be_null=False,
        ),
    )


def _row_numbers(last: int, count: int, malformed: list[int]) -> np.ndarray:
    """Numbers of the next `count` rows after row `last` that are not malformed, as the parser counts."""
    skipped = np.array(malformed[bisect(malformed, last) :], dtype=int)
    numbers = np.arange(last + 1, last + 1 + count + len(skipped))
    return numbers[~np.isin(numbers, skipped)][:count]


def _in_spreadsheet(numbers: np.ndarray, layout: _Layout) -> np.ndarray:
    """Numbers of rows with the blank ones counted too."""
    followed = layout.blank - np.arange(len(layout.blank))
    return numbers + np.searchsorted(followed, numbers, side="right")


def _csv_layout(path: Path, sources: Mapping[str, Source], delimiter: str, encoding: str) -> _Layout:
    """Look through a CSV file once, before any row is believed: encoding, delimiter, rows, blank rows, quotes."""
    try:
        # A byte order mark is no part of the first heading, whichever of the two names was given.
        encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        with path.open(encoding=encoding, newline="") as file:
            head = file.read(HEAD_CHARACTERS).removeprefix("\ufeff")
        if "\0" in head:
            raise RecordsError(_not_text(path, encoding))
        headings, character = _headings(path, head, sources, delimiter)
        n_rows, blank = _rows(path, encoding, character)
    except UnicodeError:
        raise RecordsError(_not_text(path, encoding)) from None
    except LookupError:
        raise RecordsError(
            f"records.encoding is {encoding!r}, which is not an encoding; try utf-8-sig or cp1252"
        ) from None
    except csv.Error:
        raise RecordsError(_broken(path)) from None
    return _Layout(headings, character, encoding, n_rows, blank)


def _rows(path: Path, encoding: str, character: str) -> tuple[int, np.ndarray]:
    """Number of rows and the numbers of the blank ones; a quoted value that does not close is an error.

    The parser of the batches would take such a quotation mark for text and the rows after it for one value.
    """
    with path.open("rb") as file:
        quoted = any(b'"' in chunk for chunk in iter(lambda: file.read(2**20), b""))
    blank, number = [], 0
    with path.open(encoding=encoding, newline="") as file:
        lines = (line.rstrip("\r\n") for line in file)
        rows = csv.reader(file, delimiter=character, strict=True) if quoted else lines
        for number, row in enumerate(rows, 1):
            if not row:
                blank.append(number)
    return number, np.array(blank, dtype=int)


def _headings(path: Path, head: str, sources: Mapping[str, Source], delimiter: str) -> tuple[list[str], str]:
    """Headings and delimiter; the delimiter that finds most of the study's columns, where it is not given."""
    asked = {source.heading for source in sources.values()}
    split = {name: _first_row(head, character) for name, character in DELIMITERS.items()}
    found = {name: len(asked.intersection(_stripped(row))) for name, row in split.items()}
    best = max(split, key=lambda name: (found[name], len(split[name])))
    chosen = best if delimiter == "auto" else delimiter
    if found[best] > found[chosen]:
        raise RecordsError(
            f"{path} is read with the delimiter {chosen} but looks separated by {best}; "
            f"set records.delimiter to {best} (or auto) in the configuration"
        )
    if not split[chosen]:
        raise RecordsError(f"{path} begins with a blank row; its first row must hold the headings")
    return split[chosen], DELIMITERS[chosen]


def _first_row(text: str, character: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=character), [])
    except csv.Error:
        return []


def _stripped(headings: list[str]) -> list[str]:
    return [heading.strip() for heading in headings]


def _not_text(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        wide = b"\0" in file.read(2**10)
    hint = "utf-16" if wide else "cp1252"
    return (
        f"{path} is not text in {encoding}; set records.encoding, for example to {hint}, "
        "or export it as UTF-8"
    )


def _broken(path: Path) -> str:
    return (
        f"{path} cannot be read as CSV: a quotation mark does not close or is followed by other text, "
        "or a row is too long, so rows would run into each other; export it again"
    )


def _parquet_batches(path: Path, sources: Mapping[str, Source]) -> Iterator[Batch]:
    from pyarrow import parquet

    last = 1
    try:
        file = parquet.ParquetFile(path)
        wanted = _wanted(sources, file.schema_arrow.names, str(path))
        for batch in file.iter_batches(BATCH_ROWS, columns=list(wanted.values())):
            rows = np.arange(last + 1, last + 1 + batch.num_rows)
            last += batch.num_rows
            table = pa.Table.from_batches([batch])
            texts = {name: _as_text(table[heading], sources.get(name)) for name, heading in wanted.items()}
            yield Batch(rows, pa.table(texts), {})
    except (pa.ArrowException, OSError):
        raise RecordsError(
            f"{path} is not a Parquet file, or has columns that are not text, numbers or dates; export it again"
        ) from None


def _as_text(column: pa.ChunkedArray, source: Source | None) -> pa.ChunkedArray:
    """A column as the CSV of the same extract would have it; dates are written in the mapping's format."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if source and (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        column = pa.compute.strftime(column.cast(pa.date32()), source.date_format)
    return column.cast(pa.string()).fill_null("")


def _wanted(sources: Mapping[str, Source], headings: list[str], name: str) -> dict[str, str]:
    """The file's own heading of each column of the study, and of `made_up` where the file has it."""
    asked = {source.heading for source in sources.values()} | {MADE_UP}
    plain = _stripped(headings)
    twice = sorted(heading for heading in asked if plain.count(heading) > 1)
    if twice:
        raise RecordsError(
            f"{name} has the heading {', '.join(map(repr, twice))} more than once; rename one of them"
        )
    require_headings(sources, plain, name)
    own = dict(zip(plain, headings, strict=True))
    wanted = {column: own[source.heading] for column, source in sources.items()}
    return wanted | ({MADE_UP: own[MADE_UP]} if MADE_UP in own else {})
