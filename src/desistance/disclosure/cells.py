"""Every count of children in every table, and all that holds between them, as one system of equations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pandas as pd

from desistance.disclosure.book import Book
from desistance.disclosure.columns import check_columns
from desistance.disclosure.combination_cells import enter_combinations
from desistance.disclosure.factor_cells import enter_numbers, enter_pairs
from desistance.disclosure.keys import NOT_KNOWN
from desistance.disclosure.policy import Policy
from desistance.disclosure.practice_cells import enter_comments, enter_services
from desistance.disclosure.service_cells import enter_changes, enter_funnel, enter_models
from desistance.disclosure.structure import base_item
from desistance.disclosure.system import Key, System
from desistance.disclosure.told import Group, Told
from desistance.study import EVERYONE, Study


def counts_of(
    tables: Mapping[str, pd.DataFrame], study: Study, facts: Mapping[str, Any], policy: Policy
) -> System:
    """All counts of children in the tables, each once, and the relations between them.

    Parameters
    ----------
    tables
        Restricted findings by name, with the columns of `findings.tables.COLUMNS`; a table may be absent. Combinations
        and pairs of factors are of everyone.
    study
        The study they are of.
    facts
        The account of the records. `missing`, which is published, says how many cases lack each answer and each
        level; without it nothing of this is taken as known.
    policy
        Which counts are unsafe.

    Returns
    -------
    System
        Checked: every relation holds on these tables.

    Raises
    ------
    ReleaseError
        A table, a column of counts or a kind of evidence that is not known, a relation that does not hold, a count
        that would be published and stands in no relation, or combinations or pairs of a subgroup.

    Notes
    -----
    Counts of services are not protected: they are taken as known. Of cases whose level is not known the same
    relations hold as of the others; they are unsafe only where small numbers of missing answers are.
    """
    check_columns(tables)
    told = Told(tables, study, facts, policy)
    book = Book(policy, _uses(told), frozenset(breakdown.id for breakdown in study.breakdowns))
    for enter in _CHAPTERS:
        enter(book, told)
    return book.system()


def _uses(told: Told) -> Counter[Key]:
    """How often claims look at each count."""
    ledger = told.table("ledger")
    if "uses" not in ledger:
        return Counter()
    return Counter(
        key
        for text in ledger["uses"]
        for key in dict.fromkeys(key for use in str(text).split(";") if use for key in told.keys.used(use))
    )


def _enter_estimates(book: Book, told: Told) -> None:
    """Base, yes, no and missing of every item in every subgroup, as the table has them; headline and Wilson agree."""
    names = ("measure", "item", "breakdown", "subgroup", "n_cases", "n_yes", "n_missing", "n_services")
    for *cell, n_cases, n_yes, n_missing, n_services in told.rows("estimates", *names):
        base, yes, no, missing = _cell(told, *cell)
        seen = no in book
        book.enter(base, n_cases, printed=True, unsafe=told.policy.is_unsafe(int(n_cases)))
        book.enter(missing, n_missing, printed=True, unsafe=_is_unsafe_missing(told, n_missing))
        book.enter(yes, n_yes, printed=True)
        if not seen:
            book.at_least(base, n_services)
            book.enter_part(yes, n_yes, base, no)


def _cell(told: Told, *cell: str) -> tuple[Key, Key, Key, Key]:
    """Names of base, yes, no and missing."""
    return tuple(told.keys.judged(kind, *cell) for kind in ("base", "yes", "no", "missing"))


def _is_unsafe_missing(told: Told, count: float) -> bool:
    """That an answer is missing speaks of the inspection; where the policy minds, nought says nothing of a child."""
    return told.hides_missing and count > 0 and told.policy.is_unsafe(int(count))


def _enter_not_known(book: Book, told: Told) -> None:
    """The same of cases whose level is not known: whatever the levels of a division lack of everyone."""
    for division, item in product(told.study.divisions, told.study.items):
        cell = _cell(told, item.measure, item.id, division.id, NOT_KNOWN)
        everyone = _cell(told, item.measure, item.id, EVERYONE, EVERYONE)
        if (division.id, NOT_KNOWN) not in told.groups or cell[0] in book or everyone[0] not in book:
            continue
        base, yes, no, _ = cell
        for place in (0, 1, 3):
            levels = [_cell(told, item.measure, item.id, division.id, code)[place] for code in division.codes]
            name = _margin(division.id, cell[place])
            book.rest(name, everyone[place], levels, cell[place], unsafe=False)
        book.enter_remains(yes, base, no, unsafe=None if told.hides_missing else False)
        if told.hides_missing:
            size = book.value(base)
            book.enter(base, size, unsafe=told.policy.is_unsafe(size))
            book.enter(yes, book.value(yes), unsafe=book.is_unsafe_part(book.value(yes), size))


def _margin(division: str, key: Key) -> str:
    return f"{' '.join(key[:-2])} over {division}"


def _enter_margins(book: Book, told: Told) -> None:
    """Everyone is in one of a division's levels, where there is no case whose level is not known."""
    for division, item in product(told.study.divisions, told.study.items):
        everyone = _cell(told, item.measure, item.id, EVERYONE, EVERYONE)
        # An item that is another one by another name has that one's margins.
        if (division.id, NOT_KNOWN) in told.groups or everyone[0] not in book or len(item.parts) == 1:
            continue
        for place in (0, 1, 3):
            levels = [_cell(told, item.measure, item.id, division.id, code)[place] for code in division.codes]
            book.relate(_margin(division.id, levels[0]), [everyone[place]], levels)


