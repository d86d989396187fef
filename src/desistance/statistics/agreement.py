"""Agreement of two raters, or of two readings of one case, beyond what chance would give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from desistance.errors import StatisticsError
from desistance.statistics.arrays import amounts, check_confidence_level
from desistance.statistics.status import Status


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


def _agreement(n_categories: int, weights: AgreementWeights) -> NDArray[np.float64]:
    """Weight of each pair of categories, 1 on the diagonal."""
    if weights is AgreementWeights.NONE:
        return np.eye(n_categories)
    rank = np.arange(n_categories)
    distance = np.abs(rank[:, None] - rank) / (n_categories - 1)
    return 1 - distance if weights is AgreementWeights.LINEAR else 1 - np.square(distance)
