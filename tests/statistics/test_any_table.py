"""Tables drawn at random, through every function of the room that takes counts of services by subgroups.

What is promised of all of them is tested on the same tables: known statuses, numbers within their bounds, and no
part played by the order of services and subgroups, the names of strata or the unit of weights. Functions that have
hundreds of random tables in their own file are not repeated. Warnings are errors in all tests.
"""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desistance.statistics.bootstrap import bootstrap_share_difference
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.contrasts import design_contrasts, newcombe_interval
from desistance.statistics.design import stratified_design
from desistance.statistics.differences import omnibus_test, share_differences
from desistance.statistics.fisher import fisher_test
from desistance.statistics.intervals import wilson_interval
from desistance.statistics.intraclass import intraclass_correlation
from desistance.statistics.means import clustered_means
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.ranks import design_rank_test, kruskal_wallis_test
from desistance.statistics.status import IntervalMethod, Status
from desistance.statistics.trends import cochran_armitage_test, mean_slope, share_slope
from desistance.statistics.variation import funnel

LEVEL = 0.95
N_LEVELS = 3
SCORES = [0, 1, 2]
# Shares: their intervals lie in [0, 1]. Differences of shares have estimates in [-1, 1]; ratios are 0 or more.
SHARES = {"proportions", "wilson"}
DIFFERENCES = {"share_differences", "design.difference", "newcombe"}
RATIOS = {"design.risk_ratio", "design.odds_ratio"}
# Probabilities, wherever they occur.
PROBABILITIES = {"p_value", "smallest_p_value", "cramers_v", "mean_rank", "target"}
POSITIVE = {"standard_error", "df", "df1", "df2", "design_effect", "n_effective", "dispersion"}
STATUSES, METHODS = frozenset(Status), frozenset(IntervalMethod)


@dataclasses.dataclass(frozen=True)
class Table:
    """Counts and weights of services by subgroups, and the stratum and population size of each service."""

    n_yes: np.ndarray
    n_base: np.ndarray
    weight: np.ndarray
    """Of every case of a service, shape (n_services, 1)."""
    stratum: np.ndarray
    size: np.ndarray

    @property
    def arrays(self):
        return self.n_yes, self.n_base, self.n_yes * self.weight, self.n_base * self.weight

    @property
    def design(self):
        return stratified_design(self.stratum, self.size)

    def reordered(self, order):
        fields = (getattr(self, field.name) for field in dataclasses.fields(self))
        return Table(*(values[order] for values in fields))


@st.composite
def tables(draw):
    """Up to nine services in up to two strata; subgroups may be empty, all yes, all no or in one service."""
    n = draw(st.integers(1, 9))
    base = draw(
        arrays(np.int64, (n, N_LEVELS), elements=st.integers(0, draw(st.sampled_from([1, 3, 12, 60]))))
    )
    by_level = draw(
        st.sampled_from([[0, 0, 0], [1, 1, 1], [0.5] * 3, [0.2, 0.5, 0.9], [0.6, 1, 0], [0.3, 0.4, 1]])
    )
    by_service = draw(st.sampled_from([[1], [1, 0], [1, 0.8, 0.5], [0.3, 1, 1, 0.7], [0.9, 0.1, 0.4, 1, 0]]))
    share = np.outer(np.resize(by_service, n), by_level)
    weight = np.resize(draw(st.sampled_from([[1.0], [2.0, 0.5, 3.25]])), (n, 1))
    stratum = (np.arange(n) < draw(st.integers(0, n))).astype(np.int64)
    sizes = draw(st.sampled_from([[np.nan, np.nan], [20.0, np.nan], [9.0, 12.0]]))
    return Table(np.rint(base * share).astype(np.int64), base, weight, stratum, np.array(sizes)[stratum])


def survey_answers(table):
    """Result of every function that takes weights, by name."""
    design, weighted = table.design, table.arrays
    n_yes, n_base, weight_yes, weight_base = weighted
    contrasts = design_contrasts(*weighted, design, reference=0, confidence_level=LEVEL)
    by_value = np.stack([n_base - n_yes, n_yes], axis=1)
    return {
        "proportions": clustered_proportions(
            *weighted, design, confidence_level=LEVEL, minimum_effective_base=30
        ),
        "means": clustered_means(n_base, weight_base, weight_yes, weight_yes, design, confidence_level=LEVEL),
        "rao_scott": rao_scott_test(*weighted, design),
        "share_differences": share_differences(
            *weighted, reference=0, correction="CR2", confidence_level=LEVEL
        ),
        "omnibus": omnibus_test(*weighted, correction="CR2", method="HTZ"),
        "design.difference": contrasts.difference,
        "design.risk_ratio": contrasts.risk_ratio,
        "design.odds_ratio": contrasts.odds_ratio,
        "share_slope": share_slope(*weighted, scores=SCORES, correction="CR2", confidence_level=LEVEL),
        "mean_slope": mean_slope(
            n_base, weight_base, weight_yes, scores=SCORES, correction="CR3", confidence_level=LEVEL
        ),
        "design_rank": design_rank_test(by_value, by_value * table.weight[:, :, None], design),
        "bootstrap": bootstrap_share_difference(
            *weighted, reference=0, subgroup=1, n_draws=512, generator=np.random.default_rng(1)
        ),
    }


