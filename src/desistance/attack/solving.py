"""Between which values each count must lie: by arithmetic, by witnesses, and by integer programming where it is close.

A count need not be bounded exactly: it is safe as soon as two solutions of the whole system are far enough apart in it.
So solutions are sought that differ in as many counts as possible at once, and only counts that still look narrow are
bounded one by one.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, vstack
from scipy.sparse.csgraph import connected_components

from desistance.attack.errors import AttackError
from desistance.attack.knowledge import Target
from desistance.attack.rules import Rules
from desistance.attack.system import Key, Matrix

_ROUNDS = 12
_ROUNDING = 1e-6
_SEED = 20210303


@dataclass
class Found:
    """What remains of each target: ``narrow`` has those that are known too well, with how many values remain.

    ``n_free`` targets were not settled by arithmetic alone; ``least`` is the fewest values that remain of a hidden
    count; ``unsettled`` could not be bounded in time.
    """

    narrow: dict[Key, tuple[int, int]] = field(default_factory=dict)
    unsettled: list[Key] = field(default_factory=list)
    n_free: int = 0
    least: tuple[int, Key] | None = None

    def note(self, target: Target, low: float, high: float) -> None:
        """Remember the fewest values that remain of a hidden count."""
        if target.rule == "hidden" and (self.least is None or high - low + 1 < self.least[0]):
            self.least = int(high - low + 1), target.key


@dataclass
class Clock:
    """When to stop."""

    deadline: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """A clock that runs out after so many seconds."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left; nought where there are none."""
        return max(self.deadline - time.monotonic(), 0.0)


def is_breached(target: Target, low: int, high: int, rules: Rules) -> bool:
    """Whether a reader who knows that a count is from ``low`` to ``high`` knows too much."""
    if rules.wide(low, high):
        return False
    if target.rule == "hidden":
        return True
    if target.rule == "leftover" and low == 0:
        return False
    return rules.all_unsafe(low, high)


def bound_targets(matrix: Matrix, targets: Sequence[Target], rules: Rules, clock: Clock) -> Found:
    """Bound every target; the matrix must have been propagated."""
    found = Found()
    free: list[Target] = []
    for target in targets:
        low, high = matrix.range_of(target.key)
        if is_breached(target, low, high, rules):
            found.narrow[target.key] = (low, high)
            found.note(target, low, high)
        elif low < high and (target.rule == "hidden" or low <= rules.largest_unsafe):
            free.append(target)
    found.n_free = len(free)
    if not free:
        return found
    for part in components(matrix, [target.key for target in free]):
        own = [target for target in free if target.key in part.places]
        _bound_part(part, own, rules, clock, found)
    return found


@dataclass
class Component:
    """A connected part of the system, known counts taken out: ``low <= rows @ x <= high`` and bounds of ``x``.

    ``origin`` says which relation of the system each row is.
    """

    places: dict[Key, int]
    rows: csr_matrix
    sides: NDArray[np.float64]
    bounds: NDArray[np.float64]
    origin: NDArray[np.int64]
    whole: bool

    def proof(self, objective: NDArray[np.float64]) -> NDArray[np.int64]:
        """Relations that together show that ``objective @ x`` cannot be less than it can (linear duality)."""
        low, high = self.sides.T
        equal, above, below = low == high, np.isfinite(low) & (low != high), np.isfinite(high) & (low != high)
        result = linprog(
            objective,
            A_ub=vstack([self.rows[below], -self.rows[above]]),
            b_ub=np.concatenate([high[below], -low[above]]),
            A_eq=self.rows[equal],
            b_eq=low[equal],
            bounds=self.bounds,
            method="highs",
        )
        if result.status != 0:
            return np.array([], dtype=np.int64)
        used = np.concatenate([result.eqlin.marginals, result.ineqlin.marginals])
        places = np.concatenate([np.flatnonzero(one) for one in (equal, below, above)])
        return np.unique(self.origin[places[np.abs(used) > _ROUNDING]])

    def solve(self, objective: NDArray[np.float64], seconds: float) -> NDArray[np.float64] | None:
        """A solution with the least ``objective @ x``, in whole numbers; None where time ran out.

        Raises
        ------
        AttackError
            There is none, so what was published contradicts itself.
        """
        relaxed = self._run(objective, seconds, whole=False)
        if relaxed is None or not self.whole:
            return relaxed
        rounded = np.round(relaxed)
        if np.abs(relaxed - rounded).max() < _ROUNDING and self._holds(rounded):
            return rounded
        solved = self._run(objective, seconds, whole=True)
        return None if solved is None else np.round(solved)

    def least(self, objective: NDArray[np.float64], seconds: float, *, whole: bool) -> float | None:
        """A number that ``objective @ x`` cannot be below."""
        solved = self._run(objective, seconds, whole=whole)
        return None if solved is None else float(objective @ solved)

    def _run(
        self, objective: NDArray[np.float64], seconds: float, *, whole: bool
    ) -> NDArray[np.float64] | None:
        if seconds <= 0:
            return None
        constraint = LinearConstraint(self.rows, self.sides[:, 0], self.sides[:, 1])
        result = milp(
            objective,
            constraints=constraint if self.rows.shape[0] else None,
            bounds=Bounds(self.bounds[:, 0], self.bounds[:, 1]),
            integrality=np.full(len(objective), int(whole)),
            options={"time_limit": seconds},
        )
        if result.status == 2:
            raise AttackError(
                "no counts agree with everything that is published; two tables are not of the same records, "
                "or a table was changed by hand"
            )
        return result.x if result.status == 0 else None

    def _holds(self, solution: NDArray[np.float64]) -> bool:
        sums = self.rows @ solution
        inside = (sums >= self.sides[:, 0] - _ROUNDING) & (sums <= self.sides[:, 1] + _ROUNDING)
        return bool(inside.all())


