"""Rows of records in; accepted cases as codes, rejects with every reason and an account of quality out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.coded import Coded
from desistance.records.derive import derived_columns
from desistance.records.formats import Batch
from desistance.records.gather import Gathered, Gathering
from desistance.records.identifiers import case_digest
from desistance.records.mapping import Source
from desistance.records.numbers import number_digests
from desistance.records.rejects import shown_values
from desistance.records.typed import EPOCH
from desistance.records.validation import check_batch, made_up_rows
from desistance.study import MADE_UP, MISSING, STATES, Study

MALFORMED = "wrong_number_of_values"
# Stands for the digest where there is no case number; no two of these are the same case.
NOBODY = np.zeros(2, dtype=np.uint64)
FIRST_MISSING = STATES.index(MISSING[0])
Taken = Callable[[Coded], None]
Numbered = Callable[[np.ndarray], None]
Reject = Callable[[str, int, list[str]], None]


@dataclass(frozen=True)
class Accepted:
    """Which cases and services stand in the accepted rows; filled while reading.

    `services` counts the cases of each service. `cases` are digests of number and service, of those cases alone that
    were looked for.
    """

    cases: set[bytes] = field(default_factory=set)
    services: Counter[str] = field(default_factory=Counter)


@dataclass
class Account:
    """What happened to the rows of all files: `n_read` = `n_accepted` + `n_rejected`, always.

    Where several rows make a case, these count cases (and malformed rows, which are nobody's); `n_rows` counts the rows
    that are not malformed. `first_day` and `last_day` are days since 1970.
    """

    n_rows: int = 0
    n_read: int = 0
    n_accepted: int = 0
    n_made_up: int = 0
    n_malformed: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    missing: dict[str, Counter[str]] = field(default_factory=dict)
    first_day: int | None = None
    last_day: int | None = None

    @property
    def n_rejected(self) -> int:
        """Rows that break at least one rule."""
        return self.n_read - self.n_accepted

    def add(self, other: Account) -> None:
        """Add what happened to other rows."""
        for name in ("n_rows", "n_read", "n_accepted", "n_made_up", "n_malformed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rules.update(other.rules)
        for column, kinds in other.missing.items():
            self.missing.setdefault(column, Counter()).update(kinds)
        for name, choose in (("first_day", min), ("last_day", max)):
            days = [day for day in (getattr(self, name), getattr(other, name)) if day is not None]
            setattr(self, name, choose(days, default=None))


class Reading:
    """Batches of rows taken one after another: accepted cases are given on, all else is kept here.

    Attributes
    ----------
    account
        What happened to the rows.
    accepted
        Cases and services of the accepted rows; cases only where there are comments.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        study: Study,
        *,
        key: bytes,
        take: Taken,
        number: Numbered,
        reject: Reject,
        marks: Mapping[bytes, str] | None = None,
        looked_for: Container[bytes] = (),
        again: np.ndarray | None = None,
    ) -> None:
        """Begin.

        Parameters
        ----------
        key
            What `identifiers.own_key` gives, for digests of case numbers, which stand in `rejects` in their place.
        take
            Is given the accepted cases, batch by batch.
        number
            Is given the digests of the case numbers of all rows, batch by batch, as `number_digests` makes them.
        reject
            Is given each reject: its file, its row as a spreadsheet numbers it, and a list of its rules, joined by ;,
            and what may be seen of its values.
        marks
            Themes of the comments of each case, by digest of the case with its service.
        looked_for
            Digests of cases with their services that are to be noted where they are accepted.
        again
            Rows, counted from 0, whose case number stood in an earlier row; what `repeated` finds in the digests.
        """
        self.account = Account()
        self.accepted = Accepted()
        self._sources, self._study, self._key, self._give = sources, study, key, take
        self._number = number
        self._reject, self._marks, self._looked_for = reject, marks, looked_for
        self._again = np.zeros(0, dtype=np.int64) if again is None else again
        self._n_before = 0

    def take(self, batch: Batch, name: str, gathering: Gathering | None = None) -> None:
        """Take the rows of a batch of the file `name`; only those that count, where several rows make a case."""
        self.account.n_made_up += made_up_rows(batch.table)
        n_before = self.account.n_rows
        self.account.n_rows += len(batch.rows)
        self._take(gathering.kept(batch, n_before) if gathering else Gathered(batch, {}, {}), name)

    def _take(self, gathered: Gathered, name: str) -> None:
        batch, study = gathered.batch, self._study
        derived = derived_columns(batch.table, self._sources, study, gathered.spells)
        table = _own_columns(batch.table, derived.columns, study)
        checked = check_batch(table, self._sources, study)
        broken = {**self._case_rules(table), **gathered.broken, **derived.broken, **checked.broken}
        bad = np.any(list(broken.values()), axis=0) if broken else None
        # The values of a malformed row may stand under the wrong headings, so none is shown.
        malformed = [(row, [MALFORMED, *[""] * len(study.record_columns)]) for row in sorted(batch.malformed)]
        rejects = () if bad is None else self._rejects(table, batch, broken, bad)
        for row, told in merge(rejects, malformed, key=itemgetter(0)):
            self._reject(name, row, told)
        good = slice(None) if bad is None else ~bad
        cases = checked.cases.of(good)
        self._note(cases)
        if self._marks is not None or self._looked_for:
            cases = self._joined(table, good, cases)
        self._count(batch, broken, cases)
        if cases.n_cases:
            self._give(cases)

    def _case_rules(self, table: pa.Table) -> dict[str, np.ndarray]:
        """Cases without a number, and every case after the first with the same number."""
        n_rows = table.num_rows
        digests, missing = number_digests(table[self._study.case], key=self._key)
        self._number(np.where(missing[:, None], NOBODY, digests) if missing.any() else digests)
        duplicate = np.zeros(n_rows, dtype=bool)
        first, last = np.searchsorted(self._again, [self._n_before, self._n_before + n_rows])
        duplicate[self._again[first:last] - self._n_before] = True
        self._n_before += n_rows
        rules = {"case_missing": missing, "duplicate_case": duplicate}
        return {rule: mask for rule, mask in rules.items() if mask.any()}

    def _rejects(
        self, table: pa.Table, batch: Batch, broken: Mapping[str, np.ndarray], bad: np.ndarray
    ) -> Iterator[tuple[int, list[str]]]:
        """Rows that break a rule, and what is told of each."""
        places = np.flatnonzero(bad)
        rejected = table.select(list(self._study.record_columns)).take(pa.array(places))
        rows = zip(*(column.to_pylist() for column in rejected.columns), strict=True)
        for place, values in zip(places, rows, strict=True):
            rules = [rule for rule, mask in broken.items() if mask[place]]
            texts = {column: value or "" for column, value in zip(rejected.column_names, values, strict=True)}
            shown = shown_values(texts, rules, self._study, key=self._key)
            yield int(batch.rows[place]), [";".join(rules), *shown]

    def _note(self, cases: Coded) -> None:
        """Count the accepted cases of each service."""
        counts = np.bincount(cases.service, minlength=len(cases.services)).tolist()
        for name, n in zip(cases.services, counts, strict=True):
            if n:
                self.accepted.services[name] += n

    def _joined(self, table: pa.Table, good: slice | np.ndarray, cases: Coded) -> Coded:
        """Accepted cases with the themes of their comments; those that are looked for are noted."""
        numbers = np.array(table[self._study.case].to_pylist(), dtype=object)[good]
        services = (cases.services[place] for place in cases.service.tolist())
        pairs = zip(numbers.tolist(), services, strict=True)
        digests = [case_digest(number or "", service, key=self._key) for number, service in pairs]
        self.accepted.cases.update(digest for digest in digests if digest in self._looked_for)
        if self._marks is None:
            return cases
        return replace(
            cases, marks=np.array([self._marks.get(digest, "") for digest in digests], dtype=object)
        )

    def _count(self, batch: Batch, broken: Mapping[str, np.ndarray], cases: Coded) -> None:
        study, seen = self._study, Account()
        seen.n_malformed = len(batch.malformed)
        seen.n_read = len(batch.rows) + seen.n_malformed
        seen.n_accepted = cases.n_cases
        seen.rules.update({rule: int(mask.sum()) for rule, mask in broken.items()})
        if batch.malformed:
            seen.rules[MALFORMED] += len(batch.malformed)
        first = {division.column: len(division.codes) for division in study.divisions}
        for column, codes in {**cases.judgements, **cases.divisions}.items():
            kinds = enumerate(MISSING, first.get(column, FIRST_MISSING))
            seen.missing[column] = Counter({kind: int(np.count_nonzero(codes == n)) for n, kind in kinds})
        if cases.days is not None and cases.n_cases:
            seen.first_day, seen.last_day = int(cases.days.min()), int(cases.days.max())
        self.account.add(seen)


