"""The released object: restricted findings in, what may be seen out.

Everything published is drawn from this object alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desistance.disclosure.sampling import as_weighed, seen_sampling
from desistance.disclosure.structure import structure_of
from desistance.errors import ReleaseError
from desistance.findings.tables import COLUMNS, TEXT, read_table
from desistance.study import EVERYONE

if TYPE_CHECKING:
    import pandas as pd

    from desistance.disclosure.policy import Policy
    from desistance.study import Study

HIDDEN = "[c]"


@dataclass(frozen=True)
class Released:
    """What may be seen: tables with the columns of the findings, and `facts` about records, policy and software.

    A number that is hidden is the text "[c]" in its place, one that is not available is missing.
    """

    estimates: pd.DataFrame
    comparisons: pd.DataFrame
    trends: pd.DataFrame
    means: pd.DataFrame
    distributions: pd.DataFrame
    combinations: pd.DataFrame
    pairs: pd.DataFrame
    adjusted: pd.DataFrame
    variation: pd.DataFrame
    funnel: pd.DataFrame
    precision: pd.DataFrame
    stages: pd.DataFrame
    changes: pd.DataFrame
    provision: pd.DataFrame
    rates: pd.DataFrame
    provision_delivery: pd.DataFrame
    themes: pd.DataFrame
    theme_pairs: pd.DataFrame
    theme_delivery: pd.DataFrame
    agreement: pd.DataFrame
    quotes: pd.DataFrame
    multiverse: pd.DataFrame
    ledger: pd.DataFrame
    calibration: pd.DataFrame
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """Tables as CSV text, the facts, and for the checker what was hidden and why, without values."""

    tables: Mapping[str, str]
    facts: Mapping[str, Any]
    record: Mapping[str, Any]


def release(
    tables: Mapping[str, pd.DataFrame],
    study: Study,
    facts: Mapping[str, Any],
    policy: Policy,
    *,
    time_limit: float,
) -> Release:
    """Let out what the policy allows.

    Parameters
    ----------
    tables
        Every table of the findings, by name, with the columns of `findings.tables.COLUMNS`.
    study
        The study they are of.
    facts
        The account of records and software.
    policy
        What may be seen.
    time_limit
        Seconds for the search for the least to hide.

    Raises
    ------
    ReleaseError
        A table, column or count that the release does not know, records that are not made up under a policy that
        protects nothing, or small counts that cannot be protected. Nothing is released then.
    """
    _check_known(tables)
    from desistance.disclosure.accounts import seen_accounts, without_sources

    study, facts = as_weighed(study, facts), without_sources(seen_sampling(facts, policy))
    facts = {**facts, "policy": policy.name, "protected": policy.protect, "structure": structure_of(study)}
    if not policy.protect:
        return _unprotected(tables, facts, policy)
    from desistance.disclosure.cells import counts_of
    from desistance.disclosure.hiding import hidden_facts, hidden_tables, table_text
    from desistance.disclosure.suppression import suppress

    tables = let_out(tables)
    system = counts_of(tables, study, facts, policy)
    pattern = suppress(system, candidates=policy.candidates, time_limit=time_limit)
    shown = hidden_tables(tables, system, pattern.hidden, policy, study)
    account = {
        "n_counts": int(system.printed.sum()),
        "n_relations": system.relations.shape[0],
        "n_hidden_first": int(pattern.first.sum()),
        "n_hidden_second": int((pattern.hidden & ~pattern.first).sum()),
        "least": pattern.optimal,
        "coarse": pattern.coarse,
    }
    facts = seen_accounts(hidden_facts(facts, system, pattern.hidden, policy, study), policy)
    facts |= {"disclosure": policy.as_facts() | account}
    record = account | {
        "policy": policy.as_facts(),
        "hidden": [
            {"count": list(key), "why": "unsafe by the rule" if first else "protects another"}
            for key, hidden, first in zip(system.keys, pattern.hidden, pattern.first, strict=True)
            if hidden
        ],
    }
    return Release({name: table_text(frame) for name, frame in shown.items()}, facts, record)


def let_out(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables without the rows that no protecting policy lets out: combinations and pairs of factors in subgroups."""
    from desistance.disclosure.columns import FOR_EVERYONE

    everyones = {name: tables[name][tables[name]["breakdown"] == EVERYONE] for name in FOR_EVERYONE}
    return {**tables, **{name: table.reset_index(drop=True) for name, table in everyones.items()}}


def _unprotected(tables: Mapping[str, pd.DataFrame], facts: dict[str, Any], policy: Policy) -> Release:
    from desistance.disclosure.hiding import table_text

    if not facts["made_up"]:
        raise ReleaseError(
            f"the policy {policy.name!r} protects nothing, and these records are not said to be made up; "
            "take the policy default or strict (disclosure.policy of the configuration)"
        )
    facts |= {"disclosure": policy.as_facts()}
    record = {"policy": policy.as_facts(), "hidden": []}
    return Release({name: table_text(frame) for name, frame in tables.items()}, facts, record)


def _check_known(tables: Mapping[str, pd.DataFrame]) -> None:
    if set(tables) != set(COLUMNS):
        raise ReleaseError(f"asked to release {sorted(tables)}; known tables are {sorted(COLUMNS)}")
    for name, table in tables.items():
        if list(table.columns) != COLUMNS[name]:
            raise ReleaseError(f"{name} has columns {list(table.columns)}; known columns are {COLUMNS[name]}")


def read_released(folder: Path) -> Released:
    """Read the released object from the folder it was written to."""
    tables = {name: _read_shown(Path(folder) / "tables" / f"{name}.csv") for name in COLUMNS}
    facts = json.loads((Path(folder) / "release.json").read_text(encoding="utf-8"))
    return Released(**tables, facts=facts)


def _read_shown(path: Path) -> pd.DataFrame:
    """Read a released table: a column of numbers that has hidden ones holds numbers and the text "[c]"."""
    import pandas as pd

    table = read_table(path)
    for name in table.columns:
        if name not in TEXT and not pd.api.types.is_numeric_dtype(table[name]):
            cells = table[name]
            numbers = pd.to_numeric(cells.where(cells != HIDDEN), errors="raise").astype(object)
            table[name] = numbers.where(cells != HIDDEN, HIDDEN)
    return table
