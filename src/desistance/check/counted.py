"""The records read and counted as a run would, as far as they can be; nothing of it is kept."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from desistance.check.beside import said
from desistance.errors import DesistanceError
from desistance.findings.oddities import Oddity, oddities
from desistance.records.design_table import sampled_services
from desistance.records.ingest import Accepted
from desistance.records.mapping import Source
from desistance.records.progress import Seen, not_shown
from desistance.scan.pieces import Asked
from desistance.scan.scanning import scan
from desistance.study import Study

ENOUGH = 0.5  # share of accepted rows under which what is odd about them says little


@dataclass(frozen=True)
class Counted:
    """What reading and counting told: the account, oddities, and mistakes that stop a run.

    `account` is None where the records cannot be read as a run would read them. `is_counted` is whether they could be
    counted, and enough of them. `accepted` are the cases and services of the accepted rows, None where there are not
    enough; `design` is what keeps the design from being taken from the table of services, "" where nothing does.
    """

    account: Mapping[str, Any] | None
    odd: tuple[Oddity, ...]
    mistakes: tuple[str, ...]
    is_counted: bool
    accepted: Accepted | None = None
    design: str = ""


def counted(
    files: list[Path],
    sources: Mapping[str, Source],
    study: Study,
    *,
    reading: Mapping[str, Any],
    services: Path | None,
    key: bytes,
    looked_for: Container[bytes] = (),
    seen: Seen = not_shown,
) -> Counted:
    """Read and count files; what is written meanwhile within `reading["scratch"]` is gone at once.

    `services` is the table of services, where the study takes its design from there; without it, or where it is
    wrong, records are counted without their design. `key` is for the digests of cases; those in
    `looked_for` are noted where they are accepted.
    """
    own = Asked(study, sources, key, looked_for=looked_for, **reading)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            scanned = scan(files, own, rejects=nowhere, n_processes=1, seen=seen)
    except DesistanceError as error:
        return Counted(None, (), (str(error),), False)
    account = scanned.account
    if account["n_accepted"] < ENOUGH * account["n_read"] or not account["n_accepted"]:
        return Counted(account, (), (), False)
    drawn, wrong = _design(services, study, scanned.accepted)
    study = study if drawn is not None else replace(study, design=None)
    try:
        tally = scanned.counter.tally(account, design=drawn)
    except DesistanceError as error:
        return Counted(account, (), (str(error),), False, scanned.accepted, wrong)
    return Counted(account, oddities(tally, study), (), True, scanned.accepted, wrong)


def _design(services: Path | None, study: Study, accepted: Accepted) -> tuple[pd.DataFrame | None, str]:
    """The design, if there is one, and what is wrong with its table, if anything is."""
    if not study.design or services is None:
        return None, ""
    try:
        return sampled_services(
            services, study, dict(sorted(accepted.services.items()))
        ).table.to_pandas(), ""
    except (DesistanceError, OSError) as error:
        return None, said(error, services)


def only_with(study: Study, columns: set[str]) -> Study | None:
    """The study without what needs other columns than these; None where nothing is left that can be counted."""
    columns = columns | {each.column for each in study.derivations if columns.issuperset(each.inputs)}
    if study.long and columns.issuperset(study.long.columns):
        columns |= {cell.column for cell in study.long.cells}
    if not {study.case, study.service} <= columns or (study.gathers and not _can_gather(study, columns)):
        return None
    measures = []
    for measure in study.measures:
        items = tuple(
            item
            for item in measure.items
            if not item.derived and item.column in columns and (item.base is None or item.base in columns)
        )
        measures += [replace(measure, items=items)] if items else []
    if not measures:
        return None
    return replace(
        study,
        date=study.date if study.date and study.date.column in columns else None,
        stratum=study.stratum if study.stratum in columns else None,
        weight=study.weight if study.weight in columns else None,
        services_in_stratum=study.services_in_stratum if study.services_in_stratum in columns else None,
        measures=tuple(measures),
        factor_count=None,
        overlap=None,
        inputs={name: kind for name, kind in study.inputs.items() if name in columns},
        derivations=tuple(each for each in study.derivations if each.column in columns),
        breakdowns=tuple(each for each in study.breakdowns if each.column in columns),
        bands=tuple(each for each in study.bands if each.column in columns),
    )


def _can_gather(study: Study, columns: set[str]) -> bool:
    one = study.one_row_per_case
    return (one is None or one.by in columns) and (
        study.long is None or columns.issuperset(study.long.columns)
    )
