"""Adjusted differences: R's regressions through the tally, brute force for effects, and tables that cannot do."""

import csv
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from case_by_case import cr2_effects
from desistance.findings.adjusted import adjusted
from desistance.findings.tables import ADJUSTED_COLUMNS
from desistance.settings import Inference
from desistance.statistics.differences import share_differences
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.study import STATES
from desistance.tallies import count_records, service_counts
from records_builder import small_study

REFERENCE = Path(__file__).parent / "data" / "reference"
INFERENCE = Inference(0.95, 0.05, False, 30)
FACTORS = [
    *("lifestyle", "learning_ete", "substance_misuse", "mental_health", "family", "attitudes"),
    *("resilience", "living", "slc", "self_identity", "physical_health", "engagement"),
]
BREAKDOWNS = """\
breakdowns:
  - {id: looked_after, label: Looked After status, column: looked_after,
     levels: [{code: "no", label: Not Looked After}, {code: "yes", label: Looked After}]}
  - {id: gender, label: Gender, column: gender, levels: [{code: boy, label: Boys}, {code: girl, label: Girls}]}
  - {id: age, label: Age, column: age,
     levels: [{code: 10-14, label: 10-14}, {code: 15-16, label: 15-16}, {code: 17-18, label: 17-18}]}
"""
REFERENCE_STUDY = """\
id: reference
title: Reference cases
source: {citation: None}
columns: {case: case_id, service: yot}
factors: [FACTORS]
measures:
  - {id: prevalence, label: Identified, column: "{factor}"}
  - {id: sufficiency, label: Sufficient, column: "suf_{factor}", base: "{factor}"}
factor_count: {measure: prevalence, id: three, label: Three or more, threshold: 3}
""".replace("FACTORS", ", ".join(f"{{id: {factor}, label: {factor}}}" for factor in FACTORS))
BANDS = """\
bands:
  - {id: age_band, label: Age band, column: age_band,
     levels: [{code: 10-14, label: 10-14}, {code: 15-16, label: 15-16}, {code: 17-18, label: 17-18}]}
"""
TEXT = """\
id: small
title: A small study
source: {citation: None}
columns: {case: case_id, service: team}
measures: [{id: m, label: M, column: drugs}]
breakdowns:
  - {id: sex, label: Sex, column: sex, levels: [{code: boy, label: Boys}, {code: girl, label: Girls}]}
  - {id: care, label: Care, column: care, levels: [{code: out, label: Not in care}, {code: in, label: In care}]}
"""
with tempfile.TemporaryDirectory() as _folder:
    SMALL = small_study(Path(_folder), TEXT)


def reference_frame():
    """The reference cases as typed records; age once more, as a band."""
    with (REFERENCE / "cases.csv").open(encoding="utf-8", newline="") as file:
        frame = pd.DataFrame(list(csv.DictReader(file)))
    frame = frame.assign(service=frame["yot"], age_band=frame["age"])
    words = {"0": "no", "1": "yes", "0.0": "no", "1.0": "yes", "": "not_recorded"}
    for factor in FACTORS:
        for column in (factor, f"suf_{factor}"):
            frame[column] = pd.Categorical(frame[column].map(words), categories=STATES)
    for column in ("age", "age_band", "gender", "looked_after"):
        frame[column] = pd.Categorical(frame[column])
    return frame


def reference(folder, divisions=BREAKDOWNS + BANDS):
    """Study and tally of the reference cases."""
    study = small_study(folder, REFERENCE_STUDY + divisions)
    return study, count_records([reference_frame()], study, {})


@pytest.fixture(scope="module")
def r_table(tmp_path_factory):
    study, tally = reference(tmp_path_factory.mktemp("reference"))
    return adjusted(tally, study, INFERENCE)


def item_of(outcome):
    return ("sufficiency", outcome[4:]) if outcome.startswith("suf_") else ("prevalence", outcome)


