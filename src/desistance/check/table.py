"""The whole of a check as one tidy table: a row a finding, a file, a column, a value, or a kind of missing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from desistance.check.definition import Report

HEADINGS = ("part", "severity", "check", "where", "heading", "value", "meaning", "rows", "text", "advice")
# A spreadsheet would take such a text for a formula.
FORMULAS = ("=", "+", "@", "-", "\t")


def report_rows(report: Report) -> Iterator[dict[str, str]]:
    """Rows under `HEADINGS`; what does not apply is left out."""
    for finding in report.findings:
        about = {heading: text for heading, text in vars(finding).items() if heading in HEADINGS}
        yield {"part": "finding", **about}
    yield {"part": "file", "where": "all files", "rows": report.rows}
    for file in report.files:
        text = "" if file.read else "not read"
        yield {"part": "file", "where": file.name, "meaning": file.holds, "rows": file.rows, "text": text}
        yield from ({"part": "heading_not_read", "where": file.name, "heading": name} for name in file.unread)
    for column in report.columns:
        place = {"where": column.name, "heading": column.heading}
        text = column.label if column.found else f"{column.label}; not found"
        yield {"part": "column", **place, "meaning": column.kind, "text": text}
        for value in column.values:
            about = {"value": value.text, "meaning": value.meaning, "rows": value.rows, "text": value.label}
            yield {"part": "value", **place, **about}
        for kind, rows in (column.missing or {}).items():
            yield {"part": "missing", **place, "value": kind, "rows": rows}


def write_rows(report: Report, out: TextIO) -> None:
    """Write the table as CSV; what a spreadsheet would take for a formula has an apostrophe before it."""
    writer = csv.DictWriter(out, HEADINGS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in report_rows(report):
        writer.writerow({heading: _harmless(text) for heading, text in row.items()})


def _harmless(text: str) -> str:
    is_number = text.replace(",", "").replace(".", "").removeprefix("-").isdigit()
    return f"'{text}" if text.startswith(FORMULAS) and not is_number else text
