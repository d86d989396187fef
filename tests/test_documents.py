"""YAML documents: read as people mean them, and every mistake reported with its place."""

import pytest

from desistance.documents import load_schema, read_document, schema_mistakes, unseen_characters
from desistance.errors import RecordsError
from hostile_files import DOCUMENTS


def read(tmp_path, text, checks=()):
    path = tmp_path / "mapping.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(path, "mapping", RecordsError, checks=checks)


def refusal(tmp_path, text, checks=()):
    with pytest.raises(RecordsError) as error:
        read(tmp_path, text, checks)
    return str(error.value)


def test_an_unquoted_no_and_a_day_stay_text(tmp_path):
    codes = read(tmp_path, "columns: {a: {codes: {x: no, y: Yes, z: 2018-06-01, v: on}}}")["columns"]["a"][
        "codes"
    ]
    assert codes == {"x": "no", "y": "Yes", "z": "2018-06-01", "v": "on"}


def test_a_key_is_text_as_it_is_written(tmp_path):
    codes = read(tmp_path, "columns: {a: {codes: {1: yes, 02: no, true: yes, null: no}}}")["columns"]["a"][
        "codes"
    ]
    assert list(codes) == ["1", "02", "true", "null"]


def test_an_unquoted_true_or_number_is_to_be_put_in_quotes(tmp_path):
    text = refusal(tmp_path, "columns: {a: {codes: {x: true, y: 7}}}")
    assert "mapping.yaml has 2 mistakes:" in text
    assert "columns.a.codes.x: found true; allowed: text (put it in quotes)" in text
    assert "columns.a.codes.y: found 7; allowed: text (put it in quotes)" in text


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    text = refusal(tmp_path, "columns:\n  a: {from: x}\n  a: {from: y}\n")
    assert "mapping.yaml, line 3: the key 'a' stands twice" in text


def test_a_merged_set_of_keys_may_be_written_over(tmp_path):
    text = "columns:\n  a: &a {from: x, format: '%d/%m/%Y'}\n  b: {<<: *a, from: y}\n"
    assert read(tmp_path, text)["columns"]["b"] == {"from": "y", "format": "%d/%m/%Y"}


@pytest.mark.parametrize(
    "text",
    [
        "columns: {a: ",
        "columns:\n\t- a",
        "a: b: c",
        "? [x]\n: y",
        "? {x: y}\n: z",
        "a: \x07",
        "--- a\n--- b",
        "*a",
    ],
)
def test_what_is_not_yaml_is_refused_with_the_file(tmp_path, text):
    assert refusal(tmp_path, text).startswith(str(tmp_path / "mapping.yaml"))


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    assert "must be a text file in UTF-8" in refusal(tmp_path, b"columns: {a: {from: caf\xe9}}")


def test_an_empty_document_is_refused(tmp_path):
    assert "top level: found null; allowed: a set of keys" in refusal(tmp_path, "")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(RecordsError, match=r"nowhere\.yaml is not there"):
        read_document(tmp_path / "nowhere.yaml", "mapping", RecordsError)
    with pytest.raises(RecordsError, match="cannot be read"):
        read_document(tmp_path, "mapping", RecordsError)


