"""Between services: how much they differ, beyond chance, and whether one of them carries a headline number."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.services import headline_items, no_funnel_sentence, variation_of
from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.language.phrases import (
    cases,
    cited,
    count_text,
    factor,
    full,
    level_percent,
    of_all,
    setting,
    weighs,
)
from desistance.bulletin.language.words import (
    decimal,
    interval,
    p_value,
    per_cent_range,
    ratio_interval,
    sentence,
    whole_percent,
    within,
)
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.places import variation_place
from desistance.bulletin.reading.results import Variation
from desistance.bulletin.reading.topics import worded
from desistance.bulletin.sections.tables import missing_notes_of
from desistance.study import Item, Study


def services_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Likeness within services, funnels, and each service left out; None where none is released."""
    if not numbers.variation:
        return None
    headline, service = headline_items(study), study.words["service"]
    several = [measure for measure in study.measures if len(measure.items) > 1 and not measure.pooled]
    tables = [_table("table-services", f"How much {service[1]} differ", headline, numbers, study)]
    tables += [
        _table(
            f"table-services-{measure.id}",
            f"{measure.title}: how much {service[1]} differ",
            measure.items,
            numbers,
            worded(study, measure),
            folded=True,
        )
        for measure in several
    ]
    texts = (
        f"No {service[0]} is named, here or in any file of this report. Small {service[1]} lie at both ends by chance "
        "alone, so a place outside the limits is a reason to ask and not a finding of good or bad practice. Where many "
        "lie outside, they differ as a group, and singling one out makes no sense.",
        *(_sentence(item, numbers, study) for item in headline),
        _left_out_sentence(numbers, study),
        no_funnel_sentence(numbers, study),
    )
    return Section(
        id="services",
        topic=f"Between {service[1]}",
        heading=_heading(numbers, study),
        paragraphs=tuple(text for text in texts if text),
        figures=tuple(figures),
        tables=tuple(table for table in tables if table is not None),
    )


def _heading(numbers: Numbers, study: Study) -> str:
    """Count the items for which services differ more than by chance."""
    known = [row for row in numbers.variation if row.p_value is not None]
    if not known:
        return sentence(f"differences between {study.words['service'][1]}")
    found = sum(row.p_value < numbers.level for row in known)
    amount = of_all(found, len(known), ("share", "shares"), hidden=_some_hidden(numbers, "p_value"))
    return sentence(
        f"{study.words['service'][1]} differ by more than chance in {amount}, by unadjusted likelihood ratio tests"
    )


def _some_hidden(numbers: Numbers, *names: str) -> bool:
    return any(row.hides(*names) for row in numbers.variation)


def _sentence(item: Item, numbers: Numbers, study: Study) -> str:
    """Likeness, range once chance is taken out, and what lies outside the limits, of one item."""
    row = variation_of(item, numbers)
    if row is None or row.icc is None:
        return ""
    ends = f" ({numbers.confidence} per cent interval {_icc_ends(row)})" if _icc_ends(row) else ""
    likeness = cited(f"{decimal(row.icc, 2)}{ends}", row.place)
    texts = [f"{within(item.label)}: the intraclass correlation is {likeness}"]
    if row.shrunken_lowest is not None and row.shrunken_highest is not None:
        texts.append(
            f"with chance taken out, shares of {study.words['service'][1]} run from "
            f"{per_cent_range(row.shrunken_lowest, row.shrunken_highest)}"
        )
    if row.n_outside_95 is not None and row.n_outside_998 is not None:
        verb = "is" if row.n_outside_95 == 1 else "are"
        texts.append(
            f"{row.n_outside_95} of {row.n_services} {verb} outside the 95 per cent limits and "
            f"{row.n_outside_998 or 'none'} outside the 99.8 per cent ones"
        )
    if row.p_value is not None:
        verdict = (
            "they differ more than by chance"
            if row.p_value < numbers.level
            else "the test finds no more variation than chance could bring"
        )
        texts.append(
            f"{verdict} (likelihood ratio test, {level_percent(numbers)}, "
            f"p = {p_value(row.p_value, numbers.level)})".replace("= <", "< ")
        )
    once = f", with each {study.words['case'][0]} counted once" if weighs(numbers, study) else ""
    texts[0] = f"{texts[0]}{once}"
    return full("; ".join(texts))


