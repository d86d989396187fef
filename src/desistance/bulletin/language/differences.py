"""Differences between subgroups as the report speaks of them: how large, how certain, by which method, how visible."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from desistance.bulletin.language.phrases import cited, gap
from desistance.bulletin.language.words import (
    decimal,
    exact_share,
    is_released_as,
    joined,
    percentage,
    points,
    points_interval,
    size_points,
    within,
)
from desistance.bulletin.reading.cells import ABSENT, HIDDEN, mark_of
from desistance.bulletin.reading.numbers import CR2, PEARSON, Numbers
from desistance.bulletin.reading.places import effects_table_id, verdicts_place
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import (
    by_design,
    design_verdicts,
    is_significant,
    level_shares,
    other_level,
    tested_items,
)
from desistance.study import Breakdown, Item, Measure, Study


class Agreement(StrEnum):
    """What the ordinary and the design-based method make of one difference."""

    BOTH = "both"
    ORDINARY = "ordinary"
    DESIGN = "design"
    NEITHER = "neither"
    UNKNOWN = "unknown"


def agreement(numbers: Numbers, item: Item, division: Breakdown) -> Agreement:
    """Which methods call a difference significant: Pearson unadjusted, CR2 after Holm's adjustment."""
    pearson, cr2 = (numbers.test(item.measure, item.id, division.id, method) for method in (PEARSON, CR2))
    return methods_agree(is_significant(numbers, pearson, "p_value"), is_significant(numbers, cr2, "p_holm"))


def methods_agree(ordinary: bool | None, design: bool | None) -> Agreement:
    """Put two verdicts together; unknown where either is."""
    if ordinary is None or design is None:
        return Agreement.UNKNOWN
    if ordinary and design:
        return Agreement.BOTH
    return Agreement.ORDINARY if ordinary else Agreement.DESIGN if design else Agreement.NEITHER


def agreement_mark(numbers: Numbers, item: Item, division: Breakdown) -> str:
    """Shorthand for what two methods make of a difference: [c] where the verdict of one is hidden."""
    pearson, cr2 = (numbers.test(item.measure, item.id, division.id, method) for method in (PEARSON, CR2))
    return mark_of(pearson.mark("p_value"), cr2.mark("p_holm"))


def agreement_text(found: Agreement, numbers: Numbers, shorthand: str = ABSENT) -> str:
    """Name what two methods make of a difference, for tables and figures; shorthand where one is not there."""
    return {
        Agreement.BOTH: "both methods",
        Agreement.ORDINARY: f"{numbers.ordinary} only",
        Agreement.DESIGN: "CR2 only",
        Agreement.NEITHER: "neither",
        Agreement.UNKNOWN: shorthand,
    }[found]


def contrast_codes(division: Breakdown) -> tuple[str, ...]:
    """Levels that are held against the reference."""
    return tuple(code for code in division.codes if code != division.reference)


def difference(numbers: Numbers, item: Item, division: Breakdown, code: str) -> Test:
    """One level less the reference: CR2's difference with its interval."""
    return numbers.contrast(item.measure, item.id, division.id, code, CR2)


def exact_difference(numbers: Numbers, item: Item, division: Breakdown, code: str) -> Fraction | None:
    """Difference as an exact fraction, from the shares where they give the estimate; None where there is none."""
    shares = dict(zip(division.codes, level_shares(numbers, item, division), strict=True))
    found, test = gap(shares[code], shares[division.reference]), difference(numbers, item, division, code)
    if test.hides("estimate"):
        return None
    if test.estimate is None or (found is not None and is_released_as(found, test.estimate)):
        return found
    return exact_share(None, None, test.estimate)


def difference_text(numbers: Numbers, item: Item, division: Breakdown, code: str) -> str:
    """Difference in points; shorthand where there is none."""
    found = exact_difference(numbers, item, division, code)
    if found is not None:
        return points(found)
    shares = (
        numbers.share(item.measure, item.id, division.id, level) for level in (code, division.reference)
    )
    marks = (share.mark("estimate") for share in shares)
    return mark_of(difference(numbers, item, division, code).shorthand, *marks)


def interval_points(test: Test) -> str:
    """Interval of a difference in points; shorthand where there is none."""
    if test.low is None or test.high is None:
        return test.mark("low", "high")
    return points_interval(test.low, test.high)


def difference_evidence(numbers: Numbers, item: Item, division: Breakdown) -> str:
    """Difference of a division with two levels as a sentence gives it, with CR2's interval and df."""
    other = other_level(division)
    if other is None:
        return ""
    found = difference(numbers, item, division, other.code)
    if not found.has_interval:
        return ""
    df = f"; {decimal(found.df2)} df" if found.df2 is not None else ""
    text = difference_text(numbers, item, division, other.code)
    said = f"{text} points, {numbers.confidence} per cent interval {interval_points(found)}{df}"
    return cited(said, found.place)


