"""Regressions of drawn tables on the subgroup and a second variable: the laws of `test_any_table` for them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_tables import SHAPES, Shape, drawn
from every_statistic import MIXED, REGRESSIONS
from laws import check_laws

# A random intercept costs ten times as much as any other result.
SMALL = st.builds(
    Shape,
    seed=st.integers(0, 2**32 - 1),
    n_services=st.integers(1, 7),
    n_levels=st.just(2),
    largest=st.sampled_from([1, 3, 12]),
)


@given(SHAPES)
@settings(max_examples=35)
def test_regressions_keep_every_law(shape):
    """35 times 20 tables."""
    random = np.random.default_rng(shape.seed)
    for table in drawn(shape, 20):
        check_laws(table, REGRESSIONS, random)


@given(SMALL)
@settings(max_examples=30)
def test_random_intercepts_keep_every_law(shape):
    """30 times 12 tables."""
    random = np.random.default_rng(shape.seed)
    for table in drawn(shape, 12):
        check_laws(table, MIXED, random)
