"""What was released on stages, services, comments and another edition, one row of a table each.

None stands where a number is not available; `hidden` then says, by the names of the columns, which were hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from desistance.bulletin.reading.cells import (
    hidden_names,
    number_of,
    rows_of,
    shorthand_of,
    text_of,
    whole_of,
)
from desistance.bulletin.reading.places import (
    agreement_place,
    change_place,
    mention_place,
    provided_place,
    provision_effect_place,
    rate_place,
    step_place,
    theme_effect_place,
    theme_pair_place,
)
from desistance.bulletin.reading.results import Marked, Share, Test

if TYPE_CHECKING:
    import pandas as pd

    from desistance.disclosure.release import Released

Row = Mapping[str, Any]
SIDES = (
    *("n_services_gap", "n_services_other", "n_cases_gap", "n_cases_other", "estimate_gap", "estimate_other"),
)
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Step:
    """Change of a share from one stage to another, in one subgroup."""

    measure: str
    breakdown: str
    subgroup: str
    previous: str
    item: str
    test: Test


@dataclass(frozen=True)
class Provided:
    """Share of services; `group` says of what, `item` and `subgroup` of which."""

    group: str
    item: str
    subgroup: str
    share: Share


@dataclass(frozen=True)
class Rate(Marked):
    """Share of people that services report, with the range over services; `share.n_cases` counts people."""

    item: str
    share: Share
    lowest: float | None
    median: float | None
    highest: float | None


@dataclass(frozen=True)
class ProvisionEffect(Marked):
    """Delivery where access to a provision is a gap, and where it is not; `test` is of the first less the second."""

    provision: str
    measure: str
    item: str
    n_services: tuple[int | None, int | None]
    n_cases: tuple[int | None, int | None]
    shares: tuple[float | None, float | None]
    test: Test
    p_pearson: float | None
    smallest_decrease: float | None
    power: float | None


@dataclass(frozen=True)
class Mention(Marked):
    """Services and cases whose comments speak of a theme as an enabler or as a barrier."""

    theme: str
    direction: str
    n_passages: int | None
    services: Share
    cases: Share


@dataclass(frozen=True)
class ThemePair(Marked):
    """Two themes spoken of in the same cases; `share` is cases with both over cases with either (Jaccard)."""

    first: str
    second: str
    n_services: int | None
    n_cases: int | None
    share: float | None


@dataclass(frozen=True)
class ThemeEffect(Marked):
    """Delivery in cases whose comments speak of a theme, and in those whose comments do not."""

    theme: str
    direction: str
    measure: str
    n_services: int | None
    n_cases: tuple[int | None, int | None]
    shares: tuple[float | None, float | None]
    test: Test


@dataclass(frozen=True)
class Agreement(Marked):
    """How far coders agree beyond chance on one theme, or on all (`theme` is "all")."""

    theme: str
    coefficient: str
    coders: str
    n_passages: int | None
    n_services: int | None
    share_agreed: float | None
    estimate: float | None
    low: float | None
    high: float | None
    status: str


@dataclass(frozen=True)
class Quote:
    """A passage that a human has cleared."""

    theme: str
    direction: str
    excerpt: str


@dataclass(frozen=True)
class Change(Marked):
    """Share of one item in another edition and in this one; `note` warns where definitions differ."""

    measure: str
    item: str
    breakdown: str
    subgroup: str
    n_cases: tuple[int | None, int | None]
    shares: tuple[float | None, float | None]
    test: Test
    note: str


@dataclass(frozen=True)
class Practice:
    """Everything released on stages, services, comments and another edition, in the order of the tables."""

    steps: tuple[Step, ...] = ()
    provided: tuple[Provided, ...] = ()
    rates: tuple[Rate, ...] = ()
    provision_effects: tuple[ProvisionEffect, ...] = ()
    mentions: tuple[Mention, ...] = ()
    theme_pairs: tuple[ThemePair, ...] = ()
    theme_effects: tuple[ThemeEffect, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    quotes: tuple[Quote, ...] = ()
    changes: tuple[Change, ...] = ()

    def provision(self, group: str, item: str = "", subgroup: str = "") -> Share:
        """Look a share of services up."""
        key = (group, item, subgroup)
        found = (row.share for row in self.provided if (row.group, row.item, row.subgroup) == key)
        return next(found, Share())

    def mention(self, theme: str, direction: str) -> Mention:
        """Look up how often a theme is mentioned in one direction."""
        found = (row for row in self.mentions if (row.theme, row.direction) == (theme, direction))
        return next(found, Mention(theme, direction, None, Share(), Share()))


def released_practice(released: Released) -> Practice:
    """Read the tables on stages, services, comments and another edition."""
    return Practice(
        steps=_read(released.stages, _step),
        provided=_read(released.provision, _provided),
        rates=_read(released.rates, _rate),
        provision_effects=_read(released.provision_delivery, _provision_effect),
        mentions=_read(released.themes, _mention),
        theme_pairs=_read(released.theme_pairs, _theme_pair),
        theme_effects=_read(released.theme_delivery, _theme_effect),
        agreement=_read(released.agreement, _agreement),
        quotes=_read(released.quotes, lambda row: Quote(*_texts(row, "theme", "direction", "excerpt"))),
        changes=_read(released.changes, _change),
    )


def _hidden(row: Row, *names: str) -> frozenset[str]:
    """Numbers of a row that are hidden, under the names of their columns."""
    return hidden_names(row, {name: name for name in names})


def _read(table: pd.DataFrame, read: Callable[[Row], Any]) -> tuple[Any, ...]:
    return tuple(read(row) for row in rows_of(table))


def _texts(row: Row, *names: str) -> tuple[str, ...]:
    return tuple(text_of(row[name]) for name in names)


def _wholes(row: Row, *names: str) -> tuple[int | None, ...]:
    return tuple(whole_of(row[name]) for name in names)


def _numbers(row: Row, *names: str) -> tuple[float | None, ...]:
    return tuple(number_of(row[name]) for name in names)


def _test(row: Row, place: str) -> Test:
    """Difference with its interval and CR2's test."""
    return Test(
        *_numbers(row, "p_value", "p_holm", "p_bh"),
        status=text_of(row["status"]),
        shorthand=shorthand_of(row["estimate"]),
        estimate=number_of(row["estimate"]),
        low=number_of(row["ci_low"]),
        high=number_of(row["ci_high"]),
        statistic=number_of(row["statistic"]),
        df1=1.0,
        df2=number_of(row["df"]),
        hidden=_hidden(row, "p_value", "p_holm", "p_bh", "estimate", "statistic")
        | hidden_names(row, {"low": "ci_low", "high": "ci_high", "df2": "df"}),
        place=place,
    )


