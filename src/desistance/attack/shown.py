"""Counts that are printed although the policy calls them unsafe."""

from __future__ import annotations

from collections.abc import Iterator

from desistance.attack.account import Breach
from desistance.attack.knowledge import Knowledge
from desistance.attack.published import is_shown, whole
from desistance.attack.system import Matrix


def shown_breaches(known: Knowledge, matrix: Matrix) -> Iterator[Breach]:
    """Unsafe counts that are printed, and yes printed within a base that is too small."""
    for key, seen in known.sightings.items():
        for one in seen:
            if one.protected and is_shown(one.text):
                behind = known.rules.behind(whole(one.text, one.where), protected=True)
                if known.rules.all_unsafe(*behind):
                    yield Breach("shown_count", one.where, key)
    for (base, yes), where in known.bases.items():
        least, most = matrix.range_of(base)
        if most < known.rules.smallest_base and least > 0 and _is_known(known, matrix, yes):
            yield Breach("shown_count", f"{where}: its base is too small", yes)


def _is_known(known: Knowledge, matrix: Matrix, key: tuple[str, ...]) -> bool:
    printed = key in known.sightings and not known.is_hidden(key)
    return printed or matrix.is_fixed(key)
