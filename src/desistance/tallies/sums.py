"""Sums of a block's columns by service and level of one division, weights too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from desistance.study import EVERYONE, Breakdown, Study
from desistance.tallies.blocks import Block, weights_of
from desistance.tallies.layout import PATTERN

if TYPE_CHECKING:
    from desistance.tallies.definition import Tally

NOTHING = Block((), np.zeros(0, np.int32), np.zeros(0, np.int32), {})


class Sums:
    """Sums of a block's columns by service and level of a division, each of shape (n_services, n_levels)."""

    def __init__(
        self,
        tally: Tally,
        blocks: Mapping[str, Block],
        study: Study,
        division: Breakdown | None,
        *,
        everyone: str = PATTERN,
    ) -> None:
        in_pattern = division in study.breakdowns
        by = everyone if division is None else PATTERN if in_pattern else division.id
        block = blocks.get(by, NOTHING)
        self.levels = (EVERYONE,) if division is None else division.codes
        place = study.breakdowns.index(division) if in_pattern else 0
        of_pattern = np.array(
            [
                0 if division is None else place_of(self.levels, text.split("|")[place])
                for text in block.patterns
            ],
            dtype=np.int64,
        )
        level = of_pattern[block.pattern]
        self.block = block if (level >= 0).all() else block.rows(level >= 0)
        self.n_services, self._first = len(tally.services), tally.weights
        self._where = self.block.service * np.int64(len(self.levels)) + level[level >= 0]

    def cases(self, name: str) -> np.ndarray:
        """Cases that a column counts."""
        size = self.n_services * len(self.levels)
        if name not in self.block.columns:
            return np.zeros((self.n_services, len(self.levels)), dtype=np.int64)
        found = np.bincount(self._where, self.block.columns[name], minlength=size)
        return found.astype(np.int64).reshape(self.n_services, -1)

    def weight(self, name: str) -> np.ndarray:
        """Their weights."""
        size = self.n_services * len(self.levels)
        found = weights_of(self.block, name, self._first, where=self._where, size=size)
        return found.astype(float).reshape(self.n_services, -1)

    def stacked(self, sum_of: Callable[[str], np.ndarray], names: list[str]) -> np.ndarray:
        """Several columns, shape (n_services, n_levels, n_columns)."""
        if not names:
            return np.zeros((self.n_services, len(self.levels), 0))
        return np.stack([sum_of(name) for name in names], axis=2)


def place_of(levels: tuple[str, ...], code: str) -> int:
    """Place of a code among the codes of a division; -1 where it is none of them."""
    return levels.index(code) if code in levels else -1
