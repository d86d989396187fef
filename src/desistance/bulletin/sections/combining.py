"""Combinations of factors: which occur together more than by chance, and how the picture changes by band."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.combinations import (
    combination_name,
    combination_percent,
    has_every,
    no_combination_sentence,
    shown_combinations,
)
from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.language.phrases import (
    cases,
    cited,
    count_text,
    full,
    interval_text,
    level_name,
    mean_text,
    percent_text,
    setting,
)
from desistance.bulletin.language.shorthand import flagged
from desistance.bulletin.language.words import (
    count,
    counted,
    decimal,
    per_cent,
    ratio_interval,
    sentence,
    within,
)
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.places import mean_place, pair_place
from desistance.bulletin.reading.results import Combination, Pair, Share
from desistance.bulletin.sections.overlap import overlap_heading, overlap_matrix, overlap_sentence, pair_name
from desistance.bulletin.sections.protection import fewest_shown
from desistance.bulletin.sections.tables import missing_notes_of
from desistance.study import Breakdown, Item, Level, Study

ENDS = 5


def combinations_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """UpSet, pairs, lowest band against highest; None where nothing is combined or nothing is released.

    Factors that must not be added up have a matrix of pairs in place of anything that rests on their number.
    """
    if study.combined is None or not (figures or numbers.pairs):
        return None
    ranked = _ranked(numbers)
    tables = (
        overlap_matrix(numbers, study),
        _ends_table(ranked, numbers, study),
        _bands_table(numbers, study),
        _pairs_table(ranked, numbers, study),
    )
    texts = (
        overlap_sentence(numbers, study),
        _how_many(numbers, study, _upset(figures)) or no_combination_sentence(numbers, study),
        _pairs_sentence(ranked, numbers, study),
        *(_band_sentence(band, numbers, study) for band in study.bands),
    )
    return Section(
        id="combinations",
        topic=f"Combinations of {study.words['factor'][1]}",
        heading=overlap_heading(numbers, study) or _heading(ranked, numbers, study),
        paragraphs=tuple(text for text in texts if text),
        figures=tuple(figures),
        tables=tuple(table for table in tables if table is not None),
    )


def _ranked(numbers: Numbers) -> tuple[Pair, ...]:
    """Pairs over everyone from the highest lift to the lowest; those without one last."""
    pairs = numbers.pairs.get((ALL, ALL), ())
    return tuple(
        sorted(pairs, key=lambda pair: (pair.lift is None, -(pair.lift or 0), pair.first, pair.second))
    )


def _above(pair: Pair) -> bool:
    return pair.has_interval and pair.low > 1


def _below(pair: Pair) -> bool:
    return pair.has_interval and pair.high < 1


def _heading(ranked: Sequence[Pair], numbers: Numbers, study: Study) -> str:
    if ranked and _above(ranked[0]):
        name = sentence(pair_name(ranked[0], study))
        return f"{name} occur together {decimal(ranked[0].lift)} times as often as if they were unrelated"
    if not any(map(_is_veiled, ranked)):
        return (
            f"No two {study.words['factor'][1]} occur together clearly more often than if they were unrelated"
        )
    if not any(pair.has_interval for pair in ranked):
        return f"Which {study.words['factor'][1]} occur together"
    return "No pair that is shown occurs together clearly more often than if the two were unrelated"


def _is_veiled(pair: Pair) -> bool:
    return pair.hides("lift", "low", "high")


def _upset(figures: Sequence[Figure]) -> str:
    """Anchor of the figure that holds the most frequent combinations; "" where there is none."""
    return next((f"figure-{figure.number}" for figure in figures if figure.id == "combinations"), "")


def _how_many(numbers: Numbers, study: Study, place: str) -> str:
    """How many combinations there are, and how many cases the most frequent one has; `place` holds it."""
    found = [each for each in numbers.combinations.get((ALL, ALL), ()) if each.n_cases]
    if not found:
        return ""
    first = shown_combinations(numbers, study)[0]
    amount = counted(len(found), ("combination", "combinations"))
    fewest = fewest_shown(numbers)
    share = "" if first.estimate is None else f", {per_cent(first.estimate)} of {cases(study)}"
    name = combination_name(first, study)
    name = f"the one with {name}" if has_every(first, study) else f"{name} and nothing else"
    size = cited(f"{counted(first.n_cases, study.words['case'])}{share}", place)
    amount = cited(amount, "tables/combinations.csv")
    if fewest is None:
        return full(f"there are {amount} of {study.words['factor'][1]}. The most frequent is {name}: {size}")
    return full(
        f"{amount} of {study.words['factor'][1]} can be shown, of those with at least {fewest} {cases(study)} each; "
        f"the others are left out. The most frequent of those shown is {name}: {size}"
    )


def _pairs_sentence(ranked: Sequence[Pair], numbers: Numbers, study: Study) -> str:
    """How many pairs occur together more, and less, often than by chance; the ends of the range."""
    known = [pair for pair in ranked if pair.has_interval]
    if not known:
        return ""
    above, below = sum(map(_above, known)), sum(map(_below, known))
    ends = [
        f"{pair_name(pair, study)} ({cited(_lift_said(pair, numbers), pair.place)})"
        for pair in (known[0], known[-1])
    ]
    veiled = any(map(_is_veiled, ranked))
    pairs = counted(len(known), ("pair", "pairs"))
    of_whom = f"Of the {pairs} that {'is' if len(known) == 1 else 'are'} shown" if veiled else f"Of {pairs}"
    return (
        f"The lift of a pair is the share of {cases(study)} with both, over what it would be if the two were "
        f"unrelated. {cited(of_whom, 'tables/pairs.csv')}, {above or 'none'} {_have(above)} an interval wholly "
        f"above 1 and {below or 'none'} wholly below it, by a method that respects {study.words['service'][1]} and "
        f"without adjustment for their number. The highest is {ends[0]}; the lowest, {ends[1]}."
    )


def _lift_said(pair: Pair, numbers: Numbers) -> str:
    ends = ratio_interval(pair.low, pair.high)
    return f"{decimal(pair.lift, 2)}, {numbers.confidence} per cent interval {ends}"


def _have(n: int) -> str:
    return "has" if n == 1 else "have"


def _lowest_highest(band: Breakdown) -> tuple[Level, Level]:
    return band.levels[0], band.levels[-1]


def _first(band: Breakdown, level: Level, numbers: Numbers) -> Combination | None:
    found = numbers.combinations.get((band.id, level.code), ())
    return next((each for each in found if each.n_cases), None)


def _band_sentence(band: Breakdown, numbers: Numbers, study: Study) -> str:
    """Lowest and highest band: share at or over the threshold, and the most frequent combination."""
    if study.factor_count is None:
        return ""
    said = []
    for rank, level in zip(("lowest", "highest"), _lowest_highest(band), strict=True):
        share, first = _threshold(band, level, numbers, study), _first(band, level, numbers)
        if share.exact is None or first is None:
            return ""
        said.append(
            f"{per_cent(share.exact)} of {cases(study)} in the {rank} band, {level_name(band, level)} "
            f"(most often{_of_those(numbers)} {combination_name(first, study)}: "
            f"{cited(counted(first.n_cases, study.words['case']), mean_place(band.id, level.code))})"
        )
    item = _threshold_item(study)
    return f"{band.label}: {within(item.label)} in {said[0]}, and in {said[1]}."


def _of_those(numbers: Numbers) -> str:
    """What a most frequent combination is out of, where small ones are left out."""
    return "" if fewest_shown(numbers) is None else ", of the combinations shown,"


def _threshold_item(study: Study) -> Item:
    return study.measure(study.factor_count.item).items[0]


def _threshold(band: Breakdown, level: Level, numbers: Numbers, study: Study) -> Share:
    item = _threshold_item(study)
    return numbers.share(item.measure, item.id, band.id, level.code)


def _ends_table(ranked: Sequence[Pair], numbers: Numbers, study: Study) -> Table | None:
    """Pairs with the highest and the lowest lifts."""
    known = [pair for pair in ranked if pair.lift is not None]
    if not known:
        return None
    chosen = known if len(known) <= 2 * ENDS else [*known[:ENDS], *known[-ENDS:]]
    which = "Of the pairs shown, those" if any(map(_is_veiled, ranked)) else "Pairs"
    what = f"{which} that occur together most, and least, beyond chance"
    alone = len(ranked) <= 2 * ENDS  # else the table of every pair has the anchors
    return _pairs_grid("table-pairs-ends", what, chosen, numbers, study, folded=False, anchored=alone)


def _pairs_table(ranked: Sequence[Pair], numbers: Numbers, study: Study) -> Table | None:
    if len(ranked) <= 2 * ENDS:
        return None
    return _pairs_grid("table-pairs", "Every pair, by lift", ranked, numbers, study, folded=True)


def _pairs_grid(
    name: str,
    what: str,
    pairs: Sequence[Pair],
    numbers: Numbers,
    study: Study,
    *,
    folded: bool,
    anchored: bool = True,
) -> Table:
    reasons = [pair.status for pair in pairs if not pair.has_interval and not _is_veiled(pair)]
    return Table(
        id=name,
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Pair", f"{sentence(cases(study))} with both", "Lift", f"{numbers.confidence}% interval"),
        rows=tuple(
            (
                Cell(sentence(pair_name(pair, study)), kind="text"),
                Cell(count_text(pair.n_both, pair.mark("n_both"))),
                Cell(pair.mark("lift") if pair.lift is None else decimal(pair.lift, 2)),
                Cell(
                    ratio_interval(pair.low, pair.high)
                    if pair.has_interval
                    else pair.mark("low", "high", "lift")
                ),
            )
            for pair in pairs
        ),
        notes=(
            f"A lift of 1 is what unrelated {study.words['factor'][1]} would have.",
            *missing_notes_of(reasons),
        ),
        ids=tuple(pair_place(pair.first, pair.second) for pair in pairs) if anchored else (),
        summary=what,
        folded=folded,
    )


def _bands_table(numbers: Numbers, study: Study) -> Table | None:
    """Lowest and highest level of each band side by side, where factors are counted."""
    if study.factor_count is None:
        return None
    measure, rows, ids = study.combined, [], []
    for band in study.bands:
        for level in _lowest_highest(band):
            first, mean = _first(band, level, numbers), numbers.mean(band.id, level.code)
            share = _threshold(band, level, numbers, study)
            if first is not None or fewest_shown(numbers) is not None:
                ids.append(mean_place(band.id, level.code))
                label = flagged(f"{band.label}: {level.label}", unreliable=share.unreliable)
                small = interval_text(share) if share.exact is not None and share.has_interval else ""
                rows.append(
                    (
                        Cell(label, kind="text"),
                        Cell(count_text(share.n_cases, share.mark("n_cases"))),
                        Cell(percent_text(share), small=small),
                        Cell(mean_text(mean)),
                        *_first_cells(first, study),
                    )
                )
    if not rows:
        return None
    return Table(
        id="table-combinations-bands",
        number=0,
        title=f"{measure.title}: combinations in the lowest and in the highest band; {setting(study, numbers)}",
        columns=(
            "Band",
            "Base",
            f"{_threshold_item(study).label}, % and {numbers.confidence}% interval",
            "Mean number",
            "Most frequent combination" + ("" if fewest_shown(numbers) is None else " of those shown"),
            f"{sentence(cases(study))} with it",
            "% of base",
        ),
        rows=tuple(rows),
        ids=tuple(ids),
    )


def _first_cells(first: Combination | None, study: Study) -> tuple[Cell, ...]:
    """Name, number and share of a combination; hidden where every one of the level is left out."""
    if first is None:
        return Cell(HIDDEN, kind="text"), Cell(HIDDEN), Cell(HIDDEN)
    name = sentence(combination_name(first, study))
    return Cell(name, kind="text"), Cell(count(first.n_cases)), Cell(combination_percent(first))
