"""Disclosure policies: named ones, changed ones, impossible ones."""

import pytest

from desistance.disclosure.policy import earlier_publication, read_policy
from desistance.disclosure.statement import policy_sentences
from desistance.documents import load_schema
from desistance.errors import SettingsError
from desistance.settings import read_settings

OWN = {"name": "ours", "based_on": "default"}


@pytest.mark.parametrize(
    ("name", "unsafe", "base"),
    [("default", {1, 2, 3, 4, 5}, 10), ("strict", set(range(10)), 10), ("none", set(), 0)],
)
def test_the_named_policies_are_what_they_say(name, unsafe, base):
    policy = read_policy(name)
    assert {count for count in range(50) if policy.is_unsafe(count)} == unsafe
    assert policy.smallest_base == base


def test_a_policy_of_ones_own_changes_what_it_names_and_nothing_else():
    own = read_policy(OWN | {"largest_unsafe": 7, "candidates": 8})
    default = read_policy("default").as_facts()
    changed = {key for key, value in own.as_facts().items() if value != default[key]}
    assert changed == {"name", "largest_unsafe", "candidates"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"based_on": "nobody"},
            "there is no disclosure policy 'nobody'; named ones are default, strict, none",
        ),
        ({"name": "strict"}, "give yours another"),
        ({"largest_unsafe": 0}, "no count would be unsafe"),
        ({"largest_unsafe": 12}, "smallest_base is 10"),
        ({"reliable_base": 5}, "under smallest_base"),
        ({"candidates": 3}, "candidates is 3"),
        ({"significant_digits": 9}, "use 6 or fewer"),
        ({"round_to": 0}, "round_to"),
        ({"zeros": "sometimes"}, "zeros"),
        ({"largest_unsave": 4}, "unknown key"),
    ],
)
def test_an_impossible_policy_is_refused_with_what_to_do(changes, words):
    with pytest.raises(SettingsError, match=r"disclosure|policy") as error:
        read_policy(OWN | changes)
    assert words in str(error.value)


def test_a_policy_nobody_knows_is_refused():
    with pytest.raises(SettingsError, match="named ones are default, strict, none"):
        read_policy("defualt")


def test_a_configuration_takes_the_same_keys_as_a_policy():
    taken = load_schema("config")["properties"]["disclosure"]["properties"]["policy"]["anyOf"][1][
        "properties"
    ]
    known = load_schema("policies")["additionalProperties"]["properties"]
    assert taken == known | {"name": taken["name"], "based_on": taken["based_on"]}
    config = {"study": "x", "records": {"files": "x"}, "disclosure": {"policy": OWN | {"round_to": 3}}}
    assert read_policy(read_settings(config).disclosure.policy).round_to == 3


@pytest.mark.parametrize("name", ["default", "strict", "none"])
def test_every_number_of_a_policy_stands_in_its_words(name):
    facts = read_policy(name).as_facts()
    words = " ".join(policy_sentences(facts))
    if not facts["protect"]:
        assert "made-up" in words
        return
    for key in ("largest_unsafe", "smallest_base", "reliable_base", "significant_digits", "candidates"):
        assert f" {facts[key]} " in words.replace(";", " ").replace(",", " ").replace(".", " "), key
    assert ("rounded to a multiple of 5" in words) == (facts["round_to"] == 5)


def test_a_folder_that_is_no_publication_is_refused(tmp_path):
    assert earlier_publication(None) == []
    with pytest.raises(SettingsError, match="holds no publication"):
        earlier_publication(str(tmp_path))
    (tmp_path / "tables").mkdir()
    for name in ("release.json", "tables/estimates.csv"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert len(earlier_publication(str(tmp_path))) == 2
