"""Records with the table of services and coded comments: read together, counted as one tally."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from desistance.errors import RecordsError
from desistance.records.comments import Comments, coded_comments
from desistance.records.design_table import Sampling, sampled_services
from desistance.records.progress import Seen, not_shown
from desistance.records.services import described_services
from desistance.records.told import COUNTED, Told, told_table
from desistance.scan.pieces import Asked
from desistance.scan.scanning import Scanned, scan
from desistance.study import Study
from desistance.tallies import Tally

FEW = 10  # errors show no smaller number of rows


@dataclass(frozen=True)
class Read:
    """All that was read: `account` is the account of quality, `told` the tables of what services and coders told."""

    scanned: Scanned
    account: Mapping[str, Any]
    told: Told
    sampling: Sampling

    def tally(self, study: Study) -> Tally:
        """The tally with its facts.

        Raises
        ------
        TallyError
            No row was accepted, a service has no design, or the services are not what a sample of services can be.
        """
        practice = {name: told_table(name, self.told).to_pandas() for name in COUNTED}
        design = self.sampling.table.to_pandas() if study.design else None
        return self.scanned.counter.tally(self.account, practice=practice, design=design)


def read_together(
    files: Sequence[Path],
    asked: Asked,
    *,
    services: Path | None,
    comments: Sequence[Path],
    rejects: TextIO,
    counted: Sequence[Path] = (),
    n_processes: int | None = None,
    seen: Seen = not_shown,
) -> Read:
    """Read records, the table of services and coded comments; the other parameters are those of `scan`.

    Raises
    ------
    RecordsError
        A file cannot be read, or made-up and other records are mixed.
    """
    study = asked.study
    passages, asked = with_marks(asked, comments)
    scanned = scan(files, asked, rejects=rejects, counted=counted, n_processes=n_processes, seen=seen)
    sampling = _sampling(services, study, scanned)
    described = services and (study.services or not study.design)
    told = described_services(services, study, scanned.accepted.services) if described else Told()
    coded = passages.told(scanned.accepted) if passages else Told()
    beside = {"services": told.account, "comments": coded.account}
    _refuse_mixture(scanned.account, {**beside, "services": told.account or sampling.account})
    design = {"design": sampling.account} if study.design else {}
    account = {**scanned.account, **beside, **design}
    return Read(scanned, account, Told({**told.tables, **coded.tables}), sampling)


def with_marks(asked: Asked, comments: Sequence[Path]) -> tuple[Comments | None, Asked]:
    """The coded comments, and what is asked with the themes of each case; as it was without comments."""
    if not comments:
        return None, asked
    passages = coded_comments(comments, asked.study, key=asked.key)
    return passages, replace(asked, marks=passages.marks, looked_for=passages.cases)


def _sampling(services: Path | None, study: Study, scanned: Scanned) -> Sampling:
    """What the table of services says of sampling, where the study takes that from there."""
    if not study.design:
        return Sampling()
    if not services:
        raise RecordsError(
            "study.yaml takes strata or weights from the table of services (design), and none is given; "
            "name it in the configuration (records.services)"
        )
    return sampled_services(services, study, dict(sorted(scanned.accepted.services.items())))


def _refuse_mixture(records: Mapping[str, Any], told: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Made-up services or comments would pass for real ones beside real records, and the reverse."""
    for name, account in told.items():
        if account and account["n_read"] and account["made_up"] != records["made_up"]:
            which = (
                "made up and the records are not" if account["made_up"] else "not made up and the records are"
            )
            raise RecordsError(
                f"the {name} are {which}; made-up and other records must not be mixed: give records.files and "
                f"records.{name} of one kind (a column made_up marks what is made up)"
            )


def the_only(files: Sequence[Path]) -> Path | None:
    """The table of services, of which there may be one.

    Raises
    ------
    RecordsError
        There are several.
    """
    if len(files) > 1:
        raise RecordsError(
            f"records.services matches {len(files)} files; give one table of services, one row a service"
        )
    return next(iter(files), None)


def refuse_rejects(account: Mapping[str, Any], limit: float, rejects: Path | str) -> None:
    """Stop where more rows break a rule than agreed; `rejects` says where they can be looked at.

    Raises
    ------
    RecordsError
        More than the share `limit` were rejected, or all.
    """
    if account["n_rejected"] / account["n_read"] <= limit and account["n_accepted"]:
        return
    outcome = f"over the agreed limit of {100 * limit:g} per cent" if account["n_accepted"] else "every one"
    rules = ", ".join(f"{rule} ({_told(count)})" for rule, count in account["rejected_by_rule"].items())
    rows = "cases" if "gathered" in account else "rows"
    names = ", ".join(file["name"] for file in account["files"])
    raise RecordsError(
        f"{names}: {_told(account['n_rejected'])} of {_told(account['n_read'])} {rows} break a rule, {outcome} "
        f"(records.rejects_limit): {rules}; the rows and all their reasons are in {rejects}; correct them in the "
        "extract, translate codes in a mapping file, or raise the limit if they can be left out"
    )


def _told(count: int) -> str:
    """A number of rows as an error may say it, which others may read."""
    return f"{count:,}" if count >= FEW else f"fewer than {FEW}"
