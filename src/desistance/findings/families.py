"""What every table of tests does at its end: adjust p-values within families, and stand in the order of the study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.study import Study


def with_families(table: pd.DataFrame, *, apart: Sequence[pd.Series] = ()) -> pd.DataFrame:
    """Table with `family`, `p_holm` and `p_bh`: p-values adjusted within one measure and one division.

    Rows that differ in any of `apart` (the method, the effect) are adjusted apart, though of the same family.
    """
    if table.empty:
        return table
    family = table["measure"] + "." + table["breakdown"]
    p_values = table["p_value"].astype(float).groupby([family, *apart])
    return table.assign(
        family=family,
        p_holm=p_values.transform(lambda values: holm(values.to_numpy())),
        p_bh=p_values.transform(lambda values: benjamini_hochberg(values.to_numpy())),
    )


def in_order(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Rows by item in the order of the study, otherwise as they stand."""
    items = {(item.measure, item.id): number for number, item in enumerate(study.items)}
    order = [items[pair] for pair in zip(table["measure"], table["item"], strict=True)]
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
