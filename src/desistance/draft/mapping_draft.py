"""The draft of a mapping: which heading is which column of a study, and what its codes mean, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from desistance.draft.matching import Match, matches
from desistance.draft.meanings import Meaning, meanings, missing_meanings
from desistance.draft.profile import FEWEST, Column, Profile
from desistance.draft.targets import ANSWER, DATE, LEVELS, NUMBER, targets
from desistance.draft.words import state_of
from desistance.draft.yaml_text import comment, named, open_question, scalar
from desistance.records.labels import BARE
from desistance.records.mapping import DATE_FORMAT, is_open
from desistance.study import MADE_UP, MISSING, Study


@dataclass(frozen=True)
class Draft:
    """A drafted document: its text, in which a person answers every value that begins with a question mark."""

    text: str

    @property
    def n_questions(self) -> int:
        """How many values ask for an answer, wherever they stand."""
        return _n_open(yaml.load(self.text, yaml.BaseLoader))


def _n_open(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_n_open, value.values()))
    return int(isinstance(value, str) and is_open(value))


@dataclass(frozen=True)
class Entry:
    """What a draft says of one column of the study; `codes` are those that need a translation.

    `told` are all codes whose meaning was looked for.
    """

    match: Match
    column: Column | None
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    date_format: Meaning | None = None
    comma: bool = False
    told: frozenset[str] = frozenset()

    @property
    def needless(self) -> bool:
        """Whether the mapping needs no entry, because heading, codes and dates are the study's own."""
        same = self.match.certain and self.match.heading == self.match.target.column
        silent = not self.codes and self.date_format is None and not self.comma
        return same and silent and not self.calls_missing

    @property
    def calls_missing(self) -> bool:
        """Whether the file calls some numbers or dates of the column missing."""
        coded = self.match.target.kind in (ANSWER, LEVELS)
        return bool(self.column and not coded and (self.column.missing_codes or self.column.missing_ranges))


def draft_mapping(found: Profile, study: Study) -> Draft:
    """Draft the mapping of a file that was looked through to a study."""
    entries = mapping_entries(found, study)
    said = [entry for entry in entries if not entry.needless]
    lines = [*_head(found, study), "columns:" if said else "columns: {}"]
    for entry in said:
        lines += _entry_lines(entry)
    lines += ["", *_foot(found, entries)]
    return Draft("\n".join(lines) + "\n")


def mapping_entries(found: Profile, study: Study) -> list[Entry]:
    """What the draft says of each column that the study reads, in the study's order."""
    wanted, known = targets(study)
    pairs = [(match, found.columns.get(match.heading or "")) for match in matches(found, wanted, known)]
    coded = [column for match, column in pairs if column and match.target.kind in (ANSWER, LEVELS)]
    alike = [column for match, column in pairs if column and match.target.kind == ANSWER]
    return [_entry(match, column, alike, words_for_missing(coded)) for match, column in pairs]


def words_for_missing(coded: list[Column]) -> frozenset[str]:
    """Words by which a file calls values missing, wherever enough rows have them; numbers could mean anything."""
    codes = sorted({code for column in coded for code in column.common})
    found = {code: state_of(code) for code in codes if not any(map(str.isdigit, code))}
    return frozenset(code for code, state in found.items() if state and state[0] in MISSING)


def _entry(match: Match, column: Column | None, alike: list[Column], lacking: frozenset[str]) -> Entry:
    kind = match.target.kind
    if column is None:
        return Entry(match, None)
    if kind in (ANSWER, LEVELS):
        codes = coded_alike(column, alike) if kind == ANSWER else frozenset(column.codes)
        codes |= lacking if column.has_rare else frozenset()
        told = meanings(column, match.target, codes)
        return Entry(match, column, _to_be_said(told), told=frozenset(told))
    codes = missing_meanings(column, match.target) if kind in (DATE, NUMBER) and match.target.states else {}
    if kind == DATE:
        return Entry(match, column, codes, date_format=date_meaning(column))
    return Entry(match, column, codes, comma=kind == NUMBER and column.number == "comma")


