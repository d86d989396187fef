"""What every result of the statistics room must be: whole or with a reason, within bounds, blind to names and order.

A result is looked at field by field; names of results are those of `every_statistic`.
"""

from dataclasses import dataclass, fields, is_dataclass

import numpy as np

from desistance.statistics.logistic import WITH_ERRORS
from desistance.statistics.status import IntervalMethod, Status
from every_statistic import answers_to

EVERY, METHODS = frozenset(Status), frozenset(IntervalMethod)
FULL = frozenset({Status.OK, Status.LONELY_STRATUM})
"""Statuses that come with every number."""
NOT_COMPARABLE = {Status.NO_CASES, Status.ONE_LEVEL}
UNKNOWN = {Status.COLLINEAR, Status.SEPARATED, Status.NOT_CONVERGED}
NO_FIT = UNKNOWN | {Status.NO_CASES, Status.ALL_YES, Status.ALL_NO}
NO_LIKENESS = {Status.ONE_SERVICE, Status.ONE_CASE_EACH}
"""Nothing is known of how alike cases of a service are."""
CONTRAST = {
    "estimate": EVERY - NOT_COMPARABLE - UNKNOWN,
    "standard_error": FULL | {Status.NO_VARIATION},
}
CASES = EVERY - {Status.NO_CASES}
MIXED_FIT = dict.fromkeys(
    (
        *("estimate", "standard_error", "ci_low", "ci_high", "sd", "latent_icc", "log_likelihood"),
        *("variance_statistic", "variance_p_value"),
    ),
    FULL | {Status.NO_VARIATION},
)
GIVEN = {
    "proportions.clustered_proportions": {
        "estimate": CASES,
        "df": CASES,
        "standard_error": FULL | {Status.FULLY_INSPECTED},
    },
    "means.clustered_means": {
        "estimate": CASES,
        "df": CASES,
        "standard_error": FULL | {Status.FULLY_INSPECTED, Status.NO_VARIATION},
    },
    "variation.funnel": {"target": CASES},
    "differences.share_differences": CONTRAST,
    "contrasts.design_contrasts difference": CONTRAST,
    "robust.contrast_tests": CONTRAST,
    "trends.share_slope": CONTRAST,
    "trends.mean_slope": CONTRAST,
    "association.pair_lifts": {
        "n_both": EVERY,
        "n_base": EVERY,
        "n_expected": CASES,
        "estimate": CASES - {Status.FACTOR_ABSENT},
        "df": CASES,
    },
    "agreement.krippendorff_alpha": {
        "observed": CASES,
        "estimate": FULL | {Status.ONE_SERVICE, Status.ONE_SERVICE_DECIDES},
    },
    "agreement.kappa": {"observed": CASES, "expected": CASES},
    "random_intercept.random_intercept_logit": MIXED_FIT,
}
"""Statuses with which a number comes; those of a name without an entry come with `FULL` alone."""
AT_TIMES = {
    # Shares of 0 and 1 have no design effect, nor has a mean that varies in no case or in no service.
    "proportions.clustered_proportions": {"design_effect"},
    "means.clustered_means": {"design_effect"},
    # The status of an interval may be that of its estimate, which is then not there either.
    "variation.intraclass_interval": {"estimate"},
    # Ratios are given wherever they can be computed.
    "contrasts.design_contrasts risk_ratio": {"estimate", "standard_error"},
    "contrasts.design_contrasts odds_ratio": {"estimate", "standard_error"},
    # Its status is the same whether all ratings are the same or services agree on how much they differ.
    "agreement.krippendorff_alpha": {"estimate"},
    # Subgroups without cases have no mean rank.
    "ranks.design_rank_test": {"mean_rank"},
    # The status is that of the fit, which may be about other columns.
    "logistic.wald_test": {"statistic", "df1", "df2", "p_value"},
    # One direction may be out of reach.
    "precision.detectable_difference": {"increase", "decrease"},
    # No error of a standard deviation of 0; nothing of services without cases.
    "random_intercept.random_intercept_logit": {
        *("sd_standard_error", "observed_share", "shrunken_share", "shrunken_low", "shrunken_high"),
        *("service_effect", "service_effect_sd"),
    },
}
"""Numbers whose absence a status does not foretell by itself; what is known of them is tested by name."""

