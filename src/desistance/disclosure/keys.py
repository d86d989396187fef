"""What each count is called, so that the same count has one name in whatever table it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from desistance.disclosure.system import Key
from desistance.errors import ReleaseError
from desistance.study import EVERYONE, Item, Study

NOT_KNOWN = ""  # the level of cases whose level is not known; no level's code is empty
NUMBER = "number_of_factors"
RANK_TESTS = ("kruskal_wallis", "design_rank")


@dataclass(frozen=True)
class Keys:
    """Names of the counts of one study.

    `complete` says that no case lacks a factor: the cases with a factor among those with all factors known are then
    those with it among all.
    """

    study: Study
    complete: bool

    def judged(self, kind: str, measure: str, item: str, breakdown: str, subgroup: str) -> Key:
        """Base, yes, no or missing of an item; one that puts a single other together is that other."""
        parts = self.parts.get((measure, item), ())
        own = parts[0] if len(parts) == 1 else (measure, item)
        return (kind, *own, breakdown, subgroup)

    @cached_property
    def parts(self) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """Items that an item puts together, by measure and item."""
        return {(item.measure, item.id): item.parts for item in self.study.items}

    def share(self, measure: str, item: str, breakdown: str, subgroup: str) -> list[Key]:
        """What a share, its interval and all else of one subgroup is computed from."""
        return [self.judged(kind, measure, item, breakdown, subgroup) for kind in ("base", "yes")]

    def division(self, measure: str, item: str, breakdown: str) -> list[Key]:
        """What a test over all levels of a division is computed from."""
        codes = self.study.division(breakdown).codes
        return [key for code in codes for key in self.share(measure, item, breakdown, code)]

    def known(self, breakdown: str, subgroup: str) -> Key:
        """Cases with all factors known."""
        count = self.study.factor_count
        if count is None:
            return ("known", breakdown, subgroup)
        return self.judged("base", count.item, count.item, breakdown, subgroup)

    def number(self, breakdown: str, subgroup: str, number: int) -> Key:
        """Cases with so many factors."""
        return ("number", breakdown, subgroup, str(number))

    def total(self, breakdown: str, subgroup: str) -> Key:
        """Factors of all cases together, which a mean gives away."""
        return ("factors", breakdown, subgroup)

    def mean(self, breakdown: str, subgroup: str) -> list[Key]:
        """What a mean number of factors is computed from."""
        return [self.known(breakdown, subgroup), self.total(breakdown, subgroup)]

    def factor(self, breakdown: str, subgroup: str, item: str) -> Key:
        """Cases with a factor among those with all factors known."""
        measure = self.study.combined.id
        if self.complete:
            return self.judged("yes", measure, item, breakdown, subgroup)
        return ("factor", breakdown, subgroup, item)

    def both(self, breakdown: str, subgroup: str, first: str, second: str) -> Key:
        """Cases with both of two factors."""
        return ("both", breakdown, subgroup, first, second)

    def combination(self, breakdown: str, subgroup: str, factors: tuple[str, ...]) -> Key:
        """Cases with exactly these factors; with none or all of them it is the number of factors that says so."""
        if self.study.factor_count and len(factors) in (0, len(self.study.combined.items)):
            return self.number(breakdown, subgroup, len(factors))
        return ("combination", breakdown, subgroup, "+".join(factors))

    def numbers(self, breakdown: str) -> list[Key]:
        """What a rank test of the number of factors over a division is computed from."""
        sizes = range(len(self.study.combined.items) + 1)
        return [
            self.number(breakdown, code, size)
            for code in self.study.division(breakdown).codes
            for size in sizes
        ]

    def trend(self, measure: str, item: str, breakdown: str, method: str) -> list[Key]:
        """What a test of a trend over bands is computed from."""
        if measure != NUMBER:
            return self.division(measure, item, breakdown)
        if method in RANK_TESTS:
            return self.numbers(breakdown)
        return [key for code in self.study.division(breakdown).codes for key in self.mean(breakdown, code)]

    def used(self, use: str) -> list[Key]:
        """Counts behind one thing that a claim looks at, as the ledger names it (`uses`).

        Raises
        ------
        ReleaseError
            A kind of evidence that the release does not know.
        """
        kind, _, rest = use.partition("/")
        if kind not in _USES:
            raise ReleaseError(
                f"a claim of the ledger uses {kind!r}, and the release does not know which counts these are; "
                f"known are {', '.join(_USES)}"
            )
        return list(_USES[kind](self, rest))

    def items(self, measure: str) -> tuple[Item, ...]:
        """Items of a measure."""
        return self.study.measure(measure).items


def _used_share(keys: Keys, rest: str) -> Iterator[Key]:
    yield from keys.share(*rest.split("/", 3))


def _used_mean(keys: Keys, rest: str) -> Iterator[Key]:
    yield from keys.mean(*rest.split("/", 1))


def _used_test(keys: Keys, rest: str) -> Iterator[Key]:
    """All items: a claim looks at the family as a whole."""
    measure, breakdown, *_ = rest.split("/")
    for item in keys.items(measure):
        yield from keys.division(measure, item.id, breakdown)


def _used_trend(keys: Keys, rest: str) -> Iterator[Key]:
    measure, item, breakdown, method, kind = rest.split("/")
    alone = kind == "p_value" or measure == NUMBER
    for one in [item] if alone else [each.id for each in keys.items(measure)]:
        yield from keys.trend(measure, one, breakdown, method)


def _used_overlap(keys: Keys, rest: str) -> Iterator[Key]:
    yield keys.factor(EVERYONE, EVERYONE, rest)
    yield ("overlap", rest)


def _used_rate(_: Keys, rest: str) -> Iterator[Key]:
    yield from (("rate base", rest), ("rate yes", rest))


def _of_services(_: Keys, __: str) -> Iterator[Key]:
    """Shares of services are of no child."""
    return iter(())


_USES = {
    "shares": _used_share,
    "means": _used_mean,
    "tests": _used_test,
    "trends": _used_trend,
    "overlaps": _used_overlap,
    "services": _of_services,
    "rates": _used_rate,
}
