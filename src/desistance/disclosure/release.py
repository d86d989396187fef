"""The released object: restricted findings in, what may be seen out.

Everything published is drawn from this object alone. Small counts are not protected yet: the only policy is
"none", the object says so, and every page made from it repeats it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desistance.errors import ReleaseError
from desistance.findings.tables import COLUMNS, read_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Released:
    """What may be seen: tables with the columns of the findings, and `facts` about records, policy and software."""

    estimates: pd.DataFrame
    comparisons: pd.DataFrame
    trends: pd.DataFrame
    means: pd.DataFrame
    distributions: pd.DataFrame
    combinations: pd.DataFrame
    pairs: pd.DataFrame
    adjusted: pd.DataFrame
    variation: pd.DataFrame
    funnel: pd.DataFrame
    precision: pd.DataFrame
    stages: pd.DataFrame
    changes: pd.DataFrame
    provision: pd.DataFrame
    rates: pd.DataFrame
    provision_delivery: pd.DataFrame
    themes: pd.DataFrame
    theme_pairs: pd.DataFrame
    theme_delivery: pd.DataFrame
    agreement: pd.DataFrame
    quotes: pd.DataFrame
    multiverse: pd.DataFrame
    ledger: pd.DataFrame
    calibration: pd.DataFrame
    facts: Mapping[str, Any]


def release(tables: Mapping[str, str], facts: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Let findings out under the policy "none": tables as CSV text, and the facts with the policy added.

    Raises
    ------
    ReleaseError
        A table or column that the release does not know; nothing is released.
    """
    if set(tables) != set(COLUMNS):
        raise ReleaseError(f"asked to release {sorted(tables)}; known tables are {sorted(COLUMNS)}")
    for name, text in tables.items():
        columns = text.partition("\n")[0].split(",")
        if columns != COLUMNS[name]:
            raise ReleaseError(f"{name} has columns {columns}; known columns are {COLUMNS[name]}")
    return dict(tables), {**facts, "policy": "none", "protected": False}


def read_released(folder: Path) -> Released:
    """Read the released object from the folder of everything published."""
    tables = {name: read_table(Path(folder) / "tables" / f"{name}.csv") for name in COLUMNS}
    facts = json.loads((Path(folder) / "release.json").read_text(encoding="utf-8"))
    return Released(**tables, facts=facts)
