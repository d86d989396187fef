"""What a reader with a solver can find out: how low and how high each hidden count may be."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import numpy as np

from desistance.disclosure.moves import WHOLE, OutOfTime, Witnesses, slide, solved, sweep, whole_slide
from desistance.disclosure.parts import Part, free_parts, grown, within
from desistance.disclosure.system import System
from desistance.errors import ReleaseError

REGION = 200  # counts near one of a large part that are tried first
SWEEPS = 3
FEW = 12  # narrow counts that are proved one by one where a first failure decides
LEAST_GAIN = 2  # counts that a further sweep should prove
SEED = 1


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
        near = part if len(part.counts) <= REGION else within(part, grown(part, used))
        for region in (near, part) if near is not part else (part,):
            for move in whole_slide(region, region.place(count), width, deadline) or ():
                found.add(region.counts, move)
            if found.widths[count] >= width:
                break
    return True


def _regions(part: Part, place: int) -> Iterator[Part]:
    """What is near a count, if the part is large, then all of it: what lies farther off need not move."""
    if len(part.counts) > 2 * REGION:
        inside = np.arange(len(part.counts)) == place
        while np.count_nonzero(inside) < REGION:
            inside = grown(part, inside)
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
