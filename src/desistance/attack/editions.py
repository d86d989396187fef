"""Two editions of the same children: what one shows and the other hides, and the few who were added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from desistance.attack.account import Breach
from desistance.attack.knowledge import UNKNOWN, Knowledge, Target
from desistance.attack.published import is_shown, whole
from desistance.attack.system import Key, Relation

PREVIOUS = "previous"
Overlap = Literal["none", "some", "same", "now has all", "before has all"]


@dataclass(frozen=True)
class Joined:
    """What another edition adds: its own counts, relations between the two, and what gives children away at once."""

    overlap: Overlap
    n_joined: int
    breaches: tuple[Breach, ...]


def prefixed(key: Key) -> Key:
    """Name of a count of the other edition."""
    return (PREVIOUS, *key)


def overlap_of(now: Mapping[str, Any], before: Mapping[str, Any]) -> Overlap:
    """Whether two editions could hold the same children, from the facts of their releases.

    >>> dates = {"first_date": "2018-01-01", "last_date": "2018-12-31", "n_cases": 9, "files": []}
    >>> overlap_of(dates, dates)
    'same'
    >>> overlap_of(dates, {**dates, "first_date": "2020-01-01", "last_date": "2020-12-31"})
    'none'

    Without dates, as many cases and rows of one study are taken for the same:

    >>> undated = {"study": "a", "n_cases": 9, "n_read": 11}
    >>> overlap_of(undated, undated), overlap_of(undated, {**undated, "n_read": 12})
    ('same', 'some')
    """
    files = [{one.get("sha256") for one in facts.get("files") or []} - {None} for facts in (now, before)]
    if files[0] and files[0] == files[1]:
        return "same"
    ends = [(facts.get("first_date"), facts.get("last_date")) for facts in (now, before)]
    if not all(all(pair) for pair in ends):
        sizes = [[facts.get(name) for name in ("study", "n_cases", "n_read")] for facts in (now, before)]
        return "same" if sizes[0] == sizes[1] and all(sizes[0]) else "some"
    (first, last), (other_first, other_last) = ends
    if last < other_first or other_last < first:
        return "some" if files[0] & files[1] else "none"
    if ends[0] == ends[1] and now["n_cases"] == before["n_cases"]:
        return "same"
    if first <= other_first and last >= other_last and now["n_cases"] >= before["n_cases"]:
        return "now has all"
    if first >= other_first and last <= other_last and now["n_cases"] <= before["n_cases"]:
        return "before has all"
    return "some"


def join(now: Knowledge, before: Knowledge) -> Joined:
    """Put another edition's counts and relations into the system of this one, and relate what both count."""
    overlap = overlap_of(now.published.release, before.published.release)
    _take_over(now, before)
    n_changes = _changes(now, before)
    if overlap == "none":
        return Joined(overlap, n_changes, ())
    common = [key for key in now.system.ranges if _is_same_thing(now, before, key)]
    pairs = {key: (_printed(now, key), _printed(before, key)) for key in common}
    if overlap in ("now has all", "before has all") and _is_disproved(
        pairs, now_has_all=overlap == "now has all"
    ):
        overlap = "some"
    breaches = tuple(_moved(now, pairs, overlap))
    for key, printed in pairs.items() if overlap != "some" else ():
        _relate(now, key, printed, overlap)
    return Joined(overlap, n_changes + len(common), breaches)


def _take_over(now: Knowledge, before: Knowledge) -> None:
    for key, ends in before.system.ranges.items():
        now.system.ranges[prefixed(key)] = ends
    for one in before.system.relations:
        terms = {prefixed(key): value for key, value in one.terms.items()}
        now.system.relations.append(
            Relation(one.kind, f"previous edition, {one.where}", terms, one.low, one.high)
        )
    for target in before.targets.values() if before.rules.protect else ():
        key = prefixed(target.key)
        now.targets[key] = Target(key, target.rule, f"previous edition, {target.where}")


def _is_same_thing(now: Knowledge, before: Knowledge, key: Key) -> bool:
    """Whether a count is of the same thing in both editions: the same name, and items and levels defined alike."""
    if (
        key not in before.system.ranges
        or UNKNOWN in key
        or key not in now.sightings
        or key not in before.sightings
    ):
        return False
    if key[0].endswith("_before") or key[1].startswith("service "):
        return False
    told = [known.published.release.get("definitions", {}) for known in (now, before)]
    name = f"{key[1]}.{key[2]}" if key[0] in ("base", "yes", "missing") else None
    return name is None or told[0].get(name) == told[1].get(name)


def _printed(known: Knowledge, key: Key) -> int | None:
    """The count where its home prints it as it is."""
    if known.is_hidden(key) or known.rules.round_to != 1:
        return None
    return next((whole(one.text, one.where) for one in known.sightings[key] if is_shown(one.text)), None)


def _is_disproved(pairs: Mapping[Key, tuple[int | None, int | None]], *, now_has_all: bool) -> bool:
    """Whether a printed count shows that one edition does not hold all children of the other."""
    sign = 1 if now_has_all else -1
    return any(
        None not in pair and sign * (pair[0] - pair[1]) < 0
        for key, pair in pairs.items()
        if key[0] != "missing"
    )


def _moved(
    now: Knowledge, pairs: Mapping[Key, tuple[int | None, int | None]], overlap: Overlap
) -> Iterator[Breach]:
    for key, (one, other) in pairs.items():
        if key[0] == "missing" and not now.rules.missing_hidden:
            continue
        if one is not None and other is not None and 1 <= abs(one - other) <= now.rules.largest_unsafe:
            where = f"{now.sightings[key][0].where} and the same in the previous edition ({overlap})"
            yield Breach("edition", where, key)


def _relate(now: Knowledge, key: Key, printed: tuple[int | None, int | None], overlap: Overlap) -> None:
    if key[0] == "missing" and overlap != "same":
        return
    one, other = printed
    if one is not None and other is not None:
        return
    terms = {key: 1.0, prefixed(key): -1.0}
    low, high = {"same": (0.0, 0.0), "now has all": (0.0, np.inf)}.get(overlap, (-np.inf, 0.0))
    now.system.relate("edition", f"{', '.join(key)} in both editions", terms, low, high)
    if overlap != "same":
        added = now.system.add(("added", *key), now.n_all * 10)
        sign = 1.0 if overlap == "now has all" else -1.0
        terms = {key: sign, prefixed(key): -sign, added: -1.0}
        now.system.relate("edition", f"{', '.join(key)} in both editions", terms, 0.0, 0.0)
        now.guard(added, "leftover", f"{now.sightings[key][0].where} less the same in the other edition")


def _changes(now: Knowledge, before: Knowledge) -> int:
    """Counts of changes.csv are those of the other edition, if all that are printed agree."""
    own = [key for key in now.system.ranges if key[0] == "base_before" and UNKNOWN not in key]
    shared = [key for key in own if ("base", *key[1:]) in before.sightings]
    printed = [
        (_printed(now, key), _printed(before, ("base", *key[1:]))) for key in shared if key in now.sightings
    ]
    both = [pair for pair in printed if None not in pair]
    if not both or any(one != other for one, other in both):
        return 0
    for key in shared:
        for what in ("base", "yes"):
            terms = {(f"{what}_before", *key[1:]): 1.0, prefixed((what, *key[1:])): -1.0}
            now.system.relate("edition", f"changes.csv: {', '.join(key[1:])} before", terms, 0.0, 0.0)
    return len(shared)
