"""Verdicts without each service: what sums less a service's own say is what the evidence without it says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desistance.claims.counted import Counts
from desistance.claims.definition import read_claims
from desistance.claims.left_out import verdict_without, verdicts_without_each
from desistance.claims.practice import Practice
from desistance.claims.quick_verdicts import OPEN, QUICK, WORDS
from desistance.claims.without_each import WithoutEach
from desistance.settings import Inference
from desistance.statistics.design import one_stratum_design, stratified_design
from desistance.study import read_study
from desistance.tallies import NumberCounts, PairCounts, ServiceCounts

STUDIES = Path(__file__).parents[1] / "studies"
INFERENCE = Inference(0.95, 0.05, False, 30)


def claims_of(name):
    folder = STUDIES / name
    study = read_study(folder)
    claims = [claim for claim in read_claims(folder, study) if claim.check]
    return study, [claim for claim in claims if claim.check["kind"] in QUICK]


def share_counts(study, levels, n_services, random, weight):
    """Random counts; some services are large, some levels nearly empty, later levels have fewer yes."""
    shape = (n_services, len(study.items), len(levels))
    sizes = random.choice([2, 6, 12, 60], n_services, p=[0.3, 0.3, 0.3, 0.1])[:, None, None]
    base = random.binomial(sizes, random.choice([0.02, 0.5, 0.9], len(levels), p=[0.1, 0.5, 0.4]), shape)
    share = random.choice([0.0, 0.55, 0.75, 1.0], len(study.items), p=[0.05, 0.4, 0.5, 0.05])[:, None]
    fewer = random.choice([0.0, 0.1, 0.3]) * np.arange(len(levels)) / len(levels)
    yes = random.binomial(base, np.clip(share - fewer, 0, 1))
    scale = weight[:, None, None]
    missing = np.zeros(shape[1:], dtype=int)
    return ServiceCounts(study.items, levels, yes, base, yes * scale, base * scale, 0 * base, missing)


def random_counts(study, claims, n_services, seed, design=None):
    random = np.random.default_rng(seed)
    weight = random.choice([1.0, 1.0, 2.0], n_services) if seed % 2 else np.ones(n_services)
    divisions = {claim.check["division"] for claim in claims if "division" in claim.check}
    levels = {"all": ("all",)} | {name: study.division(name).codes for name in sorted(divisions)}
    shares = {name: share_counts(study, codes, n_services, random, weight) for name, codes in levels.items()}
    numbers = {
        name: NumberCounts(codes, cases, cases * weight[:, None, None], np.zeros(len(codes), dtype=int))
        for name, codes in levels.items()
        for cases in [random.binomial(3, 0.3, (n_services, len(codes), 5)).cumsum(axis=1)]
    }
    factors = tuple(item.id for item in study.combined.items)
    has_factor = random.random((20, len(factors))) < 0.2
    cases = random.binomial(1, 0.1, (n_services, 1, 20))
    told = [name for claim in claims for name in claim.check.get("shares", ())]
    answers = {name: random.choice([0.0, 1.0, np.nan], n_services, p=[0.5, 0.4, 0.1]) for name in told}
    base = random.integers(0, 90, n_services) * 1.0
    rates = {name: (random.binomial(base.astype(int), 0.27) * 1.0, base) for name in ("neet_under_16",)}
    return Counts(
        study,
        shares,
        numbers,
        design or one_stratum_design(n_services),
        INFERENCE,
        {"made_up": True},
        overlap_counts(factors, has_factor, cases),
        Practice(answers, rates),
    )


def overlap_counts(factors, has_factor, cases):
    """Cases with each factor and with it alone; `cases` have shape (n_services, 1, n_combinations)."""
    n_with = cases @ has_factor
    n_only = cases @ (has_factor & (has_factor.sum(axis=1, keepdims=True) == 1))
    pairs = np.zeros((0, 2), dtype=int)
    n_base, n_both = cases.sum(axis=2), np.zeros((len(cases), 1, 0), dtype=int)
    weights = (each * 1.0 for each in (n_base, n_with, n_both))
    return PairCounts(factors, ("all",), pairs, n_base, n_with, n_only, n_both, *weights)


def naive(claim, counts):
    return [verdict_without(claim, counts, service) for service in range(counts.design.n_services)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["bulletin_2021_03", "thematic_2016"])
def test_a_quick_verdict_is_that_of_the_evidence_or_left_open(name, seed):
    study, claims = claims_of(name)
    counts = random_counts(study, claims, 30, seed)
    each = WithoutEach(counts)
    for claim in claims:
        for quick, verdict in zip(
            QUICK[claim.check["kind"]](claim.check, each), naive(claim, counts), strict=True
        ):
            assert quick == OPEN or WORDS[quick] == verdict, claim.id


@pytest.mark.parametrize("seed", [0, 5])
def test_the_first_service_that_changes_a_verdict_is_found(seed):
    study, claims = claims_of("bulletin_2021_03")
    counts = random_counts(study, claims, 25, seed)
    strata = np.repeat(["a", "b", "c"], [12, 12, 1])
    counts = replace(counts, design=stratified_design(strata, [30.0] * 24 + [np.nan]))
    verdicts = {claim.id: naive(claim, counts) for claim in claims}
    for headline in WORDS:
        found = verdicts_without_each(claims, counts, dict.fromkeys((claim.id for claim in claims), headline))
        for claim in claims:
            others = [verdict for verdict in verdicts[claim.id] if verdict != headline]
            assert found[claim.id] == (others[0] if others else headline), claim.id


def test_of_many_services_hardly_any_verdict_is_left_open():
    study, claims = claims_of("bulletin_2021_03")
    each = WithoutEach(random_counts(study, claims, 2_000, 3))
    for claim in claims:
        assert (QUICK[claim.check["kind"]](claim.check, each) == OPEN).mean() < 0.02, claim.id


def test_nothing_is_left_out_of_one_service():
    study, claims = claims_of("bulletin_2021_03")
    assert verdicts_without_each(claims, random_counts(study, claims, 1, 1), {}) == {}
