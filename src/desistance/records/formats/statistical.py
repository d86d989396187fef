"""Files of SPSS (.sav, .zsav, .por) and Stata (.dta), with what they say of their columns and codes."""

from __future__ import annotations

import codecs
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from desistance.errors import RecordsError
from desistance.records.formats.table import Batch, Table
from desistance.records.formats.texts import ISO, day_text, number_text, text_column

READERS = {"spss": pyreadstat.read_sav, "portable": pyreadstat.read_por, "stata": pyreadstat.read_dta}
# Values in one batch: the parser gives each as an object of its own.
BATCH_VALUES = 2**20
SPSS_EPOCH, STATA_EPOCH = dt.date(1582, 10, 14), dt.date(1960, 1, 1)
# How many units of a date make a day, by the beginning of its format.
SPSS_DAYS = dict.fromkeys(
    ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "DATETIME", "YMDHMS", "MOYR", "QYR", "WKYR"), 86400
)
STATA_DAYS = {
    "%td": 1,
    "%d": 1,
    "%-td": 1,
    "%-d": 1,
    "%tc": 86_400_000,
    "%-tc": 86_400_000,
    "%tC": 86_400_000,
}


def look(path: Path, *, name: str, kind: str, encoding: str, **_: object) -> Table:
    """Headings of a statistical program's file, their labels, those of their codes, and which codes are missing."""
    own = _encoding(encoding)
    _, about = _parsed(path, name, kind, own, metadataonly=True)
    names = list(about.column_names)
    plain = {column: column.strip() for column in names}
    kinds = {column: about.readstat_variable_types[column] for column in names}
    form = {"kind": kind, "kinds": kinds, "formats": dict(about.original_variable_types)}
    code = {column: partial(_code, _writer(form, column, ISO), kinds[column]) for column in names}
    labels = {
        plain[column]: {
            code[column](each): text for each, text in about.variable_value_labels[column].items()
        }
        for column in names
        if column in about.variable_value_labels
    }
    spans = {
        column: [(part["lo"], part["hi"]) for part in parts]
        for column, parts in (about.missing_ranges or {}).items()
    }
    return Table(
        path,
        name,
        tuple(plain.values()),
        labels={plain[column]: text for column, text in about.column_names_to_labels.items() if text},
        value_labels=labels,
        missing_codes=_missing_codes(about, plain, spans, code),
        missing_ranges=_missing_ranges(plain, spans, code),
        form=form
        | {
            "names": names,
            "encoding": own,
            "n_rows": about.number_rows if (about.number_rows or 0) > 0 else None,
        },
    )


