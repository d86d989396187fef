"""What an attack tried and what it found: for people, and as a record; never a count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desistance.attack.system import Key

_MOST_LISTED = 40


@dataclass(frozen=True)
class Breach:
    """Something a reader can find out: what kind of leak, where, about which count, by which relations."""

    kind: str
    where: str
    key: Key
    relations: tuple[str, ...] = ()

    def as_text(self) -> str:
        """One line, without the count."""
        by = f" (by {', '.join(self.relations)})" if self.relations and self.relations != (self.kind,) else ""
        return f"{self.kind}: {', '.join(self.key)}, from {self.where}{by}"


@dataclass(frozen=True)
class Account:
    """An attack's account of itself.

    Parameters
    ----------
    policy : str
        Name of the policy that the release says it keeps.
    protected : bool
        Whether that policy hides anything; if not, there was nothing to attack.
    read : tuple of str
        What was read.
    relations : mapping of str to int
        How many relations of each kind were used.
    n_counts, n_hidden, n_guarded : int
        Counts in the system; those hidden by [c]; those without a place that must not be found out either.
    n_solved : int
        Hidden or guarded counts that arithmetic alone did not settle, so that a solver bounded them.
    n_tried : int
        Statistics that were tried against all counts that are possible.
    least_candidates : int or None
        Fewest values that remain of a hidden count, as far as was looked: a count is let go as soon as enough remain.
    least_key : tuple of str
        The name of that count.
    breaches : tuple of Breach
    unsettled : tuple of str
        What could not be bounded in time; nothing may be published while there is any.
    not_tried : tuple of str
        What was not tried, and why.
    """

    policy: str
    protected: bool
    read: tuple[str, ...] = ()
    relations: Mapping[str, int] | None = None
    n_counts: int = 0
    n_hidden: int = 0
    n_guarded: int = 0
    n_solved: int = 0
    n_tried: int = 0
    least_candidates: int | None = None
    least_key: Key = ()
    breaches: tuple[Breach, ...] = ()
    unsettled: tuple[str, ...] = ()
    not_tried: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found out, and everything was bounded."""
        return not self.breaches and not self.unsettled

    def as_text(self) -> str:
        """The account in words, ending in a line for each breach; the same bytes for the same files."""
        if not self.protected:
            return f"Policy {self.policy}: nothing is hidden, so there is nothing to attack.\n"
        kinds = [f"{kind} {number}" for kind, number in (self.relations or {}).items()]
        lines = [
            f"Policy: {self.policy}",
            f"Read: {', '.join(self.read)}",
            f"Counts in the system: {self.n_counts}, of which hidden {self.n_hidden}, "
            f"without a place but not to be found out {self.n_guarded}, left to the solver {self.n_solved}",
            f"Relations: {', '.join(kinds) or 'none'}",
            f"Printed statistics tried against every possible count: {self.n_tried}",
            *self._narrowest(),
            *(f"Not tried: {one}" for one in self.not_tried),
            *(f"Not bounded in time: {one}" for one in self.unsettled[:_MOST_LISTED]),
            f"Breaches: {len(self.breaches) or 'none'}",
            *(one.as_text() for one in self.breaches[:_MOST_LISTED]),
        ]
        if len(self.breaches) > _MOST_LISTED:
            lines.append(f"... and {len(self.breaches) - _MOST_LISTED} more")
        return "\n".join(lines) + "\n"

    def _narrowest(self) -> list[str]:
        if self.least_candidates is None:
            return []
        name = ", ".join(self.least_key)
        return [f"Narrowest hidden count: {self.least_candidates} values remain ({name})"]

    def as_record(self) -> dict[str, Any]:
        """The account as an object fit for JSON, without any count of cases."""
        return {
            "policy": self.policy,
            "protected": self.protected,
            "holds": self.holds,
            "read": list(self.read),
            "relations": dict(self.relations or {}),
            "n_counts": self.n_counts,
            "n_hidden": self.n_hidden,
            "n_guarded": self.n_guarded,
            "n_solved": self.n_solved,
            "n_tried": self.n_tried,
            "least_candidates": self.least_candidates,
            "least_key": list(self.least_key),
            "breaches": [
                {"kind": one.kind, "where": one.where, "key": list(one.key), "relations": list(one.relations)}
                for one in self.breaches
            ],
            "unsettled": list(self.unsettled),
            "not_tried": list(self.not_tried),
        }
