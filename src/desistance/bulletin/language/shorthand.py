"""Shorthand in place of numbers: what each mark means, said once near the top and under every table that holds one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from desistance.bulletin.content import Figure, Section, Table
from desistance.bulletin.reading.cells import HIDDEN, UNRELIABLE
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study

TERMS = (
    ("[z]", "not applicable"),
    ("[x]", "not available; the note under the table gives the reason"),
    ("[low]", "rounds to nought but is not nought"),
)
# What a screen reader says after each mark; it is not seen.
SPOKEN = {HIDDEN: "hidden to protect confidentiality", UNRELIABLE: "small base, so unreliable"}


def shorthand_terms(numbers: Numbers, study: Study) -> tuple[tuple[str, str], ...]:
    """Every mark with its meaning, for the list of shorthand."""
    return ((HIDDEN, hidden_meaning(study)), (UNRELIABLE, unreliable_meaning(numbers)), *TERMS)


def hidden_meaning(study: Study) -> str:
    """What [c] says."""
    return f"hidden so that no {study.words['person'][0]} can be identified"


def unreliable_meaning(numbers: Numbers) -> str:
    """What [u] says, with the sizes of base that are marked where the release gives them."""
    policy = numbers.facts.get("disclosure") or {}
    smallest, reliable = policy.get("smallest_base"), policy.get("reliable_base")
    known = isinstance(smallest, int) and isinstance(reliable, int) and smallest < reliable
    base = f"a base of {smallest} to {reliable - 1}" if known else "a small base"
    return f"{base}, so what rests on it is unreliable"


def flagged(label: str, *, unreliable: bool) -> str:
    """Label of a row, with [u] after it where the row rests on a small base."""
    return f"{label} {UNRELIABLE}" if unreliable else label


def explained(table: Table, numbers: Numbers, study: Study) -> Table:
    """Table with a note on each of [c] and [u] that it holds."""
    texts = (f"{cell.text} {cell.small}" for row in table.rows for cell in row)
    return replace(table, notes=(*shorthand_notes(texts, numbers, study), *table.notes))


def explained_section(section: Section, numbers: Numbers, study: Study) -> Section:
    """Section with these notes under each of its tables and those of its parts."""
    return replace(
        section,
        tables=tuple(explained(table, numbers, study) for table in section.tables),
        figures=tuple(
            replace(figure, data_notes=frame_notes(figure, numbers, study)) for figure in section.figures
        ),
        parts=tuple(explained_section(part, numbers, study) for part in section.parts),
    )


def frame_notes(figure: Figure, numbers: Numbers, study: Study) -> tuple[str, ...]:
    """Notes on each of [c] and [u] that the data of a figure hold."""
    texts = (str(cell) for column in figure.data for cell in figure.data[column])
    return shorthand_notes(texts, numbers, study)


def shorthand_notes(texts: Iterable[str], numbers: Numbers, study: Study) -> tuple[str, ...]:
    """One note for each of [c] and [u] that some text holds."""
    found = {mark for text in texts for mark in SPOKEN if mark in text}
    meanings = {HIDDEN: hidden_meaning(study), UNRELIABLE: unreliable_meaning(numbers)}
    return tuple(f"{mark}: {meaning}." for mark, meaning in meanings.items() if mark in found)
