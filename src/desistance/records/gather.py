"""Several rows of a case made one: the row that counts, the spells of them all, or the items of a long layout.

The rows are read twice. The first time it is found which row of each case counts and what the others add; the second
time only these rows pass. In between a case costs 16 bytes, 5 for each column that all its rows must agree on, and 26
for each spell; in a long layout 2 for each item and value, and 5 for each other column. While its rows are looked for,
its digest costs some 170 more.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.agreement import Agreement
from desistance.records.derive import Spells, is_there, spells_of, typed_inputs
from desistance.records.formats import Batch
from desistance.records.identifiers import case_digest
from desistance.records.long_layout import LongRows, Wide
from desistance.records.mapping import Source
from desistance.records.typed import EPOCH, KNOWN, UNREADABLE, Typed, encoded, typed_column
from desistance.study import MISSING, Study
from desistance.study.derivations import DATE, EARLIEST, MOST_SERIOUS, WithinSpells

# A spell is packed as the day of its start, its state, the day of its end, its state; years have four digits.
STATE_BITS = 3
END_BITS = 25


@dataclass(frozen=True)
class Gathered:
    """The rows of a batch that count, the spells of their cases by derived column, and rules they break."""

    batch: Batch
    spells: Mapping[str, Spells]
    broken: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Gathering:
    """What the first reading found: the row of each case that counts, as the place of the row among all rows.

    `n_rows` is the number of all rows. `rows` are in order; `cases` says which case each belongs to; `spells` are in
    the order of `rows`, with the place in it as their owner. `broken` are rules that the rows of a case break together,
    as masks of shape (n_cases,).
    """

    n_rows: int
    rows: np.ndarray
    cases: np.ndarray
    spells: Mapping[str, Spells] = field(default_factory=dict)
    wide: Wide | None = None
    broken: Mapping[str, np.ndarray] = field(default_factory=dict)

    def refuse_other(self, n_rows: int) -> None:
        """Refuse files that had another number of rows when they were read again.

        Raises
        ------
        RecordsError
            They had.
        """
        if n_rows != self.n_rows:
            raise RecordsError(
                "the files changed while they were read; let them be written to the end, then run again"
            )

    def kept(self, batch: Batch, before: int) -> Gathered:
        """The rows of a batch that count; `before` is the number of rows in the batches before it.

        Malformed rows stay: nobody knows whose they are.
        """
        first, last = np.searchsorted(self.rows, [before, before + len(batch.rows)])
        here, cases = self.rows[first:last] - before, self.cases[first:last]
        table = batch.table.take(pa.array(here))
        columns, broken = self.wide.of(cases) if self.wide else ({}, {})
        for rule, mask in self.broken.items():
            broken[rule] = broken.get(rule, False) | mask[cases]
        broken = {rule: mask for rule, mask in broken.items() if mask.any()}
        for name, column in columns.items():
            table = table.append_column(name, column)
        spells = {name: _between(each, first, last) for name, each in self.spells.items()}
        return Gathered(replace(batch, rows=batch.rows[here], table=table), spells, broken)


def gather(
    batches: Iterable[Batch], sources: Mapping[str, Source], study: Study, *, key: bytes
) -> Gathering | None:
    """Read all rows once and find what counts of each case; None where a study has one row a case anyway.

    A row without a case number is a case of its own. Where the column to choose by cannot be read, that row counts, so
    that the case is rejected with its reason; where it is missing, the row counts only if the case has no other. In a
    long layout all rows that are equally good count together. A case whose rows disagree on what `Agreement` compares
    breaks the rule `rows_disagree:COLUMN`, whichever row counts: one number may stand for several children.
    """
    if not study.gathers:
        return None
    cases: dict[bytes | int, int] = {}
    chosen = _Chosen()
    spells: dict[str, list[np.ndarray]] = {}
    agreement = Agreement(study, sources) if study.one_row_per_case else None
    long_rows = LongRows(study, sources) if study.long else None
    n_rows = 0
    for batch in batches:
        own = _cases(batch.table[study.case], cases, n_rows, key)
        ranks = _ranks(batch.table, sources, study) if study.one_row_per_case else np.zeros(len(own))
        outdone = chosen.take(own, ranks, n_rows)
        n_rows += len(own)
        if agreement:
            agreement.take(own, len(cases), batch.table)
        if long_rows:
            equal = chosen.ranks_of(own) == ranks
            long_rows.forget(outdone, len(cases))
            long_rows.take(own[equal], len(cases), batch.table.filter(pa.array(equal)))
        if study.one_row_per_case:
            _collect(spells, own, batch.table, sources, study)
    rows = np.array(chosen.rows, dtype=np.int64)
    order = np.argsort(rows)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    found = {name: _in_order(parts, place) for name, parts in spells.items()}
    wide, broken = long_rows and long_rows.wide(), agreement.broken() if agreement else {}
    return Gathering(n_rows, rows[order], order, found, wide, broken)


def _cases(column: pa.ChunkedArray, cases: dict[bytes | int, int], before: int, key: bytes) -> np.ndarray:
    """The place of each row's case among all cases, in the order in which they first come."""
    found = (
        case_digest(text, key=key) if text.strip() else before + number
        for number, text in enumerate(column.to_pylist())
    )
    return np.fromiter((cases.setdefault(digest, len(cases)) for digest in found), np.int64, len(column))


