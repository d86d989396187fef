"""How many factors cases have: the mean and the distribution, for everyone and in each subgroup."""

from __future__ import annotations

import numpy as np
import pandas as pd

from desistance.findings.design import divisions, service_design
from desistance.findings.tables import DISTRIBUTION_COLUMNS, MEAN_COLUMNS
from desistance.settings import Inference
from desistance.statistics.means import clustered_means
from desistance.study import Study
from desistance.tallies import Tally, number_counts


def mean_numbers(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Mean number of factors a case with a t interval that respects services; no rows where none are counted."""
    if study.factor_count is None:
        return pd.DataFrame(columns=MEAN_COLUMNS)
    design = service_design(tally, inference)
    tables = []
    for name, division in divisions(study):
        counts = number_counts(tally, study, division)
        number = np.arange(counts.n_cases.shape[2])
        means = clustered_means(
            counts.n_cases.sum(axis=2),
            counts.weight.sum(axis=2),
            counts.weight @ number,
            counts.weight @ number**2,
            design,
            confidence_level=inference.confidence_level,
        )
        tables.append(
            pd.DataFrame(
                {
                    "item": "number_of_factors",
                    "breakdown": name,
                    "subgroup": counts.levels,
                    "n_cases": means.n_base,
                    "n_missing": counts.n_missing,
                    "n_services": means.n_services,
                    "estimate": means.estimate,
                    "standard_error": means.standard_error,
                    "ci_low": means.ci_low,
                    "ci_high": means.ci_high,
                    "df": means.df,
                    "status": means.status,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)[MEAN_COLUMNS]


def number_distributions(tally: Tally, study: Study) -> pd.DataFrame:
    """Cases with each number of factors, and their (weighted) share of the subgroup; empty share without cases."""
    if study.factor_count is None:
        return pd.DataFrame(columns=DISTRIBUTION_COLUMNS)
    tables = []
    for name, division in divisions(study):
        counts = number_counts(tally, study, division)
        n_cases, weight = counts.n_cases.sum(axis=0), counts.weight.sum(axis=0)
        total = weight.sum(axis=1, keepdims=True)
        n_levels, n_numbers = n_cases.shape
        tables.append(
            pd.DataFrame(
                {
                    "breakdown": name,
                    "subgroup": np.repeat(counts.levels, n_numbers),
                    "n_factors": np.tile(np.arange(n_numbers), n_levels),
                    "n_cases": n_cases.ravel(),
                    "estimate": np.divide(
                        weight, total, out=np.full(weight.shape, np.nan), where=total > 0
                    ).ravel(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)[DISTRIBUTION_COLUMNS]
