"""Hold every published claim against the findings."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from desistance.claims import Findings, ledger, read_claims
from desistance.findings.tables import read_table, write_table
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(restricted: Mapping[str, str], study: str, significance_level: float, table: str) -> None:
    """Read claims and findings, write the ledger and say how many claims hold."""
    definition = read_study(Path(study))
    findings = Findings(
        study=definition,
        estimates=read_table(Path(restricted["estimates"])),
        comparisons=read_table(Path(restricted["comparisons"])),
        means=read_table(Path(restricted["means"])),
        facts=json.loads(Path(restricted["facts"]).read_text(encoding="utf-8")),
        significance_level=significance_level,
    )
    rows = ledger(read_claims(Path(study), definition), findings)
    with whole(table) as part:
        write_table(rows, part)
    if rows.empty:
        LOG.info("the study lists no claims")
        return
    for method in ("published_method", "design_based"):
        counts = Counter(rows[f"verdict_{method}"])
        LOG.info(
            "%s: %s", method.replace("_", " "), ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        )


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, **snakemake.params, **snakemake.output)
