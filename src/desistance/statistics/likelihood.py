"""The highest point of the likelihood of a logistic regression, which all logistic regressions here share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

Vector = NDArray[np.float64]

MOST_STEPS = 60
# Largest change of any log odds in the last Newton step, relative to the largest log odds.
_CONVERGED = 1e-11
# Fitted log odds beyond this (3 in 10 million) are looked at for separation.
_EXTREME = 15.0


class Peak(NamedTuple):
    """Where the likelihood is highest, if it was found."""

    estimate: Vector
    information: NDArray[np.float64]
    log_likelihood: float
    found: bool


def likelihood_peak(rows: NDArray[np.float64], yes: Vector, base: Vector) -> Peak:
    """Maximise the likelihood of independent cases by Newton's method, halving steps that go down.

    The log likelihood has one peak at most, so a step that ends where it began is the peak, unless log odds
    have run so far that nothing changes any more; callers must check for that.
    """
    estimate, value = np.zeros(rows.shape[1]), _log_likelihood(np.zeros(len(rows)), yes, base)
    found = False
    for _ in range(MOST_STEPS):
        share = expit(rows @ estimate)
        try:
            step = np.linalg.solve(_information(rows, base, share), rows.T @ (yes - base * share))
        except np.linalg.LinAlgError:
            break
        length, after = 1.0, -np.inf
        while length > 1e-6 and not after >= value - 1e-13 * abs(value):
            after = _log_likelihood(rows @ (estimate + length * step), yes, base)
            length /= 2
        estimate = estimate + 2 * length * step
        value, log_odds = after, np.abs(rows @ estimate).max()
        found = bool(np.abs(rows @ step).max() <= _CONVERGED * max(log_odds, 1.0))
        if found:
            break
    return Peak(estimate, _information(rows, base, expit(rows @ estimate)), value, found)


def may_be_separated(rows: NDArray[np.float64], peak: Peak) -> bool:
    """Whether the peak was not found, or lies so far out that it may be none."""
    return not peak.found or bool(np.abs(rows @ peak.estimate).max() > _EXTREME)


def _information(rows: NDArray[np.float64], base: Vector, share: Vector) -> NDArray[np.float64]:
    return rows.T @ ((base * share * (1 - share))[:, None] * rows)


def _log_likelihood(log_odds: Vector, yes: Vector, base: Vector) -> float:
    return float(yes @ log_expit(log_odds) + (base - yes) @ log_expit(-log_odds))
