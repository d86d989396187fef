"""One function a test or interval: what the report does with a simulated table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from desistance.calibration.scenarios import Counts, Floats, Scenario
from desistance.settings import Inference
from desistance.statistics.bootstrap import bootstrap_share_difference, bootstrap_share_slope
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.contrasts import design_contrasts, newcombe_interval
from desistance.statistics.design import ServiceDesign
from desistance.statistics.differences import omnibus_test, share_differences
from desistance.statistics.fisher import fisher_test
from desistance.statistics.intervals import (
    Interval,
    Truncation,
    korn_graubard_interval,
    logit_interval,
    wilson_interval,
)
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.robust import Correction
from desistance.statistics.trends import cochran_armitage_test, share_slope
from desistance.statistics.wald import WaldMethod

N_DRAWS = 399  # of the bootstrap: 0.05 of 400 is a whole number


@dataclass(frozen=True, eq=False)
class Run:
    """One simulated table, shape (n_services, n_levels), and what methods need beside it."""

    n_yes: Counts
    n_base: Counts
    shares: tuple[float, ...]
    design: ServiceDesign
    inference: Inference
    generator: Generator

    @property
    def table(self) -> tuple[Counts, Counts, Counts, Counts]:
        """Yes, base and their weights, which are all one."""
        return self.n_yes, self.n_base, self.n_yes, self.n_base

    @property
    def totals(self) -> tuple[Counts, Counts]:
        """Yes and base by subgroup."""
        return self.n_yes.sum(axis=0), self.n_base.sum(axis=0)

    @property
    def bands(self) -> dict[str, range]:
        """The scores of the bands, as an argument."""
        return {"scores": range(len(self.shares))}


Way = Callable[[Run], float]


def ways(scenario: Scenario) -> dict[str, Way]:
    """What the report does with such a table: each gives 1 or 0 for a run, NaN without an answer."""
    if scenario.quantity == "interval":
        return SLOPE_INTERVALS if scenario.ordered else DIFFERENCE_INTERVALS
    if scenario.ordered:
        return TREND_TESTS | OMNIBUS_TESTS
    return PAIR_TESTS if len(scenario.shares) == 2 else OMNIBUS_TESTS


def _rejects(p_value: float, run: Run) -> float:
    return np.nan if np.isnan(p_value) else float(p_value <= run.inference.significance_level)


def _holds(low: float, high: float, truth: float) -> float:
    return np.nan if np.isnan(low) or np.isnan(high) else float(low <= truth <= high)


def _pearson(run: Run) -> float:
    return _rejects(pearson_test(*run.totals).p_value, run)


def _fisher(run: Run) -> float:
    return _rejects(fisher_test(*run.totals).p_value, run)


def _rao_scott(run: Run) -> float:
    return _rejects(rao_scott_test(*run.table, run.design).p_value, run)


def _htz(run: Run) -> float:
    return _rejects(omnibus_test(*run.table, correction=Correction.CR2, method=WaldMethod.HTZ).p_value, run)


def _difference(correction: Correction) -> Way:
    def way(run: Run) -> float:
        level = run.inference.confidence_level
        test = share_differences(*run.table, reference=0, correction=correction, confidence_level=level)
        return _rejects(test.p_value.item(), run)

    return way


def _bootstrap(run: Run) -> float:
    test = bootstrap_share_difference(
        *run.table, reference=0, subgroup=1, n_draws=N_DRAWS, generator=run.generator
    )
    return _rejects(test.p_value, run)


def _armitage(run: Run) -> float:
    return _rejects(cochran_armitage_test(*run.totals, **run.bands).p_value, run)


def _slope(correction: Correction) -> Way:
    def way(run: Run) -> float:
        level = run.inference.confidence_level
        test = share_slope(*run.table, **run.bands, correction=correction, confidence_level=level)
        return _rejects(test.p_value, run)

    return way


def _bootstrap_slope(run: Run) -> float:
    test = bootstrap_share_slope(*run.table, **run.bands, n_draws=N_DRAWS, generator=run.generator)
    return _rejects(test.p_value, run)


def _difference_interval(run: Run) -> float:
    level = run.inference.confidence_level
    test = share_differences(*run.table, reference=0, correction=Correction.CR2, confidence_level=level)
    return _holds(test.ci_low.item(), test.ci_high.item(), run.shares[1] - run.shares[0])


def _newcombe(run: Run) -> float:
    yes, base = run.totals
    ends = newcombe_interval(
        yes[1], base[1], yes[0], base[0], confidence_level=run.inference.confidence_level
    )
    return _holds(ends.ci_low.item(), ends.ci_high.item(), run.shares[1] - run.shares[0])


def _ratio(effect: str) -> Way:
    def way(run: Run) -> float:
        level = run.inference.confidence_level
        ends = getattr(design_contrasts(*run.table, run.design, reference=0, confidence_level=level), effect)
        first, second = (share if effect == "risk_ratio" else share / (1 - share) for share in run.shares)
        return _holds(ends.ci_low.item(), ends.ci_high.item(), second / first)

    return way


def _slope_interval(run: Run) -> float:
    level = run.inference.confidence_level
    slope = share_slope(*run.table, **run.bands, correction=Correction.CR2, confidence_level=level)
    return _holds(slope.ci_low, slope.ci_high, run.shares[1] - run.shares[0])


PAIR_TESTS: dict[str, Way] = {
    "pearson": _pearson,
    "fisher": _fisher,
    "rao_scott": _rao_scott,
    "cr2": _difference(Correction.CR2),
    "cr3": _difference(Correction.CR3),
    "wild_bootstrap": _bootstrap,
}
# Fisher's test is left out: on such tables it takes a hundred times as long as all the others.
OMNIBUS_TESTS: dict[str, Way] = {"pearson": _pearson, "rao_scott": _rao_scott, "cr2_htz": _htz}
TREND_TESTS: dict[str, Way] = {
    "cochran_armitage": _armitage,
    "cr2_slope": _slope(Correction.CR2),
    "cr3_slope": _slope(Correction.CR3),
    "wild_bootstrap_slope": _bootstrap_slope,
}
DIFFERENCE_INTERVALS: dict[str, Way] = {
    "newcombe": _newcombe,
    "cr2": _difference_interval,
    "risk_ratio": _ratio("risk_ratio"),
    "odds_ratio": _ratio("odds_ratio"),
}
SLOPE_INTERVALS: dict[str, Way] = {"cr2_slope": _slope_interval}


def share_hits(
    n_yes: Counts, n_base: Counts, scenario: Scenario, design: ServiceDesign, inference: Inference
) -> dict[str, Floats]:
    """Whether each interval for a share holds it, all runs at once; shapes (n_runs, n_services) in."""
    level = inference.confidence_level
    yes, base = n_yes.T, np.ascontiguousarray(n_base.T)
    found = clustered_proportions(
        yes,
        base,
        yes,
        base,
        design,
        confidence_level=level,
        minimum_effective_base=inference.small_effective_base,
    )
    parts = found.estimate, found.standard_error
    intervals = {
        "wilson": wilson_interval(found.n_yes, found.n_base, confidence_level=level),
        "logit_t_or_korn_graubard": Interval(found.ci_low, found.ci_high),
        "logit_t": logit_interval(*parts, found.df, confidence_level=level),
        "korn_graubard": korn_graubard_interval(
            *parts, found.n_base, found.df, confidence_level=level, truncation=Truncation.NCHS
        ),
    }
    (share,) = scenario.shares
    return {
        name: np.where(np.isnan(ends.ci_low), np.nan, (ends.ci_low <= share) & (share <= ends.ci_high))
        for name, ends in intervals.items()
    }
