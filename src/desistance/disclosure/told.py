"""What is told of the records before any count is looked at: tables, study, facts, and which cases may lack what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from desistance.disclosure.keys import NOT_KNOWN, Keys
from desistance.disclosure.policy import Policy
from desistance.study import EVERYONE, MISSING, Study

Group = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """Restricted tables with the study, the facts and the policy they are released under."""

    tables: Mapping[str, pd.DataFrame]
    study: Study
    facts: Mapping[str, Any]
    policy: Policy

    def table(self, name: str) -> pd.DataFrame:
        """One table; without rows and columns where it was not given."""
        return self.tables.get(name, pd.DataFrame())

    def rows(self, name: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table, these columns of it."""
        table = self.table(name)
        if table.empty:
            return iter(())
        return zip(*(table[column].tolist() for column in columns), strict=True)

    @cached_property
    def _missing(self) -> dict[str, Mapping[str, int]]:
        return {row["column"]: row for row in self.facts.get("missing", [])}

    def without_answer(self, column: str) -> int | None:
        """Cases without a yes or no, or without a level, as the facts print it; none where they do not."""
        row = self._missing.get(column)
        return None if row is None else sum(row[kind] for kind in MISSING)

    def not_known(self, column: str) -> int | None:
        """Cases of whom it is not known whether the answer is yes."""
        row = self._missing.get(column)
        return None if row is None else row["not_known"] + row["not_recorded"]

    @cached_property
    def keys(self) -> Keys:
        """Names of the counts."""
        combined = self.study.combined
        complete = combined is not None and all(
            item.base is None and self.not_known(item.column) == 0 for item in combined.items
        )
        return Keys(self.study, complete)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Everyone, each subgroup of each division, and where there may be any those whose level is not known."""
        divisions = self.study.divisions
        return (
            (EVERYONE, EVERYONE),
            *(group for division in divisions for group in self.levels(division.id)),
        )

    def levels(self, division: str) -> tuple[Group, ...]:
        """Subgroups of one division, with those whose level is not known where there may be any."""
        found = self.study.division(division)
        codes = found.codes if self.without_answer(found.column) == 0 else (*found.codes, NOT_KNOWN)
        return tuple((division, code) for code in codes)

    @property
    def hides_missing(self) -> bool:
        """Whether a small number of missing answers, or of cases without a level, is unsafe."""
        return self.policy.missing == "hidden"

    def is_protected(self, group: Group) -> bool:
        """Whether small counts of a subgroup are unsafe; without a known level, only where missing answers are."""
        return group[1] != NOT_KNOWN or self.hides_missing
