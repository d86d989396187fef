"""Counts of children and of what was said of them in the tables of services' practice and of coded comments."""

from __future__ import annotations

from desistance.disclosure.book import Book
from desistance.disclosure.system import Key
from desistance.disclosure.told import Told
from desistance.study import DIRECTIONS, EVERYONE

EVERYBODY = (EVERYONE, EVERYONE)
EITHER = "either"


def enter_services(book: Book, told: Told) -> None:
    """People that services report, and delivery on the two sides of a gap in provision."""
    for item, n_cases, n_yes, n_services in told.rows("rates", "item", "n_cases", "n_yes", "n_services"):
        base = book.enter(
            ("rate base", item), n_cases, printed=True, unsafe=told.policy.is_unsafe(int(n_cases))
        )
        book.enter_part(("rate yes", item), n_yes, base, ("rate no", item))
        book.at_least(base, n_services)
    sides = ("gap", "other")
    names = [f"{name}_{side}" for name in ("n_cases", "estimate", "n_services") for side in sides]
    for provision, measure, item, *numbers in told.rows(
        "provision_delivery", "provision", "measure", "item", *names
    ):
        for number, side in enumerate(sides):
            n_cases, share, n_services = numbers[number::2]
            key = (provision, side)
            _enter_side(book, told, key, n_cases, share)
            book.at_least(("side base", *key), n_services)
        kinds = ("base",) if told.study.weighted else ("base", "yes", "no")
        for kind in kinds:
            _relate_sides(book, told, provision, told.keys.judged(kind, measure, item, *EVERYBODY))


def _enter_side(book: Book, told: Told, key: tuple[str, str], n_cases: float, share: float) -> None:
    """Base of one side, and its yes where a share that is not weighted gives it away."""
    base = ("side base", *key)
    book.enter(base, n_cases, printed=True, unsafe=told.policy.is_unsafe(int(n_cases)))
    if not told.study.weighted:
        yes = round(share * n_cases) if n_cases else 0
        book.enter_part(("side yes", *key), yes, base, ("side no", *key))


def _relate_sides(book: Book, told: Told, provision: str, total: Key) -> None:
    """Both sides, with services that did not say on which they are."""
    kind = total[0]
    sides = [(f"side {kind}", provision, side) for side in ("gap", "other")]
    silent = {
        row[1]: row[2] for row in told.rows("provision", "group", "item", "n_missing") if row[0] == "gap"
    }
    name = f"{kind} on both sides of a gap in {provision}"
    if silent.get(provision) == 0:
        book.relate(name, [total], sides)
    else:
        rest = (f"side {kind}", provision, "not known")
        left = book.value(total) - sum(map(book.value, sides))
        book.rest(name, total, sides, rest, unsafe=told.hides_missing and told.policy.is_unsafe(max(left, 0)))


def enter_comments(book: Book, told: Told) -> None:
    """Passages and cases with each theme, two themes of one case, and judgements of cases with a theme."""
    names = ("theme", "direction", "n_passages", "n_services", "n_cases", "n_cases_all")
    for theme, direction, n_passages, n_services, n_cases, n_all in told.rows("themes", *names):
        passages, cases = ("passages", theme, direction), ("theme", theme, direction)
        everyone = book.enter(("cases", *EVERYBODY), n_all, printed=True)
        book.enter(passages, n_passages, printed=True, unsafe=told.policy.is_unsafe(int(n_passages)))
        book.enter_part(cases, n_cases, everyone, ("no theme", theme, direction))
        book.at_least(passages, n_services)
        name = f"a passage at least of each case with {theme}"
        book.rest(name, passages, [cases], ("passages beyond cases", theme, direction), unsafe=False)
    for (theme,) in dict.fromkeys(told.rows("themes", "theme")):
        _relate_directions(book, told, theme)
    _enter_theme_pairs(book, told)
    _enter_theme_delivery(book, told)
    _enter_agreement(book, told)


def _relate_directions(book: Book, told: Told, theme: str) -> None:
    """Passages add up over directions; cases with a theme in both directions are counted in each."""
    kinds = [*DIRECTIONS, EITHER]
    *passages, either = [("passages", theme, kind) for kind in kinds]
    book.relate(f"passages about {theme} in both directions", [either], passages)
    *cases, any_of_them = [("theme", theme, kind) for kind in kinds]
    both = sum(map(book.value, cases)) - book.value(any_of_them)
    unsafe = told.policy.is_unsafe(max(both, 0))
    twice = book.enter(("theme", theme, "both directions"), both, unsafe=unsafe)
    book.relate(f"cases with {theme} in both directions", [any_of_them, twice], cases)
    for one, other in (DIRECTIONS, DIRECTIONS[::-1]):
        only = ("theme", theme, f"{one}, not {other}")
        book.rest(f"cases with {theme} as {one}", ("theme", theme, one), [twice], only)


def _enter_theme_pairs(book: Book, told: Told) -> None:
    names = ("first", "second", "n_services", "n_cases", "n_cases_first", "n_cases_second")
    for first, second, n_services, n_both, n_first, n_second in told.rows("theme_pairs", *names):
        ends = [("theme", theme, EITHER) for theme in (first, second)]
        for end, count in zip(ends, (n_first, n_second), strict=True):
            book.enter(end, count, printed=True)
        both = ("themes", first, second)
        book.enter(both, n_both, printed=True, unsafe=told.policy.is_unsafe(int(n_both)))
        book.at_least(both, n_services)
        for end, other in zip(ends, (second, first), strict=True):
            only = ("only theme", end[1], other)
            book.rest(f"cases with {end[1]}, with and without {other}", end, [both], only)
        neither = ("no theme", first, second)
        everyone, only = ("cases", *EVERYBODY), ("only theme", second, first)
        book.rest(f"cases with neither {first} nor {second}", everyone, [ends[0], only], neither)


def _enter_theme_delivery(book: Book, told: Told) -> None:
    """Judgements of cases with a theme and of all others, out of all judgements of the measure."""
    names = ("theme", "direction", "measure", "n_services", "n_with", "n_without")
    shares = ("estimate_with", "estimate_without")
    rows = told.rows("theme_delivery", *names, *shares)
    for theme, direction, measure, n_services, *counts, with_it, without in rows:
        for side, count, share in zip(("with", "without"), counts, (with_it, without), strict=True):
            _enter_side(book, told, (f"{theme} {direction}", side), count, share)
        base = ("side base", f"{theme} {direction}", "with")
        book.at_least(base, n_services)
        for kind in ("base",) if told.study.weighted else ("base", "yes", "no"):
            everyone = [
                told.keys.judged(kind, measure, item.id, *EVERYBODY) for item in told.keys.items(measure)
            ]
            sides = [(f"side {kind}", f"{theme} {direction}", side) for side in ("with", "without")]
            book.relate(f"judgements of cases with and without {theme}: {kind}", everyone, sides)
        times, cases = len(told.keys.items(measure)), ("theme", theme, direction)
        if cases in book:
            room = ("no judgement", theme, direction)
            book.enter(room, times * book.value(cases) - book.value(base))
            book.weigh(
                f"at most {times} judgements of a case with {theme}", {cases: times}, {base: 1, room: 1}
            )


def _enter_agreement(book: Book, told: Told) -> None:
    """Passages that several coders read: as many for each theme as for all."""
    names = ("coefficient", "coders", "n_passages", "n_services")
    for coefficient, coders, n_passages, n_services in told.rows("agreement", *names):
        key = ("coded", coefficient, coders)
        book.enter(key, n_passages, printed=True, unsafe=told.policy.is_unsafe(int(n_passages)))
        book.at_least(key, n_services)