def _step(row: Row) -> Step:
    place = step_place(*_texts(row, "measure", "previous", "item", "breakdown", "subgroup"))
    return Step(*_texts(row, "measure", "breakdown", "subgroup", "previous", "item"), _test(row, place))


def _provided(row: Row) -> Provided:
    names = _texts(row, "group", "item", "subgroup")
    share = _share(row, provided_place(*names), "n_services", "n_yes", "estimate", "ci_low", "ci_high")
    return Provided(*names, share)


def _share(row: Row, place: str, base: str, yes: str, estimate: str, low: str, high: str) -> Share:
    return Share(
        n_cases=whole_of(row[base]),
        n_yes=whole_of(row[yes]),
        n_missing=whole_of(row.get("n_missing")),
        estimate=number_of(row[estimate]),
        low=number_of(row[low]),
        high=number_of(row[high]),
        status=text_of(row["status"]),
        shorthand=shorthand_of(row[estimate]),
        hidden=hidden_names(
            row, {"n_cases": base, "n_yes": yes, "estimate": estimate, "low": low, "high": high}
        ),
        place=place,
    )


def _rate(row: Row) -> Rate:
    item, names = text_of(row["item"]), ("service_lowest", "service_median", "service_highest")
    place = rate_place(item)
    share = _share(row, place, "n_cases", "n_yes", "estimate", "ci_low", "ci_high")
    return Rate(item, share, *_numbers(row, *names), hidden=_hidden(row, *names), place=place)


def _provision_effect(row: Row) -> ProvisionEffect:
    names = _texts(row, "provision", "measure", "item")
    return ProvisionEffect(
        *names,
        _wholes(row, "n_services_gap", "n_services_other"),
        _wholes(row, "n_cases_gap", "n_cases_other"),
        _numbers(row, "estimate_gap", "estimate_other"),
        _test(row, provision_effect_place(*names)),
        *_numbers(row, "p_pearson", "smallest_decrease", "power"),
        hidden=_hidden(row, *SIDES, "p_pearson", "smallest_decrease"),
        place=provision_effect_place(*names),
    )


def _mention(row: Row) -> Mention:
    texts = _texts(row, "theme", "direction")
    place = mention_place(*texts)
    sides = (
        _share(
            *(row, place, f"n_{side}_all", f"n_{side}"),
            *(f"estimate_{side}", f"{side}_ci_low", f"{side}_ci_high"),
        )
        for side in ("services", "cases")
    )
    hidden = _hidden(row, "n_passages")
    return Mention(*texts, whole_of(row["n_passages"]), *sides, hidden=hidden, place=place)


def _theme_pair(row: Row) -> ThemePair:
    counts, hidden = _wholes(row, "n_services", "n_cases"), _hidden(row, "n_services", "n_cases", "estimate")
    names = _texts(row, "first", "second")
    place = theme_pair_place(*names)
    return ThemePair(*names, *counts, number_of(row["estimate"]), hidden=hidden, place=place)


def _theme_effect(row: Row) -> ThemeEffect:
    names = _texts(row, "theme", "direction", "measure")
    return ThemeEffect(
        *names,
        whole_of(row["n_services"]),
        _wholes(row, "n_with", "n_without"),
        _numbers(row, "estimate_with", "estimate_without"),
        _test(row, theme_effect_place(*names)),
        hidden=_hidden(row, "n_with", "n_without", "estimate_with", "estimate_without"),
        place=theme_effect_place(*names),
    )


def _agreement(row: Row) -> Agreement:
    names = ("n_passages", "n_services", "share_agreed", "estimate", "ci_low", "ci_high")
    keys = _texts(row, "theme", "coefficient", "coders")
    return Agreement(
        *keys,
        *_wholes(row, "n_passages", "n_services"),
        *_numbers(row, "share_agreed", "estimate", "ci_low", "ci_high"),
        text_of(row["status"]),
        hidden=_hidden(row, *names),
        place=agreement_place(*keys),
    )


def _change(row: Row) -> Change:
    names = _texts(row, "measure", "item", "breakdown", "subgroup")
    return Change(
        *names,
        _wholes(row, "n_before", "n_cases"),
        _numbers(row, "estimate_before", "estimate_now"),
        _test(row, change_place(*names)),
        text_of(row["note"]),
        hidden=_hidden(row, "n_before", "n_cases", "estimate_before", "estimate_now"),
        place=change_place(*names),
    )


def largest_first(things: Sequence[Thing], share: Callable[[Thing], Share]) -> tuple[Thing, ...]:
    """Things by their share, the largest first; those without one last, as they stand."""
    shares = [share(thing).exact for thing in things]
    order = sorted(range(len(things)), key=lambda n: (shares[n] is None, -(shares[n] or 0)))
    return tuple(things[n] for n in order)