def _own_columns(read: pa.Table, derived: Mapping[str, pa.Array], study: Study) -> pa.Table:
    """The study's columns and the mark of made-up records; what was only read to derive from ends here."""
    marks = [MADE_UP] if MADE_UP in read.column_names else []
    names = [*study.record_columns, *marks]
    return pa.table({name: derived[name] if name in derived else read[name] for name in names})


def quality(account: Account, files: Sequence[Mapping[str, Any]], study: Study) -> dict[str, Any]:
    """The account as it stands in `quality.json` and a tally's facts; `files` have name, digest and number of rows.

    Raises
    ------
    RecordsError
        Made-up and other records are mixed.
    """
    if account.n_made_up not in (0, account.n_rows):
        raise RecordsError(
            "some rows say in the column made_up that they are made up and others do not; "
            "made-up and other records must not be mixed: give records.files one kind only"
        )
    n_cases = account.n_read - account.n_malformed
    gathered = {"gathered": {"n_rows": account.n_rows, "n_cases": n_cases}} if study.gathers else {}
    return {
        "study": study.id,
        "study_sha256": study.digest,
        "definitions": study.definitions,
        "levels": study.levels,
        "made_up": account.n_made_up > 0,
        "n_read": account.n_read,
        "n_accepted": account.n_accepted,
        "n_rejected": account.n_rejected,
        "rejected_by_rule": dict(sorted(account.rules.items())),
        "missing": [
            {"column": column, "label": label, **{kind: account.missing[column][kind] for kind in MISSING}}
            for column, label in _labels(study)
        ],
        "first_date": _iso(account.first_day),
        "last_date": _iso(account.last_day),
        "files": list(files),
        **gathered,
    }


def _labels(study: Study) -> Iterator[tuple[str, str]]:
    for division in study.divisions:
        yield division.column, division.label
    done = set()
    for measure in study.measures:
        for item in measure.items:
            if not item.derived and item.column not in done:
                done.add(item.column)
                yield (
                    item.column,
                    item.label if len(measure.items) == 1 else f"{item.label} ({measure.label.lower()})",
                )


def _iso(day: int | None) -> str | None:
    return None if day is None else dt.date.fromordinal(day + EPOCH).isoformat()
