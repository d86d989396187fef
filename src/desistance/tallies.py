"""Counts that every finding is made from. Tallies add up; analysis never goes back to the records.

A tally holds, for each service and each pattern of breakdown values (and each level of each band), how many
cases of each item are in each state and how many factors the cases have; and for each service (and each level
of each band) how often each combination of factors occurs. Counting parts of an extract one by one and adding
gives the same as counting all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from desistance.errors import TallyError
from desistance.study import EVERYONE, MISSING, NO, STATES, YES, Breakdown, Item, Study

PATTERN = "all breakdowns"  # with a space, so that no band's id is the same
OUTSIDE = "outside_base"
N_STATES = [f"n_{state}" for state in (*STATES, OUTSIDE)]
# The tables of a tally, and the columns that tell their rows apart; all other columns add up.
TABLES = {
    "counts": ["service", "by", "pattern", "measure", "item"],
    "factor_numbers": ["service", "by", "pattern", "n_factors"],
    "combinations": ["service", "by", "pattern", "combination"],
    "services": ["service", "stratum", "services_in_stratum"],
}
UNKNOWN_NUMBER = -1
UNKNOWN_COMBINATION = "not known"  # with a space, so that no factor's id is the same
# What a study without factors has: the columns, and no row.
NO_FACTOR_NUMBERS = pd.DataFrame(
    {"service": [""], "by": [""], "pattern": [""], "n_factors": [0], "n_cases": [0], "weight": [0.0]}
)[:0]


@dataclass(frozen=True)
class Tally:
    """Counts of one study over some records.

    counts
        `service, by, pattern, measure, item`, then the number of cases in each state (`n_yes`, `n_no`,
        `n_not_applicable`, `n_not_known`, `n_not_recorded`, `n_outside_base`; together all cases of the
        pattern) and the weights of yes and of yes and no together. `by` is "all breakdowns" (`pattern` joins the
        breakdowns' codes by |) or a band's id (`pattern` is its code).
    factor_numbers
        `service, by, pattern, n_factors` (-1: not known), `n_cases, weight`.
    combinations
        `service, by, pattern, combination` (ids of the factors present, joined by +, in the order of the study;
        "not known" where any factor is), `n_cases, weight`. `by` is "all" (and so is `pattern`) or a band's id
        (`pattern` is its code).
    services
        `service, stratum, services_in_stratum, n_cases`, one row a service.
    facts
        Study and its digest, whether the records are made up, the account of quality, `n_cases` and `n_services`.
    """

    counts: pd.DataFrame
    factor_numbers: pd.DataFrame
    combinations: pd.DataFrame
    services: pd.DataFrame
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ServiceCounts:
    """One division's counts as arrays; services, items and levels in the order of the study.

    `n_yes`, `n_base`, `weight_yes`, `weight_base` have shape (n_services, n_items, n_levels), the base being
    the cases answered yes or no; so has `n_unknown`, the cases of the base that are not known or not recorded.
    `n_missing` has shape (n_items, n_levels): in the base, but not answered yes or no for whatever reason.
    Cases whose level is not known are in no level.
    """

    items: tuple[Item, ...]
    levels: tuple[str, ...]
    n_yes: np.ndarray
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray
    n_unknown: np.ndarray
    n_missing: np.ndarray


@dataclass(frozen=True)
class NumberCounts:
    """How many factors cases have, for one division: arrays of shape (n_services, n_levels, n_numbers).

    `n_missing` has shape (n_levels,): cases with a factor that is not known.
    """

    levels: tuple[str, ...]
    n_cases: np.ndarray
    weight: np.ndarray
    n_missing: np.ndarray


@dataclass(frozen=True)
class CombinationCounts:
    """How often each combination of factors occurs, for one division; only combinations that do.

    `has_factor` has shape (n_combinations, n_factors), factors in the order of the study, fewest first;
    `n_cases` and `weight` have shape (n_services, n_levels, n_combinations); `n_missing` has shape (n_levels,):
    cases with a factor that is not known, which are in no combination.
    """

    factors: tuple[str, ...]
    levels: tuple[str, ...]
    has_factor: np.ndarray
    n_cases: np.ndarray
    weight: np.ndarray
    n_missing: np.ndarray


def count_records(batches: Iterable[pd.DataFrame], study: Study, facts: Mapping[str, Any]) -> Tally:
    """Count typed records batch by batch; the columns are those that ingestion writes.

    Raises
    ------
    TallyError
        There is no record, or the services are not what a sample of services can be.
    """
    tables: dict[str, pd.DataFrame] = {}
    for batch in batches:
        if len(batch):
            tables = _sum([part for part in (tables, _count_batch(batch, study)) if part])
    if not tables:
        raise TallyError("there is no accepted row to count; see rejects.csv for the reasons")
    return _tally(tables, facts)


def add_tallies(tallies: Iterable[Tally]) -> Tally:
    """Add tallies of the same study; the rows read and rejected, and the missing values, add up too.

    Oddities are left out: what is odd about a part need not be odd about the whole.

    Raises
    ------
    TallyError
        There is nothing to add, or studies differ, or made-up and other records would be mixed.
    """
    tallies = list(tallies)
    if not tallies:
        raise TallyError("there is no tally to add")
    for fact, what in (
        ("study_sha256", "come from different studies"),
        ("made_up", "mix made-up and other records"),
    ):
        if len({tally.facts[fact] for tally in tallies}) > 1:
            raise TallyError(f"these tallies {what}, so they cannot be added")
    tables = _sum([{name: getattr(tally, name) for name in TABLES} for tally in tallies])
    return _tally(tables, _add_facts(tallies))


def write_tally(tally: Tally, paths: Mapping[str, Path]) -> None:
    """Write the four tables as Parquet and the facts as JSON."""
    for name in TABLES:
        getattr(tally, name).to_parquet(paths[name], index=False, compression="zstd")
    Path(paths["facts"]).write_text(
        json.dumps(tally.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_tally(paths: Mapping[str, Path]) -> Tally:
    """Read what `write_tally` wrote."""
    tables = {name: pd.read_parquet(paths[name]) for name in TABLES}
    return Tally(**tables, facts=json.loads(Path(paths["facts"]).read_text(encoding="utf-8")))


def service_counts(tally: Tally, study: Study, division: Breakdown | None) -> ServiceCounts:
    """Counts by service, item and level of a division; of everyone (one level, "all") without one."""
    rows, level, levels = _rows_by_level(tally.counts, study, division)
    service = _positions(rows["service"], tally.services["service"])
    numbers = {(item.measure, item.id): number for number, item in enumerate(study.items)}
    item = _positions(
        pd.MultiIndex.from_frame(rows[["measure", "item"]]), pd.MultiIndex.from_tuples(list(numbers))
    )
    shape = (len(tally.services), len(study.items), len(levels))

    def total(values: pd.Series) -> np.ndarray:
        out = np.zeros(shape, dtype=values.dtype)
        np.add.at(out, (service, item, level), values.to_numpy())
        return out

    missing = rows[[f"n_{kind}" for kind in MISSING]].sum(axis=1)
    return ServiceCounts(
        items=study.items,
        levels=levels,
        n_yes=total(rows["n_yes"]),
        n_base=total(rows["n_yes"] + rows["n_no"]),
        weight_yes=total(rows["weight_yes"]),
        weight_base=total(rows["weight_base"]),
        n_unknown=total(rows["n_not_known"] + rows["n_not_recorded"]),
        n_missing=total(missing).sum(axis=0),
    )


def number_counts(tally: Tally, study: Study, division: Breakdown | None) -> NumberCounts:
    """Numbers of factors by service and level of a division; of everyone without one."""
    rows, level, levels = _rows_by_level(tally.factor_numbers, study, division)
    known = (rows["n_factors"] != UNKNOWN_NUMBER).to_numpy()
    service = _positions(rows["service"], tally.services["service"])
    shape = (len(tally.services), len(levels), len(study.factor_count.columns) + 1)
    where = (service[known], level[known], rows["n_factors"].to_numpy()[known])
    n_cases, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    np.add.at(n_cases, where, rows["n_cases"].to_numpy()[known])
    np.add.at(weight, where, rows["weight"].to_numpy()[known])
    n_missing = np.bincount(level[~known], rows["n_cases"].to_numpy()[~known], minlength=len(levels)).astype(
        np.int64
    )
    return NumberCounts(levels, n_cases, weight, n_missing)


def combination_counts(tally: Tally, study: Study, division: Breakdown | None) -> CombinationCounts:
    """Combinations of factors by service and level of a band; of everyone (one level, "all") without one.

    Raises
    ------
    TallyError
        The division is a breakdown: combinations are not counted by these, as too few cases would share one.
    """
    if division is not None and division not in study.bands:
        raise TallyError(
            f"combinations are counted for everyone and by band, not by {division.id}; give a band or None"
        )
    by, levels = (EVERYONE, (EVERYONE,)) if division is None else (division.id, division.codes)
    rows = tally.combinations[tally.combinations["by"] == by]
    rows = rows[rows["pattern"].isin(levels)]
    known = (rows["combination"] != UNKNOWN_COMBINATION).to_numpy()
    service = _positions(rows["service"], tally.services["service"])
    level = _positions(rows["pattern"], levels)
    texts, has_factor = _factors_of(rows["combination"][known].unique(), study)
    where = (service[known], level[known], _positions(rows["combination"][known], texts))
    shape = (len(tally.services), len(levels), len(texts))
    n_cases, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    np.add.at(n_cases, where, rows["n_cases"].to_numpy()[known])
    np.add.at(weight, where, rows["weight"].to_numpy()[known])
    n_missing = np.zeros(len(levels), dtype=np.int64)
    np.add.at(n_missing, level[~known], rows["n_cases"].to_numpy()[~known])
    return CombinationCounts(_factor_ids(study), levels, has_factor, n_cases, weight, n_missing)


def _factors_of(combinations: Iterable[str], study: Study) -> tuple[list[str], np.ndarray]:
    """Combinations in order, fewest factors first, and which factors each has."""
    factors = _factor_ids(study)
    present = {text: [factor in text.split("+") for factor in factors] for text in combinations}
    order = sorted(present, key=lambda text: (sum(present[text]), [not one for one in present[text]]))
    return order, np.array([present[text] for text in order], dtype=bool).reshape(len(order), len(factors))


def _factor_ids(study: Study) -> tuple[str, ...]:
    """Ids of the factors that are counted, in the order of `study.factor_count.columns`."""
    return tuple(item.id for item in study.measure(study.factor_count.measure).items)


def _rows_by_level(
    table: pd.DataFrame, study: Study, division: Breakdown | None
) -> tuple[pd.DataFrame, np.ndarray, tuple[str, ...]]:
    if division is None:
        rows = table[table["by"] == PATTERN]
        return rows, np.zeros(len(rows), dtype=np.int64), (EVERYONE,)
    if division in study.breakdowns:
        rows = table[table["by"] == PATTERN]
        codes = rows["pattern"].str.split("|").str[study.breakdowns.index(division)]
    else:
        rows = table[table["by"] == division.id]
        codes = rows["pattern"]
    known = codes.isin(division.codes).to_numpy()
    return rows[known], _positions(codes[known], pd.Index(division.codes)), division.codes


def _positions(values: Any, order: Any) -> np.ndarray:
    return pd.Index(order).get_indexer(pd.Index(values))


def _count_batch(batch: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    batch = batch.assign(service=pd.Categorical(batch["service"].astype(str)))
    weight = batch["weight"].to_numpy() if study.weight else np.ones(len(batch))
    states = _states(batch, study)
    numbers = _factor_numbers(states, study)
    judged = [_item_state(item, states, numbers, study) for item in study.items]
    counts, factor_numbers = [], [NO_FACTOR_NUMBERS]
    for by, pairs, where in _pairs(batch, study):
        counts.append(_state_counts(pairs, where, judged, weight, study).assign(by=by))
        if study.factor_count:
            keyed = pairs.iloc[where].assign(by=by, n_factors=numbers)
            factor_numbers.append(_tabulate(keyed, TABLES["factor_numbers"], weight))
    combinations = _combinations(states, numbers, study)
    return {
        "counts": pd.concat(counts, ignore_index=True),
        "factor_numbers": pd.concat(factor_numbers, ignore_index=True),
        "combinations": _combination_table(batch, combinations, weight, study),
        "services": _services(batch),
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


def _combinations(states: Mapping[str, np.ndarray], numbers: np.ndarray, study: Study) -> pd.Categorical:
    """Ids of the factors that are present in each case, joined by +; "not known" where any factor is."""
    if study.factor_count is None:
        return pd.Categorical(np.full(len(states[study.judgement_columns[0]]), ""))
    factors = np.array(_factor_ids(study))
    present = np.stack([_is_in(states[column], YES) for column in study.factor_count.columns], axis=1)
    kinds, kind = np.unique(np.packbits(present, axis=1), axis=0, return_inverse=True)
    kinds = np.unpackbits(kinds, axis=1, count=len(factors)).astype(bool)
    names = [*("+".join(factors[one]) for one in kinds), UNKNOWN_COMBINATION]
    codes = np.where(numbers == UNKNOWN_NUMBER, len(kinds), kind.ravel())
    return pd.Categorical.from_codes(codes, names)


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
    pairs: pd.DataFrame, where: np.ndarray, judged: list[np.ndarray], weight: np.ndarray, study: Study
) -> pd.DataFrame:
    """Cases and weights in each state, one row for each item and pair; `judged` has an array for each item."""
    shape = (len(pairs), len(N_STATES))
    cells = [where * len(N_STATES) + state for state in judged]
    size = len(pairs) * len(N_STATES)
    counts = np.concatenate([np.bincount(cell, minlength=size).reshape(shape) for cell in cells])
    weights = np.concatenate([np.bincount(cell, weight, minlength=size).reshape(shape) for cell in cells])
    yes, no = weights[:, STATES.index(YES)], weights[:, STATES.index(NO)]
    names = {
        "measure": np.repeat([item.measure for item in study.items], len(pairs)),
        "item": np.repeat([item.id for item in study.items], len(pairs)),
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


def _sum(parts: list[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    return {name: _sum_tables([part[name] for part in parts], keys) for name, keys in TABLES.items()}


def _sum_tables(tables: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    joined = pd.concat(tables, ignore_index=True)
    text = {key: str for key in keys if key not in ("n_factors", "services_in_stratum")}
    return joined.astype(text).groupby(keys, dropna=False).sum().reset_index()


def _tally(tables: dict[str, pd.DataFrame], facts: Mapping[str, Any]) -> Tally:
    services = tables["services"]
    _check_services(services)
    size = {"n_cases": int(services["n_cases"].sum()), "n_services": len(services)}
    return Tally(**tables, facts={**facts, **size})


def _check_services(services: pd.DataFrame) -> None:
    """Each service in one stratum of one size, which is at least the number of its services seen."""
    advice = "correct these columns in the extract"
    repeated = services["service"].duplicated()
    if repeated.any():
        raise TallyError(
            "a service belongs to one stratum of one size, but some services stand in two strata, "
            f"or with two sizes of their stratum; {advice}"
        )
    size = services.groupby("stratum")["services_in_stratum"].agg(["min", "max", "size"])
    if (size["min"] < size["max"]).any():
        raise TallyError(f"a stratum has one number of services, but some stand with several; {advice}")
    if (size["size"] > size["max"]).any():
        raise TallyError(f"more services are inspected in a stratum than it is said to have; {advice}")


def _add_facts(tallies: list[Tally]) -> dict[str, Any]:
    facts = [tally.facts for tally in tallies]
    total = {name: value for name, value in facts[0].items() if name != "oddities"}
    for name in ("n_read", "n_accepted", "n_rejected"):
        total[name] = sum(fact[name] for fact in facts)
    rules = pd.DataFrame([fact["rejected_by_rule"] for fact in facts]).fillna(0).sum().astype(int)
    total["rejected_by_rule"] = {rule: int(count) for rule, count in sorted(rules.items())}
    total["missing"] = [
        {**rows[0], **{kind: sum(row[kind] for row in rows) for kind in MISSING}}
        for rows in zip(*(fact["missing"] for fact in facts), strict=True)
    ]
    for name, choose in (("first_date", min), ("last_date", max)):
        total[name] = choose((fact[name] for fact in facts if fact[name]), default=None)
    total["files"] = [file for fact in facts for file in fact["files"]]
    return total
