"""Which row holds the headings, where titles or notes may stand above them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

# Letters of a heading that a message shows.
LONGEST = 60


def heading_row(rows: Sequence[Sequence[str]], wanted: Collection[str] = ()) -> int:
    """Place (from 0) of the row of headings among the first rows of a table, stripped.

    The first row that has most of the headings that are wanted. Where none has any, or none is wanted: the first row
    as wide as any row after it, if all its values differ and none is a number; else the first that is not blank.
    """
    wanted = frozenset(wanted)
    found = [len(wanted.intersection(row)) for row in rows]
    if max(found, default=0):
        return found.index(max(found))
    filled = [sum(map(bool, row)) for row in rows]
    widest = max(filled, default=0)
    for place, row in enumerate(rows):
        if widest and filled[place] == widest and _looks_like_headings(row):
            return place
    return next((place for place, number in enumerate(filled) if number), 0)


def _looks_like_headings(row: Sequence[str]) -> bool:
    values = [value for value in row if value]
    return len(set(values)) == len(values) and not any(map(_is_number, values))


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").lstrip("-").isdigit()


def shown(heading: str) -> str:
    r"""A heading fit for a message: on one line, without what cannot be seen, and not endless.

    >>> shown("two\nlines"), shown("x" * 99)[-6:]
    ('two lines', 'xxx...')
    """
    text = " ".join(heading.split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
