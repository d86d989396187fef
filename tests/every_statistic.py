"""Every function of the statistics room that gives a result, called on drawn tables.

Names are the module and the name of a function, and what tells two calls of it apart. `STACKED` functions take
many tables at once, along the last axis.
"""

from dataclasses import fields, replace
from functools import lru_cache

import numpy as np

from desistance.statistics import logistic, wald
from desistance.statistics.agreement import kappa, krippendorff_alpha
from desistance.statistics.association import pair_lifts
from desistance.statistics.bootstrap import (
    bootstrap_share_difference,
    bootstrap_share_slope,
    wild_bootstrap_test,
)
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.contrasts import DesignContrasts, design_contrasts, newcombe_interval
from desistance.statistics.differences import omnibus_test, share_differences
from desistance.statistics.exchangeable import exchangeable_regression
from desistance.statistics.fisher import fisher_test
from desistance.statistics.fits import linear_fit, logistic_fit
from desistance.statistics.intervals import wilson_interval
from desistance.statistics.intraclass import intraclass_correlation
from desistance.statistics.leave_one_out import leave_one_out_differences, leave_one_out_shares
from desistance.statistics.logistic import logistic_regression
from desistance.statistics.marginal_effects import average_marginal_effects
from desistance.statistics.means import clustered_means
from desistance.statistics.omnibus import omnibus_tests
from desistance.statistics.precision import (
    contrast_design_effect,
    detectable_difference,
    detectable_slope,
    difference_power,
    slope_power,
)
from desistance.statistics.proportions import clustered_proportions
from desistance.statistics.random_intercept import random_intercept_logit
from desistance.statistics.ranks import design_rank_test, kruskal_wallis_test
from desistance.statistics.robust import contrast_tests
from desistance.statistics.trends import cochran_armitage_test, mean_slope, share_slope
from desistance.statistics.variation import funnel, intraclass_interval

LEVEL = {"confidence_level": 0.95}
TEST = {"significance_level": 0.05}
N_DRAWS = 512
"""All patterns of signs of nine services, so that chance plays no part in the bootstrap."""


def generator():
    return np.random.default_rng(1)


def by_value(table):
    """Cases and weights by service, answer (no, yes) and level."""
    n_yes, n_base, weight_yes, weight_base = table.arrays
    no = np.where(n_base > n_yes, weight_base - weight_yes, 0.0)
    return np.stack([n_base - n_yes, n_yes], axis=1), np.stack([no, weight_yes], axis=1)


def pairs_with_yes(table):
    """Both, first, second and all, where a yes is the first factor and each level is the second."""
    no, yes = np.moveaxis(by_value(table)[1], 1, 0)
    all_yes, base = (each.sum(axis=1, keepdims=True) for each in (yes, no + yes))
    return [yes, np.broadcast_to(all_yes, yes.shape), no + yes, np.broadcast_to(base, yes.shape)]


def levels_last(table):
    """Cases and weights by service, table and level."""
    return [np.swapaxes(each, 1, 2) for each in table.arrays]


def levels_first(result):
    """The same with the last axis first."""
    return replace(
        result, **{one.name: np.swapaxes(getattr(result, one.name), 0, 1) for one in fields(result)}
    )


def against_reference(table):
    """Yes and base of each other level, and of the reference for each."""
    reference = np.full(len(table.others), table.reference)
    return [count[which] for which in (table.others, reference) for count in table.totals]


def pairs_of_levels(table):
    """Reference and each other level, as leaving out services asks for them."""
    reference = np.full(len(table.others), table.reference)
    return [np.stack([each[:, reference], each[:, table.others]], axis=1) for each in table.arrays]


@lru_cache(maxsize=4)
def proportions(table):
    return clustered_proportions(*table.arrays, table.design, minimum_effective_base=30, **LEVEL)


def reach(table):
    """What the precision of each difference follows from, and the error of the difference."""
    shares, pair = proportions(table), (np.full(len(table.others), table.reference), table.others)
    share, base, error = (
        [each[one] for one in pair] for each in (shares.estimate, shares.n_base, shares.standard_error)
    )
    both = np.hypot(*error)
    together = sum(shares.n_yes[one] for one in pair) / np.maximum(sum(base), 1)
    effect = contrast_design_effect(share[0], base[0], share[1], base[1], both)
    return (*base, together, effect, np.minimum(*(shares.df[one] for one in pair))), both


@lru_cache(maxsize=16)
def clustered_fit(table, make):
    """Regression on the level and the second variable from counts by service and pattern."""
    tables = (table.n_base, table.weight_base, table.weight_yes)
    n_patterns = table.n_base[0].size
    return make(table.cells.rows[:n_patterns], *(each.reshape(-1, n_patterns) for each in tables))


@lru_cache(maxsize=16)
def regression(table):
    return logistic_regression(table.cells, table.design, **LEVEL)


def level_contrasts(table):
    """Coefficient of each level but the reference."""
    return np.eye(len(table.cells.columns))[1:-1]


