"""What breaks a schema, held against the library for all of JSON Schema."""

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from desistance.documents import SCHEMAS, load_schema, read_document
from desistance.errors import DesistanceError
from desistance.schema import RULES, SILENT, breaks

ROOT = Path(__file__).parents[1]
DOCUMENTS = {
    "config": "config.yaml",
    "study": "studies/bulletin_2021_03/study.yaml",
    "crosswalk": "studies/bulletin_2021_03/crosswalk.yaml",
    "claims": "studies/bulletin_2021_03/claims.yaml",
    "policies": "src/desistance/disclosure/policies.yaml",
}
CONTENTS = {name: read_document(ROOT / path, name, DesistanceError) for name, path in DOCUMENTS.items()} | {
    "mapping": {"columns": {"a": {"from": ["x", "y"], "codes": {"1": "yes"}}, "b": {"each_row": True}}}
}
NAMES = sorted(path.name.partition(".")[0] for path in SCHEMAS.glob("*.json"))
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([0.0, 0.05, 1.0, 1.5, float("inf"), float("nan")]),
    st.sampled_from(["", "x", "id", "2018-06-01", "Ünïcode", "some", "1"]),
)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)


def found_by_the_library(content, schema):
    found = Draft202012Validator(schema).iter_errors(content)
    # A set, because for every key that is missing it gives all of them again, and in no order.
    return {(tuple(one.absolute_path), one.validator, repr(one.instance)) for one in found}


def found_here(content, schema):
    return {(one.place, one.rule, repr(one.found)) for one in breaks(content, schema)}


def places(content):
    """Every list and set of keys of a document."""
    yield content
    inner = content.values() if isinstance(content, dict) else content
    for value in inner:
        if isinstance(value, (dict, list)) and value:
            yield from places(value)


@st.composite
def spoilt(draw, name):
    """A document of the project in which some values are others, are gone, or stand twice."""
    content = deepcopy(CONTENTS[name])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(list(places(content))))
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        match draw(st.sampled_from(["other", "gone", "twice"])):
            case "other":
                place[key] = draw(values)
            case "gone" if len(place) > 1:
                del place[key]
            case _ if isinstance(place, list):
                place.append(deepcopy(place[key]))
            case _:
                place["unheard_of"] = draw(values)
    return content


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_what_breaks_a_schema_is_what_the_library_finds(name):
    schema = load_schema(name)

    @settings(max_examples=60, deadline=None)
    @given(spoilt(name))
    def agree(content):
        assert found_here(content, schema) == found_by_the_library(content, schema)

    agree()


@settings(max_examples=300, deadline=None)
@given(content=values, other=values, rule=st.sampled_from(["enum", "const", *RULES]), bound=st.integers(0, 2))
def test_every_rule_means_what_it_means_to_the_library(content, other, rule, bound):
    asked = {
        "enum": [other, 1, True],
        "const": other,
        "uniqueItems": True,
        "pattern": "^[ax1]",
        "required": ["a"],
    }
    schema = {rule: asked.get(rule, bound)}
    for value in (content, [content, other], [content, deepcopy(content)]):
        assert found_here(value, schema) == found_by_the_library(value, schema)


PAIRS = [
    (1, True),
    (0, False),
    (1, 1.0),
    (1, "1"),
    ([1], [True]),
    ({"a": 1}, {"a": True}),
    ([], {}),
    (None, 0),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_values_are_alike_where_they_are_to_the_library(one, other):
    for schema, value in [
        ({"const": one}, other),
        ({"enum": [one]}, other),
        ({"uniqueItems": True}, [one, other]),
    ]:
        assert found_here(value, schema) == found_by_the_library(value, schema)


def inner_schemas(schema):
    """A schema and all within it."""
    yield schema
    for rule, asked in schema.items():
        if rule in ("properties", "$defs"):
            for one in asked.values():
                yield from inner_schemas(one)
        elif rule == "anyOf":
            for one in asked:
                yield from inner_schemas(one)
        elif rule == "items" or (rule == "additionalProperties" and asked is not False):
            yield from inner_schemas(asked)


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_the_schemas_is_known_and_every_choice_described(name):
    known = {"$ref", "properties", "additionalProperties", "items", "type", "anyOf", "enum", "const"}
    schema = load_schema(name)
    for rules in inner_schemas(schema):
        assert set(rules) <= known | set(RULES) | set(SILENT)
        assert "description" in rules or "anyOf" not in rules
        assert rules.get("$ref", "#/$defs/").startswith("#/$defs/")
        if "$ref" in rules:
            assert rules["$ref"].removeprefix("#/$defs/") in schema["$defs"]
