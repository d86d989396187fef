"""How breakdowns and outcomes are drawn: counts by service and subgroup, all runs at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from scipy.special import betainc, expit, logit

from desistance.calibration.scenarios import BY_BOTH, BY_CHILD, BY_SERVICE, Counts, Floats, Scenario, Subject

SERVICES_IN_EXCHANGE = 6  # services of similar size that exchange their shares
FEWEST_SERVICES = 2  # of a subgroup that is a property of services, if there are enough
GRID = 20_001  # points at which beta quantiles are looked up
LIKENESS_IN_CASE = 0.1  # correlation of two factors of one case, beyond that of its service
OTHER_BREAKDOWNS = 0.3  # difference in log odds from one level of another breakdown to the next


def draw(scenario: Scenario, n_runs: int) -> tuple[Counts, ...]:
    """Draw breakdown and outcome of every run; each array has runs first, then services.

    Yes and base by subgroup (adjusted: by pattern); cases by number of factors and subgroup; or, of a lift, both
    factors, first, second and base.
    """
    n_base = breakdowns(scenario, n_runs, scenario.generator("breakdown"))
    generator, icc = scenario.generator("outcome"), scenario.icc
    if scenario.n_factors:
        return (numbers(n_base, scenario.shares, icc, scenario.n_factors, generator),)
    if scenario.subject is Subject.LIFT:
        return pairs(n_base[:, :, 0], scenario.shares, icc, generator)
    shares = scenario.shares if scenario.patterns is None else pattern_shares(scenario)
    return outcomes(n_base, shares, icc, generator), n_base


def breakdowns(scenario: Scenario, n_runs: int, generator: Generator) -> Counts:
    """Cases by service and subgroup of each run, shape (n_runs, n_services, n_levels).

    Services keep their sizes in every kind. By child, subgroups keep theirs too; otherwise theirs vary with
    the services that have them. Adjusted, patterns of all breakdowns are dealt, or services exchange their
    shares of them; by service, cases keep their levels of all other breakdowns.
    """
    table, patterns = scenario.table, scenario.patterns
    if scenario.kind == BY_CHILD:
        return _dealt(table, n_runs, generator)
    if scenario.kind == BY_BOTH:
        return _exchanged(table, n_runs, generator)
    if scenario.kind == BY_SERVICE and patterns is None:
        return _whole(table, n_runs, generator)
    if scenario.kind == BY_SERVICE:
        by_level = table.reshape(len(table), patterns[:, 0].max() + 1, -1)
        levels = _whole(by_level.sum(axis=2), n_runs, generator) > 0
        crossed = levels[:, :, :, None] * by_level.sum(axis=1)[:, None]
        return crossed.reshape(n_runs, *table.shape)
    return np.broadcast_to(table, (n_runs, *table.shape))


def _dealt(table: Counts, n_runs: int, generator: Generator) -> Counts:
    """Deal subgroups to all cases like cards, service by service (hypergeometric counts)."""
    dealt = np.zeros((n_runs, *table.shape), dtype=np.int64)
    deck = np.tile(table.sum(axis=0), (n_runs, 1))
    for service, size in enumerate(table.sum(axis=1)):
        hand = np.full(n_runs, size)
        for level in range(table.shape[1]):
            others = deck[:, level + 1 :].sum(axis=1)
            dealt[:, service, level] = generator.hypergeometric(deck[:, level], others, hand)
            hand = hand - dealt[:, service, level]
        deck -= dealt[:, service]
    return dealt


def _exchanged(table: Counts, n_runs: int, generator: Generator) -> Counts:
    """Give each service the shares of one of similar size; counts are rounded so that they add up."""
    sizes = table.sum(axis=1)
    donors = np.tile(np.arange(len(table)), (n_runs, 1))
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    for block in np.array_split(order, max(1, len(order) // SERVICES_IN_EXCHANGE)):
        donors[:, block] = generator.permuted(np.tile(block, (n_runs, 1)), axis=1)
    shares = table[donors] / np.maximum(sizes[donors], 1)[:, :, None]
    return _rounded(shares * sizes[:, None])


def _rounded(amounts: Floats) -> Counts:
    """Whole numbers that add up over the last axis as the amounts do: the largest remainders go up."""
    floor = np.floor(amounts + 1e-9)
    missing = np.rint(amounts.sum(axis=-1) - floor.sum(axis=-1))
    rank = np.argsort(np.argsort(floor - amounts, axis=-1, kind="stable"), axis=-1, kind="stable")
    return (floor + (rank < missing[..., None])).astype(np.int64)


def _whole(table: Counts, n_runs: int, generator: Generator) -> Counts:
    """Put whole services into subgroups, as many services in each as its share of all cases says."""
    sizes, totals = table.sum(axis=1), table.sum(axis=0)
    seen = np.flatnonzero(sizes)
    fewest = min(FEWEST_SERVICES, len(seen) // len(totals))
    n_services = np.maximum(_rounded(len(seen) * totals / totals.sum()), fewest)
    n_services[n_services.argmax()] -= n_services.sum() - len(seen)
    labels = np.repeat(np.arange(len(totals)), n_services)
    labels = generator.permuted(np.tile(labels, (n_runs, 1)), axis=1)
    whole = np.zeros((n_runs, *table.shape), dtype=np.int64)
    whole[:, seen] = sizes[seen, None] * (labels[:, :, None] == np.arange(len(totals)))
    return whole


def outcomes(n_base: Counts, shares: Sequence[float], icc: float, generator: Generator) -> Counts:
    """Yes by service and subgroup of each run: beta-binomial with these means and this correlation.

    A service has the same rank in the beta distribution of every subgroup; where the means are equal it has
    one and the same share in all. With a correlation of 0, counts are binomial.

    Parameters
    ----------
    n_base : array of int, shape (n_runs, n_services, n_levels)
    shares : sequence of float, shape (n_levels,)
    icc : float
        0 or more and below 1.
    generator : numpy.random.Generator

    Returns
    -------
    array of int, shape (n_runs, n_services, n_levels)
    """
    return generator.binomial(n_base, _service_shares(n_base, shares, icc, generator))


def _service_shares(n_base: Counts, shares: Sequence[float], icc: float, generator: Generator) -> Floats:
    """Each service's own share in each subgroup, shape of `n_base`."""
    if icc == 0:
        return np.broadcast_to(np.asarray(shares, dtype=np.float64), n_base.shape)
    rank = generator.random(n_base.shape[:2])
    points = np.linspace(0.0, 1.0, GRID)
    spread = (1 - icc) / icc
    quantiles = {
        mean: np.interp(rank, betainc(mean * spread, (1 - mean) * spread, points), points)
        for mean in set(shares)
    }
    return np.stack([quantiles[mean] for mean in shares], axis=2)


