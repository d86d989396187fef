"""Differences between subgroups, against R and against arithmetic on cases.

CR2 differences of clubSandwich agree to 5e-13. Laws that `share_differences` and `design_contrasts` share are here.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as t_distribution

from desistance.errors import StatisticsError
from desistance.statistics.contrasts import design_contrasts, newcombe_interval
from desistance.statistics.design import one_stratum_design
from desistance.statistics.differences import omnibus_test, share_differences
from desistance.statistics.status import Status

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
NAN = float("nan")
YES = np.array([[8, 2, 3], [5, 4, 1], [9, 1, 4], [3, 3, 2], [6, 2, 5]])
BASE = np.array([[10, 10, 5], [10, 8, 6], [12, 9, 5], [9, 4, 4], [9, 7, 9]])


def reference(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def differences(n_yes, n_base, reference=0, correction="CR2"):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return share_differences(
        n_yes, n_base, n_yes, n_base, reference=reference, correction=correction, confidence_level=0.95
    )


def omnibus(n_yes, n_base, correction="CR2", method="HTZ"):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return omnibus_test(n_yes, n_base, n_yes, n_base, correction=correction, method=method)


def contrasts(n_yes, n_base, reference=0, design=None):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    design = design or one_stratum_design(len(n_base))
    return design_contrasts(n_yes, n_base, n_yes, n_base, design, reference=reference, confidence_level=0.95)


def numbers(test):
    """Every number of a result, one after the other."""
    values = [getattr(test, field.name) for field in dataclasses.fields(test)]
    values = [numbers(each) if dataclasses.is_dataclass(each) else each for each in values]
    return np.concatenate([np.ravel(each) for each in values if np.asarray(each).dtype.kind == "f"])


def close(value, expected, relative):
    return np.asarray(value) == pytest.approx(np.asarray(expected), rel=relative, abs=0)


@st.composite
def tables(draw, n_levels=3):
    n = draw(st.integers(1, 9))
    base = draw(arrays(int, (n, n_levels), elements=st.integers(0, 12)))
    share = draw(arrays(float, (n, n_levels), elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


# R


LINEAR = [
    row
    for row in reference("cases")["cr2"]
    if row["model"].startswith("linear") and row["term"] == "looked_afteryes"
]


@pytest.mark.parametrize("expected", LINEAR, ids=lambda row: row["outcome"])
def test_differences_of_two_subgroups_are_those_of_clubsandwich(samples, expected):
    sample = samples["cases"]
    n_yes, n_base = sample.table(expected["outcome"], "looked_after")[:2]
    test = differences(n_yes, n_base, sample.levels("looked_after").index("no"))
    assert test.status == ["ok"]
    assert close(test.estimate, [expected["estimate"]], 5e-13)
    assert close(test.standard_error, [expected["se"]], 5e-13)
    assert close(test.df, [expected["df"]], 5e-13)
    assert close(test.p_value, [expected["p"]], 1e-12)
    half = t_distribution.ppf(0.975, expected["df"]) * expected["se"]
    assert close(test.ci_low, [expected["estimate"] - half], 1e-11)
    assert close(test.ci_high, [expected["estimate"] + half], 1e-11)


@pytest.fixture(scope="module")
def districts(samples):
    sample = samples["more"]
    band = np.digitize(sample.columns["meals"].astype(float), [25, 50, 75], right=True).astype(str)
    return dataclasses.replace(sample, columns={**sample.columns, "band": band}).table("sch_wide", "band")


@pytest.mark.parametrize("correction", ["CR0", "CR1", "CR1S", "CR2", "CR3"])
def test_four_subgroups_are_those_of_clubsandwich(districts, more, correction):
    n_yes, n_base = districts[:2]
    fitted = more["clubSandwich_apiclus2"]["lpm_factor"]
    expected = fitted[correction]
    test = differences(n_yes, n_base, 0, correction)
    assert close(test.estimate, fitted["coef"][1:], 1e-11)
    assert close(test.standard_error, expected["se"][1:], 1e-12)
    assert close(test.df, expected["df"][1:], 1e-12)
    assert close(test.p_value, expected["p"][1:], 1e-11)
    for method in ("HTZ", "HTB", "Naive-F", "chi-sq"):
        wald, one = expected[f"Wald_{method}"], omnibus(n_yes, n_base, correction, method)
        assert close(one.statistic, wald["F"], 1e-11)
        assert (one.df1, one.n_levels, one.n_levels_left_out, one.n_services) == (3, 4, 0, 40)
        assert close(one.df2, float(wald["df2"]), 1e-12)
        assert close(one.p_value, wald["p"], 1e-11)


# Arithmetic on cases


def test_a_difference_of_two_subgroups_can_be_worked_out_by_hand():
    """With dummies the adjustment of each subgroup is 1 / sqrt(1 - the service's part of its cases)."""
    yes, base = YES[:, :2], BASE[:, :2]
    share, part = yes.sum(axis=0) / base.sum(axis=0), base / base.sum(axis=0)
    score = (yes - share * base) / base.sum(axis=0)
    scaled = score / np.sqrt(1 - part)
    test = differences(yes, base)
    assert close(test.estimate, [share[1] - share[0]], 1e-13)
    assert close(test.standard_error, [np.sqrt(np.square(scaled[:, 1] - scaled[:, 0]).sum())], 1e-12)


# Laws


@given(tables(), st.randoms(use_true_random=False))
def test_order_of_services_and_levels_does_not_matter(drawn, random):
    n_yes, n_base = drawn
    services, levels = list(range(len(n_base))), [1, 2]
    random.shuffle(services)
    random.shuffle(levels)
    moved = [each[services][:, [0, *levels]] for each in drawn]
    order = np.array(levels) - 1
    for test in (differences, lambda *table: contrasts(*table).odds_ratio):
        one, other = test(n_yes, n_base), test(*moved)
        assert (other.status == one.status[order]).all()
        assert close(other.estimate, one.estimate[order], 1e-9) | np.isnan(other.estimate).any()
        assert other.standard_error == pytest.approx(one.standard_error[order], rel=1e-6, nan_ok=True)
        assert other.p_value == pytest.approx(one.p_value[order], rel=1e-5, abs=1e-9, nan_ok=True)
    one, other = omnibus(n_yes, n_base), omnibus(*moved)
    assert one.status == other.status
    assert numbers(other) == pytest.approx(numbers(one), rel=1e-5, abs=1e-9, nan_ok=True)


@given(tables())
def test_swapping_the_reference_or_yes_and_no_turns_the_sign(drawn):
    n_yes, n_base = drawn[0][:, :2], drawn[1][:, :2]
    one = differences(n_yes, n_base)
    for other in (differences(n_yes, n_base, 1), differences(n_base - n_yes, n_base)):
        if one.status[0] not in ("all_yes", "all_no"):
            assert (other.status == one.status).all()
        assert other.estimate == pytest.approx(-one.estimate, abs=1e-12, nan_ok=True)
        assert other.standard_error == pytest.approx(one.standard_error, rel=1e-6, nan_ok=True)
        assert other.ci_low == pytest.approx(-one.ci_high, rel=1e-6, abs=1e-9, nan_ok=True)
        assert other.p_value == pytest.approx(one.p_value, rel=1e-5, abs=1e-9, nan_ok=True)


@given(tables())
def test_results_are_sensible_whatever_the_table(drawn):
    both = contrasts(*drawn)
    for result in (differences(*drawn), both.difference, both.risk_ratio, both.odds_ratio):
        ok = result.status == Status.OK
        assert (ok == ~np.isnan(result.p_value)).all()
        assert (ok == ~np.isnan(result.ci_low)).all()
        assert ((result.p_value >= 0) & (result.p_value <= 1))[ok].all()
        assert (result.ci_low <= result.estimate + 1e-12)[ok].all()
        assert (result.estimate <= result.ci_high + 1e-12)[ok].all()
        assert (result.standard_error[ok] > 0).all()
    known = ~np.isnan(both.difference.estimate)
    assert (np.abs(both.difference.estimate[known]) <= 1).all()
    test = omnibus(*drawn)
    assert (test.status == Status.OK) == (0 <= test.p_value <= 1)
    n_services = (drawn[1] > 0).sum(axis=0)
    assert test.n_levels == (n_services > 1).sum()
    assert test.n_levels_left_out == (n_services == 1).sum()


@given(tables())
def test_two_subgroups_have_the_same_test_both_ways(drawn):
    n_yes, n_base = drawn[0][:, :2], drawn[1][:, :2]
    pair, test = differences(n_yes, n_base), omnibus(n_yes, n_base)
    assume(test.status == Status.OK)
    assert pair.status == ["ok"]
    assert test.statistic == pytest.approx(pair.statistic.item() ** 2, rel=1e-6)
    assert test.p_value == pytest.approx(pair.p_value.item(), rel=1e-6, abs=1e-12)


@given(tables())
def test_another_subgroup_does_not_change_a_difference(drawn):
    n_yes, n_base = drawn
    three, two = differences(n_yes, n_base), differences(n_yes[:, :2], n_base[:, :2])
    assert three.status[0] == two.status[0]
    assert numbers(dataclasses.replace(three, status=np.array([""])))[::2] == pytest.approx(
        numbers(two), rel=1e-6, abs=1e-9, nan_ok=True
    )


def test_weights_of_one_size_change_nothing():
    one = differences(YES, BASE)
    two = share_differences(
        YES, BASE, YES * 0.3, BASE * 0.3, reference=0, correction="CR2", confidence_level=0.95
    )
    assert numbers(two) == pytest.approx(numbers(one), rel=1e-9)


# What cannot be computed


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status", "estimate"),
    [
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], "no_cases", NAN),
        ([[1, 0], [2, 0]], [[3, 0], [4, 0]], "one_level", NAN),
        ([[0, 1], [0, 2]], [[0, 3], [0, 4]], "one_level", NAN),
        ([[3, 1], [4, 2]], [[3, 1], [4, 2]], "all_yes", 0.0),
        ([[0, 0], [0, 0]], [[3, 1], [4, 2]], "all_no", 0.0),
        ([[1, 3]], [[2, 4]], "one_service", 0.25),
        ([[1, 3], [0, 0]], [[2, 4], [0, 0]], "one_service", 0.25),
        ([[1, 1], [1, 0], [2, 0]], [[2, 2], [2, 0], [4, 0]], "one_service", 0.0),
        ([[1, 1], [1, 0], [2, 0]], [[2, 1], [2, 0], [4, 0]], "one_service", 0.5),  # one case
        ([[1, 1], [2, 2], [1, 3]], [[2, 1], [3, 2], [3, 3]], "zero_cell", 0.5),
        ([[1, 0], [2, 0], [1, 0]], [[2, 1], [3, 2], [3, 3]], "zero_cell", -0.5),
        ([[1, 1], [1, 1], [1, 1]], [[2, 4], [2, 4], [2, 4]], "no_variation", -0.25),
    ],
)
def test_a_difference_that_cannot_be_tested_says_why(n_yes, n_base, status, estimate):
    for result in (differences(n_yes, n_base), contrasts(n_yes, n_base).difference):
        assert result.status == [status]
        assert result.estimate == pytest.approx([estimate], nan_ok=True)
        rest = [result.df, result.statistic, result.p_value, result.ci_low, result.ci_high]
        assert np.isnan(rest).all()
        if status == "no_variation":
            assert result.standard_error == [0]
        else:
            assert np.isnan(result.standard_error).all()


