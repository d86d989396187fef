"""The outline of a new study, once a person has answered it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desistance.documents import read_document
from desistance.draft.roles import (
    BAND,
    BREAKDOWN,
    CASE,
    DATE,
    IDENTIFIER,
    IGNORE,
    JUDGEMENT,
    ONCE,
    ROLES,
    SERVICE,
)
from desistance.draft.words import words_of
from desistance.errors import StudyError
from desistance.records.mapping import is_open
from desistance.study import MADE_UP, MISSING, NO, STATES, YES
from desistance.study.definition import EVERYONE
from desistance.study.definition import ROLES as KEPT

QUESTIONS = ("each_row", "small_services", "finite_population")
NOTHING = ("nothing", "none", NO)
LONGEST_ID = 40


@dataclass(frozen=True)
class Asked:
    """One column of the file that the new study reads; `id` is what the study calls it."""

    heading: str
    id: str
    role: str
    label: str
    codes: Mapping[str, str] = field(default_factory=dict)
    within: str | None = None
    base: str | None = None
    date_format: str | None = None
    window: tuple[str, str] | None = None
    comma: bool = False

    @property
    def levels(self) -> dict[str, str]:
        """Labels of a breakdown's levels by their code, in the report's order."""
        return {code: text for code, text in self.codes.items() if _state(text) not in MISSING}

    @property
    def missing(self) -> dict[str, str]:
        """Kinds of missing value by their code."""
        return {code: _state(text) for code, text in self.codes.items() if _state(text) in MISSING}


@dataclass(frozen=True)
class Outline:
    """What a new study is called and what each of its columns is for."""

    title: str
    citation: str
    words: Mapping[str, tuple[str, str]]
    each_row: bool
    small_services: bool
    finite_population: bool
    columns: tuple[Asked, ...]

    def of(self, *roles: str) -> tuple[Asked, ...]:
        """The columns of some roles, in the order of the file."""
        return tuple(column for column in self.columns if column.role in roles)

    def named(self, heading: str) -> Asked:
        """The column under a heading."""
        return next(column for column in self.columns if column.heading == heading)


def read_outline(path: Path) -> Outline:
    """Read an outline and check that it is answered and makes a study.

    Raises
    ------
    StudyError
        A question is open, or the answers contradict each other; the message lists every mistake.
    """
    content = read_document(path, "outline", StudyError, checks=CHECKS)
    kept = {name: entry for name, entry in content["columns"].items() if entry["role"] in ROLES[:-2]}
    ids = _ids({name: entry["role"] for name, entry in kept.items()})
    answers = {key: content.get(key) == YES for key in QUESTIONS}
    words = {kind: (content[kind], content[f"{kind}s"]) for kind in ("case", "service")}
    columns = tuple(_asked(name, ids[name], entry) for name, entry in kept.items())
    return Outline(content["title"], content["citation"], words, columns=columns, **answers)


def _asked(heading: str, name: str, entry: Mapping[str, Any]) -> Asked:
    within = entry.get("within", NO)
    return Asked(
        heading,
        name,
        entry["role"],
        entry.get("label", heading),
        entry.get("codes", {}),
        None if within in NOTHING else within,
        entry.get("base"),
        entry.get("format"),
        (entry["first"], entry["last"]) if entry["role"] == DATE else None,
        entry.get("decimal") == "comma",
    )


def _ids(roles: Mapping[str, str]) -> dict[str, str]:
    """A name in small letters for each heading, each once; what a study has once is called by its role."""
    taken, found = {*KEPT, CASE, EVERYONE, MADE_UP}, {}
    for heading, role in roles.items():
        name = "_".join(words_of(heading))[:LONGEST_ID].strip("_") or "column"
        name = name if name[0].isalpha() else f"column_{name}"
        tries = (name if n == 1 else f"{name}_{n}" for n in range(1, len(roles) + 20))
        found[heading] = role if role in ONCE else next(each for each in tries if each not in taken)
        taken.add(found[heading])
    return found


def _state(text: str) -> str:
    return text.strip().replace(" ", "_")


def _open_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    for key, value in content.items():
        if isinstance(value, str) and is_open(value):
            yield f"{key}: is an open question; put the answer in place of {value!r}"
    for name, entry in content["columns"].items():
        if entry["role"] in (IGNORE, IDENTIFIER):
            continue
        for key, value in entry.items():
            answers = value if isinstance(value, Mapping) else {"": value}
            for code, answer in answers.items():
                if is_open(answer):
                    where = f"columns.{name}.{key}" + (f".{code}" if code else "")
                    yield f"{where}: is an open question; put the answer in place of {answer!r}"


def _answer_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    for key in QUESTIONS:
        if key in content and content[key] not in (YES, NO) and not is_open(content[key]):
            yield f"{key}: found {content[key]!r}; allowed: yes, no"


def _role_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    given = {name: entry["role"] for name, entry in content["columns"].items()}
    if any(map(is_open, given.values())):
        return
    for name, role in given.items():
        if role not in ROLES:
            yield f"columns.{name}.role: found {role!r}; allowed: {', '.join(ROLES)}"
    times = Counter(given.values())
    for role in ONCE:
        if times[role] > 1:
            yield f"columns: {times[role]} of them have the role {role}; a study has one"
    if not times[SERVICE]:
        yield "columns: none has the role service, which says what cases belong to"
    if not times[JUDGEMENT]:
        yield "columns: none has the role judgement, which is what a study is about"
    if bool(times[CASE]) == (content.get("each_row") == YES):
        yield "each_row: give either a column the role case or say each_row: yes, and not both"


def _column_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    columns = content["columns"]
    judged = [name for name, entry in columns.items() if entry["role"] == JUDGEMENT]
    for name, entry in columns.items():
        role, codes = entry["role"], entry.get("codes", {})
        if role in (JUDGEMENT, BREAKDOWN, BAND) and not codes:
            yield f"columns.{name}.codes: a {role} needs them: what each code means"
        if role == JUDGEMENT:
            for code, answer in codes.items():
                if _state(answer) not in STATES and not is_open(answer):
                    allowed = ", ".join(state.replace("_", " ") for state in STATES)
                    yield f"columns.{name}.codes.{code}: found {answer!r}; allowed: {allowed}"
        if role == DATE and not {"first", "last"} <= set(entry):
            yield f"columns.{name}: a date needs first and last, the days between which the study lies"
        if entry.get("within", NO) not in (*NOTHING, *columns) and not is_open(entry["within"]):
            yield f"columns.{name}.within: {entry['within']!r} is no heading of this outline"
        if "base" in entry and (role != JUDGEMENT or entry["base"] not in judged or entry["base"] == name):
            yield f"columns.{name}.base: only for a judgement, and the heading of another judgement"


# What a schema cannot say about an outline.
CHECKS = (_open_mistakes, _answer_mistakes, _role_mistakes, _column_mistakes)
