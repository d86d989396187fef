"""Parquet files within a zip archive, such as the tables of a tally from elsewhere; read in the guarded process."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from desistance.errors import RecordsError

PIECE, WIDTH = 64 * 2**20, 8  # bytes of a piece, and of a value as a rule
MOST_COLUMNS = 20_000


def read_members(
    path: Path, digests: Mapping[str, str], *, name: str
) -> Iterator[tuple[str, pa.Buffer | None]]:
    """Each member's name alone, then its rows as Arrow streams (at least one, for the columns).

    Raises
    ------
    RecordsError
        A member has another SHA-256 than `digests` says, or is not Parquet of numbers and texts.
    """
    from pyarrow import parquet

    with zipfile.ZipFile(path) as archive:
        for member, digest in digests.items():
            content = archive.read(member)
            if hashlib.sha256(content).hexdigest() != digest:
                raise RecordsError(f"{name} was changed while it was read; ask for the file again")
            file = parquet.ParquetFile(pa.BufferReader(content))
            schema = file.schema_arrow.remove_metadata()
            if len(schema) > MOST_COLUMNS or not all(_is_plain(field.type) for field in schema):
                raise RecordsError(
                    f"{name} has columns that are neither numbers nor texts; ask for the file again"
                )
            yield member, None
            yield member, _stream(pa.Table.from_batches([], schema))
            n_rows = PIECE // (WIDTH * max(len(schema), 1))
            for batch in file.iter_batches(n_rows, use_threads=False):
                yield member, _stream(pa.Table.from_batches([batch]).replace_schema_metadata(None))


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_large_string)
    return any(is_kind(kind) for is_kind in plain)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()
