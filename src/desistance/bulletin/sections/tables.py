"""Tables of shares: bases, both intervals, design effects; and what every table says of missing numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pandas as pd

from desistance.bulletin.content import Cell, Table
from desistance.bulletin.inline import anchor
from desistance.bulletin.language.phrases import (
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
from desistance.bulletin.language.shorthand import flagged
from desistance.bulletin.language.shown import opened, without
from desistance.bulletin.language.words import count, decimal, joined, sentence
from desistance.bulletin.reading.cells import SUPPRESSED, UNRELIABLE
from desistance.bulletin.reading.numbers import ALL, WILSON, Numbers
from desistance.bulletin.reading.results import Share, Test
from desistance.bulletin.reading.topics import everyone, ranked
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
            (
                Cell(flagged(item.label, unreliable=share.unreliable), kind="text"),
                *_share_cells(share, _wilson(numbers, item)),
            )
            for item, share in zip(items, shares, strict=True)
        ),
        notes=(
            *_share_notes(shares, numbers, study, [item.label for item in items]),
            *filter(None, [assumed_sentence(measure)]),
        ),
        ids=tuple(anchor(measure.id, item.id) for item in items),
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
            (Cell(flagged(label, unreliable=share.unreliable), kind="text"), *_share_cells(share, wilson))
            for label, share, wilson in zip(labels, shares, wilsons, strict=True)
        ),
        notes=_share_notes(shares, numbers, study, labels),
        ids=tuple(
            anchor(measure.id, item.id, *(() if division == ALL else (division, code)))
            for division, code, _ in keys
        ),
        summary=f"{measure.title}: bases, intervals and design effects by group",
        folded=True,
    )


def distribution_table(numbers: Numbers, study: Study) -> Table:
    """Cases with each number of factors, over everyone."""
    base = numbers.mean().n_cases  # a released count: the page adds nothing up
    rows = []
    for n_factors, share in sorted(numbers.distribution().items()):
        amount = count_text(share.n_yes, share.mark("n_yes"))
        percent = percent_text(replace(share, n_cases=base))
        rows.append((Cell(count(n_factors), kind="text"), Cell(amount), Cell(percent)))
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
    """Rows of a figure's data as cells; the first column names the row; what stands in brackets goes underneath.

    No number has [u] beside it: the label of the row says for which columns it stands.
    """
    names = [str(name).partition(", %")[0] for name in frame.columns[1:]]
    rows = []
    for label, *cells in frame.itertuples(index=False, name=None):
        values = [cell if isinstance(cell, str) else str(cell) for cell in cells]
        weak = [name for name, value in zip(names, values, strict=True) if UNRELIABLE in value]
        small = f"{UNRELIABLE} {joined(weak)}" if weak and UNRELIABLE not in label else ""
        rows.append((Cell(label, small=small, kind="text"), *map(_frame_cell, values)))
    return tuple(rows)


def _frame_cell(text: str) -> Cell:
    number, small = opened(without(text, f" {UNRELIABLE}"))
    return Cell(number, small=small)


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
    effect = share.mark("design_effect") if share.design_effect is None else decimal(share.design_effect)
    return (
        Cell(count_text(share.n_cases, share.mark("n_cases"))),
        Cell(count_text(share.n_yes, share.mark("n_yes"))),
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
    pairs = [(label, share) for label, share in zip(labels, shares, strict=True) if share.has_interval]
    exact = [label for label, share in pairs if share.interval == "korn_graubard"]
    if exact:
        notes.append(f"Korn-Graubard intervals: {joined(exact)}. The other intervals are on the logit scale.")
    left_out = sum(share.n_missing or 0 for share in shares)
    if left_out:
        notes.append(f"Bases leave out {cases(study)} whose answer is not known or not recorded.")
    return tuple(notes)


def missing_notes(numbers: Iterable[Share | Test]) -> tuple[str, ...]:
    """Explain the cells that hold no number: how many, and why."""
    return missing_notes_of(reasons_of(numbers))


def reasons_of(numbers: Iterable[Share | Test]) -> Iterator[str]:
    """Statuses of those that lack a number which was not hidden."""
    return (entry.status for entry in numbers if _is_missing(entry))


def missing_notes_of(statuses: Iterable[str]) -> tuple[str, ...]:
    """Explain cells that hold no number, from the statuses of their rows; a suppressed row has its own mark."""
    reasons = Counter(reason(status) for status in statuses if status != SUPPRESSED)
    if not reasons:
        return ()
    return (f"[x] not available: {joined([f'{text} ({count(n)})' for text, n in sorted(reasons.items())])}.",)


def _is_missing(entry: Share | Test) -> bool:
    """Whether a number is not there although nobody hid it."""
    names = ("p_value",) if isinstance(entry, Test) else ("estimate", "low", "high")
    return any(getattr(entry, name) is None and not entry.hides(name) for name in names)
