"""Differences between subgroups adjusted for the other breakdowns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from desistance.findings.design import service_design
from desistance.findings.families import with_families
from desistance.findings.tables import ADJUSTED_COLUMNS
from desistance.settings import Inference
from desistance.statistics.design import ServiceDesign, degrees_of_freedom, service_status
from desistance.statistics.exchangeable import ExchangeableRegression, exchangeable_regression
from desistance.statistics.logistic import WITH_ERRORS, LogisticRegression, logistic_regression
from desistance.statistics.marginal_effects import MarginalEffects, average_marginal_effects
from desistance.statistics.regression_cells import Column, ColumnKind, design_rows, level_rows
from desistance.statistics.regression_tables import RegressionTables
from desistance.statistics.status import Status
from desistance.study import Breakdown, Item, Study
from desistance.tallies import PatternCounts, RowCounts, Tally, pattern_counts

NUMBERS = ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "df", "p_value")
# What is said of the columns that a status is about.
REASONS = {
    Status.COLLINEAR: "these cannot be told apart from the rest of the model",
    Status.SEPARATED: "these foretell some of the answers without error, so nothing can be estimated",
    Status.ONE_SERVICE_DECIDES: "these can be told apart in one service only",
    Status.NO_VARIATION: "services agree exactly on these",
}
# What is said where independence has an answer and exchangeable working correlation has none.
REASONS_EXCHANGEABLE = {
    Status.NOT_CONVERGED: "no correlation that can be was found",
    Status.ONE_CASE_EACH: "no service has two cases",
    Status.NO_VARIATION: "services agree exactly",
}


@dataclass(frozen=True, eq=False)
class _Model:
    """One item's regression, also with exchangeable correlation, the levels seen, and the status of its services."""

    fit: LogisticRegression
    alike: ExchangeableRegression
    effects: MarginalEffects
    seen: tuple[np.ndarray, ...]
    services: Status


def adjusted(tally: Tally, study: Study, inference: Inference) -> pd.DataFrame:
    """Average marginal effect of each level against its reference, all breakdowns in one logistic regression.

    One row an item, breakdown and level other than the reference. `estimate` is the average difference in the
    share, on its scale, that goes with the level when all other breakdowns are left as they are; `odds_ratio`
    is that of the same regression. Errors are CR2 and `df` Satterthwaite's, as of the differences that are not
    adjusted; both are for the mix of cases that was inspected, and know no strata or finite population.
    `p_holm` and `p_bh` adjust within the family of one measure and one breakdown. `n_cases` are those with an
    answer and a known level of every breakdown; others are left out.

    `odds_ratio_exchangeable` and `p_exchangeable` are those of the same regression with exchangeable working
    correlation within services instead of independence. The test is of the log odds ratio, with the variance of
    services' total scores, G / (G - 1) and t on services less strata, plus 1, less columns: CR2 is for
    independence.

    A level without cases leaves the model with the status "no_cases", and the rest is fitted without it; so
    does a breakdown whose reference has none. `status` and `note` say why numbers are empty; the note names
    breakdowns and levels by label. No rows for a study without breakdowns.
    """
    cells, design = pattern_counts(tally, study), service_design(tally, inference)
    rows = []
    for item in study.items:
        if any(len(breakdown.levels) > 1 for breakdown in study.breakdowns):
            model = _model(cells, item, study, design, inference.confidence_level)
            for row in _rows(model, study):
                rows.append({"measure": item.measure, "item": item.id, **row})
    return with_families(pd.DataFrame(rows, columns=ADJUSTED_COLUMNS))


