"""What a simulation on this very design found: how often tests reject a true null, how often intervals hold."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from desistance.bulletin.content import Cell, Table
from desistance.bulletin.words import decimal

if TYPE_CHECKING:
    import pandas as pd

TESTS = ("test", "published")
INTERVALS = ("interval", "ignores services")


@dataclass(frozen=True)
class Calibration:
    """Two small tables, and the figure as an image with its alternative text; `image` is empty without a drawing."""

    tests: Table
    intervals: Table
    image: Markup
    alt: str
    n_runs: int
    n_cases: int


def calibration(rows: pd.DataFrame, svg: str) -> Calibration | None:
    """Simulated rates of the largest base, headline beside published method; None where nothing was simulated."""
    if rows.empty:
        return None
    largest = rows[rows["base"] == "largest"]
    head = ("Subgroups", "How they lie in services")
    tests = _table(largest, *TESTS, "tests", (*head, "Published method", "Headline"))
    intervals = _table(largest, *INTERVALS, "intervals", (*head, "Ignoring services", "Headline"))
    encoded = base64.b64encode(svg.encode()).decode()
    image = Markup(f"data:image/svg+xml;base64,{encoded}") if svg else Markup("")
    return Calibration(
        tests, intervals, image, _alt(largest), int(largest["n_runs"].max()), int(largest["n_cases"].max())
    )


def _table(rows: pd.DataFrame, quantity: str, other: str, name: str, columns: tuple[str, ...]) -> Table:
    titles = {
        "tests": "How often a test rejects a true null in simulation, per cent; 5 is promised",
        "intervals": "How often an interval holds the truth in simulation, per cent; 95 is promised",
    }
    found = rows[rows["quantity"] == quantity]
    lines = []
    for (breakdown, kind), part in found.groupby(["breakdown", "kind"], sort=False):
        cells = [Cell(_range(part[part["role"] == role])) for role in (other, "headline")]
        lines.append((Cell(breakdown, kind="text"), Cell(kind or "\u2013", kind="text"), *cells))
    return Table(f"table-calibration-{name}", 0, titles[name], columns, tuple(lines))


def _range(part: pd.DataFrame) -> str:
    if part.empty:
        return "[z]"
    low, high = (decimal(100 * rate, 1) for rate in (part["rate"].min(), part["rate"].max()))
    return low if low == high else f"{low} to {high}"


def _alt(rows: pd.DataFrame) -> str:
    def of(quantity: str, role: str) -> str:
        return _range(rows[(rows["quantity"] == quantity) & (rows["role"] == role)])

    return (
        f"In simulation the headline tests reject a true null in {of('test', 'headline')} per cent of runs and the "
        f"published method in {of(*TESTS)}; headline intervals hold the truth in {of('interval', 'headline')} per cent "
        f"and intervals that ignore services in {of(*INTERVALS)}."
    )
