"""What stands in each column of a file, as little as a draft needs: common codes, and the shape of everything else."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute

from desistance.draft.identifying import identifier_of_heading, identifier_of_values
from desistance.draft.words import state_of
from desistance.records.formats import Table, look, read
from desistance.records.progress import Seen, not_shown

FEWEST = 10  # rows that must have a value before it is written anywhere
MOST_VALUES = 200
DATES = 0.95  # share of a column's values that a way of writing dates must read
TRIED = 5000  # distinct values of a column that are tried as dates and numbers
DATE_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y",
    "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S",
)  # fmt: skip
POINT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WHOLE = re.compile(r"[-+]?[0-9]+(?:\.0+)?")
COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class Column:
    """One column of a file.

    `common` are the values that at least `FEWEST` rows have, with their rows; `n_values` how many different values
    there are, None where more than `MOST_VALUES`; `unique` whether no value stands twice. `number` is None, "point" or
    "comma"; `date_formats` those that read the values; `years` those that enough rows have; `small` whether some value
    has fewer rows than may be written. `unread` says why a column was not read, or not kept.
    """

    heading: str
    label: str = ""
    value_labels: Mapping[str, str] = field(default_factory=dict)
    missing_codes: tuple[str, ...] = ()
    n_filled: int = 0
    common: Mapping[str, int] = field(default_factory=dict)
    n_values: int | None = 0
    unique: bool = False
    number: str | None = None
    whole: bool = False
    in_order: bool = False
    date_formats: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    small: bool = False
    unread: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Values that may be written, in order: the common ones, and those whose label is a word for an answer.

        Other labels are not written either: a file made from text has one for every value that stood there.
        """
        known = {code for code, label in self.value_labels.items() if state_of(label)}
        return tuple(sorted({*self.common, *known} - {""}, key=natural))

    @property
    def has_rare(self) -> bool:
        """Whether there are values that too few rows have to be written."""
        return self.n_values is None or self.n_values > len(self.common)


@dataclass(frozen=True)
class Profile:
    """A file that was looked through: its table and its columns, by heading."""

    table: Table
    columns: Mapping[str, Column]
    n_rows: int