def _to_be_said(told: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """Codes that are not simply themselves; a number or letter that another code becomes is asked about too."""
    become = {each.answer for code, each in told.items() if not _itself(code, each)}
    return {
        code: Meaning(code, False, "another code becomes it") if _itself(code, each) else each
        for code, each in told.items()
        if not _itself(code, each) or (code in become and BARE.fullmatch(code))
    }


def _itself(code: str, meaning: Meaning) -> bool:
    return meaning.certain and meaning.answer == code


def coded_alike(column: Column, alike: list[Column]) -> frozenset[str]:
    """Codes of a column, and those of the columns most like it, so that a code too rare here is translated too."""
    own = frozenset(column.codes)
    sets = Counter(frozenset(other.codes) for other in alike if own < frozenset(other.codes))
    best = sorted(sets, key=lambda codes: (-sets[codes], len(codes), sorted(codes)))
    return own | best[0] if best and own else own


def date_meaning(column: Column) -> Meaning | None:
    """How a column's dates are written; None where as ISO 8601, which needs no saying."""
    first, *others = column.date_formats or (None,)
    if first is None:
        return Meaning(None, False, "no way of writing dates reads these values")
    if others:
        return Meaning(first, False, f"day and month may stand the other way round: {', '.join(others)}")
    return None if first == DATE_FORMAT else Meaning(first, True, "reads the values")


def _head(found: Profile, study: Study) -> Iterator[str]:
    table = found.table
    place = f", sheet {named([table.sheet])}" if table.sheet else ""
    place += f", headings in row {table.first_row}" if table.first_row > 1 else ""
    yield from comment(
        f"Draft of a mapping: the columns of {named([table.path.name])}{place} as those of {study.id}."
    )
    yield from comment(
        'Look through it. A value that begins with "? " is a guess: take the question mark and the space away to '
        'accept it, or put the right one. "?" alone is an open question. A run refuses a mapping in which any is left.'
    )
    yield from comment("Values without a question mark are certain, and the line above says why.")
    yield ""


def _entry_lines(entry: Entry) -> Iterator[str]:
    match, column = entry.match, entry.column
    yield from comment(f"{match.target.label}: {match.why}", 2)
    if match.others:
        yield from comment(f"not taken by any other column: {named(match.others)}", 2)
    yield f"  {scalar(match.target.column)}:"
    if column is None:
        yield "    from: " + scalar(open_question(None))
        return
    yield "    from: " + scalar(column.heading if match.certain else open_question(column.heading))
    if entry.date_format:
        yield from _answer_lines("format", entry.date_format, 4)
    if entry.comma:
        yield "    decimal: comma  # as all its numbers are written"
    if entry.codes:
        yield "    codes:"
        for code, meaning in entry.codes.items():
            yield from _answer_lines(scalar(code), meaning, 6)
    if entry.calls_missing:
        yield from comment(_left_missing(entry), 4)
    if match.target.kind in (ANSWER, LEVELS):
        yield from comment(not_written(column, entry.told), 4)


def _left_missing(entry: Entry) -> str:
    """What is said of numbers or dates that the file calls missing."""
    ranges = [f"{low} to {high}" for low, high in entry.column.missing_ranges]
    which = f" ({', '.join(ranges)})" if ranges else ""
    if entry.match.target.states:
        return f"The file calls values missing{which}: a row is rejected if it has one without a code above."
    return f"The file calls values missing{which}: a row that has one is rejected."


def not_written(column: Column, written: Collection[str]) -> str:
    """What is said of values that may not be written, or are too rare to be; nothing where none is left out."""
    if column.withheld:
        return f"its values are not written here: {column.withheld}" if column.has_rare else ""
    if not column.rare.difference(written):
        return ""
    return f"and less common values, which fewer than {FEWEST} cases have each: not written here"


def _answer_lines(key: str, meaning: Meaning, indent: int) -> Iterator[str]:
    answer = meaning.answer if meaning.certain else open_question(meaning.answer)
    why = comment(meaning.why)[:1] if meaning.why else []
    yield " " * indent + f"{key}: {scalar(answer)}" + (f"  {why[0]}" if why else "")


def _foot(found: Profile, entries: list[Entry]) -> Iterator[str]:
    if needless := [entry.match.target.column for entry in entries if entry.needless]:
        yield from comment(
            f"No entry is needed for: {named(needless)}. Heading and codes are the study's own."
        )
    unread = [column for column in found.columns.values() if column.unread]
    for why in dict.fromkeys(column.unread for column in unread):
        here = [column.heading for column in unread if column.unread == why]
        yield from comment(f"Not read: {named(here)}: {why}.")
    taken = {entry.match.heading for entry in entries} | {MADE_UP}
    if spare := [name for name, column in found.columns.items() if name not in taken and not column.unread]:
        yield from comment(f"In the file and not asked for: {named(spare)}. A run does not read them.")