def test_odds_ratios_are_those_of_svyglm(r_table):
    """R 4.2.2, survey 4.1, `svyglm(family = quasibinomial)`; it stops iterating a little before the peak."""
    rows = r_table.set_index(["measure", "item", "breakdown", "subgroup"])
    expected = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))["regression"]
    count = 0
    for term in expected:
        outcome = term["formula"].split()[0]
        for breakdown in ("looked_after", "gender", "age"):
            if term["term"].startswith(breakdown):
                row = rows.loc[(*item_of(outcome), breakdown, term["term"].removeprefix(breakdown))]
                assert np.log(row["odds_ratio"]) == pytest.approx(term["estimate"], rel=2e-7)
                assert row["status"] == "ok"
                count += 1
    assert count == 24


@pytest.mark.parametrize("outcome", ["lifestyle", "suf_mental_health"])
def test_effects_errors_and_degrees_of_freedom_are_those_of_single_cases(r_table, outcome):
    """By the definitions of CR2 and Satterthwaite's degrees of freedom, with dense matrices."""
    frame = reference_frame()
    frame = frame[frame[outcome].isin(["yes", "no"])]
    levels = [("looked_after", "yes"), ("gender", "girl"), ("age", "15-16"), ("age", "17-18")]
    X = np.column_stack([np.ones(len(frame)), *((frame[name] == level) * 1.0 for name, level in levels)])
    y = (frame[outcome] == "yes").to_numpy() * 1.0
    effects, errors, df = cr2_effects(X, y, frame["service"].to_numpy(), [(1,), (2,), (3, 4)])
    rows = r_table.set_index(["measure", "item"]).loc[[item_of(outcome)]]
    assert rows["subgroup"].tolist() == [level for _, level in levels]
    assert rows["estimate"].to_numpy() == pytest.approx(effects, rel=1e-9)
    assert rows["standard_error"].to_numpy() == pytest.approx(errors, rel=1e-9)
    assert rows["df"].to_numpy() == pytest.approx(df, rel=1e-9)
    assert rows["p_value"].to_numpy() == pytest.approx(2 * t.sf(np.abs(effects / errors), df), rel=1e-7)
    assert rows["ci_low"].to_numpy() == pytest.approx(effects - errors * t.ppf(0.975, df), rel=1e-7)
    assert rows["ci_high"].to_numpy() == pytest.approx(effects + errors * t.ppf(0.975, df), rel=1e-7)
    assert rows["n_cases"].tolist() == [len(frame)] * 4
    assert rows["n_services"].tolist() == [frame["service"].nunique()] * 4


def test_with_one_breakdown_the_effect_is_the_plain_difference(tmp_path):
    """R 4.2.2, survey 4.1: `svycontrast` of `svyby`; the error is that of the plain difference with CR2."""
    gender = BREAKDOWNS.split("\n")[3]
    study, tally = reference(tmp_path, f"breakdowns:\n{gender}\n")
    rows = adjusted(tally, study, INFERENCE).set_index(["measure", "item"])
    contrasts = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))["contrasts"]
    contrasts = [row for row in contrasts if row["by"] == "gender"]
    assert contrasts
    counts = service_counts(tally, study, study.division("gender"))
    items = [(item.measure, item.id) for item in study.items]
    for expected in contrasts:
        item = item_of(expected["outcome"])
        row, table = rows.loc[item], [each[:, items.index(item)] for each in (counts.n_yes, counts.n_base)]
        plain = share_differences(*table, *table, reference=0, correction="CR2", confidence_level=0.95)
        assert row["estimate"] == pytest.approx(expected["difference"], rel=1e-9)
        assert row["standard_error"] == pytest.approx(plain.standard_error.item(), rel=1e-9)
        assert np.log(row["odds_ratio"]) == pytest.approx(expected["log_odds_ratio"], rel=2e-7)