def test_every_missing_key_is_named_once():
    rules = {"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}}}
    assert schema_mistakes({}, rules) == ["top level: 'a' is missing", "top level: 'b' is missing"]


def test_an_unknown_key_comes_with_what_is_meant_and_what_is_allowed(tmp_path):
    text = refusal(tmp_path, "columns: {a: {frm: x}}\ncolums: {}\n")
    assert "top level: unknown key 'colums'; did you mean 'columns'? (allowed: columns)" in text
    assert "columns.a: unknown key 'frm'; did you mean 'from'? (allowed: from, " in text


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ({"enum": ["a", "b"]}, "c", 'found "c"; allowed: a, b'),
        ({"minimum": 2}, 1, "found 1; allowed: at least 2"),
        ({"exclusiveMaximum": 1}, 1, "found 1; allowed: less than 1"),
        ({"minItems": 2}, [1], "found [1]; allowed: at least 2 entries"),
        ({"uniqueItems": True}, [1, 1], "found [1, 1]; allowed: no entry twice"),
        ({"type": ["string", "null"]}, [], "found []; allowed: text or null"),
        ({"type": "integer"}, "x" * 99, f'found "{"x" * 56}...; allowed: a whole number'),
        ({"pattern": "^a$", "description": "the letter a"}, "b", 'found "b"; allowed: the letter a'),
    ],
)
def test_a_mistake_says_what_was_found_and_what_is_allowed(rule, value, words):
    assert schema_mistakes({"k": [value]}, {"properties": {"k": {"items": rule}}}) == [f"k[1]: {words}"]


def test_checks_add_their_mistakes_to_those_of_the_schema(tmp_path):
    def check(content):
        yield "something else"
        yield content["columns"]["a"]["from"].upper()

    text = refusal(tmp_path, "columns: {a: {from: 1, to: 2}}", [check])
    assert "3 mistakes" in text
    assert "something else" in text


def test_a_fault_in_a_check_is_not_hidden_where_the_document_fits_its_schema(tmp_path):
    with pytest.raises(KeyError):
        read(tmp_path, "columns: {}", [lambda content: content["nothing"]])


@pytest.mark.parametrize("name", ["config", "study", "mapping", "claims"])
def test_the_schemas_are_schemas_and_no_object_lets_an_unknown_key_through(name):
    from jsonschema import Draft202012Validator

    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    waiting = [schema]
    while waiting:
        rule = waiting.pop()
        if isinstance(rule, dict):
            if rule.get("type") == "object" and "properties" in rule:
                assert rule.get("additionalProperties") is False, rule
            waiting += rule.values()
        elif isinstance(rule, list):
            waiting += rule


@pytest.mark.parametrize("character", ["\\u202e", "\\u2066", "\\ue000", "\\x07", "\\x85"])
def test_a_character_that_cannot_be_seen_is_refused_with_its_place(tmp_path, character):
    text = refusal(tmp_path, f'columns: {{a: {{column: "a{character}b"}}}}')
    number = ord(character.encode().decode("unicode_escape"))
    assert f"columns.a.column: holds the character U+{number:04X}, which cannot be seen" in text


def test_letters_of_any_script_and_line_ends_may_stand():
    assert list(unseen_characters({"a": ["Kinder\n", "\u05d9\u05dc\u05d3\u05d9\u05dd", "\u6f22\t"]})) == []


# A document that only looks like harm: what it says is refused by the study, not by its schema.
HARMFUL = [kind for kind in DOCUMENTS if kind != "YAML many keys"]


@pytest.mark.parametrize("kind", HARMFUL)
def test_a_document_made_to_do_harm_is_refused_in_words(tmp_path, kind):
    text = refusal(tmp_path, DOCUMENTS[kind])
    assert text.startswith(str(tmp_path / "mapping.yaml"))
    assert len(text) < 100_000
    assert [path.name for path in tmp_path.iterdir()] == ["mapping.yaml"]


def test_a_document_larger_than_any_is_not_read(tmp_path):
    assert "larger than any document" in refusal(tmp_path, "# " + "x" * (5 << 20))


def test_aliases_may_be_used_as_often_as_a_document_needs(tmp_path):
    content = read(tmp_path, "columns: {a: &x {from: b}, c: *x, d: *x}\n")
    assert content["columns"]["d"] == {"from": "b"}


def test_many_mistakes_are_counted_and_the_first_hundred_listed(tmp_path):
    text = refusal(tmp_path, "columns:\n" + "".join(f"  k{n}: {{frm: x}}\n" for n in range(300)))
    assert "300 mistakes" in text
    assert text.count("unknown key") == 100
    assert text.endswith("and 200 more")
