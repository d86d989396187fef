"""What a tally holds of a cell's cases, from arrays that counted their codes and from the cases themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from desistance.study import MISSING, NO, STATES, YES, Item
from desistance.tallies.batches import Batch
from desistance.tallies.columns import REST, WEIGHT, Ints, Keyed, added_up, run_starts, summed, tight
from desistance.tallies.dense import Dense
from desistance.tallies.layout import (
    COMBINED,
    ITEMS,
    JUDGED,
    KNOWN,
    N_STATES,
    ONLY,
    PATTERN,
    TOGETHER,
    UNKNOWN,
    Layout,
    Space,
    both,
    column_of,
    has,
    item_states,
    number_of_factors,
    only,
)

LANES, MOST_IN_LANE = 8, 255  # numbers of 8 bits in one of 64
FirstWeights = tuple[Ints, Ints]  # of each service, in both units
Found = Iterator[tuple[str, Keyed]]


class Items:
    """States of items, and numbers of factors."""

    def __init__(self, layout: Layout) -> None:
        self._layout, self._table = layout, item_states().ravel()
        self.columns = layout.study.judgement_columns
        self.n_codes = {f"group {n}": len(STATES) ** len(group) for n, group in enumerate(layout.groups)}
        self._last: tuple[Batch, Mapping[str, NDArray[np.integer]]] | None = None
        if layout.counted_columns:
            self.n_codes["number"] = len(layout.counted_columns) + 2

    def codes(self, batch: Batch) -> Mapping[str, NDArray[np.integer]]:
        """Joint codes of the columns of each group, and numbers of factors; made once for all spaces."""
        if self._last is None or self._last[0] is not batch:
            self._last = (batch, self._codes(batch))
        return self._last[1]

    def _codes(self, batch: Batch) -> dict[str, NDArray[np.integer]]:
        found = {}
        for number, group in enumerate(self._layout.groups):
            code = batch.judgements[group[0]]
            for column in group[1:]:
                code = code * np.uint8(len(STATES)) + batch.judgements[column]
            found[f"group {number}"] = code
        return found | ({"number": batch.number} if "number" in self.n_codes else {})

    def of_dense(self, dense: Dense, space: Space, first: FirstWeights | None) -> Found:
        """What the tally holds of cases counted in arrays."""
        columns: dict[str, NDArray[np.integer]] = {}
        for prefix, sums in dense.sums():
            columns |= _prefixed(prefix, self._columns(sums))
        order = np.argsort(dense.keys)
        yield ITEMS, (dense.keys[order], tight({name: each[order] for name, each in columns.items()}))
        if space.by == PATTERN:
            yield JUDGED, _judged(self._judged_in_groups(dense.n_cases))

    def _judged_in_groups(self, sums: Mapping[str, Ints]) -> Iterator[tuple[str, Ints]]:
        """Cases in each state of each column of the records."""
        for number, group in enumerate(self._layout.groups):
            counted = sums[f"group {number}"].sum(axis=0).reshape((len(STATES),) * len(group))
            for axis, column in enumerate(group):
                yield column, counted.sum(axis=tuple(other for other in range(len(group)) if other != axis))

    def _columns(self, sums: Mapping[str, Ints]) -> dict[str, Ints]:
        found = {}
        for item in self._layout.items:
            number, group = self._group(item)
            counted = added_up(sums[f"group {number}"], self._marginal(item, group))
            found |= {column_of(item, state): counted[:, n] for n, state in enumerate(N_STATES)}
        return found | (self._of_numbers(sums["number"]) if "number" in sums else {})

    def _group(self, item: Item) -> tuple[int, tuple[str, ...]]:
        wanted = {item.column, item.base or item.column}
        return next((n, group) for n, group in enumerate(self._layout.groups) if wanted <= set(group))

    def _marginal(self, item: Item, group: tuple[str, ...]) -> Ints:
        """Which joint codes of a group are which state of an item, shape (n_codes, n_states)."""
        codes = np.array(np.unravel_index(np.arange(len(STATES) ** len(group)), (len(STATES),) * len(group)))
        state = self._state(item, dict(zip(group, codes, strict=True)))
        return (state[:, None] == np.arange(len(N_STATES))).astype(np.int64)

    def _state(self, item: Item, judgements: Mapping[str, NDArray[np.integer]]) -> NDArray[np.integer]:
        own = judgements[item.column]
        return own if item.base is None else self._table[judgements[item.base] * np.uint8(len(STATES)) + own]

    def _of_numbers(self, counted: Ints) -> dict[str, Ints]:
        """Numbers of factors (the last: not known), and the items that say whether they reach a threshold."""
        found = {number_of_factors(n): counted[:, n] for n in range(counted.shape[1] - 1)}
        found[number_of_factors(None)] = counted[:, -1]
        threshold = self._layout.study.factor_count.threshold
        for item in self._layout.count_items:
            found[column_of(item, f"n_{YES}")] = counted[:, threshold:-1].sum(axis=1)
            found[column_of(item, f"n_{NO}")] = counted[:, :threshold].sum(axis=1)
            found[column_of(item, "n_not_known")] = counted[:, -1]
        return found

    def of_rows(self, keys: Ints, batch: Batch, space: Space, first: FirstWeights | None) -> Found:
        """What the tally holds of cases that stand in the order of their cells."""
        yield ITEMS, self.of_items(keys, batch, self._layout.items, with_numbers="number" in self.n_codes)
        if space.by == PATTERN:
            columns = batch.judgements.items()
            yield (
                JUDGED,
                _judged((name, np.bincount(codes, minlength=len(STATES))) for name, codes in columns),
            )

    def of_items(self, keys: Ints, batch: Batch, items: tuple[Item, ...], *, with_numbers: bool) -> Keyed:
        """The same, of some items."""
        starts = run_starts(keys)
        cell = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(keys))))
        columns: dict[str, NDArray[np.integer]] = {}

        first_place = cell * len(N_STATES)
        lanes = (
            batch.weights is None
            and len(keys)
            and np.diff(np.append(starts, len(keys))).max() <= MOST_IN_LANE
        )

        def count(code: NDArray[np.integer], n_codes: int) -> Iterator[tuple[str, Ints]]:
            if lanes:
                yield "", _in_lanes(code, n_codes, starts)
                return
            place = code + (first_place if n_codes == len(N_STATES) else cell * n_codes)
            shape = (len(starts), n_codes)
            for prefix, amount in zip(("", WEIGHT, REST), (None, *(batch.weights or ())), strict=False):
                sums = np.bincount(place, amount, minlength=shape[0] * n_codes)
                yield prefix, sums.astype(np.int64, copy=False).reshape(shape)

        for item in items:
            for prefix, sums in count(self._state(item, batch.judgements), len(N_STATES)):
                named = {column_of(item, state): sums[:, n] for n, state in enumerate(N_STATES)}
                columns |= _prefixed(prefix, named)
        if with_numbers:
            for prefix, sums in count(batch.number, self.n_codes["number"]):
                columns |= _prefixed(prefix, self._of_numbers(sums))
        return keys[starts], columns


class Combinations:
    """Combinations of factors over all services; and of each service, which factors occur and which two together."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.columns: tuple[str, ...] = ()
        self.n_factors = len(layout.factors)
        self.n_codes = {"combination": 2**self.n_factors + 1}

    def codes(self, batch: Batch) -> dict[str, NDArray[np.integer]]:
        """The combination of each case."""
        return {"combination": batch.combination}

    def of_dense(self, dense: Dense, space: Space, first: FirstWeights | None) -> Found:
        """What the tally holds of cases counted in arrays."""
        sums = [each["combination"] for _, each in dense.sums()]
        columns: dict[str, NDArray[np.integer]] = {}
        if self.n_factors:
            members = self._members()
            for prefix, counted in zip(("", WEIGHT, REST), sums, strict=False):
                columns |= _prefixed(
                    prefix, dict(zip(self._names(), added_up(counted, members).T, strict=True))
                )
            order = np.argsort(dense.keys)
            columns = tight({name: each[order] for name, each in columns.items()})
            yield TOGETHER, (dense.keys[order], columns)
        cell, code = np.nonzero(sums[0])
        amounts = [each[cell, code] for each in sums]
        yield COMBINED, self._combined(dense.keys[cell], code, amounts, space, first)

    def _names(self) -> list[str]:
        """Columns of a service: cases where all factors are known and where not, with each, with it alone, with two."""
        factors = self._layout.factors
        return [
            KNOWN,
            UNKNOWN,
            *(has(each) for each in factors),
            *(only(each) for each in factors),
            *(both(factors[one], factors[other]) for one, other in self._layout.pairs),
        ]

    def _members(self) -> Ints:
        """Which combinations each of these columns counts, shape (n_combinations + 1, n_columns)."""
        codes = np.arange(2**self.n_factors + 1)
        known = codes < 2**self.n_factors
        present = ((codes[:, None] >> np.arange(self.n_factors)) & 1).astype(bool) & known[:, None]
        alone = present & (present.sum(axis=1) == 1)[:, None]
        first, second = np.array(self._layout.pairs, dtype=int).reshape(-1, 2).T
        two = present[:, first] & present[:, second]
        return np.concatenate([np.stack([known, ~known], axis=1), present, alone, two], axis=1).astype(
            np.int64
        )

    def _combined(
        self,
        keys: Ints,
        code: NDArray[np.integer],
        amounts: list[Ints],
        space: Space,
        first: FirstWeights | None,
    ) -> Keyed:
        """Combinations by pattern; by service too where weights are not told before all is counted."""
        n_cases, n_codes = amounts[0], self._layout.n_combinations
        code = code.astype(np.int64)
        many = (np.bitwise_count(code) > self._layout.most_factors) & (code < 2**self.n_factors)
        code = np.where(many, n_codes - 1, code)
        service, pattern = np.divmod(keys, space.n_patterns)
        columns = {"n_cases": n_cases}
        if first is not None:
            more = amounts[1:] or (0, 0)
            columns[WEIGHT + "n_cases"] = n_cases * first[0][service] + more[0]
            columns[REST + "n_cases"] = n_cases * first[1][service] + more[1]
        kept = keys if self._layout.is_weighted_later else pattern
        return summed(kept * n_codes + code, columns)

    def of_rows(self, keys: Ints, batch: Batch, space: Space, first: FirstWeights | None) -> Found:
        """What the tally holds of cases that stand in the order of their cells."""
        if self.n_factors:
            yield TOGETHER, self._together(keys, batch)
        amounts = [np.ones(len(keys), dtype=np.int64), *(batch.weights or ())]
        yield COMBINED, self._combined(keys, batch.combination, amounts, space, first)

    def _together(self, keys: Ints, batch: Batch) -> Keyed:
        starts, none = run_starts(keys), 1 << self.n_factors
        known = batch.combination < none
        code = np.where(known, batch.combination, batch.combination.dtype.type(0))
        alone = np.bitwise_count(code) == 1
        has = [(code >> code.dtype.type(n) & code.dtype.type(1)).astype(bool) for n in range(self.n_factors)]
        parts = chain(
            (known, ~known),
            has,
            (each & alone for each in has),
            (has[one] & has[other] for one, other in self._layout.pairs),
        )
        columns: dict[str, NDArray[np.integer]] = {}
        for name, part in zip(self._names(), parts, strict=True):
            for prefix, amount in zip(("", WEIGHT, REST), (None, *(batch.weights or ())), strict=False):
                if not prefix or is_weighed(name):
                    values = part.view(np.uint8) if amount is None else part * amount
                    columns |= tight({prefix + name: np.add.reduceat(values, starts, dtype=np.int64)})
        return keys[starts], columns


