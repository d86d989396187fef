"""The shapes of a drawing: texts, markers, bars and lines with their places on the sheet, read from SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Matrix = tuple[float, float, float, float, float, float]
PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
LETTER = 0.55  # width of a letter in heights, about
LEADING = 20.5
LARGEST_MARKER = 24.0


@dataclass(frozen=True)
class Words:
    """A line or block of text: its words, the box it fills, its anchor and weight."""

    text: str
    x: float
    left: float
    right: float
    top: float
    bottom: float
    anchor: str
    weight: str

    @property
    def middle(self) -> float:
        """Height of the middle of the block."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Shape:
    """A marker, bar or straight line: the box it fills and what it looks like (form and colour)."""

    kind: str
    left: float
    right: float
    top: float
    bottom: float
    look: tuple[str, str]

    @property
    def x(self) -> float:
        """Middle from left to right."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Middle from top to bottom."""
        return (self.top + self.bottom) / 2


def tag(element: Any) -> str:
    """Name of an element without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def drawn(svg: Any) -> tuple[list[Words], list[Shape]]:
    """Every text and shape of an SVG element, in the order in which they are drawn."""
    forms = {
        one.get("id"): one
        for one in svg.iter()
        if tag(one) in {"path", "circle", "rect", "ellipse", "g", "symbol", "polygon"} and one.get("id")
    }
    texts: list[Words] = []
    shapes: list[Shape] = []
    for element, matrix, style in _walk(svg, PLAIN, {}):
        if tag(element) == "text":
            texts += _words(element, matrix, style)
        else:
            shapes += _shapes(element, matrix, style, forms)
    return texts, shapes


def _walk(
    element: Any, matrix: Matrix, style: Mapping[str, str]
) -> Iterator[tuple[Any, Matrix, Mapping[str, str]]]:
    for child in element:
        name = tag(child)
        if name in {"", "defs", "clippath", "symbol", "style", "metadata", "title", "desc"}:
            continue
        own = {**style, **_style(child)}
        moved = _times(matrix, _transform(child.get("transform", "")))
        if name in {"g", "svg", "a", "switch"}:
            yield from _walk(child, moved, own)
        else:
            yield child, moved, own


def _style(element: Any) -> dict[str, str]:
    named = ("fill", "stroke", "text-anchor", "font-weight", "stroke-width", "font-size")
    style = {name: element.get(name) for name in named if element.get(name)}
    for part in element.get("style", "").split(";"):
        name, colon, value = part.partition(":")
        if colon:
            style[name.strip()] = value.strip()
    return style


def _transform(said: str) -> Matrix:
    matrix = PLAIN
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", said):
        numbers = [float(one) for one in _NUMBER.findall(inside)]
        if name == "translate" and numbers:
            matrix = _times(matrix, (1, 0, 0, 1, numbers[0], numbers[1] if len(numbers) > 1 else 0.0))
        elif name == "scale" and numbers:
            matrix = _times(matrix, (numbers[0], 0, 0, numbers[-1], 0, 0))
        elif name == "matrix" and len(numbers) == 6:
            matrix = _times(matrix, tuple(numbers))
        elif name == "rotate" and numbers:
            turn = math.radians(numbers[0])
            matrix = _times(matrix, (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0, 0))
    return matrix


def _times(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + c * h,
        b * g + d * h,
        a * i + c * j,
        b * i + d * j,
        a * k + c * m + e,
        b * k + d * m + f,
    )


def _at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _number(element: Any, name: str, missing: float = 0.0) -> float:
    found = _NUMBER.search(element.get(name, ""))
    return float(found[0]) if found else missing


def _words(element: Any, matrix: Matrix, style: Mapping[str, str]) -> Iterator[Words]:
    lines = [child for child in element if tag(child) == "tspan"]
    if lines and any(line.get("y") or line.get("dy") for line in lines[1:]):
        y = _number(element, "y")
        for line in lines:
            y = _number(line, "y", y) + _number(line, "dy")
            x = _number(line, "x", _number(element, "x"))
            yield from _line("".join(line.itertext()), _at(matrix, x, y), {**style, **_style(line)})
        return
    said = "".join(element.itertext())
    first = lines[0] if lines else element
    place = _number(first, "x", _number(element, "x")), _number(first, "y", _number(element, "y"))
    yield from _line(said, _at(matrix, *place), style)


def _line(said: str, place: tuple[float, float], style: Mapping[str, str]) -> Iterator[Words]:
    said = " ".join(said.split())
    if not said:
        return
    x, y = place
    size = float((_NUMBER.search(style.get("font-size", "16")) or ["16"])[0])
    anchor = style.get("text-anchor", "start")
    width = LETTER * size * len(said)
    left = x - {"start": 0.0, "middle": width / 2, "end": width}.get(anchor, 0.0)
    yield Words(
        said, x, left, left + width, y - 0.95 * size, y + 0.3 * size, anchor, style.get("font-weight", "")
    )


def _shapes(
    element: Any, matrix: Matrix, style: Mapping[str, str], forms: Mapping[str, Any]
) -> Iterator[Shape]:
    name = tag(element)
    if name == "use":
        link = (
            element.get("{http://www.w3.org/1999/xlink}href")
            or element.get("xlink:href")
            or element.get("href")
            or ""
        )
        form = forms.get(link.removeprefix("#"))
        x, y = _at(matrix, _number(element, "x"), _number(element, "y"))
        outline = (form.get("d") or tag(form)) if form is not None else link
        yield Shape(
            "marker",
            x - 5,
            x + 5,
            y - 5,
            y + 5,
            (outline, _colour({**_style(form), **style} if form is not None else style)),
        )
    elif name in {"circle", "ellipse"}:
        x, y = _at(matrix, _number(element, "cx"), _number(element, "cy"))
        r = _number(element, "r", _number(element, "rx", 5))
        yield Shape("marker", x - r, x + r, y - r, y + r, (name, _colour(style)))
    elif name == "rect":
        corner = _number(element, "x"), _number(element, "y")
        size = _number(element, "width"), _number(element, "height")
        yield from _box([corner, (corner[0] + size[0], corner[1] + size[1])], matrix, style, "rect")
    elif name == "line":
        ends = [(_number(element, f"x{n}"), _number(element, f"y{n}")) for n in "12"]
        yield from _stroke([_at(matrix, *end) for end in ends], style)
    elif name in {"path", "polygon", "polyline"}:
        points, closed = _outline(element, name)
        if not points:
            return
        if (closed or name == "polygon") and style.get("fill", "black") != "none":
            yield from _box(points, matrix, style, element.get("d", name)[:400])
        else:
            yield from _stroke([_at(matrix, *point) for point in points], style)


def _box(
    points: list[tuple[float, float]], matrix: Matrix, style: Mapping[str, str], outline: str
) -> Iterator[Shape]:
    placed = [_at(matrix, *point) for point in points]
    xs, ys = [x for x, _ in placed], [y for _, y in placed]
    curved = bool(re.search(r"[cCqQaA]", outline))
    small = max(max(xs) - min(xs), max(ys) - min(ys)) <= LARGEST_MARKER
    kind = "marker" if curved and small else "bar"
    yield Shape(kind, min(xs), max(xs), min(ys), max(ys), ("curved" if curved else "box", _colour(style)))


def _stroke(points: list[tuple[float, float]], style: Mapping[str, str]) -> Iterator[Shape]:
    look = ("line", style.get("stroke", ""))
    if len(points) == 2:
        (x1, y1), (x2, y2) = points
        yield Shape("line", min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2), look)
    elif 2 < len(points) <= 40:
        for x, y in points:
            yield Shape("vertex", x, x, y, y, look)


def _colour(style: Mapping[str, str]) -> str:
    fill = style.get("fill", "")
    return f"{fill}|{style.get('stroke', '')}"


def _outline(element: Any, name: str) -> tuple[list[tuple[float, float]], bool]:
    """Corners and end points of a path, and whether it is closed."""
    if name != "path":
        numbers = [float(one) for one in _NUMBER.findall(element.get("points", ""))]
        return list(zip(numbers[::2], numbers[1::2], strict=False)), name == "polygon"
    points: list[tuple[float, float]] = []
    x = y = 0.0
    closed = False
    for letter, inside in _COMMAND.findall(element.get("d", "")):
        numbers = [float(one) for one in _NUMBER.findall(inside)]
        base = (x, y) if letter.islower() else (0.0, 0.0)
        kind = letter.upper()
        if kind == "Z":
            closed = True
        elif kind in "HV":
            for one in numbers:
                x, y = (base[0] + one, y) if kind == "H" else (x, base[1] + one)
                points.append((x, y))
                base = (x, y) if letter.islower() else (0.0, 0.0)
        else:
            step = {"M": 2, "L": 2, "T": 2, "C": 6, "S": 4, "Q": 4, "A": 7}[kind]
            for at in range(0, len(numbers) - step + 1, step):
                x, y = base[0] + numbers[at + step - 2], base[1] + numbers[at + step - 1]
                points.append((x, y))
                base = (x, y) if letter.islower() else (0.0, 0.0)
    return points, closed


_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMAND = re.compile(r"([MLHVCSQTAZmlhvcsqtaz])([^MLHVCSQTAZmlhvcsqtaz]*)")
