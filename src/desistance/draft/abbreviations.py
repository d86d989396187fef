"""Words in no list, taken for those they misspell, run together or cut short; only where just one idea fits."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping

CLOSE = 0.84
SHORTEST = 3

Words = tuple[str, ...]


def spelt(word: str, known: frozenset[str], phrases: Mapping[Words, str]) -> Words | None:
    """The known word that one misspells, or the phrase of two that it runs together, such as lookedafter."""
    return _misspelt(word, known) or next((pair for pair in _cuts(word) if pair in phrases), None)


def expanded(
    word: str, known: frozenset[str], phrases: Mapping[Words, str], ideas: Collection[str]
) -> Words | None:
    """The word, or the two, that an abbreviation stands for; `ideas` are those that are likelier than others.

    assess is assessment, hlth is health, safewell is safety and wellbeing.
    """
    if found := _one_idea([(full,) for full in _longer(word, known)], phrases, ideas):
        return found
    pairs = [
        (one, two) for first, second in _cuts(word) for one in _as(first, known) for two in _as(second, known)
    ]
    if found := _one_idea(pairs, phrases, ideas):
        return found
    for first, second in _cuts(word):
        if first in known and second in known:
            return first, second
        if first in known and (rest := expanded(second, known, phrases, ideas)):
            return first, *rest
        if second in known and (
            rest := _one_idea([(full,) for full in _longer(first, known)], phrases, ideas)
        ):
            return *rest, second
    return None


def _cuts(word: str) -> list[tuple[str, str]]:
    return [(word[:cut], word[cut:]) for cut in range(SHORTEST, len(word) - SHORTEST + 1)]


def _one_idea(found: Iterable[Words], phrases: Mapping[Words, str], ideas: Collection[str]) -> Words | None:
    """The shortest of some phrases, if all that mean anything mean the same."""
    found = sorted(
        (phrase for phrase in found if phrase in phrases), key=lambda phrase: (len("".join(phrase)), phrase)
    )
    likely = [phrase for phrase in found if phrases[phrase] in ideas] or found
    return likely[0] if len({phrases[phrase] for phrase in likely}) == 1 else None


def _as(word: str, known: frozenset[str]) -> list[str]:
    return [*([word] if word in known else []), *_longer(word, known)]


def _longer(word: str, known: frozenset[str]) -> list[str]:
    """Known words that begin with a word, or do so without their vowels where it has none."""
    bare = _bones(word) == word
    return sorted(
        full
        for full in known
        if len(full) > len(word) and (full.startswith(word) or (bare and _bones(full).startswith(word)))
    )


def _bones(word: str) -> str:
    return word[0] + re.sub("[aeiou]", "", word[1:])


def _misspelt(word: str, known: frozenset[str]) -> Words | None:
    if len(word) < 5:
        return None
    close = difflib.get_close_matches(word, sorted(full for full in known if len(full) > 4), 2, CLOSE)
    return (close[0],) if close and (len(close) == 1 or _nearer(word, *close)) else None


def _nearer(word: str, first: str, second: str) -> bool:
    def ratio(other: str) -> float:
        return difflib.SequenceMatcher(None, other, word).ratio()

    return first.startswith(second) or second.startswith(first) or ratio(first) > ratio(second) + 0.02
