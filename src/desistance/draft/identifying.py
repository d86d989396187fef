"""Columns that look like direct identifiers: by their heading they are never read, by their values they are dropped."""

from __future__ import annotations

import re
from functools import cache

from desistance.draft.words import word_lists, words_of

LONG_TEXT = 60  # characters; a code or the name of a service is shorter
PATTERNS = {
    "postcode": re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", re.IGNORECASE),
    "e-mail address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "telephone": re.compile(r"(?:\+44|0)[0-9]{2,4}[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}"),
    "number given to a person": re.compile(r"[0-9]{3} [0-9]{3} [0-9]{4}|[A-Z]{2} ?(?:[0-9]{2} ?){3}[A-D]"),
}


@cache
def _phrases() -> dict[tuple[str, ...], str]:
    lists = word_lists()["identifiers"]
    return {words_of(text): kind for kind, texts in lists.items() for text in texts}


def identifier_of_heading(*texts: str) -> str | None:
    """What direct identifier a heading, or its label, seems to hold; None where it seems to hold none.

    >>> (
    ...     identifier_of_heading("Child's surname"),
    ...     identifier_of_heading("YOT name"),
    ...     identifier_of_heading("Age"),
    ... )
    ('name of a person', None, None)
    """
    for text in texts:
        words = words_of(text)
        kinds = dict.fromkeys(
            kind
            for size in range(len(words), 0, -1)
            for start in range(len(words) - size + 1)
            if (kind := _phrases().get(words[start : start + size]))
        )
        for kind in kinds:
            if kind != "name of a person" or not set(words) & set(word_lists()["named"]):
                return kind
    return None


def asks_birth(name: str) -> bool:
    """Whether what a study calls one of its inputs is a date of birth, which may be looked at then."""
    return identifier_of_heading(name) == "date of birth"


def identifier_of_values(values: list[str]) -> str | None:
    """What direct identifier most of some values look like, free text included; None for none."""
    filled = [value for value in values if value]
    if not filled:
        return None
    for kind, pattern in PATTERNS.items():
        if sum(bool(pattern.fullmatch(value)) for value in filled) * 2 > len(filled):
            return kind
    if sum(len(value) > LONG_TEXT for value in filled) * 2 > len(filled):
        return "free text"
    return None
