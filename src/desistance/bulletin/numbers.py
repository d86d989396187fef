"""The released tables as look-ups: one share, one test, one mean at a time.

A cell of a released table is a number, empty (not available) or shorthand in square brackets (hidden or not
applicable). Here each becomes a number or None, and the reason stays beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from desistance.bulletin.words import exact_share

if TYPE_CHECKING:
    import pandas as pd

    from desistance.disclosure.release import Released

ALL = "all"
PEARSON, FISHER, RAO_SCOTT = "pearson", "fisher", "rao_scott"
HEADLINE, WILSON = "headline", "wilson"
ADJUSTMENTS = ("p_value", "p_holm", "p_bh")


@dataclass(frozen=True)
class Share:
    """Share of the cases of one base for which one item is yes; None where a number is not available."""

    n_cases: int | None = None
    n_yes: int | None = None
    n_missing: int | None = None
    n_services: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    design_effect: float | None = None
    status: str = "not in the released tables"
    shorthand: str = "[x]"

    @property
    def exact(self) -> Fraction | None:
        """Share as an exact fraction, for rounding."""
        return exact_share(self.n_yes, self.n_cases, self.estimate)

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are available."""
        return self.low is not None and self.high is not None


@dataclass(frozen=True)
class Test:
    """One test of one item over the levels of a division; p-values unadjusted and adjusted in its family."""

    __test__ = False

    p_value: float | None = None
    p_holm: float | None = None
    p_bh: float | None = None
    status: str = "not in the released tables"
    shorthand: str = "[x]"

    def p(self, adjustment: str) -> float | None:
        """Look a p-value up by the name of its column."""
        return {"p_value": self.p_value, "p_holm": self.p_holm, "p_bh": self.p_bh}[adjustment]


@dataclass(frozen=True)
class Mean:
    """Mean number of factors in one subgroup, and the share of its cases with each number."""

    n_cases: int | None = None
    n_missing: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    status: str = "not in the released tables"
    shorthand: str = "[x]"

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are available."""
        return self.low is not None and self.high is not None


@dataclass(frozen=True)
class Numbers:
    """Everything released, by key; a key that is not there answers with an empty number and a status."""

    shares: Mapping[tuple[str, str, str, str, str], Share]
    tests: Mapping[tuple[str, str, str, str], Test]
    means: Mapping[tuple[str, str], Mean]
    distributions: Mapping[tuple[str, str], Mapping[int, Share]]
    facts: Mapping[str, Any]
    ledger: tuple[Mapping[str, str], ...]

    def share(
        self, measure: str, item: str, breakdown: str = ALL, subgroup: str = ALL, kind: str = HEADLINE
    ) -> Share:
        """Look a share up: the headline row, or the one with the Wilson interval."""
        return self.shares.get((measure, item, breakdown, subgroup, kind), Share())

    def test(self, measure: str, item: str, breakdown: str, method: str) -> Test:
        """Look a test over all levels of a division up."""
        return self.tests.get((measure, item, breakdown, method), Test())

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
    def ordinary(self) -> str:
        """Name of the method that treats cases as independent: the published one where claims are checked."""
        return "published method" if self.ledger else "ordinary method"


def released_numbers(released: Released) -> Numbers:
    """Index the released tables by their keys."""
    return Numbers(
        shares={_share_key(row): _share(row) for row in _rows(released.estimates)},
        tests={
            (_text(row["measure"]), _text(row["item"]), _text(row["breakdown"]), _text(row["method"])): _test(
                row
            )
            for row in _rows(released.comparisons)
            if not _text(row["reference"]) and not _text(row["subgroup"])
        },
        means={
            (_text(row["breakdown"]), _text(row["subgroup"])): _mean(row) for row in _rows(released.means)
        },
        distributions=_distributions(released),
        facts=released.facts,
        ledger=tuple({name: _text(cell) for name, cell in row.items()} for row in _rows(released.ledger)),
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")


def _share_key(row: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    kind = WILSON if _text(row["interval"]) == WILSON else HEADLINE
    return _text(row["measure"]), _text(row["item"]), _text(row["breakdown"]), _text(row["subgroup"]), kind


def _share(row: Mapping[str, Any]) -> Share:
    return Share(
        n_cases=_whole(row["n_cases"]),
        n_yes=_whole(row["n_yes"]),
        n_missing=_whole(row["n_missing"]),
        n_services=_whole(row["n_services"]),
        estimate=_number(row["estimate"]),
        low=_number(row["ci_low"]),
        high=_number(row["ci_high"]),
        interval=_text(row["interval"]),
        design_effect=_number(row["design_effect"]),
        status=_text(row["status"]),
        shorthand=_shorthand(row["estimate"]),
    )


def _test(row: Mapping[str, Any]) -> Test:
    p_values = [_number(row[name]) for name in ADJUSTMENTS]
    return Test(*p_values, _text(row["status"]), _shorthand(row["p_value"]))


def _mean(row: Mapping[str, Any]) -> Mean:
    return Mean(
        n_cases=_whole(row["n_cases"]),
        n_missing=_whole(row["n_missing"]),
        estimate=_number(row["estimate"]),
        low=_number(row["ci_low"]),
        high=_number(row["ci_high"]),
        status=_text(row["status"]),
        shorthand=_shorthand(row["estimate"]),
    )


def _distributions(released: Released) -> dict[tuple[str, str], dict[int, Share]]:
    found: dict[tuple[str, str], dict[int, Share]] = {}
    for row in _rows(released.distributions):
        n_factors = _whole(row["n_factors"])
        if n_factors is None:
            continue
        share = Share(
            n_cases=None, n_yes=_whole(row["n_cases"]), estimate=_number(row["estimate"]), status=""
        )
        found.setdefault((_text(row["breakdown"]), _text(row["subgroup"])), {})[n_factors] = share
    return found


def _number(cell: object) -> float | None:
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _whole(cell: object) -> int | None:
    value = _number(cell)
    return None if value is None else round(value)


def _text(cell: object) -> str:
    missing = cell is None or (isinstance(cell, float) and math.isnan(cell)) or str(cell) == "<NA>"
    return "" if missing else str(cell)


def _shorthand(cell: object) -> str:
    """Read the shorthand a release put in place of a number; [x] where it left the cell empty."""
    text = _text(cell)
    return text if text.startswith("[") else "[x]"
