"""A book of counts: entered one by one with all that is known of them, checked, and made one system of equations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log2

import numpy as np
from scipy.sparse import csr_array

from desistance.disclosure.policy import Policy
from desistance.disclosure.system import Key, System
from desistance.errors import ReleaseError
from desistance.study import EVERYONE

# What a count costs, by its kind, beside one of cases that say yes.
COSTS = {
    "base": 1.6,
    "known": 1.6,
    "factors": 3.0,
    "combination": 0.5,
    "service base": 0.3,
    "service yes": 0.3,
    "both": 0.7,
}


def cost_of(key: Key, value: int, *, uses: int, breakdown: bool) -> float:
    """What hiding a count costs.

    Small counts cost least, since they say least: 1 + log2(1 + count), and nought as much as 8, because a reader asks
    what is hidden there. Twenty times as much for everyone, twice for a breakdown, of which more is told than of a
    band; bases more than what stands on them (`COSTS`); four times as much and more where claims use it.
    """
    size = 1 + log2(1 + (value or 8))
    everyone = 20.0 if EVERYONE in key[1:] and key[0] not in ("combination", "both") else 1.0
    used = 1.0 if uses == 0 else 10.0 + 2.0 * uses
    return size * COSTS.get(key[0], 1.0) * everyone * (2.0 if breakdown else 1.0) * used


@dataclass
class Book:
    """Counts and relations as they are entered; `uses` says how often claims look at a count."""

    policy: Policy
    uses: Mapping[Key, int] = field(default_factory=dict)
    breakdowns: frozenset[str] = frozenset()
    place: dict[Key, int] = field(default_factory=dict)
    values: list[int] = field(default_factory=list)
    printed: list[bool] = field(default_factory=list)
    fixed: list[bool] = field(default_factory=list)
    unsafe: list[bool] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    terms: list[dict[int, int]] = field(default_factory=list)

    def __contains__(self, key: Key) -> bool:
        return key in self.place

    def value(self, key: Key) -> int:
        """A count that was entered."""
        return self.values[self._at(key)]

    def _at(self, key: Key) -> int:
        if key not in self.place:
            raise ReleaseError(
                f"{_said(key)} is part of other counts and stands in no table, so nothing is released; "
                "make the findings again"
            )
        return self.place[key]

    def is_unsafe(self, key: Key) -> bool:
        """Whether a count that was entered is unsafe so far."""
        return self.unsafe[self.place[key]]

    def enter(
        self, key: Key, value: float, *, printed: bool = False, fixed: bool = False, unsafe: bool = False
    ) -> Key:
        """Enter a count, or say more of one that is there.

        Raises
        ------
        ReleaseError
            It is no count of cases, or the same count stood with another value elsewhere.
        """
        if not (value >= 0 and value == int(value)):
            raise ReleaseError(
                f"{_said(key)} is no count of cases, nought or more; the tables contradict each other or are spoilt, "
                "so nothing is released; make the findings again"
            )
        place = self.place.setdefault(key, len(self.values))
        if place == len(self.values):
            self.values.append(int(value))
            for known in (self.printed, self.fixed, self.unsafe):
                known.append(False)
        if self.values[place] != value:
            raise ReleaseError(
                f"{_said(key)} stands in two tables with different values, so nothing is released; "
                "make the findings again"
            )
        self.printed[place] |= printed
        self.fixed[place] |= fixed
        self.unsafe[place] |= unsafe
        return key

    def relate(self, name: str, total: Iterable[Key], parts: Iterable[Key]) -> None:
        """Enter a relation: the counts of `total`, each once for each time it is named, add up to those of `parts`.

        Raises
        ------
        ReleaseError
            They do not.
        """
        terms: dict[int, int] = {}
        for sign, keys in ((1, total), (-1, parts)):
            for key in keys:
                place = self._at(key)
                terms[place] = terms.get(place, 0) + sign
        self._add(name, terms)

    def weigh(self, name: str, total: Mapping[Key, int], parts: Mapping[Key, int]) -> None:
        """The same with a number of times for each count."""
        terms: dict[int, int] = {}
        for sign, counts in ((1, total), (-1, parts)):
            for key, times in counts.items():
                place = self._at(key)
                terms[place] = terms.get(place, 0) + sign * times
        self._add(name, terms)

    def _add(self, name: str, terms: Mapping[int, int]) -> None:
        terms = {place: times for place, times in terms.items() if times}
        if sum(times * self.values[place] for place, times in terms.items()):
            raise ReleaseError(
                f"counts that belong together do not agree ({name}), so nothing is released; make the findings again"
            )
        if terms:
            self.names.append(name)
            self.terms.append(dict(terms))

    def rest(
        self, name: str, total: Key, parts: Iterable[Key], rest: Key, *, unsafe: bool | None = None
    ) -> Key:
        """Enter what is left of a count besides some of its parts, and the relation; by the rule it may be unsafe.

        Raises
        ------
        ReleaseError
            The parts are more than the whole.
        """
        parts = list(parts)
        left = self.value(total) - sum(map(self.value, parts))
        if left < 0:
            raise ReleaseError(
                f"parts are more than the whole ({name}), so nothing is released; make the findings again"
            )
        self.enter(rest, left, unsafe=self.policy.is_unsafe(left) if unsafe is None else unsafe)
        self.relate(name, [total], [*parts, rest])
        return rest

    def enter_part(self, key: Key, value: float, base: Key, remains: Key, *, printed: bool = True) -> Key:
        """Enter a count that is part of a base, and what remains of that; each is unsafe by the rule."""
        size = self.value(base)
        self.enter(key, value, printed=printed, unsafe=self.is_unsafe_part(value, size))
        return self.enter_remains(key, base, remains)

    def enter_remains(self, key: Key, base: Key, remains: Key, *, unsafe: bool | None = None) -> Key:
        """Enter what remains of a base without a part that stands in the book; by the rule it may be unsafe."""
        size = self.value(base)
        name = f"what remains of {_said(base)} without {_said(key)}"
        by_rule = self.is_unsafe_part(size - self.value(key), size)
        return self.rest(name, base, [key], remains, unsafe=by_rule if unsafe is None else unsafe)

    def is_unsafe_part(self, count: float, base: int) -> bool:
        """Whether a part of a base is unsafe: by itself, or because the base is small. Of nobody there is none."""
        return base > 0 and (base < self.policy.smallest_base or self.policy.is_unsafe(int(count)))

    def at_least(self, key: Key, n_services: float) -> None:
        """Enter that each of some services has one case of a count at least, and none that it is nought."""
        n_services = int(n_services)
        if n_services:
            constant = self.enter(("services", str(n_services)), n_services, fixed=True)
            name = f"at least one of {_said(key)} in each service"
            self.rest(name, key, [constant], ("more than services", *key), unsafe=False)
        elif self.policy.zeros == "shown":
            self.enter(key, 0, fixed=True)
        else:
            self.rest(f"any of {_said(key)}", key, [], ("any of", *key), unsafe=False)

    def system(self) -> System:
        """All that was entered.

        Raises
        ------
        ReleaseError
            A printed count that stands in no relation and is not known to be nought anyway.
        """
        related = {place for terms in self.terms for place in terms}
        for key, place in self.place.items():
            if self.printed[place] and not self.fixed[place] and place not in related:
                raise ReleaseError(
                    f"{_said(key)} would be published, and nothing says how it hangs together with other counts; "
                    "leave its table out or teach the release what it is (disclosure)"
                )
        fixed = np.array(self.fixed, dtype=bool)
        return System(
            keys=tuple(self.place),
            values=np.array(self.values, dtype=np.int64),
            printed=np.array(self.printed, dtype=bool),
            fixed=fixed,
            unsafe=np.array(self.unsafe, dtype=bool) & ~fixed,
            harmless=np.array([self._is_harmless(key) for key in self.place], dtype=bool),
            weights=np.array([self._weight(key, place) for key, place in self.place.items()], dtype=float),
            relations=self._matrix(),
            names=tuple(self.names),
        )

    def _is_harmless(self, key: Key) -> bool:
        return key[0] == "missing" and self.policy.missing == "shown" and not self.unsafe[self.place[key]]

    def _weight(self, key: Key, place: int) -> float:
        inside = not self.breakdowns.isdisjoint(key[1:])
        return cost_of(key, self.values[place], uses=self.uses.get(key, 0), breakdown=inside)

    def _matrix(self) -> csr_array:
        rows = np.repeat(np.arange(len(self.terms)), [len(terms) for terms in self.terms])
        columns = np.array([place for terms in self.terms for place in terms], dtype=np.int64)
        times = np.array([times for terms in self.terms for times in terms.values()], dtype=np.int64)
        return csr_array((times, (rows, columns)), shape=(len(self.terms), len(self.values)))


def _said(key: Key) -> str:
    return " ".join(part or "not known" for part in key)
