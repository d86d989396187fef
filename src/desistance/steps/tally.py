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
from desistance.scan.together import Read, read_together, refuse_rejects, the_only
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study
from desistance.tallies import write_tally


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
                services=the_only([Path(name) for name in services]),
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
    refuse_rejects(read.account, limits["rejects_limit"], Path(listed["rejects"]))
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
