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
from desistance.records.formats.headings import are_few, is_value, shown
from desistance.study import MADE_UP, MISSING, Study
from desistance.study.derivations import DATE, JUDGEMENT, NUMBER

DATE_FORMAT = "%Y-%m-%d"
DECIMALS = {"point": ".", "comma": ","}
OPEN = "?"
DENIALS = ("no", "n", "0", "0.0", "false", "not made up", "real")


@dataclass(frozen=True)
class Source:
    """Where one column of the study comes from: its heading, its own codes and how its dates and numbers are written.

    `meanings` says what the codes that the study knows as they are stand for there, so that two codes for the same are
    told from two that differ; `kind` is date or number, None for codes and texts; `decimal` is the mark in its numbers.
    The values of the headings in `beside` are joined to those of `heading`, for numbers that begin again in each team
    or stratum. With `each_row` there is no heading: each row is taken for a case of its own.
    """

    column: str
    heading: str
    codes: Mapping[str, str] = field(default_factory=dict)
    date_format: str = DATE_FORMAT
    decimal: str = "."
    meanings: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    each_row: bool = False
    kind: str | None = None

    @property
    def known(self) -> frozenset[str]:
        """Codes that mean something to the study as they are."""
        return frozenset(self.meanings)

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading of the extract that this column is read from."""
        return () if self.each_row else (self.heading, *self.beside)


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
    meanings, kinds = code_meanings(study), _kinds(study)
    return {
        name: _source(name, entries.get(name, {}), meanings.get(name, {}), kinds.get(name))
        for name in study_columns(study)
    }


def code_meanings(study: Study) -> dict[str, dict[str, str]]:
    """What each code known to the study stands for, by column: a state, or the level or item itself."""
    known = known_codes(study)
    own = {division.column: division.codes for division in study.divisions}
    own |= {study.long.item: study.long.items} if study.long else {}
    return {
        name: {code: f"{code!r} itself" if code in own.get(name, ()) else study.codes[code] for code in codes}
        for name, codes in known.items()
    }


def _kinds(study: Study) -> dict[str, str]:
    """Which columns hold dates and which numbers."""
    kinds = {name: kind for name, kind in study.inputs.items() if kind in (DATE, NUMBER)}
    kinds |= {name: NUMBER for name in (study.weight, study.services_in_stratum) if name}
    return kinds | ({study.date.column: DATE} if study.date else {})


def known_codes(study: Study) -> dict[str, tuple[str, ...]]:
    """Codes that mean something to the study, by column: levels or yes and no, then those of missing values."""
    missing = tuple(code for code, state in study.codes.items() if state in MISSING)
    judged = tuple(code for code, state in study.codes.items() if state not in MISSING)
    levels = {division.column: division.codes for division in study.divisions}
    levels |= dict.fromkeys(study.judgement_columns, judged)
    levels |= {name: judged if kind == JUDGEMENT else () for name, kind in study.inputs.items()}
    if study.long:
        levels |= dict.fromkeys(study.long.columns, judged) | {study.long.item: study.long.items}
    return {name: (*codes, *missing) for name, codes in levels.items()}


def study_columns(study: Study) -> tuple[str, ...]:
    """Every column the study reads from records, each once: its own but for derived ones, and what these come from."""
    own = (name for name in study.record_columns if name not in study.derived_columns)
    return (*own, *study.inputs, *(study.long.columns if study.long else ()))


def require_headings(sources: Mapping[str, Source], headings: list[str], name: str) -> None:
    """Refuse a file that lacks a heading, naming all that are missing and what comes close."""
    missing = [source for source in sources.values() if not set(source.headings) <= set(headings)]
    if not missing:
        return
    advice = "give other headings in a mapping file (records.mapping in the configuration)"
    asked = list(dict.fromkeys(heading for source in sources.values() for heading in source.headings))
    if are_few(asked, headings):
        # The first row may be a case's, so nothing of it is shown, not even which of the headings it has.
        number = "few" if set(asked) & set(headings) else "none"
        raise RecordsError(
            f"{name} has {number} of the study's headings in its first row, which must hold the headings; {advice}: "
            + ", ".join(asked)
        )
    headings = [heading for heading in headings if not is_value(heading)]
    lines = [f"{name} lacks {len(missing)} of the study's columns:"]
    lines += [
        _missing_heading(source.column, heading, headings)
        for source in missing
        for heading in source.headings
        if heading not in headings
    ]
    lines += [f"headings found: {', '.join(map(shown, headings[:60]))}", advice]
    raise RecordsError("\n  ".join(lines))


def is_marked(text: str) -> bool:
    """Whether what stands under `made_up` marks a row: any text does, and one that denies it is refused.

    Raises
    ------
    RecordsError
        It reads as no: real records might then pass for made-up ones, which nothing protects.
    """
    if text.strip().casefold() in DENIALS:
        raise RecordsError(
            f"the column {MADE_UP} says no in some rows; leave it empty where records are real, because any text in it "
            "marks a row as made up"
        )
    return bool(text.strip())


def is_mark(heading: str) -> bool:
    """Whether a heading marks made-up records: in capitals or not, with spaces or hyphens.

    >>> [is_mark(heading) for heading in ("made_up", "Made Up", "MADE-UP", "made up by")]
    [True, True, True, False]
    """
    return "_".join(heading.casefold().replace("-", " ").split()) == MADE_UP


def _missing_heading(column: str, heading: str, headings: list[str]) -> str:
    mapped = "" if column == heading else f" (mapped to {heading!r})"
    close = difflib.get_close_matches(heading, [each for each in headings[:500] if len(each) < 200], 1)
    return f"{column!r}{mapped}" + (f"; is it {close[0]!r}?" if close else "")


def _source(
    name: str, entry: Mapping[str, Any], meanings: Mapping[str, str] | None = None, kind: str | None = None
) -> Source:
    codes = {code.strip(): target for code, target in entry.get("codes", {}).items()}
    decimal = DECIMALS[entry.get("decimal", "point")]
    heading, *beside = (each.strip() for each in _headings(entry.get("from", name)))
    return Source(
        name,
        heading,
        codes,
        entry.get("format", DATE_FORMAT),
        decimal,
        meanings or {},
        tuple(beside),
        entry.get("each_row", False),
        kind,
    )


def _headings(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _open_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    """Questions that a drafted mapping still asks: a value that is, or begins with, a question mark."""
    for name, entry in content["columns"].items():
        for key, value in entry.items():
            for code, answer in _answers(value):
                if isinstance(answer, str) and is_open(answer):
                    where = f"columns.{name}.{key}" + (f".{code}" if code is not None else "")
                    yield f"{where}: is an open question; put the answer in place of {answer!r}"


def _answers(value: Any) -> list[tuple[str | None, Any]]:
    """The values of an entry, each with its code where it is one of several."""
    if isinstance(value, Mapping):
        return list(value.items())
    return [(None, each) for each in (value if isinstance(value, list) else [value])]


def is_open(answer: str) -> bool:
    """Whether a value of a drafted mapping asks for an answer: ?, or ? and a space before what is proposed."""
    return answer.strip() == OPEN or answer.startswith(f"{OPEN} ")


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
        source = _source(name, content["columns"].get(name, {}))
        if not source.each_row and not source.beside and not is_open(source.heading):
            taken.setdefault(source.heading, []).append(name)
    for heading, names in taken.items():
        if is_mark(heading):
            yield f"columns.{names[0]}.from: {MADE_UP!r} marks made-up records; it is no column of the study"
        if len(names) > 1:
            both = " and ".join(names)
            yield f"columns: {both} come from the same heading {heading!r}; each needs one of its own"


def _code_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    known = known_codes(study)
    for name, entry in content["columns"].items():
        codes = entry.get("codes", {})
        if codes and name in study_columns(study) and name not in known:
            yield f"columns.{name}.codes: this column holds no codes"
        for target in dict.fromkeys(code for code in codes.values() if isinstance(code, str)):
            if name in known and target not in known[name] and not is_open(target):
                allowed = ", ".join(map(repr, known[name]))
                yield f"columns.{name}.codes: {target!r} is not a code of the study (allowed: {allowed})"


def _format_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    dates = [name for name, kind in study.inputs.items() if kind == DATE]
    dates += [study.date.column] if study.date else []
    for name, entry in content["columns"].items():
        written = entry.get("format", DATE_FORMAT)
        if "format" in entry and name not in dates:
            yield f"columns.{name}.format: this column holds no dates"
        elif not is_open(written) and not _is_date_format(written):
            yield (
                f"columns.{name}.format: {written!r} does not give day, month and year; "
                "allowed: a format such as %d/%m/%Y"
            )


def _shape_mistakes(content: Mapping[str, Any], study: Study) -> Iterator[str]:
    """Values joined from several headings, or made from the row, where a column holds codes, dates or numbers."""
    joined = [name for name in (study.case, study.service, study.stratum) if name]
    for name, entry in content["columns"].items():
        if not isinstance(entry.get("from", ""), str) and name not in joined:
            yield f"columns.{name}.from: only {', '.join(joined)} may be joined from several headings"
        if "each_row" in entry and (name != study.case or len(entry) > 1):
            yield f"columns.{name}.each_row: only for {study.case}, and without from; it says that each row is a case"


def _is_date_format(written: str) -> bool:
    day = dt.datetime(2018, 11, 29)
    try:
        return dt.datetime.strptime(day.strftime(written), written) == day
    except ValueError:
        return False


# What a schema cannot say about a mapping.
CHECKS = (
    _open_mistakes,
    _column_mistakes,
    _heading_mistakes,
    _code_mistakes,
    _format_mistakes,
    _shape_mistakes,
)
