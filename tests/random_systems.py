"""Random tables and studies as systems of counts: the same seed, the same system."""

import itertools

import numpy as np
from scipy.sparse import csr_array

from desistance.disclosure.system import System


class Builder:
    """Counts and relations, added one by one."""

    def __init__(self):
        self.places, self.values, self.printed, self.fixed, self.unsafe, self.weights = {}, [], [], [], [], []
        self.rows, self.names = [], []

    def add(self, key, value, *, printed=True, fixed=False, unsafe=None, weight=1.0):
        self.places[key] = len(self.values)
        self.values.append(int(value))
        self.printed.append(printed)
        self.fixed.append(fixed)
        self.unsafe.append(1 <= value <= 5 if unsafe is None else unsafe)
        self.weights.append(weight)
        return key

    def relate(self, name, total, parts, factors=None):
        """`total` is the sum of the parts, each taken `factors` times."""
        factors = itertools.repeat(1) if factors is None else factors
        row = {self.places[total]: -1} if total is not None else {}
        row |= {self.places[part]: factor for part, factor in zip(parts, factors, strict=False)}
        self.rows.append(row)
        self.names.append(name)

    def system(self):
        rows = np.repeat(np.arange(len(self.rows)), [len(row) for row in self.rows])
        columns = np.array([column for row in self.rows for column in row], dtype=int)
        numbers = np.array([number for row in self.rows for number in row.values()], dtype=float)
        relations = csr_array((numbers, (rows, columns)), shape=(len(self.rows), len(self.values)))
        system = System(
            harmless=np.zeros(len(self.places), dtype=bool),
            keys=tuple(self.places),
            values=np.array(self.values, dtype=np.int64),
            printed=np.array(self.printed, dtype=bool),
            fixed=np.array(self.fixed, dtype=bool),
            unsafe=np.array(self.unsafe, dtype=bool) & ~np.array(self.fixed, dtype=bool),
            weights=np.array(self.weights, dtype=float),
            relations=relations,
            names=tuple(self.names),
        )
        assert not (relations @ system.values).any()
        return system


def table(cells, *, hierarchy=(), fixed_total=True, weigh=None):
    """A table of any number of ways with all its margins.

    `hierarchy` are levels of the first way that are added up into one more printed level.
    """
    cells = np.asarray(cells)
    builder = Builder()
    _add_table(builder, "table", cells, fixed_total=fixed_total, weigh=weigh)
    if len(hierarchy):
        _add_hierarchy(builder, cells, list(hierarchy))
    return builder.system()


def _add_table(builder, name, cells, *, fixed_total=True, weigh=None):
    ways = cells.ndim
    for place in itertools.product(*(["all", *map(str, range(size))] for size in cells.shape)):
        part = tuple(slice(None) if at == "all" else int(at) for at in place)
        n_all = place.count("all")
        weight = 1.0 + n_all if weigh is None else weigh(n_all)
        fixed = fixed_total and n_all == ways
        builder.add((name, *place), cells[part].sum(), fixed=fixed, weight=weight)
    for way, size in enumerate(cells.shape):
        others = [["all", *map(str, range(n))] for i, n in enumerate(cells.shape) if i != way]
        for place in itertools.product(*others):
            at = [(name, *place[:way], level, *place[way:]) for level in ("all", *map(str, range(size)))]
            builder.relate(f"levels of way {way}", at[0], at[1:])


def _add_hierarchy(builder, cells, levels):
    for column in ["all", *map(str, range(cells.shape[1]))]:
        part = cells[levels] if column == "all" else cells[levels, int(column)]
        builder.add(("table", "group", column), part.sum(), weight=1.5 + (column == "all"))
        builder.relate(
            "group of levels", ("table", "group", column), [("table", str(i), column) for i in levels]
        )
    inner = [("table", "group", str(j)) for j in range(cells.shape[1])]
    builder.relate("margin of a group", ("table", "group", "all"), inner)


def small_cells(rng, shape):
    """Many small counts and noughts, some large ones."""
    kind = rng.random(shape)
    large = rng.integers(10, 60, shape)
    return np.where(kind < 0.2, 0, np.where(kind < 0.45, rng.integers(1, 6, shape), large))


