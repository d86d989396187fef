"""Names in words: which hidden numbers a place of a document speaks of.

Every thing that can be named (a measure, an item, a division, a level of it, a theme, a number of factors) has the
names that the released structure gives it and those that come with what is hidden. Text is searched for the longest
of them. A place is described by groups of names, nearest first; of each kind of thing the nearest name counts, so
that a number in a column of girls is not taken for one of boys because the caption mentions both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from desistance.attack.statements import HiddenShare

Entity = tuple[str, ...]
Group = tuple[frozenset[Entity], ...]

EVERYONE: Entity = ("level", "all", "all")
# Words of every day that may be names of levels: they count only beside the name of their division.
EVERYDAY = frozenset({"none", "no", "yes", "all", "other", "unknown"})
WORD = re.compile(r"[^\W_]+")
LETTERS = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class Mention:
    """A name found in a text: where it stands, and the things it may mean."""

    start: int
    end: int
    entities: frozenset[Entity]


@dataclass(frozen=True)
class Place:
    """The names around a number, nearest first: ``near`` in the same words or cells, ``far`` in titles and headings.

    ``combined`` says that the number is of cases with all the things named and no others.
    """

    near: tuple[Group, ...]
    far: tuple[Group, ...] = ()
    combined: bool = False

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group of names, nearest first."""
        return (*self.near, *self.far)


@dataclass(frozen=True)
class Subject:
    """What one hidden number is about. ``None`` and the empty set stand for what it does not distinguish.

    ``themes`` are those of comments, with whether they help or hinder; ``others`` whatever else must be named.
    """

    measure: str | None
    items: frozenset[str]
    level: tuple[str, str] | None
    number: str | None = None
    themes: frozenset[Entity] = frozenset()
    others: frozenset[Entity] = frozenset()
    combined: bool = False


