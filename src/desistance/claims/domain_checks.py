"""Statements of a framework of overlapping domains: practice is judged in the domain, and the domain overlaps.

Nothing is held against a number, because none was published: the share of cases judged effective is shown as what these
records say. Domains are never added up; the overlap of one domain is the cases with it that have any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from desistance.claims.evidence import EVERYONE, PUBLISHED, Evidence, Method, Overlap, Share
from desistance.claims.outcome import DIFFERS, HOLDS, UNDETERMINED, Outcome, no_data, with_interval
from desistance.statistics.rounding import percent_half_up
from desistance.study import Study
from desistance.tallies import PairCounts


def overlaps(counts: PairCounts) -> dict[str, Overlap]:
    """For each factor, the cases with it and those of them with another; cases with an unknown factor are left out."""
    n_with, n_only = (amount.sum(axis=(0, 1)).tolist() for amount in (counts.n_with, counts.n_only))
    return {
        factor: Overlap(with_it, with_it - alone)
        for factor, with_it, alone in zip(counts.factors, n_with, n_only, strict=True)
    }


def assessed(check: Mapping[str, Any], evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    """Whether the records hold judgements of the domain, and some cases with it have another too.

    By a method that respects services the share must have an interval as well.
    """
    share = evidence.shares.get((check["measure"], check["item"], EVERYONE, EVERYONE))
    overlap = evidence.overlaps.get(domain_of(evidence.study, check["measure"], check["item"]))
    if share is None or overlap is None or not overlap.n_cases:
        return no_data(methods)
    # ASSUME A22
    shared = HOLDS if overlap.n_with_another else DIFFERS
    careful = UNDETERMINED if shared == HOLDS and math.isnan(share.ci_low) else shared
    verdicts = tuple(shared if method == PUBLISHED else careful for method in methods)
    return Outcome(_in_words(share, overlap, evidence.study), verdicts)


def domain_of(study: Study, measure: str, item: str) -> str:
    """Item of the combined measure whose cases are the base of the judgement."""
    base = next(one.base for one in study.measure(measure).items if one.id == item)
    return next((one.id for one in study.combined.items if one.column == base), "")


def _in_words(share: Share, overlap: Overlap, study: Study) -> str:
    of_cases = "" if share.n_cases is None else f" of {share.n_cases:,} {study.words['case'][1]}"
    return (
        f"effective in {with_interval(share)}{of_cases}; {_how_many(overlap)} the {study.words['case'][1]} with this "
        f"{study.words['factor'][0]} have another too"
    )


def _how_many(overlap: Overlap) -> str:
    """Share with another domain; "all" and "none" are said only of all and none."""
    if overlap.n_with_another in (0, overlap.n_cases):
        return "all" if overlap.n_with_another else "none of"
    rounded = percent_half_up(overlap.n_with_another / overlap.n_cases, decimals=0)
    return f"{min(max(rounded, 1), 99)} per cent of"
