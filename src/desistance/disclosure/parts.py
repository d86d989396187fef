"""What a reader does not know, cut into parts that have nothing to do with each other.

A reader knows every shown count, every relation and that counts are whole numbers of nought or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from desistance.disclosure.system import System


@dataclass(frozen=True)
class Part:
    """Counts that a reader does not know and that hang together.

    counts
        Their places in the system, ascending, shape (k,).
    relations
        What holds between them, shape (r, k); a move times it is nought.
    values
        The true counts, shape (k,).
    ceiling
        No count is taken to be larger than this.
    """

    counts: np.ndarray
    relations: csc_array
    values: np.ndarray
    ceiling: int

    def place(self, count: int) -> int:
        """Where a count of the system stands in the part."""
        return int(np.searchsorted(self.counts, count))


def free_parts(system: System, hidden: np.ndarray) -> list[Part]:
    """Counts that a reader can not simply work out from one relation after the other, in connected parts."""
    free = ~system.fixed & (hidden | ~system.printed)
    relations = csr_array(system.relations)
    return parts_of(system, _not_determined(relations, free))


def parts_of(system: System, free: np.ndarray) -> list[Part]:
    """Parts that some counts fall into if all others are known; in the order of their first counts."""
    counts = np.flatnonzero(free)
    columns = columns_of(csc_array(system.relations), counts)
    return [_part(system, counts[group], columns[:, group]) for group in connected_columns(columns)]


def whole_part(system: System, counts: np.ndarray) -> Part:
    """Some counts as one part, all others taken as known."""
    return _part(system, counts, columns_of(csc_array(system.relations), counts))


def _part(system: System, counts: np.ndarray, columns: csc_array) -> Part:
    ceiling = 2 * int(np.max(system.values, initial=0)) + 100
    return Part(counts, _compact(columns), np.asarray(system.values)[counts].astype(np.int64), ceiling)


def _not_determined(relations: csr_array, free: np.ndarray) -> np.ndarray:
    pattern = csr_array((np.ones(relations.nnz), relations.indices, relations.indptr), shape=relations.shape)
    transposed = csr_array(pattern.T)
    free = free.copy()
    while True:
        lonely = (pattern @ free.astype(float)) == 1
        known = free & ((transposed @ lonely.astype(float)) > 0)
        if not known.any():
            return free
        free &= ~known


def grown(part: Part, inside: np.ndarray) -> np.ndarray:
    """Some counts of a part and all that a relation ties to them, shape (k,), true or false."""
    pattern = abs(part.relations)
    return inside | ((pattern.T @ (pattern @ inside.astype(float))) > 0)


def within(part: Part, inside: np.ndarray) -> Part:
    """Some counts of a part, all others taken as known."""
    near = np.flatnonzero(inside)
    return Part(part.counts[near], columns_of(part.relations, near), part.values[near], part.ceiling)


def columns_of(columns: csc_array, counts: np.ndarray) -> csc_array:
    """Relations between some counts, those that hold none of them left out."""
    return _compact(columns[:, counts])


def _compact(columns: csc_array) -> csc_array:
    columns = csc_array(columns)
    rows, places = np.unique(columns.indices, return_inverse=True)
    return csc_array((columns.data, places.reshape(-1), columns.indptr), shape=(len(rows), columns.shape[1]))


def connected_columns(columns: csc_array) -> list[np.ndarray]:
    """Columns that share rows, directly or through others; in the order of their first columns."""
    n_rows, n = columns.shape
    places = coo_array(columns)
    graph = csr_array((np.ones(columns.nnz), (places.col, n + places.row)), shape=(n + n_rows, n + n_rows))
    labels = connected_components(graph, directed=False)[1][:n]
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if n else []
    return sorted(groups, key=lambda group: group[0])
