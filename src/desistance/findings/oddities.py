"""What is odd about a tally as a whole, before anything is computed from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desistance.study import Study
from desistance.tallies import Tally, total_counts


@dataclass(frozen=True)
class Oddity:
    """Something that is probably a mistake in the extract or its mapping; `check` is what a user may allow."""

    check: str
    where: str
    text: str


def oddities(tally: Tally, study: Study) -> tuple[Oddity, ...]:
    """Find services too few or too small, breakdowns with one level, and items that nobody has."""
    return (*_services(tally), *_levels(tally, study), *_items(tally, study))


def _services(tally: Tally) -> Iterator[Oddity]:
    if len(tally.services) == 1:
        yield Oddity(
            "one_service",
            "services",
            "all cases are in one service, so no variation between services can be seen",
        )
    if (tally.services["n_cases"] == 1).any():
        yield Oddity("service_with_one_case", "services", "at least one service has a single case")


def _levels(tally: Tally, study: Study) -> Iterator[Oddity]:
    for division in study.divisions:
        seen = total_counts(tally, study, division).n_seen.max(axis=0) > 0
        if seen.sum() < 2:
            text = (
                f"{division.label} has {int(seen.sum())} of its {len(division.levels)} levels in the records"
            )
            yield Oddity("breakdown_with_one_level", division.id, text)


def _items(tally: Tally, study: Study) -> Iterator[Oddity]:
    counts = total_counts(tally, study, None)
    for item, yes in zip(study.items, counts.n_yes.sum(axis=1), strict=True):
        if yes == 0:
            yield Oddity(
                "item_nobody_has",
                f"{item.measure}.{item.id}",
                f"{item.label} ({item.measure}) is yes for no case",
            )
