"""What texts, drawings and embedded data say of hidden counts, as relations of the one system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from desistance.attack import formulas
from desistance.attack.account import Breach
from desistance.attack.knowledge import ALL, Knowledge
from desistance.attack.statements import HiddenShare, Statement
from desistance.attack.system import Key, Matrix, Relation

_SPOKEN = ("yes", "number", "both", "theme", "theme_both", "passages", "combination", "people_yes")
_COUNTING = """
no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
"""
_NUMBERS = tuple(_COUNTING.split())


def hidden_shares(known: Knowledge) -> list[HiddenShare]:
    """Hidden counts that a text could speak of, with the names that it would use."""
    return [
        HiddenShare(target.key, target.where.partition(".csv")[0], tuple(_names(known, target.key)))
        for target in known.targets.values()
        if target.rule == "hidden" and target.key[0] in _SPOKEN
    ]


def _names(known: Knowledge, key: Key) -> Iterator[frozenset[str]]:
    structure, kind = known.structure, key[0]
    if kind == "yes":
        _, measure, item, breakdown, level = key
        told = structure["measures"][measure]
        yield frozenset(filter(None, (measure, told.get("label"), told.get("title"))))
        yield _of_item(structure, item)
        yield from _of_level(structure, breakdown, level)
    elif kind in ("number", "both", "combination"):
        yield from _of_level(structure, key[1], key[2])
        if kind == "number":
            yield _of_number(int(key[3]))
        else:
            items = key[3:] if kind == "both" else key[3].split("+")
            yield from (_of_item(structure, item) for item in items)
    elif kind == "people_yes":
        yield frozenset({key[1], key[1].replace("_", " ")})
    else:
        yield from (_of_theme(structure, name) for name in key[1 : 3 if kind == "theme_both" else 2])
        if kind != "theme_both" and key[2] != "either":
            yield frozenset({key[2], f"{key[2]}s"})


def _of_item(structure: Mapping, item: str) -> frozenset[str]:
    names = {item}
    for told in structure["measures"].values():
        if item in told["items"]:
            names |= {told["items"][item].get("label"), told["items"][item].get("short")}
    return frozenset(name for name in names if name)


def _of_level(structure: Mapping, breakdown: str, level: str) -> Iterator[frozenset[str]]:
    if breakdown != ALL:
        told = structure.get("labels", {}).get(breakdown, {}).get("levels", {}).get(level, {})
        yield frozenset(filter(None, (level, told.get("label"), told.get("short"))))


def _of_number(number: int) -> frozenset[str]:
    noun = "factor" if number == 1 else "factors"
    return frozenset(
        {str(number), *(f"{word} {noun}" for word in (str(number), *_NUMBERS[number : number + 1]))}
    )


def _of_theme(structure: Mapping, theme: str) -> frozenset[str]:
    told = structure.get("themes", {}).get(theme, {})
    return frozenset(filter(None, (theme, told.get("label"), told.get("short"))))


def base_of(known: Knowledge, key: Key) -> Key | None:
    """The base that a share of a count is of."""
    bases = {yes: base for base, yes in known.bases}
    if key[0] in ("theme", "theme_both"):
        return ("cases", ALL, ALL)
    return bases.get(key)


def told_relations(
    known: Knowledge, matrix: Matrix, said: Sequence[Statement]
) -> tuple[list[Relation], list[Breach], list[str]]:
    """Statements as relations; those that say too much by themselves; and those that cannot be of the count.

    A statement that no possible count agrees with is not about the count, or is wrong: it is noted and not used.
    """
    relations: list[Relation] = []
    breaches: list[Breach] = []
    notes: list[str] = []
    ranges: dict[Key, tuple[int, int]] = {}
    for one in [*said, *_middles(said)]:
        if one.key not in matrix.index:
            breaches.append(Breach(one.kind, one.where, tuple(one.key)))
            continue
        base = base_of(known, one.key)
        if one.unit in ("standard_error", "ci_low", "ci_high"):
            breaches += _of_statistic(known, matrix, one, base)
            continue
        own = _relations(one, base)
        alone = _ends(matrix, one, base)
        before = ranges.get(one.key, alone)
        both = max(alone[0], before[0]), min(alone[1], before[1])
        if not own:
            notes.append(f"{one.kind} at {one.where}: a share of a count whose base is not known")
        elif alone[0] > alone[1] or not all(_is_possible(matrix, relation) for relation in own):
            notes.append(f"{one.kind} at {one.where}: says what {', '.join(one.key)} cannot be")
        else:
            if one.unit != "base" and not known.rules.wide(*alone):
                breaches.append(Breach(one.kind, one.where, one.key, (one.kind,)))
            if both[0] > both[1]:
                notes.append(
                    f"{one.kind} at {one.where}: says otherwise of {', '.join(one.key)} than another place"
                )
            else:
                ranges[one.key] = both
                relations += own
    return relations, breaches, notes


def _middles(said: Sequence[Statement]) -> Iterator[Statement]:
    """Shares in the middle of intervals, on the logit scale, of which both ends are told in one place."""
    ends: dict[tuple[Key, str, str], dict[str, Statement]] = {}
    for one in said:
        if one.unit in ("ci_low", "ci_high"):
            ends.setdefault((one.key, one.kind, one.where), {})[one.unit] = one
    for pair in ends.values():
        if len(pair) == 2:
            low, high = pair["ci_low"], pair["ci_high"]
            share = formulas.logit_centre((low.low, low.high), (high.low, high.high))
            yield replace(low, unit="share", low=share[0], high=share[1])


def _relations(one: Statement, base: Key | None) -> list[Relation]:
    """A statement as relations; none where it is of a base that is not known."""
    if one.unit == "count":
        return [Relation(one.kind, one.where, {one.key: 1.0}, one.low, one.high)]
    if base is None:
        return []
    if one.unit == "base":
        return [Relation(one.kind, one.where, {base: 1.0}, one.low, one.high)]
    return [
        Relation(one.kind, one.where, {one.key: 1.0, base: -max(one.low, 0.0)}, 0.0, np.inf),
        Relation(one.kind, one.where, {one.key: 1.0, base: -one.high}, -np.inf, 0.0),
    ]


def _ends(matrix: Matrix, one: Statement, base: Key | None) -> tuple[int, int]:
    """Least and greatest value of a count, by its range and one statement."""
    low, high = matrix.range_of(one.key)
    if one.unit == "base" or (one.unit == "share" and base is None):
        return low, high
    factors = (1, 1) if base is None or one.unit == "count" else matrix.range_of(base)
    least, most = one.low * factors[0], one.high * factors[1]
    return max(low, int(np.ceil(least - 1e-7))), min(high, int(np.floor(most + 1e-7)))


def _is_possible(matrix: Matrix, relation: Relation) -> bool:
    least = most = 0.0
    for key, value in relation.terms.items():
        ends = [value * end for end in matrix.range_of(key)]
        least, most = least + min(ends), most + max(ends)
    return relation.low <= most + 1e-7 and relation.high >= least - 1e-7


def _of_statistic(known: Knowledge, matrix: Matrix, one: Statement, base: Key | None) -> Iterator[Breach]:
    """An interval's end or an error, if it is that of independent cases, is a function of the count."""
    if base is None or not matrix.is_fixed(base) or one.key == base:
        return
    low, high = matrix.range_of(one.key)
    values, n = (
        np.arange(low, high + 1, dtype=float),
        np.full(high - low + 1, float(matrix.range_of(base)[0])),
    )
    if one.unit == "standard_error":
        numbers = formulas.independent_error(values, n)
    else:
        level = float(known.published.release.get("inference", {}).get("confidence_level", 0.95))
        numbers = formulas.wilson(values, n, level)[one.unit == "ci_high"]
    fits = values[(numbers >= one.low - 1e-12) & (numbers <= one.high + 1e-12)]
    if 0 < len(fits) < known.rules.candidates:
        yield Breach(one.kind, one.where, one.key, (one.kind, one.unit))
