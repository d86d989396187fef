"""The report as the template of the document is given it: plain lists and dictionaries of texts, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from desistance.bulletin.content import Cell, Figure, Publication, Section, Table, Term
from desistance.bulletin.document.columns import END, TEXT, has_long_word, joined, layout
from desistance.bulletin.document.drawings import placed
from desistance.bulletin.document.faces import settable, width
from desistance.bulletin.inline import LINK, code, link, plain, runs
from desistance.bulletin.sections.sources import source_line, units_line

Block = dict[str, Any]
TABLES = "evidence-tables"
MADE_UP = "Made-up records"
MOST_TOGETHER = 16  # rows of a table that may not be cut in two
MANY_COLUMNS = 8
SHORT_TITLE = 80
TYPE, LONGEST_NAME = 8.8, 185.0  # points


class _Places:
    """Which places links may lead to have been set: a name stands for one place only."""

    def __init__(self, *taken: str) -> None:
        self.taken = set(taken)

    def taken_by(self, name: str) -> str:
        """Return the name the first time it is set, and nothing after."""
        if not name or name in self.taken:
            return ""
        self.taken.add(name)
        return name

    def runs(self, text: str) -> list[tuple[str, str, str]]:
        """Parts of a text: the words, how they are set, and where a link leads."""
        return [self._run(settable(one.text), one.kind, one.target) for one in runs(text)]

    def _run(self, text: str, kind: str, target: str) -> tuple[str, str, str]:
        if kind != LINK:
            return text, kind, ""
        if target.startswith("https://"):
            return text, "web", target
        return (text, LINK, target[1:]) if target.startswith("#") else (text, "", "")


def report_data(report: Publication, drawings: Mapping[str, str]) -> Block:
    """Everything the template sets.

    Parameters
    ----------
    report : Publication
        The report.
    drawings : mapping of str to str
        SVG by the id of its figure. A figure without one is set as its alternative text.
    """
    places = _Places("key-findings", TABLES)
    made = (report.about, *report.sections, *report.annex)
    heads = dict(_heads(made))
    body = [block for section in made for block in _section(section, 1, drawings, places)]
    evidence = list(_evidence(made, places))
    return {
        "title": settable(plain(report.title)),
        "document-title": plain(report.title) + (" (made-up records)" if report.made_up else ""),
        "title-short": settable(_shortened(plain(report.title))),
        "description": _description(report),
        "kind": settable(plain(report.kind)),
        "mark": MADE_UP if report.made_up else "",
        "head": [_term(term, places) for term in report.head],
        "notices": [
            {"kind": one.kind, "title": places.runs(one.title), "text": places.runs(one.text)}
            for one in report.notices
        ],
        "imprint": f"Made by desistance {settable(plain(report.version))}",
        "lead": settable(plain(report.lead)),
        "findings": [_finding(one, places) for one in report.findings],
        "heads": heads,
        "body": body,
        "tables": evidence,
        "tables-anchor": TABLES,
        "places": dict.fromkeys(sorted(places.taken), True),
    }


def _description(report: Publication) -> str:
    facts = "; ".join(f"{plain(term.name)}: {plain(term.text)}" for term in report.head)
    said = f"{plain(report.kind)}. {facts}." if facts else f"{plain(report.kind)}."
    return settable(f"{said} {MADE_UP}." if report.made_up else said)


def _shortened(title: str) -> str:
    if len(title) <= SHORT_TITLE:
        return title
    return f"{title[:SHORT_TITLE].rsplit(' ', 1)[0]}\u2026"


def _term(term: Term, places: _Places) -> Block:
    return {
        "name": places.runs(term.name),
        "text": places.runs(term.text),
        "anchor": places.taken_by(term.id),
    }


def _indent(terms: Iterable[Term]) -> float:
    """Room for names set beside their texts, in points; none where a name is too long for that."""
    widest = max(width(settable(plain(term.name)), bold=True) for term in terms) * TYPE
    return round(widest + 14.0, 1) if widest < LONGEST_NAME else 0.0


def _finding(finding: Any, places: _Places) -> Block:
    claims = [places.runs(link(claim, f"#{claim}"))[0] for claim in finding.claims]
    return {
        "big": places.runs(finding.big),
        "text": places.runs(finding.text),
        "evidence": places.runs(finding.evidence.rstrip(".")),
        "claims": claims,
    }


def _heads(made: Iterable[Section]) -> Iterator[tuple[str, Block]]:
    """Topic and finding of each heading, by its anchor."""
    for section in made:
        topic = settable(plain(section.topic))
        yield section.id, {"topic": topic, "heading": settable(plain(section.heading)) or topic}
        yield from _heads(section.parts)


def _section(section: Section, level: int, drawings: Mapping[str, str], places: _Places) -> Iterator[Block]:
    """Blocks of a section in the order of the model, its folded tables named and left to the end."""
    anchor = places.taken_by(section.id)
    yield _heading(section, level, anchor, fresh=level == 1 and bool(section.figures or section.parts))
    for text in section.paragraphs:
        yield {"kind": "paragraph", "text": places.runs(text)}
    if section.points:
        yield {"kind": "points", "items": [places.runs(text) for text in section.points]}
    if section.terms:
        yield {
            "kind": "terms",
            "items": [_term(term, places) for term in section.terms],
            "indent": _indent(section.terms),
        }
    if section.implications:
        yield {"kind": "points", "items": [_implication(one, places) for one in section.implications]}
    for figure in section.figures:
        yield _figure(figure, drawings.get(figure.id, ""), places)
    for quote in section.quotes:
        yield {"kind": "quote", "text": places.runs(quote.text), "about": places.runs(quote.about)}
    for table in section.tables:
        if not table.folded:
            yield from _turned([_table(table, places, TEXT)])
    if folded := [table for table in section.tables if table.folded]:
        yield {"kind": "evidence", "ranges": list(_ranges(folded))}
    if section.downloads:
        files = [[*places.runs(code(one.path)), *places.runs(f": {one.text}")] for one in section.downloads]
        yield {"kind": "points", "items": files}
    for part in section.parts:
        yield from _section(part, level + 1, drawings, places)


def _heading(
    section: Section, level: int, anchor: str, *, fresh: bool = False, outlined: bool = True
) -> Block:
    """Heading of a section; a fresh one begins a page, an outlined one stands in the contents."""
    topic = settable(plain(section.topic))
    return {
        "kind": "heading",
        "level": level,
        "id": anchor,
        "topic": topic,
        "fresh": fresh,
        "outlined": outlined,
    }


def _implication(one: Any, places: _Places) -> list[tuple[str, str, str]]:
    anchor, name = one.section
    claims = [run for claim in one.claims for run in ((", ", "", ""), *places.runs(link(claim, f"#{claim}")))]
    tail = [("; claims: ", "", ""), *claims[1:]] if claims else []
    return [
        *places.runs(f"{one.text} "),
        ("(", "", ""),
        *places.runs(link(name, f"#{anchor}")),
        *tail,
        (")", "", ""),
    ]


def _figure(figure: Figure, svg: str, places: _Places) -> Block:
    drawing = placed(svg)
    return {
        "kind": "figure",
        "anchor": places.taken_by(f"figure-{figure.number}"),
        "headline": settable(plain(figure.headline)),
        "title": f"Figure {figure.number}. {settable(plain(figure.title))}",
        "alt": plain(figure.alt),
        "notes": [places.runs(note) for note in figure.notes],
        "source": places.runs(source_line(figure)),
        **drawing,
        "breakable": bool(drawing["strips"]) or not drawing["svg"],
    }


def _table(table: Table, places: _Places, room: float) -> Block:
    if len(table.columns) >= MANY_COLUMNS:
        table = joined(table)
    chosen = layout(table, room)
    about = plain(units_line(table))
    return {
        "kind": "table",
        "anchor": places.taken_by(table.id),
        "number": table.number,
        "title": settable(plain(table.title)),
        "columns": [
            {"text": settable(plain(head)), "long": has_long_word(plain(head))} for head in table.columns
        ],
        "kinds": _kinds(table),
        "rows": [_row(table, place, places) for place in range(len(table.rows))],
        "notes": [places.runs(note) for note in ((about, *table.notes) if about else table.notes)],
        "source": places.runs(source_line(table)),
        "widths": chosen.widths,
        "size": chosen.size,
        "landscape": chosen.landscape,
        "breakable": len(table.rows) > MOST_TOGETHER,
    }


def _kinds(table: Table) -> list[str]:
    if not table.rows:
        return ["text" for _ in table.columns]
    return [cell.kind for cell in table.rows[0]]


def _row(table: Table, place: int, places: _Places) -> list[Block]:
    anchor = places.taken_by(table.ids[place]) if place < len(table.ids) else ""
    return [
        _cell(cell, places, anchor=anchor if column == 0 else "")
        for column, cell in enumerate(table.rows[place])
    ]


def _cell(cell: Cell, places: _Places, *, anchor: str) -> Block:
    return {
        "text": places.runs(cell.text),
        "small": places.runs(cell.small),
        "kind": cell.kind,
        "tone": cell.tone,
        "anchor": anchor,
    }


def _ranges(tables: list[Table]) -> Iterator[Block]:
    """Runs of tables whose numbers follow on each other, with the anchors of the first and the last."""
    run = [tables[0]]
    for table in [*tables[1:], None]:
        if table is not None and table.number == run[-1].number + 1:
            run.append(table)
            continue
        yield _range(run)
        run = [table] if table is not None else []


def _range(run: list[Table]) -> Block:
    first, last = run[0], run[-1]
    if first is last:
        return {"said": f"Table {first.number}", "pages": "page", "first": first.id, "last": ""}
    said = f"Tables {first.number} to {last.number}"
    return {"said": said, "pages": "pages", "first": first.id, "last": last.id}


def _evidence(made: Iterable[Section], places: _Places) -> Iterator[Block]:
    """Folded tables at the end, under the topics of their sections."""
    for section in made:
        found = [_table(table, places, END) for table in _folded(section)]
        if found:
            places.taken_by(f"{TABLES}-{section.id}")
            yield _heading(section, 2, f"{TABLES}-{section.id}", outlined=False)
            yield from _turned(found)


def _folded(section: Section) -> Iterator[Table]:
    yield from (table for table in section.tables if table.folded)
    for part in section.parts:
        yield from _folded(part)


def _turned(tables: Iterable[Block]) -> Iterator[Block]:
    """Tables in their order, neighbours that are too wide together on pages on their side."""
    held: list[Block] = []
    for table in tables:
        if table["landscape"]:
            held.append(table)
            continue
        if held:
            yield {"kind": "turned", "blocks": held}
            held = []
        yield table
    if held:
        yield {"kind": "turned", "blocks": held}
