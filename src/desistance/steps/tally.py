"""Count the accepted records, unless too many were rejected or something about them is odd."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import parquet

from desistance.errors import RecordsError
from desistance.findings.oddities import Oddity, oddities
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study
from desistance.tallies import count_records, write_tally

BATCH_ROWS = 2**18
FEW = 10  # errors show no smaller number of rows
PRACTICE = ("answers", "passages", "codings")


def main(
    records: str,
    quality: str,
    study: str | Path,
    rejects_limit: float,
    allow: list[str],
    tally: Mapping[str, str],
    practice: Mapping[str, str],
    design: str | None = None,
) -> None:
    """Stop on rejects over the limit and on oddities that are not allowed; else count and write."""
    account = json.loads(Path(quality).read_text(encoding="utf-8"))
    _refuse_rejects(account, rejects_limit, Path(quality).with_name("rejects.csv"))
    definition = read_study(Path(study))
    told = {name: pd.read_parquet(path) for name, path in practice.items()}
    drawn = pd.read_parquet(design) if design and definition.design else None
    counted = count_records(_batches(records), definition, account, practice=told, design=drawn)
    found = oddities(counted, definition)
    _refuse_oddities(found, allow)
    for oddity in found:
        LOG.info("accepted as odd (%s): %s", oddity.check, oddity.text)
    counted = replace(counted, facts={**counted.facts, "oddities": [asdict(oddity) for oddity in found]})
    with ExitStack() as stack:
        write_tally(counted, {name: stack.enter_context(whole(path)) for name, path in tally.items()})
    LOG.info("%s cases in %s services counted", f"{account['n_accepted']:,}", f"{len(counted.services):,}")


def _batches(records: str) -> Iterator[pd.DataFrame]:
    """The records, some at a time, so that memory does not grow with the extract."""
    with parquet.ParquetFile(records) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield batch.to_pandas()


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
    with logged(snakemake.log[0]):
        study = Path(snakemake.input.study).parent
        main(
            snakemake.input.records,
            snakemake.input.quality,
            study,
            **choices(snakemake.input.limits),
            tally=snakemake.output,
            practice={name: snakemake.input[name] for name in PRACTICE},
            design=snakemake.input.design,
        )
