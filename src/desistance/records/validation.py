"""Text in, typed columns and broken rules out; nothing here reads or writes a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute

from desistance.records.mapping import Source, is_marked
from desistance.records.typed import called_missing, day_of, encoded, number_of
from desistance.study import MADE_UP, MISSING, NO, STATES, YES, Breakdown, DateWindow, Study

UNKNOWN = -1
NUMBERS = {"weight": "weight_not_positive", "services_in_stratum": "services_in_stratum_not_positive"}


@dataclass(frozen=True)
class Checked:
    """Typed columns of one batch and, for each rule that some row breaks, a mask of those rows, shape (n_rows,).

    Columns: `service` and `stratum` text, `date`, divisions and judgements as dictionary columns whose
    dictionaries are the study's (levels, then the kinds of missing), weights as floats.
    """

    table: pa.Table
    broken: Mapping[str, np.ndarray]


def check_batch(table: pa.Table, sources: Mapping[str, Source], study: Study) -> Checked:
    """Type the text columns of a batch and find the rows that break a rule.

    A column without a source was derived and has the study's own codes.

    Rules: a service is named; the date can be read and lies in the study's window; every code is one of the
    study's; no judgement stands where its base is absent; weights are positive numbers; no date or weight is a code
    that the file calls missing.
    """
    columns, broken = _roles(table, sources, study)
    for name, known, categories in _coded_columns(study):
        codes = _codes(table[name], sources.get(name), known)
        columns[name] = _categorical(codes, categories)
        broken[f"unknown_code:{name}"] = codes == UNKNOWN
    broken |= _judged_without_base(columns, study)
    return Checked(pa.table(columns), {rule: mask for rule, mask in broken.items() if mask.any()})


def made_up_rows(table: pa.Table) -> int:
    """Number of rows of a batch that say, with any text but a no, they are made up; 0 where there is no such column."""
    if MADE_UP not in table.column_names:
        return 0
    indices, texts = encoded(table[MADE_UP])
    return int(np.array([is_marked(text) for text in texts], dtype=bool)[indices].sum())


def division_categories(division: Breakdown) -> tuple[str, ...]:
    """Every value a division's column may hold after reading: its levels, then the kinds of missing."""
    return division.codes + MISSING


def _roles(
    table: pa.Table, sources: Mapping[str, Source], study: Study
) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
    """Where, when and with which weight a case stands; columns are named by their role."""
    columns: dict[str, pa.Array] = {}
    broken: dict[str, np.ndarray] = {}
    for role in ("service", "stratum"):
        if name := getattr(study, role):
            columns[role] = _stripped(table[name])
            broken[f"{role}_missing"] = _equal(columns[role], "")
    if study.date:
        columns["date"], masks = _dates(table[study.date.column], sources[study.date.column], study.date)
        called = called_missing(table[study.date.column])
        broken |= masks | {"date_unreadable": masks["date_unreadable"] & ~called}
        broken[f"missing_code_untranslated:{study.date.column}"] = called
    for role, rule in NUMBERS.items():
        if name := getattr(study, role):
            values = _numbers(table[name], sources[name].decimal)
            columns[role] = pa.array(values)
            called = called_missing(table[name])
            broken[rule] = ~(values > 0) & ~called
            broken[f"missing_code_untranslated:{name}"] = called
    return columns, broken


def _coded_columns(study: Study) -> Iterator[tuple[str, dict[str, int], tuple[str, ...]]]:
    for division in study.divisions:
        categories = division_categories(division)
        known = {code: categories.index(state) for code, state in study.codes.items() if state in MISSING}
        known |= {code: number for number, code in enumerate(division.codes)}
        yield division.column, known, categories
    states = {code: STATES.index(state) for code, state in study.codes.items()}
    for name in study.judgement_columns:
        yield name, states, STATES


def _codes(column: pa.ChunkedArray, source: Source | None, known: Mapping[str, int]) -> np.ndarray:
    indices, values = encoded(column)
    own = source.codes if source else {}
    translated = [known.get(own.get(value, value), UNKNOWN) for value in values]
    return np.array(translated, dtype=np.int16)[indices]


def _categorical(codes: np.ndarray, categories: tuple[str, ...]) -> pa.DictionaryArray:
    # A row with an unknown code is rejected; the first category only keeps the column whole until then.
    return pa.DictionaryArray.from_arrays(pa.array(np.maximum(codes, 0)), pa.array(categories))


def _stripped(column: pa.ChunkedArray) -> pa.Array:
    return pa.compute.utf8_trim_whitespace(column.combine_chunks())


def _equal(values: pa.Array, text: str) -> np.ndarray:
    return np.asarray(pa.compute.equal(values, text))


def _numbers(column: pa.ChunkedArray, decimal: str) -> np.ndarray:
    indices, values = encoded(column)
    return np.array([number_of(value, decimal) for value in values], dtype=float)[indices]


def _dates(
    column: pa.ChunkedArray, source: Source, window: DateWindow
) -> tuple[pa.Array, dict[str, np.ndarray]]:
    indices, values = encoded(column)
    days = [day_of(value, source.date_format) for value in values]
    outside = np.array(
        [day is not None and not window.first <= day <= window.last for day in days], dtype=bool
    )
    unreadable = np.array([day is None for day in days], dtype=bool)
    dates = pa.array(days, pa.date32()).take(pa.array(indices))
    return dates, {"date_unreadable": unreadable[indices], "date_outside_window": outside[indices]}


def _judged_without_base(columns: Mapping[str, pa.Array], study: Study) -> dict[str, np.ndarray]:
    broken = {}
    for item in study.items:
        if item.base is not None:
            judged = _in_states(columns[item.column], YES, NO)
            absent = _in_states(columns[item.base], NO, "not_applicable")
            broken[f"judged_without_base:{item.column}"] = judged & absent
    return broken


def _in_states(column: pa.DictionaryArray, *states: str) -> np.ndarray:
    return np.isin(np.asarray(column.indices), [STATES.index(state) for state in states])
