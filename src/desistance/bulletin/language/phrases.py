"""Phrases that need the study's own words: who was counted, where and when, and what was found of whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from desistance.bulletin.inline import link, plain
from desistance.bulletin.language.shown import What, bracketed
from desistance.bulletin.language.words import (
    count,
    counted,
    decimal,
    interval,
    interval_ends,
    joined,
    month,
    per_cent,
    percent_cell,
    percent_digits,
    percentage,
    points,
    sentence,
    share_of,
    telling_digits,
    whole_percent,
    within,
)
from desistance.bulletin.reading.cells import ABSENT
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Mean, Share
from desistance.study import Breakdown, Item, Level, Measure, Study

# Of one item in one division: the level with the highest share, and the level with the lowest.
Ends = tuple[Level, Share, Level, Share]

# `says` of a measure with several items either needs the item's label before it ("was identified in") or is a
# clause of its own ("delivery was sufficient in"), and then the label follows; a verb at the start tells which.
VERBS = frozenset({"is", "are", "was", "were", "has", "have", "had", "did", "does", "applied", "applies"})
PREPOSITIONS = frozenset({"in", "by", "for", "of", "to", "with", "among"})
UNKNOWN_REASONS = {
    "no_cases": "no cases in the base",
    "one_service": "all cases in one service",
    "no_degrees_of_freedom": "too few services",
    "fully_inspected": "every service was inspected",
    "no_variation": "no variation between cases",
    "all_yes": "every case is a yes",
    "all_no": "every case is a no",
    "one_level": "only one subgroup has cases",
    "too_large": "the exact calculation is too large",
    "one_case_each": "no service has two cases",
    "no_precision": "a base, a share or a design effect is missing or nought",
    "out_of_reach": "not even the largest difference the share allows would be seen",
    "separated": "an answer goes wholly with one group, so the model has no finite answer",
    "collinear": "groups coincide, so their effects cannot be told apart",
    "constant": "every answer is the same",
    "not_converged": "the model could not be fitted",
    "more_parameters_than_services": "the model has more terms than there are services",
    "one_service_decides": "all of a group is in one service",
    "factor_absent": "nobody has one of the two",
    "never_together": "the two never occur together",
    "zero_cell": "a cell of the table is empty, so a ratio has no interval",
    "lonely_stratum": "a stratum holds a single service",
    "ok": "this number does not apply here",
    "suppressed": "hidden so that nobody can be identified",
    "low_reliability": "this number does not apply here",
    "": "not computed",
}


def cases(study: Study) -> str:
    """What is counted, in the plural."""
    return study.words["case"][1]


def factor(study: Study) -> str:
    """One item of a measure, in the singular."""
    return study.words["factor"][0]


def factors(study: Study) -> str:
    """Items of a measure, in the plural; without what qualifies them, which is said once a section."""
    return study.words["factor"][1]


def period(study: Study, numbers: Numbers) -> str:
    """Months from the first accepted record to the last; the study's window failing that; or nothing."""
    first, last = numbers.facts.get("first_date"), numbers.facts.get("last_date")
    if not (first and last) and study.date:
        first, last = study.date.first.isoformat(), study.date.last.isoformat()
    if not (first and last):
        return ""
    return month(first) if month(first) == month(last) else f"{month(first)} to {month(last)}"


def place(study: Study, numbers: Numbers) -> str:
    """Services counted; the study's own place when it does not speak of another number of them."""
    n_services = numbers.facts.get("n_services") or 0
    said = study.source.get("place", "")
    spoken = {int(digits.replace(",", "")) for digits in re.findall(r"\d[\d,]*", said)}
    if said and spoken <= {n_services}:
        return said if spoken else f"{counted(n_services, study.words['service'])}, {said}"
    return counted(n_services, study.words["service"])


def setting(study: Study, numbers: Numbers) -> str:
    """Place and period, as a statistical title ends."""
    return ", ".join(part for part in (place(study, numbers), period(study, numbers)) if part)


def cited(text: str, place: str) -> str:
    """Text that leads to the row or the table of the report, or the file beside it, that holds its numbers.

    `place` is an anchor of the report or a file ("tables/pairs.csv"); without one the text stays as it is.
    """
    if not (text and place):
        return text
    return link(plain(text), place if "/" in place else f"#{place}")


