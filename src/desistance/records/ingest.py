"""Files of records in; typed records, rejects with every reason and an account of quality out."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute
from pyarrow import parquet

from desistance.errors import RecordsError
from desistance.records.mapping import Source
from desistance.records.sources import Batch, read_batches
from desistance.records.validation import check_batch, made_up_rows
from desistance.study import MISSING, Study

MALFORMED = "wrong_number_of_values"


@dataclass(frozen=True)
class Accepted:
    """Which cases (digests of number and service) and services stand in the accepted rows; filled while reading."""

    cases: set[bytes] = field(default_factory=set)
    services: set[str] = field(default_factory=set)


def case_digest(number: str, service: str = "") -> bytes:
    """What stands for a case number, or for one in a service, in memory; nothing else of it is kept."""
    return hashlib.blake2b(f"{number.strip()}\0{service}".encode(), digest_size=16).digest()


@dataclass
class Account:
    """What happened to the rows of all files: `n_read` = `n_accepted` + `n_rejected`, always."""

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
    records: Path,
    rejects: TextIO,
    marks: Mapping[bytes, str] | None = None,
    accepted: Accepted | None = None,
) -> dict[str, Any]:
    """Read all files, write accepted rows to `records` (Parquet) and the others to `rejects` (CSV).

    `sources` is what `read_mapping` gives; `delimiter` and `encoding` are for CSV files, as in the configuration.

    Returns the account of quality: rows read, accepted and rejected, rejects by rule, missing by column and
    kind, and each file's name, digest and rows. Case numbers are used to find duplicates and then dropped; before
    that, `marks` gives each case (by digest, with its service) the themes of its comments, and `accepted` is filled.

    Raises
    ------
    RecordsError
        A file cannot be read, holds no rows, or made-up and other records are mixed.
    """
    account, seen = Account(), set()
    writer = csv.writer(rejects, lineterminator="\n")
    writer.writerow(["file", "row", "rules", *sources])
    output = None
    try:
        for path in files:
            before = account.n_read
            for batch in read_batches(path, sources, delimiter=delimiter, encoding=encoding):
                taken, cases = _take_batch(batch, path.name, sources, study, seen, account, writer)
                if marks is not None or accepted is not None:
                    digests = list(map(case_digest, cases.to_pylist(), taken["service"].to_pylist()))
                if marks is not None:
                    found = [marks.get(digest, "") for digest in digests]
                    taken = taken.append_column("marks", pa.array(found, pa.string()))
                if accepted is not None:
                    accepted.cases.update(digests)
                    accepted.services.update(taken["service"].unique().to_pylist())
                output = output or parquet.ParquetWriter(records, taken.schema, compression="zstd")
                if taken.num_rows:
                    output.write_table(taken)
            _close_file(account, path, account.n_read - before)
    finally:
        if output:
            output.close()
    _refuse_mixture(account)
    return _quality(account, study)


def _take_batch(
    batch: Batch,
    name: str,
    sources: Mapping[str, Source],
    study: Study,
    seen: set[bytes],
    account: Account,
    writer: Any,
) -> tuple[pa.Table, pa.ChunkedArray]:
    """Write the rejects of a batch; give the accepted rows and, apart, their case numbers."""
    checked = check_batch(batch.table, sources, study)
    broken = {**_case_rules(batch.table[study.case], seen), **checked.broken}
    bad = np.any(list(broken.values()), axis=0) if broken else np.zeros(len(batch.rows), dtype=bool)
    rejected = batch.table.select(list(sources)).filter(pa.array(bad))
    texts = zip(*(column.to_pylist() for column in rejected.columns), strict=True)
    for number, values in zip(np.flatnonzero(bad), texts, strict=True):
        rules = [rule for rule, mask in broken.items() if mask[number]]
        writer.writerow([name, batch.rows[number], ";".join(rules), *values])
    for number, text in batch.malformed.items():
        writer.writerow([name, number, MALFORMED, text])
    accepted = checked.table.filter(pa.array(~bad))
    _count(account, batch, broken, accepted, study)
    return accepted, batch.table[study.case].filter(pa.array(~bad))


def _case_rules(column: pa.ChunkedArray, seen: set[bytes]) -> dict[str, np.ndarray]:
    """Cases without a number, and every case after the first with the same number."""
    missing = np.zeros(len(column), dtype=bool)
    duplicate = np.zeros(len(column), dtype=bool)
    for number, value in enumerate(column.to_pylist()):
        text, digest = value.strip(), case_digest(value)
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
    account.n_made_up += made_up_rows(batch.table)
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
    if account.n_made_up not in (0, account.n_read - account.n_malformed):
        raise RecordsError(
            "some rows say in the column made_up that they are made up and others do not; "
            "made-up and other records must not be mixed: give records.files one kind only"
        )


def _quality(account: Account, study: Study) -> dict[str, Any]:
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
