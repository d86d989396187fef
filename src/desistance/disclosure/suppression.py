"""Which further counts are hidden so that no hidden one can be found out, at the least cost.

Counts fall into blocks that have nothing to do with each other. In each, narrow counts get the cheapest company there
is for them, one after the other (linear programmes), what turns out not to be needed is shown again, and in a small
block cuts from a reader's programmes lead to the cheapest pattern of all (Fischetti and Salazar's method). Every
width is proved by solutions in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_array, csr_array, eye_array, kron
from scipy.sparse.csgraph import connected_components, dijkstra

from desistance.disclosure.bounds import narrow_counts
from desistance.disclosure.moves import OutOfTime, Witnesses, slide, solved
from desistance.disclosure.parts import Part, parts_of, whole_part
from desistance.disclosure.system import Pattern, System
from desistance.errors import ReleaseError

DEAREST = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
REGIONS = (1200, 3000)
ROUNDS_UP_TO = 20_000  # counts; in a larger region the first answer is taken
SOME = 1e-6
MOST_MORE = 2  # times that fractions are asked for a wider move before all that is near is hidden
SURROUNDING = 6
MOST_TRIED = 60  # counts that are shown again for a trial, the dearest first
PROOF_SECONDS = 30.0  # for the proof of the coarse answer, after the time limit
AT_LARGE = 1500
EXACT_UP_TO = 120  # counts that may be hidden, in a block whose cheapest pattern is proved
MOST_CUTTING = 200
AT_ONCE = 40
CLOSE = 1e-6
ROUNDS = 2
NEAR = 1e-3


def _labels(rows: csr_array, kept: np.ndarray) -> np.ndarray:
    """Which part each count falls into when those not kept are known."""
    n_rows, n = rows.shape
    places = rows.tocoo()
    chosen = kept[places.col]
    ends = (places.col[chosen], n + places.row[chosen])
    graph = csr_array((np.ones(chosen.sum()), ends), shape=(n + n_rows, n + n_rows))
    return connected_components(graph, directed=False)[1][:n]


@dataclass(frozen=True)
class Block:
    """Counts that hang together, and what of them must be hidden whatever it costs."""

    system: System
    first: np.ndarray
    width: int

    @cached_property
    def pattern(self) -> tuple[csr_array, csr_array]:
        """Relations with ones for their numbers, and the same by count."""
        relations = csr_array(self.system.relations)
        rows = csr_array((np.ones(relations.nnz), relations.indices, relations.indptr), shape=relations.shape)
        return rows, csr_array(rows.T)

    @cached_property
    def can_hide(self) -> np.ndarray:
        """Printed counts that need not be hidden."""
        return self.system.printed & ~self.first

    def needed(self, hidden: np.ndarray) -> np.ndarray:
        """Counts that must be wide if these are hidden."""
        return self.system.unsafe | (hidden & ~self.system.harmless)

    def cost(self, hidden: np.ndarray) -> float:
        """Sum of the weights of what is hidden."""
        return float(self.system.weights[hidden].sum())

    @cached_property
    def _graph(self) -> csr_array:
        """Counts, then relations; each joined with those it stands in."""
        rows, columns = self.pattern
        return csr_array(block_array([[None, columns], [rows, None]]))

    def without_the_dear(self, hidden: np.ndarray, count: int, most: int) -> np.ndarray:
        """Counts that hang together with one when the dearest to hide stay shown: at most so many, or none."""
        charged = self.system.printed & ~hidden
        for share in DEAREST:
            dear = charged & (
                self.system.weights > np.quantile(self.system.weights[self.system.printed], share)
            )
            dear[count] = False
            labels = _labels(self.pattern[0], ~dear)
            region = np.flatnonzero((labels == labels[count]) & ~dear)
            if len(region) <= most:
                return region if len(region) > 1 else np.array([], dtype=int)
        return np.array([], dtype=int)

    def nearest(self, hidden: np.ndarray, count: int) -> np.ndarray:
        """Counts by how much must be hidden to get from one to them, the nearest first."""
        n = len(self.first)
        toll = np.where(self.system.printed & ~hidden, self.system.weights, NEAR)
        graph = self._graph
        ends = graph.indices
        tolls = np.where(ends < n, toll[np.minimum(ends, n - 1)], NEAR)
        paths = csr_array((tolls, ends, graph.indptr), shape=graph.shape)
        distances = dijkstra(paths, indices=count)[:n]
        order = np.argsort(distances, kind="stable")
        return order[np.isfinite(distances[order])]


@dataclass
class Solution:
    """A pattern of one block and the witnesses that prove it."""

    hidden: np.ndarray
    found: Witnesses
    optimal: bool = False
    coarse: bool = False


def suppress(
    system: System, *, candidates: int, time_limit: float, already: np.ndarray | None = None
) -> Pattern:
    """Cheapest set of printed counts to hide so that no hidden and no unsafe one can be narrowed.

    Parameters
    ----------
    system
        All counts and relations.
    candidates
        How many values each must keep: highest less lowest is at least `candidates - 1`.
    time_limit
        Seconds for the search. When they are over, the best proved pattern is given, and if there is none yet, every
        printed count of the block is hidden, if that can be proved safe in `PROOF_SECONDS`.
    already
        Counts to be hidden beside the unsafe ones, shape (n,).

    Returns
    -------
    Pattern
        Proved; `optimal` only where every block was small enough to be searched to the end.

    Raises
    ------
    ReleaseError
        A count could be found out even if everything were hidden, or nothing was proved safe in time.
    """
    deadline = monotonic() + time_limit
    first = system.unsafe & system.printed
    if already is not None:
        first = first | (already & system.printed)
    known = system.fixed | _forced(system)
    if (system.unsafe & known).any():
        raise _impossible(system, int(np.flatnonzero(system.unsafe & known)[0]))
    while True:
        try:
            return _pattern(system, first, known, candidates - 1, deadline)
        except StiffCount as found:
            # To hide it would hide nothing, so it stays shown, and the others are protected without it.
            known[found.count] = True


class StiffCount(Exception):  # noqa: N818 - a signal within the room, not an error
    """A count that need not be hidden cannot be hidden either: it would be known whatever else is."""

    def __init__(self, count: int):
        super().__init__(count)
        self.count = count


def _pattern(system: System, first: np.ndarray, known: np.ndarray, width: int, deadline: float) -> Pattern:
    hidden = first.copy()
    lows, highs = system.values.copy(), system.values.copy()
    optimal, coarse = True, False
    for part in parts_of(system, ~known):
        if not (first | system.unsafe)[part.counts].any():
            continue
        block = _block(system, part, first, width)
        try:
            solution = _solve(block, deadline)
        except StiffCount as found:
            raise StiffCount(int(part.counts[found.count])) from None
        hidden[part.counts] = solution.hidden
        needed = block.needed(solution.hidden)
        lows[part.counts[needed]] = solution.found.lows[needed]
        highs[part.counts[needed]] = solution.found.highs[needed]
        optimal &= solution.optimal
        coarse |= solution.coarse
    return Pattern(hidden, first, lows, highs, float(system.weights[hidden].sum()), optimal, coarse)


def _block(system: System, part: Part, first: np.ndarray, width: int) -> Block:
    counts = part.counts
    inner = System(
        keys=tuple(system.keys[count] for count in counts),
        values=part.values,
        printed=system.printed[counts],
        fixed=np.zeros(len(counts), dtype=bool),
        unsafe=system.unsafe[counts],
        harmless=system.harmless[counts],
        weights=system.weights[counts],
        relations=csr_array(part.relations),
        names=(),
    )
    return Block(inner, first[counts], width)


def _solve(block: Block, deadline: float) -> Solution:
    found = Witnesses(block.system)
    try:
        hidden = _repaired(block, block.first, found, deadline)
    except OutOfTime:
        return _coarse(block)
    solution = Solution(_thinned(block, hidden, found, deadline), found)
    try:
        return _searched(block, solution, deadline)
    except OutOfTime:
        return solution


def _repaired(block: Block, hidden: np.ndarray, found: Witnesses, deadline: float) -> np.ndarray:
    more = np.zeros(len(hidden), dtype=int)
    while True:
        narrow = narrow_counts(block.system, hidden, block.needed(hidden), block.width, found, deadline)
        if not len(narrow):
            return hidden
        for count in narrow:
            if found.widths[count] < block.width:
                hidden = _extended(block, hidden, count, found, deadline, more=int(more[count]))
        more[narrow] += 1


def _extended(
    block: Block, hidden: np.ndarray, count: int, found: Witnesses, deadline: float, *, more: int
) -> np.ndarray:
    if more > MOST_MORE:
        return _surrounded(block, hidden, count)
    for counts in _regions(block, hidden, count):
        part = whole_part(block.system, counts)
        best = _cheapest(block, hidden, part, count, deadline, more)
        if best is not None:
            for move in best:
                found.add(counts, move)
            used = np.zeros_like(hidden)
            used[counts] = (np.abs(best[0]) + np.abs(best[1])) > SOME
            return hidden | (used & block.system.printed)
    if more:
        return _surrounded(block, hidden, count)
    raise _refusal(block, count)


def _surrounded(block: Block, hidden: np.ndarray, count: int) -> np.ndarray:
    """Everything near a count that whole numbers narrow hidden too, up to the nearest that was not."""
    order = block.nearest(hidden, count)
    shown = order[(block.system.printed & ~hidden)[order]]
    if not len(shown):
        raise _refusal(block, count)
    grown = hidden.copy()
    grown[shown[:SURROUNDING]] = True
    return grown


def _forced(system: System) -> np.ndarray:
    """Counts that every reader knows to be nought: parts of what is known to be nought."""
    relations = csr_array(system.relations)
    up, down = relations.maximum(0), (-relations).maximum(0)
    forced = np.zeros(len(system.keys), dtype=bool)
    while True:
        free = (~system.fixed & ~forced).astype(float)
        left = relations @ (free * system.values)
        one_way = ((up @ free) == 0) | ((down @ free) == 0)
        known = (abs(relations).T @ (one_way & (left == 0)).astype(float)) > 0
        new = known & (free > 0)
        if not new.any():
            return forced
        forced |= new


def _refusal(block: Block, count: int) -> Exception:
    """What to raise for a count that cannot be made wide."""
    if block.first[count] or block.system.unsafe[count]:
        return _impossible(block.system, count)
    return StiffCount(count)


def _impossible(system: System, count: int) -> ReleaseError:
    return ReleaseError(
        f"the count {' '.join(system.keys[count])!r} could be found out even if every count connected with it "
        "were hidden; merge levels, leave the breakdown out, or choose a policy that asks for fewer candidates"
    )


def _regions(block: Block, hidden: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """Counts among which company for one is looked for: few first, all at last."""
    tried = 0
    for limit in REGIONS:
        near = block.without_the_dear(hidden, count, limit)
        if len(near) > tried:
            yield near
            tried = len(near)
    if tried < len(hidden):
        yield np.arange(len(hidden))


def _cheapest(block: Block, hidden: np.ndarray, part: Part, count: int, deadline: float, more: int):
    counts, place = part.counts, part.place(count)
    charged = (block.system.printed & ~hidden)[counts]
    weights = np.where(charged, block.system.weights[counts], NEAR)
    slopes = np.where(charged, weights / block.width, NEAR)
    best, least = None, np.inf
    for _ in range(ROUNDS if len(counts) <= ROUNDS_UP_TO else 1):
        moves = slide(part, place, block.width + more, slopes, deadline)
        if moves is None:
            return best
        steps = np.abs(moves[0]) + np.abs(moves[1])
        cost = weights[charged & (steps > SOME)].sum()
        if cost < least:
            best, least = moves, cost
        slopes = np.where(charged, weights / np.where(steps > SOME, steps, 0.5), NEAR)
    return best


def _thinned(block: Block, hidden: np.ndarray, found: Witnesses, deadline: float) -> np.ndarray:
    if len(hidden) > AT_LARGE:
        return hidden  # every trial is a proof of its own: dear, and little comes of it
    extra = np.flatnonzero(hidden & block.can_hide)
    dearest = extra[np.argsort(-block.system.weights[extra], kind="stable")]
    for count in dearest[:MOST_TRIED]:
        fewer = hidden.copy()
        fewer[count] = False
        dropped = found.forget([int(count)])
        try:
            needed = block.needed(fewer)
            narrow = narrow_counts(
                block.system, fewer, needed, block.width, found, deadline, one_is_enough=True
            )
        except OutOfTime:
            found.restore(dropped)
            return hidden
        if len(narrow):
            found.restore(dropped)
        else:
            hidden = fewer
    return hidden


def _coarse(block: Block) -> Solution:
    """Every printed count of the block hidden, which must be proved too."""
    found, hidden = Witnesses(block.system), block.system.printed.copy()
    deadline = monotonic() + PROOF_SECONDS
    try:
        narrow = narrow_counts(block.system, hidden, block.needed(hidden), block.width, found, deadline)
    except OutOfTime:
        raise ReleaseError(
            "no way to hide small counts was proved safe in the time allowed, so nothing is released; raise "
            "disclosure.time_limit in the configuration, or leave a breakdown out"
        ) from None
    if len(narrow):
        raise _refusal(block, int(narrow[0]))
    return Solution(hidden, found, coarse=True)


@dataclass(frozen=True)
class Cut:
    """What every pattern that protects a count keeps to: `shares @ hidden` is at least 1, or `hidden[count]`."""

    shares: np.ndarray
    count: int
    always: bool

    def row(self) -> np.ndarray:
        """Numbers that, times what is hidden, must be at least `least`."""
        numbers = self.shares.copy()
        if not self.always:
            numbers[self.count] -= 1
        return numbers

    @property
    def least(self) -> float:
        """The right-hand side."""
        return float(self.always)


def _searched(block: Block, start: Solution, deadline: float) -> Solution:
    """Cheapest pattern of a small block: patterns that are too cheap are cut off until one protects."""
    if block.can_hide.sum() > EXACT_UP_TO:
        return start
    best, cuts, whole = start, [], False
    for _ in range(MOST_CUTTING):
        chosen = _cheapest_within(block, cuts, deadline, whole=whole)
        if block.system.weights @ chosen > block.cost(best.hidden) - CLOSE:
            return replace(best, optimal=True)
        if whole:
            answer = _tested(block, chosen > 0.5, best, deadline)
            if answer.optimal:
                return answer
            best, new = answer, _cuts(block, chosen, deadline)
            new = new or [_other_pattern(block, chosen > 0.5, deadline)]
        else:
            new = _cuts(block, chosen, deadline)
            whole = not new
        cuts += new
    return best


def _cheapest_within(block: Block, cuts: list[Cut], deadline: float, *, whole: bool) -> np.ndarray:
    lower = block.first.astype(float)
    upper = block.system.printed.astype(float)
    matrix = csr_array(np.array([cut.row() for cut in cuts])) if cuts else csr_array((0, len(lower)))
    least = np.array([cut.least for cut in cuts])
    most = np.full(len(cuts), np.inf)
    weights = np.where(block.system.printed, block.system.weights, 0)
    result = solved(weights, matrix, least, most, lower, upper, deadline, whole=whole, nodes=None)
    return np.rint(result.x) if whole else result.x


def _tested(block: Block, hidden: np.ndarray, best: Solution, deadline: float) -> Solution:
    """The pattern if it protects, else the better of the best one and this one made safe."""
    found = Witnesses(block.system)
    if not len(narrow_counts(block.system, hidden, block.needed(hidden), block.width, found, deadline)):
        return Solution(hidden, found, optimal=True)
    safe = _thinned(block, _repaired(block, hidden, found, deadline), found, deadline)
    return Solution(safe, found) if block.cost(safe) < block.cost(best.hidden) - CLOSE else best


def _other_pattern(block: Block, hidden: np.ndarray, deadline: float) -> Cut:
    """What cuts off a pattern that only whole numbers narrow."""
    found = Witnesses(block.system)
    narrow = narrow_counts(block.system, hidden, block.needed(hidden), block.width, found, deadline)
    certain = (block.system.unsafe | block.first)[narrow]
    count = int(narrow[np.argmax(certain)])
    return Cut((block.system.printed & ~hidden).astype(float), count, bool(certain.any()))


def _cuts(block: Block, chosen: np.ndarray, deadline: float) -> list[Cut]:
    """Cuts that a choice, whole or in fractions, does not keep to: from the duals of a reader's two programmes."""
    certain = block.system.unsafe | block.first
    perhaps = block.system.printed & ~block.system.harmless & (chosen > 0.01)
    counts = np.flatnonzero(certain | perhaps)
    reach = _reach(block, counts, chosen, deadline)
    cuts = [_cut(block, count, row, certain[count]) for count, row in zip(counts, reach, strict=True)]
    return [cut for cut in cuts if cut and cut.row() @ chosen < cut.least - 1e-4]


