"""Read and count records, unless too many are rejected or something about them is odd."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from desistance.errors import RecordsError
from desistance.findings.oddities import Oddity, oddities
from desistance.records.progress import progress
from desistance.records.told import LISTED, write_listed
from desistance.scan.pieces import asked_as_chosen
from desistance.scan.together import Read, read_together
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study
from desistance.tallies import write_tally

FEW = 10  # errors show no smaller number of rows


def main(
    files: Sequence[str],
    services: Sequence[str],
    comments: Sequence[str],
    study: str | Path,
    reading: Mapping[str, Any],
    limits: Mapping[str, Any],
    tally: Mapping[str, str],
    listed: Mapping[str, str],
    counted: Sequence[str] = (),
    n_processes: int | None = None,
) -> None:
    """Read all and say how many rows; stop on rejects over the limit and on oddities that are not allowed; else write.

    `listed` are paths of what is there to be looked at, whatever stops the run: rejects, the account of quality and the
    tables of `told.LISTED`. `counted` are parts that other jobs counted.
    """
    definition = read_study(Path(study))
    with ExitStack() as stack:
        parts = {name: stack.enter_context(whole(path)) for name, path in listed.items()}
        asked = asked_as_chosen(definition, reading, Path(listed["rejects"]).parent)
        with (
            parts["rejects"].open("w", encoding="utf-8", newline="") as rejects,
            progress("Reading records") as seen,
        ):
            read = read_together(
                [Path(name) for name in files],
                asked,
                services=_only(services),
                comments=[Path(name) for name in comments],
                rejects=rejects,
                counted=[Path(name) for name in counted],
                n_processes=n_processes,
                seen=seen,
            )
        write_listed(read.told, {name: parts[name] for name in LISTED})
        text = json.dumps(read.account, indent=1, ensure_ascii=False) + "\n"
        parts["quality"].write_text(text, encoding="utf-8")
    _say_read(read)
    _refuse_rejects(read.account, limits["rejects_limit"], Path(listed["rejects"]))
    counts = read.tally(definition)
    found = oddities(counts, definition)
    _refuse_oddities(found, limits["allow"])
    for oddity in found:
        LOG.info("accepted as odd (%s): %s", oddity.check, oddity.text)
    counts = replace(counts, facts={**counts.facts, "oddities": [asdict(oddity) for oddity in found]})
    with ExitStack() as stack:
        write_tally(counts, {name: stack.enter_context(whole(path)) for name, path in tally.items()})
    LOG.info(
        "%s cases in %s services counted", f"{read.account['n_accepted']:,}", f"{len(counts.services):,}"
    )


def _only(files: Sequence[str]) -> Path | None:
    """The table of services, of which there may be one."""
    if len(files) > 1:
        raise RecordsError(
            f"records.services matches {len(files)} files; give one table of services, one row a service"
        )
    return next(map(Path, files), None)


def _say_read(read: Read) -> None:
    account = read.account
    for path in read.scanned.copies:
        LOG.info("%s has the content of another file and is left out", path.name)
    if "gathered" in account:
        LOG.info("{n_rows:,} rows gathered into {n_cases:,} cases".format(**account["gathered"]))
    _say("cases" if "gathered" in account else "rows", account)
    for name, part in (("services", account["services"]), ("codings", account["comments"])):
        if part:
            _say(name, part)


def _say(what: str, account: Mapping[str, Any]) -> None:
    LOG.info(
        "%s %s read = %s accepted + %s rejected",
        f"{account['n_read']:,}",
        f"made-up {what}" if account["made_up"] else what,
        f"{account['n_accepted']:,}",
        f"{account['n_rejected']:,}",
    )


def _refuse_rejects(account: Mapping[str, Any], limit: float, rejects: Path) -> None:
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


def _refuse_oddities(found: tuple[Oddity, ...], allow: list[str]) -> None:
    stop = [oddity for oddity in found if oddity.check not in allow]
    if stop:
        lines = [f"{oddity.check} at {oddity.where}: {oddity.text}" for oddity in stop]
        checks = ", ".join(dict.fromkeys(oddity.check for oddity in stop))
        raise RecordsError(
            "\n  ".join(
                [
                    "the records have oddities that are usually a mistake in the extract or its mapping:",
                    *lines,
                ]
            )
            + f"\n  if they are right as they are, add to records.allow in the configuration: {checks}"
        )


if __name__ == "__main__":
    with logged(snakemake.log.text):
        study = Path(snakemake.input.study).parent
        main(
            snakemake.input.files,
            snakemake.input.get("services", []),
            snakemake.input.get("comments", []),
            study,
            choices(snakemake.input.reading),
            choices(snakemake.input.limits),
            tally={name: path for name, path in snakemake.output.items() if name != "quotes"},
            listed={
                **{name: path for name, path in snakemake.log.items() if name != "text"},
                "quotes": snakemake.output.quotes,
            },
            counted=snakemake.input.get("parts", []),
            n_processes=snakemake.threads,
        )
