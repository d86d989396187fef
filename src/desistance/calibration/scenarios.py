"""What is simulated on the sizes of a tally."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from desistance.errors import TallyError
from desistance.statistics.intraclass import intraclass_correlation
from desistance.study import Breakdown, Study
from desistance.tallies import Tally, pattern_counts, service_counts

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

SEED = 2021
ICCS = (0.05, 0.10, 0.15)
ICCS_SMALLEST = (0.10,)  # of the smallest base
SHARES = (0.1, 0.4, 0.75)
SHARE = 0.4  # of tests, and of the first subgroup where subgroups differ
STEPS = {2: 0.1}  # true difference of two subgroups; otherwise the slope per band
STEP_PER_BAND, MOST = 0.05, 0.5  # at most so much in all
LIFTS = (1.0, 1.5)
BY_CHILD, BY_BOTH, BY_SERVICE = "by child", "by child and service", "by service"
KINDS = (BY_CHILD, BY_BOTH, BY_SERVICE)
LARGEST, SMALLEST = "largest", "smallest"


class Subject(StrEnum):
    """What a scenario is about; together with test or interval it says which methods are tried."""

    SHARE = "share"
    PAIR = "two subgroups"
    SUBGROUPS = "three or more subgroups at once"
    BANDS = "bands"
    ONE_SUBGROUP = "the last of several subgroups against the first"
    ONE_BAND = "the last band against the first"
    NUMBER_BY_BAND = "number of factors over bands"
    NUMBER = "number of factors"
    LIFT = "two factors together"
    LIKENESS = "likeness of the cases of a service"
    ALIKE = "services that do not differ"
    ADJUSTED = "the last of some subgroups against the first, other breakdowns held fixed"


@dataclass(frozen=True, eq=False)
class Scenario:
    """One thing to simulate.

    `quantity` is "test" or "interval"; `breakdown` names the subgroups, or what else it is about; `kind` says how
    subgroups lie in services (empty without any); `base` is "largest" or "smallest" of the study's bases;
    `table` holds the actual cases by service and subgroup; `shares` are the true ones of its subgroups (of a
    lift: of the first factor, and of the second with and without the first). A number of factors is one of 0 to
    `n_factors`. Adjusted, the table is by service and pattern, and `patterns` has the levels of each pattern,
    the breakdown in question first.
    """

    quantity: str
    subject: Subject
    breakdown: str
    kind: str
    base: str
    table: Counts
    shares: tuple[float, ...]
    icc: float
    n_factors: int = 0
    patterns: Counts | None = None

    def generator(self, purpose: str) -> Generator:
        """Random numbers of its own, so that no scenario depends on which others are run."""
        names = (self.quantity, self.breakdown, self.kind, self.base, self.shares, self.icc, purpose)
        return np.random.default_rng([SEED, zlib.crc32(repr(names).encode())])


def scenarios(tally: Tally, study: Study) -> Iterator[Scenario]:
    """Everything to simulate on the sizes of a tally: first without a breakdown, then tests, then differences.

    Raises
    ------
    TallyError
        There is nobody in any base.
    """
    # Items that put answers of others together count a case several times, so theirs are no sizes of a base.
    own = np.array([not item.parts for item in study.items])
    everyone = service_counts(tally, study, None).n_base[:, :, 0] * own
    tables = {division.id: service_counts(tally, study, division).n_base for division in study.divisions}
    items = {LARGEST: _item(everyone, np.argmax), SMALLEST: _item(everyone, np.argmin)}
    chosen = {
        (base, kind): [(each, tables[each.id][:, item]) for each in _divisions(study, tables, item, kind)]
        for base, item in items.items()
        for kind in KINDS
    }
    sizes = {base: everyone[:, item] for base, item in items.items()}
    yield from _without_breakdown(sizes, chosen[LARGEST, BY_BOTH], study)
    for quantity, kind, base, icc in product(("test", "interval"), KINDS, items, ICCS):
        if base == LARGEST or icc in ICCS_SMALLEST:
            for division, table in chosen[base, kind]:
                yield from _by_division(quantity, division, kind, base, table, icc, study)
                if division in study.breakdowns:
                    patterns = _patterns(tally, study, items[base], division)
                    if patterns[0].any():
                        yield _adjusted(quantity, division, kind, base, *patterns, icc)


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


def _without_breakdown(
    sizes: Mapping[str, Counts], chosen: list[tuple[Breakdown, Counts]], study: Study
) -> Iterator[Scenario]:
    """Shares, the number of factors, lifts and the likeness of services; then services that do not differ."""
    parts = {
        division.ordered: table[:, table.sum(axis=0).argmin()]
        for division, table in chosen
        if division.ordered or len(division.levels) == 2
    }
    bases = [("everyone", base, size) for base, size in sizes.items()]
    bases += [("one subgroup", LARGEST, parts[False])] if False in parts else []
    for (breakdown, base, size), share, icc in product(bases, SHARES, ICCS):
        yield Scenario("interval", Subject.SHARE, breakdown, "", base, size[:, None], (share,), icc)
    if study.factor_count:
        yield from _of_factors(sizes[LARGEST], parts, len(study.factor_count.columns))
    for (base, size), share, icc in product(sizes.items(), SHARES, ICCS):
        about = ("interval", Subject.LIKENESS, "likeness in services", "", base)
        yield Scenario(*about, size[:, None], (share,), icc)
    for (base, size), share in product(sizes.items(), SHARES):
        yield Scenario("test", Subject.ALIKE, "services alike", "", base, size[:, None], (share,), 0.0)


def _of_factors(everyone: Counts, parts: Mapping[bool, Counts], n_factors: int) -> Iterator[Scenario]:
    """Mean numbers of factors, and lifts of pairs; these are counted for everyone and for subgroups of everyone."""
    groups = [("everyone", everyone)] + ([("one subgroup", parts[False])] if False in parts else [])
    for (name, size), icc in product(groups, ICCS):
        about = ("interval", Subject.NUMBER, f"number of factors, {name}", "", LARGEST, size[:, None])
        yield Scenario(*about, (SHARE,), icc, n_factors)
    groups = [("everyone", everyone)] + ([("one band", parts[True])] if True in parts else [])
    for (name, size), lift, icc in product(groups, LIFTS, ICCS):
        shares = (SHARE, SHARE * lift, SHARE * (1 - SHARE * lift) / (1 - SHARE))
        about = ("interval", Subject.LIFT, f"lift of {lift:g}, {name}", "", LARGEST, size[:, None])
        yield Scenario(*about, tuple(round(share, 9) for share in shares), icc)


def _by_division(
    quantity: str, division: Breakdown, kind: str, base: str, table: Counts, icc: float, study: Study
) -> Iterator[Scenario]:
    """Tests without a true difference, or intervals with one; three subgroups at once have no single interval."""
    n_levels, ordered = len(division.levels), division.ordered
    levels = f"{n_levels} {'bands' if ordered else 'subgroups'}"
    shares = _true_shares(quantity, n_levels)
    unordered = Subject.PAIR if n_levels == 2 else Subject.SUBGROUPS
    subject = Subject.BANDS if ordered else unordered
    scenario = Scenario(quantity, subject, levels, kind, base, table, shares, icc)
    if quantity == "test" or subject is not Subject.SUBGROUPS:
        yield scenario
    if subject is not Subject.PAIR:
        one = Subject.ONE_BAND if ordered else Subject.ONE_SUBGROUP
        yield replace(scenario, subject=one, breakdown=f"last of {levels}")
    if ordered and base == LARGEST and study.factor_count:
        number = {"subject": Subject.NUMBER_BY_BAND, "breakdown": f"number of factors, {levels}"}
        yield replace(scenario, **number, n_factors=len(study.factor_count.columns))


def _adjusted(
    quantity: str, division: Breakdown, kind: str, base: str, table: Counts, patterns: Counts, icc: float
) -> Scenario:
    n_levels = len(division.levels)
    name = f"{'' if n_levels == 2 else 'last of '}{n_levels} subgroups, adjusted"
    shares = _true_shares(quantity, n_levels)
    return Scenario(quantity, Subject.ADJUSTED, name, kind, base, table, shares, icc, patterns=patterns)


def _true_shares(quantity: str, n_levels: int) -> tuple[float, ...]:
    step = 0.0 if quantity == "test" else STEPS.get(n_levels, min(STEP_PER_BAND, MOST / max(n_levels - 1, 1)))
    return tuple(round(SHARE + step * level, 3) for level in range(n_levels))


def _patterns(tally: Tally, study: Study, item: int, tested: Breakdown) -> tuple[Counts, Counts]:
    """Cases of an item's base by service and pattern of all breakdowns, and the levels of each pattern.

    Every level of the breakdown in question is crossed with every pattern of the others that occurs; cases with
    an unknown level are left out, as in the adjusted model.
    """
    counts = pattern_counts(tally, study)
    n_base = counts.of(study.items[item]).n_base
    there = n_base.any(axis=0)
    first = study.breakdowns.index(tested)
    levels = counts.levels[there]
    levels = np.column_stack([levels[:, first], np.delete(levels, first, axis=1)])
    others, other = np.unique(levels[:, 1:], axis=0, return_inverse=True)
    table = np.zeros((counts.n_services, len(tested.levels), len(others)), dtype=np.int64)
    table[:, levels[:, 0], other.ravel()] = n_base[:, there]
    crossed = [(level, *rest) for level in range(len(tested.levels)) for rest in others.tolist()]
    return table.reshape(counts.n_services, -1), np.array(crossed)
