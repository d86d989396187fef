"""How many counts of a tally are small, so that whoever receives it could learn something of a child."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from desistance.study import MISSING
from desistance.tallies.columns import REST, WEIGHT
from desistance.tallies.definition import KEYS, NUMBER, Tally
from desistance.tallies.portable import FILES, members_of

ACCOUNT = "account"


@dataclass(frozen=True)
class SmallCounts:
    """Of one table of a tally, how many counts it holds and how many of them are small."""

    table: str
    n_counts: int
    n_small: int


def small_counts(tally: Tally, *, least: int, most: int, smallest_base: int) -> tuple[SmallCounts, ...]:
    """Look at every count that a receiver would hold; what several would tell together is not worked out.

    Parameters
    ----------
    least, most
        A count is small from `least` to `most`, both included.
    smallest_base
        A service is small that has fewer cases.

    Returns
    -------
    tuple of SmallCounts
        One for each table with counts, and one for the rejected and missing values in the account.
    """
    members = members_of(tally)
    found = [_small("services", tally.services["n_cases"].to_numpy(), least, smallest_base - 1)]
    for name, file in FILES.items():
        if name != "services":
            counts = _counts(name, parquet.read_table(io.BytesIO(members[file])))
            found.append(_small(name, np.concatenate([np.zeros(0, dtype=int), *counts]), least, most))
    found.append(_small(ACCOUNT, np.array(list(_told(tally.facts)), dtype=int), least, most))
    return tuple(each for each in found if each.n_counts)


def _small(table: str, counts: np.ndarray, least: int, most: int) -> SmallCounts:
    small = (counts >= least) & (counts <= most)
    return SmallCounts(table, len(counts), int(small.sum()))


def _counts(name: str, table: pa.Table) -> Iterator[np.ndarray]:
    """Columns of counts; of what services say of themselves only the numbers of people."""
    if name == "answers":
        table = table.filter(compute.equal(table["answer"].cast(pa.string()), NUMBER))
    for field in table.schema:
        weighed = field.name.startswith((WEIGHT, REST))
        if pa.types.is_integer(field.type) and field.name not in KEYS.get(name, ()) and not weighed:
            yield table[field.name].fill_null(0).to_numpy()


def _told(facts: Mapping[str, Any]) -> Iterator[int]:
    """Counts of children in the account; that nobody was rejected or missing is of no child."""
    rejected = [facts["n_rejected"], *facts["rejected_by_rule"].values()]
    missing = [row[kind] for row in facts["missing"] for kind in MISSING]
    yield from (count for count in (*rejected, *missing) if count)
