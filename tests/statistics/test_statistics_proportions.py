import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError
from desistance.statistics.design import one_stratum_design, stratified_design
from desistance.statistics.intervals import Truncation, korn_graubard_interval, logit_interval
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.status import IntervalMethod, Status

NAN = float("nan")


def shares(n_yes, n_base, design=None, minimum_effective_base=30, weight_yes=None, weight_base=None):
    n_yes, n_base = np.asarray(n_yes), np.asarray(n_base)
    return clustered_proportions(
        n_yes,
        n_base,
        n_yes if weight_yes is None else weight_yes,
        n_base if weight_base is None else weight_base,
        design or one_stratum_design(len(n_yes)),
        confidence_level=0.95,
        minimum_effective_base=minimum_effective_base,
    )


def fields(result):
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


def same(one, other, relative=1e-9):
    for name, value in fields(one).items():
        again = getattr(other, name)
        if value.dtype.kind in "US":
            assert (value == again).all(), name
        else:
            assert again == pytest.approx(value, rel=relative, abs=1e-12, nan_ok=True), name


@st.composite
def counts(draw, min_services=2, max_services=12, trailing=(2,)):
    n = draw(st.integers(min_services, max_services))
    base = draw(arrays(int, (n, *trailing), elements=st.integers(0, 40)))
    share = draw(arrays(float, (n, *trailing), elements=st.floats(0, 1)))
    return np.rint(base * share).astype(int), base


# Laws


@given(counts(), st.randoms(use_true_random=False))
def test_order_of_services_does_not_matter(drawn, random):
    n_yes, n_base = drawn
    order = list(range(len(n_base)))
    random.shuffle(order)
    same(shares(n_yes, n_base), shares(n_yes[order], n_base[order]), 1e-7)


@given(counts())
def test_swapping_yes_and_no_mirrors_every_number(drawn):
    n_yes, n_base = drawn
    one, other = shares(n_yes, n_base), shares(n_base - n_yes, n_base)
    assert other.estimate == pytest.approx(1 - one.estimate, nan_ok=True)
    assert other.standard_error == pytest.approx(one.standard_error, abs=1e-9, nan_ok=True)
    assert other.ci_low == pytest.approx(1 - one.ci_high, rel=1e-6, abs=1e-9, nan_ok=True)
    assert other.ci_high == pytest.approx(1 - one.ci_low, rel=1e-6, abs=1e-9, nan_ok=True)


@given(counts())
def test_intervals_lie_in_the_unit_interval_and_around_the_estimate(drawn):
    for minimum in (0, 30, 1e9):
        share = shares(*drawn, minimum_effective_base=minimum)
        shown = np.isin(share.status, ("ok", "lonely_stratum"))
        assert (~np.isnan(share.ci_low) == shown).all()
        low, estimate, high = share.ci_low[shown], share.estimate[shown], share.ci_high[shown]
        assert (low >= 0).all()
        assert (low <= estimate + 1e-12).all()
        assert (estimate <= high + 1e-12).all()
        assert (high <= 1).all()


@given(counts())
def test_no_number_is_infinite_and_a_missing_one_has_a_reason(drawn):
    share = shares(*drawn)
    for name in ("estimate", "standard_error", "n_effective", "ci_low", "ci_high", "df"):
        values = getattr(share, name)
        assert not np.isinf(values).any(), name
        assert not (np.isnan(values) & (share.status == Status.OK)).any(), name
    assert not np.isinf(share.design_effect).any()


@given(counts(), st.floats(0.001, 1000))
def test_the_unit_of_the_weights_does_not_matter(drawn, unit):
    n_yes, n_base = drawn
    same(
        shares(n_yes, n_base), shares(n_yes, n_base, weight_yes=n_yes * unit, weight_base=n_base * unit), 1e-6
    )


