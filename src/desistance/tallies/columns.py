"""Amounts by key: whole numbers in named columns, which add up exactly in whatever order.

Weights are floats, whose sums would depend on the order of adding, so they are counted in two whole numbers:
units of 2^-16, and what is left in units of 2^-49. The weight of what column `x` counts stands in `weight:x` and in
`rest:x`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

UNIT, REST_UNIT = 16, 49
REST_BITS = REST_UNIT - UNIT
WEIGHT, REST = "weight:", "rest:"
EXACT = 2**53  # whole numbers up to this are exact in floats

Ints = NDArray[np.int64]
Columns = Mapping[str, NDArray[np.integer]]
Keyed = tuple[
    Ints, Columns
]  # keys in order, each once, and columns of as many values; a column that is absent is 0


def split_weight(weight: NDArray[np.float64]) -> tuple[Ints, Ints]:
    """Weights in the two units; digits beyond 2^-49 are rounded."""
    whole = np.rint(np.ldexp(weight, UNIT))
    rest = np.rint(np.ldexp(weight - np.ldexp(whole, -UNIT), REST_UNIT))
    return whole.astype(np.int64), rest.astype(np.int64)


def joined_weight(whole: Ints, rest: Ints) -> NDArray[np.float64]:
    """Weights of numbers in the two units, rounded once."""
    carried, left = carry(whole, rest)
    return np.ldexp(carried.astype(float), -UNIT) + np.ldexp(left.astype(float), -REST_UNIT)


def carry(whole: Ints, rest: Ints) -> tuple[Ints, Ints]:
    """The same weights with a rest of at least 0 and less than a unit, so that equal weights are equal numbers."""
    whole, rest = whole.astype(np.int64), rest.astype(np.int64)
    return whole + (rest >> REST_BITS), rest & ((1 << REST_BITS) - 1)


def added_up(amounts: Ints, which: Ints) -> Ints:
    """Amounts of shape (n, m) times noughts and ones of shape (m, k): which of them each sum takes in.

    Through floats where these are exact, which takes a fraction of the time.
    """
    if np.abs(amounts).sum() < EXACT:
        return (amounts.astype(float) @ which.astype(float)).astype(np.int64)
    return amounts @ which


def tight(columns: Mapping[str, NDArray[np.integer]]) -> dict[str, NDArray[np.integer]]:
    """Columns in order of name, each in the smallest type that holds it, without those that are 0 throughout."""
    found = {}
    for name in sorted(columns):
        values = columns[name]
        low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
        if low or high:
            found[name] = values.astype(_smallest(high if low >= 0 else min(low, -high - 1)), copy=False)
    return found


def added(parts: Iterable[Keyed]) -> Keyed:
    """Add amounts with the same key; keys in order, those of each part in any order."""
    parts = list(parts)
    if len(parts) == 1:
        return reordered(*parts[0])
    orders = [None if in_order(part[0]) else key_order(part[0]) for part in parts]
    own = [part[0] if order is None else part[0][order] for part, order in zip(parts, orders, strict=True)]
    # Of runs that are in order this sort makes one in a single pass.
    ordered = np.sort(np.concatenate([np.zeros(0, np.int64), *own]), kind="stable")
    keys = ordered[run_starts(ordered)]
    rows = [_rows(keys, each, order) for each, order in zip(own, orders, strict=True)]
    found: dict[str, NDArray[np.integer]] = {}
    for name in sorted({name for _, columns in parts for name in columns}):
        with_name = [(row, part[1][name]) for row, part in zip(rows, parts, strict=True) if name in part[1]]
        kind = _kind([values for _, values in with_name])
        total: NDArray[np.integer] | None = None
        for row, values in with_name:
            more = np.append(values, values.dtype.type(0))[row].astype(kind, copy=False)
            total = more if total is None else np.add(total, more, out=total)
        found[name] = total
    return keys, found


def _rows(keys: Ints, own: Ints, order: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """The row of each key in a part whose ordered keys are `own`; one past the last where it is not there."""
    rows = np.full(len(keys), len(own), dtype=np.intp)
    rows[np.searchsorted(keys, own)] = np.arange(len(own)) if order is None else order
    return rows


def in_order(keys: Ints) -> bool:
    """Whether keys rise."""
    return bool((keys[1:] > keys[:-1]).all())


def _kind(parts: Sequence[NDArray[np.integer]]) -> np.dtype:
    """A small type that holds the sum of one value of each part."""
    if any(values.dtype.kind == "i" for values in parts):
        return np.dtype(np.int64)
    return _smallest(sum(int(values.max()) for values in parts if len(values)))


def _smallest(extreme: int) -> np.dtype:
    """The smallest type for numbers up to this, or of both signs down to this."""
    kind = np.min_scalar_type(extreme)
    # With signed numbers, unsigned ones of 64 bits become floats.
    return np.dtype(np.int64) if kind == np.uint64 else kind


def summed(keys: Ints, columns: Columns) -> Keyed:
    """Add up rows that have the same key; keys may come in any order."""
    order = key_order(keys)
    ordered = keys[order]
    starts = run_starts(ordered)
    sums = {name: np.add.reduceat(values[order], starts, dtype=np.int64) for name, values in columns.items()}
    return ordered[starts], tight(sums)


def reordered(keys: Ints, columns: Columns) -> Keyed:
    """Rows whose keys are each there once, in the order of keys."""
    if in_order(keys):
        return keys, columns
    order = key_order(keys)
    return keys[order], {name: values[order] for name, values in columns.items()}


def key_order(keys: Ints) -> NDArray[np.intp]:
    """An order in which keys rise; sums of whole numbers are the same in any."""
    small = len(keys) and keys.max() < 2**31
    return np.argsort(keys.astype(np.int32) if small else keys)


def carried(columns: Columns) -> dict[str, NDArray[np.integer]]:
    """Columns with the rests of weights carried over."""
    found = dict(columns)
    names = {name.partition(":")[2] for name in columns if name.startswith((WEIGHT, REST))}
    for name in names:
        none = np.zeros(1, dtype=np.int64)
        pair = (columns.get(WEIGHT + name, none), columns.get(REST + name, none))
        found[WEIGHT + name], found[REST + name] = carry(*np.broadcast_arrays(*pair))
    return tight(found) if names else found


class Pieces:
    """Amounts that come in many pieces, added as pieces of like size gather, so that time stays near linear."""

    def __init__(self) -> None:
        self._pieces: list[Keyed] = []

    def add(self, piece: Keyed) -> None:
        """Take one more piece."""
        self._pieces.append(piece)
        while len(self._pieces) > 1 and len(self._pieces[-2][0]) <= 2 * len(self._pieces[-1][0]):
            self._pieces[-2:] = [added(self._pieces[-2:])]

    def total(self) -> Keyed:
        """All pieces together; they stay as they are."""
        return added(self._pieces)

    def __iter__(self) -> Iterable[Keyed]:
        return iter(self._pieces)


def run_starts(ordered: Sequence[int] | NDArray[np.integer]) -> NDArray[np.intp]:
    """Where each run of equal values begins."""
    ordered = np.asarray(ordered)
    return (
        np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        if len(ordered)
        else np.zeros(0, int)
    )
