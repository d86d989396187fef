"""What the pages of a PDF show: words with their places, by the marked content they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from desistance.attack.errors import AttackError
from desistance.attack.typefaces import Face, Faces

# Brackets may stand within the brackets of a string, as deep as anybody writes; deeper ones are refused.
STRING = rb"\((?:[^()\\]|\\.)*\)"
for _ in range(6):
    STRING = rb"\((?:[^()\\]|\\.|" + STRING + rb")*\)"
HEX = rb"<[0-9A-Fa-f\s]*>"
INNER = rb"(?:" + STRING + rb"|" + HEX + rb"|[^<>()])*"
SHOWN = rb"(?:\[(?:" + STRING + rb"|" + HEX + rb"|[^\[\]()<>])*\]\s*TJ|" + STRING + rb"\s*Tj)"
TOKEN = re.compile(
    # Lines and areas without words; then one stretch of words in the way typst writes each, for speed alone.
    rb"(?P<lines>(?<![\w/])q\b[^qQBDE(<]*\bQ\b)"
    rb"|(?P<block>(?<![\w/])q (?P<cm>[-\d. ]+) cm/\w+ cs [-\d. ]+ scn\s+BT(?: 0 Tr)?/(?P<font>\w+) (?P<size>[\d.]+) Tf "
    rb"(?P<tm>[-\d. ]+) Tm(?P<shown>" + SHOWN + rb")\s+ET\s+Q\b)"
    rb"|(?P<string>" + STRING + rb")|(?P<dict><<(?:" + INNER + rb"(?:<<" + INNER + rb">>)?)*>>)"
    rb"|(?P<hex>" + HEX + rb")"
    rb"|(?<![\w/*'\"])(?P<op>cm|q|Q|BT|Tm|Td|TD|T\*|Tf|TJ|Tj|'|\"|Do|BDC|BMC|EMC|ID)(?![\w])",
    re.DOTALL,
)
WRITTEN = re.compile(STRING + rb"|" + HEX, re.DOTALL)
NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)")
NAME = re.compile(rb"/([^\s/<>\[\]()]+)")
MCID = re.compile(rb"/MCID\s+(\d+)")
BROKEN = re.compile(
    rb"/ActualText\s*(?:<FEFF00AD>|\(\xfe\xff\x00\xad\))", re.IGNORECASE
)  # a word goes on after it
HEXED = re.compile(rb"(?<!<)<[0-9A-Fa-f]")
ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|\r\n|(.))", re.DOTALL)
UNUSUAL = re.compile(rb"\\[^0-7nrtbf()]|\\[4-7][0-7]{2}", re.DOTALL)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}
APART, SAME_LINE = 0.17, 0.4  # of the size of the type
DEEPEST = 20
Matrix = tuple[float, float, float, float, float, float]
UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Piece:
    """Words shown at once: where they begin and end, their line, the size of their type, and the text."""

    left: float
    right: float
    line: float
    size: float
    text: str


Marked = dict[int | None, list[Piece]]


def page_words(page: Any, faces: Faces, where: str) -> tuple[Marked, list[bytes]]:
    """Pieces of a page by the number of their marked content (None: they belong to none), and texts in marks.

    Raises
    ------
    AttackError
        The page holds something that is not read: letters without a meaning, an image within its text.
    """
    walk = _Walk(faces, where)
    walk.content(_data(page.get("/Contents"), where), page.get("/Resources") or {}, 0)
    return walk.found, walk.texts


def form_words(form: Any, faces: Faces, where: str) -> tuple[Marked, list[bytes]]:
    """Return the same of a drawing by itself, which no page shows.

    Raises
    ------
    AttackError
        As for a page.
    """
    walk = _Walk(faces, where)
    walk.content(form.get_data(), form.get("/Resources") or {}, 0)
    return walk.found, walk.texts


def lines(pieces: list[Piece]) -> Iterator[str]:
    """Pieces put together to lines, as their places are: from the top, and each from the left."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: (-one.line, one.left)):
        if rows and abs(rows[-1][0].line - piece.line) < SAME_LINE * piece.size:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for row in rows:
        yield joined(sorted(row, key=lambda one: one.left))


def joined(pieces: list[Piece]) -> str:
    """Pieces in the order they are shown, a blank wherever one is apart from that before it or on another line.

    A word that a hyphen breaks at the end of a line is put together again.
    """
    text, last = "", None
    for piece in pieces:
        if last is not None and _is_apart(last, piece):
            text = text[:-1] if text.endswith("\u00ad") else f"{text} "
        text += piece.text
        last = piece
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").split())


def _is_apart(last: Piece, piece: Piece) -> bool:
    size = max(last.size, piece.size)
    on_line = abs(last.line - piece.line) < SAME_LINE * size
    return not on_line or not -size < piece.left - last.right < APART * size


def _data(contents: Any, where: str) -> bytes:
    contents = contents.get_object() if contents is not None else None
    if contents is None:
        return b""
    parts = contents if isinstance(contents, list) else [contents]
    return b"\n".join(part.get_object().get_data() for part in parts)


