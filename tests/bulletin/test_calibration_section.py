"""What the page says of simulated error rates."""

from pathlib import Path

import pandas as pd

from bulletin.released_tables import calibration_rows
from desistance.bulletin.sections.calibration import calibration_section
from desistance.findings.tables import COLUMNS
from desistance.study import read_study

ROOT = Path(__file__).resolve().parent.parent.parent


def rows():
    return pd.DataFrame(calibration_rows(), columns=COLUMNS["calibration"])


def section(some):
    return calibration_section(some, read_study(ROOT / "studies" / "bulletin_2021_03"), number=1)


def table_of_tests(some):
    return section(some).tables[0]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_headline_stands_beside_the_published_method():
    found = section(rows())
    assert texts(found.tables[0]) == [["2 subgroups", "by service", "35.0 to 40.0", "10.0 to 15.0"]]
    assert texts(found.tables[1]) == [["2 subgroups", "by service", "65.0 to 70.0", "90.0 to 95.0"]]
    assert "simulated 2,000 times on the sizes of these records (1,168 cases)" in found.paragraphs[0]


def test_only_the_largest_base_is_shown():
    smallest = rows().assign(base="smallest", rate=0.99)
    assert texts(table_of_tests(pd.concat([rows(), smallest]))) == texts(table_of_tests(rows()))


def test_a_method_that_was_not_simulated_is_marked():
    assert texts(table_of_tests(rows()[rows()["role"] != "published"]))[0][2] == "[z]"


def test_methods_outside_their_band_are_named_with_their_rates():
    some = rows().assign(nominal=0.05)
    beside = some[some["role"] == "headline"].assign(role="beside", method="rao_scott", verdict="too often")
    notes = table_of_tests(pd.concat([some, beside[beside["quantity"] == "test"]])).notes
    assert notes == (
        "Apart from the published methods, in the largest base (1,168 cases) these are not between 4 and 7 per cent: "
        "Rao-Scott F (2 subgroups: by service 10.0 to 15.0).",
    )


def test_a_published_method_outside_its_band_stands_in_the_table_alone():
    some = rows().assign(nominal=0.05)
    some.loc[some["role"] == "published", "verdict"] = "too often"
    assert table_of_tests(some).notes == (
        "Apart from the published methods, in the largest base (1,168 cases) all are between 4 and 7 per cent.",
    )


def test_the_only_method_for_something_stands_in_the_place_of_the_headline():
    some = rows()
    some.loc[some["role"] == "headline", "role"] = "only"
    assert texts(table_of_tests(some))[0][2:] == ["35.0 to 40.0", "10.0 to 15.0"]


def test_services_that_do_not_differ_are_a_note_and_no_row():
    alike = rows()[:1].assign(method="funnel_998", role="only", nominal=0.002, icc=0.0, rate=0.0004)
    found = table_of_tests(pd.concat([rows(), alike]))
    assert len(found.rows) == 1
    assert "services beyond the limits: Funnel, 99.8 % limits 0.04." in found.notes[-1]


def test_the_alternative_text_gives_the_rates_drawn():
    (figure,) = section(rows()).figures
    assert "headline tests reject a true null in 10.0 to 15.0 per cent" in figure.alt
    assert figure.headline.startswith("A true null is rejected in 10.0 to 15.0 per cent of runs")


def test_without_a_simulation_nothing_is_said():
    assert section(rows().iloc[:0]) is None
