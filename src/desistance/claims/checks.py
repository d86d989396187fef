"""One function for each kind of statement, and the ledger.

A verdict is given twice: under the published method and under the headline one, which respects services. Where the
records are made up the basis says "by construction": the example was fitted to the claims, so agreement shows that
the arithmetic works and nothing else.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from desistance.claims.definition import Claim
from desistance.claims.domain_checks import assessed
from desistance.claims.evidence import EVERYONE, HEADLINE, PUBLISHED, Evidence, Method, Share, watched
from desistance.claims.outcome import (
    DIFFERS,
    HOLDS,
    NOT_TESTABLE,
    UNDETERMINED,
    Outcome,
    no_data,
    percent,
    with_interval,
)
from desistance.claims.service_checks import rate, service_share
from desistance.findings.tables import LEDGER_COLUMNS
from desistance.statistics.rounding import percent_half_up
from desistance.study import Measure

Check = Mapping[str, Any]


@dataclass(frozen=True)
class ShareWord:
    """When a share may be called by a word: the estimate in one range, its whole interval in a wider one."""

    estimate_low: float
    estimate_high: float
    interval_low: float
    interval_high: float

    def fits(self, estimate: float) -> bool:
        """Whether the estimate alone allows the word."""
        return self.estimate_low <= estimate <= self.estimate_high and estimate > self.interval_low

    def is_certain(self, ci_low: float, ci_high: float) -> bool:
        """Whether the whole interval allows the word."""
        return self.interval_low < ci_low and ci_high < self.interval_high


# ASSUME A1: the source does not define its words for shares; these ranges are this project's.
SHARE_WORDS = {
    "three-quarters": ShareWord(0.725, 0.775, 0.65, 0.85),
    "over half": ShareWord(0.5, 0.725, 0.5, 0.85),
    "majority": ShareWord(0.5, 1.0, 0.5, 1.01),
}


def ledger(
    claims: tuple[Claim, ...], evidence: Evidence, *, robustness: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """One row a claim: what was published, what these records say, and the verdict under each method.

    `robustness` is the share of the study's alternatives that agree with the headline verdict, by claim. `uses` names
    the findings that a claim was held against, so that what is hidden of them can be hidden here too.
    """
    basis = "by_construction" if evidence.facts["made_up"] else "from_records"
    rows = []
    for claim in claims:
        looked_at, uses = watched(evidence)
        outcome = evaluate(claim, looked_at, (PUBLISHED, HEADLINE))
        row = {
            "claim": claim.id,
            "source": claim.source,
            "statement": claim.statement,
            "published": claim.published,
            **_subject(claim.check or {}),
            "computed": outcome.computed,
            "verdict_published_method": outcome.verdicts[0],
            "verdict_design_based": outcome.verdicts[1],
            "basis": basis if claim.check else "",
            "robustness": (robustness or {}).get(claim.id, math.nan),
            "note": ". ".join(text for text in (outcome.note, claim.note) if text),
            "uses": ";".join(uses),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS)


def evaluate(claim: Claim, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    """Hold one claim against the evidence under each of some methods."""
    if claim.check is None:
        return Outcome("", (NOT_TESTABLE,) * len(methods), claim.reason)
    return CHECKS[claim.check["kind"]](claim.check, evidence, methods)


def _subject(check: Check) -> dict[str, str]:
    """What a claim speaks of: measures with an item and division, or shares and rates of services (gap.girls)."""
    measures = check.get("measures", [check["measure"]] if "measure" in check else [])
    told = [*check.get("shares", {}), *(f"rate.{item}" for item in check.get("items", []))]
    subject = {"measure": ";".join(measures), "item": check.get("item", ";".join(told))}
    return subject | {"breakdown": check.get("division", "")}


def _count(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    found = evidence.facts[f"n_{check['of']}"]
    return Outcome(f"{found:,}", (_verdict(found == check["equals"]),) * len(methods))


def _months(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    first, last = evidence.facts["first_date"], evidence.facts["last_date"]
    if first is None:
        return no_data(methods)
    verdict = _verdict((first[:7], last[:7]) == (check["first"], check["last"]))
    return Outcome(f"{_month(first)} to {_month(last)}", (verdict,) * len(methods))


def _share(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    """Whether a share may be called by a word; every share of the measure where no item is named."""
    # ASSUME A20: what is claimed of a judgement that is made at each stage is claimed of every stage.
    items = evidence.study.measure(check["measure"]).items
    named = {item.id: item.short for item in items if check.get("item", item.id) == item.id}
    shares = [evidence.shares.get((check["measure"], item, EVERYONE, EVERYONE)) for item in named]
    if None in shares:
        return no_data(methods)
    verdicts = zip(*(_called(share, SHARE_WORDS[check["word"]], methods) for share in shares), strict=True)
    texts = [with_interval(share) for share in shares]
    if len(texts) > 1:
        texts = [f"{short}: {text}" for short, text in zip(named.values(), texts, strict=True)]
    return Outcome("; ".join(texts), tuple(_weakest(each) for each in verdicts))


def _called(share: Share, word: ShareWord, methods: tuple[Method, ...]) -> tuple[str, ...]:
    fits, certain = word.fits(share.estimate), word.is_certain(share.ci_low, share.ci_high)
    careful = DIFFERS if not fits else HOLDS if certain else UNDETERMINED
    return _by_method(methods, _verdict(fits), careful)


def _rank(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    shares = {
        item.id: evidence.shares.get((check["measure"], item.id, EVERYONE, EVERYONE))
        for item in evidence.study.measure(check["measure"]).items
    }
    own = shares.pop(check["item"], None)
    others = [share for share in shares.values() if share is not None]
    if own is None or not others:
        return no_data(methods)
    sign = 1 if check["rank"] == "highest" else -1
    first = all(sign * own.estimate > sign * share.estimate for share in others)
    reach = [
        (share.ci_high >= own.ci_low) if sign == 1 else (share.ci_low <= own.ci_high) for share in others
    ]
    printed, possible = _percent_fits(check.get("percent"), own)
    careful = DIFFERS if not first or not possible else UNDETERMINED if any(reach) else HOLDS
    note = f"Intervals of {sum(reach)} other{'' if sum(reach) == 1 else 's'} overlap with it"
    place = f"{'' if first else 'not '}the {check['rank']} of {len(others) + 1}"
    verdicts = _by_method(methods, _verdict(first and printed), careful)
    return Outcome(f"{with_interval(own)}, {place}", verdicts, note if first and any(reach) else "")


def _percent_fits(percent: int | None, share: Share) -> tuple[bool, bool]:
    """Whether the share rounds to the printed percentage, and whether its interval allows that percentage."""
    if percent is None:
        return True, True
    printed = percent_half_up(share.estimate, decimals=0) == percent
    return printed, share.ci_low * 100 < percent + 0.5 and share.ci_high * 100 >= percent - 0.5


def _rises(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    division = evidence.study.division(check["division"])
    key = (check["measure"], check["item"], division.id)
    shares = [evidence.shares.get((*key, code)) for code in division.codes]
    means = [evidence.means.get((division.id, code)) for code in division.codes]
    if None in shares or None in means:
        return no_data(methods)
    estimates = [share.estimate for share in shares]
    rises = all(low < high for numbers in (estimates, means) for low, high in pairwise(numbers))
    texts = ", ".join(str(percent(share)) for share in shares)
    computed = f"{texts} per cent; mean {', '.join(f'{mean:.1f}' for mean in means)}"
    p_values = [evidence.trends.get((*key, method.trend, method.p_value)) for method in methods]
    return Outcome(computed, tuple(_judged(rises, p_value, evidence) for p_value in p_values))


def _differs(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    found = [_significant(evidence, check["measure"], check["division"], method) for method in methods]
    if not any(found):
        return no_data(methods)
    counts = [sum(items.values()) for items in found]
    verdicts = tuple(
        _verdict(count > 0) if items else UNDETERMINED for count, items in zip(counts, found, strict=True)
    )
    return Outcome(_counts_in_words(counts, len(found[0]), methods), verdicts)


def _lower_count(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    division = evidence.study.division(check["division"])
    found = [_significant(evidence, check["measure"], division.id, method) for method in methods]
    if not any(found):
        return no_data(methods)
    counts = [
        sum(
            significant
            and _is_lower(evidence, (check["measure"], item, division.id), division.codes, check["subgroup"])
            for item, significant in items.items()
        )
        for items in found
    ]
    verdicts = tuple(
        _verdict(count == check["equals"]) if items else UNDETERMINED
        for count, items in zip(counts, found, strict=True)
    )
    return Outcome(_counts_in_words(counts, len(found[0]), methods), verdicts)


def _lower(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    division = evidence.study.division(check["division"])
    texts, verdicts = [], []
    for measure in (evidence.study.measure(name) for name in check["measures"]):
        pairs = []
        for item in measure.items:
            key = (measure.id, item.id, division.id)
            shares = {code: evidence.shares.get((*key, code)) for code in division.codes}
            if None in shares.values():
                return no_data(methods)
            own = shares.pop(check["subgroup"])
            least = min(shares.values(), key=lambda share: share.estimate)
            pairs.append((own, least))
            p_values = [
                evidence.tests.get((measure.id, division.id, method.test, method.p_value), {}).get(item.id)
                for method in methods
            ]
            verdicts.append(
                [_judged(own.estimate < least.estimate, p_value, evidence) for p_value in p_values]
            )
        texts.append(_lower_in_words(measure, pairs, several=len(division.codes) > 2))
    return Outcome("; ".join(texts), tuple(_weakest(each) for each in zip(*verdicts, strict=True)))


def _lower_in_words(measure: Measure, pairs: list[tuple[Share, Share]], *, several: bool) -> str:
    """The share of the subgroup and the least of the others; of several items, how far apart they are at least."""
    own, least = pairs[0]
    if len(pairs) == 1:
        more = " or more" if several else ""
        return f"{measure.items[0].short}: {percent(own)} against {percent(least)}{more} per cent"
    low, high = (end((own for own, _ in pairs), key=lambda share: share.estimate) for end in (min, max))
    gaps = [least.estimate - own.estimate for own, least in pairs]
    kind, n_lower = "stages" if measure.staged else "items", sum(gap > 0 for gap in gaps)
    range_of = f"{measure.title}: {percent(low)} to {percent(high)} per cent"
    if n_lower < len(gaps):
        return f"{range_of}, lower at {n_lower} of {len(gaps)} {kind}"
    gap = percent_half_up(min(gaps), decimals=1)
    return f"{range_of}, lower by {gap} points or more at each of {len(gaps)} {kind}"


CHECKS: dict[str, Callable[[Check, Evidence, tuple[Method, ...]], Outcome]] = {
    "count": _count,
    "months": _months,
    "share": _share,
    "rank": _rank,
    "rises": _rises,
    "differs": _differs,
    "lower_count": _lower_count,
    "lower": _lower,
    "assessed": assessed,
    "service_share": service_share,
    "rate": rate,
}


def _significant(evidence: Evidence, measure: str, division: str, method: Method) -> dict[str, bool]:
    p_values = evidence.tests.get((measure, division, method.test, method.p_value), {})
    return {item: bool(p_value < evidence.significance_level) for item, p_value in p_values.items()}


def _is_lower(evidence: Evidence, key: tuple[str, str, str], codes: tuple[str, ...], subgroup: str) -> bool:
    shares = {code: evidence.shares.get((*key, code)) for code in codes}
    own = shares.pop(subgroup)
    return own is not None and all(
        share is None or own.estimate < share.estimate for share in shares.values()
    )


def _judged(points_that_way: bool, p_value: float | None, evidence: Evidence) -> str:
    if not points_that_way:
        return DIFFERS
    return HOLDS if p_value is not None and p_value < evidence.significance_level else UNDETERMINED


def _by_method(methods: tuple[Method, ...], published: str, careful: str) -> tuple[str, ...]:
    return tuple(published if method == PUBLISHED else careful for method in methods)


def _weakest(verdicts: tuple[str, ...]) -> str:
    return next(verdict for verdict in (DIFFERS, UNDETERMINED, HOLDS) if verdict in verdicts)


def _verdict(holds: bool) -> str:
    return HOLDS if holds else DIFFERS


def _counts_in_words(counts: list[int], total: int, methods: tuple[Method, ...]) -> str:
    first, *rest = (f"{count}{{}} by {method.says}" for count, method in zip(counts, methods, strict=True))
    return "; ".join([first.format(f" of {total}"), *(text.format("") for text in rest)])


def _month(day: str) -> str:
    return dt.date.fromisoformat(day).strftime("%B %Y")
