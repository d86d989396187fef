"""How a rate is read: what methods are called, what part each has in the report, and its band."""

from __future__ import annotations

import math

WORDS = {
    "pearson": "Pearson chi-square",
    "fisher": "Fisher's exact test",
    "rao_scott": "Rao-Scott F",
    "cr2": "CR2, Satterthwaite",
    "cr2_htz": "CR2, HTZ",
    "cr3": "CR3 jackknife",
    "wild_bootstrap": "Wild cluster bootstrap",
    "cochran_armitage": "Cochran-Armitage",
    "cr2_slope": "Slope, CR2",
    "cr3_slope": "Slope, CR3 jackknife",
    "wild_bootstrap_slope": "Slope, wild bootstrap",
    "kruskal_wallis": "Kruskal-Wallis",
    "design_rank": "Design-based rank test",
    "cr2_mean_slope": "Slope of the mean, CR2",
    "marginal_effect": "Average marginal effect",
    "newcombe": "Newcombe",
    "risk_ratio": "Risk ratio, design-based",
    "odds_ratio": "Odds ratio, design-based",
    "wilson": "Wilson",
    "logit_t_or_korn_graubard": "As in the report",
    "logit_t": "Logit-t",
    "korn_graubard": "Korn-Graubard",
    "mean_t": "Mean, t",
    "log_lift_t": "Lift, t of its logarithm",
    "icc_jackknife": "ICC, jackknife of log F",
    "random_intercept": "Random intercept",
    "funnel_95": "Funnel, 95 % limits",
    "funnel_998": "Funnel, 99.8 % limits",
}
# Seeds are made of the names of breakdowns, so what these two are about is said here.
ABOUT = {name: f"share of {name}" for name in ("everyone", "one subgroup")}
PUBLISHED = {"pearson", "fisher", "cochran_armitage", "kruskal_wallis", "newcombe", "wilson"}
HEADLINE = {"cr2", "cr2_htz", "cr2_slope", "logit_t_or_korn_graubard", "mean_t", "cr2_mean_slope"}
OF_SUBGROUPS = {"cr2", "cr2_htz"}
ONLY = {"marginal_effect", "log_lift_t", "icc_jackknife", "random_intercept", "funnel_95", "funnel_998"}

# A rate is within its band from the first to the second multiple of the nominal rate of error: 4 to 7 per
# cent for tests at 5 per cent, 93 to 97 per cent for intervals at 95.
BANDS = {"test": (0.8, 1.4), "interval": (0.6, 1.4)}
VERDICTS = ("within", "too often", "too seldom")


def role(method: str, quantity: str, *, ordered: bool) -> str:
    """Part of a method in the report: headline; published or ignores services; only (the one there is); beside.

    For ordered bands the headline is the slope; tests over all bands, and of one against another, stand beside it.
    """
    if method in PUBLISHED:
        return "published" if quantity == "test" else "ignores services"
    if method in ONLY:
        return "only"
    return "headline" if method in HEADLINE and not (ordered and method in OF_SUBGROUPS) else "beside"


def band(quantity: str, nominal: float) -> tuple[float, float]:
    """Lowest and highest rate within the band around a nominal level.

    >>> band("test", 0.05), band("interval", 0.95)
    ((0.04, 0.07), (0.93, 0.97))
    """
    error = nominal if quantity == "test" else 1 - nominal
    ends = (factor * error if quantity == "test" else 1 - factor * error for factor in BANDS[quantity])
    low, high = sorted(round(end, 12) for end in ends)
    return low, high


def verdict(rate: float, quantity: str, nominal: float) -> str:
    """Whether a rate is within its band, or the test rejects (the interval holds) too often or too seldom.

    >>> verdict(0.07, "test", 0.05), verdict(0.071, "test", 0.05), verdict(0.92, "interval", 0.95)
    ('within', 'too often', 'too seldom')
    """
    if math.isnan(rate):
        return "no answer"
    low, high = band(quantity, nominal)
    return VERDICTS[int(rate > high) + 2 * int(rate < low)]
