"""Logistic regression against R's svyglm, and against brute force where R has nothing to say.

R stops iterating when the deviance changes by less than 1e-8, and takes its weights from the last step but one; we
go on to the peak. Coefficients agree to 1e-10 all the same (1.7e-7 for one that is nearly 0), standard errors to
5e-6. That nothing else differs is shown by a case-by-case copy of R's iteration, stopped where R stops, which
reproduces every reference value to 1e-11, and ours to the same when it is not stopped.

The GEE with independence is the regression here; that with exchangeable working correlation is in
`test_exchangeable`, and the likelihood ratio test of `regTermTest`, which no result uses, in `test_reference_variants`.
`test_reference_coverage` says of every reference result which test reads it.
"""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from desistance.errors import StatisticsError
from desistance.statistics.design import one_stratum_design, score_covariance, stratified_design
from desistance.statistics.likelihood import MOST_STEPS
from desistance.statistics.logistic import logistic_regression, wald_test
from desistance.statistics.marginal_effects import average_marginal_effects
from desistance.statistics.regression_cells import (
    DesignRows,
    RegressionCells,
    design_rows,
    level_rows,
    score_rows,
)
from desistance.statistics.separation import collinear_columns, separated_columns
from desistance.statistics.status import Status

GUIMMUN = Path(__file__).parents[3] / "shared" / "real" / "guimmun.csv"
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
BREAKDOWNS = ("looked_after", "gender", "age")


