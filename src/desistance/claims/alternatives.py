"""Whether a verdict hangs on a choice: every claim again under the study's named alternatives.

An alternative changes one thing: the test, the adjustment for many tests, what counts as an answer, the levels of a
breakdown, the weights, the target population, or which services are in. Everything else stays at the headline. The
evidence is computed straight from counts, and only the parts that some claim needs, because leaving out each service
in turn means doing it as often as there are services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from desistance.claims.checks import evaluate
from desistance.claims.definition import Claim
from desistance.claims.domain_checks import overlaps
from desistance.claims.evidence import EVERYONE, HEADLINE, PUBLISHED, Evidence, Method, Share
from desistance.claims.practice import Practice, practice_of, rate_evidence, share_evidence
from desistance.findings.design import service_design
from desistance.findings.tables import MULTIVERSE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.design import ServiceDesign
from desistance.statistics.multiplicity import benjamini_hochberg, holm
from desistance.statistics.omnibus import omnibus_tests
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.robust import Correction
from desistance.statistics.trends import cochran_armitage_test, share_slope
from desistance.study import Alternative, Breakdown, Level, Study
from desistance.tallies import (
    NumberCounts,
    PairCounts,
    ServiceCounts,
    Tally,
    number_counts,
    pair_counts,
    service_counts,
)

METHODS = {
    "published": PUBLISHED,
    "rao_scott": Method("rao_scott", "cr2", "p_holm", "Rao-Scott with Holm's adjustment"),
    "cr3": Method("cr3", "cr2", "p_holm", "CR3 with Holm's adjustment"),
    "none": Method("cr2", "cr2", "p_value", "CR2 without adjustment"),
    "benjamini_hochberg": Method("cr2", "cr2", "p_bh", "CR2 with Benjamini and Hochberg's adjustment"),
}
TESTED = {"rises", "differs", "lower_count", "lower"}
COUNTED = {"count", "months"}
OF_SERVICES = {"service_share", "rate"}
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Counts:
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


def multiverse(
    claims: tuple[Claim, ...], tally: Tally, study: Study, inference: Inference, headline: Mapping[str, str]
) -> pd.DataFrame:
    """Verdict of each claim under each alternative, and whether it agrees with the headline verdict.

    Parameters
    ----------
    claims, tally, study, inference
        As for the ledger.
    headline : mapping
        Claim id to its headline (design-based) verdict.

    Returns
    -------
    DataFrame
        `claim, alternative, label, verdict, agrees`. `agrees` is "yes" or "no"; empty, with an empty verdict,
        where the alternative has no bearing on the claim. Leaving out each service agrees where all do.
    """
    tested = tuple(claim for claim in claims if claim.check is not None)
    counts = _needed_counts(tested, tally, study, inference)
    rows = []
    for alternative in study.alternatives:
        bearing = [claim for claim in tested if _bears_on(alternative, claim, study)]
        found = _verdicts(alternative, bearing, counts, headline)
        for claim in tested:
            verdict = found.get(claim.id, "")
            agrees = ("yes" if verdict == headline[claim.id] else "no") if verdict else ""
            rows.append([claim.id, alternative.id, alternative.label, verdict, agrees])
    return pd.DataFrame(rows, columns=MULTIVERSE_COLUMNS)


def agreement(table: pd.DataFrame) -> dict[str, float]:
    """Share of the alternatives with a bearing on a claim that agree with its headline verdict (0-1)."""
    known = table[table["agrees"] != ""]
    return (known["agrees"] == "yes").groupby(known["claim"]).mean().to_dict()


def _bears_on(alternative: Alternative, claim: Claim, study: Study) -> bool:
    kind = claim.check["kind"]
    if kind in COUNTED:
        return False
    if kind in OF_SERVICES:
        # Neither cases nor tests come into it.
        return alternative.kind == "leave_out"
    if alternative.kind == "multiplicity":
        # A family of one test needs no adjustment.
        measures = claim.check.get("measures", [claim.check.get("measure")])
        return kind in TESTED and any(len(study.measure(name).items) > 1 for name in measures)
    if alternative.kind == "test":
        return kind in TESTED and (kind != "rises" or alternative.value == "published")
    if alternative.kind == "merge":
        # A claim about one subgroup, or about every step of a band, says nothing of merged ones.
        return kind == "differs" and claim.check["division"] == alternative.value["division"]
    return True


def _verdicts(
    alternative: Alternative, claims: list[Claim], counts: _Counts, headline: Mapping[str, str]
) -> dict[str, str]:
    if not claims:
        return {}
    if alternative.kind == "leave_out":
        return _left_out(claims, counts, headline)
    if alternative.kind in ("test", "multiplicity"):
        method, changed = METHODS[alternative.value], counts
    else:
        method = METHODS["rao_scott"] if alternative.kind == "sampled_fraction" else HEADLINE
        changed = CHANGES[alternative.kind](counts, alternative.value)
    evidence = _evidence(claims, changed, method)
    return {claim.id: evaluate(claim, evidence, (method,)).verdicts[0] for claim in claims}


def _left_out(claims: list[Claim], counts: _Counts, headline: Mapping[str, str]) -> dict[str, str]:
    """The headline verdict where every service left out keeps it, else the first other; no verdict of one service."""
    if counts.design.n_services < 2:
        return {}
    verdicts = {claim.id: headline[claim.id] for claim in claims}
    for service in range(counts.design.n_services):
        evidence = _evidence(claims, _without(counts, service), HEADLINE)
        for claim in claims:
            verdict = evaluate(claim, evidence, (HEADLINE,)).verdicts[0]
            if verdicts[claim.id] == headline[claim.id]:
                verdicts[claim.id] = verdict
    return verdicts


def _needed_counts(claims: tuple[Claim, ...], tally: Tally, study: Study, inference: Inference) -> _Counts:
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
    return _Counts(study, shares, numbers, design, inference, tally.facts, pairs, practice)


def _evidence(claims: list[Claim], counts: _Counts, method: Method) -> Evidence:
    shares: dict[tuple[str, str, str, str], Share] = {}
    tests: dict[tuple[str, str, str, str], dict[str, float]] = {}
    trends: dict[tuple[str, str, str, str, str], float] = {}
    for name, measures in _needed_tables(claims).items():
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
        for level, mean in zip(numbers.levels, _mean_numbers(numbers), strict=True)
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


def _needed_tables(claims: list[Claim]) -> dict[str, set[str]]:
    """Measures that claims are about, by division."""
    needed: dict[str, set[str]] = {}
    for claim in claims:
        own = [claim.check["measure"]] if "measure" in claim.check else []
        for measure in claim.check.get("measures", own):
            needed.setdefault(claim.check.get("division", EVERYONE), set()).add(measure)
    return needed


def _arrays(counts: _Counts, name: str, item: int | list[int]) -> Arrays:
    table = counts.shares[name]
    arrays = (table.n_yes, table.n_base, table.weight_yes, table.weight_base)
    return tuple(array[:, item] for array in arrays)


def _shares(
    counts: _Counts, name: str, items: list[int]
) -> Iterator[tuple[tuple[str, str, str, str], Share]]:
    found = clustered_proportions(
        *_arrays(counts, name, items),
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


def _p_values(counts: _Counts, name: str, items: list[int], method: Method) -> dict[str, dict[str, float]]:
    """P-values of items, by measure: each is a family of its own."""
    adjust = {"p_holm": holm, "p_bh": benjamini_hochberg, "p_value": np.asarray}[method.p_value]
    found = _tests(_arrays(counts, name, items), counts.design, method.test)
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


def _trend(counts: _Counts, key: tuple[str, str, str], method: Method) -> float:
    """Unadjusted: a share over one band variable is a family of one."""
    measure, item, name = key
    number = next(
        n for n, each in enumerate(counts.study.items) if (each.measure, each.id) == (measure, item)
    )
    arrays = _arrays(counts, name, number)
    scores = np.arange(arrays[0].shape[1])
    if method.trend == "cochran_armitage":
        return cochran_armitage_test(arrays[0].sum(axis=0), arrays[1].sum(axis=0), scores=scores).p_value
    level = counts.inference.confidence_level
    return share_slope(*arrays, scores=scores, correction=Correction.CR2, confidence_level=level).p_value


def _mean_numbers(numbers: NumberCounts) -> np.ndarray:
    weight = numbers.weight.sum(axis=0)
    total = weight.sum(axis=1)
    sums = weight @ np.arange(weight.shape[1])
    return np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0)


def _without(counts: _Counts, service: int) -> _Counts:
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
    design = ServiceDesign(drop(counts.design.stratum), drop(counts.design.sampling_fraction))
    pairs = counts.pairs
    if pairs is not None:
        pairs = replace(pairs, n_with=drop(pairs.n_with), n_only=drop(pairs.n_only))
    changed = {"design": design, "pairs": pairs, "practice": counts.practice.without(service)}
    return replace(counts, shares=shares, numbers=numbers, **changed)


def _unknowns_as(counts: _Counts, answer: str) -> _Counts:
    """Cases of the base that are not known or not recorded get an answer; each weighs as its item's cases do."""

    def answered(table: ServiceCounts) -> ServiceCounts:
        base = table.n_base.sum(axis=(0, 2), keepdims=True)
        mean_weight = table.weight_base.sum(axis=(0, 2), keepdims=True) / np.maximum(base, 1)
        weight = table.n_unknown * np.where(base > 0, mean_weight, 1.0)
        yes = 1 if answer == "yes" else 0
        return replace(
            table,
            n_yes=table.n_yes + yes * table.n_unknown,
            n_base=table.n_base + table.n_unknown,
            weight_yes=table.weight_yes + yes * weight,
            weight_base=table.weight_base + weight,
        )

    return replace(counts, shares={name: answered(table) for name, table in counts.shares.items()})


