"""Estimate shares, compare subgroups, follow bands and count factors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desistance.findings.changes import Edition, changes
from desistance.findings.comparisons import comparisons
from desistance.findings.estimates import estimates
from desistance.findings.numbers import mean_numbers, number_distributions
from desistance.findings.stages import stages
from desistance.findings.tables import write_table
from desistance.findings.trends import trends
from desistance.settings import Inference
from desistance.steps import choices, logged, whole
from desistance.study import read_study
from desistance.tallies import opened_tally


def main(
    tally: Mapping[str, str],
    study: str | Path,
    inference: Mapping[str, Any],
    tables: Mapping[str, str],
    compare: Mapping[str, Any] | None = None,
) -> None:
    """Read the tally, and that of another edition if there is one; write the tables."""
    counted, definition, chosen = opened_tally(tally), read_study(Path(study)), Inference(**inference)
    other = Edition(opened_tally(_other(tally)), compare["same_services"]) if compare else None
    found = {
        "estimates": estimates(counted, definition, chosen),
        "comparisons": comparisons(counted, definition, chosen),
        "trends": trends(counted, definition, chosen),
        "means": mean_numbers(counted, definition, chosen),
        "distributions": number_distributions(counted, definition),
        "stages": stages(counted, definition, chosen),
        "changes": changes(counted, other, definition, chosen),
    }
    for name, path in tables.items():
        with whole(path) as part:
            write_table(found[name], part)


def _other(paths: Mapping[str, str]) -> dict[str, str]:
    """Files of the other edition's tally."""
    return {name.removeprefix("other_"): path for name, path in paths.items() if name.startswith("other_")}


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        study = Path(snakemake.input.study).parent
        compare = choices(snakemake.input.compare)
        main(snakemake.input, study, choices(snakemake.input.inference), snakemake.output, compare)