def results(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def breakdown(sample, variable, reference=None):
    levels = sample.levels(variable)
    codes = [levels.index(value) for value in sample.columns[variable]]
    return level_rows(variable, codes, levels, reference=reference or levels[0])


def cells_of(sample, outcome, parts):
    """One cell a case."""
    answers = sample.answers(outcome)
    kept = ~np.isnan(answers)
    rows = design_rows(len(answers), parts)
    one, weight = np.ones(kept.sum()), sample.weight[kept]
    yes = answers[kept]
    rows = DesignRows(rows.columns, rows.values[kept])
    return RegressionCells(sample.service[kept], yes, one, yes * weight, weight, rows)


def merged(cells):
    """The same cases, counted by service and pattern."""
    keys = np.column_stack([cells.service, cells.rows])
    first, code = np.unique(keys, axis=0, return_index=True, return_inverse=True)[1:]
    amounts = (cells.n_yes, cells.n_base, cells.weight_yes, cells.weight_base)
    sums = [np.bincount(code.ravel(), weights=amount) for amount in amounts]
    return RegressionCells(cells.service[first], *sums, DesignRows(cells.columns, cells.rows[first]))


def fitted(cells, design):
    return logistic_regression(cells, design, confidence_level=0.95)


def effects_of(cells, design):
    fit = fitted(cells, design)
    return fit, average_marginal_effects(fit, cells, confidence_level=0.95)


def as_r_iterates(cells, design, tolerance):
    """R's glm.fit and svy.varcoef on single cases."""
    X, y, w = cells.rows, cells.n_yes, cells.weight_base / cells.weight_base.mean()
    share, before = (w * y + 0.5) / (w + 1), np.inf
    log_odds = np.log(share / (1 - share))
    for _ in range(25 if tolerance else MOST_STEPS):
        share = expit(log_odds)
        working = w * share * (1 - share)
        z = log_odds + (y - share) / (share * (1 - share))
        beta = np.linalg.solve(X.T @ (working[:, None] * X), X.T @ (working * z))
        log_odds = X @ beta
        share = expit(log_odds)
        deviance = -2 * (w * np.where(y == 1, np.log(share), np.log1p(-share))).sum()
        if abs(deviance - before) / (abs(deviance) + 0.1) < tolerance:
            break
        before = deviance
    scores = np.zeros((design.n_services, X.shape[1]))
    np.add.at(scores, cells.service, X * (working * (y - share) / (share * (1 - share)))[:, None])
    covariance = score_covariance(scores @ np.linalg.inv(X.T @ (working[:, None] * X)), design)
    return beta, np.sqrt(np.diag(covariance))


def school_terms(sample):
    return [breakdown(sample, "stype"), score_rows("meals", sample.columns["meals"].astype(float))]


def regressions(samples):
    """Name, cells, design and R's rows of every regression in the references."""
    terms = {
        "cases": lambda sample: [breakdown(sample, by) for by in BREAKDOWNS],
        "nhanes": lambda sample: [
            breakdown(sample, "race"),
            breakdown(sample, "agecat"),
            breakdown(sample, "sex"),
        ],
        "schools": school_terms,
        "schools with weights and correction": school_terms,
    }
    blocks = {
        "cases": results("cases"),
        "nhanes": results("nhanes"),
        "schools": results("schools")["equal_weights"],
        "schools with weights and correction": results("schools")["weights_and_fpc"],
    }
    for name, block in blocks.items():
        sample = samples[name]
        for formula in sorted({row["formula"] for row in block["regression"]}):
            rows = [row for row in block["regression"] if row["formula"] == formula]
            yield cells_of(sample, formula.split()[0], terms[name](sample)), sample.design, rows


def column(rows, key):
    return np.array([row[key] for row in rows])


def test_every_regression_is_that_of_svyglm(samples):
    count = 0
    for cells, design, rows in regressions(samples):
        fit = fitted(merged(cells), design)
        assert fit.status is Status.OK
        assert fit.df.tolist() == column(rows, "df_resid").tolist()
        assert fit.estimate == pytest.approx(column(rows, "estimate"), rel=2e-7)
        assert fit.standard_error == pytest.approx(column(rows, "se"), rel=6e-6)
        assert fit.statistic == pytest.approx(column(rows, "t"), rel=6e-6)
        assert fit.p_value == pytest.approx(column(rows, "p"), rel=2e-5)
        count += len(rows)
    assert count == 30 + 8 + 16 + 16


def test_stopped_where_r_stops_every_regression_agrees_to_the_printed_digits(samples):
    for cells, design, rows in regressions(samples):
        estimate, error = as_r_iterates(cells, design, 1e-8)
        # Weights of the whole file are scaled to mean 1 in R, here those of the cases with an answer.
        weighted = len(set(cells.weight_base)) > 100
        assert estimate == pytest.approx(column(rows, "estimate"), rel=1e-9 if weighted else 1e-11)
        assert error == pytest.approx(column(rows, "se"), rel=2e-7 if weighted else 1e-11)


def test_iterated_to_the_end_rs_way_gives_the_same_as_ours(samples):
    for cells, design, _ in regressions(samples):
        fit = fitted(merged(cells), design)
        estimate, error = as_r_iterates(cells, design, 0)
        assert fit.estimate == pytest.approx(estimate, rel=1e-10, abs=1e-12)
        assert fit.standard_error == pytest.approx(error, rel=1e-10)


def test_trends_in_log_odds_are_those_of_svyglm(samples):
    sample = samples["cases"]
    score = 1 + np.array([sample.levels("age").index(value) for value in sample.columns["age"]])
    for row in results("cases")["trend"]:
        fit = fitted(merged(cells_of(sample, row["outcome"], [score_rows("age", score)])), sample.design)
        assert fit.df[1] == row["df"]
        assert fit.estimate[1] == pytest.approx(row["log_odds_per_step"], rel=1e-8)
        assert fit.standard_error[1] == pytest.approx(row["se"], rel=1e-6)
        assert fit.statistic[1] == pytest.approx(row["t"], rel=1e-6)
        assert fit.p_value[1] == pytest.approx(row["p"], rel=5e-6)


def meals_band(samples):
    """Which quarter of the scale the share of free meals is in."""
    return np.digitize(samples["more"].columns["meals"].astype(float), [25, 50, 75], right=True)


def test_the_trend_and_wald_tests_of_the_forty_districts_are_those_of_survey(samples, more):
    sample, expected, band = samples["more"], more["trend_apiclus2"], meals_band(samples)
    cells = cells_of(sample, "sch_wide", [score_rows("band", band + 1)])
    fit = fitted(cells, sample.design)
    assert fit.df.tolist() == [expected["df_resid"]] * 2
    n_no = np.bincount(band) - np.bincount(band, weights=cells.n_yes)
    assert n_no.tolist() == [row[0] for row in expected["table"]]
    ours = np.column_stack([fit.estimate, fit.standard_error, fit.statistic, fit.p_value])
    assert ours == pytest.approx(np.array(expected["svyglm"]), rel=1e-6)
    test = wald_test(fit, fit.columns[1:])
    reference = expected["regTermTest_Wald"]
    assert (test.df1, test.df2) == (reference["df"], reference["ddf"])
    assert test.statistic == pytest.approx(reference["F"], rel=1e-6)
    assert test.p_value == pytest.approx(reference["p"], rel=1e-6)
    bands = level_rows("band", band, ["1", "2", "3", "4"], reference="1")
    fit = fitted(cells_of(sample, "sch_wide", [bands]), sample.design)
    test, reference = wald_test(fit, fit.columns[1:]), expected["factor_Wald"]
    assert (test.df1, test.df2) == (reference["df"], reference["ddf"])
    assert test.statistic == pytest.approx(reference["F"], rel=4e-6)  # standard errors to 1e-6 enter squared
    assert test.p_value == pytest.approx(reference["p"], rel=4e-6)


def test_other_packages_give_the_same_up_to_their_factor_for_few_services(samples, more):
    sample, G = samples["more"], 40
    fit = fitted(cells_of(sample, "sch_wide", [score_rows("band", meals_band(samples) + 1)]), sample.design)
    uncorrected = fit.standard_error * np.sqrt((G - 1) / G)
    gee, robust = more["gee_apiclus2"]["indep"], more["clubSandwich_apiclus2"]["glm_trend"]
    assert fit.estimate == pytest.approx(gee["coef"], rel=1e-7)
    assert uncorrected == pytest.approx(gee["se"], rel=1e-6)
    # R's glm also stops early: 1.3e-6.
    assert uncorrected == pytest.approx(robust["CR0"]["se"], rel=2e-6)
    assert fit.standard_error == pytest.approx(robust["CR1"]["se"], rel=2e-6)
    assert uncorrected == pytest.approx(robust["sandwich_vcovCL_HC0"], rel=2e-6)


def test_one_column_has_the_log_odds_ratio_of_svycontrast(samples):
    """A saturated model: its coefficient and error are those of the contrast of two shares."""
    for name, block in (
        ("cases", results("cases")),
        ("nhanes", results("nhanes")),
    ):
        sample = samples[name]
        for row in block["contrasts"]:
            levels = [row["reference"], row["group"]]
            codes = [levels.index(value) for value in sample.columns[row["by"]]]
            part = level_rows(row["by"], codes, levels, reference=row["reference"])
            fit = fitted(merged(cells_of(sample, row["outcome"], [part])), sample.design)
            # R's own ratios come from regressions that stopped early too; ours are exact.
            assert fit.estimate[1] == pytest.approx(row["log_odds_ratio"], rel=1e-7)
            assert fit.standard_error[1] == pytest.approx(row["log_odds_ratio_se"], rel=1e-6)
            weights = [sample.subgroup(row["outcome"], row["by"], level)[2:] for level in levels]
            odds = [yes.sum() / (base.sum() - yes.sum()) for yes, base in weights]
            assert fit.estimate[1] == pytest.approx(np.log(odds[1] / odds[0]), rel=1e-10)


@pytest.mark.skipif(not GUIMMUN.exists(), reason="../shared/real/guimmun.csv is not there")
def test_the_guatemalan_children_are_those_of_svyglm(samples):
    with GUIMMUN.open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    columns = {key: np.array([record[key] for record in records]) for key in records[0]}
    columns["outcome"] = np.where(columns["immun"] == "Y", "1", "0")
    service = np.unique(columns["comm"], return_inverse=True)[1]
    design, weight = one_stratum_design(service.max() + 1), np.ones(len(records))
    sample = replace(samples["cases"], columns=columns, service=service, weight=weight, design=design)
    rows = results("guimmun")["regression"]
    terms = rows[0]["formula"].split(" ~ ")[1].split(" + ")
    fit = fitted(
        merged(cells_of(sample, "outcome", [breakdown(sample, term) for term in terms])), sample.design
    )
    assert fit.df.tolist() == column(rows, "df_resid").tolist()
    assert fit.estimate == pytest.approx(column(rows, "estimate"), rel=1e-6)
    assert fit.standard_error == pytest.approx(column(rows, "se"), rel=1e-6)
    assert fit.statistic == pytest.approx(column(rows, "t"), rel=1e-6)
    assert fit.p_value == pytest.approx(column(rows, "p"), rel=2e-5)


# Separation, collinearity and other ends --------------------------------------------------------------------------


def simple(service, level, yes, base, n_levels=2):
    names = [f"L{i}" for i in range(n_levels)]
    rows = design_rows(len(level), [level_rows("group", level, names, reference="L0")])
    return RegressionCells(service, yes, base, yes, base, rows)


FOUR = [0, 0, 1, 1, 2, 2, 3, 3]
PAIR = [0, 1] * 4
BASE = [10, 10, 10, 8, 12, 9, 9, 4]
YES = [8, 2, 5, 4, 9, 1, 3, 3]


def names_of(result):
    return [column.name for column in result.named_columns]


def assert_nothing(result, *fields):
    for field in fields:
        assert np.isnan(getattr(result, field)).all(), field


ALL_NUMBERS = ("estimate", "standard_error", "df", "statistic", "p_value", "ci_low", "ci_high")


@pytest.mark.parametrize("all_alike", [0, 1])
def test_a_subgroup_all_of_one_answer_is_named(all_alike):
    yes = [y if level == 0 else all_alike * n for y, level, n in zip(YES, PAIR, BASE, strict=True)]
    cells = simple(FOUR, PAIR, yes, BASE)
    fit, effects = effects_of(cells, one_stratum_design(4))
    assert (fit.status, names_of(fit)) == (Status.SEPARATED, ["group: L1"])
    assert (effects.status, names_of(effects)) == (Status.SEPARATED, ["group: L1"])
    assert_nothing(fit, *ALL_NUMBERS, "covariance")
    assert_nothing(effects, *ALL_NUMBERS)
    assert wald_test(fit, fit.columns[1:]).status is Status.SEPARATED


def test_a_reference_level_all_of_one_answer_names_all_that_is_compared_with_it():
    yes = [0 if level == 0 else y for y, level in zip(YES, PAIR, strict=True)]
    fit = fitted(simple(FOUR, PAIR, yes, BASE), one_stratum_design(4))
    assert (fit.status, names_of(fit)) == (Status.SEPARATED, ["constant", "group: L1"])


def test_a_score_that_tells_all_yes_from_all_no_is_named():
    score = [1, 2, 3, 4, 5, 6, 7, 8]
    yes = [0, 0, 0, 0, 12, 9, 9, 4]
    cells = RegressionCells(FOUR, yes, BASE, yes, BASE, design_rows(8, [score_rows("band", score)]))
    fit = fitted(cells, one_stratum_design(4))
    assert fit.status is Status.SEPARATED
    assert "band" in names_of(fit)


def test_separation_by_two_variables_together_is_found_though_neither_separates_alone():
    # Only cases with both levels 1 are all yes, and the model has a column for just these.
    a, b = np.array([0, 0, 1, 1] * 3), np.array([0, 1, 0, 1] * 3)
    yes = np.where(a & b, 6, 3)
    parts = [
        level_rows("a", a, ["n", "y"], reference="n"),
        level_rows("b", b, ["n", "y"], reference="n"),
        level_rows("both", a & b, ["n", "y"], reference="n"),
    ]
    base = np.full(12, 6)
    cells = RegressionCells(np.repeat([0, 1, 2], 4), yes, base, yes, base, design_rows(12, parts))
    fit = fitted(cells, one_stratum_design(3))
    assert (fit.status, names_of(fit)) == (Status.SEPARATED, ["both: y"])


def test_steep_but_finite_regressions_are_not_taken_for_separated():
    score = np.array([0.0, 1.0, 100.0, 101.0, 200.0, 0.0, 1.0, 200.0])
    yes, base = np.array([0, 1, 1, 9, 10, 1, 0, 10]), np.full(8, 10)
    rows = design_rows(8, [score_rows("x", score)])
    fit = fitted(RegressionCells(FOUR, yes, base, yes, base, rows), one_stratum_design(4))
    assert fit.status is Status.OK
    share = expit(rows.values @ fit.estimate)
    assert (yes - base * share) @ rows.values == pytest.approx(np.zeros(2), abs=1e-6)


def test_a_repeated_column_is_named():
    parts = [
        level_rows("a", PAIR, ["n", "y"], reference="n"),
        level_rows("b", PAIR, ["n", "y"], reference="n"),
    ]
    fit = fitted(RegressionCells(FOUR, YES, BASE, YES, BASE, design_rows(8, parts)), one_stratum_design(4))
    assert (fit.status, names_of(fit)) == (Status.COLLINEAR, ["b: y"])
    assert_nothing(fit, *ALL_NUMBERS)


def test_an_empty_level_is_named():
    fit = fitted(simple(FOUR, PAIR, YES, BASE, n_levels=3), one_stratum_design(4))
    assert (fit.status, names_of(fit)) == (Status.COLLINEAR, ["group: L2"])


def test_an_empty_reference_level_is_named():
    fit = fitted(simple(FOUR, [level + 1 for level in PAIR], YES, BASE, n_levels=3), one_stratum_design(4))
    assert (fit.status, names_of(fit)) == (Status.COLLINEAR, ["group: L2"])


def test_more_parameters_than_services_leaves_estimates_alone():
    level = [0, 1, 2] * 2
    cells = simple([0, 0, 0, 1, 1, 1], level, [3, 4, 5, 2, 6, 3], [8] * 6, n_levels=3)
    fit, effects = effects_of(cells, one_stratum_design(2))
    assert fit.status is Status.MORE_PARAMETERS_THAN_SERVICES
    assert fit.estimate[1] == pytest.approx(np.log(10 / 6) - np.log(5 / 11))
    assert effects.estimate[0] == pytest.approx(10 / 16 - 5 / 16)
    assert_nothing(fit, *ALL_NUMBERS[1:])
    assert_nothing(effects, *ALL_NUMBERS[1:])
    assert wald_test(fit, fit.columns[1:]).status is Status.MORE_PARAMETERS_THAN_SERVICES


def test_a_subgroup_in_one_service_only_has_an_estimate_but_no_error():
    cells = simple([0, 1, 2, 3, 4, 0], [0, 0, 0, 0, 0, 1], [5, 3, 6, 2, 4, 4], [9] * 6)
    fit, effects = effects_of(cells, one_stratum_design(5))
    assert (fit.status, names_of(fit)) == (Status.ONE_SERVICE_DECIDES, ["group: L1"])
    assert fit.standard_error[0] > 0
    assert np.isfinite(fit.estimate).all()
    assert_nothing(effects, *ALL_NUMBERS[1:])
    for field in ALL_NUMBERS[1:]:
        assert np.isnan(getattr(fit, field)).tolist() == [False, True]
    assert np.isnan(wald_test(fit, fit.columns[1:]).p_value)


def test_one_case_in_a_subgroup_is_all_of_one_answer():
    fit = fitted(
        simple([0, 1, 2, 3, 3], [0, 0, 0, 0, 1], [5, 3, 6, 2, 1], [9, 9, 9, 9, 1]), one_stratum_design(4)
    )
    assert (fit.status, names_of(fit)) == (Status.SEPARATED, ["group: L1"])


def test_services_that_agree_exactly_have_no_error_to_show():
    fit = fitted(simple(FOUR, PAIR, [3, 5] * 4, [10, 10] * 4), one_stratum_design(4))
    assert fit.status is Status.NO_VARIATION
    assert_nothing(fit, *ALL_NUMBERS[1:])
    assert wald_test(fit, fit.columns[1:]).status is Status.NO_VARIATION


def test_a_service_with_all_yes_is_nothing_special():
    yes = [10, 10, *YES[2:]]
    assert fitted(simple(FOUR, PAIR, yes, BASE), one_stratum_design(4)).status is Status.OK


@pytest.mark.parametrize(
    ("yes", "base", "service", "n_services", "status"),
    [
        ([0] * 8, [0] * 8, FOUR, 4, Status.NO_CASES),
        (BASE, BASE, FOUR, 4, Status.ALL_YES),
        ([0] * 8, BASE, FOUR, 4, Status.ALL_NO),
        (YES, BASE, [0] * 8, 1, Status.ONE_SERVICE),
        (YES, BASE, [2] * 8, 4, Status.ONE_SERVICE),
    ],
)
def test_what_cannot_be_computed_says_why(yes, base, service, n_services, status):
    fit, effects = effects_of(simple(service, PAIR, yes, base), one_stratum_design(n_services))
    assert fit.status == effects.status == status
    assert_nothing(fit, *ALL_NUMBERS[1:])
    assert_nothing(effects, *ALL_NUMBERS[1:])
    assert np.isfinite(fit.estimate).all() == (status == Status.ONE_SERVICE)


def test_strata_and_full_inspection_are_said():
    cells = simple(FOUR, PAIR, YES, BASE)
    everything = stratified_design(np.zeros(4), np.full(4, 4.0))
    assert fitted(cells, everything).status is Status.FULLY_INSPECTED
    alone = stratified_design(["a", "a", "a", "b"], np.full(4, np.nan))
    fit = fitted(cells, alone)
    assert fit.status is Status.LONELY_STRATUM
    assert fit.df[0] == 4 - 2 + 1 - 2
    assert (fit.standard_error > 0).all()


def test_cells_of_no_sense_are_refused():
    rows = design_rows(2, [])
    with pytest.raises(StatisticsError, match="each cell needs one"):
        RegressionCells([0], [1, 1], [2, 2], [1, 1], [2, 2], rows)
    with pytest.raises(StatisticsError, match="service codes"):
        RegressionCells([-1, 0], [1, 1], [2, 2], [1, 1], [2, 2], rows)
    with pytest.raises(StatisticsError, match="exceeds"):
        RegressionCells([0, 0], [3, 1], [2, 2], [3, 1], [2, 2], rows)
    with pytest.raises(StatisticsError, match="missing or infinite"):
        RegressionCells(
            [0, 0], [1, 1], [2, 2], [1, 1], [2, 2], design_rows(2, [score_rows("x", [1, np.nan])])
        )
    with pytest.raises(StatisticsError, match="has 2 services"):
        fitted(RegressionCells([0, 5], [1, 1], [2, 2], [1, 1], [2, 2], rows), one_stratum_design(2))
    with pytest.raises(StatisticsError, match="not a level"):
        level_rows("x", [0], ["a"], reference="b")
    with pytest.raises(StatisticsError, match="level is not known"):
        level_rows("x", [-1], ["a"], reference="a")
    with pytest.raises(StatisticsError, match="must have 2 cells"):
        design_rows(2, [score_rows("x", [1])])
    fit = fitted(simple(FOUR, PAIR, YES, BASE), one_stratum_design(4))
    with pytest.raises(StatisticsError, match="one or more columns"):
        wald_test(fit, [])


def test_collinear_columns_are_those_that_lower_no_rank():
    rng = np.random.default_rng(1)
    for _ in range(50):
        rows = rng.integers(0, 2, (7, 6)).astype(float)
        found = collinear_columns(rows)
        ranks = [np.linalg.matrix_rank(rows[:, : k + 1]) for k in range(6)]
        assert found.tolist() == [bool(b == a) for a, b in zip([0, *ranks], ranks, strict=False)]


def runs_away(rows, yes, base):
    """Oracle: push the estimate hard; separated fits have some fitted log odds that never stop."""
    beta = np.zeros(rows.shape[1])
    for _ in range(400):
        share = expit(rows @ beta)
        curvature = rows.T @ ((base * share * (1 - share) + 1e-14)[:, None] * rows)
        beta = beta + np.clip(np.linalg.solve(curvature, rows.T @ (yes - base * share)), -1, 1)
    return np.abs(rows @ beta).max() > 12


def test_separation_is_found_where_log_odds_run_away_and_nowhere_else():
    rng = np.random.default_rng(8)
    seen = {True: 0, False: 0}
    for _ in range(150):
        rows = np.column_stack([np.ones(8), rng.integers(0, 2, (8, 2))]).astype(float)
        base = rng.integers(1, 4, 8).astype(float)
        yes = np.where(rng.random(8) < 0.5, 0, rng.binomial(base.astype(int), 0.7))
        if collinear_columns(rows).any() or yes.sum() in (0, base.sum()):
            continue
        found = bool(separated_columns(rows, yes, base).any())
        assert found == runs_away(rows, yes, base)
        seen[found] += 1
    assert min(seen.values()) > 20


# Laws -------------------------------------------------------------------------------------------------------------


@st.composite
def tables(draw):
    """Cells of up to eight services by three levels, any of them empty."""
    n = draw(st.integers(1, 8))
    base = draw(st.lists(st.integers(0, 6), min_size=3 * n, max_size=3 * n))
    yes = [draw(st.integers(0, count)) for count in base]
    return np.repeat(np.arange(n), 3), np.tile([0, 1, 2], n), np.array(yes), np.array(base)


@given(tables())
@settings(max_examples=500)
def test_any_table_has_an_answer_and_it_makes_sense(table):
    service, level, yes, base = table
    n = service.max() + 1
    fit, effects = effects_of(simple(service, level, yes, base, n_levels=3), one_stratum_design(n))
    for result in (fit, effects):
        known = ~np.isnan(result.p_value)
        assert ((result.p_value[known] >= 0) & (result.p_value[known] <= 1)).all()
        assert (result.ci_low[known] <= result.estimate[known]).all()
        assert (result.estimate[known] <= result.ci_high[known]).all()
        assert np.isfinite(result.estimate[known]).all()
    if fit.status is Status.OK:
        assert np.isfinite(fit.p_value).all()
        # A saturated model repeats the shares.
        share = [yes[level == k].sum() / base[level == k].sum() for k in range(3)]
        assert effects.estimate == pytest.approx(np.subtract(share[1:], share[0]), abs=1e-9)
    if fit.status in (Status.COLLINEAR, Status.SEPARATED):
        assert fit.named_columns
        # Just the levels without cases, or all of one answer, and what is compared with them.
        totals = [(yes[level == k].sum(), base[level == k].sum()) for k in range(3)]
        assert any(b == 0 for _, b in totals) == (fit.status is Status.COLLINEAR)
        if fit.status is Status.SEPARATED:
            alike = [y in (0, b) for y, b in totals]
            expected = {f"group: L{k}" for k in (1, 2) if alike[k] or alike[0]}
            assert {name for name in names_of(fit) if name != "constant"} <= expected
            assert ("constant" in names_of(fit)) == alike[0]


@given(tables(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_and_labels_of_services_and_weights_scale_do_not_matter(table, random):
    service, level, yes, base = table
    n = service.max() + 1
    order, labels = list(range(len(service))), list(range(n))
    random.shuffle(order)
    random.shuffle(labels)
    rows = design_rows(len(level), [level_rows("group", level, ["L0", "L1", "L2"], reference="L0")])
    one = fitted(RegressionCells(service, yes, base, yes, base, rows), one_stratum_design(n))
    shuffled = DesignRows(rows.columns, rows.values[order])
    other = RegressionCells(
        np.array(labels)[service][order],
        yes[order],
        base[order],
        7.5 * yes[order],
        7.5 * base[order],
        shuffled,
    )
    other = fitted(other, one_stratum_design(n))
    assert other.status == one.status
    assert other.named_columns == one.named_columns
    for field in ALL_NUMBERS[:3]:
        assert getattr(other, field) == pytest.approx(getattr(one, field), rel=1e-7, abs=1e-9, nan_ok=True)


@given(tables())
@settings(max_examples=60)
def test_all_cases_twice_changes_no_estimate_and_no_error(table):
    service, level, yes, base = table
    n = service.max() + 1
    one = fitted(simple(service, level, yes, base, 3), one_stratum_design(n))
    two = fitted(simple(service, level, 2 * yes, 2 * base, 3), one_stratum_design(n))
    assume(one.status is Status.OK)
    assert two.estimate == pytest.approx(one.estimate, rel=1e-7, abs=1e-9)
    assert two.standard_error == pytest.approx(one.standard_error, rel=1e-7)


def test_yes_and_no_exchanged_changes_only_signs():
    one = fitted(simple(FOUR, PAIR, YES, BASE), one_stratum_design(4))
    other = fitted(simple(FOUR, PAIR, np.subtract(BASE, YES), BASE), one_stratum_design(4))
    assert other.estimate == pytest.approx(-one.estimate)
    assert other.standard_error == pytest.approx(one.standard_error)
