"""How much services differ in each item, beyond chance and never by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from desistance.findings.design import service_design
from desistance.findings.tables import FUNNEL_COLUMNS, VARIATION_COLUMNS
from desistance.settings import Inference
from desistance.statistics.leave_one_out import leave_one_out_shares
from desistance.statistics.random_intercept import RandomIntercept, random_intercept_logit
from desistance.statistics.regression_cells import RegressionCells, design_rows
from desistance.statistics.status import Status
from desistance.statistics.variation import IccInterval, intraclass_interval
from desistance.statistics.variation import funnel as funnel_plot
from desistance.study import Item, Study
from desistance.tallies import Tally, service_counts

# For services of the usual size more points change the sixth digit at most.
QUADRATURE_POINTS = 15
# Of many services with many cases each the posterior is so narrow that as few say the same, in a fraction of the time.
FEWER_POINTS, MANY_SERVICES, MANY_CASES = 7, 1_000, 100
LIMITS = (0.95, 0.998)
# Of the z-scores at each end, as in the source of the over-dispersion factor.
WINSORISED = 0.1
# Of more services no point can be told from another in a figure, and each would have to be guarded.
MOST_POINTS = 2_000


def variation(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """One row an item: how much services differ, and whether its share hangs on one of them.

    `icc` is the correlation of two cases of one service, with a jackknife interval; `service_sd` is the standard
    deviation of services' log odds in a random-intercept logit, `latent_icc` the likeness that follows from it
    and `p_value` the one-sided test that it is 0. `overdispersion` is how much further than chance services
    stand from the share of all (1: not at all), with a tenth of z-scores at each end drawn in. `n_outside_95`
    and `n_outside_998` count services beyond the plain exact limits: the binomial probability of as many yes or
    more, or of as many or fewer, is under half of 5 or 0.2 per cent. They are not widened by the factor, so where
    it is well above 1 many are outside and none of them stands out. `shrunken_lowest` and `shrunken_highest` are
    the ends of the services' shrunken shares, `left_out_lowest` and `left_out_highest` those of the share of all
    with each service left out in turn.

    `estimate` and the shares without a service are weighted where the study has weights; all else counts each
    case once. `n_services` are those with a case in the base. `status` is "ok" where every number is there;
    otherwise it says why some are empty. Where services differ by no more than chance, `service_sd` is 0.

    Items that put answers of others together are left out: several answers are of one case, and a likeness of cases,
    a random intercept and exact limits take each answer for a case of its own.
    """
    counts = service_counts(tally, study, None)
    own = _of_cases(counts.items)
    items = [counts.items[number] for number in own]
    yes, base = counts.n_yes[:, own, 0], counts.n_base[:, own, 0]
    icc = intraclass_interval(
        yes, base, method=IccInterval.JACKKNIFE, confidence_level=inference.confidence_level
    )
    left = leave_one_out_shares(
        yes,
        base,
        counts.weight_yes[:, own, 0],
        counts.weight_base[:, own, 0],
        service_design(tally, inference),
        threshold=np.nan,
    )
    rows = [_between_services(*pair, inference) for pair in zip(yes.T, base.T, strict=True)]
    reasons = pd.Series([row.pop("status") for row in rows], dtype=object)
    table = pd.DataFrame(rows).assign(
        measure=[item.measure for item in items],
        item=[item.id for item in items],
        n_cases=base.sum(axis=0),
        n_services=icc.n_services,
        estimate=left.estimate,
        icc=icc.estimate,
        icc_ci_low=icc.ci_low,
        icc_ci_high=icc.ci_high,
        left_out_lowest=left.lowest,
        left_out_highest=left.highest,
        status=np.where(reasons == Status.OK, icc.status, reasons),
    )
    return table[VARIATION_COLUMNS]


def _of_cases(items: Sequence[Item]) -> list[int]:
    """Positions of the items that are judged once a case."""
    return [number for number, item in enumerate(items) if not item.parts]


def _between_services(yes: np.ndarray, base: np.ndarray, inference: Inference) -> dict[str, object]:
    """What the random intercept and the funnel say of one item."""
    fit = _random_intercept(yes, base, inference.confidence_level)
    plot = funnel_plot(yes, base, winsorised=WINSORISED, levels=LIMITS)
    outside = plot.n_outside if plot.status is Status.OK else (np.nan, np.nan)
    shrunken = fit.shrunken_share[~np.isnan(fit.shrunken_share)]
    return {
        "service_sd": fit.sd,
        "latent_icc": fit.latent_icc,
        "p_value": fit.variance_p_value,
        "overdispersion": plot.dispersion,
        "n_outside_95": outside[0],
        "n_outside_998": outside[1],
        "shrunken_lowest": shrunken.min() if shrunken.size else np.nan,
        "shrunken_highest": shrunken.max() if shrunken.size else np.nan,
        # No more variation than chance brings is an answer, with every number.
        "status": str(Status.OK if fit.status is Status.NO_VARIATION else fit.status),
    }


def _random_intercept(yes: np.ndarray, base: np.ndarray, confidence_level: float) -> RandomIntercept:
    """Services that differ in one item, without adjustment."""
    service = np.arange(len(base))
    cells = RegressionCells(service, yes, base, yes, base, design_rows(len(base), []))
    n_services = np.count_nonzero(base)
    fewer = n_services > MANY_SERVICES and base.sum() >= MANY_CASES * n_services
    n_points = FEWER_POINTS if fewer else QUADRATURE_POINTS
    return random_intercept_logit(cells, len(base), n_points=n_points, confidence_level=confidence_level)


def funnel(tally: Tally, study: Study) -> pd.DataFrame:
    """Size of the base and share of every service, one row each, for a funnel plot of each item.

    Services are not named and stand by size, then share, so that their order says nothing about them. Each case
    counts once, as in the exact limits. Services without a case in the base are left out. An item with more than 2,000
    services has no points: `variation` says how many are outside its limits.
    """
    counts = service_counts(tally, study, None)
    tables = [pd.DataFrame(columns=FUNNEL_COLUMNS)]
    for number in _of_cases(counts.items):
        item = counts.items[number]
        yes, base = counts.n_yes[:, number, 0], counts.n_base[:, number, 0]
        yes, base = yes[base > 0], base[base > 0]
        if len(base) > MOST_POINTS:
            continue
        order = np.lexsort((yes, base))
        rows = {"n_cases": base[order], "estimate": yes[order] / base[order]}
        tables.append(pd.DataFrame(rows).assign(measure=item.measure, item=item.id))
    return pd.concat(tables[1:] or tables, ignore_index=True)[FUNNEL_COLUMNS]
