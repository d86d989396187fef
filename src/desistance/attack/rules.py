"""The policy a release says it keeps: what is unsafe, and how much may be found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desistance.attack.errors import AttackError


@dataclass(frozen=True)
class Rules:
    """The printed policy, read from ``disclosure`` in ``release.json``."""

    name: str
    protect: bool
    largest_unsafe: int
    smallest_base: int
    zeros_hidden: bool
    missing_hidden: bool
    round_to: int
    significant_digits: int
    candidates: int

    def is_unsafe(self, count: int) -> bool:
        """Whether a reader must not learn that a count is this one."""
        return (0 if self.zeros_hidden else 1) <= count <= self.largest_unsafe

    def all_unsafe(self, low: int, high: int) -> bool:
        """Whether every value that remains possible is unsafe."""
        return self.is_unsafe(low) and self.is_unsafe(high)

    def wide(self, low: int, high: int) -> bool:
        """Whether as many values remain possible as the policy asks for."""
        return high - low >= self.candidates - 1

    def behind(self, count: int, *, protected: bool) -> tuple[int, int]:
        """Least and greatest count behind a printed one, which may have been rounded.

        A number that is no multiple of the rounding was not rounded. Where counts up to the largest unsafe one are
        hidden, a rounded one that is shown is above it.
        """
        if self.round_to == 1 or count % self.round_to:
            return count, count
        around = self.round_to // 2
        least = max(count - around, 0)
        if protected and self.protect and count > 0:
            least = max(least, self.largest_unsafe + 1)
        return min(least, count + around), count + around


def read_rules(release: Mapping[str, Any]) -> Rules:
    """The policy of a release.

    Raises
    ------
    AttackError
        A key of the policy is missing or no value it can have.
    """
    found = release["disclosure"]
    try:
        return Rules(
            name=str(release.get("policy", found.get("name", ""))),
            protect=_one_of(found["protect"], {True: True, False: False}),
            largest_unsafe=int(found["largest_unsafe"]),
            smallest_base=int(found["smallest_base"]),
            zeros_hidden=_one_of(found["zeros"], {"hidden": True, "shown": False}),
            missing_hidden=_one_of(found["missing"], {"hidden": True, "shown": False}),
            round_to=int(found["round_to"]),
            significant_digits=int(found["significant_digits"]),
            candidates=int(found["candidates"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AttackError(
            "release.json: `disclosure` is not a policy the attack can read, so nothing can be judged"
        ) from error


def _one_of(value: Any, meanings: Mapping[Any, bool]) -> bool:
    return meanings[value]
