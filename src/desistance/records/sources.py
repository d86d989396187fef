"""Files of records as the study's columns, in batches of text; only the columns asked for enter memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute

from desistance.errors import RecordsError
from desistance.records.formats import Batch, Table, look, read, shares
from desistance.records.formats.headings import are_few
from desistance.records.formats.shares import Share
from desistance.records.labels import Codes, refuse_contradictions
from desistance.records.mapping import Source, is_mark, require_headings
from desistance.records.progress import Seen, not_shown
from desistance.study import MADE_UP

JOINT = " / "
STROKES = re.compile(r"(?<!\S)(/+)(?!\S)")


def read_batches(
    path: Path,
    sources: Mapping[str, Source],
    *,
    delimiter: str,
    encoding: str,
    sheet: str | None = None,
    scratch: Path | None = None,
    share: Share | None = None,
    case: str | None = None,
    seen: Seen = not_shown,
) -> Iterator[Batch]:
    """Read one file in batches of text columns named as the study names them, and `made_up` where the file has it.

    With a `share`, only that part of the rows is read, in this process (`shares`), and all columns as dictionary
    columns but `case`, the study's column of case numbers.

    A code that has a label in the file (SPSS, Stata) stands as its label where the study or the mapping knows the
    label, unless the mapping translates the code itself (`labels.Codes`).

    Raises
    ------
    RecordsError
        The file is empty, is not what its name says, or lacks a heading; a code means one thing by its label and
        another in the study, or may mean two things by the mapping.
    NotPlainError
        The file cannot be shared out.
    """
    asked = {heading for source in sources.values() for heading in source.headings}
    if share:
        table = shares.look(path, wanted=asked, delimiter=delimiter, encoding=encoding)
    else:
        table = look(path, wanted=asked, delimiter=delimiter, encoding=encoding, sheet=sheet, scratch=scratch)
    wanted = _wanted(sources, table)
    headings = list(dict.fromkeys([*wanted.values(), *_beside(sources)]))
    dates = {source.heading: source.date_format for source in sources.values()}
    refuse_contradictions(sources, table)
    own = {name: source for name, source in sources.items() if not source.each_row and not source.beside}
    codes = {name: Codes(source, table) for name, source in own.items()}
    seen(0, total=table.form.get("n_rows", 1) - 1)  # without the headings
    if share:
        texts = sources[case].headings if case in sources else ()
        rows = shares.read(table, headings, share, dates=dates, texts=texts)
    else:
        rows = read(table, headings, dates=dates)
    for batch in rows:
        seen(len(batch.rows) + len(batch.malformed))
        columns = {name: batch.table[heading] for name, heading in wanted.items()}
        columns |= _made_of_rows(batch, sources, str(path))
        columns |= {name: each.applied(columns[name]) for name, each in codes.items() if not each.needless}
        yield replace(batch, table=pa.table(columns))


def _wanted(sources: Mapping[str, Source], table: Table) -> dict[str, str]:
    """The heading of each column of the study, and of `made_up` where the file has it."""
    asked = {heading for source in sources.values() for heading in source.headings}
    marks = [heading for heading in table.headings if is_mark(heading)]
    twice = sorted(heading for heading in asked if table.headings.count(heading) > 1)
    twice += [MADE_UP] if len(marks) > 1 else []
    if twice and not are_few(asked, table.headings):
        raise RecordsError(
            f"{table.name} has the heading {', '.join(map(repr, twice))} more than once; rename one of them"
        )
    require_headings(sources, list(table.headings), table.name)
    wanted = {column: source.heading for column, source in sources.items() if not source.each_row}
    return wanted | ({MADE_UP: marks[0]} if marks else {})


def _beside(sources: Mapping[str, Source]) -> list[str]:
    """Headings whose values are joined to those of another."""
    return [heading for source in sources.values() for heading in source.beside]


def _made_of_rows(batch: Batch, sources: Mapping[str, Source], name: str) -> dict[str, pa.Array]:
    """Columns that are no column of the file: values joined from several, or the row itself."""
    made = {}
    for column, source in sources.items():
        if source.each_row:
            made[column] = pa.array([f"{name} {number}" for number in batch.rows.tolist()], pa.string())
        elif source.beside:
            made[column] = _joined([batch.table[heading] for heading in source.headings])
    return made


def _joined(columns: list[pa.ChunkedArray]) -> pa.Array:
    """Values side by side; none where one of them is missing.

    Strokes that stand by themselves within a value get one more, so that no two rows of values are joined alike.
    """
    found = [column.cast(pa.string()).fill_null("").combine_chunks() for column in columns]
    texts = [_with_strokes(pa.compute.utf8_trim_whitespace(column)) for column in found]
    whole = reduce(pa.compute.and_, [pa.compute.not_equal(text, "") for text in texts])
    return pa.compute.if_else(whole, pa.compute.binary_join_element_wise(*texts, JOINT), "")


def _with_strokes(column: pa.Array) -> pa.Array:
    encoded = column.dictionary_encode()
    values = [STROKES.sub(r"/\1", value) for value in encoded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)
