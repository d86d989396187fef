"""Columns that are derived and not read: the report says how, and breaks none of its rules in saying so."""

from dataclasses import replace

from desistance.bulletin.publication import publication
from desistance.study.derivations import Band, OneRow, Years


def test_the_method_says_how_columns_were_derived(short_release, short_study):
    bands = (Band("10-14", 10, 14), Band("15-16", 15, 16), Band("17-18", 17, None))
    derived = replace(
        short_study,
        inputs={"born_on": "date"},
        derivations=(Years("age", "born_on", "inspected_on", bands),),
        one_row_per_case=OneRow("latest", "inspected_on"),
    )
    plain, report = (publication(short_release, each) for each in (short_study, derived))
    said = {term.name: term.text for term in _section(report, "method").terms}
    assert (
        "Age: the completed years from born_on to inspected_on: 10 to 14 as 10-14" in said["Derived columns"]
    )
    assert "the one with the latest inspected_on counts" in said["Derived columns"]
    assert "Derived columns" not in {term.name for term in _section(plain, "method").terms}
    read = [" ".join(_section(each, "quality").paragraphs) for each in (plain, report)]
    assert "Rows read: " in read[0]
    assert "Cases read: " in read[1]


def _section(report, name):
    return next(section for section in report.annex if section.id == name)
