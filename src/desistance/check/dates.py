"""What dates look like as a whole: their form, their range, and days that no calendar of work would have."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desistance.check.definition import DOUBT, NOTE, STOPS, Finding
from desistance.check.scan import Scan
from desistance.check.shown import rows_in_words
from desistance.records.mapping import Source
from desistance.records.typed import day_of
from desistance.study import Study
from desistance.study.derivations import DATE

# Ways of writing a day that are tried on what cannot be read.
FORMS = (
    "%d/%m/%Y",
    "%Y-%m-%d",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d/%m/%y",
    "%d %B %Y",
    "%d-%b-%Y",
)
TIMED = tuple(f"{form} %H:%M:%S" for form in FORMS[:3])
FORMS = (*FORMS, *TIMED, "%Y-%m-%dT%H:%M:%S", "%d %b %Y", "%d-%b-%y")
MOST = 0.9  # share of rows that is "nearly all"
# Fewer days than this may all be Mondays, or all before the 13th, by chance.
ENOUGH = 30


@dataclass(frozen=True)
class _Days:
    """The days of a column with their rows, and the texts that are none."""

    days: Counter[dt.date]
    unreadable: Counter[str]

    @property
    def n(self) -> int:
        """Rows with a day."""
        return sum(self.days.values())

    def rows(self, mask: Mapping[dt.date, bool]) -> int:
        """Rows with a day that is chosen."""
        return sum(count for each, count in self.days.items() if mask[each])


def window(study: Study) -> str:
    """First and last day of the study, in words."""
    first, last = study.date.first, study.date.last
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


def date_findings(
    found: Scan, sources: Mapping[str, Source], study: Study, *, today: dt.date, stops: bool, threshold: int
) -> Iterator[Finding]:
    """Dates written otherwise than the mapping says, in the future, or on days that look made by a computer.

    `stops` is whether more rows break a rule than the run lets pass.
    """
    for name in date_columns(study):
        if name in found.values:
            read = _days(found.values[name], sources[name])
            yield from _written_otherwise(name, read, sources[name].date_format, STOPS if stops else DOUBT)
            yield from _in_future(name, read, found, today, threshold)
            if name not in study.inputs:
                yield from _odd_days(name, read)
                yield from _range(name, read, study, threshold)


def date_columns(study: Study) -> tuple[str, ...]:
    """Columns that hold dates."""
    own = (study.date.column,) if study.date else ()
    return (*own, *(name for name, kind in study.inputs.items() if kind == DATE and name not in own))


def _in_future(name: str, read: _Days, found: Scan, today: dt.date, threshold: int) -> Iterator[Finding]:
    later = read.rows({each: each > today for each in read.days})
    if later:
        yield Finding(
            DOUBT,
            "date_in_future",
            name,
            f"The date {name} lies in the future",
            "Look at how the date is written (the order of day and month, two digits for the year) and whether this "
            "is the right column.",
            rows_in_words(later, found.n_rows, threshold),
        )


def _range(name: str, read: _Days, study: Study, threshold: int) -> Iterator[Finding]:
    if months := _months(read, threshold):
        span = f"{months[0]:%B %Y} to {months[-1]:%B %Y}" if months[1:] else f"{months[0]:%B %Y} alone"
        yield Finding(
            NOTE,
            "date_range",
            name,
            f"The months with {threshold} rows or more are {span}",
            f"The study takes {window(study)}.",
        )


def _days(counts: Counter[str], source: Source) -> _Days:
    days: Counter[dt.date] = Counter()
    unreadable: Counter[str] = Counter()
    for text, count in counts.items():
        read = day_of(source.codes.get(text, text), source.date_format)
        if read is None:
            unreadable[text] += count
        else:
            days[read] += count
    return _Days(days, Counter({text: count for text, count in unreadable.items() if text}))


def _months(read: _Days, threshold: int) -> list[dt.date]:
    months: Counter[dt.date] = Counter()
    for each, count in read.days.items():
        months[each.replace(day=1)] += count
    return sorted(month for month, count in months.items() if count >= threshold)


def _written_otherwise(name: str, read: _Days, form: str, severity: str) -> Iterator[Finding]:
    n = sum(read.unreadable.values())
    reads = {
        other: sum(count for text, count in read.unreadable.items() if day_of(text, other)) for other in FORMS
    }
    best = max(reads, key=lambda other: (reads[other], -FORMS.index(other)))
    if n and reads[best] >= MOST * n:
        equal = [other for other in FORMS if reads[other] == reads[best]]
        proposed = " or ".join(f'format: "{other}"' for other in equal[:2])
        yield Finding(
            severity,
            "date_written_otherwise",
            name,
            f"Nearly all dates of {name} that cannot be read as {form} are written in another form",
            f"Give the form in the mapping, under columns, {name}: {proposed}. Where two fit, ask which of day and "
            "month comes first."
            if len(equal) > 1
            else f"Give the form in the mapping, under columns, {name}: {proposed}.",
        )


def _odd_days(name: str, read: _Days) -> Iterator[Finding]:
    if read.n < ENOUGH:
        return
    different = len(read.days) > 1
    odd = {
        "dates_on_the_first": (
            different and read.rows({each: each.day == 1 for each in read.days}) >= MOST * read.n,
            "are on the first of a month",
            "Probably only the month is known, or a date of reference was exported. Ask for the date itself.",
        ),
        "dates_at_weekends": (
            read.rows({each: each.weekday() > 4 for each in read.days}) >= MOST * read.n,
            "are on a Saturday or Sunday",
            "Perhaps the year is wrong, or the date is that of an export. Ask what it stands for.",
        ),
        "day_and_month_swapped": (
            len(read.days) >= ENOUGH and not any(each.day > 12 for each in read.days),
            "are before the 13th of a month",
            "Day and month are probably swapped: look at format in the mapping.",
        ),
    }
    for check, (is_so, text, advice) in odd.items():
        if is_so:
            yield Finding(DOUBT, check, name, f"Nearly all dates of {name} {text}", advice)
