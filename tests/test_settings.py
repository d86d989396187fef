"""Settings: every choice has a value, and a mistake in the configuration is named."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from desistance.documents import load_schema
from desistance.errors import SettingsError
from desistance.settings import Disclosure, Inference, Settings, read_settings

LEAST = {"study": "studies/x", "records": {"files": "x.csv"}}


def leaves(rules):
    for key, rule in rules["properties"].items():
        if "properties" in rule:
            yield from leaves(rule)
        else:
            yield key, rule


def test_the_least_configuration_gives_every_choice_a_value():
    assert read_settings(LEAST) == Settings(
        study="studies/x",
        results="results",
        files="x.csv",
        sheet=None,
        mapping=None,
        services=None,
        comments=None,
        delimiter="auto",
        encoding="auto",
        parts=1,
        rejects_limit=0,
        allow=(),
        inference=Inference(0.95, 0.05, False, 30),
        compare=None,
        disclosure=Disclosure("default", None, 120),
    )


def test_the_schema_the_settings_and_the_projects_configuration_are_in_step():
    """A key that is added to one of the three and not to the others fails here."""
    inference = {field.name for field in dataclasses.fields(Inference)}
    disclosure = {field.name for field in dataclasses.fields(Disclosure)}
    settings = {field.name for field in dataclasses.fields(Settings)} - {"inference", "disclosure"}
    schema = load_schema("config")
    assert {key for key, _ in leaves(schema)} == settings | inference | disclosure
    assert set(schema["properties"]["inference"]["properties"]) == inference
    assert set(schema["properties"]["disclosure"]["properties"]) == disclosure
    config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    assert read_settings(config).study == config["study"]


def test_every_default_of_the_schema_is_allowed_by_the_schema():
    defaults = {key: rule["default"] for key, rule in leaves(load_schema("config")) if "default" in rule}
    records = {
        key: defaults[key] for key in ("sheet", "mapping", "delimiter", "encoding", "rejects_limit", "allow")
    }
    inference = {field.name: defaults[field.name] for field in dataclasses.fields(Inference)}
    config = LEAST | {
        "records": {"files": "x"} | records,
        "inference": inference,
        "results": defaults["results"],
    }
    assert read_settings(config) == read_settings(LEAST | {"records": {"files": "x"}})


def test_all_mistakes_of_a_configuration_come_at_once():
    config = {
        "stduy": "x",
        "records": {
            "files": 7,
            "delimitr": "comma",
            "delimiter": "space",
            "rejects_limit": 2,
            "allow": ["one_servce"],
        },
        "inference": {"confidence_level": "high", "finite_population_correction": "no"},
    }
    with pytest.raises(SettingsError) as error:
        read_settings(config, name="config.yaml")
    lines = str(error.value).splitlines()
    assert lines[0] == "config.yaml has 9 mistakes:"
    for words in (
        "top level: unknown key 'stduy'; did you mean 'study'? (allowed: study, results, records, compare, disclosure,"
        " inference)",
        "top level: 'study' is missing",
        "records: unknown key 'delimitr'; did you mean 'delimiter'?",
        "records.files: found 7; a file, a pattern such as data/raw/*.csv, or a list of these",
        'records.delimiter: found "space"; allowed: auto, comma, semicolon, tab, pipe',
        "records.rejects_limit: found 2; allowed: at most 1",
        'records.allow[1]: found "one_servce"; allowed: one_service, service_with_one_case',
        'inference.confidence_level: found "high"; allowed: a number',
        'inference.finite_population_correction: found "no"; allowed: true or false',
    ):
        assert sum(line.strip().startswith(words) for line in lines) == 1, words


@pytest.mark.parametrize("config", [{}, {"study": None, "records": None}, {"study": "", "records": {}}])
def test_a_configuration_without_study_or_files_is_refused(config):
    with pytest.raises(SettingsError, match="the configuration has 2 mistakes"):
        read_settings(config)


def test_the_configuration_is_left_as_it_was():
    config = {"study": "x", "records": {"files": "y"}}
    read_settings(config)
    assert config == {"study": "x", "records": {"files": "y"}}
