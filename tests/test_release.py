"""What may be seen: only tables and columns that the release knows, with the policy said."""

import json

import pytest

from desistance.disclosure.release import read_released, release
from desistance.errors import ReleaseError
from desistance.findings.tables import COLUMNS
from desistance.steps import release as step

FACTS = {"made_up": True, "n_cases": 12}


def tables():
    return {name: ",".join(columns) + "\n" for name, columns in COLUMNS.items()}


def calibrated(n_cases):
    row = dict.fromkeys(COLUMNS["calibration"], "") | {"n_cases": str(n_cases)}
    return tables()["calibration"] + ",".join(row.values()) + "\n"


def test_every_known_table_is_let_out_as_it_is_with_the_policy():
    let_out, facts = release(tables(), FACTS)
    assert let_out == tables()
    assert facts == {**FACTS, "policy": "none", "protected": False}


@pytest.mark.parametrize("change", [{"children": "name\n"}, {"estimates": "measure,name\n"}])
def test_a_table_or_column_it_does_not_know_stops_the_release(change):
    with pytest.raises(ReleaseError, match="known"):
        release(tables() | change, FACTS)


def test_a_missing_table_stops_the_release():
    with pytest.raises(ReleaseError, match="known tables"):
        release({name: text for name, text in tables().items() if name != "ledger"}, FACTS)


@pytest.mark.parametrize(("n_cases", "n_rows"), [(12, 1), (13, 0)])
def test_simulated_rates_are_let_out_only_with_the_records_of_that_size(tmp_path, n_cases, n_rows):
    (tmp_path / "calibration.csv").write_text(calibrated(n_cases), encoding="utf-8")
    restricted = {name: str(tmp_path / f"{name}.csv") for name in COLUMNS} | {
        "facts": str(tmp_path / "facts.json")
    }
    for name, text in tables().items():
        if name != "calibration":
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "facts.json").write_text(json.dumps(FACTS), encoding="utf-8")
    published = tmp_path / "published"
    released = {name: str(published / "tables" / f"{name}.csv") for name in COLUMNS}
    released["facts"] = str(published / "release.json")
    restricted["other_facts"] = str(tmp_path / "other.json")
    size = dict.fromkeys(("n_cases", "n_services", "study", "first_date", "last_date"), 7)
    (tmp_path / "other.json").write_text(json.dumps(size | {"files": "not ours to tell"}), encoding="utf-8")
    compare = {"tally": str(tmp_path), "label": "last year", "same_services": True}
    step.main(restricted, {}, {}, compare, str(tmp_path / "calibration.csv"), released)
    found = read_released(published)
    assert found.facts["compare"] == {"label": "last year", "same_services": True, **size}
    assert len(found.calibration) == n_rows
    assert found.facts["protected"] is False
