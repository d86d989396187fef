"""Cases counted by cell and code in arrays that have a place for each, as long as these stay small."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from desistance.tallies.columns import REST, WEIGHT, Ints, key_order, run_starts

MOST_KEYS = 2**22
MOST_PLACES = 2**21

Codes = Mapping[str, NDArray[np.integer]]
Sums = dict[str, Ints]


class Dense:
    """Cases by cell and code, for several codes; a cell gets its place when its first case comes.

    `n_codes` says how many values each code has. `n_cases`, `whole` and `rest` hold, by name of a code, arrays of shape
    (n_cells, n_codes): cases and, where any case has some, their weights in both units. `most_places` is how many an
    array may have; MOST_PLACES without it.
    """

    def __init__(self, n_codes: Mapping[str, int], most_places: int | None = None) -> None:
        self._n_codes, self._most_places = n_codes, most_places
        self._places = np.zeros(0, dtype=np.int32)
        self.keys = np.zeros(0, dtype=np.int64)
        self.n_cases: Sums = {}
        self.whole: Sums = {}
        self.rest: Sums = {}

    def add(self, keys: Ints, n_keys: int, codes: Codes, weights: tuple[Ints, Ints] | None) -> bool:
        """Count cases; False, and nothing counted, where there are too many cells for arrays.

        `keys` are those of the cells, less than `n_keys`.
        """
        cell = self._cells(keys, n_keys)
        if cell is None:
            return False
        places: dict[int, NDArray[np.unsignedinteger]] = {}
        for name, code in codes.items():
            width = self._n_codes[name]
            if width not in places:
                # In as few bytes as hold them, because to add takes longer the more there are.
                kind = np.min_scalar_type(len(self.keys) * width)
                places[width] = cell.astype(kind) * kind.type(width)
            self._count(name, places[width] + code, weights)
        return True

    def sums(self) -> list[tuple[str, Sums]]:
        """What was counted, each with the prefix of its columns: cases and, if any has some, weights in both units."""
        found = [("", self.n_cases), (WEIGHT, self.whole), (REST, self.rest)]
        return [
            (prefix, {name: self._all_cells(each) for name, each in sums.items()})
            for prefix, sums in found
            if sums
        ]

    def collapsed(self, keys: Ints) -> Dense:
        """The same cases by fewer cells; `keys` are those of the cells that take in the cells here, in their order."""
        order = key_order(keys)
        starts = run_starts(keys[order])
        found = Dense(self._n_codes)
        found.keys = keys[order][starts]
        for own, sums in ((found.n_cases, self.n_cases), (found.whole, self.whole), (found.rest, self.rest)):
            own |= {
                name: np.add.reduceat(self._all_cells(each)[order], starts) for name, each in sums.items()
            }
        return found

    def _all_cells(self, counted: Ints) -> Ints:
        return np.pad(counted, ((0, len(self.keys) - len(counted)), (0, 0)))

    def _cells(self, keys: Ints, n_keys: int) -> NDArray[np.int32] | None:
        if n_keys > MOST_KEYS:
            return None
        if n_keys > len(self._places):
            grown = np.full(n_keys, -1, dtype=np.int32)
            grown[: len(self._places)] = self._places
            self._places = grown
        cell = self._places[keys]
        new = cell < 0
        if new.any():
            found = np.unique(keys[new])
            most = MOST_PLACES if self._most_places is None else min(self._most_places, MOST_PLACES)
            if (len(self.keys) + len(found)) * max(self._n_codes.values()) > most:
                return None
            self._places[found] = np.arange(len(self.keys), len(self.keys) + len(found))
            self.keys = np.concatenate([self.keys, found])
            cell = self._places[keys]
        return cell

    def _count(
        self, name: str, place: NDArray[np.unsignedinteger], weights: tuple[Ints, Ints] | None
    ) -> None:
        shape = (len(self.keys), self._n_codes[name])
        size = shape[0] * shape[1]
        _add(self.n_cases, name, np.bincount(place, minlength=size).reshape(shape))
        if weights is not None:
            for sums, amount in zip((self.whole, self.rest), weights, strict=True):
                found = np.bincount(place, amount, minlength=size).astype(np.int64)
                _add(sums, name, found.reshape(shape))


def _add(sums: Sums, name: str, found: Ints) -> None:
    if name in sums:
        found[: len(sums[name])] += sums[name]
    sums[name] = found
