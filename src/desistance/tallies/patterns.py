"""Counts by service and pattern of levels, and of the cases whose comments mention a theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from desistance.study import Item, Study
from desistance.tallies.blocks import Block, only_columns, weights_of
from desistance.tallies.columns import REST, WEIGHT, Ints
from desistance.tallies.kinds import is_weight
from desistance.tallies.layout import PATTERN, THEME, column_of
from desistance.tallies.sums import NOTHING, place_of

if TYPE_CHECKING:
    from desistance.tallies.definition import Tally


@dataclass(frozen=True)
class RowCounts:
    """Yes, base and their weights, arrays of one shape; without weights the same arrays twice."""

    n_yes: np.ndarray
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray


@dataclass(frozen=True, eq=False)
class PatternCounts:
    """Cases by service and pattern of levels; cases with an unknown level are left out.

    `levels` has shape (n_patterns, n_breakdowns), the place of each pattern's level in each breakdown.
    """

    levels: np.ndarray
    block: Block
    rows: np.ndarray
    place: np.ndarray
    n_services: int
    first: tuple[Ints, Ints] | None

    def of(self, item: Item) -> RowCounts:
        """Counts of an item, shape (n_services, n_patterns)."""
        names = [column_of(item, f"n_{state}") for state in ("yes", "no")]
        n_yes, n_no = map(self._cases, names)
        if self.first is None:
            n_base = n_yes + n_no
            return RowCounts(n_yes, n_base, n_yes, n_base)
        weight_yes, weight_no = map(self._weights, names)
        return RowCounts(n_yes, n_yes + n_no, weight_yes, weight_yes + weight_no)

    def _cases(self, name: str) -> np.ndarray:
        found = np.zeros(self.n_services * len(self.levels))
        found[self.place] = self.block.column(name)[self.rows]
        return found.reshape(self.n_services, -1)

    def _weights(self, name: str) -> np.ndarray:
        own = only_columns(self.block, (name, WEIGHT + name, REST + name)).rows(self.rows)
        size = self.n_services * len(self.levels)
        found = weights_of(own, name, self.first, where=self.place, size=size)
        return found.astype(float).reshape(self.n_services, -1)


def pattern_counts(tally: Tally, study: Study) -> PatternCounts:
    """Counts of cases whose levels of all breakdowns are known, by service and pattern of these."""
    block, n_services = tally.items.get(PATTERN, NOTHING), len(tally.services)
    levels = np.array(
        [
            [
                place_of(each.codes, code)
                for each, code in zip(study.breakdowns, text.split("|"), strict=False)
            ]
            for text in block.patterns
        ],
        dtype=np.int64,
    ).reshape(len(block.patterns), len(study.breakdowns))
    known = (levels >= 0).all(axis=1)
    rows, rank = np.flatnonzero(known[block.pattern]), np.cumsum(known) - 1
    place = block.service[rows] * np.int64(known.sum()) + rank[block.pattern[rows]]
    return PatternCounts(levels[known], block, rows, place, n_services, tally.weights)


def theme_counts(tally: Tally, theme: str, direction: str) -> RowCounts:
    """All items together by service, among the cases whose comments mention a theme in a direction."""
    block, n_services = tally.items.get(THEME, NOTHING), len(tally.services)
    text = f"{theme}|{direction}"
    chosen = block.rows(np.array([one == text for one in block.patterns], dtype=bool)[block.pattern])
    sums = [np.zeros((2, n_services)) for _ in range(2)]
    for place, state in enumerate(("yes", "no")):
        for name in chosen.columns:
            if name.endswith(f".n_{state}") and not is_weight(name):
                where = {"where": chosen.service, "size": n_services}
                sums[0][place] += weights_of(chosen, name, None, **where)
                sums[1][place] += weights_of(chosen, name, tally.weights, **where)
    (n_yes, n_no), (weight_yes, weight_no) = sums
    return RowCounts(n_yes, n_yes + n_no, weight_yes, weight_yes + weight_no)
