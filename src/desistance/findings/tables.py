"""The tidy tables of findings: their columns, and their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ESTIMATE_COLUMNS = [
    "measure",
    "item",
    "breakdown",
    "subgroup",
    "n_cases",
    "n_yes",
    "n_missing",
    "n_services",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "interval",
    "design_effect",
    "df",
    "icc",
    "status",
]
COMPARISON_COLUMNS = [
    "measure",
    "item",
    "breakdown",
    "reference",
    "subgroup",
    "method",
    "effect",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "statistic",
    "df1",
    "df2",
    "p_value",
    "p_holm",
    "p_bh",
    "family",
    "status",
]
MEAN_COLUMNS = [
    "item",
    "breakdown",
    "subgroup",
    "n_cases",
    "n_missing",
    "n_services",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "df",
    "status",
]
DISTRIBUTION_COLUMNS = ["breakdown", "subgroup", "n_factors", "n_cases", "estimate"]
LEDGER_COLUMNS = [
    "claim",
    "source",
    "statement",
    "published",
    "measure",
    "item",
    "breakdown",
    "computed",
    "verdict_published_method",
    "verdict_design_based",
    "basis",
    "robustness",
    "note",
]
TREND_COLUMNS = [
    "measure",
    "item",
    "breakdown",
    "method",
    "effect",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "statistic",
    "df1",
    "df2",
    "p_value",
    "p_holm",
    "p_bh",
    "family",
    "status",
]
COMBINATION_COLUMNS = [
    "breakdown",
    "subgroup",
    "combination",
    "n_factors",
    "n_cases",
    "estimate",
]
PAIR_COLUMNS = [
    "breakdown",
    "subgroup",
    "first",
    "second",
    "n_cases",
    "n_first",
    "n_second",
    "n_both",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "df",
    "status",
]
ADJUSTED_COLUMNS = [
    "measure",
    "item",
    "breakdown",
    "reference",
    "subgroup",
    "effect",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "statistic",
    "df",
    "p_value",
    "p_holm",
    "p_bh",
    "family",
    "odds_ratio",
    "n_cases",
    "n_services",
    "status",
    "note",
]
VARIATION_COLUMNS = [
    "measure",
    "item",
    "n_cases",
    "n_services",
    "estimate",
    "icc",
    "icc_ci_low",
    "icc_ci_high",
    "service_sd",
    "latent_icc",
    "p_value",
    "overdispersion",
    "n_outside_95",
    "n_outside_998",
    "shrunken_lowest",
    "shrunken_highest",
    "left_out_lowest",
    "left_out_highest",
    "status",
]
FUNNEL_COLUMNS = [
    "measure",
    "item",
    "n_cases",
    "estimate",
]
PRECISION_COLUMNS = [
    "measure",
    "item",
    "breakdown",
    "reference",
    "subgroup",
    "n_reference",
    "n_subgroup",
    "share",
    "design_effect",
    "df",
    "smallest_increase",
    "smallest_decrease",
    "power",
    "status",
]
MULTIVERSE_COLUMNS = [
    "claim",
    "alternative",
    "label",
    "verdict",
    "agrees",
]
CALIBRATION_COLUMNS = [
    "quantity",
    "method",
    "role",
    "breakdown",
    "kind",
    "base",
    "n_cases",
    "share",
    "icc",
    "nominal",
    "n_runs",
    "n_answered",
    "rate",
    "standard_error",
    "verdict",
]
COLUMNS = {
    "estimates": ESTIMATE_COLUMNS,
    "comparisons": COMPARISON_COLUMNS,
    "trends": TREND_COLUMNS,
    "means": MEAN_COLUMNS,
    "distributions": DISTRIBUTION_COLUMNS,
    "combinations": COMBINATION_COLUMNS,
    "pairs": PAIR_COLUMNS,
    "adjusted": ADJUSTED_COLUMNS,
    "variation": VARIATION_COLUMNS,
    "funnel": FUNNEL_COLUMNS,
    "precision": PRECISION_COLUMNS,
    "multiverse": MULTIVERSE_COLUMNS,
    "ledger": LEDGER_COLUMNS,
    "calibration": CALIBRATION_COLUMNS,
}
TEXT = {
    *(
        "measure",
        "item",
        "breakdown",
        "reference",
        "subgroup",
        "method",
        "effect",
        "interval",
        "family",
        "status",
        "note",
    ),
    *("combination", "first", "second", "claim", "alternative", "label", "verdict", "agrees"),
    *("quantity", "role", "kind", "base"),
    *(name for name in LEDGER_COLUMNS if name != "robustness"),
}


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write one tidy table, with the same bytes everywhere; a number that is not available is empty."""
    table.to_csv(path, index=False, lineterminator="\n", float_format="%.12g")


def read_table(path: Path) -> pd.DataFrame:
    """Read one tidy table; text stays text: an empty subgroup is "", and a level such as "0" is not a number."""
    import pandas as pd

    names = pd.read_csv(path, nrows=0).columns
    numbers = {name: [""] for name in names if name not in TEXT}
    text = {name: str for name in names if name in TEXT}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=numbers)
