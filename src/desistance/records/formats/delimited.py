"""CSV and its relatives, whatever the delimiter, encoding and title rows."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.formats.headings import heading_row, refuse_doubtful
from desistance.records.formats.lines import survey
from desistance.records.formats.table import Batch, Table

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Text that is not UTF-8 is what Windows in Western Europe writes, or nothing that can be guessed.
GUESSES = ("utf-8-sig", "cp1252")
BATCH_BYTES = 16 * 2**20
HEAD_CHARACTERS = 2**20
HEAD_ROWS = 60


def look(
    path: Path, *, name: str, wanted: frozenset[str], delimiter: str, encoding: str, **_: object
) -> Table:
    """Look through a file once, before any row is believed: encoding, delimiter, headings, rows, quotes."""
    guesses = [_marked(path) or guess for guess in GUESSES] if encoding == "auto" else [encoding]
    for guess in dict.fromkeys(guesses):
        try:
            return _looked_at(path, name, wanted, delimiter, _known(guess))
        except UnicodeError:
            continue
        except csv.Error:
            raise RecordsError(_broken(name)) from None
    raise RecordsError(_not_text(path, name, encoding))


def _marked(path: Path) -> str | None:
    """Encoding of a file that says it with a byte order mark."""
    with path.open("rb") as file:
        start = file.read(4)
    return next((encoding for mark, encoding in MARKS.items() if start.startswith(mark)), None)


def _known(encoding: str) -> str:
    try:
        # A byte order mark is no part of the first heading, whichever of the two names was given.
        "".encode(encoding)
        return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    except LookupError:
        raise RecordsError(
            f"records.encoding is {encoding!r}, which is not an encoding; try auto or cp1252"
        ) from None


def _looked_at(path: Path, name: str, wanted: frozenset[str], delimiter: str, encoding: str) -> Table:
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(HEAD_CHARACTERS).removeprefix("\ufeff")
    if "\0" in head:
        raise UnicodeError
    character, place, headings = headings_of(name, head, wanted, delimiter)
    titles = lines_to(head, character, place)
    n_rows, blank, empty = survey(path, encoding, character, titles, longest=BATCH_BYTES)
    form = {
        "own": headings,
        "delimiter": character,
        "encoding": encoding,
        "n_titles": titles,
        "n_rows": n_rows,
        "blank": blank,
        "empty": empty,
    }
    return Table(path, name, tuple(stripped(headings)), first_row=place + 1, form=form)


def headings_of(name: str, head: str, wanted: frozenset[str], delimiter: str) -> tuple[str, int, list[str]]:
    """Delimiter, place of the row of headings (from 0) and the headings.

    The delimiter that finds most of what is wanted, or splits into most columns, where it is not given.
    """
    split = {name: _first_rows(head, character) for name, character in DELIMITERS.items()}
    texts = {name: [stripped(row) for row in found] for name, found in split.items()}
    rows = {name: heading_row(found, wanted) for name, found in texts.items()}
    found = {
        name: len(wanted.intersection(texts[name][row])) if split[name] else 0 for name, row in rows.items()
    }
    width = {name: len(split[name][row]) if split[name] else 0 for name, row in rows.items()}
    best = max(split, key=lambda name: (found[name], width[name]))
    chosen = best if delimiter == "auto" else delimiter
    if found[best] > found[chosen]:
        raise RecordsError(
            f"{name} is read with the delimiter {chosen} but looks separated by {best}; "
            f"set records.delimiter to {best} (or auto) in the configuration"
        )
    if not any(map(any, split[chosen])):
        if head.strip(f"{DELIMITERS[chosen]} \t\r\n"):
            raise csv.Error
        raise RecordsError(f"{name} begins with blank rows; it must have a row of headings")
    refuse_doubtful(texts[chosen], rows[chosen], wanted, name)
    return DELIMITERS[chosen], rows[chosen], split[chosen][rows[chosen]]


def _first_rows(text: str, character: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=character)
    found: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        found.extend(itertools.islice(rows, HEAD_ROWS))
    return found


def lines_to(text: str, character: str, place: int) -> int:
    """Lines of the file to a row and without it, of which quoted ones may take several."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=character)
    for _ in range(place):
        next(rows)
    return rows.line_num


def stripped(headings: list[str]) -> list[str]:
    """Headings without white space at their ends."""
    return [heading.strip() for heading in headings]


