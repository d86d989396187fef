"""Services as they turn up among the cases: their places, strata and weights."""

from __future__ import annotations

from collections import Counter as Bag

import numpy as np

from desistance.records.coded import Coded
from desistance.study import EVERYONE
from desistance.tallies.columns import Ints, split_weight

Stratum = tuple[str, float | None]  # its name, and how many services it has


class Services:
    """Services in the order in which their first cases came.

    `first` holds the first weight of each service in both units, None where cases have no weights; `varies` says
    whether another weight followed. `strata` counts the cases of each service in each stratum.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.first: tuple[Ints, Ints] | None = None
        self.varies = np.zeros(0, dtype=bool)
        self.strata: Bag[tuple[int, Stratum]] = Bag()
        self._place: dict[str, int] = {}
        self._last: tuple[tuple[str, ...], Ints] = ((), np.zeros(0, dtype=np.int64))

    def add(self, cases: Coded) -> tuple[Ints, tuple[Ints, Ints] | None]:
        """Places of the services of cases, and what weights differ by from the first of their service, if any do."""
        seen = np.bincount(cases.service, minlength=len(cases.services)) > 0
        service = self._places(cases.services, seen)[cases.service]
        self._count_strata(service, cases)
        return service, None if cases.weight is None else self._differences(service, cases.weight)

    def join(self, other: Services) -> tuple[Ints, tuple[Ints, Ints] | None]:
        """Take the services of another counter; their places here, and what their first weights differ by from ours."""
        n_own = len(self.names)
        places = self._places(tuple(other.names), np.ones(len(other.names), dtype=bool))
        for (service, stratum), n_cases in other.strata.items():
            self.strata[int(places[service]), stratum] += n_cases
        if other.first is None:
            return places, None
        self._grow(places, other.first, n_own)
        more = tuple(theirs - own[places] for theirs, own in zip(other.first, self.first, strict=True))
        self.varies[places] |= other.varies | (more[0] != 0) | (more[1] != 0)
        return places, more

    def _places(self, names: tuple[str, ...], seen: np.ndarray) -> Ints:
        """Place of each name, -1 where it is not seen."""
        if self._last[0] == names and (self._last[1][seen] >= 0).all():
            return self._last[1]
        for place in np.flatnonzero(seen).tolist():
            if names[place] not in self._place:
                self._place[names[place]] = len(self.names)
                self.names.append(names[place])
        self._last = (names, np.array([self._place.get(name, -1) for name in names], dtype=np.int64))
        return self._last[1]

    def _count_strata(self, service: Ints, cases: Coded) -> None:
        names = cases.strata if cases.stratum is not None else (EVERYONE,)
        stratum = np.zeros(1, dtype=np.int64) if cases.stratum is None else cases.stratum
        sizes, size = [None], np.zeros(1, dtype=np.int64)
        if cases.services_in_stratum is not None:
            found, size = np.unique(cases.services_in_stratum, return_inverse=True)
            sizes = found.tolist()
        key = (service * len(names) + stratum) * len(sizes) + size
        counts = np.bincount(key)
        for one in np.flatnonzero(counts).tolist():
            of, n = divmod(one, len(sizes))
            self.strata[of // len(names), (names[of % len(names)], sizes[n])] += int(counts[one])

    def _differences(self, service: Ints, weight: np.ndarray) -> tuple[Ints, Ints] | None:
        n_own = 0 if self.first is None else len(self.first[0])
        whole = split_weight(weight)
        self._grow(service, whole, n_own)
        more = tuple(own - first[service] for own, first in zip(whole, self.first, strict=True))
        differs = (more[0] != 0) | (more[1] != 0)
        if not differs.any():
            return None
        self.varies[service[differs]] = True
        return more

    def _grow(self, places: Ints, weights: tuple[Ints, Ints], n_own: int) -> None:
        """Take the first weight of each service that had none."""
        if self.first is not None and len(self.names) == n_own:
            return
        new, row = np.unique(places, return_index=True)
        row, new = row[new >= n_own], new[new >= n_own]
        none = np.zeros(0, dtype=np.int64)
        first = self.first or (none, none)
        grown = []
        for own, told in zip(first, weights, strict=True):
            longer = np.zeros(len(self.names), dtype=np.int64)
            longer[: len(own)] = own
            longer[new] = told[row]
            grown.append(longer)
        self.first = (grown[0], grown[1])
        varies = np.zeros(len(self.names), dtype=bool)
        varies[: len(self.varies)] = self.varies
        self.varies = varies
