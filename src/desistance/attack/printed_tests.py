"""Tests, differences and ratios that were printed about hidden counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from desistance.attack import formulas
from desistance.attack.enumeration import Counts, Statistic
from desistance.attack.knowledge import ALL, UNKNOWN
from desistance.attack.published import Row, is_shown
from desistance.attack.statistics import (
    Ends,
    Statistics,
    differences,
    geometric_middle,
    middle,
    pair_of,
    product_of,
    two_sides,
)
from desistance.attack.system import Key, Relation


def printed_tests(found: Statistics) -> None:
    """Gather what comparisons, trends, stages, precision and provision_delivery tell."""
    for table in (_comparisons, _trends, _stages, _precision, _gaps):
        table(found)


def _comparisons(found: Statistics) -> None:
    for row in found.known.published.rows("comparisons"):
        at = (row["measure"], row["item"], row["breakdown"])
        where = f"comparisons.csv: {', '.join(at)}, {row['method']} {row['subgroup']}".rstrip()
        if row["subgroup"] == "":
            _test_over_levels(found, row, where)
            continue
        pairs = [pair_of(*at, level) for level in (row["subgroup"], row["reference"])]
        if found.tells([key for pair in pairs for key in pair]):
            _contrast(found, row, where, pairs)


def _level_pairs(found: Statistics, measure: str, item: str, breakdown: str) -> list[tuple[Key, Key]]:
    levels = [level for level in found.known.levels(breakdown) if level != UNKNOWN]
    return [pair_of(measure, item, breakdown, level) for level in levels]


def _test_over_levels(found: Statistics, row: Row, where: str) -> None:
    pairs = _level_pairs(found, row["measure"], row["item"], row["breakdown"])
    keys = [key for pair in pairs for key in pair]
    if not found.tells(keys):
        return

    def statistic(c: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return formulas.chi_square([c[yes] for yes, _ in pairs], [c[base] for _, base in pairs])

    if row["method"] == "pearson":
        found.attempt("chi_square", where, keys, found.between(row, "statistic"), lambda c: statistic(c)[0])
        _p_values(found, row, where, keys, lambda c: formulas.chi_square_p(*statistic(c)))

        def strength(c: Counts) -> NDArray[np.float64]:
            return np.sqrt(statistic(c)[0] / sum(c[base] for _, base in pairs))

        found.attempt("chi_square", where, keys, found.between(row, "estimate"), strength)
    if row["method"] == "fisher" and len(pairs) == 2:
        ends = found.between(row, "p_value")
        if ends:
            found.to_try.append(
                Statistic("p_value", where, tuple(keys), _fisher_fits(pairs, ends), slow=True)
            )


def _fisher_fits(pairs: list[tuple[Key, Key]], ends: Ends) -> Callable[[Counts], NDArray[np.bool_]]:
    def fits(c: Counts) -> NDArray[np.bool_]:
        p = formulas.fisher_two_levels([c[yes] for yes, _ in pairs], [c[base] for _, base in pairs])
        return (p >= ends[0] - 1e-9) & (p <= ends[1] + 1e-9)

    return fits


def _p_values(
    found: Statistics, row: Row, where: str, keys: list[Key], p_value: Callable[[Counts], NDArray[np.float64]]
) -> None:
    """The p-value itself, and the adjusted ones: a multiple of it, unless another row's multiple took its place."""
    found.attempt("p_value", where, keys, found.between(row, "p_value"), p_value)
    if not found.tells(keys):
        return
    table = "comparisons" if "reference" in row else "trends"
    family = [
        other
        for other in found.known.published.rows(table)
        if all(other[name] == row[name] for name in ("family", "method", "effect"))
    ]
    for column in ("p_holm", "p_bh"):
        ends = found.between(row, column)
        alone = sum(other[column] == row[column] for other in family) == 1
        if ends and ends[1] < 1 and alone:
            sizes = np.arange(1, len(family) + 1)
            factors = (
                sizes if column == "p_holm" else np.array([m / j for m in sizes for j in range(1, m + 1)])
            )
            found.to_try.append(
                Statistic("p_value", where, tuple(keys), _multiple_fits(p_value, ends, factors))
            )


def _multiple_fits(
    p_value: Callable[[Counts], NDArray[np.float64]], ends: Ends, factors: NDArray[np.float64]
) -> Callable[[Counts], NDArray[np.bool_]]:
    def fits(c: Counts) -> NDArray[np.bool_]:
        adjusted = np.asarray(p_value(c))[:, None] * np.unique(factors)
        return ((adjusted >= ends[0]) & (adjusted <= ends[1])).any(axis=1)

    return fits


