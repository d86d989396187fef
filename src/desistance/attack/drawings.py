"""What drawings say: the value of each mark from its place on a scale.

Its row, its look (as the key explains it) and the titles over it give the mark its names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desistance.attack.naming import Group, Place, Vocabulary, plain
from desistance.attack.quantities import OF_OTHERS, rounded
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.shapes import LEADING, Shape, Words, drawn
from desistance.attack.statements import Statement

TICK = re.compile(r"^-?\d+(?:\.\d+)?%?$")
FIGURE = re.compile(r"^(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(%?)(?: ?\[\w+\])?$")
# Pixels: how exactly drawings place marks on a scale with grid lines, and on one known by its figures alone.
EXACT, ROUGH = 0.05, 2.0
NEAR = 6.0  # how far a label may be from the height of its mark
MOST_MARKS = 6  # so many marks of one name are marks of something else, such as services


@dataclass(frozen=True)
class Axis:
    """A scale of shares: places ``first`` and ``last`` on the sheet with their values, and where its figures stand."""

    upright: bool
    first: float
    last: float
    low: float
    high: float
    at: float
    slack: float = ROUGH

    def value(self, place: float) -> float:
        """Share that a place on the sheet stands for."""
        return self.low + (self.high - self.low) * (place - self.first) / (self.last - self.first)

    @property
    def half(self) -> float:
        """How far a value read from the scale may be from the truth."""
        return abs(self.slack * (self.high - self.low) / (self.last - self.first))

    def holds(self, place: float) -> bool:
        """Whether a place lies on the scale."""
        least, most = sorted((self.first, self.last))
        return least - 3 <= place <= most + 3


@dataclass(frozen=True)
class Sheet:
    """A drawing taken apart: scales, blocks of text, keys (a look and its name) and the marks that hold values."""

    axes: tuple[Axis, ...]
    blocks: tuple[Words, ...]
    keys: tuple[tuple[Shape, Words], ...]
    marks: tuple[Shape, ...]
    lines: tuple[Shape, ...]
    figures: tuple[Words, ...]


def drawing_statements(svg: Any, reading: Reading) -> list[Statement]:
    """What a drawing says of hidden numbers: its marks, measured; its figures; and its texts, read as sentences.

    Parameters
    ----------
    svg : element
        An ``svg`` element, of a file or within a page.
    """
    reading = replace(reading, kind="drawing")
    words = reading.vocabulary
    sheet = _sheet(svg, words)
    if any(OF_OTHERS.search(plain(block.text)) for block in sheet.blocks):
        return []
    statements: list[Statement] = []
    for mark in sheet.marks:
        axis = _axis(mark, sheet.axes)
        if axis is not None:
            groups = _groups(mark, axis, sheet, words)
            statements += _mark_statements(mark, axis, sheet, replace(reading, near=groups))
    for figure in sheet.figures:
        statements += _figure_statements(figure, sheet, reading)
    counts = Counter((one.key, one.unit) for one in statements)
    statements = [one for one in statements if counts[one.key, one.unit] <= MOST_MARKS]
    for block in sheet.blocks:
        if words.mentions(plain(block.text)) and re.search(r"\d|\bof\b", block.text):
            statements += sentence_statements(block.text, reading)
    return statements


def _sheet(svg: Any, words: Vocabulary) -> Sheet:
    texts, shapes = drawn(svg)
    axes, ticks = _axes(texts, [shape for shape in shapes if shape.kind == "line"])
    lines = [text for text in texts if text not in ticks and not _is_figure(text)]
    keys, blocks = _blocks(lines, [shape for shape in shapes if shape.kind in {"marker", "bar"}], words)
    taken = {id(shape) for shape, _ in keys}
    widest = max((shape.right - shape.left for shape in shapes if shape.kind == "bar"), default=0.0)
    tallest = max((shape.bottom - shape.top for shape in shapes if shape.kind == "bar"), default=0.0)
    marks = [
        shape
        for shape in shapes
        if shape.kind in {"marker", "bar"}
        and id(shape) not in taken
        and not (shape.right - shape.left == widest and shape.bottom - shape.top == tallest and tallest > 100)
    ]
    marks += _vertices(shapes, marks)
    figures = [text for text in texts if text not in ticks and _is_figure(text)]
    return Sheet(
        tuple(axes),
        tuple(blocks),
        tuple(keys),
        tuple(marks),
        tuple(shape for shape in shapes if shape.kind == "line"),
        tuple(figures),
    )


def _is_figure(text: Words) -> bool:
    return bool(FIGURE.match(plain(text.text)))


def _vertices(shapes: Sequence[Shape], marks: Sequence[Shape]) -> list[Shape]:
    """Corners of lines that no marker stands on: a line may be drawn without markers."""
    places = {(round(mark.x), round(mark.y)) for mark in marks}
    return [
        shape for shape in shapes if shape.kind == "vertex" and (round(shape.x), round(shape.y)) not in places
    ]


def _axes(texts: Sequence[Words], lines: Sequence[Shape]) -> tuple[list[Axis], set[Words]]:
    """Scales of shares: figures in a row or column, at places in proportion to them, of which one says per cent."""
    axes: list[Axis] = []
    used: set[Words] = set()
    ticks = [text for text in texts if TICK.match(plain(text.text))]
    for upright in (False, True):
        rows: dict[tuple, list[Words]] = {}
        for tick in ticks:
            if tick not in used:
                line = round(tick.x if upright else tick.bottom)
                rows.setdefault((line, tick.anchor), []).append(tick)
        for row in rows.values():
            row.sort(key=lambda tick: -tick.middle if upright else tick.x)
            for run in _runs(row, upright):
                axis = _scale(run, upright)
                if axis is not None:
                    axes.append(_on_grid(axis, lines))
                    used |= set(run)
    return axes, used


def _on_grid(axis: Axis, lines: Sequence[Shape]) -> Axis:
    """A scale moved onto its grid lines: the figures of an upright scale stand a little under them."""
    if axis.upright:
        places = [line.y for line in lines if line.bottom - line.top < 0.5 < line.right - line.left]
    else:
        places = [line.x for line in lines if line.right - line.left < 0.5 < line.bottom - line.top]
    moved, found = [], True
    for end in (axis.first, axis.last):
        near = min(places, key=lambda place: abs(place - end), default=end)
        found = found and bool(places) and abs(near - end) < 8
        moved.append(near - end)
    if not found or abs(moved[0] - moved[1]) > 0.5:
        return axis
    return replace(axis, first=axis.first + moved[0], last=axis.last + moved[1], slack=EXACT)


def _value(tick: Words) -> float:
    return float(plain(tick.text).rstrip("%"))


def _place(tick: Words, upright: bool) -> float:
    return tick.bottom - (tick.bottom - tick.top) * 0.24 - 5.5 if upright else tick.x


def _runs(row: Sequence[Words], upright: bool) -> Iterator[list[Words]]:
    run: list[Words] = []
    for tick in row:
        if run and not (_value(tick) > _value(run[-1]) and _in_proportion([*run, tick], upright)):
            yield run
            run = []
        run.append(tick)
    yield run


def _in_proportion(run: Sequence[Words], upright: bool) -> bool:
    if len(run) < 3:
        return True
    first, last = run[0], run[-1]
    span = _value(last) - _value(first)
    room = _place(last, upright) - _place(first, upright)
    return all(
        abs(_place(first, upright) + room * (_value(tick) - _value(first)) / span - _place(tick, upright))
        < 1.5
        for tick in run
    )


def _scale(run: Sequence[Words], upright: bool) -> Axis | None:
    values = [_value(tick) for tick in run]
    if len(run) < 2 or min(values) < 0 or (len(run) < 3 and 0 not in values):
        return None
    said = any(tick.text.endswith("%") for tick in run)
    fractions = values[0] == 0 and values[-1] == 1 and len(run) > 2 and any(value % 1 for value in values)
    hundred = values[0] == 0 and values[-1] == 100
    if not (said or fractions or hundred):
        return None
    unit = 1.0 if fractions and not said else 100.0
    return Axis(
        upright,
        _place(run[0], upright),
        _place(run[-1], upright),
        values[0] / unit,
        values[-1] / unit,
        run[0].x if upright else run[0].middle,
        EXACT if not upright and all(tick.anchor == "middle" for tick in run) else ROUGH,
    )


def _blocks(
    lines: Sequence[Words], shapes: Sequence[Shape], words: Vocabulary
) -> tuple[list[tuple[Shape, Words]], list[Words]]:
    """Lines of text joined to blocks, and those beside a marker of their own: the keys."""
    blocks: list[Words] = []
    keyed: list[Shape | None] = []
    for line in lines:
        key = _marker_of(line, shapes)
        if key is None and blocks and _continues(blocks[-1], line, words):
            last = blocks[-1]
            blocks[-1] = replace(
                last,
                text=f"{last.text} {line.text}",
                bottom=line.bottom,
                left=min(last.left, line.left),
                right=max(last.right, line.right),
            )
        else:
            blocks.append(line)
            keyed.append(key)
    keys = [(key, block) for key, block in zip(keyed, blocks, strict=True) if key is not None]
    return keys, [block for key, block in zip(keyed, blocks, strict=True) if key is None]


def _marker_of(line: Words, shapes: Sequence[Shape]) -> Shape | None:
    """The marker or small box to the left of a line, at its height: a key explains a look."""
    if line.anchor != "start":
        return None
    for shape in shapes:
        small = shape.right - shape.left <= 30 and shape.bottom - shape.top <= 30
        if small and 0 <= line.left - shape.x <= 30 and line.top <= shape.y <= line.bottom:
            return shape
    return None


def _continues(block: Words, line: Words, words: Vocabulary) -> bool:
    same = (block.x, block.anchor, block.weight) == (line.x, line.anchor, line.weight)
    step = line.bottom - block.bottom
    if not same or not 0 < step <= LEADING:
        return False
    joined = line.text[:1].islower() or bool(words.exactly(f"{block.text} {line.text}"))
    return joined or not (words.exactly(block.text) or words.exactly(line.text))


def _axis(mark: Shape, axes: Sequence[Axis]) -> Axis | None:
    """The scale a mark is measured on: the nearest under it, or to its left where scales are upright."""
    level = [axis for axis in axes if not axis.upright and axis.holds(_end(mark, axis))]
    under = sorted((axis for axis in level if axis.at > mark.y), key=lambda axis: axis.at)
    if under or level:
        return under[0] if under else max(level, key=lambda axis: axis.at)
    upright = [axis for axis in axes if axis.upright and axis.at < mark.x and axis.holds(_end(mark, axis))]
    return max(upright, key=lambda axis: axis.at) if upright else None


def _end(mark: Shape, axis: Axis) -> float:
    if mark.kind == "bar":
        return mark.top if axis.upright else mark.right
    return mark.y if axis.upright else mark.x


def _share(mark: Shape, axis: Axis) -> float:
    """Value of a mark: where its middle lies, or how long it is where it is a bar that does not begin at nought."""
    end = axis.value(_end(mark, axis))
    if mark.kind != "bar":
        return end
    start = axis.value(mark.bottom if axis.upright else mark.left)
    return end if abs(start) < 4 * axis.half or start < axis.low else end - start


def _groups(mark: Shape, axis: Axis, sheet: Sheet, words: Vocabulary) -> tuple[Group, ...]:
    """Names of a mark, nearest first: of its row, of its look, and of what stands above it."""
    label = _label(mark, axis, sheet, words)
    key = _key(mark, axis, sheet)
    groups = [words.group(label.text)] if label else []
    groups += [words.group(key.text)] if key else []
    groups += [words.group(block.text) for block in _above(mark, axis, sheet, label)]
    return tuple(group for group in groups if group)


def _label(mark: Shape, axis: Axis, sheet: Sheet, words: Vocabulary) -> Words | None:
    """The text that names a mark's row (to its left, at its height) or, on upright scales, its column (under it)."""
    named = [block for block in sheet.blocks if words.group(block.text)]
    if axis.upright:
        foot = max(axis.first, axis.last)
        below = [block for block in named if block.top > foot - 12 and abs(_centre(block) - mark.x) < 60]
        return min(below, key=lambda block: (abs(_centre(block) - mark.x), block.top), default=None)
    rows = [block for block in named if block.x <= axis.first + 5 and block.left < mark.right]
    beside = [block for block in rows if block.top - NEAR <= mark.y <= block.bottom + NEAR]
    if beside:
        return min(beside, key=lambda block: abs(block.middle - mark.y))
    column = [block for block in rows if block.anchor == "end"]
    return min(column, key=lambda block: abs(block.middle - mark.y), default=None)


