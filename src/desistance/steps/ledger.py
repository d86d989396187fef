"""Hold every published claim against the findings, and look at it again under other reasonable choices."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from desistance.claims.alternatives import agreement, multiverse
from desistance.claims.checks import ledger
from desistance.claims.definition import read_claims
from desistance.claims.domain_checks import overlaps
from desistance.claims.evidence import evidence_from_tables
from desistance.claims.practice import rates_from_table, shares_from_tables
from desistance.findings.tables import read_table, write_table
from desistance.settings import Inference
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study
from desistance.tallies import opened_tally, pair_counts

TABLES = ("estimates", "comparisons", "trends", "means", "provision", "rates", "themes")


def main(
    findings: Mapping[str, str],
    tally: Mapping[str, str],
    study: str | Path,
    inference: Mapping[str, Any],
    tables: Mapping[str, str],
) -> None:
    """Read findings, tally and claims; write the ledger and the alternatives, and say how many claims hold."""
    counted, definition, chosen = opened_tally(tally), read_study(Path(study)), Inference(**inference)
    claims = read_claims(Path(study), definition)
    found = {name: read_table(Path(findings[name])) for name in TABLES}
    evidence = evidence_from_tables(
        found, definition, counted.facts, significance_level=chosen.significance_level
    )
    evidence = replace(evidence, services=shares_from_tables(found), rates=rates_from_table(found["rates"]))
    if definition.combined is not None:
        evidence = replace(evidence, overlaps=overlaps(pair_counts(counted, definition, None)))
    headline = dict(ledger(claims, evidence)[["claim", "verdict_design_based"]].to_numpy())
    alternatives = multiverse(claims, counted, definition, chosen, headline)
    rows = ledger(claims, evidence, robustness=agreement(alternatives))
    for name, table in (("ledger", rows), ("multiverse", alternatives)):
        with whole(tables[name]) as part:
            write_table(table, part)
    _say_verdicts(rows)


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
        inference = choices(snakemake.input.inference)
        main(snakemake.input, snakemake.input, study, inference, snakemake.output)
