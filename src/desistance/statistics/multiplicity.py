"""Adjusting p-values for the number of tests looked at together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desistance.errors import StatisticsError


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down adjustment: controls the chance of any false rejection in the family.

    Valid whatever the dependence between tests, and never weaker than Bonferroni's. For headline claims,
    where one false statement is one too many.

    Parameters
    ----------
    p_values : array of float, shape (..., n_tests)
        P-values of families, 0-1; each row is one. NaN marks a test that could not be done: it stays NaN and does
        not count in the size of the family.

    Returns
    -------
    array of float, the same shape
        Adjusted p-values in the same order; reject those at or below the level.

    Raises
    ------
    StatisticsError
        P-values outside 0-1, or a single number.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70. As R's `p.adjust`.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, float("nan")]).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    p = _shares_of_one(p_values)
    order = np.argsort(p, axis=-1, kind="stable")
    n_tests = (~np.isnan(p)).sum(axis=-1, keepdims=True)
    # Missing ones come last, so they take no part in what is accumulated before them.
    scaled = np.take_along_axis(p, order, axis=-1) * (n_tests - np.arange(p.shape[-1]))
    adjusted = np.full(p.shape, np.nan)
    np.put_along_axis(adjusted, order, np.minimum(np.maximum.accumulate(scaled, axis=-1), 1.0), axis=-1)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Benjamini and Hochberg's step-up adjustment: controls the expected share of false rejections.

    Less strict than `holm`; for tables, where a small share of false leads is acceptable. Valid for
    independent tests and for the positive dependence usual between tests on the same cases.

    Parameters
    ----------
    p_values : array of float, shape (n_tests,)
        P-values of one family, 0-1. NaN marks a test that could not be done: it stays NaN and does not count
        in the size of the family.

    Returns
    -------
    array of float, shape (n_tests,)
        Adjusted p-values in the same order; reject those at or below the level.

    Raises
    ------
    StatisticsError
        P-values outside 0-1, or not one dimension.

    References
    ----------
    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57(1), 289-300. Benjamini and
    Yekutieli (2001), Annals of Statistics 29(4), 1165-1188, for dependence. As R's `p.adjust`.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, float("nan")]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    p, order = _family(p_values)
    n_tests = len(order)
    scaled = p[order] * n_tests / np.arange(1, n_tests + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _in_place(p, order, stepped)


def _family(p_values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return p-values and the positions of those that are not missing, smallest first."""
    p = _shares_of_one(p_values)
    if p.ndim != 1:
        raise StatisticsError(f"p_values have shape {p.shape}; give one family as one row of numbers")
    order = np.argsort(p, kind="stable")
    return p, order[~np.isnan(p[order])]


def _shares_of_one(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values as an array of floats with an axis, or refuse them."""
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim < 1:
        raise StatisticsError(f"p_values have shape {p.shape}; give families as rows of numbers")
    if ((p < 0) | (p > 1)).any():
        raise StatisticsError("p_values go outside 0-1; check which column was given")
    return p


def _in_place(
    p: NDArray[np.float64], order: NDArray[np.intp], adjusted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Put adjusted values, never above 1, back where they came from."""
    result = np.full(p.shape, np.nan)
    result[order] = np.minimum(adjusted, 1.0)
    return result
