"""All counts that a release could show, and all that is known to hold between them: one system of equations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

Key = tuple[str, ...]


@dataclass(frozen=True)
class System:
    """Counts of cases and the linear relations between them.

    Every count is a whole number of nought or more, and every reader knows it. A relation is a row of `relations`:
    the products of its numbers with the counts add up to nought. A count that nobody prints (what remains of a base,
    cases outside every subgroup) has `printed` false; a reader can still work it out.

    keys
        Name of each count, shape (n,), each once; the first word is its kind.
    values
        The counts, whole numbers, shape (n,).
    printed
        Whether the count stands in some table and may be hidden there, shape (n,).
    fixed
        Whether it is known to every reader whatever is hidden, such as the number of all cases, shape (n,).
    unsafe
        Whether it must not be found out, shape (n,). An unsafe count that is printed is hidden first.
    harmless
        Whether it tells nothing of a child, such as how many have no answer where the policy shows that, shape (n,): it
        may be hidden for the sake of others, and needs no protection then.
    weights
        What hiding it costs, over nought, shape (n,); only that of printed counts matters.
    relations
        Shape (n_relations, n); `relations @ values` is nought.
    names
        What each relation says, in a few words, shape (n_relations,).
    """

    keys: tuple[Key, ...]
    values: np.ndarray
    printed: np.ndarray
    fixed: np.ndarray
    unsafe: np.ndarray
    harmless: np.ndarray
    weights: np.ndarray
    relations: csr_array
    names: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """Which printed counts are hidden, and what was proved of it.

    hidden
        Whether the count is hidden, shape (n,); every unsafe printed one is.
    first
        Those hidden by the rule alone, shape (n,).
    lows, highs
        Proved bounds of what a reader can find out, shape (n,): of hidden and of unsafe counts a reader cannot exclude
        some values `lows` and `highs` that are at least `candidates - 1` apart; of all others both are the count.
    cost
        Sum of the weights of what is hidden.
    optimal
        Whether nothing cheaper protects as much (proved), or the search was cut short.
    coarse
        Whether the time limit was reached and whole blocks were hidden instead.
    """

    hidden: np.ndarray
    first: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    cost: float
    optimal: bool
    coarse: bool