def evidence(share: Share, numbers: Numbers, *, with_percent: bool, short: bool = False) -> str:
    """What stands in brackets after a share: the percentage, its interval and its base, as a link to its row."""
    parts = [per_cent(share.exact, digits_of(share))] if with_percent else []
    if share.has_interval:
        said = interval(share.low, share.high)
        parts.append(said if short else f"{numbers.confidence} per cent interval {said}")
    parts += [f"n = {count(share.n_cases)}"] if share.n_cases is not None else []
    return cited("; ".join(parts), share.place)


def statement(measure: Measure) -> str:
    """What a measure says, without the amount: "delivery was sufficient" of "delivery was sufficient in"."""
    words = measure.says.split()
    return " ".join(words[:-1] if words[-1] in PREPOSITIONS else words)


def label_leads(measure: Measure) -> bool:
    """Whether the item's label is the subject of what the measure says."""
    return len(measure.items) > 1 and measure.says.split()[0].lower() in VERBS


def amount_clause(measure: Measure, item: Item, amount: str) -> str:
    """Clause that says how often one item of a measure is yes.

    "lifestyle was identified in three-quarters of cases"; "delivery was sufficient in three-quarters of cases".
    """
    if label_leads(measure):
        return f"{within(item.label)} {measure.says} {amount}"
    if len(measure.items) > 1:
        return f"for {within(item.label)}, {measure.says} {amount}"
    return f"{measure.says} {amount}"


def rank_clause(measure: Measure, item: Item, rank: str) -> str:
    """Clause that ranks one item of a measure: "lifestyle was identified most often"."""
    if label_leads(measure):
        return f"{within(item.label)} {statement(measure)} {rank}"
    return f"{statement(measure)} {rank} for {within(item.label)}"


def share_clause(study: Study, numbers: Numbers, measure: Measure, item: Item, share: Share) -> str:
    """Clause with the share in words where its interval allows, and the evidence in brackets."""
    amount, is_word = share_of(share.exact, share.low, share.high, cases(study))
    said = evidence(share, numbers, with_percent=is_word)
    return amount_clause(measure, item, amount) + (f" ({said})" if said else "")


def level_name(division: Breakdown, level: Level) -> str:
    """Label of a level in a sentence: bands with a small letter; groups may have names, so they stay as they are."""
    return within(level.label) if division.ordered else level.label


def assumed_sentence(measure: Measure) -> str:
    """What a measure rests on that the source does not say; "" where nothing is assumed."""
    text = measure.assumed or ""
    start = text[:1] if text[1:2].isupper() else text[:1].lower()
    return f"Assumed: {start}{text[1:].removesuffix('.')}." if text else ""


def everyone_label(study: Study) -> str:
    """Label of the row for everyone."""
    return f"All {cases(study)}"


def weighs(numbers: Numbers, study: Study) -> bool:
    """Whether weights change shares: there are some, and they are not all equal."""
    return study.weighted and not (numbers.facts.get("design") or {}).get("equal_weights")


def common_base(shares: Sequence[Share], study: Study) -> str:
    """Base of several shares in words: counted when they have one in common."""
    bases = {share.n_cases for share in shares}
    return (
        counted(*bases, study.words["case"])
        if len(bases) == 1 and None not in bases
        else f"{cases(study)} in the base"
    )


def of_items(n: int, total: int, study: Study, *, hidden: bool = False) -> str:
    """So many of all factors: "7 of 10 factors", "none of 10 factors"; "7 of the 8 factors that are shown"."""
    return of_all(n, total, study.words["factor"], hidden=hidden)


def of_all(n: int, total: int, noun: tuple[str, str], *, hidden: bool) -> str:
    """So many of all; `hidden` says that there are more, whose numbers are hidden, so that all are those shown."""
    if not total:
        return f"{'a hidden' if hidden else 'an unknown'} number of {noun[1]}"
    if not hidden:
        return f"{n or 'none'} of {counted(total, noun)}"
    if n == total:
        return f"{every(n)} {noun[n > 1]} that {'is' if n == 1 else 'are'} shown"
    return f"{n or 'none'} of the {counted(total, noun)} that {'is' if total == 1 else 'are'} shown"


def every(n: int) -> str:
    """Say that it is every one of a few: "the one", "both", "all 3"."""
    return {1: "the one", 2: "both"}.get(n, f"all {n}")


