"""What a reader with a solver can find out: bounds of hidden counts, by whole-number programming.

A reader knows every shown count, every relation and that counts are whole numbers of nought or more. What is left
falls into parts that have nothing to do with each other. In a part, a *move* is how far each count lies from its
true value in some solution that the reader cannot exclude. Moves are short and many: one large solution is cut into
the moves it consists of, and each is kept as a witness, so that a witness stays good while none of its counts is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from desistance.disclosure.system import System
from desistance.errors import ReleaseError

FOUND, LIMIT, IMPOSSIBLE = 0, 1, 2
WHOLE = 1e-6
REGION = 200  # counts near one of a large part that are tried first
SWEEPS = 3
FEW = 12  # narrow counts that are proved one by one where a first failure decides
LEAST_GAIN = 2  # counts that a further sweep should prove
SEED = 1
NODES = 100  # of one search; a count not proved by then is taken to be narrow
NEAR_COST = 1e-3  # of moving a count that is hidden already; keeps moves short


class OutOfTime(Exception):  # noqa: N818 - a signal within the room, not an error
    """The time limit was reached before an answer was there."""


@dataclass(frozen=True)
class Part:
    """Counts that a reader does not know and that hang together.

    counts
        Their places in the system, ascending, shape (k,).
    relations
        What holds between them, shape (r, k); a move times it is nought.
    values
        The true counts, shape (k,).
    ceiling
        No count is taken to be larger than this.
    """

    counts: np.ndarray
    relations: csc_array
    values: np.ndarray
    ceiling: int

    def place(self, count: int) -> int:
        """Where a count of the system stands in the part."""
        return int(np.searchsorted(self.counts, count))


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
        touched = _columns(self._columns, counts)
        broken = (np.abs(steps - whole) > WHOLE) | (self._values[counts] + whole < 0)
        broken |= (np.abs(touched).T @ np.abs(touched @ whole)) > 0
        for group in _groups(touched):
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


def bounds(
    system: System, hidden: np.ndarray, which: np.ndarray, *, time_limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value that a reader cannot exclude, exactly, by whole-number programming.

    Parameters
    ----------
    system
        All counts and relations.
    hidden
        Which counts are hidden, shape (n,); of these only printed ones matter.
    which
        Counts that are asked for, shape (n,), true or false.
    time_limit
        Seconds for all of them.

    Returns
    -------
    Lows and highs, shape (n,); of counts not asked for, and of those a reader knows, the true count. A count without
    any limit gets a high that is more than twice the largest count.

    Raises
    ------
    ReleaseError
        The time limit was reached.
    """
    deadline = monotonic() + time_limit
    lows, highs = (np.array(system.values, dtype=np.int64) for _ in range(2))
    try:
        for part in free_parts(system, hidden):
            for count in part.counts[np.asarray(which, dtype=bool)[part.counts]]:
                place = part.place(count)
                lows[count] = _extreme(part, place, 1, deadline)
                highs[count] = _extreme(part, place, -1, deadline)
    except OutOfTime:
        raise ReleaseError(
            f"hidden counts could not be bounded within {time_limit:g} seconds; allow more time, or leave a "
            "breakdown out so that there are fewer"
        ) from None
    return lows, highs


def _extreme(part: Part, place: int, sign: int, deadline: float) -> int:
    costs = np.zeros(len(part.counts))
    costs[place] = sign
    truth = part.relations @ part.values
    result = solved(
        costs,
        part.relations,
        truth,
        truth,
        np.zeros_like(costs),
        part.ceiling,
        deadline,
        whole=True,
        nodes=None,
    )
    return round(result.x[place])


def free_parts(system: System, hidden: np.ndarray) -> list[Part]:
    """Counts that a reader can not simply work out from one relation after the other, in connected parts."""
    free = ~system.fixed & (hidden | ~system.printed)
    relations = csr_array(system.relations)
    return parts_of(system, _not_determined(relations, free))


def parts_of(system: System, free: np.ndarray) -> list[Part]:
    """Parts that some counts fall into if all others are known; in the order of their first counts."""
    counts = np.flatnonzero(free)
    columns = _columns(csc_array(system.relations), counts)
    return [_part(system, counts[group], columns[:, group]) for group in _groups(columns)]


def whole_part(system: System, counts: np.ndarray) -> Part:
    """Some counts as one part, all others taken as known."""
    return _part(system, counts, _columns(csc_array(system.relations), counts))


def _part(system: System, counts: np.ndarray, columns: csc_array) -> Part:
    ceiling = 2 * int(np.max(system.values, initial=0)) + 100
    return Part(counts, _compact(columns), np.asarray(system.values)[counts].astype(np.int64), ceiling)


def _not_determined(relations: csr_array, free: np.ndarray) -> np.ndarray:
    pattern = csr_array((np.ones(relations.nnz), relations.indices, relations.indptr), shape=relations.shape)
    transposed = csr_array(pattern.T)
    free = free.copy()
    while True:
        lonely = (pattern @ free.astype(float)) == 1
        known = free & ((transposed @ lonely.astype(float)) > 0)
        if not known.any():
            return free
        free &= ~known


def _columns(columns: csc_array, counts: np.ndarray) -> csc_array:
    return _compact(columns[:, counts])


def _compact(columns: csc_array) -> csc_array:
    columns = csc_array(columns)
    rows, places = np.unique(columns.indices, return_inverse=True)
    return csc_array((columns.data, places.reshape(-1), columns.indptr), shape=(len(rows), columns.shape[1]))