@dataclass
class _Malformed:
    """Rows the CSV parser could not split into the right number of values, as it meets them.

    The parser counts lines above the headings and rows from them on, leaving out blank ones; `numbers` begin with the
    headings as 1. `texts` waits until the next batch takes it.
    """

    keep_text: bool
    n_titles: int
    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __call__(self, row: object) -> str:
        self.numbers.append(row.number - self.n_titles)
        self.texts.append(row.text if self.keep_text else "")
        return "skip"

    def take(self, table: Table) -> dict[int, str]:
        """Rows met since the last call, numbered as in a spreadsheet."""
        texts, self.texts = self.texts, []
        numbers = _in_spreadsheet(np.array(self.numbers[len(self.numbers) - len(texts) :], dtype=int), table)
        met = zip(numbers.tolist(), texts, _is_filled(numbers, table), strict=True)
        return {number: text for number, text, filled in met if filled}


def read(table: Table, headings: list[str], *, dates: Mapping[str, str]) -> Iterator[Batch]:
    """Rows of a file of delimited text; its dates are text already."""
    form = table.form
    if form["n_rows"] <= 1:
        return
    own = dict(zip(table.headings, form["own"], strict=True))
    malformed = _Malformed(keep_text=len(headings) == len(table.headings), n_titles=form["n_titles"])
    last, n_rows = 1, 0
    try:
        for batch in _parsed(table, [own[heading] for heading in headings], malformed):
            rows = _row_numbers(last, batch.num_rows, malformed.numbers)
            last = max([last, *rows[-1:]])
            n_rows += len(rows)
            numbers = _in_spreadsheet(rows, table)
            filled = _is_filled(numbers, table)
            found = pa.Table.from_batches([batch]).rename_columns(headings)
            found = found if filled.all() else found.filter(pa.array(filled))
            yield Batch(numbers[filled], found, malformed.take(table))
    except pa.ArrowException:
        raise RecordsError(_broken(table.name)) from None
    empty = pa.table({name: pa.array([], pa.string()) for name in headings})
    yield Batch(np.zeros(0, dtype=int), empty, malformed.take(table))
    if n_rows + len(malformed.numbers) != form["n_rows"] - 1 - len(form["blank"]):
        raise RecordsError(_broken(table.name))


def _parsed(table: Table, own: list[str], malformed: _Malformed) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv as arrow_csv

    encoding = table.form["encoding"]
    return arrow_csv.open_csv(
        table.path,
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=BATCH_BYTES,
            skip_rows=table.form["n_titles"],
            encoding="utf8" if encoding == "utf-8-sig" else encoding,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=table.form["delimiter"], newlines_in_values=True, invalid_row_handler=malformed
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=own,
            column_types=dict.fromkeys(own, pa.string()),
            strings_can_be_null=False,
        ),
    )


def _row_numbers(last: int, count: int, malformed: list[int]) -> np.ndarray:
    """Numbers of the next `count` rows after row `last` that are not malformed, as the parser counts."""
    skipped = np.array(malformed[bisect(malformed, last) :], dtype=int)
    numbers = np.arange(last + 1, last + 1 + count + len(skipped))
    return numbers[~np.isin(numbers, skipped)][:count]


def _in_spreadsheet(numbers: np.ndarray, table: Table) -> np.ndarray:
    """Numbers of rows with the blank ones and those above the headings counted too."""
    blank = table.form["blank"]
    followed = blank - np.arange(len(blank))
    return numbers + np.searchsorted(followed, numbers, side="right") + table.first_row - 1


def _is_filled(numbers: np.ndarray, table: Table) -> np.ndarray:
    """Whether each row has a value: programs write rows of nothing but delimiters below a table."""
    return ~np.isin(numbers, table.form["empty"] + table.first_row - 1)


def _not_text(path: Path, name: str, encoding: str) -> str:
    with path.open("rb") as file:
        wide = b"\0" in file.read(2**10)
    hint = "utf-16" if wide else "cp1252"
    tried = "UTF-8 or Windows-1252" if encoding == "auto" else encoding
    return (
        f"{name} is not text in {tried}; set records.encoding, for example to {hint}, or export it as UTF-8"
    )


def _broken(name: str) -> str:
    return (
        f"{name} cannot be read as CSV: a quotation mark does not close or is followed by other text, "
        "or a row is too long, so rows would run into each other; export it again"
    )
