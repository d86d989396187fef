"""What breaks a JSON Schema: as much of JSON Schema as the package's own schemas use.

The library for all of it takes longer to load than all the documents of a run take to be read and checked, and every
step reads some. A test holds that both find the same.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

# Each tells whether a value is of the kind.
KINDS = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": lambda value: _is_number(value),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
# What a rule is about, and whether a value of that kind keeps it; a value of another kind does.
RULES = {
    "minimum": ("number", lambda value, least: not value < least),
    "maximum": ("number", lambda value, most: not value > most),
    "exclusiveMinimum": ("number", lambda value, bound: not value <= bound),
    "exclusiveMaximum": ("number", lambda value, bound: not value >= bound),
    "minLength": ("string", lambda value, least: len(value) >= least),
    "pattern": ("string", lambda value, pattern: re.search(pattern, value) is not None),
    "minItems": ("array", lambda value, least: len(value) >= least),
    "maxItems": ("array", lambda value, most: len(value) <= most),
    "uniqueItems": ("array", lambda value, asked: not asked or len(set(map(_alike, value))) == len(value)),
    "minProperties": ("object", lambda value, least: len(value) >= least),
    "required": ("object", lambda value, keys: all(key in value for key in keys)),
}
# These are for people, or are looked up by others; a format is checked where the value is used.
SILENT = ("$schema", "$defs", "title", "description", "default", "format")


class Mistake(NamedTuple):
    """One rule that a value breaks: where the value is, the rule and what it asks, what was found, the rules there."""

    place: tuple[str | int, ...]
    rule: str
    asked: Any
    found: Any
    schema: Mapping[str, Any]


def breaks(content: Any, schema: Mapping[str, Any]) -> Iterator[Mistake]:
    """Everything in a document that breaks a schema, in the order of the schema.

    Raises
    ------
    KeyError
        The schema has a rule that is not known here.
    """
    return _breaks(content, schema, (), schema.get("$defs", {}))


def _breaks(
    value: Any, schema: Mapping[str, Any], place: tuple[str | int, ...], named: Mapping[str, Any]
) -> Iterator[Mistake]:
    for rule, asked in schema.items():
        if rule == "$ref":
            yield from _breaks(value, named[asked.removeprefix("#/$defs/")], place, named)
        elif rule in ("properties", "additionalProperties", "items"):
            for key, inner in _within(value, rule, schema):
                if inner is False:
                    yield Mistake(place, rule, asked, value, schema)
                    break
                yield from _breaks(value[key], inner, (*place, key), named)
        elif rule not in SILENT and not _keeps(value, rule, asked, named):
            yield Mistake(place, rule, asked, value, schema)


def _within(value: Any, rule: str, schema: Mapping[str, Any]) -> Iterator[tuple[str | int, Any]]:
    """Keys or numbers of what stands within a value, each with the schema that a rule has for it."""
    if rule == "items":
        yield from ((number, schema[rule]) for number in range(len(value) if isinstance(value, list) else 0))
    elif not isinstance(value, dict):
        return
    elif rule == "properties":
        yield from ((key, inner) for key, inner in schema[rule].items() if key in value)
    else:
        yield from ((key, schema[rule]) for key in value if key not in schema.get("properties", {}))


def _keeps(value: Any, rule: str, asked: Any, named: Mapping[str, Any]) -> bool:
    if rule == "type":
        return any(KINDS[kind](value) for kind in ([asked] if isinstance(asked, str) else asked))
    if rule == "anyOf":
        return any(next(_breaks(value, one, (), named), None) is None for one in asked)
    if rule in ("enum", "const"):
        return _alike(value) in [_alike(one) for one in (asked if rule == "enum" else [asked])]
    kind, keeps = RULES[rule]
    return not KINDS[kind](value) or keeps(value, asked)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _alike(value: Any) -> Hashable:
    """The same for values that JSON takes for the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, list):
        return ("list", *map(_alike, value))
    if isinstance(value, dict):
        return frozenset((key, _alike(inner)) for key, inner in value.items())
    return value
