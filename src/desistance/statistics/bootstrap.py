"""Wild cluster bootstrap, a tie-breaker for verdicts close to the line, from tallies.

The null hypothesis is imposed, the residuals of each service are kept or turned round together, and the t
statistic of the fitted model is computed again, thousands of times. All that a draw needs are the score and
the share of the information of each service, so it costs the same for ten cases and for ten million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError
from desistance.statistics.differences import pair_status, share_fit, share_tables
from desistance.statistics.fits import ClusteredFit
from desistance.statistics.robust import (
    Correction,
    DegreesOfFreedom,
    contrast_tests,
)
from desistance.statistics.status import Status
from desistance.statistics.trends import share_slope, slope_fit

Floats = NDArray[np.float64]

_LEVEL = 0.95  # of the interval that comes with the t statistic; it is not used
_TIES = 1e-9  # t statistics closer than this are equal
_NOTHING = 1e-20  # variances this small beside what they are made of are rounding
_SIGNS_AT_ONCE = 4_000_000  # bounds memory; part of the results, because draws are made in these portions


@dataclass(frozen=True)
class BootstrapTest:
    """Two-sided wild cluster bootstrap test; NaN where `status` is not `ok`."""

    statistic: float
    """Student's t with the `CR1S` variance."""
    p_value: float
    smallest_p_value: float
    """The p-value had the data been as extreme as can be: with few services it cannot be small."""
    n_draws: int
    """Draws, or all patterns of signs if `enumerated`."""
    enumerated: bool
    """Whether every pattern of signs was used, so that chance plays no part."""
    status: Status


def wild_bootstrap_test(
    fit: ClusteredFit, contrast: ArrayLike, *, n_draws: int, generator: np.random.Generator
) -> BootstrapTest:
    """Test that a linear combination of coefficients is zero, by the wild cluster restricted bootstrap.

    Residuals come from the model in which the null hypothesis holds; those of a service are multiplied by +1
    or -1 together (Rademacher), which keeps whatever relation they have. With few services this holds its
    level where a t test may not. It is too cautious, sometimes absurdly, where a subgroup is found in very
    few services.

    The p-value is (1 + draws at least as extreme) / (1 + draws), so it is never 0 and the test is valid for
    any number of draws. If all 2^G patterns of signs are no more than `n_draws`, each is used once instead,
    and the p-value is the share at least as extreme, the data's own pattern included.

    Parameters
    ----------
    fit : ClusteredFit
        Of `linear_fit`; services have equal standing, whatever their size.
    contrast : array of float, shape (q,)
    n_draws : int
        9,999 for published results; so many that the significance level times one more is a whole number.
    generator : numpy.random.Generator
        Seeded by the caller. Each test advances it.

    Returns
    -------
    BootstrapTest
        `status` is `ok` or one of those of `contrast_tests`.

    Raises
    ------
    StatisticsError
        A logistic model; a contrast of the wrong shape; or no draws.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90(3), 414-427. MacKinnon, Nielsen
    and Webb (2023), Journal of Econometrics 232(2), 272-299. MacKinnon and Webb (2017), Journal of Applied
    Econometrics 32(2), 233-254, on few services. Roodman and others (2019), Stata Journal 19(1), 4-60.

    Examples
    --------
    >>> from desistance.statistics.fits import linear_fit
    >>> n, yes = [[4, 2], [3, 3], [5, 2], [2, 4]], [[1, 1], [1, 2], [2, 2], [0, 1]]
    >>> fit = linear_fit([[1, 0], [1, 1]], n, n, yes)
    >>> test = wild_bootstrap_test(fit, [0, 1], n_draws=9999, generator=np.random.default_rng(1))
    >>> test.n_draws, test.enumerated, test.p_value
    (16, True, 0.125)
    """
    if fit.cells is not None:
        raise StatisticsError("the fit is logistic; the bootstrap is for linear models")
    if n_draws < 1:
        raise StatisticsError(f"n_draws is {n_draws}; give at least 1, such as 9999")
    observed = contrast_tests(
        fit,
        np.asarray(contrast, dtype=np.float64)[None],
        correction=Correction.CR1S,
        degrees_of_freedom=DegreesOfFreedom.SERVICES,
        confidence_level=_LEVEL,
    )
    status = observed.status.item()
    if status != Status.OK:
        return _no_test(Status(status))
    seen = np.flatnonzero(fit.leverage.any(axis=(1, 2)))
    statistic = observed.statistic.item()
    # Of the 2^G patterns half will do: turning every sign changes no t statistic but for its own sign.
    enumerated = len(seen) < 60 and 2 ** len(seen) <= n_draws
    n_signs = 2 ** (len(seen) - 1) if enumerated else n_draws
    signs = _all_signs(len(seen)) if enumerated else _random_signs(len(seen), n_draws, generator)
    score, share, direction = _restricted(fit, np.asarray(contrast, dtype=np.float64), seen)
    bar = (statistic**2 * (1 - _TIES) - _TIES**2) * _cr1s_factor(fit)
    extreme = sum(int((_squared_t(block, score, share, direction) >= bar).sum()) for block in signs)
    return BootstrapTest(
        statistic=statistic,
        p_value=extreme / n_signs if enumerated else (1 + extreme) / (1 + n_draws),
        smallest_p_value=1 / n_signs if enumerated else 1 / (1 + n_draws),
        n_draws=2 * n_signs if enumerated else n_draws,
        enumerated=enumerated,
        status=Status.OK,
    )


def _no_test(status: Status) -> BootstrapTest:
    return BootstrapTest(np.nan, np.nan, np.nan, n_draws=0, enumerated=False, status=status)


