"""Every item's share, for everyone and in each subgroup."""

from __future__ import annotations

import numpy as np
import pandas as pd

from desistance.findings.design import divisions, service_design
from desistance.findings.tables import ESTIMATE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.intervals import wilson_interval
from desistance.statistics.intraclass import intraclass_correlation
from desistance.statistics.proportions import Proportions, clustered_proportions
from desistance.study import Study
from desistance.tallies import ServiceCounts, Tally, service_counts


def estimates(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Shares with the headline interval, and beneath each the Wilson interval that ignores services.

    Columns as in the contract of the findings: `n_cases` is the base (answered yes or no), `n_missing` the
    cases of the base without such an answer; proportions 0-1; empty where `status` is not "ok". Rows in the
    order of the study: measure, item, division, level.

    For items that put answers of others together answers are counted, not cases. Several are of one case, so there
    is no Wilson interval and no correlation of cases; the headline interval keeps a service's answers together.
    """
    design = service_design(tally, inference)
    tables = []
    for name, division in divisions(study):
        counts = service_counts(tally, study, division)
        shares = clustered_proportions(
            counts.n_yes,
            counts.n_base,
            counts.weight_yes,
            counts.weight_base,
            design,
            confidence_level=inference.confidence_level,
            minimum_effective_base=inference.small_effective_base,
        )
        tables += [_headline(shares, counts, name), _wilson(shares, counts, name, inference.confidence_level)]
    return _in_order(pd.concat(tables, ignore_index=True), study)


def _keys(counts: ServiceCounts, division: str) -> pd.DataFrame:
    n_levels = len(counts.levels)
    return pd.DataFrame(
        {
            "measure": np.repeat([item.measure for item in counts.items], n_levels),
            "item": np.repeat([item.id for item in counts.items], n_levels),
            "breakdown": division,
            "subgroup": np.tile(counts.levels, len(counts.items)),
            "n_missing": counts.n_missing.ravel(),
        }
    )


def _headline(shares: Proportions, counts: ServiceCounts, division: str) -> pd.DataFrame:
    icc = intraclass_correlation(counts.n_yes, counts.n_base).estimate
    icc[_pooled(counts)] = np.nan
    return _keys(counts, division).assign(
        n_cases=shares.n_base.ravel(),
        n_yes=shares.n_yes.ravel(),
        n_services=shares.n_services.ravel(),
        estimate=shares.estimate.ravel(),
        standard_error=shares.standard_error.ravel(),
        ci_low=shares.ci_low.ravel(),
        ci_high=shares.ci_high.ravel(),
        interval=shares.interval.ravel(),
        design_effect=shares.design_effect.ravel(),
        df=shares.df.ravel(),
        icc=icc.ravel(),
        status=shares.status.ravel(),
        order=0,
    )


def _wilson(
    shares: Proportions, counts: ServiceCounts, division: str, confidence_level: float
) -> pd.DataFrame:
    """Each case counts once and services are ignored: the interval of the published method."""
    base = shares.n_base.ravel()
    interval = wilson_interval(shares.n_yes.ravel(), base, confidence_level=confidence_level)
    share = np.where(base > 0, shares.n_yes.ravel() / np.maximum(base, 1), np.nan)
    table = _keys(counts, division).assign(
        n_cases=base,
        n_yes=shares.n_yes.ravel(),
        n_services=shares.n_services.ravel(),
        estimate=share,
        standard_error=np.sqrt(share * (1 - share) / np.maximum(base, 1)),
        ci_low=interval.ci_low,
        ci_high=interval.ci_high,
        interval="wilson",
        status=np.where(base > 0, "ok", "no_cases"),
        order=1,
    )
    return table[~np.repeat(_pooled(counts), len(counts.levels))]


def _pooled(counts: ServiceCounts) -> np.ndarray:
    """Which items put the answers of others together."""
    return np.array([bool(item.parts) for item in counts.items], dtype=bool)


def _in_order(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    items = pd.MultiIndex.from_tuples([(item.measure, item.id) for item in study.items])
    item = items.get_indexer(pd.MultiIndex.from_frame(table[["measure", "item"]]))
    names = pd.Index([name for name, _ in divisions(study)])
    level = table.groupby(["measure", "item", "breakdown", "order"], sort=False).cumcount()
    keyed = table.assign(
        item_order=item, division_order=names.get_indexer(table["breakdown"]), level_order=level
    )
    ordered = keyed.sort_values(["item_order", "division_order", "level_order", "order"], kind="stable")
    return ordered[ESTIMATE_COLUMNS].reset_index(drop=True)
