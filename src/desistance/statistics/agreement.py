"""Agreement of raters, or of several readings of one case, beyond what chance would give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from desistance.errors import StatisticsError
from desistance.statistics.arrays import amounts, check_confidence_level
from desistance.statistics.intervals import t_interval
from desistance.statistics.status import Status

# Standard errors this small are rounding, not variation.
_ROUNDING = 1e-13


class AgreementWeights(StrEnum):
    """How much two different categories count as agreement."""

    NONE = "none"
    """Not at all: Cohen's kappa."""

    LINEAR = "linear"
    """1 less the distance in categories over the largest distance (Cicchetti and Allison)."""

    QUADRATIC = "quadratic"
    """1 less the square of that (Fleiss and Cohen); close to an intraclass correlation."""


@dataclass(frozen=True)
class Kappa:
    """Chance-corrected agreement; NaN where `status` is not `ok`."""

    n_cases: int
    observed: float
    """Share of (weighted) agreement, 0-1."""
    expected: float
    """The same if the ratings were unrelated."""
    estimate: float
    """Kappa: 1 for full agreement, 0 for no more than chance, negative for less."""
    standard_error: float
    ci_low: float
    ci_high: float
    status: Status


def kappa(table: ArrayLike, *, weights: AgreementWeights, confidence_level: float) -> Kappa:
    """Cohen's kappa, plain or weighted, with an asymptotic interval.

    For quality assurance: two people read the same cases; how far do their judgements agree beyond chance?
    Kappa depends on how common the categories are, so it should not be compared between questions with very
    different shares. Weighted kappa is for ordered categories. Cases are taken as independent; if they come
    from a few services the interval is too short. The interval is symmetric and cut off at -1 and 1. It is
    poor for fewer than about 10 cases a category.

    Parameters
    ----------
    table : array of int, shape (k, k)
        Cases by category of the first rater (rows) and the second (columns), the same order in both.
    weights : AgreementWeights
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Kappa
        `status` is `ok`, `no_cases`, or `no_variation` (both raters put all cases into the same category, so
        chance alone would agree fully).

    Raises
    ------
    StatisticsError
        The table is not square with two or more categories, or its counts make no sense.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20, 37-46; (1968), Psychological Bulletin 70,
    213-220. Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72, 323-327, for the standard error.

    Examples
    --------
    >>> result = kappa([[20, 5], [10, 15]], weights=AgreementWeights.NONE, confidence_level=0.95)
    >>> round(result.estimate, 3), round(result.ci_low, 3), round(result.ci_high, 3)
    (0.4, 0.151, 0.649)
    """
    counts = amounts(table, "table")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or len(counts) < 2:
        raise StatisticsError(
            f"the table has shape {counts.shape}; give the same categories in rows and columns"
        )
    if (counts != np.floor(counts)).any():
        raise StatisticsError("the table has values that are not whole; give counts of cases")
    n, level = counts.sum(), check_confidence_level(confidence_level)
    agreement = _agreement(len(counts), AgreementWeights(weights))
    if n == 0:
        return Kappa(0, *[np.nan] * 6, status=Status.NO_CASES)
    shares = counts / n
    by_row, by_column = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((agreement * shares).sum()), float(by_row @ agreement @ by_column)
    if (np.diag(counts) == n).any():
        return Kappa(int(n), observed, expected, *[np.nan] * 4, status=Status.NO_VARIATION)
    estimate = (observed - expected) / (1 - expected)
    chance = (agreement @ by_column)[:, None] + by_row @ agreement
    spread = (shares * np.square(agreement - chance * (1 - estimate))).sum()
    variance = (spread - (estimate - expected * (1 - estimate)) ** 2) / n
    error = float(np.sqrt(max(variance, 0.0)) / (1 - expected))
    margin = float(-ndtri((1 - level) / 2)) * error
    ends = (max(estimate - margin, -1.0), min(estimate + margin, 1.0))
    return Kappa(int(n), observed, expected, estimate, error, *ends, status=Status.OK)


@dataclass(frozen=True)
class Alpha:
    """Chance-corrected agreement of any number of raters; NaN where `status` says that it could not be computed."""

    n_units: int
    """Units that two or more rated."""
    n_services: int
    """Services with such a unit."""
    observed: float
    """Mean over these units of the share of pairs of raters who agree, 0-1."""
    estimate: float
    """Alpha: 1 for full agreement, 0 for no more than chance, negative for less."""
    standard_error: float
    ci_low: float
    ci_high: float
    df: float
    """Services with such a unit less 1."""
    status: Status


