"""What stands in each sheet: cover, contents, notes, then one table a sheet, the data of figures among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from desistance.bulletin.content import Figure, Publication, Section, Table, Term
from desistance.bulletin.inline import plain
from desistance.bulletin.language.words import counted
from desistance.bulletin.reading.cells import UNRELIABLE
from desistance.bulletin.workbook.grid import Grid, Value, figure_grid, shorthand_in, table_grid

COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"
ILLEGAL = re.compile(r"[\[\]*?:/\\']")
LONGEST_NAME = 31
MEANING = re.compile(r"\[[cu]\]: [^.]*\.$")


@dataclass(frozen=True)
class Link:
    """Words that lead to another sheet."""

    text: str
    sheet: str


@dataclass(frozen=True)
class Line:
    """One cell over a table, or on the cover: words or a link, and whether it is a heading within the sheet."""

    text: str | Link
    heading: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, the title in A1, lines under it, then a table; none on the cover.

    `links` has the sheet that the first cell of each row leads to, where rows lead somewhere; a `wide` sheet is of
    words and has wide columns.
    """

    name: str
    title: str
    lines: tuple[Line, ...]
    grid: Grid | None = None
    links: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class _Held:
    """A table or the data of a figure, with what is said of it."""

    name: str
    title: str
    topic: str
    units: str
    base: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    grid: Grid


def workbook_sheets(publication: Publication) -> tuple[Sheet, ...]:
    """Every sheet, in its order."""
    held = _held(publication)
    numbers = _note_numbers(held)
    tables = tuple(_table_sheet(one, numbers, publication) for one in held)
    notes = _notes_sheet(held, numbers, publication)
    contents = _contents_sheet(held, publication)
    return (_cover(publication, len(held)), contents, notes, *tables)


def warning(publication: Publication) -> tuple[str, ...]:
    """What every reader must see first, on every sheet."""
    return tuple(f"{plain(notice.title)} {plain(notice.text)}" for notice in publication.notices)


def _held(publication: Publication) -> tuple[_Held, ...]:
    """Tables in the order of their numbers, then the data of figures."""
    topics = (publication.about, *publication.sections, *publication.annex)
    tables = [(table, topic.topic) for topic in topics for one in _sections(topic) for table in one.tables]
    figures = [
        (figure, topic.topic) for topic in topics for one in _sections(topic) for figure in one.figures
    ]
    found = [_of_table(*pair) for pair in tables] + [_of_figure(*pair) for pair in figures]
    return tuple(
        replace(one, name=name) for one, name in zip(found, _names(found), strict=True) if one.grid.rows
    )


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for part in section.parts:
        yield from _sections(part)


def _of_table(table: Table, topic: str) -> _Held:
    name = f"Table {table.number}"
    return _Held(
        name,
        table.title,
        topic,
        table.units,
        table.base,
        table.sources,
        _notes(table.notes),
        table_grid(table),
    )


def _of_figure(figure: Figure, topic: str) -> _Held:
    name, title = f"Figure {figure.number}", f"{figure.title} (data of the figure)"
    return _Held(
        name, title, topic, figure.units, "", figure.sources, _notes(figure.notes), figure_grid(figure)
    )


def _where_it_stands(mark: str) -> str:
    return "Beside the name of a row" if mark == UNRELIABLE else "Wherever it stands in place of a number"


def _notes(notes: Sequence[str]) -> tuple[str, ...]:
    """Notes without those that only say what a mark stands for, which every sheet says by itself."""
    return tuple(text for note in notes if not MEANING.match(text := plain(note)))


def _names(found: Sequence[_Held]) -> list[str]:
    """Short, legal and unique names of sheets."""
    made: list[str] = [COVER, CONTENTS, NOTES]
    for one in found:
        stem = ILLEGAL.sub(" ", one.name)[: LONGEST_NAME - 5].strip()
        name, number = stem, 2
        while name in made:
            name, number = f"{stem} ({number})", number + 1
        made.append(name)
    return made[3:]


