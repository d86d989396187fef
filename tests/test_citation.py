"""How to cite and how to check: CITATION.cff and codecheck.yml hold to their formats and to this project."""

import re
import tomllib
from pathlib import PurePosixPath

import pytest
import yaml

from desistance import __version__
from desistance.findings.tables import COLUMNS
from project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION_TEXT = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
CITATION = yaml.safe_load(CITATION_TEXT)
CODECHECK_TEXT = (ROOT / "codecheck.yml").read_text(encoding="utf-8")
CODECHECK = yaml.safe_load(CODECHECK_TEXT)
MANIFEST = [entry["file"] for entry in CODECHECK["manifest"]]

# Of the schema of the Citation File Format 1.2.0; it allows no other key.
TOP_KEYS = {
    *(
        "abstract",
        "authors",
        "cff-version",
        "commit",
        "contact",
        "date-released",
        "doi",
        "identifiers",
        "keywords",
    ),
    *(
        "license",
        "license-url",
        "message",
        "preferred-citation",
        "references",
        "repository",
        "repository-artifact",
    ),
    *("repository-code", "title", "type", "url", "version"),
}
REFERENCE_KEYS = {
    *(
        "authors",
        "collection-title",
        "date-published",
        "institution",
        "notes",
        "number",
        "title",
        "type",
        "year",
    ),
}
PERSON_KEYS = {
    "affiliation",
    "alias",
    "email",
    "family-names",
    "given-names",
    "name-particle",
    "name-suffix",
    "orcid",
}
# Of the CODECHECK configuration 1.0: what an author gives, and what a codechecker adds.
AUTHOR_KEYS = {"manifest", "paper", "repository", "source", "version"}
CHECKER_KEYS = {"certificate", "check_time", "codechecker", "report", "summary"}


def strings(value):
    """Every text in a document."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def published_names():
    """Files that the rule `publish` names, without figures, which are a folder."""
    text = (ROOT / "Snakefile").read_text(encoding="utf-8")
    rule = text.split("\nrule publish:")[1].split("\nrule ")[0].split("output:")[1]
    names = re.findall(r"f\"\{PUBLISHED\}/([^\"]+)\"", rule)
    tables = [name.format(name=table) for name in names if "{name}" in name for table in COLUMNS]
    return {name for name in [*names, *tables] if "{" not in name} - {"figures"}


def test_the_citation_has_the_keys_its_format_asks_for_and_no_other():
    assert CITATION["cff-version"] == "1.2.0"
    assert {"authors", "cff-version", "message", "title"} <= set(CITATION) <= TOP_KEYS
    assert CITATION["type"] in {"software", "dataset"}
    assert all(isinstance(CITATION[key], str) and CITATION[key] for key in ("message", "title", "version"))
    for reference in CITATION["references"]:
        assert {"authors", "title", "type"} <= set(reference) <= REFERENCE_KEYS
    for author in [
        *CITATION["authors"],
        *(one for each in CITATION["references"] for one in each["authors"]),
    ]:
        assert set(author) == {"name"} or set(author) <= PERSON_KEYS


def test_dates_and_numbers_of_the_citation_are_of_the_kind_its_format_asks_for():
    for reference in CITATION["references"]:
        date = reference.get("date-published")
        assert date is None or re.fullmatch(r"\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])", date)
        assert isinstance(reference.get("year", 1), int)
    keywords = CITATION["keywords"]
    assert len(set(keywords)) == len(keywords)


def test_the_citation_names_this_version_licence_and_its_authors():
    assert CITATION["version"] == PROJECT["version"] == __version__
    assert CITATION["license"] == PROJECT["license"]
    assert CITATION["title"] == PROJECT["name"]
    assert CITATION["authors"] == PROJECT["authors"] == CODECHECK["paper"]["authors"]
    assert CITATION["keywords"] == PROJECT["keywords"]


@pytest.mark.parametrize("folder", ["bulletin_2021_03", "thematic_2016"])
def test_what_a_study_is_defined_from_is_among_the_references(folder):
    """Nothing is cited otherwise than the study cites it: title, authors, number, year."""
    study = yaml.safe_load((ROOT / "studies" / folder / "study.yaml").read_text(encoding="utf-8"))
    cited = study["source"]["citation"]
    (reference,) = (one for one in CITATION["references"] if one["title"] in cited)
    assert folder in reference["notes"]
    for author in reference["authors"]:
        assert author.get("name", author.get("family-names")) in cited
    for key in ("number", "year", "collection-title"):
        assert str(reference.get(key, "")) in cited


def test_no_identifier_is_invented():
    """There is no DOI, address or ORCID of this project, so none may stand there."""
    for text in [*strings(CITATION), *strings(CODECHECK)]:
        assert not re.search(r"\b10\.\d{4,}/|orcid|FIXME|TODO|XXXX|zenodo", text, re.IGNORECASE), text
        assert "://" not in text or text == CODECHECK["version"]


def test_the_check_is_of_the_form_that_is_asked_for():
    assert CODECHECK_TEXT.startswith("---\n")
    assert CODECHECK["version"] == "https://codecheck.org.uk/spec/config/1.0/"
    assert {"manifest", "paper", "version"} <= set(CODECHECK) <= AUTHOR_KEYS | CHECKER_KEYS
    assert {"title", "authors", "reference"} <= set(CODECHECK["paper"])
    for entry in CODECHECK["manifest"]:
        assert set(entry) == {"file", "comment"}
        path = PurePosixPath(entry["file"])
        assert not path.is_absolute()
        assert ".." not in path.parts


def test_nobody_is_said_to_have_checked():
    assert not set(CODECHECK) & CHECKER_KEYS


def test_the_paper_is_the_report_of_the_example_and_says_that_its_records_are_made_up():
    study = yaml.safe_load((ROOT / "studies/bulletin_2021_03/study.yaml").read_text(encoding="utf-8"))
    assert CODECHECK["paper"]["title"] == f"{study['title']} [made-up records]"
    assert CODECHECK["paper"]["reference"] == MANIFEST[0]


def test_the_manifest_lists_every_file_that_the_workflow_publishes():
    assert len(set(MANIFEST)) == len(MANIFEST)
    assert all(name.startswith("results/published/") for name in MANIFEST)
    names = {name.removeprefix("results/published/") for name in MANIFEST}
    figures = {name for name in names if name.startswith("figures/")}
    assert names - figures == published_names()
    assert figures
    assert all(name.endswith(".svg") and "_narrow" not in name for name in figures)
