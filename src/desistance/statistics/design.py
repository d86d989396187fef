"""The inspection as a sample of services, and the variance that follows from it.

Services are the units that were drawn; all their cases come along. Whatever is estimated is first turned into
one score for each service, its influence on the estimate; the variance of the estimate is then the variance
of a total of independent scores, stratum by stratum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError, TooFewServicesError
from desistance.statistics.status import Status


@dataclass(frozen=True, eq=False)
class ServiceDesign:
    """How the services were drawn.

    Use `one_stratum_design` or `stratified_design` to make one.

    Parameters
    ----------
    stratum : array of int, shape (n_services,)
        Stratum of each service, as codes from 0 without gaps.
    sampling_fraction : array of float, shape (n_services,)
        Share of the services of that stratum that was inspected, 0-1 and equal within a stratum. 0 means no
        finite population correction: the services stand for practice in general and not for a fixed list.

    Raises
    ------
    StatisticsError
        Shapes differ, codes have gaps, or fractions are missing, outside 0-1 or unequal within a stratum.
    """

    stratum: NDArray[np.intp]
    sampling_fraction: NDArray[np.float64]

    def __post_init__(self) -> None:
        stratum = np.array(self.stratum, dtype=np.intp)
        fraction = np.array(self.sampling_fraction, dtype=np.float64)
        _check_design(stratum, fraction)
        for name, array in (("stratum", stratum), ("sampling_fraction", fraction)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def n_services(self) -> int:
        """Services in the design, with or without cases in a base."""
        return self.stratum.size

    def without(self, service: int) -> ServiceDesign:
        """The design without one service: one fewer of the same population was inspected."""
        stratum, n = np.delete(self.stratum, service), self.n_in_stratum[self.stratum[service]]
        left = np.where(
            self.stratum == self.stratum[service],
            self.sampling_fraction * (n - 1) / n,
            self.sampling_fraction,
        )
        return ServiceDesign(np.unique(stratum, return_inverse=True)[1], np.delete(left, service))

    @cached_property
    def n_in_stratum(self) -> NDArray[np.intp]:
        """Number of services in each stratum, shape (n_strata,)."""
        return np.bincount(self.stratum)

    @cached_property
    def lonely(self) -> NDArray[np.bool_]:
        """Whether a service stands alone in a stratum that has more to draw, shape (n_services,)."""
        return (self.n_in_stratum[self.stratum] == 1) & (self.sampling_fraction < 1)

    @cached_property
    def variance_factor(self) -> NDArray[np.float64]:
        """What squared deviations of each service are multiplied by, shape (n_services,)."""
        n = self.n_in_stratum[self.stratum]
        return (1 - self.sampling_fraction) * n / np.maximum(n - 1, 1)

    @cached_property
    def _by_stratum(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Order of services that puts strata together, and where each stratum starts in it."""
        order = np.argsort(self.stratum, kind="stable")
        return order, np.concatenate(([0], np.cumsum(self.n_in_stratum)[:-1]))

    def stratum_totals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up values, shape (n_services, ...), within strata: shape (n_strata, ...)."""
        if self.n_in_stratum.size == 1:
            return values.sum(axis=0, keepdims=True)
        order, starts = self._by_stratum
        return np.add.reduceat(values[order], starts, axis=0)


def _check_design(stratum: NDArray[np.intp], fraction: NDArray[np.float64]) -> None:
    if stratum.ndim != 1 or stratum.shape != fraction.shape:
        raise StatisticsError(
            f"stratum has shape {stratum.shape} and sampling_fraction {fraction.shape}; "
            "give one of each for a service"
        )
    if stratum.size == 0:
        raise TooFewServicesError("the design has no services; check that records were accepted")
    if stratum.min() < 0 or (np.bincount(stratum) == 0).any():
        raise StatisticsError("stratum codes have gaps; use stratified_design, which makes them from labels")
    if not ((fraction >= 0) & (fraction <= 1)).all():
        raise StatisticsError(
            "sampling_fraction is missing or outside 0-1 for some services; use 0 for no correction"
        )
    first = np.zeros(stratum.max() + 1)
    first[stratum] = fraction
    if (first[stratum] != fraction).any():
        raise StatisticsError(
            "sampling_fraction differs within a stratum; give each stratum one population size"
        )


def one_stratum_design(n_services: int) -> ServiceDesign:
    """Design of services drawn from one large population, without finite population correction.

    >>> one_stratum_design(3).stratum.tolist()
    [0, 0, 0]
    """
    return ServiceDesign(np.zeros(n_services, dtype=np.intp), np.zeros(n_services))


def stratified_design(stratum: ArrayLike, population_size: ArrayLike) -> ServiceDesign:
    """Design of services drawn within strata, with a finite population correction where sizes are known.

    Parameters
    ----------
    stratum : array, shape (n_services,)
        Label of the stratum of each service (text or numbers). All alike for a single stratum.
    population_size : array of float, shape (n_services,)
        Services there are in that stratum in the population, inspected or not, repeated for each of its
        services. NaN: no correction for that stratum.

    Returns
    -------
    ServiceDesign

    Raises
    ------
    StatisticsError
        A stratum has two population sizes, or fewer services in the population than were inspected.

    Examples
    --------
    >>> design = stratified_design(["north", "north", "south", "south"], [10, 10, float("nan"), float("nan")])
    >>> design.sampling_fraction.tolist()
    [0.2, 0.2, 0.0, 0.0]
    """
    labels, size = np.asarray(stratum), np.asarray(population_size, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != size.shape:
        raise StatisticsError(
            f"stratum has shape {labels.shape} and population_size {size.shape}; "
            "give one of each for a service"
        )
    if any(label is None or label != label for label in labels.tolist()):
        raise StatisticsError(
            "stratum is missing for some services; give those a stratum of their own or merge them"
        )
    codes = np.unique(labels, return_inverse=True)[1]
    n_inspected = np.bincount(codes)[codes] if codes.size else np.zeros(0)
    if (size < n_inspected).any():
        raise StatisticsError(
            "population_size is below the number of services inspected in a stratum; check the sizes"
        )
    fraction = np.where(np.isnan(size), 0.0, n_inspected / np.where(np.isnan(size), 1.0, size))
    return ServiceDesign(codes, fraction)


def _deviations(scores: ArrayLike, design: ServiceDesign) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Deviations of scores from their stratum's mean, and the factors to multiply their products by."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape[:1] != (design.n_services,):
        raise StatisticsError(
            f"scores have shape {scores.shape}; the first axis must be {design.n_services} services"
        )
    if design.n_services < 2:
        raise TooFewServicesError("a variance between services needs at least two services; one was given")
    per_service = (-1,) + (1,) * (scores.ndim - 1)
    means = design.stratum_totals(scores) / design.n_in_stratum.reshape(per_service)
    centre = np.where(design.lonely.reshape(per_service), scores.mean(axis=0), means[design.stratum])
    return scores - centre, design.variance_factor.reshape(per_service)


def score_covariance(scores: ArrayLike, design: ServiceDesign) -> NDArray[np.float64]:
    """Covariance of totals of service scores (linearised, or Taylor series, variance).

    Within each stratum the scores are treated as independent draws: squared deviations from the stratum's
    mean are multiplied by n / (n - 1) and by one minus the sampling fraction, and strata are added. Nothing
    is assumed about how cases within a service are related. All services of the design count: one without
    cases in a subgroup has a score of zero and still tells how much totals vary, as in R's `survey` for a
    subset.

    A stratum with one service (and more in the population) has no variance of its own. Its score is compared
    with the mean score over all services instead, which overstates the variance as a rule; results say
    `lonely_stratum`. This is `options(survey.lonely.psu = "adjust")` in R.

    Parameters
    ----------
    scores : array of float, shape (n_services, k)
        Influence of each service on each of k estimates; for a share, its sum of (yes - share) over the total
        base. No missing values.
    design : ServiceDesign

    Returns
    -------
    array of float, shape (k, k)

    Raises
    ------
    TooFewServicesError
        The design has one service.
    StatisticsError
        The scores are not one row a service.

    References
    ----------
    Binder (1983), International Statistical Review 51(3), 279-292. Lumley (2004), Journal of Statistical
    Software 9(8), 1-19.

    Examples
    --------
    >>> score_covariance([[1.0], [2.0], [3.0]], one_stratum_design(3)).tolist()
    [[3.0]]
    """
    deviations, factor = _deviations(scores, design)
    return (factor * deviations).T @ deviations


def score_variance(scores: ArrayLike, design: ServiceDesign) -> NDArray[np.float64]:
    """Diagonal of `score_covariance`, for scores of any trailing shape.

    Parameters
    ----------
    scores : array of float, shape (n_services, ...)
    design : ServiceDesign

    Returns
    -------
    array of float, the trailing shape

    Examples
    --------
    >>> score_variance([1.0, 2.0, 3.0], one_stratum_design(3)).item()
    3.0
    """
    deviations, factor = _deviations(scores, design)
    return np.asarray((factor * np.square(deviations)).sum(axis=0))


def degrees_of_freedom(n_base: ArrayLike, design: ServiceDesign) -> NDArray[np.float64]:
    """Services with a case in the base, less strata with one.

    This is R's `degf` of a subset. Stata keeps the whole design's number, which is larger; R's choice is the
    more cautious where a subgroup is found in few services.

    Parameters
    ----------
    n_base : array, shape (n_services, ...)
        Cases of each service in the base.
    design : ServiceDesign

    Returns
    -------
    array of float, the trailing shape; NaN where nobody is in the base

    Examples
    --------
    >>> degrees_of_freedom([4, 0, 2], one_stratum_design(3)).item()
    1.0
    """
    present = (np.asarray(n_base) > 0).astype(np.float64)
    n_services = present.sum(axis=0)
    n_strata = (design.stratum_totals(present) > 0).sum(axis=0)
    return np.asarray(np.where(n_services > 0, n_services - n_strata, np.nan))


def service_status(n_base: ArrayLike, df: ArrayLike, design: ServiceDesign) -> NDArray[np.str_]:
    """Whether the spread over the services with cases can carry a variance.

    Parameters
    ----------
    n_base : array, shape (n_services, ...)
        Cases of each service in the base.
    df : array, the trailing shape
        Their `degrees_of_freedom`.
    design : ServiceDesign

    Returns
    -------
    array of str, the trailing shape
        Values of `Status`.

    Examples
    --------
    >>> service_status([4, 0, 2], 1, one_stratum_design(3)).item()
    'ok'
    """
    present = np.asarray(n_base) > 0
    per_service = (-1,) + (1,) * (present.ndim - 1)
    n_services = present.sum(axis=0)
    fully_inspected = ~(present & (design.sampling_fraction < 1).reshape(per_service)).any(axis=0)
    lonely = (present & design.lonely.reshape(per_service)).any(axis=0)
    reasons = {
        Status.NO_CASES: n_services == 0,
        Status.ONE_SERVICE: n_services == 1,
        Status.FULLY_INSPECTED: fully_inspected,
        Status.NO_DEGREES_OF_FREEDOM: np.asarray(df) < 1,
        Status.LONELY_STRATUM: lonely,
    }
    return np.asarray(np.select(list(reasons.values()), list(reasons), Status.OK))