class _Walk:
    """A walk through what a page draws, with the state that decides where its words stand."""

    def __init__(self, faces: Faces, where: str) -> None:
        self.faces, self.where = faces, where
        self.found: Marked = {}
        self.texts: list[bytes] = []
        self.matrix, self.kept = UNIT, []
        self.line, self.at = UNIT, 0.0
        self.face: Face | None = None
        self.size = 1.0
        self.marks: list[tuple[int | None, bool]] = []

    def content(self, data: bytes, resources: Any, depth: int) -> None:
        """Read one stream of drawing; forms that it draws are read in their place."""
        if depth > DEEPEST:
            raise AttackError(f"{self.where} draws within drawings too deeply to be read")
        resources = resources.get_object()
        strings: list[bytes] = []
        said: bytes = b""
        place = 0
        for found in TOKEN.finditer(data):
            gap, place = data[place : found.start()], found.end()
            if b"(" in gap or b"<" in gap:
                raise AttackError(f"{self.where} has words that are not read")
            kind = found.lastgroup
            if kind == "lines":
                continue
            if kind == "block":
                self._block(found, resources)
                continue
            if kind == "op":
                self._operator(found["op"], gap, strings, said, resources, depth)
                strings, said = [], b""
            elif kind == "dict":
                said = found["dict"]
            else:
                # What stands between the strings of one line moves them apart.
                strings += [gap, _bytes(found[0])]
        if b"(" in data[place:]:
            raise AttackError(f"{self.where} has words that are not read")

    def _operator(
        self, name: bytes, gap: bytes, strings: list[bytes], said: bytes, resources: Any, depth: int
    ) -> None:
        if name in {b"TJ", b"Tj", b"'", b'"'}:
            if name in {b"'", b'"'}:
                self.line, self.at = _times((1, 0, 0, 1, 0, -1.2 * self.size), self.line), 0.0
            self._show(strings)
        elif name == b"cm":
            self.matrix = _times(_numbers(gap, 6), self.matrix)
        elif name == b"q":
            self.kept.append((self.matrix, self.face, self.size))
        elif name == b"Q":
            if self.kept:
                self.matrix, self.face, self.size = self.kept.pop()
        elif name in {b"BT", b"Tm"}:
            self.line, self.at = UNIT if name == b"BT" else _numbers(gap, 6), 0.0
        elif name in {b"Td", b"TD", b"T*"}:
            x, y = (0.0, -1.2 * self.size) if name == b"T*" else _numbers(gap, 2)
            self.line, self.at = _times((1, 0, 0, 1, x, y), self.line), 0.0
        elif name == b"Tf":
            self._font(NAME.findall(gap)[-1], _numbers(gap, 1)[0], resources)
        elif name in {b"BDC", b"BMC"}:
            number = MCID.search(said)
            before = self.marks[-1] if self.marks else (None, False)
            self.marks.append((int(number[1]) if number else before[0], bool(BROKEN.search(said))))
            if b"(" in said or HEXED.search(said):
                self.texts += [_bytes(one) for one in re.findall(STRING + b"|" + HEX, said)]
        elif name == b"EMC":
            del self.marks[-1:]
        elif name == b"Do":
            self._form(NAME.findall(gap)[-1:], resources, depth)
        else:
            raise AttackError(f"{self.where} has an image within its text, which is not read")

    def _block(self, found: re.Match, resources: Any) -> None:
        kept = (self.matrix, self.face, self.size)
        self.matrix = _times(_numbers(found["cm"], 6), self.matrix)
        self.line, self.at = _numbers(found["tm"], 6), 0.0
        self._font(found["font"], float(found["size"]), resources)
        strings, place, shown = [], 0, found["shown"]
        for one in WRITTEN.finditer(shown):
            strings += [shown[place : one.start()], _bytes(one[0])]
            place = one.end()
        self._show(strings)
        self.matrix, self.face, self.size = kept

    def _font(self, name: bytes, size: float, resources: Any) -> None:
        self.face = self.faces.of(resources["/Font"].get_object().raw_get("/" + name.decode("latin-1")))
        self.size = size

    def _form(self, name: list[bytes], resources: Any, depth: int) -> None:
        form = resources["/XObject"]["/" + name[0].decode("latin-1")].get_object()
        if form.get("/Subtype") != "/Form":
            return
        kept = (self.matrix, self.face, self.size)
        if "/Matrix" in form:
            self.matrix = _times(tuple(float(one) for one in form["/Matrix"]), self.matrix)
        self.content(form.get_data(), form.get("/Resources") or resources, depth + 1)
        self.matrix, self.face, self.size = kept

    def _show(self, strings: list[bytes]) -> None:
        if self.face is None:
            raise AttackError(f"{self.where} shows words without a font")
        text, wide = "", 0.0
        for gap, said in zip(strings[::2], strings[1::2], strict=True):
            moved = sum(float(one) for one in NUMBER.findall(gap)) if text else 0.0
            text += " " if moved < -1000 * APART else ""
            shown, width = self.face.read(said, self.where)
            text += shown
            wide += (width - moved) / 1000
        whole = _times(self.line, self.matrix)
        size = self.size * (abs(whole[0]) + abs(whole[1]))
        left = whole[4] + self.at * (abs(whole[0]) + abs(whole[1]))
        self.at += wide * self.size
        mark, broken = self.marks[-1] if self.marks else (None, False)
        text = "\u00ad" if broken else text
        self.found.setdefault(mark, []).append(Piece(left, left + wide * size, whole[5], size, text))


def _times(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def _numbers(gap: bytes, count: int) -> Any:
    found = NUMBER.findall(gap)[-count:]
    return tuple(map(float, found)) if len(found) == count else UNIT[:count]


def _bytes(token: bytes) -> bytes:
    """Bytes of a string as it is written."""
    if token.startswith(b"<"):
        digits = b"".join(token[1:-1].split()).decode()
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    if b"\\" not in token:
        return token[1:-1]
    if not UNUSUAL.search(token):
        plain = token[1:-1].replace(b"\\(", b"(").replace(b"\\)", b")")
        return plain.decode("unicode_escape").encode("latin-1", "replace")
    return ESCAPE.sub(_unescaped, token[1:-1])


def _unescaped(found: re.Match) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 255])
    return LETTERS.get(found[2], found[2]) if found[2] else b""
