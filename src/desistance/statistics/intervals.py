"""Intervals for shares and means, from an estimate and its standard error.

Pure pieces: none of them knows about services. `clustered_proportions` chooses between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, expit, logit, ndtri, stdtrit

from desistance.statistics.arrays import check_confidence_level, quotient, whole_counts


@dataclass(frozen=True, eq=False)
class Interval:
    """Ends of intervals; both NaN where there is none."""

    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]


class Truncation(StrEnum):
    """Whether the effective number of cases of a Korn-Graubard interval may exceed the actual number."""

    NONE = "none"
    """As R's `svyciprop(method = "beta")`; no interval where the standard error is 0."""

    NCHS = "nchs"
    """Never above the actual number, and equal to it where the share is 0 or 1 or the standard error is 0."""


def t_quantile(df: ArrayLike, confidence_level: float) -> NDArray[np.float64]:
    """Return the upper two-sided quantile of Student's t; NaN where there are no degrees of freedom."""
    df = np.asarray(df, dtype=np.float64)
    usable = df > 0
    return np.where(usable, -stdtrit(np.where(usable, df, 1.0), (1 - confidence_level) / 2), np.nan)


def t_interval(
    estimate: ArrayLike, standard_error: ArrayLike, df: ArrayLike, *, confidence_level: float
) -> Interval:
    """Interval symmetric around the estimate, with Student's t.

    Fit for means and differences, whose scale has no ends. All arguments broadcast; NaN in gives NaN out, as
    do degrees of freedom of 0 or less.

    Parameters
    ----------
    estimate, standard_error, df : array of float
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Interval

    Examples
    --------
    >>> interval = t_interval(2.0, 0.5, 10, confidence_level=0.95)
    >>> round(interval.ci_low.item(), 4), round(interval.ci_high.item(), 4)
    (0.8859, 3.1141)
    """
    quantile = t_quantile(df, check_confidence_level(confidence_level))
    estimate, margin = np.asarray(estimate, dtype=np.float64), quantile * np.asarray(standard_error)
    return Interval(np.asarray(estimate - margin), np.asarray(estimate + margin))


def logit_interval(
    estimate: ArrayLike, standard_error: ArrayLike, df: ArrayLike, *, confidence_level: float
) -> Interval:
    """Interval for a share, symmetric on the logit scale, with Student's t.

    The log odds are closer to normal than the share itself, and the ends stay inside 0-1. The same as R's
    `svyciprop(method = "logit")`.

    Parameters
    ----------
    estimate : array of float
        Share, 0-1. At 0 or 1 the log odds are infinite and there is no interval.
    standard_error : array of float
        On the scale of the share.
    df : array of float
        Degrees of freedom of the standard error.
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Interval
        NaN where the estimate is missing, 0 or 1, or there are no degrees of freedom.

    References
    ----------
    Korn and Graubard (1999), Analysis of Health Surveys, Wiley. Lumley, R package survey 4.1 (2021).

    Examples
    --------
    >>> interval = logit_interval(0.2, 0.05, 42, confidence_level=0.95)
    >>> round(interval.ci_low.item(), 4), round(interval.ci_high.item(), 4)
    (0.1174, 0.3196)
    """
    estimate = np.asarray(estimate, dtype=np.float64)
    inside = (estimate > 0) & (estimate < 1)
    share = np.where(inside, estimate, np.nan)
    ends = t_interval(
        logit(share),
        np.asarray(standard_error) / (share * (1 - share)),
        df,
        confidence_level=confidence_level,
    )
    return Interval(np.asarray(expit(ends.ci_low)), np.asarray(expit(ends.ci_high)))


def effective_base(estimate: ArrayLike, standard_error: ArrayLike, n_base: ArrayLike) -> NDArray[np.float64]:
    """Independent cases that would estimate the share as precisely, never more than there are.

    p (1 - p) / variance; the actual number where the share is 0 or 1 or the standard error is 0, because then
    the variance says nothing (the rule of the US National Center for Health Statistics, NCHS).

    Parameters
    ----------
    estimate, standard_error, n_base : array of float

    Returns
    -------
    array of float
        NaN where the estimate is missing.

    References
    ----------
    Parker and others (2017), Vital and Health Statistics 2(175).

    Examples
    --------
    >>> effective_base([0.5, 0.0], [0.1, 0.0], [60, 60]).round(6).tolist()
    [25.0, 60.0]
    """
    unlimited = _variance_matched_base(np.asarray(estimate, dtype=np.float64), np.asarray(standard_error))
    n_base = np.asarray(n_base, dtype=np.float64)
    limited = np.where(np.isnan(unlimited), n_base, np.minimum(unlimited, n_base))
    return np.where(np.isnan(np.asarray(estimate) + np.asarray(standard_error)), np.nan, limited)


