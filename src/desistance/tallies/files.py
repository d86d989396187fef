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
TEXTS = ("by", "service", "pattern")  # before the columns of numbers
GROUP_ROWS = 2**20  # in memory once more while they are written
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
    kinds = _kinds(blocks)
    # Small numbers in wide types: to take their bytes apart packs them better than a dictionary, in half the time.
    how = {
        "use_dictionary": list(TEXTS),
        "column_encoding": dict.fromkeys(kinds, "BYTE_STREAM_SPLIT"),
        "compression": "zstd",
    }
    fields = [*((name, pa.dictionary(pa.int32(), pa.string())) for name in TEXTS), *kinds.items()]
    # Each text once: with one twice among its dictionary, the bytes of a Parquet file differ from time to time.
    texts = sorted({text for block in blocks.values() for text in block.patterns})
    place = {text: number for number, text in enumerate(texts)}
    with parquet.ParquetWriter(path, pa.schema(fields, {FORMAT_KEY: FORMAT}), **how) as file:
        for number, by in enumerate(sorted(blocks)):
            block = blocks[by]
            own = np.array([place[text] for text in block.patterns], dtype=np.int32)
            for first in range(0, len(block.service), GROUP_ROWS):
                rows = slice(first, first + GROUP_ROWS)
                keys = {
                    "by": _texts(np.full(len(block.service[rows]), number), sorted(blocks)),
                    "service": _texts(np.ma.masked_less(block.service[rows], 0), services),
                    "pattern": _texts(own[block.pattern[rows]], texts),
                }
                file.write_table(pa.table(keys | _numbers(block, rows, kinds), file.schema))


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


def _kinds(blocks: Mapping[str, Block]) -> dict[str, pa.DataType]:
    """The type of each column, which holds the numbers of all blocks."""
    found = {}
    for name in named_blocks(blocks):
        own = (block.columns[name].dtype for block in blocks.values() if name in block.columns)
        found[name] = pa.from_numpy_dtype(np.result_type(*own))
    return found


def _numbers(block: Block, rows: slice, kinds: Mapping[str, pa.DataType]) -> dict[str, pa.Array]:
    """Some rows of all columns; a column is empty where a block does not have it."""
    n_rows = len(block.service[rows])
    return {
        name: pa.array(block.columns[name][rows], kind) if name in block.columns else pa.nulls(n_rows, kind)
        for name, kind in kinds.items()
    }


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
            name for place, name in enumerate(names) if place >= len(TEXTS) and self._has(place)
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
