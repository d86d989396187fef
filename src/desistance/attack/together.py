"""How many factors a case has, and which occur together: distributions, means, pairs and combinations."""

from __future__ import annotations

from itertools import combinations as subsets

from desistance.attack.children import services_bound
from desistance.attack.errors import AttackError
from desistance.attack.knowledge import ALL, UNKNOWN, Knowledge, infinity, is_whole_measure, margins
from desistance.attack.published import Row
from desistance.attack.system import Key


def together(known: Knowledge) -> None:
    """Name every count of these tables, see where it is printed, and relate it to others."""
    factors, measure = combined_factors(known)
    if known.structure.get("factor_count"):
        _numbers(known)
    if not factors:
        return
    places = combined_places(known)
    for breakdown, level in places:
        _complete(known, breakdown, level)
        _singles(known, measure, factors, breakdown, level)
    _pairs(known, factors, places)
    _combinations(known, factors, places)


def combined_factors(known: Knowledge) -> tuple[list[str], str]:
    """Factors that are looked at together, in the order of the study, and their measure."""
    measures = known.structure["measures"]
    if is_whole_measure(known):
        measure = known.structure["factor_count"]["measure"]
        return list(measures[measure]["items"]), measure
    if known.structure.get("combined"):
        measure = known.structure["combined"]
        return list(measures[measure]["items"]), measure
    named = {row[column] for row in known.published.rows("pairs") for column in ("first", "second")}
    named |= {
        one for row in known.published.rows("combinations") for one in row["combination"].split("+") if one
    }
    if not named:
        return [], ""
    for measure, told in measures.items():
        if named <= set(told["items"]):
            return [item for item in told["items"] if item in named], measure
    raise AttackError("pairs.csv and combinations.csv name factors that no measure of release.json has")


def complete_key(known: Knowledge, breakdown: str, level: str) -> Key:
    """Name of the count of cases of whom all factors are known."""
    counted = known.structure.get("factor_count")
    if counted:
        return ("base", _own_measure(known), counted["item"], breakdown, level)
    return ("complete_cases", breakdown, level)


def _own_measure(known: Knowledge) -> str:
    """The measure whose item is the share of cases with many factors."""
    item = known.structure["factor_count"]["item"]
    for measure, told in known.structure["measures"].items():
        if item in told["items"] and told["items"][item]["base"] is None and not told["items"][item]["parts"]:
            return measure
    raise AttackError("release.json: factor_count names an item that no measure has")


def _complete(known: Knowledge, breakdown: str, level: str) -> None:
    key = complete_key(known, breakdown, level)
    if key not in known.system.ranges:
        known.count(key)
        known.system.at_most("same_children", f"{breakdown}, {level}", key, ("cases", breakdown, level))


def combined_places(known: Knowledge) -> list[tuple[str, str]]:
    """Everyone, and the levels of each division that pairs or combinations are listed for, or numbers counted."""
    tables = ("pairs", "combinations", "distributions")
    named = {row["breakdown"] for table in tables for row in known.published.rows(table)}
    return [place for place in known.places() if place[0] == ALL or place[0] in named]


def _numbers(known: Knowledge) -> None:
    counted = known.structure["factor_count"]
    sizes, at_least = range(counted["n_factors"] + 1), counted["threshold"]
    item = (_own_measure(known), counted["item"])
    for breakdown, level in known.places():
        keys = [known.count(("number", breakdown, level, str(size))) for size in sizes]
        where = f"number of factors, {breakdown}, {level}"
        known.system.equal("number_of_factors", where, complete_key(known, breakdown, level), keys)
        reached = ("yes", *item, breakdown, level)
        known.system.equal("number_of_factors", where, reached, keys[at_least:])
        for key in keys if level == UNKNOWN else ():
            known.guard(key, "leftover", where)
    for size in sizes:
        margins(known, "number", (), last=(str(size),))
    for row in known.published.rows("distributions"):
        at = (row["breakdown"], row["subgroup"], str(int(float(row["n_factors"]))))
        known.see(("number", *at), "distributions", ", ".join(at), row["n_cases"])
        base = complete_key(known, *at[:2])
        known.bases[base, ("number", *at)] = f"distributions.csv: {', '.join(at)}"
        rest = known.count(("other_numbers", *at))
        known.system.equal("remainder", ", ".join(at), base, [("number", *at), rest])
        known.guard(rest, "rest", f"distributions.csv: {', '.join(at)} (what remains of the base)")
    _means(known, item)


def _means(known: Knowledge, item: tuple[str, str]) -> None:
    for row in known.published.rows("means"):
        at = (row["breakdown"], row["subgroup"])
        where = f"{', '.join(at)}"
        known.see(("base", *item, *at), "means", f"{where} (n_cases)", row["n_cases"])
        known.see(
            ("missing", *item, *at),
            "means",
            f"{where} (n_missing)",
            row["n_missing"],
            protected=known.rules.missing_hidden,
        )
        services_bound(known, ("base", *item, *at), row, f"means.csv: {where}")


def _singles(known: Knowledge, measure: str, factors: list[str], breakdown: str, level: str) -> None:
    """Each factor among the cases of whom all are known: nearly all of its yes, and all where no answer is missing."""
    where = f"{breakdown}, {level}"
    complete, everybody = complete_key(known, breakdown, level), ("cases", breakdown, level)
    firsts = [known.count(("first", breakdown, level, factor)) for factor in factors]
    for factor, first in zip(factors, firsts, strict=True):
        yes = ("yes", measure, factor, breakdown, level)
        known.system.at_most("same_children", where, first, yes)
        known.system.at_most("same_children", where, first, complete)
        known.system.relate(
            "same_children", where, {first: 1.0, yes: -1.0, everybody: 1.0, complete: -1.0}, 0.0, infinity()
        )
    if is_whole_measure(known):
        terms = dict.fromkeys(firsts, -1.0)
        terms |= {("number", breakdown, level, str(size)): float(size) for size in range(1, len(factors) + 1)}
        known.system.relate("number_of_factors", where, terms, 0.0, 0.0)


