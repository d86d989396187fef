"""Texts of a column as days, numbers and answers, with the kinds of missing kept apart."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from desistance.records.mapping import Source
from desistance.study import MISSING, STATES, Study
from desistance.study.derivations import JUDGEMENT, NUMBER

EPOCH = dt.date(1970, 1, 1).toordinal()
KNOWN, UNREADABLE = 0, -1
TOUCHING = re.compile("%[dmyYHMSjI]%[dmyYHMSjI]")  # nothing says where one number ends and the next begins
SHORTENED = re.compile("%[fzZ]")  # what may be written in several ways, after the day and the time
FIRST_MISSING = STATES.index(MISSING[0])
# Follows a code that the file calls missing, among numbers or dates, where nothing says which kind of missing it is.
CALLED_MISSING = " (called missing by the file)"


@dataclass(frozen=True)
class Typed:
    """Values of one column, shape (n_rows,), and what is known of each.

    `values` are days since 1970 or numbers, NaN where there is none. `states` is `UNREADABLE`, the place of a kind of
    missing in `STATES`, or else `KNOWN`; for answers the place of yes or no.
    """

    values: np.ndarray
    states: np.ndarray

    @property
    def unreadable(self) -> np.ndarray:
        """Where the text means nothing."""
        return self.states == UNREADABLE

    @property
    def missing(self) -> np.ndarray:
        """Where a kind of missing stands."""
        return self.states >= FIRST_MISSING

    def of(self, rows: np.ndarray) -> Typed:
        """Some of the rows."""
        return Typed(self.values[rows], self.states[rows])


def typed_column(column: pa.ChunkedArray, source: Source, study: Study, kind: str) -> Typed:
    """Read a text column as `kind`, one of `INPUT_KINDS`.

    A number or date that happens to be one of the study's codes is the number or date: what stands for a missing value
    among numbers must be said in the mapping.
    """
    indices, texts = encoded(column)
    codes = [source.codes.get(text, text) for text in texts]
    places = [STATES.index(study.codes[code]) if code in study.codes else UNREADABLE for code in codes]
    states = np.array(places, dtype=np.int8)
    values = np.full(len(texts), np.nan)
    if kind != JUDGEMENT:
        states[states < FIRST_MISSING] = UNREADABLE
        for number, text in enumerate(texts):
            if text not in source.codes:
                values[number] = _value(text, source, kind)
        states[~np.isnan(values)] = KNOWN
    return Typed(values[indices], states[indices])


def _value(text: str, source: Source, kind: str) -> float:
    if kind == NUMBER:
        return number_of(text, source.decimal)
    day = day_of(text, source.date_format)
    return np.nan if day is None else float(day.toordinal() - EPOCH)


def called_missing(column: pa.ChunkedArray) -> np.ndarray:
    """Where a code stands that the file calls missing and nothing translates, shape (n_rows,)."""
    indices, texts = encoded(column)
    return np.array([text.endswith(CALLED_MISSING.rstrip()) for text in texts], dtype=bool)[indices]


def encoded(column: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Each distinct text of a column once, stripped, and which of them stands in each row; no text is an empty one."""
    found = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(found.type):
        found = found.dictionary_encode()
    texts = [(value or "").strip() for value in found.dictionary.to_pylist()]
    indices = found.indices
    if indices.null_count:
        indices = indices.fill_null(len(texts))
        texts.append("")
    return np.asarray(indices), texts


def number_of(text: str, decimal: str) -> float:
    """The number that a text is, or NaN."""
    try:
        value = float(text if decimal == "." else text.replace(".", "_").replace(decimal, "."))
    except ValueError:
        return np.nan
    # Python reads 1_000 and infinity too, which are no numbers of an extract.
    return value if np.isfinite(value) and "_" not in text else np.nan


@lru_cache(maxsize=2**15)
def day_of(text: str, date_format: str) -> dt.date | None:
    """The day that a text is, or None; also where the format would write that day otherwise.

    Noughts before a number may be left out where something stands between the numbers.

    >>> [day_of(text, "%d%m%Y") for text in ("01112003", "1112003")]
    [datetime.date(2003, 11, 1), None]
    """
    try:
        found = dt.datetime.strptime(text, date_format)
        first, *rest = SHORTENED.split(date_format, maxsplit=1)
        alike = _exactly if TOUCHING.search(date_format) else _without_noughts
        written, given = alike(found.strftime(first)), alike(text)
    except ValueError:
        return None
    return found.date() if given == written or (rest and given.startswith(written)) else None


def _exactly(text: str) -> str:
    return text.strip().casefold()


def _without_noughts(text: str) -> str:
    return "".join(re.sub(r"(?<!\d)0+(?=\d)", "", text).split()).casefold()
