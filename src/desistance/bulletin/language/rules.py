"""Rules for sentences that need the words alone, in plain words and as patterns, and what is read from a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from desistance.bulletin.language.words import LIMIT_WORDS, NEAR_WORDS, NUMERALS

RULES = {
    "test": "\u201cSignificant\u201d stands only beside the name of the test or method whose verdict it is; in a "
    "heading it is the CR2 test\u2019s, after Holm\u2019s adjustment.",
    "word": "A share is put in words only where its own interval allows it, and the words stand beside the percentage, "
    "its interval and its base; a heading repeats words that its section gives in this way.",
    "row": "Every number in a text that leads to a row is in that row.",
    "absence": "That a difference is not significant is never turned into \u201cthere is no difference\u201d.",
    "rank": "Where the interval of what is named first overlaps with others, the section says that its place is not "
    "certain.",
    "number": "One of anything is singular, and nothing else is.",
    "hidden": "Nothing is said of a hidden number but that it is hidden.",
    "cause": "No sentence says that one thing brings another about.",
}
NAMED = re.compile(
    r"\bCR2|\bPearson|\btests?\b|\bmethods?\b|\bHolm|\bdesign-based\b|\blevel\b|\badjustment\b|\bregression\b"
)
SIGNIFICANT = re.compile(r"\bsignificant(?:ly)?\b", re.IGNORECASE)
ABSENCE = re.compile(
    r"\b(?:there (?:is|was) no difference|(?:has|have|had|makes?) no (?:effect|difference)|do(?:es)? not differ\b"
    r"(?! significantly)|\bdiffer(?:s|ed)? (?:by )?no more than\b|(?:is|are) no different|(?:is|are) equal\b)",
    re.IGNORECASE,
)
CAUSE = re.compile(
    r"\b(?:caus(?:es|ed|ing)|leads? to|led to|due to|results? in|resulted in|thanks to|brings? about|impacts?|"
    r"as a result of|because of)\b",
    re.IGNORECASE,
)
DEBRIS = re.compile(
    r"\bnan\b|\bNone\b(?! of)|\(\)|  |: \.| ,|\[[cux]\](?: per cent|%| of\b| points)|\d \[[cux]\]"
)
FIRST = re.compile(r"\b(?:most often|more (?:often )?than any other)\b")
UNSURE = re.compile(r"not certain|[Nn]either place is certain|cannot rank|cannot set it apart")
NUMBER = re.compile(r"[+\u2212]?\d[\d,]*(?:\.\d+)?")
COUNTED = {word: str(n) for n, word in enumerate(NUMERALS)} | {"none": "0", "both": "2"}
# Longest first, so that "over half" is not read as "half".
PHRASES = sorted(
    {word.phrase.replace(" {cases}", "") for word in (*NEAR_WORDS, *LIMIT_WORDS)},
    key=lambda text: (-len(text), text),
)


def numbers_said(text: str) -> set[str]:
    """Numbers of a text, in digits or in words, with their signs and without thousands commas.

    >>> sorted(numbers_said("\u221219 points, None of 1,168"))
    ['0', '1168', '\u221219']
    """
    words = re.findall(r"\b[a-z]+\b", text.lower())
    digits = {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text)}
    return digits | {COUNTED[word] for word in words if word in COUNTED and word != "one"}


def broken_by_words(said: str, nouns: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bool]]:
    """Rules that need the words alone."""
    yield "absence", bool(ABSENCE.search(said))
    yield "cause", bool(CAUSE.search(said))
    yield "hidden", bool(DEBRIS.search(said))
    yield "number", any(_miscounted(said, *pair) for pair in nouns)


def _miscounted(said: str, one: str, many: str) -> bool:
    single = re.search(rf"(?<![\w,.])(?:1|[Oo]ne) {re.escape(many)}\b", said)
    several = re.search(rf"(?<![\w,.])(?!1 )\d[\d,]* {re.escape(one)}\b", said)
    verb = re.search(r"(?<![\w,.])(?:1|One) of \d[\d,]* \w+ (?:are|have|differ)\b", said)
    return bool(single or several or verb)


def share_phrases(said: str) -> list[str]:
    """Words for shares in a text, in its order."""
    alone = "|".join(re.escape(phrase) for phrase in PHRASES)
    return [found[1].lower() for found in re.finditer(rf"\b({alone})(?= )", said, re.IGNORECASE)]


def sentences(text: str) -> list[str]:
    """Sentences of a text, which may hold links."""
    return re.split(r"(?<=[.?]) (?=\W?[A-Z])", text)
