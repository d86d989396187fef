"""Tables of differences: points with CR2's interval and verdict, the published method beside it, and companions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from desistance.bulletin.captions.subgroups import widest_gap
from desistance.bulletin.content import Cell, Table
from desistance.bulletin.inline import anchor
from desistance.bulletin.language.differences import (
    Agreement,
    agreement,
    agreement_mark,
    agreement_text,
    contrast_codes,
    difference,
    difference_text,
    interval_points,
    methods_agree,
    smallest_visible,
    unseen,
    unseen_hidden,
    visible_mark,
)
from desistance.bulletin.language.phrases import (
    cases,
    factor,
    gap_text,
    level_name,
    level_percent,
    percent_text,
    setting,
)
from desistance.bulletin.language.shorthand import flagged
from desistance.bulletin.language.shown import Shown, named, parts_of
from desistance.bulletin.language.words import (
    base_line,
    count,
    counted,
    decimal,
    joined,
    or_more,
    p_value,
    ratio_interval,
    sentence,
    size_points,
    within,
)
from desistance.bulletin.reading.cells import ABSENT as NO_NUMBER
from desistance.bulletin.reading.cells import HIDDEN, UNRELIABLE, mark_of
from desistance.bulletin.reading.numbers import ADJUSTMENTS, CR2, FISHER, PEARSON, RAO_SCOTT, Numbers
from desistance.bulletin.reading.places import contrast_place, effects_table_id, verdicts_place
from desistance.bulletin.reading.results import Share, Test
from desistance.bulletin.reading.topics import (
    Verdicts,
    by_design,
    by_ordinary,
    is_significant,
    level_shares,
    levels_mark,
    other_level,
    ranked,
    tested_items,
    verdicts,
)
from desistance.bulletin.sections.tables import missing_notes
from desistance.study import Breakdown, Item, Measure, Study

ADJUSTED = {"p_value": "unadjusted", "p_holm": "Holm", "p_bh": "BH"}
TONES = {
    Agreement.BOTH: "yes",
    Agreement.ORDINARY: "no",
    Agreement.DESIGN: "open",
    Agreement.NEITHER: "none",
    Agreement.UNKNOWN: "none",
}


def difference_table(
    measure: Measure, division: Breakdown, numbers: Numbers, study: Study, *, folded: bool
) -> Table:
    """Every item of a measure by one division: shares, difference in points, both methods and where they part."""
    other = other_level(division)
    gap_names = ("Difference, points",) if other else ("Widest gap, points",)
    what = f"{measure.title} by {within(division.label)}: shares, differences and p-values"
    return Table(
        id=f"table-{measure.id}-{division.id}",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            sentence(factor(study)),
            *(f"{level.label}, % and base" for level in division.levels),
            *gap_names,
            "CR2",
            "CR2, Holm",
            "CR2, BH",
            "Pearson",
            "Rao-Scott, Holm",
            "Significant by",
        ),
        rows=tuple(_difference_row(item, division, numbers) for item in ranked(numbers, measure)),
        notes=_difference_notes(measure, division, numbers, study),
        ids=tuple(anchor(measure.id, item.id, division.id) for item in ranked(numbers, measure)),
        summary=what,
        folded=folded,
    )


def effects_table(
    measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> Table | None:
    """Each level against the reference in every way it was measured; None where nothing of it is released."""
    rows = [
        (item, division, code)
        for item in ranked(numbers, measure)
        for division in divisions
        for code in contrast_codes(division)
    ]
    keys = {(item.measure, item.id, division.id, code) for item, division, code in rows}
    if not any(key[:4] in keys for key in numbers.contrasts):
        return None
    several = len(measure.items) > 1
    where = f" by {within(divisions[0].label)}" if len(divisions) == 1 else ""
    what = f"{measure.title}{where}: every measure of the differences"
    return Table(
        id=effects_table_id(measure.id, [division.id for division in divisions]),
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            *((sentence(factor(study)),) if several else ()),
            "Group",
            "CR2, points",
            "CR2 df",
            "CR2, p",
            "CR2, Holm",
            "Newcombe, points",
            "CR3, points",
            "Risk ratio",
            "Odds ratio",
            "Wild bootstrap, p",
            "Could have been seen, points",
        ),
        rows=tuple(
            (
                *((Cell(item.label, kind="text"),) if several else ()),
                _contrast_cell(item, division, code, numbers, with_division=not where),
                *_effect_cells(item, division, code, numbers),
            )
            for item, division, code in rows
        ),
        notes=_effect_notes(numbers, study),
        ids=tuple(contrast_place(item.measure, item.id, division.id, code) for item, division, code in rows),
        summary=what,
        folded=True,
    )


def contrast_name(division: Breakdown, code: str, *, with_division: bool) -> str:
    """Name a level and the reference it is held against."""
    names = {level.code: level.label for level in division.levels}
    said = f"{names[code]} against {names[division.reference]}"
    return f"{division.label}: {said}" if with_division else said


def _contrast_cell(
    item: Item, division: Breakdown, code: str, numbers: Numbers, *, with_division: bool
) -> Cell:
    shares = (
        numbers.share(item.measure, item.id, division.id, level) for level in (code, division.reference)
    )
    name = contrast_name(division, code, with_division=with_division)
    return Cell(flagged(name, unreliable=any(share.unreliable for share in shares)), kind="text")


def verdict_table(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> Table:
    """How many items differ by each test and adjustment, and the items on which the two methods part."""
    total = len(measure.items)
    rows = tuple(_verdict_row(measure, division, numbers) for division in divisions)
    partly = any(cell.small for row in rows for cell in row)
    return Table(
        id=f"table-{measure.id}-verdicts",
        number=0,
        title=f"{measure.title}: on how many of {counted(total, study.words['factor'])} the difference is significant; "
        f"{setting(study, numbers)}",
        columns=(
            "By",
            *(f"CR2, {name}" for name in ADJUSTED.values()),
            "Pearson, unadjusted",
            "Rao-Scott, Holm",
            "Could not have been seen",
            "Where Pearson, unadjusted, and CR2, Holm, part",
        ),
        rows=rows,
        notes=(
            f"Significant at the {level_percent(numbers)}. A family of tests is one measure and one breakdown. "
            "BH: Benjamini and Hochberg\u2019s adjustment. Could not have been seen: not significant by CR2 after "
            "Holm\u2019s adjustment, and smaller than the smallest difference that would have been seen."
            + (" Of those shown: what the other tests say is hidden." if partly else ""),
        ),
        ids=tuple(verdicts_place(measure.id, division.id) for division in divisions),
    )


def single_tests_table(
    measures: Sequence[Measure], divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> Table:
    """Difference and tests for measures with one item, by each division."""
    items = [(measure.items[0], division) for measure in measures for division in divisions]
    rows = tuple(_single_row(item, division, numbers) for item, division in items)
    names = joined([measures[0].title, *(within(measure.title) for measure in measures[1:])])
    return Table(
        id=f"table-{measures[0].id}-tests",
        number=0,
        title=f"{names}: tests of differences between groups; {setting(study, numbers)}",
        columns=(
            "Measure",
            "By",
            "Difference, points, and interval",
            "CR2, p",
            "Pearson, p",
            "Rao-Scott, p",
            "Significant by",
        ),
        rows=rows,
        notes=(
            f"Significant at the {level_percent(numbers)}. Each family has one test, so no adjustment changes it. "
            "For more than two groups the difference is the highest share less the lowest. Under the CR2 p-value: "
            "degrees of freedom.",
            *_fisher_note(row[4] for row in rows),
        ),
        ids=tuple(anchor(item.measure, item.id, division.id) for item, division in items),
    )


def _single_row(item: Item, division: Breakdown, numbers: Numbers) -> tuple[Cell, ...]:
    pearson, rao_scott, cr2, fisher = (
        numbers.test(item.measure, item.id, division.id, method)
        for method in (PEARSON, RAO_SCOTT, CR2, FISHER)
    )
    return (
        Cell(item.short, kind="text"),
        Cell(division.label, small=unreliable_levels(item, division, numbers), kind="text"),
        difference_cell(item, division, numbers),
        with_df(p_cell(cr2, "p_value", numbers), cr2),
        p_cell(pearson, "p_value", numbers, fisher),
        p_cell(rao_scott, "p_value", numbers),
        _agreement_cell(item, division, numbers),
    )


def with_df(cell: Cell, test: Test) -> Cell:
    """P-value with the degrees of freedom under it."""
    return Cell(cell.text, small="" if test.p_value is None or test.df2 is None else _df_line(test))


def df_text(test: Test) -> str:
    """Degrees of freedom: of a t test its own; of a Wald test both."""
    if test.df2 is None:
        return test.mark("df2")
    own = decimal(test.df2)
    if test.df1 is None or test.df1 == 1:
        return own
    upper = decimal(test.df1, 0)
    return Shown(f"{upper}; {own}", *named(upper, "numerator"), *parts_of(own))


def _df_line(test: Test) -> str:
    said = df_text(test)
    names = {"": "df", "numerator": "numerator df"}
    return Shown(f"{said} df", *(replace(part, name=names[part.name]) for part in parts_of(said)))


def _verdict_row(measure: Measure, division: Breakdown, numbers: Numbers) -> tuple[Cell, ...]:
    kinds = [*((CR2, adjustment) for adjustment in ADJUSTMENTS), (PEARSON, "p_value"), (RAO_SCOTT, "p_holm")]
    found = [verdicts(numbers, measure, division, *kind) for kind in kinds]
    tested = tested_items(numbers, measure, division)
    return (
        Cell(division.label, kind="text"),
        *(_count_cell(len(each.found), each, tested=bool(tested)) for each in found),
        _unseen_cell(measure, division, numbers),
        _parting_cell(measure, division, numbers),
    )


def _unseen_cell(measure: Measure, division: Breakdown, numbers: Numbers) -> Cell:
    """On how many items a difference could not have been seen, of those where that is shown."""
    tested = tested_items(numbers, measure, division)
    veiled = [item for item in measure.items if unseen_hidden(numbers, item, division)]
    found = tuple(item for item in tested if unseen(numbers, item, division))
    told = Verdicts(found, sum(item not in veiled for item in tested), bool(veiled))
    return _count_cell(len(found), told, tested=bool(tested))


def _parting_cell(measure: Measure, division: Breakdown, numbers: Numbers) -> Cell:
    """Items on which the two methods part, of those where both verdicts are shown."""
    told = [item for item in measure.items if agreement_mark(numbers, item, division) != HIDDEN]
    tested = [item for item in tested_items(numbers, measure, division) if item in told]
    ordinary, design = (
        [item for item in found if item in told]
        for found in (by_ordinary(numbers, measure, division), by_design(numbers, measure, division))
    )
    partly = len(told) < len(measure.items)
    agree = f"they agree{' where both are shown' if partly else ''}"
    none = agree if tested else HIDDEN if partly else NO_NUMBER
    return Cell(sentence(_parting(ordinary, design, numbers)) or none, kind="text")


def _count_cell(n: int, base: Verdicts, *, tested: bool) -> Cell:
    """How many, out of how many where some are hidden."""
    if base.hidden:
        of = Shown(f"of {base.total} shown", *named(count(base.total), "of how many shown"))
        return Cell(count(n), small=of) if base.total else Cell(HIDDEN)
    return Cell(count(n) if tested else NO_NUMBER)


def _parting(first: Sequence[Item], second: Sequence[Item], numbers: Numbers) -> str:
    """Items that one method calls different and the other does not."""
    only_first = [within(item.label) for item in first if item not in second]
    only_second = [within(item.label) for item in second if item not in first]
    parts = [f"{joined(only_first)} ({numbers.ordinary} only)"] if only_first else []
    parts += [f"{joined(only_second)} (CR2 only)"] if only_second else []
    return "; ".join(parts)


def _difference_row(item: Item, division: Breakdown, numbers: Numbers) -> tuple[Cell, ...]:
    pearson, rao_scott, cr2, fisher = (
        numbers.test(item.measure, item.id, division.id, method)
        for method in (PEARSON, RAO_SCOTT, CR2, FISHER)
    )
    return (
        label_cell(item, division, numbers),
        *(share_cell(share) for share in level_shares(numbers, item, division)),
        difference_cell(item, division, numbers),
        with_df(p_cell(cr2, "p_value", numbers), cr2),
        *(p_cell(cr2, name, numbers) for name in ("p_holm", "p_bh")),
        p_cell(pearson, "p_value", numbers, fisher),
        p_cell(rao_scott, "p_holm", numbers),
        _agreement_cell(item, division, numbers),
    )


def share_cell(share: Share) -> Cell:
    """Share with its base underneath; shorthand stands alone."""
    known = share.exact is not None and share.n_cases is not None
    return Cell(percent_text(share), small=base_line(share.n_cases) if known else "")


def label_cell(item: Item, division: Breakdown, numbers: Numbers) -> Cell:
    """Label of an item, and under it the levels in which its base is small."""
    return Cell(item.label, small=unreliable_levels(item, division, numbers), kind="text")


def unreliable_levels(item: Item, division: Breakdown, numbers: Numbers) -> str:
    """Levels of a division in which the base of an item is small: "[u] 10 to 14"; "" where there is none."""
    pairs = zip(division.levels, level_shares(numbers, item, division), strict=True)
    named = [level.short for level, share in pairs if share.unreliable]
    return f"{UNRELIABLE} {joined(named)}" if named else ""


def difference_cell(item: Item, division: Breakdown, numbers: Numbers) -> Cell:
    """Difference with its CR2 interval; with more than two levels, the widest gap alone."""
    other = other_level(division)
    if other is None:
        found = widest_gap(numbers, item, division)
        return Cell(gap_text(found, signed=False, shorthand=levels_mark(numbers, item, division)))
    return _points_cell(difference(numbers, item, division, other.code), item, division, other.code, numbers)


def _points_cell(test: Test, item: Item, division: Breakdown, code: str, numbers: Numbers) -> Cell:
    text = difference_text(numbers, item, division, code)
    known = test.low is not None and test.high is not None and not text.startswith("[")
    return Cell(text, small=interval_points(test) if known else "")


def _agreement_cell(item: Item, division: Breakdown, numbers: Numbers) -> Cell:
    found = agreement(numbers, item, division)
    mark = agreement_mark(numbers, item, division)
    if mark == HIDDEN:
        return Cell(HIDDEN, kind="verdict", tone="none")
    small = "could not have been seen" if unseen(numbers, item, division) else ""
    if unseen_hidden(numbers, item, division):
        small = f"could have been seen: {HIDDEN}"
    return Cell(agreement_text(found, numbers), small=small, kind="verdict", tone=TONES[found])


def methods_cell(ordinary: Test, design: Test, numbers: Numbers) -> Cell:
    """Which of two tests calls a difference significant: one unadjusted, one after Holm's adjustment."""
    found = methods_agree(
        is_significant(numbers, ordinary, "p_value"), is_significant(numbers, design, "p_holm")
    )
    mark = mark_of(ordinary.mark("p_value"), design.mark("p_holm"))
    return Cell(agreement_text(found, numbers, mark), kind="verdict", tone=TONES[found])


