"""Count how many factors cases have: means and distributions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desistance.findings.numbers import mean_numbers, number_distributions
from desistance.findings.tables import write_table
from desistance.settings import Inference
from desistance.steps import logged, whole
from desistance.study import read_study
from desistance.tallies import read_tally


def main(
    tally: Mapping[str, str], study: str, inference: Mapping[str, Any], means: str, distributions: str
) -> None:
    """Read the tally, write both tables."""
    counted, definition = read_tally(tally), read_study(Path(study))
    with whole(means) as means_part, whole(distributions) as distributions_part:
        write_table(mean_numbers(counted, definition, Inference(**inference)), means_part)
        write_table(number_distributions(counted, definition), distributions_part)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, **snakemake.params, **snakemake.output)
