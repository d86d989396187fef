"""Whether a number, such as that of factors, differs between subgroups, by rank.

`kruskal_wallis_test` is the published method, which ignores services; `design_rank_test` is the one that does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from desistance.errors import StatisticsError
from desistance.statistics.arrays import amounts, check_weights, quotient
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, score_covariance, service_status
from desistance.statistics.status import Status

Floats = NDArray[np.float64]

# Variances of mean ranks (0-1) this small beside others, or beside this, are rounding in sums.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class KruskalWallisTest:
    """Rank test of a number between subgroups, cases taken as independent; NaN where `status` is not `ok`."""

    statistic: float
    """Chi-square, corrected for ties."""
    df: float
    """Subgroups with cases, less one."""
    p_value: float
    n_levels: int
    """Subgroups with cases."""
    status: Status


@dataclass(frozen=True, eq=False)
class DesignRankTest:
    """Rank test of a number between subgroups that takes services into account; NaN where `status` says so."""

    statistic: float
    """F; for two subgroups the square of Student's t."""
    df1: float
    """Subgroups with cases, less one."""
    df2: float
    """Services less strata less `df1`."""
    p_value: float
    mean_rank: Floats
    """Mean rank of each subgroup on the scale 0-1, shape (n_levels,); 0.5 is the middle of all cases."""
    n_levels: int
    """Subgroups with cases."""
    n_services: int
    """Services with cases."""
    status: Status


def kruskal_wallis_test(n_cases: ArrayLike) -> KruskalWallisTest:
    """Kruskal-Wallis test of a number (such as that of factors) between subgroups, with correction for ties.

    Cases are taken as independent; see `design_rank_test`. For two subgroups it is Wilcoxon's test without
    continuity correction.

    Parameters
    ----------
    n_cases : array of int, shape (n_values, n_levels)
        Cases with each value of the number, in rising order, in each subgroup.

    Returns
    -------
    KruskalWallisTest
        `status` is `ok`, `no_cases`, `one_level` or `no_variation` (all cases have the same number).

    Raises
    ------
    StatisticsError
        Negative, missing or broken counts, or not values by subgroups.

    References
    ----------
    Kruskal and Wallis (1952), Journal of the American Statistical Association 47, 583-621. Agrees with R
    4.2.2 `kruskal.test`.

    Examples
    --------
    >>> test = kruskal_wallis_test([[3, 1], [2, 2], [1, 4]])
    >>> round(test.statistic, 4), test.df, round(test.p_value, 4)
    (2.5278, 1.0, 0.1119)
    """
    counts = amounts(n_cases, "n_cases")
    if counts.ndim != 2 or (counts != np.floor(counts)).any():
        raise StatisticsError(f"n_cases has shape {counts.shape}; give whole numbers, values by subgroups")
    sizes, n = counts.sum(axis=0), counts.sum()
    n_levels, status = int((sizes > 0).sum()), _rank_status(counts)
    if status is not Status.OK:
        return KruskalWallisTest(*[np.nan] * 3, n_levels=n_levels, status=status)
    ranks = _mid_ranks(counts.sum(axis=1)) * n - n / 2
    between = float((np.square(ranks @ counts)[sizes > 0] / sizes[sizes > 0]).sum())
    statistic = float((n - 1) * between / (np.square(ranks) @ counts.sum(axis=1)))
    return KruskalWallisTest(
        statistic, float(n_levels - 1), float(chdtrc(n_levels - 1, statistic)), n_levels, status
    )


def _rank_status(counts: Floats) -> Status:
    """Whether a table of values by subgroups can be compared."""
    by_value, by_level = (counts.sum(axis=axis) for axis in (1, 0))
    if counts.sum() == 0:
        return Status.NO_CASES
    if (by_level > 0).sum() == 1:
        return Status.ONE_LEVEL
    return Status.NO_VARIATION if (by_value > 0).sum() == 1 else Status.OK


def _mid_ranks(weight: Floats) -> Floats:
    """Rank of each value as a share of all cases, 0-1, tied cases in the middle."""
    return (np.cumsum(weight) - weight / 2) / weight.sum()


