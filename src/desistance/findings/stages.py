"""Where along the stages of practice sufficiency is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from desistance.findings.design import divisions
from desistance.findings.tables import STAGE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.differences import share_differences
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.robust import Correction
from desistance.study import Measure, Study
from desistance.tallies import ServiceCounts, Tally, service_counts

NUMBERS = ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "df", "p_value", "status")


def stages(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Change of each share from one stage to the next, and from the first stage to the last.

    One row a staged measure, subgroup and pair of stages: `estimate` is the share at `item` less that at `previous`,
    0-1 scale, with CR2's variance and Satterthwaite's degrees of freedom. `n_previous` and `n_cases` are the bases
    of the two. A case is judged at both, so its answers are not independent; as all answers of a service are kept
    together in the variance, so are those of a case, and where every case is judged at both stages the test is that
    of the mean of its differences. `p_holm` and `p_bh` adjust within one measure and one division.

    Rows in the order of the study; none for a study without stages. `status` is that of the difference: `one_level`
    where nobody is judged at one of the two, `no_variation` where no service changes more than another.
    """
    staged = [measure for measure in study.measures if measure.staged]
    tables = [pd.DataFrame(columns=STAGE_COLUMNS)]
    for name, division in divisions(study) if staged else ():
        counts = service_counts(tally, study, division)
        tables += [_changes(counts, name, measure, inference) for measure in staged]
    order = {measure.id: number for number, measure in enumerate(staged)}
    found = pd.concat(tables[1:] or tables, ignore_index=True)
    found = found.sort_values("measure", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    return found[STAGE_COLUMNS]


def _changes(counts: ServiceCounts, division: str, measure: Measure, inference: Inference) -> pd.DataFrame:
    """All pairs of stages in all levels of one division."""
    at = [number for number, item in enumerate(counts.items) if item.measure == measure.id]
    pairs = _pairs(len(at))
    if not pairs:
        return pd.DataFrame(columns=STAGE_COLUMNS)
    # Services, levels, pairs of stages, and the two stages of each.
    arrays = [
        np.swapaxes(array[:, at], 1, 2)[:, :, pairs]
        for array in (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    ]
    tests = share_differences(
        *arrays, reference=0, correction=Correction.CR2, confidence_level=inference.confidence_level
    )
    base = arrays[1].sum(axis=0)
    p_values = tests.p_value.ravel()
    n_levels, family = len(counts.levels), f"{measure.id}.{division}"
    return pd.DataFrame(
        {
            "measure": measure.id,
            "breakdown": division,
            "subgroup": np.repeat(counts.levels, len(pairs)),
            "previous": np.tile([measure.items[first].id for first, _ in pairs], n_levels),
            "item": np.tile([measure.items[second].id for _, second in pairs], n_levels),
            "n_previous": base[..., 0].ravel(),
            "n_cases": base[..., 1].ravel(),
            **{name: getattr(tests, name).ravel() for name in NUMBERS},
            "p_holm": holm(p_values),
            "p_bh": benjamini_hochberg(p_values),
            "family": family,
        }
    )


def _pairs(n_stages: int) -> list[tuple[int, int]]:
    """Each stage and the next, then the first and the last where others are between."""
    ends = [(0, n_stages - 1)] if n_stages > 2 else []
    return [*pairwise(range(n_stages)), *ends]
