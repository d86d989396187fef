"""The rates as Markdown tables and as a figure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from desistance.calibration.scenarios import ICCS, ICCS_SMALLEST, LARGEST, SMALLEST
from desistance.calibration.simulation import BANDS, VERDICTS
from desistance.statistics.rounding import percent_half_up

WORDS = {
    "pearson": "Pearson chi-square",
    "fisher": "Fisher's exact test",
    "rao_scott": "Rao-Scott F",
    "cr2": "CR2, Satterthwaite",
    "cr2_htz": "CR2, HTZ",
    "cr3": "CR3 jackknife",
    "wild_bootstrap": "Wild cluster bootstrap",
    "cochran_armitage": "Cochran-Armitage",
    "cr2_slope": "Slope, CR2",
    "cr3_slope": "Slope, CR3 jackknife",
    "wild_bootstrap_slope": "Slope, wild bootstrap",
    "newcombe": "Newcombe",
    "risk_ratio": "Risk ratio, design-based",
    "odds_ratio": "Odds ratio, design-based",
    "wilson": "Wilson",
    "logit_t_or_korn_graubard": "As in the report",
    "logit_t": "Logit-t",
    "korn_graubard": "Korn-Graubard",
}


def group_labels(table: pd.DataFrame) -> pd.Series:
    """What each row is about, without its method, base and correlation."""
    share = "share of " + table["breakdown"] + ", " + (100 * table["share"]).map("{:g} %".format)
    return share.where(table["kind"] == "", table["breakdown"] + ", " + table["kind"])


def markdown(table: pd.DataFrame) -> str:
    """Rates in per cent as two Markdown tables, tests and intervals; * marks those outside their band."""
    return "\n".join(
        f"### {title}\n\n{_markdown_part(table[table['quantity'] == quantity])}"
        for quantity, title in TITLES.items()
    )


def _markdown_part(part: pd.DataFrame) -> str:
    columns = [(LARGEST, icc) for icc in ICCS] + [(SMALLEST, icc) for icc in ICCS_SMALLEST]
    heads = [f"{base} base, ICC {icc:.2f}" for base, icc in columns]
    lines = ["| | method | " + " | ".join(heads) + " |", "|---|---|" + "--:|" * len(heads)]
    part = part.assign(group=group_labels(part))
    for (group, method), rows in part.groupby(["group", "method"], sort=False):
        name = f"**{WORDS[method]}**" if (rows["role"] == "headline").any() else WORDS[method]
        by_column = {(row.base, row.icc): row for row in rows.itertuples()}
        cells = [_cell(by_column.get(column)) for column in columns]
        lines.append(f"| {group} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(row: object) -> str:
    if row is None or np.isnan(row.rate):
        return "–"
    return f"{percent_half_up(row.rate, decimals=1)}{'' if row.verdict == VERDICTS[0] else ' *'}"


COLOURS = dict(zip(ICCS, ("#12436D", "#F46A25", "#28A197"), strict=True))
MARKERS = dict(zip(ICCS, ("o", "D", "^"), strict=True))
INK, SOFT, SHADE = "#0b0c0c", "#505a5f", "#e3e7ea"
DRAWING = {
    "svg.fonttype": "none",
    "svg.hashsalt": "desistance",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
}
TITLES = {
    "test": "Tests: how often a true null is rejected",
    "interval": "Intervals: how often they hold the truth",
}
TITLE = "Calibration: rates of rejection and of coverage on the sizes of the records"
NOTE = "A simulation on the sizes of the records; no answer of any record is used. {} base of {:,} cases."


def figure_svg(table: pd.DataFrame) -> str:
    """Rates of the largest base as one SVG document, tests beside intervals; the same table, the same bytes."""
    import io

    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    shown = table[table["base"] == LARGEST]
    shown = shown.assign(group=group_labels(shown))
    with rc_context(DRAWING):
        figure = Figure(figsize=(12, 10.5), facecolor="white")
        panels = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.19, right=0.985, top=0.96, bottom=0.085, wspace=0.6)
        for axes, quantity in zip(panels, TITLES, strict=True):
            _panel(axes, shown[shown["quantity"] == quantity], quantity)
        panels[0].legend(*_legend(), loc="upper right", frameon=False, title="ICC of the outcome")
        figure.text(0.012, 0.012, NOTE.format("Largest", shown["n_cases"].max()), color=SOFT)
        sheet = io.StringIO()
        FigureCanvasSVG(figure).print_svg(sheet, metadata={"Title": TITLE, "Date": None, "Creator": None})
    return sheet.getvalue()


def _legend() -> tuple[list[object], list[str]]:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], marker=MARKERS[icc], color=COLOURS[icc], linestyle="none") for icc in ICCS]
    return marks, [f"{icc:.2f}" for icc in ICCS]


def _panel(axes: object, part: pd.DataFrame, quantity: str) -> None:
    """One row a method under a heading for each group; the shaded stretch is the band."""
    place, places, labels = -1.6, {}, []
    for group, rows in part.groupby("group", sort=False):
        place += 1.6
        where = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center"}
        axes.text(-0.02, place, group, weight="bold", **where)
        for method, found in rows.groupby("method", sort=False):
            place += 1
            places[group, method] = place
            labels.append(f"{WORDS[method]}{' (headline)' if (found['role'] == 'headline').any() else ''}")
    axes.hlines(list(places.values()), 0, 100, color=SHADE, linewidth=0.6, zorder=0)
    for icc, rows in part.groupby("icc"):
        at = [places[pair] for pair in zip(rows["group"], rows["method"], strict=True)]
        mark = {"marker": MARKERS[icc], "color": COLOURS[icc], "markersize": 4.5}
        axes.plot(100 * rows["rate"], at, linestyle="none", **mark)
    axes.set_yticks(list(places.values()), labels, color=INK)
    axes.set_ylim(place + 0.8, -0.8)
    _scale(axes, part, quantity)


def _scale(axes: object, part: pd.DataFrame, quantity: str) -> None:
    """The nominal rate, the band around it, and the axis they stand on."""
    nominal, rates = part["nominal"].iloc[0], 100 * part["rate"]
    error = nominal if quantity == "test" else 1 - nominal
    ends = sorted(factor * error if quantity == "test" else 1 - factor * error for factor in BANDS[quantity])
    axes.axvspan(*(100 * end for end in ends), color=SHADE, zorder=-1)
    axes.axvline(100 * nominal, color=SOFT, linewidth=0.8, zorder=0)
    axes.set_xlim(*((0, max(10, rates.max() + 3)) if quantity == "test" else (min(90, rates.min() - 2), 100)))
    axes.set_xlabel(f"per cent of runs; shaded: {' to '.join(f'{100 * end:.3g}' for end in ends)}")
    axes.set_title(TITLES[quantity], loc="left", weight="bold")
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
