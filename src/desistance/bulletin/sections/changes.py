"""Change since another edition: which shares have moved, and where the two do not define the same thing."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.changes import (
    change_label,
    change_name,
    change_sentence,
    changes_headline,
    everyones_changes,
    other_edition,
)
from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.language.evidence import is_told, is_veiled, real
from desistance.bulletin.language.phrases import cases, cited, full, level_percent, setting
from desistance.bulletin.language.words import count, counted, joined, month, sentence, within
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.practice import Change
from desistance.bulletin.sections.by_division import filled, present
from desistance.bulletin.sections.change_cells import change_cells, change_columns, side_cell, verdict_cell
from desistance.bulletin.sections.tables import missing_notes
from desistance.study import Study

NAMED = 3


def changes_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Changes for everyone and in subgroups, with warnings; None without another edition."""
    rows = everyones_changes(numbers, study)
    if not rows:
        return None
    return Section(
        id="changes",
        topic="Change since another edition",
        heading=sentence(changes_headline(numbers, study)),
        paragraphs=filled(
            _method_text(numbers, study),
            *(_way_text(rows, sign, numbers, study) for sign in (1, -1)),
            warning_text(numbers, study),
            _groups_text(numbers, study),
        ),
        figures=tuple(figures),
        tables=present(_table(rows, numbers, study), _groups_table(numbers, study)),
    )


def _method_text(numbers: Numbers, study: Study) -> str:
    return (
        f"Every share is set beside that of {other_edition(numbers)}{_size_text(numbers, study)}. The change is this "
        f"edition\u2019s share less the other\u2019s; the CR2 test allows for {cases(study)} of one "
        f"{study.words['service'][0]} being alike, and Holm\u2019s adjustment for the number of changes of one "
        "measure. A change says nothing of its cause: who was inspected may have changed as well as practice."
    )


def _size_text(numbers: Numbers, study: Study) -> str:
    """How large the other edition is, from when, and whether its services are these; "" where it is not told."""
    told = numbers.facts.get("compare") or {}
    sizes = [
        counted(told[f"n_{word}s"], study.words[word])
        for word in ("case", "service")
        if told.get(f"n_{word}s")
    ]
    dates = [month(told[end]) for end in ("first_date", "last_date") if told.get(end)]
    parts = [" in ".join(sizes), " to ".join(dict.fromkeys(dates))]
    if "same_services" in told:
        parts.append(
            f"{'the same' if told['same_services'] else 'taken as other'} {study.words['service'][1]}"
        )
    text = ", ".join(part for part in parts if part)
    return f" ({text})" if text else ""


def _way_text(rows: Sequence[Change], sign: int, numbers: Numbers, study: Study) -> str:
    """The largest significant rises, or falls."""
    found = [row for row in rows if real(row.test, numbers) and row.test.estimate * sign > 0]
    if not found:
        return ""
    found.sort(key=lambda row: -abs(row.test.estimate))
    said = [cited(change_sentence(row, numbers, study), row.place) for row in found[:NAMED]]
    verb = ("rise", "rose") if sign > 0 else ("fall", "fell")
    more = f"; {count(len(found) - NAMED)} more {verb[1]}" if len(found) > NAMED else ""
    hidden = any(is_veiled(row.test) for row in rows)
    noun = f"The significant {verb[0]} is in" if len(found) == 1 else f"Significant {verb[0]}s are in"
    noun = f"Of the changes shown, {within(noun)}" if hidden else noun
    return f"{noun} {joined(said)}{more}."


def warning_text(numbers: Numbers, study: Study) -> str:
    """Which shares and divisions the two editions do not define alike."""
    said: dict[str, list[str]] = {}
    for row in everyones_changes(numbers, study):
        if row.note:
            said.setdefault(row.note, []).append(change_name(row, study))
    divisions = {division.id: within(division.label) for division in study.divisions}
    for row in numbers.practice.changes:
        if row.note and row.breakdown in divisions and not _own_note(row, numbers):
            said.setdefault(row.note, []).append(divisions[row.breakdown])
    texts = [full(f"{joined(list(dict.fromkeys(names)))}: {note}") for note, names in said.items()]
    return f"Take care: not everything is defined alike in both editions. {' '.join(texts)}" if texts else ""


