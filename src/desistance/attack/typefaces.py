"""The fonts of a PDF: which letters its codes stand for, and how wide they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from desistance.attack.errors import AttackError

PLAIN = {"/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman", "/StandardEncoding": "latin-1"}
SINGLE = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
RANGE = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
LISTED = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*\[([^\]]*)\]")
PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
MOST_CODES = 70_000


@dataclass(frozen=True)
class Face:
    """A font: the text of each code, its width in thousandths, and how many bytes a code has."""

    texts: dict[int, str]
    widths: dict[int, float]
    usual: float
    n_bytes: int
    known: bool

    def read(self, said: bytes, where: str) -> tuple[str, float]:
        """Text of a string, and its width in thousandths of the size.

        Raises
        ------
        AttackError
            A code stands for no letter.
        """
        codes = (
            said
            if self.n_bytes == 1
            else [one << 8 | two for one, two in zip(said[::2], said[1::2], strict=False)]
        )
        try:
            text = "".join([self.texts[code] for code in codes])
        except KeyError:
            text = None
        if text is None or not self.known:
            raise AttackError(f"{where} codes its words by a font that does not say which letters they are")
        widths, usual = self.widths, self.usual
        return text, sum([widths.get(code, usual) for code in codes])


class Faces:
    """The fonts of one document, each read once."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._known: dict[int, Face] = {}

    def of(self, font: Any) -> Face:
        """Face of a font, or of a reference to one.

        Raises
        ------
        AttackError
            It maps more codes than a font has.
        """
        number = getattr(font, "idnum", 0)
        if number not in self._known or not number:
            self._known[number] = _face(font.get_object(), self.where)
        return self._known[number]


def _face(font: Any, where: str) -> Face:
    wide = font.get("/Subtype") == "/Type0"
    mapped = font.get("/ToUnicode")
    texts = _mapped(mapped.get_object().get_data(), where) if mapped is not None else _plain(font, wide=wide)
    widths = _wide_widths(font) if wide else _plain_widths(font)
    usual = 1000.0 if wide else 500.0
    return Face(texts, widths, usual, 2 if wide else 1, bool(texts))


def _plain(font: Any, *, wide: bool) -> dict[int, str]:
    """Letters of a font that is coded as the standard says; none where it has codes of its own."""
    coding = font.get("/Encoding", "/StandardEncoding")
    if wide or font.get("/Subtype") == "/Type3" or coding not in PLAIN:
        return {}
    return {code: bytes([code]).decode(PLAIN[coding], "replace") for code in range(256)}


def _mapped(data: bytes, where: str) -> dict[int, str]:
    texts: dict[int, str] = {}
    for block in SINGLE.findall(data):
        texts |= {int(code, 16): _text(text) for code, text in PAIR.findall(block)}
    for block in RANGE.findall(data):
        for first, _, listed in LISTED.findall(block):
            found = re.findall(rb"<([0-9A-Fa-f]*)>", listed)
            texts |= {int(first, 16) + n: _text(text) for n, text in enumerate(found)}
        for first, last, text in TRIPLE.findall(LISTED.sub(b"", block)):
            span = range(int(first, 16), int(last, 16) + 1)
            if len(span) > MOST_CODES:
                raise AttackError(f"{where} has a font with more codes than are read")
            texts |= {code: _text(b"%04X" % (int(text, 16) + n)) for n, code in enumerate(span)}
    return texts


def _text(digits: bytes) -> str:
    digits = digits.decode()
    return bytes.fromhex(digits.rjust(len(digits) + len(digits) % 2, "0").rjust(4, "0")).decode(
        "utf-16-be", "replace"
    )


def _wide_widths(font: Any) -> dict[int, float]:
    listed = list(font["/DescendantFonts"][0].get_object().get("/W", []))
    widths: dict[int, float] = {}
    while len(listed) > 1:
        first, second = int(listed.pop(0)), listed.pop(0).get_object()
        if isinstance(second, list):
            widths |= {first + n: float(one) for n, one in enumerate(second)}
        elif listed:
            width = float(listed.pop(0))
            widths |= dict.fromkeys(range(first, min(int(second), first + MOST_CODES) + 1), width)
    return widths


def _plain_widths(font: Any) -> dict[int, float]:
    first = int(font.get("/FirstChar", 0))
    return {first + n: float(one.get_object()) for n, one in enumerate(font.get("/Widths", []))}
