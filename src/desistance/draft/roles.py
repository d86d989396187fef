"""What a column of a file is probably for, where there is no study yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desistance.draft.meanings import span_of
from desistance.draft.profile import Column, Profile, natural
from desistance.draft.words import plain, state_of, word_lists, words_of
from desistance.study import MADE_UP, NO, YES

CASE, SERVICE, STRATUM, WEIGHT, SIZE, DATE = (
    "case",
    "service",
    "stratum",
    "weight",
    "services_in_stratum",
    "date",
)
JUDGEMENT, BREAKDOWN, BAND, IDENTIFIER, IGNORE = ("judgement", "breakdown", "band", "identifier", "ignore")
ONCE = (CASE, SERVICE, STRATUM, WEIGHT, SIZE, DATE)
ROLES = (*ONCE, JUDGEMENT, BREAKDOWN, BAND, IDENTIFIER, IGNORE)
RANKS = ("none", "low", "medium", "high", "very_high")
MOST_LEVELS, FEWEST_SERVICES = 12, 10


@dataclass(frozen=True)
class Guess:
    """What a column seems to be for, and why; `certain` only where nothing is left to decide."""

    role: str
    why: str
    certain: bool = False


def roles(found: Profile) -> dict[str, Guess]:
    """A role for each heading of a file; each of those that a study has once is given once."""
    guesses = {
        name: _guess(column, found.n_rows) for name, column in found.columns.items() if name != MADE_UP
    }
    for role in ONCE:
        rivals = [name for name, guess in guesses.items() if guess.role == role]
        rivals.sort(
            key=lambda name: (
                not _says(found.columns[name], role),
                role == CASE and not found.columns[name].unique,
            )
        )
        for name in rivals[1:]:
            guesses[name] = Guess(IGNORE, f"could be the {role.replace('_', ' ')}, as {rivals[0]!r} could")
    return (
        guesses if any(guess.role == SERVICE for guess in guesses.values()) else _with_service(found, guesses)
    )


def _with_service(found: Profile, guesses: Mapping[str, Guess]) -> dict[str, Guess]:
    """The first column that many rows share values of, where no heading names a service."""
    for name, guess in guesses.items():
        column = found.columns[name]
        many = column.n_values is not None and FEWEST_SERVICES <= column.n_values < column.n_filled / 2
        if guess.role == IGNORE and many and (column.whole or not column.number):
            return guesses | {name: Guess(SERVICE, "many rows share each of its values")}
    return dict(guesses)


def _says(column: Column, role: str) -> bool:
    """Whether the heading, or its label, has a word for a role."""
    listed = (
        {words_of(text) for text in word_lists()["roles"][role]} if role in word_lists()["roles"] else set()
    )
    for text in (column.heading, column.label):
        words = words_of(text)
        parts = {words[a:b] for a in range(len(words)) for b in range(a + 1, len(words) + 1)}
        if parts & listed or any(("".join(part),) in listed for part in parts):
            return True
    return False


def _guess(column: Column, n_rows: int) -> Guess:
    if column.unread:
        identifier = "identifier" in column.unread
        return Guess(IDENTIFIER if identifier else IGNORE, column.unread, certain=identifier)
    if not column.n_filled:
        return Guess(IGNORE, "it is empty")
    return _by_word(column, n_rows) or _by_values(column)


def _by_word(column: Column, n_rows: int) -> Guess | None:
    """What the heading says, where the values bear it out."""
    shared = column.n_values is not None and 2 * column.n_values <= column.n_filled
    if _says(column, "row") and column.unique and column.whole:
        return Guess(IGNORE, "it numbers the rows")
    if _says(column, WEIGHT) and column.number:
        return Guess(WEIGHT, "the heading says so, and it holds numbers")
    if _says(column, SIZE) and column.whole and shared:
        return Guess(SIZE, "the heading says so, and it holds whole numbers")
    if _says(column, STRATUM) and shared:
        return Guess(STRATUM, "the heading says so, and rows share its values")
    words = _answers(column) and not column.number
    if _says(column, SERVICE) and not words and (shared or column.n_values is None) and not column.unique:
        return Guess(SERVICE, "the heading says so, and rows share its values")
    if _says(column, CASE) and column.unique and column.n_filled == n_rows:
        return Guess(CASE, "the heading says so, and no value stands twice")
    if column.numbers_cases and not column.unique:
        return Guess(
            CASE, "the heading says so; cases seem to have several rows, which study.yaml must say then"
        )
    return None


def _by_values(column: Column) -> Guess:
    if column.date_formats and not (column.whole and column.unique):
        return Guess(DATE, "it holds dates")
    if column.unique and not column.in_order and (column.whole or not column.number):
        return Guess(CASE, "no value stands twice")
    if column.unique:
        return Guess(IGNORE, "no value stands twice: it may number the rows")
    if _answers(column):
        return Guess(JUDGEMENT, "it holds yes and no, or 1 and 0; a breakdown may do so too")
    few = column.n_values is not None and column.n_values <= MOST_LEVELS
    if few and (not column.number or column.whole) and column.codes:
        if len(column.codes) > 2 and (all(map(span_of, column.codes)) or _ranks(column.codes)):
            return Guess(BAND, "it holds few values that have an order")
        return Guess(BREAKDOWN, "it holds few values")
    if column.number:
        return Guess(
            IGNORE, "it holds numbers of many sizes; a study needs bands (derivations can make them)"
        )
    if few:
        return Guess(IGNORE, f"its values may not be written: {column.withheld or 'too few cases have each'}")
    return Guess(IGNORE, "it holds many values")


def in_order(codes: Iterable[str]) -> list[str]:
    """Codes as a report would list them: from low to high where the words say so, else numbers by size, then text."""
    codes = sorted(codes, key=natural)
    ranks = _ranks(codes)
    return sorted(codes, key=ranks.__getitem__) if ranks else codes


def _ranks(codes: Iterable[str]) -> dict[str, int]:
    """Place of each code from low to high; empty where one of them is no such word."""
    words = [{plain(word) for word in word_lists()["levels"][rank]} for rank in RANKS]
    found = {code: place for code in codes for place, known in enumerate(words) if plain(code) in known}
    return found if len(set(found.values())) == len(list(codes)) > 2 else {}


def _answers(column: Column) -> bool:
    codes = [code for code in column.codes if not _missing(column.value_labels.get(code, code))]
    if column.value_labels:
        codes = [column.value_labels.get(code, code) for code in codes]
    if column.n_values is None or column.n_values > 6 or not codes:
        return False
    if set(codes) <= {"0", "1"} or (set(codes) == {"1", "2"} and column.n_values == 2):
        return True
    found = [state_of(code) for code in codes]
    return all(state and state[0] in (YES, NO) for state in found) and len(set(found)) > 1


def _missing(text: str) -> bool:
    found = state_of(text)
    return bool(found) and found[0] not in (YES, NO) and not text.isdigit()
