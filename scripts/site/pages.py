"""Markdown as pages: headings with anchors, tables that scroll by themselves, formulas as MathML, links rewritten."""

import html
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.I)
# Stand in a body for what is known once all pages are: where a link leads, and the title of the page it leads to.
LINK_MARK, TITLE_MARK = "\x02{}\x03", "\x04{}\x05"
OPERATORS = {"<mi>&#x000B1;</mi>": "<mo>&#x000B1;</mo>"}  # latex2mathml takes ± for a letter


class BuildError(Exception):
    """What is wrong with the documentation, in words."""


@dataclass(frozen=True)
class Page:
    """One page.

    `leads_to` holds for each link as it is written the path in the project and the anchor; `headings` the level,
    anchor and text of each; `listed` the links to pages that begin entries of lists, as the heading of the second level
    above, text and path.
    """

    source: PurePosixPath
    target: PurePosixPath
    title: str
    body: str
    headings: tuple[tuple[int, str, str], ...]
    leads_to: dict[str, tuple[PurePosixPath, str]]
    listed: tuple[tuple[str, str, PurePosixPath], ...]

    @property
    def anchors(self) -> set[str]:
        """Everything on the page that a link can lead to."""
        return {anchor for _, anchor, _ in self.headings}

    @property
    def contents(self) -> tuple[tuple[str, str], ...]:
        """Anchors and texts of the headings of the second level."""
        return tuple((anchor, text) for level, anchor, text in self.headings if level == 2)


def target_of(path: PurePosixPath) -> PurePosixPath:
    """Place in the site of a file of the project; what is not of docs goes to the folder `project`."""
    place = path.relative_to("docs") if path.parts[0] == "docs" else PurePosixPath("project", path)
    if place.suffix != ".md":
        return place
    return place.with_name("index.html") if place.name == "README.md" else place.with_suffix(".html")


def read_page(source: PurePosixPath, text: str) -> Page:
    """Read one Markdown file."""
    reader = _reader()
    tokens = _with_row_headings(reader.parse(text))
    headings = tuple(_headings(tokens))
    if not headings or headings[0][0] != 1:
        raise BuildError(f"{source} does not begin with a heading of the first level")
    leads_to = {}
    listed = tuple(_listed(tokens, source))
    for token, following in _inlines(tokens):
        attribute = {"link_open": "href", "image": "src"}.get(token.type)
        written = attribute and str(token.attrGet(attribute))
        if written and not ELSEWHERE.match(written):
            leads_to[written] = _destination(source, written)
            token.attrSet(attribute, LINK_MARK.format(written))
            if following and following.content.endswith(".md") and written.endswith(following.content):
                following.content = TITLE_MARK.format(written)  # a name of a file, for those who read files
        if token.type == "image" and not token.content:
            raise BuildError(f"{source}: the image {written} has no alternative text")
    body = reader.renderer.render(tokens, reader.options, {"source": source, "tables": 0, "formulas": 0})
    return Page(source, target_of(source), headings[0][2], body, headings, leads_to, listed)


def with_links(page: Page, pages: dict[PurePosixPath, Page]) -> tuple[Markup, Markup]:
    """Body of a page whose links lead to pages and files of the site: up to its first section, and the sections."""
    body = page.body
    for written, (path, anchor) in page.leads_to.items():
        target = os.path.relpath(target_of(path), page.target.parent).replace(os.sep, "/")
        place = f"#{anchor}" if anchor and path == page.source else target + (f"#{anchor}" if anchor else "")
        body = body.replace(html.escape(LINK_MARK.format(written)), html.escape(place))
        if path in pages:
            body = body.replace(html.escape(TITLE_MARK.format(written)), html.escape(pages[path].title))
    start = body.find("<h2")
    return (Markup(body), Markup("")) if start < 0 else (Markup(body[:start]), Markup(body[start:]))


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Marks that no address may hold are ours alone, so they pass as they are.
    reader.normalizeLink = reader.normalizeLinkText = lambda url: url
    reader.use(anchors_plugin, max_level=4)
    reader.use(
        dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, renderer=_formula
    )
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", lambda *_: "</table></div>\n")
    reader.add_render_rule("th_open", _heading_cell)
    reader.add_render_rule("math_block", _formula_block)
    return reader


def _destination(source: PurePosixPath, written: str) -> tuple[PurePosixPath, str]:
    place, _, anchor = written.partition("#")
    path = (
        source if not place else PurePosixPath(os.path.normpath(source.parent / place).replace(os.sep, "/"))
    )
    return path, anchor


def _inlines(tokens: list[Token]) -> Iterator[tuple[Token, Token | None]]:
    """Each token inside a paragraph or cell, with the one that follows it."""
    for token in tokens:
        children = token.children or []
        yield from itertools.zip_longest(children, children[1:])


def _text(token: Token) -> str:
    return "".join(child.content for child in token.children or () if child.type in {"text", "code_inline"})


def _headings(tokens: list[Token]) -> Iterator[tuple[int, str, str]]:
    for token, inside in itertools.pairwise(tokens):
        if token.type == "heading_open":
            yield int(token.tag[1]), str(token.attrGet("id")), _text(inside)


def _listed(tokens: list[Token], source: PurePosixPath) -> Iterator[tuple[str, str, PurePosixPath]]:
    """Entries of lists that begin with a link to a page: the heading of the second level above, text and path."""
    heading = ""
    for token, inside in itertools.pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            heading = _text(inside)
        elif token.type == "paragraph_open" and token.level and inside.children[0].type == "link_open":
            path, _ = _destination(source, str(inside.children[0].attrGet("href")))
            if heading and path.suffix == ".md":
                yield heading, inside.children[1].content, path


def _with_row_headings(tokens: list[Token]) -> list[Token]:
    """Tables without headings have none in the page either: an empty row of headings is left out."""
    kept, position = [], 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "thead_open":
            end = next(i for i in range(position, len(tokens)) if tokens[i].type == "thead_close")
            cells = [each for each in tokens[position:end] if each.type == "inline"]
            if not any(cell.content.strip() for cell in cells):
                position = end + 1
                continue
        kept.append(token)
        position += 1
    return kept


def _table_open(self, tokens, position, options, env) -> str:
    env["tables"] += 1
    above = next(
        (_text(tokens[i + 1]) for i in range(position, -1, -1) if tokens[i].type == "heading_open"), ""
    )
    label = html.escape(f"Table {env['tables']}: {above}")
    return f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>\n'


def _heading_cell(self, tokens, position, options, env) -> str:
    tokens[position].attrSet("scope", "col")
    if not tokens[position + 1].content.strip():
        next(each for each in tokens[position:] if each.type == "th_close").tag = "td"
        return "<td>"
    return self.renderToken(tokens, position, options, env)


def _formula_block(self, tokens, position, options, env) -> str:
    env["formulas"] += 1
    label = f"Formula {env['formulas']}"
    content = _formula(tokens[position].content, {"display_mode": True})
    return f'<div class="formula" role="region" aria-label="{label}" tabindex="0">{content}</div>\n'


def _formula(content: str, how: dict[str, bool]) -> str:
    """LaTeX as MathML; what the converter leaves as a command stops the build."""
    text = convert(content.strip(), display="block" if how["display_mode"] else "inline")
    if "\\" in text:
        raise BuildError(f"a formula holds a command that cannot be set: {content.strip()}")
    for wrong, right in OPERATORS.items():
        text = text.replace(wrong, right)
    return text
