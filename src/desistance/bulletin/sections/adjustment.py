"""Adjusted differences: what remains of a difference when the other breakdowns are held equal."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.services import headline_items
from desistance.bulletin.content import Cell, Section, Table
from desistance.bulletin.language.differences import interval_points
from desistance.bulletin.language.phrases import cited, factor, full, level_percent, of_all, reason, setting
from desistance.bulletin.language.shorthand import flagged
from desistance.bulletin.language.words import counted, decimal, exact_share, joined, points, sentence, within
from desistance.bulletin.reading.cells import LOW_RELIABILITY, SUPPRESSED, mark_of
from desistance.bulletin.reading.numbers import CR2, Numbers
from desistance.bulletin.reading.results import Adjusted, Test
from desistance.bulletin.reading.topics import is_significant, worded
from desistance.bulletin.sections.difference_tables import contrast_name, df_text, p_cell
from desistance.study import Item, Study

FILE = "tables/adjusted.csv"
WORTH_SAYING = 0.01


def adjusted_section(numbers: Numbers, study: Study) -> Section | None:
    """Average marginal effects beside the plain differences; None where none is released or nothing is held."""
    rows = [row for row in numbers.adjusted if _is_known(row, study)]
    if not rows or len(study.breakdowns) < 2:
        return None
    several = [measure for measure in study.measures if len(measure.items) > 1 and not measure.pooled]
    groups = [(item.measure, item.id) for item in headline_items(study)]
    headline = [row for row in rows if (row.measure, row.item) in groups]
    tables = [
        _table("table-adjusted", "Differences with the other breakdowns held equal", headline, numbers, study)
    ]
    tables += [
        _table(
            f"table-adjusted-{measure.id}",
            f"{measure.title}: differences with the other breakdowns held equal",
            [row for row in rows if row.measure == measure.id],
            numbers,
            worded(study, measure),
            folded=bool(headline) or len(several) > 1,
        )
        for measure in several
    ]
    texts = (
        _method(study),
        _verdicts_sentence(rows, numbers),
        _exchangeable_sentence(rows, numbers, study),
        _furthest_sentence(rows, numbers, study),
    )
    return Section(
        id="adjusted",
        topic="Adjusted differences",
        heading=_heading(rows, numbers),
        paragraphs=tuple(text for text in texts if text),
        tables=tuple(table for table in tables if table is not None),
    )


def _is_known(row: Adjusted, study: Study) -> bool:
    items = {(item.measure, item.id) for m in study.measures if not m.pooled for item in m.items}
    levels = {(d.id, code) for d in study.divisions for code in d.codes}
    return (row.measure, row.item) in items and (row.breakdown, row.subgroup) in levels


def _method(study: Study) -> str:
    return (
        "Groups differ in more than one way at once. Here one logistic regression holds all breakdowns, and the "
        "adjusted difference is the average marginal effect: the change in the share, in percentage points, that goes "
        "with one group when every other breakdown is left as it is. As for the differences above, errors are CR2 with "
        f"Satterthwaite\u2019s degrees of freedom, which respects {study.words['service'][1]}; the mix of "
        f"{study.words['case'][1]} is taken as it is. This is a check on those differences and is not their headline."
    )


def _plain(row: Adjusted, numbers: Numbers) -> Test:
    return numbers.contrast(row.measure, row.item, row.breakdown, row.subgroup, CR2)


def _verdicts(rows: Sequence[Adjusted], numbers: Numbers) -> list[tuple[Adjusted, bool, bool]]:
    """Rows with both verdicts after Holm's adjustment: of the plain difference and of the adjusted one."""
    found = []
    for row in rows:
        plain, held = (is_significant(numbers, test, "p_holm") for test in (_plain(row, numbers), row.test))
        if plain is not None and held is not None:
            found.append((row, plain, held))
    return found


def _heading(rows: Sequence[Adjusted], numbers: Numbers) -> str:
    known = _verdicts(rows, numbers)
    kept, lost = [sum(held is keep for _, plain, held in known if plain) for keep in (True, False)]
    if not kept + lost:
        return "Differences with the other breakdowns held equal"
    held = "when the other breakdowns are held equal"
    which = " that is shown" if _some_hidden(rows, numbers) else ""
    if not lost:
        return f"Every significant difference{which} stays so {held}"
    differences = f"significant differences{' that are shown' if which else ''}"
    return f"{kept or 'None'} of {kept + lost} {differences} stay so {held}"


def _some_hidden(rows: Sequence[Adjusted], numbers: Numbers) -> bool:
    """Whether one of the two verdicts on a difference is hidden."""
    return any(test.hides("p_holm") for row in rows for test in (_plain(row, numbers), row.test))


def _verdicts_sentence(rows: Sequence[Adjusted], numbers: Numbers) -> str:
    """How many verdicts change, out of how many."""
    known = _verdicts(rows, numbers)
    if not known:
        return ""
    shown = ", both of them shown" if _some_hidden(rows, numbers) else ""
    both = sum(plain and held for _, plain, held in known)
    lost = sum(plain and not held for _, plain, held in known)
    gained = sum(held and not plain for _, plain, held in known)
    whole = cited(counted(len(known), ("difference", "differences")), FILE)
    return (
        f"Of {whole} with a verdict both ways{shown} (CR2 test and "
        f"regression, Holm\u2019s adjustment, {level_percent(numbers)}), {both or 'none'} are significant in both, "
        f"{lost or 'none'} only before and {gained or 'none'} only after the other breakdowns are held equal."
    )


