"""Moves of hidden counts: found by linear and whole-number programming, checked, and kept as witnesses.

A *move* is how far each count lies from its true value in some solution that a reader cannot exclude. Moves are short
and many: one large solution is cut into the moves it consists of, and each is kept as a witness, so that a witness
stays good while none of its counts is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, csc_array

from desistance.disclosure.parts import Part, columns_of, connected_columns
from desistance.disclosure.system import System

LIMIT = 1  # what the solver says where a limit stopped it
WHOLE = 1e-6
NODES = 100  # of one search; a count not proved by then is taken to be narrow
NEAR_COST = 1e-3  # of moving a count that is hidden already; keeps moves short


class OutOfTime(Exception):  # noqa: N818 - a signal within the room, not an error
    """The time limit was reached before an answer was there."""


@dataclass(frozen=True)
class Move:
    """How far each of some counts lies from its true value in a solution that a reader cannot exclude."""

    counts: np.ndarray
    steps: np.ndarray


class Witnesses:
    """Moves found so far, and how low and high each count was in any of them.

    `lows` and `highs`, shape (n,), are bounds that a reader cannot narrow; they start at the true counts. Every
    move is checked, in whole numbers, before it counts.
    """

    def __init__(self, system: System):
        self._values = np.asarray(system.values, dtype=np.int64)
        self._columns = csc_array(system.relations).astype(np.int64)
        self._moves: dict[int, Move] = {}
        self._added = 0
        self._of_count: dict[int, dict[int, int]] = {}
        self.lows = self._values.copy()
        self.highs = self._values.copy()

    @property
    def widths(self) -> np.ndarray:
        """Highest less lowest, shape (n,)."""
        return self.highs - self.lows

    def add(self, counts: np.ndarray, steps: np.ndarray) -> None:
        """Keep those of the moves that a solution consists of which are whole numbers and hold exactly."""
        moved = np.flatnonzero(np.abs(steps) > WHOLE)
        if not len(moved):
            return
        counts, steps = counts[moved], steps[moved]
        whole = np.rint(steps).astype(np.int64)
        touched = columns_of(self._columns, counts)
        broken = (np.abs(steps - whole) > WHOLE) | (self._values[counts] + whole < 0)
        broken |= (np.abs(touched).T @ np.abs(touched @ whole)) > 0
        for group in connected_columns(touched):
            if not broken[group].any():
                self._keep(Move(counts[group], whole[group]))

    def _keep(self, move: Move) -> None:
        name = self._added
        self._added += 1
        self._moves[name] = move
        for count, step in zip(move.counts.tolist(), move.steps.tolist(), strict=True):
            self._of_count.setdefault(count, {})[name] = step
        places = self._values[move.counts] + move.steps
        self.lows[move.counts] = np.minimum(self.lows[move.counts], places)
        self.highs[move.counts] = np.maximum(self.highs[move.counts], places)

    def forget(self, counts: Iterable[int]) -> list[Move]:
        """Drop every move of these counts, as if they were shown, and return what was dropped."""
        names = sorted({name for count in counts for name in self._of_count.get(count, ())})
        dropped = [self._moves.pop(name) for name in names]
        touched = set()
        for name, move in zip(names, dropped, strict=True):
            for count in move.counts.tolist():
                del self._of_count[count][name]
                touched.add(count)
        for count in touched:
            steps = self._of_count[count].values()
            self.lows[count] = self._values[count] + min(0, *steps, 0)
            self.highs[count] = self._values[count] + max(0, *steps, 0)
        return dropped

    def restore(self, moves: list[Move]) -> None:
        """Take back what was dropped."""
        for move in moves:
            self._keep(move)


def solved(costs, matrix, least, most, lower, upper, deadline, *, whole, nodes=NODES) -> OptimizeResult:
    """Cheapest solution; of an impossible problem `x` is None."""
    left = deadline - monotonic()
    if left <= 0:
        raise OutOfTime
    options = {"time_limit": left, "mip_rel_gap": 1e-6} | ({"node_limit": nodes} if whole and nodes else {})
    result = milp(
        costs,
        constraints=LinearConstraint(matrix, least, most) if matrix.shape[0] else None,
        bounds=Bounds(lower, upper),
        integrality=np.ones(len(costs)) if whole else None,
        options=options,
    )
    if result.status == LIMIT and monotonic() >= deadline:
        raise OutOfTime
    return result


def slide(
    part: Part, place: int, width: int, slopes: np.ndarray, deadline: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Two moves, the cheapest there are, between which one count differs by `width` or more; None if there are none.

    Parameters
    ----------
    part
        Counts that may move.
    place
        The count that must, by its place in the part.
    width
        How far apart it must be.
    slopes
        What each step of each count costs, shape (k,).
    deadline
        When to give up, as `time.monotonic` counts.
    """
    n, m = len(part.counts), part.relations.shape[0]
    lone = coo_array(([1.0], ([0], [place])), shape=(1, n))
    matrix = _stacked(part.relations, lone, ((1, 0, 1), (0, 1, -1)))
    least = np.zeros(2 * m + 1)
    most = np.zeros(2 * m + 1)
    least[-1], most[-1] = width, np.inf
    costs = np.tile(slopes, 4)
    upper = np.tile(np.concatenate([part.ceiling - part.values, part.values]), 2)
    solution = solved(costs, matrix, least, most, np.zeros(4 * n), upper, deadline, whole=False).x
    if solution is None:
        return None
    return solution[:n] - solution[n : 2 * n], solution[2 * n : 3 * n] - solution[3 * n :]


