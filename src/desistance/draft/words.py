"""Headings as ideas: whatever the spaces, case, abbreviations and misspellings, what a heading speaks of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from desistance.draft.abbreviations import SHORTEST, expanded, spelt

LONGEST_PHRASE = 8


@cache
def word_lists() -> Mapping[str, Any]:
    """The lists of `words.yaml`, every word of them text."""
    return yaml.load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)


def words_of(text: str) -> tuple[str, ...]:
    """Words of a heading in small letters: punctuation gone, camelCase and joined digits taken apart.

    >>> words_of("momEd"), words_of("LAC status (Y/N)?"), words_of("Q3_MentalHealth")
    (('mom', 'ed'), ('lac', 'status', 'y', 'n'), ('q', '3', 'mental', 'health'))
    """
    plain = unicodedata.normalize("NFKD", text.replace("’", "").replace("'", ""))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    plain = re.sub(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])", " ", plain)
    return tuple(re.findall(r"[a-z0-9]+", plain.lower()))


def plain(text: str) -> str:
    """A heading or code reduced to its words, to be compared with another."""
    return " ".join(words_of(text))


def plain_code(text: str) -> str:
    """A code reduced to its words; itself in small letters where it has none, such as a full stop."""
    return (
        plain(text) if not re.fullmatch(r"[-+]?[0-9.]+|[^A-Za-z0-9]*", text.strip()) else text.strip().lower()
    )


@dataclass(frozen=True)
class Vocabulary:
    """Phrases (tuples of words) and the idea each stands for.

    `faint` ideas say little, `small` words nothing; `words` are all known ones, `likely` the ideas a study is about.
    """

    phrases: Mapping[tuple[str, ...], str]
    faint: frozenset[str]
    small: frozenset[str]
    words: frozenset[str]
    likely: frozenset[str] = frozenset()

    def ideas(self, text: str, *, guess: bool = True) -> frozenset[str]:
        """The ideas a text speaks of: those of the lists, and its own words where they are in none.

        A word that is in no list is taken for the one it misspells or, with `guess`, abbreviates.
        """
        words = [part for word in words_of(text) for part in self._known(word, guess=guess)]
        found, place = set(), 0
        while place < len(words):
            for size in range(min(LONGEST_PHRASE, len(words) - place), 0, -1):
                phrase = tuple(words[place : place + size])
                if phrase in self.phrases:
                    found.add(self.phrases[phrase])
                    break
            else:
                size = 1
                if words[place] not in self.small:
                    found.add(words[place])
            place += size
        return frozenset(found)

    def _known(self, word: str, *, guess: bool) -> tuple[str, ...]:
        if word in self.words or len(word) < SHORTEST or word.isdigit():
            return (word,)
        full = expanded(word, self.words, self.phrases, self.likely) if guess else None
        return spelt(word, self.words, self.phrases) or full or (word,)


@cache
def vocabulary(extra: tuple[tuple[str, str], ...] = ()) -> Vocabulary:
    """The word lists as one vocabulary, with further phrases and their ideas, which give way to the lists."""
    lists = word_lists()
    phrases = {words_of(text): idea for text, idea in extra if words_of(text)}
    for kind in ("ideas", "faint"):
        phrases |= {words_of(text): idea for idea, texts in lists[kind].items() for text in map(str, texts)}
    phrases |= {words_of(text): "birth" for text in lists["identifiers"]["date of birth"]}
    small = frozenset(lists["small"])
    words = frozenset(word for phrase in phrases for word in phrase) | small
    return Vocabulary(phrases, frozenset(lists["faint"]), small, words)


@lru_cache(maxsize=1024)
def state_of(text: str) -> tuple[str, bool] | None:
    """The state (yes, no or a kind of missing) that a word stands for, and whether it can mean nothing else.

    >>> state_of("Yes"), state_of("N/A"), state_of("blue")
    (('yes', True), ('not_applicable', False), None)
    """
    word = plain_code(text)
    for state, lists in word_lists()["answers"].items():
        for kind in ("sure", "likely"):
            if word in lists[kind] or text.strip().lower() in lists[kind]:
                return state, kind == "sure"
    first = word.split(" ")[0]
    return (first, False) if first in ("yes", "no") and len(word) < 40 else None
