"""The released tables as look-ups: one share, one test, one mean at a time.

A cell of a released table is a number, empty (not available) or shorthand in square brackets (hidden or not
applicable). Here each becomes a number or None, and the reason stays beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from desistance.bulletin.reading.cells import (
    hidden_names,
    number_of,
    rows_of,
    shorthand_of,
    text_of,
    whole_of,
)
from desistance.bulletin.reading.places import (
    adjusted_place,
    contrast_place,
    mean_place,
    omnibus_place,
    pair_place,
    share_place,
    trend_place,
    variation_place,
)
from desistance.bulletin.reading.practice import Practice, released_practice
from desistance.bulletin.reading.results import (
    Adjusted,
    Choice,
    Combination,
    Detectable,
    Mean,
    Pair,
    Share,
    Test,
    Variation,
)

if TYPE_CHECKING:
    import pandas as pd

    from desistance.disclosure.release import Released

ALL = "all"
PEARSON, FISHER, RAO_SCOTT, CR2 = "pearson", "fisher", "rao_scott", "cr2"
COCHRAN_ARMITAGE, NUMBER = "cochran_armitage", "number_of_factors"
HEADLINE, WILSON = "headline", "wilson"
ADJUSTMENTS = ("p_value", "p_holm", "p_bh")
ENDS = {"low": "ci_low", "high": "ci_high"}
SHARE_NAMES = {
    name: name for name in ("n_cases", "n_yes", "n_missing", "n_services", "estimate", "design_effect")
} | ENDS
TEST_NAMES = {name: name for name in (*ADJUSTMENTS, "estimate", "statistic", "df1", "df2")} | ENDS
MEAN_NAMES = {name: name for name in ("n_cases", "n_missing", "estimate")} | ENDS
PAIR_NAMES = (
    {name: name for name in ("n_cases", "n_first", "n_second", "n_both")} | {"lift": "estimate"} | ENDS
)
DETECTABLE_NAMES = {"increase": "smallest_increase", "decrease": "smallest_decrease", "power": "power"}
VARIATION_NUMBERS = (
    *("estimate", "icc", "icc_ci_low", "icc_ci_high", "p_value", "overdispersion"),
    *("n_outside_95", "n_outside_998"),
    *("shrunken_lowest", "shrunken_highest", "left_out_lowest", "left_out_highest"),
)
VARIATION_NAMES = {name: name for name in ("n_cases", "n_services", *VARIATION_NUMBERS)} | {
    "icc_low": "icc_ci_low",
    "icc_high": "icc_ci_high",
}


@dataclass(frozen=True)
class Numbers:
    """Everything released, by key; a key that is not there answers with an empty number and a status."""

    shares: Mapping[tuple[str, ...], Share]
    tests: Mapping[tuple[str, ...], Test]
    means: Mapping[tuple[str, ...], Mean]
    distributions: Mapping[tuple[str, str], Mapping[int, Share]]
    facts: Mapping[str, Any]
    ledger: tuple[Mapping[str, str], ...]
    contrasts: Mapping[tuple[str, ...], Test] = field(default_factory=dict)
    trends: Mapping[tuple[str, ...], Test] = field(default_factory=dict)
    detectable: Mapping[tuple[str, ...], Detectable] = field(default_factory=dict)
    combinations: Mapping[tuple[str, ...], tuple[Combination, ...]] = field(default_factory=dict)
    pairs: Mapping[tuple[str, ...], tuple[Pair, ...]] = field(default_factory=dict)
    funnels: Mapping[tuple[str, ...], tuple[tuple[int, float], ...]] = field(default_factory=dict)
    adjusted: tuple[Adjusted, ...] = ()
    variation: tuple[Variation, ...] = ()
    choices: tuple[Choice, ...] = ()
    practice: Practice = field(default_factory=Practice)

    def share(
        self, measure: str, item: str, breakdown: str = ALL, subgroup: str = ALL, kind: str = HEADLINE
    ) -> Share:
        """Look a share up: the headline row, or the one with the Wilson interval."""
        return self.shares.get((measure, item, breakdown, subgroup, kind), Share())

    def test(self, measure: str, item: str, breakdown: str, method: str) -> Test:
        """Look a test over all levels of a division up."""
        return self.tests.get((measure, item, breakdown, method), Test())

    def contrast(
        self, measure: str, item: str, breakdown: str, subgroup: str, method: str, effect: str = "difference"
    ) -> Test:
        """Look up one level of a division against the reference, by one method."""
        return self.contrasts.get((measure, item, breakdown, subgroup, method, effect), Test())

    def trend(self, measure: str, item: str, breakdown: str, method: str) -> Test:
        """Look the trend over the bands of a division up."""
        return self.trends.get((measure, item, breakdown, method), Test())

    def visible(self, measure: str, item: str, breakdown: str, subgroup: str) -> Detectable:
        """Look the smallest detectable differences of one contrast up."""
        return self.detectable.get((measure, item, breakdown, subgroup), Detectable())

    def mean(self, breakdown: str = ALL, subgroup: str = ALL) -> Mean:
        """Look the mean number of factors up."""
        return self.means.get((breakdown, subgroup), Mean())

    def distribution(self, breakdown: str = ALL, subgroup: str = ALL) -> Mapping[int, Share]:
        """Look up the share of cases with each number of factors."""
        return self.distributions.get((breakdown, subgroup), {})

    @property
    def made_up(self) -> bool:
        """Whether the records are made up; True when the release does not say."""
        return bool(self.facts.get("made_up", True))

    @property
    def level(self) -> float:
        """Significance level of the tests."""
        return float(self.facts["inference"]["significance_level"])

    @property
    def confidence(self) -> str:
        """Confidence level as a whole percentage, for prose."""
        return f"{float(self.facts['inference']['confidence_level']) * 100:g}"

    @property
    def power(self) -> str:
        """Power behind the smallest detectable differences as a whole percentage, for prose."""
        powers = (each.power for each in self.detectable.values() if each.power is not None)
        return f"{next(powers, 0.8) * 100:g}"

    @property
    def differences_published(self) -> bool:
        """Whether some claim is about a difference, so that the source must have judged it by some method."""
        return any(row["breakdown"] for row in self.ledger)

    @property
    def ordinary(self) -> str:
        """Name of the method that treats cases as independent: the published one where the source has differences."""
        return "published method" if self.differences_published else "ordinary method"


def released_numbers(released: Released) -> Numbers:
    """Index the released tables by their keys."""
    omnibus, contrasts = _comparisons(released.comparisons)
    return Numbers(
        shares={_share_key(row): _share(row) for row in rows_of(released.estimates)},
        tests=omnibus,
        contrasts=contrasts,
        trends=_keyed(
            released.trends, ("measure", "item", "breakdown", "method"), lambda row: _effect(row, trend_place)
        ),
        means=_keyed(released.means, ("breakdown", "subgroup"), _mean),
        distributions=_distributions(released),
        detectable=_keyed(released.precision, ("measure", "item", "breakdown", "subgroup"), _detectable),
        combinations=_grouped(released.combinations, ("breakdown", "subgroup"), _combination),
        pairs=_grouped(released.pairs, ("breakdown", "subgroup"), _pair),
        funnels=_grouped(released.funnel, ("measure", "item"), _service),
        adjusted=tuple(_adjusted(row) for row in rows_of(released.adjusted)),
        variation=tuple(_variation(row) for row in rows_of(released.variation)),
        choices=tuple(_choice(row) for row in rows_of(released.multiverse)),
        practice=released_practice(released),
        facts=released.facts,
        ledger=tuple({name: text_of(cell) for name, cell in row.items()} for row in rows_of(released.ledger)),
    )


def _key(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text_of(row[name]) for name in names)


def _keyed(
    table: pd.DataFrame, names: tuple[str, ...], read: Callable[[Mapping[str, Any]], Any]
) -> dict[tuple[str, ...], Any]:
    return {_key(row, names): read(row) for row in rows_of(table)}


def _grouped(
    table: pd.DataFrame, names: tuple[str, ...], read: Callable[[Mapping[str, Any]], Any]
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Rows under the same key, in the order of the table; a row that cannot be read whole is left out."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for row in rows_of(table):
        entry = read(row)
        if entry is not None:
            found.setdefault(_key(row, names), []).append(entry)
    return {key: tuple(entries) for key, entries in found.items()}


def _comparisons(table: pd.DataFrame) -> tuple[dict[tuple[str, ...], Test], dict[tuple[str, ...], Test]]:
    """Tests over all levels, and contrasts of one level with the reference."""
    omnibus, contrasts = {}, {}
    for row in rows_of(table):
        if text_of(row["subgroup"]):
            names = ("measure", "item", "breakdown", "subgroup", "method", "effect")
            contrasts[_key(row, names)] = _effect(row, contrast_place, "subgroup")
        else:
            key = _key(row, ("measure", "item", "breakdown", "method"))
            omnibus[key] = _test(row, "p_value", omnibus_place(*key[:3]))
    return omnibus, contrasts


def _share_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    kind = WILSON if text_of(row["interval"]) == WILSON else HEADLINE
    return (*_key(row, ("measure", "item", "breakdown", "subgroup")), kind)


def _share(row: Mapping[str, Any]) -> Share:
    return Share(
        n_cases=whole_of(row["n_cases"]),
        n_yes=whole_of(row["n_yes"]),
        n_missing=whole_of(row["n_missing"]),
        n_services=whole_of(row["n_services"]),
        estimate=number_of(row["estimate"]),
        low=number_of(row["ci_low"]),
        high=number_of(row["ci_high"]),
        interval=text_of(row["interval"]),
        design_effect=number_of(row["design_effect"]),
        status=text_of(row["status"]),
        shorthand=shorthand_of(row["estimate"]),
        hidden=hidden_names(row, SHARE_NAMES),
        place=share_place(*_share_key(row)[:4]),
    )


def _effect(row: Mapping[str, Any], place: Callable[..., str], *parts: str) -> Test:
    return _test(row, "estimate", place(*_key(row, ("measure", "item", "breakdown", *parts))))


def _test(row: Mapping[str, Any], shown: str, place: str) -> Test:
    """Read a test; `shown` is the column whose shorthand stands for a number that is not there."""
    return Test(
        *(number_of(row[name]) for name in ADJUSTMENTS),
        status=text_of(row["status"]),
        shorthand=shorthand_of(row[shown]),
        estimate=number_of(row["estimate"]),
        low=number_of(row["ci_low"]),
        high=number_of(row["ci_high"]),
        statistic=number_of(row["statistic"]),
        df1=number_of(row.get("df1", 1)),
        df2=number_of(row["df2"] if "df2" in row else row["df"]),
        hidden=hidden_names(row, TEST_NAMES if "df2" in row else TEST_NAMES | {"df2": "df"}),
        place=place,
    )


def _mean(row: Mapping[str, Any]) -> Mean:
    return Mean(
        n_cases=whole_of(row["n_cases"]),
        n_missing=whole_of(row["n_missing"]),
        estimate=number_of(row["estimate"]),
        low=number_of(row["ci_low"]),
        high=number_of(row["ci_high"]),
        status=text_of(row["status"]),
        shorthand=shorthand_of(row["estimate"]),
        hidden=hidden_names(row, MEAN_NAMES),
        place=mean_place(*_key(row, ("breakdown", "subgroup"))),
    )


def _distributions(released: Released) -> dict[tuple[str, str], dict[int, Share]]:
    found: dict[tuple[str, str], dict[int, Share]] = {}
    for row in rows_of(released.distributions):
        n_factors = whole_of(row["n_factors"])
        if n_factors is None:
            continue
        share = Share(
            n_yes=whole_of(row["n_cases"]),
            estimate=number_of(row["estimate"]),
            status="",
            shorthand=shorthand_of(row["estimate"]),
            hidden=hidden_names(row, {"n_yes": "n_cases", "estimate": "estimate"}),
        )
        found.setdefault((text_of(row["breakdown"]), text_of(row["subgroup"])), {})[n_factors] = share
    return found


def _detectable(row: Mapping[str, Any]) -> Detectable:
    numbers = (number_of(row[name]) for name in ("smallest_increase", "smallest_decrease", "power"))
    return Detectable(*numbers, text_of(row["status"]), hidden=hidden_names(row, DETECTABLE_NAMES))


def _combination(row: Mapping[str, Any]) -> Combination:
    names = text_of(row["combination"])
    factors = tuple(names.split("+")) if names else ()
    hidden = hidden_names(row, {"n_cases": "n_cases", "estimate": "estimate"})
    return Combination(factors, whole_of(row["n_cases"]), number_of(row["estimate"]), hidden=hidden)


def _pair(row: Mapping[str, Any]) -> Pair:
    counts = (whole_of(row[name]) for name in ("n_cases", "n_first", "n_second", "n_both"))
    numbers = (number_of(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    names = _key(row, ("first", "second"))
    place = {"hidden": hidden_names(row, PAIR_NAMES), "place": pair_place(*names)}
    return Pair(*names, *counts, *numbers, text_of(row["status"]), **place)


def _service(row: Mapping[str, Any]) -> tuple[int, float] | None:
    n_cases, estimate = whole_of(row["n_cases"]), number_of(row["estimate"])
    return (n_cases, estimate) if n_cases and estimate is not None else None


def _adjusted(row: Mapping[str, Any]) -> Adjusted:
    return Adjusted(
        *_key(row, ("measure", "item", "breakdown", "subgroup")),
        test=_effect(row, adjusted_place, "subgroup"),
        odds_ratio=number_of(row["odds_ratio"]),
        p_exchangeable=number_of(row["p_exchangeable"]),
        n_cases=whole_of(row["n_cases"]),
        n_services=whole_of(row["n_services"]),
        note=text_of(row["note"]),
        hidden=hidden_names(row, {name: name for name in ("odds_ratio", "p_exchangeable", "n_cases")}),
    )


def _variation(row: Mapping[str, Any]) -> Variation:
    counts = (whole_of(row[name]) for name in ("n_cases", "n_services"))
    numbers = [number_of(row[name]) for name in VARIATION_NUMBERS]
    outside = slice(6, 8)
    numbers[outside] = [whole_of(number) for number in numbers[outside]]
    hidden = hidden_names(row, VARIATION_NAMES)
    names = _key(row, ("measure", "item"))
    place = variation_place(*names)
    return Variation(*names, *counts, *numbers, text_of(row["status"]), hidden=hidden, place=place)


def _choice(row: Mapping[str, Any]) -> Choice:
    return Choice(*_key(row, ("claim", "alternative", "label", "verdict", "agrees")))
