"""Which heading is which column: one assignment over all of them, so that none serves twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from desistance.draft.likeness import FITS, MISFITS, Ear, fit
from desistance.draft.profile import Column, Profile
from desistance.draft.targets import CASE, DATE, LEVELS, Target
from desistance.draft.words import Vocabulary
from desistance.study import MADE_UP

PLAIN, ALIKE, NEAR = 0.97, 0.4, 0.75
ALIKE_IN_BLOCK = 0.2
VALUES_WEIGH = 0.3


@dataclass(frozen=True)
class Match:
    """The heading found for a column of a study; None where nothing comes close. `others` could be meant too."""

    target: Target
    heading: str | None
    certain: bool
    why: str
    others: tuple[str, ...] = ()


def matches(found: Profile, wanted: tuple[Target, ...], known: Vocabulary) -> list[Match]:
    """Match each column of a study with a heading, all at once.

    A match is certain only where the heading says exactly what the study asks and nothing else, its values fit, and no
    other heading comes near.
    """
    columns = [column for column in found.columns.values() if not column.unread and column.heading != MADE_UP]
    if not columns:
        return [Match(target, None, False, "the file has no column that may be read") for target in wanted]
    heard = frozenset(idea for target in wanted for ideas in target.ideas for idea in ideas)
    ear = Ear(known, heard)
    said = [ear.said(column) for column in columns]
    sounds = np.array([[ear.likeness(ideas, target.ideas) for ideas in said] for target in wanted])
    fits = _fits(columns, wanted)
    named = np.array([[_same(c, t) for c in columns] for t in wanted])
    score = _scores(sounds, fits, named, wanted, columns)
    taken = _assigned(score)
    taken = _assigned(score + ALIKE_IN_BLOCK * (score > 0) * _in_the_manner(taken, wanted, said))
    plainly = [ear.said(column, guess=False) for column in columns]
    board = _Board(wanted, columns, ear, plainly, sounds, fits, named, score, taken)
    return [board.match(row) for row in range(len(wanted))]


def _fits(columns: list[Column], wanted: tuple[Target, ...]) -> np.ndarray:
    """How well each column's values suit each target; for all judgements that is the same."""
    known: dict[tuple[str, str | None], list[float]] = {}
    rows = []
    for target in wanted:
        shape = (target.kind, target.division.id if target.division else None)
        if shape not in known:
            known[shape] = [fit(column, target) for column in columns]
        rows.append(known[shape])
    return np.array(rows)


def _assigned(score: np.ndarray) -> dict[int, int]:
    """The place (column) of each row (target) that has one, for the highest sum of scores."""
    from scipy.optimize import linear_sum_assignment

    rows, places = linear_sum_assignment(score, maximize=True)
    return {int(row): int(place) for row, place in zip(rows, places, strict=True) if score[row, place] > 0}


def _in_the_manner(
    taken: Mapping[int, int], wanted: tuple[Target, ...], said: list[list[frozenset[str]]]
) -> np.ndarray:
    """Whether a heading adds the same words to what is asked as most headings found for the same measure do."""
    alike = np.zeros((len(wanted), len(said)))
    for block in dict.fromkeys(target.block for target in wanted if target.block):
        rows = [row for row, target in enumerate(wanted) if target.block == block]
        added = Counter(_added(said[taken[row]], wanted[row]) for row in rows if row in taken)
        manner, times = added.most_common(1)[0] if added else (None, 0)
        if times > len(rows) / 2 and times > 2:
            for row in rows:
                alike[row] = [_added(ideas, wanted[row]) == manner for ideas in said]
    return alike


def _added(said: list[frozenset[str]], target: Target) -> frozenset[str]:
    return said[0] - frozenset().union(*target.ideas[:1])


def _same(column: Column, target: Target) -> bool:
    """Whether the heading is the study's own name of the column."""
    return column.heading == target.column


