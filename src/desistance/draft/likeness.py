"""How much a heading sounds like a column of a study, and how well what stands under it fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desistance.draft.meanings import meanings
from desistance.draft.profile import MOST_VALUES, Column
from desistance.draft.targets import ANSWER, CASE, DATE, LEVELS, NUMBER, SERVICE, Target
from desistance.draft.words import Vocabulary, state_of, word_lists
from desistance.study import NO, YES

CLEAR, FAINT, STRAY = (
    1.0,
    0.15,
    0.25,
)  # what an idea weighs: the study's or the lists', one that says little, any other
PART = 0.6  # what drugs count for where substance misuse is asked
FITS, MISFITS = 0.5, -1.0
FEW = 6


@dataclass(frozen=True)
class Ear:
    """What is listened for: a vocabulary, and the ideas that any column of the study is about."""

    known: Vocabulary
    heard: frozenset[str]

    def said(self, column: Column, *, guess: bool = True) -> list[frozenset[str]]:
        """The ideas that a heading, and its label in the file, speak of; with `guess`, abbreviations are guessed."""
        return [self.known.ideas(text, guess=guess) for text in (column.heading, column.label) if text]

    def likeness(self, said: list[frozenset[str]], asked: Iterable[frozenset[str]]) -> float:
        """Likeness from 0 to 1 of a heading, or of its label, to the phrases that name a column of the study.

        An idea that another column of the study is about speaks against this one.
        """
        return max((self._alike(ideas, phrase) for phrase in asked for ideas in said), default=0.0)

    def _alike(self, said: frozenset[str], asked: frozenset[str]) -> float:
        common, narrower = said & asked, word_lists()["narrower"]
        parts = {idea for idea in said - common if narrower.get(idea) in asked - common}
        if not common - self.known.faint and not parts:
            return 0.0
        shared = 2 * self._weight(common) + 2 * PART * self._weight(parts)
        return min(1.0, shared / (self._weight(said) + self._weight(asked)))

    def _weight(self, ideas: Iterable[str]) -> float:
        return sum(map(self._weight_of, sorted(ideas)))

    def _weight_of(self, idea: str) -> float:
        if idea in self.known.faint or idea.isdigit():
            return FAINT
        return CLEAR if idea in self.heard or idea in word_lists()["ideas"] else STRAY


def fit(column: Column, target: Target) -> float:
    """How well a column's values suit a column of the study: 1 speaks for it, 0 says nothing, -1 rules it out."""
    if column.unread:
        return MISFITS
    if not column.n_filled:
        return 0.0
    return {CASE: _as_case, SERVICE: _as_service, DATE: _as_date, NUMBER: _as_number}.get(
        target.kind, _as_codes
    )(column, target)


def _as_case(column: Column, _: Target) -> float:
    if column.date_formats and not column.whole:
        return MISFITS
    if column.unique:
        return 1.0
    few = column.n_values is not None and column.n_filled > 2 * column.n_values and not column.numbers_cases
    return MISFITS if few or (column.number and not column.whole) else 0.0


def _as_service(column: Column, _: Target) -> float:
    answers = column.codes and all(state_of(code) for code in column.codes)
    if column.unique or answers or (column.date_formats and not column.whole):
        return MISFITS
    if column.number and not column.whole:
        return MISFITS
    if column.n_values is None:
        return 0.0
    return 0.8 if column.n_values > 1 else 0.0


def _as_date(column: Column, _: Target) -> float:
    if not column.date_formats:
        return MISFITS
    return 1.0 if not column.whole else 0.6


def _as_number(column: Column, _: Target) -> float:
    if column.number is None:
        return MISFITS
    return 0.8 if not column.whole else 0.5


def _as_codes(column: Column, target: Target) -> float:
    """Share of the codes that mean something to the column of the study."""
    if target.kind not in (ANSWER, LEVELS):
        return 0.0 if column.n_values is None else 0.5
    if column.date_formats and not column.whole:
        return MISFITS
    found = meanings(column, target, column.common or column.codes)
    own = [code for code in found if code in column.codes]
    if column.n_values is None or not own:
        return MISFITS if column.n_values is None or column.n_values > MOST_VALUES // 8 else 0.0
    good = [code for code in own if found[code].answer is not None]
    numbers = column.whole and len(own) < 10
    if not good:
        return -0.2 if numbers else -0.6 if target.division and len(own) <= FEW else MISFITS
    speaks = {found[code].answer for code in good} - set(_lacking(target))
    share = len(good) / len(own)
    if not speaks:
        return MISFITS if share < 1 and not numbers else -0.2
    sure = all(found[code].certain for code in own)
    return share - (0.0 if sure else 0.2) if share > FITS else -0.5


def _lacking(target: Target) -> list[str]:
    return [code for state, code in target.states.items() if state not in (YES, NO)]
