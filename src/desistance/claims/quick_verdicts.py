"""The headline verdict of each kind of claim without each service, where numbers without each decide it.

The same rules as in `checks`, for all services at once and without words: a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from desistance.claims.checks import SHARE_WORDS
from desistance.claims.domain_checks import domain_of
from desistance.claims.outcome import DIFFERS, HOLDS, UNDETERMINED
from desistance.claims.practice import share_evidence
from desistance.claims.service_checks import SERVICE_WORDS, ServiceWord
from desistance.claims.without_each import NOT_TESTED, SIGNIFICANT, WithoutEach
from desistance.claims.without_each import OPEN as OPEN_TEST

WORDS = (DIFFERS, UNDETERMINED, HOLDS)
_NO, _UNKNOWN, _YES = range(3)
OPEN = 3
"""Beside the positions in `WORDS`: look at the evidence."""
_NOTHING_TOLD = 4

Check = Mapping[str, Any]


def _share(check: Check, each: WithoutEach) -> np.ndarray:
    items = [each.item(check["measure"], check["item"])] if "item" in check else each.items(check["measure"])
    found, word = each.shares(items), SHARE_WORDS[check["word"]]
    fits = (found.estimate >= word.estimate_low) & (found.estimate <= word.estimate_high)
    fits &= found.estimate > word.interval_low
    certain = (found.ci_low > word.interval_low) & (found.ci_high < word.interval_high)
    verdict = np.where(certain, _YES, np.where(found.certain, _UNKNOWN, OPEN))
    verdict = _weakest(np.where(fits, verdict, _NO))
    return np.where(np.isnan(found.estimate).any(axis=1), _UNKNOWN, verdict)


def _rank(check: Check, each: WithoutEach) -> np.ndarray:
    items, sign = each.items(check["measure"]), 1 if check["rank"] == "highest" else -1
    place = items.index(each.item(check["measure"], check["item"]))
    found = each.shares(items)
    own, others = found.estimate[:, [place]], np.delete(found.estimate, place, axis=1)
    there = ~np.isnan(others)
    first = ((sign * own > sign * others) | ~there).all(axis=1)
    own_low, own_high = found.ci_low[:, place], found.ci_high[:, place]
    low, high = (np.delete(ends, place, axis=1) for ends in (found.ci_low, found.ci_high))
    reach = (high >= own_low[:, None]) if sign == 1 else (low <= own_high[:, None])
    possible = np.ones(len(own), dtype=bool)
    if check.get("percent") is not None:
        possible = (own_low * 100 < check["percent"] + 0.5) & (own_high * 100 >= check["percent"] - 0.5)
    verdict = np.where(~possible, _NO, np.where((reach & there).any(axis=1), _UNKNOWN, _YES))
    verdict = np.where((found.certain | np.isnan(found.estimate)).all(axis=1), verdict, OPEN)
    verdict = np.where(first, verdict, _NO)
    return np.where(np.isnan(own[:, 0]) | ~there.any(axis=1), _UNKNOWN, verdict)


def _rises(check: Check, each: WithoutEach) -> np.ndarray:
    shares = each.estimates(check["division"], [each.item(check["measure"], check["item"])])[:, 0]
    means = each.means(check["division"])
    rises = (np.diff(shares, axis=1) > 0).all(axis=1) & (np.diff(means, axis=1) > 0).all(axis=1)
    verdict = _judged(rises, each.trend(check["measure"], check["item"], check["division"]))
    return np.where(np.isnan(shares).any(axis=1) | np.isnan(means).any(axis=1), _UNKNOWN, verdict)


def _differs(check: Check, each: WithoutEach) -> np.ndarray:
    tests = each.tests(check["division"], check["measure"])
    verdict = np.where((tests == NOT_TESTED).all(axis=1), _UNKNOWN, _NO)
    verdict = np.where((tests == OPEN_TEST).any(axis=1), OPEN, verdict)
    return np.where((tests == SIGNIFICANT).any(axis=1), _YES, verdict)


def _lower_count(check: Check, each: WithoutEach) -> np.ndarray:
    tests = each.tests(check["division"], check["measure"])
    own, others = _apart(check, each, check["measure"])
    lower = (np.isnan(others) | (own[..., None] < others)).all(axis=2) & ~np.isnan(own)
    count = ((tests == SIGNIFICANT) & lower).sum(axis=1)
    verdict = np.where(count == check["equals"], _YES, _NO)
    verdict = np.where((tests == NOT_TESTED).all(axis=1), _UNKNOWN, verdict)
    return np.where((tests == OPEN_TEST).any(axis=1), OPEN, verdict)


def _lower(check: Check, each: WithoutEach) -> np.ndarray:
    verdicts, missing = [], []
    for measure in check["measures"]:
        own, others = _apart(check, each, measure)
        verdicts.append(_judged(own < others.min(axis=2), each.tests(check["division"], measure)))
        missing.append(np.isnan(own) | np.isnan(others).any(axis=2))
    verdict = _weakest(np.concatenate(verdicts, axis=1))
    return np.where(np.concatenate(missing, axis=1).any(axis=1), _UNKNOWN, verdict)


def _apart(check: Check, each: WithoutEach, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the subgroup, shape (n_services, n_items), and of the other levels, one axis more."""
    levels = each.counts.study.division(check["division"]).codes
    shares, place = each.estimates(check["division"], each.items(measure)), levels.index(check["subgroup"])
    return shares[..., place], np.delete(shares, place, axis=2)


