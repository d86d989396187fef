"""A part as bytes, to be sent from one process to another or kept in a file: a description, then Arrow tables."""

from __future__ import annotations

import json
from collections import Counter as Bag
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.ingest import Accepted, Account
from desistance.scan.pieces import Part
from desistance.study import Study
from desistance.tallies.columns import Keyed
from desistance.tallies.counting import Counted
from desistance.tallies.layout import Layout
from desistance.tallies.services import Services

KEY = "key"
MOST_VALUES = 2**24  # numbers that stand in one table; of more there are several tables


def packed(part: Part) -> Iterator[bytes | pa.Buffer]:
    """The description, and what it announces in that order: tables of counts, then weights; no digests."""
    counted = part.counted
    amounts = [(key, rows) for key, keyed in sorted(counted.amounts.items()) for rows in _runs(keyed)]
    yield json.dumps(
        {
            "n_rows": part.n_rows,
            "account": vars(part.account),
            "services": part.accepted.services,
            "cases": sorted(digest.hex() for digest in part.accepted.cases),
            "names": counted.services.names,
            "strata": [[place, *stratum, n] for (place, stratum), n in counted.services.strata.items()],
            "marks": None if counted.marks is None else [[*key, n] for key, n in counted.marks.items()],
            "amounts": [list(key) for key, _ in amounts],
            "has_weights": counted.services.first is not None,
        }
    ).encode()
    for (kind, by), rows in amounts:
        keys, columns = counted.amounts[kind, by]
        yield _stream({KEY: keys[rows], **{name: values[rows] for name, values in columns.items()}})
    if counted.services.first is not None:
        whole, rest = counted.services.first
        yield _stream({"whole": whole, "rest": rest, "varies": counted.services.varies})


def packed_digests(digests: np.ndarray) -> memoryview:
    """Some of a part's digests, which go by themselves, because they are many and known while it is still read."""
    return memoryview(np.ascontiguousarray(digests, dtype="<u8")).cast("B")


def unpacked(contents: list[bytes], digests: Sequence[bytes], name: str, study: Study) -> Part:
    """The part again; `contents` is emptied, so that each table is let go of as soon as it is read.

    Raises
    ------
    RecordsError
        It is not a part; `name` says of which file.
    """
    try:
        contents.reverse()
        told = json.loads(contents.pop())
        amounts = {
            key: _joined([_columns(contents.pop()) for _ in own])
            for key, own in groupby(map(tuple, told["amounts"]))
        }
        weights = _columns(contents.pop()) if told["has_weights"] else None
        if contents:
            raise ValueError("more than was announced")
        pairs = tuple(np.frombuffer(some, dtype="<u8").reshape(-1, 2) for some in digests)
        return _part(told, amounts, weights, pairs, study)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, pa.ArrowException, OSError):
        raise RecordsError(f"what was counted of {name} cannot be read; run again") from None


def _runs(keyed: Keyed) -> Iterator[slice]:
    """Rows that go into one table; of an empty one there is one table too."""
    keys, columns = keyed
    n_rows = max(MOST_VALUES // (len(columns) + 1), 1)
    yield from (slice(first, first + n_rows) for first in range(0, max(len(keys), 1), n_rows))


def _part(
    told: dict[str, Any],
    amounts: dict[tuple[str, str], Keyed],
    weights: dict[str, np.ndarray] | None,
    digests: tuple[np.ndarray, ...],
    study: Study,
) -> Part:
    services = Services()
    services.names = list(map(str, told["names"]))
    services.strata = Bag({(place, (stratum, size)): n for place, stratum, size, n in told["strata"]})
    if weights is not None:
        services.first = (weights["whole"], weights["rest"])
        services.varies = weights["varies"]
    marks = told["marks"]
    counted = Counted(
        Layout(study),
        services,
        None if marks is None else {(place, text): n for place, text, n in marks},
        amounts,
    )
    account = told["account"]
    account |= {
        "rules": Bag(account["rules"]),
        "missing": {column: Bag(kinds) for column, kinds in account["missing"].items()},
    }
    accepted = Accepted({bytes.fromhex(text) for text in told["cases"]}, Bag(told["services"]))
    return Part(
        tuple(told["n_rows"]),
        Account(**account),
        accepted,
        digests,
        counted,
    )


def _joined(tables: list[dict[str, np.ndarray]]) -> Keyed:
    """Amounts of which several tables were made."""
    columns = {name: np.concatenate([table.pop(name) for table in tables]) for name in list(tables[0])}
    return columns.pop(KEY), columns


def _stream(columns: dict[str, np.ndarray]) -> pa.Buffer:
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _columns(content: bytes) -> dict[str, np.ndarray]:
    table = pa.ipc.open_stream(content).read_all()
    table.validate(full=True)
    columns = (column.combine_chunks() for column in table.columns)
    return {
        name: column.to_numpy(zero_copy_only=False)
        for name, column in zip(table.column_names, columns, strict=True)
    }
