"""What a tally that travels says of itself: which study, how much was counted, by whom, and what its parts are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from desistance import __version__
from desistance.errors import TallyError

KIND, FORMAT = "desistance tally", 1
DIGEST = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9_.+ -]{1,100}")
MOST_PARTS = 100_000


@dataclass(frozen=True, order=True)
class Part:
    """One counted part: the digest of its content, and the public key it was signed with (None: not signed)."""

    content: str
    key: str | None


@dataclass(frozen=True)
class Manifest:
    """What is signed of a tally that travels.

    `members` has the SHA-256 and size of every file inside; `parts` are the tallies it was combined from, none for one
    that was counted from records; `disclosure` is the policy it was checked under and how many counts were looked at,
    None where it was not checked; `key` is the public key of whoever signed, None where nobody did.
    """

    study: str
    study_sha256: str
    definitions_sha256: str
    made_up: bool
    n_cases: int
    n_services: int
    members: Mapping[str, Mapping[str, Any]]
    parts: tuple[Part, ...] = ()
    disclosure: Mapping[str, Any] | None = None
    key: str | None = None
    version: str = __version__

    @property
    def content(self) -> str:
        """One SHA-256 for all that is inside, whoever signed it and with whichever version."""
        lines = (f"{member['sha256']}  {name}\n" for name, member in sorted(self.members.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def counted(self) -> tuple[Part, ...]:
        """The parts that were counted from records: its own, or itself."""
        return self.parts or (Part(self.content, self.key),)

    def as_bytes(self) -> bytes:
        """The manifest as it is written and signed."""
        told = {"kind": KIND, "format": FORMAT, **asdict(self)}
        return (json.dumps(told, indent=1, sort_keys=True) + "\n").encode("ascii")


def definitions_digest(facts: Mapping[str, Any]) -> str:
    """One SHA-256 for what is measured, in whatever words the rest of the study stands."""
    told = {name: facts.get(name) for name in ("definitions", "levels")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_manifest(content: bytes, name: str) -> Manifest:
    """Read what `Manifest.as_bytes` wrote; `name` is what messages call the file.

    Raises
    ------
    TallyError
        It is no manifest, of a later format, or says what cannot be.
    """
    told = read_json(content, name)
    if not isinstance(told, dict) or told.pop("kind", None) != KIND:
        raise TallyError(
            f"{name} is no tally; give a file that `desistance tally` or `desistance combine` wrote"
        )
    found = told.pop("format", None)
    if found != FORMAT or isinstance(found, bool):
        raise TallyError(
            f"{name} has another format of tallies than {FORMAT}, which this version of desistance ({__version__}) "
            "knows; use the same version at every site"
        )
    if set(told) != set(CHECKS) or not all(is_right(told[key]) for key, is_right in CHECKS.items()):
        raise TallyError(f"{name} says of itself what no tally says; ask for it again")
    return Manifest(**told | {"parts": tuple(Part(**part) for part in told["parts"])})


def read_json(content: bytes, name: str) -> Any:
    """Read JSON that nobody vouches for.

    Raises
    ------
    TallyError
        It is none.
    """
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refused)
    except (ValueError, RecursionError):
        raise TallyError(f"{name} is damaged; ask for it again") from None


def _refused(constant: str) -> None:
    raise ValueError


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and bool(DIGEST.fullmatch(value))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(NAME.fullmatch(value))


def _is_key(value: Any) -> bool:
    return value is None or _is_digest(value)


def _are_members(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(one, dict)
        and set(one) == {"sha256", "n_bytes"}
        and _is_digest(one["sha256"])
        and _is_count(one["n_bytes"])
        for one in value.values()
    )


def _are_parts(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > MOST_PARTS:
        return False
    fits = all(
        isinstance(one, dict)
        and set(one) == {"content", "key"}
        and _is_digest(one["content"])
        and _is_key(one["key"])
        for one in value
    )
    return fits and len({one["content"] for one in value}) == len(value)


def _is_check(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict)
        and set(value) == {"policy", "n_counts"}
        and _is_name(value["policy"])
        and _is_count(value["n_counts"])
    )


CHECKS: dict[str, Callable[[Any], bool]] = {
    "study": _is_name,
    "study_sha256": _is_digest,
    "definitions_sha256": _is_digest,
    "made_up": lambda value: isinstance(value, bool),
    "n_cases": _is_count,
    "n_services": _is_count,
    "members": _are_members,
    "parts": _are_parts,
    "disclosure": _is_check,
    "key": _is_key,
    "version": _is_name,
}