def plain_answers(table):
    """Result of every function that takes counts alone, by name."""
    n_yes, n_base = table.n_yes, table.n_base
    yes, base = n_yes.sum(axis=0), n_base.sum(axis=0)
    return {
        "wilson": wilson_interval(yes, base, confidence_level=LEVEL),
        "newcombe": newcombe_interval(yes[1:], base[1:], yes[0], base[0], confidence_level=LEVEL),
        "intraclass": intraclass_correlation(n_yes, n_base),
        "funnel": funnel(n_yes[:, 0], n_base[:, 0], winsorised=0.1, levels=(0.95, 0.998)),
        "pearson": pearson_test(yes, base),
        "fisher": fisher_test(yes, base),
        "cochran_armitage": cochran_armitage_test(yes, base, scores=SCORES),
        "kruskal_wallis": kruskal_wallis_test(np.stack([base - yes, yes])),
    }


def answers(table):
    """Result of every function by name."""
    return survey_answers(table) | plain_answers(table)


def numbers(result):
    """Every number of a result by its name, as an array of floats."""
    fields = {field.name: np.asarray(getattr(result, field.name)) for field in dataclasses.fields(result)}
    return {name: values.astype(float) for name, values in fields.items() if values.dtype.kind in "biuf"}


def same(name, one, other):
    """Whether two results agree up to rounding, statuses included."""
    if hasattr(one, "status"):
        assert np.array_equal(one.status, other.status), name
    again = numbers(other)
    for field, values in numbers(one).items():
        assert np.allclose(again[field], values, rtol=1e-5, atol=1e-7, equal_nan=True), (name, field)


@given(tables())
@settings(max_examples=1000)
def test_statuses_are_known_and_numbers_within_their_bounds(table):
    for name, result in answers(table).items():
        assert set(np.ravel(getattr(result, "status", "ok")).tolist()) <= STATUSES, name
        assert set(np.ravel(getattr(result, "interval", "none")).tolist()) <= METHODS, name
        values = numbers(result)
        assert not np.isinf(np.concatenate([each.ravel() for each in values.values()])).any(), name
        for field in PROBABILITIES & values.keys():
            assert not ((values[field] < -1e-12) | (values[field] > 1 + 1e-12)).any(), (name, field)
        for field in POSITIVE & values.keys():
            assert not (values[field] < 0).any(), (name, field)
        if "ci_low" in values:
            check_interval(name, values)


def check_interval(name, values):
    """Intervals are around the estimate, and those of shares inside [0, 1]."""
    low, high = values["ci_low"], values["ci_high"]
    estimate = values.get("estimate", (low + high) / 2)
    assert np.array_equal(np.isnan(low), np.isnan(high)), name
    assert not ((low > estimate + 1e-9) | (high < estimate - 1e-9)).any(), name
    if name in SHARES:
        assert not ((low < 0) | (high > 1) | (estimate < 0) | (estimate > 1)).any(), name
    if name in DIFFERENCES:
        assert not (np.abs(estimate) > 1 + 1e-12).any(), name
    if name in RATIOS:
        assert not (low < 0).any(), name
        assert not (estimate < 0).any(), name


@given(tables(), st.randoms(use_true_random=False))
@settings(max_examples=400)
def test_order_of_services_does_not_matter(table, random):
    order = list(range(len(table.n_base)))
    random.shuffle(order)
    other = answers(table.reordered(order))
    for name, one in answers(table).items():
        same(name, one, other[name])


@given(tables(), st.sampled_from([0.125, 7.0, 1e4]))
@settings(max_examples=300)
def test_the_names_of_strata_and_the_unit_of_weights_do_not_matter(table, unit):
    names = np.array(["south", "north"])[table.stratum]
    other = survey_answers(dataclasses.replace(table, stratum=names, weight=table.weight * unit))
    for name, one in survey_answers(table).items():
        same(name, one, other[name])


BY_LEVEL = SHARES | {"means", "intraclass"}
BY_OTHER_LEVEL = DIFFERENCES | RATIOS
OVER_LEVELS = {"pearson", "fisher", "rao_scott", "omnibus", "kruskal_wallis"}


@given(tables())
@settings(max_examples=300)
def test_the_order_of_subgroups_does_not_matter(table):
    swapped = dataclasses.replace(table, n_yes=table.n_yes[:, [0, 2, 1]], n_base=table.n_base[:, [0, 2, 1]])
    one, other = answers(table), answers(swapped)
    for name in BY_LEVEL | BY_OTHER_LEVEL:
        order = [0, 2, 1] if name in BY_LEVEL else [1, 0]
        fields = [field.name for field in dataclasses.fields(other[name])]
        turned = {field: getattr(other[name], field)[..., order] for field in fields}
        same(name, one[name], dataclasses.replace(other[name], **turned))
    for name in OVER_LEVELS:
        same(name, one[name], other[name])
