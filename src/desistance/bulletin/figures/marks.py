"""A drawing as a list of marks in CSS pixels, the origin at the top left: what a layout makes and `render` draws.

Layouts are pure: they place marks by arithmetic and by the width of text in one fixed font (DejaVu Sans, which
comes with matplotlib and is wider than the fonts a reader is likely to have), so that nothing overlaps and the
same numbers give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from desistance.bulletin.captions.plans import Point
from desistance.bulletin.language.words import points
from desistance.bulletin.palette import DARK_PINK, GRID, INK, SOFT, level_colours

SIZE = 16
LEADING = 20
ASCENT = 15
MARGIN = 4
WIDE, NARROW = 960, 340
MADE_UP = "Made-up records"


@dataclass(frozen=True)
class Text:
    """A line of text on its baseline; `anchor` is left, center or right."""

    x: float
    y: float
    text: str
    anchor: str = "left"
    bold: bool = False
    colour: str = INK


@dataclass(frozen=True)
class Box:
    """A filled rectangle, for bars; `edge` is the colour of a line around one that is too light to be seen."""

    left: float
    top: float
    right: float
    bottom: float
    colour: str
    edge: str = ""


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = GRID
    width: float = 1
    dashed: bool = False


@dataclass(frozen=True)
class Curve:
    """A line through several places."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    colour: str
    width: float = 1.5
    dashed: bool = False


@dataclass(frozen=True)
class Dot:
    """A marker: circle, diamond, triangle, square, cross, ring or speck."""

    x: float
    y: float
    shape: str
    colour: str


Mark = Text | Box | Line | Curve | Dot
Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Drawing:
    """Marks on a sheet of a given size."""

    width: float
    height: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Axis:
    """A scale from `start` to `limit` between two places on the sheet; of an upright one, `left` is the foot."""

    left: float
    right: float
    limit: float = 1.0
    start: float = 0.0

    def at(self, value: float) -> float:
        """Place of a value."""
        return round(
            self.left + (self.right - self.left) * (value - self.start) / (self.limit - self.start), 2
        )


SHAPES = ("circle", "diamond", "triangle", "square", "ring", "cross")


def looks(n_levels: int) -> tuple[tuple[str, str], ...]:
    """Shape and colour of each level: both differ, so that neither has to be told apart alone."""
    colours = level_colours(n_levels)
    return tuple((SHAPES[n % len(SHAPES)], colours[n % len(colours)]) for n in range(n_levels))


def text_width(text: str, *, bold: bool = False) -> float:
    """Width of a line of text at the one size used."""
    return sum(_advance(character, bold) for character in text)