def whole_slide(part: Part, place: int, width: int, deadline: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Two moves in whole numbers between which one count differs by `width` or more; None if none were found."""
    truth = part.relations @ part.values
    lower, upper = np.zeros(len(part.counts)), np.full(len(part.counts), float(part.ceiling))
    costs = np.zeros(len(part.counts))
    value = part.values[place]
    moves = []
    for sign in (-1, 1):
        costs[place] = -sign
        ends = lower.copy(), upper.copy()
        if sign < 0:
            ends[0][place] = max(0, value - width)
        else:
            ends[1][place] = min(part.ceiling, value + width)
        solution = solved(costs, part.relations, truth, truth, *ends, deadline, whole=True).x
        if solution is None:
            return None
        moves.append(solution - part.values)
    return (moves[0], moves[1]) if moves[1][place] - moves[0][place] > width - WHOLE else None


def _stacked(relations: csc_array, extra: coo_array, layout: tuple[tuple[int, int, int], ...]) -> csc_array:
    """Relations once for each move, its steps up and down apart, and below them rows that tie the moves together."""
    m, n = relations.shape
    inner = coo_array(relations)
    rows, columns, numbers = [], [], []
    for move, (_, _, sign) in enumerate(layout):
        for half, direction in enumerate((1, -1)):
            shift = (2 * move + half) * n
            rows += [inner.row + move * m, extra.row + len(layout) * m]
            columns += [inner.col + shift, extra.col + shift]
            numbers += [direction * inner.data, direction * sign * extra.data]
    shape = (len(layout) * m + extra.shape[0], 2 * len(layout) * n)
    return csc_array((np.concatenate(numbers), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def sweep(
    part: Part, places: np.ndarray, targets: np.ndarray, deadline: float, *, whole: bool = False
) -> np.ndarray | None:
    """One move in which as many counts as possible go far.

    Parameters
    ----------
    part
        Counts that may move.
    places
        Those that should, by their places in the part, shape (q,).
    targets
        How far up (over nought) or down (under nought) each should go, shape (q,).
    deadline
        When to give up, as `time.monotonic` counts.
    whole
        Whether the move must be in whole numbers.
    """
    n, q = len(part.counts), len(places)
    chosen = coo_array((np.sign(targets).astype(float), (np.arange(q), places)), shape=(q, n))
    moves = _stacked(part.relations, chosen, ((1, 0, 1),))
    m = part.relations.shape[0]
    reached = coo_array((np.full(q, -1.0), (m + np.arange(q), np.arange(q))), shape=(m + q, q))
    matrix = _beside(moves, reached)
    costs = np.concatenate([np.full(2 * n, NEAR_COST), np.full(q, -1.0)])
    upper = np.concatenate([part.ceiling - part.values, part.values, np.abs(targets)])
    least = np.zeros(m + q)
    most = np.concatenate([np.zeros(m), np.full(q, np.inf)])
    solution = solved(costs, matrix, least, most, np.zeros(2 * n + q), upper, deadline, whole=whole).x
    return None if solution is None else solution[:n] - solution[n : 2 * n]


def _beside(left: csc_array, right: coo_array) -> csc_array:
    right = csc_array(right)
    return csc_array(
        (
            np.concatenate([left.data, right.data]),
            np.concatenate([left.indices, right.indices]),
            np.concatenate([left.indptr, left.indptr[-1] + right.indptr[1:]]),
        ),
        shape=(left.shape[0], left.shape[1] + right.shape[1]),
    )
