"""Colours of the figures: the Government Analysis Function's palette, and ink on paper.

The page swaps each of these for a CSS variable, so that drawings follow its dark mode; a drawing saved as a
file keeps them as they are. They are written out because every rendering needs their names, and most of them
nothing else of `afcharts`; a test holds each to what that package gives.
"""

from __future__ import annotations

DARK_BLUE = "#12436d"
TURQUOISE = "#28a197"
DARK_PINK = "#801650"
ORANGE = "#f46a25"
DARK_GREY = "#3d3d3d"
LIGHT_PURPLE = "#a285d1"
MID_BLUE = "#2073bc"
LIGHT_BLUE = "#6bace6"

INK = "#0b0c0c"
SOFT = "#505a5f"
GRID = "#d5dade"
PAPER = "#fefefe"
ON_DARK = "#ffffff"
ON_LIGHT = "#000000"

ORDERED = (LIGHT_BLUE, MID_BLUE, DARK_BLUE)
DUO = (DARK_BLUE, ORANGE)
CATEGORICAL = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY, LIGHT_PURPLE)

VARIABLES = {
    DARK_BLUE: "dark-blue",
    TURQUOISE: "turquoise",
    DARK_PINK: "dark-pink",
    ORANGE: "orange",
    DARK_GREY: "dark-grey",
    MID_BLUE: "mid-blue",
    LIGHT_BLUE: "light-blue",
    INK: "ink",
    SOFT: "soft",
    GRID: "rule",
    PAPER: "paper",
    ON_DARK: "on-dark",
}


def level_colours(n_levels: int) -> tuple[str, ...]:
    """Colours of levels without an order, in the order to be used: two of their own for one or two levels.

    >>> level_colours(2) == DUO, level_colours(3)[:3] == (DARK_BLUE, TURQUOISE, DARK_PINK)
    (True, True)
    """
    return DUO if n_levels < 3 else CATEGORICAL
