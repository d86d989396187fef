"""Calibration: the simulation is what it says, and the committed result is what it gives."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom, chi2_contingency

from desistance.bulletin import figures
from desistance.bulletin.figures.calibration import calibration_figure
from desistance.calibration.draws import (
    OTHER_BREAKDOWNS,
    breakdowns,
    draw,
    marginal_effect,
    numbers,
    outcomes,
    pairs,
)
from desistance.calibration.markdown import markdown
from desistance.calibration.reading import HEADLINE, ONLY, PUBLISHED, WORDS, band, verdict
from desistance.calibration.scenarios import (
    BY_BOTH,
    BY_CHILD,
    BY_SERVICE,
    ICCS,
    KINDS,
    LIFTS,
    SHARES,
    Scenario,
    Subject,
    scenarios,
)
from desistance.calibration.simulation import N_RUNS, simulate
from desistance.calibration.ways import WAYS, ways
from desistance.errors import TallyError
from desistance.findings.tables import CALIBRATION_COLUMNS, write_table
from desistance.records.told import COUNTED, LISTED
from desistance.settings import read_settings
from desistance.statistics.design import one_stratum_design
from desistance.statistics.intraclass import intraclass_correlation
from desistance.steps import calibration as calibration_step
from desistance.steps import records as records_step
from desistance.steps import tally as tally_step
from desistance.study import read_study
from desistance.tallies import TABLES, read_tally, service_counts

ROOT = Path(__file__).parents[1]
STUDY_FOLDER = ROOT / "studies" / "bulletin_2021_03"
COMMITTED = ROOT / "docs" / "calibration"
SIZES = np.array([5, 8, 12, 15, 20, 24, 30, 41, 60, 75])
TABLE = np.stack([SIZES - SIZES // 3, SIZES // 3], axis=1)
INFERENCE = read_settings({"study": "s", "records": {"files": "f"}}).inference


@pytest.fixture(scope="module")
def tally_paths(tmp_path_factory):
    """The tally of the example, made by the steps."""
    out = tmp_path_factory.mktemp("tally")
    paths = {name: str(out / name) for name in (*TABLES, "facts")}
    outputs = {name: str(out / name) for name in ("records", "quality", "rejects", *COUNTED, *LISTED)}
    told = {name: outputs[name] for name in COUNTED}
    files = [str(ROOT / "data" / "example" / "made_up_cases.csv")]
    reading = {"mapping": None, "delimiter": "auto", "encoding": "utf-8-sig"}
    records_step.main(files, None, [], study=STUDY_FOLDER, **reading, outputs=outputs)
    tally_step.main(outputs["records"], outputs["quality"], STUDY_FOLDER, 0, [], paths, told)
    return paths


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY_FOLDER)


@pytest.fixture(scope="module")
def planned(tally_paths, study):
    return list(scenarios(read_tally(tally_paths), study))


@pytest.fixture(scope="module")
def committed():
    names = {name: str for name in ("quantity", "method", "role", "breakdown", "kind", "base", "verdict")}
    return pd.read_csv(COMMITTED / "calibration.csv", dtype=names, keep_default_na=False)


# Two levels, each with three patterns of two other breakdowns.
PATTERNS = np.array([(level, *others) for level in (0, 1) for others in ((0, 0), (0, 1), (2, 1))])
CROSSED = np.random.default_rng(2).multinomial(SIZES, [0.3, 0.2, 0.2, 0.1, 0.1, 0.1])


def scenario(kind, table=TABLE, shares=(0.4, 0.4), icc=0.1, quantity="test", subject=Subject.PAIR, **options):
    return Scenario(quantity, subject, "2 subgroups", kind, "largest", table, shares, icc, **options)


def drawn(kind, table=TABLE, n_runs=300, **options):
    return breakdowns(scenario(kind, table, **options), n_runs, np.random.default_rng(1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_levels", [2, 3, 4])
def test_services_keep_their_sizes_in_every_kind_of_breakdown(kind, n_levels):
    table = np.random.default_rng(3).multinomial(SIZES, np.full(n_levels, 1 / n_levels))
    table[4] = 0
    made = drawn(kind, table)
    assert (made >= 0).all()
    assert (made.sum(axis=2) == table.sum(axis=1)).all()


def test_subgroups_dealt_by_child_keep_their_sizes_and_lie_as_cards_would():
    made = drawn(BY_CHILD, n_runs=4000)
    assert (made.sum(axis=1) == TABLE.sum(axis=0)).all()
    # Mean and variance of the hypergeometric distribution, by hand.
    n, share, size = TABLE.sum(), TABLE[:, 1].sum() / TABLE.sum(), SIZES[6]
    seen = made[:, 6, 1]
    assert seen.mean() == pytest.approx(size * share, abs=0.15)
    assert seen.var() == pytest.approx(size * share * (1 - share) * (n - size) / (n - 1), rel=0.1)


def test_services_that_exchange_shares_have_the_share_of_a_service_of_similar_size():
    made = drawn(BY_BOTH, TABLE[:5])
    shares = {tuple(row) for row in (TABLE[:5] / SIZES[:5, None]).round(6).tolist()}
    for service, size in enumerate(SIZES[:5]):
        allowed = {round(share[1] * size) for share in shares} | {int(share[1] * size) for share in shares}
        assert set(np.unique(made[:, service, 1])) <= allowed
    assert len(np.unique(made[:, 4, 1])) > 1


def test_a_property_of_the_service_puts_all_its_cases_in_one_subgroup():
    made = drawn(BY_SERVICE)
    assert ((made > 0).sum(axis=2) == 1).all()
    # A third of the cases: three of ten services.
    assert ((made[:, :, 1] > 0).sum(axis=1) == 3).all()


def test_a_small_subgroup_of_services_has_at_least_two():
    table = np.stack([SIZES - 1, np.ones_like(SIZES)], axis=1)
    assert ((drawn(BY_SERVICE, table)[:, :, 1] > 0).sum(axis=1) == 2).all()


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("icc", ICCS)
def test_the_correlation_simulated_is_the_one_stated(icc, share):
    n_base = np.full((1, 40_000, 1), 12)
    n_yes = outcomes(n_base, [share], icc, np.random.default_rng(5))[0]
    assert intraclass_correlation(n_yes, n_base[0]).estimate.item() == pytest.approx(icc, abs=0.006)
    assert n_yes.mean() / 12 == pytest.approx(share, abs=0.004)


def test_outcomes_are_beta_binomial():
    n_yes = outcomes(np.full((1, 50_000, 1), 6), [0.4], 0.15, np.random.default_rng(6)).ravel()
    expected = betabinom.pmf(np.arange(7), 6, 0.4 * 0.85 / 0.15, 0.6 * 0.85 / 0.15)
    assert np.bincount(n_yes, minlength=7) / n_yes.size == pytest.approx(expected, abs=0.007)


def test_subgroups_with_true_differences_have_the_stated_means_and_correlation_each():
    n_base = np.full((1, 40_000, 2), 10)
    n_yes = outcomes(n_base, [0.4, 0.5], 0.1, np.random.default_rng(7))[0]
    assert n_yes.mean(axis=0) / 10 == pytest.approx([0.4, 0.5], abs=0.004)
    assert intraclass_correlation(n_yes, n_base[0]).estimate == pytest.approx(0.1, abs=0.006)
    # One service, one rank: its subgroups go up and down together.
    assert np.corrcoef(n_yes.T)[0, 1] > 0.4


def test_without_correlation_outcomes_are_binomial():
    n_yes = outcomes(np.full((1, 50_000, 1), 30), [0.4], 0.0, np.random.default_rng(8)).ravel()
    assert (n_yes.mean(), n_yes.var()) == pytest.approx((12.0, 7.2), rel=0.02)


@pytest.mark.parametrize("icc", ICCS)
def test_numbers_of_factors_have_the_stated_mean_and_correlation(icc):
    counts = numbers(np.full((1, 20_000, 1), 12), [0.4], icc, 10, np.random.default_rng(9))[0, :, :, 0]
    assert (counts.sum(axis=1) == 12).all()
    values = np.arange(11)
    total, squares = counts @ values, counts @ values**2
    within = (squares - total**2 / 12).sum() / (11 * len(counts))
    between = 12 * (total / 12).var(ddof=1)
    assert total.mean() / 12 == pytest.approx(4.0, abs=0.03)
    assert (between - within) / (between + 11 * within) == pytest.approx(icc, abs=0.008)
    # Between binomial (2.4) and all factors alike (24): 2.4 (1 + 9 x 0.1) within services.
    assert within == pytest.approx(2.4 * 1.9 * (1 - icc * 1.9 / (10 * (1 - icc) + icc * 1.9)), rel=0.02)


@pytest.mark.parametrize("lift", LIFTS)
def test_two_factors_have_the_stated_shares_and_lift(lift):
    shares = (0.4, 0.4 * lift, 0.4 * (1 - 0.4 * lift) / 0.6)
    n_base = np.full((1, 40_000), 12)
    both, first, second, base = pairs(n_base, shares, 0.1, np.random.default_rng(10))
    assert first.sum() / base.sum() == pytest.approx(0.4, abs=0.005)
    assert second.sum() / base.sum() == pytest.approx(0.4, abs=0.005)
    assert both.sum() * base.sum() / (first.sum() * second.sum()) == pytest.approx(lift, rel=0.015)
    assert (both <= np.minimum(first, second)).all()
    assert (first + second - both <= base).all()


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_of_all_breakdowns_keep_services_sizes(kind):
    made = drawn(kind, CROSSED, patterns=PATTERNS)
    assert (made.sum(axis=2) == SIZES).all()
    levels, others = (made.reshape(-1, 10, 2, 3).sum(axis=axis) for axis in (3, 2))
    if kind == BY_SERVICE:
        assert ((levels > 0).sum(axis=2) == 1).all()
        assert (others == CROSSED.reshape(10, 2, 3).sum(axis=1)).all()
    if kind == BY_CHILD:
        assert (made.sum(axis=1) == CROSSED.sum(axis=0)).all()


def test_the_marginal_effect_is_that_of_the_simulated_cases():
    each = scenario(BY_CHILD, CROSSED, (0.4, 0.5), 0.05, "interval", Subject.ADJUSTED, patterns=PATTERNS)
    n_yes, n_base = draw(each, 4000)
    share = (n_yes.sum(axis=(0, 1)) / n_base.sum(axis=(0, 1))).reshape(2, 3)
    mix = n_base.sum(axis=(0, 1)).reshape(2, 3).sum(axis=0)
    assert marginal_effect(each) == pytest.approx((share[1] - share[0]) @ mix / mix.sum(), abs=0.004)
    # By hand, where nothing else differs: 40 and 50 per cent; and log odds of the last pattern are 0.9 higher.
    assert share[:, 0] == pytest.approx([0.4, 0.5], abs=0.006)
    assert share[0, 2] == pytest.approx(1 / (1 + 1.5 * np.exp(-3 * OTHER_BREAKDOWNS)), abs=0.006)


def test_pearsons_test_keeps_its_level_where_cases_are_independent():
    """Known to be right there: one case in a million is alike, so the theory of independent cases holds."""
    plain = scenario(BY_CHILD, np.tile([[30, 30]], (20, 1)), icc=1e-6)
    rate = simulate(plain, one_stratum_design(20), INFERENCE, n_runs=1500, methods=["pearson"])["rate"].item()
    assert rate == pytest.approx(0.05, abs=0.017)


def test_the_rejection_of_a_known_method_is_that_of_scipy():
    known = scenario(BY_SERVICE, icc=0.15)
    rate = simulate(known, one_stratum_design(10), INFERENCE, n_runs=60, methods=["pearson"])["rate"].item()
    base = breakdowns(known, 60, known.generator("breakdown"))
    yes = outcomes(base, known.shares, known.icc, known.generator("outcome")).sum(axis=1)
    tables = np.stack([yes, base.sum(axis=1) - yes], axis=1)
    again = [chi2_contingency(table, correction=False).pvalue <= 0.05 for table in tables]
    assert rate == pytest.approx(np.mean(again))
    assert rate > 0.2


def test_a_run_without_an_answer_is_counted_and_does_not_move_the_rate():
    rare = scenario(BY_CHILD, np.array([[2, 2], [2, 2], [1, 1]]), icc=0.15)
    row = simulate(rare, one_stratum_design(3), INFERENCE, n_runs=80, methods=["cr2"]).iloc[0]
    assert 0 < row["n_answered"] < row["n_runs"] == 80
    assert row["standard_error"] == pytest.approx(
        np.sqrt(row["rate"] * (1 - row["rate"]) / row["n_answered"])
    )


def test_methods_do_not_change_each_other():
    one = scenario(BY_BOTH)
    together = simulate(one, one_stratum_design(10), INFERENCE, n_runs=30)
    alone = [
        simulate(one, one_stratum_design(10), INFERENCE, n_runs=30, methods=[name])
        for name in together["method"]
    ]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


@pytest.mark.parametrize(
    ("rate", "quantity", "nominal", "expected"),
    [
        (0.04, "test", 0.05, "within"),
        (0.07, "test", 0.05, "within"),
        (0.0395, "test", 0.05, "too seldom"),
        (0.0705, "test", 0.05, "too often"),
        (0.93, "interval", 0.95, "within"),
        (0.97, "interval", 0.95, "within"),
        (0.9295, "interval", 0.95, "too seldom"),
        (0.9705, "interval", 0.95, "too often"),
        (0.012, "test", 0.01, "within"),
        (float("nan"), "test", 0.05, "no answer"),
    ],
)
def test_a_rate_is_judged_by_the_band_around_its_nominal_level(rate, quantity, nominal, expected):
    assert verdict(rate, quantity, nominal) == expected


def test_every_method_has_a_name_and_one_part_in_the_report():
    assert {name for methods in WAYS.values() for name in methods} == set(WORDS)
    assert not HEADLINE & PUBLISHED
    assert not HEADLINE & ONLY
    assert not ONLY & PUBLISHED


def test_every_kind_of_breakdown_is_simulated_on_sizes_of_the_example(planned):
    tests = {(each.breakdown, each.kind) for each in planned if each.quantity == "test" and each.kind}
    forms = {"2 subgroups", "3 subgroups", "last of 3 subgroups", "4 bands", "last of 4 bands"}
    forms |= {"number of factors, 4 bands", "2 subgroups, adjusted", "last of 3 subgroups, adjusted"}
    assert tests == {(form, kind) for form in forms for kind in KINDS}
    assert {each.icc for each in planned if each.subject is not Subject.ALIKE} == set(ICCS)
    largest = [each for each in planned if each.base == "largest" and each.breakdown == "everyone"]
    assert {int(each.table.sum()) for each in largest} == {1168}
    assert all(len(each.table) == 43 for each in planned)


def test_every_subject_is_simulated_and_no_two_scenarios_draw_the_same(planned):
    assert {(each.quantity, each.subject) for each in planned} == set(WAYS)
    assert len({each.generator("outcome").random() for each in planned}) == len(planned)


def test_patterns_are_those_of_the_records(planned, tally_paths, study):
    """Cases by level of the breakdown in question are what its own table says, the unknown ones apart."""
    tally = read_tally(tally_paths)
    for each in planned:
        if (each.subject, each.base, each.icc) == (Subject.ADJUSTED, "largest", 0.15):
            n_levels = len(each.shares)
            by_level = each.table.reshape(43, n_levels, -1).sum(axis=2)
            full = [
                service_counts(tally, study, division).n_base[:, 0]
                for division in study.breakdowns
                if len(division.levels) == n_levels
            ]
            assert any((by_level <= table).all() for table in full)
            assert by_level.sum() > 0.95 * 1168


def test_a_tally_with_nobody_in_a_base_is_refused(tally_paths, study):
    tally = read_tally(tally_paths)
    empty = replace(tally, items={})
    with pytest.raises(TallyError, match="no sizes to simulate on"):
        list(scenarios(empty, study))


def rows_of(table, each):
    keys = {"quantity": each.quantity, "breakdown": each.breakdown, "kind": each.kind, "base": each.base}
    keys |= {"share": each.shares[0], "icc": each.icc}
    return table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])]


def test_the_committed_table_has_a_row_for_every_scenario_and_method(planned, committed):
    assert list(committed.columns) == CALIBRATION_COLUMNS
    seen = 0
    for each in planned:
        rows = rows_of(committed, each)
        seen += len(rows)
        assert set(rows["n_cases"]) == {each.table.sum()}
        assert list(rows["method"]) == list(ways(each))
        assert set(rows["n_runs"]) == {N_RUNS}
    assert seen == len(committed)
    assert not committed.duplicated(CALIBRATION_COLUMNS[:9]).any()


QUICK = {"cochran_armitage", "pearson", "mean_t", "log_lift_t", "icc_jackknife", "wilson", "logit_t"}


def test_the_committed_rates_are_those_that_the_simulation_gives(planned, committed, tmp_path):
    """The quick methods at one correlation, with the full number of runs, byte for byte."""
    found, expected = [], []
    for each in planned:
        rows = rows_of(committed, each)
        rows = rows[rows["method"].isin(QUICK)]
        if len(rows) and each.base == "largest" and each.icc == 0.15 and each.kind in ("", BY_SERVICE):
            found.append(
                simulate(each, one_stratum_design(43), INFERENCE, n_runs=N_RUNS, methods=list(rows["method"]))
            )
            expected.append(rows)
    write_table(pd.concat(found), tmp_path / "found.csv")
    lines = (COMMITTED / "calibration.csv").read_text(encoding="utf-8").splitlines()
    wanted = [lines[0], *(lines[number + 1] for number in pd.concat(expected).index)]
    assert (tmp_path / "found.csv").read_text(encoding="utf-8").splitlines() == wanted
    assert {name for rows in expected for name in rows["method"]} == QUICK


def test_headline_rates_are_within_their_band(committed):
    """But for one in the smallest base, which is less than two standard errors from it."""
    headline = committed[committed["role"] == "headline"]
    low, high = np.array([band(row.quantity, row.nominal) for row in headline.itertuples()]).T
    within = (headline["rate"] >= low) & (headline["rate"] <= high)
    assert within[headline["base"] == "largest"].all()
    out = headline[~within]
    assert list(out[["method", "breakdown", "kind"]].itertuples(index=False, name=None)) == [
        ("cr2", "last of 3 subgroups", "by child")
    ]
    assert (0.04 - out["rate"] < 2 * out["standard_error"]).all()
    assert (headline["verdict"] == "within").equals(within)


def test_methods_that_are_the_only_ones_are_outside_their_band_where_that_is_said(committed):
    """Each stands in docs/calibration: likeness of a rare answer, and cautious looks at services."""
    only = committed[(committed["role"] == "only") & (committed["verdict"] != "within")]
    assert not {"marginal_effect", "log_lift_t"} & set(only["method"])
    assert set(only.loc[only["method"] == "icc_jackknife", "share"]) == {0.1}
    alike = committed[committed["icc"] == 0]
    assert set(alike["verdict"]) == {"too seldom"}


def test_the_step_writes_the_table_and_the_markdown(tally_paths, planned, tmp_path, monkeypatch):
    """In two processes, which give what one gives: each scenario draws its own numbers."""
    monkeypatch.setattr(
        "desistance.calibration.simulation.scenarios", lambda tally, study: iter(planned[::30])
    )
    outputs = {name: str(tmp_path / name) for name in ("table", "markdown")}
    calibration_step.main(tally_paths, STUDY_FOLDER, vars(INFERENCE), outputs, n_runs=4, n_processes=2)
    parts = [simulate(each, one_stratum_design(43), INFERENCE, n_runs=4) for each in planned[::30]]
    table = pd.concat(parts, ignore_index=True)
    write_table(table, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "table").read_bytes()
    assert (tmp_path / "markdown").read_text(encoding="utf-8") == markdown(table)


def test_the_committed_figure_and_account_show_the_committed_table(committed):
    figure = calibration_figure(committed, read_study(STUDY_FOLDER))
    assert (COMMITTED / "calibration.svg").read_text(encoding="utf-8") == figures.drawn(
        figure, made_up=True
    ).wide
    assert markdown(committed) in (COMMITTED / "README.md").read_text(encoding="utf-8")
