"""Verdicts with each service left out in turn, without holding every claim against the evidence that often.

Sums less a service's own give shares, intervals and means without each at once, and bounds of p-values. Where these
decide a verdict it is known; only where they do not is the claim held against the evidence without that service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from desistance.claims.checks import evaluate
from desistance.claims.counted import Counts, evidence_of, needed_tables
from desistance.claims.definition import Claim
from desistance.claims.evidence import HEADLINE
from desistance.claims.quick_verdicts import OPEN, QUICK, WORDS
from desistance.claims.without_each import WithoutEach


def verdicts_without_each(claims: list[Claim], counts: Counts, headline: Mapping[str, str]) -> dict[str, str]:
    """The headline verdict where every service left out keeps it, else the first other; no verdict of one service."""
    if counts.design.n_services < 2:
        return {}
    each = WithoutEach(counts)
    return {claim.id: _first_other(claim, each, headline[claim.id]) for claim in claims}


def _first_other(claim: Claim, each: WithoutEach, headline: str) -> str:
    """Verdict without the first service that changes it; the headline verdict where none does."""
    quick = QUICK[claim.check["kind"]](claim.check, each)
    own = _needed(claim, each.counts)
    for service in np.flatnonzero(quick != WORDS.index(headline)):
        verdict = verdict_without(claim, own, service) if quick[service] == OPEN else WORDS[quick[service]]
        if verdict != headline:
            return verdict
    return headline


def _needed(claim: Claim, counts: Counts) -> Counts:
    """Only the tables that one claim is about."""
    shares = {name: counts.shares[name] for name in needed_tables([claim])}
    numbers = {
        name: numbers for name, numbers in counts.numbers.items() if name == claim.check.get("division")
    }
    return replace(
        counts,
        shares=shares,
        numbers=numbers,
        pairs=counts.pairs if claim.check["kind"] == "assessed" else None,
        practice=counts.practice.only({*claim.check.get("shares", ()), *claim.check.get("items", ())}),
    )


def verdict_without(claim: Claim, counts: Counts, service: int) -> str:
    """Headline verdict without one service, from the evidence."""
    evidence = evidence_of([claim], without(counts, service), HEADLINE)
    return evaluate(claim, evidence, (HEADLINE,)).verdicts[0]


def without(counts: Counts, service: int) -> Counts:
    """The same counts with one service left out."""

    def drop(array: np.ndarray) -> np.ndarray:
        return np.delete(array, service, axis=0)

    names = ("n_yes", "n_base", "n_unknown", "weight_yes", "weight_base")
    shares = {
        name: replace(table, **{each: drop(getattr(table, each)) for each in names})
        for name, table in counts.shares.items()
    }
    numbers = {
        name: replace(table, n_cases=drop(table.n_cases), weight=drop(table.weight))
        for name, table in counts.numbers.items()
    }
    pairs = counts.pairs
    if pairs is not None:
        pairs = replace(pairs, n_with=drop(pairs.n_with), n_only=drop(pairs.n_only))
    return replace(
        counts,
        shares=shares,
        numbers=numbers,
        design=counts.design.without(service),
        pairs=pairs,
        practice=counts.practice.without(service),
    )