def _enter_sizes(book: Book, told: Told) -> None:
    """Cases of each subgroup: all that an item without a base is about, answered or not."""
    if "n_cases" in told.facts:
        book.enter(("cases", EVERYONE, EVERYONE), told.facts["n_cases"], fixed=True)
    for group, item in product(told.groups, told.study.items):
        base, _, _, missing = _cell(told, item.measure, item.id, *group)
        if item.base is not None or item.parts or base not in book:
            continue
        size = book.value(base) + book.value(missing)
        unsafe = told.is_protected(group) and told.policy.is_unsafe(size)
        cases = book.enter(("cases", *group), size, unsafe=unsafe)
        book.relate(f"cases with and without an answer to {item.measure}.{item.id}", [cases], [base, missing])
    for division in told.study.divisions:
        levels = [("cases", *group) for group in told.levels(division.id)]
        if all(cases in book for cases in levels):
            book.relate(f"cases over {division.id}", [("cases", EVERYONE, EVERYONE)], levels)


def _enter_facts(book: Book, told: Told) -> None:
    """What the facts print: how many cases have no level and no answer. What is unsafe of it must be hidden there."""
    for division in told.study.divisions:
        without, cases = told.without_answer(division.column), ("cases", division.id, NOT_KNOWN)
        if without and cases in book:
            book.enter(cases, without, fixed=not book.is_unsafe(cases))
    n_cases = told.facts.get("n_cases")
    for item in told.study.items:
        without = None if item.derived else told.without_answer(item.column)
        base, _, _, missing = _cell(told, item.measure, item.id, EVERYONE, EVERYONE)
        if without is None or n_cases is None or base not in book:
            continue
        if item.base is None:
            book.enter(missing, without, fixed=not book.is_unsafe(base) and not book.is_unsafe(missing))
        # Where no base is in doubt, nobody outside it has an answer, as the records are checked for that.
        if n_cases - without == book.value(base):
            book.enter(
                base, n_cases - without, fixed=not book.is_unsafe(base) and not book.is_unsafe(missing)
            )


def _enter_bases(book: Book, told: Told) -> None:
    """An item with a base is about the cases with another one; what is not known of that is missing of this too."""
    for group, item in product(told.groups, told.study.items):
        base, _, _, missing = _cell(told, item.measure, item.id, *group)
        if item.base is None or base not in book:
            continue
        other = base_item(item, told.study)
        name = f"base of {item.measure}.{item.id}"
        if other is None or other.base is not None:
            _enter_outside(book, told, group, name, [base, missing])
            continue
        _, yes, _, lacking = _cell(told, other.measure, other.id, *group)
        if told.not_known(other.column) == 0:
            book.relate(name, [yes], [base, missing])
        else:
            doubt = ("base not known", other.measure, other.id, *group)
            book.enter(doubt, book.value(base) + book.value(missing) - book.value(yes))
            book.relate(name, [yes, doubt], [base, missing])
            if ("not applicable", *doubt[1:]) not in book:
                without = ("not applicable", *doubt[1:])
                book.rest(f"missing of {other.measure}.{other.id}", lacking, [doubt], without, unsafe=False)


def _enter_outside(book: Book, told: Told, group: Group, name: str, inside: list[Key]) -> None:
    """Cases outside a base of which no table says how many are in it."""
    cases = ("cases", *group)
    if cases in book:
        outside = ("outside", *inside[0][1:])
        left = book.value(cases) - sum(map(book.value, inside))
        unsafe = told.is_protected(group) and told.policy.is_unsafe(left)
        book.rest(name, cases, inside, outside, unsafe=unsafe)


def _enter_pooled(book: Book, told: Told) -> None:
    """An item that puts others together counts their answers."""
    for group, item in product(told.groups, told.study.items):
        own = _cell(told, item.measure, item.id, *group)
        if len(item.parts) < 2 or own[0] not in book:
            continue
        parts = [_cell(told, *part, *group) for part in item.parts]
        for place in (0, 1, 3):
            name = f"{own[place][0]} of the parts of {item.measure}.{item.id}"
            book.relate(name, [own[place]], [part[place] for part in parts])


_CHAPTERS: tuple[Callable[[Book, Told], None], ...] = (
    _enter_estimates,
    _enter_not_known,
    _enter_margins,
    _enter_sizes,
    _enter_facts,
    _enter_bases,
    _enter_pooled,
    enter_numbers,
    enter_pairs,
    enter_combinations,
    enter_models,
    enter_funnel,
    enter_changes,
    enter_services,
    enter_comments,
)