SHARES = {
    "intervals.wilson_interval",
    "proportions.clustered_proportions",
    "means.clustered_means",
    "leave_one_out.leave_one_out_shares",
}
DIFFERENCES = {
    "contrasts.newcombe_interval",
    "differences.share_differences",
    "contrasts.design_contrasts difference",
    "leave_one_out.leave_one_out_differences",
    "marginal_effects.average_marginal_effects",
}
RATIOS = {
    "contrasts.design_contrasts risk_ratio",
    "contrasts.design_contrasts odds_ratio",
    "association.pair_lifts",
}
WITHIN_0_AND_1 = {
    *("p_value", "smallest_p_value", "variance_p_value", "cramers_v", "mean_rank", "target", "latent_icc"),
    *("observed", "expected", "observed_share", "shrunken_share", "shrunken_low", "shrunken_high"),
}
AT_LEAST_0 = {
    *(
        "standard_error",
        "log_standard_error",
        "design_effect",
        "n_effective",
        "dispersion",
        "sd",
        "chi_square",
    ),
    *("sd_standard_error", "service_effect_sd", "variance_statistic", "smallest_expected"),
}
ABOVE_0 = {"df", "df1", "df2"}
ROUNDING = 1e-9


def function_of(name):
    """The name without what tells two calls of a function apart."""
    return name.split()[0]


def entry(table, name, default):
    """Entry of the name itself, or of its function."""
    return table.get(name, table.get(function_of(name), default))


def among(names, name):
    return name in names or function_of(name) in names


def numbers(result):
    """Numbers of a result that may be missing, by name; an array alone has the name `value`."""
    if not is_dataclass(result):
        return {"value": np.asarray(result)}
    values = {field.name: np.asarray(getattr(result, field.name)) for field in fields(result)}
    return {name: value for name, value in values.items() if value.dtype.kind == "f" and name != "levels"}


def check(name, result):
    """All laws of one result."""
    assert set(np.ravel(getattr(result, "status", Status.OK)).tolist()) <= EVERY, name
    found = numbers(result)
    for field, value in found.items():
        assert not np.isinf(value).any(), (name, field)
    check_whole(name, result, found)
    check_bounds(name, result, found)
    if "ci_low" in found:
        check_interval(name, found)
    if "smallest_p_value" in found:
        assert not (found["p_value"] < found["smallest_p_value"]).any(), (name, result)


def check_whole(name, result, found):
    """A number is there if and only if its status says so; no number stands for another."""
    if not hasattr(result, "status"):
        return
    if hasattr(result, "influence") or hasattr(result, "gradient"):
        check_columns(name, result, found)
        return
    given, at_times = entry(GIVEN, name, {}), entry(AT_TIMES, name, set())
    for field in found.keys() - at_times:
        there = status_among(result.status, given.get(field, FULL))
        assert (np.isfinite(found[field]) == there).all(), (name, field, result.status, found[field])
    if hasattr(result, "interval"):
        assert set(result.interval.ravel().tolist()) <= METHODS, name
        assert ((result.interval == IntervalMethod.NONE) == np.isnan(found["ci_low"])).all(), name


def status_among(status, some):
    """Whether each status is one of some."""
    return status in some if isinstance(status, str) else np.isin(status, list(some))


