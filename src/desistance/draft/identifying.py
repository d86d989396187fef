"""Columns that look like direct identifiers: by their heading they are never read, by their values they are dropped.

Numbers of cases are read, because cases are counted by them, but none of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from desistance.draft.words import vocabulary, word_lists, words_of

LONG_TEXT = 60  # characters; a code or the name of a service is shorter
STREETS = (
    "road|rd|street|st|avenue|ave|lane|ln|close|cl|court|ct|drive|dr|crescent|cres|way|place|pl|terrace|ter|grove|gr|"
    "gardens|gdns|square|sq|hill|walk|row|mews|park|view|rise|house|green|parade"
)
PATTERNS = {
    "postcode": re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", re.IGNORECASE),
    "e-mail address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "telephone": re.compile(
        r"\(?(?:\+44|0044|0)[ -]?(?:\(0\) ?)?[0-9]{2,5}\)?[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}(?: ?(?:x|ext\.?) ?[0-9]*)?",
        re.IGNORECASE,
    ),
    "number given to a person": re.compile(r"[0-9]{3} [0-9]{3} [0-9]{4}|[A-Z]{2} ?(?:[0-9]{2} ?){3}[A-D]"),
    "address": re.compile(
        rf"(?:.*\b)?[0-9]+[a-z]?,? +(?:[a-z'’.-]+ +)+(?:{STREETS})\b\.?(?:,.*)?", re.IGNORECASE
    ),
}
PARTICLES = frozenset(("al", "bin", "da", "de", "del", "der", "di", "du", "el", "la", "le", "van", "von"))
MOST_NAMES = 4  # words of a name
# Ideas that may stand beside that of a case number; a number of anything else numbers no cases.
BESIDE_CASES = frozenset(("case_number", "child", "counted", "inspection"))
FEWEST_SIGNS, FEWEST_DIGITS, FEWEST_ALIKE = 4, 5, 3
NUMBERING = frozenset(
    ("id", "caseid", "ref", "reference", "number", "no", "num", "urn", "yois", "identifier")
)


@cache
def _phrases() -> dict[tuple[str, ...], str]:
    lists = word_lists()["identifiers"]
    return {words_of(text): kind for kind, texts in lists.items() for text in texts}


@cache
def _alone() -> dict[tuple[str, ...], str]:
    lists = word_lists()["identifiers_alone"]
    return {words_of(text): kind for kind, texts in lists.items() for text in texts}


@cache
def _nobodys() -> frozenset[str]:
    """Words that stand in no one's name: those of all lists but of identifiers."""
    lists = word_lists()
    levels = (words_of(text) for texts in lists["levels"].values() for text in texts)
    answers = (
        words_of(text) for kinds in lists["answers"].values() for one in kinds.values() for text in one
    )
    words = (word for words in (*levels, *answers) for word in words)
    return vocabulary().words | frozenset(lists["nobody"]) | frozenset(words)


def numbers_cases(*texts: str) -> bool:
    """Whether a heading, or its label, says that the column numbers the cases.

    >>> (
    ...     numbers_cases("Case ref"),
    ...     numbers_cases("YOIS no"),
    ...     numbers_cases("Case closed"),
    ...     numbers_cases("Team ID"),
    ... )
    (True, True, False, False)
    """
    return any(map(_numbers_cases, texts))


def _numbers_cases(text: str) -> bool:
    words, lists = words_of(text), word_lists()
    ideas = vocabulary().ideas(text, guess=False)
    if words in {words_of(word) for word in lists["roles"]["case"]} or ideas == {"case_number"}:
        return True
    others = {*lists["ideas"], *lists["faint"], *lists["roles"]["service"]} - BESIDE_CASES
    return "case_number" in ideas and not ideas & others and not NUMBERING.isdisjoint(words)


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
        if words in _alone():
            return _alone()[words]
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


def identifier_of_values(values: list[str], *, names: bool = True) -> str | None:
    """What direct identifier most of some values look like, free text included; None for none.

    Without `names`, two words with capitals are no name of a person: services and places are called so too.
    """
    filled = [value for value in values if value]
    if not filled:
        return None
    for kind, pattern in PATTERNS.items():
        if sum(bool(pattern.fullmatch(value)) for value in filled) * 2 > len(filled):
            return kind
    if names and sum(map(_is_name, filled)) * 2 > len(filled):
        return "name of a person"
    if sum(len(value) > LONG_TEXT for value in filled) * 2 > len(filled):
        return "free text"
    return None


def names_a_place(*texts: str) -> bool:
    """Whether a heading, or its label, speaks of a service or another body, which is called by a name too."""
    lists = word_lists()
    bodies = {*lists["named"], *lists["roles"]["service"]}
    return any(
        set(words_of(text)) & bodies or "service_name" in vocabulary().ideas(text, guess=False)
        for text in texts
    )


def is_identifying(value: str) -> bool:
    """Whether a single value can hardly be anything but a direct identifier."""
    return any(pattern.fullmatch(value) for pattern in PATTERNS.values())


def _is_name(value: str) -> bool:
    """Whether a text is two to four words with capitals, or initials, none of which is a word of an answer."""
    words = [word.strip(".0123456789") for word in re.split(r"[ ,]+", value.strip())]
    words = [word for word in words if word.casefold() not in PARTICLES]
    return (
        2 <= len(words) <= MOST_NAMES
        and all(word[:1].isupper() and re.fullmatch(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", word) for word in words)
        and max(map(len, words)) > 1
        and _nobodys().isdisjoint(word.casefold() for word in words)
    )


def of_one_shape(rows: Mapping[str, int]) -> bool:
    """Whether values, with the rows of each, look like numbers given to something: one shape, and about equally often.

    >>> (
    ...     of_one_shape({"YS7001": 10, "YS7002": 10, "YS7003": 9}),
    ...     of_one_shape({"10to14": 9, "15to16": 9, "17to18": 9}),
    ... )
    (True, False)
    """
    shapes = {re.sub("[0-9]", "9", re.sub("[^\\W\\d_]", "a", value)) for value in rows}
    shape = shapes.pop() if shapes else ""
    digits, letters = shape.count("9"), shape.count("a")
    numbered = digits and len(shape) >= (FEWEST_SIGNS if letters else FEWEST_DIGITS)
    band = re.search("9[^9]+9", shape)
    return bool(
        numbered
        and not shapes
        and not band
        and len(rows) >= FEWEST_ALIKE
        and max(rows.values()) <= 2 * min(rows.values())
    )
