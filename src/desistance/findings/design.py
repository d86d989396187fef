"""From a tally to the design that variances respect, and the divisions every table loops over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign, stratified_design
from desistance.study import Breakdown, Study
from desistance.tallies import Tally


def service_design(tally: Tally, inference: Inference) -> ServiceDesign:
    """Strata and, where it is asked for, the finite population correction of a tally's services."""
    services = tally.services
    size = services["services_in_stratum"].to_numpy(dtype=float)
    if not inference.finite_population_correction:
        size = np.full(len(services), np.nan)
    return stratified_design(services["stratum"].to_numpy(), size)


def divisions(study: Study) -> Iterator[tuple[str, Breakdown | None]]:
    """Everyone first, then each breakdown and each band."""
    yield "all", None
    for division in study.divisions:
        yield division.id, division
