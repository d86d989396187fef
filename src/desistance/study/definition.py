"""The frozen objects that a study is read into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

YES, NO = "yes", "no"
MISSING = ("not_applicable", "not_known", "not_recorded")
STATES = (YES, NO, *MISSING)
EVERYONE = "all"
ROLES = ("service", "stratum", "date", "weight", "services_in_stratum")  # names of columns after reading
MADE_UP = "made_up"
DIRECTIONS = ("enabler", "barrier")


@dataclass(frozen=True)
class Level:
    """One subgroup of a breakdown: its code in the records and its label on the page."""

    code: str
    label: str
    short: str


@dataclass(frozen=True)
class Breakdown:
    """A variable whose levels divide the cases; `ordered` when they are bands, in the order listed."""

    id: str
    label: str
    column: str
    levels: tuple[Level, ...]
    reference: str
    ordered: bool
    assumed: str | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the levels, in the study's order."""
        return tuple(level.code for level in self.levels)


@dataclass(frozen=True)
class Item:
    """One yes/no judgement (`column`) over one base: all cases, or those where the column `base` says yes.

    `derived` marks an item that has no column: the one counted from the factors (three or more), and those that
    put together the answers of other items, named in `parts` by measure and item.
    """

    measure: str
    id: str
    label: str
    short: str
    column: str
    base: str | None
    derived: bool
    assumed: str | None
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Measure:
    """Items of one kind, tested as one family within each breakdown.

    `staged` when the items are stages of practice that follow each other; `pooled` when they put the answers of other
    items together, so that what is counted are answers and not cases.
    """

    id: str
    label: str
    title: str
    says: str
    items: tuple[Item, ...]
    assumed: str | None
    staged: bool = False
    pooled: bool = False


@dataclass(frozen=True)
class FactorCount:
    """How many of a measure's items each case has, and the threshold that is reported."""

    measure: str
    item: str
    columns: tuple[str, ...]
    threshold: int


@dataclass(frozen=True)
class DateWindow:
    """The column of dates and the first and last day that belong to the study."""

    column: str
    label: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Alternative:
    """Another reasonable choice: exactly one of the choices of the schema (`kind`) with its value."""

    id: str
    label: str
    kind: str
    value: Any


@dataclass(frozen=True)
class Named:
    """Something with an id (or code), its label on the page and a short one; `assumed` is why, where it is."""

    id: str
    label: str
    short: str
    assumed: str | None


@dataclass(frozen=True)
class Provision:
    """One kind of provision a service may have; `item` is the factor whose delivery it should serve, if any.

    Columns of the table of services: `provider_` and `gap_` followed by the id.
    """

    id: str
    label: str
    short: str
    item: str | None
    assumed: str | None


@dataclass(frozen=True)
class Rate:
    """Numbers of people that each service reports: `part` of `whole`, both columns of the table of services."""

    id: str
    label: str
    short: str
    part: str
    whole: str
    assumed: str | None


@dataclass(frozen=True)
class ServiceTable:
    """What is asked of each service, one row a service.

    `providers` are the codes of those who may provide; `nobody` is the code that says no one does; `facts` are yes/no
    columns under their own ids; `wide_range` is how many of the provisions make a wide range; `delivery` is the measure
    whose items provision is held against.
    """

    providers: tuple[Named, ...]
    nobody: str
    provisions: tuple[Provision, ...]
    facts: tuple[Named, ...]
    rates: tuple[Rate, ...]
    wide_range: int
    delivery: str
    assumed: str | None


@dataclass(frozen=True)
class Codebook:
    """How comments are coded: the themes, who codes, and the measure (`delivery`) that themes are held against.

    A passage is coded with a theme and one of `DIRECTIONS`.
    """

    themes: tuple[Named, ...]
    coders: tuple[str, ...]
    delivery: str
    assumed: str | None


@dataclass(frozen=True)
class Bearing:
    """One line of the crosswalk: the items of one measure that bear on a domain, and why."""

    measure: str
    items: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Domain:
    """One domain of another framework and what bears on it here; `none` says why nothing does."""

    id: str
    label: str
    short: str
    bearings: tuple[Bearing, ...]
    none: str | None


@dataclass(frozen=True)
class Crosswalk:
    """From the judgements of this study to the domains of another framework; all of it assumed."""

    measure: str
    framework: str
    assumed: str
    domains: tuple[Domain, ...]


@dataclass(frozen=True)
class Study:
    """Everything the analysis needs to know about what was measured; see `studies/*/study.yaml`.

    `codes` translates a code of the records to one of `STATES`; `overlap` names a measure whose items are looked at in
    combination though they must not be added up; `digest` identifies the definition.
    """

    id: str
    title: str
    source: Mapping[str, str]
    words: Mapping[str, tuple[str, str]]
    case: str
    service: str
    date: DateWindow | None
    stratum: str | None
    weight: str | None
    services_in_stratum: str | None
    codes: Mapping[str, str]
    measures: tuple[Measure, ...]
    factor_count: FactorCount | None
    breakdowns: tuple[Breakdown, ...]
    bands: tuple[Breakdown, ...]
    alternatives: tuple[Alternative, ...]
    assumptions: tuple[tuple[str, str], ...]
    digest: str
    overlap: str | None = None
    services: ServiceTable | None = None
    codebook: Codebook | None = None
    crosswalk: Crosswalk | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of all measures, in the study's order."""
        return tuple(item for measure in self.measures for item in measure.items)

    @property
    def divisions(self) -> tuple[Breakdown, ...]:
        """Breakdowns and bands together."""
        return self.breakdowns + self.bands

    @property
    def judgement_columns(self) -> tuple[str, ...]:
        """Yes/no columns of the records, each once, in the study's order."""
        return tuple(dict.fromkeys(item.column for item in self.items if not item.derived))

    @property
    def combined(self) -> Measure | None:
        """The measure whose items are looked at in combination: that of the factor count, or of the overlap."""
        name = self.factor_count.measure if self.factor_count else self.overlap
        return self.measure(name) if name else None

    @property
    def definitions(self) -> dict[str, str]:
        """Each item (`measure.item`) and division (its id) in words that change when what is measured does."""
        found = {}
        for item in self.items:
            parts = " + ".join(".".join(part) for part in item.parts)
            base = f" where {item.base}" if item.base else ""
            found[f"{item.measure}.{item.id}"] = f"{item.label}: {parts or item.column}{base}"
        if self.factor_count:
            count = self.factor_count
            found[f"{count.item}.{count.item}"] += (
                f", {count.threshold} or more of {', '.join(count.columns)}"
            )
        for division in self.divisions:
            levels = ", ".join(f"{level.code} ({level.label})" for level in division.levels)
            found[division.id] = f"{division.label}: {levels}"
        return found

    @property
    def levels(self) -> dict[str, list[list[Any]]]:
        """Ids and codes of the breakdowns and of the bands, in order: what the patterns of a tally are made of."""
        kinds = {"breakdowns": self.breakdowns, "bands": self.bands}
        return {kind: [[each.id, list(each.codes)] for each in found] for kind, found in kinds.items()}

    def measure(self, measure_id: str) -> Measure:
        """Look a measure up by its id."""
        return next(measure for measure in self.measures if measure.id == measure_id)

    def division(self, division_id: str) -> Breakdown:
        """Look a breakdown or band up by its id."""
        return next(division for division in self.divisions if division.id == division_id)
