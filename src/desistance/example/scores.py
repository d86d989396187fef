"""Scores behind made-up answers: normal, alike within services, cut where a share is to lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def unanswered(assumed: Mapping[str, Any], applies: Flags, rng: Generator) -> NDArray[np.str_]:
    """What stands where there is no answer; the empty text where there will be one."""
    words = np.where(applies, "", "not applicable").astype("U14")
    for column in range(applies.shape[1]):
        # ASSUME: answers go missing by chance, whatever they would have been and in every service alike.
        cases = rng.permutation(np.flatnonzero(applies[:, column]))
        not_known = round(assumed["not_known"] * cases.size)
        not_recorded = round(assumed["not_recorded"] * cases.size)
        words[cases[:not_known], column] = "not known"
        words[cases[not_known : not_known + not_recorded], column] = "not recorded"
    return words


def clustered_scores(service: Codes, icc: float, share: float, rng: Generator) -> Floats:
    """Normal scores that, cut to leave a share above, have about the given correlation within services."""
    latent = latent_correlation(icc, share)
    effects = service_effects(service, rng)
    return np.sqrt(latent) * effects + np.sqrt(1 - latent) * rng.standard_normal(service.size)


def latent_correlation(icc: float, share: float) -> float:
    """Correlation of normal scores whose yes/no cut correlates by `icc`.

    The first term of the tetrachoric series, close for correlations this small.
    Source: Pearson (1900), Philosophical Transactions A 195, 1-47.
    """
    from scipy.special import ndtri

    density = np.exp(-(ndtri(share) ** 2) / 2) / np.sqrt(2 * np.pi)
    return float(icc * share * (1 - share) / density**2)


def service_effects(service: Codes, rng: Generator) -> Floats:
    """Effect of each case's service: normal scores in random order, mean 0 and variance 1 over the cases."""
    # ASSUME: effects of services are normal, and unrelated to the size of the service.
    return standardised(rng.permutation(normal_scores(service.max() + 1))[service])


def standardised(values: Floats) -> Floats:
    """Values with mean 0 and variance 1."""
    return (values - values.mean()) / values.std()


def normal_scores(size: int) -> Floats:
    """Normal quantiles of so many equal parts, in order."""
    from scipy.special import ndtri

    return ndtri((np.arange(size) + 0.5) / size)