def _model(
    cells: PatternCounts, item: Item, study: Study, design: ServiceDesign, confidence_level: float
) -> _Model:
    """Fit one item's regression on the levels that have cases in its base."""
    counts = cells.of(item)
    there = counts.n_base.any(axis=0)
    seen, parts = [], []
    for breakdown, levels in zip(study.breakdowns, cells.levels[there].T, strict=True):
        positions, codes = np.unique(levels, return_inverse=True)
        seen.append(positions)
        if len(positions) > 1:
            names = [breakdown.codes[position] for position in positions]
            reference = breakdown.reference if breakdown.reference in names else names[0]
            parts.append(level_rows(breakdown.id, codes, names, reference=reference))
    table = RegressionTables(*_of_patterns(counts, there), design_rows(np.count_nonzero(there), parts))
    fit = logistic_regression(table, design, confidence_level=confidence_level)
    effects = average_marginal_effects(fit, table, confidence_level=confidence_level)
    alike = exchangeable_regression(fit, table, design, confidence_level=confidence_level)
    by_service = counts.n_base.sum(axis=1)
    services = service_status(by_service, degrees_of_freedom(by_service, design), design)
    return _Model(fit, alike, effects, tuple(seen), Status(services.item()))


def _of_patterns(counts: RowCounts, there: np.ndarray) -> tuple[np.ndarray, ...]:
    """Tables of the patterns that have cases; where weights are counts, the same arrays for both."""
    tables = (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    if there.all():
        return tables
    if counts.weight_base is counts.n_base:
        return tuple(table[:, there] for table in tables[:2]) * 2
    return tuple(table[:, there] for table in tables)


def _rows(model: _Model, study: Study) -> Iterator[dict[str, object]]:
    """Every level of every breakdown but the references, with numbers where the model has them."""
    for breakdown, seen in zip(study.breakdowns, model.seen, strict=True):
        missing = [level.code for number, level in enumerate(breakdown.levels) if number not in seen]
        for level in breakdown.levels:
            if level.code == breakdown.reference:
                continue
            row = {
                "breakdown": breakdown.id,
                "reference": breakdown.reference,
                "subgroup": level.code,
                "effect": "average_marginal_effect",
                "n_cases": model.fit.n_base,
                "n_services": model.fit.n_services,
            }
            empty = [code for code in (breakdown.reference, level.code) if code in missing]
            if empty:
                yield row | {"status": str(Status.NO_CASES), "note": _nobody(breakdown, empty, model)}
            else:
                yield row | _numbers(model, Column(ColumnKind.LEVEL, breakdown.id, level.code), study)


def _nobody(breakdown: Breakdown, codes: list[str], model: _Model) -> str:
    if not model.fit.n_base:
        return ""
    return f"nobody in the base is in: {'; '.join(_label(breakdown, code) for code in codes)}"


def _numbers(model: _Model, column: Column, study: Study) -> dict[str, object]:
    """Effect and odds ratio of one column, or why there are none."""
    effects = model.effects
    position = effects.columns.index(column)
    numbers = {name: float(getattr(effects, name)[position]) for name in NUMBERS}
    status, named = effects.status, effects.named_columns
    if status in WITH_ERRORS and column not in named:
        status, named = model.services, ()  # the status is about other columns
    note = f"{REASONS[status]}: {_labels(named, study)}" if named and status in REASONS else ""
    return {
        **numbers,
        **_exchangeable(model, column),
        "status": str(status),
        "note": note or _note_exchangeable(model, column),
    }


def _exchangeable(model: _Model, column: Column) -> dict[str, float]:
    """Odds ratio with independence, and odds ratio and p-value with exchangeable working correlation."""
    position = model.fit.columns.index(column)
    return {
        "odds_ratio": float(np.exp(model.fit.estimate[position])),
        "odds_ratio_exchangeable": float(np.exp(model.alike.estimate[position])),
        "p_exchangeable": float(model.alike.p_value[position]),
    }


def _note_exchangeable(model: _Model, column: Column) -> str:
    """Why there is no p-value with exchangeable working correlation where there is one with independence."""
    position = model.fit.columns.index(column)
    if model.alike.p_value[position] >= 0 or not model.fit.p_value[position] >= 0:
        return ""
    return f"with exchangeable working correlation: {REASONS_EXCHANGEABLE[model.alike.status]}"


def _labels(columns: tuple[Column, ...], study: Study) -> str:
    """Columns as a reader knows them."""
    return "; ".join(
        _label(study.division(column.variable), column.level)
        if column.kind is ColumnKind.LEVEL
        else "all reference levels together"
        for column in columns
    )


def _label(breakdown: Breakdown, code: str) -> str:
    level = next(level for level in breakdown.levels if level.code == code)
    return f"{breakdown.label}: {level.label}"
