"""The table of services, one row a service: read, checked, and turned into answers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desistance.errors import RecordsError
from desistance.records.mapping import is_marked
from desistance.records.sheets import Row, read_sheet
from desistance.records.told import Told
from desistance.study import MADE_UP, MISSING, Rate, ServiceTable, Study

MALFORMED = "wrong_number_of_values"
NUMBER = "n"  # the answer that is a number of people, as in a tally
LONGEST = 9  # digits of a number of people
Answers = list[tuple[str, int]]


@dataclass
class _Checked:
    """What one row says, by column, and the rules it breaks."""

    answers: dict[str, Answers] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)


def described_services(path: Path, study: Study, services: Collection[str]) -> Told:
    """Read what services say of themselves; `services` are those with accepted records.

    A row that breaks a rule goes whole to the rejects, with every reason; of rows for the same service the first
    counts (ASSUME A4). Codes of missing answers are those of the study; an empty cell is whatever the study says
    the empty code is.

    Returns
    -------
    Told
        Tables `answers` (as `desistance.tallies` describes them) and `rejected_services`, and the account, which also
        holds `n_services_not_described`: services with records but no accepted row.

    Raises
    ------
    RecordsError
        The file cannot be read, lacks a heading or has no rows, or made-up and other services are mixed.
    """
    table = study.services
    if table is None:
        raise RecordsError(
            f"{path} is given (records.services), but the study asks nothing of services; add a section `services` "
            "to study.yaml or leave the file out"
        )
    rows = read_sheet(path, [study.service, *service_columns(table)], optional=[MADE_UP])
    if not rows:
        raise RecordsError(f"{path} has headings but no rows; save it again")
    made_up = are_made_up(path, rows)
    answers, rejects, rules, seen = [], [], Counter(), set()
    for row in rows:
        service = row.values[study.service]
        checked = _check(row, study, services, seen)
        seen.add(service)
        rules.update(checked.rules)
        if checked.rules:
            where = {"file": path.name, "row": row.number, "rules": ";".join(checked.rules)}
            rejects.append({**where, **{name: row.values[name] for name in row.values if name != MADE_UP}})
            continue
        answers += [
            {"service": service, "item": item, "answer": answer, "n": n}
            for item, given in checked.answers.items()
            for answer, n in given
        ]
    described = {row["service"] for row in answers}
    account = {
        "files": [{"name": path.name, "sha256": _digest(path), "n_rows": len(rows)}],
        "n_read": len(rows),
        "n_accepted": len(rows) - len(rejects),
        "n_rejected": len(rejects),
        "rejected_by_rule": dict(sorted(rules.items())),
        "made_up": made_up,
        "n_services_not_described": len(set(services) - described),
    }
    return Told({"answers": answers, "rejected_services": rejects}, account)


def service_columns(table: ServiceTable) -> list[str]:
    """Columns of the table of services beside the service itself, in the order of the study."""
    return [
        *(f"{start}_{one.id}" for one in table.provisions for start in ("provider", "gap")),
        *(fact.id for fact in table.facts),
        *(name for rate in table.rates for name in (rate.part, rate.whole)),
    ]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def are_made_up(path: Path, rows: list[Row]) -> bool:
    """Whether the rows of a table say that they are made up.

    Raises
    ------
    RecordsError
        Some do and others do not.
    """
    # Values of a malformed row may stand under the wrong headings.
    marked = {is_marked(row.values[MADE_UP]) for row in rows if not row.malformed}
    if not marked:
        return any(row.values[MADE_UP] for row in rows)
    if len(marked) > 1:
        raise RecordsError(
            f"{path}: some rows say in the column {MADE_UP} that they are made up and others do not; made-up and "
            "other services must not be mixed"
        )
    return marked == {True}


def _check(row: Row, study: Study, services: Collection[str], seen: set[str]) -> _Checked:
    if row.malformed:
        # Values may stand under the wrong headings, so none is judged.
        return _Checked(rules=[MALFORMED])
    checked, table = (
        _Checked(rules=list(_service_rules(row.values[study.service], services, seen))),
        study.services,
    )
    for one in table.provisions:
        _read(checked, f"provider_{one.id}", _providers(row.values[f"provider_{one.id}"], study))
        _read(checked, f"gap_{one.id}", _answer(row.values[f"gap_{one.id}"], study))
    for fact in table.facts:
        _read(checked, fact.id, _answer(row.values[fact.id], study))
    for rate in table.rates:
        _read_rate(checked, rate, row.values, study)
    return checked


def _service_rules(service: str, services: Collection[str], seen: set[str]) -> Iterator[str]:
    if not service:
        yield "service_missing"
        return
    if service in seen:
        yield "duplicate_service"
    if service not in services:
        yield "service_without_records"


def _read(checked: _Checked, column: str, found: Answers | str) -> None:
    """Keep the answers, or the rule that the cell breaks."""
    if isinstance(found, str):
        checked.rules.append(f"{found}:{column}")
    else:
        checked.answers[column] = found


def _providers(cell: str, study: Study) -> Answers | str:
    """Each provider once, in the order of the study; or the code for nobody, or a missing kind, alone."""
    table = study.services
    codes = {code.strip() for code in cell.split(";")} - ({""} if cell.strip("; ") else set())
    state = study.codes.get(next(iter(codes))) if len(codes) == 1 else None
    if state in MISSING:
        return [(state, 1)]
    known = [provider.id for provider in table.providers if provider.id in codes]
    if codes - {*known, table.nobody}:
        return "unknown_code"
    if table.nobody in codes:
        return "provider_and_nobody" if known else [(table.nobody, 1)]
    return [(code, 1) for code in known]


def _answer(cell: str, study: Study) -> Answers | str:
    return [(study.codes[cell], 1)] if cell in study.codes else "unknown_code"


def _read_rate(checked: _Checked, rate: Rate, values: Mapping[str, Any], study: Study) -> None:
    for column in (rate.part, rate.whole):
        _read(checked, column, _number(values[column], study))
    part, whole = (checked.answers.get(column, [("", 0)])[0] for column in (rate.part, rate.whole))
    if part[0] == whole[0] == NUMBER and part[1] > whole[1]:
        checked.rules.append(f"part_over_whole:{rate.id}")


def _number(cell: str, study: Study) -> Answers | str:
    """A whole number of people, 0 or more; an empty cell is not recorded."""
    if cell.isascii() and cell.isdecimal() and len(cell) <= LONGEST:
        return [(NUMBER, int(cell))]
    state = study.codes.get(cell, "not_recorded" if not cell else None)
    return [(state, 1)] if state in MISSING else "not_a_number"
