import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from desistance.errors import StatisticsError
from desistance.statistics.multiplicity import benjamini_hochberg, holm

NAN = float("nan")
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p=p_values)
def test_benjamini_hochberg_is_that_of_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(
        false_discovery_control(p, method="bh"), rel=1e-12, abs=1e-300
    )


@given(p=p_values)
def test_holm_is_its_definition(p):
    """The adjusted value is the largest, over all p-values up to this one, of p times those at or above it."""
    ranked = sorted(p)
    factor_times_p = [(len(p) - rank) * value for rank, value in enumerate(ranked)]
    expected = [min(1, max(factor_times_p[: ranked.index(value) + ranked.count(value)])) for value in p]
    assert holm(p) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@given(p=p_values, n_missing=st.integers(0, 5), random=st.randoms(use_true_random=False))
def test_missing_p_values_stay_missing_and_do_not_count(adjust, p, n_missing, random):
    adjusted = list(zip(p, adjust(p), strict=True)) + [(NAN, NAN)] * n_missing
    random.shuffle(adjusted)
    given_p, expected = np.array(adjusted).T
    assert adjust(given_p) == pytest.approx(expected, nan_ok=True)


@given(p=st.lists(st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), min_size=4, max_size=4), min_size=1))
def test_holm_takes_each_row_for_a_family(p):
    np.testing.assert_array_equal(holm(p), [holm(row) for row in p])


@given(p=p_values)
def test_adjusting_raises_p_values_keeps_their_order_and_holm_is_the_stricter(p):
    order = np.argsort(p, kind="stable")
    strict, lenient = holm(p), benjamini_hochberg(p)
    for adjusted in (strict, lenient):
        assert (adjusted >= np.array(p) * (1 - 1e-12)).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[order]) >= 0).all()
    assert (strict >= lenient * (1 - 1e-12)).all()


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_a_family_of_one_is_not_adjusted_and_an_empty_one_is_empty(adjust):
    assert adjust([0.03]).tolist() == [0.03]
    assert adjust([]).tolist() == []
    assert np.isnan(adjust([NAN, NAN])).all()


@pytest.mark.parametrize(("p", "message"), [([0.1, 1.2], "outside"), ([-0.1], "outside"), (0.1, "give")])
@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_numbers_that_are_no_p_values_are_refused(adjust, p, message):
    with pytest.raises(StatisticsError, match=message):
        adjust(p)
