"""Tables of shares: bases, both intervals, design effects; and what every table says of missing numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from desistance.bulletin.content import Cell, Table
from desistance.bulletin.numbers import ALL, WILSON, Numbers
from desistance.bulletin.phrases import (
    assumed_sentence,
    cases,
    count_text,
    everyone_label,
    factor,
    interval_text,
    percent_text,
    reason,
    setting,
)
from desistance.bulletin.results import Share, Test
from desistance.bulletin.topics import everyone, ranked
from desistance.bulletin.words import count, decimal, joined, sentence
from desistance.study import Breakdown, Item, Measure, Study


def overall_table(measure: Measure, numbers: Numbers, study: Study) -> Table:
    """Every item of a measure over everyone: base, share, both intervals, design effect."""
    items = ranked(numbers, measure)
    shares = [everyone(numbers, item) for item in items]
    return Table(
        id=f"table-{measure.id}",
        number=0,
        title=f"{measure.title}: shares with intervals; {setting(study, numbers)}",
        columns=(sentence(factor(study)), *_share_columns(measure.label, numbers, study)),
        rows=tuple(
            (Cell(item.label, kind="text"), *_share_cells(share, _wilson(numbers, item)))
            for item, share in zip(items, shares, strict=True)
        ),
        notes=(
            *_share_notes(shares, numbers, study, [item.label for item in items]),
            *filter(None, [assumed_sentence(measure)]),
        ),
        summary=f"{measure.title}: bases, intervals and design effects",
        folded=True,
    )


def level_table(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> Table:
    """The one item of a measure for everyone and in each level of every division."""
    item = measure.items[0]
    keys = [(ALL, ALL, everyone_label(study))]
    keys += [(d.id, level.code, f"{d.label}: {level.label}") for d in divisions for level in d.levels]
    shares = [numbers.share(measure.id, item.id, division, code) for division, code, _ in keys]
    wilsons = [numbers.share(measure.id, item.id, division, code, WILSON) for division, code, _ in keys]
    labels = [label for _, _, label in keys]
    return Table(
        id=f"table-{measure.id}",
        number=0,
        title=f"{measure.title}: shares with intervals; {setting(study, numbers)}",
        columns=("Group", *_share_columns("Yes", numbers, study)),
        rows=tuple(
            (Cell(label, kind="text"), *_share_cells(share, wilson))
            for label, share, wilson in zip(labels, shares, wilsons, strict=True)
        ),
        notes=_share_notes(shares, numbers, study, labels),
        summary=f"{measure.title}: bases, intervals and design effects by group",
        folded=True,
    )


def distribution_table(numbers: Numbers, study: Study) -> Table:
    """Cases with each number of factors, over everyone."""
    shares = sorted(numbers.distribution().items())
    total = sum(share.n_yes for _, share in shares if share.n_yes is not None)
    rows = []
    for n_factors, share in shares:
        known = Share(n_cases=total, n_yes=share.n_yes, estimate=share.estimate)
        rows.append(
            (Cell(str(n_factors), kind="text"), Cell(count_text(share.n_yes)), Cell(percent_text(known)))
        )
    return Table(
        id="table-distribution",
        number=0,
        title=f"Number of {study.words['factor'][1]} of each case; {setting(study, numbers)}",
        columns=("Number", sentence(cases(study)), f"% of {cases(study)}"),
        rows=tuple(rows),
        summary="Full distribution of the number",
        folded=True,
    )


def frame_cells(frame: pd.DataFrame) -> tuple[tuple[Cell, ...], ...]:
    """Rows of a figure's data as cells; the first column names the row; what stands in brackets goes underneath."""
    return tuple(
        (Cell(str(row[0]), kind="text"), *(_frame_cell(str(value)) for value in row[1:]))
        for row in frame.itertuples(index=False, name=None)
    )


def _frame_cell(text: str) -> Cell:
    number, bracket, rest = text.partition(" (")
    return Cell(number, small=rest.removesuffix(")") if bracket else "")


def _share_columns(yes: str, numbers: Numbers, study: Study) -> tuple[str, ...]:
    service = study.words["service"][1]
    confidence = numbers.confidence
    return (
        "Base",
        yes,
        "% of base",
        f"{confidence}% interval",
        f"{confidence}% interval ignoring {service} (Wilson)",
        "Design effect",
    )


def _share_cells(share: Share, wilson: Share) -> tuple[Cell, ...]:
    effect = "[x]" if share.design_effect is None else decimal(share.design_effect)
    return (
        Cell(count_text(share.n_cases)),
        Cell(count_text(share.n_yes)),
        Cell(percent_text(share)),
        Cell(interval_text(share)),
        Cell(interval_text(wilson)),
        Cell(effect),
    )


def _wilson(numbers: Numbers, item: Item) -> Share:
    return numbers.share(item.measure, item.id, ALL, ALL, WILSON)


def _share_notes(
    shares: Sequence[Share], numbers: Numbers, study: Study, labels: Sequence[str]
) -> tuple[str, ...]:
    notes = list(missing_notes(shares))
    exact = [label for label, share in zip(labels, shares, strict=True) if share.interval == "korn_graubard"]
    if exact:
        notes.append(f"Korn-Graubard intervals: {joined(exact)}. The other intervals are on the logit scale.")
    left_out = sum(share.n_missing or 0 for share in shares)
    if left_out:
        notes.append(f"Bases leave out {cases(study)} whose answer is not known or not recorded.")
    return tuple(notes)


def missing_notes(numbers: Iterable[Share | Test]) -> tuple[str, ...]:
    """Explain the cells that hold no number: how many, and why."""
    return missing_notes_of(entry.status for entry in numbers if _is_missing(entry))


def missing_notes_of(statuses: Iterable[str]) -> tuple[str, ...]:
    """Explain cells that hold no number, from the statuses of their rows."""
    reasons = Counter(map(reason, statuses))
    if not reasons:
        return ()
    return (f"[x] not available: {joined([f'{text} ({count(n)})' for text, n in sorted(reasons.items())])}.",)


def _is_missing(entry: Share | Test) -> bool:
    if isinstance(entry, Test):
        return entry.p_value is None
    return entry.estimate is None or not entry.has_interval
