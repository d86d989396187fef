"""Whether a verdict hangs on a choice: every claim again under the study's named alternatives.

An alternative changes one thing: the test, the adjustment for many tests, what counts as an answer, the levels of a
breakdown, the weights, the target population, or which services are in. Everything else stays at the headline. The
evidence is computed straight from counts, and only the parts that some claim needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from desistance.claims.checks import evaluate
from desistance.claims.counted import Counts, evidence_of, needed_counts
from desistance.claims.definition import Claim
from desistance.claims.evidence import EVERYONE, HEADLINE, PUBLISHED, Method
from desistance.claims.left_out import verdicts_without_each
from desistance.findings.tables import MULTIVERSE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign
from desistance.study import Alternative, Breakdown, Level, Study
from desistance.tallies import ServiceCounts, Tally

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
    if not tested or not study.alternatives:
        return pd.DataFrame(columns=MULTIVERSE_COLUMNS)  # and nothing is added up
    counts = needed_counts(tested, tally, study, inference)
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
    alternative: Alternative, claims: list[Claim], counts: Counts, headline: Mapping[str, str]
) -> dict[str, str]:
    if not claims:
        return {}
    if alternative.kind == "leave_out":
        return verdicts_without_each(claims, counts, headline)
    if alternative.kind in ("test", "multiplicity"):
        method, changed = METHODS[alternative.value], counts
    else:
        method = METHODS["rao_scott"] if alternative.kind == "sampled_fraction" else HEADLINE
        changed = CHANGES[alternative.kind](counts, alternative.value)
    evidence = evidence_of(claims, changed, method)
    return {claim.id: evaluate(claim, evidence, (method,)).verdicts[0] for claim in claims}


def _unknowns_as(counts: Counts, answer: str) -> Counts:
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


def _merged(counts: Counts, merge: Mapping[str, object]) -> Counts:
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


def _services_equal(counts: Counts, choice: str) -> Counts:
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


def _sampled(counts: Counts, fraction: float) -> Counts:
    design = ServiceDesign(counts.design.stratum, np.full(counts.design.n_services, fraction))
    return replace(counts, design=design)


CHANGES: dict[str, Callable[[Counts, object], Counts]] = {
    "unknowns": _unknowns_as,
    "merge": _merged,
    "weights": _services_equal,
    "sampled_fraction": _sampled,
}
