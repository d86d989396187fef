"""Text in, cases as codes and broken rules out; nothing here reads or writes a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from desistance.records.coded import Coded
from desistance.records.mapping import Source, is_marked
from desistance.records.typed import EPOCH, called_missing, day_of, encoded, number_of
from desistance.study import MADE_UP, MISSING, NO, STATES, YES, Breakdown, DateWindow, Study

ABSENT = (NO, "not_applicable")
NUMBERS = {"weight": "weight_not_positive", "services_in_stratum": "services_in_stratum_not_positive"}


@dataclass(frozen=True)
class Checked:
    """One batch as codes and, for each rule that some row breaks, a mask of those rows, shape (n_rows,).

    A row that breaks a rule holds anything.
    """

    cases: Coded
    broken: Mapping[str, np.ndarray]


def check_batch(table: pa.Table, sources: Mapping[str, Source], study: Study) -> Checked:
    """Make codes of the text columns of a batch and find the rows that break a rule.

    A column without a source was derived and has the study's own codes.

    Rules: a service is named; the date can be read and lies in the study's window; every code is one of the
    study's; no judgement stands where its base is absent; weights are positive numbers; no date or weight is a code
    that the file calls missing.
    """
    broken: dict[str, np.ndarray] = {}
    found = {name: None for name in ("strata", "stratum", "days", *NUMBERS)}
    for role, names in (("service", "services"), ("stratum", "strata")):
        if column := getattr(study, role):
            found[role], texts = encoded(table[column])
            found[names] = tuple(texts)
            broken[f"{role}_missing"] = _is_any(found[role], [not text for text in texts])
    if study.date:
        found["days"], rules = _dates(table[study.date.column], sources[study.date.column], study.date)
        broken |= rules
    for role, rule in NUMBERS.items():
        if column := getattr(study, role):
            called = called_missing(table[column])
            found[role] = _numbers(table[column], sources[column].decimal)
            broken |= {rule: ~(found[role] > 0) & ~called, f"missing_code_untranslated:{column}": called}
    coded = {}
    for name, known in _coded_columns(study):
        coded[name], unknown = _codes(table[name], sources.get(name), known)
        if unknown is not None:
            broken[f"unknown_code:{name}"] = unknown
    broken |= _judged_without_base(coded, study)
    divisions = {division.column for division in study.divisions}
    cases = Coded(
        **{**found, "strata": found["strata"] or ()},
        divisions={name: codes for name, codes in coded.items() if name in divisions},
        judgements={name: coded[name] for name in study.judgement_columns},
    )
    return Checked(cases, {rule: mask for rule, mask in broken.items() if mask.any()})


def made_up_rows(table: pa.Table) -> int:
    """Number of rows of a batch that say, with any text but a no, they are made up; 0 where there is no such column."""
    if MADE_UP not in table.column_names:
        return 0
    indices, texts = encoded(table[MADE_UP])
    return int(_is_any(indices, [is_marked(text) for text in texts]).sum())


def division_categories(division: Breakdown) -> tuple[str, ...]:
    """Every value a division's column may hold after reading: its levels, then the kinds of missing."""
    return division.codes + MISSING


def _is_any(indices: np.ndarray, told: list[bool]) -> np.ndarray:
    """Rows whose text is one of which something is told."""
    found = np.array(told, dtype=bool)
    return found[indices] if found.any() else np.zeros(len(indices), dtype=bool)


def _coded_columns(study: Study) -> Iterator[tuple[str, dict[str, int]]]:
    """Each column of codes, and the place that each code stands for."""
    for division in study.divisions:
        categories = division_categories(division)
        known = {code: categories.index(state) for code, state in study.codes.items() if state in MISSING}
        known |= {code: number for number, code in enumerate(division.codes)}
        yield division.column, known
    states = {code: STATES.index(state) for code, state in study.codes.items()}
    for name in study.judgement_columns:
        yield name, states


def _codes(
    column: pa.ChunkedArray, source: Source | None, known: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The place of each row's code, in a byte if it fits, and the rows whose code is none, if there are such."""
    indices, texts = encoded(column)
    own = source.codes if source else {}
    none = max(known.values()) + 1
    places = np.array([known.get(own.get(text, text), none) for text in texts], np.min_scalar_type(none))
    codes = places.take(indices)
    unknown = codes == none if (places == none).any() else None
    if unknown is not None:
        codes[unknown] = 0
    return codes, unknown


def _numbers(column: pa.ChunkedArray, decimal: str) -> np.ndarray:
    indices, texts = encoded(column)
    return np.array([number_of(text, decimal) for text in texts], dtype=float)[indices]


def _dates(
    column: pa.ChunkedArray, source: Source, window: DateWindow
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    indices, texts = encoded(column)
    days = [day_of(text, source.date_format) for text in texts]
    called = called_missing(column)
    rules = {
        "date_unreadable": _is_any(indices, [day is None for day in days]) & ~called,
        "date_outside_window": _is_any(indices, [_is_outside(day, window) for day in days]),
        f"missing_code_untranslated:{source.column}": called,
    }
    numbers = np.array([0 if day is None else day.toordinal() - EPOCH for day in days], dtype=np.int32)
    return numbers[indices], rules


def _is_outside(day: dt.date | None, window: DateWindow) -> bool:
    return day is not None and not window.first <= day <= window.last


def _judged_without_base(codes: Mapping[str, np.ndarray], study: Study) -> dict[str, np.ndarray]:
    broken = {}
    yes, no = STATES.index(YES), STATES.index(NO)
    absent = [STATES.index(state) for state in ABSENT]
    for item in study.items:
        if item.base is not None:
            own, base = codes[item.column], codes[item.base]
            judged = (own == yes) | (own == no)
            broken[f"judged_without_base:{item.column}"] = judged & (
                (base == absent[0]) | (base == absent[1])
            )
    return broken
