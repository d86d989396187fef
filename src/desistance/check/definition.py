"""What a check finds: findings, and what was read of each column; only what may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

# From the most serious to the least.
STOPS, DOUBT, NOTE = "stops", "doubt", "note"
SEVERITIES = (STOPS, DOUBT, NOTE)


@dataclass(frozen=True)
class Finding:
    """One thing to know about the records, and what to do about it.

    `severity` is one of `SEVERITIES`: it stops a run, it is probably a mistake, or it is worth knowing. `check` names
    the kind of finding, `where` the file, column or part it is about, and `rows` says how many rows there are, as far
    as that may be said ("" where there is no such number). Where `text` and `advice` show codes of a file that are not
    the study's, `on_screen` says both without them, for a terminal.
    """

    severity: str
    check: str
    where: str
    text: str
    advice: str
    rows: str = ""
    on_screen: tuple[str, str] | None = None

    @property
    def for_screen(self) -> Finding:
        """The same for a terminal."""
        return replace(self, text=self.on_screen[0], advice=self.on_screen[1]) if self.on_screen else self


@dataclass(frozen=True)
class Value:
    """One value of a column, or several put together: how it is written, what it is read as, and its rows in words."""

    text: str
    label: str
    meaning: str
    rows: str


@dataclass(frozen=True)
class ColumnRead:
    """What was read of one column of the study.

    `heading` is that of the files and `file_label` what they say it means; `kind` is in words. `values` are its codes
    or, of dates, its years; empty where values may not be listed. `missing` gives the rows of each kind of missing, in
    words; empty where the column has none.
    """

    name: str
    label: str
    heading: str
    file_label: str
    kind: str
    found: bool
    values: tuple[Value, ...] = ()
    missing: Mapping[str, str] | None = None


@dataclass(frozen=True)
class FileRead:
    """One file: its name and rows in words, whether it could be read, its headings that are not, and what it holds.

    Of files that do not hold records, headings that are not read are not listed.
    """

    name: str
    rows: str
    read: bool
    unread: tuple[str, ...]
    holds: str = "records"


@dataclass(frozen=True)
class Report:
    """All that a check has found, most serious first. No count of 1 to `threshold` - 1 stands anywhere in it.

    `rows` are those of all files of records together; `files` lists these files first, then those beside them.
    """

    study: str
    title: str
    made_up: bool
    threshold: int
    rows: str
    files: tuple[FileRead, ...]
    columns: tuple[ColumnRead, ...]
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> bool:
        """Whether something would stop a run."""
        return any(finding.severity == STOPS for finding in self.findings)

    def of(self, severity: str) -> tuple[Finding, ...]:
        """Findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def as_record(self) -> dict[str, Any]:
        """The whole, for programs."""
        return {"stops": self.stops, **asdict(self)}
