"""YAML documents checked against a JSON Schema: every mistake at once, in words."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from desistance.errors import DesistanceError
from desistance.schema import Mistake, breaks

Check = Callable[[Any], Iterable[str]]

SCHEMAS = Path(__file__).with_name("schemas")
# Controls but for line ends and tabs, marks that turn the direction of text, and the private use area.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff]")
MERGE, TEXT = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:str"
# More than any document of ours needs; aliases of aliases could grow without end.
MOST_VALUES, MOST_DEPTH = 200_000, 40
MOST_BYTES = 4 * 2**20
MOST_SHOWN = 100
KINDS = {
    "object": "a set of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


# The loader written in C is eight times as fast; a wheel without it has the same one in Python.
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """YAML as people mean it: `no`, 2018-06-01 and every key stay text, and a key written twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice; the plain loader would keep the last one silently."""
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be text", problem_mark=key_node.start_mark)
            key_node.tag = TEXT
            if key_node.value in seen:
                problem = f"the key {key_node.value!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith((":timestamp", ":bool"))]
    for first, pairs in _SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|false|True|False)$"), list("tTfF")
)


def read_document(
    path: Path, schema: str, error: type[DesistanceError], *, checks: Iterable[Check] = ()
) -> dict[str, Any]:
    """Read a YAML file, check it against one of the package's schemas and fill in its defaults.

    `checks` yield what a schema cannot say about the content; their mistakes are listed with the schema's.

    Raises
    ------
    error
        The file is missing, is not YAML, or breaks the schema; the message lists every mistake.
    """
    text = _text(path, error)
    try:
        content = _loaded(text)
    except yaml.YAMLError as problem:
        where = getattr(problem, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        what = getattr(problem, "problem", None) or "it is not YAML"
        raise error(f"{path}{line}: {what}") from None
    except ValueError:
        raise error(f"{path} holds a number with too many digits") from None
    return check_document(content, str(path), schema, error, checks=checks)


def _text(path: Path, error: type[DesistanceError]) -> str:
    try:
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8") if size <= MOST_BYTES else None
    except FileNotFoundError:
        raise error(f"{path} is not there; give the path of an existing file") from None
    except (OSError, UnicodeDecodeError):
        raise error(f"{path} cannot be read; it must be a text file in UTF-8") from None
    if text is None:
        raise error(f"{path} is larger than any document this reads; is it a file of records?")
    return text


def _loaded(text: str) -> Any:
    """The content of a document, refused before it is built where it would grow beyond all use."""
    _refuse_depth(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _measured(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_depth(text: str) -> None:
    """Refuse lists within lists without end, at which whatever builds the document would fall over."""
    depth = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"more than {MOST_DEPTH} levels deep", problem_mark=event.start_mark
            )


def _measured(node: yaml.Node, sizes: dict[yaml.Node, int | None]) -> int:
    """How many values a node holds once every alias is written out."""
    if node in sizes:
        if sizes[node] is None:
            raise yaml.MarkedYAMLError(
                problem="an alias refers to what it is part of", problem_mark=node.start_mark
            )
        return sizes[node]
    sizes[node] = None
    inner = [] if isinstance(node, yaml.ScalarNode) else node.value
    parts = [part for pair in inner for part in pair] if isinstance(node, yaml.MappingNode) else inner
    sizes[node] = 1 + sum(_measured(part, sizes) for part in parts)
    if sizes[node] > MOST_VALUES:
        raise yaml.MarkedYAMLError(
            problem=f"more than {MOST_VALUES:,} values, aliases written out", problem_mark=node.start_mark
        )
    return sizes[node]


def check_document(
    content: Any, name: str, schema: str, error: type[DesistanceError], *, checks: Iterable[Check] = ()
) -> dict[str, Any]:
    """Check a document that is already in memory; returns it with the schema's defaults filled in."""
    rules = load_schema(schema)
    mistakes = [*unseen_characters(content), *schema_mistakes(content, rules)]
    fits = not mistakes
    for check in checks:
        mistakes += _found(check, content, fits)
    raise_all(name, mistakes, error)
    return _with_defaults(content, rules)