def _centre(block: Words) -> float:
    return block.x if block.anchor == "middle" else (block.left + block.right) / 2


def _key(mark: Shape, axis: Axis, sheet: Sheet) -> Words | None:
    """The name of a mark's look: of the key over its own panel if there is one, else the nearest above, else any."""
    same = [(shape, text) for shape, text in sheet.keys if _alike(shape, mark)]
    if not same:
        return None
    edge = axis.at if axis.upright else min(axis.first, axis.last)
    above = [(shape, text) for shape, text in same if shape.y < mark.y]
    own = [(shape, text) for shape, text in above if abs(shape.x - edge) < 60]
    return max(own or above or same, key=lambda one: one[0].y)[1]


def _alike(key: Shape, mark: Shape) -> bool:
    if mark.kind == "vertex":
        return key.look[1].split("|")[0] == mark.look[1] or key.look[1].endswith(mark.look[1])
    if "bar" in {key.kind, mark.kind} and key.kind != mark.kind:
        return key.look[1] == mark.look[1]
    return key.look == mark.look


def _above(mark: Shape, axis: Axis, sheet: Sheet, label: Words | None) -> list[Words]:
    """Blocks above a mark that are not labels of other rows, nearest first; those of other panels left out."""
    blocks = [block for block in sheet.blocks if block.bottom <= mark.y + 2 and block is not label]
    if label is not None and not axis.upright:
        blocks = [
            block
            for block in blocks
            if (block.x, block.anchor) != (label.x, label.anchor) or block.weight != label.weight
        ]
    if axis.upright:
        starts = sorted({block.x for block in blocks if block.x <= mark.x})
        return sorted(
            (block for block in blocks if starts and block.x == starts[-1]), key=lambda block: -block.bottom
        )
    left, right = sorted((axis.first, axis.last))
    own = [block for block in blocks if left - 20 <= block.x <= right]
    common = [block for block in blocks if block.x < left - 20 and block.x < _first_axis(sheet) - 5]
    return sorted([*own, *common], key=lambda block: (-block.bottom, block.x))


