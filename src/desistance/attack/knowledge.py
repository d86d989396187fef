"""Everything an outsider can write down from a published folder: counts, where each is shown or hidden, relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from desistance.attack.errors import AttackError
from desistance.attack.published import HIDDEN, Published, is_shown, whole
from desistance.attack.rules import Rules
from desistance.attack.system import Key, System

ALL = "all"
UNKNOWN = "(not known)"
Rule = Literal["hidden", "rest", "leftover"]


@dataclass(frozen=True)
class Target:
    """A count a reader must not learn.

    ``hidden``: its place holds [c], so as many values as the policy asks for must remain. ``rest``: it has no place
    (what remains of a base, an inner cell), so it must not be known to be unsafe. ``leftover``: likewise, but that
    there is nobody may be known (cases whose level of a division is not known, combinations that are not listed).
    """

    key: Key
    rule: Rule
    where: str


@dataclass(frozen=True)
class Sighting:
    """One place where a count is printed or hidden."""

    table: str
    where: str
    text: str
    protected: bool


@dataclass
class Knowledge:
    """One edition as an outsider knows it.

    ``sightings`` has every place of a count; the first table that has a count is its home, and where the home hides it
    it is hidden. ``bases`` pairs a base with the yes within it.
    """

    published: Published
    rules: Rules
    system: System = field(default_factory=System)
    sightings: dict[Key, list[Sighting]] = field(default_factory=dict)
    targets: dict[Key, Target] = field(default_factory=dict)
    bases: dict[tuple[Key, Key], str] = field(default_factory=dict)

    @property
    def structure(self) -> Mapping[str, Any]:
        """What the release says of the study."""
        return self.published.structure

    @property
    def n_all(self) -> int:
        """No count of children can be above this."""
        return int(self.published.release["n_cases"])

    @property
    def weighted(self) -> bool:
        """Whether shares are of weights, so that they say little of counts."""
        return bool(self.structure.get("weighted", False))

    def levels(self, breakdown: str) -> list[str]:
        """Levels of a division as published, and one more for the cases whose level is not known."""
        if breakdown == ALL:
            return [ALL]
        try:
            return [*self.structure["divisions"][breakdown], UNKNOWN]
        except KeyError as error:
            raise AttackError(
                f"there is a division {breakdown!r} that release.json does not tell of"
            ) from error

    def places(self) -> Iterator[tuple[str, str]]:
        """Every division and level, everyone first."""
        yield ALL, ALL
        for breakdown in self.structure["divisions"]:
            for level in self.levels(breakdown):
                yield breakdown, level

    def count(self, key: Key, high: float | None = None) -> Key:
        """Name a count."""
        return self.system.add(key, self.n_all if high is None else high)

    def see(self, key: Key, table: str, where: str, text: str, *, protected: bool = True) -> None:
        """Note that a count is printed, or hidden, somewhere."""
        if key not in self.system.ranges:
            raise AttackError(f"{table}.csv tells of {', '.join(key)}, which release.json does not")
        if text != "":
            self.sightings.setdefault(key, []).append(
                Sighting(table, f"{table}.csv: {where}", text, protected)
            )

    def guard(self, key: Key, rule: Rule, where: str) -> None:
        """Note that a count must not be found out.

        What remains for cases whose subgroup nobody recorded is as safe or unsafe as missing answers are: the policy
        says which.
        """
        if UNKNOWN in key and not self.rules.missing_hidden:
            return
        self.targets.setdefault(key, Target(key, rule, where))

    def is_hidden(self, key: Key) -> bool:
        """Whether the table where a count is at home hides it."""
        seen = self.sightings.get(key, [])
        return any(one.text == HIDDEN for one in seen if one.table == seen[0].table)

    def is_open(self, key: Key) -> bool:
        """Whether a count is not simply printed where it is at home."""
        return key not in self.sightings or self.is_hidden(key)

    def settle(self) -> None:
        """Turn all sightings into bounds: of shown counts at once, of hidden ones as relations that name the place.

        Raises
        ------
        AttackError
            Two places contradict each other.
        """
        for key, seen in self.sightings.items():
            hidden = self.is_hidden(key)
            for one in seen:
                if is_shown(one.text):
                    low, high = self.rules.behind(whole(one.text, one.where), protected=one.protected)
                    if hidden:
                        self.system.relate("shown_count", one.where, {key: 1.0}, low, high)
                    else:
                        self._narrow(key, low, high, one.where)
            if hidden and seen[0].protected:
                # Cases with a level of every breakdown are nearly all of a base, whose own place may show it.
                rule: Rule = "rest" if key[0] == "complete" else "hidden"
                self.targets[key] = Target(key, rule, next(s.where for s in seen if s.text == HIDDEN))

    def _narrow(self, key: Key, low: float, high: float, where: str) -> None:
        before = self.system.ranges[key]
        low, high = max(low, before[0]), min(high, before[1])
        if low > high:
            raise AttackError(f"{where} contradicts another table about {', '.join(key)}")
        self.system.ranges[key] = (low, high)


def margins(
    known: Knowledge,
    name: str,
    rest: tuple[str, ...],
    *,
    divisions: list[str] | None = None,
    last: tuple = (),
) -> None:
    """Sum over the levels of each division, and the cases whose level is not known, is everyone's count.

    The count is named ``(name, *rest, division, level, *last)``.
    """
    total = (name, *rest, ALL, ALL, *last)
    if total not in known.system.ranges:
        return
    for breakdown in known.structure["divisions"] if divisions is None else divisions:
        parts = [(name, *rest, breakdown, level, *last) for level in known.levels(breakdown)]
        if all(part in known.system.ranges for part in parts):
            known.system.equal("margin", f"{', '.join((name, *rest, *last))} by {breakdown}", total, parts)


def cases(known: Knowledge) -> None:
    """Cases of everyone, of each subgroup, and those whose level is not known."""
    for breakdown, level in known.places():
        known.count(("cases", breakdown, level))
    release, everyone = known.published.release, ("cases", ALL, ALL)
    known.see(everyone, "release.json", "n_cases", str(release["n_cases"]))
    gaps = {name: entry for entry in release.get("missing", []) for name in (entry["column"], entry["label"])}
    labels = known.structure.get("labels", {})
    for breakdown in known.structure["divisions"]:
        entry = gaps.get(breakdown) or gaps.get(labels.get(breakdown, {}).get("label"))
        if entry is not None:
            parts = [entry[kind] for kind in ("not_applicable", "not_known", "not_recorded")]
            texts = {str(part) for part in parts}
            if HIDDEN not in texts:
                total = sum(known.rules.behind(int(part), protected=False)[0] for part in parts)
                most = sum(known.rules.behind(int(part), protected=False)[1] for part in parts)
                known.system.relate(
                    "margin",
                    f"release.json: {breakdown} missing",
                    {("cases", breakdown, UNKNOWN): 1.0},
                    total,
                    most,
                )
    margins(known, "cases", ())


def is_whole_measure(known: Knowledge) -> bool:
    """Whether the number of factors counts just the items of its measure."""
    counted = known.structure.get("factor_count")
    return bool(counted) and counted["n_factors"] == len(
        known.structure["measures"][counted["measure"]]["items"]
    )


def infinity() -> float:
    """No upper end."""
    return float(np.inf)
