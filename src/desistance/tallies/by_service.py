"""Counts by service and level, for one division of a tally."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from desistance.errors import TallyError
from desistance.study import MISSING, NO, YES, Breakdown, Item, Study
from desistance.tallies.blocks import Block
from desistance.tallies.columns import REST, WEIGHT
from desistance.tallies.kinds import is_weight
from desistance.tallies.layout import PATTERN, column_of, number_of_factors
from desistance.tallies.margins import Margins, levels_of
from desistance.tallies.sums import NOTHING, Sums

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
    sums = Sums(tally, tally.items, study, division)
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
            sums = Sums(tally, tally.factors, study, division)
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


def _refuse_others(block: Block, study: Study) -> None:
    known = {f"{item.measure}.{item.id}" for item in study.items}
    if not {name.rpartition(".")[0] for name in block.columns if not is_weight(name)} <= known:
        raise TallyError(
            "the tally holds items that the study does not have; count the records of this study"
        )


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
