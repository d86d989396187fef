"""Sentences from numbers: rounding, intervals, lists, and when a share may be given a word.

Everything here is pure text work. A percentage exists only as text; it is rounded half up from the exact
fraction, because Python's `round` takes halves to the nearest even digit.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from desistance.bulletin.inline import BEGIN, MIDDLE
from desistance.bulletin.language.shown import Part, Shown, What, ends, named, parts_of

NUMERALS = ("nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class NearWord:
    """A word for a share close to a simple fraction; `{cases}` is replaced by what is counted."""

    phrase: str
    fraction: Fraction


@dataclass(frozen=True)
class LimitWord:
    """A word for a share whose whole interval lies above (or below) a limit."""

    phrase: str
    limit: Fraction
    above: bool


WIDEST_INTERVAL = Fraction(10, 100)
NEAREST = Fraction(2, 100)
EXACT = Fraction(1, 200)
NOUGHT = 1e-9
MOST_MORE_DIGITS = 2  # of the ends of an interval that would read alike
RELEASED_DIGITS = 4  # significant digits of a released statistic, at least; fewer under stricter policies

NEAR_WORDS = (
    NearWord("one in ten {cases}", Fraction(1, 10)),
    NearWord("one in five {cases}", Fraction(1, 5)),
    NearWord("a quarter of {cases}", Fraction(1, 4)),
    NearWord("a third of {cases}", Fraction(1, 3)),
    NearWord("two in five {cases}", Fraction(2, 5)),
    NearWord("half of {cases}", Fraction(1, 2)),
    NearWord("three in five {cases}", Fraction(3, 5)),
    NearWord("two-thirds of {cases}", Fraction(2, 3)),
    NearWord("three-quarters of {cases}", Fraction(3, 4)),
    NearWord("four in five {cases}", Fraction(4, 5)),
    NearWord("nine in ten {cases}", Fraction(9, 10)),
)
LIMIT_WORDS = (
    LimitWord("nearly all {cases}", Fraction(95, 100), above=True),
    LimitWord("over three-quarters of {cases}", Fraction(3, 4), above=True),
    LimitWord("over two-thirds of {cases}", Fraction(2, 3), above=True),
    LimitWord("over half of {cases}", Fraction(1, 2), above=True),
    LimitWord("under one in ten {cases}", Fraction(1, 10), above=False),
    LimitWord("under a quarter of {cases}", Fraction(1, 4), above=False),
    LimitWord("under a third of {cases}", Fraction(1, 3), above=False),
    LimitWord("under half of {cases}", Fraction(1, 2), above=False),
)


def half_up(value: Fraction | Decimal | float, digits: int = 0) -> Decimal:
    """Round half up (away from nought) to `digits` decimal places.

    A float is read as the shortest decimal that stands for it, so 0.285 rounds as people read it.

    >>> half_up(Fraction(5, 200) * 100), half_up(2.675, 2)
    (Decimal('3'), Decimal('2.68'))
    """
    step = Decimal(1).scaleb(-digits)
    if isinstance(value, Fraction):
        scaled = abs(value) * 10**digits
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        rounded = Decimal(whole).scaleb(-digits)
        return rounded.copy_negate() if value < 0 and whole else rounded
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    rounded = exact.quantize(step, rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def exact_share(n_yes: int | None, n_cases: int | None, estimate: float | None) -> Fraction | None:
    """Return the share as an exact fraction.

    The counts are used when they give the estimate as it was released; with weights, or with rounded counts, they do
    not, and the estimate itself is used.

    >>> exact_share(162, 222, 0.7297), exact_share(162, 222, 0.74)
    (Fraction(27, 37), Fraction(37, 50))
    """
    if estimate is None:
        return None
    if n_yes is not None and n_cases and is_released_as(Fraction(n_yes, n_cases), estimate):
        return Fraction(n_yes, n_cases)
    return Fraction(Decimal(repr(float(estimate))))


def is_released_as(exact: Fraction | float, estimate: float) -> bool:
    """Whether a number is what stands behind a released one, which is rounded to four significant digits.

    >>> is_released_as(Fraction(2, 3), 0.6667), is_released_as(Fraction(2, 3), 0.667)
    (True, False)
    """
    if not estimate:
        return abs(float(exact)) < NOUGHT
    half = 0.5 * 10.0 ** (math.floor(math.log10(abs(estimate))) + 1 - RELEASED_DIGITS)
    return abs(float(exact) - estimate) <= half * (1 + NOUGHT)


def percentage(share: Fraction | float) -> int:
    """Whole percentage of a share, rounded half up.

    >>> percentage(Fraction(1, 200)), percentage(Fraction(3, 200))
    (1, 2)
    """
    return int(half_up(_fraction(share) * 100))


def per_cent(share: Fraction | float, digits: int = 0) -> str:
    """Write a share for prose; one that is neither none nor all is never written as 0 or 100.

    >>> per_cent(Fraction(3, 4)), per_cent(Fraction(1, 1000)), per_cent(Fraction(999, 1000))
    ('75 per cent', 'under 1 per cent', 'over 99 per cent')
    """
    rounded, step = half_up(_fraction(share) * 100, digits), Decimal(1).scaleb(-digits)
    if rounded == 0 and share > 0:
        return f"under {step} per cent"
    if rounded == 100 and share < 1:
        return f"over {100 - step} per cent"
    return f"{rounded:f} per cent"


def percent_cell(share: Fraction | float, digits: int = 0) -> str:
    """Write a share for a table: digits alone, or [low] for one that rounds to nought but is not nought."""
    written = _percent(share, digits)
    return "[low]" if share > 0 and not parts_of(written)[0].value else written


def whole_percent(share: Fraction | float, what: What = What.PERCENTAGE) -> Shown:
    """Write a share, or the size of a difference, in whole per cent without a sign."""
    return _percent(share, 0, what)


def interval_ends(
    low: float,
    high: float,
    write: Callable[[float, int], str],
    digits: int,
    names: tuple[str, str] = ("lower", "upper"),
) -> str:
    """Write the two ends of an interval or a range; where they would read alike, with up to two decimals more.

    Ends that are still alike then stand as they would have: the released numbers do not tell them apart.

    >>> [interval_ends(low, 0.3, decimal, 1) for low in (0.2, 0.28, 0.2999)]
    ['0.2 to 0.3', '0.28 to 0.30', '0.3 to 0.3']
    """
    digits = telling_digits(low, high, write, digits)
    return ends(write(low, digits), write(high, digits), names)


def telling_digits(
    low: float | None, high: float | None, write: Callable[[float, int], str], digits: int
) -> int:
    """Decimals that `interval_ends` takes: the estimate beside an interval has as many, so that it lies within."""
    several = () if low is None or high is None else range(digits, digits + MOST_MORE_DIGITS + 1)
    return next((each for each in several if write(low, each) != write(high, each)), digits)


def percent_digits(low: float | None, high: float | None) -> int:
    """Decimals of a percentage with this interval.

    >>> percent_digits(0.7164, 0.7812), percent_digits(0.6023, 0.6041), percent_digits(None, None)
    (0, 1, 0)
    """
    return telling_digits(low, high, _percent, 0)


def interval(low: float, high: float, names: tuple[str, str] = ("lower", "upper")) -> str:
    """Write the two ends of an interval, or of another range, of shares; a narrow one with decimals.

    >>> interval(0.7164, 0.7812), interval(0.6023, 0.6041)
    ('72 to 78', '60.2 to 60.4')
    """
    return interval_ends(low, high, _percent, 0, names)


def per_cent_range(low: float, high: float) -> str:
    """Write the two ends of a range of shares for prose, as `per_cent` writes one; a narrow one with decimals.

    >>> per_cent_range(0.62, 0.71), per_cent_range(0.6023, 0.6041), per_cent_range(0.98, 0.998)
    ('62 to 71 per cent', '60.2 to 60.4 per cent', '98 to over 99 per cent')
    """
    if percentage(low) == percentage(high):
        return f"{interval(low, high)} per cent"
    return f"{percentage(low)} to {per_cent(high)}"


def decimal(value: Fraction | float, digits: int = 1) -> str:
    """Write a number with a fixed number of decimals, rounded half up; the minus sign is typographic."""
    rounded = half_up(value, digits)
    text = f"{rounded:,f}".replace("-", "\u2212")
    return _shown(text, rounded, What.DECIMAL)


def signed_decimal(number: float, digits: int = 1) -> str:
    """Write a number with a fixed number of decimals and its sign; nought has none.

    >>> signed_decimal(4.62), signed_decimal(-0.31), signed_decimal(0.01)
    ('+4.6', '\u22120.3', '0.0')
    """
    text, rounded = decimal(number, digits), half_up(number, digits)
    return _shown(f"+{text}" if rounded > 0 else text, rounded, What.CHANGE)


def points(difference: Fraction) -> str:
    """Write a difference between two shares in whole percentage points, with its sign.

    >>> points(Fraction(-1, 8)), points(Fraction(1, 100)), points(Fraction(0))
    ('\u221213', '+1', '0')
    """
    return _points(difference, 0)


def points_interval(low: float, high: float) -> str:
    """Write the two ends of an interval of differences between shares, in points with their signs; see `interval`.

    >>> points_interval(-0.184, 0.041), points_interval(-0.002, 0.0031)
    ('\u221218 to +4', '\u22120.2 to +0.3')
    """
    return interval_ends(low, high, _points, 0)


def ratio_interval(low: float, high: float) -> str:
    """Write the two ends of an interval of ratios; see `interval`.

    >>> ratio_interval(0.8149, 1.3), ratio_interval(1.002, 1.004)
    ('0.81 to 1.30', '1.002 to 1.004')
    """
    return interval_ends(low, high, decimal, 2)


def size_points(size: float) -> str:
    """Write the size of a difference in whole points; one that is not nought is never written as 0.

    >>> size_points(0.112), size_points(0.001)
    ('11', '1')
    """
    whole = max(percentage(size), 1 if size > 0 else 0)
    return _shown(str(whole), Decimal(whole), What.SIZE)


def count(n: int) -> str:
    """Write a count with thousands commas."""
    return _shown(f"{n:,}", Decimal(int(n)), What.COUNT)


def base_line(n: int) -> str:
    """Write a base as it stands under a share.

    >>> base_line(1168)
    'n = 1,168'
    """
    return Shown(f"n = {count(n)}", *named(count(n), "base"))


def counted_line(n: int, word: tuple[str, str]) -> str:
    """Write a count with its noun, as `counted` does, where the number is to be kept."""
    return Shown(counted(n, word), *named(count(n), word[1]))


def or_more(size: str) -> str:
    """Write a size that is the smallest of its kind.

    >>> or_more("8")
    '8 or more'
    """
    return Shown(f"{size} or more", *(replace(part, name="or more") for part in parts_of(size)))


def together(texts: Sequence[str]) -> str:
    """Put texts side by side, parted by semicolons; they keep their numbers."""
    return Shown("; ".join(texts), *(part for text in texts for part in parts_of(text))) if texts else ""


def told_count(n: object) -> str:
    """Write a count of an account of the records; one that was hidden is shorthand already.

    >>> told_count(1168), told_count("[c]")
    ('1,168', '[c]')
    """
    return count(n) if isinstance(n, int) else str(n)


def counted(n: int, word: tuple[str, str]) -> str:
    """Write a count with its noun in the right number.

    >>> counted(1, ("case", "cases")), counted(1168, ("case", "cases"))
    ('1 case', '1,168 cases')
    """
    return f"{count(n)} {word[0] if n == 1 else word[1]}"


def spelt(n: int) -> str:
    """Write a small number as a word.

    >>> spelt(8), spelt(12)
    ('eight', '12')
    """
    return NUMERALS[n] if 0 <= n < len(NUMERALS) else count(n)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Join a list as prose; semicolons when a part has a comma of its own.

    >>> joined(["age"]), joined(["age", "gender", "status"]), joined(["a, b", "c"])
    ('age', 'age, gender and status', 'a, b; and c')
    """
    if len(parts) < 2:
        return "".join(parts)
    if any("," in part for part in parts):
        return f"{'; '.join(parts[:-1])}; {last} {parts[-1]}"
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def sentence(text: str) -> str:
    """Begin a sentence: capital letter first, and a single-digit number at the start spelt out, within a mark too.

    >>> sentence("6 of 10 factors differ"), sentence("delivery was sufficient")
    ('Six of 10 factors differ', 'Delivery was sufficient')
    """
    if text.startswith(BEGIN):
        mark, middle, marked = text.partition(MIDDLE)
        return f"{mark}{middle}{sentence(marked)}"
    first, space, rest = text.partition(" ")
    if first.isascii() and first.isdigit() and len(first) == 1:
        text = f"{NUMERALS[int(first)]}{space}{rest}"
    return text[:1].upper() + text[1:]


