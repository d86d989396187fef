"""What claims need of a tally, and the evidence that follows from it under any method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from desistance.claims.definition import Claim
from desistance.claims.domain_checks import overlaps
from desistance.claims.evidence import EVERYONE, Evidence, Method, Share
from desistance.claims.practice import Practice, practice_of, rate_evidence, share_evidence
from desistance.findings.design import service_design
from desistance.settings import Inference
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.design import ServiceDesign
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.omnibus import omnibus_tests
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.robust import Correction
from desistance.statistics.trends import cochran_armitage_test, share_slope
from desistance.study import Study
from desistance.tallies import (
    NumberCounts,
    PairCounts,
    ServiceCounts,
    Tally,
    number_counts,
    pair_counts,
    service_counts,
)

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Counts:
    """What claims need of a tally: counts by service for everyone ("all") and for each division they name.

    `pairs` is there where some claim is about the overlap of domains; `practice` holds what claims about
    services name.
    """

    study: Study
    shares: Mapping[str, ServiceCounts]
    numbers: Mapping[str, NumberCounts]
    design: ServiceDesign
    inference: Inference
    facts: Mapping[str, object]
    pairs: PairCounts | None
    practice: Practice


def needed_counts(claims: tuple[Claim, ...], tally: Tally, study: Study, inference: Inference) -> Counts:
    """What some claims need of a tally, and no more."""
    names = dict.fromkeys(claim.check["division"] for claim in claims if "division" in claim.check)
    shares = {EVERYONE: service_counts(tally, study, None)}
    shares |= {name: service_counts(tally, study, study.division(name)) for name in names}
    risen = dict.fromkeys(claim.check["division"] for claim in claims if claim.check["kind"] == "rises")
    numbers = {name: number_counts(tally, study, study.division(name)) for name in risen}
    overlapping = any(claim.check["kind"] == "assessed" for claim in claims)
    pairs = pair_counts(tally, study, None) if overlapping else None
    design = service_design(tally, inference)
    named = {name for claim in claims for key in ("shares", "items") for name in claim.check.get(key, ())}
    practice = practice_of(tally, study).only(named)
    return Counts(study, shares, numbers, design, inference, tally.facts, pairs, practice)


def evidence_of(claims: list[Claim], counts: Counts, method: Method) -> Evidence:
    """The numbers that some claims are held against, by one method."""
    shares: dict[tuple[str, str, str, str], Share] = {}
    tests: dict[tuple[str, str, str, str], dict[str, float]] = {}
    trends: dict[tuple[str, str, str, str, str], float] = {}
    for name, measures in needed_tables(claims).items():
        items = [number for number, item in enumerate(counts.shares[name].items) if item.measure in measures]
        shares |= dict(_shares(counts, name, items))
        if name != EVERYONE:
            for measure, p_values in _p_values(counts, name, items, method).items():
                tests[(measure, name, method.test, method.p_value)] = p_values
    for claim in claims:
        if claim.check["kind"] == "rises":
            key = (claim.check["measure"], claim.check["item"], claim.check["division"])
            trends[(*key, method.trend, method.p_value)] = _trend(counts, key, method)
    means = {
        (name, level): mean
        for name, numbers in counts.numbers.items()
        for level, mean in zip(numbers.levels, mean_numbers(numbers), strict=True)
        if np.isfinite(mean)
    }
    return Evidence(
        counts.study,
        shares,
        means,
        tests,
        trends,
        counts.facts,
        counts.inference.significance_level,
        overlaps(counts.pairs) if counts.pairs else {},
        share_evidence(counts.practice, counts.inference),
        rate_evidence(counts.practice, counts.design, counts.inference),
    )


def needed_tables(claims: list[Claim]) -> dict[str, set[str]]:
    """Measures that claims are about, by division."""
    needed: dict[str, set[str]] = {}
    for claim in claims:
        own = [claim.check["measure"]] if "measure" in claim.check else []
        for measure in claim.check.get("measures", own):
            needed.setdefault(claim.check.get("division", EVERYONE), set()).add(measure)
    return needed


def arrays_of(counts: Counts, name: str, item: int | list[int]) -> Arrays:
    """Counts and weights of items in one division, shape (n_services, ..., n_levels)."""
    table = counts.shares[name]
    arrays = (table.n_yes, table.n_base, table.weight_yes, table.weight_base)
    return tuple(array[:, item] for array in arrays)


def _shares(counts: Counts, name: str, items: list[int]) -> Iterator[tuple[tuple[str, str, str, str], Share]]:
    found = clustered_proportions(
        *arrays_of(counts, name, items),
        counts.design,
        confidence_level=counts.inference.confidence_level,
        minimum_effective_base=counts.inference.small_effective_base,
    )
    for row, number in enumerate(items):
        item = counts.shares[name].items[number]
        for column, level in enumerate(counts.shares[name].levels):
            share = Share(
                *(float(values[row, column]) for values in (found.estimate, found.ci_low, found.ci_high))
            )
            if np.isfinite(share.estimate):
                yield (item.measure, item.id, name, level), share


def _p_values(counts: Counts, name: str, items: list[int], method: Method) -> dict[str, dict[str, float]]:
    """P-values of items, by measure: each is a family of its own."""
    adjust = {"p_holm": holm, "p_bh": benjamini_hochberg, "p_value": np.asarray}[method.p_value]
    found = _tests(arrays_of(counts, name, items), counts.design, method.test)
    named = [counts.shares[name].items[number] for number in items]
    by_measure = {}
    for measure in dict.fromkeys(item.measure for item in named):
        family = [number for number, item in enumerate(named) if item.measure == measure]
        p_values = zip(family, adjust(found[family]), strict=True)
        by_measure[measure] = {named[number].id: float(p) for number, p in p_values if np.isfinite(p)}
    return by_measure


def _tests(arrays: Arrays, design: ServiceDesign, test: str) -> np.ndarray:
    """P-value of each item, of arrays with shape (n_services, n_items, n_levels)."""
    if test not in ("pearson", "rao_scott"):
        return omnibus_tests(*arrays, correction=Correction(test.upper())).p_value
    items = [[array[:, item] for array in arrays] for item in range(arrays[0].shape[1])]
    if test == "rao_scott":
        return np.array([rao_scott_test(*each, design).p_value for each in items])
    return np.array([pearson_test(each[0].sum(axis=0), each[1].sum(axis=0)).p_value for each in items])


def _trend(counts: Counts, key: tuple[str, str, str], method: Method) -> float:
    """Unadjusted: a share over one band variable is a family of one."""
    measure, item, name = key
    number = next(
        n for n, each in enumerate(counts.study.items) if (each.measure, each.id) == (measure, item)
    )
    arrays = arrays_of(counts, name, number)
    scores = np.arange(arrays[0].shape[1])
    if method.trend == "cochran_armitage":
        return cochran_armitage_test(arrays[0].sum(axis=0), arrays[1].sum(axis=0), scores=scores).p_value
    level = counts.inference.confidence_level
    return share_slope(*arrays, scores=scores, correction=Correction.CR2, confidence_level=level).p_value


def mean_numbers(numbers: NumberCounts) -> np.ndarray:
    """Mean number of factors in each level; NaN without cases."""
    weight = numbers.weight.sum(axis=0)
    total = weight.sum(axis=1)
    sums = weight @ np.arange(weight.shape[1])
    return np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0)
