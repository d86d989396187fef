"""One function a test or interval of the number of factors."""

from __future__ import annotations

import numpy as np

from desistance.calibration.runs import Runs, each, holds, rejects
from desistance.calibration.scenarios import Floats
from desistance.statistics.means import clustered_means
from desistance.statistics.ranks import design_rank_test, kruskal_wallis_test
from desistance.statistics.robust import Correction
from desistance.statistics.trends import Slope, mean_slope


def _slope(run: Runs) -> Slope:
    (n_cases,) = run.counts
    n_base, number = n_cases.sum(axis=1), np.arange(n_cases.shape[1])
    return mean_slope(
        n_base,
        n_base,
        number @ n_cases,
        scores=range(n_cases.shape[2]),
        correction=Correction.CR2,
        confidence_level=run.level,
    )


@each
def kruskal_wallis(run: Runs) -> float:
    """Kruskal-Wallis test over bands."""
    return rejects(kruskal_wallis_test(run.counts[0].sum(axis=0)).p_value, run)


@each
def design_rank(run: Runs) -> float:
    """Design-based rank test over bands."""
    (n_cases,) = run.counts
    return rejects(design_rank_test(n_cases, n_cases, run.design).p_value, run)


@each
def slope(run: Runs) -> float:
    """Test of the mean's slope over bands."""
    return rejects(_slope(run).p_value, run)


@each
def slope_interval(run: Runs) -> float:
    """Interval of the mean's slope over bands."""
    found, step = _slope(run), run.shares[1] - run.shares[0]
    return holds(found.ci_low, found.ci_high, run.scenario.n_factors * step)


def mean(runs: Runs) -> Floats:
    """Interval of the mean."""
    n_cases = np.moveaxis(runs.counts[0][:, :, :, 0], 0, 2)  # services, values, runs
    number, n_base = np.arange(n_cases.shape[1]), n_cases.sum(axis=1)
    sums = (np.einsum("gvr,v->gr", n_cases, number**power) for power in (1, 2))
    found = clustered_means(n_base, n_base, *sums, runs.design, confidence_level=runs.level)
    return holds(found.ci_low, found.ci_high, runs.scenario.n_factors * runs.shares[0])