def check_columns(name, result, found):
    """A regression: estimates unless there is no fit, and errors of all columns that the status is not about."""
    without = NO_FIT | NO_LIKENESS if function_of(name) == "exchangeable.exchangeable_regression" else NO_FIT
    fitted = result.status not in without
    certain = [
        result.status in WITH_ERRORS and column not in result.named_columns for column in result.columns
    ]
    for field in ("standard_error", "df", "statistic", "p_value", "ci_low", "ci_high"):
        assert (np.isfinite(found[field]) == certain).all(), (name, field, result.status)
    assert (np.isfinite(found["estimate"]) == fitted).all(), (name, result.status)
    assert bool(result.named_columns) == (result.status in ABOUT_COLUMNS), (name, result.status)


ABOUT_COLUMNS = {Status.COLLINEAR, Status.SEPARATED, Status.ONE_SERVICE_DECIDES, Status.NO_VARIATION}


def check_bounds(name, result, found):
    for field, value in found.items():
        if field in WITHIN_0_AND_1:
            assert not ((value < -1e-12) | (value > 1 + 1e-12)).any(), (name, field, value)
        if field in AT_LEAST_0:
            assert not (value < 0).any(), (name, field, value)
        if field in ABOVE_0:
            tested = status_among(getattr(result, "status", "ok"), FULL) & np.isfinite(value)
            assert (np.where(tested, value, 1.0) > 0).all(), (name, field, value)
            assert not (value < 0).any(), (name, field, value)


def check_interval(name, found):
    """Both ends or none, around the estimate and within what can be."""
    low, high = found["ci_low"], found["ci_high"]
    estimate = found.get("estimate", (low + high) / 2)
    assert np.array_equal(np.isnan(low), np.isnan(high)), name
    slack = ROUNDING * np.maximum(1.0, np.abs(estimate))
    assert not ((low > estimate + slack) | (high < estimate - slack)).any(), (name, low, estimate, high)
    if among(SHARES - {"means.clustered_means"}, name):
        assert not ((low < 0) | (high > 1)).any(), (name, low, high)
    if among(SHARES, name):
        assert not ((estimate < 0) | (estimate > 1 + ROUNDING)).any(), (name, estimate)
    if among(DIFFERENCES, name):
        assert not (np.abs(estimate) > 1 + ROUNDING).any(), (name, estimate)
    if among(RATIOS, name):
        assert not ((low <= 0) | (estimate < 0)).any(), (name, low, estimate)


KINDS = frozenset({"services", "strata", "unit", "levels", "answers"})
"""What must not matter: order of services, names of strata, unit of weights, order of levels, which answer is yes."""


@dataclass(frozen=True, eq=False)
class Turn:
    """What is done to a table, and must not matter."""

    kinds: frozenset
    services: np.ndarray
    levels: np.ndarray
    unit: float

    def of(self, table):
        table = table.with_services(self.services).with_levels(self.levels).with_unit(self.unit)
        table = table.with_other_names() if "strata" in self.kinds else table
        return table.with_yes_and_no_swapped() if "answers" in self.kinds else table

    def only(self, kinds):
        """The part of it that is of some kinds."""
        return Turn(
            self.kinds & kinds,
            self.services if "services" in kinds else np.arange(len(self.services)),
            self.levels if "levels" in kinds else np.arange(len(self.levels)),
            self.unit if "unit" in kinds else 1.0,
        )


def drawn_turn(random, table):
    services, levels = (random.permutation(len(each)) for each in (table.stratum, table.level))
    return Turn(KINDS, services, levels, float(random.choice([0.125, 7.0, 1e4])))


