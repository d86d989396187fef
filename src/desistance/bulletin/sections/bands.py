"""Ordered bands: how much a share, and the number of factors, changes from each band to the next."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.services import headline_items
from desistance.bulletin.content import Cell, Section, Table
from desistance.bulletin.language.phrases import cited, factor, full, level_percent, setting
from desistance.bulletin.language.words import (
    counted,
    decimal,
    interval_ends,
    joined,
    sentence,
    signed_decimal,
    within,
)
from desistance.bulletin.reading.numbers import COCHRAN_ARMITAGE, CR2, NUMBER, Numbers
from desistance.bulletin.reading.places import trend_place
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import is_significant, worded
from desistance.bulletin.sections.difference_tables import df_text, methods_cell, p_cell
from desistance.bulletin.sections.tables import missing_notes
from desistance.study import Breakdown, Item, Measure, Study

ORDER = "Slopes run from the first band to the last, in the order of the study."


def bands_section(numbers: Numbers, study: Study) -> Section | None:
    """Slopes of the headline measures, of the number of factors, and of every item; None without bands."""
    if not study.bands or not numbers.trends:
        return None
    several = [measure for measure in study.measures if len(measure.items) > 1 and not measure.pooled]
    tables = (
        _headline_table(numbers, study),
        _number_table(numbers, study),
        *(_items_table(measure, numbers, worded(study, measure)) for measure in several),
    )
    texts = (
        _method(numbers),
        _number_sentence(numbers, study),
        *(_item_sentence(item, numbers, study) for item in headline_items(study)),
        *(_items_sentence(measure, numbers, worded(study, measure)) for measure in several),
    )
    return Section(
        id="bands",
        topic="Ordered bands",
        heading=_heading(numbers, study),
        paragraphs=tuple(text for text in texts if text),
        tables=tuple(table for table in tables if table is not None),
    )


def slope(item: Item, band: Breakdown, numbers: Numbers) -> Test:
    """Change in the share of an item from one band to the next: CR2's slope."""
    return numbers.trend(item.measure, item.id, band.id, CR2)


def number_slope(band: Breakdown, numbers: Numbers) -> Test:
    """Change in the mean number of factors from one band to the next."""
    return numbers.trend(NUMBER, NUMBER, band.id, CR2)


def slope_points(test: Test) -> str:
    """Slope of a share in points a band, with one decimal; shorthand where there is none."""
    return test.shorthand if test.estimate is None else signed_decimal(test.estimate * 100)


def number_evidence(test: Test, numbers: Numbers) -> str:
    """Slope of the mean number with its interval, as a sentence gives it."""
    return (
        f"{signed_decimal(test.estimate, 2)} for each step, {numbers.confidence} per cent interval "
        f"{_ends(test, 1, 2)}"
    )


def _ends(test: Test, unit: int, digits: int = 1) -> str:
    return interval_ends(test.low * unit, test.high * unit, signed_decimal, digits)


def _heading(numbers: Numbers, study: Study) -> str:
    """Steepest significant slope of the number of factors; failing that, of the first headline measure."""
    found = [
        (test.estimate, band)
        for band in study.bands
        if _is_real(test := number_slope(band, numbers), numbers)
    ]
    if found:
        estimate, band = max(found, key=lambda pair: abs(pair[0]))
        each = f"{'more' if estimate > 0 else 'fewer'} {study.words['factor'][1]}"
        return f"Each step of {within(band.label)} goes with {decimal(abs(estimate))} {each} on average"
    return "How shares change from band to band"


def _is_real(test: Test, numbers: Numbers, adjustment: str = "p_holm") -> bool:
    return test.has_interval and bool(is_significant(numbers, test, adjustment))


def _method(numbers: Numbers) -> str:
    verb = "is taken to be" if numbers.differences_published else "is"
    return (
        "For bands that have an order a slope says more than a test over all of them: the average change from one "
        f"band to the next, in percentage points, with CR2\u2019s interval. The {numbers.ordinary} {verb} the "
        f"Cochran-Armitage test for trend, unadjusted. Both use the {level_percent(numbers)}."
    )


