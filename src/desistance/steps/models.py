"""Combinations of factors, adjusted differences, variation between services, and what could have been seen."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from desistance.findings.adjusted import adjusted
from desistance.findings.combinations import combinations, pairs
from desistance.findings.precision import precision
from desistance.findings.tables import write_table
from desistance.findings.variation import funnel, variation
from desistance.settings import Inference
from desistance.steps import choices, logged, whole
from desistance.study import read_study
from desistance.tallies import opened_tally


def main(
    tally: Mapping[str, str], study: str | Path, inference: Mapping[str, Any], tables: Mapping[str, str]
) -> None:
    """Read the tally, write the tables. Adjusted differences take as long as all else, and are made beside it."""
    definition, chosen = read_study(Path(study)), Inference(**inference)
    counted = opened_tally(tally)
    with ThreadPoolExecutor(1) as beside:
        # With files of its own, which two threads cannot share.
        differences = beside.submit(adjusted, opened_tally(tally), definition, chosen)
        found = {
            "combinations": combinations(counted, definition),
            "pairs": pairs(counted, definition, chosen),
            "variation": variation(counted, definition, chosen),
            "funnel": funnel(counted, definition),
            "precision": precision(counted, definition, chosen),
        }
        found["adjusted"] = differences.result()
    for name, path in tables.items():
        with whole(path) as part:
            write_table(found[name], part)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        study = Path(snakemake.input.study).parent
        main(snakemake.input, study, choices(snakemake.input.inference), snakemake.output)
