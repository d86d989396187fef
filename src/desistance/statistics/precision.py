"""What could have been seen: smallest detectable differences and slopes, and the power to see a given one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, nctdtr, ndtr, stdtrit

from desistance.errors import StatisticsError
from desistance.statistics.arrays import quotient
from desistance.statistics.status import Status

Floats = NDArray[np.float64]

_HALVINGS = 80
# Where the search for a noncentrality ends.
_FAR = 1e6
# Below this no t test is of use, and the noncentral distribution is not computed well.
_LEAST_DF = 1.0
# Tails that cannot matter; where SciPy has none they are far smaller than their bound.
_NEGLIGIBLE = 1e-6
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class DetectableDifference:
    """Smallest detectable differences; arrays of one shape."""

    increase: Floats
    """Smallest difference above 0 (subgroup less reference) seen with this power, 0-1; times 100 in points."""
    decrease: Floats
    """Smallest difference below 0, as a negative number."""
    status: NDArray[np.str_]
    """`ok`, `no_precision` or `out_of_reach`."""


def contrast_design_effect(
    share_reference: ArrayLike,
    n_reference: ArrayLike,
    share_subgroup: ArrayLike,
    n_subgroup: ArrayLike,
    standard_error: ArrayLike,
) -> Floats:
    """Variance of a difference over that of as many independent cases.

    Often below 1 for a subgroup found in every service: what is common to a service cancels out.

    Parameters
    ----------
    share_reference, share_subgroup : array of float
        Observed shares, 0-1.
    n_reference, n_subgroup : array
        Cases in the two bases.
    standard_error : array of float
        Of the difference, by whichever method the verdict comes from.

    Returns
    -------
    array of float
        NaN where something is missing or independent cases would have no variance either.

    References
    ----------
    Kish (1965), Survey Sampling, section 14.1.

    Examples
    --------
    >>> round(contrast_design_effect(0.5, 100, 0.5, 100, 0.1).item(), 6)
    2.0
    """
    p, q = np.asarray(share_reference, dtype=np.float64), np.asarray(share_subgroup, dtype=np.float64)
    independent = quotient(p * (1 - p), n_reference) + quotient(q * (1 - q), n_subgroup)
    return quotient(np.square(np.asarray(standard_error, dtype=np.float64)), independent)


def detectable_difference(
    n_reference: ArrayLike,
    n_subgroup: ArrayLike,
    share: ArrayLike,
    design_effect: ArrayLike,
    df: ArrayLike,
    *,
    power: float,
    significance_level: float,
) -> DetectableDifference:
    """Smallest difference between two shares that a two-sided t test would see with a given power.

    A result that is not significant means little if a difference that matters could not have been seen. The
    question is put before the answer: given the bases, the overall share, the design effect and the degrees
    of freedom, not the difference that was found. (Power at the observed difference says nothing that the
    p-value does not.)

    A difference d moves the subgroup to p + d n0 / (n0 + n1) and the reference to p - d n1 / (n0 + n1), so
    that the overall share p stays; the standard error is that of these two shares, times the root of the
    design effect. With L the noncentrality at which the t test has the power, d solves d = L se(d), a
    quadratic with one root above 0 and one below. They differ in size when p is not 0.5 and bases are unequal.

    Parameters
    ----------
    n_reference, n_subgroup : array
        Cases in the two bases, n0 and n1.
    share : array of float
        Share of both together, p, 0-1.
    design_effect : array of float
        Of the difference; see `contrast_design_effect`. Taken as known.
    df : array of float
        Degrees of freedom of the test.
    power : float
        Above `significance_level` and below 1, such as 0.80.
    significance_level : float
        Such as 0.05.

    Returns
    -------
    DetectableDifference
        Arrays of the common shape of the first five arguments.

    Raises
    ------
    StatisticsError
        A share outside 0-1, negative bases, or power and level out of range.

    References
    ----------
    Bloom (1995), Evaluation Review 19(5), 547-556, for the smallest detectable effect; here with the
    noncentral t distribution in place of a sum of two quantiles. Fleiss, Levin and Paik (2003), Statistical
    Methods for Rates and Proportions, chapter 4, for the variance at the difference itself. Hoenig and Heisey
    (2001), American Statistician 55(1), 19-24, on power at the observed difference.

    Examples
    --------
    >>> found = detectable_difference(800, 350, 0.7, 1.5, 20.0, power=0.8, significance_level=0.05)
    >>> round(found.increase.item(), 3), round(found.decrease.item(), 3), found.status.item()
    (0.101, -0.109, 'ok')
    """
    a, b, c, top, bottom = _variance_of_difference(n_reference, n_subgroup, share, design_effect)
    df = np.broadcast_to(np.asarray(df, dtype=np.float64), np.broadcast_shapes(np.shape(df), a.shape))
    L2 = np.square(_noncentrality(df, power, significance_level))
    root = np.sqrt(np.square(L2 * b) + 4 * (1 + L2 * c) * L2 * a)
    increase, decrease = (quotient(L2 * b + sign * root, 2 * (1 + L2 * c)) for sign in (1, -1))
    known = ~np.isnan(increase)
    increase, decrease = (
        np.where(increase <= top, increase, np.nan),
        np.where(decrease >= bottom, decrease, np.nan),
    )
    missed = np.isnan(increase) | np.isnan(decrease)
    reasons = {Status.NO_PRECISION: ~known, Status.OUT_OF_REACH: missed}
    status = np.asarray(np.select(list(reasons.values()), list(reasons), Status.OK))
    return DetectableDifference(np.asarray(increase), np.asarray(decrease), status)


def difference_power(
    difference: ArrayLike,
    n_reference: ArrayLike,
    n_subgroup: ArrayLike,
    share: ArrayLike,
    design_effect: ArrayLike,
    df: ArrayLike,
    *,
    significance_level: float,
) -> Floats:
    """Power of a two-sided t test to see a given difference between two shares.

    The model is that of `detectable_difference`, which this inverts.

    Parameters
    ----------
    difference : array of float
        Subgroup less reference, -1 to 1.
    n_reference, n_subgroup, share, design_effect, df : arrays
        As in `detectable_difference`.
    significance_level : float

    Returns
    -------
    array of float
        0-1; NaN where the overall share does not allow the difference, or something is missing.

    Examples
    --------
    >>> difference_power(0.1, 800, 350, 0.7, 1.5, 20.0, significance_level=0.05).round(2).item()
    0.79
    """
    _check(None, significance_level)
    a, b, c, top, bottom = _variance_of_difference(n_reference, n_subgroup, share, design_effect)
    d, df = np.asarray(difference, dtype=np.float64), np.asarray(df, dtype=np.float64)
    possible = (d <= top + _ROUNDING) & (d >= bottom - _ROUNDING)
    variance = np.where(possible, a + b * d - c * d**2, np.nan)
    return _power(quotient(d, np.sqrt(np.where(variance > 0, variance, np.nan))), df, significance_level)


def detectable_slope(
    standard_error: ArrayLike, df: ArrayLike, *, power: float, significance_level: float
) -> Floats:
    """Smallest slope, up or down, that a two-sided t test would see with a given power.

    For a slope per band (or any estimate whose standard error does not depend on its size): the noncentrality
    at which the test has that power, times the standard error.

    Parameters
    ----------
    standard_error : array of float
        Of the slope.
    df : array of float
        Its degrees of freedom.
    power, significance_level : float
        Such as 0.80 and 0.05.

    Returns
    -------
    array of float
        Above 0; the slope downwards is its negative. NaN without a standard error above 0 or 1 degree of freedom.

    References
    ----------
    Bloom (1995), Evaluation Review 19(5), 547-556.

    Examples
    --------
    >>> detectable_slope(0.02, 20.0, power=0.8, significance_level=0.05).round(4).item()
    0.0589
    """
    error, df = np.asarray(standard_error, dtype=np.float64), np.asarray(df, dtype=np.float64)
    return np.where(error > 0, error, np.nan) * _noncentrality(df, power, significance_level)


def slope_power(
    slope: ArrayLike, standard_error: ArrayLike, df: ArrayLike, *, significance_level: float
) -> Floats:
    """Power of a two-sided t test to see a given slope; inverts `detectable_slope`.

    Examples
    --------
    >>> slope_power(0.0589, 0.02, 20.0, significance_level=0.05).round(3).item()
    0.8
    """
    _check(None, significance_level)
    return _power(quotient(slope, standard_error), np.asarray(df, dtype=np.float64), significance_level)


def _check(power: float | None, significance_level: float) -> None:
    if not 0 < significance_level < 1 or (power is not None and not significance_level < power < 1):
        raise StatisticsError(
            f"power is {power} and significance_level {significance_level}; give 0 < level < power < 1"
        )


def _variance_of_difference(
    n_reference: ArrayLike, n_subgroup: ArrayLike, share: ArrayLike, design_effect: ArrayLike
) -> tuple[Floats, ...]:
    """Variance a + b d - c d^2 of a difference d, and the largest and smallest d that p allows."""
    n0, n1, p, effect = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (n_reference, n_subgroup, share, design_effect))
    )
    if (n0 < 0).any() or (n1 < 0).any() or (p < 0).any() or (p > 1).any():
        raise StatisticsError("bases must not be negative, and the overall share must be 0-1")
    usable = (n0 > 0) & (n1 > 0) & (p > 0) & (p < 1) & (effect > 0)
    n0, n1, effect = (np.where(usable, each, np.nan) for each in (n0, n1, effect))
    up, down = n0 / (n0 + n1), n1 / (n0 + n1)
    a = effect * p * (1 - p) * (1 / n0 + 1 / n1)
    b = effect * (1 - 2 * p) * (up / n1 - down / n0)
    c = effect * (up**2 / n1 + down**2 / n0)
    return a, b, c, np.minimum((1 - p) / up, p / down), -np.minimum(p / up, (1 - p) / down)


def _noncentrality(df: Floats, power: float, significance_level: float) -> Floats:
    """Effect in standard errors at which a two-sided t test has that power; NaN without df."""
    _check(power, significance_level)
    low, high = np.zeros(df.shape), np.ones(df.shape)
    while (short := _power(high, df, significance_level) < power).any() and high.max() < _FAR:
        high = np.where(short, 2 * high, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = _power(middle, df, significance_level) < power
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    found = (high < _FAR) & ~np.isnan(_power(high, df, significance_level))
    return np.where(found, high, np.nan)


def _power(noncentrality: Floats, df: Floats, significance_level: float) -> Floats:
    """Probability that a two-sided t test rejects, for an effect of so many standard errors."""
    size, df = np.broadcast_arrays(np.abs(noncentrality), df)
    usable = (df >= _LEAST_DF) & ~np.isnan(size)
    size, df = np.where(usable, size, 0.0), np.where(usable, df, 1.0)
    critical = -stdtrit(df, significance_level / 2)
    # A value below the critical one takes a normal below -size / 2 or a chi that puts the two that far apart.
    below_at_most = ndtr(-size / 2) + chdtrc(df, df * np.square(size / (2 * critical)))
    below = _or_nothing(nctdtr(df, size, critical), below_at_most)
    # Shifting a normal by `size` makes each tail beyond 0 smaller by exp(-size^2 / 2) or more.
    opposite_at_most = significance_level / 2 * np.exp(-np.square(size) / 2)
    opposite = _or_nothing(nctdtr(df, size, -critical), opposite_at_most)
    return np.where(usable, 1 - below + opposite, np.nan)


def _or_nothing(tail: Floats, at_most: Floats) -> Floats:
    """Tail of the noncentral t distribution, 0 where it is lost in rounding.

    SciPy gets a tail below the centre as a difference, and answers NaN at random where nothing is left of it:
    for tails below 1e-14 or so, from noncentralities of 3 (many degrees of freedom) or 7 (few). A NaN where the
    tail is not known to be negligible stays.
    """
    return np.where(np.isnan(tail) & (at_most < _NEGLIGIBLE), 0.0, tail)
