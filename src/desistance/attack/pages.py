"""What a web page says: its text, tables, drawings, attributes, scripts and comments, each under its headings."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree, html

from desistance.attack.drawings import drawing_statements
from desistance.attack.embedded import field_statements, json_statements, script_statements
from desistance.attack.errors import AttackError
from desistance.attack.grids import Cell, Grid, grid_statements
from desistance.attack.images import png_texts
from desistance.attack.naming import Group
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.shapes import tag
from desistance.attack.statements import Statement

BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "html head body p li dd dt dl ul ol figcaption figure caption summary details h1 h2 h3 h4 h5 h6 blockquote"
        " td th tr table thead tbody tfoot div section article aside header footer main nav form fieldset pre address"
        " title template noscript option select textarea label legend br hr svg script style math object",
    )
)
HEADING = re.compile(r"^h([1-6])$")
SPOKEN = frozenset(
    {
        "alt",
        "aria-label",
        "aria-description",
        "aria-valuetext",
        "title",
        "summary",
        "placeholder",
        "value",
        "label",
    }
)
MOST_SPAN = 1000


def page_statements(text: str, reading: Reading) -> list[Statement]:
    """What a page says of hidden numbers, hidden elements and attributes included.

    Raises
    ------
    AttackError
        The page cannot be read as HTML, or embeds something that cannot be read.
    """
    try:
        root = html.document_fromstring(
            text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True)
        )
    except (etree.LxmlError, ValueError) as error:
        raise AttackError(f"{reading.where} cannot be read as a page") from error
    page = _Page(reading)
    for child in root.getroottree().xpath("/comment()"):
        page.comment(child)
    page.visit(root)
    return page.statements


def svg_statements(text: str, reading: Reading) -> list[Statement]:
    """What a drawing in a file of its own says: its marks, texts, title, description, metadata and comments.

    Raises
    ------
    AttackError
        The file is no SVG, or declares entities.
    """
    root = xml_root(text, reading.where)
    if tag(root) != "svg":
        raise AttackError(f"{reading.where} is not an SVG drawing")
    page = _Page(reading)
    for node in root.getroottree().xpath("/comment() | /processing-instruction()"):
        page.comment(node)
    page.drawing(root)
    return page.statements


def xml_root(text: str | bytes, where: str) -> Any:
    """Root of an XML document, without entities or anything from outside.

    Raises
    ------
    AttackError
        It is not well formed, or has a document type of its own with entities.
    """
    data = text.encode() if isinstance(text, str) else text
    if b"<!ENTITY" in data.upper():
        raise AttackError(f"{where} declares entities, which are not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(re.sub(rb"^\s*<\?xml[^>]*\?>", b"", data), parser)
    except (etree.LxmlError, ValueError) as error:
        raise AttackError(f"{where} cannot be read as XML") from error


class _Page:
    """A walk through a page: the headings, figures and details that stand over the present element."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.words = reading.vocabulary
        self.statements: list[Statement] = []
        self.headings: list[tuple[int, Group]] = []
        self.over: list[Group] = []
        self.term: Group = ()
        self.before: Group = ()
        self.anchor = ""

    def visit(self, element: Any) -> None:
        """Read an element with everything in it."""
        name = tag(element)
        if not name:
            self.comment(element)
            return
        self.anchor = element.get("id") or self.anchor
        self._attributes(element, name)
        if name == "svg":
            self.drawing(element, attributes=False)
        elif name in {"script", "style"}:
            self._script(element, name)
        elif name == "table":
            self._table(element)
        elif name in {"figure", "details"}:
            heads = [one for one in element.iter() if tag(one) in {"figcaption", "summary", "caption"}]
            own = tuple(dict.fromkeys(e for one in heads[:1] for e in self.words.group(_text(one))))
            self._inside(element, own)
        else:
            self._inside(element, ())

    def comment(self, node: Any) -> None:
        """Read a comment or processing instruction."""
        self._say(node.text or "", "metadata", "comment")

    def drawing(self, svg: Any, *, attributes: bool = True) -> None:
        """Read a drawing: marks and texts, then what is not seen: attributes, titles, metadata, scripts, comments."""
        if attributes:
            self._attributes(svg, "svg")
        titles = [self.words.group(_text(one)) for one in svg.iter() if tag(one) == "title"]
        self.statements += drawing_statements(svg, self._reading("drawing", "drawing", *titles))
        for element in svg.iterdescendants():
            name = tag(element)
            if name in {"title", "desc"}:
                self._say(_text(element), "alternative_text", name)
            elif name == "metadata":
                self._say(_text(element), "metadata", name)
                for one in element.iter():
                    if tag(one):
                        self._say(" ".join(one.attrib.values()), "metadata", name)
            elif name in {"script", "style"}:
                self._script(element, name)
            elif name == "foreignobject":
                self._inside(element, ())
            elif not name:
                self.comment(element)
            if name:
                self._attributes(element, name)

    def _reading(self, kind: str, at: str, *nearer: Group) -> Reading:
        headings = [group for _, group in reversed(self.headings)]
        far = (*nearer, self.before, *reversed(self.over), *headings, *self.reading.far)
        where = ", ".join(part for part in (self.reading.where, self.anchor, at) if part)
        near = (*self.reading.near, self.term) if self.term else self.reading.near
        return replace(
            self.reading, kind=kind, where=where, far=tuple(group for group in far if group), near=near
        )

    def _say(self, text: str, kind: str, at: str) -> None:
        if text.strip():
            self.statements += sentence_statements(text, self._reading(kind, at))

    def _inside(self, element: Any, own: Group) -> None:
        if own:
            self.over.append(own)
        name = tag(element)
        run = [element.text or ""]
        for child in element:
            if tag(child) and tag(child) not in BLOCKS:
                run.append(self._inline(child))
            else:
                self._flush(run, name)
                run = []
                self.visit(child)
            run.append(child.tail or "")
        self._flush(run, name)
        if own:
            self.over.pop()
        if name in {"section", "article", "dl"}:
            self.term = ()

    def _inline(self, element: Any) -> str:
        """Text of an inline element; blocks, comments and attributes within it are read for themselves."""
        self._attributes(element, tag(element))
        parts = [element.text or ""]
        for child in element:
            if tag(child) and tag(child) not in BLOCKS:
                parts.append(self._inline(child))
            else:
                self.visit(child)
                parts.append(" ")
            parts.append(child.tail or "")
        return "".join(parts)

    def _flush(self, run: list[str], name: str) -> None:
        said = " ".join("".join(run).split())
        if not said:
            return
        heading = HEADING.match(name)
        if heading:
            level = int(heading[1])
            self.headings = [one for one in self.headings if one[0] < level]
            self._say(said, "sentence", name)
            self.headings.append((level, (*self.words.group(said), *self.before)))
            self.before, self.term = (), ()
            return
        self._say(said, "metadata" if name == "title" else "sentence", name)
        if name == "dt":
            self.term = self.words.group(said)
        short = len(said) < 120 and not any(letter.isdigit() for letter in said)
        if name in {"p", "div", "strong", "dt"}:
            self.before = self.words.group(said) if short else ()

    def _attributes(self, element: Any, name: str) -> None:
        data = {}
        for attribute, value in element.attrib.items():
            short = attribute.rpartition("}")[2].lower()
            if short in SPOKEN:
                self._say(value, "alternative_text", short)
            elif name == "meta" and short == "content":
                self._say(value, "metadata", "meta")
            elif short.startswith("data-") or short in {"data", "desc", "description"}:
                data[short.removeprefix("data-")] = value
            elif short in {"src", "href", "srcset", "poster"} and value.startswith("data:"):
                self._embedded(value)
            elif short == "srcdoc":
                self.statements += page_statements(value, self._reading("sentence", short))
        if data:
            self._data(data, element)

    def _data(self, data: dict[str, str], element: Any) -> None:
        label = element.get("aria-label") or element.get("id") or ""
        reading = self._reading("embedded_data", "data attributes")
        self.statements += field_statements({**data, "named": label}, reading)
        for value in data.values():
            if value.lstrip()[:1] in {"{", "["}:
                self.statements += script_statements(value, reading)

    def _script(self, element: Any, name: str) -> None:
        text = element.text or ""
        if not text.strip():
            return
        reading = self._reading("embedded_data", name)
        if "json" in (element.get("type") or ""):
            try:
                self.statements += json_statements(text, reading)
            except ValueError as error:
                raise AttackError(f"{reading.where} says it is JSON and cannot be read") from error
        elif name == "script" or self.words.mentions(text):
            self.statements += script_statements(text, reading)

    def _embedded(self, link: str) -> None:
        kind, data = decoded(link, self.reading.where)
        reading = self._reading("metadata", "embedded file")
        if "svg" in kind:
            self.statements += svg_statements(data.decode("utf-8", "replace"), reading)
        elif "png" in kind:
            for text in png_texts(data, reading.where):
                self.statements += sentence_statements(text, reading)
        elif "json" in kind:
            self.statements += json_statements(data.decode(), replace(reading, kind="embedded_data"))
        elif kind.startswith(("text/", "font/", "application/font")):
            self.statements += sentence_statements(data.decode("utf-8", "replace"), reading)
        else:
            raise AttackError(f"{self.reading.where} embeds a file of kind {kind}, which is not read")

    def _table(self, table: Any) -> None:
        caption = next((_text(one) for one in table.iter() if tag(one) == "caption"), "")
        grid = Grid(tuple(_rows(table)), caption)
        self._say(caption, "sentence", "caption")
        self.statements += grid_statements(grid, self._reading("table", "table"))
        group = self.words.group(caption)
        self.over.append(group)
        for element in table.iterdescendants():
            if not tag(element):
                self.comment(element)
            elif tag(element) in {"svg", "script", "style", "ul", "ol"}:
                self.visit(element)
            else:
                self._attributes(element, tag(element))
        self.over.pop()


