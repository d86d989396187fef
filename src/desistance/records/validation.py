"""Text in, typed columns and broken rules out; nothing here reads or writes a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute

from desistance.records.mapping import MADE_UP, Source
from desistance.study import MISSING, STATES, Breakdown, DateWindow, Study

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

    @property
    def accepted(self) -> np.ndarray:
        """Rows that break no rule, shape (n_rows,)."""
        bad = np.zeros(self.table.num_rows, dtype=bool)
        for mask in self.broken.values():
            bad |= mask
        return ~bad


def check_batch(table: pa.Table, sources: Mapping[str, Source], study: Study) -> Checked:
    """Type the text columns of a batch and find the rows that break a rule.

    Rules: a service is named; the date can be read and lies in the study's window; every code is one of the
    study's; no judgement of delivery where the factor is absent; weights are positive numbers.
    """
    columns: dict[str, pa.Array] = {}
    broken: dict[str, np.ndarray] = {}
    for name, role in ((study.service, "service"), (study.stratum, "stratum")):
        if name:
            columns[role] = _stripped(table[name])
            broken[f"{role}_missing"] = np.asarray(pa.compute.equal(columns[role], ""))
    if study.date:
        columns["date"], masks = _dates(table[study.date.column], sources[study.date.column], study.date)
        broken |= masks
    for role, rule in NUMBERS.items():
        name = getattr(study, role)
        if name:
            values = _numbers(table[name])
            columns[role] = pa.array(values)
            broken[rule] = ~(values > 0)
    for name, known, categories in _coded_columns(study):
        codes = _codes(table[name], sources[name], known)
        columns[name] = _categorical(codes, categories)
        broken[f"unknown_code:{name}"] = codes == UNKNOWN
    broken |= _judged_without_base(columns, study)
    return Checked(pa.table(columns), {rule: mask for rule, mask in broken.items() if mask.any()})


def made_up_rows(table: pa.Table) -> int:
    """Number of rows of a batch that say they are made up; 0 where the file has no such column."""
    if MADE_UP not in table.column_names:
        return 0
    return int(np.sum(np.asarray(pa.compute.not_equal(_stripped(table[MADE_UP]), ""))))


def division_categories(division: Breakdown) -> tuple[str, ...]:
    """Every value a division's column may hold after reading: its levels, then the kinds of missing."""
    return division.codes + MISSING


def _coded_columns(study: Study) -> Iterator[tuple[str, dict[str, int], tuple[str, ...]]]:
    for division in study.divisions:
        categories = division_categories(division)
        known = {code: categories.index(state) for code, state in study.codes.items() if state in MISSING}
        known |= {code: number for number, code in enumerate(division.codes)}
        yield division.column, known, categories
    states = {code: STATES.index(state) for code, state in study.codes.items()}
    for name in study.judgement_columns:
        yield name, states, STATES


def _encoded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices), [value.strip() for value in encoded.dictionary.to_pylist()]


def _codes(column: pa.ChunkedArray, source: Source, known: Mapping[str, int]) -> np.ndarray:
    indices, values = _encoded(column)
    lookup = np.array([known.get(source.codes.get(value, value), UNKNOWN) for value in values], dtype=np.int8)
    return lookup[indices] if len(values) else np.zeros(0, dtype=np.int8)


def _categorical(codes: np.ndarray, categories: tuple[str, ...]) -> pa.DictionaryArray:
    # A row with an unknown code is rejected; the first category only keeps the column whole until then.
    return pa.DictionaryArray.from_arrays(pa.array(np.maximum(codes, 0)), pa.array(categories))


def _stripped(column: pa.ChunkedArray) -> pa.Array:
    return pa.compute.utf8_trim_whitespace(column.combine_chunks())


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    indices, values = _encoded(column)
    return np.array([_number(value) for value in values], dtype=float)[indices] if values else np.zeros(0)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan


def _dates(column: pa.ChunkedArray, source: Source, window: DateWindow) -> tuple[pa.Array, dict[str, np.ndarray]]:
    indices, values = _encoded(column)
    days = [_day(value, source.date_format) for value in values]
    outside = np.array([day is not None and not window.first <= day <= window.last for day in days], dtype=bool)
    unreadable = np.array([day is None for day in days], dtype=bool)
    dates = pa.array([days[index] for index in indices], pa.date32())
    return dates, {"date_unreadable": unreadable[indices], "date_outside_window": outside[indices]}


def _day(text: str, date_format: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, date_format).date()
    except ValueError:
        return None


def _judged_without_base(columns: Mapping[str, pa.Array], study: Study) -> dict[str, np.ndarray]:
    broken = {}
    for item in study.items:
        if item.base is not None:
            judged = np.isin(np.asarray(columns[item.column].indices), (STATES.index("yes"), STATES.index("no")))
            absent = np.asarray(columns[item.base].indices) == STATES.index("no")
            broken[f"judged_without_base:{item.column}"] = judged & absent
    return broken
