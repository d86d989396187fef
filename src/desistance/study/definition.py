"""The frozen objects that a study is read into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from desistance.study.derivations import Derivation, LongLayout, OneRow

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
class SamplingColumns:
    """Columns of the table of services that say how services and cases were sampled; None where there is none.

    `eligible` is how many cases a service had to draw from. A case weighs `weight`; without one, here or among the
    columns of the records, it weighs the eligible cases of its service over those accepted.
    """

    stratum: str | None = None
    services_in_stratum: str | None = None
    weight: str | None = None
    eligible: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """The columns that there are, by what they hold."""
        return {role: name for role, name in vars(self).items() if name is not None}


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

    `inputs` gives the kind of columns that are read only to derive others from, by `derivations`, and then dropped.
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
    design: SamplingColumns | None = None
    codebook: Codebook | None = None
    crosswalk: Crosswalk | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    derivations: tuple[Derivation, ...] = ()
    one_row_per_case: OneRow | None = None
    long: LongLayout | None = None

    @property
    def weighted(self) -> bool:
        """Whether cases have weights, whatever these are made from."""
        return self.weight is not None or bool(self.design and (self.design.weight or self.design.eligible))

    @property
    def sampled(self) -> bool:
        """Whether the study says anything of how services and cases were sampled."""
        return bool(self.weighted or self.stratum or self.services_in_stratum or self.design)

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
    def record_columns(self) -> tuple[str, ...]:
        """Every column of the records that the study is about, each once, whether read or derived."""
        roles = [self.case, self.service, self.stratum, self.weight, self.services_in_stratum]
        roles += [self.date.column] if self.date else []
        divisions = [division.column for division in self.divisions]
        return tuple(name for name in [*roles, *divisions, *self.judgement_columns] if name)

    @property
    def derived_columns(self) -> tuple[str, ...]:
        """Columns that are not read: those of the derivations and those that a long layout holds in rows."""
        cells = self.long.cells if self.long else ()
        return tuple(each.column for each in (*self.derivations, *cells))

    @property
    def gathers(self) -> bool:
        """Whether a case may have several rows."""
        return self.one_row_per_case is not None or self.long is not None

    @property
    def derived(self) -> tuple[tuple[str, str], ...]:
        """What is not read as it stands, and how it is found, in words for the reader of a report."""
        labels = {item.column: f"{self.measure(item.measure).label}: {item.label}" for item in self.items}
        labels |= {division.column: division.label for division in self.divisions}
        found = [(labels[each.column], each.words) for each in self.derivations]
        if self.one_row_per_case:
            found.append((f"Rows of a {self.words['case'][0]}", self.one_row_per_case.words))
        if self.long:
            found.append(("Layout", self.long.words))
        return tuple(found)

    @property
    def definitions(self) -> dict[str, str]:
        """Each item (`measure.item`) and division (its id) in words that change when what is measured does."""
        found, said = {}, _Said(self)
        for item in self.items:
            parts = " + ".join(".".join(part) for part in item.parts)
            base = f" where {item.base}" if item.base else ""
            found[f"{item.measure}.{item.id}"] = f"{item.label}: {parts or item.column}{base}{said.of(item)}"
        if self.factor_count:
            count = self.factor_count
            found[f"{count.item}.{count.item}"] += (
                f", {count.threshold} or more of {', '.join(count.columns)}{said.columns(count.columns)}"
            )
        for division in self.divisions:
            levels = ", ".join(f"{level.code} ({level.label})" for level in division.levels)
            found[division.id] = f"{division.label}: {levels}{said.columns([division.column])}"
        return {name: text + said.rows for name, text in found.items()}

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


class _Said:
    """What the definitions of a study say of its derivations."""

    def __init__(self, study: Study) -> None:
        self._words = {each.column: each.words for each in study.derivations}
        self._items = {(item.measure, item.id): item for item in study.items}
        self.rows = f"; {study.one_row_per_case.words}" if study.one_row_per_case else ""

    def columns(self, names: Iterable[str | None]) -> str:
        """How these columns are derived, each once; nothing of those that are read."""
        return "".join(
            f"; {name}: {self._words[name]}" for name in dict.fromkeys(names) if name in self._words
        )

    def of(self, item: Item) -> str:
        """How the columns of an item, or of the items it puts together, are derived."""
        parts = [self._items[part] for part in item.parts] or [item]
        return self.columns(name for part in parts for name in (part.column, part.base))
