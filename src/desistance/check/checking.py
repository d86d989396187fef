"""One check of an extract: read what can be read, ask everything, and never stop at the first mistake."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desistance.check.beside import SERVICES, Beside, all_comments, found_files, table_of_services
from desistance.check.beside_rules import beside_findings, design_findings, files_beside
from desistance.check.cases import gathered_findings, look_alikes
from desistance.check.coding import coding_findings
from desistance.check.columns import columns_read
from desistance.check.counted import Counted, counted, only_with
from desistance.check.dates import date_findings
from desistance.check.definition import SEVERITIES, STOPS, Finding, Report
from desistance.check.headings import files_read, heading_findings
from desistance.check.patterns import contradictions, odd_findings, service_sizes, share_findings
from desistance.check.rules import rule_findings, too_many_rejects
from desistance.check.scan import Scan, scan
from desistance.check.visible import visible
from desistance.errors import RecordsError
from desistance.records.mapping import Source, read_mapping
from desistance.records.progress import Seen, not_shown
from desistance.study import Study


class EveryCase:
    """Holds whatever case is looked for."""

    def __contains__(self, _: object) -> bool:
        return True


NOTHING = Counted(None, (), (), False)


@dataclass(frozen=True)
class Asked:
    """What to check and how a run would read it; the fields are those of the configuration.

    `scratch` is a private folder for what must be written while checking; `today` is the day after which a date lies
    in the future; counts from 1 to `threshold` - 1 are not told. `services` and `comments` are paths or patterns.
    """

    files: tuple[Path, ...]
    study: Study
    mapping: Path | None
    delimiter: str
    encoding: str
    sheet: str | None
    services: str | None
    rejects_limit: float
    allow: tuple[str, ...]
    threshold: int
    scratch: Path
    today: dt.date
    comments: tuple[str, ...] = ()

    @property
    def reading(self) -> dict[str, Any]:
        """How files are read."""
        return {
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            "sheet": self.sheet,
            "scratch": self.scratch,
        }


def check_records(asked: Asked, *, seen: Seen = not_shown) -> Report:
    """Find whatever is wrong or odd about an extract, its mapping and its codes; `seen` is told of files and rows.

    Raises
    ------
    OSError
        The scratch folder cannot be written.
    """
    mistakes: list[Finding] = []
    try:
        sources = read_mapping(asked.mapping, asked.study)
    except RecordsError as error:
        mistakes = list(_mapping_findings(str(error), asked.mapping))
        # Without it nothing is known of the headings; the files are looked at all the same.
        sources = read_mapping(None, asked.study)
    key = secrets.token_bytes(32)  # for digests of this check alone: none is kept or shown
    found = scan(asked.files, sources, asked.study, reading=asked.reading, key=key, seen=seen)
    told = NOTHING if mistakes else _counted(asked, found, sources, key, seen)
    rows, files = files_read(found, sources, asked.threshold)
    beside = list(_beside(asked, told, key, seen))
    if mistakes:
        findings = [*mistakes, *_unread(found, sources, asked.study)]
    else:
        findings = list(_findings(asked, found, sources, told))
    findings += _beside_findings(asked, told, beside)
    return Report(
        study=asked.study.id,
        title=asked.study.title,
        made_up=bool(told.account and told.account["made_up"]),
        threshold=asked.threshold,
        rows=rows,
        files=(*files, *(file for each in beside for file in files_beside(each, asked.threshold))),
        columns=() if mistakes else columns_read(found, sources, asked.study, asked.threshold),
        findings=tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))),
    )


def _mapping_findings(message: str, path: Path | None) -> Iterator[Finding]:
    """One finding for each mistake of a mapping."""
    first, *others = message.splitlines()
    for line in others or [first]:
        yield Finding(
            STOPS,
            "mapping",
            path.name if path else "",
            visible(line.strip().removeprefix("- "), 600),
            "Correct the mapping and check again: the columns are looked at when it can be read.",
        )


def _unread(found: Scan, sources: Mapping[str, Source], study: Study) -> Iterator[Finding]:
    """Files that cannot be read, whatever the mapping says."""
    return (each for each in heading_findings(found, sources, study) if each.check == "file_not_read")


def _beside(asked: Asked, told: Counted, key: bytes, seen: Seen) -> Iterator[Beside]:
    """The table of services and coded comments, where they are named."""
    if asked.services is not None:
        seen(0, doing="Looking at the table of services")
        yield table_of_services(asked.services, asked.study, told.accepted)
    if asked.comments:
        seen(0, doing="Looking at coded comments")
        yield all_comments(asked.comments, asked.study, told.accepted, key=key)


def _beside_findings(asked: Asked, told: Counted, beside: list[Beside]) -> Iterator[Finding]:
    made_up = told.account["made_up"] if told.account else None
    known = {mistake for each in beside for _, mistake in each.mistakes}
    wrong = "" if told.design in known else told.design
    yield from design_findings(wrong, asked.services, asked.study)
    for each in beside:
        yield from beside_findings(each, asked.study, made_up=made_up, threshold=asked.threshold)


def _counted(asked: Asked, found: Scan, sources: Mapping[str, Source], key: bytes, seen: Seen) -> Counted:
    """What a run would find, with the columns that all readable files have."""
    readable = [file for file in found.files if file.mistake is None and file.n_rows]
    columns = set(sources).difference(*(file.missing for file in readable))
    study = asked.study if len(columns) == len(sources) else only_with(asked.study, columns)
    if not readable or study is None:
        return NOTHING
    services, _ = found_files([asked.services] if asked.services else [], SERVICES)
    return counted(
        [file.path for file in readable],
        {name: source for name, source in sources.items() if name in columns},
        study,
        reading=asked.reading,
        services=services[0] if len(services) == 1 else None,
        key=key,
        looked_for=EveryCase() if asked.comments else (),
        seen=seen,
    )


def _findings(asked: Asked, found: Scan, sources: Mapping[str, Source], told: Counted) -> Iterator[Finding]:
    study, threshold = asked.study, asked.threshold
    # Where the rows cannot be counted, that is to be mended first, and any rule may stop the run after it.
    stops = told.account is None or too_many_rejects(told.account, asked.rejects_limit)
    yield from heading_findings(found, sources, study)
    yield from (
        Finding(STOPS, "records", "records", visible(mistake, 600), "Mend this and check again.")
        for mistake in told.mistakes
    )
    columns = columns_read(found, sources, study, threshold)
    if told.account:
        yield from rule_findings(
            told.account, study, told=set(sources), limit=asked.rejects_limit, threshold=threshold
        )
        yield from gathered_findings(told.account, study, threshold)
    yield from look_alikes(found.cases, found.services, study, threshold)
    yield from coding_findings(found, sources, columns, study, stops=stops)
    yield from odd_findings(told.odd, asked.allow)
    yield from date_findings(found, sources, study, today=asked.today, stops=stops, threshold=threshold)
    yield from contradictions(found, study, stops=stops, threshold=threshold)
    yield from share_findings(found, sources, study, counted=told.is_counted)
    yield from service_sizes(found.services, study, threshold)
