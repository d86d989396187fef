"""A tagged PDF as the page it would be: its headings, paragraphs, tables and figures, from its tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from desistance.attack.errors import AttackError
from desistance.attack.printed_words import Marked, Piece, joined, lines

ELEMENTS = {
    **{f"/H{level}": f"h{level}" for level in range(1, 7)},
    "/H": "h6",
    "/P": "p",
    "/Title": "p",
    "/TOCI": "p",
    "/BlockQuote": "blockquote",
    "/L": "ul",
    "/LI": "li",
    "/Table": "table",
    "/TR": "tr",
    "/TH": "th",
    "/TD": "td",
    "/Figure": "figure",
    "/Formula": "figure",
    **dict.fromkeys(
        ("/Span", "/Strong", "/Em", "/Link", "/Reference", "/Quote", "/Lbl", "/LBody", "/Annot", "/Code"),
        "span",
    ),
}
SPOKEN = ("/Alt", "/ActualText", "/E", "/T")
WORD = re.compile(r"[^\W\d_]{3,}")
DEEPEST = 60


def tagged_page(root: Any, pages: dict[int, Marked], where: str) -> str:
    """What a tagged PDF says, in the order of its tags, as a page in HTML; then all that no tag speaks of, by line.

    Parameters
    ----------
    root : dictionary of PDF, or None
        The root of its tags, where it has any.
    pages : dict of int to Marked
        The words of each page, by the number of the page's object.
    where : str
        Name of the file.

    Raises
    ------
    AttackError
        The tags are nested too deeply.
    """
    body = etree.Element("body")
    told: set[tuple[int, int]] = set()
    if root is not None:
        _Tags(pages, told, where).within(root, body, 0, 0)
    for number, marked in pages.items():
        rest = [piece for mark, found in marked.items() if (number, mark) not in told for piece in found]
        for line in lines(rest):
            _add(body, "p").text = _clean(line)
    return etree.tostring(body, encoding="unicode", method="html")


class _Tags:
    """A walk through the tags, which builds the page."""

    def __init__(self, pages: dict[int, Marked], told: set[tuple[int, int]], where: str) -> None:
        self.pages, self.told, self.where = pages, told, where

    def within(self, tag: Any, parent: Any, page: int, depth: int) -> None:
        """Add what a tag holds to an element of the page; words that follow on each other are put together."""
        if depth > DEEPEST:
            raise AttackError(f"{self.where} has tags nested too deeply to be read")
        run: list[Piece] = []
        for kid in _kids(tag):
            if isinstance(kid, int):
                run += self._pieces(page, int(kid))
            elif kid.get("/Type") == "/MCR":
                run += self._pieces(_number(kid, page), int(kid["/MCID"]))
            elif "/S" in kid:
                self._words(run, parent)
                run = []
                self.within(kid, self._element(kid, parent), _number(kid, page), depth + 1)
        self._words(run, parent)

    def _pieces(self, page: int, mark: int) -> list[Piece]:
        self.told.add((page, mark))
        return self.pages.get(page, {}).get(mark, [])

    def _element(self, tag: Any, parent: Any) -> Any:
        name = ELEMENTS.get(tag["/S"], "div")
        if tag["/S"] == "/Caption":
            name = "caption" if parent.tag == "table" else "figcaption"
        elif tag["/S"] in {"/THead", "/TBody", "/TFoot"}:
            name = tag["/S"][1:].lower()
        made = _add(parent, name)
        said = [str(tag[key]) for key in SPOKEN if key in tag]
        if said:
            made.set("aria-label", _clean(" ".join(dict.fromkeys(said))))
        return made

    def _words(self, pieces: list[Piece], parent: Any) -> None:
        if parent.tag == "figure":
            # A row of figures without a word has no name of its own, and must not be given that of another row.
            for line in filter(WORD.search, lines(pieces)):
                _add(parent, "p").text = _clean(line)
            return
        text = _clean(joined(pieces))
        last = parent[-1] if len(parent) else None
        if last is None:
            parent.text = _with(parent.text, text)
        else:
            last.tail = _with(last.tail, text)


def _with(before: str | None, text: str) -> str:
    return f"{before or ''} {text} " if text else before or ""


def _kids(tag: Any) -> Iterator[Any]:
    kids = tag.get("/K")
    kids = kids.get_object() if kids is not None else []
    for kid in kids if isinstance(kids, list) else [kids]:
        yield kid.get_object()


def _number(tag: Any, page: int) -> int:
    """Number of the object of the page that a tag speaks of."""
    return tag.raw_get("/Pg").idnum if "/Pg" in tag else page


def _add(parent: Any, name: str) -> Any:
    return etree.SubElement(parent, name)


def _clean(text: str) -> str:
    """Text without characters that no page can hold."""
    return "".join(one for one in text if one.isprintable() or one == "\n")
