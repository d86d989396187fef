"""Counts as whole-number unknowns, and what is known to hold between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from desistance.attack.errors import AttackError

Key = tuple[str, ...]
_ROUNDING = 1e-7
_MOST_SWEEPS = 60


@dataclass(frozen=True)
class Relation:
    """``low <= sum of coefficient x count <= high``, with the name of its kind and where it was read."""

    kind: str
    where: str
    terms: Mapping[Key, float]
    low: float
    high: float


@dataclass
class System:
    """Every count by its name, between which values it lies, and all relations; grows while tables are read."""

    ranges: dict[Key, tuple[float, float]] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)

    def add(self, key: Key, high: float) -> Key:
        """A count that may be anything from nought to ``high``, unless more is known already."""
        self.ranges.setdefault(key, (0.0, float(high)))
        return key

    def relate(self, kind: str, where: str, terms: Mapping[Key, float], low: float, high: float) -> None:
        """One more relation."""
        self.relations.append(Relation(kind, where, terms, low, high))

    def equal(self, kind: str, where: str, total: Key, parts: Iterable[Key]) -> None:
        """A count that is the sum of others."""
        terms: dict[Key, float] = {total: -1.0}
        for part in parts:
            terms[part] = terms.get(part, 0.0) + 1.0
        self.relate(kind, where, terms, 0.0, 0.0)

    def at_most(self, kind: str, where: str, smaller: Key, larger: Key) -> None:
        """A count that is part of another."""
        self.relate(kind, where, {larger: 1.0, smaller: -1.0}, 0.0, np.inf)

    def matrix(self) -> Matrix:
        """All counts and relations as arrays."""
        index = {key: place for place, key in enumerate(self.ranges)}
        used = self.relations
        sizes = np.array([len(one.terms) for one in used], dtype=np.int64)
        try:
            columns = np.fromiter((index[key] for one in used for key in one.terms), np.int64, sizes.sum())
        except KeyError as error:
            raise AttackError(f"a relation speaks of a count nobody has named: {error.args[0]}") from error
        values = np.fromiter((v for one in used for v in one.terms.values()), np.float64, sizes.sum())
        bounds = np.array(list(self.ranges.values()), dtype=float).reshape(-1, 2)
        sides = np.array([(one.low, one.high) for one in used], dtype=float).reshape(-1, 2)
        rows, some = np.repeat(np.arange(len(used)), sizes), values != 0
        return Matrix(
            list(self.ranges), index, list(used), rows[some], columns[some], values[some], sides, bounds
        )


@dataclass
class Matrix:
    """The system as arrays: entries (``rows``, ``columns``, ``values``), ``sides`` of relations, ``bounds``."""

    keys: list[Key]
    index: Mapping[Key, int]
    relations: list[Relation]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]
    sides: NDArray[np.float64]
    bounds: NDArray[np.float64]

    def only(self, kinds: Collection[str]) -> Matrix:
        """The system with relations of some kinds alone; bounds as they are."""
        kept = np.array([one.kind in kinds for one in self.relations], dtype=bool)
        place = np.cumsum(kept) - 1
        entries = kept[self.rows]
        return replace(
            self,
            relations=[one for one, keep in zip(self.relations, kept, strict=True) if keep],
            rows=place[self.rows[entries]],
            columns=self.columns[entries],
            values=self.values[entries],
            sides=self.sides[kept],
            bounds=self.bounds.copy(),
        )

    def propagate(self) -> None:
        """Narrow every count by each relation in turn, until nothing changes.

        Raises
        ------
        AttackError
            What was published contradicts itself.
        """
        for _ in range(_MOST_SWEEPS):
            if not self._sweep():
                return

    def _sweep(self) -> bool:
        at, positive = self.bounds[self.columns], self.values > 0
        least = self.values * np.where(positive, at[:, 0], at[:, 1])
        most = self.values * np.where(positive, at[:, 1], at[:, 0])
        n_rows = len(self.sides)
        row_least = np.bincount(self.rows, least, n_rows)[self.rows]
        row_most = np.bincount(self.rows, most, n_rows)[self.rows]
        upper = (self.sides[self.rows, 1] - (row_least - least)) / self.values
        lower = (self.sides[self.rows, 0] - (row_most - most)) / self.values
        low, high = np.where(positive, lower, upper), np.where(positive, upper, lower)
        new = self.bounds.copy()
        np.maximum.at(new[:, 0], self.columns, np.ceil(low - _ROUNDING))
        np.minimum.at(new[:, 1], self.columns, np.floor(high + _ROUNDING))
        self._refuse(new, new[:, 0] > new[:, 1])
        changed = bool((new != self.bounds).any())
        self.bounds = new
        return changed

    def _refuse(self, bounds: NDArray[np.float64], impossible: NDArray[np.bool_]) -> None:
        if impossible.any():
            key = self.keys[int(np.flatnonzero(impossible)[0])]
            touching = self.rows[self.columns == self.index[key]]
            kinds = sorted({self.relations[row].kind for row in touching})
            raise AttackError(
                f"what is published contradicts itself about {', '.join(key)} ({', '.join(kinds)}); "
                "two tables are not of the same records, or a table was changed by hand"
            )

    def range_of(self, key: Key) -> tuple[int, int]:
        """Least and greatest value that a count may have, as far as is known."""
        low, high = self.bounds[self.index[key]]
        return int(low), int(high)

    def is_fixed(self, key: Key) -> bool:
        """Whether only one value remains."""
        low, high = self.bounds[self.index[key]]
        return bool(low == high)

    def fixed(self) -> NDArray[np.bool_]:
        """Of which counts only one value remains."""
        return self.bounds[:, 0] == self.bounds[:, 1]

    def sparse(self) -> sparse.csr_matrix:
        """Coefficients, shape (n_relations, n_counts)."""
        shape = (len(self.sides), len(self.keys))
        return sparse.csr_matrix((self.values, (self.rows, self.columns)), shape=shape)
