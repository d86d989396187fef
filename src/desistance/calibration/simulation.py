"""The runs: how often each method rejects or holds the truth, and whether that is within its band."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from desistance.calibration.methods import Run, share_hits, ways
from desistance.calibration.scenarios import Floats, Scenario, breakdowns, outcomes, scenarios
from desistance.findings.design import service_design
from desistance.findings.tables import CALIBRATION_COLUMNS
from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign
from desistance.study import Study
from desistance.tallies import Tally

N_RUNS = 2000
SLOW = {"wild_bootstrap": 2, "wild_bootstrap_slope": 2}  # tried in one run of so many
PUBLISHED = {"pearson", "fisher", "cochran_armitage", "newcombe", "wilson"}
HEADLINE = {"cr2", "cr2_htz", "cr2_slope", "logit_t_or_korn_graubard"}

# A rate is within its band from the first to the second multiple of the nominal rate of error: 4 to 7 per
# cent for tests at 5 per cent, 93 to 97 per cent for intervals at 95.
BANDS = {"test": (0.8, 1.4), "interval": (0.6, 1.4)}
VERDICTS = ("within", "too often", "too seldom")


def simulate(
    scenario: Scenario,
    design: ServiceDesign,
    inference: Inference,
    *,
    n_runs: int,
    methods: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Simulate one scenario and rate each method, or only those named.

    Parameters
    ----------
    scenario : Scenario
    design : ServiceDesign
        Of the same services.
    inference : Inference
        The level of intervals and tests, and the base under which a share's interval is Korn-Graubard.
    n_runs : int
    methods : sequence of str, optional
        The others are not run; what these give does not change.

    Returns
    -------
    pandas.DataFrame
        `CALIBRATION_COLUMNS`, one row a method. `rate` is the share of rejections or of intervals that hold
        the truth among the `n_answered` runs in which the method gave an answer; `standard_error` is that of
        the simulation; `verdict` says whether the rate is within its band, or the event came too often or too seldom.
    """
    n_base = breakdowns(scenario, n_runs, scenario.generator("breakdown"))
    n_yes = outcomes(n_base, scenario.shares, scenario.icc, scenario.generator("outcome"))
    if len(scenario.shares) == 1:
        hits = share_hits(n_yes[:, :, 0], n_base[:, :, 0], scenario, design, inference)
        found = {name: hit for name, hit in hits.items() if methods is None or name in methods}
    else:
        chosen = {name: way for name, way in ways(scenario).items() if methods is None or name in methods}
        found = {}
        for name, way in chosen.items():
            draws = scenario.generator(name)
            runs = (
                Run(yes, base, scenario.shares, design, inference, draws)
                for yes, base in zip(n_yes[:: SLOW.get(name, 1)], n_base[:: SLOW.get(name, 1)], strict=True)
            )
            found[name] = np.array([way(run) for run in runs])
    return _rated(scenario, found, inference)


def calibrate(
    tally: Tally, study: Study, inference: Inference, *, n_runs: int = N_RUNS
) -> Iterator[pd.DataFrame]:
    """Rates of every scenario in turn; joined they are the whole table.

    No finite population correction: the simulated services are drawn from a population without end.
    """
    inference = replace(inference, finite_population_correction=False)
    design = service_design(tally, inference)
    for scenario in scenarios(tally, study):
        yield simulate(scenario, design, inference, n_runs=n_runs)


def _rated(scenario: Scenario, hits: dict[str, Floats], inference: Inference) -> pd.DataFrame:
    """One row a method."""
    test = scenario.quantity == "test"
    nominal = inference.significance_level if test else inference.confidence_level
    rows = []
    for method, hit in hits.items():
        n_answered = int((~np.isnan(hit)).sum())
        rate = float(np.nanmean(hit)) if n_answered else np.nan
        row = {
            "quantity": scenario.quantity,
            "method": method,
            "role": _role(method, scenario),
            "breakdown": scenario.breakdown,
            "kind": scenario.kind,
            "base": scenario.base,
            "n_cases": int(scenario.table.sum()),
            "share": scenario.shares[0],
            "icc": scenario.icc,
            "nominal": nominal,
            "n_runs": len(hit),
            "n_answered": n_answered,
            "rate": rate,
            "standard_error": np.sqrt(rate * (1 - rate) / n_answered) if n_answered else np.nan,
            "verdict": verdict(rate, scenario.quantity, nominal),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)


def _role(method: str, scenario: Scenario) -> str:
    if method in PUBLISHED:
        return "published" if scenario.quantity == "test" else "ignores services"
    # For bands the headline is the slope; the test over all bands stands beside it.
    return "headline" if method in HEADLINE and not (method == "cr2_htz" and scenario.ordered) else "beside"


def verdict(rate: float, quantity: str, nominal: float) -> str:
    """Whether a rate is within its band, or the test rejects (the interval holds) too often or too seldom.

    >>> verdict(0.07, "test", 0.05), verdict(0.071, "test", 0.05), verdict(0.92, "interval", 0.95)
    ('within', 'too often', 'too seldom')
    """
    if np.isnan(rate):
        return "no answer"
    error = nominal if quantity == "test" else 1 - nominal
    low, high = sorted(
        round(factor * error if quantity == "test" else 1 - factor * error, 12) for factor in BANDS[quantity]
    )
    return VERDICTS[int(rate > high) + 2 * int(rate < low)]
