"""One block of counts that hang together, and what solves it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import block_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from desistance.disclosure.moves import Witnesses
from desistance.disclosure.system import System
from desistance.errors import ReleaseError

DEAREST = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
NEAR = 1e-3


@dataclass(frozen=True)
class Block:
    """Counts that hang together, and what of them must be hidden whatever it costs."""

    system: System
    first: np.ndarray
    width: int

    @cached_property
    def pattern(self) -> tuple[csr_array, csr_array]:
        """Relations with ones for their numbers, and the same by count."""
        relations = csr_array(self.system.relations)
        rows = csr_array((np.ones(relations.nnz), relations.indices, relations.indptr), shape=relations.shape)
        return rows, csr_array(rows.T)

    @cached_property
    def can_hide(self) -> np.ndarray:
        """Printed counts that need not be hidden."""
        return self.system.printed & ~self.first

    def needed(self, hidden: np.ndarray) -> np.ndarray:
        """Counts that must be wide if these are hidden."""
        return self.system.unsafe | (hidden & ~self.system.harmless)

    def cost(self, hidden: np.ndarray) -> float:
        """Sum of the weights of what is hidden."""
        return float(self.system.weights[hidden].sum())

    @cached_property
    def _graph(self) -> csr_array:
        """Counts, then relations; each joined with those it stands in."""
        rows, columns = self.pattern
        return csr_array(block_array([[None, columns], [rows, None]]))

    def without_the_dear(self, hidden: np.ndarray, count: int, most: int) -> np.ndarray:
        """Counts that hang together with one when the dearest to hide stay shown: at most so many, or none."""
        charged = self.system.printed & ~hidden
        for share in DEAREST:
            dear = charged & (
                self.system.weights > np.quantile(self.system.weights[self.system.printed], share)
            )
            dear[count] = False
            labels = _labels(self.pattern[0], ~dear)
            region = np.flatnonzero((labels == labels[count]) & ~dear)
            if len(region) <= most:
                return region if len(region) > 1 else np.array([], dtype=int)
        return np.array([], dtype=int)

    def nearest(self, hidden: np.ndarray, count: int) -> np.ndarray:
        """Counts by how much must be hidden to get from one to them, the nearest first."""
        n = len(self.first)
        toll = np.where(self.system.printed & ~hidden, self.system.weights, NEAR)
        graph = self._graph
        ends = graph.indices
        tolls = np.where(ends < n, toll[np.minimum(ends, n - 1)], NEAR)
        paths = csr_array((tolls, ends, graph.indptr), shape=graph.shape)
        distances = dijkstra(paths, indices=count)[:n]
        order = np.argsort(distances, kind="stable")
        return order[np.isfinite(distances[order])]


@dataclass
class Solution:
    """A pattern of one block and the witnesses that prove it."""

    hidden: np.ndarray
    found: Witnesses
    optimal: bool = False
    coarse: bool = False


class StiffCount(Exception):  # noqa: N818 - a signal within the room, not an error
    """A count that need not be hidden cannot be hidden either: it would be known whatever else is."""

    def __init__(self, count: int):
        super().__init__(count)
        self.count = count


def refusal(block: Block, count: int) -> Exception:
    """What to raise for a count that cannot be made wide."""
    if block.first[count] or block.system.unsafe[count]:
        return impossible(block.system, count)
    return StiffCount(count)


def impossible(system: System, count: int) -> ReleaseError:
    """What to raise for a count that would be known whatever else were hidden."""
    return ReleaseError(
        f"the count {' '.join(system.keys[count])!r} could be found out even if every count connected with it "
        "were hidden; merge levels, leave the breakdown out, or choose a policy that asks for fewer candidates"
    )


def _labels(rows: csr_array, kept: np.ndarray) -> np.ndarray:
    """Which part each count falls into when those not kept are known."""
    n_rows, n = rows.shape
    places = rows.tocoo()
    chosen = kept[places.col]
    ends = (places.col[chosen], n + places.row[chosen])
    graph = csr_array((np.ones(chosen.sum()), ends), shape=(n + n_rows, n + n_rows))
    return connected_components(graph, directed=False)[1][:n]
