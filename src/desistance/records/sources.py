"""Files of records, read in batches as text; only the columns asked for enter memory."""

from __future__ import annotations

import csv
import glob
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.mapping import MADE_UP, Source, require_headings

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
BATCH_BYTES = 16 * 2**20
BATCH_ROWS = 2**17


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: their numbers as a spreadsheet shows them (headings are row 1) and their text.

    `table` has one text column for each column of the study (no nulls: a missing value is empty text), and
    `made_up` where the file has it. `malformed` maps the numbers of rows with too few or too many values,
    met since the last batch, to their text.
    """

    rows: list[int]
    table: pa.Table
    malformed: Mapping[int, str]


@dataclass
class _Malformed:
    """Rows the CSV parser could not split into the right number of values, as it meets them."""

    rows: dict[int, str] = field(default_factory=dict)

    def __call__(self, row: object) -> str:
        self.rows[row.number] = row.text
        return "skip"


def source_files(pattern: str) -> list[Path]:
    """Files that match a path or pattern, in order of name.

    Raises
    ------
    RecordsError
        Nothing matches, or a match is neither CSV nor Parquet.
    """
    files = [Path(pattern)] if Path(pattern).is_file() else sorted(Path(name) for name in glob.glob(pattern, recursive=True))
    files = [path for path in files if path.is_file()]
    if not files:
        raise RecordsError(f"no file matches {pattern} (records.files in the configuration); check the path and its spelling")
    odd = [path.name for path in files if path.suffix.lower() not in (".csv", ".parquet")]
    if odd:
        raise RecordsError(f"{', '.join(odd)}: only .csv and .parquet can be read; save the extract as one of these")
    return files


def read_batches(path: Path, sources: Mapping[str, Source], *, delimiter: str, encoding: str) -> Iterator[Batch]:
    """Read one file in batches of text columns named as the study names them.

    Raises
    ------
    RecordsError
        The file is empty, is not what its name says, or lacks a heading.
    """
    if path.stat().st_size == 0:
        raise RecordsError(f"{path} is empty; export it again")
    if path.suffix.lower() == ".parquet":
        yield from _parquet_batches(path, sources)
    else:
        yield from _csv_batches(path, sources, delimiter, encoding)


def _csv_batches(path: Path, sources: Mapping[str, Source], delimiter: str, encoding: str) -> Iterator[Batch]:
    from pyarrow import csv as arrow_csv

    headings, character = _csv_headings(path, sources, delimiter, encoding)
    wanted = _wanted(sources, headings, str(path))
    malformed = _Malformed()
    arrow_encoding = "utf8" if encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig") else encoding
    try:
        reader = arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BATCH_BYTES, encoding=arrow_encoding),
            parse_options=arrow_csv.ParseOptions(
                delimiter=character, newlines_in_values=True, invalid_row_handler=malformed
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(wanted.values()),
                column_types=dict.fromkeys(wanted.values(), pa.string()),
                strings_can_be_null=False,
            ),
        )
        last, reported = 1, 0
        for batch in reader:
            rows = _row_numbers(last, batch.num_rows, malformed.rows)
            last = rows[-1] if rows else last
            new = dict(list(malformed.rows.items())[reported:])
            reported += len(new)
            yield Batch(rows, pa.Table.from_batches([batch]).rename_columns(list(wanted)), new)
        rest = dict(list(malformed.rows.items())[reported:])
        if rest:
            yield Batch([], pa.table({name: pa.array([], pa.string()) for name in wanted}), rest)
    except (pa.ArrowInvalid, UnicodeDecodeError, LookupError) as problem:
        raise RecordsError(_unreadable(path, encoding, problem)) from None


def _row_numbers(last: int, count: int, malformed: Mapping[int, str]) -> list[int]:
    rows: list[int] = []
    while len(rows) < count:
        last += 1
        if last not in malformed:
            rows.append(last)
    return rows


def _csv_headings(path: Path, sources: Mapping[str, Source], delimiter: str, encoding: str) -> tuple[list[str], str]:
    """Headings and delimiter; the delimiter that finds most of the study's columns, where it is not given."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            head = "".join(line for line, _ in zip(file, range(20), strict=False))
    except (UnicodeDecodeError, LookupError) as problem:
        raise RecordsError(_unreadable(path, encoding, problem)) from None
    asked = {source.heading for source in sources.values()}
    split = {name: _first_row(head, character) for name, character in DELIMITERS.items()}
    best = max(split, key=lambda name: (len(asked.intersection(split[name])), len(split[name])))
    chosen = best if delimiter == "auto" else delimiter
    if len(asked.intersection(split[best])) > len(asked.intersection(split[chosen])):
        raise RecordsError(
            f"{path} is read with the delimiter {chosen} but looks separated by {best}; "
            f"set records.delimiter to {best} (or auto) in the configuration"
        )
    return split[chosen], DELIMITERS[chosen]


def _first_row(text: str, character: str) -> list[str]:
    return next(csv.reader(io.StringIO(text), delimiter=character), [])


def _unreadable(path: Path, encoding: str, problem: Exception) -> str:
    # The parser's own words may quote a row, so only the kind of problem is passed on.
    if isinstance(problem, LookupError):
        return f"records.encoding is {encoding!r}, which is not an encoding; try utf-8-sig or cp1252"
    if isinstance(problem, UnicodeDecodeError) or "UTF8" in str(problem):
        return f"{path} is not text in {encoding}; set records.encoding, for example to cp1252, or export it as UTF-8"
    return f"{path} cannot be read as CSV: its quotes or rows do not close; export it again"


def _parquet_batches(path: Path, sources: Mapping[str, Source]) -> Iterator[Batch]:
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise RecordsError(f"{path} is not a Parquet file; export it again") from None
    wanted = _wanted(sources, file.schema_arrow.names, str(path))
    last = 1
    for batch in file.iter_batches(BATCH_ROWS, columns=list(wanted.values())):
        rows = list(range(last + 1, last + 1 + batch.num_rows))
        last += batch.num_rows
        table = pa.Table.from_batches([batch])
        yield Batch(rows, pa.table({name: _as_text(table[heading]) for name, heading in wanted.items()}), {})


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32())
    return column.cast(pa.string()).fill_null("")


def _wanted(sources: Mapping[str, Source], headings: list[str], name: str) -> dict[str, str]:
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    twice = [heading for heading in twice if heading in {source.heading for source in sources.values()}]
    if twice:
        raise RecordsError(f"{name} has the heading {', '.join(map(repr, twice))} more than once; rename one of them")
    require_headings(sources, headings, name)
    wanted = {column: source.heading for column, source in sources.items()}
    return wanted | ({MADE_UP: MADE_UP} if MADE_UP in headings and MADE_UP not in wanted else {})
