"""P-values adjusted for the number of tests, of families in which some tests are hidden."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from desistance.disclosure.written import Sheet
from desistance.statistics.multiplicity import benjamini_hochberg, holm


def adjusted_again(sheet: Sheet, touched: np.ndarray, apart: Sequence[pd.Series]) -> None:
    """Adjust the shown p-values of families with hidden members, as if those were 1.

    That tells nothing of them, neither their p-values nor whether there was one, and no adjusted p-value gets smaller
    by it. Families without hidden members stay as they are. `apart` are the columns that tell families apart.
    """
    if not touched.any():
        return
    table = sheet.table.reset_index(drop=True)
    p_values = np.where(touched, 1.0, table["p_value"].to_numpy(dtype=float))
    made = {name: table[name].to_numpy(dtype=float).copy() for name in ("p_holm", "p_bh")}
    families = table.groupby([column.to_numpy() for column in apart], sort=False, dropna=False).indices
    for rows in families.values():
        if touched[rows].any():
            made["p_holm"][rows] = holm(p_values[rows])
            made["p_bh"][rows] = benjamini_hochberg(p_values[rows])
    sheet.table = table.assign(**made)
