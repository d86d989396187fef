"""Read and count records, unless too many are rejected or something about them is odd."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from desistance.errors import RecordsError
from desistance.findings.oddities import Oddity, oddities
from desistance.records.files import COUNTED
from desistance.records.passages import sorted_quotes
from desistance.records.progress import progress
from desistance.records.told import LISTED, Told, write_listed
from desistance.scan.pieces import asked_as_chosen
from desistance.scan.rejected import write_rejects
from desistance.scan.together import Read, read_together, refuse_rejects, the_only
from desistance.steps import LOG, choices, logged, whole
from desistance.study import Study, read_study
from desistance.tallies import Tally, add_tallies, write_tally
from desistance.tallies.combining import Combined, combined


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
    records = [Path(name) for name in files if not name.endswith(COUNTED)]
    carried = _carried([Path(name) for name in files if name.endswith(COUNTED)], definition)
    read = None
    with ExitStack() as stack:
        parts = {name: stack.enter_context(whole(path)) for name, path in listed.items()}
        if records:
            asked = asked_as_chosen(definition, reading, Path(listed["rejects"]).parent)
            with (
                parts["rejects"].open("w", encoding="utf-8", newline="") as rejects,
                progress("Reading records") as seen,
            ):
                read = read_together(
                    records,
                    asked,
                    services=the_only([Path(name) for name in services]),
                    comments=[Path(name) for name in comments],
                    rejects=rejects,
                    counted=[Path(name) for name in counted],
                    n_processes=n_processes,
                    seen=seen,
                )
        elif services or comments:
            raise RecordsError(
                "records.services and records.comments belong to records, and records.files names tallies alone, which "
                "hold what services and coders told; leave them out"
            )
        else:
            with parts["rejects"].open("w", encoding="utf-8", newline="") as rejects:
                write_rejects(rejects, [], definition)
        _write_listed(read, carried, definition, parts)
    if read:
        _say_read(read)
        refuse_rejects(read.account, limits["rejects_limit"], Path(listed["rejects"]))
    counts = _added(read, carried, definition)
    del read, carried  # which are as large
    found = oddities(counts, definition)
    _refuse_oddities(found, limits["allow"])
    for oddity in found:
        LOG.info("accepted as odd (%s): %s", oddity.check, oddity.text)
    counts = replace(counts, facts={**counts.facts, "oddities": [asdict(oddity) for oddity in found]})
    with ExitStack() as stack:
        write_tally(counts, {name: stack.enter_context(whole(path)) for name, path in tally.items()})
    LOG.info("%s cases in %s services counted", f"{counts.facts['n_cases']:,}", f"{len(counts.services):,}")


def _carried(paths: Sequence[Path], study: Study) -> Combined | None:
    """Tallies that were counted elsewhere, together."""
    if not paths:
        return None
    made = combined(paths, study=study)
    for remark in made.remarks:
        LOG.info("%s", remark)
    LOG.info("%s cases counted elsewhere, in %s parts", f"{made.tally.facts['n_cases']:,}", len(made.parts))
    return made


def _added(read: Read | None, carried: Combined | None, study: Study) -> Tally:
    """All together; through the same sum even if it is one, so that nobody sees in how many parts it was counted."""
    return add_tallies(each for each in (read and read.tally(study), carried and carried.tally) if each)


def _write_listed(
    read: Read | None, carried: Combined | None, study: Study, paths: Mapping[str, Path]
) -> None:
    """Write what is there to be looked at: of tallies that came from elsewhere the excerpts alone."""
    told = read.told if read else Told()
    quotes = [*told.tables.get("quotes", ()), *(carried.quotes if carried else ())]
    if study.codebook:
        told = replace(told, tables={**told.tables, "quotes": sorted_quotes(quotes, study.codebook)})
    write_listed(told, {name: paths[name] for name in LISTED})
    account = read.account if read else carried.tally.facts
    text = json.dumps(account, indent=1, ensure_ascii=False) + "\n"
    paths["quality"].write_text(text, encoding="utf-8")


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
