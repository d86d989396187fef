"""Parquet files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

from desistance.errors import RecordsError
from desistance.records.formats.table import Batch, Share, Table
from desistance.records.formats.texts import EXACT, ISO

BATCH_ROWS = 2**17


def look(path: Path, *, name: str, **_: object) -> Table:
    """Headings of a Parquet file."""
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        names, n_rows = file.schema_arrow.names, file.metadata.num_rows
    except (pa.ArrowException, OSError):
        raise RecordsError(_broken(name)) from None
    headings = tuple(heading.strip() for heading in names)
    return Table(path, name, headings, form={"names": names, "n_rows": n_rows})


def read(
    table: Table,
    headings: list[str],
    *,
    dates: Mapping[str, str],
    share: Share | None = None,
    texts: Collection[str] = (),
) -> Iterator[Batch]:
    """Rows of a Parquet file, as the CSV of the same extract would have them.

    With a `share`, those groups of rows alone, as columns of codes but for `texts`; a null is an empty text.
    """
    from pyarrow import parquet

    own = dict(zip(table.headings, table.form["names"], strict=True))
    names = [own[heading] for heading in headings]
    last = 1
    try:
        coded = [own[heading] for heading in headings if heading not in texts] if share else None
        file = parquet.ParquetFile(table.path, read_dictionary=coded, pre_buffer=False)
        groups = list(share.of(file.num_row_groups)) if share else None
        for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=names, use_threads=False):
            rows = np.arange(last + 1, last + 1 + batch.num_rows)
            last += batch.num_rows
            found = pa.Table.from_batches([batch])
            columns = {
                name: found[own[name]]
                if share and _is_coded(found[own[name]])
                else _as_text(found[own[name]], dates.get(name, ISO))
                for name in headings
            }
            yield Batch(rows, pa.table(columns), {})
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, KeyError):  # the last for a column that holds lists or the like
        raise RecordsError(_broken(table.name)) from None


def _is_coded(column: pa.ChunkedArray) -> bool:
    return pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type)


def _as_text(column: pa.ChunkedArray, date_format: str) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = pa.compute.strftime(column.cast(pa.date32()), date_format)
    elif pa.types.is_floating(column.type):
        column = _as_whole(column)
    elif pa.types.is_decimal(column.type):
        text = column.cast(pa.string())
        text = pa.compute.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1")
        column = pa.compute.utf8_rtrim(text, ".")
    return column.cast(pa.string()).fill_null("")


def _as_whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as such, because Arrow writes large numbers with an exponent; no number at all is missing."""
    column = pa.compute.if_else(pa.compute.is_nan(column), None, column)
    whole = pa.compute.and_(
        pa.compute.equal(column, pa.compute.floor(column)), pa.compute.less(pa.compute.abs(column), EXACT)
    )
    integers = pa.compute.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
    return pa.compute.coalesce(integers, column.cast(pa.string()))


def _broken(name: str) -> str:
    return (
        f"{name} is not a Parquet file, or has columns that are not text, numbers or dates; export it again"
    )