def _effect_cells(item: Item, division: Breakdown, code: str, numbers: Numbers) -> tuple[Cell, ...]:
    def contrast(method: str, effect: str = "difference") -> Test:
        return numbers.contrast(item.measure, item.id, division.id, code, method, effect)

    cr2 = contrast(CR2)
    least = smallest_visible(numbers, item, division, code)
    return (
        _points_cell(cr2, item, division, code, numbers),
        Cell(df_text(cr2)),
        *(p_cell(cr2, name, numbers) for name in ("p_value", "p_holm")),
        Cell(interval_points(contrast("newcombe"))),
        Cell(interval_points(contrast("cr3"))),
        _ratio_cell(contrast("linearised", "risk_ratio")),
        _ratio_cell(contrast("linearised", "odds_ratio")),
        _bootstrap_cell(contrast("wild_bootstrap"), cr2, numbers),
        Cell(visible_mark(numbers, item, division, code) if least is None else or_more(size_points(least))),
    )


def _ratio_cell(test: Test) -> Cell:
    if test.estimate is None:
        return Cell(test.mark("estimate"))
    return Cell(
        decimal(test.estimate, 2), small=ratio_interval(test.low, test.high) if test.has_interval else ""
    )


def _bootstrap_cell(test: Test, cr2: Test, numbers: Numbers) -> Cell:
    """Only borderline contrasts are drawn again, so an empty cell does not apply; where CR2 is hidden, so is that."""
    if test.p_value is None:
        return Cell(HIDDEN if test.hides("p_value") or cr2.hides("p_value") else "[z]")
    return Cell(p_value(test.p_value, numbers.level))