def _groups(columns: csc_array) -> list[np.ndarray]:
    """Columns that share rows, directly or through others; in the order of their first columns."""
    n_rows, n = columns.shape
    places = coo_array(columns)
    graph = csr_array((np.ones(columns.nnz), (places.col, n + places.row)), shape=(n + n_rows, n + n_rows))
    labels = connected_components(graph, directed=False)[1][:n]
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if n else []
    return sorted(groups, key=lambda group: group[0])


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


def narrow_counts(
    system: System,
    hidden: np.ndarray,
    needed: np.ndarray,
    width: int,
    found: Witnesses,
    deadline: float,
    *,
    one_is_enough: bool = False,
) -> np.ndarray:
    """Counts that a reader could narrow to less than `width` between lowest and highest; proofs go to `found`.

    Parameters
    ----------
    system
        All counts and relations.
    hidden
        Which counts are hidden, shape (n,).
    needed
        Which counts must be wide, shape (n,).
    width
        Highest less lowest that each must keep.
    found
        Witnesses so far, all of them for these hidden counts; more are added.
    deadline
        When to give up, as `time.monotonic` counts.
    one_is_enough
        Whether to stop at the first narrow count; the others are then not proved wide, and are returned too.

    Returns
    -------
    Places of the narrow ones in the system, ascending.
    """
    narrow = needed & (found.widths < width)
    if not narrow.any():
        return np.flatnonzero(narrow)
    for part in free_parts(system, hidden):
        if narrow[part.counts].any() and not _prove(part, needed, width, found, deadline, one_is_enough):
            break
    return np.flatnonzero(needed & (found.widths < width))


def _prove(
    part: Part, needed: np.ndarray, width: int, found: Witnesses, deadline: float, one_is_enough: bool
) -> bool:
    """Prove what can be proved; False where it stopped at a narrow count because one is enough."""
    few = FEW if one_is_enough else 3
    for whole in (False, True):
        _sweep_on(part, needed, width, found, deadline, few=few, whole=whole)
    for place in _narrow_places(part, needed, width, found):
        count = part.counts[place]
        if found.widths[count] < width:
            any(_prove_one(region, count, width, found, deadline) for region in _regions(part, place))
            if one_is_enough and found.widths[count] < width:
                return False
    return True


def _sweep_on(
    part: Part, needed: np.ndarray, width: int, found: Witnesses, deadline: float, *, few: int, whole: bool
) -> None:
    """Move many narrow counts at once, up and down as it falls, until that gains little."""
    rng = np.random.default_rng(SEED)
    for turn in range(SWEEPS):
        places = _narrow_places(part, needed, width, found)
        if len(places) < few:
            return
        signs = np.full(len(places), 1 - 2 * turn) if turn < 2 else rng.choice((-1, 1), len(places))
        _sweep_all(part, places, width, signs, found, deadline, whole=whole)
        if turn > 2 and len(_narrow_places(part, needed, width, found)) > len(places) - LEAST_GAIN:
            return


def _prove_one(part: Part, count: int, width: int, found: Witnesses, deadline: float) -> bool:
    """Whether a count is wide in fractions at least; what is found in whole numbers goes to the witnesses."""
    moves = slide(part, part.place(count), width, np.ones(len(part.counts)), deadline)
    if moves is None:
        return False
    for move in moves:
        found.add(part.counts, move)
    if found.widths[count] < width:
        used = (np.abs(moves[0]) + np.abs(moves[1])) > WHOLE
        near = part if len(part.counts) <= REGION else within(part, _grown(part, used))
        for region in (near, part) if near is not part else (part,):
            for move in whole_slide(region, region.place(count), width, deadline) or ():
                found.add(region.counts, move)
            if found.widths[count] >= width:
                break
    return True


def _grown(part: Part, inside: np.ndarray) -> np.ndarray:
    pattern = abs(part.relations)
    return inside | ((pattern.T @ (pattern @ inside.astype(float))) > 0)


def within(part: Part, inside: np.ndarray) -> Part:
    """Some counts of a part, all others taken as known."""
    near = np.flatnonzero(inside)
    return Part(part.counts[near], _columns(part.relations, near), part.values[near], part.ceiling)


def _regions(part: Part, place: int) -> Iterator[Part]:
    """What is near a count, if the part is large, then all of it: what lies farther off need not move."""
    if len(part.counts) > 2 * REGION:
        inside = np.arange(len(part.counts)) == place
        while np.count_nonzero(inside) < REGION:
            inside = _grown(part, inside)
        yield within(part, inside)
    yield part


def _narrow_places(part: Part, needed: np.ndarray, width: int, found: Witnesses) -> np.ndarray:
    return np.flatnonzero((needed & (found.widths < width))[part.counts])


def _sweep_all(
    part: Part,
    places: np.ndarray,
    width: int,
    signs: np.ndarray,
    found: Witnesses,
    deadline: float,
    *,
    whole: bool,
) -> None:
    counts = part.counts[places]
    edges = np.where(signs > 0, found.lows[counts] + width, np.maximum(found.highs[counts] - width, 0))
    targets = edges - part.values[places]
    useful = targets * signs > 0
    if not useful.any():
        return
    move = sweep(part, places[useful], targets[useful], deadline, whole=whole)
    if move is not None:
        found.add(part.counts, move)
