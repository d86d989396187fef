"""Cells of the released tables: a number, empty (not available), or shorthand in square brackets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

HIDDEN, ABSENT, UNRELIABLE = "[c]", "[x]", "[u]"
SUPPRESSED, LOW_RELIABILITY = "suppressed", "low_reliability"


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table, in its order."""
    return table.to_dict("records")


def number_of(cell: object) -> float | None:
    """Number in a cell; None where it is empty or hidden."""
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def whole_of(cell: object) -> int | None:
    """Count in a cell; None where it is empty or hidden."""
    value = number_of(cell)
    return None if value is None else round(value)


def text_of(cell: object) -> str:
    """Text in a cell; "" where it is empty."""
    missing = cell is None or (isinstance(cell, float) and math.isnan(cell)) or str(cell) == "<NA>"
    return "" if missing else str(cell)


def shorthand_of(cell: object) -> str:
    """Read the shorthand a release put in place of a number; [x] where it left the cell empty."""
    text = text_of(cell)
    return text if text.startswith("[") else ABSENT


def is_hidden(cell: object) -> bool:
    """Whether a number was hidden in this place so that nobody can be identified.

    >>> is_hidden("[c]"), is_hidden("[x]"), is_hidden(5.0)
    (True, False, False)
    """
    return isinstance(cell, str) and cell == HIDDEN


def hidden_names(row: Mapping[str, Any], columns: Mapping[str, str]) -> frozenset[str]:
    """Names under which a report knows the numbers that a row hides; `columns` gives the column of each name."""
    return frozenset(name for name, column in columns.items() if is_hidden(row.get(column)))


def mark_of(*marks: str) -> str:
    """Shorthand of what is made of several numbers: hidden where one of them is, else not available.

    >>> mark_of("[x]", "[c]"), mark_of("[x]", "[x]")
    ('[c]', '[x]')
    """
    return HIDDEN if HIDDEN in marks else ABSENT