def within(label: str) -> str:
    """Put a label inside a sentence: a small first letter, unless the label has capitals of its own.

    >>> within("Mental health"), within("Looked After status"), within("ETE")
    ('mental health', 'Looked After status', 'ETE')
    """
    words = label.split()
    if not words or any(character.isupper() for character in label[1:]):
        return label
    return label[0].lower() + label[1:]


def p_value(p: float, significance_level: float) -> str:
    """Write a p-value to three decimals, with more where three would hide on which side of the level it falls.

    >>> p_value(0.0312, 0.05), p_value(0.00001, 0.05), p_value(0.04996, 0.05)
    ('0.031', '<0.001', '0.04996')
    """
    level = Decimal(repr(significance_level))
    if half_up(p, 3) < Decimal("0.001") and level >= Decimal("0.001"):
        return Shown("<0.001", Part("<0.001", Decimal("0.001"), What.P_VALUE, mark="[low]"))
    for digits in range(3, 8):
        rounded = half_up(p, digits)
        if (rounded < level) == (p < significance_level):
            return _shown(f"{rounded:f}", rounded, What.P_VALUE)
    return _shown(f"{p:.2e}", Decimal(f"{p:.2e}"), What.P_VALUE)


def month(date: str) -> str:
    """Write the month of an ISO date.

    >>> month("2018-06-03")
    'June 2018'
    """
    return f"{dt.date.fromisoformat(date):%B %Y}"


