"""Released tables as text: how many digits a statistic keeps, what is whole, and what stands for a hidden number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_05UP, ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pandas as pd

from desistance.disclosure.columns import CHILDREN, OTHERS
from desistance.disclosure.policy import Policy
from desistance.findings.tables import TEXT

HIDDEN = "[c]"
SUPPRESSED, LOW_RELIABILITY = "suppressed", "low_reliability"
# Shares of children, which are whole per cent where counts are rounded.
SHARES = {
    **dict.fromkeys(("estimates", "distributions", "combinations", "funnel", "variation"), ("estimate",)),
    "precision": ("share",),
    "changes": ("estimate_before", "estimate_now"),
    "rates": ("estimate",),
    "provision_delivery": ("estimate_gap", "estimate_other"),
    "themes": ("estimate_cases",),
    "theme_pairs": ("estimate",),
    "theme_delivery": ("estimate_with", "estimate_without"),
}
# Shares of which both counts are printed, so that digits left out would hide nothing; not where they are weighted.
EXACT = ("estimates", "distributions", "combinations", "variation")
EXACT_ALWAYS = ("funnel", "rates", "themes")
# What is said of services, and of simulations, is of no child.
OF_SERVICES = {
    "themes": ("estimate_services", "services_ci_low", "services_ci_high"),
    "provision": ("estimate", "ci_low", "ci_high"),
    "calibration": ("share", "icc", "nominal", "rate", "standard_error"),
    "precision": ("power",),
    "provision_delivery": ("power",),
    "ledger": ("robustness",),
}


@dataclass
class Sheet:
    """One table on its way out: which cells are hidden, which rows stay, and what is said instead.

    `hidden` has an array for each column with hidden cells, `text` one for each column whose words change.
    """

    name: str
    table: pd.DataFrame
    hidden: dict[str, np.ndarray] = field(default_factory=dict)
    kept: np.ndarray | None = None
    text: dict[str, np.ndarray] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)

    def hide(self, columns: Iterable[str], rows: np.ndarray) -> None:
        """Hide cells of some columns."""
        for column in columns:
            self.hidden[column] = self.hidden.get(column, np.zeros(len(self.table), dtype=bool)) | rows

    def say(self, column: str, rows: np.ndarray, word: str) -> None:
        """Put a word into some cells."""
        words = self.text.get(column, self.table[column].to_numpy(dtype=object))
        self.text[column] = np.where(rows, word, words)

    def suppress(self, rows: np.ndarray, *, but: Iterable[str] = ()) -> None:
        """Hide all statistics of some rows, and say so; a status would tell why there was no number."""
        self.hide([name for name in self.statistics if name not in but], rows)
        if "status" in self.table:
            self.say("status", rows, SUPPRESSED)

    @property
    def statistics(self) -> list[str]:
        """Columns of numbers that are computed from counts."""
        apart = {*CHILDREN.get(self.name, ()), *OTHERS.get(self.name, ()), *OF_SERVICES.get(self.name, ())}
        return [name for name in self.table.columns if name not in TEXT and name not in apart]


def written(sheet: Sheet, policy: Policy, *, weighted: bool) -> pd.DataFrame:
    """The table as it may be seen, every cell the text that stands in its file."""
    columns = {}
    for name in sheet.table.columns:
        cells = sheet.text.get(name)
        if cells is None:
            cells = _cells(sheet, name, policy, weighted)
        columns[name] = np.where(sheet.hidden[name], HIDDEN, cells) if name in sheet.hidden else cells
    table = pd.DataFrame(columns, columns=list(sheet.table.columns), dtype=object)
    return table if sheet.kept is None else table[sheet.kept].reset_index(drop=True)


def _cells(sheet: Sheet, name: str, policy: Policy, weighted: bool) -> np.ndarray:
    values = sheet.table[name]
    if name in TEXT:
        return np.where(values.isna(), "", values.to_numpy(dtype=object))
    numbers = values.to_numpy(dtype=float)
    if name in CHILDREN.get(sheet.name, ()):
        return _texts(to_multiple(numbers, policy.round_to))
    if name in OTHERS.get(sheet.name, ()) or name in OF_SERVICES.get(sheet.name, ()):
        return _texts(numbers)
    share = name in SHARES.get(sheet.name, ())
    if name in sheet.decimals or (share and policy.round_to > 1):
        return _texts(to_decimals(numbers, sheet.decimals.get(name, 2)))
    if share and (sheet.name in EXACT_ALWAYS or (sheet.name in EXACT and not weighted)):
        return _texts(numbers)
    return _texts(to_digits(numbers, policy.significant_digits))


def _texts(numbers: Iterable[float]) -> np.ndarray:
    return np.array(["" if number != number else f"{number:.12g}" for number in numbers], dtype=object)


def to_multiple(counts: np.ndarray, multiple: int) -> np.ndarray:
    """Counts to the nearest multiple, halfway up.

    >>> to_multiple(np.array([11.0, 13.0, 1168.0]), 5).tolist()
    [10.0, 15.0, 1170.0]
    """
    return counts if multiple == 1 else np.floor(counts / multiple + 0.5) * multiple


def to_digits(numbers: Iterable[float], digits: int) -> list[float]:
    """Numbers with so many significant digits, whole ones as they are.

    Rounded towards nought unless the last digit would be 0 or 5: to whatever fewer digits it is rounded later, the
    result is that of the number itself.

    >>> to_digits([0.123449, 0.12350001, 27.0, 123456.7], 4)
    [0.1234, 0.1236, 27.0, 123400.0]
    """
    context = Context(prec=digits, rounding=ROUND_05UP)
    return [
        number
        if number != number or number == int(number)
        else float(context.create_decimal(f"{number:.12g}"))
        for number in map(float, numbers)
    ]


def to_decimals(numbers: Iterable[float], decimals: int) -> list[float]:
    """Numbers with so many decimals.

    >>> to_decimals([0.125, 0.7549, float("nan")], 2)
    [0.12, 0.75, nan]
    """
    last = Decimal(1).scaleb(-decimals)
    return [
        number
        if number != number
        else float(Decimal(f"{number:.12g}").quantize(last, rounding=ROUND_HALF_EVEN))
        for number in map(float, numbers)
    ]


def table_text(table: pd.DataFrame) -> str:
    """The CSV text of a table, numbers as `findings.tables.write_table` writes them."""
    return table.to_csv(index=False, lineterminator="\n", float_format="%.12g")