def last_level(table):
    """Coefficient of the level with the highest number."""
    return level_contrasts(table)[table.others == table.last][0]


def level_columns(table):
    return [column for column in regression(table).columns if column.variable == "level"]


def squares_of_levels(table):
    """Cases by level (rows) and answer turned into as many columns."""
    yes, base = table.totals
    square = np.zeros((len(base), len(base)), dtype=int)
    square[np.arange(len(base)), table.reference] = base - yes
    square[np.arange(len(base)), table.last] += yes
    return square


def codings(table):
    """How two readers coded each case: alike, yes or no, or apart where the second variable says so; by service."""
    by_answer = np.stack([table.n_base - table.n_yes, table.n_yes]).sum(axis=2)
    units = np.stack([by_answer[0, :, 0], by_answer[1, :, 0], by_answer[:, :, 1].sum(axis=0)], axis=1)
    patterns = np.tile([[2, 0], [0, 2], [1, 1]], (len(units), 1))
    return patterns, units.ravel(), np.repeat(np.arange(len(units)), 3)


def answers_to(table, calls):
    """Every result by its name; those that are several results are taken apart."""
    for name, call in calls.items():
        result = call(table)
        if isinstance(result, DesignContrasts):
            for part in fields(result):
                yield f"{name} {part.name}", levels_first(getattr(result, part.name))
        else:
            yield name, result


STACKED = {
    "intervals.wilson_interval": lambda t: wilson_interval(*t.totals, **LEVEL),
    "contrasts.newcombe_interval": lambda t: newcombe_interval(*against_reference(t), **LEVEL),
    "proportions.clustered_proportions": proportions,
    "proportions.clustered_proportions by logit": lambda t: clustered_proportions(
        *t.arrays, t.design, minimum_effective_base=0, **LEVEL
    ),
    "means.clustered_means": lambda t: clustered_means(
        t.arrays[1], t.arrays[3], t.arrays[2], t.arrays[2], t.design, **LEVEL
    ),
    "intraclass.intraclass_correlation": lambda t: intraclass_correlation(*t.counts),
    "variation.intraclass_interval": lambda t: intraclass_interval(*t.counts, method="jackknife", **LEVEL),
    "variation.intraclass_interval by F": lambda t: intraclass_interval(*t.counts, method="searle", **LEVEL),
    "leave_one_out.leave_one_out_shares": lambda t: leave_one_out_shares(*t.arrays, t.design, threshold=0.47),
    "leave_one_out.leave_one_out_differences": lambda t: leave_one_out_differences(
        *pairs_of_levels(t), t.design, **LEVEL
    ),
    "omnibus.omnibus_tests": lambda t: omnibus_tests(*levels_last(t), correction="CR2"),
    "differences.share_differences": lambda t: levels_first(
        share_differences(*levels_last(t), reference=t.reference, correction="CR2", **LEVEL)
    ),
    "differences.share_differences CR3": lambda t: levels_first(
        share_differences(*levels_last(t), reference=t.reference, correction="CR3", **LEVEL)
    ),
    "contrasts.design_contrasts": lambda t: design_contrasts(
        *levels_last(t), t.design, reference=t.reference, **LEVEL
    ),
    "association.pair_lifts": lambda t: pair_lifts(*pairs_with_yes(t), t.design, **LEVEL),
    "precision.contrast_design_effect": lambda t: reach(t)[0][3],
    "precision.detectable_difference": lambda t: detectable_difference(*reach(t)[0], power=0.8, **TEST),
    "precision.difference_power": lambda t: difference_power(0.1, *reach(t)[0], **TEST),
    "precision.detectable_slope": lambda t: detectable_slope(reach(t)[1], reach(t)[0][4], power=0.8, **TEST),
    "precision.slope_power": lambda t: slope_power(0.1, reach(t)[1], reach(t)[0][4], **TEST),
}
SINGLE = {
    "variation.funnel": lambda t: funnel(
        *(each[:, t.reference] for each in t.counts), winsorised=0.1, levels=(0.95, 0.998)
    ),
    "comparisons.pearson_test": lambda t: pearson_test(*t.totals),
    "fisher.fisher_test": lambda t: fisher_test(*t.totals),
    "comparisons.rao_scott_test": lambda t: rao_scott_test(*t.arrays, t.design),
    "differences.omnibus_test": lambda t: omnibus_test(*t.arrays, correction="CR2", method="HTZ"),
    "trends.share_slope": lambda t: share_slope(*t.arrays, scores=t.level, correction="CR2", **LEVEL),
    "trends.mean_slope": lambda t: mean_slope(
        t.arrays[1], t.arrays[3], t.arrays[2], scores=t.level, correction="CR3", **LEVEL
    ),
    "trends.cochran_armitage_test": lambda t: cochran_armitage_test(*t.totals, scores=t.level),
    "ranks.kruskal_wallis_test": lambda t: kruskal_wallis_test(by_value(t)[0].sum(axis=0)),
    "ranks.design_rank_test": lambda t: design_rank_test(*by_value(t), t.design),
    "bootstrap.bootstrap_share_difference": lambda t: bootstrap_share_difference(
        *t.arrays, reference=t.reference, subgroup=t.last, n_draws=N_DRAWS, generator=generator()
    ),
    "bootstrap.bootstrap_share_slope": lambda t: bootstrap_share_slope(
        *t.arrays, scores=t.level, n_draws=N_DRAWS, generator=generator()
    ),
    "agreement.krippendorff_alpha": lambda t: krippendorff_alpha(*codings(t), **LEVEL),
    "agreement.kappa": lambda t: kappa(squares_of_levels(t), weights="none", **LEVEL),
    "agreement.kappa quadratic": lambda t: kappa(squares_of_levels(t), weights="quadratic", **LEVEL),
}