def natural(text: str) -> tuple[object, ...]:
    """Order in which a person would list codes: numbers by size, then text."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text.casefold(), text)


def profile(
    path: Path,
    *,
    wanted: Collection[str] = (),
    birth_dates: bool = False,
    delimiter: str = "auto",
    encoding: str = "auto",
    sheet: str | None = None,
    scratch: Path | None = None,
    seen: Seen = not_shown,
) -> Profile:
    """Look through a file once, in batches; columns that look like direct identifiers are not read.

    Parameters
    ----------
    wanted
        Headings that a study asks for by name; they are read whatever they look like.
    birth_dates
        Whether the study computes something from dates of birth, so that they may be looked at.
    delimiter, encoding, sheet, scratch
        As `look` takes them.
    seen
        Called with the number of rows of each batch.

    Raises
    ------
    RecordsError
        The file cannot be read.
    """
    table = look(path, wanted=wanted, delimiter=delimiter, encoding=encoding, sheet=sheet, scratch=scratch)
    unread = dict(_not_to_read(table, wanted, birth_dates))
    gathered = {heading: _Looked() for heading in table.headings if heading and heading not in unread}
    n_rows = 0
    seen(0, total=table.form.get("n_rows"))
    for batch in read(table, list(gathered)) if gathered else ():
        n_rows += len(batch.rows)
        seen(len(batch.rows))
        for heading, looked in gathered.items():
            looked.take(batch.table[heading])
    columns = {heading: _column(table, heading, unread, gathered) for heading in table.headings if heading}
    return Profile(table, columns, n_rows)


def _not_to_read(table: Table, wanted: Collection[str], birth_dates: bool) -> Iterator[tuple[str, str]]:
    for heading in table.headings:
        kind = identifier_of_heading(heading, table.labels.get(heading, ""))
        if table.headings.count(heading) > 1:
            yield heading, "the heading stands more than once in the file: rename one of them to use it"
        elif kind and heading not in wanted and not (birth_dates and kind == "date of birth"):
            yield heading, f"looks like a direct identifier ({kind})"


class _Looked:
    """What is gathered of a column while its rows go by; no more than `MOST_VALUES` values at a time."""

    def __init__(self) -> None:
        self.counts: Counter[str] | None = Counter()
        self.n_filled, self.n_batches = 0, 0
        self.unique, self.in_order, self.tried, self.last = True, True, 0, 0.0
        self.read_as, self.years = dict.fromkeys(DATE_FORMATS, 0), Counter()
        self.numbers = {"point": True, "comma": True}
        self.whole = True
        self.kinds: Counter[str | None] = Counter()

    def take(self, column: pa.ChunkedArray) -> None:
        """Look at the next rows of the column."""
        texts = pa.compute.utf8_trim_whitespace(column.combine_chunks())
        pairs = {pair["values"].as_py(): pair["counts"].as_py() for pair in texts.value_counts()}
        blank = pairs.pop("", 0)
        self.n_filled += len(texts) - blank
        self.unique &= all(count == 1 for count in pairs.values())
        values = list(pairs)
        self._order(values)
        if self.counts is not None:
            self.counts.update(pairs)
            if len(self.counts) > MOST_VALUES:
                self.counts = None
        if self.tried < TRIED:
            self._shapes(values[: TRIED - self.tried], pairs)
        self.kinds[identifier_of_values(values[:500])] += 1

    def _order(self, values: list[str]) -> None:
        if self.in_order and self.unique and all(POINT.fullmatch(value) for value in values[:50]):
            found = [float(value) for value in values[:50] if POINT.fullmatch(value)]
            steps = zip(
                [self.last, *found] if self.last else found, found if self.last else found[1:], strict=False
            )
            self.in_order = all(after == before + 1 for before, after in steps)
        else:
            self.in_order = False

    def _shapes(self, values: list[str], pairs: Mapping[str, int]) -> None:
        self.tried += len(values)
        for written in list(self.read_as):
            days = [_day(value, written) for value in values[:50]]
            if sum(map(bool, days)) * 2 < len(days):
                del self.read_as[written]
                continue
            days += [_day(value, written) for value in values[50:]]
            self.read_as[written] += sum(map(bool, days))
            if written == next(iter(self.read_as)):
                for value, day in zip(values, days, strict=True):
                    self.years[day.year if day else 0] += pairs[value]
        point = [bool(POINT.fullmatch(value)) for value in values]
        whole = [bool(WHOLE.fullmatch(value)) for value in values]
        comma = [bool(COMMA.fullmatch(value)) for value in values]
        self.numbers["point"] &= all(point)
        self.numbers["comma"] &= all(map(max, comma, whole))
        self.whole &= all(whole)

    @property
    def formats(self) -> tuple[str, ...]:
        """Ways of writing dates that read all values, or nearly all."""
        return tuple(each for each, n_read in self.read_as.items() if n_read >= DATES * self.tried > 0)


def _day(text: str, written: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, written).date() if any(map(str.isdigit, text)) else None
    except ValueError:
        return None


def _column(table: Table, heading: str, unread: Mapping[str, str], looked: Mapping[str, _Looked]) -> Column:
    known = {"heading": heading, "label": table.labels.get(heading, "").strip()}
    if heading in unread:
        return Column(**known, unread=unread[heading])
    seen = looked[heading]
    kind = seen.kinds.most_common(1)[0][0] if seen.kinds else None
    if kind:
        return Column(**known, unread=f"its values look like a direct identifier ({kind})")
    counts = seen.counts
    return Column(
        **known,
        value_labels={code: text.strip() for code, text in table.value_labels.get(heading, {}).items()},
        missing_codes=tuple(table.missing_codes.get(heading, ())),
        n_filled=seen.n_filled,
        common={value: rows for value, rows in (counts or {}).items() if rows >= FEWEST},
        n_values=None if counts is None else len(counts),
        unique=seen.unique and seen.n_filled > 0,
        number=next((mark for mark, fits in seen.numbers.items() if fits and seen.n_filled), None),
        whole=seen.whole and seen.n_filled > 0,
        in_order=seen.in_order and seen.n_filled > 0,
        date_formats=seen.formats,
        years=tuple(sorted(year for year, rows in seen.years.items() if year and rows >= FEWEST)),
        small=counts is not None and any(rows < FEWEST for rows in counts.values()),
    )
