"""Which methods are tried in a scenario."""

from __future__ import annotations

from desistance.calibration import adjusted, methods, numbers, services
from desistance.calibration.runs import Way
from desistance.calibration.scenarios import SMALLEST, Scenario, Subject
from desistance.statistics.robust import Correction

OMNIBUS: dict[str, Way] = {"pearson": methods.pearson, "rao_scott": methods.rao_scott, "cr2_htz": methods.htz}
DIFFERENCES: dict[str, Way] = {
    "cr2": methods.difference(Correction.CR2),
    "cr3": methods.difference(Correction.CR3),
    "wild_bootstrap": methods.bootstrap,
}
TRENDS: dict[str, Way] = {
    "cochran_armitage": methods.armitage,
    "cr2_slope": methods.slope(Correction.CR2),
    "cr3_slope": methods.slope(Correction.CR3),
    "wild_bootstrap_slope": methods.bootstrap_slope,
}
CONTRASTS: dict[str, Way] = {
    "newcombe": methods.newcombe,
    "cr2": methods.difference_interval,
    "risk_ratio": methods.ratio("risk_ratio"),
    "odds_ratio": methods.ratio("odds_ratio"),
}
WAYS: dict[tuple[str, Subject], dict[str, Way]] = {
    ("test", Subject.PAIR): {
        "pearson": methods.pearson,
        "fisher": methods.fisher,
        "rao_scott": methods.rao_scott,
        **DIFFERENCES,
    },
    ("test", Subject.SUBGROUPS): OMNIBUS,
    ("test", Subject.BANDS): TRENDS | OMNIBUS,
    ("test", Subject.ONE_SUBGROUP): DIFFERENCES,
    # Differences between bands are not bootstrapped in the report.
    ("test", Subject.ONE_BAND): {name: DIFFERENCES[name] for name in ("cr2", "cr3")},
    ("test", Subject.NUMBER_BY_BAND): {
        "kruskal_wallis": numbers.kruskal_wallis,
        "cr2_mean_slope": numbers.slope,
        "design_rank": numbers.design_rank,
    },
    ("test", Subject.ADJUSTED): {"marginal_effect": adjusted.effect},
    ("test", Subject.ALIKE): {
        "random_intercept": services.random_intercept,
        "funnel_95": services.beyond_limits(0.95),
        "funnel_998": services.beyond_limits(0.998),
    },
    ("interval", Subject.SHARE): {
        "wilson": services.wilson,
        "logit_t_or_korn_graubard": services.reported,
        "logit_t": services.logit_t,
        "korn_graubard": services.korn_graubard,
    },
    ("interval", Subject.NUMBER): {"mean_t": numbers.mean},
    ("interval", Subject.LIFT): {"log_lift_t": services.lift},
    ("interval", Subject.LIKENESS): {"icc_jackknife": services.likeness},
    ("interval", Subject.PAIR): CONTRASTS,
    ("interval", Subject.ONE_SUBGROUP): CONTRASTS,
    ("interval", Subject.ONE_BAND): CONTRASTS,
    ("interval", Subject.BANDS): {"cr2_slope": methods.slope_interval},
    ("interval", Subject.NUMBER_BY_BAND): {"cr2_mean_slope": numbers.slope_interval},
    ("interval", Subject.ADJUSTED): {"marginal_effect": adjusted.effect_interval},
}


def ways(scenario: Scenario) -> dict[str, Way]:
    """Methods by name.

    Fisher's test over three or more subgroups is tried on the smallest base alone: the report uses it where an
    expected count is under 5, and on large tables it takes a hundred times as long as all others together.
    """
    found = WAYS[scenario.quantity, scenario.subject]
    exact = scenario.base == SMALLEST and scenario.subject in (Subject.SUBGROUPS, Subject.BANDS)
    return found | {"fisher": methods.fisher} if exact and scenario.quantity == "test" else found
