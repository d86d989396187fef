"""Files read a share of the rows at a time, so that several processes can read a large one; or all as one share.

Parquet is parsed here, whoever made it: only for a process of its own that nothing depends on. Text need not be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from desistance.records.formats import MOST_HEADINGS, columnar, plain
from desistance.records.formats.kinds import kind_of
from desistance.records.formats.plain import NotPlainError
from desistance.records.formats.table import Batch, Share, Table

__all__ = ["NotPlainError", "Share", "can_be_shared", "is_text", "look", "read"]

TEXT, PARQUET = "delimited", "columnar"


def can_be_shared(path: Path) -> bool:
    """Whether a file is of a kind that can be read in shares: delimited text and Parquet, not packed."""
    return path.is_file() and kind_of(path, path.name) in (TEXT, PARQUET)


def is_text(path: Path) -> bool:
    """Whether a file is delimited text, which may be read in any process."""
    return path.is_file() and kind_of(path, path.name) == TEXT


def look(path: Path, *, wanted: Iterable[str], delimiter: str, encoding: str) -> Table:
    """Find the headings of a file, as `formats.look` does, without looking through its rows.

    Raises
    ------
    RecordsError
        The file cannot be read.
    NotPlainError
        The rows must be looked through before any is believed.
    """
    if not can_be_shared(path):
        raise NotPlainError
    kind = kind_of(path, path.name)
    module = columnar if kind == PARQUET else plain
    found = module.look(
        path, name=str(path), wanted=frozenset(wanted), delimiter=delimiter, encoding=encoding
    )
    if len(found.headings) > MOST_HEADINGS:
        raise NotPlainError
    return replace(found, path=path, kind=kind)


def read(
    table: Table,
    headings: Sequence[str],
    share: Share,
    *,
    dates: Mapping[str, str],
    texts: Collection[str] = (),
) -> Iterator[Batch]:
    """Read one share of the rows in batches, as `formats.read` does all.

    Columns but those in `texts` (whose values mostly differ) may be dictionary columns, whose nulls are empty texts.
    Rows are numbered as if the share were the file.

    Raises
    ------
    RecordsError
        The file breaks off.
    NotPlainError
        The rows must be looked through before any is believed.
    """
    module = columnar if table.kind == PARQUET else plain
    return module.read(table, list(headings), dates=dates, share=share, texts=texts)
