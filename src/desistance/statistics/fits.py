"""Linear and logistic regression on counts by service and pattern, and what each service contributes to it.

Cases of one service with the same row of explanatory variables are exchangeable, so nothing here needs a case.
`robust` and `wald` make variances and tests of a fit, `bootstrap` another test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.statistics.arrays import ROUNDING_IN_SUMS, amounts, check_weights, quotient, yes_and_base
from desistance.statistics.likelihood import likelihood_peak, may_be_separated
from desistance.statistics.separation import separated_columns
from desistance.statistics.status import Status

Floats = NDArray[np.float64]

SOLE = 1e-9  # a service that holds all but this much of what is known about a direction holds all of it
_COLLINEAR = 1e-10  # smallest eigenvalue of the correlations of the columns that still counts as information
_ROUNDING = 1e-13  # sums this small beside their terms are rounding, not variation
# ASSUME A25: with more services than this, two matrices that CR2 may take say the same, and the smaller one is taken.
MANY_SERVICES = 1_000


@dataclass(frozen=True, eq=False)
class Cells:
    """Standardised cases of each service and pattern, compressed to one row each; for logistic regression."""

    rows: Floats
    """Shape (n_services, n_patterns, q), in the coordinates of `ClusteredFit.root`."""
    residuals: Floats
    """Shape (n_services, n_patterns)."""
    variance: Floats
    """Working variance of an outcome, shape (n_services, n_patterns)."""


@dataclass(frozen=True, eq=False)
class ClusteredFit:
    """A fitted model and what each service contributes to it; made by `linear_fit` and `logistic_fit`."""

    coefficients: Floats
    """Shape (q,); NaN where `status` is not `ok`."""
    root: Floats
    """R with R R' = inverse of the information, shape (q, q)."""
    leverage: Floats
    """R' G_s R, shape (n_services, q, q): the share of a service in the information. They add up to I."""
    scores: Floats
    """R' u_s, shape (n_services, q): they add up to 0."""
    cells: Cells | None
    """None where the working variance is taken as equal within each service, and with more services than
    `MANY_SERVICES`."""
    n_cases: float
    n_services: int
    """Services with cases."""
    status: Status
    """`ok`, `no_cases`, `collinear`; of a logistic fit also `separated` or `not_converged`."""

    @cached_property
    def eigen(self) -> tuple[Floats, Floats]:
        """Eigenvalues, 0-1, shape (n_services, q), and eigenvectors of the leverages."""
        values, vectors = np.linalg.eigh(self.leverage)
        return np.clip(values, 0.0, 1.0), vectors

    @cached_property
    def most_leverage(self) -> float:
        """A number that no eigenvalue of a leverage exceeds: the largest of their traces."""
        return float(np.trace(self.leverage, axis1=1, axis2=2).max(initial=0.0))

    @cached_property
    def sole(self) -> Floats:
        """Directions that one service alone knows, orthonormal rows of shape (n_directions, q)."""
        if self.most_leverage < 1 - SOLE:
            return np.zeros((0, len(self.coefficients)))
        values, vectors = self.eigen
        return vectors.swapaxes(1, 2)[values >= 1 - SOLE]


def linear_fit(
    rows: ArrayLike, n_base: ArrayLike, weight_base: ArrayLike, weighted_sum: ArrayLike
) -> ClusteredFit:
    """Least squares on cases that come as counts by service and pattern of explanatory variables.

    With a yes/no outcome this is the linear probability model, whose coefficients are differences of shares.

    Parameters
    ----------
    rows : array of float, shape (n_patterns, q)
        Row of the design matrix of each pattern, the constant included.
    n_base : array, shape (n_services, n_patterns)
        Cases; those with a missing outcome left out.
    weight_base : array of float, shape (n_services, n_patterns)
        Sum of their weights; the count itself for equal weights.
    weighted_sum : array of float, shape (n_services, n_patterns)
        Sum of weight times outcome.

    Returns
    -------
    ClusteredFit

    Raises
    ------
    StatisticsError
        Shapes differ; numbers are missing; or weights are zero where there are cases.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181.

    Examples
    --------
    >>> fit = linear_fit([[1, 0], [1, 1]], [[4, 2], [3, 3]], [[4, 2], [3, 3]], [[1, 1], [1, 2]])
    >>> fit.coefficients.round(4).tolist()
    [0.2857, 0.3143]
    """
    X, count, weight, total = _checked(rows, n_base, weight_base, weighted_sum)
    status, root = _root(X, weight.sum(axis=0))
    coefficients = root @ (root.T @ (X.T @ total.sum(axis=0)))
    model = (coefficients, X @ coefficients, np.ones(len(X)))
    return _fit(X, [count, weight, total], model, root, status)