@pytest.mark.parametrize("outcome", ["lifestyle", "suf_mental_health"])
def test_odds_ratios_with_exchangeable_correlation_are_those_of_statsmodels(r_table, outcome):
    """Whose sandwich is plain and whose tests are normal: G / (G - 1) and t are put in here."""
    from statsmodels.api import GEE
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial

    frame = reference_frame()
    frame = frame[frame[outcome].isin(["yes", "no"])]
    levels = [("looked_after", "yes"), ("gender", "girl"), ("age", "15-16"), ("age", "17-18")]
    X = np.column_stack([np.ones(len(frame)), *((frame[name] == level) * 1.0 for name, level in levels)])
    y = (frame[outcome] == "yes").to_numpy() * 1.0
    model = GEE(y, X, groups=frame["service"], family=Binomial(), cov_struct=Exchangeable())
    other = model.fit(maxiter=200, ctol=1e-9, ddof_scale=0)
    G = frame["service"].nunique()
    rows = r_table.set_index(["measure", "item"]).loc[[item_of(outcome)]]
    assert np.log(rows["odds_ratio_exchangeable"].to_numpy()) == pytest.approx(other.params[1:], rel=1e-7)
    statistic = (other.params / other.bse)[1:] / np.sqrt(G / (G - 1))
    expected = 2 * t.sf(np.abs(statistic), G - 1 + 1 - 5)
    assert rows["p_exchangeable"].to_numpy() == pytest.approx(expected, rel=1e-6)


def test_rows_stand_in_the_order_of_the_study_and_families_are_measure_and_breakdown(r_table):
    assert list(r_table) == ADJUSTED_COLUMNS
    keys = list(r_table[["breakdown", "subgroup"]].itertuples(index=False, name=None))
    assert keys[:4] == [("looked_after", "yes"), ("gender", "girl"), ("age", "15-16"), ("age", "17-18")]
    assert keys == keys[:4] * 25
    assert r_table["item"].tolist() == [item for item in [*FACTORS, *FACTORS, "three"] for _ in range(4)]
    assert (r_table["family"] == r_table["measure"] + "." + r_table["breakdown"]).all()
    for _, rows in r_table.groupby("family"):
        assert rows["p_holm"].to_numpy() == pytest.approx(holm(rows["p_value"]))
        assert rows["p_bh"].to_numpy() == pytest.approx(benjamini_hochberg(rows["p_value"]))


def frame_of(cases, columns=("sex", "care")):
    """Typed records from rows of service, sex, care, drugs."""
    frame = pd.DataFrame(cases, columns=["service", "sex", "care", "drugs"])
    for column in columns:
        frame[column] = pd.Categorical(frame[column])
    return frame.assign(drugs=pd.Categorical(frame["drugs"], categories=STATES))


def balanced(n_services=6):
    """Four cases of every pattern in every service, one to three of them yes."""
    n_yes = np.random.default_rng(3).integers(1, 4, (n_services, 2, 2))
    return [
        (f"S{service}", sex, care, "yes" if number < n_yes[service, i, j] else "no")
        for service in range(n_services)
        for i, sex in enumerate(("boy", "girl"))
        for j, care in enumerate(("out", "in"))
        for number in range(4)
    ]


def table_of(cases, study=SMALL):
    return adjusted(count_records([frame_of(cases)], study, {}), study, INFERENCE)


def numbers(table):
    return table[
        ["estimate", "standard_error", "ci_low", "ci_high", "statistic", "df", "p_value", "odds_ratio"]
    ]


def test_plain_cases_have_every_number():
    table = table_of(balanced())
    assert table["status"].tolist() == ["ok", "ok"]
    assert table["note"].tolist() == ["", ""]
    assert numbers(table).notna().all(axis=None)
    # All services have the same cases, so each carries as much: 6 services less 1, whatever the columns.
    assert table["df"].tolist() == pytest.approx([5.0, 5.0])
    assert table["reference"].tolist() == ["boy", "out"]
    assert set(table["effect"]) == {"average_marginal_effect"}


