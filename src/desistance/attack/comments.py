"""What coded comments and services' own answers say of children."""

from __future__ import annotations

from itertools import chain

from desistance.attack.knowledge import ALL, Knowledge, infinity
from desistance.attack.published import Row, is_shown, whole
from desistance.attack.system import Key

_MANY = 10**6


def comments(known: Knowledge) -> None:
    """Themes: cases and passages by direction, two themes together, and judgements of delivery with and without."""
    rows = known.published.rows("themes")
    for row in rows:
        _theme(known, row)
    for theme in dict.fromkeys(row["theme"] for row in rows):
        _directions(known, theme)
    for row in known.published.rows("theme_pairs"):
        _theme_pair(known, row)
    for row in known.published.rows("theme_delivery"):
        _delivery(known, row)
    for row in known.published.rows("agreement"):
        key = known.count(("agreed_passages", row["theme"], row["coefficient"], row["coders"]), _MANY)
        known.see(
            key, "agreement", f"{row['theme']}, {row['coefficient']}, {row['coders']}", row["n_passages"]
        )


def _theme(known: Knowledge, row: Row) -> None:
    theme, direction = row["theme"], row["direction"]
    where = f"{theme}, {direction}"
    key, rest = known.count(("theme", theme, direction)), known.count(("other_cases", theme, direction))
    passages = known.count(("passages", theme, direction), _MANY)
    everyone = ("cases", ALL, ALL)
    known.see(key, "themes", f"{where} (n_cases)", row["n_cases"])
    known.see(everyone, "themes", f"{where} (n_cases_all)", row["n_cases_all"])
    known.see(passages, "themes", f"{where} (n_passages)", row["n_passages"])
    known.system.equal("remainder", where, everyone, [key, rest])
    known.guard(rest, "rest", f"themes.csv: {where} (what remains of the base)")
    known.system.at_most("theme", where, key, passages)
    if is_shown(row["n_services"]):
        least = whole(row["n_services"], where)
        known.system.relate("services", f"themes.csv: {where}", {passages: 1.0}, least, infinity())


def _directions(known: Knowledge, theme: str) -> None:
    """A case may be in both directions; a passage is in one."""
    cases = [("theme", theme, direction) for direction in ("enabler", "barrier", "either")]
    passages = [("passages", *key[1:]) for key in cases]
    if not all(key in known.system.ranges for key in cases):
        return
    both = known.count(("both_directions", theme))
    terms = {cases[0]: 1.0, cases[1]: 1.0, cases[2]: -1.0, both: -1.0}
    known.system.relate("theme", theme, terms, 0.0, 0.0)
    for one in cases[:2]:
        known.system.at_most("theme", theme, both, one)
    known.system.equal("theme", theme, passages[2], passages[:2])
    known.guard(both, "rest", f"themes.csv: {theme} (both directions)")


def _theme_pair(known: Knowledge, row: Row) -> None:
    at = (row["first"], row["second"])
    where = ", ".join(at)
    first, second = (known.count(("theme", theme, "either")) for theme in at)
    names = ("theme_both", "theme_first_only", "theme_second_only", "theme_neither")
    both, one, other, neither = (known.count((name, *at)) for name in names)
    known.see(both, "theme_pairs", where, row["n_cases"])
    known.see(first, "theme_pairs", f"{where} (n_cases_first)", row["n_cases_first"])
    known.see(second, "theme_pairs", f"{where} (n_cases_second)", row["n_cases_second"])
    known.system.equal("pair", where, first, [both, one])
    known.system.equal("pair", where, second, [both, other])
    known.system.equal("pair", where, ("cases", ALL, ALL), [both, one, other, neither])
    for key in (one, other, neither):
        known.guard(key, "rest", f"theme_pairs.csv: {where} ({key[0]})")
    if is_shown(row["n_services"]):
        least = whole(row["n_services"], where)
        known.system.relate("services", f"theme_pairs.csv: {where}", {both: 1.0}, least, infinity())


def _delivery(known: Knowledge, row: Row) -> None:
    """Judgements of cases with a theme and of all others are all judgements of the measure."""
    at, measure = (row["theme"], row["direction"]), row["measure"]
    where = ", ".join(at)
    items = known.structure["measures"][measure]["items"]
    high = known.n_all * len(items)
    for side in ("with", "without"):
        base, yes, no = (known.count((name, *at), high) for name in (side, f"{side}_yes", f"{side}_no"))
        known.see(base, "theme_delivery", f"{where} (n_{side})", row[f"n_{side}"])
        known.system.equal("remainder", where, base, [yes, no])
        known.bases[base, yes] = f"theme_delivery.csv: {where} ({side})"
        for key in (yes, no):
            known.guard(key, "rest", f"theme_delivery.csv: {where} ({key[0]})")
    for what, name in (("base", ""), ("yes", "_yes")):
        terms: dict[Key, float] = {(what, measure, item, ALL, ALL): -1.0 for item in items}
        terms |= {(f"with{name}", *at): 1.0, (f"without{name}", *at): 1.0}
        known.system.relate("pooled", f"theme_delivery.csv: {where}", terms, 0.0, 0.0)
    if is_shown(row["n_services"]):
        least = whole(row["n_services"], where)
        known.system.relate(
            "services", f"theme_delivery.csv: {where}", {("with", *at): 1.0}, least, infinity()
        )