def tests_of(make, correction):
    return lambda t: contrast_tests(
        clustered_fit(t, make),
        level_contrasts(t),
        correction=correction,
        degrees_of_freedom="satterthwaite",
        **LEVEL,
    )


def wald_of(make, method):
    return lambda t: wald.wald_test(
        clustered_fit(t, make), level_contrasts(t), correction="CR2", method=method
    )


def effects(table):
    return average_marginal_effects(regression(table), table.cells, **LEVEL)


REGRESSIONS = {
    "robust.contrast_tests linear": tests_of(linear_fit, "CR2"),
    "robust.contrast_tests linear CR1S": tests_of(linear_fit, "CR1S"),
    "robust.contrast_tests logistic": tests_of(logistic_fit, "CR2"),
    "robust.contrast_tests logistic CR3": tests_of(logistic_fit, "CR3"),
    "wald.wald_test linear": wald_of(linear_fit, "HTZ"),
    "wald.wald_test linear HTB": wald_of(linear_fit, "HTB"),
    "wald.wald_test logistic": wald_of(logistic_fit, "HTZ"),
    "wald.wald_test logistic F": wald_of(logistic_fit, "Naive-F"),
    "bootstrap.wild_bootstrap_test": lambda t: wild_bootstrap_test(
        clustered_fit(t, linear_fit), last_level(t), n_draws=N_DRAWS, generator=generator()
    ),
    "logistic.logistic_regression": regression,
    "exchangeable.exchangeable_regression": lambda t: exchangeable_regression(
        regression(t), t.cells, t.design, **LEVEL
    ),
    "logistic.wald_test": lambda t: logistic.wald_test(regression(t), level_columns(t)),
    "marginal_effects.average_marginal_effects": effects,
}
MIXED = {
    "random_intercept.random_intercept_logit": lambda t: random_intercept_logit(
        t.cells, t.design.n_services, n_points=7, **LEVEL
    )
}

_STEP = "a step of those drawn, whose results show it"
_GIVEN = "takes no table; drawn in its own file"
NOT_DRAWN = {
    **dict.fromkeys(
        (
            *("adaptive_quadrature.highest_likelihood", "adaptive_quadrature.hessian"),
            *("arrays.amounts", "arrays.check_confidence_level", "arrays.check_weights", "arrays.quotient"),
            *("arrays.counts_and_weights", "arrays.whole_counts", "arrays.yes_and_base"),
            *("comparisons.level_totals", "comparisons.table_status"),
            *("design.degrees_of_freedom", "design.score_covariance", "design.score_variance"),
            *("design.service_status", "design.stratified_design", "design.one_stratum_design"),
            *("differences.level_tables", "differences.omnibus_status", "intervals.clopper_pearson_interval"),
            *("level_shares.adjusted_levels", "level_shares.hotelling_tests", "level_shares.level_contrasts"),
            *("level_shares.level_fit", "differences.other_levels", "proportions.headline_interval"),
            *("wald_without_each.p_values_without_each", "without_each.shares_without_each"),
            *("without_each.ratios_without_each", "without_each.errors_without_each"),
            *("proportions.weighted_shares", "without_each.score_rates"),
            *("without_each.df_without_each",),
            *("differences.pair_status", "differences.share_fit"),
            *("differences.share_tables", "fits.linear_fit", "fits.logistic_fit"),
            *("intervals.effective_base", "intervals.korn_graubard_interval", "intervals.logit_interval"),
            *("intervals.t_interval", "intervals.t_quantile", "likelihood.likelihood_peak"),
            *("likelihood.may_be_separated", "logistic.influence_covariance", "logistic.t_tests"),
            *("regression_cells.design_rows", "regression_cells.level_rows", "regression_cells.score_rows"),
            *("robust.adjusted_services", "robust.covariance", "robust.projected", "robust.t_tests"),
            *("robust.rests_on_one_service", "separation.collinear_columns", "separation.separated_columns"),
            *("trends.slope_fit", "variation.funnel_limits"),
        ),
        _STEP,
    ),
    **dict.fromkeys(
        (
            *("multiplicity.holm", "multiplicity.benjamini_hochberg", "rounding.percent_half_up"),
            *("rounding.round_half_up", "rounding.round_half_up_percent"),
        ),
        _GIVEN,
    ),
}