def _pairs(known: Knowledge, factors: list[str], places: list[tuple[str, str]]) -> None:
    published = known.published.rows("pairs")
    listed = {row["breakdown"] for row in published}
    at = [place for place in places if place[0] in listed or place[0] == ALL] if published else []
    for breakdown, level in at:
        for first, second in subsets(factors, 2):
            _inner_cells(known, first, second, breakdown, level)
        if is_whole_measure(known):
            terms = {("both", breakdown, level, *pair): -1.0 for pair in subsets(factors, 2)}
            for size in range(2, len(factors) + 1):
                terms["number", breakdown, level, str(size)] = size * (size - 1) / 2
            known.system.relate("number_of_factors", f"pairs, {breakdown}, {level}", terms, 0.0, 0.0)
    for first, second in subsets(factors, 2) if at else ():
        margins(known, "both", (), divisions=sorted(listed - {ALL}), last=(first, second))
    for row in published:
        _pair(known, row)


def _inner_cells(known: Knowledge, first: str, second: str, breakdown: str, level: str) -> None:
    at, where = (breakdown, level, first, second), f"pairs, {breakdown}, {level}, {first}, {second}"
    both, one, other, neither = (
        known.count((what, *at)) for what in ("both", "first_only", "second_only", "neither")
    )
    known.system.equal("pair", where, ("first", breakdown, level, first), [both, one])
    known.system.equal("pair", where, ("first", breakdown, level, second), [both, other])
    known.system.equal("pair", where, complete_key(known, breakdown, level), [both, one, other, neither])
    for key in (one, other, neither):
        known.guard(key, "leftover" if level == UNKNOWN else "rest", f"pairs.csv: {where} ({key[0]})")
    if level == UNKNOWN:
        known.guard(both, "leftover", f"pairs.csv: {where}")


def _pair(known: Knowledge, row: Row) -> None:
    at = (row["breakdown"], row["subgroup"])
    where = ", ".join((*at, row["first"], row["second"]))
    both = ("both", *at, row["first"], row["second"])
    known.see(complete_key(known, *at), "pairs", f"{where} (n_cases)", row["n_cases"])
    known.see(both, "pairs", f"{where} (n_both)", row["n_both"])
    known.see(("first", *at, row["first"]), "pairs", f"{where} (n_first)", row["n_first"])
    known.see(("first", *at, row["second"]), "pairs", f"{where} (n_second)", row["n_second"])
    known.bases[complete_key(known, *at), both] = f"pairs.csv: {where}"
    if row["status"] == "never_together":
        known.system.relate("status", f"pairs.csv: {where}", {both: 1.0}, 0, 0)


def _combinations(known: Knowledge, factors: list[str], places: list[tuple[str, str]]) -> None:
    published = known.published.rows("combinations")
    listed = {row["breakdown"] for row in published}
    names = sorted({row["combination"] for row in published})
    at = [place for place in places if place[0] in listed or place[0] == ALL] if published else []
    for breakdown, level in at:
        for name in names:
            key = known.count(_combination(known, factors, breakdown, level, name))
            known.guard(
                key, "leftover", f"combinations.csv: {breakdown}, {level}, {name or 'none'} (not listed)"
            )
        _parts(known, factors, names, breakdown, level)
    for name in names:
        total = _combination(known, factors, ALL, ALL, name)
        for breakdown in sorted(listed - {ALL}) if total[0] == "combination" else ():
            parts = [
                _combination(known, factors, breakdown, level, name) for level in known.levels(breakdown)
            ]
            known.system.equal("margin", f"combination {name} by {breakdown}", total, parts)
    for row in published:
        place = (row["breakdown"], row["subgroup"])
        key = _combination(known, factors, *place, row["combination"])
        known.see(key, "combinations", f"{', '.join(place)}, {row['combination'] or 'none'}", row["n_cases"])
        known.bases[complete_key(known, *place), key] = f"combinations.csv: {', '.join(key)}"


def _combination(known: Knowledge, factors: list[str], breakdown: str, level: str, name: str) -> Key:
    """Name of the count of one combination: none and all of the factors are numbers of factors too."""
    size = len(name.split("+")) if name else 0
    if is_whole_measure(known) and size in (0, len(factors)):
        return ("number", breakdown, level, str(size))
    return ("combination", breakdown, level, name)


def _parts(known: Knowledge, factors: list[str], names: list[str], breakdown: str, level: str) -> None:
    """A combination is part of its number of factors, of each of its factors and of each of its pairs."""
    where = f"combinations, {breakdown}, {level}"
    has = {name: set(name.split("+")) - {""} for name in names}
    key_of = {name: _combination(known, factors, breakdown, level, name) for name in names}
    groups: dict[Key, list[Key]] = {}
    for name, present in has.items():
        own = [("first", breakdown, level, factor) for factor in present]
        own += [("number", breakdown, level, str(len(present)))] if is_whole_measure(known) else []
        for one, other in subsets(factors, 2):
            kind = ("second_only", "both") if other in present else ("neither", "first_only")
            own.append((kind[one in present], breakdown, level, one, other))
        for total in own:
            if total in known.system.ranges and total != key_of[name]:
                groups.setdefault(total, []).append(key_of[name])
    for total, parts in groups.items():
        terms = {total: 1.0, **dict.fromkeys(parts, -1.0)}
        known.system.relate("combination", where, terms, 0.0, infinity())
