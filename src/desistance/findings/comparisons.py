"""Whether an item differs between subgroups: by the published method and by one that respects services."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from desistance.findings.design import divisions, service_design
from desistance.findings.tables import COMPARISON_COLUMNS
from desistance.settings import Inference
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.design import ServiceDesign
from desistance.statistics.fisher import fisher_test
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.study import Study
from desistance.tallies import ServiceCounts, Tally, service_counts

SMALLEST_EXPECTED = 5


def comparisons(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """One row an item, division and method: Pearson, Fisher where an expected count is under 5, and Rao-Scott F.

    These are omnibus tests over all levels, so `reference` and `subgroup` are empty. `p_holm` and `p_bh`
    adjust within a family (one measure, one division) of the same method.
    """
    design = service_design(tally, inference)
    rows = []
    for name, division in divisions(study):
        if division is not None:
            counts = service_counts(tally, study, division)
            for number, item in enumerate(counts.items):
                for row in _tests(counts, number, design):
                    rows.append({"measure": item.measure, "item": item.id, "breakdown": name, **row})
    table = pd.DataFrame(
        rows, columns=[name for name in COMPARISON_COLUMNS if name not in ("p_holm", "p_bh", "family")]
    )
    return _adjusted(_in_order(table, study))


def _tests(counts: ServiceCounts, item: int, design: ServiceDesign) -> Iterator[dict[str, object]]:
    yes, base = counts.n_yes[:, item], counts.n_base[:, item]
    totals = yes.sum(axis=0), base.sum(axis=0)
    pearson = pearson_test(*totals)
    yield {
        "method": "pearson",
        "effect": "cramers_v",
        "estimate": pearson.cramers_v,
        "statistic": pearson.statistic,
        "df1": pearson.df,
        "p_value": pearson.p_value,
        "status": pearson.status,
    }
    if pearson.smallest_expected < SMALLEST_EXPECTED:
        fisher = fisher_test(*totals)
        yield {"method": "fisher", "p_value": fisher.p_value, "status": fisher.status}
    design_based = rao_scott_test(yes, base, counts.weight_yes[:, item], counts.weight_base[:, item], design)
    yield {
        "method": "rao_scott",
        "statistic": design_based.statistic,
        "df1": design_based.df1,
        "df2": design_based.df2,
        "p_value": design_based.p_value,
        "status": design_based.status,
    }


def _in_order(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    items = {(item.measure, item.id): number for number, item in enumerate(study.items)}
    order = [items[pair] for pair in zip(table["measure"], table["item"], strict=True)]
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _adjusted(table: pd.DataFrame) -> pd.DataFrame:
    family = table["measure"] + "." + table["breakdown"]
    p_values = table["p_value"].astype(float).groupby([family, table["method"]])
    adjusted = table.assign(
        family=family,
        p_holm=p_values.transform(lambda values: holm(values.to_numpy())),
        p_bh=p_values.transform(lambda values: benjamini_hochberg(values.to_numpy())),
    )
    return adjusted[COMPARISON_COLUMNS]
