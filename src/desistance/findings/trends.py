"""How an item, and the number of factors, changes over ordered bands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from desistance.findings.design import service_design
from desistance.findings.families import with_families
from desistance.findings.tables import TREND_COLUMNS
from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign
from desistance.statistics.ranks import design_rank_test, kruskal_wallis_test
from desistance.statistics.robust import Correction
from desistance.statistics.trends import cochran_armitage_test, mean_slope, share_slope
from desistance.study import Breakdown, Study
from desistance.tallies import NumberCounts, ServiceCounts, Tally, number_counts, service_counts

NUMBER = "number_of_factors"
Row = dict[str, object]


def trends(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Change per band of every share (CR2 headline, Cochran-Armitage as published) and of the number of factors.

    Bands are scored 0, 1, 2 ... in the study's order (ASSUME A14). For the mean number of factors there are
    also two rank tests, one that ignores services and one that does not. Holm and Benjamini-Hochberg adjust
    within one measure, one band variable and one method. Cochran-Armitage takes every answer for a case of its own,
    and is left out for items that put answers of others together.
    """
    design = service_design(tally, inference)
    by_band = {band: service_counts(tally, study, band) for band in study.bands}
    rows: list[Row] = []
    for number, item in enumerate(study.items):
        for band, counts in by_band.items():
            keys = {"measure": item.measure, "item": item.id, "breakdown": band.id}
            rows += [{**keys, **row} for row in _share_trends(counts, number, band, inference)]
    if study.factor_count:
        for band in study.bands:
            keys = {"measure": NUMBER, "item": NUMBER, "breakdown": band.id}
            found = _number_trends(number_counts(tally, study, band), band, design, inference)
            rows += [{**keys, **row} for row in found]
    names = [name for name in TREND_COLUMNS if name not in ("p_holm", "p_bh", "family")]
    table = pd.DataFrame(rows, columns=names)
    return with_families(table, apart=[table["method"]]).reindex(columns=TREND_COLUMNS)


def _share_trends(counts: ServiceCounts, item: int, band: Breakdown, inference: Inference) -> Iterator[Row]:
    scores = np.arange(len(band.levels))
    arrays = (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    tables = [array[:, item] for array in arrays]
    if not counts.items[item].parts:
        published = cochran_armitage_test(tables[0].sum(axis=0), tables[1].sum(axis=0), scores=scores)
        yield {
            "method": "cochran_armitage",
            **_numbers(published),
            "df1": 1 if published.p_value >= 0 else np.nan,
        }
    slope = share_slope(
        *tables, scores=scores, correction=Correction.CR2, confidence_level=inference.confidence_level
    )
    yield _slope(slope)


def _number_trends(
    counts: NumberCounts, band: Breakdown, design: ServiceDesign, inference: Inference
) -> Iterator[Row]:
    number = np.arange(counts.n_cases.shape[2])
    slope = mean_slope(
        counts.n_cases.sum(axis=2),
        counts.weight.sum(axis=2),
        counts.weight @ number,
        scores=np.arange(len(band.levels)),
        correction=Correction.CR2,
        confidence_level=inference.confidence_level,
    )
    yield _slope(slope)
    cases, weight = counts.n_cases.swapaxes(1, 2), counts.weight.swapaxes(1, 2)
    ranks = kruskal_wallis_test(cases.sum(axis=0))
    yield {"method": "kruskal_wallis", **_numbers(ranks), "df1": ranks.df}
    design_based = design_rank_test(cases, weight, design)
    yield {
        "method": "design_rank",
        **_numbers(design_based),
        "df1": design_based.df1,
        "df2": design_based.df2,
    }


def _numbers(test: Any) -> Row:
    return {name: getattr(test, name) for name in ("statistic", "p_value", "status")}


def _slope(slope: Any) -> Row:
    names = ("estimate", "standard_error", "ci_low", "ci_high")
    row = {"method": "cr2", "effect": "slope_per_band", **{name: getattr(slope, name) for name in names}}
    return row | _numbers(slope) | {"df1": 1 if np.isfinite(slope.df) else np.nan, "df2": slope.df}