def _scores(
    sounds: np.ndarray, fits: np.ndarray, named: np.ndarray, wanted: tuple[Target, ...], columns: list[Column]
) -> np.ndarray:
    score = np.where(sounds >= ALIKE, sounds + VALUES_WEIGH * fits, 0.0)
    for row, target in enumerate(wanted):
        if target.kind in (CASE, DATE, LEVELS):
            by_values = (fits[row] >= 1.0) & (score[row] <= 0)
            score[row, by_values] = 0.1
        if target.kind == LEVELS:
            score[row, (fits[row] >= 1.0) & (score[row] == 0.1) & _answers_only(columns)] = 0.0
    score[fits <= MISFITS] = 0.0
    return np.maximum(score, 0.0) + named * (fits > MISFITS)


def _answers_only(columns: list[Column]) -> np.ndarray:
    return np.array(
        [{code.lower() for code in column.codes} <= {"yes", "no", "y", "n"} for column in columns]
    )


@dataclass(frozen=True)
class _Board:
    """All scores, targets by columns, and which was taken for which."""

    wanted: tuple[Target, ...]
    columns: list[Column]
    ear: Ear
    plainly: list[list[frozenset[str]]]
    sounds: np.ndarray
    fits: np.ndarray
    named: np.ndarray
    score: np.ndarray
    taken: Mapping[int, int]

    def match(self, row: int) -> Match:
        target, place = self.wanted[row], self.taken.get(row)
        others = self._others(row, place)
        if place is None:
            return Match(target, None, False, "no heading comes near", others)
        column = self.columns[place]
        rivals = [*self._rivals(row, place), *self._also(row, place)]
        exact = (
            self.ear.likeness(self.plainly[place], target.fullest) >= PLAIN and self.fits[row, place] >= FITS
        )
        own = self._made_for_the_study and self.named[row, place] and self._as_the_study(row, place)
        certain = bool(own or (exact and not rivals))
        return Match(target, column.heading, certain, self._why(row, place, rivals), others)

    @property
    def _made_for_the_study(self) -> bool:
        """Whether most columns of the study stand in the file under the study's own names."""
        return bool(self.named.any(axis=1).mean() > 0.5)

    def _as_the_study(self, row: int, place: int) -> bool:
        """Whether the values under the study's own heading are the study's own too."""
        target, column = self.wanted[row], self.columns[place]
        if target.known:
            return bool(column.codes) and set(column.codes) <= target.known
        return bool(self.fits[row, place] >= FITS)

    def _rivals(self, row: int, place: int) -> list[str]:
        """Other headings that could be meant, unless they plainly are another column of the study."""
        better = {other: self.sounds[taker, other] for taker, other in self.taken.items() if taker != row}
        return [
            self.columns[other].heading
            for other in np.flatnonzero((self.sounds[row] > NEAR) & (self.fits[row] > MISFITS))
            if other != place and not better.get(other, 0) > self.sounds[row, other] + 0.1
        ]

    def _also(self, row: int, place: int) -> list[str]:
        """Other columns of the study that this heading names as well."""
        return [
            self.wanted[other].column
            for other in np.flatnonzero((self.sounds[:, place] > 0.9) & (self.fits[:, place] > MISFITS))
            if other != row
        ]

    def _others(self, row: int, place: int | None) -> tuple[str, ...]:
        order = np.argsort(-self.score[row], kind="stable")
        near = [i for i in order if self.score[row, i] > 0.3 and i != place and i not in self.taken.values()]
        return tuple(self.columns[i].heading for i in near[:3])

    def _why(self, row: int, place: int, rivals: list[str]) -> str:
        sounds, suits = self.sounds[row, place], self.fits[row, place]
        if self.named[row, place]:
            said = "the heading is the study's own name"
        elif sounds >= PLAIN:
            said = "the heading, or its label, says what the study asks"
        elif sounds >= ALIKE:
            said = "the heading comes near what the study asks"
        else:
            said = "the heading does not say so"
        kind = (
            "its values fit"
            if suits >= FITS
            else "its values say little"
            if suits > -0.5
            else "its values do not fit well"
        )
        near = f"; {', '.join(map(repr, rivals[:3]))} could be meant too" if rivals else ""
        return f"{said}; {kind}{near}"
