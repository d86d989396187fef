"""Arrays of counts by service and level, for one division of a tally."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from desistance.errors import TallyError
from desistance.study import EVERYONE, MISSING, Breakdown, Item, Study
from desistance.tallies.definition import PATTERN, UNKNOWN_COMBINATION, UNKNOWN_NUMBER, Tally


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
    """How often each combination of factors occurs, for one division; only combinations that do.

    `has_factor` has shape (n_combinations, n_factors), factors in the order of the study, fewest first;
    `n_cases` and `weight` have shape (n_services, n_levels, n_combinations); `n_missing` has shape (n_levels,):
    cases with a factor that is not known, which are in no combination.
    """

    factors: tuple[str, ...]
    levels: tuple[str, ...]
    has_factor: np.ndarray
    n_cases: np.ndarray
    weight: np.ndarray
    n_missing: np.ndarray


def service_counts(tally: Tally, study: Study, division: Breakdown | None) -> ServiceCounts:
    """Counts by service, item and level of a division; of everyone (one level, "all") without one.

    Raises
    ------
    TallyError
        The tally holds items that the study does not have.
    """
    rows, level, levels = _rows_by_level(tally.counts, study, division)
    shape = (len(tally.services), len(study.items), len(levels))
    place = (_positions(rows["service"], tally.services["service"]), _item_positions(rows, study), level)
    cell, n_cells = np.ravel_multi_index(place, shape), int(np.prod(shape))

    def total(values: pd.Series) -> np.ndarray:
        sums = np.bincount(cell, values.to_numpy(), minlength=n_cells)
        return sums.astype(values.dtype).reshape(shape)

    missing = sum(rows[f"n_{kind}"] for kind in MISSING)
    return ServiceCounts(
        items=study.items,
        levels=levels,
        n_yes=total(rows["n_yes"]),
        n_base=total(rows["n_yes"] + rows["n_no"]),
        weight_yes=total(rows["weight_yes"]),
        weight_base=total(rows["weight_base"]),
        n_unknown=total(rows["n_not_known"] + rows["n_not_recorded"]),
        n_missing=total(missing).sum(axis=0),
    )


def number_counts(tally: Tally, study: Study, division: Breakdown | None) -> NumberCounts:
    """Numbers of factors by service and level of a division; of everyone without one."""
    rows, level, levels = _rows_by_level(tally.factor_numbers, study, division)
    known = (rows["n_factors"] != UNKNOWN_NUMBER).to_numpy()
    service = _positions(rows["service"], tally.services["service"])
    shape = (len(tally.services), len(levels), len(study.factor_count.columns) + 1)
    where = (service[known], level[known], rows["n_factors"].to_numpy()[known])
    n_cases, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    np.add.at(n_cases, where, rows["n_cases"].to_numpy()[known])
    np.add.at(weight, where, rows["weight"].to_numpy()[known])
    n_missing = np.bincount(level[~known], rows["n_cases"].to_numpy()[~known], minlength=len(levels)).astype(
        np.int64
    )
    return NumberCounts(levels, n_cases, weight, n_missing)


def combination_counts(tally: Tally, study: Study, division: Breakdown | None) -> CombinationCounts:
    """Combinations of factors by service and level of a band; of everyone (one level, "all") without one.

    Raises
    ------
    TallyError
        The division is a breakdown: combinations are not counted by these, as too few cases would share one.
    """
    if division is not None and division not in study.bands:
        raise TallyError(
            f"combinations are counted for everyone and by band, not by {division.id}; give a band or None"
        )
    by, levels = (EVERYONE, (EVERYONE,)) if division is None else (division.id, division.codes)
    rows = tally.combinations[tally.combinations["by"] == by]
    rows = rows[rows["pattern"].isin(levels)]
    known = (rows["combination"] != UNKNOWN_COMBINATION).to_numpy()
    service = _positions(rows["service"], tally.services["service"])
    level = _positions(rows["pattern"], levels)
    texts, has_factor = _factors_of(rows["combination"][known].unique(), study)
    where = (service[known], level[known], _positions(rows["combination"][known], texts))
    shape = (len(tally.services), len(levels), len(texts))
    n_cases, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    np.add.at(n_cases, where, rows["n_cases"].to_numpy()[known])
    np.add.at(weight, where, rows["weight"].to_numpy()[known])
    n_missing = np.zeros(len(levels), dtype=np.int64)
    np.add.at(n_missing, level[~known], rows["n_cases"].to_numpy()[~known])
    return CombinationCounts(
        tuple(item.id for item in study.combined.items), levels, has_factor, n_cases, weight, n_missing
    )


def _factors_of(combinations: Iterable[str], study: Study) -> tuple[list[str], np.ndarray]:
    """Combinations in order, fewest factors first, and which factors each has."""
    factors = tuple(item.id for item in study.combined.items)
    present = {text: [factor in text.split("+") for factor in factors] for text in combinations}
    order = sorted(present, key=lambda text: (sum(present[text]), [not one for one in present[text]]))
    return order, np.array([present[text] for text in order], dtype=bool).reshape(len(order), len(factors))


def _rows_by_level(
    table: pd.DataFrame, study: Study, division: Breakdown | None
) -> tuple[pd.DataFrame, np.ndarray, tuple[str, ...]]:
    if division is None:
        rows = table[table["by"] == PATTERN]
        return rows, np.zeros(len(rows), dtype=np.int64), (EVERYONE,)
    in_pattern = division in study.breakdowns
    rows = table[table["by"] == (PATTERN if in_pattern else division.id)]
    place = study.breakdowns.index(division) if in_pattern else None
    level = _positions(rows["pattern"], division.codes, part=place)
    known = level >= 0
    return rows[known], level[known], division.codes


def _item_positions(rows: pd.DataFrame, study: Study) -> np.ndarray:
    (measure, measures), (item, items) = (pd.factorize(rows[name]) for name in ("measure", "item"))
    numbers = {(each.measure, each.id): number for number, each in enumerate(study.items)}
    table = np.array([[numbers.get((one, other), -1) for other in items] for one in measures])
    found = table[measure, item] if len(rows) else measure
    if (found < 0).any():
        raise TallyError(
            "the tally holds items that the study does not have; count the records of this study"
        )
    return found


def _positions(values: Any, order: Any, *, part: int | None = None) -> np.ndarray:
    """Position of each value, or of one part of it (between |), in some order; -1 where it is not there.

    Few values differ, so each is looked up once.
    """
    code, different = pd.factorize(pd.Series(values))
    if part is not None:
        different = [text.split("|")[part] for text in different]
    return pd.Index(order).get_indexer(pd.Index(different, dtype=object))[code]