def _first_axis(sheet: Sheet) -> float:
    return min(min(axis.first, axis.last) for axis in sheet.axes if not axis.upright)


def _mark_statements(mark: Shape, axis: Axis, sheet: Sheet, reading: Reading) -> Iterator[Statement]:
    found = reading.vocabulary.about(Place(reading.near, reading.far))
    if not found:
        return
    share, half = _share(mark, axis), axis.half
    ends = [("share", share)]
    for line in sheet.lines:
        if line.look[1] and line.look[1] in mark.look[1] and _crosses(line, mark, axis):
            low, high = (line.bottom, line.top) if axis.upright else (line.left, line.right)
            ends += [("ci_low", axis.value(low)), ("ci_high", axis.value(high))]
    where = f"{reading.where}, mark at {mark.x:g}, {mark.y:g}"
    for key in found:
        for unit, value in ends:
            low, high = max(0.0, value - half), value + half
            yield Statement(key.key, reading.kind, where, unit, low, high, f"{mark.kind} at {value:.4f}")


def _crosses(line: Shape, mark: Shape, axis: Axis) -> bool:
    if axis.upright:
        return (
            line.bottom - line.top > 1
            and abs(line.x - mark.x) < 1
            and line.top - 1 <= mark.y <= line.bottom + 1
        )
    return (
        line.right - line.left > 1 and abs(line.y - mark.y) < 1 and line.left - 1 <= mark.x <= line.right + 1
    )


