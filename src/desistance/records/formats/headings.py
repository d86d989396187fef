"""Which row holds the headings, where titles or notes may stand above them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from desistance.errors import RecordsError

# Letters of a heading that a message shows.
LONGEST = 60
SEVERAL = 3
MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ]+\d.*"
    rf"|\d{{1,4}}[-/. ]*{MONTH}[-/., ]*\d{{2,4}}(?:\D.*)?|{MONTH}[. ]*\d{{1,2}},? *\d{{2,4}}(?:\D.*)?",
    re.IGNORECASE | re.DOTALL,
)
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d*)?e[-+]?\d+", re.IGNORECASE)


def heading_row(rows: Sequence[Sequence[str]], wanted: Collection[str] = ()) -> int:
    """Place (from 0) of the row of headings among the first rows of a table, stripped.

    The first row about as wide as the table; or the one that has most of the headings that are wanted, if it has
    several and looks like headings. Some columns of a study have names that are values too, so one alone says nothing.
    """
    wanted = frozenset(wanted)
    filled = [_width(row) for row in rows]
    first = next((place for place, width in enumerate(filled) if _is_wide(width, max(filled))), 0)
    found = [len(wanted.intersection(row)) for row in rows]
    if not max(found, default=0) or _are_ours(rows[first], wanted):
        return first
    best = found.index(max(found))
    return best if _are_ours(rows[best], wanted) else first


def refuse_doubtful(rows: Sequence[Sequence[str]], place: int, wanted: Collection[str], name: str) -> None:
    """Refuse a row of headings below rows as wide, or one that may be a case's, without a word of either.

    Raises
    ------
    RecordsError
        The message gives the number of rows above, or says that the row holds numbers or dates.
    """
    width = _width(rows[place])
    n_above = sum(_is_wide(_width(row), width) for row in rows[:place])
    if n_above:
        raise RecordsError(
            f"{name}: {n_above} row{'s' * (n_above > 1)} as wide as the headings stand{'s' * (n_above == 1)} above "
            "them; the headings must stand above every record: delete or move these rows, or export the file again"
        )
    if not _are_most(rows[place], frozenset(wanted)) and any(map(is_value, rows[place])):
        raise RecordsError(
            f"{name}: the first row must hold headings, and holds numbers or dates; put a row of headings above the "
            "records, or export the file again with one (titles above must have fewer cells than the table)"
        )


def are_few(wanted: Collection[str], found: Collection[str]) -> bool:
    """Whether a row has so few of the headings wanted that it may be a case's, and nothing of it may be shown."""
    n_found = len(set(wanted).intersection(found))
    return n_found < SEVERAL and 2 * n_found < len(set(wanted))


def is_value(text: str) -> bool:
    """Whether a text is a number or a date, and no heading.

    >>> [is_value(text) for text in ("2003-01-01", "10-14", "1e3", "5 Jan 03", "Q1", "Age at 1.1.2018", "")]
    [True, True, True, True, False, False, False]
    """
    if not any(map(str.isdigit, text)):
        return False
    return not any(map(str.isalpha, text)) or bool(DATE.fullmatch(text) or NUMBER.fullmatch(text))


def _are_ours(row: Sequence[str], wanted: frozenset[str]) -> bool:
    """Whether a row has most of what is wanted, or several that are half of it, and looks like headings."""
    n_found = len(wanted.intersection(row))
    several = n_found >= SEVERAL and 2 * n_found >= _width(row)
    return _are_most(row, wanted) or (several and _look_like_headings(row))


def _are_most(row: Sequence[str], wanted: frozenset[str]) -> bool:
    return 2 * len(wanted.intersection(row)) > len(wanted)


def _look_like_headings(row: Sequence[str]) -> bool:
    values = [value for value in row if value]
    return len(set(values)) == len(values) and not any(map(is_value, values))


def _width(row: Sequence[str]) -> int:
    """Cells of a row that are not empty."""
    return sum(map(bool, row))


def _is_wide(width: int, of: int) -> bool:
    """Whether a row is about as wide as another: records and headings may lack some cells, titles lack most."""
    return width > 0 and (width >= of or width > max(of / 2, 2))


def shown(heading: str) -> str:
    r"""A heading fit for a message: on one line, without what cannot be seen, and not endless.

    >>> shown("two\nlines"), shown("x" * 99)[-6:]
    ('two lines', 'xxx...')
    """
    text = " ".join(heading.split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
