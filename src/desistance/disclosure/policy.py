"""Disclosure policies: which counts are unsafe, and how much a reader may find out about a hidden one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from desistance.documents import check_document, read_document
from desistance.errors import SettingsError

NAMED = Path(__file__).with_name("policies.yaml")
NONE = "none"


@dataclass(frozen=True)
class Policy:
    """When a count of cases is unsafe, and what a release may still show.

    A count is unsafe when it, or what remains of its base, is 1 to `largest_unsafe` (nought too where `zeros` are
    hidden), or when its base is under `smallest_base`. Bases under `reliable_base` are marked. `candidates` is how
    many values a hidden count must still be able to take for a reader of everything published. Where `protect` is
    false nothing is hidden.
    """

    name: str
    label: str
    protect: bool
    largest_unsafe: int
    smallest_base: int
    reliable_base: int
    zeros: str
    missing: str
    round_to: int
    significant_digits: int
    candidates: int

    def is_unsafe(self, count: int) -> bool:
        """Whether a count by itself must not be seen.

        >>> default = read_policy("default")
        >>> [count for count in range(8) if default.is_unsafe(count)]
        [1, 2, 3, 4, 5]
        """
        least = 0 if self.zeros == "hidden" else 1
        return self.protect and least <= count <= self.largest_unsafe

    def as_facts(self) -> dict[str, Any]:
        """Every choice by its name, for the account of a release."""
        return asdict(self)


@cache
def _named() -> dict[str, dict[str, Any]]:
    return read_document(NAMED, "policies", SettingsError)


def read_policy(choice: str | Mapping[str, Any]) -> Policy:
    """Policy of a run: one of the named ones, or one of them with changes (`based_on`, `name`, and what differs).

    Raises
    ------
    SettingsError
        No such policy, or one that contradicts itself.
    """
    if isinstance(choice, str):
        policy = Policy(name=choice, **_base(choice))
    else:
        changes = {key: value for key, value in choice.items() if key not in ("based_on", "name")}
        content = {choice["name"]: _base(choice["based_on"]) | changes}
        checked = check_document(content, "disclosure.policy", "policies", SettingsError)
        if choice["name"] in _named():
            raise SettingsError(
                f"disclosure.policy.name is {choice['name']!r}, the name of a policy that comes with the package; "
                "give yours another"
            )
        policy = Policy(name=choice["name"], **checked[choice["name"]])
    if mistakes := list(_contradictions(policy)):
        raise SettingsError(f"the disclosure policy {policy.name!r} is impossible: {'; '.join(mistakes)}")
    return policy


def earlier_publication(folder: str | None) -> list[str]:
    """Files of an earlier publication that is attacked together with this one; none where the run names none.

    Raises
    ------
    SettingsError
        The folder is no publication.
    """
    if folder is None:
        return []
    files = [Path(folder) / "release.json", *sorted(Path(folder).glob("tables/*.csv"))]
    if len(files) < 2 or not files[0].exists():
        raise SettingsError(
            f"disclosure.previous is {folder}, which holds no publication; "
            "give the folder `published` of an earlier run"
        )
    return [str(path) for path in files]


def _base(name: str) -> dict[str, Any]:
    if name not in _named():
        raise SettingsError(
            f"there is no disclosure policy {name!r}; named ones are {', '.join(_named())}. "
            "To change one, write it as a set of keys with `name` and `based_on`"
        )
    return _named()[name]


def _contradictions(policy: Policy) -> Iterator[str]:
    if not policy.protect:
        return
    if policy.largest_unsafe < 1:
        yield "it protects, yet largest_unsafe is 0, so that no count would be unsafe; use 1 or more"
    if policy.smallest_base <= policy.largest_unsafe:
        yield (
            f"smallest_base is {policy.smallest_base}, so a base may be as small as an unsafe count "
            f"({policy.largest_unsafe}); use {policy.largest_unsafe + 1} or more"
        )
    if policy.reliable_base < policy.smallest_base:
        yield (
            f"reliable_base ({policy.reliable_base}) is under smallest_base ({policy.smallest_base}), so nothing could "
            "be marked; use the same number or a larger one"
        )
    least = policy.largest_unsafe + 1
    if policy.candidates < least:
        yield (
            f"candidates is {policy.candidates}, so a hidden count could be narrowed to the unsafe ones; "
            f"use {least} or more"
        )
    if policy.significant_digits > 6:
        yield "more than 6 significant digits can hold the counts behind a statistic; use 6 or fewer"