def _cut(block: Block, count: int, reach: np.ndarray, always: bool) -> Cut | None:
    given = ~block.system.printed | block.first
    given[count] |= not always
    left = block.width - reach[given].sum()
    if left < 1e-6:
        return None
    return Cut(np.where(given, 0, np.minimum(reach / left, 1)), int(count), bool(always))


def _reach(block: Block, counts: np.ndarray, chosen: np.ndarray, deadline: float) -> np.ndarray:
    """How much each count, if hidden, adds at most to the width of each of `counts`, shape (len(counts), n)."""
    system, n = block.system, len(chosen)
    up, down = 2 * system.values.max() + 100 - system.values, system.values
    part = np.where(system.printed & ~block.first, np.maximum(chosen, 1e-4), 1.0)
    short = part < 0.999
    highest = np.where(short, part * np.minimum(up, block.width), up)
    lowest = -np.where(short, part * np.minimum(down, block.width), down)
    reach = np.zeros((len(counts), n))
    for start in range(0, len(counts), AT_ONCE):
        batch = np.arange(start, min(start + AT_ONCE, len(counts)))
        costs = np.zeros((2 * len(batch), n))
        costs[2 * (batch - start), counts[batch]] = -1
        costs[2 * (batch - start) + 1, counts[batch]] = 1
        gaps = _reduced_costs(system.relations, costs, lowest, highest, deadline)
        parts = np.maximum(-gaps, 0) * up + np.maximum(gaps, 0) * down
        reach[batch] = parts[0::2] + parts[1::2]
    return reach


def _reduced_costs(relations, costs, lowest, highest, deadline) -> np.ndarray:
    if monotonic() >= deadline:
        raise OutOfTime
    times = len(costs)
    result = linprog(
        costs.ravel(),
        A_eq=kron(eye_array(times), relations, format="csr"),
        b_eq=np.zeros(times * relations.shape[0]),
        bounds=np.column_stack([np.tile(lowest, times), np.tile(highest, times)]),
        method="highs",
    )
    duals = result.eqlin.marginals.reshape(times, -1)
    gaps = costs - (relations.T @ duals.T).T
    return np.where(np.abs(gaps) < 1e-9, 0, gaps)
