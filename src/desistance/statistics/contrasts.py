"""Other views of the difference between two subgroups: of a survey, as ratios, and without services.

`design_contrasts` is the survey view of differences, risk ratios and odds ratios, with weights, strata and finite
population correction. `newcombe_interval` ignores services, for comparison with published figures. The headline is
`share_differences`.

As there, a subgroup that is all yes or all no gets an estimate and no test (`zero_cell`); the unclustered interval
still works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError
from desistance.statistics.arrays import Pair, counts_and_weights, quotient, whole_counts
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_variance, service_status
from desistance.statistics.differences import other_levels, pair_status
from desistance.statistics.intervals import Interval, wilson_interval
from desistance.statistics.robust import ContrastTests, t_tests
from desistance.statistics.status import Status

# Standard errors of shares and log ratios this small are rounding in sums, not variation.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class DesignContrasts:
    """Every subgroup against the reference in three ways; arrays of shape (..., n_levels - 1)."""

    difference: ContrastTests
    """Of shares, on their scale: 0.1 is ten percentage points."""
    risk_ratio: ContrastTests
    """Ratio of shares. `standard_error` and `statistic` are those of its logarithm."""
    odds_ratio: ContrastTests
    """Ratio of odds. `standard_error` and `statistic` are those of its logarithm."""


def design_contrasts(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    design: ServiceDesign,
    *,
    reference: int,
    confidence_level: float,
) -> DesignContrasts:
    """Differences, risk ratios and odds ratios of every subgroup against a reference, as a survey has them.

    Linearised variances under the design: each effect becomes one score a service. Ratios are handled as
    logarithms, which are closer to normal and keep intervals above 0. t with services less strata degrees of
    freedom, which is generous when a subgroup is uneven over services: the tests of `share_differences` keep
    their level better.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base : array, shape (n_services, ..., n_levels)
        As in `share_differences`.
    design : ServiceDesign
        All services of the inspection.
    reference : int
        Position of the subgroup the others are compared with.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    DesignContrasts
        `status` is one of those of `share_differences`, `lonely_stratum` or `fully_inspected`. Estimates are
        given wherever they can be computed; a ratio over 0 cannot.

    Raises
    ------
    StatisticsError
        As `share_differences`.

    References
    ----------
    Binder (1983), International Statistical Review 51(3), 279-292. Agrees with R survey 4.1 `svycontrast`.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> yes = [[8, 2], [5, 4], [9, 1], [3, 3]]
    >>> base = [[10, 10], [10, 8], [12, 9], [9, 4]]
    >>> design = one_stratum_design(4)
    >>> ratio = design_contrasts(yes, base, yes, base, design, reference=0, confidence_level=0.95).risk_ratio
    >>> round(ratio.estimate.item(), 4), round(ratio.ci_low.item(), 4), round(ratio.ci_high.item(), 4)
    (0.529, 0.0968, 2.8905)
    """
    counts, weights = counts_and_weights(n_yes, n_base, weight_yes, weight_base, design.n_services)
    if counts[1].ndim < 2:
        raise StatisticsError(f"counts have shape {counts[1].shape}; give services by subgroups")
    others = other_levels(counts[1].shape[-1], reference)
    status, df = _design_status(counts, others, reference, design)
    share = quotient(weights[0].sum(axis=0), weights[1].sum(axis=0))
    influence = quotient(weights[0] - np.nan_to_num(share) * weights[1], weights[1].sum(axis=0))
    scales = {"difference": np.ones_like(share), "risk_ratio": share, "odds_ratio": share * (1 - share)}
    values = {"difference": share, "risk_ratio": share, "odds_ratio": quotient(share, 1 - share)}
    effects = {}
    for name, scale in scales.items():
        relative = np.nan_to_num(quotient(influence, scale))
        error = _design_error(relative[..., others] - relative[..., [reference]], design)
        pair = values[name][..., others], values[name][..., [reference]]
        log_scale = name != "difference"
        effect = quotient(*pair) if log_scale else pair[0] - pair[1]
        effects[name] = _effect(effect, error, df, status, log_scale, confidence_level)
    return DesignContrasts(**effects)


def _design_status(
    counts: Pair, others: NDArray[np.intp], reference: int, design: ServiceDesign
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Status and degrees of freedom of each pair of subgroups under the design."""
    together = counts[1][..., others] + counts[1][..., [reference]]
    df = degrees_of_freedom(together, design)
    status = pair_status(counts, others, reference)
    return np.where(status == Status.OK, service_status(together, df, design), status), df


def _design_error(scores: NDArray[np.float64], design: ServiceDesign) -> NDArray[np.float64]:
    """Standard errors of totals of scores; NaN for a single service."""
    if design.n_services < 2:
        return np.full(scores.shape[1:], np.nan)
    return np.sqrt(score_variance(scores, design))


def _effect(
    estimate: NDArray[np.float64],
    error: NDArray[np.float64],
    df: NDArray[np.float64],
    status: NDArray[np.str_],
    log_scale: bool,
    confidence_level: float,
) -> ContrastTests:
    """Interval and t test of an effect, by way of its logarithm for a ratio."""
    known = np.isin(status, (Status.OK, Status.LONELY_STRATUM))
    flat = known & ~(error > _ROUNDING)
    status = np.where(flat, Status.NO_VARIATION, status)
    known &= ~flat
    on_scale = np.log(np.where(estimate > 0, estimate, np.nan)) if log_scale else estimate
    tests = t_tests(
        on_scale,
        np.where(flat, 0.0, np.where(known, error, np.nan)),
        np.where(known, df, np.nan),
        status,
        confidence_level=confidence_level,
    )
    if not log_scale:
        return tests
    return replace(tests, estimate=estimate, ci_low=np.exp(tests.ci_low), ci_high=np.exp(tests.ci_high))


def newcombe_interval(
    n_yes_subgroup: ArrayLike,
    n_base_subgroup: ArrayLike,
    n_yes_reference: ArrayLike,
    n_base_reference: ArrayLike,
    *,
    confidence_level: float,
) -> Interval:
    """Hybrid score interval for the difference of two shares of independent cases.

    The companion that ignores services. It joins the Wilson intervals of the two shares, stays inside -1 to 1
    and works where a subgroup is all yes or all no. Not valid as a statement about services: cases inspected
    together are alike.

    Parameters
    ----------
    n_yes_subgroup, n_base_subgroup, n_yes_reference, n_base_reference : array of int, equal shapes
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Interval
        For subgroup less reference, on the scale of shares; NaN where a base is 0.

    Raises
    ------
    StatisticsError
        Negative or missing counts, or more yes than cases.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> interval = newcombe_interval(56, 70, 48, 80, confidence_level=0.95)
    >>> round(interval.ci_low.item(), 4), round(interval.ci_high.item(), 4)
    (0.0524, 0.3339)
    """
    pairs = (whole_counts(n_yes_subgroup, n_base_subgroup), whole_counts(n_yes_reference, n_base_reference))
    p, q = (quotient(*pair) for pair in pairs)
    one, two = (wilson_interval(*pair, confidence_level=confidence_level) for pair in pairs)
    below = np.sqrt(np.square(p - one.ci_low) + np.square(two.ci_high - q))
    above = np.sqrt(np.square(one.ci_high - p) + np.square(q - two.ci_low))
    return Interval(np.asarray(p - q - below), np.asarray(p - q + above))
