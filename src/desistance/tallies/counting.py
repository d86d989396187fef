"""Typed records counted, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from desistance.errors import TallyError
from desistance.study import EVERYONE, NO, STATES, YES, Item, Study
from desistance.tallies.definition import (
    N_STATES,
    PATTERN,
    TABLES,
    THEME,
    UNKNOWN_COMBINATION,
    UNKNOWN_NUMBER,
    Tally,
    build_tally,
    no_rows,
    sum_tables,
)
from desistance.tallies.sampling import with_design


def count_records(
    batches: Iterable[pd.DataFrame],
    study: Study,
    facts: Mapping[str, Any],
    *,
    practice: Mapping[str, pd.DataFrame] | None = None,
    design: pd.DataFrame | None = None,
) -> Tally:
    """Count typed records batch by batch; the columns are those that ingestion writes.

    `practice` holds the tables `answers`, `passages` and `codings` of the tally, where services described themselves
    and comments were coded. `design` holds strata, sizes and weights by service, where the study takes them from the
    table of services (`design` in its definition).

    Raises
    ------
    TallyError
        There is no record, a service has no design, or the services are not what a sample of services can be.
    """
    if study.design and design is None:
        raise TallyError("the study takes its design from the table of services; give records.services")
    tables: dict[str, pd.DataFrame] = {}
    for batch in batches:
        if len(batch):
            batch = batch if design is None else with_design(batch, design)
            tables = sum_tables([part for part in (tables, _count_batch(batch, study)) if part])
    if not tables:
        raise TallyError("there is no accepted row to count; see rejects.csv for the reasons")
    tables |= practice or {}
    tables["counts"] = _with_pooled(tables["counts"], study)
    if study.sampled:
        facts = {**facts, "design": {"n_eligible": None, "files": [], **facts.get("design", {})}}
    return build_tally(tables, facts)


def _count_batch(batch: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    batch = batch.assign(service=pd.Categorical(batch["service"].astype(str)))
    weight = batch["weight"].to_numpy() if study.weighted else np.ones(len(batch))
    states = _states(batch, study)
    numbers = _factor_numbers(states, study)
    counted = [item for item in study.items if not item.parts]
    judged = [_item_state(item, states, numbers, study) for item in counted]
    counts, factor_numbers = [], [no_rows("factor_numbers")]
    for by, pairs, where in _pairs(batch, study):
        counts.append(_state_counts(pairs, where, judged, weight, counted).assign(by=by))
        if study.factor_count:
            keyed = pairs.iloc[where].assign(by=by, n_factors=numbers)
            factor_numbers.append(_tabulate(keyed, TABLES["factor_numbers"], weight))
    marks = _marks(batch)
    if marks is not None:
        counts += _by_theme(batch, marks, dict(zip(counted, judged, strict=True)), weight, study)
    combinations = _combinations(states, study)
    return {
        "counts": pd.concat(counts, ignore_index=True),
        "factor_numbers": pd.concat(factor_numbers, ignore_index=True),
        "combinations": _combination_table(batch, combinations, weight, study),
        "services": _services(batch),
        "marks": no_rows("marks") if marks is None else _tabulate_marks(batch, marks),
        **{name: no_rows(name) for name in ("answers", "passages", "codings")},
    }


def _states(batch: pd.DataFrame, study: Study) -> dict[str, np.ndarray]:
    """Each judgement of each case, as an index into `STATES`, whatever order its categories came in."""
    return {
        column: batch[column].cat.set_categories(STATES).cat.codes.to_numpy()
        for column in study.judgement_columns
    }


def _item_state(
    item: Item, states: Mapping[str, np.ndarray], numbers: np.ndarray, study: Study
) -> np.ndarray:
    """An item's state of each case: an index into `STATES`, or one past it where the case is outside the base."""
    if item.derived:
        reached = np.where(numbers >= study.factor_count.threshold, STATES.index(YES), STATES.index(NO))
        return np.where(numbers == UNKNOWN_NUMBER, STATES.index("not_known"), reached)
    state = states[item.column]
    if item.base is None:
        return state
    base = states[item.base]
    state = np.where(_is_in(base, NO, "not_applicable"), len(STATES), state)
    return np.where(_is_in(base, "not_known", "not_recorded"), base, state)


def _factor_numbers(states: Mapping[str, np.ndarray], study: Study) -> np.ndarray:
    """Number of factors of each case; unknown where any factor is, even if the others reach the threshold.

    Counting the cases that reach it all the same, and not those that might, would raise the share.
    """
    if study.factor_count is None:
        return np.zeros(0)
    codes = np.stack([states[column] for column in study.factor_count.columns])
    unknown = _is_in(codes, "not_known", "not_recorded").any(axis=0)
    return np.where(unknown, UNKNOWN_NUMBER, _is_in(codes, YES).sum(axis=0))


def _is_in(codes: np.ndarray, *states: str) -> np.ndarray:
    return np.isin(codes, [STATES.index(state) for state in states])


def _combinations(states: Mapping[str, np.ndarray], study: Study) -> pd.Categorical:
    """Ids of the factors that are present in each case, joined by +; "not known" where any factor is."""
    if study.combined is None:
        return pd.Categorical(np.full(len(states[study.judgement_columns[0]]), ""))
    factors = np.array([item.id for item in study.combined.items])
    codes = np.stack([states[item.column] for item in study.combined.items], axis=1)
    kinds, kind = np.unique(np.packbits(_is_in(codes, YES), axis=1), axis=0, return_inverse=True)
    kinds = np.unpackbits(kinds, axis=1, count=len(factors)).astype(bool)
    names = [*("+".join(factors[one]) for one in kinds), UNKNOWN_COMBINATION]
    unknown = _is_in(codes, "not_known", "not_recorded").any(axis=1)
    return pd.Categorical.from_codes(np.where(unknown, len(kinds), kind.ravel()), names)


