"""What all rows of a case must say alike, where one of them counts: else they may be of different children."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from desistance.records.long_layout import NOT_SEEN, first_come, grown, numbered
from desistance.records.mapping import Source
from desistance.records.typed import FIRST_MISSING, KNOWN, typed_column
from desistance.study import MISSING, Study
from desistance.study.derivations import DATE, NUMBER, Years


class Agreement:
    """Whether the rows of each case agree on the columns that do not change from row to row.

    These are the service, the stratum, the weight, the services in the stratum, and dates from which years are counted,
    such as dates of birth. Numbers and dates are compared as such, however they are written; a missing value speaks
    against none. What a row that does not count says is compared too.
    """

    def __init__(self, study: Study, sources: Mapping[str, Source]) -> None:
        self._study, self._sources = study, sources
        texts = (study.service, study.stratum)
        numbers = (study.weight, study.services_in_stratum)
        dates = (each.start for each in study.derivations if isinstance(each, Years))
        kinds = dict.fromkeys(texts) | dict.fromkeys(numbers, NUMBER) | dict.fromkeys(dates, DATE)
        # The column that says which row counts differs from row to row.
        by = study.one_row_per_case.by if study.one_row_per_case else None
        self._kinds = {name: kind for name, kind in kinds.items() if name in sources and name != by}
        self._known: dict[str, dict[str | float, int]] = {name: {} for name in self._kinds}
        self._n_cases = 0
        self._first = np.full((0, len(self._kinds)), NOT_SEEN, dtype=np.int32)
        self._differs = np.full(self._first.shape, fill_value=False)

    def take(self, cases: np.ndarray, n_cases: int, table: pa.Table) -> None:
        """Add the rows of a batch; `cases` says whose each is, of `n_cases` so far."""
        self._n_cases = n_cases
        self._first = grown(self._first, n_cases, NOT_SEEN)
        self._differs = grown(self._differs, n_cases, False)
        for place, (name, kind) in enumerate(self._kinds.items()):
            said = self._said(table[name], name, kind)
            filled = said != NOT_SEEN
            differs = first_come(self._first[:, place], cases[filled], said[filled], empty=NOT_SEEN)
            self._differs[cases[filled][differs], place] = True

    def _said(self, column: pa.ChunkedArray, name: str, kind: str | None) -> np.ndarray:
        """The number of what each row says among all that was said so far; `NOT_SEEN` where it is missing."""
        source, known = self._sources[name], self._known[name]
        if kind is None:
            lacking = {"", *(code for code, state in self._study.codes.items() if state in MISSING)}
            return numbered(column, source.codes, known, nothing=lacking)
        typed = typed_column(column, source, self._study, kind)
        texts = numbered(column, {}, known)
        values, places = np.unique(typed.values[typed.states == KNOWN], return_inverse=True)
        numbers = [known.setdefault(value, len(known)) for value in values.tolist()]
        texts[typed.states == KNOWN] = np.array(numbers, dtype=np.int64)[places]
        texts[typed.states >= FIRST_MISSING] = NOT_SEEN
        return texts

    def broken(self) -> dict[str, np.ndarray]:
        """The cases whose rows disagree, shape (n_cases,), by rule."""
        masks = {
            f"rows_disagree:{name}": self._differs[: self._n_cases, place]
            for place, name in enumerate(self._kinds)
        }
        return {rule: mask for rule, mask in masks.items() if mask.any()}