def of_shown(total: int, noun: tuple[str, str], *, hidden: bool) -> str:
    """Lead for what is said of those shown, where others are hidden: "of the 8 factors that are shown, "."""
    if not hidden:
        return ""
    return "of the one that is shown, " if total == 1 else f"of the {counted(total, noun)} that are shown, "


def ends_text(ends: Ends, division: Breakdown) -> str:
    """Highest and lowest level of a division with their shares: "64 per cent for Girls, 39 for Boys"."""
    return plain(ends_cited(ends, division))


def ends_cited(ends: Ends, division: Breakdown) -> str:
    """The same with a link to the row of each."""
    high, most, low, least = ends
    said = (
        (f"{per_cent(most.exact, digits_of(most))} for {level_name(division, high)}", most),
        (f"{percent_number(least)} for {level_name(division, low)}", least),
    )
    return ", ".join(cited(text, share.place) for text, share in said)


def item_ends(item: Item, ends: Ends, division: Breakdown) -> str:
    """Name an item with its highest and lowest level."""
    return plain(item_ends_cited(item, ends, division))


def item_ends_cited(item: Item, ends: Ends, division: Breakdown) -> str:
    """The same with links to their rows."""
    return f"{within(item.label)} ({ends_cited(ends, division)})"


def widest(pairs: Sequence[tuple[Any, Ends]]) -> tuple[Any, Ends]:
    """Pair whose two ends lie furthest apart; the first of equals."""
    return max(pairs, key=lambda pair: pair[1][1].exact - pair[1][3].exact)


def level_percent(numbers: Numbers) -> str:
    """Significance level in words."""
    return f"{numbers.level * 100:g} per cent level"


def by(divisions: Sequence[Breakdown], last: str = "and") -> str:
    """List divisions by their labels."""
    return joined([within(division.label) for division in divisions], last)


def digits_of(share: Share) -> int:
    """Decimals of a percentage: none, or as many as it takes to tell the ends of its interval apart."""
    return percent_digits(share.low, share.high)


def percent_number(share: Share) -> str:
    """Share in a sentence that has said "per cent" before."""
    digits = digits_of(share)
    return per_cent(share.exact, digits).removesuffix(" per cent") if digits else str(percentage(share.exact))


def percent_text(share: Share) -> str:
    """Share for a table cell; shorthand where there is no number."""
    return share.shorthand if share.exact is None else percent_cell(share.exact, digits_of(share))


def percent_mark(share: Share) -> str:
    """Share beside a mark in a figure."""
    return share.shorthand if share.exact is None else f"{percentage(share.exact)}%"


def interval_text(share: Share) -> str:
    """Interval for a table cell; shorthand where there is none."""
    return interval(share.low, share.high) if share.has_interval else share.mark("low", "high")


def count_text(n: int | None, shorthand: str = ABSENT) -> str:
    """Count for a table cell; shorthand where there is no number."""
    return shorthand if n is None else count(n)


def mean_text(mean: Mean) -> str:
    """Mean for a table cell; shorthand where there is no number."""
    if mean.estimate is None:
        return mean.shorthand
    return decimal(mean.estimate, telling_digits(mean.low, mean.high, decimal, 1))


def mean_interval_text(mean: Mean) -> str:
    """Interval of a mean for a table cell; shorthand where there is none."""
    return interval_ends(mean.low, mean.high, decimal, 1) if mean.has_interval else mean.mark("low", "high")


def gap(second: Share, first: Share) -> Fraction | None:
    """Difference between two shares, from the exact fractions; None where either is not available."""
    return None if second.exact is None or first.exact is None else second.exact - first.exact


def gap_text(difference: Fraction | None, *, signed: bool, shorthand: str = ABSENT) -> str:
    """Write a difference in points, with its sign where it has a direction; shorthand where there is none."""
    if difference is None:
        return shorthand
    return points(difference) if signed else whole_percent(difference, What.SIZE)


def percent_with_interval(share: Share) -> str:
    """Share for a table cell with its interval in brackets, which is set in a line of its own."""
    return (
        bracketed(percent_text(share), interval(share.low, share.high))
        if share.has_interval
        else percent_text(share)
    )


def reason(status: str) -> str:
    """Say in words why a number is not there."""
    return UNKNOWN_REASONS.get(status, status.replace("_", " "))


def full(text: str) -> str:
    """Close a sentence that begins with a capital."""
    return sentence(text) + ("" if plain(text).endswith((".", "?")) else ".")
