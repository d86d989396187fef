"""A row for each case and item, put side by side: one row a case, with the columns that the study speaks of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from desistance.records.mapping import Source
from desistance.records.typed import encoded
from desistance.study import MISSING, Study
from desistance.study.derivations import Cell

NO_ROW, DISAGREE = 0, 2**16 - 1
NOT_SEEN = -1
UNKNOWN_ITEM, NO_ITEM = -1, -2


@dataclass(frozen=True)
class Wide:
    """What a long layout holds of each case.

    `cells` has shape (n_cases, number of `columns`): places in `texts` from 1 on, `NO_ROW` or `DISAGREE`. `broken`
    holds, for each rule, a mask of shape (n_cases,).
    """

    columns: tuple[Cell, ...]
    cells: np.ndarray
    texts: tuple[str, ...]
    broken: Mapping[str, np.ndarray]

    def of(self, cases: np.ndarray) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
        """Text columns of some cases by name, and the rules they break."""
        columns, broken = {}, {rule: mask[cases] for rule, mask in self.broken.items()}
        for number, cell in enumerate(self.columns):
            places = self.cells[cases, number].astype(np.int64)
            broken[f"rows_disagree:{cell.column}"] = places == DISAGREE
            # A case whose rows disagree is rejected; what it would have without a row stands for it until then.
            places[places == DISAGREE] = NO_ROW
            texts = pa.array([cell.otherwise, *self.texts], pa.string())
            columns[cell.column] = texts.take(pa.array(places))
        return columns, {rule: mask for rule, mask in broken.items() if mask.any()}


class LongRows:
    """The rows of a long layout, read one after the other.

    A row whose item is missing adds nothing. Rules: `unknown_code:ITEM` where the column of the item holds anything
    else that is no item; `rows_disagree:COLUMN` where rows of one case, or of one case and item, differ.
    """

    def __init__(self, study: Study, sources: Mapping[str, Source]) -> None:
        self._layout, self._sources = study.long, sources
        self._items = {code: NO_ITEM for code, state in study.codes.items() if state in MISSING}
        self._items |= {item: number for number, item in enumerate(study.long.items)}
        self._texts: dict[str, int] = {}
        own = {study.case, *study.long.columns}
        self._others: dict[str, dict[str, int]] = {name: {} for name in sources if name not in own}
        self._n_cases = 0
        self._cells = np.full((0, len(study.long.cells)), NO_ROW, dtype=np.uint16)
        self._first = np.full((0, len(self._others)), NOT_SEEN, dtype=np.int32)
        self._differs = np.full(self._first.shape, fill_value=False)
        self._unknown = np.full(0, fill_value=False)

    def forget(self, cases: list[int], n_cases: int) -> None:
        """Take back the rows of some cases, of `n_cases` so far, because others count in their place."""
        self._grow(n_cases)
        for rows, empty in (
            (self._cells, NO_ROW),
            (self._first, NOT_SEEN),
            (self._differs, 0),
            (self._unknown, 0),
        ):
            rows[cases] = empty

    def take(self, cases: np.ndarray, n_cases: int, table: pa.Table) -> None:
        """Add rows of a batch; `cases` says whose each is, of `n_cases` so far."""
        self._grow(n_cases)
        for place, (name, known) in enumerate(self._others.items()):
            differs = first_come(
                self._first[:, place], cases, numbered(table[name], {}, known), empty=NOT_SEEN
            )
            self._differs[cases[differs], place] = True
        self._take_items(cases, table)

    def _grow(self, n_cases: int) -> None:
        self._n_cases = n_cases
        self._cells = grown(self._cells, n_cases, NO_ROW)
        self._first = grown(self._first, n_cases, NOT_SEEN)
        self._differs = grown(self._differs, n_cases, False)
        self._unknown = grown(self._unknown, n_cases, False)

    def _take_items(self, cases: np.ndarray, table: pa.Table) -> None:
        indices, texts = encoded(table[self._layout.item])
        own = self._sources[self._layout.item].codes
        items = np.array([self._items.get(own.get(text, text), UNKNOWN_ITEM) for text in texts], dtype=int)[
            indices
        ]
        self._unknown[cases[items == UNKNOWN_ITEM]] = True
        named = items >= 0
        flat, width = self._cells.reshape(-1), self._cells.shape[1]
        for number, value in enumerate(self._layout.values.values()):
            # Texts beyond the codes of a study mean nothing to it, however many they are.
            codes = 1 + np.minimum(
                numbered(table[value], self._sources[value].codes, self._texts), DISAGREE - 2
            )
            places = cases * width + number * len(self._layout.items) + items
            differs = first_come(flat, places[named], codes[named].astype(np.uint16), empty=NO_ROW)
            flat[places[named][differs]] = DISAGREE

    def wide(self) -> Wide:
        """Everything taken, case by case."""
        n_cases = self._n_cases
        broken = {f"unknown_code:{self._layout.item}": self._unknown[:n_cases]}
        for place, name in enumerate(self._others):
            broken[f"rows_disagree:{name}"] = self._differs[:n_cases, place]
        return Wide(self._layout.cells, self._cells[:n_cases], tuple(self._texts), broken)


def numbered(
    column: pa.ChunkedArray, codes: Mapping[str, str], known: dict[str, int], nothing: Collection[str] = ()
) -> np.ndarray:
    """The number of each row's text, after translation, among all texts so far; new ones are added to `known`.

    Texts that say `nothing` are `NOT_SEEN`.
    """
    indices, texts = encoded(column)
    translated = (codes.get(text, text) for text in texts)
    numbers = [NOT_SEEN if text in nothing else known.setdefault(text, len(known)) for text in translated]
    return np.array(numbers, dtype=np.int64)[indices]


def first_come(slots: np.ndarray, places: np.ndarray, values: np.ndarray, *, empty: int) -> np.ndarray:
    """Put each value in its slot if that is empty; say which values differ from what their slot then holds."""
    free = slots[places] == empty
    taken, first = np.unique(places[free], return_index=True)
    slots[taken] = values[free][first]
    return slots[places] != values


def grown(rows: np.ndarray, n_rows: int, fill: int) -> np.ndarray:
    """Room for at least so many rows, doubled each time."""
    if n_rows <= len(rows):
        return rows
    more = np.full((max(n_rows, 2 * len(rows)) - len(rows), *rows.shape[1:]), fill, dtype=rows.dtype)
    return np.concatenate([rows, more])
