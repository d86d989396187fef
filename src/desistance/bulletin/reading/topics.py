"""What a report on a study is about: its topics, derived from the measures, and small facts about each.

A measure with several items over all cases is a topic of its own, and a second one for its subgroups; so is a
measure whose items each have a base of their own; measures with one item share a topic; the number of factors
is the last. Measures of stages, and those that put answers together, have sections of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from desistance.bulletin.reading.cells import mark_of
from desistance.bulletin.reading.numbers import ALL, CR2, PEARSON, Numbers
from desistance.bulletin.reading.results import Share, Test
from desistance.study import Breakdown, Item, Level, Measure, Study

MOST_LEVELS = 4
STAGE, DOMAIN, JUDGEMENT = ("stage", "stages"), ("domain", "domains"), ("judgement", "judgements")


class Kind(StrEnum):
    """What kind of topic: it decides the figures, the tables and the sentences."""

    OVERALL = "overall"
    SUBGROUPS = "subgroups"
    DEPENDENT = "dependent"
    SINGLE = "single"
    NUMBER = "number"


@dataclass(frozen=True)
class Topic:
    """One topic and the measures it is about (more than one only for `SINGLE`)."""

    kind: Kind
    measures: tuple[Measure, ...]

    @property
    def measure(self) -> Measure:
        """The one measure of the topic, or its first."""
        return self.measures[0]

    @property
    def id(self) -> str:
        """Anchor of the topic on the page."""
        return {
            Kind.SUBGROUPS: f"{self.measure.id}-by-subgroup",
            Kind.SINGLE: "judgements",
            Kind.NUMBER: "number-of-factors",
        }.get(self.kind, self.measure.id)


def topics(study: Study) -> tuple[Topic, ...]:
    """Topics of a study, in the order of the page."""
    found, single = [], []
    for measure in study.measures:
        if is_count(study, measure) or measure.staged or measure.pooled:
            continue
        if len(measure.items) == 1:
            single.append(measure)
        elif any(item.base for item in measure.items):
            found.append(Topic(Kind.DEPENDENT, (measure,)))
        else:
            found.append(Topic(Kind.OVERALL, (measure,)))
            found += [Topic(Kind.SUBGROUPS, (measure,))] if study.divisions else []
    found += [Topic(Kind.SINGLE, tuple(single))] if single else []
    counts = tuple(measure for measure in study.measures if is_count(study, measure))
    return (*found, Topic(Kind.NUMBER, counts)) if counts else tuple(found)


def worded(study: Study, measure: Measure) -> Study:
    """Study as it speaks of one measure: its items may be stages or domains, and what is counted may be judgements."""
    if measure.pooled:
        return replace(study, words={**study.words, "factor": DOMAIN, "case": JUDGEMENT})
    return replace(study, words={**study.words, "factor": STAGE}) if measure.staged else study


def is_count(study: Study, measure: Measure) -> bool:
    """Whether a measure is the one counted from the factors."""
    return study.factor_count is not None and measure.id == study.factor_count.item


def companion(study: Study, measure: Measure) -> Measure | None:
    """The measure, if any, whose bases are the cases where this one's items are yes, item by item."""
    columns = [item.column for item in measure.items]
    pairs = (other for other in study.measures if [item.base for item in other.items] == columns)
    return next(pairs, None)


def host(study: Study, measure: Measure) -> Measure | None:
    """The measure, if any, beside which this one is drawn, because its bases come from there."""
    return next((other for other in study.measures if companion(study, other) is measure), None)


def ranked(numbers: Numbers, measure: Measure) -> tuple[Item, ...]:
    """Items from the highest share to the lowest; those without one last; ties, and stages, in the study's order."""
    if measure.staged:
        return measure.items
    shares = {item.id: numbers.share(measure.id, item.id).exact for item in measure.items}
    known = sorted(
        (item for item in measure.items if shares[item.id] is not None), key=lambda item: -shares[item.id]
    )
    return (*known, *(item for item in measure.items if shares[item.id] is None))


def known_items(numbers: Numbers, measure: Measure) -> tuple[Item, ...]:
    """Items with a share, from the highest to the lowest."""
    return tuple(
        item for item in ranked(numbers, measure) if numbers.share(measure.id, item.id).exact is not None
    )


def level_shares(numbers: Numbers, item: Item, division: Breakdown) -> tuple[Share, ...]:
    """Share of one item in each level of a division."""
    return tuple(numbers.share(item.measure, item.id, division.id, code) for code in division.codes)


def shares_hidden(numbers: Numbers, measure: Measure) -> bool:
    """Whether the share of some item over everyone is hidden."""
    return any(everyone(numbers, item).hides("estimate") for item in measure.items)


def levels_mark(numbers: Numbers, item: Item, division: Breakdown) -> str:
    """Shorthand of what is made of the shares in all levels: [c] where one of them is hidden."""
    return mark_of(*(share.mark("estimate") for share in level_shares(numbers, item, division)))


def is_significant(numbers: Numbers, test: Test, adjustment: str) -> bool | None:
    """Verdict of a test at the study's level; None when the test is not available."""
    p = test.p(adjustment)
    return None if p is None else p < numbers.level