def _own_note(row: Change, numbers: Numbers) -> bool:
    """Whether the warning is about the share itself and not about the division."""
    key = (row.measure, row.item, ALL, row.note)
    return any(
        (each.measure, each.item, each.breakdown, each.note) == key for each in numbers.practice.changes
    )


def _groups(numbers: Numbers, study: Study) -> list[tuple[str, Change]]:
    """Changes in subgroups and bands that are significant, in the order of the table."""
    names = {
        (division.id, level.code): f"{division.label}: {level.label}"
        for division in study.divisions
        for level in division.levels
    }
    shown = {measure.id for measure in study.measures if not measure.pooled}
    return [
        (names[row.breakdown, row.subgroup], row)
        for row in numbers.practice.changes
        if (row.breakdown, row.subgroup) in names and row.measure in shown
    ]


def _groups_text(numbers: Numbers, study: Study) -> str:
    rows = [row for _, row in _groups(numbers, study)]
    groups = [row for row in rows if is_told(row.test)]
    if not groups:
        return ""
    found = sum(real(row.test, numbers) for row in groups)
    verb = "is" if found <= 1 else "are"
    hidden = any(is_veiled(row.test) for row in rows)
    of_whom = f"the {count(len(groups))} changes shown" if hidden else f"{count(len(groups))} changes"
    amount = cited(f"{count(found) if found else 'none'} of {of_whom}", "tables/changes.csv")
    return (
        f"Within subgroups and bands, {amount} {verb} significant by "
        "the CR2 test after Holm\u2019s adjustment within one measure and one breakdown."
    )


def _table(rows: Sequence[Change], numbers: Numbers, study: Study) -> Table:
    what = f"Change since {other_edition(numbers)}"
    return Table(
        id="table-changes",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Share", *_columns(numbers)),
        rows=tuple((Cell(change_label(row, study), kind="text"), *_cells(row, numbers)) for row in rows),
        notes=_notes(rows, numbers),
        ids=tuple(row.place for row in rows),
        summary=what,
        folded=True,
    )


def _groups_table(numbers: Numbers, study: Study) -> Table | None:
    rows = [(name, row) for name, row in _groups(numbers, study) if real(row.test, numbers)]
    if not rows:
        return None
    what = f"Significant changes since {other_edition(numbers)} within subgroups and bands"
    return Table(
        id="table-changes-groups",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Group", "Share", *_columns(numbers)),
        rows=tuple(
            (
                Cell(name, kind="text"),
                Cell(change_label(row, study), kind="text"),
                *_cells(row, numbers),
            )
            for name, row in rows
        ),
        notes=_notes([row for _, row in rows], numbers),
        ids=tuple(row.place for _, row in rows),
        summary=what,
        folded=True,
    )


def _columns(numbers: Numbers) -> tuple[str, ...]:
    return ("Before, % and base", "Now, % and base", *change_columns(numbers), "Change is", "Definitions")


def _cells(row: Change, numbers: Numbers) -> tuple[Cell, ...]:
    return (
        *(
            side_cell(share, n, mark=row.mark(name))
            for share, n, name in zip(
                row.shares, row.n_cases, ("estimate_before", "estimate_now"), strict=True
            )
        ),
        *change_cells(row.test, numbers),
        verdict_cell(row.test, numbers),
        Cell(row.note or "the same", kind="text"),
    )


def _notes(rows: Sequence[Change], numbers: Numbers) -> tuple[str, ...]:
    return (
        f"Significant at the {level_percent(numbers)} by the CR2 test after Holm\u2019s adjustment. The change "
        "is now less "
        "before, before rounding.",
        *missing_notes([row.test for row in rows]),
    )
