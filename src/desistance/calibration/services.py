"""One function a test or interval without a breakdown: shares, lifts, and how alike services are."""

from __future__ import annotations

import numpy as np

from desistance.calibration.runs import Runs, Way, each, holds, rejects
from desistance.calibration.scenarios import Floats
from desistance.findings.variation import LIMITS, QUADRATURE_POINTS, WINSORISED
from desistance.statistics.association import pair_lifts
from desistance.statistics.intervals import (
    Truncation,
    korn_graubard_interval,
    logit_interval,
    wilson_interval,
)
from desistance.statistics.proportions import Proportions, clustered_proportions
from desistance.statistics.random_intercept import random_intercept_logit
from desistance.statistics.regression_cells import RegressionCells, design_rows
from desistance.statistics.status import Status
from desistance.statistics.variation import IccInterval, funnel, intraclass_interval


def _shares(runs: Runs) -> Proportions:
    counts, smallest = runs.of_all, runs.inference.small_effective_base
    options = {"confidence_level": runs.level, "minimum_effective_base": smallest}
    return clustered_proportions(*counts, *counts, runs.design, **options)


def reported(runs: Runs) -> Floats:
    """The report's interval of a share."""
    found = _shares(runs)
    return holds(found.ci_low, found.ci_high, runs.shares[0])


def wilson(runs: Runs) -> Floats:
    """Wilson's interval of a share."""
    yes, base = (count.sum(axis=0) for count in runs.of_all)
    ends = wilson_interval(yes, base, confidence_level=runs.level)
    return holds(ends.ci_low, ends.ci_high, runs.shares[0])


def logit_t(runs: Runs) -> Floats:
    """Interval of a share on the logit scale."""
    found = _shares(runs)
    ends = logit_interval(found.estimate, found.standard_error, found.df, confidence_level=runs.level)
    return holds(ends.ci_low, ends.ci_high, runs.shares[0])


def korn_graubard(runs: Runs) -> Floats:
    """Korn and Graubard's interval of a share."""
    found = _shares(runs)
    parts = found.estimate, found.standard_error, found.n_base, found.df
    ends = korn_graubard_interval(*parts, confidence_level=runs.level, truncation=Truncation.NCHS)
    return holds(ends.ci_low, ends.ci_high, runs.shares[0])


def lift(runs: Runs) -> Floats:
    """Interval of the lift of two factors."""
    first, both, only_second = runs.shares
    found = pair_lifts(*runs.of_all, runs.design, confidence_level=runs.level)
    return holds(found.ci_low, found.ci_high, both / (first * both + (1 - first) * only_second))


def likeness(runs: Runs) -> Floats:
    """Interval of the intra-class correlation."""
    found = intraclass_interval(*runs.of_all, method=IccInterval.JACKKNIFE, confidence_level=runs.level)
    return holds(found.ci_low, found.ci_high, runs.scenario.icc)


@each
def random_intercept(run: Runs) -> float:
    """Test of no variation between services."""
    yes, base = (count[:, 0] for count in run.counts)
    rows = design_rows(len(base), [])
    cells = RegressionCells(np.arange(len(base)), yes, base, yes, base, rows)
    options = {"n_points": QUADRATURE_POINTS, "confidence_level": run.level}
    return rejects(random_intercept_logit(cells, len(base), **options).variance_p_value, run)


def beyond_limits(level: float) -> Way:
    """Share of services beyond a funnel's limits."""

    def judge(run: Runs) -> float:
        yes, base = (count[:, 0] for count in run.counts)
        plot = funnel(yes, base, winsorised=WINSORISED, levels=LIMITS)
        n_outside = plot.n_outside[LIMITS.index(level)]
        return n_outside / plot.n_services if plot.status is Status.OK else np.nan

    return each(judge)
