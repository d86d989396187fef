"""One batch of cases as it is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desistance.tallies.columns import Ints, key_order
from desistance.tallies.layout import FIRST_UNKNOWN, YES_CODE, Layout, Space

Codes = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Batch:
    """Codes of cases; every array has shape (n_cases,).

    `combination` has a bit for each factor that is present, and only the one after these where a factor is not known;
    `number` is how many factors there are, and one more than there can be where a factor is not known.
    `weights` are what each weight differs by from the first one of its service, in both units; None where none does.
    """

    service: Ints
    divisions: Mapping[str, Codes]
    judgements: Mapping[str, Codes]
    combination: Codes
    number: Codes
    weights: tuple[Ints, Ints] | None

    def keys(self, space: Space) -> Ints:
        """The cell of each case: its service and the pattern of the divisions of a space."""
        found = self.service
        for division, size in zip(space.divisions, space.sizes, strict=True):
            found = found * size + self.divisions[division.column]
        return found

    def part(self, rows: Ints) -> Batch:
        """Some cases, for counting their judgements."""
        return Batch(
            self.service[rows],
            {},
            {name: codes[rows] for name, codes in self.judgements.items()},
            self.combination[rows],
            self.number[rows],
            None if self.weights is None else (self.weights[0][rows], self.weights[1][rows]),
        )


def combined(judgements: Mapping[str, Codes], n_cases: int, layout: Layout) -> tuple[Codes, Codes]:
    """Combination and number of factors of each case, as in `Batch`."""
    n_factors = len(layout.factors)
    kind = np.min_scalar_type(1 << n_factors)
    found, worst = np.zeros(n_cases, dtype=kind), np.zeros(n_cases, dtype=np.uint8)
    for place, column in enumerate(layout.factor_columns):
        codes = judgements[column]
        found |= (codes == YES_CODE).astype(kind) << kind.type(place)
        np.maximum(worst, codes, out=worst)
    unknown = worst >= FIRST_UNKNOWN
    number = np.bitwise_count(found)
    number[unknown] = n_factors + 1
    found[unknown] = 1 << n_factors
    return found, number


def gathered(batches: list[tuple[Ints, Batch]], columns: Iterable[str]) -> tuple[Ints, Batch]:
    """Several batches as one, with the cases of a cell beside each other; batches come with their cells.

    Of the judgements only some columns are kept, of the divisions none.
    """
    keys = np.concatenate([each for each, _ in batches])
    order = key_order(keys)

    def ordered(arrays: list[NDArray[np.integer]]) -> NDArray[np.integer]:
        return np.concatenate(arrays)[order]

    parts = [batch for _, batch in batches]
    weights = None
    if any(part.weights is not None for part in parts):
        none = [np.zeros(len(part.service), dtype=np.int64) for part in parts]
        weights = tuple(
            ordered(
                [part.weights[n] if part.weights else zero for part, zero in zip(parts, none, strict=True)]
            )
            for n in range(2)
        )
    return keys[order], Batch(
        ordered([part.service for part in parts]),
        {},
        {name: ordered([part.judgements[name] for part in parts]) for name in columns},
        ordered([part.combination for part in parts]),
        ordered([part.number for part in parts]),
        weights,
    )
