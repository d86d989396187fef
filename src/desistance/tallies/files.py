"""Files of a tally."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from desistance.errors import TallyError
from desistance.tallies.blocks import Block, named_blocks
from desistance.tallies.columns import run_starts, tight
from desistance.tallies.definition import BLOCKS, KEYS, NONE, Tally, no_rows

# Kept beside the columns and not among the facts, which are published. The first format told nothing of it.
FORMAT_KEY, FORMAT = b"tally_format", b"2"
N_KEYS = 3  # by, service and pattern, before the columns
FIELDS = dict(zip(BLOCKS, ("items", "factors", "combined"), strict=True))


def write_tally(tally: Tally, paths: Mapping[str, Path]) -> None:
    """Write the tables as Parquet and the facts as JSON; equal tallies give equal bytes."""
    names = tally.services["service"].tolist()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        work = [
            threads.submit(_write_blocks, getattr(tally, field), names, paths[table])
            for table, field in FIELDS.items()
        ]
        for each in work:
            each.result()
    for table in KEYS:
        getattr(tally, table).to_parquet(paths[table], index=False, compression="zstd")
    Path(paths["facts"]).write_text(
        json.dumps(tally.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _write_blocks(blocks: Mapping[str, Block], services: Sequence[str], path: Path) -> None:
    """Write blocks below one another, each in groups of rows of its own, so that it can be read alone."""
    table = _table(blocks, services).replace_schema_metadata({FORMAT_KEY: FORMAT})
    texts, numbers = table.column_names[:N_KEYS], table.column_names[N_KEYS:]
    # Small numbers in wide types: to take their bytes apart packs them better than a dictionary, in half the time.
    how = {
        "use_dictionary": texts,
        "column_encoding": dict.fromkeys(numbers, "BYTE_STREAM_SPLIT"),
        "compression": "zstd",
    }
    with parquet.ParquetWriter(path, table.schema, **how) as file:
        first = 0
        for by in sorted(blocks):
            n_rows = len(blocks[by].service)
            if n_rows:
                file.write_table(table.slice(first, n_rows))
            first += n_rows


def read_tally(paths: Mapping[str, Path]) -> Tally:
    """Read what `write_tally` wrote; a table that a study may do without may be absent.

    Raises
    ------
    TallyError
        The files were written by another version of this package, in another form.
    """
    tally = opened_tally(paths)
    blocks = {
        field: {
            by: replace(block, columns=tight(block.columns)) for by, block in getattr(tally, field).items()
        }
        for field in FIELDS.values()
    }
    return replace(tally, **blocks)


def opened_tally(paths: Mapping[str, Path]) -> Tally:
    """The same, but counts are read from the files as they are asked for, column by column, and not kept.

    For steps that look at each column once, or at few of many; the files must stay as they are meanwhile.

    Raises
    ------
    TallyError
        The files were written by another version of this package, in another form.
    """
    import pandas as pd

    facts = json.loads(Path(paths["facts"]).read_text(encoding="utf-8"))
    tables = {
        name: pd.read_parquet(paths[name]) if paths.get(name) or name not in NONE else no_rows(name)
        for name in KEYS
    }
    names = {name: place for place, name in enumerate(tables["services"]["service"])}
    blocks = {field: _blocks(paths[table], names) for table, field in FIELDS.items()}
    return Tally(**blocks, **tables, facts=facts)


def _table(blocks: Mapping[str, Block], services: Sequence[str]) -> pa.Table:
    """All blocks below one another; a column is empty where a block does not have it."""
    bys = sorted(blocks)
    sizes = [len(blocks[by].service) for by in bys]
    # Each text once: with one twice among its dictionary, the bytes of a Parquet file differ from time to time.
    texts = sorted({text for by in bys for text in blocks[by].patterns})
    place = {text: number for number, text in enumerate(texts)}
    places = [np.array([place[text] for text in blocks[by].patterns], dtype=np.int32) for by in bys]
    joined = np.concatenate([blocks[by].service for by in bys] or [np.zeros(0, np.int32)])
    patterns = [own[blocks[by].pattern] for by, own in zip(bys, places, strict=True)]
    columns = {
        "by": _texts(np.repeat(np.arange(len(bys)), sizes), bys),
        "service": _texts(np.ma.masked_less(joined, 0), services),
        "pattern": _texts(np.concatenate(patterns or [np.zeros(0, int)]), texts),
    }
    for name in named_blocks(blocks):
        parts = [blocks[by].columns.get(name) for by in bys]
        kind = pa.from_numpy_dtype(np.result_type(*(part.dtype for part in parts if part is not None)))
        columns[name] = pa.chunked_array(
            pa.nulls(size, kind) if part is None else pa.array(part, kind)
            for part, size in zip(parts, sizes, strict=True)
        )
    return pa.table(columns)


def _texts(codes: np.ndarray, texts: Sequence[str]) -> pa.DictionaryArray:
    """Texts by their codes; each stands in the dictionary once.

    Of a dictionary with a text twice, pyarrow 26 writes a page that ends in whatever stood in memory: other bytes each
    time, and perhaps values of records.
    """
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    place = np.array(
        [*(places[text] for text in texts), 0], dtype=np.int32
    )  # the last for -1, which is masked
    indices = pa.array(place[np.ma.getdata(codes)], mask=np.ma.getmaskarray(codes))
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(places), pa.string()))


class _InFile(Mapping[str, np.ndarray]):
    """Columns of rows `first` to `end` of a file, read when they are asked for."""

    def __init__(self, file: parquet.ParquetFile, first: int, end: int) -> None:
        groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        ends = np.cumsum([group.num_rows for group in groups])
        self._groups = [
            place
            for place, group in enumerate(groups)
            if first < ends[place] and ends[place] - group.num_rows < end
        ]
        begin = int(ends[self._groups[0]]) - groups[self._groups[0]].num_rows
        self._file, self._rows = file, (first - begin, end - first)
        names = file.schema_arrow.names
        self._names = dict.fromkeys(
            name for place, name in enumerate(names) if place >= N_KEYS and self._has(place)
        )

    def _has(self, place: int) -> bool:
        """Whether a column has any number but 0 in these rows, as far as the file says."""
        told = [self._file.metadata.row_group(group).column(place).statistics for group in self._groups]
        return any(
            each is None or (each.max != 0 if each.has_min_max else each.null_count < each.num_values)
            for each in told
        )

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names:
            raise KeyError(name)
        values = self._file.read_row_groups(self._groups, [name]).column(0).slice(*self._rows)
        if values.null_count:
            return np.zeros(len(values), dtype=np.uint8)  # of another block
        return values.to_numpy()

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _blocks(path: Path, services: Mapping[str, int]) -> dict[str, Block]:
    file = parquet.ParquetFile(path)
    if (file.schema_arrow.metadata or {}).get(FORMAT_KEY) != FORMAT:
        file.close()
        raise TallyError(
            f"{path} belongs to a tally written by another version of this package, in another form; count "
            "its records again with this version"
        )
    by, bys = _coded(file.read(["by"]).column(0))
    starts = [*run_starts(by).tolist(), len(by)]
    return {
        bys[by[first]]: _block(file, first, end, services) for first, end in pairwise(starts) if first < end
    }


def _block(file: parquet.ParquetFile, first: int, end: int, services: Mapping[str, int]) -> Block:
    keys = file.read(["service", "pattern"]).slice(first, end - first)
    (service, names), (pattern, texts) = (_coded(keys[name]) for name in keys.column_names)
    places = np.array([*(services[name] for name in names), -1], dtype=np.int32)
    named = sorted(texts[number] for number in np.flatnonzero(np.bincount(pattern)).tolist())
    rank_of = {text: rank for rank, text in enumerate(named)}
    rank = np.array([rank_of.get(text, -1) for text in texts], dtype=np.int32)
    return Block(tuple(named), places[service], rank[pattern], _InFile(file, first, end))


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Codes of texts (-1: none), and the texts."""
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], column.type)
    return array.indices.fill_null(-1).to_numpy(zero_copy_only=False), array.dictionary.to_pylist()
