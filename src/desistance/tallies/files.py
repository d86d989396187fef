"""Files of a tally."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from desistance.errors import TallyError
from desistance.tallies.blocks import Block, named_blocks
from desistance.tallies.columns import tight
from desistance.tallies.definition import BLOCKS, KEYS, NONE, Tally, no_rows

# Kept beside the columns and not among the facts, which are published. The first format told nothing of it.
FORMAT_KEY, FORMAT = b"tally_format", b"2"
FIELDS = dict(zip(BLOCKS, ("items", "factors", "combined"), strict=True))
READ_TOGETHER = 32  # columns, so that a large tally is not in memory twice


def write_tally(tally: Tally, paths: Mapping[str, Path]) -> None:
    """Write the tables as Parquet and the facts as JSON; equal tallies give equal bytes."""
    names = tally.services["service"].tolist()
    for table, field in FIELDS.items():
        written = _table(getattr(tally, field), names).replace_schema_metadata({FORMAT_KEY: FORMAT})
        parquet.write_table(written, paths[table], compression="zstd")
    for table in KEYS:
        getattr(tally, table).to_parquet(paths[table], index=False, compression="zstd")
    Path(paths["facts"]).write_text(
        json.dumps(tally.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_tally(paths: Mapping[str, Path]) -> Tally:
    """Read what `write_tally` wrote; a table that a study may do without may be absent.

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


def _blocks(path: Path, services: Mapping[str, int]) -> dict[str, Block]:
    with parquet.ParquetFile(path) as file:
        if (file.schema_arrow.metadata or {}).get(FORMAT_KEY) != FORMAT:
            raise TallyError(
                f"{path} belongs to a tally written by another version of this package, in another form; count "
                "its records again with this version"
            )
        keys = file.read(["by", "service", "pattern"])
        (by, bys), (service, names), (pattern, texts) = (_coded(keys[name]) for name in keys.column_names)
        places = np.array([*(services[name] for name in names), -1], dtype=np.int32)
        runs = {name: np.flatnonzero(by == number) for number, name in enumerate(bys)}
        columns: dict[str, dict[str, np.ndarray]] = {name: {} for name in runs}
        for name, values in _columns(file):
            for one, rows in runs.items():
                own = values.slice(rows[0], len(rows))
                if own.null_count < len(rows):
                    columns[one][name] = own.to_numpy()
    found = {}
    for one, rows in runs.items():
        used, place = np.unique(pattern[rows], return_inverse=True)
        named = sorted(texts[number] for number in used.tolist())
        rank_of = {text: rank for rank, text in enumerate(named)}
        rank = np.array([rank_of[texts[number]] for number in used.tolist()], dtype=np.int32)
        found[one] = Block(tuple(named), places[service[rows]], rank[place], tight(columns[one]))
    return found


def _columns(file: parquet.ParquetFile) -> Iterator[tuple[str, pa.ChunkedArray]]:
    names = file.schema_arrow.names[3:]
    for start in range(0, len(names), READ_TOGETHER):
        together = file.read(names[start : start + READ_TOGETHER])
        yield from zip(together.column_names, together.columns, strict=True)


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Codes of texts (-1: none), and the texts."""
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], column.type)
    return array.indices.fill_null(-1).to_numpy(zero_copy_only=False), array.dictionary.to_pylist()
