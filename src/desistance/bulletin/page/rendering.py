"""The whole report as one HTML file that needs nothing else: content laid into the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from desistance.bulletin.content import Figure, Publication, Table
from desistance.bulletin.inline import CODE, LINK, STRONG, Run, destination, plain, runs
from desistance.bulletin.language.shorthand import SPOKEN
from desistance.bulletin.palette import VARIABLES
from desistance.bulletin.publication import anchors, publication
from desistance.bulletin.sections.sources import source_line, units_line
from desistance.bulletin.sections.tables import frame_cells
from desistance.study import Study

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

TEMPLATES = Path(__file__).parent / "templates"
# A number and what it is of stay on one line.
KEPT_TOGETHER = re.compile(r"\b[np] [=<] (?=\d)")
SYMBOLS = {"yes": "\u2713", "no": "\u2717", "open": "?", "none": "\u2013"}


def render_bulletin(released: Released, study: Study, svgs: Mapping[str, str]) -> str:
    """Write the report as one HTML page.

    Parameters
    ----------
    released : Released
        What may be seen; the only source of numbers.
    study : Study
        Labels and words.
    svgs : mapping of str to str
        Drawings: SVG text under each figure's id, and under the id followed by "_narrow". A figure whose
        drawing is not there keeps its caption and data.
    """
    return render_page(publication(released, study), svgs)


def render_page(report: Publication, svgs: Mapping[str, str]) -> str:
    """Write a report as one HTML page; `svgs` as for `render_bulletin`."""
    content = {
        "report": report,
        "drawings": {name: themed(svg) for name, svg in svgs.items()},
        "symbols": SYMBOLS,
        "kinds": _kinds,
        "frame_cells": frame_cells,
        "frame_kinds": _frame_kinds,
        "source_line": source_line,
        "units_line": units_line,
        "beside": _beside(report),
    }
    return _environment(anchors(report)).get_template("bulletin.html").render(content)


def themed(svg: str) -> Markup:
    """Drawing for the page: its colours follow the page's variables, so that they suit dark mode."""
    body = svg[svg.index("<svg") :]
    swapped = re.sub(r"(fill|stroke): (#[0-9a-f]{6})", lambda found: f"{found[1]}: {_colour(found[2])}", body)
    return Markup(swapped)


def marked_up(text: str, places: Set[str]) -> Markup:
    """Text as markup: links, strong words and code set; after [c] and [u] what they mean, for those who listen."""
    return Markup("").join(_run(run, places) for run in runs(text))


def _run(run: Run, places: Set[str]) -> Markup:
    said = _spoken(run.text)
    if run.kind == STRONG:
        return Markup("<strong>{}</strong>").format(said)
    if run.kind == CODE:
        return Markup("<code>{}</code>").format(said)
    target = destination(run.target, places) if run.kind == LINK else None
    return Markup('<a href="{}">{}</a>').format(target, said) if target else said


def _spoken(text: str) -> Markup:
    safe = escape(KEPT_TOGETHER.sub(lambda found: found[0].replace(" ", "\u00a0"), text))
    for mark, spoken in SPOKEN.items():
        if mark in text:
            safe = Markup(safe.replace(mark, Markup(f'{mark}<span class="heard"> {spoken}</span>')))
    return safe


def _colour(code: str) -> str:
    return f"var(--{VARIABLES[code]})" if code in VARIABLES else code


def _beside(report: Publication) -> frozenset[str]:
    """Paths of the files the report says are published beside it."""
    parts = (part for section in report.annex for part in section.parts)
    return frozenset(download.path for part in parts for download in part.downloads)


def _kinds(table: Table) -> tuple[str, ...]:
    """Kind of each column, which decides how it is set."""
    if not table.rows:
        return tuple("text" for _ in table.columns)
    return tuple(cell.kind for cell in table.rows[0])


def _frame_kinds(figure: Figure) -> tuple[str, ...]:
    return ("text", *("number" for _ in figure.data.columns[1:]))


def _environment(places: Set[str]) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["marked"] = lambda text: marked_up(text, places)
    made.filters["plain"] = plain
    return made
