"""What stands on the page, before it is markup: findings, sections, figures and tables as plain frozen objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from desistance.bulletin.plans import Plan


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
    """A table: title, one header row, one row header a row, notes underneath; `ids` anchor the rows."""

    id: str
    number: int
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    summary: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure as the page shows it, and (once drawn) its two renderings as SVG.

    `title` is the statistical one: measure, place, period and base. `alt` is written from the numbers drawn,
    which stand in `data` (with `units`) under the figure. `plan` is what the drawing code is given.
    """

    id: str
    number: int
    headline: str
    title: str
    alt: str
    data: pd.DataFrame
    units: str
    notes: tuple[str, ...]
    plan: Plan
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
class Section:
    """One topic: a short name for the contents, a heading that leads with the finding, and what follows it."""

    id: str
    topic: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: tuple[Section, ...] = ()
    quotes: tuple[Quotation, ...] = ()
    implications: tuple[Implication, ...] = ()