def test_without_likeness_within_services_the_note_says_so_and_the_rest_stays():
    cases = [(f"S{number}", *rest) for number, (_, *rest) in enumerate(balanced())]
    table = table_of(cases)
    assert table["status"].tolist() == ["ok", "ok"]
    assert table["note"].tolist() == ["with exchangeable working correlation: no service has two cases"] * 2
    assert table[["odds_ratio_exchangeable", "p_exchangeable"]].isna().all(axis=None)
    assert numbers(table).notna().all(axis=None)


def test_a_correlation_that_cannot_be_is_in_the_note():
    """Every service shares out its answers evenly: further below 0 than a correlation of 36 cases can be."""
    n_yes = [(3, 5, 5, 3), (5, 3, 3, 5), (4, 5, 3, 4), (3, 4, 5, 4), (5, 4, 3, 4), (4, 3, 5, 5)]
    patterns = [(sex, care) for sex in ("boy", "girl") for care in ("out", "in")]
    cases = [
        (f"S{service}", *pattern, "yes" if number < n_yes[service][place] else "no")
        for service in range(6)
        for place, pattern in enumerate(patterns)
        for number in range(8 + (service == 5))
    ]
    table = table_of(cases)
    note = "with exchangeable working correlation: no correlation that can be was found"
    assert table["status"].tolist() == ["ok", "ok"]
    assert table["note"].tolist() == [note] * 2
    assert table[["odds_ratio_exchangeable", "p_exchangeable"]].isna().all(axis=None)


def test_a_level_whose_cases_are_all_yes_is_separated_and_named_by_its_label():
    cases = [(s, sex, care, "yes" if sex == "girl" else drugs) for s, sex, care, drugs in balanced()]
    table = table_of(cases)
    assert table["status"].tolist() == ["separated"] * 2
    assert (
        table["note"].tolist()
        == ["these foretell some of the answers without error, so nothing can be estimated: Sex: Girls"] * 2
    )
    assert numbers(table).isna().all(axis=None)
    assert table["n_cases"].tolist() == [96, 96]


def test_a_level_that_is_the_same_as_another_is_collinear_and_named_by_its_label():
    cases = [case for case in balanced() if (case[1] == "girl") == (case[2] == "in")]
    table = table_of(cases)
    assert table["status"].tolist() == ["collinear"] * 2
    assert (
        table["note"].tolist() == ["these cannot be told apart from the rest of the model: Care: In care"] * 2
    )
    assert numbers(table).isna().all(axis=None)


@pytest.mark.parametrize(("gone", "label"), [("girl", "Girls"), ("boy", "Boys")])
def test_a_level_without_cases_leaves_the_model_and_the_rest_stays(gone, label):
    table = table_of([case for case in balanced() if case[1] != gone])
    assert table["status"].tolist() == ["no_cases", "ok"]
    assert table["note"].tolist() == [f"nobody in the base is in: Sex: {label}", ""]
    assert numbers(table).isna().all(axis=1).tolist() == [True, False]
    assert numbers(table).iloc[1].notna().all()


def test_cases_with_an_unknown_level_or_answer_are_left_out():
    cases = balanced()
    more = [
        ("S0", "girl", "not_known", "yes"),
        ("S1", "not_recorded", "in", "no"),
        ("S2", "girl", "in", "not_known"),
    ]
    plain, with_more = table_of(cases), table_of(cases + more)
    assert with_more["n_cases"].tolist() == plain["n_cases"].tolist() == [96, 96]
    assert with_more["n_services"].tolist() == [6, 6]
    pd.testing.assert_frame_equal(numbers(with_more), numbers(plain))


def test_one_service_gives_estimates_alone():
    table = table_of([("S0", *rest) for _, *rest in balanced()])
    assert table["status"].tolist() == ["one_service"] * 2
    assert numbers(table).notna().all().to_dict() == {
        name: name in ("estimate", "odds_ratio") for name in numbers(table)
    }