def _merged(counts: _Counts, merge: Mapping[str, object]) -> _Counts:
    """One division with some of its levels taken together."""
    name = merge["division"]
    division, table = counts.study.division(name), counts.shares[name]
    groups = [[table.levels.index(code) for code in group] for group in merge["into"]]
    codes = tuple("+".join(group) for group in merge["into"])

    def together(array: np.ndarray) -> np.ndarray:
        return np.stack([array[..., group].sum(axis=-1) for group in groups], axis=-1)

    names = ("n_yes", "n_base", "n_unknown", "n_missing", "weight_yes", "weight_base")
    merged = replace(table, levels=codes, **{each: together(getattr(table, each)) for each in names})
    levels = tuple(Level(code, code, code) for code in codes)
    study = _with_division(counts.study, replace(division, levels=levels, reference=codes[0]))
    return replace(counts, study=study, shares={**counts.shares, name: merged})


def _with_division(study: Study, division: Breakdown) -> Study:
    def swap(divisions: tuple[Breakdown, ...]) -> tuple[Breakdown, ...]:
        return tuple(division if each.id == division.id else each for each in divisions)

    return replace(study, breakdowns=swap(study.breakdowns), bands=swap(study.bands))


def _services_equal(counts: _Counts, choice: str) -> _Counts:
    """Each service's cases together weigh the same, whatever their number."""
    everyone = counts.shares[EVERYONE]
    own = [number for number, item in enumerate(everyone.items) if not item.parts]
    total = (everyone.weight_base.sum(axis=2) + everyone.n_unknown.sum(axis=2))[:, own].max(axis=1)
    scale = (total.sum() / len(total)) / np.where(total > 0, total, 1.0)

    def weighed(table: ServiceCounts) -> ServiceCounts:
        factor = scale[:, None, None]
        return replace(table, weight_yes=table.weight_yes * factor, weight_base=table.weight_base * factor)

    shares = {name: weighed(table) for name, table in counts.shares.items()}
    numbers = {
        name: replace(table, weight=table.weight * scale[:, None, None])
        for name, table in counts.numbers.items()
    }
    return replace(counts, shares=shares, numbers=numbers)


def _sampled(counts: _Counts, fraction: float) -> _Counts:
    design = ServiceDesign(counts.design.stratum, np.full(counts.design.n_services, fraction))
    return replace(counts, design=design)


CHANGES: dict[str, Callable[[_Counts, object], _Counts]] = {
    "unknowns": _unknowns_as,
    "merge": _merged,
    "weights": _services_equal,
    "sampled_fraction": _sampled,
}
