"""Statistics as functions of counts, written anew from the published methods; arrays in, arrays out.

All take arrays of candidate counts of equal shape, or lists of such arrays, one a level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, chdtrc, expit, gammaln, logit, ndtri

Floats = NDArray[np.float64]
_STEPS = 60


def share(yes: Floats, base: Floats) -> Floats:
    """Yes over base; not a number where there is no base."""
    return np.divide(
        yes, base, out=np.full(np.broadcast(yes, base).shape, np.nan), where=np.asarray(base) > 0
    )


def independent_error(yes: Floats, base: Floats) -> Floats:
    """Standard error of a share of independent cases."""
    p = share(yes, base)
    return np.sqrt(share(p * (1 - p), base))


def replacement_variance(yes: Floats, base: Floats) -> Floats:
    """Variance of a share that the design effect is over: p (1 - p) / (n - 1)."""
    p = share(yes, base)
    return share(p * (1 - p), np.asarray(base) - 1.0)


def wilson(yes: Floats, base: Floats, confidence_level: float) -> tuple[Floats, Floats]:
    """Both ends of Wilson's interval."""
    z = -ndtri((1 - confidence_level) / 2)
    p = share(yes, base)
    centre = (yes + z**2 / 2) / (base + z**2)
    half = z * np.sqrt(base * p * (1 - p) + z**2 / 4) / (base + z**2)
    low, high = np.where(yes == 0, 0.0, centre - half), np.where(yes == base, 1.0, centre + half)
    return low, high


def newcombe(
    subgroup: tuple[Floats, Floats], reference: tuple[Floats, Floats], confidence_level: float
) -> tuple[Floats, Floats]:
    """Both ends of Newcombe's interval for the difference of two shares."""
    p, q = share(*subgroup), share(*reference)
    (low_p, high_p), (low_q, high_q) = (wilson(*pair, confidence_level) for pair in (subgroup, reference))
    below = np.sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    above = np.sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return p - q - below, p - q + above


def chi_square(yes: Sequence[Floats], base: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Pearson's statistic and its degrees of freedom; levels without cases are dropped."""
    yes_all, base_all = np.stack(np.broadcast_arrays(*yes)), np.stack(np.broadcast_arrays(*base))
    overall = share(yes_all.sum(axis=0), base_all.sum(axis=0))
    expected = base_all * overall
    spread = expected * (1 - overall)
    terms = np.divide((yes_all - expected) ** 2, spread, out=np.zeros_like(expected), where=spread > 0)
    statistic = np.where((overall > 0) & (overall < 1), terms.sum(axis=0), np.nan)
    return statistic, np.maximum((base_all > 0).sum(axis=0) - 1, 0)


def chi_square_p(statistic: Floats, df: Floats | float) -> Floats:
    """P-value of a chi-square statistic."""
    return np.asarray(chdtrc(df, statistic), dtype=float)


def trend_statistic(yes: Sequence[Floats], base: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Cochran and Armitage's statistic, and the slope a band, for bands scored 0, 1, 2 ..."""
    yes_all, base_all = np.stack(np.broadcast_arrays(*yes)), np.stack(np.broadcast_arrays(*base))
    scores = np.arange(len(yes_all), dtype=float).reshape(-1, *[1] * (yes_all.ndim - 1))
    total = base_all.sum(axis=0)
    centred = scores - share((scores * base_all).sum(axis=0), total)
    spread = (base_all * centred**2).sum(axis=0)
    slope = share((centred * yes_all).sum(axis=0), spread)
    overall = share(yes_all.sum(axis=0), total)
    return share(slope**2 * spread, overall * (1 - overall)), slope


def fisher_two_levels(yes: Sequence[Floats], base: Sequence[Floats]) -> Floats:
    """P-value of Fisher's exact test of two levels: tables at most as likely as the one seen."""
    found = np.empty(len(yes[0]))
    for place, (a, b, n, m) in enumerate(zip(*yes, *base, strict=True)):
        total = a + b
        possible = np.arange(max(0, total - m), min(n, total) + 1)
        log_p = _log_ways(n, possible) + _log_ways(m, total - possible) - _log_ways(n + m, total)
        seen = _log_ways(n, a) + _log_ways(m, b) - _log_ways(n + m, total)
        found[place] = min(np.exp(log_p[log_p <= seen + 1e-7]).sum(), 1.0)
    return found


def _log_ways(size: Floats, chosen: Floats) -> Floats:
    return gammaln(size + 1.0) - gammaln(chosen + 1.0) - gammaln(size - chosen + 1.0)


def logit_centre(low: tuple[float, float], high: tuple[float, float]) -> tuple[float, float]:
    """The share in the middle of an interval that is symmetric on the logit scale, from its two printed ends."""
    ends = [(logit(max(a, 1e-300)) + logit(min(b, 1 - 1e-16))) / 2 for a, b in zip(low, high, strict=True)]
    return float(expit(ends[0])), float(expit(ends[1]))


def korn_graubard_fits(
    yes: Floats,
    base: Floats,
    low: tuple[float, float] | None,
    high: tuple[float, float] | None,
    confidence_level: float,
) -> NDArray[np.bool_]:
    """Whether some effective number of cases, not above the base, gives the printed ends for a share."""
    p, tail = share(yes, base), (1 - confidence_level) / 2
    inside = (p > 0) & (p < 1)
    middle = np.where(inside, p, 0.5)
    least, most = np.full(p.shape, 1e-6), np.asarray(base, dtype=float) + 1e-9

    def lower_end(n: Floats) -> Floats:
        return betaincinv(n * middle, n * (1 - middle) + 1, tail)

    def upper_end(n: Floats) -> Floats:
        return -betaincinv(n * middle + 1, n * (1 - middle), 1 - tail)

    for printed, end in ((low, lower_end), (high, upper_end)):
        if printed is not None:
            first, last = printed if end is lower_end else (-printed[1], -printed[0])
            least = np.maximum(least, _reaches(end, first, base))
            most = np.minimum(most, _reaches(end, last, base))
    at_end = _exact_end_fits(yes, base, low, high, tail)
    return np.where(inside, least <= most + 1e-6, at_end)


def _reaches(end: Callable[[Floats], Floats], value: float, base: Floats) -> Floats:
    """Effective cases at which an end that grows with them reaches a value; endless where it never does."""
    low, high = np.full(np.shape(base), 1e-6), np.asarray(base, dtype=float) + 1.0
    beyond = end(high) < value
    for _ in range(_STEPS):
        middle = (low + high) / 2
        under = end(middle) < value
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.where(beyond, np.inf, low)


def _exact_end_fits(
    yes: Floats,
    base: Floats,
    low: tuple[float, float] | None,
    high: tuple[float, float] | None,
    tail: float,
) -> NDArray[np.bool_]:
    """Shares of 0 and 1 have the binomial interval of the actual number of cases."""
    n = np.maximum(base, 1)
    ends = (np.where(yes > 0, tail ** (1 / n), 0.0), np.where(yes > 0, 1.0, 1 - tail ** (1 / n)))
    fits = np.asarray(base) > 0
    for printed, end in zip((low, high), ends, strict=True):
        if printed is not None:
            fits = fits & (end >= printed[0] - 1e-12) & (end <= printed[1] + 1e-12)
    return fits
