"""Colours of the figures: the Government Analysis Function's palette, and ink on paper.

The page swaps each of these for a CSS variable, so that drawings follow its dark mode; a drawing saved as a
file keeps them as they are.
"""

from __future__ import annotations

DARK_BLUE = "#12436d"
TURQUOISE = "#28a197"
DARK_PINK = "#801650"
ORANGE = "#f46a25"
DARK_GREY = "#3d3d3d"
MID_BLUE = "#2073bc"
LIGHT_BLUE = "#6bace6"

INK = "#0b0c0c"
SOFT = "#505a5f"
GRID = "#d5dade"
PAPER = "#fefefe"
ON_DARK = "#ffffff"
ON_LIGHT = "#000000"

ORDERED = (LIGHT_BLUE, MID_BLUE, DARK_BLUE)
LEVELS = (DARK_BLUE, ORANGE, TURQUOISE, DARK_PINK, DARK_GREY)

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
