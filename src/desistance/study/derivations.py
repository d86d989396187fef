"""How columns of a study are found where the extract does not hold them: from other columns, rows or layouts.

Each kind of derivation is one frozen object. `column` is what it fills, `inputs` what it reads, and `words` say in
plain language what it does, for the report and for comparing editions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DATE, NUMBER, JUDGEMENT = INPUT_KINDS = ("date", "number", "judgement")
LATEST, EARLIEST, MOST_SERIOUS = KEEPS = ("latest", "earliest", "most_serious")
OLDEST_YEARS = 120
# The keys of each way to derive a column; the first names it.
FORMS = (
    ("years_from", "to", "bands"),
    ("number", "bands"),
    ("within_spells", "at"),
    ("any_of",),
    ("all_of",),
    ("at_least", "of"),
)
UNDECIDED = (
    "an answer that does not apply is left out, and where missing ones could decide it is missing too: not known if "
    "one of them is, else not recorded"
)


@dataclass(frozen=True)
class Band:
    """A level with the numbers that belong to it, both ends included; None where it is open."""

    code: str
    low: float | None
    high: float | None

    @property
    def words(self) -> str:
        """The band in words.

        >>> Band("6+", 6, None).words
        '6 or more as 6+'
        """
        if self.low is None or self.high is None:
            span = f"{self.high:g} or less" if self.low is None else f"{self.low:g} or more"
        else:
            span = f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"
        return f"{span} as {self.code}"


@dataclass(frozen=True)
class Years:
    """Completed years from one date to another, in bands."""

    column: str
    start: str
    end: str
    bands: tuple[Band, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns it reads."""
        return self.start, self.end

    @property
    def words(self) -> str:
        """What it does."""
        return (
            f"the completed years from {self.start} to {self.end}: {_listed(self.bands)}; from a 29 February they are "
            "completed on 1 March in a year without that day"
        )


@dataclass(frozen=True)
class Number:
    """A number, in bands."""

    column: str
    number: str
    bands: tuple[Band, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns it reads."""
        return (self.number,)

    @property
    def words(self) -> str:
        """What it does."""
        return f"{self.number} in bands: {_listed(self.bands)}"


@dataclass(frozen=True)
class WithinSpells:
    """Whether a moment lies within one of several spells, each from a start to an end.

    A spell without an end goes on; where neither start nor end is given there is none. The day of the start always
    belongs to a spell, that of the end where `end_day_included`.
    """

    column: str
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    at: str
    end_day_included: bool

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns it reads."""
        return *self.starts, *self.ends, self.at

    @property
    def words(self) -> str:
        """What it does."""
        spells = " or ".join(
            f"from {start} to {end}" for start, end in zip(self.starts, self.ends, strict=True)
        )
        day = "included" if self.end_day_included else "not included"
        return (
            f"yes where {self.at} lies {spells}, the end day {day}; a spell without an end goes on, and without any "
            "spell it is no"
        )


@dataclass(frozen=True)
class Enough:
    """Whether enough of several answers are yes: `needed` of those that apply, or all of them where it is None."""

    column: str
    parts: tuple[str, ...]
    needed: int | None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns it reads."""
        return self.parts

    @property
    def words(self) -> str:
        """What it does."""
        how = "all" if self.needed is None else "any" if self.needed == 1 else f"at least {self.needed}"
        return (
            f"yes where {how} of {', '.join(self.parts)} {'is' if how == 'any' else 'are'} yes; {UNDECIDED}"
        )


Derivation = Years | Number | WithinSpells | Enough


@dataclass(frozen=True)
class OneRow:
    """Which of several rows of a case counts: the `latest`, `earliest` or `most_serious` by a column.

    In a `long` layout these are all rows that are equally late, early or serious.
    """

    keep: str
    by: str
    long: bool = False

    @property
    def words(self) -> str:
        """What it does."""
        best = f"the {self.keep.replace('_', ' ')} {self.by}"
        counts = (
            f"those with {best} count"
            if self.long
            else f"the one with {best} counts, of equal ones the first"
        )
        return f"of several rows of a case {counts}; spells are taken from all its rows"


@dataclass(frozen=True)
class Cell:
    """Where a column of the study stands in a long layout: in column `value`, in the row whose item is `item`.

    A case without that row gets the code `otherwise`.
    """

    column: str
    item: str
    value: str
    otherwise: str


@dataclass(frozen=True)
class LongLayout:
    """An extract with a row for each case and item; `item` is the column that names the item."""

    item: str
    items: tuple[str, ...]
    cells: tuple[Cell, ...]
    values: Mapping[str, str]
    without_row: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the extract that only this layout has."""
        return self.item, *dict.fromkeys(self.values.values())

    @property
    def words(self) -> str:
        """What it does."""
        parts = [
            f"{value} as {pattern}, {self.without_row[pattern]!r} without a row"
            for pattern, value in self.values.items()
        ]
        return f"a row for each case and {self.item}: {'; '.join(parts)}"


def _listed(bands: tuple[Band, ...]) -> str:
    return ", ".join(band.words for band in bands)


def form_of(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The keys of the form that an entry of `derivations` is written in; None where it is in none."""
    keys = entry.keys() - {"assumed"}
    return next((form for form in FORMS if keys == set(form)), None)


def derivation_of(column: str, entry: Mapping[str, Any]) -> Derivation:
    """Build one derivation from its entry in `study.yaml`."""
    form = form_of(entry)[0]
    if form == "years_from":
        return Years(column, entry["years_from"], entry["to"], _bands(entry))
    if form == "number":
        return Number(column, entry["number"], _bands(entry))
    if form == "within_spells":
        spells = entry["within_spells"]
        included = spells["end_day"] == "included"
        return WithinSpells(column, tuple(spells["start"]), tuple(spells["end"]), entry["at"], included)
    needed = {"any_of": 1, "all_of": None, "at_least": entry.get("at_least")}[form]
    return Enough(column, tuple(entry["of"] if form == "at_least" else entry[form]), needed)


def _bands(entry: Mapping[str, Any]) -> tuple[Band, ...]:
    return tuple(Band(code, low, high) for code, (low, high) in entry["bands"].items())


def one_row_of(entry: Mapping[str, str], *, long: bool) -> OneRow:
    """Build the rule for cases with several rows; `long` where a row is about one item of the case."""
    return OneRow(entry["keep"], entry["by"], long)


def long_layout_of(entry: Mapping[str, Any], lists: Mapping[str, list[str]], not_recorded: str) -> LongLayout:
    """Build the long layout; `lists` gives the ids that a placeholder stands for, `not_recorded` a code."""
    values = entry["values"]
    without_row = {pattern: entry.get("without_row", {}).get(pattern, not_recorded) for pattern in values}
    name = next(name for name in lists if all(name in pattern for pattern in values))
    cells = tuple(
        Cell(pattern.replace(name, item), item, value, without_row[pattern])
        for pattern, value in values.items()
        for item in lists[name]
    )
    return LongLayout(entry["item"], tuple(lists[name]), cells, values, without_row)
