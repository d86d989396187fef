"""Which relations a breach needs: those of one kind after another are left out, as long as the count stays known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desistance.attack.errors import AttackError
from desistance.attack.knowledge import Target
from desistance.attack.rules import Rules
from desistance.attack.solving import Clock, bound_targets, components, is_breached
from desistance.attack.system import Key, Matrix

# Kinds that say most about a leak come first: the first that is needed names it.
_ORDER = """
drawing alternative_text sentence embedded_data metadata ledger table edition shown_count percentage
interval_end standard_error difference ratio chi_square p_value mean several_statistics status shared_base
number_of_factors pooled combination pair theme funnel services margin same_children remainder
"""
_TELLING = tuple(_ORDER.split())


def needed_kinds(start: Matrix, target: Target, rules: Rules, clock: Clock) -> tuple[str, ...]:
    """A least set of kinds of relations that together give a count away, the most telling first.

    ``start`` has the bounds as printed, before anything was concluded from them. Linear duality names relations that
    are enough; those kinds of them that are not needed are then left out, the least telling first.
    """
    kinds = _of_proof(start, target)
    if not _still_known(start.only(kinds), target, rules, clock):
        kinds = {one.kind for one in start.relations}
    kept = sorted(kinds, key=rank)
    for kind in reversed(kept.copy()) if len(kept) > 1 else ():
        without = [one for one in kept if one != kind]
        if clock.left() > 0 and _still_known(start.only(without), target, rules, clock):
            kept = without
    return tuple(kept)


def _of_proof(start: Matrix, target: Target) -> set[str]:
    """Kinds of the relations that show the least and the greatest value of a count."""
    parts = components(start, [target.key])
    found: set[str] = set()
    for part in parts:
        objective = np.zeros(len(part.places))
        objective[part.places[target.key]] = 1.0
        for direction in (1.0, -1.0):
            found |= {start.relations[row].kind for row in part.proof(direction * objective)}
    return found


def rank(kind: str) -> int:
    """How little a kind of relation says of a leak; kinds nobody has named say most."""
    return _TELLING.index(kind) if kind in _TELLING else -1


def _still_known(matrix: Matrix, target: Target, rules: Rules, clock: Clock) -> bool:
    try:
        matrix.propagate()
        return target.key in bound_targets(matrix, [target], rules, clock).narrow
    except AttackError:
        return False


def needed_by_arithmetic(
    start: Matrix, targets: Sequence[Target], rules: Rules, clock: Clock
) -> dict[Key, tuple[str, ...]]:
    """Kinds of relations without which arithmetic alone no longer gives a count away; all counts at once.

    Quicker than `needed_kinds` for many counts, and silent where several kinds each give the count away.
    """
    kinds = sorted({one.kind for one in start.relations}, key=rank)
    narrow = _narrow_keys(start.only(kinds), targets, rules)
    found: dict[Key, list[str]] = {}
    for kind in kinds:
        if not narrow or clock.left() == 0:
            break
        left = _narrow_keys(start.only([one for one in kinds if one != kind]), targets, rules)
        for target in targets:
            if target.key in narrow and target.key not in left:
                found.setdefault(target.key, []).append(kind)
    return {key: tuple(needed) for key, needed in found.items()}


def _narrow_keys(matrix: Matrix, targets: Sequence[Target], rules: Rules) -> set[Key]:
    matrix.propagate()
    return {one.key for one in targets if is_breached(one, *matrix.range_of(one.key), rules)}


def touching(matrix: Matrix, key: Key) -> tuple[str, ...]:
    """Kinds of the relations that speak of a count, those that hold in every release first."""
    rows = matrix.rows[matrix.columns == matrix.index[key]]
    return tuple(sorted({matrix.relations[row].kind for row in rows}, key=rank, reverse=True))
