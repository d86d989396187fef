"""From what was counted to a tally: services by name, weights in full, items that put others together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from desistance.tallies.blocks import POOLED, Block, added_blocks, block_of
from desistance.tallies.columns import REST, WEIGHT, Columns, Ints, Keyed, joined_weight
from desistance.tallies.definition import Tally, build_tally, no_rows
from desistance.tallies.kinds import is_weighed
from desistance.tallies.layout import (
    COMBINED,
    FACTORS,
    ITEMS,
    N_STATES,
    THEME,
    TOGETHER,
    UNKNOWN_COMBINATION,
    Layout,
    column_of,
)

if TYPE_CHECKING:
    from desistance.tallies.counting import Counted
    from desistance.tallies.services import Services


def finished(counted: Counted, facts: Mapping[str, Any], practice: Mapping[str, pd.DataFrame]) -> Tally:
    """The tally of what a counter has counted.

    Raises
    ------
    TallyError
        Services are not what a sample of services can be.
    """
    making = _Making(counted)
    items, factors, combinations = making.blocks()
    tables = {
        "services": _service_table(counted.services),
        "marks": _marks_table(counted),
        **{name: practice.get(name, no_rows(name)) for name in ("answers", "passages", "codings")},
    }
    if counted.layout.study.sampled:
        facts = {**facts, "design": {"n_eligible": None, "files": [], **facts.get("design", {})}}
    return build_tally(items, factors, combinations, tables, facts)


class _Making:
    def __init__(self, counted: Counted) -> None:
        self._counted, self._layout = counted, counted.layout
        names = counted.services.names
        self._rank = np.empty(len(names), dtype=np.int64)
        self._rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))

    def blocks(self) -> tuple[dict[str, Block], dict[str, Block], dict[str, Block]]:
        """Items, factors and combinations, each by what cases are told apart by."""
        items, factors, combined = {}, {}, {}
        for (kind, by), keyed in self._counted.amounts.items():
            if kind == ITEMS:
                own, numbers = _split(self._in_full(keyed, self._n_keys(kind, by))[1])
                items[by] = self._block(by, keyed[0], _with_pooled(own, self._layout) if by != THEME else own)
                if numbers:
                    factors.setdefault(by, []).append(self._block(by, keyed[0], numbers))
            elif kind == TOGETHER:
                keys, columns = self._in_full(keyed, self._n_keys(kind, by))
                factors.setdefault(by, []).append(self._block(by, keys, columns))
            elif kind == COMBINED:
                combined[by] = self._combined(by, keyed)
        same = np.arange(len(self._rank))
        return (
            items,
            {by: added_blocks((one, same) for one in found) for by, found in factors.items()},
            combined,
        )

    def _n_keys(self, kind: str, by: str) -> int:
        return self._layout.keys_per_service(kind, by)

    def _in_full(self, keyed: Keyed, n_keys: int) -> Keyed:
        """With the weights of services whose weights vary; where all cases weigh the same, the service knows it."""
        services, (keys, columns) = self._counted.services, keyed
        if services.first is None:
            return keyed
        varies = services.varies[keys // n_keys]
        counts = {name: values for name, values in columns.items() if not name.startswith((WEIGHT, REST))}
        if not varies.any():
            return keys, counts
        found = dict(counts)
        for name in filter(is_weighed, counts):
            for prefix, first in zip((WEIGHT, REST), services.first, strict=True):
                more = columns.get(prefix + name, np.zeros(1, dtype=np.int64)).astype(np.int64)
                found[prefix + name] = np.where(varies, counts[name] * first[keys // n_keys] + more, 0)
        return keys, found

    def _block(self, by: str, keys: Ints, columns: Columns) -> Block:
        service, pattern = np.divmod(keys, self._n_keys(ITEMS, by))
        if by == THEME:
            texts = [theme.replace(":", "|") for theme in self._layout.themes]
        else:
            space = next(
                one for one in self._layout.item_spaces + self._layout.combination_spaces if one.by == by
            )
            used, pattern = np.unique(pattern, return_inverse=True)
            texts = [space.text(one) for one in used.tolist()]
        return block_of(self._rank[service], pattern, texts, columns)

    def _combined(self, by: str, keyed: Keyed) -> Block:
        keys, columns = keyed
        space = next(one for one in self._layout.combination_spaces if one.by == by)
        rest, code = np.divmod(keys, self._layout.n_combinations)
        service, pattern = np.divmod(rest, space.n_patterns)
        service = self._rank[service] if self._layout.is_weighted_later else np.full(len(keys), POOLED)
        used, place = np.unique(pattern * self._layout.n_combinations + code, return_inverse=True)
        patterns, combinations = (each.tolist() for each in np.divmod(used, self._layout.n_combinations))
        pattern_texts = {one: space.text(one) for one in set(patterns)}
        combination_texts = {one: _combination(one, self._layout) for one in set(combinations)}
        texts = [
            f"{pattern_texts[one]}|{combination_texts[other]}"
            for one, other in zip(patterns, combinations, strict=True)
        ]
        return block_of(service, place, texts, columns)


def _combination(code: int, layout: Layout) -> str:
    """Ids of the factors of a combination, joined by +; with a space where it is no combination."""
    n_factors = len(layout.factors)
    if code == 2**n_factors:
        return UNKNOWN_COMBINATION
    if code > 2**n_factors:
        return f"more than {layout.most_factors}"
    return "+".join(factor for place, factor in enumerate(layout.factors) if code >> place & 1)


def _split(columns: Columns) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Columns of items and those of numbers of factors."""
    numbers = {name for name in columns if name.removeprefix(WEIGHT).removeprefix(REST).startswith(FACTORS)}
    return (
        {name: values for name, values in columns.items() if name not in numbers},
        {name: columns[name] for name in columns if name in numbers},
    )


def _with_pooled(columns: Columns, layout: Layout) -> Columns:
    """With the items that put others together, which are the sums of their parts.

    What is counted are answers then: a case counts as often as it has answers.
    """
    # ASSUME A21: every answer weighs the same, however much its judgement bears on the domain.
    found = dict(columns)
    parts = {(item.measure, item.id): item for item in layout.study.items}
    for item in layout.pooled_items:
        for state in N_STATES:
            for prefix in ("", WEIGHT, REST):
                told = [prefix + column_of(parts[part], state) for part in item.parts]
                own = [columns[name].astype(np.int64) for name in told if name in columns]
                if own:
                    found[prefix + column_of(item, state)] = sum(own[1:], start=own[0])
    return found


def _service_table(services: Services) -> pd.DataFrame:
    """One row a service; several where one stands in several strata, which is refused afterwards."""
    rows = [
        (services.names[place], stratum, np.nan if size is None else size, n_cases)
        for (place, (stratum, size)), n_cases in services.strata.items()
    ]
    rows.sort(key=lambda row: (row[0], row[1], -1.0 if row[2] != row[2] else row[2]))
    table = pd.DataFrame(rows, columns=["service", "stratum", "services_in_stratum", "n_cases"])
    table = table.astype({"services_in_stratum": float})
    if services.first is not None:
        weight = np.where(services.varies, np.nan, joined_weight(*services.first))
        table["weight"] = table["service"].map(dict(zip(services.names, weight, strict=True)))
    return table


def _marks_table(counted: Counted) -> pd.DataFrame:
    if counted.marks is None:
        return no_rows("marks")
    names = counted.services.names
    rows = sorted((names[place], marks, n_cases) for (place, marks), n_cases in counted.marks.items())
    return pd.DataFrame(rows, columns=["service", "marks", "n_cases"])
