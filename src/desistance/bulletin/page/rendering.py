"""The whole report as one HTML file that needs nothing else: content laid into the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from desistance.bulletin.captions import planned_figures
from desistance.bulletin.content import Section, Table
from desistance.bulletin.language.abbreviations import abbreviations
from desistance.bulletin.language.phrases import cases, period, place
from desistance.bulletin.language.sentences import few_services_sentence
from desistance.bulletin.language.shorthand import (
    frame_notes,
    hidden_meaning,
    marked,
    shorthand_terms,
    unreliable_meaning,
)
from desistance.bulletin.language.words import counted, told_count
from desistance.bulletin.palette import VARIABLES
from desistance.bulletin.reading.numbers import Numbers, released_numbers
from desistance.bulletin.sections.annex import annex_tables, ledger_sentence, ledger_sources
from desistance.bulletin.sections.calibration import Calibration, calibration
from desistance.bulletin.sections.key_findings import key_findings
from desistance.bulletin.sections.protection import protection_texts
from desistance.bulletin.sections.tables import frame_cells
from desistance.bulletin.sections.told import told_parts
from desistance.bulletin.sections.topic_sections import sections
from desistance.study import Study

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

TEMPLATES = Path(__file__).parent / "templates"
SYMBOLS = {"yes": "\u2713", "no": "\u2717", "open": "?", "none": "\u2013"}
PRACTICE = ("stages", "provision", "comments", "domains", "changes")
DOWNLOADS = (
    ("estimates", "Shares, with intervals"),
    ("comparisons", "Differences and their tests"),
    ("means", "Mean number of factors"),
    ("distributions", "Distribution of the number of factors"),
    ("trends", "Trends over ordered bands"),
    ("combinations", "Combinations of factors"),
    ("pairs", "Pairs of factors"),
    ("adjusted", "Adjusted differences"),
    ("variation", "Variation between services"),
    ("funnel", "Size and share of each service, unnamed"),
    ("stages", "Changes between stages of practice"),
    ("provision", "What services provide, and gaps"),
    ("rates", "Shares of people that services report"),
    ("provision_delivery", "Delivery where access to provision is a gap"),
    ("themes", "Themes of coded comments"),
    ("theme_pairs", "Themes spoken of together"),
    ("theme_delivery", "Delivery where comments speak of a theme"),
    ("agreement", "Agreement between coders"),
    ("quotes", "Passages cleared to be shown"),
    ("changes", "Changes since another edition"),
    ("precision", "Smallest differences that could have been seen"),
    ("multiverse", "Claims under other choices"),
    ("ledger", "Claim ledger"),
    ("calibration", "Simulated error rates of every method"),
)


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
    numbers = released_numbers(released)
    filled = {name: len(getattr(released, name)) > 0 for name, _ in DOWNLOADS}
    content = _content(numbers, study, svgs, filled)
    content["calibration"] = _calibration(released, svgs, content)
    return _environment().get_template("bulletin.html").render(content)


def _calibration(
    released: Released, svgs: Mapping[str, str], content: Mapping[str, Any]
) -> Calibration | None:
    """What was simulated, its tables numbered on from all others."""
    found = calibration(released.calibration, svgs.get("calibration", ""))
    if found is None:
        return None
    last = max([table.number for table in content["annex"].values() if table is not None])
    tests, intervals = (replace(found.tests, number=last + 1), replace(found.intervals, number=last + 2))
    return replace(found, tests=tests, intervals=intervals)


def _content(
    numbers: Numbers, study: Study, svgs: Mapping[str, str], filled: Mapping[str, bool]
) -> dict[str, Any]:
    made = sections(planned_figures(numbers, study), numbers, study)
    return {
        "study": study,
        "facts": {"n_read": 0, "n_accepted": 0, "n_rejected": 0, "policy": "none", **numbers.facts},
        "numbers": numbers,
        "period": period(study, numbers),
        "place": place(study, numbers),
        "counts": _counts(numbers, study),
        "findings": key_findings(numbers, study),
        "reach": few_services_sentence(numbers, study),
        "sections": made,
        "annex": annex_tables(numbers, study, 1 + _n_tables(made)),
        "told": told_parts(numbers, study),
        "has": {name: any(section.id == name for section in made) for name in PRACTICE},
        "ledger_sentence": ledger_sentence(numbers),
        "ledger_sources": ledger_sources(numbers),
        "abbreviations": abbreviations(study),
        "shorthand": shorthand_terms(numbers, study),
        "hidden_meaning": hidden_meaning(study),
        "unreliable_meaning": unreliable_meaning(numbers),
        "all_hidden": any(share.hides("estimate") for share in numbers.shares.values()),
        "protection": protection_texts(numbers, study),
        "drawings": {name: themed(svg) for name, svg in svgs.items() if name != "calibration"},
        "downloads": [
            (name, what.replace("factors", study.words["factor"][1]))
            for name, what in DOWNLOADS
            if filled[name]
        ],
        "symbols": SYMBOLS,
        "cases": cases(study),
        "service": study.words["service"],
        "kinds": _kinds,
        "frame_cells": frame_cells,
        "frame_notes": lambda figure: frame_notes(figure, numbers, study),
        "count": told_count,
    }


def themed(svg: str) -> Markup:
    """Drawing for the page: its colours follow the page's variables, so that they suit dark mode."""
    body = svg[svg.index("<svg") :]
    swapped = re.sub(r"(fill|stroke): (#[0-9a-f]{6})", lambda found: f"{found[1]}: {_colour(found[2])}", body)
    return Markup(swapped)


def _colour(code: str) -> str:
    return f"var(--{VARIABLES[code]})" if code in VARIABLES else code


def _counts(numbers: Numbers, study: Study) -> tuple[str, ...]:
    """How many cases and services, for the head of the page."""
    facts = numbers.facts
    known = [(facts.get("n_cases"), "case"), (facts.get("n_services"), "service")]
    return tuple(counted(n, study.words[word]) for n, word in known if n is not None)


def _kinds(table: Table) -> tuple[str, ...]:
    """Kind of each column, which decides how it is set."""
    if not table.rows:
        return tuple("text" for _ in table.columns)
    return tuple(cell.kind for cell in table.rows[0])


def _n_tables(made: tuple[Section, ...]) -> int:
    return sum(len(section.tables) + _n_tables(section.parts) for section in made)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["marked"] = marked
    return made