def p_cell(test: Test, adjustment: str, numbers: Numbers, fisher: Test | None = None) -> Cell:
    """P-value of a test, with that of Fisher's exact test under it where one was made."""
    p = test.p(adjustment)
    small = (
        _fisher_line(p_value(fisher.p_value, numbers.level)) if fisher and fisher.p_value is not None else ""
    )
    return Cell(
        test.mark(adjustment) if p is None else p_value(p, numbers.level),
        small=small if p is not None else "",
    )


def _fisher_line(p: str) -> str:
    return Shown(f"Fisher {p}", *named(p, "Fisher"))


def _effect_notes(numbers: Numbers, study: Study) -> tuple[str, ...]:
    return (
        f"Intervals are {numbers.confidence} per cent intervals. Newcombe\u2019s ignores {study.words['service'][1]}; "
        f"CR3 leaves each {study.words['service'][0]} out in turn. Ratios are linearised. The wild bootstrap is run "
        "only where the verdict is close; elsewhere [z]. Could have been seen: the smallest difference, in the "
        f"direction of the one found, with {numbers.power} per cent power.",
    )


def _difference_notes(
    measure: Measure, division: Breakdown, numbers: Numbers, study: Study
) -> tuple[str, ...]:
    tests = [
        numbers.test(measure.id, item.id, division.id, method)
        for item in measure.items
        for method in (PEARSON, CR2)
    ]
    shares = [share for item in measure.items for share in level_shares(numbers, item, division)]
    other = other_level(division)
    reference = next(level for level in division.levels if level.code == division.reference)
    gap_note = (
        f"The difference is {level_name(division, other)} less {level_name(division, reference)}, before rounding, "
        "with CR2\u2019s interval. "
        if other
        else "The gap is the highest share less the lowest, before rounding. "
    )
    fisher = [numbers.test(measure.id, item.id, division.id, FISHER) for item in measure.items]
    n_tests = _family_size(measure, division, numbers)
    looks = f" Holm\u2019s adjustment and BH allow for {n_tests} tests." if n_tests > 1 else ""
    return (
        f"{gap_note}Base (n): {cases(study)} in the level and in the base of the row. Columns of tests hold p-values; "
        f"df are under those of CR2.{looks} Significant by: Pearson, unadjusted ({numbers.ordinary}), and CR2, Holm.",
        *missing_notes([*tests, *(share for share in shares if share.estimate is None)]),
        *_fisher_note(Cell("", small="x" if test.p_value is not None else "") for test in fisher),
    )


def _family_size(measure: Measure, division: Breakdown, numbers: Numbers) -> int:
    """How many tests the adjustments allow for; those that are hidden were made and count."""
    hidden = [item for item in measure.items if agreement_mark(numbers, item, division) == HIDDEN]
    tested = tested_items(numbers, measure, division)
    return len({item.id for item in (*tested, *hidden)})


def _fisher_note(cells: Iterable[Cell]) -> tuple[str, ...]:
    if any(cell.small for cell in cells):
        return (
            "Where an expected count is under 5, the p-value of Fisher\u2019s exact test stands under Pearson\u2019s.",
        )
    return ()
