"""The data of the explorer: every share, difference, test and claim of the released object, with the texts shown.

Rows keep the names and values of the released tables, so that a reader (or a program) finds them again in
`tables/*.csv`. Beside each value stands the text shown for it, rounded here as on every other rendering: the
page does no arithmetic on what it prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from desistance.bulletin.explorer.claims import claims
from desistance.bulletin.explorer.words import (
    differences_words,
    item_words,
    measure_words,
    number_words,
)
from desistance.bulletin.inline import plain
from desistance.bulletin.language.differences import (
    Agreement,
    agreement,
    agreement_mark,
    agreement_text,
    contrast_codes,
    difference,
    difference_text,
    interval_points,
    unseen,
    unseen_hidden,
)
from desistance.bulletin.language.phrases import (
    assumed_sentence,
    cases,
    everyone_label,
    factor,
    factors,
    interval_text,
    mean_interval_text,
    mean_text,
    percent_text,
    reason,
    setting,
)
from desistance.bulletin.language.shorthand import SPOKEN, hidden_meaning, unreliable_meaning
from desistance.bulletin.language.words import decimal, p_value, sentence, signed_decimal, size_points, within
from desistance.bulletin.reading.cells import ABSENT, HIDDEN, UNRELIABLE
from desistance.bulletin.reading.numbers import ALL, CR2, NUMBER, PEARSON, Numbers, released_numbers
from desistance.bulletin.reading.results import Marked, Mean, Share, Test
from desistance.bulletin.reading.topics import is_significant, ranked, worded
from desistance.bulletin.sections.bands import slope_points
from desistance.study import Breakdown, Item, Measure, Study

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

# The code of a subgroup is under "level": a code such as "0" is no count, and whoever attacks the page must not take it
# for one.
KEYS = ("measure", "item", "breakdown", "level")
SHARE_COLUMNS = (
    *(*KEYS, "n_cases", "n_yes", "n_missing", "n_services", "estimate", "ci_low", "ci_high"),
    *("design_effect", "status", "per_cent", "per_cent_interval", "design_effect_shown"),
)
MEAN_COLUMNS = (
    *(*KEYS, "n_cases", "n_missing", "mean_level", "low_level", "high_level"),
    *("status", "mean_level_shown", "interval_shown"),
)
CONTRAST_COLUMNS = (*KEYS, "points_difference", "points_interval", "points_up", "points_down")
FACTS = ("estimates", "comparisons", "trends", "means", "precision", "ledger")


def explorer_data(released: Released, study: Study) -> dict[str, Any]:
    """Everything the explorer shows.

    Parameters
    ----------
    released : Released
        What may be seen; the only source of numbers. A number that is hidden is "[c]" here too, and one that is not
        available is None.
    study : Study
        Labels and words.

    Returns
    -------
    dict
        `measures` and `breakdowns` (what can be chosen, in the order of the study), `estimates`, `means` and
        `differences` (lists of rows under one row of names), `views` (sentences and tests of one item or all, by one
        division or everyone), `claims`, and what stands around them. Only what JSON can hold.
    """
    numbers = released_numbers(released)
    divisions = {measure.id: _divisions(measure, numbers, study) for measure in study.measures}
    return {
        "title": study.title,
        "made_up": numbers.made_up,
        "setting": setting(study, numbers),
        "confidence": numbers.confidence,
        "power": numbers.power,
        "ordinary": numbers.ordinary,
        "service": study.words["service"][0],
        "services": study.words["service"][1],
        "measures": [_measure(one, divisions[one.id], numbers, study) for one in study.measures]
        + ([_number_measure(numbers, study)] if (ALL, ALL) in numbers.means else []),
        "breakdowns": [_division(one) for one in study.divisions],
        "estimates": [list(SHARE_COLUMNS), *_share_rows(divisions, numbers, study)],
        "means": [list(MEAN_COLUMNS), *_mean_rows(numbers, study)],
        "differences": [list(CONTRAST_COLUMNS), *_contrast_rows(divisions, numbers, study)],
        "views": [*_views(divisions, numbers, study), *_number_views(numbers, study)],
        "claims": claims(numbers),
        "marks": {
            HIDDEN: hidden_meaning(study),
            UNRELIABLE: unreliable_meaning(numbers),
            ABSENT: "not available",
        },
        "spoken": {**SPOKEN, ABSENT: "not available"},
        "reasons": {status: reason(status) for status in _statuses(numbers)},
        "tables": [name for name in FACTS if len(getattr(released, name))],
    }


def _divisions(measure: Measure, numbers: Numbers, study: Study) -> tuple[Breakdown, ...]:
    """Divisions in which the release has shares of a measure."""
    found = {key[2] for key in numbers.shares if key[0] == measure.id}
    return tuple(division for division in study.divisions if division.id in found)


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


def _groups(divisions: Iterable[Breakdown]) -> Iterator[tuple[str, str]]:
    yield ALL, ALL
    for division in divisions:
        yield from ((division.id, code) for code in division.codes)


def _share_rows(
    divisions: dict[str, tuple[Breakdown, ...]], numbers: Numbers, study: Study
) -> Iterator[list]:
    for item in study.items:
        for group in _groups(divisions[item.measure]):
            share = numbers.share(item.measure, item.id, *group)
            yield [item.measure, item.id, *group, *_share_cells(share)]


def _share_cells(share: Share) -> list[Any]:
    names = ("n_cases", "n_yes", "n_missing", "n_services", "estimate", "low", "high", "design_effect")
    effect = share.design_effect
    return [
        *(_released(share, name) for name in names),
        share.status,
        percent_text(share),
        interval_text(share),
        share.mark("design_effect") if effect is None else decimal(effect),
    ]


def _released(row: Marked, name: str) -> Any:
    """Return a value as it was released: a number, "[c]", or None where it is not available."""
    return HIDDEN if row.hides(name) else getattr(row, name)


def _mean_rows(numbers: Numbers, study: Study) -> Iterator[list]:
    for group in _groups(study.divisions):
        if group in numbers.means:
            mean: Mean = numbers.mean(*group)
            names = ("n_cases", "n_missing", "estimate", "low", "high")
            values = [_released(mean, name) for name in names]
            yield [NUMBER, NUMBER, *group, *values, mean.status, mean_text(mean), mean_interval_text(mean)]


def _contrast_rows(
    divisions: dict[str, tuple[Breakdown, ...]], numbers: Numbers, study: Study
) -> Iterator[list]:
    for item in study.items:
        for division in divisions[item.measure]:
            for code in contrast_codes(division):
                sizes = numbers.visible(item.measure, item.id, division.id, code)
                found = difference(numbers, item, division, code)
                least = (_size(_released(sizes, name)) for name in ("increase", "decrease"))
                yield [
                    *(item.measure, item.id, division.id, code),
                    difference_text(numbers, item, division, code),
                    interval_points(found),
                    *least,
                ]


def _size(size: float | str | None) -> str:
    if size is None or isinstance(size, str):
        return size or ABSENT
    return size_points(abs(size))


def _views(
    divisions: dict[str, tuple[Breakdown, ...]], numbers: Numbers, study: Study
) -> Iterator[dict[str, Any]]:
    """What is said of each measure and each item, over everyone and by each division."""
    for measure in study.measures:
        own = worded(study, measure)
        if len(measure.items) > 1:
            yield {"measure": measure.id, "words": _plain(measure_words(measure, numbers, own))}
            for division in divisions[measure.id]:
                words = differences_words(measure, division, numbers, own)
                yield {"measure": measure.id, "breakdown": division.id, "words": _plain(words)}
        for item in measure.items:
            key = {"measure": measure.id, "item": item.id}
            yield {**key, "words": _plain(item_words(measure, item, None, numbers, own))}
            for division in divisions[measure.id]:
                words = item_words(measure, item, division, numbers, own)
                yield {
                    **key,
                    "breakdown": division.id,
                    "words": _plain(words),
                    **_tests(item, division, numbers),
                }


def _plain(texts: Iterable[str]) -> tuple[str, ...]:
    """Sentences without links: the rows they lead to are beside them here."""
    return tuple(map(plain, texts))


def _tests(item: Item, division: Breakdown, numbers: Numbers) -> dict[str, str]:
    """Both p-values of a difference, by which method it is significant, and whether it could have been seen."""
    design, pearson = (numbers.test(item.measure, item.id, division.id, name) for name in (CR2, PEARSON))
    return {
        "p_cr2": _p(design, "p_holm", numbers),
        "p_pearson": _p(pearson, "p_value", numbers),
        "significant_by": _significant_by(item, division, numbers),
        "seen": _seen(item, division, numbers),
    } | _slope(item, division, numbers)


def _slope(item: Item, division: Breakdown, numbers: Numbers) -> dict[str, str]:
    """Change of a share from each band to the next; nothing for groups without an order."""
    if not division.ordered:
        return {}
    test = numbers.trend(item.measure, item.id, division.id, CR2)
    ends = (signed_decimal(end * 100) for end in (test.low, test.high)) if test.has_interval else ()
    return {
        "points_slope": slope_points(test),
        "points_slope_interval": " to ".join(ends),
        "p_slope": _p(test, "p_holm", numbers),
    }


def _significant_by(item: Item, division: Breakdown, numbers: Numbers) -> str:
    """Name the methods that call a difference significant; of the one method there is, say what it does."""
    mark = agreement_mark(numbers, item, division)
    found = agreement(numbers, item, division)
    if mark == HIDDEN:
        return HIDDEN
    alone = is_significant(numbers, numbers.test(item.measure, item.id, division.id, CR2), "p_holm")
    if found is Agreement.UNKNOWN and alone is not None:
        return "CR2, the only test" if alone else "not by CR2, the only test"
    return agreement_text(found, numbers, mark)


def _p(test: Test, adjustment: str, numbers: Numbers) -> str:
    p = test.p(adjustment)
    return test.mark(adjustment) if p is None else p_value(p, numbers.level)


def _seen(item: Item, division: Breakdown, numbers: Numbers) -> str:
    if unseen(numbers, item, division):
        return "could not have been seen"
    return f"could have been seen: {HIDDEN}" if unseen_hidden(numbers, item, division) else ""


def _number_views(numbers: Numbers, study: Study) -> Iterator[dict[str, Any]]:
    if (ALL, ALL) in numbers.means:
        key = {"measure": NUMBER, "item": NUMBER}
        yield {**key, "words": _plain(number_words(None, numbers, study))}
        for division in study.divisions:
            yield {**key, "breakdown": division.id, "words": _plain(number_words(division, numbers, study))}


def _statuses(numbers: Numbers) -> list[str]:
    found = {row.status for row in (*numbers.shares.values(), *numbers.means.values())}
    return sorted(found - {"ok", "suppressed", "low_reliability"})
