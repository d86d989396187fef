"""Estimate, compare, count factors, and hold every published claim against the result."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from desistance.claims import Findings, ledger, read_claims
from desistance.findings.comparisons import comparisons
from desistance.findings.estimates import estimates
from desistance.findings.numbers import mean_numbers, number_distributions
from desistance.findings.tables import write_table
from desistance.settings import Inference
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study
from desistance.tallies import read_tally


def main(
    tally: Mapping[str, str], study: str | Path, inference: Mapping[str, Any], tables: Mapping[str, str]
) -> None:
    """Read the tally and the claims, write every table and say how many claims hold."""
    counted, definition, chosen = read_tally(tally), read_study(Path(study)), Inference(**inference)
    claims = read_claims(Path(study), definition)
    found = {
        "estimates": estimates(counted, definition, chosen),
        "comparisons": comparisons(counted, definition, chosen),
        "means": mean_numbers(counted, definition, chosen),
        "distributions": number_distributions(counted, definition),
    }
    findings = Findings(
        study=definition,
        estimates=found["estimates"],
        comparisons=found["comparisons"],
        means=found["means"],
        facts=counted.facts,
        significance_level=chosen.significance_level,
    )
    found["ledger"] = ledger(claims, findings)
    for name, path in tables.items():
        with whole(path) as part:
            write_table(found[name], part)
    _say_verdicts(found["ledger"])


def _say_verdicts(rows: pd.DataFrame) -> None:
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
        study = Path(snakemake.input.study).parent
        main(snakemake.input, study, choices(snakemake.input.inference), snakemake.output)
