"""Counts of factors together: how many a case has, and every two of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from math import comb

from desistance.disclosure.book import Book
from desistance.disclosure.keys import NOT_KNOWN
from desistance.disclosure.system import Key
from desistance.disclosure.told import Group, Told
from desistance.study import EVERYONE

EVERYBODY = (EVERYONE, EVERYONE)
Cell = Callable[[Group], Key]


def enter_numbers(book: Book, told: Told) -> None:
    """Cases with each number of factors, and the factors of all cases together, which the mean gives away."""
    count = told.study.factor_count
    if count is None or told.table("distributions").empty:
        return
    for *group, number, n_cases in told.rows(
        "distributions", "breakdown", "subgroup", "n_factors", "n_cases"
    ):
        key, base = told.keys.number(*group, int(number)), told.keys.known(*group)
        book.enter(key, n_cases, printed=True, unsafe=book.is_unsafe_part(n_cases, book.value(base)))
        _enter_others(book, key, base)
    _relate_all_numbers(book, told, range(len(count.columns) + 1))
    _enter_means(book, told)


def _relate_all_numbers(book: Book, told: Told, sizes: range) -> None:
    """Numbers of factors over the levels of each division, and what they add up to in each subgroup."""
    cells = [lambda group, size=size: told.keys.number(*group, size) for size in sizes]
    for division, cell in product(told.study.divisions, cells):
        _enter_left(book, told, division.id, cell)
    for group in told.groups:
        numbers = [cell(group) for cell in cells]
        if numbers[0] in book:
            _relate_numbers(book, told, group, numbers)
    for division, cell in product(told.study.divisions, [*cells, lambda group: told.keys.total(*group)]):
        _relate_levels(book, told, division.id, cell)


def _enter_others(book: Book, key: Key, base: Key) -> None:
    """What remains of a base, where that must not be found out; it is no bound that a reader would not have."""
    left = book.value(base) - book.value(key)
    if book.is_unsafe_part(left, book.value(base)):
        book.enter_remains(key, base, ("not", *key))


def _relate_numbers(book: Book, told: Told, group: Group, numbers: list[Key]) -> None:
    count = told.study.factor_count
    book.relate("numbers of factors add up", [told.keys.known(*group)], numbers)
    reached = told.keys.judged("yes", count.item, count.item, *group)
    if reached in book:
        book.relate(f"{count.threshold} or more of the numbers", [reached], numbers[count.threshold :])
    total = told.keys.total(*group)
    value = sum(size * book.value(key) for size, key in enumerate(numbers))
    book.enter(total, value, printed=group[1] != NOT_KNOWN)
    book.weigh("factors of all cases", {total: 1}, {key: size for size, key in enumerate(numbers)})
    items = told.keys.items(count.measure)
    present = [told.keys.judged("yes", count.measure, item.id, *group) for item in items]
    # A factor with a base of its own counts fewer cases than the number of factors does: nothing holds then.
    if any(item.base for item in items) or any(key not in book for key in present):
        return
    if told.keys.complete:
        book.relate("factors of all cases, one by one", [total], present)
    else:
        some = ("factors of cases not all known", *group)
        book.enter(some, sum(map(book.value, present)) - value)
        book.relate("factors of all cases, one by one", [total, some], present)


def _enter_means(book: Book, told: Told) -> None:
    """Bases of the means are those of the item that is counted from the factors."""
    count = told.study.factor_count
    names = ("breakdown", "subgroup", "n_cases", "n_missing", "n_services")
    for *group, n_cases, n_missing, n_services in told.rows("means", *names):
        book.enter(told.keys.known(*group), n_cases, printed=True)
        missing = told.keys.judged("missing", count.item, count.item, *group)
        book.enter(missing, n_missing, printed=True)
        book.at_least(told.keys.known(*group), n_services)


def enter_pairs(book: Book, told: Told) -> None:
    """Two-by-two tables of every two factors, with what stands in none of their printed cells."""
    combined = told.study.combined
    if combined is None or told.table("pairs").empty:
        return
    base, names = told.keys.known(*EVERYBODY), ("first", "second", "n_cases", "n_first", "n_second", "n_both")
    for first, second, n_cases, n_first, n_second, n_both in told.rows("pairs", *names):
        book.enter(base, n_cases, printed=True, unsafe=told.policy.is_unsafe(int(n_cases)))
        for item, count in ((first, n_first), (second, n_second)):
            key = told.keys.factor(*EVERYBODY, item)
            if key not in book:
                book.enter_part(key, count, base, ("no factor", *EVERYBODY, item), printed=True)
            book.enter(key, count, printed=True)
        _enter_pair(book, told, (first, second), n_both)
    _relate_pairs(book, told, [item.id for item in combined.items])


def _enter_pair(book: Book, told: Told, pair: tuple[str, str], n_both: float) -> None:
    """The four inner cells: both, only the first, only the second, neither."""
    base, both = told.keys.known(*EVERYBODY), told.keys.both(*EVERYBODY, *pair)
    first, second = (told.keys.factor(*EVERYBODY, item) for item in pair)
    size = book.value(base)
    book.enter(both, n_both, printed=True, unsafe=book.is_unsafe_part(n_both, size))
    for one, item, other in ((first, *pair), (second, *reversed(pair))):
        only = ("only", *EVERYBODY, item, other)
        unsafe = book.is_unsafe_part(book.value(one) - book.value(both), size)
        book.rest(f"cases with {item}, with and without {other}", one, [both], only, unsafe=unsafe)
    only = ("only", *EVERYBODY, *reversed(pair))
    left = size - book.value(first) - book.value(only)
    neither = ("neither", *EVERYBODY, *pair)
    unsafe = book.is_unsafe_part(left, size)
    book.rest(f"cases with {' or '.join(pair)}, and without", base, [first, only], neither, unsafe=unsafe)


def _relate_pairs(book: Book, told: Told, items: list[str]) -> None:
    """Pairs against numbers of factors, and cases with a factor against those of whom all factors are known."""
    pairs = [told.keys.both(*EVERYBODY, *pair) for pair in combinations(items, 2)]
    if any(pair not in book for pair in pairs):
        return
    if told.study.factor_count:
        numbers = {told.keys.number(*EVERYBODY, size): comb(size, 2) for size in range(2, len(items) + 1)}
        if all(key in book for key in numbers):
            book.weigh("pairs of factors of all cases", dict.fromkeys(pairs, 1), numbers)
    cases, known = ("cases", *EVERYBODY), told.keys.known(*EVERYBODY)
    if cases in book and told.study.factor_count is None:
        name = "cases with all factors known"
        if told.keys.complete:
            book.relate(name, [cases], [known])
        else:
            book.rest(name, cases, [known], ("not all known", *EVERYBODY), unsafe=False)
    if told.keys.complete or any(item.base for item in told.study.combined.items):
        return
    for item in items:
        own = told.keys.factor(*EVERYBODY, item)
        yes = told.keys.judged("yes", told.study.combined.id, item, *EVERYBODY)
        if yes in book:
            book.rest(f"cases with {item}, all known or not", yes, [own], ("rest", *own), unsafe=False)


def _enter_left(book: Book, told: Told, division: str, cell: Cell) -> None:
    """A count among cases whose level is not known, from everyone and the levels."""
    group, total = (division, NOT_KNOWN), cell(EVERYBODY)
    levels = [cell(each) for each in told.levels(division) if each[1] != NOT_KNOWN]
    if group not in told.groups or total not in book or any(key not in book for key in levels):
        return
    left = book.value(total) - sum(map(book.value, levels))
    book.enter(cell(group), left, unsafe=told.hides_missing and told.policy.is_unsafe(max(left, 0)))


def _relate_levels(book: Book, told: Told, division: str, cell: Cell) -> None:
    """A count over the levels of a division."""
    total = cell(EVERYBODY)
    levels = [cell(group) for group in told.levels(division)]
    if total[0] in ("base", "yes"):  # entered with the judgements
        return
    if total in book and all(key in book for key in levels):
        book.relate(f"{total[0]} over {division}", [total], levels)
