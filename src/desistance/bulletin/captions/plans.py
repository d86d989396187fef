"""What each kind of figure draws: labels and numbers, without a place on paper and without matplotlib."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """One number drawn, with its interval where there is one and the text set beside it.

    A number that is not there has no value, and its shorthand for text. `unreliable` says that its base is small.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    text: str = ""
    unreliable: bool = False


@dataclass(frozen=True)
class BarsPlan:
    """A bar a row for one share and, in the same row, a dot with its interval for another."""

    labels: tuple[str, ...]
    bar_title: str
    bars: tuple[Point, ...]
    dot_title: str = ""
    dots: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Panel:
    """One division: a point for each row and level, and whether a test calls the row's levels different.

    None in `differs` is a verdict that is hidden.
    """

    title: str
    levels: tuple[str, ...]
    rows: tuple[tuple[Point, ...], ...]
    differs: tuple[bool | None, ...]


@dataclass(frozen=True)
class PanelsPlan:
    """Small multiples: the same rows in every panel, one panel a division."""

    labels: tuple[str, ...]
    shorts: tuple[str, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class ContrastPlan:
    """Levels of one division side by side, the gap between them, and what two tests make of it."""

    title: str
    labels: tuple[str, ...]
    levels: tuple[str, ...]
    rows: tuple[tuple[Point, ...], ...]
    gap_title: str
    gaps: tuple[str, ...]
    tests: tuple[str, str]
    verdicts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DifferencesPlan:
    """A difference with its interval a row, and what two methods make of it.

    `looks` names the look of each row ("both", "ordinary", "design", "neither", "unknown") and `verdicts` says
    it in words.
    """

    title: str
    labels: tuple[str, ...]
    points: tuple[Point, ...]
    verdict_title: str
    looks: tuple[str, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class LevelGroup:
    """The levels of one division, with one point a column."""

    title: str
    labels: tuple[str, ...]
    rows: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class LevelsPlan:
    """One column a measure, one row a level; `everyone` is drawn first and as a line through the rest."""

    columns: tuple[str, ...]
    everyone_label: str
    everyone: tuple[Point, ...]
    groups: tuple[LevelGroup, ...]


@dataclass(frozen=True)
class StackGroup:
    """The levels of one division: parts that make a whole, and a mean, for each."""

    title: str
    labels: tuple[str, ...]
    parts: tuple[tuple[Point, ...], ...]
    means: tuple[Point, ...]


@dataclass(frozen=True)
class StacksPlan:
    """Bars of parts that make a whole, with the mean beside each bar.

    The parts of one bar are all there or none is: one that is hidden would be what the others leave.
    """

    title: str
    part_labels: tuple[str, ...]
    mean_title: str
    mean_limit: int
    groups: tuple[StackGroup, ...]


@dataclass(frozen=True)
class UpsetPlan:
    """Combinations of factors: how many cases have exactly each, and which factors it is made of.

    `totals` and `labels` are of the factors; `members` has a row a combination and a column a factor.
    """

    labels: tuple[str, ...]
    total_title: str
    totals: tuple[Point, ...]
    count_title: str
    counts: tuple[int, ...]
    members: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True)
class FunnelPanel:
    """Services by size and share, and the limits between which chance alone would leave nearly all of them.

    `target_label` says whose share the line is at.
    """

    title: str
    target: float
    target_label: str
    services: tuple[tuple[int, float], ...]
    sizes: tuple[float, ...]
    limits: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...]


@dataclass(frozen=True)
class FunnelPlan:
    """One or two funnels; the limits of each from the narrowest to the widest, named by their level."""

    size_title: str
    panels: tuple[FunnelPanel, ...]


@dataclass(frozen=True)
class ChoicesPlan:
    """Claims against other choices: in each place whether the verdict stays ("yes", "no", "", or "[c]" if hidden)."""

    claims: tuple[str, ...]
    statements: tuple[str, ...]
    alternatives: tuple[str, ...]
    agrees: tuple[tuple[str, ...], ...]
    shares: tuple[str, ...]
    share_title: str


@dataclass(frozen=True)
class DotsPlan:
    """One scale of shares: in each row a dot with its interval for each level."""

    title: str
    labels: tuple[str, ...]
    levels: tuple[str, ...]
    rows: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class StagesPanel:
    """One measure: a line of points over the stages for each group."""

    title: str
    lines: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class StagesPlan:
    """Small multiples over the stages of practice; the first group is everyone, the others stand behind it."""

    stages: tuple[str, ...]
    groups: tuple[str, ...]
    panels: tuple[StagesPanel, ...]


@dataclass(frozen=True)
class RatesPanel:
    """Rates of one kind on a scale of its own: what is promised, and between which rates that is nearly kept.

    `rows` has a row a method and a number (0-1, None where there is none) a level; so has every other number.
    """

    title: str
    promised: float
    near: tuple[float, float]
    scale: tuple[float, float]
    rows: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class RatesBlock:
    """The same methods in every panel; those the report leads with are said to be first."""

    title: str
    labels: tuple[str, ...]
    first: tuple[bool, ...]
    panels: tuple[RatesPanel, ...]


@dataclass(frozen=True)
class RatesPlan:
    """Blocks of small multiples: how often methods do what they promise, a mark a level."""

    key: str
    levels: tuple[str, ...]
    blocks: tuple[RatesBlock, ...]


Plan = (
    BarsPlan
    | PanelsPlan
    | ContrastPlan
    | DifferencesPlan
    | LevelsPlan
    | StacksPlan
    | UpsetPlan
    | FunnelPlan
    | ChoicesPlan
    | DotsPlan
    | StagesPlan
    | RatesPlan
)
