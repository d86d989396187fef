"""Shares, means and lifts with their intervals and errors that were printed about hidden counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from desistance.attack import formulas
from desistance.attack.enumeration import Statistic
from desistance.attack.knowledge import ALL
from desistance.attack.published import Row, is_shown
from desistance.attack.statistics import Statistics, differences, geometric_middle, middle, pair_of, two_sides
from desistance.attack.system import Key, Relation
from desistance.attack.together import complete_key


def printed_shares(found: Statistics) -> None:
    """Gather what estimates, distributions, means, pairs, combinations, themes and the like tell."""
    for table in (_estimates, _numbers, _pairs, _others, _themes):
        table(found)


def _estimates(found: Statistics) -> None:
    for row in found.known.published.rows("estimates"):
        yes, base = pair_of(row["measure"], row["item"], row["breakdown"], row["subgroup"])
        if not found.tells([yes, base]):
            continue
        where = f"estimates.csv: {', '.join(yes[1:])}"
        if row["interval"] == "wilson":
            _independent(found, row, where, yes, base)
        elif not found.known.weighted:
            _headline(found, row, where, yes, base)


def _independent(found: Statistics, row: Row, where: str, yes: Key, base: Key) -> None:
    """A row that takes cases as independent: every number of it is a function of two counts."""
    level = found.confidence_level
    found.share("percentage", where, yes, base, found.between(row, "estimate"))
    error = found.between(row, "standard_error")
    found.attempt(
        "standard_error", where, [yes, base], error, lambda c: formulas.independent_error(c[yes], c[base])
    )
    for place, column in enumerate(("ci_low", "ci_high")):
        found.attempt(
            "interval_end",
            where,
            [yes, base],
            found.between(row, column),
            lambda c, place=place: formulas.wilson(c[yes], c[base], level)[place],
        )


def _headline(found: Statistics, row: Row, where: str, yes: Key, base: Key) -> None:
    """A row that respects services: share, the middle of its interval, and its error over its design effect."""
    found.share("percentage", where, yes, base, found.between(row, "estimate"))
    low, high = found.between(row, "ci_low"), found.between(row, "ci_high")
    if row["interval"] == "logit_t" and low and high:
        found.share("interval_end", where, yes, base, formulas.logit_centre(low, high))
    if row["interval"] == "korn_graubard" and (low or high) and found.tells([yes, base]):
        level = found.confidence_level
        found.to_try.append(
            Statistic(
                "interval_end",
                where,
                (yes, base),
                lambda c: formulas.korn_graubard_fits(c[yes], c[base], low, high, level),
            )
        )
    error, effect = found.between(row, "standard_error"), found.between(row, "design_effect")
    if error and effect and error[0] > 0 and effect[0] > 0:
        variance = error[0] ** 2 / effect[1], error[1] ** 2 / effect[0]
        found.attempt(
            "standard_error",
            where,
            [yes, base],
            variance,
            lambda c: formulas.replacement_variance(c[yes], c[base]),
        )


def _numbers(found: Statistics) -> None:
    known = found.known
    if known.weighted or not known.structure.get("factor_count"):
        return
    for row in known.published.rows("distributions"):
        at = (row["breakdown"], row["subgroup"])
        key = ("number", *at, str(int(float(row["n_factors"]))))
        where = f"distributions.csv: {', '.join(key[1:])}"
        found.share("percentage", where, key, complete_key(known, *at), found.between(row, "estimate"))
    sizes = range(known.structure["factor_count"]["n_factors"] + 1)
    for row in known.published.rows("means"):
        at = (row["breakdown"], row["subgroup"])
        keys = [("number", *at, str(size)) for size in sizes]
        base, where = complete_key(known, *at), f"means.csv: {', '.join(at)}"
        centre = middle(found.between(row, "ci_low"), found.between(row, "ci_high"))
        for kind, ends in (("mean", found.between(row, "estimate")), ("interval_end", centre)):
            if ends and found.tells([*keys, base]):
                sums = {key: float(size) for size, key in enumerate(keys) if size}
                found.relations.append(Relation(kind, where, sums | {base: -ends[0]}, 0.0, np.inf))
                found.relations.append(Relation(kind, where, sums | {base: -ends[1]}, -np.inf, 0.0))


def _pairs(found: Statistics) -> None:
    known = found.known
    if known.weighted:
        return
    for row in known.published.rows("pairs"):
        at = (row["breakdown"], row["subgroup"])
        both = ("both", *at, row["first"], row["second"])
        first, second = ("first", *at, row["first"]), ("first", *at, row["second"])
        base = complete_key(known, *at)
        keys = [both, first, second, base]
        if not found.tells(keys):
            continue
        where = f"pairs.csv: {', '.join(both[1:])}"
        low, high = found.between(row, "ci_low"), found.between(row, "ci_high")
        for kind, ends in (
            ("ratio", found.between(row, "estimate")),
            ("interval_end", geometric_middle(low, high)),
        ):
            found.attempt(
                kind, where, keys, ends, lambda c, k=tuple(keys): c[k[0]] * c[k[3]] / (c[k[1]] * c[k[2]])
            )
            sizes = [found.value(key) for key in keys[1:]]
            if ends and all(sizes):
                expected = sizes[0] * sizes[1] / sizes[2]
                found.relations.append(
                    Relation(kind, where, {both: 1.0}, ends[0] * expected, ends[1] * expected)
                )
    for row in known.published.rows("combinations"):
        key = ("combination", row["breakdown"], row["subgroup"], row["combination"])
        base = complete_key(known, row["breakdown"], row["subgroup"])
        found.share(
            "percentage", f"combinations.csv: {', '.join(key[1:])}", key, base, found.between(row, "estimate")
        )


def _others(found: Statistics) -> None:
    if not found.known.weighted:
        for row in found.known.published.rows("variation"):
            yes, base = pair_of(row["measure"], row["item"], ALL, ALL)
            where = f"variation.csv: {row['measure']}, {row['item']}"
            found.share("percentage", where, yes, base, found.between(row, "estimate"))
    for number, row in enumerate(_numbered(found.known.published.rows("funnel"))):
        place, point = row
        at = (f"service {place}", point["measure"], point["item"])
        where = f"funnel.csv: line {number + 2}"
        found.share("percentage", where, ("yes", *at), ("base", *at), found.between(point, "estimate"))
    for row in found.known.published.rows("rates"):
        yes, base = ("people_yes", row["item"]), ("people", row["item"])
        found.share("percentage", f"rates.csv: {row['item']}", yes, base, found.between(row, "estimate"))
    for row in () if found.known.weighted else found.known.published.rows("changes"):
        at = (row["measure"], row["item"], row["breakdown"], row["subgroup"])
        before, where = (("yes_before", *at), ("base_before", *at)), f"changes.csv: {', '.join(at)}"
        found.share("percentage", where, *before, found.between(row, "estimate_before"))
        found.share("percentage", where, *pair_of(*at), found.between(row, "estimate_now"))
        differences(found, row, where, [pair_of(*at), before])


def _numbered(rows: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    """Rows of the funnel with their place within their item."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        at = (row["measure"], row["item"])
        seen[at] = seen.get(at, 0) + 1
        yield seen[at], row


