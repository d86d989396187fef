"""Which heading of an extract is which column of the study, and which of its codes is which."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desistance.documents import raise_all, read_document
from desistance.errors import RecordsError
from desistance.study import Study

MADE_UP = "made_up"


@dataclass(frozen=True)
class Source:
    """Where one column of the study comes from: its heading, its own codes and how its dates are written."""

    column: str
    heading: str
    codes: Mapping[str, str] = field(default_factory=dict)
    date_format: str = "%Y-%m-%d"


def read_mapping(path: Path | None, study: Study) -> dict[str, Source]:
    """Give the source of every column of the study; without a mapping file the headings are the study's.

    Raises
    ------
    RecordsError
        The mapping names a column the study does not have, or translates into a code it does not know.
    """
    columns = study_columns(study)
    entries = read_document(path, "mapping", RecordsError)["columns"] if path else {}
    raise_all(str(path), _mistakes(entries, study, columns), RecordsError)
    return {name: _source(name, entries.get(name, {})) for name in columns}


def study_columns(study: Study) -> tuple[str, ...]:
    """Every column the study reads from records, each once."""
    roles = [study.case, study.service, study.stratum, study.weight, study.services_in_stratum]
    roles += [study.date.column] if study.date else []
    divisions = [division.column for division in study.divisions]
    return tuple(name for name in [*roles, *divisions, *study.judgement_columns] if name)


def require_headings(sources: Mapping[str, Source], headings: list[str], name: str) -> None:
    """Refuse a file that lacks a heading, naming all that are missing and what comes close."""
    missing = [source for source in sources.values() if source.heading not in headings]
    if missing:
        lines = [_missing_heading(source, headings) for source in missing]
        found = ", ".join(headings[:60])
        raise RecordsError(
            "\n  ".join([f"{name} lacks {len(missing)} of the study's columns:", *lines])
            + f"\n  headings found: {found}\n  give other headings in a mapping file (records.mapping in the configuration)"
        )


def _missing_heading(source: Source, headings: list[str]) -> str:
    asked = f"{source.column!r}" if source.column == source.heading else f"{source.column!r} (mapped to {source.heading!r})"
    close = difflib.get_close_matches(source.heading, headings, 1)
    return asked + (f"; is it {close[0]!r}?" if close else "")


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    return Source(name, entry.get("from", name), entry.get("codes", {}), entry.get("format", "%Y-%m-%d"))


def _mistakes(entries: Mapping[str, Any], study: Study, columns: tuple[str, ...]) -> Iterator[str]:
    levels = {division.column: division.codes for division in study.divisions}
    for name, entry in entries.items():
        if name not in columns:
            close = difflib.get_close_matches(name, columns, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            yield f"columns: the study has no column {name!r}{hint} (allowed: {', '.join(columns)})"
            continue
        codes = entry.get("codes", {})
        if codes and name not in levels and name not in study.judgement_columns:
            yield f"columns.{name}.codes: this column holds no codes"
            continue
        own = levels.get(name, [code for code, state in study.codes.items() if state in ("yes", "no")])
        missing = [code for code, state in study.codes.items() if state not in ("yes", "no")]
        for target in dict.fromkeys(codes.values()):
            if target not in own and target not in missing:
                allowed = ", ".join(repr(code) for code in [*own, *missing])
                yield f"columns.{name}.codes: {target!r} is not a code of the study (allowed: {allowed})"
