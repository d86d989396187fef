"""Files of records in; typed records, rejects with every reason and an account of quality out."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute
from pyarrow import parquet

from desistance.errors import RecordsError
from desistance.records.derive import derived_columns
from desistance.records.formats import Batch
from desistance.records.gather import Gathered, gather
from desistance.records.identifiers import case_digest
from desistance.records.mapping import Source
from desistance.records.progress import Seen, not_shown
from desistance.records.rejects import shown_values
from desistance.records.sources import read_batches
from desistance.records.validation import check_batch, made_up_rows
from desistance.study import MADE_UP, MISSING, Study

MALFORMED = "wrong_number_of_values"


@dataclass(frozen=True)
class Accepted:
    """Which cases (digests of number and service) and services stand in the accepted rows; filled while reading."""

    cases: set[bytes] = field(default_factory=set)
    services: set[str] = field(default_factory=set)


@dataclass
class Account:
    """What happened to the rows of all files: `n_read` = `n_accepted` + `n_rejected`, always.

    Where several rows make a case, these count cases (and malformed rows, which are nobody's); `n_rows` counts the rows
    that are not malformed.
    """

    n_rows: int = 0
    n_read: int = 0
    n_accepted: int = 0
    n_made_up: int = 0
    n_malformed: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    missing: dict[str, Counter[str]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    first_date: str | None = None
    last_date: str | None = None

    @property
    def n_rejected(self) -> int:
        """Rows that break at least one rule."""
        return self.n_read - self.n_accepted


def ingest(
    files: list[Path],
    sources: Mapping[str, Source],
    study: Study,
    *,
    delimiter: str,
    encoding: str,
    key: bytes,
    records: Path,
    rejects: TextIO,
    marks: Mapping[bytes, str] | None = None,
    accepted: Accepted | None = None,
    sheet: str | None = None,
    scratch: Path | None = None,
    seen: Seen = not_shown,
) -> dict[str, Any]:
    """Read all files, write accepted rows to `records` (Parquet) and the others to `rejects` (CSV).

    `sources` is what `read_mapping` gives; `delimiter` and `encoding` are for CSV files, as in the configuration. `key`
    is what `identifiers.own_key` gives, for the digests of case numbers, which stand in `rejects` in their place.
    `seen` is told of every file and its rows, as `progress` gives it.

    Returns the account of quality: rows read, accepted and rejected, rejects by rule, missing by column and
    kind, and each file's name, digest and rows. Case numbers are used to find duplicates and then dropped; before
    that, `marks` gives each case (by digest, with its service) the themes of its comments, and `accepted` is filled.

    Raises
    ------
    RecordsError
        A file cannot be read, holds no rows, or made-up and other records are mixed.
    """
    account, numbers = Account(), set()
    writer = csv.writer(rejects, lineterminator="\n")
    writer.writerow(["file", "row", "rules", *study.record_columns])
    form = {"delimiter": delimiter, "encoding": encoding, "sheet": sheet, "scratch": scratch}

    def read(doing: str, place: int, path: Path) -> Iterator[Batch]:
        seen(0, doing=f"{doing} {path.name}" + f" ({place} of {len(files)})" * (len(files) > 1))
        yield from read_batches(path, sources, **form, seen=seen)

    in_turn = chain.from_iterable(read("Gathering", *each) for each in enumerate(files, 1))
    gathering = gather(in_turn, sources, study, key=key)
    output = None
    try:
        for place, path in enumerate(files, 1):
            before = account.n_rows + account.n_malformed
            for batch in read("Reading", place, path):
                gathered = gathering.kept(batch, account.n_rows) if gathering else Gathered(batch, {}, {})
                account.n_rows += len(batch.rows)
                account.n_made_up += made_up_rows(batch.table)
                taken, cases = _take_batch(gathered, path.name, sources, study, numbers, account, writer, key)
                taken = _joined(taken, cases, marks, accepted, key)
                output = output or parquet.ParquetWriter(records, taken.schema, compression="zstd")
                if taken.num_rows:
                    output.write_table(taken)
            _close_file(account, path, account.n_rows + account.n_malformed - before)
    finally:
        if output:
            output.close()
    if gathering and gathering.n_rows != account.n_rows:
        raise RecordsError(
            "the files changed while they were read; let them be written to the end, then run again"
        )
    _refuse_mixture(account)
    return _quality(account, study)


def _joined(
    taken: pa.Table,
    cases: pa.ChunkedArray,
    marks: Mapping[bytes, str] | None,
    accepted: Accepted | None,
    key: bytes,
) -> pa.Table:
    """Accepted rows with the themes of their comments; their cases and services go into `accepted`."""
    if marks is None and accepted is None:
        return taken
    pairs = zip(cases.to_pylist(), taken["service"].to_pylist(), strict=True)
    digests = [case_digest(*pair, key=key) for pair in pairs]
    if accepted is not None:
        accepted.cases.update(digests)
        accepted.services.update(taken["service"].unique().to_pylist())
    if marks is None:
        return taken
    return taken.append_column("marks", pa.array([marks.get(digest, "") for digest in digests], pa.string()))


def _take_batch(
    gathered: Gathered,
    name: str,
    sources: Mapping[str, Source],
    study: Study,
    seen: set[bytes],
    account: Account,
    writer: Any,
    key: bytes,
) -> tuple[pa.Table, pa.ChunkedArray]:
    """Write the rejects of a batch; give the accepted rows and, apart, their case numbers."""
    batch = gathered.batch
    derived = derived_columns(batch.table, sources, study, gathered.spells)
    table = _own_columns(batch.table, derived.columns, study)
    checked = check_batch(table, sources, study)
    numbered = _case_rules(table[study.case], seen, key)
    broken = {**numbered, **gathered.broken, **derived.broken, **checked.broken}
    bad = np.any(list(broken.values()), axis=0) if broken else np.zeros(len(batch.rows), dtype=bool)
    rejected = table.select(list(study.record_columns)).filter(pa.array(bad))
    texts = zip(*(column.to_pylist() for column in rejected.columns), strict=True)
    for number, values in zip(np.flatnonzero(bad), texts, strict=True):
        rules = [rule for rule, mask in broken.items() if mask[number]]
        shown = shown_values(dict(zip(rejected.column_names, values, strict=True)), rules, study, key=key)
        writer.writerow([name, batch.rows[number], ";".join(rules), *shown])
    for number in batch.malformed:  # its values may stand under the wrong headings, so none is shown
        writer.writerow([name, number, MALFORMED, *[""] * rejected.num_columns])
    accepted = checked.table.filter(pa.array(~bad))
    _count(account, batch, broken, accepted, study)
    return accepted, table[study.case].filter(pa.array(~bad))


def _own_columns(read: pa.Table, derived: Mapping[str, pa.Array], study: Study) -> pa.Table:
    """The study's columns and the mark of made-up records; what was only read to derive from ends here."""
    marks = [MADE_UP] if MADE_UP in read.column_names else []
    names = [*study.record_columns, *marks]
    return pa.table({name: derived[name] if name in derived else read[name] for name in names})


def _case_rules(column: pa.ChunkedArray, seen: set[bytes], key: bytes) -> dict[str, np.ndarray]:
    """Cases without a number, and every case after the first with the same number."""
    missing = np.zeros(len(column), dtype=bool)
    duplicate = np.zeros(len(column), dtype=bool)
    for number, value in enumerate(column.to_pylist()):
        text, digest = value.strip(), case_digest(value, key=key)
        missing[number] = not text
        duplicate[number] = bool(text) and digest in seen
        seen.add(digest)
    rules = {"case_missing": missing, "duplicate_case": duplicate}
    return {rule: mask for rule, mask in rules.items() if mask.any()}


def _count(
    account: Account, batch: Batch, broken: Mapping[str, np.ndarray], accepted: pa.Table, study: Study
) -> None:
    account.n_read += len(batch.rows) + len(batch.malformed)
    account.n_accepted += accepted.num_rows
    account.n_malformed += len(batch.malformed)
    account.rules.update({rule: int(mask.sum()) for rule, mask in broken.items()})
    if batch.malformed:
        account.rules[MALFORMED] += len(batch.malformed)
    for column in (*(division.column for division in study.divisions), *study.judgement_columns):
        values = accepted[column].combine_chunks().value_counts()
        counts = {pair["values"].as_py(): pair["counts"].as_py() for pair in values}
        account.missing.setdefault(column, Counter()).update({kind: counts.get(kind, 0) for kind in MISSING})
    if study.date and accepted.num_rows:
        span = pa.compute.min_max(accepted["date"]).as_py()
        first, last = span["min"].isoformat(), span["max"].isoformat()
        account.first_date = min(account.first_date or first, first)
        account.last_date = max(account.last_date or last, last)


def _close_file(account: Account, path: Path, n_rows: int) -> None:
    if n_rows == 0:
        raise RecordsError(f"{path} has headings but no rows; export it again")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    account.files.append({"name": path.name, "sha256": digest, "n_rows": n_rows})


def _refuse_mixture(account: Account) -> None:
    if account.n_made_up not in (0, account.n_rows):
        raise RecordsError(
            "some rows say in the column made_up that they are made up and others do not; "
            "made-up and other records must not be mixed: give records.files one kind only"
        )


def _quality(account: Account, study: Study) -> dict[str, Any]:
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
        "first_date": account.first_date,
        "last_date": account.last_date,
        "files": account.files,
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
