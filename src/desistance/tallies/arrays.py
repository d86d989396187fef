"""Counts of factors that cases have together, for everyone or for one band of a tally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from desistance.errors import TallyError
from desistance.study import EVERYONE, Breakdown, Study
from desistance.tallies.layout import KNOWN, UNKNOWN_COMBINATION, both, has, only
from desistance.tallies.sums import Sums

if TYPE_CHECKING:
    from desistance.tallies.definition import Tally


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


def pair_counts(tally: Tally, study: Study, division: Breakdown | None) -> PairCounts:
    """Factors and pairs of them by service and level of a band; of everyone (one level, "all") without one.

    Raises
    ------
    TallyError
        The division is a breakdown: combinations are not counted by these, as too few cases would share one.
    """
    _refuse_breakdown(study, division)
    sums = Sums(tally, tally.factors, study, division, everyone=EVERYONE)
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
