"""What is simulated on the sizes of a tally, and how its breakdowns and outcomes are drawn."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import betainc

from desistance.errors import TallyError
from desistance.statistics.intraclass import intraclass_correlation
from desistance.study import Breakdown, Study
from desistance.tallies import Tally, service_counts

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

SEED = 2021
ICCS = (0.05, 0.10, 0.15)
ICCS_SMALLEST = (0.10,)  # of the smallest base
SHARES = (0.1, 0.4, 0.75)
SHARE = 0.4  # of tests, and of the first subgroup where subgroups differ
STEPS = {2: 0.1}  # true difference of two subgroups; otherwise the slope per band
STEP_PER_BAND = 0.05
SERVICES_IN_EXCHANGE = 6  # services of similar size that exchange their shares
FEWEST_SERVICES = 2  # of a subgroup that is a property of services
BY_CHILD, BY_BOTH, BY_SERVICE = "by child", "by child and service", "by service"
KINDS = (BY_CHILD, BY_BOTH, BY_SERVICE)
LARGEST, SMALLEST = "largest", "smallest"
GRID = 20_001  # points at which beta quantiles are looked up


@dataclass(frozen=True, eq=False)
class Scenario:
    """One thing to simulate.

    `quantity` is "test" or "interval"; `breakdown` names the subgroups, `kind` how they lie in services (empty
    for a share); `base` is "largest" or "smallest" of the study's bases; `table` holds the actual cases by
    service and subgroup; `shares` are the true ones of its subgroups; `ordered` says whether these are bands.
    """

    quantity: str
    breakdown: str
    kind: str
    base: str
    table: Counts
    shares: tuple[float, ...]
    icc: float
    ordered: bool = False

    def generator(self, purpose: str) -> Generator:
        """Random numbers of its own, so that no scenario depends on which others are run."""
        names = (self.quantity, self.breakdown, self.kind, self.base, self.shares, self.icc, purpose)
        return np.random.default_rng([SEED, zlib.crc32(repr(names).encode())])


def scenarios(tally: Tally, study: Study) -> Iterator[Scenario]:
    """Everything to simulate on the sizes of a tally: shares, then tests, then differences and slopes.

    Raises
    ------
    TallyError
        There is nobody in any base.
    """
    everyone = service_counts(tally, study, None).n_base[:, :, 0]
    tables = {division.id: service_counts(tally, study, division).n_base for division in study.divisions}
    items = {LARGEST: _item(everyone, np.argmax), SMALLEST: _item(everyone, np.argmin)}
    chosen = {
        (base, kind): [(each, tables[each.id][:, item]) for each in _divisions(study, tables, item, kind)]
        for base, item in items.items()
        for kind in KINDS
    }
    sizes = [("everyone", base, everyone[:, item]) for base, item in items.items()]
    for _, table in chosen[LARGEST, BY_BOTH][:1]:
        sizes.append(("one subgroup", LARGEST, table[:, table.sum(axis=0).argmin()]))
    for (breakdown, base, size), share, icc in product(sizes, SHARES, ICCS):
        yield Scenario("interval", breakdown, "", base, size[:, None], (share,), icc)
    for quantity, kind, base, icc in product(("test", "interval"), KINDS, items, ICCS):
        if base == LARGEST or icc in ICCS_SMALLEST:
            for division, table in chosen[base, kind]:
                yield from _comparison(quantity, division, kind, base, table, icc)


def _item(everyone: Counts, choose: Callable[[Counts], np.intp]) -> int:
    """Position of the item with the most or the fewest cases in its base, empty bases left out."""
    n_cases = everyone.sum(axis=0)
    known = np.flatnonzero(n_cases)
    if not known.size:
        raise TallyError("nobody is in the base of any item, so there are no sizes to simulate on")
    return int(known[choose(n_cases[known])])


def _divisions(study: Study, tables: Mapping[str, Counts], item: int, kind: str) -> Iterator[Breakdown]:
    """One division of each form: two subgroups, more subgroups, bands.

    Of several, that whose subgroups vary most between services, or for the kind by child least.
    """
    forms = (
        [division for division in study.breakdowns if len(division.levels) == 2],
        [division for division in study.breakdowns if len(division.levels) > 2],
        list(study.bands),
    )
    choose = min if kind == BY_CHILD else max
    for form in forms:
        if form:
            yield choose(form, key=lambda division: _spread(tables[division.id][:, item]))


def _spread(table: Counts) -> float:
    """Largest intra-class correlation of belonging to a subgroup."""
    correlation = intraclass_correlation(table, np.repeat(table.sum(axis=1)[:, None], table.shape[1], axis=1))
    return float(np.nan_to_num(correlation.estimate, nan=-1.0).max())


def _comparison(
    quantity: str, division: Breakdown, kind: str, base: str, table: Counts, icc: float
) -> Iterator[Scenario]:
    """A test without a true difference, or an interval with one; three subgroups have no single interval."""
    n_levels = len(division.levels)
    if quantity == "interval" and not (division.ordered or n_levels == 2):
        return
    step = 0.0 if quantity == "test" else STEPS.get(n_levels, STEP_PER_BAND)
    yield Scenario(
        quantity=quantity,
        breakdown=f"{n_levels} {'bands' if division.ordered else 'subgroups'}",
        kind=kind,
        base=base,
        table=table,
        shares=tuple(round(SHARE + step * level, 3) for level in range(n_levels)),
        icc=icc,
        ordered=division.ordered,
    )


def breakdowns(scenario: Scenario, n_runs: int, generator: Generator) -> Counts:
    """Cases by service and subgroup of each run, shape (n_runs, n_services, n_levels).

    Services keep their sizes in every kind. By child, subgroups keep theirs too; otherwise theirs vary with
    the services that have them.
    """
    table = scenario.table
    if scenario.kind == BY_CHILD:
        return _dealt(table, n_runs, generator)
    if scenario.kind == BY_BOTH:
        return _exchanged(table, n_runs, generator)
    if scenario.kind == BY_SERVICE:
        return _whole(table, n_runs, generator)
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
    n_services = np.maximum(_rounded(len(seen) * totals / totals.sum()), FEWEST_SERVICES)
    n_services[n_services.argmax()] -= n_services.sum() - len(seen)
    labels = np.repeat(np.arange(len(totals)), n_services)
    labels = generator.permuted(np.tile(labels, (n_runs, 1)), axis=1)
    whole = np.zeros((n_runs, *table.shape), dtype=np.int64)
    whole[:, seen] = sizes[seen, None] * (labels[:, :, None] == np.arange(len(totals)))
    return whole


def outcomes(n_base: Counts, shares: Sequence[float], icc: float, generator: Generator) -> Counts:
    """Yes by service and subgroup of each run: beta-binomial with these means and this correlation.

    A service has the same rank in the beta distribution of every subgroup; where the means are equal it has
    one and the same share in all.

    Parameters
    ----------
    n_base : array of int, shape (n_runs, n_services, n_levels)
    shares : sequence of float, shape (n_levels,)
    icc : float
        Above 0 and below 1.
    generator : numpy.random.Generator

    Returns
    -------
    array of int, shape (n_runs, n_services, n_levels)
    """
    rank = generator.random(n_base.shape[:2])
    points = np.linspace(0.0, 1.0, GRID)
    spread = (1 - icc) / icc
    quantiles = {
        mean: np.interp(rank, betainc(mean * spread, (1 - mean) * spread, points), points)
        for mean in set(shares)
    }
    return generator.binomial(n_base, np.stack([quantiles[mean] for mean in shares], axis=2))
