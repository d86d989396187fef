"""How services and cases were sampled, where the table of services says it and not the records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from desistance.errors import RecordsError
from desistance.provenance import digest_of
from desistance.records.services import are_made_up
from desistance.records.sheets import Row, read_sheet
from desistance.study import MADE_UP, Study

WHOLE = re.compile(r"[0-9]{1,9}(?:\.0*)?")
DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]*)?")
# What a cell must be, by what it holds.
ALLOWED = {
    "stratum": (re.compile(".+", re.DOTALL), "a name"),
    "services_in_stratum": (WHOLE, "a whole number above 0"),
    "eligible": (WHOLE, "a whole number above 0"),
    "weight": (DECIMAL, "a plain number above 0"),
}
KINDS = {"service": pa.string(), "stratum": pa.string()}  # all else is a number
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Sampling:
    """What the table of services says of sampling.

    `table` has one row a service with accepted records, in the order of their codes: `service` and, as far as the study
    takes them from there, `stratum` (text), `services_in_stratum` and `weight` (floats), as typed records have them.
    It is None in a study that takes nothing of the kind from the table of services.
    `account` holds `files` (where nobody else tells of the file), `n_read`, `made_up` and `n_eligible`, the eligible
    cases of these services together; None where that is not asked.
    """

    table: pa.Table | None = None
    account: Mapping[str, Any] = field(default_factory=dict)


def sampled_services(path: Path, study: Study, accepted: Mapping[str, int]) -> Sampling:
    """Read strata, sizes and weights of services; `accepted` counts the accepted cases of each.

    Rows of services without accepted records are left out: the table may list all services there are. A case weighs
    what its service's row says; where it says how many cases were eligible and no weight is given, these over the
    accepted ones.

    Raises
    ------
    RecordsError
        The file cannot be read or lacks a heading; a service with records has no row or several, or one that breaks a
        rule. The message names columns and rules, all at once, and neither services nor values.
    """
    columns = study.design.given
    sheet = read_sheet(path, [study.service, *columns.values()], optional=[MADE_UP])
    if not sheet:
        raise RecordsError(f"{path} has headings but no rows; save it again")
    rows = [row for row in sheet if not row.malformed and row.values[study.service] in accepted]
    mistakes = [*_row_mistakes(rows, study, accepted), *_cell_mistakes(rows, study, accepted)]
    if mistakes:
        raise RecordsError(
            f"{path} does not say how every service was sampled (design in study.yaml): {'; '.join(mistakes)}; "
            "correct the table, one row for each service with records"
        )
    cells = {row.values[study.service]: row.values for row in rows}
    table = {"service": list(accepted)} | {
        role: [_value(role, cells[service][column]) for service in accepted]
        for role, column in columns.items()
        if role != "eligible"
    }
    eligible = [
        int(float(cells[service][columns["eligible"]])) for service in accepted if "eligible" in columns
    ]
    # ASSUME A24: the accepted cases of a service stand for all its eligible ones alike.
    if eligible and study.weight is None and "weight" not in columns:
        table["weight"] = [n / accepted[service] for n, service in zip(eligible, accepted, strict=True)]
    arrays = {name: pa.array(values, KINDS.get(name, pa.float64())) for name, values in table.items()}
    return Sampling(pa.table(arrays), _account(path, sheet, study, sum(eligible) if eligible else None))


def _account(path: Path, sheet: list[Row], study: Study, n_eligible: int | None) -> dict[str, Any]:
    file = {"name": path.name, "sha256": digest_of(path), "n_rows": len(sheet)}
    return {
        "files": [] if study.services else [file],
        "n_read": len(sheet),
        "made_up": are_made_up(path, sheet),
        "n_eligible": n_eligible,
    }


def _row_mistakes(rows: list[Row], study: Study, accepted: Mapping[str, int]) -> Iterator[str]:
    times = Counter(row.values[study.service] for row in rows)
    if set(accepted) - set(times):
        yield "some services with records have no row, or one with more or fewer values than there are headings"
    if any(n > 1 for n in times.values()):
        yield "some services have several rows"


def _cell_mistakes(rows: list[Row], study: Study, accepted: Mapping[str, int]) -> Iterator[str]:
    for role, column in study.design.given.items():
        if not all(_is_allowed(role, row.values[column]) for row in rows):
            yield f"{column!r} is not {ALLOWED[role][1]} for some services"
        elif role == "eligible" and any(
            float(row.values[column]) < accepted[row.values[study.service]] for row in rows
        ):
            yield f"{column!r} is less than the number of accepted records for some services"


def _is_allowed(role: str, cell: str) -> bool:
    pattern, _ = ALLOWED[role]
    return bool(pattern.fullmatch(cell)) and (role in KINDS or float(cell) > 0)


def _value(role: str, cell: str) -> str | float:
    return cell if role in KINDS else float(cell)
