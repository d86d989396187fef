"""Which cells of tables are computed from hidden counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from desistance.disclosure.keys import Keys
from desistance.disclosure.policy import Policy
from desistance.disclosure.system import Key, System
from desistance.study import Study

Cell = tuple[str, ...]


def at(table: pd.DataFrame, *columns: str) -> list[Cell]:
    """Where each row of a table stands: its values of some columns."""
    return list(zip(*(table[column].tolist() for column in columns), strict=True))


@dataclass(frozen=True)
class Seen:
    """A system with a choice of what is hidden."""

    system: System
    hidden: np.ndarray
    policy: Policy
    study: Study

    @cached_property
    def _shown(self) -> dict[Key, bool]:
        known = zip(self.system.keys, self.hidden.tolist(), strict=True)
        return {key: not hidden for key, hidden in known}

    @cached_property
    def _in_tables(self) -> dict[Key, bool]:
        found = zip(self.system.keys, (self.system.printed & ~self.hidden).tolist(), strict=True)
        return dict(found)

    @cached_property
    def keys(self) -> Keys:
        """Names of the counts, as the system has them."""
        return Keys(self.study, complete=not any(key[0] == "factor" for key in self.system.keys))

    @cached_property
    def hidden_bases(self) -> np.ndarray:
        """Sizes of hidden bases."""
        bases = np.array([key[0] in ("base", "model") for key in self.system.keys], dtype=bool)
        return np.unique(self.system.values[bases & self.hidden])

    @property
    def weighted(self) -> bool:
        """Whether shares are weighted."""
        return self.study.weighted

    def any(self, keys: Iterable[Key]) -> bool:
        """Whether one of some counts is hidden; one that the system does not have is."""
        return not all(self._shown.get(key, False) for key in keys)

    def where(
        self, cells: Sequence[Cell], named: Callable[[Cell], Iterable[Key]], *, printed: bool = False
    ) -> np.ndarray:
        """Rows with a hidden count among those that `named` gives; with `printed`, or one that no table may have."""
        shown = self._in_tables if printed else self._shown
        found = {cell: not all(shown.get(key, False) for key in named(cell)) for cell in dict.fromkeys(cells)}
        return np.array([found[cell] for cell in cells], dtype=bool)

    def has(self, key: Key) -> bool:
        """Whether there is such a count, shown or hidden."""
        return key in self._shown

    def is_unsafe(self, key: Key) -> bool:
        """Whether the system has a count that must not be found out."""
        return key in self._unsafe

    @cached_property
    def _unsafe(self) -> set[Key]:
        return {key for key, unsafe in zip(self.system.keys, self.system.unsafe, strict=True) if unsafe}

    def parts(self, measure: str, item: str) -> tuple[tuple[str, str], ...]:
        """Items that an item puts together."""
        return self.keys.parts.get((measure, item), ())

    def has_hidden_service(self, measure: str, item: str) -> bool:
        """Whether a service has no place in the funnel of an item."""
        return (measure, item) in self._incomplete_funnels

    @cached_property
    def _incomplete_funnels(self) -> set[Cell]:
        left = {key[2:] for key in self.system.keys if key[0] == "rest of services"}
        return left | {
            key[1:3]
            for key, hidden in zip(self.system.keys, self.hidden, strict=True)
            if hidden and key[0] in ("service base", "service yes")
        }

    def nearly_unsafe(self, base: pd.Series, share: pd.Series) -> np.ndarray:
        """Where a weighted share would be unsafe if it were not weighted; its count of yes is in no table."""
        size = base.to_numpy(dtype=float)
        yes = np.round(np.nan_to_num(share.to_numpy(dtype=float)) * size)
        rule = self.policy
        small = [
            n > 0 and (n < rule.smallest_base or rule.is_unsafe(int(one)) or rule.is_unsafe(int(n - one)))
            for n, one in zip(size, yes, strict=True)
        ]
        return np.array(small, dtype=bool)
