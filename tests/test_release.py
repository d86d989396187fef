"""What may be seen: only tables and columns that the release knows, under a policy that fits the records."""

import json
from pathlib import Path

import pandas as pd
import pytest

from desistance.disclosure.policy import read_policy
from desistance.disclosure.release import read_released, release
from desistance.errors import ReleaseError
from desistance.findings.tables import COLUMNS, write_table
from desistance.steps import release as step
from desistance.study import read_study

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "tests/studies/guimmun"
FACTS = {"made_up": True, "n_cases": 120, "n_services": 12, "missing": []}
DEFAULT, NONE = read_policy("default"), read_policy("none")


def tables():
    return {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}


def let_out(change=None, facts=FACTS, policy=NONE):
    return release({**tables(), **(change or {})}, read_study(STUDY), facts, policy, time_limit=60)


def calibrated(n_cases):
    return pd.DataFrame([dict.fromkeys(COLUMNS["calibration"], 1) | {"n_cases": n_cases}])


def test_under_the_policy_none_every_table_is_let_out_as_it_is_and_the_facts_say_so():
    made = let_out({"calibration": calibrated(120)})
    assert made.tables["calibration"].splitlines()[1].split(",")[6] == "120"
    assert made.tables["estimates"] == ",".join(COLUMNS["estimates"]) + "\n"
    assert (made.facts["policy"], made.facts["protected"]) == ("none", False)
    assert made.facts["disclosure"]["protect"] is False


def test_records_that_are_not_made_up_are_never_let_out_unprotected():
    with pytest.raises(ReleaseError, match="protects nothing"):
        let_out(facts=FACTS | {"made_up": False})


@pytest.mark.parametrize("policy", [DEFAULT, NONE], ids=lambda policy: policy.name)
@pytest.mark.parametrize(
    "change", [{"children": pd.DataFrame(columns=["name"])}, {"estimates": pd.DataFrame(columns=["measure"])}]
)
def test_a_table_or_column_it_does_not_know_stops_the_release(change, policy):
    with pytest.raises(ReleaseError, match="known"):
        let_out(change, policy=policy)


def test_a_missing_table_stops_the_release():
    few = {name: table for name, table in tables().items() if name != "ledger"}
    with pytest.raises(ReleaseError, match="known tables"):
        release(few, read_study(STUDY), FACTS, NONE, time_limit=60)


def test_hidden_numbers_are_read_as_text_and_the_others_of_their_column_as_numbers(tmp_path):
    (tmp_path / "tables").mkdir()
    for name, table in tables().items():
        write_table(table, tmp_path / "tables" / f"{name}.csv")
    row = dict.fromkeys(COLUMNS["means"], "") | {"item": "x", "n_cases": "7", "estimate": "0.25"}
    other = row | {"n_cases": "[c]", "estimate": ""}
    lines = [",".join(each) for each in (row, row.values(), other.values())]
    (tmp_path / "tables/means.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "release.json").write_text("{}", encoding="utf-8")
    found = read_released(tmp_path).means
    assert list(found["n_cases"]) == [7, "[c]"]
    assert found["estimate"].tolist()[0] == 0.25
    assert found["estimate"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("n_cases", "n_rows"), [(120, 1), (121, 0)])
def test_simulated_rates_are_let_out_only_with_the_records_of_that_size(tmp_path, n_cases, n_rows):
    restricted = {name: str(tmp_path / f"{name}.csv") for name in COLUMNS}
    for name, table in tables().items():
        write_table(calibrated(n_cases) if name == "calibration" else table, tmp_path / f"{name}.csv")
    size = dict.fromkeys(("n_cases", "n_services", "study", "first_date", "last_date"), 7)
    for name, content in (("facts", FACTS), ("other_facts", size | {"files": "not ours to tell"})):
        restricted[name] = str(tmp_path / f"{name}.json")
        Path(restricted[name]).write_text(json.dumps(content), encoding="utf-8")
    staged = tmp_path / "staged"
    released = {name: str(staged / "tables" / f"{name}.csv") for name in COLUMNS}
    released |= {"facts": str(staged / "release.json"), "record": str(tmp_path / "record.json")}
    compare = {"tally": str(tmp_path), "label": "last year", "same_services": True}
    chosen = {
        "inference": {},
        "limits": {},
        "compare": compare,
        "disclosure": {"policy": "none", "time_limit": 60},
    }
    step.main(restricted, STUDY, chosen, str(tmp_path / "calibration.csv"), released)
    found = read_released(staged)
    assert found.facts["compare"] == {"label": "last year", "same_services": True, **size}
    assert len(found.calibration) == n_rows
    assert found.facts["protected"] is False
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))["hidden"] == []