def wrapped(text: str, width: float, *, bold: bool = False) -> list[str]:
    """Break text into lines no wider than `width`; a word that is wider is broken where it must be."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, width, bold):
            longer = f"{lines[-1]} {piece}".strip()
            if text_width(longer, bold=bold) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [line for line in lines if line] or [""]


def block(
    x: float, top: float, lines: Sequence[str], anchor: str = "left", *, bold: bool = False
) -> list[Mark]:
    """Lines of text under one another, the first beginning at `top`."""
    return [Text(x, top + ASCENT + LEADING * number, line, anchor, bold) for number, line in enumerate(lines)]


def cell(x: float, y: float, text: str, anchor: str = "left", *, bold: bool = False) -> Text:
    """Text in the place of a number; shorthand for one that is not there is set softly."""
    missing = text.startswith("[")
    return Text(x, y, text, anchor, bold and not missing, SOFT if missing else INK)


def key_mark(x: float, y: float, shape: str, colour: str, drawn: Sequence[Point]) -> Text | Dot:
    """Marker in a space of 14 pixels before the name of a level; shorthand where none of its numbers has a mark."""
    if drawn and all(each.value is None for each in drawn):
        return cell(x - 7, y + ASCENT - 10, drawn[0].text)
    return Dot(x, y, shape, colour)


def middle(y: float, n_lines: int = 1) -> float:
    """Top of a block of lines centred on `y`."""
    return y - LEADING * n_lines / 2


def percent_axis(axis: Axis, spans: Spans, ticks: Sequence[float]) -> Iterator[Mark]:
    """Grid lines of an axis of shares over each span of heights, with percentages under the last."""
    for tick in ticks:
        yield from grid_line(axis.at(tick), spans)
        label = f"{tick * 100:g}%" if tick == ticks[-1] else f"{tick * 100:g}"
        yield Text(axis.at(tick), spans[-1][1] + LEADING, label, "center", colour=SOFT)


def number_axis(axis: Axis, spans: Spans, ticks: Sequence[int]) -> Iterator[Mark]:
    """Grid lines of an axis of numbers."""
    for tick in ticks:
        yield from grid_line(axis.at(tick), spans)
        yield Text(axis.at(tick), spans[-1][1] + LEADING, str(tick), "center", colour=SOFT)


def points_axis(axis: Axis, spans: Spans, ticks: Sequence[float]) -> Iterator[Mark]:
    """Grid lines of an axis of differences, with signed points under the last and a dark line at nought."""
    for tick in ticks:
        for mark in grid_line(axis.at(tick), spans):
            yield replace(mark, colour=INK, width=1.5) if tick == 0 else mark
        label = points(Fraction(round(tick * 1000), 1000))
        yield Text(axis.at(tick), spans[-1][1] + LEADING, label, "center", colour=SOFT)


def grid_line(x: float, spans: Spans, colour: str = GRID, *, dashed: bool = False) -> Iterator[Mark]:
    """Upright line over each span of heights, so that it does not run through text between them."""
    for top, bottom in spans:
        yield Line(x, top, x, bottom, colour, 1, dashed)


def point(
    axis: Axis, y: float, drawn: Point, shape: str, colour: str, *, text: bool = True
) -> Iterator[Mark]:
    """Draw a dot with the line of its interval, and its text to the right of both."""
    if drawn.value is None:
        if text:
            yield cell(axis.left + 4, y + 6, drawn.text)
        return
    end = axis.at(drawn.value) + 6
    if drawn.low is not None and drawn.high is not None:
        yield Line(axis.at(drawn.low), y, axis.at(drawn.high), y, colour, 2.5)
        end = max(end, axis.at(drawn.high))
    yield Dot(axis.at(drawn.value), y, shape, colour)
    if text:
        yield Text(end + 6, y + 6, drawn.text, bold=True)


def column_heads(columns: Sequence[float], y: float) -> tuple[list[Mark], float]:
    """Numbers over columns, on two lines in turn where one has no room, and where they end."""
    pitch = columns[1] - columns[0] if len(columns) > 1 else WIDE
    turns = 1 if text_width(str(len(columns))) < pitch else 2
    marks: list[Mark] = [
        Text(x, y + ASCENT + LEADING * (number % turns), str(number + 1), "center")
        for number, x in enumerate(columns)
    ]
    return marks, y + LEADING * turns


def spread(
    places: Sequence[float], widths: Sequence[float], left: float, right: float, gap: float
) -> list[float]:
    """Move centres of labels apart, as little as a sweep from either side needs, between two edges."""
    centres = list(places)
    for number, width in enumerate(widths):
        least = (
            left + width / 2 if number == 0 else centres[number - 1] + (widths[number - 1] + width) / 2 + gap
        )
        centres[number] = max(centres[number], least)
    for number in reversed(range(len(widths))):
        last = number == len(widths) - 1
        room = right if last else centres[number + 1] - widths[number + 1] / 2 - gap
        centres[number] = min(centres[number], room - widths[number] / 2)
    return centres


def finished(width: float, bottom: float, marks: Sequence[Mark], *, made_up: bool, own_line: bool) -> Drawing:
    """Close a drawing under its axis; made-up records say so in the drawing itself."""
    baseline = bottom + LEADING
    if made_up:
        baseline += LEADING + 4 if own_line else 0
        marks = [*marks, Text(0, baseline, MADE_UP, bold=True, colour=DARK_PINK)]
    return Drawing(width, baseline + 8 + MARGIN, tuple(marks))


def _pieces(word: str, width: float, bold: bool) -> list[str]:
    pieces, start = [], 0
    while start < len(word):
        end = start + 1
        while end < len(word) and text_width(word[start : end + 1], bold=bold) <= width:
            end += 1
        pieces.append(word[start:end])
        start = end
    return pieces


@lru_cache(maxsize=4096)
def _advance(character: str, bold: bool) -> float:
    from matplotlib.ft2font import LoadFlags

    font = _font(bold)
    if not font.get_char_index(ord(character)):
        return SIZE  # the reader's font will draw it; few letters are wider than the line is high
    return font.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536


@lru_cache(maxsize=2)
def _font(bold: bool):
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = FT2Font(f"{mpl.get_data_path()}/fonts/ttf/{name}")
    font.set_size(SIZE, 72)
    return font