def components(matrix: Matrix, wanted: Collection[Key]) -> list[Component]:
    """Connected parts of the system that hold a wanted count, known counts put in as numbers."""
    fixed = matrix.fixed()
    every = matrix.sparse()
    known = np.where(fixed, matrix.bounds[:, 0], 0.0)
    constant = every @ known
    free = np.flatnonzero(~fixed)
    rows = every[:, free]
    used = np.flatnonzero(np.diff(rows.indptr) > 0)
    rows, sides = rows[used], matrix.sides[used] - constant[used, None]
    told = _needed(rows, sides, matrix.bounds[free])
    rows, sides, origin = rows[told], sides[told], used[told]
    labels = connected_components(rows.T @ rows, directed=False)[1]
    places = {matrix.keys[one]: place for place, one in enumerate(free)}
    parts = []
    for label in dict.fromkeys(labels[places[key]] for key in wanted if key in places):
        own = np.flatnonzero(labels == label)
        part_rows = rows[:, own]
        touched = np.flatnonzero(np.diff(part_rows.indptr) > 0)
        parts.append(
            Component(
                {matrix.keys[free[one]]: place for place, one in enumerate(own)},
                part_rows[touched],
                sides[touched],
                matrix.bounds[free[own]],
                origin[touched],
                whole=True,
            )
        )
    return parts


def _needed(rows: csr_matrix, sides: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Relations that the bounds of single counts do not already imply."""
    positive, negative = rows.maximum(0), rows.minimum(0)
    least = positive @ bounds[:, 0] + negative @ bounds[:, 1]
    most = positive @ bounds[:, 1] + negative @ bounds[:, 0]
    told = (least < sides[:, 0] - _ROUNDING) | (most > sides[:, 1] + _ROUNDING)
    return np.flatnonzero(told)


def _bound_part(part: Component, targets: list[Target], rules: Rules, clock: Clock, found: Found) -> None:
    # Where counts were rounded every one of them is unknown, and whole numbers are found by rounding anyway.
    part.whole = rules.round_to == 1
    seen = _witnesses(part, targets, rules, clock)
    for target in targets:
        place = part.places[target.key]
        if _is_safe(target, *seen[place], rules):
            found.note(target, *seen[place])
            continue
        ends = _ends(part, place, target, rules, clock)
        if ends is None:
            found.unsettled.append(target.key)
            continue
        found.note(target, *ends)
        if is_breached(target, *ends, rules):
            found.narrow[target.key] = ends


def _is_safe(target: Target, low: float, high: float, rules: Rules) -> bool:
    """Whether values that were seen to be possible show that not too much is known."""
    if not np.isfinite(low):
        return False
    return (
        not is_breached(target, int(low), int(high), rules)
        if target.rule != "hidden"
        else rules.wide(low, high)
    )


def _witnesses(part: Component, targets: list[Target], rules: Rules, clock: Clock) -> NDArray[np.float64]:
    """Least and greatest value of each count over solutions that differ in as many targets as possible."""
    n_counts = len(part.places)
    seen = np.column_stack([np.full(n_counts, np.inf), np.full(n_counts, -np.inf)])
    random = np.random.default_rng(_SEED)
    places = np.array([part.places[target.key] for target in targets])
    for turn in range(_ROUNDS):
        open_ = np.array([not _is_safe(t, *seen[p], rules) for t, p in zip(targets, places, strict=True)])
        if not open_.any() or clock.left() == 0:
            break
        signs = np.ones(open_.sum()) if turn == 0 else random.choice([-1.0, 1.0], open_.sum())
        for direction in (1.0, -1.0):
            objective = np.zeros(n_counts)
            objective[places[open_]] = signs * direction
            solution = part.solve(objective, clock.left())
            if solution is not None:
                seen[:, 0] = np.minimum(seen[:, 0], np.floor(solution + _ROUNDING))
                seen[:, 1] = np.maximum(seen[:, 1], np.ceil(solution - _ROUNDING))
    return seen


def _ends(part: Component, place: int, target: Target, rules: Rules, clock: Clock) -> tuple[int, int] | None:
    """Least and greatest value of one count: by the relaxation, and in whole numbers where that does not decide."""
    objective = np.zeros(len(part.places))
    objective[place] = 1.0
    for whole in (False, True):
        if whole and not part.whole:
            break
        low = part.least(objective, clock.left(), whole=whole)
        high = part.least(-objective, clock.left(), whole=whole)
        if low is None or high is None:
            return None
        ends = int(np.ceil(low - 1e-5)), int(np.floor(-high + 1e-5))
        if ends[0] > ends[1]:
            raise AttackError(
                f"no count agrees with everything that is published about {', '.join(target.key)}; "
                "two tables are not of the same records"
            )
        if is_breached(target, *ends, rules):
            return ends
    return ends
