"""What embedded data says: JSON in files, scripts and attributes, read object by object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from desistance.attack.naming import Entity, Group, Place, plain
from desistance.attack.quantities import rounded
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.statements import Statement, Unit

SKIPPED = re.compile(
    r"missing|services?|df$|^p$|^p |p value|statistic|design effect|icc|threshold|candidates|draws|seed|level"
    r"|n factors|version|width|height|not (?:known|recorded|applicable)|row|column|index|id$|points"
    r"|difference|rate limit"
)
UNITS: tuple[tuple[Unit, re.Pattern[str]], ...] = (
    ("standard_error", re.compile(r"^(?:se|std ?err\w*|standard error\w*)$")),
    ("ci_low", re.compile(r"^(?:ci low\w*|ci lower|lower|low|least)$")),
    ("ci_high", re.compile(r"^(?:ci high\w*|ci upper|upper|high|greatest)$")),
    ("share", re.compile(r"estimate|share|per ?cent|pct|proportion|rate|prevalence|sufficiency|%")),
    (
        "count",
        re.compile(
            r"^(?:n )?(?:yes|both|count\w*|hidden|with)$|^value$|^y$|^v$|^count|^cases$|^number$|^n$|^total$"
        ),
    ),
    ("base", re.compile(r"^(?:n )?(?:base|cases|total|denominator|of|size)$")),
)
JSON_START = re.compile(r"[\[{]")


def json_statements(text: str, reading: Reading) -> list[Statement]:
    """What a JSON document says of hidden numbers: each numeric field with the names in its object and around it.

    Raises
    ------
    ValueError
        The text is no JSON.
    """
    return list(_within(json.loads(text), reading, reading.where, "", ()))


def script_statements(text: str, reading: Reading) -> list[Statement]:
    """What a script says: the JSON values in it, and its words."""
    statements: list[Statement] = []
    decoder = json.JSONDecoder()
    place, last, rest = 0, 0, []
    while match := JSON_START.search(text, place):
        try:
            value, place = decoder.raw_decode(text, match.start())
        except ValueError:
            place = match.end()
            continue
        statements += _within(value, reading, reading.where, "", ())
        rest.append(text[last : match.start()])
        last = place
    return [*statements, *sentence_statements("; ".join([*rest, text[last:]]), reading)]


def field_statements(fields: Mapping[str, Any], reading: Reading) -> list[Statement]:
    """What a set of named values says, such as the ``data-`` attributes of one element."""
    return list(_within(dict(fields), reading, reading.where, "", ()))


def _within(
    value: Any, reading: Reading, where: str, key: str, groups: tuple[Group, ...]
) -> Iterator[Statement]:
    if isinstance(value, Mapping):
        yield from _object(value, reading, where, groups)
    elif isinstance(value, list):
        yield from _list(value, reading, where, key, groups)
    elif isinstance(value, str):
        if _figure(value) is None:
            yield from sentence_statements(
                value, replace(reading, where=where, near=(*reading.near, *groups))
            )
        else:
            yield from _numeric(value, reading, where, key, groups)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _numeric(repr(value), reading, where, key, groups)


def _object(value: Mapping, reading: Reading, where: str, groups: tuple[Group, ...]) -> Iterator[Statement]:
    words = reading.vocabulary
    tables = {key: one for key, one in value.items() if isinstance(one, list)}
    if len(tables) > 1 and len({len(one) for one in tables.values()}) == 1 and _columns_of_rows(tables):
        around = _names_of(value, reading)
        for number, cells in enumerate(zip(*tables.values(), strict=True)):
            row = dict(zip(tables, cells, strict=True))
            yield from _object(row, reading, f"{where}[{number}]", (around, *groups) if around else groups)
        value = {key: one for key, one in value.items() if key not in tables}
    own = _names_of(value, reading)
    inner = (own, *groups) if own else groups
    for key, one in value.items():
        at = f"{where}.{key}"
        said = isinstance(one, str) and _figure(one) is None
        named = () if said else words.group(str(key))
        nested = (named, *inner) if named and isinstance(one, Mapping | list) else inner
        if named and not isinstance(one, Mapping | list):
            nested = (tuple(dict.fromkeys((*named, *own))), *groups)
        yield from _within(one, reading, at, str(key), nested)


def _columns_of_rows(tables: Mapping[str, list]) -> bool:
    """Whether lists of one length are columns of one table: each holds single values."""
    return all(not isinstance(one, list | dict) for column in tables.values() for one in column)


def _list(
    value: Sequence, reading: Reading, where: str, key: str, groups: tuple[Group, ...]
) -> Iterator[Statement]:
    simple = all(not isinstance(one, list | dict) for one in value)
    if simple and any(isinstance(one, str) and _figure(one) is None for one in value):
        named = tuple(
            entities
            for one in value
            if isinstance(one, str) and _figure(one) is None
            for entities in (reading.vocabulary.group(one))
        )
        groups = (named, *groups) if named else groups
    rows = _rows_under_heads(value)
    for number, one in enumerate(rows if rows is not None else value):
        yield from _within(one, reading, f"{where}[{number}]", key, groups)


def _rows_under_heads(value: Sequence) -> list[dict] | None:
    """A list of lists whose first is a list of names, as one object a row."""
    if len(value) < 2 or not all(isinstance(one, list) and len(one) == len(value[0]) for one in value):
        return None
    heads = value[0]
    if not heads or not all(isinstance(head, str) for head in heads):
        return None
    if not any(isinstance(one, int | float) for row in value[1:] for one in row):
        return None
    return [dict(zip(heads, row, strict=True)) for row in value[1:]]


def _names_of(value: Mapping, reading: Reading) -> Group:
    """Names among the fields of an object: ids and labels; under the key of a division, its levels alone."""
    words = reading.vocabulary
    found: list[frozenset[Entity]] = []
    for key, one in value.items():
        if not isinstance(one, str | int) or isinstance(one, bool):
            continue
        division = {entity[1] for entity in words.exactly(str(key)) if entity[0] == "division"}
        if (
            not isinstance(one, str)
            and not division
            and plain(str(key)) not in {"n factors", "level", "subgroup", "j"}
        ):
            continue
        group = (words.exactly(str(one)),) if words.exactly(str(one)) else words.group(str(one))
        for entities in group:
            if plain(str(key)) in {"n factors", "j"}:
                entities = frozenset(entity for entity in entities if entity[0] == "number")
            of_key = frozenset(
                entity for entity in entities if entity[0] == "level" and entity[1] in division
            )
            found.append(of_key or entities)
        found += [frozenset({("division", name)}) for name in sorted(division)]
    return tuple(dict.fromkeys(found))


def _numeric(
    figure: str, reading: Reading, where: str, key: str, groups: tuple[Group, ...]
) -> Iterator[Statement]:
    said = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key.removeprefix("data-")))
    if not groups or SKIPPED.search(said):
        return
    unit = _unit(said, figure)
    if unit is None:
        return
    for share in reading.vocabulary.about(Place((*groups, *reading.near), reading.far)):
        own = "count" if unit == "base" and share.key[0] in {"number", "both"} else unit
        low, high = _range(figure, own, said)
        yield Statement(share.key, reading.kind, where, own, low, high, f"{key}: {figure}")


def _unit(said: str, figure: str) -> Unit | None:
    whole = _figure(figure) is not None and float(figure).is_integer() and "." not in figure
    if said in {"n cases", "base", "n base"}:
        return "base"
    for unit, pattern in UNITS:
        if pattern.search(said):
            if unit == "count" and not whole:
                return "share"
            return unit
    return "count" if whole else "share" if float(figure) <= 100 else None


def _range(figure: str, unit: Unit, said: str) -> tuple[float, float]:
    value = float(figure)
    if unit in {"count", "base"}:
        return value, value
    if "e" in figure.lower():
        return value, value
    hundredths = bool(re.search(r"per ?cent|pct|%", said)) or value > 1
    return rounded(figure, hundredths=hundredths)


def _figure(said: str) -> float | None:
    try:
        value = float(said)
    except ValueError:
        return None
    return value if value >= 0 and value < float("inf") else None
