"""Which factors occur together: every combination, and every pair against what chance would bring."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from desistance.findings.design import service_design
from desistance.findings.tables import COMBINATION_COLUMNS, PAIR_COLUMNS
from desistance.settings import Inference
from desistance.statistics.arrays import quotient
from desistance.statistics.association import Lifts, pair_lifts
from desistance.statistics.design import ServiceDesign
from desistance.study import EVERYONE, Breakdown, Study
from desistance.tallies import PairCounts, Tally, combination_counts, pair_counts

_OF_LIFTS = ("estimate", "log_standard_error", "ci_low", "ci_high", "df", "status")


def combinations(tally: Tally, study: Study) -> pd.DataFrame:
    """How often each combination of factors occurs, for everyone and in each level of each band.

    `combination` has the ids of the factors, joined by + in the order of the study, and is "" where a case has
    none; a combination that nobody in a subgroup has is not listed for it. `estimate` is its (weighted) share
    of the subgroup's cases, 0-1. Cases with a factor that is not known are left out, as in the number of
    factors; a factor that does not apply is absent. Most frequent first; ties with fewest factors first, then in
    the order of the study. `n_factors` is empty for a study whose factors overlap and must not be added up. No rows
    for a study that looks at nothing in combination.
    """
    tables = [pd.DataFrame(columns=COMBINATION_COLUMNS)]
    for name, band in _bands(study):
        counts = combination_counts(tally, study, band)
        names = np.array(["+".join(np.array(counts.factors)[one]) for one in counts.has_factor], dtype=object)
        n_cases, every = counts.n_cases, counts.weight.sum(axis=1) + counts.weight_more
        share = quotient(counts.weight, every[:, None])
        for level, code in enumerate(counts.levels):
            order = np.argsort(-n_cases[level], kind="stable")
            order = order[n_cases[level, order] > 0]
            rows = {
                "combination": names[order],
                "n_factors": counts.has_factor[order].sum(axis=1) if study.factor_count else np.nan,
                "n_cases": n_cases[level, order],
                "estimate": share[level, order],
            }
            tables.append(pd.DataFrame(rows).assign(breakdown=name, subgroup=code))
    return _joined(tables, COMBINATION_COLUMNS)


def pairs(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Lift of every pair of factors over independence, for everyone and in each level of each band.

    `estimate` is the lift: 1 for unrelated factors, 2 for twice as often together as chance would bring.
    `standard_error` is that of its natural logarithm; the interval respects services, with t on `df`. Counts are
    of cases, and the lift is of weights where the study has them. Cases as in `combinations`, so all pairs have
    the same base. Where `status` is not "ok", numbers that cannot be had are empty.
    """
    design = service_design(tally, inference)
    tables = [pd.DataFrame(columns=PAIR_COLUMNS)]
    for name, band in _bands(study):
        counts = pair_counts(tally, study, band)
        tables.append(_pair_rows(counts, design, inference.confidence_level).assign(breakdown=name))
    return _joined(tables, PAIR_COLUMNS)


def _bands(study: Study) -> Iterator[tuple[str, Breakdown | None]]:
    """Everyone, then each band; nothing where nothing is looked at in combination."""
    if study.combined is not None:
        yield EVERYONE, None
        for band in study.bands:
            yield band.id, band


def _pair_rows(counts: PairCounts, design: ServiceDesign, confidence_level: float) -> pd.DataFrame:
    """Pairs within each level, first and second in the order of the study."""
    pair, n_levels = counts.pairs, len(counts.levels)
    # Level by level: with many services each of the arrays is large.
    lifts = [_lifts(counts, level, design, confidence_level) for level in range(n_levels)]
    found = {name: np.concatenate([getattr(each, name) for each in lifts]) for name in _OF_LIFTS}
    n_with, n_both = counts.n_with.sum(axis=0), counts.n_both.sum(axis=0)
    n_base = np.repeat(counts.n_base.sum(axis=0), len(pair))
    factors = np.array(counts.factors, dtype=object)
    return pd.DataFrame(
        {
            "subgroup": np.repeat(np.array(counts.levels, dtype=object), len(pair)),
            "first": np.tile(factors[pair[:, 0]], n_levels),
            "second": np.tile(factors[pair[:, 1]], n_levels),
            "n_cases": n_base,
            "n_first": n_with[:, pair[:, 0]].ravel(),
            "n_second": n_with[:, pair[:, 1]].ravel(),
            "n_both": n_both.ravel(),
            "estimate": found["estimate"],
            "standard_error": found["log_standard_error"],
            "ci_low": found["ci_low"],
            "ci_high": found["ci_high"],
            "df": np.where(np.isnan(found["log_standard_error"]), np.nan, found["df"]),
            "status": found["status"],
        }
    )


def _lifts(counts: PairCounts, level: int, design: ServiceDesign, confidence_level: float) -> Lifts:
    """Lifts of all pairs in one level."""
    both, alone = counts.weight_both[:, level], counts.weight_with[:, level]
    base = np.broadcast_to(counts.weight_base[:, level, None], both.shape)
    first, second = counts.pairs.T
    return pair_lifts(
        both, alone[:, first], alone[:, second], base, design, confidence_level=confidence_level
    )


def _joined(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """All tables below one another; the first, without rows, only says which columns there are."""
    return pd.concat(tables[1:] or tables, ignore_index=True)[columns]