def _assessed(check: Check, each: WithoutEach) -> np.ndarray:
    found = each.shares([each.item(check["measure"], check["item"])])
    domain, counts = domain_of(each.counts.study, check["measure"], check["item"]), each.counts.pairs
    if domain not in counts.factors:
        return np.full(len(found.estimate), _UNKNOWN)
    place = counts.factors.index(domain)
    n_with, n_only = (amount[..., place].sum(axis=1) for amount in (counts.n_with, counts.n_only))
    own = np.stack([n_with, n_with - n_only])
    n_cases, n_with_another = own.sum(axis=1, keepdims=True) - own
    verdict = np.where(n_with_another > 0, np.where(found.certain[:, 0], _YES, OPEN), _NO)
    return np.where(np.isnan(found.estimate[:, 0]) | (n_cases == 0), _UNKNOWN, verdict)


def _service_share(check: Check, each: WithoutEach) -> np.ndarray:
    n_services = each.counts.design.n_services
    if not set(check["shares"]) <= set(each.counts.practice.answers):
        return np.full(n_services, _UNKNOWN)
    verdicts = [_of_answers(name, SERVICE_WORDS[word], each) for name, word in check["shares"].items()]
    told = np.stack(verdicts, axis=1)
    return np.where((told == _NOTHING_TOLD).any(axis=1), _UNKNOWN, _weakest(told))


def _of_answers(name: str, word: ServiceWord, each: WithoutEach) -> np.ndarray:
    """All services that gave the same answer leave the same numbers, so one of each sort is looked at."""
    practice = each.counts.practice.only({name})
    answers = np.nan_to_num(practice.answers[name], nan=-1.0)
    verdict = np.full(len(answers), _NOTHING_TOLD)
    for answer, first in zip(*np.unique(answers, return_index=True), strict=True):
        found = share_evidence(practice.without(first), each.counts.inference)
        if found:
            verdict[answers == answer] = WORDS.index(word.careful(found[name]))
    return verdict


def _rate(check: Check, each: WithoutEach) -> np.ndarray:
    if not set(check["items"]) <= set(each.counts.practice.numbers):
        return np.full(each.counts.design.n_services, _UNKNOWN)
    verdicts, missing = [], []
    for name in check["items"]:
        found = each.rate(name)
        verdict = np.where(found.ci_high < check["at_least"], _NO, _UNKNOWN)
        verdict = np.where(found.ci_low >= check["at_least"], _YES, verdict)
        verdicts.append(np.where(found.certain, verdict, OPEN))
        missing.append(np.isnan(found.estimate))
    return np.where(np.any(missing, axis=0), _UNKNOWN, _weakest(np.stack(verdicts, axis=1)))


QUICK: dict[str, Callable[[Check, WithoutEach], np.ndarray]] = {
    "share": _share,
    "rank": _rank,
    "rises": _rises,
    "differs": _differs,
    "lower_count": _lower_count,
    "lower": _lower,
    "assessed": _assessed,
    "service_share": _service_share,
    "rate": _rate,
}


def _judged(points_that_way: np.ndarray, tests: np.ndarray) -> np.ndarray:
    verdict = np.select([tests == SIGNIFICANT, tests == OPEN_TEST], [_YES, OPEN], _UNKNOWN)
    return np.where(points_that_way, verdict, _NO)


def _weakest(verdicts: np.ndarray) -> np.ndarray:
    """Over the second axis; open unless one is known not to hold."""
    weakest = np.where((verdicts == OPEN).any(axis=1), OPEN, verdicts.min(axis=1))
    return np.where((verdicts == _NO).any(axis=1), _NO, weakest)
