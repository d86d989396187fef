"""The names of a study, from its released structure, and what each hidden number is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from desistance.attack.naming import EVERYDAY, EVERYONE, LETTERS, WORD, Entity, Subject, Vocabulary, plain
from desistance.attack.statements import HiddenShare

EVERYONE_NAMES = ("all cases", "everyone", "all children", "everybody", "all")
NUMBERS = tuple(
    re.findall(
        r"\w+",
        "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty",
    )
)
FILLING = frozenset(
    re.findall(
        r"\w+",
        "the a an of to and or in for where was were is are with who factor factors linked at by on that",
    )
)


def vocabulary(structure: Mapping, hidden: Sequence[HiddenShare]) -> Vocabulary:
    """The names of a study and of what is hidden in it.

    Parameters
    ----------
    structure : mapping
        What `release.json` says of the study: ``measures``, ``divisions``, ``labels``, ``themes``, ``factor_count``;
        each may be missing.
    hidden : sequence of HiddenShare
        What must not be said. Where the structure does not know a name, the names given here are used alone.
    """
    names: dict[str, set[Entity]] = {}
    for entity, given in _entities(structure):
        for name in given:
            if name and plain(str(name)):
                names.setdefault(plain(str(name)), set()).add(entity)
    subjects: dict[Subject, list[HiddenShare]] = {}
    for share in hidden:
        subjects.setdefault(_subject(share, structure, names), []).append(share)
    return Vocabulary(
        names={name: frozenset(entities) for name, entities in names.items() if WORD.match(name)},
        items_of={
            measure: frozenset(described.get("items", {}))
            for measure, described in structure.get("measures", {}).items()
        },
        hints={
            measure: frozenset(
                word[:6]
                for word in LETTERS.findall(plain(str(described.get("label") or "")))
                if word not in FILLING
            )
            for measure, described in structure.get("measures", {}).items()
        },
        codes=_codes(structure),
        subjects={subject: tuple(shares) for subject, shares in subjects.items()},
    )


def _entities(structure: Mapping) -> Iterable[tuple[Entity, list[str]]]:
    yield EVERYONE, list(EVERYONE_NAMES)
    for measure, described in structure.get("measures", {}).items():
        yield ("measure", measure), [measure, described.get("label"), described.get("title")]
        for item, said in described.get("items", {}).items():
            yield ("item", item), [item, said.get("label"), said.get("short")]
    labels = structure.get("labels", {})
    for division, levels in structure.get("divisions", {}).items():
        described = labels.get(division, {})
        yield ("division", division), [division, described.get("label")]
        for level in levels:
            said = described.get("levels", {}).get(level, {})
            yield ("level", division, str(level)), [str(level), said.get("label"), said.get("short")]
    for direction in ("enabler", "barrier") if structure.get("themes") else ():
        yield ("direction", direction), [direction, f"{direction}s"]
    for theme, said in structure.get("themes", {}).items():
        yield ("theme", theme), [theme, said.get("label"), said.get("short")]
    count = structure.get("factor_count") or {}
    for number in range(int(count.get("n_factors", -1)) + 1):
        yield ("number", str(number)), _number_names(number)


def _codes(structure: Mapping) -> frozenset[str]:
    """Ids of levels that are everyday words or figures and no labels: data show them, pages do not."""
    labels = structure.get("labels", {})
    codes: set[str] = set()
    for division, levels in structure.get("divisions", {}).items():
        for level in levels:
            said = labels.get(division, {}).get("levels", {}).get(level, {})
            shown = {plain(str(said.get(name))) for name in ("label", "short") if said.get(name)}
            name = plain(str(level))
            if shown and name not in shown and (name in EVERYDAY or len(name) < 3):
                codes.add(name)
    return frozenset(codes)


def _number_names(number: int) -> list[str]:
    words = NUMBERS[number : number + 1]
    nouns = ["factor"] if number == 1 else ["factors", "factor"] if number == 0 else ["factors"]
    return [str(number), *(f"{said} {noun}" for said in (str(number), *words) for noun in nouns)]


def _subject(share: HiddenShare, structure: Mapping, names: dict[str, set[Entity]]) -> Subject:
    """What a hidden number is about: from its key where the structure knows it, else from its names alone.

    Names that the structure does not give to a thing are added to those of that thing.
    """
    known = _known(share.key, structure)
    if known is not None:
        for entity, given in _matched(share, known, names):
            for name in given:
                names.setdefault(plain(name), set()).add(entity)
        return known
    return _subject_of_names(share, names)


def _known(key: Sequence, structure: Mapping) -> Subject | None:
    measures, divisions, themes = (structure.get(name, {}) for name in ("measures", "divisions", "themes"))

    def level(division: str, subgroup: str) -> tuple[str, str] | None:
        return None if division == "all" else (division, subgroup)

    def knows(division: str) -> bool:
        return division == "all" or division in divisions

    match tuple(str(part) for part in key):
        case (_, measure, item, division, subgroup) if knows(division) and item in _items_of(
            measures, measure
        ):
            return Subject(measure, frozenset({item}), level(division, subgroup))
        case ("number", division, subgroup, number) if knows(division):
            return Subject(None, frozenset(), level(division, subgroup), number)
        case ("both", division, subgroup, first, second) if knows(division):
            return Subject(None, frozenset({first, second}), level(division, subgroup))
        case ("combination", division, subgroup, items) if knows(division):
            return Subject(
                None, frozenset(filter(None, items.split("+"))), level(division, subgroup), combined=True
            )
        case ("theme" | "passages", theme, direction) if theme in themes:
            said = {("direction", direction)} - {("direction", "either")}
            return Subject(None, frozenset(), None, themes=frozenset({("theme", theme), *said}))
        case ("theme_both", first, second) if {first, second} <= set(themes):
            return Subject(None, frozenset(), None, themes=frozenset({("theme", first), ("theme", second)}))
    return None


def _items_of(measures: Mapping, measure: str) -> Mapping:
    return measures.get(measure, {}).get("items", {})


def _matched(
    share: HiddenShare, known: Subject, names: Mapping[str, set[Entity]]
) -> Iterable[tuple[Entity, list[str]]]:
    """Each set of names with the thing of the subject that one of them already names."""
    about: list[Entity] = [("item", item) for item in sorted(known.items)]
    about += [("measure", known.measure)] if known.measure else []
    about += [("division", known.level[0]), ("level", *known.level)] if known.level else []
    about += sorted(known.themes)
    about += [("number", known.number)] if known.number is not None else []
    for given in share.names:
        for entity in about:
            if any(entity in names.get(plain(name), ()) for name in given):
                yield (
                    entity,
                    [name for name in sorted(given) if plain(name) not in names and WORD.match(plain(name))],
                )
                break


def _subject_of_names(share: HiddenShare, names: dict[str, set[Entity]]) -> Subject:
    """What is named, one thing for each set of names; a set that the structure does not know is itself a thing."""
    found: dict[str, list[set[Entity]]] = {}
    others: set[Entity] = set()
    for given in share.names:
        said = {plain(name) for name in given}
        if said <= {*EVERYONE_NAMES, ""}:  # nothing to be named
            continue
        meant = set().union(*(names.get(name, set()) for name in sorted(said)))
        role = _role(meant, found)
        if role is None:
            entity = ("words", "/".join(sorted(said)))
            others.add(entity)
            for name in sorted(said):
                names.setdefault(name, set()).add(entity)
        else:
            found.setdefault(role, []).append({entity for entity in meant if entity[0] == role})
    return _subject_found(found, frozenset(others), combined=share.key[:1] == ("combination",))


def _subject_found(
    found: Mapping[str, list[set[Entity]]], others: frozenset[Entity], *, combined: bool
) -> Subject:
    """The subject of the things that names were found to mean, the first of each kind where there are several."""
    said = {role: [sorted(entities) for entities in sets] for role, sets in found.items()}
    divisions = {entity[1] for entities in said.get("division", []) for entity in entities}
    levels = [
        (entity[1], entity[2])
        for entities in said.get("level", [])
        for entity in entities
        if not divisions or entity[1] in divisions
    ]
    first = {role: sets[0][0][1] for role, sets in said.items()}
    return Subject(
        first.get("measure"),
        frozenset(entities[0][1] for entities in said.get("item", [])),
        levels[0] if levels else None,
        first.get("number"),
        frozenset(entities[0] for role in ("theme", "direction") for entities in said.get(role, [])),
        others,
        combined,
    )


def _role(meant: Iterable[Entity], taken: Mapping[str, object]) -> str | None:
    roles = {entity[0] for entity in meant}
    for role in ("measure", "item", "division", "level", "number", "theme", "direction"):
        if role in roles and (role in {"item", "theme"} or role not in taken):
            return role
    return None
