"""The likelihood of services with levels of their own, by adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, roots_hermitenorm

from desistance.statistics.likelihood import Peak, likelihood_peak

Vector = NDArray[np.float64]

# Beyond this standard deviation (in log odds) nearly every service is all yes or all no.
_BOUNDLESS = 20.0
_MOST_STEPS = 50
_MODE_STEPS = 100
_CONVERGED = 1e-9
# Log likelihoods this close are equal; a step that promises no more is at the peak.
_ROUNDING = 1e-11
_ROUNDING_OF_SUMS = 1e-14  # of their size: a million cases leave fewer decimals
_NO_GAIN = 1e-10
_SHORTEST = 1e-6
_STEP_OF_DIFFERENCES = 1e-3


class Posterior(NamedTuple):
    """What is known of each service's effect u, in standard deviations between services."""

    log_likelihood: float
    gradient: Vector
    mode: Vector
    spread: Vector
    points: NDArray[np.float64]
    """Shape (n_points, n_services)."""
    weights: NDArray[np.float64]
    """Posterior probability of each point; columns add up to 1."""


@dataclass(frozen=True, eq=False)
class ServiceLikelihood:
    """Cells in order of services, and the quadrature rule."""

    rows: NDArray[np.float64]
    yes: Vector
    base: Vector
    service: NDArray[np.intp]
    n_points: int
    times: Vector | None = None
    """How many services are like each, with a constant as the only column; None: one each."""
    starts: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", np.flatnonzero(np.diff(self.service, prepend=-1)))

    @cached_property
    def rule(self) -> tuple[Vector, Vector]:
        """Points and log weights for the standard normal distribution."""
        points, weights = roots_hermitenorm(self.n_points)
        return points, np.log(weights) - np.log(2 * np.pi) / 2

    def add(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the cells of each service, along the last axis."""
        return values if self._one_cell_each else np.add.reduceat(values, self.starts, axis=-1)

    def spread_out(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The service's value for each of its cells, along the last axis."""
        return values if self._one_cell_each else values[..., self.service]

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over services, along the last axis."""
        return (values if self.times is None else values * self.times).sum(axis=-1)

    @cached_property
    def pooled(self) -> Peak:
        """Where the likelihood of services that do not differ is highest."""
        if self.times is None:
            return likelihood_peak(self.rows, self.yes, self.base)
        totals = (np.array([self.times @ amount]) for amount in (self.yes, self.base))
        return likelihood_peak(self.rows[:1], *totals)

    @cached_property
    def _one_cell_each(self) -> bool:
        """Whether there is nothing to add up, as without explaining variables."""
        return len(self.starts) == len(self.service)

    def modes(self, fixed: Vector, sd: float) -> Vector:
        """Where each service's posterior is highest: Newton, or halving where Newton leaves the bracket."""
        mode, high = np.zeros(len(self.starts)), abs(sd) * self.add(self.base) + 1
        low = -high
        for _ in range(_MODE_STEPS):
            share = expit(fixed + sd * self.spread_out(mode))
            slope = sd * self.add(self.yes - self.base * share) - mode
            curvature = sd**2 * self.add(self.base * share * (1 - share)) + 1
            low, high = np.where(slope > 0, mode, low), np.where(slope < 0, mode, high)
            there = mode + slope / curvature
            there = np.where((there < low) | (there > high), (low + high) / 2, there)
            moved, mode = np.abs(there - mode).max(), there
            if moved < 1e-12 * max(1.0, np.abs(mode).max()):
                break
        return mode

    def posterior(self, theta: Vector) -> Posterior:
        """Log likelihood by adaptive Gauss-Hermite quadrature, with its exact gradient.

        `theta` holds the coefficients and the standard deviation, whose sign does not matter. Points are
        placed around each service's mode and spread by its curvature. Both move with `theta`, and the
        gradient knows that, so it belongs to the approximation for any number of points.
        """
        sd, fixed, add, rows = theta[-1], self.rows @ theta[:-1], self.add, self.rows
        mode = self.modes(fixed, sd)
        share = expit(fixed + sd * self.spread_out(mode))
        v = self.base * share * (1 - share)
        w = v * (1 - 2 * share)
        V, W, v_rows, w_rows = add(v), add(w), add(v * rows.T), add(w * rows.T)
        curvature = sd**2 * V + 1
        spread = curvature**-0.5
        # Derivatives of mode and log spread: coefficients first, then the standard deviation.
        residual = add(self.yes - self.base * share)
        d_mode = np.vstack([-sd * v_rows, residual - sd * mode * V]) / curvature
        d_curvature = np.vstack([sd**2 * w_rows, 2 * sd * V + sd**2 * mode * W]) + sd**3 * W * d_mode
        d_log_spread = -d_curvature / curvature / 2
        z, log_weight = self.rule
        points = mode + z[:, None] * spread
        log_odds = fixed + sd * self.spread_out(points)
        small = np.exp(-np.abs(log_odds))
        # Of log_expit(x) and log_expit(-x) one is -log1p(small) and the other further from 0 by |x|.
        lost = np.where(log_odds > 0, self.yes - self.base, self.yes) * log_odds
        log_f = add(lost - self.base * np.log1p(small))
        log_parts = log_weight[:, None] + log_f - points**2 / 2 + z[:, None] ** 2 / 2
        top = log_parts.max(axis=0)
        parts = np.exp(log_parts - top)
        weights = parts / parts.sum(axis=0)
        residuals = self.yes - self.base * np.where(log_odds > 0, 1.0, small) / (1 + small)
        score = np.concatenate(
            [add(residuals[:, None, :] * rows.T), (points * add(residuals))[:, None, :]], axis=1
        )
        along = (sd * add(residuals) - points)[:, None, :]
        moves = d_mode + z[:, None, None] * spread * d_log_spread
        by_service = d_log_spread + (weights[:, None, :] * (score + along * moves)).sum(axis=0)
        value = float(self.total(top + np.log(parts.sum(axis=0)) + np.log(spread)))
        return Posterior(value, self.total(by_service), mode, spread, points, weights)


def highest_likelihood(model: ServiceLikelihood, start: Vector) -> Vector | None:
    """Coefficients and standard deviation (0 or more) where the likelihood is highest, or None.

    Newton's method; where the likelihood does not bend downwards it goes uphill instead, and steps that go
    down are halved. The likelihood is the same for a standard deviation and its negative, so 0 needs no
    special treatment: it is an ordinary peak where services do not differ.
    """
    theta, here = start, model.posterior(start)
    for _ in range(_MOST_STEPS):
        values, vectors = np.linalg.eigh(-hessian(model, theta, fine=False))
        values = np.maximum(np.abs(values), 1e-8 * np.abs(values).max())
        step = vectors @ ((vectors.T @ here.gradient) / values)
        step *= min(1.0, 2.0 / np.abs(model.rows @ step[:-1]).max(initial=abs(step[-1]) + 1e-300))
        gain = float(here.gradient @ step)
        length, after = 1.0, model.posterior(theta + step)
        least = here.log_likelihood - max(_ROUNDING, _ROUNDING_OF_SUMS * abs(here.log_likelihood))
        while after.log_likelihood < least and length > _SHORTEST:
            length /= 2
            after = model.posterior(theta + length * step)
        if length <= _SHORTEST:
            return _with_positive_sd(theta) if gain < _NO_GAIN else None
        theta, here = theta + length * step, after
        if abs(theta[-1]) > _BOUNDLESS:
            return None
        if np.abs(step).max() < _CONVERGED * max(1.0, np.abs(theta).max()):
            return _with_positive_sd(theta)
    return None


def _with_positive_sd(theta: Vector) -> Vector:
    return np.append(theta[:-1], abs(theta[-1]))


def hessian(model: ServiceLikelihood, theta: Vector, *, fine: bool) -> NDArray[np.float64]:
    """Second derivatives of the log likelihood, from differences of the exact gradient.

    Of fourth order if `fine`, for standard errors; of second order on the way to the peak.
    """
    columns = []
    for position in range(theta.size):
        step = np.zeros_like(theta)
        largest = np.abs(model.rows[:, position : position + 1]).max(initial=1.0)
        step[position] = _STEP_OF_DIFFERENCES / largest
        near = model.posterior(theta + step).gradient - model.posterior(theta - step).gradient
        if fine:
            far = model.posterior(theta + 2 * step).gradient - model.posterior(theta - 2 * step).gradient
            near = (8 * near - far) / 6
        columns.append(near / (2 * step[position]))
    second = np.array(columns)
    return (second + second.T) / 2