def random_table(seed):
    """One of a few kinds of small table: 2-way, with a group of levels, linked by a margin, 3-way, with bases."""
    rng = np.random.default_rng(seed)
    kind = seed % 5
    if kind in (0, 1):
        shape = tuple(rng.integers((3, 3), (6, 7)))
        return table(
            small_cells(rng, shape), hierarchy=(0, 1) if kind else (), fixed_total=bool(rng.random() < 0.5)
        )
    if kind == 2:
        return table(small_cells(rng, (3, 3, int(rng.integers(2, 4)))))
    return _linked(rng) if kind == 3 else _with_bases(rng)


def _linked(rng):
    """Two tables whose columns have the same totals."""
    n_columns = int(rng.integers(3, 6))
    one = small_cells(rng, (int(rng.integers(3, 5)), n_columns))
    builder = Builder()
    _add_table(builder, "one", one, fixed_total=False)
    other = np.array([rng.multinomial(total, np.full(3, 1 / 3)) for total in one.sum(axis=0)]).T
    _add_table(builder, "other", other, fixed_total=False)
    for level in ["all", *map(str, range(n_columns))]:
        builder.relate("same column", ("one", "all", level), [("other", "all", level)])
    return builder.system()


def _with_bases(rng):
    """Yes, no (never printed) and base of a few items in the subgroups of one breakdown."""
    builder = Builder()
    n_levels = int(rng.integers(3, 6))
    bases = rng.integers(8, 60, n_levels)
    _add_divided(builder, ("base",), bases, fixed=True)
    for item in range(int(rng.integers(2, 5))):
        yes = rng.binomial(bases, rng.choice([0.1, 0.5, 0.9]))
        _add_divided(builder, ("yes", str(item)), yes)
        _add_divided(builder, ("no", str(item)), bases - yes, printed=False)
        for level in ["all", *map(str, range(n_levels))]:
            parts = [("yes", str(item), level), ("no", str(item), level)]
            builder.relate("yes and no", ("base", level), parts)
    return builder.system()


def _add_divided(builder, key, counts, *, printed=True, fixed=False):
    builder.add((*key, "all"), counts.sum(), printed=printed, fixed=fixed, weight=3.0)
    for level, count in enumerate(counts):
        builder.add((*key, str(level)), count, printed=printed, fixed=fixed, weight=1.0 + level / 16)
    builder.relate("levels", (*key, "all"), [(*key, str(level)) for level in range(len(counts))])


