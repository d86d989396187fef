"""Counts behind models, single services and another edition."""

from __future__ import annotations

from collections import defaultdict

from desistance.disclosure.book import Book
from desistance.disclosure.keys import NOT_KNOWN
from desistance.disclosure.system import Key
from desistance.disclosure.told import Told
from desistance.study import EVERYONE, Breakdown

EVERYBODY = (EVERYONE, EVERYONE)
KINDS = ("base", "yes", "no")
Cell = tuple[str, str]


def enter_models(book: Book, told: Told) -> None:
    """Cases of the regressions, and bases that other tables repeat."""
    for measure, item, n_cases, n_services in told.rows(
        "adjusted", "measure", "item", "n_cases", "n_services"
    ):
        key = ("model", measure, item)
        if key not in book:
            book.enter(key, n_cases, printed=True, unsafe=told.policy.is_unsafe(int(n_cases)))
            _relate_model(book, told, measure, item)
            book.at_least(key, n_services)
        book.enter(key, n_cases)
    for measure, item, n_cases, _ in told.rows("variation", "measure", "item", "n_cases", "n_services"):
        book.enter(told.keys.judged("base", measure, item, *EVERYBODY), n_cases, printed=True)
    _enter_repeated(book, told)


def _relate_model(book: Book, told: Told, measure: str, item: str) -> None:
    """A regression takes the cases whose levels are all known; each division has besides those that lack another."""
    doubtful = {each.id for each in told.study.breakdowns if (each.id, NOT_KNOWN) in told.groups}
    for breakdown in told.study.breakdowns:
        levels = [told.keys.judged("base", measure, item, breakdown.id, code) for code in breakdown.codes]
        if any(key not in book for key in levels):
            continue
        model, name = ("model", measure, item), f"cases of the regression of {measure}.{item}"
        parts = [model]
        if doubtful - {breakdown.id}:
            left = ("not in regression", measure, item, breakdown.id)
            parts.append(book.enter(left, sum(map(book.value, levels)) - book.value(model)))
        book.relate(name, levels, parts)


def _enter_repeated(book: Book, told: Told) -> None:
    """Bases in the tables of precision and of stages are those of the estimates."""
    names = ("measure", "item", "breakdown", "reference", "subgroup", "n_reference", "n_subgroup")
    for measure, item, breakdown, reference, subgroup, n_reference, n_subgroup in told.rows(
        "precision", *names
    ):
        book.enter(told.keys.judged("base", measure, item, breakdown, reference), n_reference, printed=True)
        book.enter(told.keys.judged("base", measure, item, breakdown, subgroup), n_subgroup, printed=True)
    names = ("measure", "breakdown", "subgroup", "previous", "item", "n_previous", "n_cases")
    for measure, breakdown, subgroup, previous, item, n_previous, n_cases in told.rows("stages", *names):
        book.enter(told.keys.judged("base", measure, previous, breakdown, subgroup), n_previous, printed=True)
        book.enter(told.keys.judged("base", measure, item, breakdown, subgroup), n_cases, printed=True)


def enter_funnel(book: Book, told: Told) -> None:
    """Base and yes of each service that has a place in the funnel, and what is left for the others together."""
    services: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for measure, item, n_cases, share in told.rows("funnel", "measure", "item", "n_cases", "estimate"):
        services[measure, item].append((int(n_cases), round(share * n_cases)))
    for cell, rows in services.items():
        placed = []
        for number, (base, yes) in enumerate(rows):
            if base < told.policy.smallest_base or is_unsafe_service(book, base, yes):
                continue
            names = tuple((f"service {kind}", *cell, str(number)) for kind in KINDS)
            book.enter(names[0], base, printed=True)
            book.enter_part(names[1], yes, names[0], names[2])
            placed.append(names)
        _relate_services(book, told, cell, placed, len(rows) - len(placed))


def _relate_services(book: Book, told: Told, cell: Cell, placed: list[tuple[Key, ...]], n_left: int) -> None:
    """Services add up to everyone; those without a place share what is left, one at least in each."""
    base = told.keys.judged("base", *cell, *EVERYBODY)
    size = book.value(base) - sum(book.value(names[0]) for names in placed)
    for place, kind in enumerate(KINDS):
        total = told.keys.judged(kind, *cell, *EVERYBODY)
        name, own = f"{kind} of {'.'.join(cell)} over services", [names[place] for names in placed]
        if n_left:
            left = book.value(total) - sum(map(book.value, own))
            by_rule = (
                told.policy.is_unsafe(max(left, 0)) if kind == "base" else book.is_unsafe_part(left, size)
            )
            book.rest(name, total, own, ("rest of services", kind, *cell), unsafe=by_rule)
        else:
            book.relate(name, [total], own)
    if n_left:
        rest, *parts = (("rest of services", kind, *cell) for kind in KINDS)
        book.relate(f"services of {'.'.join(cell)} with no place", [rest], parts)
        book.at_least(rest, n_left)


def is_unsafe_service(book: Book, base: int, yes: int) -> bool:
    """Whether one service's yes or no must not be seen."""
    return book.is_unsafe_part(yes, base) or book.is_unsafe_part(base - yes, base)


def enter_changes(book: Book, told: Told) -> None:
    """Base and yes of another edition; yes only where its shares are not weighted.

    How its bases hang together is not told (its answers that are missing are not published), so only what must hold of
    any edition is entered: levels are no more than everyone.
    """
    weighted = told.study.weighted
    names = ("measure", "item", "breakdown", "subgroup", "n_before", "n_cases", "estimate_before")
    for *cell, n_before, n_cases, share in told.rows("changes", *names):
        base, yes, no = (("before " + key[0], *key[1:]) for key in _cell(told, *cell))
        book.enter(told.keys.judged("base", *cell), n_cases, printed=True)
        seen = no in book
        book.enter(base, n_before, printed=True, unsafe=told.policy.is_unsafe(int(n_before)))
        if weighted:
            # Nothing of a weighted share says how many cases said yes.
            book.rest(
                "cases of another edition, whatever they said", base, [], ("before", *base[1:]), unsafe=False
            )
            continue
        book.enter(yes, round(share * n_before), printed=True)
        if not seen:
            book.enter_part(yes, round(share * n_before), base, no)
    for division in told.study.divisions:
        for item in told.study.items:
            for kind in KINDS:
                _relate_before(book, told, division, (item.measure, item.id), kind)


def _cell(told: Told, *cell: str) -> list[Key]:
    return [told.keys.judged(kind, *cell) for kind in KINDS]


def _relate_before(book: Book, told: Told, division: Breakdown, item: Cell, kind: str) -> None:
    def named(*group: str) -> Key:
        key = told.keys.judged(kind, *item, *group)
        return ("before " + key[0], *key[1:])

    levels = [named(division.id, code) for code in division.codes]
    levels = [key for key in levels if key in book]
    if named(*EVERYBODY) in book and levels:
        rest = named(division.id, NOT_KNOWN)
        if rest not in book:
            book.rest(f"earlier {kind} over {division.id}", named(*EVERYBODY), levels, rest, unsafe=False)
