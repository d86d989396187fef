"""What estimates.csv and the tables with the same bases say of children: base, yes, no, and who has no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desistance.attack.errors import AttackError
from desistance.attack.knowledge import ALL, UNKNOWN, Knowledge, infinity, margins
from desistance.attack.published import HIDDEN, Row, is_shown, whole
from desistance.attack.system import Key

WHAT = ("base", "yes", "no", "missing")


def items(known: Knowledge) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each measure and item, and what release.json says of it."""
    for measure, told in known.structure["measures"].items():
        for item, facts in told["items"].items():
            yield measure, item, facts


def children(known: Knowledge) -> None:
    """Name every count of estimates.csv, see where it is printed, and relate it to others."""
    for measure, item, facts in items(known):
        high = known.n_all * max(len(facts["parts"]), 1)
        for breakdown, level in known.places():
            for what in WHAT:
                known.count((what, measure, item, breakdown, level), high)
    for measure, item, facts in items(known):
        for breakdown, level in known.places():
            _one_cell(known, measure, item, facts, breakdown, level)
        for what in WHAT:
            margins(known, what, (measure, item))
    for row in known.published.rows("estimates"):
        _estimate(known, row)
    _other_tables(known)


def _one_cell(
    known: Knowledge, measure: str, item: str, facts: Mapping[str, Any], breakdown: str, level: str
) -> None:
    at, where = (measure, item, breakdown, level), f"{measure}, {item}, {breakdown}, {level}"
    base, yes, no, missing = ((what, *at) for what in WHAT)
    known.system.equal("remainder", where, base, [yes, no])
    if level == UNKNOWN:
        known.guard(yes, "leftover", where)
        known.guard(no, "leftover", where)
    if facts["parts"]:
        for what in WHAT:
            parts = [(what, *part.split(".", 1), breakdown, level) for part in facts["parts"]]
            known.system.equal("pooled", where, (what, *at), parts)
    elif facts["base"] is None:
        known.system.equal("same_children", where, ("cases", breakdown, level), [base, missing])
    elif "." in facts["base"]:
        within = tuple(facts["base"].split(".", 1))
        gap = known.count(("base_not_known", *at))
        known.system.relate(
            "shared_base",
            where,
            {("yes", *within, breakdown, level): 1.0, gap: 1.0, base: -1.0, missing: -1.0},
            0.0,
            0.0,
        )
        known.system.at_most("shared_base", where, gap, ("missing", *within, breakdown, level))


def _estimate(known: Knowledge, row: Row) -> None:
    at = (row["measure"], row["item"], row["breakdown"], row["subgroup"])
    where = ", ".join(at)
    base, yes, no = (("base", *at), ("yes", *at), ("no", *at))
    known.see(base, "estimates", f"{where} (n_cases)", row["n_cases"])
    known.see(yes, "estimates", f"{where} (n_yes)", row["n_yes"])
    known.see(
        ("missing", *at),
        "estimates",
        f"{where} (n_missing)",
        row["n_missing"],
        protected=known.rules.missing_hidden,
    )
    known.guard(no, "rest", f"estimates.csv: {where} (what remains of the base)")
    known.bases[base, yes] = f"estimates.csv: {where}"
    services_bound(known, base, row, where)
    if row["status"] == "no_cases" and row["n_cases"] == HIDDEN:
        known.system.relate("status", f"estimates.csv: {where}", {base: 1.0}, 0, 0)


def services_bound(known: Knowledge, base: Key, row: Row, where: str) -> None:
    """A service that is counted has at least one case."""
    if row["n_cases"] == HIDDEN and is_shown(row["n_services"]):
        least = whole(row["n_services"], where)
        known.system.relate("services", where, {base: 1.0}, least, infinity())


def _other_tables(known: Knowledge) -> None:
    """Bases that other tables print once more."""
    for row in known.published.rows("precision"):
        for column, level in (("n_reference", row["reference"]), ("n_subgroup", row["subgroup"])):
            key = ("base", row["measure"], row["item"], row["breakdown"], level)
            known.see(key, "precision", f"{', '.join(key[1:])} ({column})", row[column])
    for row in known.published.rows("stages"):
        for column, item in (("n_previous", row["previous"]), ("n_cases", row["item"])):
            key = ("base", row["measure"], item, row["breakdown"], row["subgroup"])
            known.see(key, "stages", f"{', '.join(key[1:])} ({column})", row[column])
    for row in known.published.rows("variation"):
        key = ("base", row["measure"], row["item"], ALL, ALL)
        known.see(key, "variation", f"{row['measure']}, {row['item']} (n_cases)", row["n_cases"])
    for row in known.published.rows("changes"):
        key = ("base", row["measure"], row["item"], row["breakdown"], row["subgroup"])
        known.see(key, "changes", f"{', '.join(key[1:])} (n_cases)", row["n_cases"])
    _adjusted(known)
    _before(known)


def _adjusted(known: Knowledge) -> None:
    """Cases with a level of every breakdown: all of the base but at most those whose level of one is not known."""
    breakdowns = known.structure["breakdowns"]
    for row in known.published.rows("adjusted"):
        at = (row["measure"], row["item"])
        key, total = ("complete", *at), ("base", *at, ALL, ALL)
        if total not in known.system.ranges:
            raise AttackError(f"adjusted.csv tells of {', '.join(at)}, which release.json does not")
        if key not in known.system.ranges:
            known.count(key, known.system.ranges[total][1])
            unknown = {("base", *at, breakdown, UNKNOWN): 1.0 for breakdown in breakdowns}
            where = f"adjusted.csv: {', '.join(at)}"
            known.system.at_most("same_children", where, key, total)
            known.system.relate("same_children", where, {key: 1.0, total: -1.0, **unknown}, 0.0, infinity())
            for gap in unknown:
                known.system.relate(
                    "same_children", where, {total: 1.0, key: -1.0, gap: -1.0}, 0.0, infinity()
                )
        known.see(key, "adjusted", f"{', '.join(at)} (n_cases)", row["n_cases"])


def _before(known: Knowledge) -> None:
    """Counts of the edition this one is compared with."""
    places = set()
    for row in known.published.rows("changes"):
        at = (row["measure"], row["item"], row["breakdown"], row["subgroup"])
        where, places = ", ".join(at), places | {at[:2]}
        base, yes, no = (known.count((f"{what}_before", *at), 10**7) for what in ("base", "yes", "no"))
        known.see(base, "changes", f"{where} (n_before)", row["n_before"])
        known.system.equal("remainder", where, base, [yes, no])
        known.guard(yes, "rest", f"changes.csv: {where} (share before)")
        known.guard(no, "rest", f"changes.csv: {where} (what remained of the base before)")
        known.bases[base, yes] = f"changes.csv: {where} (before)"
    for measure, item in sorted(places):
        for breakdown in known.structure["divisions"]:
            _before_margin(known, measure, item, breakdown)


def _before_margin(known: Knowledge, measure: str, item: str, breakdown: str) -> None:
    for what in ("base_before", "yes_before"):
        keys = [(what, measure, item, breakdown, level) for level in known.levels(breakdown)[:-1]]
        total = (what, measure, item, ALL, ALL)
        if total in known.system.ranges and all(key in known.system.ranges for key in keys):
            rest = known.count((what, measure, item, breakdown, UNKNOWN), 10**7)
            known.system.equal(
                "margin", f"changes.csv: {measure}, {item} by {breakdown}", total, [*keys, rest]
            )
