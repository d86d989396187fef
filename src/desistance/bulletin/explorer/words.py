"""What one view of the explorer says: shares, differences, tests and what could have been seen, as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from desistance.bulletin.language.differences import (
    Agreement,
    agreement,
    difference_evidence,
    largest_sentence,
    sizes_said,
    unseen,
    unseen_hidden,
    unseen_sentence,
)
from desistance.bulletin.language.evidence import p_said
from desistance.bulletin.language.phrases import (
    cases,
    ends_text,
    full,
    item_ends,
    level_name,
    level_percent,
    mean_interval_text,
    mean_text,
    reason,
    share_clause,
)
from desistance.bulletin.language.sentences import (
    HOLM,
    certainty_sentence,
    counts_sentence,
    differing_clause,
    no_shares,
    parting_sentences,
    range_sentence,
    top_sentence,
)
from desistance.bulletin.language.words import (
    decimal,
    interval,
    joined,
    per_cent,
    sentence,
    signed_decimal,
    within,
)
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import (
    ALL,
    COCHRAN_ARMITAGE,
    CR2,
    NUMBER,
    PEARSON,
    WILSON,
    Numbers,
)
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import (
    by_design,
    design_verdicts,
    everyone,
    extremes,
    is_significant,
    known_items,
    other_level,
)
from desistance.study import Breakdown, Item, Measure, Study

BY_DESIGN = f"the design-based CR2 test with {HOLM}"
PEARSONS = "Pearson\u2019s chi-square test without adjustment"
KRUSKAL_WALLIS = "kruskal_wallis"


def measure_words(measure: Measure, numbers: Numbers, study: Study) -> tuple[str, ...]:
    """All items of a measure over everyone: which is highest, and how certain that is; of stages each in turn."""
    known = known_items(numbers, measure)
    if not known:
        return (f"{measure.title}: {no_shares(numbers, measure)}.",)
    if measure.staged:
        said = [f"{within(item.label)} {per_cent(everyone(numbers, item).exact)}" for item in known]
        return (f"{measure.title}: {joined(said)}.",)
    if len(known) == 1:
        return tuple(_share_words(measure, known[0], numbers, study))
    if measure.pooled or any(item.base for item in measure.items):
        return (range_sentence(measure, numbers, study),)
    texts = (
        top_sentence(measure, numbers, study),
        certainty_sentence(measure, known[0], numbers, study),
    )
    return tuple(text for text in texts if text)


def differences_words(
    measure: Measure, division: Breakdown, numbers: Numbers, study: Study
) -> tuple[str, ...]:
    """All items of a measure by one division: how many differ by each method, and what could not have been seen."""
    design = design_verdicts(numbers, measure, division)
    clause = sentence(differing_clause(measure, (division,), numbers, study))
    lead = (
        f"{clause} ({BY_DESIGN.removeprefix('the ')})."
        if design.total
        else f"{clause} {HIDDEN if design.hidden else ABSENT}."
    )
    both = _by_pearson(measure, division, numbers)
    texts = (
        counts_sentence(measure, division, numbers, study) if both else _named(measure, division, numbers),
        largest_sentence(measure, division, numbers, study),
        unseen_sentence(measure, division, numbers, study),
        parting_sentences(measure, division, numbers, study) if both else "",
    )
    lead = f"{clause} ({BY_DESIGN.removeprefix('the ')})."
    return (lead, *(text for text in texts if text))


def _by_pearson(measure: Measure, division: Breakdown, numbers: Numbers) -> bool:
    """Whether Pearson's test was made, so that two methods can be compared; not of judgements put together."""
    tests = [numbers.test(measure.id, item.id, division.id, PEARSON) for item in measure.items]
    return any(test.p_value is not None or test.hides("p_value") for test in tests)


def _named(measure: Measure, division: Breakdown, numbers: Numbers) -> str:
    """Items that differ by the design-based method, each with its highest and its lowest share."""
    found = by_design(numbers, measure, division)
    pairs = [(item, extremes(numbers, item, division)) for item in found]
    said = [item_ends(item, ends, division) if ends else within(item.label) for item, ends in pairs]
    return full(f"significant by {within(division.label)}: {joined(said)}") if said else ""


def item_words(
    measure: Measure, item: Item, division: Breakdown | None, numbers: Numbers, study: Study
) -> tuple[str, ...]:
    """One item: over everyone its share; by a division its difference, both tests, and what could have been seen."""
    if division is None:
        return tuple(_share_words(measure, item, numbers, study))
    return tuple(_division_words(item, division, numbers, study))


