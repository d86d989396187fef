"""What a simulation on this very design found: how often tests reject a true null, how often intervals hold."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from desistance.bulletin.content import Cell, Table
from desistance.calibration.reading import ABOUT, WORDS, band
from desistance.statistics.rounding import percent_half_up

if TYPE_CHECKING:
    import pandas as pd

TESTS = ("test", "published")
INTERVALS = ("interval", "ignores services")
OURS = ("headline", "only")
APART = {
    "published": "Apart from the published methods",
    "ignores services": "Apart from those that ignore services",
}
RARE = 0.01  # rates of methods with a lower nominal level have two decimals


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
    """Simulated rates of the largest base, headline beside published method; None where nothing was simulated.

    Where the report has a single method for something, it stands in the place of the headline. Notes name every
    method outside its band but the published ones, whose rates are in the tables.
    """
    if rows.empty:
        return None
    largest = rows[(rows["base"] == "largest") & (rows["icc"] > 0)]
    head = ("Subgroups", "How they lie in services")
    ours = "Headline, or the only one"
    tests = _table(rows, *TESTS, "tests", (*head, "Published method", ours))
    intervals = _table(rows, *INTERVALS, "intervals", (*head, "Ignoring services", ours))
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
    differ = found["icc"] > 0
    lines = []
    shown = found[differ & (found["base"] == "largest")]
    shown = shown[shown["breakdown"].isin(shown.loc[shown["role"].isin(OURS), "breakdown"])]
    for (breakdown, kind), part in shown.groupby(["breakdown", "kind"], sort=False):
        cells = [Cell(_range(part[part["role"].isin(roles)])) for roles in ((other,), OURS)]
        about = Cell(ABOUT.get(breakdown, breakdown), kind="text")
        lines.append((about, Cell(kind or "\u2013", kind="text"), *cells))
    notes = [_outside(part, base, other) for base, part in found[differ].groupby("base", sort=False)]
    notes.append(_alike(found[~differ]))
    return Table(
        f"table-calibration-{name}", 0, titles[name], columns, tuple(lines), notes=tuple(filter(None, notes))
    )


def _range(part: pd.DataFrame, decimals: int = 1) -> str:
    rates = part["rate"].dropna()
    if rates.empty:
        return "[z]"
    low, high = (str(percent_half_up(rate, decimals=decimals)) for rate in (rates.min(), rates.max()))
    return low if low == high else f"{low} to {high}"


def _outside(rows: pd.DataFrame, base: str, other: str) -> str:
    """One sentence on the methods that do not keep what they promise in one base, the published ones apart."""
    rows = rows[rows["role"] != other]
    out = rows[rows["verdict"].isin(["too often", "too seldom"])]
    if rows.empty:
        return ""
    low, high = (f"{100 * end:.3g}" for end in band(rows["quantity"].iloc[0], rows["nominal"].iloc[0]))
    where = f"{APART[other]}, in the {base} base ({int(rows['n_cases'].max()):,} cases)"
    if out.empty:
        return f"{where} all are between {low} and {high} per cent."
    named = [
        f"{WORDS.get(method, method)} ({_by_kind(part)})"
        for method, part in out.groupby("method", sort=False)
    ]
    return f"{where} these are not between {low} and {high} per cent: {'; '.join(named)}."


def _by_kind(part: pd.DataFrame) -> str:
    """Rates of one method by how subgroups lie in services; what they are about where that is one thing."""

    def about(rates: pd.DataFrame) -> str:
        names = rates["breakdown"].unique()
        return ABOUT.get(names[0], names[0]) if len(names) == 1 else ""

    rates = dict(list(part.groupby("kind", sort=False)))
    if whole := about(part):
        return f"{whole}: {', '.join(_words(kind, _range(each)) for kind, each in rates.items())}"
    return ", ".join(_words(about(each), kind, _range(each)) for kind, each in rates.items())


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _alike(rows: pd.DataFrame) -> str:
    """One sentence on services that do not differ."""
    if rows.empty:
        return ""
    named = [
        f"{WORDS.get(method, method)} {_range(part, 1 if part['nominal'].max() >= RARE else 2)}"
        for method, part in rows.groupby("method", sort=False)
    ]
    return (
        "Where services do not differ, per cent of runs in which the test says that they do, and of services beyond "
        f"the limits: {'; '.join(named)}."
    )


def _alt(rows: pd.DataFrame) -> str:
    def of(quantity: str, *roles: str) -> str:
        return _range(rows[(rows["quantity"] == quantity) & rows["role"].isin(roles)])

    return (
        f"In simulation the headline tests reject a true null in {of('test', 'headline')} per cent of runs and the "
        f"published method in {of(*TESTS)}; headline intervals hold the truth in {of('interval', 'headline')} per cent "
        f"and intervals that ignore services in {of(*INTERVALS)}."
    )