BY_LEVEL = SHARES | {
    *("intraclass.intraclass_correlation", "variation.intraclass_interval", "association.pair_lifts")
}
BY_OTHER_LEVEL = {
    *("contrasts.newcombe_interval", "leave_one_out.leave_one_out_differences", "contrasts.design_contrasts"),
    *("differences.share_differences", "robust.contrast_tests", "precision.contrast_design_effect"),
    *("precision.detectable_difference", "precision.difference_power", "precision.detectable_slope"),
    "precision.slope_power",
}
NEGATED = DIFFERENCES | {
    *("trends.share_slope", "trends.mean_slope", "robust.contrast_tests", "logistic.logistic_regression"),
    "exchangeable.exchangeable_regression",
    *("bootstrap.bootstrap_share_difference", "bootstrap.bootstrap_share_slope"),
    *("bootstrap.wild_bootstrap_test", "random_intercept.random_intercept_logit"),
}
# Yes is not no for these: who has a factor and who has not; how much a share is of another; one way up.
OF_YES = {
    *("association.pair_lifts", "contrasts.design_contrasts risk_ratio", "agreement.kappa"),
    "precision.difference_power",
}
# Categories further apart are more different, so their order is no mere name.
OF_ORDER = {"agreement.kappa quadratic"}
SWAPPED = {Status.ALL_YES: Status.ALL_NO, Status.ALL_NO: Status.ALL_YES}


def order_of_levels(name, table):
    """Positions along the first axis in the order of the numbers of the levels; None where that is not levels."""
    if among(BY_LEVEL, name):
        return np.argsort(table.level)
    return np.argsort(table.level[table.others]) if among(BY_OTHER_LEVEL, name) else None


def plain(name, result, table, turn):
    """Fields of a result as they would be for the table before it was turned."""
    values, order = fields_of(result), order_of_levels(name, table)
    if "correlation" in values and result.status is Status.NOT_CONVERGED:
        del values["correlation"], values["dispersion"]  # the last ones looked at, on the way to nowhere
    if order is not None:
        values = {field: value[order] for field, value in values.items()}
    if name == "ranks.design_rank_test":
        values["mean_rank"] = values["mean_rank"][np.argsort(table.level)]
    if hasattr(result, "columns"):
        order_columns(result, values)
    if name == "contrasts.design_contrasts odds_ratio":
        # An estimate of 0 turns into one that cannot be given.
        values["estimate"] = np.where(np.isnan(values["ci_low"]), np.nan, values["estimate"])
    back = np.argsort(turn.services)
    for field in SERVICE_FIELDS & values.keys():
        values[field] = values[field][back]
    if name == "association.pair_lifts":
        for field in ("n_both", "n_expected", "n_base"):
            values[field] = values[field] / turn.unit
    return swapped(name, values) if "answers" in turn.kinds else values


SERVICE_FIELDS = {
    *("influence", "observed_share", "shrunken_share", "shrunken_low", "shrunken_high"),
    *("service_effect", "service_effect_sd"),
}


def fields_of(result):
    """Numbers and statuses of a result as arrays."""
    if not is_dataclass(result):
        return {"value": np.asarray(result)}
    values = {field.name: np.asarray(getattr(result, field.name)) for field in fields(result)}
    return {name: value for name, value in values.items() if name not in {"columns", "named_columns"}}


def order_columns(result, values):
    """Put what a regression says of its columns into the order of their names."""
    every = [column.name for column in result.columns]
    order = np.argsort(every)
    for field in ("estimate", "standard_error", "df", "statistic", "p_value", "ci_low", "ci_high"):
        if field in values:
            values[field] = values[field][order]
    if "covariance" in values:
        values["covariance"] = values["covariance"][np.ix_(order, order)]
    if "influence" in values:
        values["influence"] = values["influence"][:, order]
    # The contrast of each effect is tested with the columns of its own fit.
    values.pop("gradient", None)
    if result.status is not Status.COLLINEAR:  # which of them is too many depends on the order
        named = {column.name for column in result.named_columns}
        values["named_columns"] = np.array([name in named for name in sorted(every)])


