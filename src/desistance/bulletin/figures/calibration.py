"""The figure of the simulation: how often tests reject and intervals hold, on the sizes of the records.

Its table is drawn as it stands, with nothing of a study but its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from desistance.bulletin.captions.plans import RatesBlock, RatesPanel, RatesPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.sections.calibration import calibration_section
from desistance.calibration.reading import ABOUT, WORDS, band

if TYPE_CHECKING:
    from desistance.study import Study

# The others are in the table; all together would be too tall to read.
OURS = ("headline", "only")
SHOWN = (*OURS, "published", "ignores services")
TESTS = "Tests: how often a true null is rejected"
INTERVALS = "Intervals by subgroup: how often they hold the truth"
PLAIN = "Intervals without a breakdown: how often they hold the truth"
KEY = (
    "Bold: the headline method. Solid line: what is promised; dashed lines: between them a rate is near enough. "
    "Scales differ between panels."
)


def calibration_figure(rates: pd.DataFrame, study: Study) -> Figure | None:
    """The figure as the report has it, with what is to be drawn; None where nothing was simulated."""
    section = calibration_section(rates, study, number=1)
    return None if section is None else replace(section.figures[0], plan=rates_plan(rates))


def rates_plan(rates: pd.DataFrame) -> RatesPlan:
    """Rates of the largest base by block, method and kind of breakdown, a level an intraclass correlation.

    Parameters
    ----------
    rates : DataFrame
        The released table `calibration`.

    Returns
    -------
    RatesPlan
        Rates from 0 to 1; None where a method was not tried or gave no answer.
    """
    shown = rates[(rates["base"] == "largest") & (rates["icc"] > 0) & rates["role"].isin(SHOWN)]
    shown = shown[shown["breakdown"].isin(shown.loc[shown["role"].isin(OURS), "breakdown"])]
    levels = sorted(shown["icc"].unique())
    test, plain = shown["quantity"] == "test", shown["kind"] == ""
    shown = shown.assign(
        panel=shown["kind"].mask(plain, "true share " + (100 * shown["share"]).map("{:g}%".format))
    )
    parts = ((TESTS, shown[test]), (INTERVALS, shown[~test & ~plain]), (PLAIN, shown[~test & plain]))
    return RatesPlan(
        key=KEY,
        levels=tuple(f"Intraclass correlation {level:.2f}" for level in levels),
        blocks=tuple(_block(title, part, levels) for title, part in parts if len(part)),
    )


def _block(title: str, part: pd.DataFrame, levels: list[float]) -> RatesBlock:
    """Methods of a block in the order of the table, breakdown by breakdown."""
    keys = ["breakdown", "method"]
    order = {name: place for place, name in enumerate(part["breakdown"].unique())}
    methods = sorted(
        part[keys].drop_duplicates().itertuples(index=False), key=lambda pair: order[pair.breakdown]
    )
    leads = set(part.loc[part["role"] == "headline", keys].itertuples(index=False, name=None))
    return RatesBlock(
        title=title,
        labels=tuple(
            _capital(f"{ABOUT.get(about, about)}: {WORDS.get(method, method)}") for about, method in methods
        ),
        first=tuple(tuple(pair) in leads for pair in methods),
        panels=tuple(_panel(name, rows, methods, levels) for name, rows in part.groupby("panel", sort=False)),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _panel(title: str, part: pd.DataFrame, methods: list[tuple[str, str]], levels: list[float]) -> RatesPanel:
    rate = part.set_index(["breakdown", "method", "icc"])["rate"].dropna().to_dict()
    quantity, promised = part["quantity"].iloc[0], float(part["nominal"].iloc[0])
    near = band(quantity, promised)
    return RatesPanel(
        title=title,
        promised=promised,
        near=near,
        scale=_scale(quantity, [*part["rate"].dropna(), *near]),
        rows=tuple(tuple(rate.get((*pair, level)) for level in levels) for pair in methods),
    )


def _scale(quantity: str, shown: Sequence[float]) -> tuple[float, float]:
    """From nought for tests and up to one for intervals, as far as there are rates."""
    if quantity == "test":
        return 0.0, min(1.0, max(0.1, max(shown) + 0.03))
    return max(0.0, min(0.9, min(shown) - 0.02)), 1.0
