"""Factors that overlap and must not be added up: which occur together, as a matrix of pairs and in words."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from desistance.bulletin.content import Cell, Table
from desistance.bulletin.numbers import ALL, Numbers
from desistance.bulletin.phrases import cases, count_text, factor, factors, setting
from desistance.bulletin.results import Pair
from desistance.bulletin.words import count, counted, joined, per_cent, sentence, within
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
        f"{sentence(pair_name(most, study))} are the {factors(study)} most often seen together, in "
        f"{count(most.n_both)}{n_cases} {cases(study)}"
    )


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
    return f"{rule} Most {cases(study)} are shared by {said[0]}; fewest, by {said[1]}."


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
        title=f"{what}; of {count_text(pairs[0].n_cases)} {cases(study)}, {setting(study, numbers)}",
        columns=(sentence(factor(study)), *(item.short for item in items)),
        rows=tuple((Cell(row.short, kind="text"), *_counts(row, items, found)) for row in items),
        notes=(
            f"Where a {factor(study)} meets itself (all): every {case} with it. A {case} stands in every cell of each "
            "pair it has, so neither rows nor columns add up to anything.",
        ),
        summary=what,
    )


def _both(pair: Pair, study: Study) -> str:
    share = per_cent(Fraction(pair.n_both, pair.n_cases))
    return f"{counted(pair.n_both, study.words['case'])}, {share}"


def _known(numbers: Numbers) -> list[Pair]:
    return [pair for pair in numbers.pairs.get((ALL, ALL), ()) if pair.n_both is not None]


def _by_pair(pairs: tuple[Pair, ...]) -> dict[tuple[str, str], int | None]:
    """Cases with both of two factors, either way round; and with one, as the pair of it with itself."""
    found: dict[tuple[str, str], int | None] = {}
    for pair in pairs:
        found[pair.first, pair.first], found[pair.second, pair.second] = pair.n_first, pair.n_second
        found[pair.first, pair.second] = found[pair.second, pair.first] = pair.n_both
    return found


def _counts(
    row: Item, items: tuple[Item, ...], found: Mapping[tuple[str, str], int | None]
) -> tuple[Cell, ...]:
    return tuple(
        Cell(count_text(found.get((row.id, item.id))), small="all" if item is row else "") for item in items
    )