def share_word(share: Fraction | float, low: float | None, high: float | None, cases: str) -> str | None:
    """Word for a share, or None when the interval does not allow one.

    1. Exactly none or all: "none of the cases", "all cases".
    2. The nearest simple fraction, when the share is within two points of it, the interval contains it and is
       no wider than ten points. The bare word is for a share that is within half a point of the fraction;
       otherwise it is "about".
    3. "over" or "under" a fraction, when the whole interval lies on that side of it.
    4. Otherwise no word: the percentage is written.

    >>> share_word(Fraction(876, 1168), 0.72, 0.78, "cases"), share_word(0.53, 0.47, 0.59, "cases")
    ('three-quarters of cases', None)
    """
    exact = _fraction(share)
    if exact in (0, 1):
        return f"all {cases}" if exact else f"none of the {cases}"
    if low is None or high is None:
        return None
    return _near_word(exact, low, high, cases) or _limit_word(low, high, cases)


def share_of(share: Fraction | float, low: float | None, high: float | None, cases: str) -> tuple[str, bool]:
    """Phrase for a share of cases, and whether it is a word (so that the percentage must still follow)."""
    word = share_word(share, low, high, cases)
    return (word, True) if word else (f"{per_cent(share)} of {cases}", False)


def _near_word(share: Fraction, low: float, high: float, cases: str) -> str | None:
    nearest = min(NEAR_WORDS, key=lambda word: abs(word.fraction - share))
    distance = abs(nearest.fraction - share)
    allowed = distance <= NEAREST and low <= nearest.fraction <= high and high - low <= WIDEST_INTERVAL
    if not allowed:
        return None
    phrase = nearest.phrase.format(cases=cases)
    return phrase if distance <= EXACT else f"about {phrase}"


def _limit_word(low: float, high: float, cases: str) -> str | None:
    for word in LIMIT_WORDS:
        if low > word.limit if word.above else high < word.limit:
            return word.phrase.format(cases=cases)
    return None


def _percent(share: Fraction | float, digits: int, what: What = What.PERCENTAGE) -> Shown:
    rounded = half_up(_fraction(share) * 100, digits)
    return _shown(f"{rounded:f}", rounded, what)


def _points(difference: Fraction | float, digits: int) -> Shown:
    rounded = half_up(_fraction(difference) * 100, digits)
    sign = "\u2212" if rounded < 0 else "+" if rounded else ""
    return _shown(f"{sign}{abs(rounded):f}", rounded, What.POINTS)


def _shown(text: str, value: Decimal, what: What) -> Shown:
    return Shown(text, Part(text, value, what))


def _fraction(share: Fraction | float) -> Fraction:
    return share if isinstance(share, Fraction) else Fraction(Decimal(repr(float(share))))