def smallest_visible(numbers: Numbers, item: Item, division: Breakdown, code: str) -> float | None:
    """Smallest difference that would have been seen, in the direction of the one found; None where either is hidden."""
    if visible_mark(numbers, item, division, code) == HIDDEN:
        return None
    found = difference(numbers, item, division, code).estimate
    return numbers.visible(item.measure, item.id, division.id, code).smallest(found)


def visible_mark(numbers: Numbers, item: Item, division: Breakdown, code: str) -> str:
    """Shorthand in place of a smallest visible difference: [c] where it, or the difference found, is hidden."""
    sizes = numbers.visible(item.measure, item.id, division.id, code)
    found = difference(numbers, item, division, code)
    return mark_of(sizes.mark("increase", "decrease"), found.mark("estimate"))


def unseen(numbers: Numbers, item: Item, division: Breakdown) -> tuple[float, ...]:
    """Smallest visible sizes where a difference is not significant and is smaller than them; else empty.

    The verdict is CR2's after Holm's adjustment. A difference that the test before adjustment calls significant has
    been seen. With three or more levels every contrast with the reference must be smaller than what could have been
    seen.
    """
    test = numbers.test(item.measure, item.id, division.id, CR2)
    if is_significant(numbers, test, "p_holm") is not False or is_significant(numbers, test, "p_value"):
        return ()
    sizes = []
    for code in contrast_codes(division):
        found, least = (
            exact_difference(numbers, item, division, code),
            smallest_visible(numbers, item, division, code),
        )
        if found is None or least is None or abs(found) >= least:
            return ()
        sizes.append(least)
    return tuple(sizes)


def unseen_hidden(numbers: Numbers, item: Item, division: Breakdown) -> bool:
    """Whether it cannot be told if a difference could have been seen, because a part of the answer is hidden."""
    test = numbers.test(item.measure, item.id, division.id, CR2)
    if test.hides("p_holm"):
        return True
    if is_significant(numbers, test, "p_holm") is not False:
        return False
    return any(
        HIDDEN
        in (visible_mark(numbers, item, division, code), difference_text(numbers, item, division, code))
        for code in contrast_codes(division)
    )


def unseen_sentence(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Say of how many items a difference could not have been seen, and which sizes would have been."""
    tested = tested_items(numbers, measure, division)
    hidden = [sizes for item in tested if (sizes := unseen(numbers, item, division))]
    if not hidden:
        return ""
    found = design_verdicts(numbers, measure, division)
    veiled = [item for item in tested if unseen_hidden(numbers, item, division)]
    n_null = sum(item not in found.found and item not in veiled for item in tested)
    sizes = sizes_cited(measure, (division,), [size for found in hidden for size in found])
    if len(measure.items) == 1:
        return f"A difference by {within(division.label)} could not have been seen unless it was {sizes} or more."
    place = "" if measure.pooled else verdicts_place(measure.id, division.id)
    whose = (
        f"{cited(str(len(hidden)), place)} of the {n_null}"
        if len(hidden) < n_null
        else cited("the two" if n_null == 2 else f"all {n_null}" if n_null > 1 else "the one", place)
    )
    which = " and shown in full" if veiled or found.hidden else ""
    return (
        f"For {whose} not significant by the CR2 test{which}, a difference of the size found could not "
        "have been seen: "
        f"only differences of {sizes} or more would have been, with {numbers.power} per cent power."
    )


def unseen_singles(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers) -> str:
    """Name the divisions by which a difference in the one item of a measure could not have been seen."""
    named = []
    for division in divisions:
        sizes = unseen(numbers, measure.items[0], division)
        if sizes:
            said = sizes_cited(measure, divisions, sizes)
            named.append(f"by {within(division.label)} only {said} or more")
    return f"Smaller differences could not have been seen: {joined(named)}." if named else ""


def sizes_said(sizes: Sequence[float]) -> str:
    """Sizes as a range in points: "about 9 points", "about 8 to 15 points"."""
    ends = [size_points(min(sizes)), size_points(max(sizes))]
    return (
        f"about {' to '.join(dict.fromkeys(ends))} {'point' if max(map(percentage, sizes)) < 2 else 'points'}"
    )


def sizes_cited(measure: Measure, divisions: Sequence[Breakdown], sizes: Sequence[float]) -> str:
    """The same as a link to the table that holds them; judgements put together have none."""
    place = "" if measure.pooled else effects_table_id(measure.id, [division.id for division in divisions])
    return cited(sizes_said(sizes), place)


def largest_sentence(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Name the largest significant difference of a division with two levels, with its interval and df."""
    found = [
        (abs(size), item)
        for item in by_design(numbers, measure, division)
        if other_level(division)
        and (size := exact_difference(numbers, item, division, other_level(division).code)) is not None
    ]
    if not found or len(measure.items) == 1:
        return ""
    _, item = max(found, key=lambda pair: pair[0])
    said = difference_evidence(numbers, item, division)
    verdicts = design_verdicts(numbers, measure, division)
    partly = verdicts.hidden or len(found) < len(verdicts.found)
    what = f"largest significant difference{' that is shown' if partly else ''}"
    return f"The {what} is for {within(item.label)}: {said} (CR2 test)." if said else ""
