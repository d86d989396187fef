"""Company for counts that are too narrow: what else is hidden, one after the other, until all are wide.

Each gets the cheapest there is for it (linear programmes); what turns out not to be needed is shown again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from desistance.disclosure.block import NEAR, Block, refusal
from desistance.disclosure.bounds import narrow_counts
from desistance.disclosure.moves import OutOfTime, Witnesses, slide
from desistance.disclosure.parts import Part, whole_part

REGIONS = (1200, 3000)
ROUNDS_UP_TO = 20_000  # counts; in a larger region the first answer is taken
SOME = 1e-6
MOST_MORE = 2  # times that fractions are asked for a wider move before all that is near is hidden
SURROUNDING = 6
MOST_TRIED = 60  # counts that are shown again for a trial, the dearest first
AT_LARGE = 1500
ROUNDS = 2


def repaired(block: Block, hidden: np.ndarray, found: Witnesses, deadline: float) -> np.ndarray:
    """What is hidden with so much more that every count is wide that must be; witnesses go to `found`.

    Parameters
    ----------
    hidden
        What is hidden anyway, shape (n,), as is what is given back.
    deadline
        Seconds, as `time.monotonic` counts them.

    Raises
    ------
    OutOfTime
        The deadline has come.
    StiffCount, ReleaseError
        A count cannot be made wide: one that need not be hidden, or one that must be.
    """
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
    raise refusal(block, count)


def _surrounded(block: Block, hidden: np.ndarray, count: int) -> np.ndarray:
    """Everything near a count that whole numbers narrow hidden too, up to the nearest that was not."""
    order = block.nearest(hidden, count)
    shown = order[(block.system.printed & ~hidden)[order]]
    if not len(shown):
        raise refusal(block, count)
    grown = hidden.copy()
    grown[shown[:SURROUNDING]] = True
    return grown


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


def thinned(block: Block, hidden: np.ndarray, found: Witnesses, deadline: float) -> np.ndarray:
    """What is hidden without what need not be, the dearest first, as far as there is time; as for `repaired`."""
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