def design_rank_test(n_cases: ArrayLike, weight: ArrayLike, design: ServiceDesign) -> DesignRankTest:
    """Rank test of a number between subgroups, with services taken into account.

    The mean rank of each subgroup, estimated for the population, is compared under the variance between
    services. It does not assume a shape for the number, and it is not misled by cases that are alike.

    Parameters
    ----------
    n_cases : array of int, shape (n_services, n_values, n_levels)
        Cases of each service with each value of the number, in rising order, in each subgroup.
    weight : array of float, shape (n_services, n_values, n_levels)
        Sum of their weights; the counts themselves for equal weights.
    design : ServiceDesign
        All services of the inspection.

    Returns
    -------
    DesignRankTest
        `status` is `ok`, `lonely_stratum`, `no_cases`, `one_level`, `no_variation`, `one_service` (also where
        all cases of a subgroup come from one service), `no_degrees_of_freedom` or `fully_inspected`. Mean
        ranks are given wherever there are cases.

    Raises
    ------
    StatisticsError
        Shapes differ; counts are negative or missing; or weights are zero where there are cases.

    References
    ----------
    Lumley and Scott (2013), Biometrika 100(4), 831-842. Agrees with R survey 4.1 `svyranktest`, but for tied
    cases with unequal weights: R's ranks then depend on the order of the rows, these do not.

    Examples
    --------
    >>> from desistance.statistics.design import one_stratum_design
    >>> n = [
    ...     [[3, 1], [2, 2], [1, 4]],
    ...     [[2, 1], [4, 2], [1, 1]],
    ...     [[5, 0], [1, 2], [0, 3]],
    ...     [[1, 1], [2, 1], [2, 2]],
    ... ]
    >>> test = design_rank_test(n, n, one_stratum_design(4))
    >>> round(test.statistic, 4), test.df1, test.df2, round(test.p_value, 4)
    (4.5108, 1.0, 2.0, 0.1676)
    """
    counts, weights = amounts(n_cases, "n_cases"), amounts(weight, "weight")
    if counts.ndim != 3 or len(counts) != design.n_services:
        raise StatisticsError(f"n_cases has shape {counts.shape}; give services by values by subgroups")
    check_weights(counts, weights, "cases")
    by_level = counts.sum(axis=1)
    seen, df1 = by_level.sum(axis=0) > 0, float((by_level.sum(axis=0) > 0).sum() - 1)
    df2 = degrees_of_freedom(by_level.sum(axis=1), design).item() - df1
    status = _design_rank_status(counts, df2, design)
    sizes = {"n_levels": int(seen.sum()), "n_services": int(by_level.any(axis=1).sum())}
    means, scores = _mean_ranks(weights)
    if status in (Status.OK, Status.LONELY_STRATUM):
        order = np.flatnonzero(seen)
        effect = means[order[1:]] - means[order[0]]
        V = score_covariance(scores[:, order[1:]] - scores[:, order[:1]], design)
        spread = np.linalg.eigvalsh(V)
        if spread[0] > _ROUNDING * max(spread[-1], _ROUNDING):
            F = float(effect @ np.linalg.solve(V, effect)) / df1
            return DesignRankTest(F, df1, df2, float(fdtrc(df1, df2, F)), means, **sizes, status=status)
        status = Status.NO_VARIATION
    return DesignRankTest(*[np.nan] * 4, means, **sizes, status=status)


def _mean_ranks(weights: Floats) -> tuple[Floats, Floats]:
    """Mean rank of each subgroup, NaN without cases, and its scores by service."""
    if not weights.any():
        return np.full(weights.shape[2], np.nan), np.zeros_like(weights[:, 0])
    ranks, by_level = _mid_ranks(weights.sum(axis=(0, 2))), weights.sum(axis=1)
    summed = np.einsum("gvl,v->gl", weights, ranks)
    means = quotient(summed.sum(axis=0), by_level.sum(axis=0))
    return means, quotient(summed - np.nan_to_num(means) * by_level, by_level.sum(axis=0))


def _design_rank_status(counts: Floats, df2: float, design: ServiceDesign) -> Status:
    """Whether the table and the design can carry the test."""
    by_level = counts.sum(axis=1)
    status = _rank_status(counts.sum(axis=0))
    if status is not Status.OK:
        return status
    cases = by_level.sum(axis=1)
    status = Status(service_status(cases, degrees_of_freedom(cases, design), design).item())
    if status in (Status.OK, Status.LONELY_STRATUM) and ((by_level > 0).sum(axis=0) == 1).any():
        return Status.ONE_SERVICE
    if status in (Status.OK, Status.LONELY_STRATUM) and not df2 > 0:
        return Status.NO_DEGREES_OF_FREEDOM
    return status
