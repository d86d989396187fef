"""The rates as Markdown tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from desistance.calibration.reading import ABOUT, VERDICTS, WORDS
from desistance.calibration.scenarios import ICCS, ICCS_SMALLEST, LARGEST, SMALLEST
from desistance.statistics.rounding import percent_half_up

TITLES = {
    "test": "Tests: how often a true null is rejected",
    "interval": "Intervals: how often they hold the truth",
}
ALIKE = "Services that do not differ (ICC 0): how often a test or a funnel says that they do"
RARE = 0.01  # rates of methods with a lower nominal level have two decimals


def markdown(table: pd.DataFrame) -> str:
    """Rates in per cent as Markdown tables: tests, intervals, services that do not differ; * is out of band."""
    differ = table["icc"] > 0
    columns = [(LARGEST, icc) for icc in ICCS] + [(SMALLEST, icc) for icc in ICCS_SMALLEST]
    parts = [(title, table[differ & (table["quantity"] == name)], columns) for name, title in TITLES.items()]
    parts.append((ALIKE, table[~differ], [(LARGEST, 0.0), (SMALLEST, 0.0)]))
    return "\n".join(f"### {title}\n\n{_part(part, columns)}" for title, part, columns in parts if len(part))


def _part(part: pd.DataFrame, columns: list[tuple[str, float]]) -> str:
    heads = [f"{base} base, ICC {icc:.2f}" if icc else f"{base} base" for base, icc in columns]
    lines = ["| | method | " + " | ".join(heads) + " |", "|---|---|" + "--:|" * len(heads)]
    for group, methods in part.assign(group=_groups(part)).groupby("group", sort=False):
        for method, rows in methods.groupby("method", sort=False):
            name = f"**{WORDS[method]}**" if (rows["role"] == "headline").any() else WORDS[method]
            by_column = {(row.base, row.icc): row for row in rows.itertuples()}
            cells = [_cell(by_column.get(column)) for column in columns]
            lines.append(f"| {group} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _groups(part: pd.DataFrame) -> pd.Series:
    """What each row is about, without its method, base and correlation."""
    several = part.groupby("breakdown")["share"].transform("nunique") > 1
    about = part["breakdown"].replace(ABOUT)
    share = about + ", " + (100 * part["share"]).map("{:g} %".format)
    without = share.where(several, about)
    return without.where(part["kind"] == "", about + ", " + part["kind"])


def _cell(row: object) -> str:
    if row is None or np.isnan(row.rate):
        return "–"
    decimals = 1 if row.nominal >= RARE else 2
    return f"{percent_half_up(row.rate, decimals=decimals)}{'' if row.verdict == VERDICTS[0] else ' *'}"