@dataclass
class Vocabulary:
    """All names, the things they mean, and the hidden numbers about these things.

    Built by `glossary.vocabulary`; it only remembers texts it has searched already.
    """

    names: dict[str, frozenset[Entity]]
    items_of: dict[str, frozenset[str]]
    hints: dict[str, frozenset[str]]
    codes: frozenset[str]
    subjects: dict[Subject, tuple[HiddenShare, ...]]
    _first: dict[str, list[str]] = field(default_factory=dict)
    _found: dict[str, tuple[Mention, ...]] = field(default_factory=dict)
    _groups: dict[str, Group] = field(default_factory=dict)
    _about_place: dict[Place, list[HiddenShare]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.worded = [subject for subject in self.subjects if subject.others]
        for name in sorted(self.names, key=lambda name: (-len(name), name)):
            self._first.setdefault(WORD.match(name)[0], []).append(name)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Names in a text that `plain` has been applied to: the longest at each place, none within another."""
        if text not in self._found:
            self._found[text] = tuple(self._search(text))
        return self._found[text]

    def exactly(self, value: str) -> frozenset[Entity]:
        """Things that a whole value (a cell, a key, a field) names, ids and everyday words included."""
        return self.names.get(plain(value), frozenset())

    def group(self, text: str) -> Group:
        """Names in a title, cell or field, as one group."""
        if text not in self._groups:
            self._groups[text] = self._group(plain(text))
        return self._groups[text]

    def _group(self, text: str) -> Group:
        whole = self.names.get(text)
        if whole and text in self.codes:
            whole = frozenset(("code", *entity[1:]) if entity[0] == "level" else entity for entity in whole)
        if whole:
            return (whole,)
        found = tuple(mention.entities for mention in self.mentions(text))
        hinted = () if any(_of_role(entities, "measure") for entities in found) else self.hinted(text)
        return (*found, *hinted)

    def hinted(self, text: str) -> Group:
        """Measures whose label a text says in other words: every stem of the label occurs in it."""
        stems = {word[:6] for word in LETTERS.findall(text)}
        said = [measure for measure, needed in self.hints.items() if needed and needed <= stems]
        longest = max((len(self.hints[measure]) for measure in said), default=0)
        best = frozenset(("measure", measure) for measure in said if len(self.hints[measure]) == longest)
        return (best,) if best else ()

    def about(self, place: Place) -> list[HiddenShare]:
        """Hidden numbers that a number in this place is about."""
        if place not in self._about_place:
            found = [share for measure in self._measures(place) for share in self._about(place, measure)]
            self._about_place[place] = found
        return self._about_place[place]

    def _search(self, text: str) -> Iterable[Mention]:
        end = 0
        for word in WORD.finditer(text):
            if word.start() < end:
                continue
            for name in self._first.get(word[0], ()):
                stop = word.start() + len(name)
                if text.startswith(name, word.start()) and not _inside_word(text, stop):
                    if self._counts(name, text[: word.start()], text):
                        yield Mention(word.start(), stop, self.names[name])
                        end = stop
                    break

    def _counts(self, name: str, before: str, text: str) -> bool:
        """Whether a name in running text is one: bare numbers and everyday words are not, on their own."""
        if name.isdigit() or len(name) < 3 or name in self.codes:
            return False
        if _of_role(self.names[name], "number"):
            # "3 of 10 factors", "of the 9 factors shown" and "for one factor" are not cases with so many of them.
            return not before.endswith(("of ", "of the ")) and (
                not name[0].isalpha() or bool(_HAVING.search(before))
            )
        if name not in EVERYDAY:
            return True
        divisions = {entity[1] for entity in self.names[name] if entity[0] == "level"}
        labels = [
            other
            for other, entities in self.names.items()
            if any(entity[0] == "division" and entity[1] in divisions for entity in entities)
        ]
        return any(label in text for label in labels)

    def _measures(self, place: Place) -> list[str | None]:
        """Measures a number may be of, and ``None`` for the hidden numbers that are of no measure."""
        said = resolved(place.groups, "measure")
        measures = [entity[1] for entity in sorted({entity for entities in said for entity in entities})]
        able = [measure for measure in measures if self._items(place, measure)]
        if len(able) > 1:
            able = []  # a table of two measures whose column names neither
        if not said:
            able = [measure for measure in sorted(self.items_of) if self._items(place, measure)]
            able = able if len(able) == 1 else []
        return [*able, None]

    def _items(self, place: Place, measure: str | None) -> tuple[frozenset[Entity], ...]:
        """Items named nearest, of those the measure has."""
        if place.combined:
            return self._combination(place)
        allowed = self.items_of.get(measure) if measure else None
        return resolved(place.groups, "item", lambda entity: allowed is None or entity[1] in allowed)

    def _combination(self, place: Place) -> tuple[frozenset[Entity], ...]:
        """Items named in the nearest words that name any, or that say there is none."""
        for group in place.near:
            items = resolved((group,), "item")
            if items or any(("number", "0") in entities for entities in group):
                return items
        return ()

    def _about(self, place: Place, measure: str | None) -> list[HiddenShare]:
        items = self._items(place, measure)
        if any(len({entity[1] for entity in entities}) > 1 for entities in items):
            return []
        levels = self._levels(place)
        if levels is None:
            return []
        about = Subject(
            measure,
            frozenset(entity[1] for entities in items for entity in entities),
            None,
            combined=place.combined,
        )
        named = frozenset(entity for group in place.groups for entities in group for entity in entities)
        found = [self._hidden(replace(about, level=level), place, named) for level in levels]
        # A level that two divisions have and nothing tells apart: a shown one explains the number.
        return [share for shares in found for share in shares] if all(found) else []

    def _hidden(self, about: Subject, place: Place, named: frozenset[Entity]) -> list[HiddenShare]:
        numbers = resolved(place.near, "number")
        of_items = place.combined or not numbers or bool(resolved(place.near, "item"))
        exact = list(self.subjects.get(about, ())) if of_items else []
        if about.measure is None and len(numbers) == 1 and not resolved(place.near, "item"):
            (number,) = numbers
            of_number = replace(about, items=frozenset(), number=sorted(number)[0][1])
            exact += self.subjects.get(of_number, ())
        themes = _single(resolved(place.groups, "theme"))
        if about.measure is None and themes:
            themes |= _single(resolved(place.groups, "direction"))
            exact += self.subjects.get(replace(about, items=frozenset(), themes=themes), ())
        for subject in self.worded:
            if subject.others <= named and _agrees(subject, about):
                exact += self.subjects[subject]
        return exact

    def _coded(self, place: Place) -> tuple[frozenset[Entity], ...]:
        """Levels named by a code, "0" or "yes": only where their division is named beside it or in the caption."""
        around = (*place.near, *place.far[:1])
        divisions = {entity[1] for entities in resolved(around, "division") for entity in entities}
        codes = resolved(place.near, "code", lambda entity: entity[1] in divisions)
        return tuple(frozenset(("level", *entity[1:]) for entity in entities) for entities in codes)

    def _levels(self, place: Place) -> list[tuple[str, str] | None] | None:
        """The level a number is of: ``[None]`` for everyone, several where two divisions share its name."""
        said = resolved(place.groups, "level") or self._coded(place)
        if not said:
            return [None]
        if len(said) > 1:
            return None
        (alternatives,) = said
        if EVERYONE in alternatives:
            return [None]
        divisions = {entity[1] for entity in alternatives}
        near = resolved(place.groups, "division", lambda entity: entity[1] in divisions)
        named = {entity[1] for entities in near for entity in entities}
        left = [entity for entity in sorted(alternatives) if not named or entity[1] in named]
        return [(entity[1], entity[2]) for entity in left]


def resolved(
    groups: Sequence[Group], role: str, keep: Callable[[Entity], bool] = lambda entity: True
) -> tuple[frozenset[Entity], ...]:
    """Things of one kind in the nearest group that names any: one set a name, of all it may mean."""
    for group in groups:
        found: list[frozenset[Entity]] = []
        for entities in group:
            meant = frozenset(entity for entity in entities if entity[0] == role and keep(entity))
            if meant and meant not in found:
                found.append(meant)
        if found:
            return tuple(found)
    return ()


def _agrees(subject: Subject, about: Subject) -> bool:
    """Whether a place is about all that a subject distinguishes besides the words it must have; it may say more."""
    return (
        subject.measure == about.measure
        and subject.items <= about.items
        and subject.level in {None, about.level}
        and subject.combined == about.combined
    )


def _single(found: Sequence[frozenset[Entity]]) -> frozenset[Entity]:
    """All things named, where each name means one thing."""
    return frozenset(entity for entities in found for entity in entities)


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    """Lower case, one space between words, and every kind of dash, quote and underscore as one."""
    return " ".join(text.translate(_PLAIN).lower().split())


_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019", "'"),
        "_": " ",
    }
)
_HAVING = re.compile(r"(?:\b(?:exactly|with|had|have|has|having|only|just)|^|[.:;] )\s*$")


def _inside_word(text: str, stop: int) -> bool:
    return stop < len(text) and (text[stop].isalnum())


def _of_role(entities: Iterable[Entity], role: str) -> bool:
    return any(entity[0] == role for entity in entities)