@given(counts(trailing=()), st.integers(1, 5))
def test_services_without_cases_change_no_estimate_but_count_in_the_variance(drawn, n_more):
    n_yes, n_base = drawn
    padding = np.zeros(n_more, dtype=int)
    more = shares(np.concatenate([n_yes, padding]), np.concatenate([n_base, padding]))
    one = shares(n_yes, n_base)
    assert more.estimate == pytest.approx(one.estimate.item(), nan_ok=True)
    assert more.df == pytest.approx(one.df.item(), nan_ok=True)
    n, m = len(n_base), len(n_base) + n_more
    inflation = np.sqrt((m / (m - 1)) / (n / (n - 1)))
    expected = one.standard_error.item() * inflation
    assert more.standard_error == pytest.approx(expected, nan_ok=True)


@given(st.integers(2, 60), st.data())
def test_one_case_a_service_gives_the_heteroskedastic_variance(n, data):
    yes = data.draw(arrays(int, n, elements=st.integers(0, 1)))
    share = yes.mean()
    expected = np.sqrt(n / (n - 1) * np.square(yes - share).sum()) / n
    result = shares(yes, np.ones(n, dtype=int))
    assert result.standard_error == pytest.approx(expected)
    if 0 < share < 1:
        assert result.design_effect == pytest.approx(1)


@given(counts(trailing=()))
def test_copying_every_case_inside_its_service_doubles_the_design_effect(drawn):
    one, two = shares(*drawn), shares(drawn[0] * 2, drawn[1] * 2)
    assert two.estimate == pytest.approx(one.estimate.item(), nan_ok=True)
    assert two.standard_error == pytest.approx(one.standard_error.item(), abs=1e-12, nan_ok=True)
    n = one.n_base.item()
    if n > 1:
        expected = one.design_effect.item() * (2 * n - 1) / (n - 1)
        assert two.design_effect == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(counts(min_services=3, trailing=()))
def test_a_stratum_size_shrinks_the_error_by_the_share_not_inspected(drawn):
    n = len(drawn[0])
    half = stratified_design(np.zeros(n), np.full(n, 2.0 * n))
    one, corrected = shares(*drawn), shares(*drawn, design=half)
    assert corrected.standard_error == pytest.approx(one.standard_error * np.sqrt(0.5), nan_ok=True)


