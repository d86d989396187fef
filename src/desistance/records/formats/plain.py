"""Delimited text whose every line is a row: read in shares, without looking through it first.

What does not show itself to be such a file while it is read (`NotPlainError`) is left to `delimited`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.formats.delimited import HEAD_CHARACTERS, headings_of, lines_to, stripped
from desistance.records.formats.table import Batch, Share, Table

ENCODINGS = ("auto", "utf-8", "utf-8-sig", "utf8")
MARK = b"\xef\xbb\xbf"
BLOCK = 8 * 2**20
INNER = 2**20  # bytes that the parser takes at once: they stay in a processor's own memory


class NotPlainError(Exception):
    """The file must be looked through before any row is believed."""


def look(path: Path, *, name: str, wanted: frozenset[str], delimiter: str, encoding: str) -> Table:
    """Find the headings at the beginning of a file."""
    with path.open("rb") as file:
        head = file.read(HEAD_CHARACTERS).removeprefix(MARK)
    if encoding.lower() not in ENCODINGS or b"\0" in head:
        raise NotPlainError
    try:
        # The last character may be cut through.
        text = head[: head.rfind(b"\n") + 1].decode()
        character, place, headings = headings_of(name, text, wanted, delimiter)
    except (UnicodeError, csv.Error, RecordsError):
        raise NotPlainError from None
    form = {"own": headings, "delimiter": character, "n_lines": lines_to(text, character, place + 1)}
    return Table(path, name, tuple(stripped(headings)), first_row=place + 1, form=form)


def read(
    table: Table, headings: list[str], *, dates: Mapping[str, str], share: Share, texts: Collection[str]
) -> Iterator[Batch]:
    """Rows that begin in a share of the file; its dates are text already."""
    own = dict(zip(table.headings, table.form["own"], strict=True))
    codes = pa.dictionary(pa.int32(), pa.string())
    kinds = {own[heading]: pa.string() if heading in texts else codes for heading in headings}
    number = table.first_row
    with table.path.open("rb") as file:
        begin, end = _bounds(file, table, share)
        for block in _blocks(file, begin, end):
            batch, n_lines = _batch(block, table, kinds, number)
            number += n_lines
            yield Batch(batch.rows, batch.table.rename_columns(headings), batch.malformed)


def _bounds(file: BinaryIO, table: Table, share: Share) -> tuple[int, int]:
    """Where the first row of a share begins, and where the last one ends."""
    size = file.seek(0, io.SEEK_END)
    part = share.of(size)
    file.seek(0)
    for _ in range(table.form["n_lines"]):
        file.readline()
    first = file.tell()
    return tuple(max(first, _next_line(file, place)) for place in (part.start, part.stop))


def _next_line(file: BinaryIO, place: int) -> int:
    """Where the first line begins that begins at a place or after it."""
    if place == 0:
        return 0
    file.seek(place - 1)
    line = file.readline(BLOCK)
    if len(line) == BLOCK:
        raise NotPlainError
    return place - 1 + len(line)


def _blocks(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """Whole lines between two places, some at a time."""
    file.seek(begin)
    rest = b""
    while begin < end:
        block = file.read(min(BLOCK, end - begin))
        if not block:
            raise NotPlainError
        begin += len(block)
        last = block.rfind(b"\n") + 1 if begin < end else len(block)
        if not last:
            raise NotPlainError
        yield rest + block[:last]
        rest = block[last:]


def _batch(block: bytes, table: Table, kinds: Mapping[str, pa.DataType], number: int) -> tuple[Batch, int]:
    """Rows of a block of lines, numbered from `number` + 1, and the number of lines."""
    from pyarrow import csv as arrow_csv

    malformed: dict[int, str] = {}
    keep = len(kinds) == len(table.form["own"])

    def leave_out(row: object) -> str:
        if not row.text.strip(f"{table.form['delimiter']} \t\r"):
            malformed[0] = ""  # a row of nothing but delimiters
        malformed[number + row.number] = row.text if keep else ""
        return "skip"

    _refuse_odd(block, table.form["delimiter"].encode())
    try:
        found = arrow_csv.read_csv(
            pa.BufferReader(block),
            read_options=arrow_csv.ReadOptions(
                column_names=table.form["own"], use_threads=False, block_size=INNER
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=table.form["delimiter"], invalid_row_handler=leave_out
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(kinds),
                column_types=kinds,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        raise NotPlainError from None
    n_lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if 0 in malformed or found.num_rows + len(malformed) != n_lines or _has_empty(found):
        raise NotPlainError
    numbers = np.arange(number + 1, number + 1 + n_lines)
    kept = ~np.isin(numbers, list(malformed)) if malformed else slice(None)
    return Batch(numbers[kept], found, malformed), n_lines


def _refuse_odd(block: bytes, delimiter: bytes) -> None:
    """Refuse what may not be one row a line, or text in UTF-8."""
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            raise NotPlainError from None
    if b"\0" in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        raise NotPlainError
    if b'"' in block and not _is_neatly_quoted(block, delimiter):
        raise NotPlainError


def _is_neatly_quoted(block: bytes, delimiter: bytes) -> bool:
    """Whether quotation marks begin values and end them in turn, with none within, and no value is too long."""
    text = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    marks = np.flatnonzero(text == ord('"'))
    if len(marks) % 2 or np.any(marks[1::2] - marks[::2] > csv.field_size_limit()):
        return False
    before, after = text[marks[::2] - 1], text[marks[1::2] + 1]
    ends = (after == delimiter[0]) | (after == ord("\n")) | (after == ord("\r"))
    return bool(((before == delimiter[0]) | (before == ord("\n"))).all() and ends.all())


def _has_empty(found: pa.Table) -> bool:
    """Whether a row may hold nothing but delimiters, which is no row: no column of codes has a value in every row."""
    coded = (column for column in found.columns if pa.types.is_dictionary(column.type))
    return found.num_rows > 0 and not any(map(_is_filled, coded))


def _is_filled(column: pa.ChunkedArray) -> bool:
    return all(value.strip() for chunk in column.chunks for value in chunk.dictionary.to_pylist())