def _figure_statements(figure: Words, sheet: Sheet, reading: Reading) -> Iterator[Statement]:
    """A figure beside a mark has its names; one that stands alone has those of its row."""
    words = reading.vocabulary
    match = FIGURE.match(plain(figure.text))
    mark = _beside(figure, sheet) or Shape(
        "text", figure.left, figure.right, figure.top, figure.bottom, ("", "")
    )
    axis = _axis(mark, sheet.axes)
    if axis is None:
        return
    groups = _groups(mark, axis, sheet, words)
    for share in words.about(Place(groups, reading.far)):
        where = f"{reading.where}, figure at {figure.x:g}, {figure.top:g}"
        low, high = rounded(match[1], hundredths=True)
        if high <= 1.01:
            yield Statement(share.key, reading.kind, where, "share", low, high, figure.text)


def _beside(figure: Words, sheet: Sheet) -> Shape | None:
    """The mark that a figure belongs to: the nearest to its left at its height, or right under it."""
    left = [
        mark
        for mark in sheet.marks
        if figure.top <= mark.y <= figure.bottom and -3 <= figure.left - mark.right <= 250
    ]
    if left and figure.anchor == "start":
        return max(left, key=lambda mark: mark.right)
    under = [
        mark for mark in sheet.marks if abs(mark.x - figure.x) < 2 and 0 <= mark.top - figure.bottom < 160
    ]
    return min(under, key=lambda mark: mark.top, default=None)