def test_many_measures_at_once_are_the_same_as_one_at_a_time():
    rng = np.random.default_rng(4)
    n_base = rng.poisson(4, (9, 3, 2))
    n_yes = rng.binomial(n_base, 0.4)
    design = stratified_design(np.arange(9) // 3, np.full(9, 7.0))
    together = shares(n_yes, n_base, design)
    assert together.estimate.shape == (3, 2)
    for place in np.ndindex(3, 2):
        alone = shares(n_yes[:, *place], n_base[:, *place], design)
        for name, value in fields(together).items():
            assert value[place] == pytest.approx(getattr(alone, name).item(), nan_ok=True), name


def test_inputs_are_left_as_they_were():
    n_yes, n_base = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    shares(n_yes, n_base)
    assert n_yes.tolist() == [1, 2]
    assert n_base.tolist() == [3, 4]


# Which interval


def test_a_common_outcome_on_a_large_base_has_a_logit_interval():
    share = shares([20, 30, 25, 10], [50, 50, 50, 50])
    assert share.interval == IntervalMethod.LOGIT_T
    ends = logit_interval(share.estimate, share.standard_error, share.df, confidence_level=0.95)
    assert (share.ci_low, share.ci_high) == (ends.ci_low, ends.ci_high)


def test_the_interval_changes_at_the_minimum_effective_base():
    n_yes, n_base = [20, 30, 25, 10], [50, 50, 50, 50]
    effective = shares(n_yes, n_base).n_effective.item()
    assert shares(n_yes, n_base, minimum_effective_base=effective).interval == IntervalMethod.LOGIT_T
    share = shares(n_yes, n_base, minimum_effective_base=effective + 1e-6)
    assert share.interval == IntervalMethod.KORN_GRAUBARD
    ends = korn_graubard_interval(
        share.estimate,
        share.standard_error,
        share.n_base,
        share.df,
        confidence_level=0.95,
        truncation=Truncation.NCHS,
    )
    assert (share.ci_low, share.ci_high) == (ends.ci_low, ends.ci_high)


@pytest.mark.parametrize(("n_yes", "ends"), [([0, 0, 0], (0.0, 1 - 0.025 ** (1 / 60))), ([20] * 3, None)])
def test_shares_of_0_and_1_take_all_cases_as_independent(n_yes, ends):
    # Clopper-Pearson with no yes among 60: the upper end solves (1 - p) ** 60 = 0.025
    share = shares(n_yes, [20, 20, 20])
    low, high = ends or (0.025 ** (1 / 60), 1.0)
    assert share.status == Status.OK
    assert share.interval == IntervalMethod.KORN_GRAUBARD
    assert share.standard_error == 0
    assert share.n_effective == 60
    assert np.isnan(share.design_effect)
    assert share.ci_low == pytest.approx(low)
    assert share.ci_high == pytest.approx(high)


def test_services_with_equal_shares_get_the_binomial_interval_and_not_a_point():
    share = shares([10, 20, 30], [100, 200, 300])
    assert share.standard_error == 0
    assert share.design_effect == 0
    assert share.n_effective == 600
    assert share.interval == IntervalMethod.KORN_GRAUBARD
    assert share.ci_low < 0.1 < share.ci_high


def test_rounding_in_sums_of_weights_does_not_turn_all_into_almost_all():
    weight = np.array([0.3, 0.6, 0.9])
    share = shares([2, 4, 6], [2, 4, 6], weight_yes=weight, weight_base=weight * (1 + 1e-12 * np.arange(3)))
    assert share.estimate == 1
    assert share.standard_error == 0
    assert share.ci_high == 1


# Edges


def test_an_empty_subgroup_is_empty():
    share = shares([[0, 3], [0, 4]], [[0, 5], [0, 9]])
    assert share.status.tolist() == [Status.NO_CASES, Status.OK]
    assert share.interval.tolist() == [IntervalMethod.NONE, IntervalMethod.KORN_GRAUBARD]
    assert (share.n_yes[0], share.n_base[0], share.n_services[0]) == (0, 0, 0)
    for name in ("estimate", "standard_error", "design_effect", "n_effective", "df", "ci_low", "ci_high"):
        assert np.isnan(getattr(share, name)[0]), name


def test_an_inspection_without_any_answer_is_empty():
    share = shares(np.zeros((5, 2)), np.zeros((5, 2)))
    assert (share.status == Status.NO_CASES).all()


@pytest.mark.parametrize(
    ("n_yes", "n_base"), [([1, 0], [1, 0]), ([5, 0], [9, 0]), ([5], [9]), ([9, 0], [9, 0])]
)
def test_one_service_gives_its_share_and_nothing_else(n_yes, n_base):
    share = shares(n_yes, n_base)
    assert share.status == Status.ONE_SERVICE
    assert share.interval == IntervalMethod.NONE
    assert share.estimate == n_yes[0] / n_base[0]
    assert share.n_services == 1
    assert share.df == 0
    for name in ("standard_error", "design_effect", "n_effective", "ci_low", "ci_high"):
        assert np.isnan(getattr(share, name)), name


def test_one_service_a_stratum_leaves_no_degrees_of_freedom():
    design = stratified_design(["a", "a", "b", "b"], [NAN] * 4)
    share = shares([3, 0, 4, 0], [5, 0, 9, 0], design)
    assert share.status == Status.NO_DEGREES_OF_FREEDOM
    assert share.estimate == 0.5
    assert np.isnan(share.standard_error)
    assert np.isnan(share.ci_low)


def test_a_lonely_stratum_is_flagged_where_it_has_cases():
    design = stratified_design(["a", "a", "a", "b"], [NAN] * 4)
    share = shares([[3, 3], [5, 5], [4, 4], [6, 0]], [[9, 9], [9, 9], [9, 9], [9, 0]], design)
    assert share.status.tolist() == [Status.LONELY_STRATUM, Status.OK]
    assert (share.standard_error > 0).all()
    assert not np.isnan(share.ci_low).any()


def test_a_full_inspection_has_no_sampling_error_and_no_interval():
    share = shares([3, 5, 4], [9, 9, 9], stratified_design([0, 0, 0], [3, 3, 3]))
    assert share.status == Status.FULLY_INSPECTED
    assert share.standard_error == 0
    assert share.interval == IntervalMethod.NONE
    assert np.isnan(share.ci_low)


# Refusals


@pytest.mark.parametrize(
    ("n_yes", "n_base", "message"),
    [
        ([1, 2], [3], "shape"),
        ([1, 5], [3, 4], "exceeds"),
        ([1, -1], [3, 4], "negative"),
        ([1, NAN], [3, 4], "missing"),
        ([1, 2], [3, float("inf")], "infinite"),
        ([1, 1.5], [3, 4], "not whole"),
        ([1, 2, 3], [3, 4, 5], "2 services"),
    ],
)
def test_counts_that_make_no_sense_are_refused(n_yes, n_base, message):
    with pytest.raises(StatisticsError, match=message):
        shares(n_yes, n_base, one_stratum_design(2))


@pytest.mark.parametrize(
    ("weight_yes", "weight_base", "message"),
    [
        ([0.5, 0.0], [1.5, 2.0], "disagree"),
        ([0.5, 1.0], [1.5, 0.0], "exceeds"),
        ([0.5, 1.0, 1.0], [1.5, 2.0, 2.0], "make them equal"),
        ([0.5, NAN], [1.5, 2.0], "missing"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weight_yes, weight_base, message):
    with pytest.raises(StatisticsError, match=message):
        shares([1, 2], [3, 4], weight_yes=weight_yes, weight_base=weight_base)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, NAN])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(StatisticsError, match="between 0 and 1"):
        clustered_proportions(
            [1, 2],
            [3, 4],
            [1, 2],
            [3, 4],
            one_stratum_design(2),
            confidence_level=level,
            minimum_effective_base=30,
        )


def test_choices_that_decide_a_number_have_no_default():
    with pytest.raises(TypeError, match=r"confidence_level.*minimum_effective_base"):
        clustered_proportions([1, 2], [3, 4], [1, 2], [3, 4], one_stratum_design(2))


# Behaviour over many inspections


def inspections(rng, share, correlation, n_runs, n_services=43):
    """Counts of unequal services whose own shares vary by a beta distribution."""
    base = np.broadcast_to(np.linspace(5, 50, n_services).astype(int)[:, None], (n_services, n_runs))
    spread = 1 / correlation - 1
    return rng.binomial(base, rng.beta(share * spread, (1 - share) * spread, base.shape)), base


@pytest.mark.parametrize(("share", "lowest"), [(0.4, 0.93), (0.1, 0.91)])
def test_intervals_cover_the_share_about_as_often_as_they_say(share, lowest):
    n_yes, n_base = inspections(np.random.default_rng(20), share, 0.15, 2000)
    result = shares(n_yes, n_base)
    covered = (result.ci_low <= share) & (share <= result.ci_high)
    assert lowest < covered.mean() < 0.97


def test_the_binomial_interval_would_cover_far_too_seldom():
    n_yes, n_base = inspections(np.random.default_rng(20), 0.4, 0.15, 2000)
    estimate = n_yes.sum(axis=0) / n_base.sum(axis=0)
    margin = 1.96 * np.sqrt(estimate * (1 - estimate) / n_base.sum(axis=0))
    assert (np.abs(estimate - 0.4) <= margin).mean() < 0.75