def _combination_table(
    batch: pd.DataFrame, combinations: pd.Categorical, weight: np.ndarray, study: Study
) -> pd.DataFrame:
    """How often each combination occurs in each service, for everyone and in each level of each band."""
    groups = {EVERYONE: pd.Categorical([EVERYONE] * len(batch))}
    groups |= {band.id: batch[band.column].array for band in study.bands}
    tables = []
    for by, pattern in groups.items():
        keyed = {"service": batch["service"].array, "pattern": pattern, "combination": combinations}
        table = _tabulate(pd.DataFrame(keyed), list(keyed), weight).assign(by=by)
        tables.append(table.astype({"pattern": str, "combination": str}))
    return pd.concat(tables, ignore_index=True)


def _marks(batch: pd.DataFrame) -> pd.Series | None:
    """Themes of each case's comments, where comments were given."""
    return batch["marks"].astype(str) if "marks" in batch else None


def _tabulate_marks(batch: pd.DataFrame, marks: pd.Series) -> pd.DataFrame:
    keyed = pd.DataFrame({"service": batch["service"], "marks": marks, "n_cases": 1})
    return keyed.groupby(["service", "marks"], observed=True)["n_cases"].sum().reset_index()


def _by_theme(
    batch: pd.DataFrame,
    marks: pd.Series,
    judged: Mapping[Item, np.ndarray],
    weight: np.ndarray,
    study: Study,
) -> list[pd.DataFrame]:
    """The delivery measure once more, among the cases whose comments are coded with each theme and direction."""
    items = study.measure(study.codebook.delivery).items
    coded = marks.str.split("+").explode()
    tables = []
    for mark in coded[coded != ""].unique():
        here = coded.index[coded == mark]
        place = batch.index.get_indexer(here)
        pairs = pd.DataFrame({"service": batch["service"].iloc[place].unique()})
        where = pd.Index(pairs["service"]).get_indexer(batch["service"].iloc[place])
        pairs = pairs.assign(pattern=mark.replace(":", "|"))
        states = [judged[item][place] for item in items]
        tables.append(_state_counts(pairs, where, states, weight[place], items).assign(by=THEME))
    return tables


def _with_pooled(counts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Counts with those of the items that put others together, which are the sums of their parts.

    What is counted are answers then: a case counts as often as it has answers.
    """
    # ASSUME A21: every answer weighs the same, however much its judgement bears on the domain.
    tables = [counts]
    rows = counts[counts["by"] != THEME]
    pairs = pd.MultiIndex.from_frame(rows[["measure", "item"]])
    keys = ["service", "by", "pattern"]
    for item in study.items:
        if item.parts:
            parts = rows[pairs.isin(item.parts)].drop(columns=["measure", "item"])
            summed = parts.groupby(keys).sum().reset_index()
            tables.append(summed.assign(measure=item.measure, item=item.id))
    return pd.concat(tables, ignore_index=True)


def _pairs(batch: pd.DataFrame, study: Study) -> Iterator[tuple[str, pd.DataFrame, np.ndarray]]:
    """For the breakdowns together and for each band: pairs of service and pattern, and each case's pair."""
    groups = {PATTERN: study.breakdowns} | {band.id: (band,) for band in study.bands}
    for by, divisions in groups.items():
        columns = [division.column for division in divisions]
        grouped = batch.groupby(["service", *columns], observed=True)
        pairs = grouped.size().reset_index()
        pattern = ["|".join(codes) for codes in pairs[columns].astype(str).to_numpy()]
        yield by, pd.DataFrame({"service": pairs["service"], "pattern": pattern}), grouped.ngroup().to_numpy()


def _state_counts(
    pairs: pd.DataFrame,
    where: np.ndarray,
    judged: list[np.ndarray],
    weight: np.ndarray,
    items: Sequence[Item],
) -> pd.DataFrame:
    """Cases and weights in each state, one row for each item and pair; `judged` has an array for each item."""
    shape = (len(pairs), len(N_STATES))
    cells = [where * len(N_STATES) + state for state in judged]
    size = len(pairs) * len(N_STATES)
    counts = np.concatenate([np.bincount(cell, minlength=size).reshape(shape) for cell in cells])
    weights = np.concatenate([np.bincount(cell, weight, minlength=size).reshape(shape) for cell in cells])
    yes, no = weights[:, STATES.index(YES)], weights[:, STATES.index(NO)]
    names = {
        "measure": np.repeat([item.measure for item in items], len(pairs)),
        "item": np.repeat([item.id for item in items], len(pairs)),
    }
    numbers = dict(zip(N_STATES, counts.T, strict=True)) | {"weight_yes": yes, "weight_base": yes + no}
    return pd.concat([pairs] * len(judged), ignore_index=True).assign(**names, **numbers)


def _tabulate(keyed: pd.DataFrame, keys: list[str], weight: np.ndarray) -> pd.DataFrame:
    grouped = keyed.assign(n_cases=1, weight=weight).groupby(keys, observed=True)
    return grouped[["n_cases", "weight"]].sum().reset_index()


def _services(batch: pd.DataFrame) -> pd.DataFrame:
    columns = {"stratum": EVERYONE, "services_in_stratum": np.nan}
    keyed = pd.DataFrame(
        {name: batch.get(name, default) for name, default in columns.items()}, index=batch.index
    )
    keyed = keyed.assign(service=batch["service"], n_cases=1)
    return keyed.groupby(TABLES["services"], observed=True, dropna=False)["n_cases"].sum().reset_index()
