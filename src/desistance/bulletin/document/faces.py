"""The typefaces of the document: where they are, how wide their letters are, and which letters they have.

They come with matplotlib, so every machine has the same ones.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
LONGEST_WORD = 30
PIECE = 12
BREAK = "\u200b"


def folder() -> Path:
    """Folder of the fonts; matplotlib itself is not loaded.

    Raises
    ------
    ModuleNotFoundError
        matplotlib is not installed.
    """
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("matplotlib, which carries the fonts of the document, is not installed")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


@cache
def _widths(face: str) -> dict[int, float]:
    """Width of each character of a face, of a font size of one."""
    from fontTools.ttLib import TTFont

    with TTFont(folder() / face, lazy=True) as font:
        metrics, scale = font["hmtx"].metrics, font["head"].unitsPerEm
        return {code: metrics[name][0] / scale for code, name in font.getBestCmap().items()}


def width(text: str, *, bold: bool = False) -> float:
    """Width of a text set in one line, in units of its font size.

    >>> round(width("100"), 2)
    1.91
    """
    known = _widths(BOLD if bold else REGULAR)
    return sum(known.get(ord(one), 1.0) for one in text)


def settable(text: str) -> str:
    r"""Text that can be set whole: no letter without a shape, and no word too long for a line.

    A letter that the face lacks is named by its number, as U+6F22; very long words may break anywhere, by a mark
    that has no width.

    >>> settable("Caf\u00e9 \u6f22")
    'Café [U+6F22]'
    """
    return re.sub(rf"[^\s{BREAK}]{{{LONGEST_WORD},}}", lambda found: _pieces(found[0]), lettered(text))


def lettered(text: str) -> str:
    """Text in which each letter that the face lacks is named by its number."""
    if text.isascii() and text.isprintable():
        return text
    known = _widths(REGULAR)
    return "".join(one if _is_shown(one, known) else f"[U+{ord(one):04X}]" for one in text)


def _is_shown(one: str, known: dict[int, float]) -> bool:
    return ord(one) in known or one in "\n\t" or one == BREAK


def _pieces(word: str) -> str:
    return BREAK.join(word[start : start + PIECE] for start in range(0, len(word), PIECE))
