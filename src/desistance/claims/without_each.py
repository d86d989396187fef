"""The numbers that claims are held against with each service left out in turn, as arrays with services first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from desistance.claims.counted import Counts, arrays_of
from desistance.claims.evidence import EVERYONE
from desistance.statistics.arrays import quotient
from desistance.statistics.differences import share_fit
from desistance.statistics.multiplicity import holm
from desistance.statistics.trends import slope_fit
from desistance.statistics.wald_without_each import p_values_without_each
from desistance.statistics.without_each import SharesWithoutEach, ratios_without_each, shares_without_each

NOT_TESTED, NOT_SIGNIFICANT, SIGNIFICANT, OPEN = 0, 1, 2, 3
"""What is known of a test without a service; OPEN where the bounds of its p-value lie on both sides of the level."""


@dataclass(frozen=True)
class WithoutEach:
    """What claims need, without each service of some counts."""

    counts: Counts

    def items(self, measure: str) -> list[int]:
        """Positions of a measure's items."""
        return [number for number, item in enumerate(self.counts.study.items) if item.measure == measure]

    def item(self, measure: str, item: str) -> int:
        """Position of one item."""
        return next(number for number in self.items(measure) if self.counts.study.items[number].id == item)

    def shares(self, items: list[int]) -> SharesWithoutEach:
        """Shares of everyone with intervals, shape (n_services, n_items)."""
        arrays = (array[..., 0] for array in arrays_of(self.counts, EVERYONE, items))
        return self._with_intervals(*arrays)

    def rate(self, name: str) -> SharesWithoutEach:
        """Share of people, shape (n_services,); NaN where no other service tells of any."""
        ends = self.counts.practice.numbers[name]
        known = ~np.isnan(ends[0] + ends[1])
        yes, base = (np.where(known, end, 0) for end in ends)
        return self._with_intervals(yes, base, yes, base)

    def _with_intervals(self, *arrays: np.ndarray) -> SharesWithoutEach:
        inference = self.counts.inference
        return shares_without_each(
            *arrays,
            self.counts.design,
            confidence_level=inference.confidence_level,
            minimum_effective_base=inference.small_effective_base,
        )

    def estimates(self, division: str, items: list[int]) -> np.ndarray:
        """Shares in each level, shape (n_services, n_items, n_levels); NaN where nobody is in the base."""
        yes, base, weight_yes, weight_base = arrays_of(self.counts, division, items)
        return ratios_without_each((yes, base), (weight_yes, weight_base))

    def means(self, division: str) -> np.ndarray:
        """Mean numbers of factors in each level, shape (n_services, n_levels); NaN without cases."""
        numbers = self.counts.numbers[division]
        left = numbers.n_cases.sum(axis=(0, 2)) - numbers.n_cases.sum(axis=2)
        weight = numbers.weight.sum(axis=0) - numbers.weight
        mean = quotient(weight @ np.arange(weight.shape[2]), weight.sum(axis=2))
        return np.where(left > 0, mean, np.nan)

    def tests(self, division: str, measure: str) -> np.ndarray:
        """What is known of each item's test by the headline method, shape (n_services, n_items)."""
        key = (division, measure)
        if key not in self._tested:
            items = self.items(measure)
            found = [self._bounds(division, number) for number in items]
            tested, low, high = (np.stack(each, axis=1) for each in zip(*found, strict=True))
            self._tested[key] = self._judged(tested, holm(low), holm(high))
        return self._tested[key]

    @cached_property
    def _tested(self) -> dict[tuple[str, str], np.ndarray]:
        return {}

    def _judged(self, tested: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        level = self.counts.inference.significance_level
        known = np.where(high < level, SIGNIFICANT, np.where(low >= level, NOT_SIGNIFICANT, OPEN))
        return np.where(tested, known, NOT_TESTED)

    def _bounds(self, division: str, item: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Whether the shares of levels can be compared, and the bounds of the p-value, each of shape (n_services,)."""
        arrays = arrays_of(self.counts, division, item)
        kept, tested = _compared(*arrays[:2])
        levels = (arrays[1] > 0).sum(axis=0) > 1
        nothing = np.where(tested, 0.0, np.nan), np.where(tested, 1.0, np.nan)
        if levels.sum() < 2:
            return tested, *nothing
        n_yes, n_base, weight_yes, weight_base = (array[:, levels] for array in arrays)
        every = np.eye(levels.sum())
        bounds = p_values_without_each(
            share_fit((n_yes, n_base), (weight_yes, weight_base)), every[1:] - every[0]
        )
        same = tested & (kept == levels).all(axis=1)
        return (
            tested,
            np.where(same, bounds.low, nothing[0]),
            np.where(same, bounds.high, nothing[1]),
        )

    def trend(self, measure: str, item: str, division: str) -> np.ndarray:
        """What is known of the test of a slope, shape (n_services,); open where the counts are too few to be sure."""
        yes, base, weight_yes, weight_base = arrays_of(self.counts, division, self.item(measure, item))
        fit, _ = slope_fit(base, weight_base, weight_yes, scores=np.arange(base.shape[1]))
        bounds = p_values_without_each(fit, [[0.0, 1.0]])
        left_yes, left_base = yes.sum(axis=0) - yes, base.sum(axis=0) - base
        varied = ((left_yes > 0) & (left_yes < left_base)).sum(axis=1) > 1
        judged = self._judged(np.ones(len(yes), dtype=bool), bounds.low, bounds.high)
        return np.where(varied, judged, OPEN)


def _compared(n_yes: np.ndarray, n_base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels that are compared without each service, and whether they can be; as `omnibus_status`."""
    yes, base = (count.sum(axis=0) - count for count in (n_yes, n_base))
    kept = (n_base > 0).sum(axis=0) - (n_base > 0) > 1
    flat = kept & ((yes == 0) | (yes == base))
    return kept, (kept.sum(axis=1) > 1) & ~flat.any(axis=1)
