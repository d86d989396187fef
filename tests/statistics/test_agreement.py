"""Kappa and alpha against printed values, statsmodels, their definitions, and the spread of simulated tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.errors import StatisticsError
from desistance.statistics.agreement import AgreementWeights, kappa, krippendorff_alpha
from desistance.statistics.status import Status


def agreement(table, weights=AgreementWeights.NONE):
    return kappa(table, weights=weights, confidence_level=0.95)


def test_kappas_are_those_of_the_reference(textbook):
    """The reference's weighted kappa uses quadratic weights; linear ones would give 0.614."""
    reference = textbook["kappa"]
    assert agreement(reference["table"]).estimate == pytest.approx(reference["kappa"][0], rel=1e-11)
    weighted = agreement(reference["table"], AgreementWeights.QUADRATIC).estimate
    assert weighted == pytest.approx(reference["weighted_kappa"][0], rel=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_estimates_and_errors_are_those_of_statsmodels(seed):
    from statsmodels.stats.inter_rater import cohens_kappa

    rng = np.random.default_rng(seed)
    table = rng.integers(0, 20, (4, 4)) + np.diag(rng.integers(5, 40, 4))
    for weights, name in (("none", None), ("linear", "linear"), ("quadratic", "quadratic")):
        ours, theirs = agreement(table, weights), cohens_kappa(table, wt=name)
        assert ours.estimate == pytest.approx(theirs.kappa, rel=1e-12)
        assert ours.standard_error == pytest.approx(theirs.std_kappa, rel=1e-10)
        assert ours.ci_low == pytest.approx(theirs.kappa_low, rel=1e-10)
        assert ours.ci_high == pytest.approx(theirs.kappa_upp, rel=1e-10)


def test_the_error_is_the_spread_of_kappa_over_tables_drawn_at_random():
    shares = np.array([[20, 5, 3], [4, 30, 6], [2, 7, 23]]) / 100
    rng = np.random.default_rng(5)
    for weights in AgreementWeights:
        drawn = rng.multinomial(2000, shares.ravel(), 1500).reshape(-1, 3, 3)
        spread = np.std([agreement(table, weights).estimate for table in drawn])
        # The spread of 1,500 draws is itself known to 2 per cent; three times that is allowed.
        assert agreement((2000 * shares).round(), weights).standard_error == pytest.approx(spread, rel=0.06)


def test_a_kappa_worked_by_hand():
    # 35 of 50 agree; by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5
    result = agreement([[20, 5], [10, 15]])
    assert (result.observed, result.expected) == (pytest.approx(0.7), pytest.approx(0.5))
    assert result.estimate == pytest.approx(0.4)


def test_full_agreement_is_1_without_error_and_no_more_than_chance_is_0():
    full = agreement([[5, 0], [0, 7]])
    assert (full.estimate, full.ci_low, full.ci_high) == (1, 1, 1)
    assert agreement([[4, 6], [6, 9]]).estimate == pytest.approx(0)
    assert agreement([[0, 5], [5, 0]]).estimate == pytest.approx(-1)


def test_two_categories_leave_nothing_to_weight():
    plain = agreement([[20, 5], [10, 15]])
    for weights in AgreementWeights:
        assert agreement([[20, 5], [10, 15]], weights).estimate == pytest.approx(plain.estimate)


@pytest.mark.parametrize(
    ("table", "status"),
    [([[0, 0], [0, 0]], Status.NO_CASES), ([[0, 0], [0, 9]], Status.NO_VARIATION)],
)
def test_what_cannot_be_computed_says_why(table, status):
    result = agreement(table)
    assert result.status is status
    assert np.isnan([result.estimate, result.standard_error, result.ci_low, result.ci_high]).all()


@pytest.mark.parametrize("table", [[[1, 2]], [[1]], [[1, 2], [3, -1]], [[1.5, 2], [3, 1]], [1, 2]])
def test_tables_of_no_sense_are_refused(table):
    with pytest.raises(StatisticsError):
        agreement(table)


TABLES = st.integers(2, 5).flatmap(lambda k: arrays(int, (k, k), elements=st.integers(0, 9)))


@given(TABLES, st.sampled_from(AgreementWeights))
@settings(max_examples=300)
def test_any_table_has_an_answer_and_it_makes_sense(table, weights):
    result = agreement(table, weights)
    if result.status is Status.OK:
        assert -1 - 1e-12 <= result.ci_low <= result.estimate + 1e-12 <= result.ci_high + 2e-12 <= 1 + 3e-12
        # Raters may be exchanged, and ordered categories turned round; ten times the cases change no estimate.
        for other in (table.T, table[::-1, ::-1], 10 * table):
            assert agreement(other, weights).estimate == pytest.approx(result.estimate, abs=1e-12)
        wider = agreement(10 * table, weights).standard_error
        assert result.standard_error == pytest.approx(wider * np.sqrt(10), abs=1e-7)


@given(TABLES, st.randoms(use_true_random=False))
def test_unordered_categories_may_be_relabelled(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    one, other = agreement(table), agreement(table[np.ix_(order, order)])
    assert other.status is one.status
    assert other.estimate == pytest.approx(one.estimate, abs=1e-12, nan_ok=True)


def alpha_of(ratings, service=None):
    """Alpha of ratings, one row a rater and one column a unit, with None for a gap."""
    units = list(zip(*ratings, strict=True))
    names = sorted({code for unit in units for code in unit if code is not None})
    counts = [[unit.count(name) for name in names] for unit in units]
    service = service or list(range(len(units)))
    return krippendorff_alpha(counts, np.ones(len(units)), service, confidence_level=0.95)


def coded(text):
    return [None if code == "." else code for code in text.split()]


# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, University of Pennsylvania, sections A, B and C.
BINARY = [coded("0 1 0 0 0 0 0 0 1 0"), coded("1 1 1 0 0 1 0 0 0 0")]
NOMINAL = [coded("a a b b d c c c e d d a"), coded("b a b b b c c c e d d d")]
WITH_GAPS = [
    coded("1 2 3 3 2 1 4 1 2 . . ."),
    coded("1 2 3 3 2 2 4 1 2 5 . 3"),
    coded(". 3 3 3 2 3 4 2 2 5 1 ."),
    coded("1 2 3 3 2 4 4 1 2 5 1 ."),
]


@pytest.mark.parametrize(("ratings", "published"), [(BINARY, 0.095), (NOMINAL, 0.692), (WITH_GAPS, 0.743)])
def test_alphas_are_those_that_krippendorff_printed(ratings, published):
    # He prints three decimals; that no other formula hides behind them, the pairwise definition below shows.
    assert alpha_of(ratings).estimate == pytest.approx(published, abs=0.0005)


def test_units_that_one_rater_rated_are_left_out():
    found = alpha_of(WITH_GAPS)
    assert (found.n_units, found.n_services, found.df) == (11, 11, 10)
    assert found.observed == pytest.approx((7 * 1 + 3 / 6 + 3 / 6 + 0 + 1) / 11)


def pairwise_alpha(counts, units):
    """Alpha from its definition, pair by pair: observed over expected disagreement."""
    disagreeing, values = 0.0, []
    for count, times in zip(counts, units, strict=True):
        said = np.repeat(np.arange(len(count)), count)
        if len(said) > 1:
            pairs = [(a, b) for i, a in enumerate(said) for j, b in enumerate(said) if i != j]
            disagreeing += times * sum(a != b for a, b in pairs) / (len(said) - 1)
            values += [*said] * times
    size, totals = len(values), np.bincount(values)
    expected = (size**2 - np.square(totals).sum()) / (size - 1)
    return 1 - disagreeing / expected


RATED = st.tuples(st.integers(3, 12), st.integers(2, 4)).flatmap(
    lambda shape: st.tuples(
        arrays(int, shape, elements=st.integers(0, 3)),
        arrays(int, shape[:1], elements=st.integers(0, 4)),
        arrays(int, shape[:1], elements=st.integers(0, 3)),
    )
)


@given(RATED)
@settings(max_examples=150)
def test_alpha_is_its_definition_and_its_error_that_of_leaving_out_each_service(rated):
    counts, units, service = rated
    found = krippendorff_alpha(counts, units, service, confidence_level=0.95)
    used = (counts.sum(axis=1) > 1) & (units > 0)
    assert found.n_units == units[used].sum()
    if np.isnan(found.estimate):
        assert found.status in (Status.NO_CASES, Status.NO_VARIATION)
        assert (counts[used].sum(axis=0) > 0).sum() < 2
        return
    assert found.estimate == pytest.approx(pairwise_alpha(counts[used], units[used]), abs=1e-12)
    if found.status is Status.OK:
        names = np.unique(service[used])
        without = [
            pairwise_alpha(*(each[used & (service != name)] for each in (counts, units))) for name in names
        ]
        spread = sum((one - found.estimate) ** 2 for one in without)
        assert found.standard_error == pytest.approx(
            np.sqrt((len(names) - 1) / len(names) * spread), abs=1e-9
        )
        assert found.ci_low < found.estimate <= found.ci_high + 1e-12 <= 1 + 2e-12


@given(RATED, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_neither_the_order_of_patterns_nor_names_of_categories_and_services_matter(rated, random):
    counts, units, service = rated
    rows, categories = list(range(len(counts))), list(range(counts.shape[1]))
    random.shuffle(rows)
    random.shuffle(categories)
    one = krippendorff_alpha(counts, units, service, confidence_level=0.95)
    other = krippendorff_alpha(
        counts[np.ix_(rows, categories)],
        units[rows],
        [f"S{9 - service[row]}" for row in rows],
        confidence_level=0.95,
    )
    assert other.status is one.status
    for name in ("estimate", "observed", "standard_error", "ci_low", "df"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-12, nan_ok=True)


@given(arrays(int, (3, 3), elements=st.integers(0, 9)))
def test_for_two_raters_alpha_is_scotts_pi_with_a_correction_for_few_ratings(table):
    """Alpha = pi + (1 - pi) / ratings: Krippendorff (2019), chapter 12. Kappa differs, as it lets raters differ."""
    pairs = [(a, b, table[a, b]) for a in range(3) for b in range(3)]
    counts = [[(a == k) + (b == k) for k in range(3)] for a, b, _ in pairs]
    n = table.sum()
    found = krippendorff_alpha(counts, table.ravel(), np.arange(9), confidence_level=0.95)
    if np.isfinite(found.estimate):
        shares = (table.sum(axis=0) + table.sum(axis=1)) / (2 * n)
        chance = np.square(shares).sum()
        pi = (np.trace(table) / n - chance) / (1 - chance)
        assert found.estimate == pytest.approx(pi + (1 - pi) / (2 * n), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "service", "status", "estimate"),
    [
        ([[1, 0], [0, 1]], "AB", Status.NO_CASES, np.nan),
        ([[2, 0], [3, 0]], "AB", Status.NO_VARIATION, np.nan),
        ([[2, 0], [0, 2], [1, 1]], "AAA", Status.ONE_SERVICE, 4 / 9),
        ([[2, 0], [2, 0], [1, 1]], "ABC", Status.ONE_SERVICE_DECIDES, 0.0),
        ([[2, 0], [0, 2], [2, 0], [0, 2]], "AABB", Status.NO_VARIATION, 1.0),
    ],
)
def test_an_alpha_that_cannot_be_computed_says_why(counts, service, status, estimate):
    found = krippendorff_alpha(counts, np.ones(len(counts)), list(service), confidence_level=0.95)
    assert found.status is status
    assert found.estimate == pytest.approx(estimate, nan_ok=True)
    assert np.isnan([found.standard_error, found.ci_low, found.ci_high, found.df]).all()


@pytest.mark.parametrize(
    ("counts", "units", "service"),
    [
        ([2, 0], [1, 1], "AB"),
        ([[2, 0]], [1, 1], "A"),
        ([[2, 0]], [1], "AB"),
        ([[2, -1]], [1], "A"),
        ([[1.5, 1]], [1], "A"),
        ([[2, 1]], [0.5], "A"),
    ],
)
def test_ratings_of_no_sense_are_refused(counts, units, service):
    with pytest.raises(StatisticsError):
        krippendorff_alpha(counts, units, list(service), confidence_level=0.95)