def test_a_subgroup_of_one_service_is_left_out_of_the_omnibus_test_and_counted():
    n_yes, n_base = np.insert(YES, 1, 0, axis=1), np.insert(BASE, 1, 0, axis=1)
    n_base[2, 1] = 1
    test, without = omnibus(n_yes, n_base), omnibus(YES, BASE)
    assert (test.status, test.n_levels, test.n_levels_left_out) == ("ok", 3, 1)
    assert numbers(test) == pytest.approx(numbers(without))
    assert list(differences(n_yes, n_base).status) == ["one_service", "ok", "ok"]


@pytest.mark.parametrize(
    ("n_yes", "n_base", "status"),
    [
        ([[0, 0, 0]] * 3, [[0, 0, 0]] * 3, "no_cases"),
        ([[1, 0, 0]] * 3, [[2, 0, 0]] * 3, "one_level"),
        ([[1, 1, 0], [1, 0, 0]], [[2, 2, 0], [2, 0, 0]], "one_level"),
        ([[2, 1, 3]] * 3, [[2, 1, 3]] * 3, "all_yes"),
        ([[0, 0, 0]] * 3, [[2, 1, 3]] * 3, "all_no"),
        ([[1, 1, 1]], [[2, 1, 3]], "one_service"),
        ([[1, 1, 1], [0, 1, 2], [2, 1, 1]], [[2, 1, 3], [2, 1, 2], [2, 1, 2]], "zero_cell"),
        ([[1, 1, 1]] * 3, [[2, 2, 3]] * 3, "no_variation"),
    ],
)
def test_an_omnibus_test_that_cannot_be_done_says_why(n_yes, n_base, status):
    test = omnibus(n_yes, n_base)
    assert test.status == status
    assert np.isnan(numbers(test)).all()