def _note_numbers(held: Sequence[_Held]) -> dict[str, int]:
    """Number of each note, however many tables it is under."""
    texts = dict.fromkeys(note for one in held for note in one.notes)
    return {text: number for number, text in enumerate(texts, start=1)}


def _table_sheet(one: _Held, numbers: Mapping[str, int], publication: Publication) -> Sheet:
    marks = shorthand_in(one.grid)
    shorthand = [f"{term.name} {plain(term.text)}" for term in publication.shorthand if term.name in marks]
    known = (
        ("Records", plain(one.base)),
        ("Units", plain(one.units)),
        ("Source", " and ".join(f"tables/{name}.csv" for name in one.sources)),
        ("Shorthand", "; ".join(shorthand)),
    )
    texts = [
        *warning(publication),
        *(f"{name}: {text}" for name, text in known if text),
        *(f"[note {numbers[note]}] {note}" for note in one.notes),
    ]
    lines = (*map(Line, texts), Line(Link("To the contents", CONTENTS)))
    return Sheet(one.name, f"{one.name}. {plain(one.title)}", lines, one.grid)


def _cover(publication: Publication, n_tables: int) -> Sheet:
    lines = [
        Line(f"{plain(publication.kind)}: tables"),
        *map(Line, warning(publication)),
        Line("What this is", heading=True),
        Line(
            f"Every table of the report, and the data of every figure: {counted(n_tables, ('table', 'tables'))}, each "
            "in a sheet of its own. Numbers are rounded as the report shows them; what stands under a number there, "
            "and the ends of an interval, have columns of their own. The released tables, with more digits, are the "
            "CSV files in the folder tables; tables/csv-metadata.json says what their columns mean."
        ),
        *map(_fact, publication.head),
        Line(f"Version: made by desistance {publication.version}"),
        Line("Contact: none is given with this release; what to cite is below."),
        Line(Link("Contents: every table with its sheet", CONTENTS)),
        Line(Link("Notes: shorthand, and the notes under tables", NOTES)),
        *_citing(publication),
        Line("Shorthand", heading=True),
        *(Line(f"{term.name}: {plain(term.text)}.") for term in publication.shorthand),
    ]
    return Sheet(COVER, plain(publication.title), tuple(lines))


def _fact(term: Term) -> Line:
    return Line(f"{plain(term.name)}: {plain(term.text)}")


def _citing(publication: Publication) -> Iterator[Line]:
    """How to cite, and where questions lead, as the report has it."""
    for section in publication.annex:
        if section.id == "cite":
            yield Line(plain(section.topic), heading=True)
            yield from (Line(plain(text)) for text in section.paragraphs)
            yield from map(_fact, section.terms)


def _contents_sheet(held: Sequence[_Held], publication: Publication) -> Sheet:
    rows: list[tuple[Value, ...]] = [(NOTES, "Shorthand, and the notes under tables", "All tables")]
    rows += [(one.name, plain(one.title), plain(one.topic)) for one in held]
    return Sheet(
        CONTENTS,
        "Contents",
        (
            *map(Line, warning(publication)),
            Line("This sheet holds one table: the name of each sheet leads to it."),
        ),
        Grid(("Sheet", "Title", "Topic"), tuple(rows)),
        links=tuple(str(row[0]) for row in rows),
        wide=True,
    )


def _notes_sheet(held: Sequence[_Held], numbers: Mapping[str, int], publication: Publication) -> Sheet:
    used: dict[str, list[str]] = {text: [] for text in numbers}
    for one in held:
        for note in dict.fromkeys(one.notes):
            used[note].append(one.name)
    rows: list[tuple[Value, ...]] = [
        (term.name, f"{plain(term.text)}.", _where_it_stands(term.name)) for term in publication.shorthand
    ]
    rows += [(f"[note {number}]", text, ", ".join(used[text])) for text, number in numbers.items()]
    return Sheet(
        NOTES,
        "Notes",
        (
            *map(Line, warning(publication)),
            Line("This sheet holds one table: shorthand first, then numbered notes."),
        ),
        Grid(("Note", "What it says", "Used in"), tuple(rows)),
        wide=True,
    )
