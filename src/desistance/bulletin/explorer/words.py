"""What the explorer says of all items of a measure, and of the mean number of factors."""

from __future__ import annotations

from desistance.bulletin.explorer.item_words import share_words
from desistance.bulletin.explorer.verdicts import (
    BY_DESIGN,
    ordinary_slope,
    slope_sentence,
    why_gone,
)
from desistance.bulletin.language.differences import (
    largest_sentence,
    unseen_sentence,
)
from desistance.bulletin.language.phrases import (
    full,
    item_ends,
    level_name,
    mean_interval_text,
    mean_text,
)
from desistance.bulletin.language.sentences import (
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
    joined,
    per_cent,
    sentence,
    within,
)
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import (
    CR2,
    NUMBER,
    PEARSON,
    Numbers,
)
from desistance.bulletin.reading.topics import (
    by_design,
    design_verdicts,
    everyone,
    extremes,
    known_items,
)
from desistance.study import Breakdown, Measure, Study

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
        return tuple(share_words(measure, known[0], numbers, study))
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


def number_words(division: Breakdown | None, numbers: Numbers, study: Study) -> tuple[str, ...]:
    """Mean number of factors: over everyone, or its change from band to band."""
    noun = study.words["factor"][1]
    if division is None:
        mean = numbers.mean()
        if mean.estimate is None:
            return (f"The mean number of {noun} is {why_gone(mean.shorthand, mean.status)}.",)
        ends = f", {numbers.confidence} per cent interval {mean_interval_text(mean)}"
        return (f"The mean number of {noun} is {mean_text(mean)}{ends if mean.has_interval else ''}.",)
    slope = numbers.trend(NUMBER, NUMBER, division.id, CR2)
    ranks = numbers.trend(NUMBER, NUMBER, division.id, KRUSKAL_WALLIS)
    texts = (
        _mean_ends(division, numbers),
        slope_sentence(slope, numbers, what=f"the mean number of {noun}", unit=""),
        ordinary_slope(ranks, numbers, "the Kruskal-Wallis test", study),
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