def _number_sentence(numbers: Numbers, study: Study) -> str:
    """Slopes of the mean number of factors by each band."""
    said = [
        f"{cited(number_evidence(test, numbers), test.place)} by {within(band.label)}"
        for band in study.bands
        if (test := number_slope(band, numbers)).has_interval
    ]
    return full(f"the mean number of {study.words['factor'][1]} changes by {joined(said)}") if said else ""


def _item_sentence(item: Item, numbers: Numbers, study: Study) -> str:
    """Slopes of one headline measure by each band, and where the two methods part."""
    known = [(band, test) for band in study.bands if (test := slope(item, band, numbers)).has_interval]
    if not known:
        return ""
    said = [
        cited(
            f"{slope_points(test)} points by {within(band.label)} ({_ends(test, 100)}"
            f"{'' if _is_real(test, numbers) else ', not significant'})",
            test.place,
        )
        for band, test in known
    ]
    parted = [within(band.label) for band, test in known if _parts(item, band, test, numbers)]
    more = f" By {joined(parted)} the CR2 test and the {numbers.ordinary} part." if parted else ""
    return full(f"{item.label}, change from one band to the next (CR2 test): {joined(said)}") + more


def _parts(item: Item, band: Breakdown, test: Test, numbers: Numbers) -> bool:
    ordinary = numbers.trend(item.measure, item.id, band.id, COCHRAN_ARMITAGE)
    verdicts = {is_significant(numbers, ordinary, "p_value"), is_significant(numbers, test, "p_holm")}
    return verdicts == {True, False}