def _icc_ends(row: Variation) -> str:
    if row.icc_low is None or row.icc_high is None:
        return ""
    return ratio_interval(row.icc_low, row.icc_high)


def _left_out_sentence(numbers: Numbers, study: Study) -> str:
    """Widest range that a share takes when each service is left out in turn."""
    known = [
        (row.left_out_highest - row.left_out_lowest, row)
        for row in numbers.variation
        if row.left_out_lowest is not None and row.left_out_highest is not None
    ]
    names = {(item.measure, item.id): item for item in study.items}
    known = [(size, row) for size, row in known if (row.measure, row.item) in names]
    if not known:
        return ""
    _, row = max(known, key=lambda pair: pair[0])
    item = names[row.measure, row.item]
    where = study.measure(row.measure).title
    which = " of which this is shown" if _some_hidden(numbers, "left_out_lowest", "left_out_highest") else ""
    return (
        f"With each {study.words['service'][0]} left out in turn, no share{which} moves over a range wider than that "
        f"of {within(item.label)} in \u201c{where}\u201d: "
        + cited(per_cent_range(row.left_out_lowest, row.left_out_highest), row.place)
        + "."
    )


def _table(
    name: str, what: str, items: Sequence[Item], numbers: Numbers, study: Study, *, folded: bool = False
) -> Table | None:
    pairs = [(item, row) for item in items if (row := variation_of(item, numbers)) is not None]
    if not pairs:
        return None
    service, weighted = study.words["service"][1], "weighted " if weighs(numbers, study) else ""
    needed = ("icc", "shrunken_lowest", "left_out_lowest")
    missing = [
        row.status
        for _, row in pairs
        if any(getattr(row, name) is None and not row.hides(name) for name in needed)
    ]
    return Table(
        id=name,
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            sentence(factor(study)) if folded else "Measure",
            sentence(service),
            f"Share, % of {weighted}{cases(study)}",
            f"Intraclass correlation and {numbers.confidence}% interval",
            "Shrunken shares, %",
            "Outside 95% limits",
            "Outside 99.8% limits",
            "Over-dispersion",
            "Differ, p",
            "One left out, %",
        ),
        rows=tuple(_row(item, row, numbers) for item, row in pairs),
        notes=(
            f"Shrunken shares: the lowest and the highest of the {service} in a model that takes chance out. "
            "Over-dispersion is 1, or less, where chance alone is at work. One left out: the range of the share when "
            "each is left out in turn.",
            *_weighting_notes(numbers, study),
            *missing_notes_of(missing),
        ),
        ids=tuple(variation_place(item.measure, item.id) for item, _ in pairs),
        summary=what,
        folded=folded,
    )


def _weighting_notes(numbers: Numbers, study: Study) -> tuple[str, ...]:
    """Say what is weighted here and what is not; nothing where weights change nothing."""
    if not weighs(numbers, study):
        return ()
    return (
        "The share, and that with one left out, are weighted. In all else each "
        f"{study.words['case'][0]} counts once, and limits are around the share without weights.",
    )


def _row(item: Item, row: Variation, numbers: Numbers) -> tuple[Cell, ...]:
    return (
        Cell(item.label, kind="text"),
        Cell(count_text(row.n_services, row.mark("n_services"))),
        Cell(row.mark("estimate") if row.estimate is None else whole_percent(row.estimate)),
        Cell(
            row.mark("icc") if row.icc is None else decimal(row.icc, 2),
            small=_icc_ends(row) if row.icc is not None else "",
        ),
        Cell(_range(row, "shrunken_lowest", "shrunken_highest")),
        Cell(count_text(row.n_outside_95, row.mark("n_outside_95"))),
        Cell(count_text(row.n_outside_998, row.mark("n_outside_998"))),
        Cell(row.mark("overdispersion") if row.overdispersion is None else decimal(row.overdispersion, 2)),
        Cell(row.mark("p_value") if row.p_value is None else p_value(row.p_value, numbers.level)),
        Cell(_range(row, "left_out_lowest", "left_out_highest")),
    )


def _range(row: Variation, *ends: str) -> str:
    low, high = (getattr(row, name) for name in ends)
    if low is None or high is None:
        return row.mark(*ends)
    return interval(low, high, ("lowest", "highest"))
