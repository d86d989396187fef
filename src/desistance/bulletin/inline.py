"""Marks within a text: strong words, code and links, which each rendering sets in its own way.

A mark is made of characters that no text has (Unicode's private use area), so texts are put together as plain strings
and a label that holds angle brackets, asterisks or braces is never taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

BEGIN, MIDDLE, END = "\ue000", "\ue001", "\ue002"
STRONG, CODE, LINK = "strong", "code", "link"
MARK = re.compile(f"{BEGIN}(strong|code|link)(?: ([^{MIDDLE}]*))?{MIDDLE}([^{BEGIN}{MIDDLE}{END}]*){END}")
STRAY = re.compile(f"[{BEGIN}{MIDDLE}{END}]")
# Links stay within the report and the files published beside it, or lead to a web page.
TARGET = re.compile(r"#[\w.-]+|(?:[\w-]+/)*[\w.-]+(?:#[\w=&.+%-]*)?|https://[\w./-]+")


@dataclass(frozen=True)
class Run:
    """A stretch of text set in one way: `kind` is "", "strong", "code" or "link"; a link has a `target`."""

    text: str
    kind: str = ""
    target: str = ""


def strong(text: str) -> str:
    """Text to be set strong."""
    return f"{BEGIN}{STRONG}{MIDDLE}{STRAY.sub('', text)}{END}"


def code(text: str) -> str:
    """Text to be set as code."""
    return f"{BEGIN}{CODE}{MIDDLE}{STRAY.sub('', text)}{END}"


def link(text: str, target: str) -> str:
    """Text that leads to an anchor of the report ("#ledger") or to a file beside it ("tables/ledger.csv").

    Raises
    ------
    ValueError
        The target is neither.
    """
    if not TARGET.fullmatch(target):
        raise ValueError(f"{target!r} is no anchor of the report and no file beside it")
    return f"{BEGIN}{LINK} {target}{MIDDLE}{STRAY.sub('', text)}{END}"


def runs(text: str) -> tuple[Run, ...]:
    """Parts of a text, each with the way it is set; stray marks are dropped.

    >>> runs("See " + link("the ledger", "#ledger"))
    (Run(text='See ', kind='', target=''), Run(text='the ledger', kind='link', target='#ledger'))
    """
    return tuple(_runs(text))


def _runs(text: str) -> Iterator[Run]:
    place = 0
    for found in MARK.finditer(text):
        if before := STRAY.sub("", text[place : found.start()]):
            yield Run(before)
        kind, target = found[1], found[2] or ""
        safe = kind != LINK or TARGET.fullmatch(target)
        yield Run(found[3], kind, target) if safe else Run(found[3])
        place = found.end()
    if rest := STRAY.sub("", text[place:]):
        yield Run(rest)


def plain(text: str) -> str:
    """Return the text without marks.

    >>> plain("See " + link("the ledger", "#ledger"))
    'See the ledger'
    """
    return "".join(run.text for run in runs(text))


def anchor(*parts: str) -> str:
    """Name a row by what it is about: measure, item, division, subgroup, as far as the row goes.

    >>> anchor("prevalence", "lifestyle", "age", "10 to 14")
    'row.prevalence.lifestyle.age.10_to_14'
    """
    return ".".join(["row", *(re.sub(r"[^\w-]", "_", part) for part in parts)])


def destination(target: str, anchors: Set[str]) -> str | None:
    """Where a link leads in a rendering that has these anchors: a row that is not there gives way to the one it is in.

    A file beside the report leads to itself; None where there is no place to go.

    >>> destination("#row.prevalence.lifestyle.age.18", {"row.prevalence.lifestyle"})
    '#row.prevalence.lifestyle'
    """
    if not target.startswith("#"):
        return target
    name = target.removeprefix("#")
    while name not in anchors and name.startswith("row."):
        name = name.rpartition(".")[0]
    return f"#{name}" if name in anchors else None
