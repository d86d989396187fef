"""Whether an item differs between subgroups, by how much, and by which method."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from desistance.findings.design import divisions, service_design
from desistance.findings.families import in_order, with_families
from desistance.findings.tables import COMPARISON_COLUMNS
from desistance.settings import Inference
from desistance.statistics.arrays import quotient
from desistance.statistics.bootstrap import bootstrap_share_difference
from desistance.statistics.comparisons import pearson_test, rao_scott_test
from desistance.statistics.contrasts import design_contrasts, newcombe_interval
from desistance.statistics.design import ServiceDesign
from desistance.statistics.differences import share_differences
from desistance.statistics.fisher import fisher_test
from desistance.statistics.omnibus import OmnibusTests, omnibus_tests
from desistance.statistics.robust import ContrastTests, Correction
from desistance.statistics.status import Status
from desistance.study import Breakdown, Study
from desistance.tallies import ServiceCounts, Tally, service_counts

SMALLEST_EXPECTED = 5
BOOTSTRAP_DRAWS = 9_999
# ASSUME A13: a contrast is borderline, and is bootstrapped, where CR2's p lies within this factor of the level.
BORDERLINE = 4.0
# ASSUME A13: with as many degrees of freedom there is nothing left for the bootstrap to put right.
MANY_DF = 500
Row = dict[str, object]


@dataclass(frozen=True)
class _Table:
    """One item by one division: counts and weights of shape (n_services, n_levels), and what tests need to know."""

    measure: str
    item: str
    division: Breakdown
    levels: tuple[str, ...]
    n_yes: np.ndarray
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray
    design: ServiceDesign
    inference: Inference
    pooled: bool  # every answer is not a case of its own
    omnibus: OmnibusTests
    contrasts: Mapping[tuple[str, str], ContrastTests]

    @property
    def totals(self) -> tuple[np.ndarray, np.ndarray]:
        """Yes and base of each level over all services."""
        return self.n_yes.sum(axis=0), self.n_base.sum(axis=0)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """Counts and weights in the order the statistics take them."""
        return self.n_yes, self.n_base, self.weight_yes, self.weight_base

    @property
    def reference(self) -> int:
        """Position of the level the others are compared with."""
        return self.levels.index(self.division.reference)

    @property
    def others(self) -> list[int]:
        """Positions of the other levels."""
        return [position for position in range(len(self.levels)) if position != self.reference]


def comparisons(
    tally: Tally, study: Study, inference: Inference, *, only: Collection[tuple[str, str]] | None = None
) -> pd.DataFrame:
    """All tests and contrasts of every item by every division.

    Over all levels at once (`reference` and `subgroup` empty): Pearson's test, Fisher's where an expected count
    is under 5, Rao-Scott's F, and the headline, CR2 (HTZ; for two levels the square of the t test). Each level
    against the reference: the difference with CR2 (headline), CR3 and Newcombe intervals, risk and odds ratio,
    and for borderline differences of a breakdown, where degrees of freedom are few, the wild cluster bootstrap.
    `p_holm` and `p_bh` adjust within a family (one measure, one division) of the same method and effect. `only`
    limits the work to some pairs of measure and division, and to the tests over all levels.

    For items that put answers of others together the methods that take every answer for a case of its own (Pearson,
    Fisher, Newcombe) say nothing true, and are left out.
    """
    rows: list[Row] = []
    for table in _tables(tally, study, inference, only):
        keys = {"measure": table.measure, "item": table.item, "breakdown": table.division.id}
        empty = {"reference": "", "subgroup": ""}
        rows += [{**keys, **empty, **row} for test in TESTS for row in test(table)]
    names = [name for name in COMPARISON_COLUMNS if name not in ("p_holm", "p_bh", "family")]
    table = in_order(pd.DataFrame(rows, columns=names), study)
    apart = [table["method"], table["effect"].fillna(""), table["subgroup"] != ""]
    return with_families(table, apart=apart).reindex(columns=COMPARISON_COLUMNS)


def _tables(
    tally: Tally, study: Study, inference: Inference, only: Collection[tuple[str, str]] | None
) -> Iterator[_Table]:
    design = service_design(tally, inference)
    for name, division in divisions(study):
        wanted = [
            number for number, item in enumerate(study.items) if only is None or (item.measure, name) in only
        ]
        if division is None or not wanted:
            continue
        counts = service_counts(tally, study, division)
        yield from _tables_of(counts, wanted, division, design, inference, contrasts=only is None)


def _tables_of(
    counts: ServiceCounts,
    wanted: list[int],
    division: Breakdown,
    design: ServiceDesign,
    inference: Inference,
    *,
    contrasts: bool,
) -> Iterator[_Table]:
    """All items of one division, with what is computed for many tables at once."""
    arrays = (counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base)
    stacked = [array[:, wanted] for array in arrays]
    omnibus = omnibus_tests(*stacked, correction=Correction.CR2)
    made = _contrasts(stacked, division, design, inference) if contrasts else {}
    for place, number in enumerate(wanted):
        item = counts.items[number]
        yield _Table(
            item.measure,
            item.id,
            division,
            counts.levels,
            *(array[:, number] for array in arrays),
            design,
            inference,
            pooled=bool(item.parts),
            omnibus=_one_of(omnibus, place),
            contrasts={name: _one_of(tests, place) for name, tests in made.items()},
        )


def _contrasts(
    stacked: list[np.ndarray], division: Breakdown, design: ServiceDesign, inference: Inference
) -> dict[tuple[str, str], Any]:
    """Every level against the reference, for many tables at once, by method and effect."""
    chosen = {
        "reference": division.codes.index(division.reference),
        "confidence_level": inference.confidence_level,
    }
    made = {
        (correction.lower(), "difference"): share_differences(*stacked, correction=correction, **chosen)
        for correction in (Correction.CR2, Correction.CR3)
    }
    made["newcombe", "difference"] = _unclustered(*stacked[:2], **chosen)
    ratios = design_contrasts(*stacked, design, **chosen)
    return made | {("linearised", effect): getattr(ratios, effect) for effect in ("risk_ratio", "odds_ratio")}


def _unclustered(
    n_yes: np.ndarray, n_base: np.ndarray, *, reference: int, confidence_level: float
) -> ContrastTests:
    """Newcombe's interval for the difference of each level from the reference."""
    yes, base = n_yes.sum(axis=0), n_base.sum(axis=0)
    others = np.delete(np.arange(base.shape[-1]), reference)
    sizes = [total[..., others] for total in (yes, base)]
    sizes += [np.broadcast_to(total[..., [reference]], sizes[0].shape) for total in (yes, base)]
    interval = newcombe_interval(*sizes, confidence_level=confidence_level)
    known, missing = np.isfinite(interval.ci_low), np.full(sizes[0].shape, np.nan)
    return ContrastTests(
        estimate=np.where(known, quotient(*sizes[:2]) - quotient(*sizes[2:]), np.nan),
        standard_error=missing,
        df=missing,
        statistic=missing,
        p_value=missing,
        ci_low=interval.ci_low,
        ci_high=interval.ci_high,
        status=np.where(known, Status.OK, Status.NO_CASES),
    )


