"""What the explorer says of one item: its share, or by one division the difference, both tests and the precision."""

from __future__ import annotations

from collections.abc import Iterator

from desistance.bulletin.explorer.verdicts import (
    BY_DESIGN,
    ordinary_slope,
    slope_sentence,
    verdict_sentence,
    why_gone,
)
from desistance.bulletin.language.differences import (
    Agreement,
    agreement,
    difference_evidence,
    sizes_said,
    unseen,
    unseen_hidden,
)
from desistance.bulletin.language.phrases import (
    cases,
    ends_text,
    full,
    level_name,
    share_clause,
)
from desistance.bulletin.language.words import (
    interval,
    within,
)
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import (
    ALL,
    COCHRAN_ARMITAGE,
    CR2,
    PEARSON,
    WILSON,
    Numbers,
)
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import (
    everyone,
    extremes,
    is_significant,
    other_level,
)
from desistance.study import Breakdown, Item, Measure, Study

PEARSONS = "Pearson\u2019s chi-square test without adjustment"


def item_words(
    measure: Measure, item: Item, division: Breakdown | None, numbers: Numbers, study: Study
) -> tuple[str, ...]:
    """One item: over everyone its share; by a division its difference, both tests, and what could have been seen."""
    if division is None:
        return tuple(share_words(measure, item, numbers, study))
    return tuple(_division_words(item, division, numbers, study))


def share_words(measure: Measure, item: Item, numbers: Numbers, study: Study) -> Iterator[str]:
    """Share of one item over everyone; of a measure of its own also the interval that ignores services."""
    share = everyone(numbers, item)
    if share.exact is None:
        yield f"{item.label}: the share is {why_gone(share.shorthand, share.status)}."
        return
    yield full(share_clause(study, numbers, measure, item, share))
    wilson = numbers.share(item.measure, item.id, ALL, ALL, WILSON)
    if len(measure.items) == 1 and wilson.has_interval:
        yield (
            f"Were {cases(study)} independent, the {numbers.confidence} per cent interval would be "
            f"{interval(wilson.low, wilson.high)} (Wilson)."
        )


def _division_words(item: Item, division: Breakdown, numbers: Numbers, study: Study) -> Iterator[str]:
    design, pearson = (numbers.test(item.measure, item.id, division.id, name) for name in (CR2, PEARSON))
    what = f"the difference by {within(division.label)}"
    yield verdict_sentence(f"By {BY_DESIGN}", what, design, "p_holm", numbers)
    if size := _size_sentence(item, division, numbers):
        yield size
    if ordinary := _ordinary_sentence(pearson, numbers, study):
        parted = agreement(numbers, item, division) in (Agreement.ORDINARY, Agreement.DESIGN)
        yield ordinary + (" The two methods part." if parted else "")
    if seen := _seen_sentence(item, division, numbers):
        yield seen
    if division.ordered:
        slope = numbers.trend(item.measure, item.id, division.id, CR2)
        ordinary = numbers.trend(item.measure, item.id, division.id, COCHRAN_ARMITAGE)
        yield from filter(
            None,
            (
                slope_sentence(slope, numbers, what="the share", unit=" points"),
                ordinary_slope(ordinary, numbers, "the Cochran-Armitage test for trend", study),
            ),
        )


def _ordinary_sentence(test: Test, numbers: Numbers, study: Study) -> str:
    """Verdict of the ordinary method; "" where the test was not made."""
    taken = "taken to be the published method; " if numbers.differences_published else ""
    lead = f"By {PEARSONS} ({taken}it treats {cases(study)} as independent)"
    if test.p_value is None and not test.hides("p_value"):
        return ""
    return verdict_sentence(lead, "the difference", test, "p_value", numbers)


def _size_sentence(item: Item, division: Breakdown, numbers: Numbers) -> str:
    """Size of the difference: of two levels with its interval, of more the highest and the lowest share."""
    other = other_level(division)
    if other is not None:
        said = difference_evidence(numbers, item, division)
        reference = next(level for level in division.levels if level.code == division.reference)
        names = f"{level_name(division, other)} less {level_name(division, reference)}"
        return full(f"{names}: {said}") if said and not said.startswith("[") else ""
    ends = extremes(numbers, item, division)
    return f"Highest and lowest: {ends_text(ends, division)}." if ends else ""


def _seen_sentence(item: Item, division: Breakdown, numbers: Numbers) -> str:
    """What could not have been seen, where the difference is not significant by the design-based method."""
    sizes = unseen(numbers, item, division)
    if sizes:
        return (
            f"A difference of the size found could not have been seen: with {numbers.power} per cent power, only one "
            f"of {sizes_said(sizes)} or more would have been."
        )
    if unseen_hidden(numbers, item, division):
        return f"Whether a difference of the size found could have been seen is hidden {HIDDEN}."
    test = numbers.test(item.measure, item.id, division.id, CR2)
    if is_significant(numbers, test, "p_holm") is False:
        return "Not significant does not mean that there is no difference."
    return ""
