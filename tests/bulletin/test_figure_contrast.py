"""Contrast of every text and every mark of every drawing with what it stands on: WCAG 2.2, 1.4.3 and 1.4.11.

Measured in the files as they are, and in the colours of the page that are put in their place, light and dark. Lines of
a grid are exempt: they are decoration, and every number is written beside its mark or in the table under it.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest

from desistance.bulletin import page
from desistance.bulletin.captions.plans import Point, StackGroup, StacksPlan
from desistance.bulletin.figures import draw_calibration, drawings
from desistance.bulletin.figures.marks import SIZE, text_width
from desistance.bulletin.figures.render import svg_text
from desistance.bulletin.palette import GRID, VARIABLES

TEXT, MARK = 4.5, 3.0
SVG = "{http://www.w3.org/2000/svg}"
SHEET = Path(page.__file__).parent / "templates" / "style.css"
MODES = ("as it is", "light", "dark")


@dataclass(frozen=True)
class Piece:
    """One text or mark: what is painted and where."""

    kind: str
    fill: str
    stroke: str
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other):
        x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def colours(mode):
    """Code of each colour of a drawing in one of the ways it is shown."""
    if mode == "as it is":
        return {}
    style = SHEET.read_text(encoding="utf-8")
    light, dark = re.findall(r":root\s*\{(.*?)\}", style, flags=re.DOTALL)[:2]
    assert "prefers-color-scheme: dark" in style[: style.index(dark)]
    shown = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light if mode == "light" else light + dark))
    return {code: shown[name] for code, name in VARIABLES.items()}


def pieces(svg):
    """Texts and marks in the order they are painted; shapes kept in `defs` are not painted there."""
    root = ElementTree.fromstring(svg)
    kept = {shape for defs in root.iter(f"{SVG}defs") for shape in defs}
    for element in root.iter():
        if element.tag in {f"{SVG}text", f"{SVG}path", f"{SVG}use"} and element not in kept:
            style = dict(re.findall(r"([\w-]+): ([^;]+)", element.get("style")))
            yield Piece(
                element.tag.removeprefix(SVG),
                style.get("fill", "#000000"),
                style.get("stroke", ""),
                *place(element, style),
            )


def place(element, style):
    """Box around a piece; around the middle of a marker."""
    if element.tag == f"{SVG}path":
        ends = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", element.get("d"))]
        return min(ends[::2]), min(ends[1::2]), max(ends[::2]), max(ends[1::2])
    x, y = float(element.get("x")), float(element.get("y"))
    if element.tag == f"{SVG}use":
        return x - 1, y - 1, x + 1, y + 1
    width = text_width(element.text, bold=style.get("font-weight") == "700")
    left = x - {"start": 0, "middle": 0.5, "end": 1}[style["text-anchor"]] * width
    return left, y - 0.7 * SIZE, left + width, y


def luminance(code):
    parts = [int(code[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faint(svg, shown):
    """Pieces that cannot be told well enough from what was painted under them, and how many were measured."""
    painted = list(pieces(svg))
    found = []
    for number, piece in enumerate(painted[1:], 1):
        is_grid = (piece.kind, piece.fill, piece.stroke) == ("path", "none", GRID)
        is_nothing = piece.fill != "none" and piece.left == piece.right
        if is_grid or is_nothing:
            continue
        under = [
            each
            for each in painted[:number]
            if each.kind == "path" and each.fill != "none" and each.holds(piece)
        ]
        ground = shown.get(under[-1].fill, under[-1].fill)
        codes = [shown.get(code, code) for code in (piece.fill, piece.stroke) if code not in ("none", "")]
        needed = TEXT if piece.kind == "text" else MARK
        if max(contrast(code, ground) for code in codes) < needed:
            found.append((piece, ground))
    return found, len(painted)


@pytest.fixture(scope="module")
def drawn(released, study, draw_files):
    """Every drawing by the stem of its file."""
    simulated = draw_calibration(released, study)["calibration"]
    return draw_files(released, study) | {
        "calibration": simulated.wide,
        "calibration_narrow": simulated.narrow,
    }


@pytest.mark.parametrize("mode", MODES)
def test_every_text_and_every_mark_stands_out(drawn, mode):
    shown = colours(mode)
    for name, svg in drawn.items():
        found, n_painted = faint(svg, shown)
        assert found == [], (name, mode)
        assert n_painted > 20, name


@pytest.mark.parametrize("mode", MODES)
def test_what_is_hidden_stands_out_too(short_study, make_release, draw_files, mode):
    svgs = draw_files(make_release(short_study, available=False), short_study)
    assert {name: faint(svg, colours(mode))[0] for name, svg in svgs.items()} == {name: [] for name in svgs}


@pytest.mark.parametrize("mode", MODES)
def test_parts_of_a_bar_and_the_numbers_in_them_stand_out(mode):
    """In each of the ordered colours, of which the lightest has an edge and dark numbers."""
    parts = tuple(Point(share, text=f"{share:.0%}") for share in (0.3, 0.3, 0.4))
    group = StackGroup("", ("All",), (parts,), (Point(2.0, text="2.0"),))
    plan = StacksPlan("Number", ("Few", "Some", "Many"), "Mean", 4, (group,))
    for drawing in drawings(plan, made_up=True):
        svg = svg_text(drawing, name="bars", alt="")
        assert svg.count("%</text>") == 3
        assert faint(svg, colours(mode))[0] == []


def test_what_is_faint_is_found():
    head = f'<svg xmlns="{SVG[1:-1]}"><path d="M 0 9 L 99 9 L 99 0 L 0 0 z" style="fill: #fefefe"/>'
    for body in (
        '<path d="M 0 0 L 9 9 L 9 0 z" style="fill: #6bace6"/>',
        '<path d="M 0 5 L 99 5" style="fill: none; stroke: #bfbfbf"/>',
        '<text style="text-anchor: start; fill: #28a197" x="5" y="9">faint</text>',
        '<path d="M 0 9 L 99 9 L 99 0 L 0 0 z" style="fill: #2073bc"/>'
        '<text style="text-anchor: start; fill: #000000" x="5" y="9">dark on dark</text>',
    ):
        assert len(faint(f"{head}{body}</svg>", {})[0]) == 1


def test_the_page_has_every_colour_in_light_and_in_dark():
    light, dark = colours("light"), colours("dark")
    assert set(light) == set(dark) == set(VARIABLES)
    assert light != dark


def test_parts_of_a_bar_have_paper_between_them(drawn):
    """They need not stand out from each other then, only from the paper."""
    boxes = [
        piece
        for piece in pieces(drawn["number_of_factors"])
        if piece.kind == "path" and piece.fill not in ("none", "#fefefe") and piece.left < piece.right
    ]
    for one in boxes:
        for other in boxes:
            if one is not other and one.top == other.top:
                assert one.right + 1 <= other.left or other.right + 1 <= one.left
