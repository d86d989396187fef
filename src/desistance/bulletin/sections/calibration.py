"""What a simulation on this very design found: how often tests reject a true null, how often intervals hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.inline import link
from desistance.bulletin.language.shown import Shown, ends, parts_of
from desistance.bulletin.language.words import count, decimal
from desistance.calibration.reading import ABOUT, WORDS, band
from desistance.statistics.rounding import percent_half_up
from desistance.study import Study

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


def calibration_section(rows: pd.DataFrame, study: Study, *, number: int) -> Section | None:
    """Simulated rates of the largest base, headline beside published method; None where nothing was simulated.

    Where the report has a single method for something, it stands in the place of the headline. Notes name every
    method outside its band but the published ones, whose rates are in the tables. `number` is the figure's.
    """
    if rows.empty:
        return None
    largest = rows[(rows["base"] == "largest") & (rows["icc"] > 0)]
    head = ("Subgroups", "How they lie in services")
    ours = "Headline, or the only one"
    n_runs, n_cases = (int(largest[name].max()) for name in ("n_runs", "n_cases"))
    text = (
        f"Answers were simulated {count(n_runs)} times on the sizes of these records ({count(n_cases)} "
        f"{study.words['case'][1]}), where the truth is known, with intraclass correlations of 0.05 to 0.15; the "
        "tables give the range over these. No answer of any record was used. The rates of all methods are in "
        f"{link('calibration.csv', 'tables/calibration.csv')}."
    )
    heading = "How far each method is from what it promises"
    return Section(
        "calibration",
        heading,
        heading,
        (text,),
        figures=(_figure(largest, number),),
        tables=(
            _table(rows, *TESTS, "tests", (*head, "Published method", ours)),
            _table(rows, *INTERVALS, "intervals", (*head, "Ignoring services", ours)),
        ),
    )


def _figure(largest: pd.DataFrame, number: int) -> Figure:
    """The figure that the simulation draws of all its rates, captioned as the others are."""
    import pandas as pd

    rates = [
        ("A true null rejected, tests", "Headline", _rates(largest, "test", "headline")),
        ("A true null rejected, tests", "Published method", _rates(largest, *TESTS)),
        ("The truth held, intervals", "Headline", _rates(largest, "interval", "headline")),
        ("The truth held, intervals", "Ignoring services", _rates(largest, *INTERVALS)),
    ]
    return Figure(
        id="calibration",
        number=number,
        headline=(
            f"A true null is rejected in {_rates(largest, 'test', 'headline')} per cent of runs by the headline tests "
            f"and in {_rates(largest, *TESTS)} by the published method"
        ),
        title="Simulated rates of every method, per cent of runs, by size of base and way subgroups lie in services",
        alt=_alt(largest),
        data=pd.DataFrame(rates, columns=["What", "Method", "Per cent of runs"], dtype=object),
        units="Per cent of simulated runs, lowest to highest over intraclass correlations",
        notes=(),
        plan=None,
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
        id=f"table-calibration-{name}",
        number=0,
        title=titles[name],
        columns=columns,
        rows=tuple(lines),
        notes=tuple(filter(None, notes)),
        summary=titles[name],
        folded=True,
    )


def _range(part: pd.DataFrame, decimals: int = 1) -> str:
    rates = part["rate"].dropna()
    if rates.empty:
        return "[z]"
    names = ("lowest", "highest")
    low, high = (
        decimal(percent_half_up(rate, decimals=decimals), decimals) for rate in (rates.min(), rates.max())
    )
    both = ends(low, high, names)
    return Shown(low, *parts_of(both)) if low == high else both


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


def _rates(rows: pd.DataFrame, quantity: str, *roles: str) -> str:
    """Range of the rates of one quantity over the methods in some roles."""
    return _range(rows[(rows["quantity"] == quantity) & rows["role"].isin(roles)])


def _alt(rows: pd.DataFrame) -> str:
    return (
        f"In simulation the headline tests reject a true null in {_rates(rows, 'test', 'headline')} per cent of runs "
        f"and the published method in {_rates(rows, *TESTS)}; headline intervals hold the truth in "
        f"{_rates(rows, 'interval', 'headline')} per cent and intervals that ignore services in "
        f"{_rates(rows, *INTERVALS)}."
    )
