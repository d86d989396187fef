"""Numbers as they are shown: text for every reader, and beside it the rounded numbers for those who calculate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum


class What(StrEnum):
    """What a shown number is, which decides how a spreadsheet writes it."""

    COUNT = "count"
    PERCENTAGE = "percentage"
    SHARE = "share"  # written with its per cent sign
    POINTS = "points"  # with a sign where it is not nought
    SIZE = "size"  # points without a sign
    CHANGE = "change"  # a difference of means, with its sign
    DECIMAL = "decimal"
    P_VALUE = "p_value"


@dataclass(frozen=True)
class Part:
    """One number of a shown text.

    `value` is rounded as the text is, with as many decimals; a share is a fraction of one. `name` says what it is
    beside the others of its cell ("lower", "base"), and is "" for the number itself. `mark` is shorthand that stands
    for a number which cannot be written with these decimals.
    """

    text: str
    value: Decimal
    what: What
    name: str = ""
    mark: str = ""


class Shown(str):
    """A text that still knows its numbers; putting it into another text leaves the numbers behind.

    >>> Shown("75", Part("75", Decimal(75), What.PERCENTAGE)).parts[0].value
    Decimal('75')
    """

    parts: tuple[Part, ...]

    def __new__(cls, text: str, *parts: Part) -> Shown:
        """Join a text and its numbers, in their order."""
        made = super().__new__(cls, text)
        made.parts = parts
        return made

    def __getnewargs__(self) -> tuple[object, ...]:
        return (str(self), *self.parts)


def parts_of(text: str) -> tuple[Part, ...]:
    """Numbers of a text; none where it is plain."""
    return text.parts if isinstance(text, Shown) else ()


def named(text: str, *names: str) -> tuple[Part, ...]:
    """Numbers of a text under other names."""
    return tuple(replace(part, name=name) for part, name in zip(parts_of(text), names, strict=True))


def ends(low: str, high: str, names: tuple[str, str] = ("lower", "upper")) -> Shown:
    """Two numbers as the ends of an interval or a range: "72 to 78"."""
    return Shown(
        f"{low} to {high}", *(named(end, name)[0] for end, name in zip((low, high), names, strict=True))
    )


def bracketed(text: str, small: str) -> Shown:
    """Put the numbers of a second text in brackets after those of the first, from where `opened` takes them."""
    return Shown(f"{text} ({small})", *parts_of(text), *parts_of(small))


def without(text: str, words: str) -> str:
    """Drop some words from a text, which keeps its numbers."""
    return Shown(text.replace(words, ""), *parts_of(text)) if words in text else text


def opened(text: str) -> tuple[str, str]:
    """Take a text and what stands in brackets after it apart; both keep their numbers.

    >>> opened("75 (70 to 79)"), opened("[c]")
    (('75', '70 to 79'), ('[c]', ''))
    """
    number, bracket, rest = text.partition(" (")
    if not bracket:
        return text, ""
    parts, n_first = parts_of(text), len(parts_of(text)) and 1
    return Shown(number, *parts[:n_first]), Shown(rest.removesuffix(")"), *parts[n_first:])
