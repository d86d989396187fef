"""What stands beside the records, the table of services and coded comments, read as far as it can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desistance.errors import DesistanceError, RecordsError
from desistance.records.comments import Comments, coded_comments
from desistance.records.design_table import sampled_services
from desistance.records.files import told_files
from desistance.records.ingest import Accepted
from desistance.records.services import described_services
from desistance.study import Study

SERVICES, COMMENTS = "services", "comments"
# Rules that ask what stands in the records.
JOINED = {"service_without_records", "case_without_record"}
Read = tuple[Sequence[Path], Comments]
Mistake = tuple[str, str]  # the file it is about, or the part, and what is wrong


@dataclass(frozen=True)
class Beside:
    """The table of services, or the coded comments, of an extract.

    `part` is `SERVICES` or `COMMENTS`. `files` has each file's name and rows, None where it cannot be read; `mistakes`
    would stop a run. `rejected` has, for each row that a run would leave out, the rules it breaks. `made_up` is None
    where that is not known. `matched` is whether services and cases could be looked for among the accepted records;
    then `n_bare` of `n_services` services with records have no accepted row.
    """

    part: str
    files: tuple[tuple[str, int | None], ...]
    mistakes: tuple[Mistake, ...]
    n_read: int = 0
    rejected: tuple[tuple[str, ...], ...] = ()
    made_up: bool | None = None
    matched: bool = False
    n_bare: int = 0
    n_services: int = 0


def table_of_services(pattern: str, study: Study, accepted: Accepted | None) -> Beside:
    """Read the table of services; `accepted` is None where too few records can be read to look for services in them."""
    paths, mistakes = found_files([pattern], SERVICES)
    if len(paths) > 1:
        text = f"records.services matches {len(paths)} files; give one table of services, one row a service"
        return Beside(SERVICES, tuple((path.name, None) for path in paths), ((SERVICES, text),))
    if not paths:
        return Beside(SERVICES, (), tuple(mistakes))
    path, account, rejects = paths[0], {}, ()
    if study.design:
        try:
            # Headings and made-up marks alone; what it says of each service is looked at when records are counted.
            account = sampled_services(path, study, {}).account
        except (DesistanceError, OSError) as error:
            mistakes.append((path.name, said(error, path)))
    if study.services or not study.design:
        services = accepted.services if accepted else ()
        try:
            told = described_services(path, study, services)
            account, rejects = told.account, told.tables["rejected_services"]
        except (DesistanceError, OSError) as error:
            mistakes.append((path.name, said(error, path)))
    return Beside(
        SERVICES,
        ((path.name, account.get("n_read")),),
        tuple(dict.fromkeys(mistakes)),
        account.get("n_read", 0),
        _rules(rejects, accepted),
        account.get("made_up"),
        accepted is not None,
        account.get("n_services_not_described", 0),
        len(accepted.services) if accepted else 0,
    )


def all_comments(patterns: Iterable[str], study: Study, accepted: Accepted | None, *, key: bytes) -> Beside:
    """Read coded comments; a file that cannot be read keeps no other back. `accepted` is as for the services.

    `key` is the one that the digests in `accepted` were made with.
    """
    paths, mistakes = found_files(patterns, COMMENTS)
    read, more = _readable(paths, study, key) if paths else ([], [])
    told = [each.told(accepted or Accepted()) for _, each in read]
    rows = {path: file["n_rows"] for some, each in read for path, file in zip(some, each.files, strict=True)}
    return Beside(
        COMMENTS,
        tuple((path.name, rows.get(path)) for path in paths),
        (*mistakes, *more),
        sum(each.account["n_read"] for each in told),
        _rules((row for each in told for row in each.tables["rejected_comments"]), accepted),
        read[0][1].made_up if len(read) == 1 and sum(rows.values()) else None,
        accepted is not None,
    )


def found_files(patterns: Iterable[str], part: str) -> tuple[list[Path], list[Mistake]]:
    """Files that match any of some patterns, each once and in order, and the patterns that nothing right matches."""
    found, mistakes = {}, []
    for pattern in patterns:
        try:
            for path in told_files(pattern, f"records.{part}"):
                found.setdefault(path.resolve(), path)
        except RecordsError as error:
            mistakes.append((part, str(error).replace(pattern, Path(pattern).name)))
    return sorted(found.values(), key=str), mistakes


def _readable(paths: Sequence[Path], study: Study, key: bytes) -> tuple[list[Read], list[Mistake]]:
    """Comments of the files that can be read, together unless that is what is wrong, and what is wrong with others."""
    try:
        return [(paths, coded_comments(paths, study, key=key))], []
    except (DesistanceError, OSError) as error:
        if study.codebook is None:
            return [], [(COMMENTS, str(error))]
        if len(paths) == 1:
            return [], [(paths[0].name, said(error, paths[0]))]
        together = (COMMENTS, str(error))
    apart = [_readable([path], study, key) for path in paths]
    mistakes = [mistake for _, found in apart for mistake in found]
    if not mistakes:
        return [each for read, _ in apart for each in read], [together]
    good = [path for path, (read, _) in zip(paths, apart, strict=True) if read]
    read, more = _readable(good, study, key) if good else ([], [])
    return read, [*mistakes, *more]


def said(error: Exception, path: Path) -> str:
    """What an error says of a file, by the file's name alone, whatever folder it is in."""
    if isinstance(error, OSError):
        return f"{path.name} cannot be opened: {error.strerror or type(error).__name__}"
    return str(error).replace(str(path), path.name)


def _rules(rejects: Iterable[Mapping[str, Any]], accepted: Accepted | None) -> tuple[tuple[str, ...], ...]:
    """Rules that each rejected row breaks, without those that could not be looked at."""
    left_out: Collection[str] = () if accepted else JOINED
    rules = [tuple(rule for rule in row["rules"].split(";") if rule not in left_out) for row in rejects]
    return tuple(filter(None, rules))