def numbers(
    n_base: Counts, shares: Sequence[float], icc: float, n_factors: int, generator: Generator
) -> Counts:
    """Cases by number of factors: each case has a share of its own, around that of its service.

    Shares of services, and of cases within a service, have beta distributions, and a case's number is binomial
    of `n_factors`. Factors of one case are alike with the correlation `LIKENESS_IN_CASE` beyond that of the
    service; that of services is set so that the numbers of two cases of one service have the stated one. The
    mean is `n_factors` times the share.

    Returns
    -------
    array of int, shape (n_runs, n_services, n_factors + 1, n_levels)
    """
    inflation = 1 + (n_factors - 1) * LIKENESS_IN_CASE
    of_services = icc * inflation / (n_factors * (1 - icc) + icc * inflation)
    service = np.repeat(_service_shares(n_base, shares, of_services, generator), n_base.ravel())
    spread = (1 - LIKENESS_IN_CASE) / LIKENESS_IN_CASE
    number = generator.binomial(n_factors, generator.beta(service * spread, (1 - service) * spread))
    cell = np.repeat(np.arange(n_base.size), n_base.ravel()) * (n_factors + 1) + number
    counts = np.bincount(cell, minlength=n_base.size * (n_factors + 1))
    return counts.reshape(*n_base.shape, n_factors + 1).swapaxes(2, 3)


def pairs(n_base: Counts, shares: Sequence[float], icc: float, generator: Generator) -> tuple[Counts, ...]:
    """Cases with both factors, the first, the second, and all: shape (n_runs, n_services) each.

    The first factor is drawn like any outcome, then the second among those with and without the first, with
    shares of their own. What a service has of one factor says nothing about the other, so the lift over all
    services is that within them.
    """
    first = outcomes(n_base[:, :, None], shares[:1], icc, generator)[:, :, 0]
    second = outcomes(np.stack([first, n_base - first], axis=2), shares[1:], icc, generator)
    return second[:, :, 0], first, second.sum(axis=2), n_base


def pattern_shares(scenario: Scenario) -> list[float]:
    """True share of each pattern: the log odds of its level and of its other breakdowns add up."""
    own, others = scenario.patterns[:, 0], scenario.patterns[:, 1:].sum(axis=1)
    log_odds = logit(np.asarray(scenario.shares))[own] + OTHER_BREAKDOWNS * others
    return expit(log_odds).round(12).tolist()


def marginal_effect(scenario: Scenario) -> float:
    """True average marginal effect of the last level, over the other breakdowns as they are among all cases."""
    n_levels = len(scenario.shares)
    mix = scenario.table.sum(axis=0).reshape(n_levels, -1).sum(axis=0)
    by_level = np.array(pattern_shares(scenario)).reshape(n_levels, -1)
    return float(mix @ (by_level[-1] - by_level[0]) / mix.sum())
