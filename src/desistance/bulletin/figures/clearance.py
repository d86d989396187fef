"""Whether a line or a dot runs through the place of a text."""

from __future__ import annotations

from itertools import pairwise

from desistance.bulletin.figures.marks import Curve, Dot, Line, Mark


def meets(mark: Mark, x: float, half: float, baseline: float) -> bool:
    """Whether a mark of the lines runs through text centred on `x`."""
    match mark:
        case Dot():
            ends = [((mark.x - 6, mark.y - 6), (mark.x + 6, mark.y + 6))]
        case Line():
            ends = [((mark.x1, mark.y1), (mark.x2, mark.y2))]
        case Curve():
            ends = list(pairwise(zip(mark.xs, mark.ys, strict=True)))
        case _:
            return False
    return any(_through(*first, *last, x, half, baseline) for first, last in ends)


def _through(x1: float, y1: float, x2: float, y2: float, x: float, half: float, baseline: float) -> bool:
    """Whether a line that goes to the right, or upright, meets the box around a text."""
    if x2 < x - half or x1 > x + half:
        return False
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    ys = (
        (y1, y2)
        if x2 == x1
        else (y1 + slope * (max(x1, x - half) - x1), y1 + slope * (min(x2, x + half) - x1))
    )
    return min(ys) < baseline + 3 and max(ys) > baseline - 13
