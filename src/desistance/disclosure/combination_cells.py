"""Counts of cases with exactly these factors: which may be listed, and what sums tell of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import comb

import numpy as np

from desistance.disclosure.book import Book
from desistance.disclosure.factor_cells import EVERYBODY
from desistance.disclosure.told import Told
from desistance.disclosure.unlisted import left_out

Names = tuple[str, ...]
Listed = Mapping[Names, int]

# Up to this many combinations without a place are counts of their own, and their bounds proved in whole numbers.
MOST_SINGLE = 64
# Up to this many factors each combination is looked at, in fractions at least.
MOST_FACTORS = 10


def enter_combinations(book: Book, told: Told) -> None:
    """Combinations that may be listed, and what is left of everything they are part of for those that are not.

    Combinations with an unsafe count, and those that nobody has, have no place; nor have those that must stay away so
    that sums do not tell of these. Where few have no place each of them is a count all the same, since a reader can
    enter them all; else what is left for them all together is unsafe where it is small: it bounds each of them.
    """
    if told.study.combined is None or told.table("combinations").empty:
        return
    found = {
        tuple(text.split("+")) if text else (): n_cases
        for text, n_cases in told.rows("combinations", "combination", "n_cases")
    }
    _enter_overlaps(book, told, found)
    every = _every(book, told, found)
    safe = _may_be_listed(book, told, found, every)
    for names in sorted(safe):
        book.enter(told.keys.combination(*EVERYBODY, names), found[names], printed=True)
    _relate_combinations(book, told, safe | _enter_unlisted(book, told, found, every - safe))


def _every(book: Book, told: Told, found: Listed) -> set[Names]:
    """Every combination there can be; none where they are many, or not all that occur were counted."""
    items = [item.id for item in told.study.combined.items]
    if len(items) > MOST_FACTORS or sum(found.values()) != book.value(told.keys.known(*EVERYBODY)):
        return set()
    return {names for n_names in range(len(items) + 1) for names in combinations(items, n_names)}


def _may_be_listed(book: Book, told: Told, found: Listed, every: set[Names]) -> set[Names]:
    """Combinations with a safe count, without those that must stay away for the sake of others."""
    size = book.value(told.keys.known(*EVERYBODY))
    safe = {names for names, count in found.items() if not book.is_unsafe_part(count, size)}
    if len(every - safe) <= MOST_SINGLE:
        return safe
    ordered = sorted(every)
    counts = np.array([found.get(names, 0) for names in ordered])
    # Of none and of all factors there is a number of cases, which is protected as such.
    ends = np.array([told.keys.combination(*EVERYBODY, names)[0] != "combination" for names in ordered])
    away = left_out(
        np.array(list(_sums(book, told, ordered))),
        counts,
        listed=np.array([names in safe for names in ordered]) | ends,
        # Left out, one that nobody has looks like any other.
        unsafe=np.array([count > 0 and book.is_unsafe_part(count, size) for count in counts]) & ~ends,
        width=told.policy.candidates - 1,
    )
    return safe - {ordered[place] for place in np.flatnonzero(away)}


def _sums(book: Book, told: Told, ordered: list[Names]) -> Iterator[list[bool]]:
    """What each known sum consists of; one that is hidden by itself tells little."""
    items = [item.id for item in told.study.combined.items]
    for _, total, holds, _ in _wholes(book, told, items):
        if total in book and not book.is_unsafe(total):
            yield [holds(names) for names in ordered]


def _enter_unlisted(book: Book, told: Told, found: Listed, unlisted: set[Names]) -> set[Names]:
    """Combinations without a place as counts of their own, where there are few; which they are."""
    if len(unlisted) > MOST_SINGLE:
        return set()
    size = book.value(told.keys.known(*EVERYBODY))
    for names in sorted(unlisted):
        count = found.get(names, 0)
        unsafe = book.is_unsafe_part(count, size)
        book.enter(told.keys.combination(*EVERYBODY, names), count, unsafe=unsafe)
    return unlisted


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


def _relate_combinations(book: Book, told: Told, safe: set[Names]) -> None:
    """Listed combinations are part of a number of factors, of each factor, of its absence, and of each pair."""
    items = [item.id for item in told.study.combined.items]
    apart = {(), tuple(items), *((item,) for item in items)}
    # Numbers of no and of all factors are counts of their own, listed or not; so is one that a claim looks at.
    others = sorted(names for names in apart - safe if told.keys.combination(*EVERYBODY, names) in book)
    for name, total, holds, n_possible in _wholes(book, told, items):
        inside = [names for names in (*sorted(safe), *others) if holds(names)]
        if total not in book or not inside:
            continue
        parts = [told.keys.combination(*EVERYBODY, names) for names in inside]
        if len(parts) == n_possible:
            book.relate(name, [total], parts)
        else:
            rest = ("rest of combinations", *EVERYBODY, name)
            left = book.value(total) - sum(map(book.value, parts))
            book.rest(name, total, parts, rest, unsafe=told.policy.is_unsafe(left))


def _wholes(book: Book, told: Told, items: list[str]) -> Iterator[tuple]:
    """What combinations are part of: name, count, which combinations, and how many there can be."""
    n_items, keys = len(items), told.keys
    if told.study.factor_count:
        for size in range(1, n_items):
            of_size = lambda names, size=size: len(names) == size  # noqa: E731
            yield (
                f"combinations of {size} factors",
                keys.number(*EVERYBODY, size),
                of_size,
                comb(n_items, size),
            )
    else:
        yield "combinations", keys.known(*EVERYBODY), lambda _: True, 2**n_items
    for item in items:
        own = keys.factor(*EVERYBODY, item)
        yield f"combinations with {item}", own, lambda names, item=item: item in names, 2 ** (n_items - 1)
        if own in book:
            base, without = keys.known(*EVERYBODY), ("no factor", *EVERYBODY, item)
            if without not in book:
                book.enter_remains(own, base, without)
            absent = lambda names, item=item: item not in names  # noqa: E731
            yield f"combinations without {item}", without, absent, 2 ** (n_items - 1)
    for pair in combinations(items, 2):
        within = lambda names, pair=pair: set(pair) <= set(names)  # noqa: E731
        name = f"combinations with {' and '.join(pair)}"
        yield name, keys.both(*EVERYBODY, *pair), within, 2 ** (n_items - 2)
