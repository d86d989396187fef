"""Combinations that are not listed: what numbers, factors and pairs together say of each of them.

With k factors there are 2 to the k combinations. All of them are unknowns of one linear programme for each subgroup; a
combination that some solution does without is not known to occur, so few of them need to be bounded one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations as subsets

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from desistance.attack.account import Breach
from desistance.attack.errors import AttackError
from desistance.attack.knowledge import UNKNOWN, Knowledge
from desistance.attack.solving import Clock
from desistance.attack.system import Key, Matrix
from desistance.attack.together import combined_factors, combined_places, complete_key

MOST_FACTORS = 10
_ROUNDING = 1e-6
_ROUNDS = 8


@dataclass(frozen=True)
class Cells:
    """All combinations of one subgroup: the sums of them that are known, and which are listed."""

    place: tuple[str, str]
    names: list[str]
    rows: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def least(self, objective: NDArray[np.float64]) -> NDArray[np.float64]:
        """A solution with the least ``objective @ x``.

        Raises
        ------
        AttackError
            No combinations agree with what is published.
        """
        result = linprog(
            objective,
            A_ub=np.vstack([self.rows, -self.rows]),
            b_ub=np.concatenate([self.high, -self.low]),
            bounds=(0, None),
            method="highs",
        )
        if result.status == 2:
            raise AttackError(
                f"numbers of factors, pairs and combinations of {', '.join(self.place)} contradict each other; "
                "two tables are not of the same records"
            )
        return np.zeros(len(objective)) if result.x is None else result.x


def combination_breaches(known: Knowledge, matrix: Matrix, clock: Clock) -> tuple[list[Breach], list[str]]:
    """Combinations that are known to occur, and seldom; and what was not tried."""
    factors = combined_factors(known)[0]
    places = [place for place in combined_places(known) if place[1] != UNKNOWN]
    if not factors or not (known.published.rows("pairs") or known.published.rows("combinations")):
        return [], []
    if len(factors) > MOST_FACTORS:
        return [], [f"single combinations of {len(factors)} factors, of which there are too many"]
    breaches: list[Breach] = []
    for number, place in enumerate(places):
        if clock.left() == 0:
            return breaches, [f"single combinations in {len(places) - number} subgroups, for want of time"]
        cells = _cells(known, matrix, factors, place)
        breaches += _breaches(known, factors, cells)
    return breaches, []


def _cells(known: Knowledge, matrix: Matrix, factors: list[str], place: tuple[str, str]) -> Cells:
    has = np.array(
        [[code >> bit & 1 for bit in range(len(factors))] for code in range(2 ** len(factors))], dtype=bool
    )
    names = ["+".join(np.array(factors)[one]) for one in has]
    sums: list[tuple[Key, NDArray[np.bool_]]] = [(complete_key(known, *place), np.ones(len(has), dtype=bool))]
    size = has.sum(axis=1)
    sums += [(("number", *place, str(count)), size == count) for count in range(len(factors) + 1)]
    sums += [(("first", *place, factor), has[:, bit]) for bit, factor in enumerate(factors)]
    sums += [
        (("both", *place, factors[one], factors[other]), has[:, one] & has[:, other])
        for one, other in subsets(range(len(factors)), 2)
    ]
    sums += [
        (("combination", *place, name), np.arange(len(names)) == code) for code, name in enumerate(names)
    ]
    told = [(matrix.range_of(key), inside) for key, inside in sums if key in matrix.index]
    ends = np.array([one for one, _ in told], dtype=float)
    return Cells(place, names, np.array([inside for _, inside in told], dtype=float), ends[:, 0], ends[:, 1])


def _breaches(known: Knowledge, factors: list[str], cells: Cells) -> Iterator[Breach]:
    """Unlisted combinations of which there must be some, but only a few."""
    listed = {key for key in known.sightings if key[0] == "combination"}
    # None and all of the factors are numbers of factors too, and are bounded with these.
    ends = {"", "+".join(factors)}
    open_ = np.array(
        [name not in ends and ("combination", *cells.place, name) not in listed for name in cells.names],
        dtype=bool,
    )
    for _ in range(_ROUNDS):
        before = open_.copy()
        open_ &= cells.least(open_.astype(float)) > _ROUNDING
        if not open_.any() or (open_ == before).all():
            break
    for code in np.flatnonzero(open_):
        objective = np.zeros(len(cells.names))
        objective[code] = 1.0
        low = int(np.ceil(cells.least(objective)[code] - _ROUNDING))
        if low < 1:
            continue
        high = int(np.floor(cells.least(-objective)[code] + _ROUNDING))
        if not known.rules.wide(low, high) and known.rules.all_unsafe(low, high):
            key = ("combination", *cells.place, cells.names[code])
            where = f"combinations.csv: {', '.join(cells.place)}, {cells.names[code]} (not listed)"
            yield Breach("combination", where, key, ("number_of_factors", "pair", "combination"))
