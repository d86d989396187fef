"""What sentences say: each number with the names it belongs to, as a reader would take them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desistance.attack.naming import Entity, Group, Mention, Place, Vocabulary, plain
from desistance.attack.quantities import Quantity, quantities
from desistance.attack.statements import HiddenShare, Statement

COMBINED = re.compile(r"\bexactly this combination\b|\bexactly these\b")
OFTENEST = re.compile(r"\(most often [^()]*$")
THINGS = re.compile(r"^(?: of (?:the |all )?[\w,]+)? $")
JOINT = re.compile(r"^(?:,? and |, | & | with | x |/)$")
CLAUSE = re.compile(r"[,;:()\[\]]| - | but | while | against ")
STOP = re.compile(r"[.?!](?:\s|$)")
HARD = re.compile(r"[;)]")
TIED = re.compile(
    r"^\W*(?:%|per ?cent)?\s*(?:(?:of\s+)?(?:the\s+)?(?:cases|children)\s+)?"
    r"(?:for|of|in|among|with|at|were|had|have|are)?\s*(?:the )?$"
)


@dataclass(frozen=True)
class Reading:
    """What is looked for, and the place of the words being read: kind of statement, file and place in it."""

    vocabulary: Vocabulary
    kind: str
    where: str
    far: tuple[Group, ...] = ()
    near: tuple[Group, ...] = ()
    combined: bool = False


def sentence_statements(text: str, reading: Reading) -> list[Statement]:
    """What a text says of hidden numbers.

    A number belongs to the names in its own clause, else to those said last before it in its sentence, else to those
    that follow in the sentence, else to those of the sentences before, and last to titles and headings
    (``reading.far``).
    """
    said = plain(text)
    words = reading.vocabulary
    mentions = words.mentions(said)
    if not mentions and not reading.near and not reading.far:
        return []
    blotted = _blotted(said, mentions)
    numbers = quantities(blotted)
    if not numbers:
        return []
    layout = _Layout(said, blotted, mentions, numbers, words)
    statements = []
    for number in numbers:
        if layout.counts_measures(number):
            continue
        combined = reading.combined or layout.combined(number)
        place = Place((*layout.near(number), *reading.near), (*layout.before(number), *reading.far), combined)
        for share in of_kind(words.about(place), passages=number.passages):
            snippet = said[max(0, number.start - 80) : number.end + 60]
            statements.append(
                Statement(
                    share.key, reading.kind, reading.where, number.unit, number.low, number.high, snippet
                )
            )
    return statements


def of_kind(found: Sequence[HiddenShare], *, passages: bool) -> list[HiddenShare]:
    """Hidden numbers of passages, or all others: both go by the names of themes."""
    return [share for share in found if (share.key[0] == "passages") == passages]


def _blotted(text: str, mentions: Sequence[Mention]) -> str:
    for mention in mentions:
        text = text[: mention.start] + "§" * (mention.end - mention.start) + text[mention.end :]
    return text


class _Layout:
    """A text cut into sentences and clauses, with the names in each."""

    def __init__(
        self,
        text: str,
        blotted: str,
        mentions: Sequence[Mention],
        numbers: Sequence[Quantity],
        words: Vocabulary,
    ) -> None:
        self.text, self.blotted, self.numbers, self.words = text, blotted, numbers, words
        self.mentions = mentions
        self.chains = list(_chains(mentions, blotted))
        self.stops = [0, *(found.end() for found in STOP.finditer(blotted)), len(text) + 1]

    def near(self, number: Quantity) -> list[Group]:
        """Groups of names in the sentence of a number, nearest first."""
        start, end = self._sentence(number.start)
        left, right = self._clause(number, start, end)
        own = [chain for chain in self.chains if left <= chain.start < right]
        before = [chain for chain in self.chains if start <= chain.start < left]
        after = [chain for chain in self.chains if right <= chain.start < end]
        groups = [chain.group for chain in self._by_nearness(own, number)]
        free = [chain for chain in reversed(before) if self._free(chain.end, number.start)]
        groups += [chain.group for chain in free]
        groups += [chain.group for chain in after if self._reaches(number, chain)]
        groups += [chain.group for chain in reversed(before) if chain not in free]
        hinted = self.words.hinted(self.text[start:end]) if not _measured(groups) else ()
        return [*groups, *([hinted] if hinted else [])]

    def before(self, number: Quantity) -> list[Group]:
        """Groups of names in the sentences before, nearest first: measures and divisions, and all in short heads."""
        start, _ = self._sentence(number.start)
        groups = []
        for chain in reversed([chain for chain in self.chains if chain.start < start]):
            first, last = self._sentence(chain.start)
            if last == start and not any(first <= other.start < last for other in self.numbers):
                groups.append(chain.group)
            else:
                groups.append(_only(chain.group, {"measure", "division"}))
        return [group for group in groups if group]

    def combined(self, number: Quantity) -> bool:
        """Whether a number is of cases with exactly the things named: its sentence says so, or a head before it."""
        start, _ = self._sentence(number.start)
        head, _ = self._sentence(start - 1) if start else (0, 0)
        if any(head <= other.start < start for other in self.numbers):
            head = start
        before = self.blotted[head : number.start]
        return bool(COMBINED.search(before) or OFTENEST.search(before))

    def counts_measures(self, number: Quantity) -> bool:
        """Whether a number is one of the things themselves: "5 of 7 domains"."""
        for mention in self.mentions:
            between = self.blotted[number.end : mention.start]
            if mention.start > number.end and THINGS.match(between):
                return _roles(mention.entities) == {"measure"}
        return False

    def _sentence(self, place: int) -> tuple[int, int]:
        at = next(n for n, stop in enumerate(self.stops) if stop > place)
        return self.stops[at - 1], self.stops[at]

    def _clause(self, number: Quantity, start: int, end: int) -> tuple[int, int]:
        marks = [found.span() for found in CLAUSE.finditer(self.blotted, start, min(end, len(self.blotted)))]
        marks += [span for span in self._conjunctions(start, end)]
        left = max((last for _, last in marks if last <= number.start), default=start)
        right = min((first for first, _ in marks if first >= number.end), default=end)
        return left, right

    def _conjunctions(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Each "and" that begins a new clause: names and a number stand on both sides of it."""
        for found in re.finditer(r" and ", self.blotted[start : min(end, len(self.blotted))]):
            at = start + found.start()
            within = any(chain.start <= at < chain.end for chain in self.chains)
            if not within and any(start <= number.start < at for number in self.numbers):
                yield at, at + len(" and ")

    def _by_nearness(self, own: Sequence[_Chain], number: Quantity) -> list[_Chain]:
        """Names of the clause: one tied to the number by "for", "of" or "in", then those before it, then others."""
        after = [chain for chain in own if chain.start >= number.end]
        before = [chain for chain in reversed(own) if chain.start < number.start]
        tied = [chain for chain in after if TIED.match(self.blotted[number.end : chain.start])]
        return [*tied, *before, *(chain for chain in after if chain not in tied)]

    def _reaches(self, number: Quantity, chain: _Chain) -> bool:
        between = self.blotted[number.end : chain.start]
        return not HARD.search(between) and self._free(number.end, chain.start)

    def _free(self, start: int, end: int) -> bool:
        """Whether no other share or count stands between two places."""
        return not any(
            start <= other.start < end and other.unit not in {"base", "ci_low", "ci_high"}
            for other in self.numbers
        )


@dataclass(frozen=True)
class _Chain:
    """Names said as one: a single name, or several joined by "and"."""

    start: int
    end: int
    group: Group


def _chains(mentions: Sequence[Mention], text: str) -> Iterator[_Chain]:
    run: list[Mention] = []
    for mention in mentions:
        if run and not (JOINT.match(text[run[-1].end : mention.start]) and _alike(run[-1], mention)):
            yield _chain(run)
            run = []
        run.append(mention)
    if run:
        yield _chain(run)


def _chain(run: Sequence[Mention]) -> _Chain:
    return _Chain(run[0].start, run[-1].end, tuple(mention.entities for mention in run))


def _alike(first: Mention, second: Mention) -> bool:
    return bool(_roles(first.entities) & _roles(second.entities) & {"item", "level", "theme", "measure"})


def _roles(entities: frozenset[Entity]) -> set[str]:
    return {entity[0] for entity in entities}


def _measured(groups: Sequence[Group]) -> bool:
    return any(entity[0] == "measure" for group in groups for entities in group for entity in entities)


def _only(group: Group, roles: set[str]) -> Group:
    kept = (frozenset(entity for entity in entities if entity[0] in roles) for entities in group)
    return tuple(entities for entities in kept if entities)
