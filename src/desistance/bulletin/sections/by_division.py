"""Differences of one measure by each division: what is said of them, and their tables."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.content import Table
from desistance.bulletin.language.differences import largest_sentence, sizes_said, unseen, unseen_sentence
from desistance.bulletin.language.phrases import by, cited, of_all
from desistance.bulletin.language.sentences import beside, counts_sentence
from desistance.bulletin.language.words import joined, within
from desistance.bulletin.reading.numbers import PEARSON, Numbers
from desistance.bulletin.reading.topics import (
    Verdicts,
    by_design,
    by_ordinary,
    design_verdicts,
    ordinary_verdicts,
    tested_items,
)
from desistance.bulletin.sections.difference_tables import difference_table, effects_table, verdict_table
from desistance.study import Breakdown, Measure, Study


def division_text(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> str:
    """Differences by one division: how many by each method, the largest, and what could not have been seen."""
    texts = (
        counts_sentence(measure, division, numbers, study),
        largest_sentence(measure, division, numbers, study),
        unseen_sentence(measure, division, numbers, study),
    )
    return " ".join(text for text in texts if text)


def division_texts(
    measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> tuple[str, ...]:
    """A text for each division by which a method finds a difference, and one for all the others together."""
    found, silent = [], []
    for division in divisions:
        differs = by_ordinary(numbers, measure, division) or by_design(numbers, measure, division)
        (found if differs else silent).append(division)
    return (
        *(division_text(measure, division, numbers, study) for division in found),
        *_silent_texts(measure, silent, numbers, study),
    )


def _silent_texts(
    measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> tuple[str, ...]:
    """Divisions by which nothing differs, and the sizes that would have been seen; nothing where none is tested."""
    tested = [division for division in divisions if tested_items(numbers, measure, division)]
    veiled = [division for division in divisions if _all_hidden(measure, division, numbers)]
    texts = (f"By {by(veiled)}, every test is hidden.",) if veiled else ()
    if not tested:
        return texts
    sizes = [
        size for division in tested for item in measure.items for size in unseen(numbers, item, division)
    ]
    methods = "either method" if _both_methods(measure, tested, numbers) else "the CR2 test"
    which = " whose tests are shown" if _some_hidden(measure, tested, numbers) else ""
    text = f"By {by(tested, 'or')}, no {study.words['factor'][0]}{which} differs significantly by {methods}"
    if sizes:
        text += "; where a difference could not have been seen, only one of "
        text += f"{cited(sizes_said(sizes), 'tables/precision.csv')} or more would have been"
    return (f"{text}.", *texts)


def _counts(measure: Measure, division: Breakdown, numbers: Numbers) -> tuple[Verdicts, Verdicts]:
    return ordinary_verdicts(numbers, measure, division), design_verdicts(numbers, measure, division)


def _some_hidden(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers) -> bool:
    return any(count.hidden for division in divisions for count in _counts(measure, division, numbers))


def _all_hidden(measure: Measure, division: Breakdown, numbers: Numbers) -> bool:
    counts = _counts(measure, division, numbers)
    return any(count.hidden for count in counts) and not any(count.total for count in counts)


def _both_methods(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers) -> bool:
    tests = (numbers.test(measure.id, item.id, d.id, PEARSON) for item in measure.items for d in divisions)
    return any(test.p_value is not None for test in tests)


def differing_divisions(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Clause that counts the items that differ by each division that any differs by, by the design-based method."""
    counts = [(division, design_verdicts(numbers, measure, division)) for division in study.divisions]
    found = [(division, count) for division, count in counts if count.found]
    if not found:
        return _none_differs([count for _, count in counts])
    (division, first), rest = found[0], found[1:]
    total = first.total if first.hidden else len(measure.items)
    n, noun = len(first.found), study.words["factor"]
    verb = "differs" if n == 1 else "differ"
    lead = f"{of_all(n, total, noun, hidden=first.hidden)} {verb} significantly by {within(division.label)}"
    return joined([lead, *(f"{beside(count, first)} by {within(each.label)}" for each, count in rest)])


def _none_differs(counts: Sequence[Verdicts]) -> str:
    if not any(count.hidden for count in counts):
        return "no difference between groups is significant by the CR2 test"
    if not any(count.total for count in counts):
        return "every test of a difference between groups is hidden"
    return "no difference between groups that is shown is significant by the CR2 test"


def difference_tables(
    measure: Measure, numbers: Numbers, study: Study, *, open_table: str | None
) -> tuple[Table, ...]:
    """Count of verdicts, then a folded table a division; one that is shown elsewhere is left out."""
    rest = [division for division in study.divisions if division.id != open_table]
    pairs = [
        (
            difference_table(measure, division, numbers, study, folded=True),
            effects_table(measure, (division,), numbers, study),
        )
        for division in rest
    ]
    tables = (table for pair in pairs for table in pair)
    return present(verdict_table(measure, study.divisions, numbers, study), *tables)


def present(*tables: Table | None) -> tuple[Table, ...]:
    """The tables that are there."""
    return tuple(table for table in tables if table is not None)


def filled(*texts: str) -> tuple[str, ...]:
    """The texts that say something."""
    return tuple(text for text in texts if text)
