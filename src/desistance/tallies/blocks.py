"""Amounts by service and pattern: what most of a tally is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from desistance.tallies.columns import (
    REST,
    WEIGHT,
    Columns,
    Ints,
    added,
    carried,
    joined_weight,
    reordered,
    tight,
)

POOLED = -1


@dataclass(frozen=True, eq=False)
class Block:
    """Amounts by service and pattern; rows in the order of services, then of patterns.

    `service` is the place among the services of the tally (-1: all of them together) and `pattern` that among
    `patterns`, shape (n_rows,) each. `columns` hold whole numbers of the same shape, in the smallest type that does; a
    column that is not there is 0. The weight of what `x` counts is `weight:x` and `rest:x` (see `columns`).
    """

    patterns: tuple[str, ...]
    service: NDArray[np.int32]
    pattern: NDArray[np.int32]
    columns: Columns

    def column(self, name: str) -> NDArray[np.integer]:
        """A column, of 0 where there is none."""
        return self.columns.get(name, np.zeros(len(self.service), dtype=np.uint8))

    def rows(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Block:
        """Some rows, in order."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        return Block(self.patterns, self.service[chosen], self.pattern[chosen], columns)


def block_of(service: Ints, pattern: Ints, patterns: Sequence[str], columns: Columns) -> Block:
    """A block of rows in any order, each service and pattern once; patterns that have no row are left out."""
    used = np.flatnonzero(np.bincount(pattern, minlength=len(patterns))).tolist()
    by_text = sorted(used, key=patterns.__getitem__)
    rank = np.zeros(len(patterns), dtype=np.int64)
    rank[by_text] = np.arange(len(by_text))
    n_patterns = max(len(by_text), 1)
    keys, columns = reordered((service + 1) * np.int64(n_patterns) + rank[pattern], carried(columns))
    service, pattern = np.divmod(keys, n_patterns)
    return Block(
        tuple(patterns[one] for one in by_text),
        (service - 1).astype(np.int32),
        pattern.astype(np.int32),
        tight(columns),
    )


def added_blocks(blocks: Iterable[tuple[Block, Ints]]) -> Block:
    """Add blocks; each comes with the places of its services in the sum."""
    blocks = list(blocks)
    texts = sorted({text for block, _ in blocks for text in block.patterns})
    place = {text: number for number, text in enumerate(texts)}
    n_patterns, parts = max(len(texts), 1), []
    for block, places in blocks:
        pattern = np.array([place[text] for text in block.patterns], dtype=np.int64)
        service = np.append(places, POOLED)[block.service]  # -1 is the last
        keys = (service + 1) * n_patterns + (pattern[block.pattern] if len(pattern) else 0)
        parts.append((keys, block.columns))
    keys, columns = added(parts)
    service, pattern = np.divmod(keys, n_patterns)
    return block_of(service - 1, pattern, texts, columns)


def weights_of(
    block: Block, name: str, first: tuple[Ints, Ints] | None, *, where: Ints, size: int
) -> np.ndarray:
    """Sums of the weights of what a column counts, by a place for each row; cases count 1 without weights.

    `first` holds the weight of each service whose cases all weigh the same (else 0), in both units.
    """
    n_cases = block.column(name)
    if first is None:
        return np.bincount(where, n_cases, minlength=size)
    total = [np.zeros(size, dtype=np.int64) for _ in range(2)]
    for sums, weight, prefix in zip(total, first, (WEIGHT, REST), strict=True):
        if weight.any():
            own = np.where(block.service == POOLED, 0, weight[block.service])
            np.add.at(sums, where, n_cases * own)
        if prefix + name in block.columns:
            np.add.at(sums, where, block.columns[prefix + name].astype(np.int64))
    return joined_weight(*total)


def only_columns(block: Block, names: Iterable[str]) -> Block:
    """A block with some of its columns."""
    return replace(block, columns={name: block.columns[name] for name in names if name in block.columns})


def named_blocks(blocks: Mapping[str, Block]) -> list[str]:
    """Names of all columns of some blocks, in order."""
    return sorted({name for block in blocks.values() for name in block.columns})
