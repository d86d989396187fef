"""Which further counts are hidden so that no hidden one can be found out, at the least cost.

Counts fall into blocks that have nothing to do with each other. In each, narrow counts get the cheapest company there
is for them, one after the other (linear programmes), what turns out not to be needed is shown again, and in a small
block cuts from a reader's programmes lead to the cheapest pattern of all (Fischetti and Salazar's method). Every
width is proved by solutions in whole numbers.
"""

from __future__ import annotations

from time import monotonic

import numpy as np
from scipy.sparse import csr_array

from desistance.disclosure.block import Block, Solution, StiffCount, impossible, refusal
from desistance.disclosure.bounds import narrow_counts
from desistance.disclosure.company import repaired, thinned
from desistance.disclosure.cuts import searched
from desistance.disclosure.moves import OutOfTime, Witnesses
from desistance.disclosure.parts import Part, parts_of
from desistance.disclosure.system import Pattern, System
from desistance.errors import ReleaseError

PROOF_SECONDS = 30.0  # for the proof of the coarse answer, after the time limit


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
        raise impossible(system, int(np.flatnonzero(system.unsafe & known)[0]))
    while True:
        try:
            return _pattern(system, first, known, candidates - 1, deadline)
        except StiffCount as found:
            # To hide it would hide nothing, so it stays shown, and the others are protected without it.
            known[found.count] = True


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
        hidden = repaired(block, block.first, found, deadline)
    except OutOfTime:
        return _coarse(block)
    solution = Solution(thinned(block, hidden, found, deadline), found)
    try:
        return searched(block, solution, deadline)
    except OutOfTime:
        return solution


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
        raise refusal(block, int(narrow[0]))
    return Solution(hidden, found, coarse=True)


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
