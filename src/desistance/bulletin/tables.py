"""The tables of the topics: shares with intervals, differences with two tests side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from desistance.bulletin.captions.subgroups import widest_gap
from desistance.bulletin.content import Cell, Table
from desistance.bulletin.numbers import (
    ADJUSTMENTS,
    ALL,
    FISHER,
    PEARSON,
    RAO_SCOTT,
    WILSON,
    Numbers,
    Share,
    Test,
)
from desistance.bulletin.phrases import (
    cases,
    count_text,
    everyone_label,
    factor,
    gap_text,
    interval_text,
    level_name,
    level_percent,
    percent_text,
    reason,
    setting,
)
from desistance.bulletin.topics import (
    everyone,
    is_significant,
    level_shares,
    other_level,
    ranked,
    significant_items,
    tested_items,
)
from desistance.bulletin.words import count, counted, decimal, joined, p_value, sentence, within
from desistance.study import Breakdown, Item, Measure, Study

ADJUSTED = {"p_value": "unadjusted", "p_holm": "Holm", "p_bh": "BH"}
VERDICTS = {True: ("yes", "yes"), False: ("no", "none"), None: ("[x]", "none")}


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
        notes=_share_notes(shares, numbers, study, [item.label for item in items]),
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


def difference_table(
    measure: Measure, division: Breakdown, numbers: Numbers, study: Study, *, folded: bool
) -> Table:
    """Every item of a measure by one division: share and base a level, then both tests, adjusted and not."""
    items = ranked(numbers, measure)
    what = f"{measure.title} by {within(division.label)}: shares, and p-values of two tests"
    gap_name = "Gap, points" if other_level(division) else "Widest gap, points"
    return Table(
        id=f"table-{measure.id}-{division.id}",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            sentence(factor(study)),
            *(f"{level.label}, % and base" for level in division.levels),
            gap_name,
            *(f"Pearson, {name}" for name in ADJUSTED.values()),
            *(f"Rao-Scott, {name}" for name in ADJUSTED.values()),
            "The tests part",
        ),
        rows=tuple(_difference_row(item, division, numbers) for item in items),
        notes=_difference_notes(measure, division, numbers, study),
        summary=what,
        folded=folded,
    )


def verdict_table(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> Table:
    """How many items differ by each test and adjustment, and the items on which the tests part."""
    total = len(measure.items)
    return Table(
        id=f"table-{measure.id}-verdicts",
        number=0,
        title=f"{measure.title}: on how many of {counted(total, study.words['factor'])} the difference is significant; "
        f"{setting(study, numbers)}",
        columns=(
            "By",
            *(f"{test}, {name}" for test in ("Pearson", "Rao-Scott") for name in ADJUSTED.values()),
            "Where the two tests part",
        ),
        rows=tuple(_verdict_row(measure, division, numbers) for division in divisions),
        notes=(
            f"Significant at the {level_percent(numbers)}. A family of tests is one measure and one breakdown. "
            "BH: Benjamini and Hochberg\u2019s adjustment.",
        ),
    )


def _verdict_row(measure: Measure, division: Breakdown, numbers: Numbers) -> tuple[Cell, ...]:
    found = {
        (method, adjustment): significant_items(numbers, measure, division, method, adjustment)
        for method in (PEARSON, RAO_SCOTT)
        for adjustment in ADJUSTED
    }
    tested = bool(tested_items(numbers, measure, division))
    parting = {
        name: _parting(found[PEARSON, adjustment], found[RAO_SCOTT, adjustment])
        for adjustment, name in ADJUSTED.items()
    }
    said = [f"{name}: {text}" for name, text in parting.items() if text]
    return (
        Cell(division.label, kind="text"),
        *(Cell(str(len(items)) if tested else "[x]") for items in found.values()),
        Cell(sentence(". ".join(said)) or ("they agree" if tested else "[x]"), kind="text"),
    )


def single_tests_table(
    measures: Sequence[Measure], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> Table:
    """Both tests for measures with one item, by each division."""
    rows = []
    for measure in measures:
        item = measure.items[0]
        for division in divisions:
            tests = [
                numbers.test(measure.id, item.id, division.id, method) for method in (PEARSON, RAO_SCOTT)
            ]
            fisher = numbers.test(measure.id, item.id, division.id, FISHER)
            rows.append(
                (
                    Cell(item.short, kind="text"),
                    Cell(division.label, kind="text"),
                    _p_cell(tests[0], "p_value", numbers, fisher),
                    _p_cell(tests[1], "p_value", numbers),
                    *(_verdict_cell(test, numbers) for test in tests),
                )
            )
    names = joined([measures[0].title, *(within(measure.title) for measure in measures[1:])])
    return Table(
        id=f"table-{measures[0].id}-tests",
        number=0,
        title=f"{names}: tests of differences between groups; {setting(study, numbers)}",
        columns=(
            "Measure",
            "By",
            "Pearson, p",
            "Rao-Scott, p",
            "Significant by Pearson",
            "Significant by Rao-Scott",
        ),
        rows=tuple(rows),
        notes=(
            f"Significant at the {level_percent(numbers)}. Each family has one test, so no adjustment changes it.",
            *_fisher_note(row[2] for row in rows),
        ),
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
    reasons = Counter(reason(entry.status) for entry in numbers if _is_missing(entry))
    if not reasons:
        return ()
    return (f"[x] not available: {joined([f'{text} ({count(n)})' for text, n in sorted(reasons.items())])}.",)


def _is_missing(entry: Share | Test) -> bool:
    if isinstance(entry, Test):
        return entry.p_value is None
    return entry.estimate is None or not entry.has_interval


def _difference_row(item: Item, division: Breakdown, numbers: Numbers) -> tuple[Cell, ...]:
    pearson, rao_scott, fisher = (
        numbers.test(item.measure, item.id, division.id, method) for method in (PEARSON, RAO_SCOTT, FISHER)
    )
    return (
        Cell(item.label, kind="text"),
        *(
            Cell(
                percent_text(share), small=f"n = {count(share.n_cases)}" if share.n_cases is not None else ""
            )
            for share in level_shares(numbers, item, division)
        ),
        Cell(gap_text(widest_gap(numbers, item, division), signed=other_level(division) is not None)),
        *(_p_cell(pearson, name, numbers, fisher if name == "p_value" else None) for name in ADJUSTMENTS),
        *(_p_cell(rao_scott, name, numbers) for name in ADJUSTMENTS),
        Cell(_parts_under(pearson, rao_scott, numbers), kind="text"),
    )


def _p_cell(test: Test, adjustment: str, numbers: Numbers, fisher: Test | None = None) -> Cell:
    p = test.p(adjustment)
    small = (
        f"Fisher {p_value(fisher.p_value, numbers.level)}" if fisher and fisher.p_value is not None else ""
    )
    return Cell(test.shorthand if p is None else p_value(p, numbers.level), small=small)


def _verdict_cell(test: Test, numbers: Numbers) -> Cell:
    word, tone = VERDICTS[is_significant(numbers, test, "p_value")]
    return Cell(word, kind="verdict", tone=tone)


def _parts_under(first: Test, second: Test, numbers: Numbers) -> str:
    """Adjustments under which two tests give different verdicts."""
    names = []
    for adjustment, name in ADJUSTED.items():
        verdicts = {is_significant(numbers, test, adjustment) for test in (first, second)}
        names += [name] if verdicts == {True, False} else []
    if not names:
        return "no"
    return joined(names)


def _parting(first: tuple[Item, ...], second: tuple[Item, ...]) -> str:
    """Items that one test calls different and the other does not."""
    only_first = [within(item.label) for item in first if item not in second]
    only_second = [within(item.label) for item in second if item not in first]
    parts = [f"{joined(only_first)} (Pearson only)"] if only_first else []
    parts += [f"{joined(only_second)} (Rao-Scott only)"] if only_second else []
    return "; ".join(parts)


def _difference_notes(
    measure: Measure, division: Breakdown, numbers: Numbers, study: Study
) -> tuple[str, ...]:
    tests = [
        numbers.test(measure.id, item.id, division.id, method)
        for item in measure.items
        for method in (PEARSON, RAO_SCOTT)
    ]
    shares = [share for item in measure.items for share in level_shares(numbers, item, division)]
    other = other_level(division)
    reference = next(level for level in division.levels if level.code == division.reference)
    gap_note = (
        f"The gap is {level_name(division, other)} less {level_name(division, reference)}, before rounding. "
        if other
        else "The gap is the highest share less the lowest, before rounding. "
    )
    fisher = [numbers.test(measure.id, item.id, division.id, FISHER) for item in measure.items]
    return (
        f"{gap_note}Base (n): {cases(study)} in the level and in the base of the row. Columns of tests hold p-values.",
        *missing_notes([*tests, *(share for share in shares if share.estimate is None)]),
        *_fisher_note(Cell("", small="x" if test.p_value is not None else "") for test in fisher),
    )


def _fisher_note(cells: Iterable[Cell]) -> tuple[str, ...]:
    if any(cell.small for cell in cells):
        return (
            "Where an expected count is under 5, the p-value of Fisher\u2019s exact test stands under Pearson\u2019s.",
        )
    return ()
