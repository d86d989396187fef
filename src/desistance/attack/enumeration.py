"""Trying out every set of counts that is still possible, and keeping those that fit a printed statistic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from desistance.attack.errors import AttackError
from desistance.attack.system import Key, Matrix, Relation

Counts = Mapping[Key, NDArray[np.float64]]
MOST_VECTORS = 200_000
MOST_SLOW_VECTORS = 3_000


@dataclass(frozen=True)
class Statistic:
    """A printed number that is a function of counts: ``fits`` says which candidate counts could have given it."""

    kind: str
    where: str
    keys: tuple[Key, ...]
    fits: Callable[[Counts], NDArray[np.bool_]]
    slow: bool = False


@dataclass
class Tried:
    """What trying told: bounds as relations, how few values remain of a count, and what was too much to try."""

    relations: list[Relation] = field(default_factory=list)
    few: dict[Key, tuple[int, int, int, str, str]] = field(default_factory=dict)
    too_many: list[str] = field(default_factory=list)
    n_tried: int = 0


def tried(matrix: Matrix, statistics: Sequence[Statistic]) -> Tried:
    """Try every statistic, those of one kind about the same counts together, then all about the same counts.

    Raises
    ------
    AttackError
        No counts fit a printed statistic.
    """
    found = Tried()
    groups: dict[tuple[Key, ...], list[Statistic]] = {}
    for one in statistics:
        unknown = tuple(key for key in dict.fromkeys(one.keys) if not matrix.is_fixed(key))
        if unknown:
            groups.setdefault(unknown, []).append(one)
    for unknown, own in groups.items():
        vectors = possible_vectors(matrix, unknown, MOST_VECTORS)
        kinds = list(dict.fromkeys(one.kind for one in own))
        if vectors is None:
            found.too_many += [f"{one.kind} ({one.where})" for one in own]
            continue
        for kind in kinds:
            _try(matrix, unknown, vectors, [one for one in own if one.kind == kind], kind, found)
        if len(kinds) > 1:
            _try(matrix, unknown, vectors, own, "several_statistics", found)
    return found


def _try(
    matrix: Matrix,
    unknown: tuple[Key, ...],
    vectors: NDArray[np.float64],
    own: list[Statistic],
    kind: str,
    found: Tried,
) -> None:
    used: list[Statistic] = []
    for one in own:
        if one.slow and len(vectors) > MOST_SLOW_VECTORS:
            found.too_many.append(f"{one.kind} ({one.where})")
            continue
        counts = {key: np.full(len(vectors), float(matrix.range_of(key)[0])) for key in one.keys}
        counts |= {key: vectors[:, place] for place, key in enumerate(unknown)}
        with np.errstate(all="ignore"):
            vectors = vectors[np.asarray(one.fits(counts), dtype=bool)]
        used.append(one)
        found.n_tried += 1
        if not len(vectors):
            raise AttackError(
                f"no counts fit a number that is printed in {one.where}; two tables are not of the same "
                "records, or the attack reads that number wrongly"
            )
    for place, key in enumerate(unknown) if used else ():
        values = np.unique(vectors[:, place])
        where = used[0].where
        found.relations.append(Relation(kind, where, {key: 1.0}, values[0], values[-1]))
        told = (len(values), int(values[0]), int(values[-1]), kind, where)
        if key not in found.few or told[0] < found.few[key][0]:
            found.few[key] = told


def possible_vectors(matrix: Matrix, unknown: Iterable[Key], most: int) -> NDArray[np.float64] | None:
    """Every set of values of some counts that no relation rules out, shape (n, n_counts); None for too many."""
    order = list(unknown)
    place = {key: number for number, key in enumerate(order)}
    by_width = sorted(order, key=lambda key: (matrix.range_of(key)[1] - matrix.range_of(key)[0], place[key]))
    vectors = np.zeros((1, len(order)))
    done: list[Key] = []
    for key in by_width:
        low, high = _interval(matrix, key, done, place, vectors)
        sizes = np.maximum(high - low + 1, 0).astype(np.int64)
        if sizes.sum() > most:
            return None
        start = np.repeat(low, sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        vectors = np.repeat(vectors, sizes, axis=0)
        vectors[:, place[key]] = start + within
        done.append(key)
    return vectors


def _interval(
    matrix: Matrix, key: Key, done: list[Key], place: Mapping[Key, int], vectors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest value of one count beside each set of values of those that were chosen before it."""
    column = matrix.index[key]
    ends = [np.full(len(vectors), end) for end in matrix.bounds[column]]
    chosen = {matrix.index[one]: place[one] for one in done}
    for row in np.unique(matrix.rows[matrix.columns == column]):
        inside = matrix.rows == row
        columns, values = matrix.columns[inside], matrix.values[inside]
        own = float(values[columns == column].sum())
        others = columns != column
        columns, values = columns[others], values[others]
        known = np.array([one in chosen for one in columns], dtype=bool)
        sums = np.zeros(len(vectors))
        if known.any():
            sums = vectors[:, [chosen[one] for one in columns[known]]] @ values[known]
        at, rest = matrix.bounds[columns[~known]], values[~known]
        least = np.where(rest > 0, rest * at[:, 0], rest * at[:, 1]).sum()
        most = np.where(rest > 0, rest * at[:, 1], rest * at[:, 0]).sum()
        low, high = (matrix.sides[row, 0] - sums - most) / own, (matrix.sides[row, 1] - sums - least) / own
        if own < 0:
            low, high = high, low
        ends[0] = np.maximum(ends[0], np.ceil(low - 1e-7))
        ends[1] = np.minimum(ends[1], np.floor(high + 1e-7))
    return ends[0], ends[1]