def _exchangeable_sentence(rows: Sequence[Adjusted], numbers: Numbers, study: Study) -> str:
    """How many effects change between significant and not when cases of one service are taken as alike."""
    known = [
        (significant, row.p_exchangeable < numbers.level)
        for row in rows
        if (significant := is_significant(numbers, row.test, "p_value")) is not None
        and row.p_exchangeable is not None
    ]
    if not known:
        return ""
    changed = sum(one != other for one, other in known)
    hidden = any(row.test.hides("p_value") or row.hides("p_exchangeable") for row in rows)
    amount = cited(of_all(changed, len(known), ("effect", "effects"), hidden=hidden), FILE)
    return (
        f"Taking cases of one {study.words['service'][0]} as equally alike (exchangeable working correlation, "
        "for which there is no CR2 here) instead of independent takes "
        f"{amount} across the "
        f"{level_percent(numbers)}, unadjusted."
    )


def _furthest_sentence(rows: Sequence[Adjusted], numbers: Numbers, study: Study) -> str:
    """Which difference moves most; "" where none moves by a point."""
    moved = [
        (abs(row.test.estimate - plain.estimate), row, plain)
        for row in rows
        if row.test.estimate is not None and (plain := _plain(row, numbers)).estimate is not None
    ]
    if not moved:
        return ""
    size, row, plain = max(moved, key=lambda entry: entry[0])
    if size < WORTH_SAYING:
        return ""
    item = _item(row, study)
    veiled = any(test.hides("estimate") for each in rows for test in (_plain(each, numbers), each.test))
    which = "of the differences shown, the one" if veiled else "the difference"
    text = cited(f"{_points(plain)} to {_points(row.test)} points", row.test.place)
    return full(
        f"{which} that moves furthest is that of {within(item.label)}, "
        f"\u201c{_group(row, study)}\u201d, in \u201c{_title(row, study)}\u201d: from {text}"
    )


def _title(row: Adjusted, study: Study) -> str:
    return study.measure(row.measure).title


def _item(row: Adjusted, study: Study) -> Item:
    return next(item for item in study.measure(row.measure).items if item.id == row.item)


def _group(row: Adjusted, study: Study) -> str:
    """Breakdown, level and the reference it is held against."""
    return contrast_name(study.division(row.breakdown), row.subgroup, with_division=True)


def _points(test: Test) -> str:
    return test.mark("estimate") if test.estimate is None else points(exact_share(None, None, test.estimate))


def _table(
    name: str, what: str, rows: Sequence[Adjusted], numbers: Numbers, study: Study, *, folded: bool = False
) -> Table | None:
    if not rows:
        return None
    own = f"{numbers.confidence}% interval"
    return Table(
        id=name,
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            sentence(factor(study)) if folded else "Measure",
            "Group",
            f"Unadjusted, points and {own}",
            f"Adjusted, points and {own}",
            "df",
            "Adjusted, p",
            "Adjusted, Holm",
            "Odds ratio",
        ),
        rows=tuple(_row(row, numbers, study) for row in rows),
        notes=(
            "Both with CR2. Adjusted: average marginal effect of one logistic regression over all breakdowns.",
            *_status_notes(rows, study),
        ),
        ids=tuple(row.test.place for row in rows),
        summary=what,
        folded=folded,
    )


def _row(row: Adjusted, numbers: Numbers, study: Study) -> tuple[Cell, ...]:
    return (
        Cell(_item(row, study).short, kind="text"),
        Cell(flagged(_group(row, study), unreliable=row.test.unreliable), kind="text"),
        *(_points_cell(test) for test in (_plain(row, numbers), row.test)),
        Cell(df_text(row.test) if row.test.estimate is not None else row.test.mark("df2", "estimate")),
        *(p_cell(row.test, adjustment, numbers) for adjustment in ("p_value", "p_holm")),
        Cell(_odds_text(row)),
    )


def _odds_text(row: Adjusted) -> str:
    if row.odds_ratio is None or row.test.low is None:
        return mark_of(row.mark("odds_ratio"), row.test.mark("low"))
    return decimal(row.odds_ratio, 2)


def _points_cell(test: Test) -> Cell:
    return Cell(_points(test), small=interval_points(test) if test.has_interval else "")


def _status_notes(rows: Sequence[Adjusted], study: Study) -> tuple[str, ...]:
    """Why numbers are not there, by item, with the columns the model names."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.test.status not in ("ok", "lonely_stratum", SUPPRESSED, LOW_RELIABILITY):
            why = row.note or reason(row.test.status)
            said.setdefault(why, []).append(within(_item(row, study).label))
    return tuple(full(f"[x] {joined(list(dict.fromkeys(names)))}: {why}") for why, names in said.items())
