"""Values of spreadsheets and statistical programs as a person would write them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable

import pyarrow as pa

ISO = "%Y-%m-%d"
# Whole numbers up to here are kept exactly by all these programs.
EXACT = 2.0**53


def number_text(value: float) -> str:
    """A number in its shortest form, whole ones without a decimal point; none that is not a number.

    >>> number_text(1.0), number_text(-0.5), number_text(float("nan"))
    ('1', '-0.5', '')
    """
    if value != value:
        return ""
    return str(int(value)) if abs(value) < EXACT and value == int(value) else repr(float(value))


def day_text(days: float, epoch: dt.date, date_format: str) -> str:
    """The day so many days after another, in a format; the number itself where there is no such day.

    >>> day_text(31.5, dt.date(1960, 1, 1), ISO)
    '1960-02-01'
    """
    try:
        return (epoch + dt.timedelta(days=days // 1)).strftime(date_format)
    except (OverflowError, ValueError):
        return number_text(days)


def text_column(values: Iterable[Hashable], text: Callable[[Hashable], str]) -> pa.Array:
    """A column of text, each value that stands in it put into words once."""
    known: dict[Hashable, str] = {}
    found = []
    for value in values:
        if value not in known:
            known[value] = text(value)
        found.append(known[value])
    return pa.array(found, pa.string())