def _variance_matched_base(
    estimate: NDArray[np.float64], standard_error: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return p (1 - p) / variance, NaN where either is 0."""
    variance = estimate * (1 - estimate)
    return quotient(np.where(variance > 0, variance, np.nan), np.square(standard_error))


def korn_graubard_interval(
    estimate: ArrayLike,
    standard_error: ArrayLike,
    n_base: ArrayLike,
    df: ArrayLike,
    *,
    confidence_level: float,
    truncation: Truncation,
) -> Interval:
    """Clopper-Pearson interval on the effective number of cases, for rare outcomes and small bases.

    The binomial interval is exact for independent cases. Here the number of cases is replaced by the number
    of independent ones that would have the same variance, shrunk once more because that variance is itself
    estimated: n* = p (1 - p) / variance * (t with n - 1 df / t with the design's df) ** 2. It holds its level
    better than the logit interval where few yes (or few no) are expected, at the price of width.

    With `Truncation.NCHS`, n* is never above n, so a variance that is small by luck cannot make the interval
    shorter than the binomial one; and where the share is 0 or 1, n* = n without the t factor. That last
    interval takes cases as independent: nothing in the data can say otherwise, but it is short if services
    differ.

    Parameters
    ----------
    estimate : array of float
        Share, 0-1.
    standard_error : array of float
        On the scale of the share.
    n_base : array of float
        Actual number of cases, unweighted.
    df : array of float
        Degrees of freedom of the standard error.
    confidence_level : float
        0-1, such as 0.95.
    truncation : Truncation
        `NONE` is R's `svyciprop(method = "beta")`.

    Returns
    -------
    Interval
        NaN where anything needed is missing or there are no degrees of freedom.

    References
    ----------
    Korn and Graubard (1998), Survey Methodology 24(2), 193-201. Parker and others (2017), National Center for
    Health Statistics Data Presentation Standards for Proportions, Vital and Health Statistics 2(175); the
    treatment of 0 and 1 and the order of adjusting and truncating are those of the NCHS macro (version 2.0,
    2021).

    Examples
    --------
    >>> interval = korn_graubard_interval(0.0, 0.0, 20, 5, confidence_level=0.95, truncation=Truncation.NCHS)
    >>> interval.ci_low.item(), round(interval.ci_high.item(), 4)
    (0.0, 0.1684)
    """
    level = check_confidence_level(confidence_level)
    estimate, standard_error, n_base, df = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (estimate, standard_error, n_base, df))
    )
    shrinkage = np.square(t_quantile(n_base - 1, level) / t_quantile(df, level))
    n_effective = _variance_matched_base(estimate, standard_error) * shrinkage
    if Truncation(truncation) is Truncation.NCHS:
        flat = ((standard_error == 0) & (df > 0)) | (estimate == 0) | (estimate == 1)
        n_effective = np.where(flat, n_base, np.minimum(n_effective, n_base))
    return _clopper_pearson(estimate, n_effective, level)


def _clopper_pearson(share: NDArray[np.float64], n: NDArray[np.float64], level: float) -> Interval:
    """Exact binomial interval, for a number of cases that need not be whole."""
    yes, no = share * n, (1 - share) * n
    tail = (1 - level) / 2
    low = betaincinv(np.where(yes > 0, yes, 1.0), no + 1, tail)
    high = betaincinv(yes + 1, np.where(no > 0, no, 1.0), 1 - tail)
    missing = np.isnan(yes) | (n <= 0)
    return Interval(
        np.where(missing, np.nan, np.where(yes == 0, 0.0, low)),
        np.where(missing, np.nan, np.where(no == 0, 1.0, high)),
    )


def clopper_pearson_interval(n_yes: ArrayLike, n_base: ArrayLike, *, confidence_level: float) -> Interval:
    """Exact binomial interval for a share of independent units, such as services.

    Both one-sided binomial tests at half the level are inverted, so the interval holds its level whatever the
    share and however few the units, at the price of being somewhat wide. For shares of services, which are
    few and are drawn one by one; not valid for cases, which are alike within a service.

    Parameters
    ----------
    n_yes, n_base : array of int, any equal shapes
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Interval
        NaN where the base is 0; ends at 0 and 1 exactly where no or every unit is a yes.

    Raises
    ------
    StatisticsError
        Negative or missing counts, or more yes than units.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26(4), 404-413. Agrees with SciPy's
    `binomtest(...).proportion_ci(method="exact")`.

    Examples
    --------
    >>> interval = clopper_pearson_interval(18, 43, confidence_level=0.95)
    >>> round(interval.ci_low.item(), 3), round(interval.ci_high.item(), 3)
    (0.27, 0.579)
    """
    level = check_confidence_level(confidence_level)
    yes, base = whole_counts(n_yes, n_base)
    return _clopper_pearson(quotient(yes, base), base, level)


def wilson_interval(n_yes: ArrayLike, n_base: ArrayLike, *, confidence_level: float) -> Interval:
    """Score interval for a share of independent cases.

    The companion that ignores services, for comparison with published figures. It inverts the score test,
    stays inside 0-1 and works at 0 and 1. Not valid as a statement about services: cases inspected together
    are alike.

    Parameters
    ----------
    n_yes, n_base : array of int, any equal shapes
    confidence_level : float
        0-1, such as 0.95.

    Returns
    -------
    Interval
        NaN where the base is 0.

    Raises
    ------
    StatisticsError
        Negative or missing counts, or more yes than cases.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212. Newcombe (1998), Statistics in
    Medicine 17, 857-872, method 3.

    Examples
    --------
    >>> interval = wilson_interval(81, 263, confidence_level=0.95)
    >>> round(interval.ci_low.item(), 4), round(interval.ci_high.item(), 4)
    (0.2553, 0.3662)
    """
    yes, base = whole_counts(n_yes, n_base)
    z = -ndtri((1 - check_confidence_level(confidence_level)) / 2)
    centre = quotient(yes + z**2 / 2, base + z**2)
    half = quotient(z * np.sqrt(quotient(yes * (base - yes), base) + z**2 / 4), base + z**2)
    low, high = np.where(yes == 0, 0.0, centre - half), np.where(yes == base, 1.0, centre + half)
    return Interval(np.where(base > 0, low, np.nan), np.where(base > 0, high, np.nan))
