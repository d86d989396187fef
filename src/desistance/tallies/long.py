"""A tally's blocks as long tables, for looking at small ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from desistance.study import NO, YES
from desistance.tallies.blocks import Block, weights_of
from desistance.tallies.columns import Ints
from desistance.tallies.kinds import is_weight
from desistance.tallies.layout import FACTORS, N_STATES, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_NUMBER = -1
First = tuple[Ints, Ints] | None


def _keys(by: str, block: Block, services: pd.Series) -> dict[str, np.ndarray]:
    names, patterns = services.to_numpy(dtype=object), np.array(block.patterns, dtype=object)
    n_rows = len(block.service)
    return {
        "service": names[block.service],
        "by": np.full(n_rows, by, dtype=object),
        "pattern": patterns[block.pattern],
    }


def _weight(block: Block, name: str, first: First) -> np.ndarray:
    n_rows = len(block.service)
    return weights_of(block, name, first, where=np.arange(n_rows), size=n_rows).astype(float)


def _table(parts: list[dict[str, np.ndarray]], order: list[str]) -> pd.DataFrame:
    """Parts below one another, in the order of some columns."""
    import pandas as pd

    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return pd.DataFrame(joined).sort_values(order, ignore_index=True)


def items_of(block: Block) -> list[tuple[str, str]]:
    """Measure and id of each item that a block counts, in order."""
    names = (name.split(".") for name in block.columns if not is_weight(name))
    return sorted({(measure, item) for measure, item, _ in names})


def item_rows(blocks: Mapping[str, Block], services: pd.Series, first: First) -> pd.DataFrame:
    """One row for each item, service and pattern."""
    parts = []
    for by, block in blocks.items():
        keys = _keys(by, block, services)
        for measure, item in items_of(block):
            prefix = f"{measure}.{item}."
            yes, no = (_weight(block, f"{prefix}n_{state}", first) for state in (YES, NO))
            parts.append(
                keys
                | {"measure": np.full(len(yes), measure, object), "item": np.full(len(yes), item, object)}
                | {state: block.column(prefix + state).astype(np.int64) for state in N_STATES}
                | {"weight_yes": yes, "weight_base": yes + no}
            )
    return _table(parts, ["service", "by", "pattern", "measure", "item"])


def number_rows(blocks: Mapping[str, Block], services: pd.Series, first: First) -> pd.DataFrame:
    """One row for each service, pattern and number of factors that occurs."""
    import pandas as pd

    parts = []
    for by, block in blocks.items():
        for name in block.columns:
            if name.startswith(FACTORS):
                number = name.removeprefix(FACTORS)
                n_cases = block.columns[name].astype(np.int64)
                rows = {
                    "n_factors": np.full(len(n_cases), UNKNOWN_NUMBER if number == UNKNOWN else int(number)),
                    "n_cases": n_cases,
                    "weight": _weight(block, name, first),
                }
                rows = _keys(by, block, services) | rows
                parts.append({key: values[n_cases > 0] for key, values in rows.items()})
    if not parts:
        none = {"service": "", "by": "", "pattern": "", "n_factors": 0, "n_cases": 0, "weight": 0.0}
        return pd.DataFrame([none])[:0]
    return _table(parts, ["service", "by", "pattern", "n_factors"])


def combination_rows(blocks: Mapping[str, Block], first: First) -> pd.DataFrame:
    """One row for each level and combination that occurs."""
    import pandas as pd

    tables = []
    for by, block in blocks.items():
        texts = np.array([text.split("|") for text in block.patterns], dtype=object).reshape(-1, 2)
        n_patterns = len(texts)
        pooled = {"where": block.pattern, "size": n_patterns}
        tables.append(
            pd.DataFrame(
                {
                    "by": by,
                    "pattern": texts[:, 0],
                    "combination": texts[:, 1],
                    "n_cases": np.bincount(block.pattern, block.column("n_cases"), n_patterns).astype(
                        np.int64
                    ),
                    "weight": weights_of(block, "n_cases", first, **pooled).astype(float),
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values(["by", "pattern", "combination"], ignore_index=True)