def decoded(link: str, where: str) -> tuple[str, bytes]:
    """Kind and bytes of a ``data:`` address.

    Raises
    ------
    AttackError
        It cannot be decoded.
    """
    head, comma, body = link.removeprefix("data:").partition(",")
    try:
        if not comma:
            raise ValueError
        data = urllib.parse.unquote_to_bytes(body)
        if head.endswith(";base64"):
            data = base64.b64decode(data, validate=False)
    except (ValueError, binascii.Error) as error:
        raise AttackError(f"{where} embeds a file that cannot be decoded") from error
    return head.removesuffix(";base64").lower() or "text/plain", data


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _rows(table: Any) -> Iterator[tuple[Cell, ...]]:
    """Rows of a table, a cell that spans several standing in each of its places."""
    held: dict[int, tuple[int, Cell]] = {}
    for row in (one for one in table.iter() if tag(one) == "tr" and _table_of(one) is table):
        cells: list[Cell] = []
        for element in (one for one in row if tag(one) in {"td", "th"}):
            _fill(cells, held)
            cell = Cell(_cell_text(element), tag(element) == "th")
            for _ in range(_span(element, "colspan")):
                held[len(cells)] = (_span(element, "rowspan") - 1, cell)
                cells.append(cell)
        _fill(cells, held)
        yield tuple(cells)


def _fill(cells: list[Cell], held: dict[int, tuple[int, Cell]]) -> None:
    while held.get(len(cells), (0, None))[0] > 0:
        left, cell = held[len(cells)]
        held[len(cells)] = (left - 1, cell)
        cells.append(cell)


def _table_of(element: Any) -> Any:
    return next((one for one in element.iterancestors() if tag(one) == "table"), None)


def _span(element: Any, name: str) -> int:
    said = element.get(name, "1")
    return min(MOST_SPAN, max(1, int(said))) if said.isdigit() else 1


def _cell_text(element: Any) -> str:
    """Text of a cell, with what its attributes say; a space wherever an element begins or ends."""
    said = " ".join(" ".join(element.xpath(".//text()")).split())
    for one in element.iter():
        if tag(one):
            spoken = (
                value
                for name, value in one.attrib.items()
                if name in {"title", "aria-label", "abbr"} or name.startswith("data-")
            )
            said = " ".join([said, *(value for value in spoken if any(c.isdigit() for c in value))])
    return said
