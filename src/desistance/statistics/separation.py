"""Columns of a design that a regression cannot tell apart, or that foretell the answer without error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What is left of a column after the earlier ones are taken out, relative to its length, that is rounding.
_COLLINEAR = 1e-9
# Entries of a direction that the linear programme leaves at zero, up to its own tolerance.
_ZERO = 1e-6


def collinear_columns(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which columns are sums of multiples of earlier ones, as R's `NA` coefficients.

    Columns are taken from left to right; what earlier columns explain of each is removed, twice, and a column
    of which nothing is left is reported. An empty column (a level without cases) is one of them.

    Parameters
    ----------
    rows : array of float, shape (n_cells, n_columns)
        Cells with cases only.

    Returns
    -------
    array of bool, shape (n_columns,)

    Examples
    --------
    >>> collinear_columns(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])).tolist()
    [False, False, True]
    """
    basis = np.zeros((len(rows), 0))
    dependent = np.zeros(rows.shape[1], dtype=bool)
    for position, column in enumerate(rows.T):
        length = np.linalg.norm(column)
        left = column - basis @ (basis.T @ column)
        left = left - basis @ (basis.T @ left)
        dependent[position] = np.linalg.norm(left) <= _COLLINEAR * length
        if not dependent[position]:
            basis = np.column_stack([basis, left / np.linalg.norm(left)])
    return dependent


def separated_columns(
    rows: NDArray[np.float64], n_yes: NDArray[np.float64], n_base: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which columns' log odds have no finite estimate.

    The likelihood has no highest point if and only if there is a direction, a change of coefficients, along
    which no case's own answer gets less likely and some case's gets more likely. Such directions are found by
    linear programming: patterns with both answers must not move at all, patterns with one answer may only
    move towards it. Whatever a found direction moves is set aside, and the search goes on with what is left.
    Then all columns are named that take part in any of them: the directions together reach everywhere that
    leaves the remaining patterns where they are.

    Parameters
    ----------
    rows : array of float, shape (n_cells, n_columns)
        Not collinear.
    n_yes, n_base : array of float, shape (n_cells,)
        No base of 0.

    Returns
    -------
    array of bool, shape (n_columns,)
        All False where estimates exist.

    References
    ----------
    Albert and Anderson (1984), Biometrika 71(1), 1-10. Konis (2007), Linear programming algorithms for
    detecting separated data in binary logistic regression models, DPhil thesis, University of Oxford.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> separated_columns(rows, np.array([3.0, 5.0]), np.array([7.0, 5.0])).tolist()
    [False, True]
    """
    patterns, which = np.unique(rows, axis=0, return_inverse=True)
    yes, base = (np.bincount(which.ravel(), weights=count) for count in (n_yes, n_base))
    patterns = patterns / np.abs(patterns).max(axis=0)
    both = (yes > 0) & (yes < base)
    towards = np.where(yes == base, 1.0, -1.0)[~both, None] * patterns[~both]
    moved = np.zeros(len(towards), dtype=bool)
    while not moved.all():
        direction = _direction(towards, patterns[both], towards[~moved].sum(axis=0))
        gains = towards @ direction > _ZERO
        if not (gains & ~moved).any():
            break
        moved = moved | gains
    return _free_columns(np.vstack([patterns[both], towards[~moved]]))


def _free_columns(still: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which columns take part in some direction that moves none of these patterns."""
    sizes, directions = np.linalg.svd(still, full_matrices=True)[1:]
    rank = (sizes > _COLLINEAR * sizes.max(initial=0.0)).sum()
    return np.asarray((np.abs(directions[rank:]) > _ZERO).any(axis=0))


def _direction(
    towards: NDArray[np.float64], still: NDArray[np.float64], gain: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Direction of most gain, no entry beyond 1, that keeps `still` and moves nothing against `towards`."""
    from scipy.optimize import linprog

    equal = {"A_eq": still, "b_eq": np.zeros(len(still))} if len(still) else {}
    found = linprog(
        -gain, A_ub=-towards, b_ub=np.zeros(len(towards)), bounds=(-1, 1), method="highs", **equal
    )
    return found.x if found.status == 0 else np.zeros_like(gain)
