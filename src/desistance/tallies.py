"""Counts that every finding is made from. Tallies add up; analysis never goes back to the records.

A tally holds, for each service and each pattern of breakdown values (and each level of each band), how many
cases of each item are in each state; how many factors the cases have; and for each service how often each
combination of factors occurs. Counting parts of an extract one by one and adding gives the same as counting all.
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
from desistance.study import MISSING, STATES, YES, Breakdown, Item, Study

EVERYONE = "all"
PATTERN = "breakdowns"
OUTSIDE = "outside_base"
N_STATES = [f"n_{state}" for state in (*STATES, OUTSIDE)]
COUNT_KEYS = ["service", "by", "pattern", "measure", "item"]
NUMBER_KEYS = ["service", "by", "pattern", "n_factors"]
COMBINATION_KEYS = ["service", "combination"]
SERVICE_KEYS = ["service", "stratum", "services_in_stratum"]
TABLES = ("counts", "factor_numbers", "combinations", "services")
UNKNOWN_NUMBER = -1


@dataclass(frozen=True)
class Tally:
    """Counts of one study over some records.

    counts
        `service, by, pattern, measure, item`, then the number of cases in each state (`n_yes`, `n_no`,
        `n_not_applicable`, `n_not_known`, `n_not_recorded`, `n_outside_base`; together all cases of the
        pattern) and the weights of yes and of yes and no together. `by` is "breakdowns" (`pattern` joins the
        breakdowns' codes by |) or a band's id (`pattern` is its code).
    factor_numbers
        `service, by, pattern, n_factors` (-1: not known), `n_cases, weight`.
    combinations
        `service, combination` (codes of the factors present, joined by +), `n_cases, weight`.
    services
        `service, stratum, services_in_stratum, n_cases`, one row a service.
    facts
        Study and its digest, whether the records are made up, and the account of quality.
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
    the cases answered yes or no; `n_missing` has shape (n_items, n_levels): in the base, but without such an
    answer. Cases whose level is not known are in no level.
    """

    items: tuple[Item, ...]
    levels: tuple[str, ...]
    n_yes: np.ndarray
    n_base: np.ndarray
    weight_yes: np.ndarray
    weight_base: np.ndarray
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


def count_records(batches: Iterable[pd.DataFrame], study: Study, facts: Mapping[str, Any]) -> Tally:
    """Count typed records batch by batch; the columns are those that ingestion writes."""
    parts = [_count_batch(batch, study) for batch in batches]
    if not parts or not sum(len(part["services"]) for part in parts):
        raise TallyError("there is no accepted row to count; see rejects.csv for the reasons")
    return _sum(parts, facts)


def add_tallies(tallies: Iterable[Tally]) -> Tally:
    """Add tallies of the same study; the rows read and rejected, and the missing values, add up too."""
    tallies = list(tallies)
    first = tallies[0].facts
    for tally in tallies[1:]:
        for fact in ("study_sha256", "made_up"):
            if tally.facts[fact] != first[fact]:
                raise TallyError(f"these tallies differ in {fact}, so they cannot be added")
    return _sum([{name: getattr(tally, name) for name in TABLES} for tally in tallies], _add_facts(tallies))


def write_tally(tally: Tally, paths: Mapping[str, Path]) -> None:
    """Write the four tables as Parquet and the facts as JSON."""
    for name in TABLES:
        getattr(tally, name).to_parquet(paths[name], index=False, compression="zstd")
    Path(paths["facts"]).write_text(json.dumps(tally.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_tally(paths: Mapping[str, Path]) -> Tally:
    """Read what `write_tally` wrote."""
    tables = {name: pd.read_parquet(paths[name]) for name in TABLES}
    return Tally(**tables, facts=json.loads(Path(paths["facts"]).read_text(encoding="utf-8")))


def service_counts(tally: Tally, study: Study, division: Breakdown | None) -> ServiceCounts:
    """Counts by service, item and level of a division; of everyone (one level, "all") without one."""
    rows, level, levels = _rows_by_level(tally.counts, study, division)
    service = _positions(rows["service"], tally.services["service"])
    numbers = {(item.measure, item.id): number for number, item in enumerate(study.items)}
    item = _positions(pd.MultiIndex.from_frame(rows[["measure", "item"]]), pd.MultiIndex.from_tuples(list(numbers)))
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
    n_missing = np.bincount(level[~known], rows["n_cases"].to_numpy()[~known], minlength=len(levels)).astype(np.int64)
    return NumberCounts(levels, n_cases, weight, n_missing)


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
    weight = batch["weight"].to_numpy() if study.weight else np.ones(len(batch))
    states = dict(_item_states(batch, study))
    numbers = _factor_numbers(batch, study)
    counts, factor_numbers = [], []
    for by, pattern in _patterns(batch, study):
        pairs, where = _pairs(batch["service"], pattern)
        for item in study.items:
            counts.append(_item_counts(pairs, where, states[item], weight).assign(by=by, measure=item.measure, item=item.id))
        if study.factor_count:
            keyed = pairs.iloc[where].reset_index(drop=True).assign(by=by, n_factors=numbers)
            factor_numbers.append(_tabulate(keyed, NUMBER_KEYS, weight))
    tables = {"counts": pd.concat(counts, ignore_index=True)[[*COUNT_KEYS, *N_STATES, "weight_yes", "weight_base"]]}
    empty = pd.DataFrame({name: [] for name in (*NUMBER_KEYS, "n_cases", "weight")})
    tables["factor_numbers"] = pd.concat(factor_numbers, ignore_index=True) if factor_numbers else empty
    combination = pd.DataFrame({"service": batch["service"].astype(str), "combination": _combinations(batch, study)})
    tables["combinations"] = _tabulate(combination, COMBINATION_KEYS, weight)
    tables["services"] = _services(batch)
    return tables


def _patterns(batch: pd.DataFrame, study: Study) -> Iterator[tuple[str, pd.Series]]:
    joined = pd.Series([""] * len(batch), index=batch.index)
    if study.breakdowns:
        first, *rest = (batch[breakdown.column].astype(str) for breakdown in study.breakdowns)
        joined = first.str.cat(rest, sep="|") if rest else first
    yield PATTERN, joined
    for band in study.bands:
        yield band.id, batch[band.column].astype(str)


def _pairs(service: pd.Series, pattern: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """The service and pattern pairs that occur, and which of them each case belongs to."""
    keyed = pd.DataFrame({"service": service.astype(str).to_numpy(), "pattern": pattern.to_numpy()})
    grouped = keyed.groupby(["service", "pattern"], sort=True)
    pairs = grouped.size().reset_index()[["service", "pattern"]]
    return pairs, grouped.ngroup().to_numpy()


def _item_states(batch: pd.DataFrame, study: Study) -> Iterator[tuple[Item, np.ndarray]]:
    """Each item's state of each case: an index into `STATES`, or one past it where the case is outside the base."""
    outside = len(STATES)
    for item in study.items:
        if item.derived:
            numbers = _factor_numbers(batch, study)
            below = np.where(numbers >= study.factor_count.threshold, STATES.index("yes"), STATES.index("no"))
            yield item, np.where(numbers == UNKNOWN_NUMBER, STATES.index("not_known"), below)
            continue
        state = batch[item.column].cat.codes.to_numpy()
        if item.base is not None:
            base = batch[item.base].cat.codes.to_numpy()
            state = np.where(np.isin(base, (STATES.index("no"), STATES.index("not_applicable"))), outside, state)
            unknown = np.isin(base, (STATES.index("not_known"), STATES.index("not_recorded")))
            state = np.where(unknown, base, state)
        yield item, state


def _factor_numbers(batch: pd.DataFrame, study: Study) -> np.ndarray:
    """Number of factors of each case; unknown where any factor is neither yes, no nor not applicable."""
    if study.factor_count is None:
        return np.zeros(len(batch), dtype=np.int64)
    codes = np.stack([batch[column].cat.codes.to_numpy() for column in study.factor_count.columns])
    unknown = np.isin(codes, (STATES.index("not_known"), STATES.index("not_recorded"))).any(axis=0)
    return np.where(unknown, UNKNOWN_NUMBER, (codes == STATES.index(YES)).sum(axis=0))


def _combinations(batch: pd.DataFrame, study: Study) -> np.ndarray:
    columns = study.factor_count.columns if study.factor_count else ()
    text = np.full(len(batch), "", dtype=object)
    for column in columns:
        present = (batch[column].cat.codes == STATES.index(YES)).to_numpy()
        text[present] = text[present] + f"+{column}"
    return np.array([combination.lstrip("+") for combination in text], dtype=object)


def _item_counts(pairs: pd.DataFrame, where: np.ndarray, state: np.ndarray, weight: np.ndarray) -> pd.DataFrame:
    width = len(N_STATES)
    cells = where * width + state
    size = len(pairs) * width
    counts = np.bincount(cells, minlength=size).reshape(-1, width)
    weights = np.bincount(cells, weight, minlength=size).reshape(-1, width)
    table = pairs.assign(**dict(zip(N_STATES, counts.T, strict=True)))
    return table.assign(weight_yes=weights[:, 0], weight_base=weights[:, 0] + weights[:, 1])


def _tabulate(keyed: pd.DataFrame, keys: list[str], weight: np.ndarray) -> pd.DataFrame:
    grouped = keyed.assign(n_cases=1, weight=weight).groupby(keys, sort=True)
    return grouped[["n_cases", "weight"]].sum().reset_index()


def _services(batch: pd.DataFrame) -> pd.DataFrame:
    stratum = batch["stratum"].astype(str) if "stratum" in batch else EVERYONE
    size = batch["services_in_stratum"] if "services_in_stratum" in batch else np.nan
    keyed = pd.DataFrame({"service": batch["service"].astype(str), "n_cases": 1}).assign(
        stratum=stratum, services_in_stratum=size
    )
    return keyed.groupby(SERVICE_KEYS, sort=True, dropna=False)["n_cases"].sum().reset_index()


def _sum(parts: list[Mapping[str, pd.DataFrame]], facts: Mapping[str, Any]) -> Tally:
    keys = {
        "counts": COUNT_KEYS,
        "factor_numbers": NUMBER_KEYS,
        "combinations": COMBINATION_KEYS,
        "services": SERVICE_KEYS,
    }
    tables = {name: _sum_tables([part[name] for part in parts], by) for name, by in keys.items()}
    repeated = tables["services"]["service"].duplicated()
    if repeated.any():
        raise TallyError(
            f"{int(repeated.sum())} services stand in two strata, or with two sizes of their stratum; "
            "a service belongs to one stratum of one size: correct these columns in the extract"
        )
    return Tally(**tables, facts=facts)


def _sum_tables(tables: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    joined = pd.concat(tables, ignore_index=True)
    return joined.groupby(keys, sort=True, dropna=False).sum().reset_index()


def _add_facts(tallies: list[Tally]) -> dict[str, Any]:
    facts = [tally.facts for tally in tallies]
    total = dict(facts[0])
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
