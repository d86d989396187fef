"""Counts in words that give no small one away: not alone, and not by taking others from their sum."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# What counts are rounded to, the finest first, where a small one could be worked out from the others.
UNITS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
STEPS = (1, 2, 5)
FEW_TIMES = 3  # of rows fewer than so many times the threshold nothing is counted
CANDIDATES = 6  # so many values a small count must still be able to take
SOME = "some"  # where even a rounded count would give a small one away
ROW = ("row", "rows")
Range = tuple[int, int]


@dataclass(frozen=True)
class Sum:
    """What a reader knows about counts: `parts` add up to `whole`, which is another of them or a known number."""

    whole: Hashable
    parts: tuple[Hashable, ...]


def words_for(
    counts: Mapping[Hashable, int], sums: Sequence[Sum], known: Mapping[Hashable, int], threshold: int
) -> dict[Hashable, str]:
    """Say counts that hang together; exact where none of them is small, else rounded as far as need be.

    Parameters
    ----------
    counts
        The counts by any key.
    sums
        Sums that a reader knows or may suspect to hold, over keys of `counts` and `known`.
    known
        Numbers that a reader knows.
    threshold
        Counts from 1 to `threshold` - 1 are small.

    Returns
    -------
    dict
        Words for each count. The small ones are "fewer than" the threshold, and taking the others from their sum
        leaves at least `CANDIDATES` of these values possible. Where no rounding does, and where there are few rows in
        all, all counts but nought are `SOME`.

    Examples
    --------
    >>> total = [Sum("all", ("yes", "no"))]
    >>> words_for({"yes": 700, "no": 468}, total, {"all": 1168}, 10)
    {'yes': '700', 'no': '468'}
    >>> words_for({"yes": 1165, "no": 3}, total, {"all": 1168}, 10)
    {'yes': 'about 1,160', 'no': 'fewer than 10'}
    """
    if any(number < FEW_TIMES * threshold for number in known.values()):
        return {key: SOME if count else "0" for key, count in counts.items()}
    if not any(0 < count < threshold for count in counts.values()):
        return {key: f"{count:,}" for key, count in counts.items()}
    for unit in (*UNITS, 0):
        ranges = {key: _range(count, unit, threshold) for key, count in counts.items()}
        if unit == 0:
            return {key: SOME if count else "0" for key, count in counts.items()}
        if _keeps(counts, ranges, sums, known, threshold):
            return {key: _word(count, unit, threshold) for key, count in counts.items()}
    raise AssertionError("the last unit is always taken")


def parts_in_words(counts: Mapping[Hashable, int], threshold: int) -> tuple[dict[Hashable, str], str]:
    """Say counts and what they add up to, the sum exactly unless it is small."""
    total = sum(counts.values())
    if total >= threshold:
        return words_for(counts, [Sum("all", tuple(counts))], {"all": total}, threshold), f"{total:,}"
    words = words_for({**counts, "all": total}, [Sum("all", tuple(counts))], {}, threshold)
    return words, words.pop("all")


def rows_in_words(count: int, total: int, threshold: int, *, unit: tuple[str, str] = ROW) -> str:
    """How many of `total` rows have a problem, coarsely: only where the number lies, so that nothing can be taken away.

    `unit` is what is counted, one and several of it.

    >>> [rows_in_words(count, 1168, 10) for count in (0, 3, 17, 640, 1163, 1168)]
    ['no row', 'fewer than 10 rows', 'at least 10 rows', 'at least 500 rows', 'all but fewer than 10 rows', 'every row']
    """
    one, several = unit
    if count == 0:
        return f"no {one}"
    if count < threshold:
        return f"fewer than {threshold} {several}"
    if count == total:
        return f"every {one}"
    if total - count < threshold:
        return f"all but fewer than {threshold} {several}"
    return f"at least {_step(count, threshold):,} {several}"


def exact_or_few(count: int, threshold: int) -> str:
    """A count by itself, such as the rows of all files together."""
    return f"fewer than {threshold}" if 0 < count < threshold else f"{count:,}"


def _step(count: int, threshold: int) -> int:
    """The largest of 10, 20, 50, 100, 200 and so on that a count reaches, but not less than the threshold."""
    power = 10 ** (len(str(count)) - 1)
    return max(threshold, max(step * power for step in STEPS if step * power <= count))


def _rounded(count: int, unit: int) -> int:
    # Downwards from the middle, so that a multiple of the unit stands for as many counts on either side.
    return -(-(2 * count - unit) // (2 * unit)) * unit


def _range(count: int, unit: int, threshold: int) -> Range:
    """What a reader who sees the word for a count knows about it."""
    if count == 0:
        return 0, 0
    if count < threshold:
        return 1, threshold - 1
    if unit == 0:
        return threshold, 10**12
    middle = _rounded(count, unit)
    if middle < threshold:
        return threshold, unit // 2
    return max(threshold, middle - (unit - 1) // 2), middle + unit // 2


def _word(count: int, unit: int, threshold: int) -> str:
    if count < threshold:
        return exact_or_few(count, threshold)
    if _rounded(count, unit) < threshold:
        return f"{threshold} or more"
    return f"about {_rounded(count, unit):,}"


def _keeps(
    counts: Mapping[Hashable, int],
    ranges: Mapping[Hashable, Range],
    sums: Sequence[Sum],
    known: Mapping[Hashable, int],
    threshold: int,
) -> bool:
    """Whether each small count could still be what it could if of the others only their smallness were shown.

    Were less enough for the finer units, a reader who knows this rule could tell from a coarse one that they were not.
    """
    free = {key: _range(count, 0, threshold) for key, count in counts.items()}
    for one in sums:
        most = dict(_left(one, free, known))
        for key, left in _left(one, ranges, known):
            if 0 < counts[key] < threshold and (left != most[key] or left[1] - left[0] + 1 < CANDIDATES):
                return False
    return True


def _left(
    one: Sum, ranges: Mapping[Hashable, Range], known: Mapping[Hashable, int]
) -> Iterator[tuple[Hashable, Range]]:
    """What a sum leaves possible for each of its counts."""
    whole = ranges.get(one.whole) or (known[one.whole], known[one.whole])
    parts = [ranges[key] for key in one.parts]
    low, high = sum(part[0] for part in parts), sum(part[1] for part in parts)
    if one.whole in ranges:
        yield one.whole, (max(whole[0], low), min(whole[1], high))
    for key, (least, most) in zip(one.parts, parts, strict=True):
        others = low - least, high - most
        yield key, (max(least, whole[0] - others[1]), min(most, whole[1] - others[0]))