class _Chosen:
    """The row of each case with the highest rank so far; of equal ones the first."""

    def __init__(self) -> None:
        self.rows = array("q")
        self._ranks = array("d")

    def take(self, cases: np.ndarray, ranks: np.ndarray, before: int) -> list[int]:
        """Add rows; give the cases of which an earlier row counts no more."""
        outdone = []
        for number, (case, rank) in enumerate(zip(cases.tolist(), ranks.tolist(), strict=True)):
            if case == len(self.rows):
                self.rows.append(before + number)
                self._ranks.append(rank)
            elif rank > self._ranks[case]:
                self.rows[case], self._ranks[case] = before + number, rank
                outdone.append(case)
        return outdone

    def ranks_of(self, cases: np.ndarray) -> np.ndarray:
        """The rank of the row that counts so far, of some cases."""
        return np.frombuffer(self._ranks)[cases] if len(cases) else np.zeros(0)


def _ranks(table: pa.Table, sources: Mapping[str, Source], study: Study) -> np.ndarray:
    """How much each row is the one that counts; infinite where that cannot be read, least where it is missing."""
    keep, name = study.one_row_per_case.keep, study.one_row_per_case.by
    if keep == MOST_SERIOUS:
        return _seriousness(table[name], sources[name], study)
    by = typed_column(table[name], sources[name], study, DATE)
    ranks = np.where(by.states == KNOWN, -by.values if keep == EARLIEST else by.values, -np.inf)
    return np.where(by.states == UNREADABLE, np.inf, ranks)


def _seriousness(column: pa.ChunkedArray, source: Source, study: Study) -> np.ndarray:
    levels = next(band.codes for band in study.bands if band.column == source.column)
    known = {code: float(number) for number, code in enumerate(levels)}
    known |= {code: -np.inf for code, state in study.codes.items() if state in MISSING}
    indices, texts = encoded(column)
    return np.array([known.get(source.codes.get(text, text), np.inf) for text in texts])[indices]


def _collect(
    spells: dict[str, list[np.ndarray]],
    cases: np.ndarray,
    table: pa.Table,
    sources: Mapping[str, Source],
    study: Study,
) -> None:
    """Add the spells of a batch, as cases and, below, start and end packed into one number."""
    derivations = [each for each in study.derivations if isinstance(each, WithinSpells)]
    if not derivations:
        return
    read = typed_inputs(table, sources, study)
    for derivation in derivations:
        found = spells_of(derivation, read)
        packed = _packed(found.start) << END_BITS | _packed(found.end)
        rows = np.stack([cases[found.owner], packed])[:, is_there(found)]
        spells.setdefault(derivation.column, []).append(rows)


def _packed(end: Typed) -> np.ndarray:
    """A day and what is known of it as one whole number."""
    days = np.where(end.states == KNOWN, end.values + EPOCH, 0).astype(np.int64)
    return days << STATE_BITS | (end.states.astype(np.int64) - UNREADABLE)


def _unpacked(numbers: np.ndarray) -> Typed:
    states = ((numbers & (2**STATE_BITS - 1)) + UNREADABLE).astype(np.int8)
    return Typed(np.where(states == KNOWN, (numbers >> STATE_BITS) - EPOCH, np.nan), states)


def _in_order(parts: list[np.ndarray], place: np.ndarray) -> Spells:
    """Spells of all batches, each once, in the order of the rows that count."""
    cases, packed = np.concatenate(parts, axis=1)
    owner = place[cases]
    order = np.lexsort((packed, owner))
    owner, packed = owner[order], packed[order]
    new = np.ones(len(owner), dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (packed[1:] != packed[:-1])
    owner, packed = owner[new], packed[new]
    return Spells(owner, _unpacked(packed >> END_BITS), _unpacked(packed & (2**END_BITS - 1)))


def _between(spells: Spells, first: int, last: int) -> Spells:
    begin, end = np.searchsorted(spells.owner, [first, last])
    here = slice(begin, end)
    return Spells(spells.owner[here] - first, spells.start.of(here), spells.end.of(here))
