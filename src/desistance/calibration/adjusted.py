"""Test and interval of an average marginal effect, all breakdowns in one logistic regression."""

from __future__ import annotations

import numpy as np

from desistance.calibration.draws import marginal_effect
from desistance.calibration.runs import Runs, each, holds, rejects
from desistance.calibration.scenarios import Floats
from desistance.statistics.logistic import logistic_regression
from desistance.statistics.marginal_effects import average_marginal_effects
from desistance.statistics.regression_cells import (
    Column,
    ColumnKind,
    RegressionCells,
    design_rows,
    level_rows,
)


def _effect(run: Runs) -> tuple[float, float, float]:
    """p-value and interval of the last level against the first, NaN where one of them has no case."""
    n_yes, n_base = run.counts
    service, pattern = np.nonzero(n_base)
    parts, last = [], len(run.shares) - 1
    for number, levels in enumerate(run.scenario.patterns[pattern].T):
        seen, codes = np.unique(levels, return_inverse=True)
        if number == 0 and not {0, last} <= set(seen.tolist()):
            return np.nan, np.nan, np.nan
        if len(seen) > 1:
            names = [str(level) for level in seen]
            parts.append(level_rows(str(number), codes, names, reference=names[0]))
    amounts = [count[service, pattern] for count in (n_yes, n_base)]
    cells = RegressionCells(service, *amounts, *amounts, design_rows(len(service), parts))
    fit = logistic_regression(cells, run.design, confidence_level=run.level)
    effects = average_marginal_effects(fit, cells, confidence_level=run.level)
    position = effects.columns.index(Column(ColumnKind.LEVEL, "0", str(last)))
    return tuple(float(each[position]) for each in (effects.p_value, effects.ci_low, effects.ci_high))


@each
def effect(run: Runs) -> float:
    """Test of the average marginal effect."""
    return rejects(_effect(run)[0], run)


def effect_interval(runs: Runs) -> Floats:
    """Interval of the average marginal effect."""
    truth = marginal_effect(runs.scenario)
    return each(lambda run: holds(*_effect(run)[1:], truth))(runs)