def significant_items(
    numbers: Numbers, measure: Measure, division: Breakdown, method: str, adjustment: str
) -> tuple[Item, ...]:
    """Items whose levels a test calls different, in the study's order."""
    tested = ((item, numbers.test(measure.id, item.id, division.id, method)) for item in measure.items)
    return tuple(item for item, test in tested if is_significant(numbers, test, adjustment))


@dataclass(frozen=True)
class Verdicts:
    """What one test makes of the items of a measure by one division.

    found
        Items that it calls different.
    total
        How many items were tested and have their verdict shown.
    hidden
        Whether the verdict on another item is hidden, so that `total` are not all.
    """

    found: tuple[Item, ...]
    total: int
    hidden: bool

    @property
    def base(self) -> tuple[int, bool]:
        """What the number found is out of."""
        return self.total, self.hidden


def verdicts(
    numbers: Numbers, measure: Measure, division: Breakdown, method: str, adjustment: str
) -> Verdicts:
    """Count the verdicts of a test that are shown; one that is hidden is neither for nor against."""
    hidden = {
        item.id
        for item in measure.items
        if numbers.test(measure.id, item.id, division.id, method).hides(adjustment)
    }
    shown = [item for item in tested_items(numbers, measure, division) if item.id not in hidden]
    return Verdicts(
        significant_items(numbers, measure, division, method, adjustment), len(shown), bool(hidden)
    )


def ordinary_verdicts(numbers: Numbers, measure: Measure, division: Breakdown) -> Verdicts:
    """Verdicts of the ordinary method: Pearson's test, unadjusted."""
    return verdicts(numbers, measure, division, PEARSON, "p_value")


def design_verdicts(numbers: Numbers, measure: Measure, division: Breakdown) -> Verdicts:
    """Verdicts of the design-based method: the CR2 test with Holm's adjustment."""
    return verdicts(numbers, measure, division, CR2, "p_holm")


def by_ordinary(numbers: Numbers, measure: Measure, division: Breakdown) -> tuple[Item, ...]:
    """Items that differ by the ordinary method: Pearson's test, unadjusted."""
    return significant_items(numbers, measure, division, PEARSON, "p_value")


def by_design(numbers: Numbers, measure: Measure, division: Breakdown) -> tuple[Item, ...]:
    """Items that differ by the design-based method: the CR2 test with Holm's adjustment."""
    return significant_items(numbers, measure, division, CR2, "p_holm")


def tested_items(numbers: Numbers, measure: Measure, division: Breakdown) -> tuple[Item, ...]:
    """Items for which either test is available."""
    return tuple(
        item
        for item in measure.items
        if any(
            numbers.test(measure.id, item.id, division.id, method).p_value is not None
            for method in (PEARSON, CR2)
        )
    )


def focus(numbers: Numbers, study: Study, measure: Measure) -> Breakdown | None:
    """The breakdown with most differences by Pearson's test, to be shown first; None when there are none."""
    few = [division for division in study.breakdowns if 2 <= len(division.levels) <= MOST_LEVELS]
    counts = [len(by_ordinary(numbers, measure, division)) for division in few]
    return few[counts.index(max(counts))] if counts and max(counts) else None


def other_level(division: Breakdown) -> Level | None:
    """Of a division with two levels, the one that is not the reference."""
    if len(division.levels) != 2:
        return None
    return next(level for level in division.levels if level.code != division.reference)


def extremes(numbers: Numbers, item: Item, division: Breakdown) -> tuple[Level, Share, Level, Share] | None:
    """Level with the highest share and level with the lowest; None unless two levels differ, or where one is hidden."""
    pairs = list(zip(division.levels, level_shares(numbers, item, division), strict=True))
    if any(share.hides("estimate") for _, share in pairs):
        return None
    known = [pair for pair in pairs if pair[1].exact is not None]
    if len(known) < 2:
        return None
    highest, lowest = max(known, key=lambda pair: pair[1].exact), min(known, key=lambda pair: pair[1].exact)
    return None if highest[1].exact == lowest[1].exact else (*highest, *lowest)


def bands_of_means(numbers: Numbers, study: Study) -> tuple[Breakdown, ...]:
    """Divisions the number of factors is shown by: the bands, or the breakdowns of a study without bands."""
    divisions = study.bands or study.breakdowns
    return tuple(d for d in divisions if any((d.id, code) in numbers.means for code in d.codes))


def rising(numbers: Numbers, division: Breakdown) -> bool:
    """Whether the mean number of factors is higher in each band than in the one before."""
    means = [numbers.mean(division.id, code).estimate for code in division.codes]
    known = len(means) > 1 and None not in means
    return division.ordered and known and all(first < second for first, second in pairwise(means))


def means_hidden(numbers: Numbers, division: Breakdown) -> bool:
    """Whether the mean number of factors is hidden in some level."""
    return any(numbers.mean(division.id, code).hides("estimate") for code in division.codes)


def everyone(numbers: Numbers, item: Item) -> Share:
    """Share of one item over all cases of its base."""
    return numbers.share(item.measure, item.id, ALL, ALL)
