"""Marks to PNG, for slides and documents that take no SVG: the same layout, at 300 dots to the inch.

The page has SVG, which is a vector and can be read aloud; a PNG is what a reader pastes elsewhere. It holds the
drawing and its size, and no words beside it.
"""

from __future__ import annotations

import io
from itertools import chain

from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from desistance.bulletin.figures.marks import Drawing
from desistance.bulletin.figures.render import drawing_settings, sheet_of
from desistance.bulletin.palette import PAPER

INCH = 96  # CSS pixels
EDGE = 16  # CSS pixels of paper around the drawing, as it will stand between other things
DENSITY = 300  # dots to the inch
STEPS = 4  # from the paper to a colour, for smooth edges
COMPRESSION = 7  # of zlib; 9 takes five times as long for a tenth less

RGB = tuple[int, int, int]


def png_bytes(drawing: Drawing) -> bytes:
    """Draw marks as one PNG at 300 dots to the inch; the same drawing gives the same bytes."""
    with drawing_settings():
        canvas = FigureCanvasAgg(sheet_of(drawing, scale=DENSITY / INCH, edge=EDGE))
        canvas.draw()
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    few = image.quantize(palette=_palette(drawing), dither=Image.Dither.NONE)
    sheet = io.BytesIO()
    few.save(sheet, "PNG", dpi=(DENSITY, DENSITY), compress_level=COMPRESSION)
    return sheet.getvalue()


def _palette(drawing: Drawing) -> Image.Image:
    """The colours drawn and steps to each from the paper: a third of the size of full colour, and no colour moves."""
    paper = _rgb(PAPER)
    codes = dict.fromkeys(code for mark in drawing.marks for code in (mark.colour, getattr(mark, "edge", "")))
    drawn = [_rgb(code) for code in codes if code]
    steps = [_between(paper, colour, step / STEPS) for colour in drawn for step in range(1, STEPS + 1)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(list(chain(paper, *dict.fromkeys(steps))))
    return palette


def _rgb(code: str) -> RGB:
    red, green, blue = bytes.fromhex(code.removeprefix("#"))
    return red, green, blue


def _between(first: RGB, last: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, last, strict=True))
    return red, green, blue
