"""Which combinations must stay out of the list for the sake of others.

A reader knows how many cases have each number of factors, each factor and each two of them, takes away what is listed,
and has as many equations for what is left as at the start: the fewer are left, the more these tell of each.
"""

from __future__ import annotations

from math import inf

import numpy as np
from scipy.sparse import csc_array

from desistance.disclosure.moves import slide, solved
from desistance.disclosure.parts import Part, within

NEAR = 1e-3  # of moving a combination without a place; keeps moves short
TURNS = 4  # directions that widen nothing, before counts are looked at one by one; one of them is down
SEED = 1
ROUNDING = 1e-6


class _Reach:
    """How low and how high each count was in any solution so far, fractions and all; shape (n,)."""

    def __init__(self, values: np.ndarray, width: int):
        self._values = values
        self.width = width
        self._ends = np.array([values, values], dtype=float)

    def add(self, counts: np.ndarray, steps: np.ndarray) -> None:
        """Take in a solution, by how far each of some counts lies from its true value there."""
        there = self._values[counts] + steps
        self._ends[0, counts] = np.minimum(self._ends[0, counts], there)
        self._ends[1, counts] = np.maximum(self._ends[1, counts], there)

    @property
    def _whole(self) -> np.ndarray:
        low, high = self._ends
        return np.array([np.ceil(low - ROUNDING), np.floor(high + ROUNDING)])

    @property
    def narrow(self) -> np.ndarray:
        """Whether there are too few whole numbers between lowest and highest, shape (n,)."""
        low, high = self._whole
        return high - low < self.width

    def enough(self, counts: np.ndarray) -> np.ndarray:
        """How high each of some counts must go to be wide."""
        return self._whole[0, counts] + self.width


def left_out(
    sums: np.ndarray, values: np.ndarray, *, listed: np.ndarray, unsafe: np.ndarray, width: int
) -> np.ndarray:
    """Combinations without a place, so many that none can be narrowed.

    Parameters
    ----------
    sums
        Which combinations each known sum is of, shape (n_sums, n), true or false.
    values
        Cases with each combination, shape (n,).
    listed
        Those that could have a place, shape (n,).
    unsafe
        Those that must not be found out, shape (n,); none of them is listed.
    width
        Highest less lowest, in whole numbers, that each unsafe one, and each that is left out for it, must keep.

    Returns
    -------
    Shape (n,), true or false; those that are left out are the smaller ones where there is a choice. For an unsafe one
    that seems to stay narrow if all are left out, none is: that is for the attack to find. Bounds are those of linear
    programmes, as the attack's are.
    """
    ceiling = 2 * int(values.max(initial=0)) + 100
    part = Part(np.arange(len(values)), csc_array(sums.astype(float)), values, ceiling)
    costs = 1 + np.log2(1 + values)
    without = _Reach(values, width)
    _sweep(part, unsafe, without)
    hidden, needed, reach = ~listed, unsafe & ~without.narrow, _Reach(values, width)
    while True:
        _sweep(within(part, hidden), needed, reach)
        narrow = np.flatnonzero(needed & reach.narrow)
        if not len(narrow):
            return hidden
        for place in narrow:
            used = _moved(part, int(place), np.where(hidden, NEAR, costs), reach) & ~hidden
            needed[place] = not reach.narrow[place]
            hidden, needed = hidden | used, needed | used


def _sweep(part: Part, needed: np.ndarray, reach: _Reach) -> None:
    """Corners of what is possible, in chance directions, while these widen some counts."""
    rng = np.random.default_rng(SEED)
    truth = part.relations @ part.values
    turn = idle = 0
    while idle < TURNS and (needed & reach.narrow).any():
        places = np.flatnonzero((needed & reach.narrow)[part.counts])
        costs, most = np.zeros(len(part.counts)), np.full(len(part.counts), float(part.ceiling))
        # Most counts are small, and soon nought in some corner: then they must go up, and none higher than it needs.
        costs[places] = rng.uniform(size=len(places)) * (-1 if turn % TURNS else 1)
        most[places] = reach.enough(part.counts[places])
        corner = solved(costs, part.relations, truth, truth, np.zeros_like(costs), most, inf, whole=False).x
        reach.add(part.counts, corner - part.values)
        left = np.count_nonzero((needed & reach.narrow)[part.counts])
        turn, idle = turn + 1, idle + 1 if left == len(places) else 0


def _moved(part: Part, place: int, slopes: np.ndarray, reach: _Reach) -> np.ndarray:
    """What moves, at the least cost, for one count to be wide; nothing where it cannot be."""
    moved = np.zeros(len(part.counts), dtype=bool)
    # As far apart as whole numbers must be, fractions may have one whole number too few between them.
    for further in (0, 1):
        moves = slide(part, place, reach.width + further, slopes, inf) if reach.narrow[place] else None
        for move in moves or ():
            reach.add(part.counts, move)
            moved |= np.abs(move) > ROUNDING
    return moved
