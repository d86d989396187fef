"""What a study asks a file for: each of its columns with the ideas, kind and codes it is known by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from desistance.draft.words import Vocabulary, vocabulary, words_of
from desistance.records.mapping import study_columns
from desistance.study import MISSING, NO, YES, Breakdown, Item, Study

CASE, SERVICE, TEXT, NUMBER, DATE, LEVELS, ANSWER = (
    "case",
    "service",
    "text",
    "number",
    "date",
    "levels",
    "answer",
)


@dataclass(frozen=True)
class Target:
    """One column that a study reads.

    `texts` are the phrases that say what it is, `ideas` what these speak of; `states` gives the study's code for yes,
    no and each kind of missing value; `known` are all codes the study understands; `block` is the measure that a
    judgement belongs to; `fullest` are the ideas of those phrases that leave out nothing that another one says.
    """

    column: str
    kind: str
    label: str
    texts: tuple[str, ...]
    division: Breakdown | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    ideas: tuple[frozenset[str], ...] = ()
    block: str | None = None
    fullest: tuple[frozenset[str], ...] = ()


def targets(study: Study) -> tuple[tuple[Target, ...], Vocabulary]:
    """Every column of a study as something to look for, in its order, and the vocabulary that knows its words."""
    found = {target.column: target for target in _all(study)}
    found = {name: found.get(name) or _other(name) for name in study_columns(study)}
    own = {word for target in found.values() for text in target.texts for word in words_of(text)}
    known = vocabulary(tuple((word, word) for word in sorted(own) if not word.isdigit()))
    wanted = tuple(_with_ideas(target, known) for target in found.values())
    asked = frozenset(idea for target in wanted for ideas in target.ideas for idea in ideas)
    return wanted, replace(known, likely=asked - known.faint)


def _other(name: str) -> Target:
    return Target(name, TEXT, name.replace("_", " "), (name,))


def _with_ideas(target: Target, known: Vocabulary) -> Target:
    ideas = tuple(dict.fromkeys(known.ideas(text) for text in target.texts))
    ideas = tuple(each for each in ideas if each - known.faint) or ideas
    fullest = tuple(one for one in ideas if not any(one - known.faint < two - known.faint for two in ideas))
    return replace(target, ideas=ideas, fullest=fullest)


def _all(study: Study) -> Iterator[Target]:
    case, service = study.words["case"][0], study.words["service"][0]
    yield Target(study.case, CASE, f"number of the {case}", (study.case, "case number", f"{case} id"))
    yield Target(study.service, SERVICE, service, (study.service, service, "service name"))
    if study.stratum:
        yield Target(study.stratum, TEXT, "stratum", (study.stratum, "stratum"))
    for role in ("weight", "services_in_stratum"):
        if name := getattr(study, role):
            label = role.replace("_", " ")
            yield Target(name, NUMBER, label, (name, label))
    if study.date:
        yield Target(study.date.column, DATE, study.date.label, (study.date.column, study.date.label))
    states = _states(study)
    for name, kind in study.inputs.items():
        kind = {"date": DATE, "number": NUMBER}.get(kind, ANSWER)
        yield Target(name, kind, name.replace("_", " "), (name,), None, states, frozenset(study.codes))
    missing = {state: code for state, code in states.items() if state in MISSING}
    lacks = [code for code, state in study.codes.items() if state in MISSING]
    for each in study.divisions:
        known = frozenset([*each.codes, *lacks])
        yield Target(each.column, LEVELS, each.label, (each.column, each.label), each, missing, known)
    for item in study.items:
        if not item.derived:
            texts = (item.column, _question(study, item))
            yield Target(
                item.column, ANSWER, texts[1], texts, None, states, frozenset(study.codes), (), item.measure
            )


def _states(study: Study) -> dict[str, str]:
    """The first code the study lists for each state."""
    found: dict[str, str] = {}
    for code, state in study.codes.items():
        found.setdefault(state, code)
    return {state: found[state] for state in (YES, NO, *MISSING) if state in found}


def _question(study: Study, item: Item) -> str:
    measure = study.measure(item.measure)
    return item.label if measure.label == item.label else f"{measure.label}: {item.label}"