def read(table: Table, headings: list[str], *, dates: Mapping[str, str]) -> Iterator[Batch]:
    """Rows of a statistical program's file; codes the program calls missing are codes, a missing value is not."""
    form = table.form
    own = dict(zip(table.headings, form["names"], strict=True))
    size = max(BATCH_VALUES // len(headings), 2**10)
    texts = {heading: _writer(form, own[heading], dates.get(heading, ISO)) for heading in headings}
    asked = {"usecols": [own[heading] for heading in headings], "row_limit": size}
    for start in count(0, size):
        found, _ = _parsed(table.path, table.name, form["kind"], form["encoding"], row_offset=start, **asked)
        batch = pa.table({name: text_column(_values(found[own[name]]), texts[name]) for name in headings})
        yield Batch(np.arange(start + 2, start + 2 + batch.num_rows), batch, {})
        if batch.num_rows < size:
            break
    if start + batch.num_rows < (form["n_rows"] or 0):
        raise RecordsError(_broken(table.name))


def _parsed(path: Path, name: str, kind: str, encoding: str | None, **what: object) -> tuple[Any, Any]:
    options = {} if kind == "portable" else {"encoding": encoding, "user_missing": True}
    try:
        return READERS[kind](
            str(path), output_format="dict", disable_datetime_conversion=True, **options, **what
        )
    except MemoryError:
        raise
    except UnicodeError:
        problem = True
    except Exception as error:
        # The program's own words may quote a value, so only the kind of problem is passed on.
        problem = "convert" in str(error).lower() or "encoding" in str(error).lower()
    if problem:
        raise RecordsError(
            f"{name} holds text that is not in the encoding it says; set records.encoding, for example to cp1252"
        )
    raise RecordsError(_broken(name))


def _broken(name: str) -> str:
    return f"{name} is damaged, breaks off or is not a file of SPSS or Stata; save or copy it again"


def _encoding(encoding: str) -> str | None:
    """Name of an encoding as the parser knows it; none where the file itself says it."""
    if encoding == "auto":
        return None
    try:
        return codecs.lookup(encoding).name.removesuffix("-sig").upper()
    except LookupError:
        raise RecordsError(
            f"records.encoding is {encoding!r}, which is not an encoding; try auto or cp1252"
        ) from None


def _values(column: Any) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else column


def _code(write: Callable[[Any], str], kind: str, code: Any) -> str:
    """A code as its column writes it; Stata's own missing values are letters in a column of numbers, .a to .z."""
    return str(code).strip() if kind == "string" else write(code)


def _writer(form: Mapping[str, Any], own: str, date_format: str) -> Callable[[Any], str]:
    """What writes the values of one column."""
    kind, written = form["kinds"][own], form["formats"].get(own) or ""
    if kind == "string":
        return lambda value: value or ""
    units, epoch = _days(form["kind"], written)
    if units:
        write = lambda value: day_text(value / units, epoch, date_format)  # noqa: E731
    elif kind == "float":
        write = _short
    else:
        write = number_text
    return partial(_number, write)


def _number(write: Callable[[Any], str], value: Any) -> str:
    if value is None or value != value:
        return ""
    return f".{value}" if isinstance(value, str) else write(value)


def _short(value: float) -> str:
    """A number kept with seven digits, which would have sixteen otherwise."""
    return number_text(float(str(np.float32(value))))


def _days(kind: str, written: str) -> tuple[int | None, dt.date]:
    """How many units make a day and the day they are counted from, where a column holds dates."""
    if kind == "stata":
        units = [unit for start, unit in STATA_DAYS.items() if written.startswith(start)]
        return (units[0] if units else None), STATA_EPOCH
    return SPSS_DAYS.get(written.rstrip("0123456789.").upper()), SPSS_EPOCH


def _missing_codes(
    about: Any,
    plain: Mapping[str, str],
    spans: Mapping[str, list[tuple[Any, Any]]],
    code: Mapping[str, Callable[[Any], str]],
) -> dict[str, tuple[str, ...]]:
    """Codes called missing: single ones, those of a range that have a label, and Stata's letters."""
    found = {}
    for column, heading in plain.items():
        labelled = list(about.variable_value_labels.get(column, ()))
        codes = [
            each
            for low, high in spans.get(column, ())
            for each in ([low] if low == high else labelled)
            if _is_between(each, low, high)
        ]
        letters = [] if about.readstat_variable_types[column] == "string" else labelled
        codes += [*(about.missing_user_values or {}).get(column, ())]
        codes += [each for each in letters if isinstance(each, str)]
        if codes:
            found[heading] = tuple(dict.fromkeys(map(code[column], codes)))
    return found


def _missing_ranges(
    plain: Mapping[str, str],
    spans: Mapping[str, list[tuple[Any, Any]]],
    code: Mapping[str, Callable[[Any], str]],
) -> dict[str, tuple[tuple[str, str], ...]]:
    """From where to where codes are called missing; nothing for single ones."""
    found = {
        plain[column]: tuple((code[column](low), code[column](high)) for low, high in ends if low != high)
        for column, ends in spans.items()
    }
    return {heading: ends for heading, ends in found.items() if ends}


def _is_between(code: Any, low: Any, high: Any) -> bool:
    try:
        return low <= code <= high
    except TypeError:
        return False
