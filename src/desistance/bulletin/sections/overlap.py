"""Factors that overlap and must not be added up: which occur together, as a matrix of pairs and in words."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from desistance.bulletin.content import Cell, Table
from desistance.bulletin.language.phrases import cases, cited, count_text, factor, factors, setting
from desistance.bulletin.language.shown import Shown
from desistance.bulletin.language.words import count, counted, joined, per_cent, sentence, within
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.results import Pair
from desistance.study import Item, Study


def pair_name(pair: Pair, study: Study) -> str:
    """Two factors as a sentence names them."""
    shorts = {item.id: item.short for item in study.combined.items}
    return joined([within(shorts.get(name, name)) for name in (pair.first, pair.second)])


def most_shared(numbers: Numbers) -> Pair | None:
    """The pair that most cases have; None where no pair is released."""
    return max(_known(numbers), key=lambda pair: pair.n_both, default=None)


def overlap_heading(numbers: Numbers, study: Study) -> str:
    """Name the pair that most cases have; "" for factors that may be added up, or where no pair is released."""
    most = most_shared(numbers) if study.overlap else None
    if most is None:
        return ""
    n_cases = "" if most.n_cases is None else f" of {count(most.n_cases)}"
    return (
        f"{sentence(pair_name(most, study))} are the {factors(study)} most often seen together{_shown(numbers)}, in "
        f"{count(most.n_both)}{n_cases} {cases(study)}"
    )


def _shown(numbers: Numbers) -> str:
    """What a rank of pairs is out of, where some are hidden."""
    pairs = numbers.pairs.get((ALL, ALL), ())
    return ", of the pairs that are shown" if any(pair.hides("n_both") for pair in pairs) else ""


def overlap_sentence(numbers: Numbers, study: Study) -> str:
    """Say that the factors overlap, how far at the two ends, and that nothing is added up."""
    if not study.overlap:
        return ""
    rule = (
        f"The {factors(study)} are not mutually exclusive: a {study.words['case'][0]} may have any of them, so their "
        f"shares are not parts of a whole and are nowhere added up."
    )
    known = [pair for pair in _known(numbers) if pair.n_cases]
    if len(known) < 2:
        return rule
    most, least = (end(known, key=lambda pair: pair.n_both) for end in (max, min))
    said = [f"{pair_name(pair, study)} ({_both(pair, study)})" for pair in (most, least)]
    which = _shown(numbers).removeprefix(", ")
    lead = f"{sentence(which)}, most" if which else "Most"
    return f"{rule} {lead} {cases(study)} are shared by {said[0]}; fewest, by {said[1]}."


def overlap_matrix(numbers: Numbers, study: Study) -> Table | None:
    """Cases with both of two factors; on the diagonal, cases with the factor. None where factors may be added up."""
    pairs = numbers.pairs.get((ALL, ALL), ())
    if not study.overlap or not pairs:
        return None
    items, case = study.combined.items, study.words["case"][0]
    found = _by_pair(pairs)
    what = f"{sentence(cases(study))} with both of two {factors(study)}"
    return Table(
        id="table-overlap",
        number=0,
        title=f"{what}; {_base(pairs, study)}{setting(study, numbers)}",
        columns=(sentence(factor(study)), *(item.short for item in items)),
        rows=tuple((Cell(row.short, kind="text"), *_counts(row, items, found)) for row in items),
        notes=(
            f"Where a {factor(study)} meets itself (all): every {case} with it. A {case} stands in every cell of each "
            "pair it has, so neither rows nor columns add up to anything.",
        ),
        summary=what,
    )


def _base(pairs: tuple[Pair, ...], study: Study) -> str:
    sizes = {pair.n_cases for pair in pairs}
    return f"of {counted(*sizes, study.words['case'])}, " if len(sizes) == 1 and None not in sizes else ""


def _both(pair: Pair, study: Study) -> str:
    share = per_cent(Fraction(pair.n_both, pair.n_cases))
    return f"{cited(counted(pair.n_both, study.words['case']), pair.place)}, {share}"


def _known(numbers: Numbers) -> list[Pair]:
    return [pair for pair in numbers.pairs.get((ALL, ALL), ()) if pair.n_both is not None]


def _by_pair(pairs: tuple[Pair, ...]) -> dict[tuple[str, str], str]:
    """Cases with both of two factors, either way round; and with one, as the pair of it with itself.

    What is hidden in one row is hidden, whatever another row says.
    """
    found: dict[tuple[str, str], str] = {}
    for pair in pairs:
        both = count_text(pair.n_both, pair.mark("n_both"))
        found[pair.first, pair.second] = found[pair.second, pair.first] = both
        for name, n, mark in (
            (pair.first, pair.n_first, pair.mark("n_first")),
            (pair.second, pair.n_second, pair.mark("n_second")),
        ):
            if found.get((name, name)) != HIDDEN:
                found[name, name] = count_text(n, mark)
    return found


def _counts(row: Item, items: tuple[Item, ...], found: Mapping[tuple[str, str], str]) -> tuple[Cell, ...]:
    return tuple(
        Cell(found.get((row.id, item.id), ABSENT), small=Shown("all") if item is row else "")
        for item in items
    )
