"""Estimate every share, for everyone and in each subgroup."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desistance.findings.estimates import estimates
from desistance.findings.tables import write_table
from desistance.settings import Inference
from desistance.steps import logged, whole
from desistance.study import read_study
from desistance.tallies import read_tally


def main(tally: Mapping[str, str], study: str, inference: Mapping[str, Any], table: str) -> None:
    """Read the tally, write the estimates."""
    found = estimates(read_tally(tally), read_study(Path(study)), Inference(**inference))
    with whole(table) as part:
        write_table(found, part)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, **snakemake.params, **snakemake.output)
