"""One row of a released table each, as the report uses it; None where a number is not available."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from desistance.bulletin.language.words import exact_share
from desistance.bulletin.reading.cells import ABSENT as NO_NUMBER
from desistance.bulletin.reading.cells import HIDDEN, LOW_RELIABILITY

ABSENT = "not in the released tables"


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A row of a released table; `hidden` names those of its numbers that were hidden for confidentiality.

    `place` is the anchor of the row of the report that holds the numbers (`reading.places`); "" where there is none.
    """

    hidden: frozenset[str] = frozenset()
    place: str = ""

    def mark(self, *names: str) -> str:
        """Shorthand that stands in place of numbers that are not there: [c] where one of these is hidden, else [x]."""
        return HIDDEN if self.hides(*names) else NO_NUMBER

    def hides(self, *names: str) -> bool:
        """Whether one of these numbers is hidden."""
        return not self.hidden.isdisjoint(names)


@dataclass(frozen=True)
class Share(Marked):
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
    status: str = ABSENT
    shorthand: str = "[x]"

    @property
    def exact(self) -> Fraction | None:
        """Share as an exact fraction, for rounding."""
        return exact_share(self.n_yes, self.n_cases, self.estimate)

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are available."""
        return self.low is not None and self.high is not None

    @property
    def unreliable(self) -> bool:
        """Whether it rests on so few cases that the release marks it."""
        return self.status == LOW_RELIABILITY


@dataclass(frozen=True)
class Test(Marked):
    """One test: p-values unadjusted and adjusted in its family, and the effect it is about where it has one.

    `df1` and `df2` are the degrees of freedom; a t test has `df1` 1 and its own in `df2`.
    """

    __test__ = False

    p_value: float | None = None
    p_holm: float | None = None
    p_bh: float | None = None
    status: str = ABSENT
    shorthand: str = "[x]"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    statistic: float | None = None
    df1: float | None = None
    df2: float | None = None

    def p(self, adjustment: str) -> float | None:
        """Look a p-value up by the name of its column."""
        return {"p_value": self.p_value, "p_holm": self.p_holm, "p_bh": self.p_bh}[adjustment]

    @property
    def has_interval(self) -> bool:
        """Whether the estimate and both ends of its interval are available."""
        return None not in (self.estimate, self.low, self.high)

    @property
    def unreliable(self) -> bool:
        """Whether it rests on so few cases that the release marks it."""
        return self.status == LOW_RELIABILITY


@dataclass(frozen=True)
class Mean(Marked):
    """Mean number of factors in one subgroup, and the share of its cases with each number."""

    n_cases: int | None = None
    n_missing: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    status: str = ABSENT
    shorthand: str = "[x]"

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are available."""
        return self.low is not None and self.high is not None

    @property
    def unreliable(self) -> bool:
        """Whether it rests on so few cases that the release marks it."""
        return self.status == LOW_RELIABILITY


@dataclass(frozen=True)
class Adjusted(Marked):
    """One difference with the other divisions held equal: average marginal effect on the 0-1 scale."""

    measure: str
    item: str
    breakdown: str
    subgroup: str
    test: Test
    odds_ratio: float | None
    p_exchangeable: float | None
    """Of the odds ratio with exchangeable working correlation, unadjusted."""
    n_cases: int | None
    n_services: int | None
    note: str


@dataclass(frozen=True)
class Variation(Marked):
    """How much services differ in one item; services are never named."""

    measure: str
    item: str
    n_cases: int | None
    n_services: int | None
    estimate: float | None
    icc: float | None
    icc_low: float | None
    icc_high: float | None
    p_value: float | None
    overdispersion: float | None
    n_outside_95: int | None
    n_outside_998: int | None
    shrunken_lowest: float | None
    shrunken_highest: float | None
    left_out_lowest: float | None
    left_out_highest: float | None
    status: str


@dataclass(frozen=True)
class Detectable(Marked):
    """Smallest differences that would have been seen with the power asked for; `decrease` is below nought."""

    increase: float | None = None
    decrease: float | None = None
    power: float | None = None
    status: str = ABSENT

    def smallest(self, difference: float | None) -> float | None:
        """Smallest difference, as a size, in the direction of the one found; of either when none was found."""
        down = None if self.decrease is None else -self.decrease
        known = [size for size in (self.increase, down) if size is not None]
        if not known or not difference:
            return min(known, default=None)
        return self.increase if difference > 0 else down


@dataclass(frozen=True)
class Combination(Marked):
    """Cases with exactly these factors."""

    factors: tuple[str, ...]
    n_cases: int | None
    estimate: float | None


@dataclass(frozen=True)
class Pair(Marked):
    """Two factors: how many cases have each and both; the lift over what chance would bring, with its interval."""

    first: str
    second: str
    n_cases: int | None
    n_first: int | None
    n_second: int | None
    n_both: int | None
    lift: float | None
    low: float | None
    high: float | None
    status: str

    @property
    def has_interval(self) -> bool:
        """Whether the lift and both ends of its interval are available."""
        return None not in (self.lift, self.low, self.high)


@dataclass(frozen=True)
class Choice:
    """What one claim comes to under one other choice; `agrees` is yes, no, [c] (hidden), or "" without a bearing."""

    claim: str
    alternative: str
    label: str
    verdict: str
    agrees: str
