"""What can be chosen in the explorer: measures with their items, and the divisions each is released by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from desistance.bulletin.language.phrases import assumed_sentence, cases, everyone_label, factor, factors
from desistance.bulletin.language.words import sentence, within
from desistance.bulletin.reading.numbers import ALL, NUMBER, Numbers
from desistance.bulletin.reading.topics import ranked, worded
from desistance.study import Breakdown, Item, Measure, Study

Divisions = Mapping[str, tuple[Breakdown, ...]]


def divisions_of(numbers: Numbers, study: Study) -> Divisions:
    """Divisions in which the release has shares of each measure, by its id."""
    found = {(key[0], key[2]) for key in numbers.shares}
    return {
        measure.id: tuple(division for division in study.divisions if (measure.id, division.id) in found)
        for measure in study.measures
    }


def measures(divisions: Divisions, numbers: Numbers, study: Study) -> list[dict[str, Any]]:
    """Every measure with its words and items; the mean number of factors is the last."""
    found = [_measure(one, divisions[one.id], numbers, study) for one in study.measures]
    return [*found, _number_measure(numbers, study)] if has_means(numbers) else found


def has_means(numbers: Numbers) -> bool:
    """Whether there is a mean number of factors to show."""
    return (ALL, ALL) in numbers.means


def breakdowns(study: Study) -> list[dict[str, Any]]:
    """Every division with its levels, in the order of the study."""
    return [_division(one) for one in study.divisions]


def _measure(
    measure: Measure, divisions: Iterable[Breakdown], numbers: Numbers, study: Study
) -> dict[str, Any]:
    own = worded(study, measure)
    return {
        "measure": measure.id,
        "label": measure.label,
        "title": measure.title,
        "noun": sentence(factor(own)),
        "every": f"All {factors(own)}",
        "cases": cases(own),
        "everyone": everyone_label(own),
        "assumed": assumed_sentence(measure),
        "unit": "per cent",
        "items": [
            {
                "item": item.id,
                "label": item.label,
                "within": within(item.label),
                "assumed": _assumed(item, measure),
            }
            for item in measure.items
        ],
        "order": [item.id for item in ranked(numbers, measure)],
        "by": [division.id for division in divisions],
    }


def _assumed(item: Item, measure: Measure) -> str:
    text = (item.assumed or "").removesuffix(".")
    return "" if not text or text == (measure.assumed or "").removesuffix(".") else f"Assumed: {text}."


def _number_measure(numbers: Numbers, study: Study) -> dict[str, Any]:
    """The mean number of factors, which has one value in place of a share."""
    title = f"Mean number of {factors(study)}"
    found = {breakdown for breakdown, _ in numbers.means}
    return {
        "measure": NUMBER,
        "label": title,
        "title": title,
        "noun": sentence(factor(study)),
        "every": f"All {factors(study)}",
        "cases": cases(study),
        "everyone": everyone_label(study),
        "assumed": "",
        "unit": "mean",
        "items": [{"item": NUMBER, "label": title, "within": within(title), "assumed": ""}],
        "order": [NUMBER],
        "by": [division.id for division in study.divisions if division.id in found],
    }


def _division(division: Breakdown) -> dict[str, Any]:
    return {
        "breakdown": division.id,
        "label": division.label,
        "within": within(division.label),
        "ordered": division.ordered,
        "reference": division.reference,
        "assumed": f"Assumed: {division.assumed.removesuffix('.')}." if division.assumed else "",
        "levels": [{"level": level.code, "label": level.label} for level in division.levels],
    }
