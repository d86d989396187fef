"""Arrays of counts by service and level, for one division of a tally."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from desistance.errors import TallyError
from desistance.study import EVERYONE, MISSING, NO, YES, Breakdown, Item, Study
from desistance.tallies.blocks import Block, only_columns, weights_of
from desistance.tallies.columns import REST, WEIGHT, Ints
from desistance.tallies.kinds import is_weight
from desistance.tallies.layout import (
    KNOWN,
    PATTERN,
    THEME,
    UNKNOWN_COMBINATION,
    both,
    column_of,
    has,
    number_of_factors,
    only,
)
from desistance.tallies.margins import Margins, levels_of

if TYPE_CHECKING:
    from desistance.tallies.definition import Tally


Divisions = tuple[Breakdown | None, ...]
# Most tables loop over the same divisions, so a tally's counts by each are kept as long as it is.
_COUNTED: WeakKeyDictionary[Tally, dict[Any, Any]] = WeakKeyDictionary()


@dataclass(frozen=True)
class ServiceCounts:
    """One division's counts as arrays; services, items and levels in the order of the study.

    `n_yes`, `n_base`, `weight_yes`, `weight_base` have shape (n_services, n_items, n_levels), the base being
    the cases answered yes or no; so has `n_unknown`, the cases of the base that are not known or not recorded.
    `n_missing` has shape (n_items, n_levels): in the base, but not answered yes or no for whatever reason.
    Cases whose level is not known are in no level.
    """

    items: tuple[Item, ...]
    levels: tuple[str, ...]
    n_yes: np.ndarray
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray
    n_unknown: np.ndarray
    n_missing: np.ndarray


@dataclass(frozen=True)
class TotalCounts:
    """One division's counts over all services: arrays of shape (n_items, n_levels).

    `n_seen` are all cases of an item's base, `n_yes` those of them that are a yes.
    """

    n_yes: np.ndarray
    n_seen: np.ndarray


@dataclass(frozen=True)
class NumberCounts:
    """How many factors cases have, for one division: arrays of shape (n_services, n_levels, n_numbers).

    `n_missing` has shape (n_levels,): cases with a factor that is not known.
    """

    levels: tuple[str, ...]
    n_cases: np.ndarray
    weight: np.ndarray
    n_missing: np.ndarray


@dataclass(frozen=True)
class CombinationCounts:
    """How often each combination of factors occurs, for one division over all services; only combinations that do.

    `has_factor` has shape (n_combinations, n_factors), factors in the order of the study, fewest first;
    `n_cases` and `weight` have shape (n_levels, n_combinations). `n_more` and `weight_more`, shape (n_levels,), are of
    cases with more factors than combinations are told apart for (`most`; none in a study where every combination is).
    `n_missing` has shape (n_levels,): cases with a factor that is not known, which are in no combination.
    """

    factors: tuple[str, ...]
    levels: tuple[str, ...]
    has_factor: np.ndarray
    n_cases: np.ndarray
    weight: np.ndarray
    n_more: np.ndarray
    weight_more: np.ndarray
    n_missing: np.ndarray


@dataclass(frozen=True)
class PairCounts:
    """Which factors cases have, and which two together, for one division; cases with a factor that is not known apart.

    `pairs` has shape (n_pairs, 2), places of two factors, each pair once, in order. `n_base` has shape
    (n_services, n_levels); `n_with` and `n_only`, cases with a factor and with no other, (n_services, n_levels,
    n_factors); `n_both` (n_services, n_levels, n_pairs). So have `weight_base`, `weight_with` and `weight_both`.
    """

    factors: tuple[str, ...]
    levels: tuple[str, ...]
    pairs: np.ndarray
    n_base: np.ndarray
    n_with: np.ndarray
    n_only: np.ndarray
    n_both: np.ndarray
    weight_base: np.ndarray
    weight_with: np.ndarray
    weight_both: np.ndarray


@dataclass(frozen=True)
class RowCounts:
    """Yes, base and their weights, arrays of one shape; without weights the same arrays twice."""

    n_yes: np.ndarray
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray


@dataclass(frozen=True, eq=False)
class PatternCounts:
    """Cases by service and pattern of levels; cases with an unknown level are left out.

    `levels` has shape (n_patterns, n_breakdowns), the place of each pattern's level in each breakdown.
    """

    levels: np.ndarray
    block: Block
    rows: np.ndarray
    place: np.ndarray
    n_services: int
    first: tuple[Ints, Ints] | None

    def of(self, item: Item) -> RowCounts:
        """Counts of an item, shape (n_services, n_patterns)."""
        names = [column_of(item, f"n_{state}") for state in ("yes", "no")]
        n_yes, n_no = map(self._cases, names)
        if self.first is None:
            n_base = n_yes + n_no
            return RowCounts(n_yes, n_base, n_yes, n_base)
        weight_yes, weight_no = map(self._weights, names)
        return RowCounts(n_yes, n_yes + n_no, weight_yes, weight_yes + weight_no)

    def _cases(self, name: str) -> np.ndarray:
        found = np.zeros(self.n_services * len(self.levels))
        found[self.place] = self.block.column(name)[self.rows]
        return found.reshape(self.n_services, -1)

    def _weights(self, name: str) -> np.ndarray:
        own = only_columns(self.block, (name, WEIGHT + name, REST + name)).rows(self.rows)
        size = self.n_services * len(self.levels)
        found = weights_of(own, name, self.first, where=self.place, size=size)
        return found.astype(float).reshape(self.n_services, -1)


def service_counts(tally: Tally, study: Study, division: Breakdown | None) -> ServiceCounts:
    """Counts by service, item and level of a division; of everyone (one level, "all") without one.

    Arrays may be shared with other callers: change none.

    Raises
    ------
    TallyError
        The tally holds items that the study does not have.
    """
    return _once(tally, "items", _of_items, study, division)


def _of_items(tally: Tally, study: Study, divisions: Divisions) -> list[ServiceCounts]:
    """Counts of the divisions of one block."""
    block, margins, shape = _margins(tally, tally.items, study, divisions)
    _refuse_others(block, study)
    made = []
    # What is of one item stands together, as it is filled in and mostly looked at.
    sizes = [(len(study.items), shape[0], len(codes)) for codes in shape[1]]
    arrays = {
        state: [np.zeros(size, dtype=np.int64).swapaxes(0, 1) for size in sizes]
        for state in ("yes", "no", "unknown")
    }
    missing = [np.zeros((len(study.items), len(codes)), dtype=np.int64) for codes in shape[1]]
    summed = {"yes": "yes", "no": "no", "not_known": "unknown", "not_recorded": "unknown"}
    for number, item in enumerate(study.items):
        for state, name in summed.items():
            found = margins.cases(column_of(item, f"n_{state}"))
            for array, without, sums in zip(arrays[name], missing, found, strict=True):
                array[:, number] += sums
                if state in MISSING:
                    without[number] += sums.sum(axis=0)
        others = [column_of(item, f"n_{state}") for state in MISSING if state not in summed]
        for without, sums in zip(missing, margins.totals(*others), strict=True):
            without[number] += sums
    for place, division in enumerate(divisions):
        n_yes, n_no, n_unknown = (arrays[name][place] for name in ("yes", "no", "unknown"))
        weight_yes, weight_no = (n_yes, n_no) if tally.weights is None else _weights(tally, study, division)
        made.append(
            ServiceCounts(
                items=study.items,
                levels=shape[1][place],
                n_yes=n_yes,
                n_base=n_yes + n_no,
                weight_yes=weight_yes.astype(float),
                weight_base=(weight_yes + weight_no).astype(float),
                n_unknown=n_unknown,
                n_missing=missing[place],
            )
        )
    return made


def _weights(tally: Tally, study: Study, division: Breakdown | None) -> tuple[np.ndarray, np.ndarray]:
    """Weights of yes and of no by service, item and level."""
    sums = _Sums(tally, tally.items, study, division)
    return tuple(
        np.stack([sums.weight(column_of(item, f"n_{state}")) for item in study.items], axis=1)
        for state in ("yes", "no")
    )


def total_counts(tally: Tally, study: Study, division: Breakdown | None) -> TotalCounts:
    """Cases by item and level of a division over all services; of everyone without one."""
    return _once(tally, "totals", _of_all_services, study, division)


def _of_all_services(tally: Tally, study: Study, divisions: Divisions) -> list[TotalCounts]:
    """Cases over all services by the divisions of one block."""
    _, margins, _ = _margins(tally, tally.items, study, divisions)
    names = [[column_of(item, f"n_{state}") for state in (YES, NO, *MISSING)] for item in study.items]
    yes = [margins.totals(own[0]) for own in names]  # by item and division
    seen = [margins.totals(*own) for own in names]
    return [
        TotalCounts(n_yes=np.array(of_yes), n_seen=np.array(of_seen))
        for of_yes, of_seen in zip(zip(*yes, strict=True), zip(*seen, strict=True), strict=True)
    ]


def number_counts(tally: Tally, study: Study, division: Breakdown | None) -> NumberCounts:
    """Numbers of factors by service and level of a division; of everyone without one."""
    return _once(tally, "factors", _of_numbers, study, division)


def _of_numbers(tally: Tally, study: Study, divisions: Divisions) -> list[NumberCounts]:
    """Numbers of factors by the divisions of one block."""
    _, margins, (_, levels) = _margins(tally, tally.factors, study, divisions)
    names = [number_of_factors(number) for number in range(len(study.factor_count.columns) + 1)]
    n_cases = [np.stack(arrays, axis=2) for arrays in zip(*map(margins.cases, names), strict=True)]
    missing = margins.totals(number_of_factors(None))
    found = []
    for place, division in enumerate(divisions):
        weight = n_cases[place].astype(float)
        if tally.weights is not None:
            sums = _Sums(tally, tally.factors, study, division)
            weight = sums.stacked(sums.weight, names)
        found.append(NumberCounts(levels[place], n_cases[place], weight, missing[place]))
    return found


def _once(tally: Tally, kind: str, count: Callable, study: Study, division: Breakdown | None) -> Any:
    """What was counted of a tally by a division before, or now by all divisions of the same block."""
    together = (division,) if division in study.bands else (None, *study.breakdowns)
    key = (kind, study.items, together)
    known = _COUNTED.setdefault(tally, {})
    if key not in known:
        known[key] = count(tally, study, together)
    return known[key][together.index(division)]


def _margins(
    tally: Tally, blocks: Mapping[str, Block], study: Study, divisions: Divisions
) -> tuple[Block, Margins, tuple[int, list[tuple[str, ...]]]]:
    """A block with its divisions, ready to be added up; the number of services, and levels of each division."""
    in_pattern = None in divisions
    block = blocks.get(PATTERN if in_pattern else divisions[0].id, NOTHING)
    levels = [
        levels_of(block, each, study.breakdowns.index(each) if in_pattern and each else 0)
        for each in divisions
    ]
    n_services = len(tally.services)
    return block, Margins(block, levels, n_services), (n_services, [each.codes for each in levels])


def pair_counts(tally: Tally, study: Study, division: Breakdown | None) -> PairCounts:
    """Factors and pairs of them by service and level of a band; of everyone (one level, "all") without one.

    Raises
    ------
    TallyError
        The division is a breakdown: combinations are not counted by these, as too few cases would share one.
    """
    _refuse_breakdown(study, division)
    sums = _Sums(tally, tally.factors, study, division, everyone=EVERYONE)
    factors = tuple(item.id for item in study.combined.items)
    pairs = np.column_stack(np.triu_indices(len(factors), k=1))
    names = {"with": [has(each) for each in factors], "only": [only(each) for each in factors]}
    names["both"] = [both(factors[one], factors[other]) for one, other in pairs.tolist()]
    return PairCounts(
        factors,
        sums.levels,
        pairs,
        n_base=sums.cases(KNOWN),
        n_with=sums.stacked(sums.cases, names["with"]),
        n_only=sums.stacked(sums.cases, names["only"]),
        n_both=sums.stacked(sums.cases, names["both"]),
        weight_base=sums.weight(KNOWN),
        weight_with=sums.stacked(sums.weight, names["with"]),
        weight_both=sums.stacked(sums.weight, names["both"]),
    )


def combination_counts(tally: Tally, study: Study, division: Breakdown | None) -> CombinationCounts:
    """Combinations of factors by level of a band; of everyone (one level, "all") without one.

    Raises
    ------
    TallyError
        The division is a breakdown: combinations are not counted by these, as too few cases would share one.
    """
    _refuse_breakdown(study, division)
    by, levels = (EVERYONE, (EVERYONE,)) if division is None else (division.id, division.codes)
    rows = tally.combinations
    rows = rows[(rows["by"] == by) & rows["pattern"].isin(levels)]
    texts = rows["combination"].to_numpy(dtype=object)
    factors = tuple(item.id for item in study.combined.items)
    level = np.array([levels.index(pattern) for pattern in rows["pattern"]], dtype=np.int64)
    apart = np.array([" " in text for text in texts], dtype=bool)
    unknown = texts == UNKNOWN_COMBINATION
    order, has_factor = _factors_of(set(texts[~apart]), factors)
    place = np.array([order[text] for text in texts[~apart]], dtype=np.int64)
    shape = (len(levels), len(order))

    def placed(name: str) -> np.ndarray:
        found = np.zeros(shape, dtype=rows[name].dtype)
        found[level[~apart], place] = rows[name].to_numpy()[~apart]
        return found

    def apart_of(name: str, chosen: np.ndarray) -> np.ndarray:
        found = np.zeros(len(levels), dtype=rows[name].dtype)
        found[level[chosen]] = rows[name].to_numpy()[chosen]
        return found

    return CombinationCounts(
        factors,
        levels,
        has_factor,
        n_cases=placed("n_cases"),
        weight=placed("weight"),
        n_more=apart_of("n_cases", apart & ~unknown),
        weight_more=apart_of("weight", apart & ~unknown),
        n_missing=apart_of("n_cases", unknown),
    )


def pattern_counts(tally: Tally, study: Study) -> PatternCounts:
    """Counts of cases whose levels of all breakdowns are known, by service and pattern of these."""
    block, n_services = tally.items.get(PATTERN, NOTHING), len(tally.services)
    levels = np.array(
        [
            [_place(each.codes, code) for each, code in zip(study.breakdowns, text.split("|"), strict=False)]
            for text in block.patterns
        ],
        dtype=np.int64,
    ).reshape(len(block.patterns), len(study.breakdowns))
    known = (levels >= 0).all(axis=1)
    rows, rank = np.flatnonzero(known[block.pattern]), np.cumsum(known) - 1
    place = block.service[rows] * np.int64(known.sum()) + rank[block.pattern[rows]]
    return PatternCounts(levels[known], block, rows, place, n_services, tally.weights)


def theme_counts(tally: Tally, theme: str, direction: str) -> RowCounts:
    """All items together by service, among the cases whose comments mention a theme in a direction."""
    block, n_services = tally.items.get(THEME, NOTHING), len(tally.services)
    text = f"{theme}|{direction}"
    chosen = block.rows(np.array([one == text for one in block.patterns], dtype=bool)[block.pattern])
    sums = [np.zeros((2, n_services)) for _ in range(2)]
    for place, state in enumerate(("yes", "no")):
        for name in chosen.columns:
            if name.endswith(f".n_{state}") and not is_weight(name):
                where = {"where": chosen.service, "size": n_services}
                sums[0][place] += weights_of(chosen, name, None, **where)
                sums[1][place] += weights_of(chosen, name, tally.weights, **where)
    (n_yes, n_no), (weight_yes, weight_no) = sums
    return RowCounts(n_yes, n_yes + n_no, weight_yes, weight_yes + weight_no)


def only_items(tally: Tally, items: Iterable[Item]) -> Tally:
    """A tally without other items than these; without any where it has none of these."""
    wanted = {f"{item.measure}.{item.id}" for item in items}
    blocks = {}
    for by, block in tally.items.items():
        columns = {
            name: values
            for name, values in block.columns.items()
            if name.removeprefix(WEIGHT).removeprefix(REST).rpartition(".")[0] in wanted
        }
        if columns:
            blocks[by] = replace(block, columns=columns)
    return replace(tally, items=blocks)


def _refuse_breakdown(study: Study, division: Breakdown | None) -> None:
    if division is not None and division not in study.bands:
        raise TallyError(
            f"combinations are counted for everyone and by band, not by {division.id}; give a band or None"
        )


def _factors_of(combinations: set[str], factors: tuple[str, ...]) -> tuple[dict[str, int], np.ndarray]:
    """Place of each combination, fewest factors first, and which factors each has."""
    present = {text: [factor in text.split("+") for factor in factors] for text in combinations}
    order = sorted(present, key=lambda text: (sum(present[text]), [not one for one in present[text]]))
    members = np.array([present[text] for text in order], dtype=bool).reshape(len(order), len(factors))
    return {text: place for place, text in enumerate(order)}, members


class _Sums:
    """Sums of a block's columns by service and level of a division, each of shape (n_services, n_levels)."""

    def __init__(
        self,
        tally: Tally,
        blocks: Mapping[str, Block],
        study: Study,
        division: Breakdown | None,
        *,
        everyone: str = PATTERN,
    ) -> None:
        in_pattern = division in study.breakdowns
        by = everyone if division is None else PATTERN if in_pattern else division.id
        block = blocks.get(by, NOTHING)
        self.levels = (EVERYONE,) if division is None else division.codes
        place = study.breakdowns.index(division) if in_pattern else 0
        of_pattern = np.array(
            [
                0 if division is None else _place(self.levels, text.split("|")[place])
                for text in block.patterns
            ],
            dtype=np.int64,
        )
        level = of_pattern[block.pattern]
        self.block = block if (level >= 0).all() else block.rows(level >= 0)
        self.n_services, self._first = len(tally.services), tally.weights
        self._where = self.block.service * np.int64(len(self.levels)) + level[level >= 0]

    def cases(self, name: str) -> np.ndarray:
        """Cases that a column counts."""
        size = self.n_services * len(self.levels)
        if name not in self.block.columns:
            return np.zeros((self.n_services, len(self.levels)), dtype=np.int64)
        found = np.bincount(self._where, self.block.columns[name], minlength=size)
        return found.astype(np.int64).reshape(self.n_services, -1)

    def weight(self, name: str) -> np.ndarray:
        """Their weights."""
        size = self.n_services * len(self.levels)
        found = weights_of(self.block, name, self._first, where=self._where, size=size)
        return found.astype(float).reshape(self.n_services, -1)

    def stacked(self, sum_of: Callable[[str], np.ndarray], names: list[str]) -> np.ndarray:
        """Several columns, shape (n_services, n_levels, n_columns)."""
        if not names:
            return np.zeros((self.n_services, len(self.levels), 0))
        return np.stack([sum_of(name) for name in names], axis=2)


NOTHING = Block((), np.zeros(0, np.int32), np.zeros(0, np.int32), {})


def _place(levels: tuple[str, ...], code: str) -> int:
    return levels.index(code) if code in levels else -1


def _refuse_others(block: Block, study: Study) -> None:
    known = {f"{item.measure}.{item.id}" for item in study.items}
    if not {name.rpartition(".")[0] for name in block.columns if not is_weight(name)} <= known:
        raise TallyError(
            "the tally holds items that the study does not have; count the records of this study"
        )
