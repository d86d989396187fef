"""What stands in each column of a file, as little as a draft needs: common codes, and the shape of everything else."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

from desistance.draft.identifying import (
    identifier_of_heading,
    identifier_of_values,
    is_identifying,
    names_a_place,
    numbers_cases,
    of_one_shape,
)
from desistance.draft.words import state_of
from desistance.records.formats import Table, look, read
from desistance.records.progress import Seen, not_shown

FEWEST = 10  # cases that must have a value before it is written anywhere
MOST_VALUES = 200
MOST_CODES, LONGEST_CODE = 30, 40  # of a column with more values, or longer ones, none is written
DATES = 0.95  # share of a column's values that a way of writing dates must read
TRIED = 5000  # distinct values of a column that are tried as dates and numbers
DATE_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y",
    "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S",
)  # fmt: skip
POINT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WHOLE = re.compile(r"[-+]?[0-9]+(?:\.0+)?")
Encoded = tuple[np.ndarray, list[str]]
COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class Column:
    """One column of a file.

    `common` are the values that at least `FEWEST` cases have, with their rows, where values are few and short enough to
    be codes; `withheld` says why no value is written, and `rare` are the others, which never are. `n_values` is how
    many different values there are, None where more than `MOST_VALUES`; `unique` whether no value stands twice;
    `numbers_cases` whether the column numbers the cases. `number` is None, "point" or "comma"; `date_formats` those
    that read the values; `years` those that enough rows have, none where cases have several; `small` whether some value
    has fewer rows than that. `unread` says why a column was not read, or not kept.
    """

    heading: str
    label: str = ""
    value_labels: Mapping[str, str] = field(default_factory=dict)
    missing_codes: tuple[str, ...] = ()
    missing_ranges: tuple[tuple[str, str], ...] = ()
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
    numbers_cases: bool = False
    withheld: str = ""
    rare: frozenset[str] = field(default=frozenset(), repr=False)

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
    gathered = {
        heading: _Looked(heading, table.labels.get(heading, ""))
        for heading in table.headings
        if heading and heading not in unread
    }
    numbering = [heading for heading, looked in gathered.items() if looked.numbers_cases]
    n_rows = 0
    seen(0, total=table.form.get("n_rows"))
    for batch in read(table, list(gathered)) if gathered else ():
        n_rows += len(batch.rows)
        seen(len(batch.rows))
        owners = {heading: _encoded(batch.table[heading]) for heading in numbering}
        for heading, looked in gathered.items():
            looked.take(batch.table[heading], owners)
    columns = {heading: _column(table, heading, unread, gathered) for heading in table.headings if heading}
    return Profile(table, columns, n_rows)


def _not_to_read(table: Table, wanted: Collection[str], birth_dates: bool) -> Iterator[tuple[str, str]]:
    for heading in table.headings:
        kind = identifier_of_heading(heading, table.labels.get(heading, ""))
        if table.headings.count(heading) > 1:
            yield heading, "the heading stands more than once in the file: rename one of them to use it"
        elif kind and heading not in wanted and not (birth_dates and kind == "date of birth"):
            yield heading, f"looks like a direct identifier ({kind})"


def _encoded(column: pa.ChunkedArray) -> Encoded:
    """Each distinct text of a column once, and which of them stands in each row."""
    found = pa.compute.utf8_trim_whitespace(column.combine_chunks()).dictionary_encode()
    return np.asarray(found.indices), found.dictionary.to_pylist()


def _add_owners(owners: dict[str, set[str]], values: Encoded, numbers: Encoded) -> None:
    """Add the cases that have each value, no more of them than need be known; a row without a number adds none."""
    (rows, texts), (cases, known) = values, numbers
    wanted = [bool(text) and len(owners.get(text, ())) < FEWEST for text in texts]
    here = np.array(wanted, dtype=bool)[rows] & np.array([bool(each) for each in known], dtype=bool)[cases]
    for pair in np.unique(rows[here].astype(np.int64) * len(known) + cases[here]).tolist():
        having = owners.setdefault(texts[pair // len(known)], set())
        if len(having) < FEWEST:
            having.add(known[pair % len(known)])


class _Looked:
    """What is gathered of a column while its rows go by; no more than `MOST_VALUES` values at a time."""

    def __init__(self, *names: str) -> None:
        self.numbers_cases, self.names_a_place = numbers_cases(*names), names_a_place(*names)
        self.counts: Counter[str] | None = Counter()
        self.owners: dict[str, dict[str, set[str]]] = {}
        self.n_filled, self.n_batches = 0, 0
        self.unique, self.in_order, self.tried, self.last = True, True, 0, 0.0
        self.read_as, self.years = dict.fromkeys(DATE_FORMATS, 0), Counter()
        self.numbers = {"point": True, "comma": True}
        self.whole = True
        self.kinds: Counter[str | None] = Counter()

    def take(self, column: pa.ChunkedArray, owners: Mapping[str, Encoded]) -> None:
        """Look at the next rows of the column; `owners` are the numbers of their cases, by heading."""
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
                self.owners.clear()
        if self.counts is not None:
            for heading, numbers in owners.items():
                _add_owners(self.owners.setdefault(heading, {}), _encoded(column), numbers)
        if self.tried < TRIED:
            self._shapes(values[: TRIED - self.tried], pairs)
        if not self.numbers_cases:
            self.kinds[identifier_of_values(values[:500], names=not self.names_a_place)] += 1

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
    def answers_only(self) -> bool:
        """Whether all values are words for answers, numbers apart."""
        return bool(self.counts) and all(
            state_of(value) and not WHOLE.fullmatch(value) for value in self.counts
        )

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
    counts, cases = seen.counts, _numbering(looked)
    withheld = _withheld(seen, nobody=not cases and _names_persons(unread, looked))
    common = {} if withheld else _common(seen, cases)
    labels = {} if seen.numbers_cases else table.value_labels.get(heading, {})
    several = any(not looked[each].unique for each in cases)
    return Column(
        **known,
        value_labels={code: text.strip() for code, text in labels.items()},
        missing_codes=tuple(table.missing_codes.get(heading, ())),
        missing_ranges=tuple(table.missing_ranges.get(heading, ())),
        n_filled=seen.n_filled,
        common=common,
        n_values=None if counts is None else len(counts),
        unique=seen.unique and seen.n_filled > 0,
        number=next((mark for mark, fits in seen.numbers.items() if fits and seen.n_filled), None),
        whole=seen.whole and seen.n_filled > 0,
        in_order=seen.in_order and seen.n_filled > 0,
        date_formats=seen.formats,
        years=() if several else tuple(sorted(y for y, rows in seen.years.items() if y and rows >= FEWEST)),
        small=counts is not None and any(rows < FEWEST for rows in counts.values()),
        numbers_cases=seen.numbers_cases and not seen.answers_only,
        withheld=withheld,
        rare=frozenset() if withheld else frozenset(counts) - set(common),
    )


def _numbering(looked: Mapping[str, _Looked]) -> list[str]:
    """Headings of the columns that number the cases, whatever the heading says if answers stand there."""
    return [
        heading
        for heading, seen in looked.items()
        if seen.numbers_cases and seen.n_filled and not seen.answers_only
    ]


def _names_persons(unread: Mapping[str, str], looked: Mapping[str, _Looked]) -> bool:
    """Whether persons are named in the file, so that a case may have many rows and nothing read tells which."""
    by_values = (kind for seen in looked.values() for kind in seen.kinds)
    return any("person" in why for why in (*unread.values(), *filter(None, by_values)))


def _withheld(seen: _Looked, *, nobody: bool) -> str:
    """Why none of a column's values may be written; nothing where they may."""
    counts = seen.counts
    if seen.numbers_cases and not seen.answers_only:
        return "it numbers the cases"
    if counts is None or len(counts) > MOST_CODES:
        return f"there are more than {MOST_CODES} of them"
    if any(len(value) > LONGEST_CODE for value in counts):
        return f"some are longer than {LONGEST_CODE} characters"
    if of_one_shape(counts):
        return "they look like numbers given to something"
    if nobody and not seen.answers_only:
        return "persons are named and no column numbers the cases, so that nothing tells how many have each"
    return ""


def _common(seen: _Looked, cases: Collection[str]) -> dict[str, int]:
    """The values that enough rows have, and enough cases by every column that numbers them; no direct identifiers."""
    return {
        value: rows
        for value, rows in seen.counts.items()
        if rows >= FEWEST
        and not is_identifying(value)
        and all(len(seen.owners[each].get(value, ())) >= FEWEST for each in cases)
    }