def swapped(name, values):
    """The same with yes for no."""
    if "status" in values:
        values["status"] = np.array(
            [str(SWAPPED.get(each, each)) for each in values["status"].ravel()], dtype=str
        ).reshape(values["status"].shape)
    if "n_yes" in values:
        values["n_yes"] = values["n_base"] - values["n_yes"]
    if name == "precision.detectable_difference":
        values["increase"], values["decrease"] = -values["decrease"], -values["increase"]
    if name == "leave_one_out.leave_one_out_shares":
        del values["n_changing_verdict"]  # at the threshold counts as above it
    turned = complement if among(SHARES | {"variation.funnel"}, name) else np.negative
    if name == "contrasts.design_contrasts odds_ratio":
        turned = np.reciprocal
    if among(SHARES | NEGATED, name) or turned is np.reciprocal or name == "variation.funnel":
        for low, high in (("ci_low", "ci_high"), ("lowest", "highest")):
            if low in values:
                values[low], values[high] = turned(values[high]), turned(values[low])
        for field in {"estimate", "target"} & values.keys():
            values[field] = turned(values[field])
        for field in {"statistic", "service_effect", "influence"} & values.keys():
            values[field] = -values[field]
    if name == "trends.cochran_armitage_test":
        values["estimate"] = -values["estimate"]
    if name == "ranks.design_rank_test":
        values["mean_rank"] = complement(values["mean_rank"])
    if "shrunken_low" in values:
        for field in ("observed_share", "shrunken_share"):
            values[field] = complement(values[field])
        values["shrunken_low"], values["shrunken_high"] = (
            complement(values[field]) for field in ("shrunken_high", "shrunken_low")
        )
    return values


def complement(share):
    return 1 - share


def first_difference(one, other):
    """A field in which two results differ by more than rounding, or None."""
    both = sorted(one.keys() & other.keys())
    floats = [field for field in both if one[field].dtype.kind == "f"]
    together = [np.concatenate([each[field].ravel() for field in floats] or [[]]) for each in (one, other)]
    if close(*together) and all((one[field] == other[field]).all() for field in both if field not in floats):
        return None
    equal = {True: close, False: np.array_equal}
    wrong = next(field for field in both if not equal[field in floats](one[field], other[field]))
    return wrong, one[wrong], other[wrong]


def close(one, other):
    """Equal up to rounding."""
    both_missing = np.isnan(one) & np.isnan(other)
    return (both_missing | (np.abs(one - other) <= 1e-7 + 1e-5 * np.abs(one))).all()


def blind_to(name):
    """Kinds of turns that a result is blind to."""
    if name in OF_ORDER:
        return KINDS - {"answers", "levels"}
    return KINDS - {"answers"} if among(OF_YES, name) else KINDS


def differences(table, calls, turn, before):
    """Results, by name, that differ from those before when a table is turned, with what differs."""
    turned, still = turn.of(table), turn.only(frozenset())
    for name, after in answers_to(turned, calls):
        if turn.kinds <= blind_to(name):
            found = first_difference(
                plain(name, before[name], table, still), plain(name, after, turned, turn)
            )
            if found:
                yield name, found


def check_laws(table, calls, random):
    """All laws of all results: each by itself, and that nothing hangs on any turn that a result is blind to.

    A table is turned in every way at once. Where that changes a result, each way is tried by itself.
    """
    before = dict(answers_to(table, calls))
    for name, result in before.items():
        check(name, result)
    turn = drawn_turn(random, table)
    by_kinds = {}
    for name, call in calls.items():
        for kinds in {blind_to(each) for each in (name, *PARTS.get(name, ()))}:
            by_kinds.setdefault(kinds, {})[name] = call
    for kinds, some in by_kinds.items():
        wrong = {name for name, _ in differences(table, some, turn.only(kinds), before)}
        if wrong:
            raise AssertionError("\n".join(account(table, some, turn.only(kinds), before, wrong)))


PARTS = {"contrasts.design_contrasts": ("contrasts.design_contrasts risk_ratio",)}


def account(table, calls, turn, before, wrong):
    """What changes by each way of turning a table alone, and by all together."""
    yield f"{table}"
    for each in (*(turn.only(frozenset({kind})) for kind in sorted(turn.kinds)), turn):
        for name, (field, was, now) in differences(table, calls, each, before):
            if name in wrong:
                yield f"{name}: {field} was {was} and is {now} with other {', '.join(sorted(each.kinds))}"
