"""What could have been seen: the smallest difference each comparison would have found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from desistance.findings.families import in_order
from desistance.findings.tables import PRECISION_COLUMNS
from desistance.settings import Inference
from desistance.statistics.arrays import quotient
from desistance.statistics.differences import share_differences
from desistance.statistics.precision import contrast_design_effect, detectable_difference
from desistance.statistics.robust import Correction
from desistance.statistics.status import Status
from desistance.study import Breakdown, Study
from desistance.tallies import ServiceCounts, Tally, service_counts

POWER = 0.8


def precision(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Smallest difference from the reference that would be significant with 80 per cent power.

    One row an item, division and subgroup other than the reference, for the headline test (CR2, Satterthwaite
    degrees of freedom) before adjustment for many looks. `share` is that of the two subgroups together,
    `design_effect` the variance of their difference over that of independent cases, both as found.
    `smallest_increase` is above 0 and `smallest_decrease` below, on the scale of shares; they differ, since a
    share near 0 or 1 has more room to one side. `status` is that of the difference where it has no variance
    (`zero_cell`, `one_service`, ...), or `out_of_reach` where not even the largest difference would be seen in
    one direction, which is empty, or `no_precision`.
    """
    if not study.divisions:
        return pd.DataFrame(columns=PRECISION_COLUMNS)
    parts = [
        _contrasts(service_counts(tally, study, division), division, inference)
        for division in study.divisions
    ]
    table = _with_smallest(pd.concat(parts, ignore_index=True), inference)
    return in_order(table, study)[PRECISION_COLUMNS]


def _contrasts(counts: ServiceCounts, division: Breakdown, inference: Inference) -> pd.DataFrame:
    """Bases, share and design effect of each subgroup of every item against the reference."""
    reference = division.codes.index(division.reference)
    others = np.delete(np.arange(len(counts.levels)), reference)
    arrays = (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    tests = share_differences(
        *arrays,
        reference=reference,
        correction=Correction.CR2,
        confidence_level=inference.confidence_level,
    )
    n_base, yes, base = (each.sum(axis=0) for each in arrays[1:])
    share, first = quotient(yes, base), [reference]
    numbers = {
        "n_reference": np.broadcast_to(n_base[:, first], tests.df.shape),
        "n_subgroup": n_base[:, others],
        "share": quotient(yes[:, others] + yes[:, first], base[:, others] + base[:, first]),
        "design_effect": contrast_design_effect(
            np.broadcast_to(share[:, first], tests.df.shape),
            np.broadcast_to(n_base[:, first], tests.df.shape),
            share[:, others],
            n_base[:, others],
            tests.standard_error,
        ),
        "df": tests.df,
        "status": tests.status,
    }
    return pd.DataFrame(
        {
            "measure": np.repeat([item.measure for item in counts.items], len(others)),
            "item": np.repeat([item.id for item in counts.items], len(others)),
            "breakdown": division.id,
            "reference": division.reference,
            "subgroup": np.tile(np.array(counts.levels)[others], len(counts.items)),
            **{name: values.ravel() for name, values in numbers.items()},
        }
    )


def _with_smallest(table: pd.DataFrame, inference: Inference) -> pd.DataFrame:
    """Add the smallest differences, all rows at once; the status of a difference goes before that of its size."""
    names = ["n_reference", "n_subgroup", "share", "design_effect", "df"]
    known = (table["status"] == Status.OK).to_numpy()
    values = {name: table[name].to_numpy(dtype=float) for name in names}
    # The share of nobody has no number; any will do, as without a design effect nothing is computed.
    share = np.clip(np.nan_to_num(values.pop("share"), nan=0.5), 0.0, 1.0)
    values["design_effect"] = np.where(known, values["design_effect"], np.nan)
    found = detectable_difference(
        **values, share=share, power=POWER, significance_level=inference.significance_level
    )
    return table.assign(
        smallest_increase=found.increase,
        smallest_decrease=found.decrease,
        power=POWER,
        status=np.where(known, found.status, table["status"].to_numpy(dtype=object)),
    )
