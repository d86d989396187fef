"""What was printed about a hidden count besides the count: shares, intervals, errors, differences, ratios, tests.

Where a printed number is a straight line in the counts it becomes a relation; else a `Statistic`, to be tried. Rows
whose counts are all printed tell nothing new and are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from desistance.attack import formulas
from desistance.attack.enumeration import Counts, Statistic
from desistance.attack.knowledge import Knowledge
from desistance.attack.published import Row, bounds_of, is_shown
from desistance.attack.system import Key, Matrix, Relation

Ends = tuple[float, float]
_SLACK = 1e-9


@dataclass
class Statistics:
    """Printed numbers about counts that are not printed, gathered from all tables."""

    known: Knowledge
    matrix: Matrix
    relations: list[Relation] = field(default_factory=list)
    to_try: list[Statistic] = field(default_factory=list)

    @property
    def confidence_level(self) -> float:
        """Confidence level of all intervals."""
        return float(self.known.published.release.get("inference", {}).get("confidence_level", 0.95))

    def between(self, row: Row, column: str) -> Ends | None:
        """Between which numbers the one behind a printed cell lies; None where none is printed."""
        if not is_shown(row[column]):
            return None
        low, high = bounds_of(row[column], self.known.rules.significant_digits)
        slack = _SLACK * max(abs(low), abs(high))
        return low - slack, high + slack

    def tells(self, keys: Sequence[Key]) -> bool:
        """Whether one of some counts is not printed, and not known yet."""
        return all(key in self.matrix.index for key in keys) and any(
            self.known.is_open(key) and not self.matrix.is_fixed(key) for key in keys
        )

    def value(self, key: Key) -> float | None:
        """A count that is known."""
        return float(self.matrix.range_of(key)[0]) if self.matrix.is_fixed(key) else None

    def share(self, kind: str, where: str, yes: Key, base: Key, ends: Ends | None) -> None:
        """A share of two counts lies between two numbers."""
        if ends is not None and self.tells([yes, base]):
            low, high = max(ends[0], 0.0), ends[1]
            self.relations.append(Relation(kind, where, {yes: 1.0, base: -low}, 0.0, np.inf))
            self.relations.append(Relation(kind, where, {yes: 1.0, base: -high}, -np.inf, 0.0))

    def attempt(
        self, kind: str, where: str, keys: Sequence[Key], ends: Ends | None, value: Callable[[Counts], object]
    ) -> None:
        """A function of counts lies between two numbers."""
        if ends is not None and self.tells(keys):
            low, high = ends

            def fits(counts: Counts) -> NDArray[np.bool_]:
                found = np.asarray(value(counts), dtype=float)
                return (found >= low) & (found <= high)

            self.to_try.append(Statistic(kind, where, tuple(keys), fits))

    def difference(self, kind: str, where: str, pairs: Sequence[tuple[Key, Key]], ends: Ends | None) -> None:
        """The first share less the second lies between two numbers."""
        (yes, base), (other_yes, other_base) = pairs
        keys = [yes, base, other_yes, other_base]
        if ends is None or not self.tells(keys):
            return
        n, m = self.value(base), self.value(other_base)
        if n and m:
            terms = {yes: 1.0, other_yes: -n / m}
            self.relations.append(Relation(kind, where, terms, ends[0] * n, ends[1] * n))
        self.attempt(kind, where, keys, ends, lambda c: formulas.share(c[yes], c[base]) - formulas.share(
            c[other_yes], c[other_base]
        ))  # fmt: skip


def pair_of(measure: str, item: str, breakdown: str, level: str) -> tuple[Key, Key]:
    """Yes and base of an item in a subgroup."""
    return ("yes", measure, item, breakdown, level), ("base", measure, item, breakdown, level)


def middle(low: Ends | None, high: Ends | None) -> Ends | None:
    """Middle of a symmetric interval."""
    return ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2) if low and high else None


def geometric_middle(low: Ends | None, high: Ends | None) -> Ends | None:
    """Middle of an interval that is symmetric on the log scale."""
    if not (low and high) or low[0] <= 0:
        return None
    return float(np.sqrt(low[0] * high[0])), float(np.sqrt(low[1] * high[1]))


def product_of(found: Statistics, row: Row, one: str, other: str) -> Ends | None:
    """An estimate from its statistic and its standard error."""
    first, second = found.between(row, one), found.between(row, other)
    if not (first and second):
        return None
    products = [a * b for a in first for b in second]
    return min(products), max(products)


def differences(found: Statistics, row: Row, where: str, pairs: list[tuple[Key, Key]]) -> None:
    """A difference with its symmetric interval and its statistic."""
    if not found.tells([key for pair in pairs for key in pair]):
        return
    found.difference("difference", where, pairs, found.between(row, "estimate"))
    centre = middle(found.between(row, "ci_low"), found.between(row, "ci_high"))
    found.difference("interval_end", where, pairs, centre)
    found.difference("standard_error", where, pairs, product_of(found, row, "statistic", "standard_error"))


def two_sides(
    found: Statistics,
    row: Row,
    where: str,
    at: tuple[str, ...],
    sides: tuple[str, str],
    names: tuple[str, str],
) -> None:
    """The shares of two sides, such as cases with a theme and without it, and their difference."""
    pairs = [((f"{side}{names[1]}", *at), (f"{side}{names[0]}", *at)) for side in sides]
    for side, (yes, base) in zip(sides, pairs, strict=True):
        found.share("percentage", where, yes, base, found.between(row, f"estimate_{side}"))
    differences(found, row, where, pairs)