def _cr1s_factor(fit: ClusteredFit) -> float:
    """What the CR0 variance is multiplied by to give CR1S."""
    G, N, q = fit.n_services, fit.n_cases, len(fit.coefficients)
    return G * (N - 1) / ((G - 1) * (N - q))


def _restricted(fit: ClusteredFit, contrast: Floats, seen: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Scores when the null hypothesis holds, (n, q); the contrast's share in each service, (n, q); direction.

    All in the coordinates of `ClusteredFit.root`, where the information is the identity.
    """
    direction = fit.root.T @ contrast
    share = fit.leverage[seen] @ direction
    gap = float(contrast @ fit.coefficients) / float(direction @ direction)
    return fit.scores[seen] + gap * share, share, direction


def _squared_t(signs: Floats, score: Floats, share: Floats, direction: Floats) -> Floats:
    """Squared t statistic with the CR0 variance of each draw, for signs of shape (n_draws, n)."""
    moved = signs @ score
    left = signs * (score @ direction) - moved @ share.T
    variance = np.einsum("dg,dg->d", left, left)
    # A draw without any variance counts as extreme, which is the cautious side.
    known = variance > _NOTHING * np.square(score @ direction).sum()
    squared = np.full(len(signs), np.inf)
    np.divide(np.square(moved @ direction), variance, out=squared, where=known)
    return squared


def _all_signs(n: int) -> Iterator[Floats]:
    """Every pattern of signs whose first is +1, in portions of shape (n_draws, n)."""
    portion = max(1, _SIGNS_AT_ONCE // n)
    for start in range(0, 2 ** (n - 1), portion):
        numbers = np.arange(start, min(start + portion, 2 ** (n - 1)))
        yield 1.0 - 2.0 * (numbers[:, None] >> np.arange(n - 1, -1, -1) & 1)


def _random_signs(n: int, n_draws: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Draw signs, in portions of shape (n_draws, n)."""
    portion = max(1, _SIGNS_AT_ONCE // n)
    for start in range(0, n_draws, portion):
        size = (min(portion, n_draws - start), n)
        yield 2.0 * generator.integers(0, 2, size=size, dtype=np.int8) - 1.0


def bootstrap_share_difference(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    *,
    reference: int,
    subgroup: int,
    n_draws: int,
    generator: np.random.Generator,
) -> BootstrapTest:
    """Bootstrap test that two subgroups have the same share: `wild_bootstrap_test` for `share_differences`.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base : array, shape (n_services, n_levels)
        As in `share_differences`. Other subgroups play no part.
    reference, subgroup : int
        Positions of the two.
    n_draws, generator
        As in `wild_bootstrap_test`.

    Returns
    -------
    BootstrapTest
        `status` is one of those of `share_differences`.

    Raises
    ------
    StatisticsError
        As `share_differences`, or subgroup and reference are the same.

    Examples
    --------
    >>> yes = [[8, 2], [5, 4], [9, 1], [3, 3], [6, 1]]
    >>> base = [[10, 10], [10, 8], [12, 9], [9, 4], [9, 7]]
    >>> bootstrap_share_difference(
    ...     yes,
    ...     base,
    ...     yes,
    ...     base,
    ...     reference=0,
    ...     subgroup=1,
    ...     n_draws=9999,
    ...     generator=np.random.default_rng(1),
    ... ).p_value
    0.25
    """
    pair = [reference, subgroup]
    counts, weights = share_tables(n_yes, n_base, weight_yes, weight_base)
    if not (min(pair) >= 0 and max(pair) < counts[1].shape[1] and reference != subgroup):
        raise StatisticsError(f"reference and subgroup are {pair}; give two positions of the table's levels")
    counts, weights = (tuple(each[:, pair] for each in two) for two in (counts, weights))
    status = pair_status(counts, np.array([1]), 0).item()
    if status != Status.OK:
        return _no_test(Status(status))
    return wild_bootstrap_test(share_fit(counts, weights), [-1.0, 1.0], n_draws=n_draws, generator=generator)


def bootstrap_share_slope(
    n_yes: ArrayLike,
    n_base: ArrayLike,
    weight_yes: ArrayLike,
    weight_base: ArrayLike,
    *,
    scores: ArrayLike,
    n_draws: int,
    generator: np.random.Generator,
) -> BootstrapTest:
    """Bootstrap test that a share does not change over bands: `wild_bootstrap_test` for `share_slope`.

    Parameters
    ----------
    n_yes, n_base, weight_yes, weight_base, scores : array
        As in `share_slope`.
    n_draws, generator
        As in `wild_bootstrap_test`.

    Returns
    -------
    BootstrapTest
        `status` is one of those of `share_slope`.

    Raises
    ------
    StatisticsError
        As `share_slope`.

    Examples
    --------
    >>> yes = [[8, 2, 3], [5, 4, 1], [9, 1, 4], [3, 3, 2], [6, 2, 5]]
    >>> base = [[10, 10, 5], [10, 8, 6], [12, 9, 5], [9, 4, 4], [9, 7, 9]]
    >>> bootstrap_share_slope(
    ...     yes, base, yes, base, scores=[0, 1, 2], n_draws=9999, generator=np.random.default_rng(1)
    ... ).p_value
    0.1875
    """
    slope = share_slope(
        n_yes,
        n_base,
        weight_yes,
        weight_base,
        scores=scores,
        correction=Correction.CR1S,
        confidence_level=_LEVEL,
    )
    if slope.status is not Status.OK:
        return _no_test(slope.status)
    fit = slope_fit(n_base, weight_base, weight_yes, scores=scores)[0]
    return wild_bootstrap_test(fit, [0.0, 1.0], n_draws=n_draws, generator=generator)