def _in_lanes(code: NDArray[np.integer], n_codes: int, starts: NDArray[np.intp]) -> NDArray[np.uint8]:
    """How often each code occurs in each run of cases, shape (n_runs, n_codes): eight numbers of 8 bits at a time.

    No run may be longer than `MOST_IN_LANE`.
    """
    n_words = -(-n_codes // LANES)
    found = np.empty((len(starts), n_words), dtype="<u8")
    for word in range(n_words):
        place = np.arange(n_codes) - word * LANES
        inside = (place >= 0) & (place < LANES)
        one = np.where(
            inside, np.uint64(1) << (8 * np.where(inside, place, 0)).astype(np.uint64), np.uint64(0)
        )
        found[:, word] = np.add.reduceat(one.astype("<u8")[code], starts)
    return found.view(np.uint8)[:, :n_codes]


def _judged(counts: Iterable[tuple[str, Ints]]) -> Keyed:
    """Cases of each kind of missing by column of the records, under one key."""
    found = {
        f"{column} {kind}": counted[STATES.index(kind)].reshape(1)
        for column, counted in counts
        for kind in MISSING
    }
    return np.zeros(1, dtype=np.int64), tight(found)


def _prefixed(prefix: str, columns: Mapping[str, Ints]) -> dict[str, NDArray[np.integer]]:
    """Columns under their names, of weights only those that have a use."""
    return tight({prefix + name: each for name, each in columns.items() if not prefix or is_weighed(name)})


def is_weight(name: str) -> bool:
    """Whether a column holds weights."""
    return name.startswith((WEIGHT, REST))


def is_weighed(name: str) -> bool:
    """Whether a column counts something whose weight has a use."""
    of_use = "." not in name or name.endswith((f".n_{YES}", f".n_{NO}"))
    return of_use and not name.startswith((ONLY, WEIGHT, REST))
