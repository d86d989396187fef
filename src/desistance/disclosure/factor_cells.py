"""Counts of factors together: how many a case has, every two of them, and which occur in combination."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product
from math import comb

from desistance.disclosure.book import Book
from desistance.disclosure.keys import NOT_KNOWN
from desistance.disclosure.system import Key
from desistance.disclosure.told import Group, Told
from desistance.study import EVERYONE

EVERYBODY = (EVERYONE, EVERYONE)
Cell = Callable[[Group], Key]
Listed = Mapping[tuple[str, ...], int]


# Combinations up to this many are counts of their own, listed or not: those of six factors.
MOST_SINGLE = 64


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
    names = ("breakdown", "subgroup", "first", "second", "n_cases", "n_first", "n_second", "n_both")
    for *group, first, second, n_cases, n_first, n_second, n_both in told.rows("pairs", *names):
        base = told.keys.known(*group)
        book.enter(base, n_cases, printed=True, unsafe=told.policy.is_unsafe(int(n_cases)))
        for item, count in ((first, n_first), (second, n_second)):
            key = told.keys.factor(*group, item)
            if key not in book:
                book.enter_part(key, count, base, ("no factor", *group, item), printed=True)
            book.enter(key, count, printed=True)
        _enter_pair(book, told, tuple(group), (first, second), n_both)
    _relate_all_pairs(book, told, [item.id for item in combined.items])


def _relate_all_pairs(book: Book, told: Told, items: list[str]) -> None:
    """Pairs and their factors over the levels of each band, and against the numbers of factors."""
    both = [lambda group, pair=pair: told.keys.both(*group, *pair) for pair in combinations(items, 2)]
    single = [lambda group, item=item: told.keys.factor(*group, item) for item in items]
    for band in told.study.bands:
        for cell in [lambda group: told.keys.known(*group), *single, *both]:
            _enter_left(book, told, band.id, cell)
            _relate_levels(book, told, band.id, cell)
    for group in told.bands:
        _relate_pairs(book, told, group, items)


def _enter_pair(book: Book, told: Told, group: Group, pair: tuple[str, str], n_both: float) -> None:
    """The four inner cells: both, only the first, only the second, neither."""
    base, both = told.keys.known(*group), told.keys.both(*group, *pair)
    first, second = (told.keys.factor(*group, item) for item in pair)
    size = book.value(base)
    book.enter(both, n_both, printed=True, unsafe=book.is_unsafe_part(n_both, size))
    for one, item, other in ((first, *pair), (second, *reversed(pair))):
        only = ("only", *group, item, other)
        unsafe = book.is_unsafe_part(book.value(one) - book.value(both), size)
        book.rest(f"cases with {item}, with and without {other}", one, [both], only, unsafe=unsafe)
    only = ("only", *group, *reversed(pair))
    left = size - book.value(first) - book.value(only)
    neither = ("neither", *group, *pair)
    unsafe = book.is_unsafe_part(left, size)
    book.rest(f"cases with {' or '.join(pair)}, and without", base, [first, only], neither, unsafe=unsafe)


def _relate_pairs(book: Book, told: Told, group: Group, items: list[str]) -> None:
    """Pairs against numbers of factors, and cases with a factor against those of whom all factors are known."""
    pairs = [told.keys.both(*group, *pair) for pair in combinations(items, 2)]
    if any(pair not in book for pair in pairs):
        return
    if told.study.factor_count:
        numbers = {told.keys.number(*group, size): comb(size, 2) for size in range(2, len(items) + 1)}
        if all(key in book for key in numbers):
            book.weigh("pairs of factors of all cases", dict.fromkeys(pairs, 1), numbers)
    cases, known = ("cases", *group), told.keys.known(*group)
    if cases in book and told.study.factor_count is None:
        name = "cases with all factors known"
        if told.keys.complete:
            book.relate(name, [cases], [known])
        else:
            book.rest(name, cases, [known], ("not all known", *group), unsafe=False)
    if told.keys.complete or any(item.base for item in told.study.combined.items):
        return
    for item in items:
        own = told.keys.factor(*group, item)
        yes = told.keys.judged("yes", told.study.combined.id, item, *group)
        if yes in book:
            book.rest(f"cases with {item}, all known or not", yes, [own], ("rest", *own), unsafe=False)


def enter_combinations(book: Book, told: Told) -> None:
    """Combinations that may be listed, and what is left of everything they are part of for those that are not.

    Combinations with an unsafe count, and those that nobody has, have no place. Where factors are few each of them is a
    count all the same, since a reader can enter them all; else what is left for them all together is unsafe where it is
    small: it bounds each of them.
    """
    if told.study.combined is None or told.table("combinations").empty:
        return
    listed: dict[Group, dict[tuple[str, ...], int]] = defaultdict(dict)
    for *group, text, n_cases in told.rows("combinations", "breakdown", "subgroup", "combination", "n_cases"):
        listed[tuple(group)][tuple(text.split("+")) if text else ()] = n_cases
    _enter_overlaps(book, told, listed.get(EVERYBODY, {}))
    for group, found in listed.items():
        size = book.value(told.keys.known(*group))
        safe = {names for names, count in found.items() if not book.is_unsafe_part(count, size)}
        for names in sorted(safe):
            book.enter(told.keys.combination(*group, names), found[names], printed=True)
        _relate_combinations(book, told, group, safe | _enter_unlisted(book, told, group, found, safe))
    for band in told.study.bands:
        _relate_bands(book, told, band.id)


def _enter_unlisted(
    book: Book, told: Told, group: Group, found: Listed, safe: set[tuple[str, ...]]
) -> set[tuple[str, ...]]:
    """Every combination without a place as a count of its own, where there are few; which they are."""
    items = [item.id for item in told.study.combined.items]
    if 2 ** len(items) > MOST_SINGLE:
        return set()
    size = book.value(told.keys.known(*group))
    every = {names for n_names in range(len(items) + 1) for names in combinations(items, n_names)}
    for names in sorted(every - safe):
        count = found.get(names, 0)
        unsafe = book.is_unsafe_part(count, size)
        book.enter(told.keys.combination(*group, names), count, unsafe=unsafe)
    return every - safe


def _enter_overlaps(book: Book, told: Told, found: Listed) -> None:
    """Cases with a factor and any other one, where a claim of the ledger speaks of them."""
    for key in sorted(key for key in book.uses if key[0] == "overlap"):
        item = key[1]
        own, alone = told.keys.factor(*EVERYBODY, item), told.keys.combination(*EVERYBODY, (item,))
        if own not in book:
            continue
        size, count = book.value(told.keys.known(*EVERYBODY)), found.get((item,), 0)
        book.enter(alone, count, unsafe=book.is_unsafe_part(count, size))
        shared = book.value(own) - count
        book.rest(
            f"cases with {item}, alone or not", own, [alone], key, unsafe=book.is_unsafe_part(shared, size)
        )
        book.enter(key, shared, printed=True)


def _relate_combinations(book: Book, told: Told, group: Group, safe: set[tuple[str, ...]]) -> None:
    """Listed combinations are part of a number of factors, of each factor, of its absence, and of each pair."""
    items = [item.id for item in told.study.combined.items]
    apart = {(), tuple(items), *((item,) for item in items)}
    # Numbers of no and of all factors are counts of their own, listed or not; so is one that a claim looks at.
    others = sorted(names for names in apart - safe if told.keys.combination(*group, names) in book)
    for name, total, holds, n_possible in _wholes(book, told, group, items):
        inside = [names for names in (*sorted(safe), *others) if holds(names)]
        if total not in book or not inside:
            continue
        parts = [told.keys.combination(*group, names) for names in inside]
        if len(parts) == n_possible:
            book.relate(name, [total], parts)
        else:
            rest = ("rest of combinations", *group, name)
            left = book.value(total) - sum(map(book.value, parts))
            book.rest(name, total, parts, rest, unsafe=told.policy.is_unsafe(left))


def _wholes(book: Book, told: Told, group: Group, items: list[str]) -> Iterator[tuple]:
    """What combinations are part of: name, count, which combinations, and how many there can be."""
    n_items, keys = len(items), told.keys
    if told.study.factor_count:
        for size in range(1, n_items):
            of_size = lambda names, size=size: len(names) == size  # noqa: E731
            yield f"combinations of {size} factors", keys.number(*group, size), of_size, comb(n_items, size)
    else:
        yield "combinations", keys.known(*group), lambda _: True, 2**n_items
    for item in items:
        own = keys.factor(*group, item)
        yield f"combinations with {item}", own, lambda names, item=item: item in names, 2 ** (n_items - 1)
        if own in book:
            base, without = keys.known(*group), ("no factor", *group, item)
            if without not in book:
                book.enter_remains(own, base, without)
            absent = lambda names, item=item: item not in names  # noqa: E731
            yield f"combinations without {item}", without, absent, 2 ** (n_items - 1)
    for pair in combinations(items, 2):
        within = lambda names, pair=pair: set(pair) <= set(names)  # noqa: E731
        name = f"combinations with {' and '.join(pair)}"
        yield name, keys.both(*group, *pair), within, 2 ** (n_items - 2)


def _relate_bands(book: Book, told: Told, band: str) -> None:
    """A combination of everyone is divided over the bands; bands where it has no place share what is left."""
    groups = told.levels(band)
    for key in [key for key in book.place if key[:3] == ("combination", EVERYONE, EVERYONE)]:
        names = tuple(key[3].split("+")) if key[3] else ()
        parts = [told.keys.combination(*group, names) for group in groups]
        inside = [part for part in parts if part in book]
        if len(inside) == len(parts):
            book.relate(f"one combination over {band}", [key], inside)
        elif inside:
            left = book.value(key) - sum(map(book.value, inside))
            rest = ("rest of bands", band, key[3])
            book.rest(f"one combination over {band}", key, inside, rest, unsafe=told.policy.is_unsafe(left))


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
