"""The runs: how often each method rejects or holds the truth, and whether that is within its band."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd

from desistance.calibration.draws import draw
from desistance.calibration.reading import role, verdict
from desistance.calibration.runs import Runs
from desistance.calibration.scenarios import Floats, Scenario, Subject, scenarios
from desistance.calibration.ways import ways
from desistance.findings.design import service_design
from desistance.findings.tables import CALIBRATION_COLUMNS
from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign
from desistance.study import Study
from desistance.tallies import Tally

N_RUNS = 2000
NOMINAL = {"funnel_998": 0.002}  # of methods with a level of their own


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
        the truth among the `n_answered` runs in which the method gave an answer (for a funnel, the share of
        services beyond its limits); `standard_error` is that of the simulation; `verdict` says whether the rate
        is within its band, or the event came too often or too seldom.
    """
    counts = draw(scenario, n_runs)
    found = {
        name: way(Runs(scenario, counts, design, inference, scenario.generator(name)))
        for name, way in ways(scenario).items()
        if methods is None or name in methods
    }
    return _rated(scenario, found, inference)


def calibrate(
    tally: Tally, study: Study, inference: Inference, *, n_runs: int = N_RUNS, n_processes: int = 1
) -> Iterator[pd.DataFrame]:
    """Rates of every scenario in turn; joined they are the whole table, whatever the number of processes.

    No finite population correction: the simulated services are drawn from a population without end.
    """
    inference = replace(inference, finite_population_correction=False)
    design = service_design(tally, inference)
    one = partial(simulate, design=design, inference=inference, n_runs=n_runs)
    if n_processes == 1:
        yield from map(one, scenarios(tally, study))
    else:
        # Started anew, not forked: the same on every system, and safe beside threads.
        with ProcessPoolExecutor(n_processes, get_context("spawn")) as pool:
            yield from pool.map(one, scenarios(tally, study))


def _rated(scenario: Scenario, hits: dict[str, Floats], inference: Inference) -> pd.DataFrame:
    """One row a method."""
    test, ordered = scenario.quantity == "test", scenario.subject in (Subject.BANDS, Subject.ONE_BAND)
    usual = inference.significance_level if test else inference.confidence_level
    rows = []
    for method, hit in hits.items():
        answers, nominal = hit[~np.isnan(hit)], NOMINAL.get(method, usual)
        rate, error = (answers.mean(), answers.std()) if answers.size else (np.nan, np.nan)
        row = {
            "quantity": scenario.quantity,
            "method": method,
            "role": role(method, scenario.quantity, ordered=ordered),
            "breakdown": scenario.breakdown,
            "kind": scenario.kind,
            "base": scenario.base,
            "n_cases": int(scenario.table.sum()),
            "share": scenario.shares[0],
            "icc": scenario.icc,
            "nominal": nominal,
            "n_runs": len(hit),
            "n_answered": answers.size,
            "rate": rate,
            "standard_error": error / np.sqrt(max(answers.size, 1)),
            "verdict": verdict(rate, scenario.quantity, nominal),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)
