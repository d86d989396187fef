"""What a method is given, and whether it rejects or holds the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from desistance.calibration.scenarios import Counts, Floats, Scenario
from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign


@dataclass(frozen=True, eq=False)
class Runs:
    """Counts of all runs of a scenario, or of one run, and what methods need beside them."""

    scenario: Scenario
    counts: tuple[Counts, ...]
    """As `draws.draw` gives them; of one run without the first axis."""
    design: ServiceDesign
    inference: Inference
    generator: Generator

    @property
    def shares(self) -> tuple[float, ...]:
        """The true ones."""
        return self.scenario.shares

    @property
    def level(self) -> float:
        """Confidence level of intervals."""
        return self.inference.confidence_level

    @property
    def table(self) -> tuple[Counts, Counts, Counts, Counts]:
        """Yes, base and their weights, which are all one."""
        return *self.counts, *self.counts

    @property
    def totals(self) -> tuple[Counts, Counts]:
        """Yes and base of one run by subgroup."""
        n_yes, n_base = self.counts
        return n_yes.sum(axis=0), n_base.sum(axis=0)

    @property
    def of_all(self) -> list[Counts]:
        """Counts without subgroups of all runs, services first."""
        return [np.ascontiguousarray(count.reshape(count.shape[:2]).T) for count in self.counts]


Way = Callable[[Runs], Floats]
"""What the report does: 1 or 0 for each run, NaN without an answer; a share where a run holds many tests."""


def each(judge: Callable[[Runs], float]) -> Way:
    """Apply what judges one run to each."""

    def way(runs: Runs) -> Floats:
        return np.array([judge(replace(runs, counts=counts)) for counts in zip(*runs.counts, strict=True)])

    return way


def rejects(p_value: float, run: Runs) -> float:
    """1 where a null hypothesis is rejected."""
    return np.nan if np.isnan(p_value) else float(p_value <= run.inference.significance_level)


def holds(low: float | Floats, high: float | Floats, truth: float) -> Floats:
    """1 where an interval holds the truth, one interval or many."""
    known = ~(np.isnan(low) | np.isnan(high))
    return np.where(known, (low <= truth) & (truth <= high), np.nan)
