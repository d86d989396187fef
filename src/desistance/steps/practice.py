"""What services provide, and what coded comments speak of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desistance.findings.provision import provision, provision_delivery, rates
from desistance.findings.tables import write_table
from desistance.findings.themes import agreement, theme_delivery, theme_pairs, themes
from desistance.settings import Inference
from desistance.steps import choices, logged, whole
from desistance.study import read_study
from desistance.tallies import opened_tally

TABLES = (provision, rates, provision_delivery, themes, theme_pairs, theme_delivery, agreement)


def main(
    tally: Mapping[str, str], study: str | Path, inference: Mapping[str, Any], tables: Mapping[str, str]
) -> None:
    """Read the tally, write the tables."""
    counted, definition, chosen = opened_tally(tally), read_study(Path(study)), Inference(**inference)
    for find in TABLES:
        with whole(tables[find.__name__]) as part:
            write_table(find(counted, definition, chosen), part)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        study = Path(snakemake.input.study).parent
        main(snakemake.input, study, choices(snakemake.input.inference), snakemake.output)