def test_more_parameters_than_services_give_estimates_alone():
    table = table_of(balanced(2))
    assert table["status"].tolist() == ["more_parameters_than_services"] * 2
    assert table["p_value"].isna().all()
    assert table["estimate"].notna().all()


def test_a_level_in_one_service_only_has_no_error_and_the_others_do():
    cases = [case for case in balanced() if case[1] == "boy" or case[0] == "S3"]
    table = table_of(cases)
    assert table["status"].tolist() == ["one_service_decides", "ok"]
    assert table["note"].tolist() == ["these can be told apart in one service only: Sex: Girls", ""]
    assert table["p_value"].isna().tolist() == [True, False]
    assert table["estimate"].notna().all()


@pytest.mark.parametrize(
    ("answer", "status"), [("yes", "all_yes"), ("no", "all_no"), ("not_known", "no_cases")]
)
def test_one_answer_from_all_is_a_status(answer, status):
    table = table_of([(*case[:3], answer) for case in balanced()])
    assert table["status"].tolist() == [status] * 2
    assert numbers(table).isna().all(axis=None)
    assert table["note"].tolist() == ["", ""]


def test_everyone_with_an_unknown_level_is_no_case():
    table = table_of([(service, "not_known", care, drugs) for service, _, care, drugs in balanced()])
    assert table["status"].tolist() == ["no_cases"] * 2
    assert table["n_cases"].tolist() == [0, 0]


@pytest.mark.parametrize("levels", ["", "[{code: boy, label: Boys}]"])
def test_without_breakdowns_to_compare_there_is_no_row(tmp_path, levels):
    text = TEXT[: TEXT.index("breakdowns:")]
    if levels:
        text += f"breakdowns: [{{id: sex, label: Sex, column: sex, levels: {levels}}}]\n"
    study = small_study(tmp_path, text)
    table = table_of([case for case in balanced() if case[1] == "boy"], study)
    assert list(table) == ADJUSTED_COLUMNS
    assert table.empty


def test_strata_of_one_service_are_said(tmp_path):
    text = TEXT.replace("service: team}", "service: team, stratum: stratum}")
    study = small_study(tmp_path, text)
    frame = frame_of(balanced())
    frame["stratum"] = np.where(frame["service"] == "S0", "alone", "rest")
    table = adjusted(count_records([frame], study, {}), study, INFERENCE)
    assert table["status"].tolist() == ["lonely_stratum"] * 2
    assert table["p_value"].notna().all()


CASE = st.tuples(
    st.sampled_from("ABCDE"),
    st.sampled_from(["boy", "girl", "not_known"]),
    st.sampled_from(["out", "in", "not_recorded"]),
    st.sampled_from(["yes", "no", "yes", "no", "not_known"]),
)


@given(st.lists(CASE, min_size=1, max_size=60), st.randoms())
@settings(max_examples=20)
def test_any_table_gives_an_answer_or_a_reason_whatever_the_order_or_names(cases, random):
    table = table_of(cases)
    assert len(table) == 2
    assert (table["status"] != "").all()
    complete = table["status"].isin(["ok", "lonely_stratum"])
    assert (numbers(table).notna().all(axis=1) == complete).all()
    known = table[complete]
    assert known["p_value"].between(0, 1).all()
    assert (known["p_holm"] >= known["p_value"]).all()
    assert (known["ci_low"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["ci_high"]).all()
    assert table["estimate"].dropna().between(-1, 1).all()
    names = dict(zip("ABCDE", random.sample("ABCDE", 5), strict=True))
    turned = table_of([(names[case[0]], *case[1:]) for case in random.sample(cases, len(cases))])
    assert turned["status"].tolist() == table["status"].tolist()
    pd.testing.assert_frame_equal(numbers(turned), numbers(table), rtol=1e-6, atol=1e-9)