def services(known: Knowledge) -> None:
    """Children in services with and without a gap, people that services report, and the points of the funnel."""
    for row in known.published.rows("provision_delivery"):
        _gap(known, row)
    for row in known.published.rows("rates"):
        base, yes, no = (
            known.count((name, row["item"]), 10**7) for name in ("people", "people_yes", "people_no")
        )
        known.see(base, "rates", f"{row['item']} (n_cases)", row["n_cases"])
        known.see(yes, "rates", f"{row['item']} (n_yes)", row["n_yes"])
        known.system.equal("remainder", row["item"], base, [yes, no])
        known.guard(no, "rest", f"rates.csv: {row['item']} (what remains of the base)")
        known.bases[base, yes] = f"rates.csv: {row['item']}"
    _funnel(known)


def _gap(known: Knowledge, row: Row) -> None:
    at, provision = (row["measure"], row["item"], ALL, ALL), row["provision"]
    for what in ("base", "yes"):
        parts = [known.count((f"{side}_{what}", provision)) for side in ("gap", "other", "neither_side")]
        known.system.equal("pooled", f"provision_delivery.csv: {provision}", (what, *at), parts)
    known.system.at_most(
        "remainder", provision, ("neither_side_yes", provision), ("neither_side_base", provision)
    )
    for side in ("gap", "other"):
        base, yes = ((f"{side}_{what}", provision) for what in ("base", "yes"))
        no = known.count((f"{side}_no", provision))
        known.see(base, "provision_delivery", f"{provision} (n_cases_{side})", row[f"n_cases_{side}"])
        known.system.equal("remainder", provision, base, [yes, no])
        known.bases[base, yes] = f"provision_delivery.csv: {provision} ({side})"
        for key in (yes, no):
            known.guard(key, "rest", f"provision_delivery.csv: {provision} ({key[0]})")
        services = row[f"n_services_{side}"]
        if is_shown(services):
            least = whole(services, provision)
            known.system.relate(
                "services", f"provision_delivery.csv: {provision}", {base: 1.0}, least, infinity()
            )


def _funnel(known: Knowledge) -> None:
    """Points of services, and what is left for services that have no point."""
    points: dict[tuple[str, str], list[Row]] = {}
    for row in known.published.rows("funnel"):
        points.setdefault((row["measure"], row["item"]), []).append(row)
    n_services = {
        (row["measure"], row["item"]): whole(row["n_services"], "variation.csv")
        for row in known.published.rows("variation")
        if is_shown(row["n_services"])
    }
    for at, rows in points.items():
        keys = [_point(known, at, place, row) for place, row in enumerate(rows)]
        left = n_services.get(at, _MANY) - len(rows)
        rest = [known.count((what, "unlisted services", *at)) for what in ("base", "yes", "no")]
        known.system.equal("remainder", f"funnel.csv: {', '.join(at)}", rest[0], rest[1:])
        if left == 0:
            known.system.relate("funnel", f"funnel.csv: {', '.join(at)}", {rest[0]: 1.0}, 0, 0)
        elif left < _MANY:
            known.system.relate("funnel", f"funnel.csv: {', '.join(at)}", {rest[0]: 1.0}, left, infinity())
        for what, number in (("base", 0), ("yes", 1)):
            parts = [*(key[number] for key in keys), rest[number]]
            known.system.equal("funnel", f"funnel.csv: {', '.join(at)}", (what, *at, ALL, ALL), parts)
        for key in rest[1:]:
            known.guard(key, "leftover", f"funnel.csv: {', '.join(at)} (services without a point)")
        if left == 1:
            known.bases[rest[0], rest[1]] = f"funnel.csv: {', '.join(at)} (the one service without a point)"


def _point(known: Knowledge, at: tuple[str, str], place: int, row: Row) -> tuple[Key, Key]:
    names = [known.count((what, f"service {place + 1}", *at)) for what in ("base", "yes", "no")]
    base, yes, no = names
    where = f"{', '.join(at)}, point {place + 1}"
    known.see(base, "funnel", where, row["n_cases"])
    known.system.equal("remainder", where, base, [yes, no])
    known.bases[base, yes] = f"funnel.csv: {where}"
    for key in (yes, no):
        known.guard(key, "rest", f"funnel.csv: {where} (share)")
    return base, yes


def everything_else(known: Knowledge) -> list[str]:
    """Tables that hold no count of these children, named for the account."""
    read = "estimates comparisons trends means distributions combinations pairs adjusted variation funnel precision "
    read += "stages changes rates provision_delivery themes theme_pairs theme_delivery agreement"
    return sorted(set(chain(known.published.tables)) - set(read.split()))
