"""Typed records in data frames, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from desistance.errors import TallyError
from desistance.records.coded import Coded
from desistance.study import MISSING, STATES, Study
from desistance.tallies.counting import Counter
from desistance.tallies.definition import Tally

if TYPE_CHECKING:
    import pandas as pd


def count_records(
    batches: Iterable[pd.DataFrame],
    study: Study,
    facts: Mapping[str, Any],
    *,
    practice: Mapping[str, pd.DataFrame] | None = None,
    design: pd.DataFrame | None = None,
) -> Tally:
    """Count typed records batch by batch; the columns are those that ingestion writes.

    `practice` and `design` as for `Counter.tally`.

    Raises
    ------
    TallyError
        There is no record, a service has no design, or the services are not what a sample of services can be.
    """
    if study.design and design is None:
        raise TallyError("the study takes its design from the table of services; give records.services")
    counter = Counter(study)
    for batch in batches:
        if len(batch):
            counter.add(_coded(batch, study))
    return counter.tally(facts, practice=practice, design=design)


def _coded(batch: pd.DataFrame, study: Study) -> Coded:
    service, services = _factorized(batch["service"])
    told: dict[str, Any] = {}
    if study.stratum:
        told["stratum"], told["strata"] = _factorized(batch["stratum"])
    if study.services_in_stratum:
        told["services_in_stratum"] = batch["services_in_stratum"].to_numpy(dtype=float)
    return Coded(
        services,
        service,
        {each.column: _codes(batch[each.column], each.codes + MISSING) for each in study.divisions},
        {column: _codes(batch[column], STATES) for column in study.judgement_columns},
        weight=batch["weight"].to_numpy(dtype=float) if study.weight else None,
        marks=batch["marks"].to_numpy(dtype=object) if "marks" in batch else None,
        **told,
    )


def _factorized(values: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    codes, different = values.astype(str).factorize()
    return codes, tuple(different.tolist())


def _codes(values: pd.Series, categories: Sequence[str]) -> np.ndarray:
    """Places among the study's categories, whatever order those of the column came in."""
    codes = values.astype("category").cat.set_categories(categories).cat.codes.to_numpy()
    if (codes < 0).any():
        raise TallyError(
            f"column {values.name!r} holds codes that the study does not have; read the records again"
        )
    return codes.astype(np.uint8)
