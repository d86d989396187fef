"""What services and coders told beside the records: small tables for the tally, the release and the reader."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

# Tables of the tally, as `desistance.tallies` describes them.
COUNTED = {
    "answers": {"service": pa.string(), "item": pa.string(), "answer": pa.string(), "n": pa.int64()},
    "passages": {
        "service": pa.string(),
        "theme": pa.string(),
        "direction": pa.string(),
        "n_passages": pa.int64(),
    },
    "codings": {
        "service": pa.string(),
        "theme": pa.string(),
        "codings": pa.string(),
        "n_passages": pa.int64(),
    },
}
# Tables for people; the rejects have the headings of their file beside these.
LISTED = {
    "quotes": ["theme", "direction", "excerpt"],
    "disagreements": ["passage", "service", "coder", "theme", "direction"],
    "rejected_services": ["file", "row", "rules"],
    "rejected_comments": ["file", "row", "rules"],
}
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Told:
    """Tables by name (of `COUNTED` and `LISTED`), row by row, and the account of what was read.

    The account holds `files` (name, sha256, n_rows), `n_read` = `n_accepted` + `n_rejected`, `rejected_by_rule`,
    `made_up` and what the report says is missing.
    """

    tables: Mapping[str, Rows] = field(default_factory=dict)
    account: Mapping[str, Any] | None = None


def told_table(name: str, told: Told) -> pa.Table:
    """One of the tables of `COUNTED`, without rows where nothing was told."""
    rows = told.tables.get(name, ())
    return pa.table(
        {column: pa.array([row[column] for row in rows], kind) for column, kind in COUNTED[name].items()}
    )


def write_listed(told: Told, paths: Mapping[str, Path]) -> None:
    """Write every table for people as CSV, without rows where nothing was told."""
    for name, columns in LISTED.items():
        rows = told.tables.get(name, ())
        headings = list(dict.fromkeys([*columns, *(key for row in rows for key in row)]))
        with paths[name].open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, headings, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