def number_words(division: Breakdown | None, numbers: Numbers, study: Study) -> tuple[str, ...]:
    """Mean number of factors: over everyone, or its change from band to band."""
    noun = study.words["factor"][1]
    if division is None:
        mean = numbers.mean()
        if mean.estimate is None:
            return (f"The mean number of {noun} is {_gone(mean.shorthand, mean.status)}.",)
        ends = f", {numbers.confidence} per cent interval {mean_interval_text(mean)}"
        return (f"The mean number of {noun} is {mean_text(mean)}{ends if mean.has_interval else ''}.",)
    slope = numbers.trend(NUMBER, NUMBER, division.id, CR2)
    ranks = numbers.trend(NUMBER, NUMBER, division.id, KRUSKAL_WALLIS)
    texts = (
        _mean_ends(division, numbers),
        _slope_sentence(slope, numbers, what=f"the mean number of {noun}", unit=""),
        _ordinary_slope(ranks, numbers, "the Kruskal-Wallis test", study),
    )
    return tuple(text for text in texts if text)


def _mean_ends(division: Breakdown, numbers: Numbers) -> str:
    """Highest and lowest mean of a division; that some are hidden, where they are."""
    means = [
        (numbers.mean(division.id, level.code), level_name(division, level)) for level in division.levels
    ]
    if any(mean.hides("estimate") for mean, _ in means):
        return f"By {within(division.label)}, some of the means are hidden {HIDDEN}."
    known = [(mean.estimate, name) for mean, name in means if mean.estimate is not None]
    if len(known) < 2:
        return f"By {within(division.label)}, no means can be compared {ABSENT}."
    (most, high), (least, low) = max(known, key=lambda pair: pair[0]), min(known, key=lambda pair: pair[0])
    return f"Highest and lowest mean: {decimal(most)} for {high}, {decimal(least)} for {low}."


def _share_words(measure: Measure, item: Item, numbers: Numbers, study: Study) -> Iterator[str]:
    share = everyone(numbers, item)
    if share.exact is None:
        yield f"{item.label}: the share is {_gone(share.shorthand, share.status)}."
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
    yield _verdict_sentence(f"By {BY_DESIGN}", what, design, "p_holm", numbers)
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
                _slope_sentence(slope, numbers, what="the share", unit=" points"),
                _ordinary_slope(ordinary, numbers, "the Cochran-Armitage test for trend", study),
            ),
        )


def _verdict_sentence(lead: str, what: str, test: Test, adjustment: str, numbers: Numbers) -> str:
    """Verdict of a test, or why there is none."""
    verdict = is_significant(numbers, test, adjustment)
    if verdict is None:
        if test.hides(adjustment):
            return f"{lead}, whether {what} is significant is hidden {HIDDEN}."
        return f"{lead}, {what} cannot be judged {ABSENT}: {reason(test.status)}."
    said = f"is {'' if verdict else 'not '}significant at the {level_percent(numbers)}"
    return f"{lead}, {what} {said} ({p_said(test.p(adjustment), numbers)})."


def _ordinary_sentence(test: Test, numbers: Numbers, study: Study) -> str:
    """Verdict of the ordinary method; "" where the test was not made."""
    taken = "taken to be the published method; " if numbers.differences_published else ""
    lead = f"By {PEARSONS} ({taken}it treats {cases(study)} as independent)"
    if test.p_value is None and not test.hides("p_value"):
        return ""
    return _verdict_sentence(lead, "the difference", test, "p_value", numbers)


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


def _slope_sentence(test: Test, numbers: Numbers, *, what: str, unit: str) -> str:
    """Change from each band to the next, with CR2's verdict; "" where nothing of it is there."""
    if test.hides("estimate", "low", "high", "p_holm"):
        return f"How much {what} changes from band to band is hidden {HIDDEN}."
    if not test.has_interval or test.p_holm is None:
        return ""
    scale, digits = (100, 1) if unit else (1, 2)
    size, low, high = (signed_decimal(n * scale, digits) for n in (test.estimate, test.low, test.high))
    verdict = "" if is_significant(numbers, test, "p_holm") else "not "
    return (
        f"From each band to the next {what} changes by {size}{unit}, {numbers.confidence} per cent interval "
        f"{low} to {high}; by the CR2 test of the slope with {HOLM}, that is {verdict}significant "
        f"({p_said(test.p_holm, numbers)})."
    )


def _ordinary_slope(test: Test, numbers: Numbers, name: str, study: Study) -> str:
    if test.p_value is None:
        return ""
    lead = f"By {name}, unadjusted (it treats {cases(study)} as independent)"
    return _verdict_sentence(lead, "the change", test, "p_value", numbers)


def _gone(shorthand: str, status: str) -> str:
    if shorthand == HIDDEN:
        return f"hidden {HIDDEN}"
    return f"not available {ABSENT}: {reason(status)}"