def _one_of(tests: Any, place: int) -> Any:
    """The tests of one table among those of many."""
    return type(tests)(**{field.name: getattr(tests, field.name)[place] for field in fields(tests)})


def _pearson(table: _Table) -> Iterator[Row]:
    if table.pooled:
        return
    test = pearson_test(*table.totals)
    yield {
        "method": "pearson",
        "effect": "cramers_v",
        "estimate": test.cramers_v,
        "statistic": test.statistic,
        "df1": test.df,
        "p_value": test.p_value,
        "status": test.status,
    }
    if test.smallest_expected < SMALLEST_EXPECTED:
        exact = fisher_test(*table.totals)
        yield {"method": "fisher", "p_value": exact.p_value, "status": exact.status}


def _rao_scott(table: _Table) -> Iterator[Row]:
    yield _f_test("rao_scott", rao_scott_test(*table.arrays, table.design))


def _cr2(table: _Table) -> Iterator[Row]:
    yield _f_test("cr2", table.omnibus)


def _f_test(method: str, test: Any) -> Row:
    numbers = {name: getattr(test, name) for name in ("statistic", "df1", "df2", "p_value", "status")}
    return {"method": method, **numbers}


def _against_reference(table: _Table) -> Iterator[Row]:
    """Every level against the reference in every way, and the bootstrap where CR2 is borderline."""
    for (method, effect), tests in table.contrasts.items():
        if table.pooled and method == "newcombe":
            continue
        for number, other in enumerate(table.others):
            yield _contrast(table, other, method, effect, tests, number)
            if method == "cr2" and is_borderline(
                table, float(tests.p_value[number]), float(tests.df[number])
            ):
                yield _bootstrap(table, other)


def is_borderline(table: _Table, p_value: float, df: float) -> bool:
    """Whether a difference is worth a bootstrap: a close verdict that rests on few degrees of freedom."""
    alpha = table.inference.significance_level
    close = alpha / BORDERLINE <= p_value <= alpha * BORDERLINE
    return not table.division.ordered and close and df < MANY_DF


def _bootstrap(table: _Table, other: int) -> Row:
    # The seed is the table's own name, so a result does not depend on which other tables there are.
    name = f"{table.measure}.{table.item}.{table.division.id}.{table.levels[other]}"
    test = bootstrap_share_difference(
        *table.arrays,
        reference=table.reference,
        subgroup=other,
        n_draws=BOOTSTRAP_DRAWS,
        generator=np.random.default_rng(zlib.crc32(name.encode())),
    )
    row = _levels(table, other) | {"method": "wild_bootstrap", "effect": "difference"}
    return row | {"statistic": test.statistic, "p_value": test.p_value, "status": test.status}


def _levels(table: _Table, other: int) -> Row:
    return {"reference": table.levels[table.reference], "subgroup": table.levels[other]}


def _contrast(table: _Table, other: int, method: str, effect: str, tests: ContrastTests, number: int) -> Row:
    names = ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "p_value", "status")
    numbers = {name: getattr(tests, name)[number] for name in names}
    df = tests.df[number]
    row = _levels(table, other) | {"method": method, "effect": effect, **numbers}
    return row | {"df1": 1 if np.isfinite(df) else np.nan, "df2": df}


TESTS: tuple[Callable[[_Table], Iterator[Row]], ...] = (_pearson, _rao_scott, _cr2, _against_reference)