def logistic_fit(
    rows: ArrayLike, n_base: ArrayLike, weight_base: ArrayLike, weight_yes: ArrayLike
) -> ClusteredFit:
    """Logistic regression on counts by service and pattern of explanatory variables.

    Maximum likelihood as if cases were independent; services enter through the variance only. The corrections
    treat the last step of weighted least squares as the model, with the binomial variance. Weights of cases
    with one service and pattern are taken as equal; only CR2 depends on that.

    Parameters
    ----------
    rows : array of float, shape (n_patterns, q)
        Row of the design matrix of each pattern, the constant included.
    n_base : array, shape (n_services, n_patterns)
        Cases; those with a missing outcome left out.
    weight_base, weight_yes : array of float, shape (n_services, n_patterns)
        Sums of the weights of these cases, and of those that are a yes; the counts for equal weights.

    Returns
    -------
    ClusteredFit
        Coefficients are log odds ratios. `status` is `separated` where there is a proof that some have no finite
        estimate (`separated_columns`), and `not_converged` where there is none and the search still failed.

    Raises
    ------
    StatisticsError
        As `linear_fit`, or a yes is not in the base.

    References
    ----------
    McCaffrey and Bell (2006), Statistics in Medicine 25(23), 4081-4098. R `clubSandwich` 0.5.8.

    Examples
    --------
    >>> fit = logistic_fit([[1, 0], [1, 1]], [[4, 2], [3, 3]], [[4, 2], [3, 3]], [[1, 1], [1, 2]])
    >>> fit.coefficients.round(4).tolist()
    [-0.9163, 1.3218]
    """
    X, count, weight, yes = _checked(rows, n_base, weight_base, weight_yes)
    yes_and_base(yes, weight, "weight")
    status, root = _root(X, weight.sum(axis=0))
    coefficients = np.full(X.shape[1], np.nan)
    if status is Status.OK:
        status, coefficients = _likeliest(X, weight.sum(axis=0), yes.sum(axis=0))
    share = expit(X @ coefficients)
    curvature = share * (1 - share)
    if status is Status.OK:
        near, root = _root(X, weight.sum(axis=0) * curvature)
        # Columns that differ but whose information does not: shares so close to 0 or 1 that it is rounding.
        status = near if near is Status.OK else Status.NOT_CONVERGED
    fit = _fit(X, [count, weight, yes], (coefficients, share, curvature), root, status)
    if status is not Status.OK or fit.n_services > MANY_SERVICES:
        return fit
    size, seen = np.sqrt(weight * curvature), count > 0
    residuals = yes - weight * share
    residuals[np.abs(residuals) <= _ROUNDING * (yes + weight * share)] = 0.0
    cells = Cells(
        rows=size[:, :, None] * (X @ root),
        residuals=np.divide(residuals, size, out=np.zeros_like(size), where=seen),
        # 0 where there is nobody: any other number would be large or small beside those of weighted cases.
        variance=np.divide(count * curvature, weight, out=np.zeros_like(size), where=seen),
    )
    return replace(fit, cells=cells)


def _checked(rows: ArrayLike, *tables: ArrayLike) -> list[Floats]:
    """Return the design matrix, counts, weights and sums as arrays of floats, or refuse them."""
    X, total = np.asarray(rows, dtype=np.float64), np.asarray(tables[2], dtype=np.float64)
    count, weight = amounts(tables[0], "n_base"), amounts(tables[1], "weight_base")
    if X.ndim != 2 or count.ndim != 2 or count.shape[1] != len(X) or total.shape != count.shape:
        raise StatisticsError(
            f"rows have shape {X.shape}, counts {count.shape} and sums {total.shape}; "
            "give patterns by coefficients, and twice services by patterns"
        )
    if not (np.isfinite(X).all() and np.isfinite(total).all()):
        raise StatisticsError("rows or sums have missing or infinite values; leave such cases out first")
    check_weights(count, weight, "base")
    if (total[count == 0] != 0).any():
        raise StatisticsError("a sum is not 0 where there are no cases; check the tallies")
    return [X, count, weight, total]


def _root(X: Floats, weight: Floats) -> tuple[Status, Floats]:
    """Return R with R R' = (X' W X)^-1, or why there is none."""
    information = (X.T * weight) @ X
    size = np.sqrt(information.diagonal())
    missing = np.full(information.shape, np.nan)
    if weight.sum() == 0:
        return Status.NO_CASES, missing
    if (size == 0).any():
        return Status.COLLINEAR, missing
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    if values[0] < _COLLINEAR:
        return Status.COLLINEAR, missing
    return Status.OK, vectors / np.sqrt(values) / size[:, None]


def _likeliest(X: Floats, weight: Floats, yes: Floats) -> tuple[Status, Floats]:
    """Coefficients where the logistic likelihood of totals by pattern is highest, or why there are none."""
    known = weight > 0
    rows, base, yes = X[known], weight[known], yes[known]
    # Sums of the same weights in another order may differ in the last digits.
    yes = np.where(yes >= base * (1 - ROUNDING_IN_SUMS), base, yes)
    peak = likelihood_peak(rows, yes, base)
    if may_be_separated(rows, peak) and separated_columns(rows, yes, base).any():
        return Status.SEPARATED, np.full(X.shape[1], np.nan)
    if not peak.found:
        return Status.NOT_CONVERGED, np.full(X.shape[1], np.nan)
    return Status.OK, peak.estimate


def _fit(
    X: Floats,
    tables: list[Floats],
    model: tuple[Floats, Floats, Floats],
    root: Floats,
    status: Status,
) -> ClusteredFit:
    """Share of each service in the information and the score, in the coordinates of `root`."""
    (count, weight, total), (coefficients, fitted, curvature) = tables, model
    rotated, information = X @ root, weight * curvature
    products = (rotated[:, :, None] * rotated[:, None, :]).reshape(len(X), root.size)
    scores = (total - weight * fitted) @ X
    # All coefficients come from the same sums, so each is as uncertain as the largest, in units of its column.
    length = np.sqrt(np.square(X).T @ weight.sum(axis=0))
    uncertain = np.abs(X) @ quotient((np.abs(coefficients) * length).max(initial=0.0), length)
    terms = weight * np.maximum(np.abs(fitted), uncertain)
    scores[np.abs(scores) <= _ROUNDING * ((np.abs(total) + terms) @ np.abs(X))] = 0.0
    return ClusteredFit(
        coefficients=np.where(status is Status.OK, coefficients, np.nan),
        root=root,
        leverage=(information @ products).reshape(len(weight), *root.shape),
        scores=scores @ root,
        cells=None,
        n_cases=float(count.sum()),
        n_services=int((count.sum(axis=1) > 0).sum()),
        status=status,
    )
