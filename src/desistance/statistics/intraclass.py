"""How alike the cases of one service are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.statistics.arrays import quotient, whole_counts
from desistance.statistics.status import Status


@dataclass(frozen=True, eq=False)
class IntraclassCorrelation:
    """Intraclass correlations; every field is an array of the same (trailing) shape."""

    n_services: NDArray[np.int64]
    """Services with a case in the base."""
    estimate: NDArray[np.float64]
    """Correlation of two cases of one service; NaN where it cannot be computed."""
    status: NDArray[np.str_]
    """A value of `Status`."""


def intraclass_correlation(n_yes: ArrayLike, n_base: ArrayLike) -> IntraclassCorrelation:
    """Correlation of a yes/no outcome between two cases of the same service (analysis of variance estimator).

    0 means that cases of a service are no more alike than any two cases; 1 that each service is all yes or
    all no. The mean squares between and within services are compared, allowing for unequal services. The
    estimator assumes no distribution and does well for binary outcomes over a wide range. It ignores weights
    and strata: it describes the cases inspected.

    Negative values occur, where services are more alike than chance would have it, and are reported as they
    are: cutting them off at 0 would bias averages upwards. The lowest possible value is -1 / (n0 - 1), n0
    being the typical size of a service.

    Parameters
    ----------
    n_yes, n_base : array of int, shape (n_services, ...)
        Cases of each service that are a yes, and that are in the base, unweighted. Services with an empty
        base do not count.

    Returns
    -------
    IntraclassCorrelation
        Arrays of the trailing shape. `status` is `ok`, `no_cases`, `one_service`, `no_variation` (all cases
        are a yes, or all a no) or `one_case_each`.

    Raises
    ------
    StatisticsError
        Negative or missing counts, or more yes than cases.

    References
    ----------
    Ridout, Demétrio and Firth (1999), Biometrics 55(1), 137-148. Donner (1986), International Statistical
    Review 54(1), 67-82.

    Examples
    --------
    >>> correlation = intraclass_correlation([4, 1, 0], [4, 4, 4])
    >>> round(correlation.estimate.item(), 4), correlation.status.item()
    (0.75, 'ok')
    """
    yes, base = whole_counts(n_yes, n_base)
    cases, n_services = base.sum(axis=0), (base > 0).sum(axis=0)
    share, overall = quotient(yes, base), quotient(yes.sum(axis=0), cases)
    between = np.where(base > 0, base * np.square(share - overall), 0.0).sum(axis=0)
    within = np.where(base > 0, yes * (1 - share), 0.0).sum(axis=0)
    typical_size = quotient(cases - quotient(np.square(base).sum(axis=0), cases), n_services - 1)
    mean_between, mean_within = quotient(between, n_services - 1), quotient(within, cases - n_services)
    estimate = quotient(mean_between - mean_within, mean_between + (typical_size - 1) * mean_within)
    flat = (yes.sum(axis=0) == 0) | (yes.sum(axis=0) == cases)
    status = np.asarray(
        np.select(
            [cases == 0, n_services == 1, flat, cases == n_services],
            [Status.NO_CASES, Status.ONE_SERVICE, Status.NO_VARIATION, Status.ONE_CASE_EACH],
            Status.OK,
        )
    )
    return IntraclassCorrelation(
        np.asarray(n_services), np.where(status == Status.OK, estimate, np.nan), status
    )