def _themes(found: Statistics) -> None:
    known, everyone = found.known, ("cases", ALL, ALL)
    for row in known.published.rows("themes"):
        key, where = (
            ("theme", row["theme"], row["direction"]),
            f"themes.csv: {row['theme']}, {row['direction']}",
        )
        found.share("percentage", where, key, everyone, found.between(row, "estimate_cases"))
        low, high = found.between(row, "cases_ci_low"), found.between(row, "cases_ci_high")
        if low and high and low[0] > 0 and high[1] < 1 and not is_shown(row["estimate_cases"]):
            found.share("interval_end", where, key, everyone, formulas.logit_centre(low, high))
    for row in known.published.rows("theme_pairs"):
        at = (row["first"], row["second"])
        both, first, second = ("theme_both", *at), ("theme", at[0], "either"), ("theme", at[1], "either")
        ends = found.between(row, "estimate")
        if ends and found.tells([both, first, second]):
            where = f"theme_pairs.csv: {', '.join(at)}"
            for end, low, high in ((ends[0], 0.0, np.inf), (ends[1], -np.inf, 0.0)):
                terms = {both: 1.0 + end, first: -end, second: -end}
                found.relations.append(Relation("ratio", where, terms, low, high))
    for row in () if known.weighted else known.published.rows("theme_delivery"):
        at = (row["theme"], row["direction"])
        two_sides(found, row, f"theme_delivery.csv: {', '.join(at)}", at, ("with", "without"), ("", "_yes"))
