"""What the report says, before it is a page, a document or a workbook: plain frozen objects.

Texts are strings; those that may hold links, strong words or code are marked by the functions of `inline`, and each
rendering says what becomes of the marks (`inline.runs`, or `inline.plain` where there is no room for any).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from desistance.bulletin.captions.plans import Plan


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, a smaller line under it, and how it is set.

    `kind` is "text", "number" or "verdict"; a verdict has a `tone` ("yes", "no", "open", "none") beside its word.
    """

    text: str
    small: str = ""
    kind: str = "number"
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A table: title, one header row, one row header a row, notes underneath; `ids` anchor the rows.

    `units` says what the numbers are and `base` of whom, where the title and the columns do not; `sources` names the
    released tables (`tables/NAME.csv`) the numbers come from, `view` the explorer's view of them. A folded table is
    evidence: closed until asked for on a page, at the end in a document. `summary` names it there.
    """

    id: str
    number: int
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    summary: str = ""
    folded: bool = False
    units: str = ""
    base: str = ""
    sources: tuple[str, ...] = ()
    view: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure as the page shows it, and (once drawn) its two renderings as SVG.

    `title` is the statistical one: measure, place, period and base. `alt` is written from the numbers drawn,
    which stand in `data` (with `units`) under the figure. `plan` is what the drawing code is given; a figure without
    one is drawn by a room of its own. `sources` names the released tables the numbers come from, `view` the
    explorer's view of them; `data_notes` stand under the data.
    """

    id: str
    number: int
    headline: str
    title: str
    alt: str
    data: pd.DataFrame
    units: str
    notes: tuple[str, ...]
    plan: Plan | None
    sources: tuple[str, ...] = ()
    view: str = ""
    data_notes: tuple[str, ...] = ()
    wide: str = field(default="", repr=False)
    narrow: str = field(default="", repr=False)


@dataclass(frozen=True)
class Finding:
    """A key finding: a big number, one sentence, the evidence beside it and the claims it bears on."""

    big: str
    text: str
    evidence: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quotation:
    """A passage of a comment that a human has cleared, and what it was coded as."""

    text: str
    about: str


@dataclass(frozen=True)
class Implication:
    """One sentence on what follows, the section it rests on (anchor and name) and the claims it bears on."""

    text: str
    section: tuple[str, str]
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Term:
    """A name and what it stands for: an entry of a glossary, an assumption, a fact of the cover."""

    name: str
    text: str
    id: str = ""


@dataclass(frozen=True)
class Download:
    """A file published beside the report: its path from there, and what it is."""

    path: str
    text: str


@dataclass(frozen=True)
class Notice:
    """Something every reader must see first; `kind` is "made_up" or "unprotected"."""

    kind: str
    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """One topic: a short name for the contents, a heading that leads with the finding, and what follows it.

    What follows stands in this order: paragraphs, points (a list), terms, implications, figures, quotes, tables,
    downloads, parts.
    """

    id: str
    topic: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: tuple[Section, ...] = ()
    quotes: tuple[Quotation, ...] = ()
    implications: tuple[Implication, ...] = ()
    points: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    downloads: tuple[Download, ...] = ()


@dataclass(frozen=True)
class Publication:
    """The whole report, once: HTML, PDF and ODS are renderings of it.

    Attributes
    ----------
    title, kind : str
        The title, and what sort of document it is.
    head : tuple of Term
        Facts of the cover: base, period, place.
    notices : tuple of Notice
        What stands before everything else: made-up records, unprotected counts.
    made_up : bool
        Whether the records are made up; every figure, table and page says so.
    lead : str
        One line over the key findings.
    findings : tuple of Finding
        The key findings; where there is none, `lead` says why.
    about : Section
        What records these are, and what they can show.
    sections : tuple of Section
        The topics, in order; figures and tables are numbered through the report.
    annex : tuple of Section
        Method, assumptions, quality, disclosure control, ledger, how it was made, how to cite, glossary.
    shorthand : tuple of Term
        [c], [u], [x], [z], [low] and what each says.
    version : str
        Version of this software.
    """

    title: str
    kind: str
    head: tuple[Term, ...]
    notices: tuple[Notice, ...]
    made_up: bool
    lead: str
    findings: tuple[Finding, ...]
    about: Section
    sections: tuple[Section, ...]
    annex: tuple[Section, ...]
    shorthand: tuple[Term, ...]
    version: str
