"""From a file of records to tables of findings, against results of R on the same records.

The records and R's results (survey 4.1, clubSandwich 0.5.8, stats 4.2.2) are in `data/reference`.
"""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from desistance.findings.comparisons import comparisons
from desistance.findings.estimates import estimates
from desistance.findings.trends import trends
from desistance.settings import Inference
from desistance.tallies import count_records
from records_builder import Ingested, small_study

REFERENCE = Path(__file__).parent / "data" / "reference"
EXPECTED = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))
LEVELS = {"age": ["10-14", "15-16", "17-18"], "gender": ["boy", "girl"], "looked_after": ["no", "yes"]}
INFERENCE = Inference(0.95, 0.05, False, 30)


def division(name, identifier, column):
    levels = [{"code": code, "label": code} for code in LEVELS[name]]
    return {"id": identifier, "label": identifier, "column": column, "levels": levels}


@pytest.fixture(scope="module")
def tally_and_study(tmp_path_factory):
    """A study of the reference records: every outcome is a measure of its own; age is a breakdown and a band."""
    folder = tmp_path_factory.mktemp("reference")
    records = pd.read_csv(REFERENCE / "cases.csv", dtype=str, keep_default_na=False)
    outcomes = [name for name in records.columns if name not in ("case_id", "yot", *LEVELS)]
    records["age_band"] = records["age"]
    records.to_csv(folder / "cases.csv", index=False)
    study = {
        "id": "reference",
        "title": "Reference",
        "source": {"citation": "None"},
        "columns": {"case": "case_id", "service": "yot"},
        "codes": {"yes": ["1", "1.0"], "no": ["0", "0.0"]},
        "measures": [{"id": name, "label": name, "column": name} for name in outcomes],
        "breakdowns": [division(name, name, name) for name in LEVELS],
        "bands": [division("age", "age_band", "age_band")],
    }
    definition = small_study(folder, yaml.safe_dump(study))
    done = Ingested(folder, [folder / "cases.csv"], definition)
    return count_records([done.records], definition, done.account), definition


@pytest.fixture(scope="module")
def compared(tally_and_study):
    return comparisons(*tally_and_study, INFERENCE)


def rows(table, **keys):
    """Rows of a table whose columns have these values."""
    for name, value in keys.items():
        table = table[table[name] == value]
    return table


def test_shares_of_the_tables_are_those_of_r(tally_and_study):
    table = estimates(*tally_and_study, INFERENCE)
    shares = table[table["interval"] == "logit_t"].set_index(["item", "breakdown", "subgroup"])
    columns = {"estimate": "estimate", "se": "standard_error", "deff": "design_effect", "df": "df"}
    columns |= {"logit_lower": "ci_low", "logit_upper": "ci_high", "n": "n_cases"}
    for expected in EXPECTED["proportions"]:
        row = shares.loc[(expected["outcome"], expected["by"] or "all", expected["level"] or "all")]
        for name, column in columns.items():
            assert row[column] == pytest.approx(expected[name], rel=1e-8), (expected, name)


def test_rao_scott_of_the_tables_is_that_of_r(compared):
    checked = [test for test in EXPECTED["tests"] if test["method"] == "F"]
    for expected in checked:
        row = rows(compared, item=expected["outcome"], breakdown=expected["by"], method="rao_scott").iloc[0]
        found = row[["statistic", "df1", "df2", "p_value"]].tolist()
        assert found == pytest.approx([expected[name] for name in ("statistic", "df1", "df2", "p")], rel=1e-9)
    assert len(checked) == 18


def test_cr2_of_the_tables_is_that_of_clubsandwich(compared):
    terms = {"looked_afteryes": ("looked_after", "yes")}
    checked = 0
    for expected in EXPECTED["cr2"]:
        if expected["model"] == "linear probability: y ~ looked_after" and expected["term"] in terms:
            by, level = terms[expected["term"]]
            row = rows(compared, item=expected["outcome"], breakdown=by, method="cr2", subgroup=level).iloc[0]
            found = row[["estimate", "standard_error", "df2", "p_value"]].tolist()
            wanted = [expected[name] for name in ("estimate", "se", "df", "p")]
            assert found == pytest.approx(wanted, rel=1e-9)
            checked += 1
    assert checked >= 3


def test_risk_and_odds_ratios_of_the_tables_are_those_of_r(compared):
    for expected in EXPECTED["contrasts"]:
        found = rows(compared, item=expected["outcome"], breakdown=expected["by"], subgroup=expected["group"])
        for effect, name in (("risk_ratio", "log_risk_ratio"), ("odds_ratio", "log_odds_ratio")):
            row = rows(found, effect=effect).iloc[0]
            # R's log ratios come from numerical derivatives and agree to 1e-7.
            assert row["standard_error"] == pytest.approx(expected[f"{name}_se"], rel=1e-6)


def test_the_published_tests_of_the_tables_are_those_of_r(compared):
    for expected in EXPECTED["unclustered"]:
        row = rows(compared, item=expected["outcome"], breakdown=expected["by"], method="pearson").iloc[0]
        found = row[["statistic", "df1", "p_value", "estimate"]].tolist()
        wanted = [expected[name] for name in ("chi2", "df", "p", "cramers_v")]
        assert found == pytest.approx(wanted, rel=1e-9)


def test_holm_and_benjamini_hochberg_adjust_within_one_measure_and_division(compared):
    """Each outcome is a measure of its own here, so nothing is adjusted but contrasts of one item."""
    cr2 = rows(compared, method="cr2")
    omnibus = cr2[cr2["subgroup"] == ""]
    assert (omnibus["p_holm"] == omnibus["p_value"]).all()
    age = rows(cr2, item="lifestyle", breakdown="age", effect="difference")
    assert age["p_holm"].min() == pytest.approx(min(1, 2 * age["p_value"].min()), rel=1e-12)


def test_cochran_armitage_of_the_tables_is_that_of_r(tally_and_study):
    table = trends(*tally_and_study, INFERENCE).set_index(["item", "method"])
    checked = 0
    for expected in EXPECTED["unclustered"]:
        if expected["by"] == "age":
            row = table.loc[(expected["outcome"], "cochran_armitage")]
            wanted = [expected["trend_chi2"], expected["trend_p"]]
            assert row[["statistic", "p_value"]].tolist() == pytest.approx(wanted, rel=1e-9)
            checked += 1
    assert checked


def test_only_some_tables_gives_the_same_tests_over_all_levels(tally_and_study, compared):
    tally, study = tally_and_study
    some = comparisons(tally, study, INFERENCE, only={("lifestyle", "gender")})
    assert set(some["subgroup"]) == {""}
    whole = rows(compared, item="lifestyle", breakdown="gender", subgroup="")
    assert some.drop(columns=["p_holm", "p_bh"]).equals(
        whole.drop(columns=["p_holm", "p_bh"]).reset_index(drop=True)
    )
