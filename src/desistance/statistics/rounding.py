"""Rounding as readers do it: halves go up.

Python's `round` and `format` take halves to the even digit and see the binary value of a number, so 12.5
becomes 12 and 2.675 becomes 2.67. Published percentages are compared with hand arithmetic, so words and
tables use these.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from operator import index
from typing import SupportsFloat, SupportsIndex

from desistance.errors import StatisticsError


def round_half_up_percent(numerator: SupportsIndex, denominator: SupportsIndex) -> int:
    """Whole percentage of two counts, halves up, in exact integer arithmetic.

    Parameters
    ----------
    numerator, denominator : int
        Counts, any integer type; 0 <= numerator <= denominator, denominator above 0.

    Returns
    -------
    int
        0-100.

    Raises
    ------
    StatisticsError
        The counts make no percentage.

    Examples
    --------
    >>> round_half_up_percent(1, 8), round_half_up_percent(57, 200)
    (13, 29)
    """
    part, whole = index(numerator), index(denominator)
    if not 0 <= part <= whole or whole == 0:
        raise StatisticsError(
            "a percentage needs a base above 0 and a count between 0 and the base; check the status"
        )
    return (200 * part + whole) // (2 * whole)


def round_half_up(value: SupportsFloat, *, decimals: int) -> Decimal:
    """Round a number, halves away from zero, seeing it as it is printed.

    The number is read from its shortest decimal form, the one `repr` shows: 2.675 is two point six seven five
    and not the binary value just below. For shares of counts this agrees with exact arithmetic, because a
    share with a finite number of decimals is printed with just those.

    Parameters
    ----------
    value : float
    decimals : int
        Digits to keep after the point.

    Returns
    -------
    Decimal
        Prints with exactly that many digits.

    Raises
    ------
    StatisticsError
        The value is missing or infinite.

    Examples
    --------
    >>> str(round_half_up(2.675, decimals=2)), str(round_half_up(3, decimals=1))
    ('2.68', '3.0')
    """
    return _quantised(_printed(value), decimals)


def percent_half_up(share: SupportsFloat, *, decimals: int) -> Decimal:
    """Percentage of a share, halves up, seeing the share as it is printed.

    Multiplying by 100 happens in decimal, since in binary 0.285 * 100 falls below 28.5.

    Parameters
    ----------
    share : float
        0-1 for shares, below 0 too for differences between them.
    decimals : int
        Digits to keep after the point.

    Returns
    -------
    Decimal
        Prints with exactly that many digits.

    Raises
    ------
    StatisticsError
        The share is missing or infinite.

    Examples
    --------
    >>> str(percent_half_up(0.285, decimals=0)), str(percent_half_up(0.0005, decimals=1))
    ('29', '0.1')
    """
    return _quantised(_printed(share) * 100, decimals)


def _printed(value: SupportsFloat) -> Decimal:
    number = float(value)
    if not math.isfinite(number):
        raise StatisticsError("a missing or infinite number cannot be rounded; check the status first")
    return Decimal(repr(number))


def _quantised(number: Decimal, decimals: int) -> Decimal:
    """Round half up; a result of zero has no sign."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded
