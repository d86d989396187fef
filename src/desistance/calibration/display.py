"""The rates as a figure."""

from __future__ import annotations

import pandas as pd

from desistance.calibration.reading import ABOUT, WORDS, band
from desistance.calibration.scenarios import ICCS, KINDS, LARGEST

COLOURS = dict(zip(ICCS, ("#12436D", "#F46A25", "#28A197"), strict=True))
MARKERS = dict(zip(ICCS, ("o", "D", "^"), strict=True))
INK, SOFT, SHADE = "#0b0c0c", "#505a5f", "#e3e7ea"
DRAWING = {
    "svg.fonttype": "none",
    "svg.hashsalt": "desistance",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
}
# The others are in the table; all together would be too tall to read.
OURS = ("headline", "only")
SHOWN = (*OURS, "published", "ignores services")
TITLE = "Calibration: rates of rejection and of coverage on the sizes of the records"
NOTE = (
    "A simulation on the sizes of the records (largest base{}); no answer of any record is used. Bold: the "
    "headline method. Shaded: the band\nwithin which a rate is near what is promised. Scales differ between panels. "
    "Methods that stand beside these are in the table."
)
# Inches: the figure, one method, above the first panels, between rows of panels, under the last.
WIDTH, LINE, HEAD, AROUND, FOOT = 12.0, 0.2, 0.55, 0.8, 0.5
LEFT, RIGHT, GAP = 0.325, 0.985, 0.03  # shares of the width


def figure_svg(table: pd.DataFrame) -> str:
    """Rates of the largest base as one SVG document; the same table, the same bytes.

    Three rows of panels: tests and intervals by subgroup, with a panel for each kind of breakdown, and intervals
    without a breakdown, with a panel for each true share.
    """
    import io

    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    shown = table[(table["base"] == LARGEST) & (table["icc"] > 0) & table["role"].isin(SHOWN)]
    ours = shown.loc[shown["role"].isin(OURS), "breakdown"]
    shown = shown[shown["breakdown"].isin(ours)]
    rows = [(title, part) for title, part in _rows(shown) if len(part)]
    lines = [len(part[["breakdown", "method"]].drop_duplicates()) for _, part in rows]
    height = sum(lines) * LINE + len(rows) * AROUND + FOOT
    with rc_context(DRAWING):
        figure = Figure(figsize=(WIDTH, height), facecolor="white")
        top = height - HEAD
        for (title, part), n_lines in zip(rows, lines, strict=True):
            figure.text(0.012, (top + HEAD / 2) / height, title, weight="bold", size=9.5, va="center")
            _row(figure, part, (top - n_lines * LINE) / height, n_lines * LINE / height)
            top -= n_lines * LINE + AROUND
        at = {"loc": "upper right", "bbox_to_anchor": (RIGHT, 1.0), "ncols": 3, "frameon": False}
        figure.legend(*_legend(), **at)
        figure.text(0.012, 0.1 / height, NOTE.format(_size(shown)), color=SOFT, va="bottom")
        sheet = io.StringIO()
        FigureCanvasSVG(figure).print_svg(sheet, metadata={"Title": TITLE, "Date": None, "Creator": None})
    return sheet.getvalue()


def _size(shown: pd.DataFrame) -> str:
    """Size of the largest base for the note; nothing where it is hidden."""
    most = pd.to_numeric(shown["n_cases"], errors="coerce").max()
    return "" if pd.isna(most) else f", {int(most):,} cases"


def _rows(shown: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Title of each row of panels and what it shows, with the panel of each rate."""
    test, without = shown["quantity"] == "test", shown["kind"] == ""
    by_share = "true share " + (100 * shown["share"]).map("{:g} %".format)
    return [
        ("Tests: how often a true null is rejected", shown[test].assign(panel=shown["kind"])),
        (
            "Intervals by subgroup: how often they hold the truth",
            shown[~test & ~without].assign(panel=shown["kind"]),
        ),
        (
            "Intervals without a breakdown: how often they hold the truth",
            shown[~test & without].assign(panel=by_share),
        ),
    ]


def _row(figure: object, part: pd.DataFrame, bottom: float, height: float) -> None:
    """Panels side by side; one line a method, labelled at the left."""
    names = [name for name in KINDS if name in set(part["panel"])] or list(dict.fromkeys(part["panel"]))
    methods = {}
    for breakdown, rows in part.groupby("breakdown", sort=False):
        methods |= dict.fromkeys((breakdown, method) for method in rows["method"])
    places = {pair: place for place, pair in enumerate(methods)}
    width = (RIGHT - LEFT + GAP) / len(names)
    for number, name in enumerate(names):
        axes = figure.add_axes((LEFT + number * width, bottom, width - GAP, height))
        _panel(axes, part[part["panel"] == name], places)
        axes.set_title(name, size=8, pad=3)
        axes.set_yticks(list(places.values()), [_label(*pair) for pair in places] if number == 0 else [])
    headline = set(
        part.loc[part["role"] == "headline", ["breakdown", "method"]].itertuples(index=False, name=None)
    )
    for label, pair in zip(figure.axes[-len(names)].get_yticklabels(), places, strict=True):
        label.set(color=INK, weight="bold" if pair in headline else "normal")


def _label(breakdown: str, method: str) -> str:
    return f"{ABOUT.get(breakdown, breakdown)}: {WORDS[method]}"


def _panel(axes: object, part: pd.DataFrame, places: dict[tuple[str, str], int]) -> None:
    """Marks of one panel; the shaded stretch is the band and the line the nominal rate."""
    quantity, nominal, rates = part["quantity"].iloc[0], part["nominal"].iloc[0], 100 * part["rate"]
    low, high = (100 * end for end in band(quantity, nominal))
    axes.axvspan(low, high, color=SHADE, zorder=-1)
    axes.axvline(100 * nominal, color=SOFT, linewidth=0.8, zorder=0)
    axes.hlines(list(places.values()), 0, 100, color=SHADE, linewidth=0.6, zorder=0)
    for icc, rows in part.groupby("icc"):
        at = [places[pair] for pair in zip(rows["breakdown"], rows["method"], strict=True)]
        mark = {"marker": MARKERS[icc], "color": COLOURS[icc], "markersize": 4.5}
        axes.plot(100 * rows["rate"], at, linestyle="none", **mark)
    axes.set_ylim(len(places) - 0.4, -0.6)
    axes.set_xlim(*((0, max(10, rates.max() + 3)) if quantity == "test" else (min(90, rates.min() - 2), 100)))
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _legend() -> tuple[list[object], list[str]]:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], marker=MARKERS[icc], color=COLOURS[icc], linestyle="none") for icc in ICCS]
    return marks, [f"ICC {icc:.2f}" for icc in ICCS]
