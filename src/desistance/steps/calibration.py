"""Simulate on the sizes of a tally how often tests reject a true null and intervals hold the truth."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import pandas as pd

from desistance.calibration.markdown import markdown
from desistance.calibration.simulation import N_RUNS, calibrate
from desistance.findings.tables import write_table
from desistance.settings import Inference
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study
from desistance.tallies import read_tally

SECONDS_BETWEEN_MESSAGES = 5


def main(
    tally: Mapping[str, str],
    study: str | Path,
    inference: Mapping[str, Any],
    outputs: Mapping[str, str],
    *,
    n_runs: int = N_RUNS,
    n_processes: int = 1,
) -> None:
    """Simulate scenario by scenario and write the rates as a table and as Markdown."""
    counted, definition, chosen = read_tally(tally), read_study(Path(study)), Inference(**inference)
    parts, spoken = [], monotonic()
    for part in calibrate(counted, definition, chosen, n_runs=n_runs, n_processes=n_processes):
        parts.append(part)
        if monotonic() - spoken > SECONDS_BETWEEN_MESSAGES:
            LOG.info("%s scenarios simulated, %s rates", len(parts), sum(map(len, parts)))
            spoken = monotonic()
    table = pd.concat(parts, ignore_index=True)
    with whole(outputs["table"]) as path:
        write_table(table, path)
    with whole(outputs["markdown"]) as path:
        path.write_text(markdown(table), encoding="utf-8", newline="\n")
    _say(table)


def _say(table: pd.DataFrame) -> None:
    headline = table[table["role"] == "headline"]
    for quantity, rows in headline.groupby("quantity", sort=False):
        within = int((rows["verdict"] == "within").sum())
        LOG.info("headline %ss: %s of %s rates are within their band", quantity, within, len(rows))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        study = Path(snakemake.input.study).parent
        main(
            snakemake.input,
            study,
            choices(snakemake.input.inference),
            snakemake.output,
            n_processes=snakemake.threads,
        )