def _found(check: Check, content: Any, fits: bool) -> Iterator[str]:
    """What a check finds; in a document that does not fit its schema, as far as the check can get."""
    try:
        yield from check(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        if fits:
            raise


def load_schema(name: str) -> dict[str, Any]:
    """Read one of the package's JSON Schemas, by stem."""
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def unseen_characters(content: Any, place: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Mistakes of texts with characters that nobody sees but that change what others see or hear.

    These are control characters, those that turn the direction of what follows (a number after one may be read
    backwards), and those of Unicode's private use area, which no two programs show alike.
    """
    if isinstance(content, dict):
        for key, value in content.items():
            yield from unseen_characters(value, (*place, str(key)))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from unseen_characters(value, (*place, number))
    elif isinstance(content, str) and (found := UNSEEN.search(content)):
        yield f"{_place(place)}: holds the character U+{ord(found[0]):04X}, which cannot be seen; take it out"


def raise_all(name: str, mistakes: Iterable[str], error: type[DesistanceError]) -> None:
    """Raise one error that lists every mistake of a document; do nothing when there is none."""
    mistakes = list(mistakes)
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes):,} mistakes"
        more = [f"and {len(mistakes) - MOST_SHOWN:,} more"] if len(mistakes) > MOST_SHOWN else []
        raise error("\n  ".join([f"{name} has {count}:", *mistakes[:MOST_SHOWN], *more]))


def schema_mistakes(content: Any, rules: Mapping[str, Any]) -> list[str]:
    """List what breaks a schema: where, what was found, what is allowed."""
    found = sorted(breaks(content, rules), key=lambda one: [str(part) for part in one.place])
    return list(dict.fromkeys(mistake for one in found for mistake in _mistakes(one)))


def _mistakes(error: Mistake) -> Iterator[str]:
    where = _place(error.place)
    if error.rule == "additionalProperties":
        known = list(error.schema["properties"])
        for key in error.found:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                yield f"{where}: unknown key {key!r}{hint} (allowed: {', '.join(known)})"
    elif error.rule == "required":
        for key in error.asked:
            if key not in error.found:
                yield f"{where}: {key!r} is missing"
    elif error.rule == "anyOf":
        yield f"{where}: found {_shown(error.found)}; {error.schema['description']}"
    else:
        yield f"{where}: found {_shown(error.found)}; allowed: {_allowed(error)}"


def _allowed(error: Mistake) -> str:
    rule, value = error.rule, error.asked
    if rule == "type":
        kinds = [value] if isinstance(value, str) else value
        quotable = "string" in kinds and isinstance(error.found, (bool, int, float))
        return " or ".join(KINDS[kind] for kind in kinds) + (" (put it in quotes)" if quotable else "")
    if rule in ("enum", "const"):
        return ", ".join(str(choice) for choice in (value if rule == "enum" else [value]))
    if rule == "pattern":
        return error.schema.get("description", f"text like {value}")
    bounds = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "exclusiveMinimum": "more than {}",
        "exclusiveMaximum": "less than {}",
        "minLength": "text that is not empty",
        "minItems": "at least {} entries",
        "maxItems": "at most {} entries",
        "uniqueItems": "no entry twice",
        "minProperties": "at least {} keys",
    }
    return bounds[rule].format(value)


def _place(path: Iterable[Any]) -> str:
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "top level"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _with_defaults(content: Any, rules: Mapping[str, Any]) -> Any:
    if not isinstance(content, dict):
        return content
    filled = dict(content)
    for key, rule in rules.get("properties", {}).items():
        if key not in filled and "default" in rule:
            filled[key] = rule["default"]
        if key in filled:
            filled[key] = _with_defaults(filled[key], rule)
    return filled
