"""The whole of a check as one HTML page that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desistance import __version__
from desistance.check.definition import Report
from desistance.check.terminal import HEADS, opening, sentence

TEMPLATES = Path(__file__).parent / "templates"
SEVERITY_WORDS = {
    "stops": "What must be mended, or allowed, before a run goes through.",
    "doubt": "What a run would let pass and is usually a mistake in the extract or its mapping.",
    "note": "What is probably right and should be known.",
}


def render_page(report: Report) -> str:
    """Write a check as one page; every text in it is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["sentence"] = sentence
    template = made.get_template("check.html")
    content = {"report": report, "heads": HEADS, "words": SEVERITY_WORDS, "version": __version__}
    return template.render(**content, opening=opening(report))
