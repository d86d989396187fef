"""Columns of a block added up by service and by the levels of all its divisions, each column read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desistance.study import EVERYONE, Breakdown
from desistance.tallies.blocks import Block
from desistance.tallies.columns import Ints

# A pattern that fewer than one in so many services have is added up row by row.
COMMON = 4
EXACT = 2**24  # whole numbers up to this are exact in floats of 32 bits


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels of a division: their codes, and the place of the level of each pattern (-1: none of them)."""

    codes: tuple[str, ...]
    of_pattern: Ints


def levels_of(block: Block, division: Breakdown | None, place: int) -> Levels:
    """Levels of a division whose codes stand at a place of the block's patterns; of everyone without a division."""
    if division is None:
        return Levels((EVERYONE,), np.zeros(len(block.patterns), dtype=np.int64))
    number = {code: number for number, code in enumerate(division.codes)}
    codes = [number.get(text.split("|")[place], -1) for text in block.patterns]
    return Levels(division.codes, np.array(codes, dtype=np.int64))


class Margins:
    """Sums of columns by service and level, for several divisions at once.

    Common patterns make a table of services by patterns, and its product with what pattern is of which level is all
    sums at once. Rows of the others are added one by one.
    """

    def __init__(self, block: Block, divisions: Sequence[Levels], n_services: int) -> None:
        self._block, self._divisions, self._n_services = block, divisions, n_services
        common = np.bincount(block.pattern, minlength=len(block.patterns)) * COMMON >= n_services
        is_common = common[block.pattern]
        self._rows, self._rest = np.flatnonzero(is_common), np.flatnonzero(~is_common)
        self._shape = (n_services, np.count_nonzero(common))
        place = (np.cumsum(common) - 1)[block.pattern[self._rows]]
        self._place = block.service[self._rows] * np.int64(self._shape[1]) + place
        self._of_level = np.concatenate(
            [each.of_pattern[common, None] == np.arange(len(each.codes)) for each in divisions], axis=1
        )
        self._apart = [self._rare(each) for each in divisions]

    def _rare(self, division: Levels) -> tuple[Ints, Ints]:
        """Rows of patterns that are not common and have a level, and the place of its sum."""
        level = division.of_pattern[self._block.pattern[self._rest]]
        rows = self._rest[level >= 0]
        return rows, self._block.service[rows] * np.int64(len(division.codes)) + level[level >= 0]

    def cases(self, name: str) -> list[Ints]:
        """What a column counts, for each division an array of shape (n_services, n_levels)."""
        values = self._block.column(name)
        most = int(values.max(initial=0)) * max(self._shape[1], 1)
        kind = np.float32 if most <= EXACT else np.float64
        table = np.zeros(self._shape, dtype=kind)
        table.reshape(-1)[self._place] = values[self._rows]
        found = (table @ self._of_level.astype(kind)).astype(np.int64)
        ends = np.cumsum([len(each.codes) for each in self._divisions])[:-1]
        sums = np.split(found, ends, axis=1)
        for number, (rows, place) in enumerate(self._apart):
            if len(rows):
                more = np.bincount(place, values[rows], minlength=sums[number].size)
                sums[number] = sums[number] + more.astype(np.int64).reshape(sums[number].shape)
        return sums

    def totals(self, *names: str) -> list[Ints]:
        """The same of several columns together over all services, for each division an array of shape (n_levels,)."""
        block = self._block
        values = np.zeros(len(block.pattern), dtype=np.uint8)
        for name in names:
            more = block.column(name)
            kind = np.min_scalar_type(int(values.max(initial=0)) + int(more.max(initial=0)))
            values = values.astype(kind, copy=False) + more.astype(kind, copy=False)
        by_pattern = np.bincount(block.pattern, values, minlength=len(block.patterns)).astype(np.int64)
        return [
            ((each.of_pattern[:, None] == np.arange(len(each.codes))) * by_pattern[:, None]).sum(axis=0)
            for each in self._divisions
        ]
