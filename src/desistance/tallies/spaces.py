"""Cases counted in a space, or in several spaces at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desistance.tallies.batches import Batch, gathered
from desistance.tallies.columns import Ints, Keyed
from desistance.tallies.dense import Dense
from desistance.tallies.kinds import Combinations, FirstWeights, Found, Items
from desistance.tallies.layout import Space
from desistance.tallies.services import Services

BATCH_ROWS = 2**18
MANY_ROWS = 2**22 - BATCH_ROWS  # the more at once, the fewer pieces with the same cells are to be added
ENOUGH_ROWS = 2**20 - BATCH_ROWS  # sums of weights of more than 2^20 cases at once could be inexact
# Of arrays that hold several spaces: beyond, they take more memory than they save time.
TOGETHER_PLACES = 2**18

Added = Iterator[tuple[tuple[str, str], Keyed]]  # amounts, each with its kind and what it is by


class SpaceCounter:
    """Counts one kind of thing in one space: in arrays, or where these would be too large a million cases at a time."""

    def __init__(self, kind: Items | Combinations, space: Space) -> None:
        self._kind, self._space = kind, space
        self._dense: Dense | None = Dense(kind.n_codes)
        self._waiting: list[tuple[Ints, Batch]] = []
        self._n_waiting = 0

    def add(self, batch: Batch, services: Services) -> Added:
        """Count a batch; gives what is to be added now."""
        keys = batch.keys(self._space)
        if self._dense is not None:
            n_keys = len(services.names) * self._space.n_patterns
            if self._dense.add(keys, n_keys, self._kind.codes(batch), batch.weights):
                return
            yield from self.left(services.first)
            self._dense = None
        self._waiting.append((keys, batch))
        self._n_waiting += len(keys)
        weighed = any(each.weights is not None for _, each in self._waiting)
        if self._n_waiting > (ENOUGH_ROWS if weighed else MANY_ROWS):
            yield from self.left(services.first)
            self._waiting, self._n_waiting = [], 0

    def left(self, first: FirstWeights | None) -> Added:
        """What was counted and not yet given."""
        if self._dense is not None and len(self._dense.keys):
            yield from _by(self._space, self._kind.of_dense(self._dense, self._space, first))
        if self._waiting:
            rows = gathered(self._waiting, self._kind.columns)
            yield from _by(self._space, self._kind.of_rows(*rows, self._space, first))


class TogetherCounter:
    """Counts one kind of thing in several spaces: once for all of them, as long as these have few cells together."""

    def __init__(self, kind: Items | Combinations, spaces: Sequence[Space]) -> None:
        self._kind, self._spaces = kind, spaces
        self._apart = [SpaceCounter(kind, space) for space in spaces]
        self._all = Space("", tuple(division for space in spaces for division in space.divisions))
        self._dense = Dense(kind.n_codes, TOGETHER_PLACES) if len(spaces) > 1 else None

    def add(self, batch: Batch, services: Services) -> Added:
        """Count a batch; gives what is to be added now."""
        if self._dense is not None:
            n_keys = len(services.names) * self._all.n_patterns
            if self._dense.add(batch.keys(self._all), n_keys, self._kind.codes(batch), batch.weights):
                return
            yield from self._together(services.first)
            self._dense = None
        for counter in self._apart:
            yield from counter.add(batch, services)

    def left(self, first: FirstWeights | None) -> Added:
        """What was counted and not yet given."""
        yield from self._together(first)
        for counter in self._apart:
            yield from counter.left(first)

    def _together(self, first: FirstWeights | None) -> Added:
        if self._dense is not None and len(self._dense.keys):
            for space in self._spaces:
                dense = self._dense.collapsed(self._all.within(self._dense.keys, space))
                yield from _by(space, self._kind.of_dense(dense, space, first))


def _by(space: Space, found: Found) -> Added:
    return (((kind, space.by), keyed) for kind, keyed in found)
