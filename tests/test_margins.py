"""Counts added up by all divisions of a block at once."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from desistance.tallies.blocks import Block
from desistance.tallies.margins import COMMON, Margins, levels_of


@dataclass(frozen=True)
class Division:
    """As much of a breakdown as is needed."""

    codes: tuple[str, ...]


AGE, SEX = Division(("young", "old")), Division(("boy", "girl"))
PATTERNS = tuple(
    sorted(f"{a}|{b}" for a in ("young", "old", "not_known") for b in ("boy", "girl", "not_known"))
)
N_SERVICES = 40


def drawn_block(seed, most):
    """Rows of services and patterns, of which those with something unknown are rare."""
    rng = np.random.default_rng(seed)
    often = np.array([0.02 if "not_known" in text else 0.9 for text in PATTERNS])
    service, pattern = np.nonzero(rng.random((N_SERVICES, len(PATTERNS))) < often)
    counts = rng.integers(0, most, len(service), endpoint=True)
    return Block(PATTERNS, service.astype(np.int32), pattern.astype(np.int32), {"n": counts})


def by_hand(block, division, place):
    codes = division.codes if division else ("all",)
    sums = np.zeros((N_SERVICES, len(codes)), dtype=np.int64)
    for service, pattern, n in zip(block.service, block.pattern, block.columns["n"], strict=True):
        code = block.patterns[pattern].split("|")[place] if division else "all"
        if code in codes:
            sums[service, codes.index(code)] += n
    return sums


@pytest.mark.parametrize("most", [3, 2**40], ids=["few cases", "more than floats of 32 bits hold"])
@pytest.mark.parametrize("seed", range(3))
def test_sums_by_service_and_level_are_those_by_hand(seed, most):
    block = drawn_block(seed, most)
    rows = np.bincount(block.pattern, minlength=len(PATTERNS))
    assert 0 < np.count_nonzero(rows * COMMON < N_SERVICES) < len(PATTERNS)  # patterns of both kinds
    divisions = ((None, 0), (AGE, 0), (SEX, 1))
    margins = Margins(block, [levels_of(block, *each) for each in divisions], N_SERVICES)
    for found, total, each in zip(margins.cases("n"), margins.totals("n"), divisions, strict=True):
        np.testing.assert_array_equal(found, by_hand(block, *each))
        np.testing.assert_array_equal(total, found.sum(axis=0))
    assert all(not found.any() for found in margins.cases("absent"))


def test_columns_are_added_up_together_even_where_their_sum_needs_a_wider_type():
    block = drawn_block(3, 200)
    n = block.columns["n"].astype(np.uint8)
    margins = Margins(replace(block, columns={"n": n, "m": n}), [levels_of(block, AGE, 0)], N_SERVICES)
    assert int(n.max()) * 2 > np.iinfo(np.uint8).max
    np.testing.assert_array_equal(
        margins.totals("n", "m", "absent")[0], 2 * by_hand(block, AGE, 0).sum(axis=0)
    )
