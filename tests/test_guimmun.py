"""Real records of something else: 2,159 children in 161 communities, against results computed with R.

The data file stays outside the project, in `../shared/real`; where that folder is absent the test is skipped. The
study, its mapping and the configuration are all it takes. `tests/data/reference/guimmun.json` holds the results of
R's survey package 4.1.
"""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from project import ROOT, copy_project

RECORDS = ROOT.parent / "shared" / "real" / "guimmun.csv"
REFERENCE = json.loads((Path(__file__).parent / "data/reference/guimmun.json").read_text(encoding="utf-8"))
NAMES = {
    "rural": "rural",
    "ethn": "ethnicity",
    "momEd": "mother_education",
    "momWork": "mother_worked",
    "kid2p": "two_or_older",
}

pytestmark = pytest.mark.skipif(not RECORDS.exists(), reason="../shared/real/guimmun.csv is not there")


@pytest.fixture(scope="module")
def published(tmp_path_factory, quick_run):
    folder = tmp_path_factory.mktemp("guimmun")
    project = copy_project(folder / "project")
    shutil.copytree(ROOT / "tests/studies/guimmun", project / "tests/studies/guimmun")
    (folder / "shared/real").mkdir(parents=True)
    shutil.copy(RECORDS, folder / "shared/real")
    code, text = quick_run(project, "--configfile", "tests/studies/guimmun/config.yaml")
    assert code == 0, text
    assert "2,159 rows read = 2,159 accepted + 0 rejected" in text
    return project / "results/guimmun/published"


def rows(published, table):
    """Rows as they are before disclosure control, which rounds and hides."""
    with (published.parent / "restricted" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_shares_errors_and_intervals_equal_those_of_r(published):
    estimates = {
        (row["breakdown"], row["subgroup"]): row
        for row in rows(published, "estimates")
        if row["interval"] == "logit_t"
    }
    columns = {
        "n": "n_cases",
        "n_unweighted_yes": "n_yes",
        "estimate": "estimate",
        "se": "standard_error",
        "deff": "design_effect",
        "df": "df",
        "logit_lower": "ci_low",
        "logit_upper": "ci_high",
    }
    assert len(REFERENCE["proportions"]) == len(estimates)
    for expected in REFERENCE["proportions"]:
        row = estimates[NAMES.get(expected["by"], "all"), expected["level"] or "all"]
        for name, column in columns.items():
            assert float(row[column]) == pytest.approx(expected[name], rel=1e-8), (
                expected["by"],
                expected["level"],
                name,
            )


def test_pearson_and_rao_scott_equal_those_of_r(published):
    comparisons = {(row["breakdown"], row["method"]): row for row in rows(published, "comparisons")}
    checked = 0
    for expected in REFERENCE["pearson"]:
        row = comparisons[NAMES[expected["by"]], "pearson"]
        found = [float(row[name]) for name in ("statistic", "df1", "p_value")]
        assert found == pytest.approx([expected["chi2"], expected["df"], expected["p"]], rel=1e-9)
        checked += 1
    for expected in (test for test in REFERENCE["tests"] if test["method"] == "F"):
        row = comparisons[NAMES[expected["by"]], "rao_scott"]
        found = [float(row[name]) for name in ("statistic", "df1", "df2", "p_value")]
        assert found == pytest.approx([expected[name] for name in ("statistic", "df1", "df2", "p")], rel=1e-9)
        checked += 1
    assert checked == 2 * len(NAMES)


def test_real_records_are_not_called_made_up(published):
    page = (published / "bulletin.html").read_text(encoding="utf-8")
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert "made-up" not in page.lower()
    assert "made up" not in page.lower()
    assert "by construction" not in page.lower()
