"""The cheapest pattern of all of a small block: cuts from a reader's programmes (Fischetti and Salazar's method)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, kron

from desistance.disclosure.block import Block, Solution
from desistance.disclosure.bounds import narrow_counts
from desistance.disclosure.company import repaired, thinned
from desistance.disclosure.moves import OutOfTime, Witnesses, solved

EXACT_UP_TO = 120  # counts that may be hidden, in a block whose cheapest pattern is proved
MOST_CUTTING = 200
AT_ONCE = 40
CLOSE = 1e-6


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


def searched(block: Block, start: Solution, deadline: float) -> Solution:
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
    safe = thinned(block, repaired(block, hidden, found, deadline), found, deadline)
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
