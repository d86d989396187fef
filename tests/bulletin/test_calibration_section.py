"""What the page says of simulated error rates."""

import pandas as pd

from bulletin.released_tables import calibration_rows
from desistance.bulletin.sections.calibration import calibration
from desistance.findings.tables import COLUMNS


def rows():
    return pd.DataFrame(calibration_rows(), columns=COLUMNS["calibration"])


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_headline_stands_beside_the_published_method():
    found = calibration(rows(), "")
    assert texts(found.tests) == [["2 subgroups", "by service", "35.0 to 40.0", "10.0 to 15.0"]]
    assert texts(found.intervals) == [["2 subgroups", "by service", "65.0 to 70.0", "90.0 to 95.0"]]
    assert (found.n_runs, found.n_cases) == (2000, 1168)


def test_only_the_largest_base_is_shown():
    smallest = rows().assign(base="smallest", rate=0.99)
    assert texts(calibration(pd.concat([rows(), smallest]), "").tests) == texts(calibration(rows(), "").tests)


def test_a_method_that_was_not_simulated_is_marked():
    assert texts(calibration(rows()[rows()["role"] != "published"], "").tests)[0][2] == "[z]"


def test_methods_outside_their_band_are_named_with_their_rates():
    some = rows().assign(nominal=0.05)
    beside = some[some["role"] == "headline"].assign(role="beside", method="rao_scott", verdict="too often")
    notes = calibration(pd.concat([some, beside[beside["quantity"] == "test"]]), "").tests.notes
    assert notes == (
        "Apart from the published methods, in the largest base (1,168 cases) these are not between 4 and 7 per cent: "
        "Rao-Scott F (2 subgroups: by service 10.0 to 15.0).",
    )


def test_a_published_method_outside_its_band_stands_in_the_table_alone():
    some = rows().assign(nominal=0.05)
    some.loc[some["role"] == "published", "verdict"] = "too often"
    assert calibration(some, "").tests.notes == (
        "Apart from the published methods, in the largest base (1,168 cases) all are between 4 and 7 per cent.",
    )


def test_the_only_method_for_something_stands_in_the_place_of_the_headline():
    some = rows()
    some.loc[some["role"] == "headline", "role"] = "only"
    assert texts(calibration(some, "").tests)[0][2:] == ["35.0 to 40.0", "10.0 to 15.0"]


def test_services_that_do_not_differ_are_a_note_and_no_row():
    alike = rows()[:1].assign(method="funnel_998", role="only", nominal=0.002, icc=0.0, rate=0.0004)
    found = calibration(pd.concat([rows(), alike]), "").tests
    assert len(found.rows) == 1
    assert "services beyond the limits: Funnel, 99.8 % limits 0.04." in found.notes[-1]


def test_the_alternative_text_gives_the_rates_drawn():
    found = calibration(rows(), "<svg></svg>")
    assert "headline tests reject a true null in 10.0 to 15.0 per cent" in found.alt
    assert found.image.startswith("data:image/svg+xml;base64,")


def test_without_a_simulation_nothing_is_said():
    assert calibration(rows().iloc[:0], "") is None