def krippendorff_alpha(
    value_counts: ArrayLike, n_units: ArrayLike, service: ArrayLike, *, confidence_level: float
) -> Alpha:
    """Krippendorff's alpha for unordered categories, with a jackknife interval over services.

    For quality assurance where more than two people rate, or not all of them rate everything: raters are taken as
    exchangeable, and a unit counts with all pairs of its ratings. For two raters without gaps alpha is close to
    kappa. Units of one service are about the same work, so services and not units are left out in turn; the interval
    is symmetric with Student's t and cut off at 1. It is poor for few services or hardly any disagreement.

    Parameters
    ----------
    value_counts : array of int, shape (n_patterns, n_categories)
        How many raters gave each category to a unit; patterns may repeat. Units with fewer than two ratings are left
        out: there is nobody to agree with.
    n_units : array of int, shape (n_patterns,)
        Units with each pattern.
    service : array, shape (n_patterns,)
        The service that the units of a pattern belong to.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Alpha
        `status` is `ok`; `no_cases` (no unit with two ratings); `no_variation` (all ratings are the same, so
        chance alone would agree fully; or with an estimate only, where it is the same whichever service is left out,
        as in full agreement); and with an estimate only `one_service` or `one_service_decides` (without it, all
        ratings are the same).

    Raises
    ------
    StatisticsError
        Shapes do not fit, or counts are negative, missing or not whole.

    References
    ----------
    Krippendorff (2019), Content Analysis, 4th edition, chapter 12. Estimates by the package `krippendorff`. Efron
    and Tibshirani (1993), An Introduction to the Bootstrap, chapter 11, for the jackknife.

    Examples
    --------
    >>> counts = [[2, 0], [0, 2], [1, 1], [2, 0], [0, 2], [1, 1]]
    >>> alpha = krippendorff_alpha(counts, [6, 3, 1, 4, 4, 2], list("AAABBB"), confidence_level=0.95)
    >>> round(alpha.estimate, 3), alpha.df, alpha.n_units
    (0.701, 1.0, 20)
    """
    counts, units, place = _rated(value_counts, n_units, service)
    level = check_confidence_level(confidence_level)
    names, code = np.unique(place, return_inverse=True)
    total = int(units.sum())
    if total == 0:
        return Alpha(0, 0, *[np.nan] * 6, status=Status.NO_CASES)
    ratings = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (ratings * (ratings - 1))
    sizes = (total, len(names), float(agreeing @ units / total))
    estimate = _alpha(counts, units)
    if np.isnan(estimate):
        return Alpha(*sizes, *[np.nan] * 5, status=Status.NO_VARIATION)
    without = np.array([_alpha(counts[code != one], units[code != one]) for one in range(len(names))])
    df = len(names) - 1.0
    error = float(np.sqrt(df / len(names) * np.square(without - estimate).sum()))
    reasons = {
        Status.ONE_SERVICE: len(names) == 1,
        Status.ONE_SERVICE_DECIDES: bool(np.isnan(without).any()),
        Status.NO_VARIATION: error < _ROUNDING,
    }
    status = next((reason for reason, holds in reasons.items() if holds), Status.OK)
    if status is not Status.OK:
        return Alpha(*sizes, estimate, *[np.nan] * 4, status=status)
    ends = t_interval(estimate, error, df, confidence_level=level)
    return Alpha(
        *sizes, estimate, error, float(ends.ci_low), min(float(ends.ci_high), 1.0), df, status=status
    )


def _rated(
    value_counts: ArrayLike, n_units: ArrayLike, service: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.str_]]:
    """Patterns with two or more ratings that some unit has, how many units have them, and where; or refuse them."""
    counts, units = amounts(value_counts, "value_counts"), amounts(n_units, "n_units")
    place = np.asarray(service)
    if counts.ndim != 2 or units.shape != counts.shape[:1] or place.shape != units.shape:
        raise StatisticsError(
            f"value_counts, n_units and service have shapes {counts.shape}, {units.shape} and {place.shape}; "
            "give patterns by categories, and one number and one service a pattern"
        )
    if (counts != np.floor(counts)).any() or (units != np.floor(units)).any():
        raise StatisticsError("the counts have values that are not whole; give counts of raters and of units")
    kept = (counts.sum(axis=1) > 1) & (units > 0)
    return counts[kept].astype(np.int64), units[kept].astype(np.int64), place[kept]


def _alpha(counts: NDArray[np.int64], units: NDArray[np.int64]) -> float:
    """The estimate; NaN where all ratings are the same, or there are none."""
    from krippendorff import alpha

    if ((units @ counts) > 0).sum() < 2:
        return np.nan
    return float(alpha(value_counts=np.repeat(counts, units, axis=0), level_of_measurement="nominal"))


def _agreement(n_categories: int, weights: AgreementWeights) -> NDArray[np.float64]:
    """Weight of each pair of categories, 1 on the diagonal."""
    if weights is AgreementWeights.NONE:
        return np.eye(n_categories)
    rank = np.arange(n_categories)
    distance = np.abs(rank[:, None] - rank) / (n_categories - 1)
    return 1 - distance if weights is AgreementWeights.LINEAR else 1 - np.square(distance)