def _items_sentence(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Of a measure with several items: how many rise and fall with each band, by both methods."""
    texts = []
    for band in study.bands:
        tests = [slope(item, band, numbers) for item in measure.items]
        shown = [test for test in tests if test.p_holm is not None and not _is_veiled(test)]
        if not shown:
            texts += [f"with {within(band.label)}, every test is hidden"] * any(map(_is_veiled, tests))
            continue
        real = [test for test in shown if _is_real(test, numbers)]
        up, down = sum(test.estimate > 0 for test in real), sum(test.estimate < 0 for test in real)
        said = [f"{n} {_verb(n, verb)}" for n, verb in ((up, "rise"), (down, "fall")) if n] or [
            "none changes"
        ]
        which = f", of the {len(shown)} shown," if any(map(_is_veiled, tests)) else ""
        texts.append(
            f"with {within(band.label)}{which or ','} {cited(joined(said), f'table-bands-{measure.id}')} significantly "
            f"({_ordinary_said(measure, band, numbers)} by the {numbers.ordinary})"
        )
    text = "; ".join(texts)
    total = counted(len(measure.items), study.words["factor"])
    return full(f"{measure.title}, of {total} (CR2 test, Holm\u2019s adjustment): {text}") if texts else ""


def _is_veiled(test: Test) -> bool:
    return test.hides("p_holm", "estimate", "low", "high")


def _ordinary_said(measure: Measure, band: Breakdown, numbers: Numbers) -> str:
    """How many items change by the ordinary method, of those shown where some are hidden."""
    tests = [numbers.trend(measure.id, item.id, band.id, COCHRAN_ARMITAGE) for item in measure.items]
    n = sum(bool(is_significant(numbers, test, "p_value")) for test in tests)
    n_shown = sum(test.p_value is not None for test in tests)
    if not any(test.hides("p_value") for test in tests):
        return f"{n or 'none'}"
    return f"{n or 'none'} of the {n_shown} shown" if n_shown else "a hidden number"


def _verb(n: int, verb: str) -> str:
    return f"{verb}s" if n == 1 else verb


def _headline_table(numbers: Numbers, study: Study) -> Table | None:
    """Slopes of the measures with one item, by each band."""
    pairs = [(item, band) for item in headline_items(study) for band in study.bands]
    if not pairs:
        return None
    slopes = [slope(item, band, numbers) for item, band in pairs]
    trends = [numbers.trend(item.measure, item.id, band.id, COCHRAN_ARMITAGE) for item, band in pairs]
    return Table(
        id="table-bands",
        number=0,
        title=f"Change in shares from each band to the next; {setting(study, numbers)}",
        columns=(
            "Measure",
            "By",
            f"Points for each step, and {numbers.confidence}% interval",
            "CR2 df",
            "CR2, p",
            "Cochran-Armitage, p",
            "Significant by",
        ),
        rows=tuple(
            (
                Cell(item.short, kind="text"),
                Cell(band.label, kind="text"),
                _slope_cell(test),
                Cell(df_text(test)),
                p_cell(test, "p_value", numbers),
                p_cell(ordinary, "p_value", numbers),
                methods_cell(ordinary, test, numbers),
            )
            for (item, band), test, ordinary in zip(pairs, slopes, trends, strict=True)
        ),
        notes=(
            f"{ORDER} Significant at the {level_percent(numbers)}. Each family has one test, so no adjustment changes "
            "it.",
            *missing_notes(slopes),
        ),
        ids=tuple(trend_place(item.measure, item.id, band.id) for item, band in pairs),
    )


def _slope_cell(test: Test) -> Cell:
    return Cell(slope_points(test), small=_ends(test, 100) if test.has_interval else "")


def _number_table(numbers: Numbers, study: Study) -> Table | None:
    """Slope of the mean number of factors, and two rank tests of its distribution."""
    slopes = [number_slope(band, numbers) for band in study.bands]
    if all(test.estimate is None and not test.hides("estimate") for test in slopes):
        return None
    what = (
        f"Number of {study.words['factor'][1]}: change in the mean from each band to the next, and rank tests"
    )
    return Table(
        id="table-bands-number",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            "By",
            f"Change for each step, and {numbers.confidence}% interval",
            "CR2 df",
            "CR2, p",
            "Design-based rank test, p",
            "Kruskal-Wallis, p",
        ),
        rows=tuple(
            (
                Cell(band.label, kind="text"),
                Cell(
                    test.shorthand if test.estimate is None else signed_decimal(test.estimate, 2),
                    small=_ends(test, 1, 2) if test.has_interval else "",
                ),
                Cell(df_text(test)),
                p_cell(test, "p_value", numbers),
                *(
                    p_cell(numbers.trend(NUMBER, NUMBER, band.id, method), "p_value", numbers)
                    for method in ("design_rank", "kruskal_wallis")
                ),
            )
            for band, test in zip(study.bands, slopes, strict=True)
        ),
        notes=(
            f"{ORDER} The rank tests ask whether the whole distribution differs between bands; Kruskal-Wallis ignores "
            f"{study.words['service'][1]}.",
            *missing_notes(slopes),
        ),
        ids=tuple(trend_place(NUMBER, NUMBER, band.id) for band in study.bands),
    )


def _items_table(measure: Measure, numbers: Numbers, study: Study) -> Table:
    """Every item of a measure: slope and both tests by each band."""
    tests = [slope(item, band, numbers) for item in measure.items for band in study.bands]
    names = (f"points for each step, and {numbers.confidence}% interval", "CR2, Holm", "Cochran-Armitage")
    what = f"{measure.title}: change from each band to the next"
    return Table(
        id=f"table-bands-{measure.id}",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            sentence(factor(study)),
            *(f"{band.label}: {name}" for band in study.bands for name in names),
        ),
        rows=tuple(
            (Cell(item.label, kind="text"), *_item_cells(item, study.bands, numbers))
            for item in measure.items
        ),
        notes=(
            f"{ORDER} Columns of tests hold p-values: CR2 after Holm\u2019s adjustment in a family of one measure and "
            "one band; Cochran-Armitage unadjusted.",
            *missing_notes(tests),
        ),
        ids=tuple(trend_place(item.measure, item.id) for item in measure.items),
        summary=what,
        folded=True,
    )


def _item_cells(item: Item, bands: Sequence[Breakdown], numbers: Numbers) -> list[Cell]:
    cells = []
    for band in bands:
        test = slope(item, band, numbers)
        ordinary = numbers.trend(item.measure, item.id, band.id, COCHRAN_ARMITAGE)
        cells += [_slope_cell(test), p_cell(test, "p_holm", numbers), p_cell(ordinary, "p_value", numbers)]
    return cells
