"""The most serious of what a check found, short, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from desistance.check.definition import DOUBT, NOTE, STOPS, Finding, Report

HEADS = {STOPS: "Stops a run", DOUBT: "Probably a mistake", NOTE: "Worth knowing"}
COLOURS = {STOPS: "1;31", DOUBT: "1;33", NOTE: "1;36"}
MOST = {STOPS: 12, DOUBT: 8, NOTE: 4}
WIDEST, NARROWEST = 100, 40


def summary(report: Report, *, width: int, colour: bool) -> str:
    """Lines of at most `width` characters, where words are not longer; with colours for a terminal or without."""
    width = min(WIDEST, max(NARROWEST, width))
    lines = textwrap.wrap(opening(report), width)
    for severity, head in HEADS.items():
        found = report.of(severity)
        if found:
            text = f"{head} ({len(found)})"
            lines += ["", f"\x1b[{COLOURS[severity]}m{text}\x1b[0m" if colour else text]
            for finding in found[: MOST[severity]]:
                lines += _lines(finding.for_screen, width)
            if left := len(found) - MOST[severity]:
                lines += [f"  and {left} more on the page"] if left > 0 else []
    return "\n".join(lines)


def sentence(finding: Finding) -> str:
    """What was found, as a sentence."""
    return f"{finding.text}: {finding.rows}." if finding.rows else f"{finding.text}."


def opening(report: Report) -> str:
    """What was read and whether a run would go through, in two sentences."""
    n_files = sum(file.holds == "records" for file in report.files)
    files = "one file" if n_files == 1 else f"{n_files} files"
    kind = "made-up rows" if report.made_up else "rows"
    verdict = "A run would stop." if report.stops else "Nothing would stop a run."
    text = f"{report.rows} {kind} read from {files}. {verdict}"
    return f"{text[0].upper()}{text[1:]}"


def _lines(finding: Finding, width: int) -> Iterator[str]:
    yield from textwrap.wrap(sentence(finding), width, initial_indent="- ", subsequent_indent="  ")
    yield from textwrap.wrap(finding.advice, width, initial_indent="    ", subsequent_indent="    ")
