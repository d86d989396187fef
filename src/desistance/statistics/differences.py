"""How many percentage points a yes/no outcome differs between subgroups: the headline.

`share_differences` is the linear probability model with the CR2 variance, whose degrees of freedom say how much
the data can tell; `omnibus_test` is its test of all subgroups at once. `contrasts` has other views of the same table.

A subgroup that is all yes or all no gets an estimate and no test (`zero_cell`). Its own variance would be
counted as 0, and twelve of twelve against 80 per cent of a thousand would look as sure as can be; the
unclustered interval and Fisher's test still work there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError
from desistance.statistics.arrays import Pair, counts_and_weights, quotient
from desistance.statistics.comparisons import table_status
from desistance.statistics.fits import ClusteredFit, linear_fit
from desistance.statistics.level_shares import level_contrasts, level_fit
from desistance.statistics.robust import ContrastTests, Correction, t_tests
from desistance.statistics.status import Status
from desistance.statistics.wald import WaldMethod, wald_test


@dataclass(frozen=True)
class OmnibusTest:
    """Whether the shares of several subgroups are all equal; NaN where `status` is not `ok`."""

    statistic: float
    """F, scaled as the method asks."""
    df1: float
    """Subgroups compared, less one."""
    df2: float
    p_value: float
    n_levels: int
    """Subgroups compared."""
    n_levels_left_out: int
    """Subgroups with cases in one service only, which cannot be compared."""
    n_services: int
    """Services with cases."""
    status: Status


def share_differences(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    *,
    reference: int,
    correction: Correction,
    confidence_level: float,
) -> ContrastTests:
    """Differences between the share of every subgroup and that of a reference, robust to clustering.

    Least squares of yes/no on the subgroup gives the difference of shares itself. The variance lets cases of
    a service be related in any way; Satterthwaite's degrees of freedom, often far below the number of
    services, allow for its own uncertainty. The interval is symmetric, so with few degrees of freedom it may
    pass -1 or 1; it is not cut off, because that would hide how little is known.

    Parameters
    ----------
    n_yes, n_base : array of int, shape (n_services, ..., n_levels)
        Cases of each service and subgroup that are a yes, and that are in the base; in between, any axes of
        tables that are looked at one by one.
    weight_yes, weight_base : array of float, shape (n_services, ..., n_levels)
        Sums of the weights of the same cases; the counts themselves for equal weights.
    reference : int
        Position of the subgroup the others are compared with.
    correction : Correction
        `CR2` is the headline, `CR3` the jackknife.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    ContrastTests
        Arrays of shape (..., n_levels - 1), one for each other subgroup, in their order; shares on the scale 0-1.
        `status` is `ok`; `no_cases` or
        `one_level` (no case in both or one of the two); and with an estimate only `all_yes`, `all_no`,
        `one_service` (all cases of one of the two come from one service), `zero_cell`, `no_variation` or
        `no_degrees_of_freedom`.

    Raises
    ------
    StatisticsError
        Shapes differ; counts are negative or missing; a yes is not in the base; weights are zero where there
        are cases; or there is no such reference.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181. Pustejovsky and Tipton (2018), Journal of
    Business & Economic Statistics 36(4), 672-683. With equal weights it agrees with R `clubSandwich` 0.5.8.

    Examples
    --------
    >>> yes = [[8, 2], [5, 4], [9, 1], [3, 3]]
    >>> base = [[10, 10], [10, 8], [12, 9], [9, 4]]
    >>> test = share_differences(
    ...     yes, base, yes, base, reference=0, correction=Correction.CR2, confidence_level=0.95
    ... )
    >>> round(test.estimate.item(), 4), round(test.standard_error.item(), 4), round(test.df.item(), 2)
    (-0.2872, 0.2201, 2.85)
    """
    counts, weights = level_tables(n_yes, n_base, weight_yes, weight_base)
    others = other_levels(counts[1].shape[-1], reference)
    tests = level_contrasts(level_fit(counts, weights), others, reference, correction=correction)
    status = pair_status(counts, others, reference)
    status = np.where(status == Status.OK, tests.status, status)
    shares = quotient(weights[0].sum(axis=0), weights[1].sum(axis=0))
    error = np.where(status == Status.OK, np.sqrt(tests.variance), np.nan)
    return t_tests(
        shares[..., others] - shares[..., [reference]],
        np.where(status == Status.NO_VARIATION, 0.0, error),
        np.where(status == Status.OK, tests.df, np.nan),
        status,
        confidence_level=confidence_level,
    )


def share_fit(counts: Pair, weights: Pair) -> ClusteredFit:
    """Linear probability model with one coefficient, its share, for each subgroup that has cases."""
    seen = counts[1].sum(axis=0) > 0
    return linear_fit(np.eye(seen.sum()), counts[1][:, seen], weights[1][:, seen], weights[0][:, seen])


def _level_contrasts(
    n_base: NDArray[np.float64], others: NDArray[np.intp], reference: int
) -> NDArray[np.float64]:
    """Each other subgroup less the reference, on the coefficients of `share_fit`; dummies where one is empty."""
    seen = n_base.sum(axis=0) > 0
    every = np.eye(len(seen))
    contrasts = (every[others] - every[reference])[:, seen]
    contrasts[~contrasts.any(axis=1)] = 1.0
    return contrasts


def share_tables(
    n_yes: ArrayLike, n_base: ArrayLike, weight_yes: ArrayLike, weight_base: ArrayLike
) -> tuple[Pair, Pair]:
    """Return counts and weights of shape (n_services, n_levels), or refuse them."""
    shape = np.shape(n_base)
    if len(shape) != 2:
        raise StatisticsError(f"counts have shape {shape}; give services by subgroups")
    return counts_and_weights(n_yes, n_base, weight_yes, weight_base, shape[0])


def level_tables(
    n_yes: ArrayLike, n_base: ArrayLike, weight_yes: ArrayLike, weight_base: ArrayLike
) -> tuple[Pair, Pair]:
    """Return counts and weights of shape (n_services, ..., n_levels), or refuse them."""
    shape = np.shape(n_base)
    if len(shape) < 2:
        raise StatisticsError(f"counts have shape {shape}; give services by subgroups")
    return counts_and_weights(n_yes, n_base, weight_yes, weight_base, shape[0])


def other_levels(n_levels: int, reference: int) -> NDArray[np.intp]:
    """Positions of all subgroups but the reference."""
    if not 0 <= reference < n_levels:
        raise StatisticsError(f"reference is {reference}; give a position from 0 to {n_levels - 1}")
    return np.delete(np.arange(n_levels), reference)


def pair_status(counts: Pair, others: NDArray[np.intp], reference: int) -> NDArray[np.str_]:
    """Whether the counts of each subgroup and the reference can be compared, shape (..., n_levels - 1)."""
    totals = (*(count.sum(axis=0) for count in counts), (counts[1] > 0).sum(axis=0))
    pair = [tuple(total[..., level] for total in totals) for level in (others, [reference])]
    (yes, base, n_services), (yes_reference, base_reference, n_services_reference) = pair
    pair_yes, pair_base = yes + yes_reference, base + base_reference
    reasons = {
        Status.NO_CASES: pair_base == 0,
        Status.ONE_LEVEL: (base == 0) | (base_reference == 0),
        Status.ALL_YES: pair_yes == pair_base,
        Status.ALL_NO: pair_yes == 0,
        Status.ONE_SERVICE: (n_services == 1) | (n_services_reference == 1),
        Status.ZERO_CELL: (yes == 0)
        | (yes == base)
        | (yes_reference == 0)
        | (yes_reference == base_reference),
    }
    return np.asarray(np.select(list(reasons.values()), list(reasons), Status.OK))


def omnibus_test(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    *,
    correction: Correction,
    method: WaldMethod,
) -> OmnibusTest:
    """Test that the shares of all subgroups are equal, robust to clustering in services.

    Of the tests for three or more subgroups this one keeps its level best when services are few and unequal.
    With two subgroups it is the square of the t test of `share_differences`.

    A subgroup all of whose cases come from one service (such as a single case) is left out and counted: what
    is known of it does not include how services vary. A subgroup that is all yes or all no stays, and the
    test is not given, because its variance would be taken as 0; `rao_scott_test` can be.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base : array, shape (n_services, n_levels)
        As in `share_differences`. Subgroups without cases are dropped.
    correction : Correction
        `CR2` is the headline.
    method : WaldMethod
        `HTZ` is the headline.

    Returns
    -------
    OmnibusTest
        `status` is `ok`, `no_cases`, `one_level` (fewer than two subgroups can be compared), `all_yes`,
        `all_no`, `one_service`, `zero_cell`, `no_variation` or `no_degrees_of_freedom`.

    Raises
    ------
    StatisticsError
        As `share_differences`.

    References
    ----------
    Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), 672-683.

    Examples
    --------
    >>> yes = [[8, 2, 3], [5, 4, 1], [9, 1, 4], [3, 3, 2], [6, 2, 5]]
    >>> base = [[10, 10, 5], [10, 8, 6], [12, 9, 5], [9, 4, 4], [9, 7, 9]]
    >>> test = omnibus_test(yes, base, yes, base, correction=Correction.CR2, method=WaldMethod.HTZ)
    >>> round(test.statistic, 4), test.df1, round(test.df2, 4), round(test.p_value, 4)
    (1.5003, 2.0, 2.8553, 0.3586)
    """
    counts, weights = share_tables(n_yes, n_base, weight_yes, weight_base)
    n_services = (counts[1] > 0).sum(axis=0)
    kept = n_services > 1
    sizes = {
        "n_levels": int(kept.sum()),
        "n_levels_left_out": int((n_services == 1).sum()),
        "n_services": int((counts[1].sum(axis=1) > 0).sum()),
    }
    status = omnibus_status(counts, kept, sizes["n_services"])
    if status is not Status.OK:
        return OmnibusTest(*[np.nan] * 4, **sizes, status=status)
    fit = share_fit(*(tuple(each[:, kept] for each in pair) for pair in (counts, weights)))
    order = np.arange(sizes["n_levels"])
    test = wald_test(
        fit, _level_contrasts(counts[1][:, kept], order[1:], 0), correction=correction, method=method
    )
    return OmnibusTest(test.statistic, test.df1, test.df2, test.p_value, **sizes, status=test.status)


def omnibus_status(counts: Pair, kept: NDArray[np.bool_], n_services: int) -> Status:
    """Whether the kept subgroups can be compared."""
    yes, base = (count.sum(axis=0) for count in counts)
    status = table_status(yes, base)
    if status is not Status.OK or n_services == 1:
        return Status.ONE_SERVICE if status is Status.OK else status
    if kept.sum() < 2:
        return Status.ONE_LEVEL
    status = table_status(yes[kept], base[kept])
    flat = ((yes == 0) | (yes == base)) & kept
    return Status.ZERO_CELL if status is Status.OK and flat.any() else status
