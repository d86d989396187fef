"""Marks to SVG, by matplotlib: text stays text, the same drawing gives the same bytes.

matplotlib is imported here and nowhere else in the package's top level, so that the page need not pay for it.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any

from matplotlib import rc_context, rc_params_from_file
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text as TextArtist
from matplotlib.transforms import Affine2D, Transform

from desistance.bulletin.figures.marks import MARGIN, SIZE, Box, Curve, Dot, Drawing, Line, Mark, Text
from desistance.bulletin.palette import PAPER

FONTS = "'Source Sans 3','Segoe UI','Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif"
MARKERS = {
    "circle": ("o", 11),
    "diamond": ("D", 9.5),
    "triangle": ("^", 11.5),
    "square": ("s", 9.5),
    "ring": ("o", 10),
    "cross": ("X", 12),
    "speck": ("o", 3.5),
}
DOTS = 72  # to the inch, as matplotlib counts points: a point of its is a CSS pixel of ours
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "desistance",
    "font.family": ["DejaVu Sans"],
    "path.simplify": False,
    "text.usetex": False,
    "text.parse_math": False,
}


def svg_text(drawing: Drawing, *, name: str, alt: str) -> str:
    """Draw marks as one SVG document; ids begin with `name`, so that several fit in one page."""
    with drawing_settings():
        sheet = io.StringIO()
        FigureCanvasSVG(sheet_of(drawing)).print_svg(
            sheet, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return _tidy(sheet.getvalue(), drawing, name, alt)


@contextmanager
def drawing_settings() -> Iterator[None]:
    """Draw in the style of the Government Analysis Function, in the one font that is measured."""
    with rc_context(_style() | SETTINGS), warnings.catch_warnings():
        # A label may hold characters the measuring font lacks; text stays text, so the reader's font draws them.
        warnings.simplefilter("ignore", UserWarning)
        yield


def sheet_of(drawing: Drawing, *, scale: float = 1, edge: float = 0) -> Figure:
    """Lay marks on a sheet of `scale` dots to a CSS pixel, with an empty edge of so many pixels around them."""
    size = (drawing.width + 2 * edge) / DOTS, (drawing.height + 2 * edge) / DOTS
    figure = Figure(figsize=size, dpi=DOTS * scale, facecolor=PAPER)
    pixels = Affine2D().scale(1, -1).translate(edge, drawing.height + edge - MARGIN).scale(scale)
    for order, mark in enumerate(drawing.marks):
        artist = _artist(mark, pixels)
        artist.set_zorder(order)
        figure.add_artist(artist)
    return figure


@lru_cache(maxsize=1)
def _style() -> Mapping[str, Any]:
    """Style sheet of `afcharts`: what is not laid out here (no axes or legends are drawn) looks as it says."""
    return dict(rc_params_from_file(files("afcharts") / "afcharts.mplstyle", use_default_template=False))


def _artist(mark: Mark, pixels: Transform) -> Artist:
    match mark:
        case Text():
            weight = "bold" if mark.bold else "normal"
            return TextArtist(
                mark.x,
                mark.y,
                mark.text,
                color=mark.colour,
                horizontalalignment=mark.anchor,
                verticalalignment="baseline",
                fontsize=SIZE,
                fontweight=weight,
                parse_math=False,
                transform=pixels,
            )
        case Box():
            corner = (mark.left, mark.top)
            size = (mark.right - mark.left, mark.bottom - mark.top)
            edge = mark.edge or "none"
            return Rectangle(
                corner, *size, facecolor=mark.colour, edgecolor=edge, linewidth=1, transform=pixels
            )
        case Line():
            ends = (mark.x1, mark.x2), (mark.y1, mark.y2)
            style = (0, (3, 3)) if mark.dashed else "-"
            return Line2D(*ends, color=mark.colour, linewidth=mark.width, linestyle=style, transform=pixels)
        case Curve():
            style = (0, (4, 3)) if mark.dashed else "-"
            return Line2D(
                mark.xs, mark.ys, color=mark.colour, linewidth=mark.width, linestyle=style, transform=pixels
            )
        case Dot():
            shape, size = MARKERS[mark.shape]
            face = PAPER if mark.shape == "ring" else mark.colour
            return Line2D(
                [mark.x],
                [mark.y],
                marker=shape,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=mark.colour,
                markeredgewidth=2 if mark.shape == "ring" else 0,
                linestyle="none",
                transform=pixels,
            )


def _tidy(svg: str, drawing: Drawing, name: str, alt: str) -> str:
    """Keep what is drawn: no prologue, no comments or metadata, ids only where something refers to them."""
    body = re.sub(r"^<svg.*?>", "", svg[svg.index("<svg") :], count=1, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r' transform="rotate\(-0 [^"]*"|<defs>\s*</defs>', "", body)
    body = body.replace(f"font-size: {SIZE}px; font-family: 'DejaVu Sans'; ", "")
    return f"{_head(drawing, alt)}{_compact(_own_ids(body, name)).strip()}\n"


def _own_ids(body: str, name: str) -> str:
    """Drop ids that nothing refers to; let the others begin with the name of the figure."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    body = re.sub(
        r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body
    )
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)


def _compact(body: str) -> str:
    """Take away line breaks within attributes, groups around single marks, and blank lines."""
    body = re.sub(r'(?<=") *\n *| *\n *(?=")|(?<=[\d z])\n(?=[MLCQzZ"])', "", body)
    body = re.sub(r"<g>\s*(<text[^>]*>[^<]*</text>|<path[^>]*/>)\s*</g>", r"\1", body)
    return re.sub(r"\n\s*", "\n", body)


def _head(drawing: Drawing, alt: str) -> str:
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="{FONTS}" font-size="{SIZE}" aria-label="{escape(alt)}">'
    )