class Study:
    """Made-up cases with factors, delivery for each factor, and breakdowns, counted as a bulletin counts them."""

    def __init__(
        self, seed, *, n_cases=300, n_factors=5, divisions=(4, 4, 3), unknown=0.0, pairs_in=0, threshold=3
    ):
        rng = np.random.default_rng(seed)
        tendency = rng.normal(size=(n_cases, 1))
        level = rng.normal(0.3, 0.8, size=n_factors)
        self.factors = (tendency * 0.7 + level + rng.logistic(size=(n_cases, n_factors))) > 0
        self.delivered = rng.random((n_cases, n_factors)) < rng.uniform(0.3, 0.8, n_factors)
        self.missing = rng.random((n_cases, n_factors)) < 0.02
        self.divisions = []
        for size in divisions:
            shares = rng.dirichlet(np.full(size, 2.0))
            levels = rng.choice(size, n_cases, p=shares)
            self.divisions.append((size, np.where(rng.random(n_cases) < unknown, -1, levels)))
        self.pairs_in = pairs_in
        self.threshold = threshold
        self.builder = Builder()

    def subgroups(self):
        """Division, subgroup, and whether each case is in it."""
        yield "all", "all", np.ones(len(self.factors), dtype=bool)
        for number, (size, levels) in enumerate(self.divisions):
            for level in range(size):
                yield str(number), str(level), levels == level

    def system(self):
        """All counts of the study."""
        for division, subgroup, inside in self.subgroups():
            self._add_items(division, subgroup, inside)
            self._add_numbers(division, subgroup, inside)
            if division == "all" or int(division) < self.pairs_in:
                self._add_pairs(division, subgroup, inside)
        self._add_margins()
        return self.builder.system()

    def _add_items(self, division, subgroup, inside):
        builder, at = self.builder, (division, subgroup)
        weight = 4.0 if division == "all" else 1.0
        builder.add(
            ("cases", *at), inside.sum(), fixed=division == "all", unsafe=0 < inside.sum() < 10, weight=weight
        )
        for item in range(self.factors.shape[1]):
            yes = inside & self.factors[:, item]
            self._add_row("prevalence", item, at, inside, yes, weight)
            asked = yes & ~self.missing[:, item]
            self._add_row("sufficiency", item, at, asked, asked & self.delivered[:, item], weight)
            missing = builder.add(
                ("missing", str(item), *at), yes.sum() - asked.sum(), unsafe=False, weight=weight
            )
            base = [("base", "sufficiency", str(item), *at), missing]
            builder.relate("shared base", ("yes", "prevalence", str(item), *at), base)

    def _add_row(self, measure, item, at, base, yes, weight):
        builder, key = self.builder, (measure, str(item), *at)
        if measure == "sufficiency":
            builder.add(("base", *key), base.sum(), unsafe=0 < base.sum() < 10, weight=weight)
        total = ("base", *key) if measure == "sufficiency" else ("cases", *at)
        builder.add(("yes", *key), yes.sum(), weight=weight)
        builder.add(("no", *key), base.sum() - yes.sum(), printed=False)
        builder.relate("yes and no", total, [("yes", *key), ("no", *key)])

    def _add_numbers(self, division, subgroup, inside):
        builder, at = self.builder, (division, subgroup)
        counts = np.bincount(self.factors[inside].sum(axis=1), minlength=self.factors.shape[1] + 1)
        keys = [builder.add(("number", str(j), *at), count, weight=1.0) for j, count in enumerate(counts)]
        builder.relate("all numbers", ("cases", *at), keys)
        yes = inside & (self.factors.sum(axis=1) >= self.threshold)
        self._add_row("prevalence", "many", at, inside, yes, 1.0)
        builder.relate("threshold", ("yes", "prevalence", "many", *at), keys[self.threshold :])
        items = [("yes", "prevalence", str(item), *at) for item in range(self.factors.shape[1])]
        factors = [*[1] * len(items), *(-j for j in range(len(keys)))]
        builder.relate("sum of numbers", None, [*items, *keys], factors)

    def _add_pairs(self, division, subgroup, inside):
        builder, at = self.builder, (division, subgroup)
        for one, other in itertools.combinations(range(self.factors.shape[1]), 2):
            first, second = self.factors[inside, one], self.factors[inside, other]
            cells = {"both": first & second, "first": first & ~second, "second": ~first & second}
            cells["neither"] = ~first & ~second
            keys = {
                cell: builder.add(
                    (cell, str(one), str(other), *at), where.sum(), printed=cell == "both", weight=0.5
                )
                for cell, where in cells.items()
            }
            builder.relate("first", ("yes", "prevalence", str(one), *at), [keys["both"], keys["first"]])
            builder.relate("second", ("yes", "prevalence", str(other), *at), [keys["both"], keys["second"]])
            builder.relate("pair", ("cases", *at), list(keys.values()))

    def _add_margins(self):
        builder = self.builder
        for key in [key for key in builder.places if key[-2:] == ("all", "all")]:
            for number, (size, levels) in enumerate(self.divisions):
                parts = [(*key[:-2], str(number), str(level)) for level in range(size)]
                if parts[0] not in builder.places:
                    continue
                if (levels < 0).any():
                    rest = builder.values[builder.places[key]] - sum(
                        builder.values[builder.places[p]] for p in parts
                    )
                    parts.append(
                        builder.add((*key[:-2], str(number), "unknown"), rest, printed=False, unsafe=False)
                    )
                builder.relate("levels", key, parts)


def random_study(seed):
    """One base, two measures, and three to six breakdowns."""
    rng = np.random.default_rng(seed)
    divisions = tuple(int(size) for size in rng.integers(2, 5, int(rng.integers(3, 7))))
    n_factors = int(rng.integers(3, 6))
    n_cases = int(rng.integers(80, 400))
    return Study(
        seed,
        n_cases=n_cases,
        n_factors=n_factors,
        divisions=divisions,
        unknown=0.05 * (seed % 2),
        pairs_in=seed % 3,
    ).system()


def large_study(seed=1, n_cases=2000):
    """Twenty factors, six breakdowns and eight bands of four levels, with pairs in five of them."""
    study = Study(seed, n_cases=n_cases, n_factors=20, divisions=(4,) * 14, unknown=0.01, pairs_in=5)
    return study.system()
