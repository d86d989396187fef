"""Variation between services: by hand from single cases, by brute force, and tables that cannot do."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp
from scipy.stats import binom

from desistance.findings.tables import FUNNEL_COLUMNS, VARIATION_COLUMNS
from desistance.findings.variation import funnel, variation
from desistance.study import STATES
from desistance.tallies import count_records
from records_builder import small_study
from test_findings_adjusted import FACTORS, INFERENCE, reference, reference_frame
from test_tallies import CASES, PLAIN, WEIGHTED, tally_of

TEXT = """\
id: small
title: A small study
source: {citation: None}
columns: {case: case_id, service: team}
measures: [{id: m, label: M, column: m}]
"""
with tempfile.TemporaryDirectory() as _folder:
    SMALL = small_study(Path(_folder), TEXT)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="module")
def table(sample):
    study, tally = sample
    return variation(tally, study, INFERENCE)


@pytest.fixture(scope="module")
def frame():
    return reference_frame()


def of_services(frame, outcome):
    """Yes and base of each service with a case in the base."""
    cases = frame[frame[outcome].isin(["yes", "no"])]
    grouped = (cases[outcome] == "yes").groupby(cases["service"])
    return grouped.sum().to_numpy(), grouped.size().to_numpy()


def row_of(table, outcome):
    measure, item = ("sufficiency", outcome[4:]) if outcome.startswith("suf_") else ("prevalence", outcome)
    return table[(table["measure"] == measure) & (table["item"] == item)].iloc[0]


OUTCOMES = ["lifestyle", "mental_health", "suf_lifestyle", "suf_physical_health"]


def test_rows_are_the_items_in_the_order_of_the_study(table):
    assert list(table) == VARIATION_COLUMNS
    assert table["item"].tolist() == [*FACTORS, *FACTORS, "three"]
    assert table["status"].tolist() == ["ok"] * 25
    assert table.notna().all(axis=None)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_shares_and_the_icc_are_those_of_an_analysis_of_variance(table, frame, outcome):
    yes, base = of_services(frame, outcome)
    row, k, n = row_of(table, outcome), len(base), base.sum()
    p = yes / base
    between = (base * (p - yes.sum() / n) ** 2).sum() / (k - 1)
    within = (yes * (1 - p)).sum() / (n - k)
    size = (n - (base**2).sum() / n) / (k - 1)
    assert (row["n_cases"], row["n_services"]) == (n, k)
    assert row["estimate"] == pytest.approx(yes.sum() / n)
    assert row["icc"] == pytest.approx((between - within) / (between + (size - 1) * within))
    assert row["icc_ci_low"] < row["icc"] < row["icc_ci_high"]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_leaving_out_each_service_gives_the_range_of_the_share(table, frame, outcome):
    yes, base = of_services(frame, outcome)
    without = [np.delete(yes, service).sum() / np.delete(base, service).sum() for service in range(len(base))]
    row = row_of(table, outcome)
    assert row["left_out_lowest"] == pytest.approx(min(without))
    assert row["left_out_highest"] == pytest.approx(max(without))


@pytest.mark.parametrize("outcome", ["lifestyle", "suf_mental_health"])
def test_the_random_intercept_is_the_peak_of_the_likelihood_on_a_fine_grid(table, frame, outcome):
    """The integral over each service as a plain sum of 2,001 points from -8 to 8 standard deviations."""
    yes, base = of_services(frame, outcome)
    u = np.linspace(-8, 8, 2001)
    log_density = -(u**2) / 2 - np.log(np.exp(-(u**2) / 2).sum())

    def log_terms(theta):
        log_odds = theta[0] + theta[1] * u
        return yes[:, None] * log_expit(log_odds) + (base - yes)[:, None] * log_expit(-log_odds) + log_density

    peak = minimize(lambda theta: -logsumexp(log_terms(theta), axis=1).sum(), [0.5, 0.5], tol=1e-10)
    row, sd = row_of(table, outcome), abs(peak.x[1])
    assert row["service_sd"] == pytest.approx(sd, rel=1e-4)
    assert row["latent_icc"] == pytest.approx(sd**2 / (sd**2 + np.pi**2 / 3), rel=2e-4)
    posterior = np.exp(log_terms(peak.x) - logsumexp(log_terms(peak.x), axis=1, keepdims=True))
    shrunken = posterior @ expit(peak.x[0] + peak.x[1] * u)
    assert row["shrunken_lowest"] == pytest.approx(shrunken.min(), rel=1e-4)
    assert row["shrunken_highest"] == pytest.approx(shrunken.max(), rel=1e-4)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_over_dispersion_is_the_mean_square_of_scores_drawn_in_at_the_ends(table, frame, outcome):
    yes, base = of_services(frame, outcome)
    p = yes.sum() / base.sum()
    z = (yes / base - p) / np.sqrt(p * (1 - p) / base)
    low, high = np.quantile(z, [0.1, 0.9])
    drawn_in = np.clip(z, low, high)
    assert row_of(table, outcome)["overdispersion"] == pytest.approx((drawn_in**2).mean())


def test_shrunken_shares_lie_within_those_observed(table, sample):
    study, tally = sample
    observed = funnel(tally, study).groupby(["measure", "item"], sort=False)["estimate"].agg(["min", "max"])
    assert (table["shrunken_lowest"].to_numpy() >= observed["min"].to_numpy()).all()
    assert (table["shrunken_highest"].to_numpy() <= observed["max"].to_numpy()).all()


def test_the_funnel_has_each_service_once_unnamed_and_by_size(sample, frame):
    study, tally = sample
    table = funnel(tally, study)
    assert list(table) == FUNNEL_COLUMNS
    for outcome in OUTCOMES:
        yes, base = of_services(frame, outcome)
        measure, item = (
            ("sufficiency", outcome[4:]) if outcome.startswith("suf_") else ("prevalence", outcome)
        )
        rows = table[(table["measure"] == measure) & (table["item"] == item)]
        found = list(zip(rows["n_cases"], rows["estimate"], strict=True))
        assert found == sorted(zip(base, yes / base, strict=True))


def tally_of_services(services):
    """Tally of one item from yes and base of each service, and perhaps cases that are not known."""
    cases = [
        (f"S{number}", answer)
        for number, (yes, base, *unknown) in enumerate(services)
        for answer in ["yes"] * yes + ["no"] * (base - yes) + ["not_known"] * sum(unknown)
    ]
    frame = pd.DataFrame(cases, columns=["service", "m"])
    frame["m"] = pd.Categorical(frame["m"], categories=STATES)
    return count_records([frame], SMALL, {})


def one_row(services):
    return variation(tally_of_services(services), SMALL, INFERENCE).iloc[0]


@pytest.mark.parametrize(
    ("services", "outside"),
    [
        ([(10, 20), (12, 20), (30, 40), (2, 20)], (2, 1)),
        ([(3, 3), (4, 4), (2, 3), (17, 20), (0, 3)], (1, 0)),
    ],
)
def test_services_outside_the_limits_are_those_with_a_tail_too_small(services, outside):
    """Of three or four cases, all yes is no surprise where most are."""
    p = sum(yes for yes, _ in services) / sum(n for _, n in services)
    tails = [min(binom.cdf(yes, n, p), binom.sf(yes - 1, n, p)) for yes, n in services]
    row = one_row(services)
    assert (row["n_outside_95"], row["n_outside_998"]) == outside
    assert (sum(tail < 0.025 for tail in tails), sum(tail < 0.001 for tail in tails)) == outside


NUMBERS = VARIATION_COLUMNS[5:-1]
LEFT_OUT = ["left_out_lowest", "left_out_highest"]


@pytest.mark.parametrize(
    ("services", "status", "given"),
    [
        ([(5, 5), (3, 3)], "all_yes", LEFT_OUT),
        ([(0, 5), (0, 3)], "all_no", LEFT_OUT),
        ([(2, 5)], "one_service", []),
        ([(0, 0, 2), (0, 0, 3)], "no_cases", []),
    ],
)
def test_one_answer_or_one_service_is_a_status(services, status, given):
    row = one_row(services)
    assert row["status"] == status
    assert [name for name in NUMBERS if not np.isnan(row[name])] == given


def test_one_case_a_service_has_no_likeness_but_a_funnel():
    row = one_row([(1, 1), (0, 1), (1, 1), (0, 1)])
    assert row["status"] == "one_case_each"
    assert np.isnan(row["icc"])
    assert np.isnan(row["service_sd"])
    assert row[["overdispersion", *LEFT_OUT]].notna().all()
    assert row["n_outside_95"] == 0


def test_services_alike_by_chance_have_a_deviation_of_0_and_every_number():
    row = one_row([(4, 10), (6, 12), (5, 10), (5, 11)])
    assert row["status"] == "ok"
    assert (row["service_sd"], row["latent_icc"], row["p_value"]) == (0.0, 0.0, 1.0)
    assert row["shrunken_lowest"] == pytest.approx(20 / 43)
    assert row[NUMBERS].notna().all()


def test_services_all_yes_or_all_no_have_a_status_and_what_can_be_had():
    row = one_row([(8, 8), (0, 9), (7, 7), (0, 8)])
    assert row["status"] != "ok"
    assert np.isnan(row["icc_ci_low"])
    assert row["left_out_lowest"] < row["estimate"] < row["left_out_highest"]


def test_services_without_a_case_in_the_base_are_left_out():
    tally = tally_of_services([(4, 10), (1, 12), (0, 0, 3)])
    assert variation(tally, SMALL, INFERENCE)["n_services"].tolist() == [2]
    table = funnel(tally, SMALL)
    assert table["n_cases"].tolist() == [10, 12]
    assert table["estimate"].tolist() == pytest.approx([0.4, 1 / 12])


def test_a_funnel_of_more_services_than_can_be_told_apart_has_no_points(monkeypatch):
    tally = tally_of_services([(1, 2), (1, 3), (2, 2)])
    assert len(funnel(tally, SMALL)) == 3
    monkeypatch.setattr("desistance.findings.variation.MOST_POINTS", 2)
    assert funnel(tally, SMALL).empty
    assert list(funnel(tally, SMALL)) == FUNNEL_COLUMNS


def test_a_funnel_without_cases_has_the_columns_and_no_row():
    table = funnel(tally_of_services([(0, 0, 2)]), SMALL)
    assert list(table) == FUNNEL_COLUMNS
    assert table.empty


# What depends on the random intercept.
MODEL = ["service_sd", "latent_icc", "p_value", "shrunken_lowest", "shrunken_highest", "status"]
SERVICES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=7)


@given(SERVICES, st.randoms())
@settings(max_examples=20)
def test_any_services_give_an_answer_or_a_reason_whatever_their_names(services, random):
    services = [(yes, yes + no, 1) for yes, no in services]
    tally = tally_of_services(services)
    table, points = variation(tally, SMALL, INFERENCE), funnel(tally, SMALL)
    row = table.iloc[0]
    assert row["status"] != ""
    if row["status"] == "ok":
        assert row.notna().all()
        assert row["icc_ci_low"] <= row["icc"] <= row["icc_ci_high"]
        assert row["left_out_lowest"] <= row["estimate"] + 1e-12
        assert row["n_outside_998"] <= row["n_outside_95"] <= row["n_services"]
        assert 0 <= row["p_value"] <= 1
        assert 0 <= row["shrunken_lowest"] <= row["shrunken_highest"] <= 1
    turned = tally_of_services(random.sample(services, len(services)))
    pd.testing.assert_frame_equal(funnel(turned, SMALL), points)
    again = variation(turned, SMALL, INFERENCE)
    # Where services are nearly all yes or all no, rounding decides whether the peak is found.
    gone = MODEL if "not_converged" in (row["status"], again["status"].iloc[0]) else []
    pd.testing.assert_frame_equal(again.drop(columns=gone), table.drop(columns=gone), rtol=1e-6, atol=1e-8)


@given(SERVICES)
@settings(max_examples=12)
def test_calling_yes_no_and_no_yes_changes_no_measure_of_spread(services):
    one = one_row([(yes, yes + no, 1) for yes, no in services])
    other = one_row([(no, yes + no, 1) for yes, no in services])
    names = ["icc", "overdispersion", "n_outside_95", "n_outside_998"]
    assert other[names].astype(float).tolist() == pytest.approx(
        one[names].astype(float).tolist(), rel=1e-6, abs=1e-9, nan_ok=True
    )
    if "not_converged" not in (one["status"], other["status"]):
        # Fifteen points are few where services differ by several in log odds.
        assert other["service_sd"] == pytest.approx(one["service_sd"], rel=0.01, abs=1e-6, nan_ok=True)


@given(CASES, st.sampled_from([PLAIN, WEIGHTED]))
@settings(max_examples=10)
def test_any_cases_give_a_row_an_item(cases, study):
    tally = tally_of(cases, study)
    table = variation(tally, study, INFERENCE)
    assert table["item"].tolist() == [item.id for item in study.items]
    assert (table["status"] != "").all()
    assert funnel(tally, study)["estimate"].between(0, 1).all()
