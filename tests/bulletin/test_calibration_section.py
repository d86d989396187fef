"""What the page says of simulated error rates."""

import pandas as pd

from bulletin.released_tables import calibration_rows
from desistance.bulletin.calibration import calibration
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


def test_the_alternative_text_gives_the_rates_drawn():
    found = calibration(rows(), "<svg></svg>")
    assert "headline tests reject a true null in 10.0 to 15.0 per cent" in found.alt
    assert found.image.startswith("data:image/svg+xml;base64,")


def test_without_a_simulation_nothing_is_said():
    assert calibration(rows().iloc[:0], "") is None