def test_a_zero_cell_is_no_proof():
    """All 12 of a subgroup, against 80 per cent of a thousand: the plain formula would give t = 13."""
    n_base = np.column_stack([np.full(40, 25), np.arange(40) < 12])
    n_yes = np.column_stack([np.tile([18, 20, 22, 20], 10), np.arange(40) < 12])
    result = differences(n_yes, n_base)
    assert result.status == ["zero_cell"]
    assert np.isnan(result.p_value).all()
    interval = newcombe_interval(12, 12, n_yes[:, 0].sum(), 1000, confidence_level=0.95)
    assert interval.ci_low < 0 < interval.ci_high


def test_tables_that_make_no_sense_are_refused():
    with pytest.raises(StatisticsError, match="services by subgroups"):
        differences([1, 2], [3, 4])
    with pytest.raises(StatisticsError, match="position from 0 to 2"):
        differences(YES, BASE, 3)
    with pytest.raises(StatisticsError, match="exceeds"):
        differences(BASE + 1, BASE)


# Behaviour over many inspections in which nothing differs


def rejections(subgroup_share, n_runs, seed):
    """Share of runs in which CR2 rejects a true null at 5 %: services differ, subgroups do not."""
    rng = np.random.default_rng(seed)
    rejected = []
    for _ in range(n_runs):
        size = rng.integers(5, 51, 43)
        inside = rng.binomial(size, subgroup_share(rng))
        n_base = np.stack([size - inside, inside], axis=1)
        n_yes = rng.binomial(n_base, rng.beta(0.4 * 17 / 3, 0.6 * 17 / 3, (43, 1)))
        rejected.append(differences(n_yes, n_base).p_value.item() < 0.05)
    return np.mean(rejected)


def test_cr2_holds_its_level_when_the_subgroup_varies_by_child_and_service():
    """As Looked After children do. 1,000 runs: the standard error of the rate is 0.007."""
    assert 0.04 <= rejections(lambda rng: rng.beta(1.5, 2.5, 43), 1000, 21) <= 0.07


def test_cr2_nearly_holds_its_level_when_the_subgroup_is_a_property_of_the_service():
    assert 0.035 <= rejections(lambda rng: rng.integers(0, 2, 43), 600, 22) <= 0.085


def test_a_large_inspection_is_compared():
    rng = np.random.default_rng(2)
    n_base = rng.poisson(10, (20_000, 5))
    n_yes = rng.binomial(n_base, 0.3)
    assert (differences(n_yes, n_base).status == Status.OK).all()
    assert omnibus(n_yes, n_base).status == Status.OK
