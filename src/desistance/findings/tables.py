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
    "computed",
    "verdict_published_method",
    "verdict_design_based",
    "basis",
    "robustness",
    "note",
]
NUMBERS = {
    *(
        "n_cases",
        "n_yes",
        "n_missing",
        "n_services",
        "n_factors",
        "estimate",
        "standard_error",
        "ci_low",
        "ci_high",
    ),
    *("design_effect", "df", "df1", "df2", "icc", "statistic", "p_value", "p_holm", "p_bh"),
}


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write one tidy table, with the same bytes everywhere; a number that is not available is empty."""
    table.to_csv(path, index=False, lineterminator="\n", float_format="%.12g")


def read_table(path: Path) -> pd.DataFrame:
    """Read one tidy table; text stays text: an empty subgroup is "", and a level such as "0" is not a number."""
    import pandas as pd

    names = pd.read_csv(path, nrows=0).columns
    numbers = {name: [""] for name in names if name in NUMBERS}
    text = {name: str for name in names if name not in NUMBERS}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=numbers)