def _contrast(found: Statistics, row: Row, where: str, pairs: list[tuple[Key, Key]]) -> None:
    keys = [key for pair in pairs for key in pair]
    (yes, base), (other_yes, other_base) = pairs
    estimate, low, high = (found.between(row, name) for name in ("estimate", "ci_low", "ci_high"))
    if row["effect"] == "difference" and row["method"] == "newcombe":
        found.difference("difference", where, pairs, estimate)
        level = found.confidence_level
        for place, ends in enumerate((low, high)):
            found.attempt(
                "interval_end",
                where,
                keys,
                ends,
                lambda c, place=place: formulas.newcombe(
                    (c[yes], c[base]), (c[other_yes], c[other_base]), level
                )[place],
            )
    elif found.known.weighted:
        return
    elif row["effect"] == "difference":
        found.difference("difference", where, pairs, estimate)
        if row["method"] != "wild_bootstrap":
            found.difference("interval_end", where, pairs, middle(low, high))
        found.difference(
            "standard_error", where, pairs, product_of(found, row, "statistic", "standard_error")
        )
    elif row["effect"] in ("risk_ratio", "odds_ratio"):
        odds = row["effect"] == "odds_ratio"

        def ratio(c: Counts) -> NDArray[np.float64]:
            p, q = formulas.share(c[yes], c[base]), formulas.share(c[other_yes], c[other_base])
            return p * (1 - q) / (q * (1 - p)) if odds else p / q

        found.attempt("ratio", where, keys, estimate, ratio)
        found.attempt("interval_end", where, keys, geometric_middle(low, high), ratio)


def _trends(found: Statistics) -> None:
    for row in found.known.published.rows("trends"):
        at = (row["measure"], row["item"], row["breakdown"])
        if (
            row["method"] not in ("cochran_armitage", "cr2")
            or ("yes", *at[:2], ALL, ALL) not in found.matrix.index
        ):
            continue
        pairs = _level_pairs(found, *at)
        keys = [key for pair in pairs for key in pair]
        if not found.tells(keys):
            continue
        where = f"trends.csv: {', '.join(at)}, {row['method']}"

        def trend(
            c: Counts, pairs: list[tuple[Key, Key]] = pairs
        ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            return formulas.trend_statistic([c[yes] for yes, _ in pairs], [c[base] for _, base in pairs])

        if row["method"] == "cochran_armitage":
            found.attempt(
                "chi_square", where, keys, found.between(row, "statistic"), lambda c, t=trend: t(c)[0]
            )
            _p_values(found, row, where, keys, lambda c, t=trend: formulas.chi_square_p(t(c)[0], 1.0))
        elif not found.known.weighted:
            low, high = found.between(row, "ci_low"), found.between(row, "ci_high")
            for kind, ends in (
                ("difference", found.between(row, "estimate")),
                ("interval_end", middle(low, high)),
                ("standard_error", product_of(found, row, "statistic", "standard_error")),
            ):
                found.attempt(kind, where, keys, ends, lambda c, t=trend: t(c)[1])


def _stages(found: Statistics) -> None:
    if found.known.weighted:
        return
    for row in found.known.published.rows("stages"):
        place = (row["breakdown"], row["subgroup"])
        pairs = [pair_of(row["measure"], item, *place) for item in (row["item"], row["previous"])]
        where = f"stages.csv: {row['measure']}, {row['previous']} to {row['item']}, {', '.join(place)}"
        differences(found, row, where, pairs)


def _precision(found: Statistics) -> None:
    if found.known.weighted:
        return
    errors = {
        tuple(row[name] for name in ("measure", "item", "breakdown", "subgroup")): found.between(
            row, "standard_error"
        )
        for row in found.known.published.rows("comparisons")
        if row["method"] == "cr2" and row["effect"] == "difference"
    }
    for row in found.known.published.rows("precision"):
        at = (row["measure"], row["item"], row["breakdown"])
        (yes, base), (other_yes, other_base) = (pair_of(*at, row[name]) for name in ("subgroup", "reference"))
        keys, where = [yes, base, other_yes, other_base], f"precision.csv: {', '.join(at)}, {row['subgroup']}"
        if not found.tells(keys):
            continue
        ends = found.between(row, "share")
        if ends:
            bases = {base: 1.0, other_base: 1.0}
            for sign, end in ((1.0, ends[1]), (-1.0, ends[0])):
                terms = {yes: -sign, other_yes: -sign} | {key: sign * end for key in bases}
                found.relations.append(Relation("percentage", where, terms, 0.0, np.inf))
        error, effect = errors.get((*at, row["subgroup"])), found.between(row, "design_effect")
        if error and effect and error[0] > 0 and effect[0] > 0:
            found.attempt(
                "standard_error",
                where,
                keys,
                (error[0] ** 2 / effect[1], error[1] ** 2 / effect[0]),
                lambda c, k=tuple(keys): (
                    formulas.independent_error(c[k[0]], c[k[1]]) ** 2
                    + formulas.independent_error(c[k[2]], c[k[3]]) ** 2
                ),
            )


def _gaps(found: Statistics) -> None:
    for row in found.known.published.rows("provision_delivery"):
        at, where = (row["provision"],), f"provision_delivery.csv: {row['provision']}"
        pairs = [((f"{side}_yes", *at), (f"{side}_base", *at)) for side in ("gap", "other")]
        keys = [key for pair in pairs for key in pair]
        if not found.known.weighted:
            two_sides(found, row, where, at, ("gap", "other"), ("_base", "_yes"))

        def p_value(c: Counts, pairs: list[tuple[Key, Key]] = pairs) -> NDArray[np.float64]:
            statistic, df = formulas.chi_square([c[yes] for yes, _ in pairs], [c[base] for _, base in pairs])
            return formulas.chi_square_p(statistic, df)

        if not all(
            is_shown(row[f"n_cases_{side}"]) and is_shown(row[f"estimate_{side}"])
            for side in ("gap", "other")
        ):
            found.attempt("p_value", where, keys, found.between(row, "p_pearson"), p_value)
