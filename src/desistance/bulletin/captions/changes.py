"""Change since another edition: the difference of each share with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.plans import DifferencesPlan, Point
from desistance.bulletin.content import Figure
from desistance.bulletin.language.differences import interval_points
from desistance.bulletin.language.evidence import change_said, real
from desistance.bulletin.language.phrases import cases, count_text, full, setting
from desistance.bulletin.language.words import (
    exact_share,
    p_value,
    percent_cell,
    points,
    points_interval,
    within,
)
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.practice import Change
from desistance.study import Study


def other_edition(numbers: Numbers) -> str:
    """What the configuration calls the other edition."""
    return str((numbers.facts.get("compare") or {}).get("label") or "the other edition")


def everyones_changes(numbers: Numbers, study: Study) -> tuple[Change, ...]:
    """Changes for everyone, from the largest rise to the largest fall; answers put together are left out."""
    shown = {(item.measure, item.id) for m in study.measures if not m.pooled for item in m.items}
    rows = [
        row for row in numbers.practice.changes if row.breakdown == ALL and (row.measure, row.item) in shown
    ]
    known = [row for row in rows if row.test.estimate is not None]
    return (
        *sorted(known, key=lambda row: -row.test.estimate),
        *(row for row in rows if row.test.estimate is None),
    )


def change_label(row: Change, study: Study) -> str:
    """Name the share that changed, by its measure where that has several items."""
    measure = study.measure(row.measure)
    item = next(item for item in measure.items if item.id == row.item)
    return item.label if len(measure.items) == 1 else f"{measure.label} ({within(item.short)})"


def change_name(row: Change, study: Study) -> str:
    """The same inside a sentence: with a small first letter, whatever the item's name holds."""
    start, bracket, rest = change_label(row, study).partition(" (")
    return within(start) + bracket + rest


def changes_figure(numbers: Numbers, study: Study) -> Figure | None:
    """A difference with its interval a share, ranked; None without another edition."""
    rows = everyones_changes(numbers, study)
    if not rows:
        return None
    looks = [real(row.test, numbers) if row.test.p_holm is not None else None for row in rows]
    plan = DifferencesPlan(
        title="Change, percentage points",
        labels=tuple(change_label(row, study) + ("*" if row.note else "") for row in rows),
        points=tuple(_point(row) for row in rows),
        verdict_title="CR2, Holm",
        looks=tuple({True: "both", False: "neither", None: "unknown"}[look] for look in looks),
        verdicts=tuple(
            {True: "significant", False: "not significant", None: row.test.mark("p_holm")}[look]
            for row, look in zip(rows, looks, strict=True)
        ),
    )
    warned = any(row.note for row in rows)
    return Figure(
        id="changes",
        number=0,
        headline=full(changes_headline(numbers, study)),
        title=f"Change since {other_edition(numbers)} in percentage points of {cases(study)} in each base; "
        f"{setting(study, numbers)}",
        alt=_alt(plan),
        data=_data(rows, plan, numbers, study),
        units="Percentages of the base, and percentage points",
        notes=(
            f"Lines are {numbers.confidence} per cent intervals by CR2, each for one change alone. Verdicts "
            "are after Holm\u2019s "
            "adjustment within one measure."
            + (" * defined otherwise in the other edition, or not known to be the same." if warned else ""),
        ),
        plan=plan,
    )


def changes_headline(numbers: Numbers, study: Study) -> str:
    """Count the significant changes and name the largest."""
    rows = everyones_changes(numbers, study)
    tested = [row for row in rows if row.test.p_holm is not None]
    hidden = any(row.test.hides("estimate", "p_holm") for row in rows)
    since = f"since {other_edition(numbers)}"
    if not tested:
        return f"no change {since} can be {'shown' if hidden else 'tested'}"
    found = [row for row in tested if real(row.test, numbers)]
    if not found:
        return f"no change {since} {'that can be shown ' if hidden else ''}is significant by the CR2 test"
    far = max(found, key=lambda row: abs(row.test.estimate))
    return (
        f"{len(found)} of {len(tested)} {'share' if len(tested) == 1 else 'shares'} "
        f"{'whose change can be shown ' if hidden else ''}{'has' if len(tested) == 1 else 'have'} changed "
        f"significantly {since}, most of all {change_name(far, study)}: "
        f"{points(exact_share(None, None, far.test.estimate))} points"
    )


def change_sentence(row: Change, numbers: Numbers, study: Study) -> str:
    """One change as a clause: from and to, with its evidence."""
    ends = [percent_cell(share) if share is not None else "[x]" for share in row.shares]
    way = f"from {ends[0]} to {ends[1]} per cent"
    return f"{change_name(row, study)}, {way} ({change_said(row.test, numbers)})"


def _point(row: Change) -> Point:
    test = row.test
    ends = (test.low, test.high) if test.has_interval else (None, None)
    text = test.shorthand if test.estimate is None else points(exact_share(None, None, test.estimate))
    return Point(test.estimate, *ends, text=text)


def _alt(plan: DifferencesPlan) -> str:
    rows = []
    for label, drawn, verdict in zip(plan.labels, plan.points, plan.verdicts, strict=True):
        ends = "" if drawn.low is None else f", interval {points_interval(drawn.low, drawn.high)}"
        rows.append(f"{label}: {drawn.text}{ends}, {verdict}")
    return f"Dots with intervals around a line at nought. {plan.title}. {'. '.join(rows)}."


def _data(rows: Sequence[Change], plan: DifferencesPlan, numbers: Numbers, study: Study) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Share": label,
                "Before: base": count_text(row.n_cases[0], row.mark("n_before")),
                "Before: %": _percent(row.shares[0], row.mark("estimate_before")),
                "Now: base": count_text(row.n_cases[1], row.mark("n_cases")),
                "Now: %": _percent(row.shares[1], row.mark("estimate_now")),
                "Change, points": drawn.text,
                f"{numbers.confidence}% interval": interval_points(row.test),
                "CR2, Holm": row.test.mark("p_holm")
                if row.test.p_holm is None
                else p_value(row.test.p_holm, numbers.level),
            }
            for row, label, drawn in zip(rows, plan.labels, plan.points, strict=True)
        ]
    )


def _percent(share: float | None, shorthand: str) -> str:
    return shorthand if share is None else percent_cell(share)
