"""The outline of a new study, drafted from a file: a role for each heading, labels, and what codes mean."""

from __future__ import annotations

from collections.abc import Iterator

from desistance.draft.mapping_draft import Draft, coded_alike, date_meaning, not_written
from desistance.draft.meanings import Meaning
from desistance.draft.profile import FEWEST, Column, Profile
from desistance.draft.roles import (
    BAND,
    BREAKDOWN,
    CASE,
    DATE,
    IGNORE,
    JUDGEMENT,
    ROLES,
    SERVICE,
    SIZE,
    STRATUM,
    WEIGHT,
    Guess,
    in_order,
    roles,
)
from desistance.draft.words import state_of
from desistance.draft.yaml_text import comment, open_question, scalar
from desistance.study import NO, YES

CODED = (JUDGEMENT, BREAKDOWN, BAND)


def draft_outline(found: Profile) -> Draft:
    """Draft the outline of a study of a file that was looked through."""
    guesses = roles(found)
    judged = [found.columns[name] for name, guess in guesses.items() if guess.role == JUDGEMENT]
    lines = [*_head(found), *_questions(found, guesses), "columns:"]
    for name, guess in guesses.items():
        lines += _column_lines(found, guesses, found.columns[name], guess, judged)
    return Draft("\n".join(lines) + "\n")


def _head(found: Profile) -> Iterator[str]:
    table = found.table
    yield from comment(f"Outline of a study of {table.path.name}: what each column is for.")
    yield from comment(
        'Look through it. A value that begins with "? " is a guess: take the question mark and the space away to '
        'accept it, or put the right one. "?" alone is an open question. `desistance new-study` refuses an outline in '
        "which any is left, except where the role is ignore."
    )
    yield from comment(f"Roles: {', '.join(ROLES)}.")
    yield from comment(
        "judgement: answered by yes or no, and what the study is about. breakdown, band (its levels have an order): "
        "by which it is shown; codes give the labels of the levels, in the order of the report. service: what cases "
        "belong to, such as a team, a school or a community. identifier and ignore: not read."
    )
    yield from comment(
        "base: a line to add to a judgement that is made only where another one is yes, with the heading of that one."
    )
    yield ""


def _questions(found: Profile, guesses: dict[str, Guess]) -> Iterator[str]:
    by_role = {guess.role: found.columns[name] for name, guess in guesses.items()}
    yield f"title: {scalar(open_question(f'A study of {found.table.path.stem}'))}"
    yield 'citation: "?"  # where the records come from, as a reader should cite it'
    yield "# What a row and a service are called, in the singular and the plural."
    yield 'case: "? case"\ncases: "? cases"\nservice: "? service"\nservices: "? services"'
    if CASE not in by_role:
        yield 'each_row: "? yes"  # no heading looks like a number of the case: is each row a case?'
    if SERVICE in by_role and (by_role[SERVICE].small or by_role[SERVICE].n_values is None):
        yield from comment(
            f"Some service seems to have fewer than {FEWEST} rows. May one have a single case: yes or no?"
        )
        yield 'small_services: "?"'
    if SIZE in by_role:
        yield from comment(
            "yes: the results are about the services there are, and having many of them makes the results more "
            "precise. no: they are about practice in general."
        )
        yield 'finite_population: "? no"'
    yield ""


def _column_lines(
    found: Profile, guesses: dict[str, Guess], column: Column, guess: Guess, judged: list[Column]
) -> Iterator[str]:
    yield from comment(guess.why, 2)
    yield f"  {scalar(column.heading)}:"
    yield f"    role: {scalar(guess.role if guess.certain else open_question(guess.role))}"
    if column.unread or (guess.role == IGNORE and not column.codes):
        return
    yield f"    label: {scalar(_label(column))}"
    if guess.role == SERVICE:
        yield from _within(found, guesses, column)
    if guess.role == DATE:
        yield from _date_lines(column)
    if guess.role == WEIGHT and column.number == "comma":
        yield "    decimal: comma"
    if guess.role in CODED:
        yield from _code_lines(column, guess, judged)


def _label(column: Column) -> str:
    text = column.label or column.heading.replace("_", " ").strip()
    text = text.rstrip("? ") or text
    return text[:1].upper() + text[1:]


def _within(found: Profile, guesses: dict[str, Guess], column: Column) -> Iterator[str]:
    """Numbers of services that are fewer than the strata probably begin again in each."""
    strata = [found.columns[name] for name, guess in guesses.items() if guess.role == STRATUM]
    for stratum in strata:
        if column.n_values and stratum.n_values and column.n_values < stratum.n_values:
            yield from comment(
                "fewer values than strata: its numbers seem to begin again in each. Or: nothing", 4
            )
            yield f"    within: {scalar(open_question(stratum.heading))}"


def _date_lines(column: Column) -> Iterator[str]:
    meaning = date_meaning(column)
    if meaning:
        answer = meaning.answer if meaning.certain else open_question(meaning.answer)
        yield f"    format: {scalar(answer)}  # {meaning.why}"
    first, last = (column.years[0], column.years[-1]) if column.years else (None, None)
    yield f"    first: {scalar(open_question(f'{first}-01-01' if first else None))}  # first day of the study"
    yield f"    last: {scalar(open_question(f'{last}-12-31' if last else None))}"


def _code_lines(column: Column, guess: Guess, judged: list[Column]) -> Iterator[str]:
    codes = coded_alike(column, judged) if guess.role == JUDGEMENT else frozenset(column.codes)
    yield "    codes:"
    for code in in_order(codes):
        meaning = _answer(code, column, codes) if guess.role == JUDGEMENT else _level(code, column)
        answer = meaning.answer if meaning.certain else open_question(meaning.answer)
        yield f"      {scalar(code)}: {scalar(answer)}" + (f"  # {meaning.why}" if meaning.why else "")
    yield from comment(not_written(column, codes), 4)


def _answer(code: str, column: Column, codes: frozenset[str]) -> Meaning:
    state = state_of(column.value_labels.get(code, code))
    if state:
        name, certain = state
        both = {"y", "n"} <= {each.lower() for each in codes} or len(code) > 1 or code in column.value_labels
        return Meaning(name.replace("_", " "), certain and both, "")
    custom = {"1": YES, "0": NO} if "0" in codes else {"1": YES, "2": NO}
    if code in custom:
        return Meaning(custom[code], False, "by custom; no label says so")
    return Meaning(None, False, "yes, no, not applicable, not known or not recorded?")


def _level(code: str, column: Column) -> Meaning:
    label = column.value_labels.get(code, "")
    state = state_of(label or code)
    if state and state[0] not in (YES, NO) and not (code.isdigit() and not label):
        return Meaning(state[0].replace("_", " "), state[1], "no level, but a missing value")
    text = label or code
    return Meaning(text[:1].upper() + text[1:], True, "")
