"""Which heading of an extract is which column of the study, and which of its codes is which."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from desistance.documents import read_document
from desistance.errors import RecordsError
from desistance.study import MADE_UP, MISSING, Study

DATE_FORMAT = "%Y-%m-%d"


@dataclass(frozen=True)
class Source:
    """Where one column of the study comes from: its heading, its own codes and how its dates are written."""

    column: str
    heading: str
    codes: Mapping[str, str] = field(default_factory=dict)
    date_format: str = DATE_FORMAT


def read_mapping(path: Path | None, study: Study) -> dict[str, Source]:
    """Give the source of every column of the study; without a mapping file the headings are the study's.

    Raises
    ------
    RecordsError
        The mapping names a column the study does not have, takes two columns from one heading, or translates
        into a code or from a date format that means nothing; the message lists every mistake.
    """
    checks = [partial(check, study=study) for check in CHECKS]
    entries = read_document(path, "mapping", RecordsError, checks=checks)["columns"] if path else {}
    return {name: _source(name, entries.get(name, {})) for name in study_columns(study)}


def study_columns(study: Study) -> tuple[str, ...]:
    """Every column the study reads from records, each once."""
    roles = [study.case, study.service, study.stratum, study.weight, study.services_in_stratum]
    roles += [study.date.column] if study.date else []
    divisions = [division.column for division in study.divisions]
    return tuple(name for name in [*roles, *divisions, *study.judgement_columns] if name)


def require_headings(sources: Mapping[str, Source], headings: list[str], name: str) -> None:
    """Refuse a file that lacks a heading, naming all that are missing and what comes close."""
    missing = [source for source in sources.values() if source.heading not in headings]
    if not missing:
        return
    advice = "give other headings in a mapping file (records.mapping in the configuration)"
    if len(missing) == len(sources):
        # The first row may be a case's, so nothing of it is shown.
        raise RecordsError(
            f"{name} has none of the study's headings in its first row, which must hold the headings; {advice}: "
            + ", ".join(source.heading for source in missing)
        )
    lines = [f"{name} lacks {len(missing)} of the study's columns:"]
    lines += [_missing_heading(source, headings) for source in missing]
    lines += [f"headings found: {', '.join(headings[:60])}", advice]
    raise RecordsError("\n  ".join(lines))


def _missing_heading(source: Source, headings: list[str]) -> str:
    mapped = "" if source.column == source.heading else f" (mapped to {source.heading!r})"
    close = difflib.get_close_matches(source.heading, headings, 1)
    return f"{source.column!r}{mapped}" + (f"; is it {close[0]!r}?" if close else "")


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    codes = {code.strip(): target for code, target in entry.get("codes", {}).items()}
    return Source(name, entry.get("from", name).strip(), codes, entry.get("format", DATE_FORMAT))


def _column_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    columns = study_columns(study)
    for name in content["columns"]:
        if name not in columns:
            close = difflib.get_close_matches(name, columns, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            yield f"columns: the study has no column {name!r}{hint} (allowed: {', '.join(columns)})"


def _heading_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    taken: dict[str, list[str]] = {}
    for name in study_columns(study):
        taken.setdefault(_source(name, content["columns"].get(name, {})).heading, []).append(name)
    for heading, names in taken.items():
        if heading == MADE_UP:
            yield f"columns.{names[0]}.from: {MADE_UP!r} marks made-up records; it is no column of the study"
        if len(names) > 1:
            both = " and ".join(names)
            yield f"columns: {both} come from the same heading {heading!r}; each needs one of its own"


def _code_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    levels = {division.column: division.codes for division in study.divisions}
    missing = [code for code, state in study.codes.items() if state in MISSING]
    judged = [code for code, state in study.codes.items() if state not in MISSING]
    own = levels | dict.fromkeys(study.judgement_columns, judged)
    for name, entry in content["columns"].items():
        codes = entry.get("codes", {})
        if codes and name in study_columns(study) and name not in own:
            yield f"columns.{name}.codes: this column holds no codes"
        for target in dict.fromkeys(code for code in codes.values() if isinstance(code, str)):
            if name in own and target not in (*own[name], *missing):
                allowed = ", ".join(repr(code) for code in (*own[name], *missing))
                yield f"columns.{name}.codes: {target!r} is not a code of the study (allowed: {allowed})"


def _format_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    for name, entry in content["columns"].items():
        written = entry.get("format", DATE_FORMAT)
        if "format" in entry and (study.date is None or name != study.date.column):
            yield f"columns.{name}.format: this column holds no dates"
        elif not _is_date_format(written):
            yield (
                f"columns.{name}.format: {written!r} does not give day, month and year; "
                "allowed: a format such as %d/%m/%Y"
            )


def _is_date_format(written: str) -> bool:
    day = dt.datetime(2018, 11, 29)
    try:
        return dt.datetime.strptime(day.strftime(written), written) == day
    except ValueError:
        return False


# What a schema cannot say about a mapping.
CHECKS = (_column_mistakes, _heading_mistakes, _code_mistakes, _format_mistakes)
