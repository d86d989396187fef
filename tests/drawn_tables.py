"""Tables drawn at random, thick with the shapes on which statistics break.

Hypothesis draws a shape and a seed, numpy many tables of that shape, so that thousands cost little and a failure
still shrinks to few services and the first seed that fails.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from hypothesis import strategies as st

from desistance.statistics.design import stratified_design
from desistance.statistics.regression_cells import RegressionCells, design_rows, level_rows, score_rows


@dataclass(frozen=True, eq=False)
class Table:
    """Cases of services by subgroups and by a second variable of two values, and how services were drawn."""

    n_yes: np.ndarray
    """Shape (n_services, n_levels, 2), as the next three."""
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray
    stratum: np.ndarray
    """Shape (n_services,), as the next one."""
    size: np.ndarray
    """Services in the population of the stratum; NaN where not known."""
    level: np.ndarray
    """Number of each level, shape (n_levels,), which goes with it wherever it stands. 0 is the reference."""

    def __repr__(self):
        return (
            "Table("
            + ", ".join(f"{one.name}={getattr(self, one.name).tolist()}" for one in fields(self))
            + ")"
        )

    @cached_property
    def design(self):
        return stratified_design(self.stratum, self.size)

    @cached_property
    def counts(self):
        """Cases by service and level: yes and base."""
        return self.n_yes.sum(axis=2), self.n_base.sum(axis=2)

    @cached_property
    def arrays(self):
        """Cases, then weights."""
        return *self.counts, self.weight_yes.sum(axis=2), self.weight_base.sum(axis=2)

    @cached_property
    def totals(self):
        """Cases by level: yes and base."""
        return tuple(count.sum(axis=0) for count in self.counts)

    @property
    def reference(self):
        return int(np.flatnonzero(self.level == 0)[0])

    @property
    def others(self):
        """Positions of all levels but the reference."""
        return np.delete(np.arange(len(self.level)), self.reference)

    @property
    def last(self):
        """Position of the level with the highest number."""
        return int(self.level.argmax())

    @cached_property
    def cells(self):
        """What a regression on the level and the second variable is given."""
        service, level, second = (each.ravel() for each in np.indices(self.n_base.shape))
        names = [f"level {number}" for number in self.level]
        parts = [level_rows("level", level, names, reference="level 0"), score_rows("second", second)]
        counts = (self.n_yes, self.n_base, self.weight_yes, self.weight_base)
        rows = design_rows(service.size, parts)
        return RegressionCells(service, *(each.ravel() for each in counts), design_rows=rows)

    def with_other_names(self):
        """The same strata by other names."""
        return replace(self, stratum=np.array(["south", "north", *"ABCDEFG"])[self.stratum])

    def with_unit(self, unit):
        """The same weights in another unit."""
        return replace(self, weight_yes=self.weight_yes * unit, weight_base=self.weight_base * unit)

    def with_services(self, order):
        """The same services in another order."""
        by_service = {one.name: getattr(self, one.name)[order] for one in fields(self) if one.name != "level"}
        return replace(self, **by_service)

    def with_levels(self, order):
        """The same levels in another order."""
        tables = ("n_yes", "n_base", "weight_yes", "weight_base")
        return replace(
            self, level=self.level[order], **{name: getattr(self, name)[:, order] for name in tables}
        )

    def with_yes_and_no_swapped(self):
        n_yes = self.n_base - self.n_yes
        weight_yes = np.where(n_yes > 0, self.weight_base - self.weight_yes, 0.0)
        return replace(self, n_yes=n_yes, weight_yes=weight_yes)


@dataclass(frozen=True)
class Shape:
    """What all tables of one example have in common."""

    seed: int
    n_services: int
    n_levels: int
    largest: int
    """Cases of the largest cell."""


SHAPES = st.builds(
    Shape,
    seed=st.integers(0, 2**32 - 1),
    n_services=st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    n_levels=st.sampled_from([2, 3, 4]),
    largest=st.sampled_from([1, 3, 12, 30]),
)


def drawn(shape, n_tables):
    """Tables of one shape, each with none, one or two flaws."""
    random = np.random.default_rng(shape.seed)
    return [_table(random, shape) for _ in range(n_tables)]


def stacked(shape, n_tables):
    """As many tables in one, along a last axis, with the services of the first."""
    tables = drawn(shape, n_tables)
    cells = ("n_yes", "n_base", "weight_yes", "weight_base")
    return replace(
        tables[0], **{name: np.stack([getattr(each, name) for each in tables], axis=-1) for name in cells}
    )


def _table(random, shape):
    cells = (shape.n_services, shape.n_levels, 2)
    base = random.integers(0, shape.largest + 1, cells) * (
        random.random(cells) < random.choice([1, 1, 0.8, 0.4])
    )
    share = random.choice([0.1, 0.5, 0.9]) + random.choice([0, 0.1, 0.4]) * random.normal(size=cells)
    share = share + random.choice([0, 0.3]) * random.normal(size=(shape.n_services, 1, 1))
    yes = random.binomial(base, np.clip(share, 0, 1))
    for flaw in random.choice(list(FLAWS), size=random.choice([0, 0, 1, 1, 2]), replace=False):
        FLAWS[flaw](random, yes, base)
    mean_yes, mean_no = _mean_weights(random, cells)
    stratum = _strata(random, shape.n_services)
    return Table(
        yes,
        base,
        yes * mean_yes,
        yes * mean_yes + (base - yes) * mean_no,
        stratum,
        _population(random, stratum),
        np.arange(shape.n_levels),
    )


def _mean_weights(random, cells):
    """Mean weight of those with a yes and a no in each cell: equal, by service, or by case."""
    kind = random.choice(["equal", "by service", "by case"])
    if kind == "equal":
        return np.ones(cells), np.ones(cells)
    if kind == "by service":
        by_service = np.broadcast_to(random.choice([0.5, 1.0, 3.25], size=(cells[0], 1, 1)), cells)
        return by_service, by_service
    return random.uniform(0.2, 5, cells), random.uniform(0.2, 5, cells)


def _strata(random, n):
    """All in one stratum, in two, or each alone."""
    kind = random.choice(["one", "one", "two", "each"])
    return {"one": np.zeros(n, dtype=int), "two": random.integers(0, 2, n), "each": np.arange(n)}[kind]


def _population(random, stratum):
    """Size of the population of each stratum: not known, large, or as many as were inspected."""
    more = random.choice([np.nan, 0, 7], p=[0.6, 0.15, 0.25], size=stratum.max() + 1)
    return (np.bincount(stratum) + more)[stratum]


def one_case_in_a_subgroup(random, yes, base):
    level = random.integers(base.shape[1])
    base[:, level] = yes[:, level] = 0
    where = (random.integers(len(base)), level, random.integers(2))
    base[where], yes[where] = 1, random.integers(2)


def subgroup_in_one_service(random, yes, base):
    level, kept = random.integers(base.shape[1]), random.integers(len(base))
    base[np.arange(len(base)) != kept, level] = yes[np.arange(len(base)) != kept, level] = 0


def empty_subgroup(random, yes, base):
    level = random.integers(base.shape[1])
    base[:, level] = yes[:, level] = 0


def subgroup_all_yes(random, yes, base):
    level = random.integers(base.shape[1])
    yes[:, level] = base[:, level]


def subgroup_all_no(random, yes, base):
    yes[:, random.integers(base.shape[1])] = 0


def service_all_yes(random, yes, base):
    service = random.integers(len(base))
    yes[service] = base[service]


def service_all_no(random, yes, base):
    yes[random.integers(len(base))] = 0


def every_service_of_one_mind(random, yes, base):
    yes[:] = base * random.integers(0, 2, (len(base), 1, 1))


def everyone_yes(random, yes, base):
    yes[:] = base


def everyone_no(random, yes, base):
    yes[:] = 0


def nobody_answered(random, yes, base):
    base[:] = yes[:] = 0


def cases_in_one_service(random, yes, base):
    others = np.arange(len(base)) != random.integers(len(base))
    base[others] = yes[others] = 0


def cases_in_two_services(random, yes, base):
    base[2:] = yes[2:] = 0


def one_case_in_each_service(random, yes, base):
    base[:] = 0
    for service in range(len(base)):
        base[service, random.integers(base.shape[1]), random.integers(2)] = 1
    yes[:] = random.binomial(base, 0.5)


def services_alike(random, yes, base):
    base[:], yes[:] = base[:1], yes[:1]


def subgroups_alike(random, yes, base):
    base[:], yes[:] = base[:, :1], yes[:, :1]


def second_variable_follows_the_level(random, yes, base):
    for side, levels in ((0, slice(1, None)), (1, slice(0, 1))):
        base[:, levels, side] = yes[:, levels, side] = 0


def second_variable_foretells_the_answer(random, yes, base):
    yes[:, :, 0], yes[:, :, 1] = 0, base[:, :, 1]


FLAWS = {
    flaw.__name__: flaw
    for flaw in (
        one_case_in_a_subgroup,
        subgroup_in_one_service,
        empty_subgroup,
        subgroup_all_yes,
        subgroup_all_no,
        service_all_yes,
        service_all_no,
        every_service_of_one_mind,
        everyone_yes,
        everyone_no,
        nobody_answered,
        cases_in_one_service,
        cases_in_two_services,
        one_case_in_each_service,
        services_alike,
        subgroups_alike,
        second_variable_follows_the_level,
        second_variable_foretells_the_answer,
    )
}


def found_shapes(table):
    """Which of the shapes that break statistics a table has, whether meant or by chance."""
    (yes, base), present = table.totals, table.counts[1] > 0
    own_yes, own_base = (count.sum(axis=1) for count in table.counts)
    seen, n_seen = own_base > 0, (own_base > 0).sum()
    flat = (base > 0) & ((yes == 0) | (yes == base))
    varies = 0 < yes.sum() < base.sum()
    return {
        "a cell without cases": (table.n_base == 0).any(),
        "a subgroup without cases": (base == 0).any(),
        "a subgroup of one case": (base == 1).any(),
        "a subgroup in one service": (present.sum(axis=0) == 1).any(),
        "a subgroup all yes or all no": flat.any() and not flat.all(),
        "a service all yes": (seen & (own_yes == own_base)).any(),
        "every service all yes or all no": varies and ((own_yes == 0) | (own_yes == own_base)).all(),
        "everyone yes": base.any() and yes.sum() == base.sum(),
        "everyone no": base.any() and not yes.any(),
        "nobody": not base.any(),
        "one service": n_seen == 1,
        "more parameters than services": 0 < n_seen < len(table.level) + 1,
        "services alike": varies and n_seen > 1 and (own_yes * base.sum() == own_base * yes.sum()).all(),
        "unequal weights": not np.array_equal(table.weight_base, table.n_base),
        "a service alone in its stratum": table.design.lonely.any() and n_seen > 1,
        "a stratum inspected in full": (table.design.sampling_fraction == 1).any(),
        "nothing out of the ordinary": not flat.any()
        and (base > 1).all()
        and (present.sum(axis=0) > 2).all(),
    }
