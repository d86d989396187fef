"""Tables of what coded comments speak of."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.themes import by_mention
from desistance.bulletin.content import Cell, Table
from desistance.bulletin.language.phrases import (
    cases,
    count_text,
    interval_text,
    level_percent,
    percent_text,
    setting,
)
from desistance.bulletin.language.words import decimal, percent_cell, ratio_interval, sentence
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.places import mention_place, theme_pair_place
from desistance.bulletin.reading.practice import Agreement
from desistance.bulletin.reading.results import Share
from desistance.bulletin.sections.change_cells import change_cells, change_columns, side_cell, verdict_cell
from desistance.bulletin.sections.tables import missing_notes, missing_notes_of
from desistance.study import DIRECTIONS, Study

OVERALL, KAPPA = "all", "kappa"
LOWER = ("lower with it", "higher with it")
SIDES = ("estimate_with", "estimate_without")
COEFFICIENTS = {KAPPA: "Cohen\u2019s kappa", "alpha": "Krippendorff\u2019s alpha"}


def theme_label(theme: str, study: Study, *, short: bool = False) -> str:
    """Label of a theme, or its short name."""
    found = next((one for one in study.codebook.themes if one.id == theme), None)
    return theme if found is None else found.short if short else found.label


def themes_table(numbers: Numbers, study: Study) -> Table:
    """Every theme in both directions: passages, services and cases."""
    rows = [
        (theme.label, numbers.practice.mention(theme.id, direction))
        for theme in by_mention(numbers, study)
        for direction in DIRECTIONS
    ]
    services, cases_ = study.words["service"][1], cases(study)
    what = "Themes of comments"
    exact = f"{numbers.confidence}% interval"
    return Table(
        id="table-themes",
        number=0,
        title=f"{what}: passages, {services} and {cases_} that speak of each; {setting(study, numbers)}",
        columns=(
            *("Theme", "Spoken of as", "Passages"),
            *(sentence(services), f"% of {services}", exact),
            *(sentence(cases_), f"% of {cases_}", exact),
        ),
        rows=tuple(
            (
                Cell(label, kind="text"),
                Cell(mention.direction, kind="text"),
                Cell(count_text(mention.n_passages, mention.mark("n_passages"))),
                *_share_cells(mention.services),
                *_share_cells(mention.cases),
            )
            for label, mention in rows
        ),
        notes=(
            f"Intervals over {services} are exact (Clopper-Pearson). Passages on a {study.words['service'][0]} "
            "as a whole "
            f"count for it and for none of its {cases_}.",
            *missing_notes([share for _, mention in rows for share in (mention.services, mention.cases)]),
        ),
        ids=tuple(mention_place(mention.theme, mention.direction) for _, mention in rows),
        summary=f"{what}: passages, {services} and {cases_}",
        folded=True,
    )


def _share_cells(share: Share) -> tuple[Cell, ...]:
    count = count_text(share.n_yes, share.mark("n_yes"))
    return Cell(count), Cell(percent_text(share)), Cell(interval_text(share))


def pairs_table(numbers: Numbers, study: Study) -> Table | None:
    """Themes spoken of together."""
    rows = sorted(numbers.practice.theme_pairs, key=lambda row: -(row.n_cases or 0))
    if not rows:
        return None
    services, cases_ = study.words["service"][1], cases(study)
    what = "Themes spoken of together"
    return Table(
        id="table-theme-pairs",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            "First theme",
            "Second theme",
            f"{sentence(services)} with both",
            f"{sentence(cases_)} with both",
            "% of those with either",
        ),
        rows=tuple(
            (
                Cell(theme_label(row.first, study), kind="text"),
                Cell(theme_label(row.second, study), kind="text"),
                Cell(count_text(row.n_services, row.mark("n_services"))),
                Cell(count_text(row.n_cases, row.mark("n_cases"))),
                Cell(row.mark("estimate") if row.share is None else percent_cell(row.share)),
            )
            for row in rows
        ),
        notes=(
            f"In the comments on one case, as enabler or as barrier. % of those with either: {cases_} with "
            f"both over {cases_} "
            "with at least one of the two (Jaccard\u2019s index).",
        ),
        ids=tuple(theme_pair_place(row.first, row.second) for row in rows),
        summary=what,
        folded=True,
    )


def effects_table(numbers: Numbers, study: Study) -> Table | None:
    """Delivery where comments speak of a theme against the others."""
    rows = numbers.practice.theme_effects
    if not rows:
        return None
    what = "Delivery where comments speak of a theme, and where they do not"
    return Table(
        id="table-theme-delivery",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            "Theme",
            "Spoken of as",
            "Where spoken of, % and base",
            "Elsewhere, % and base",
            *change_columns(numbers, "Difference"),
            "Difference is",
        ),
        rows=tuple(
            (
                Cell(theme_label(row.theme, study), kind="text"),
                Cell(row.direction, kind="text"),
                *(
                    side_cell(share, n, mark=row.mark(name))
                    for share, n, name in zip(row.shares, row.n_cases, SIDES, strict=True)
                ),
                *change_cells(row.test, numbers),
                verdict_cell(row.test, numbers, LOWER),
            )
            for row in rows
        ),
        notes=(
            f"Significant at the {level_percent(numbers)} by the CR2 test after Holm\u2019s adjustment over "
            "these rows. The "
            f"base (n) is answers about delivery: a case has one for each {study.words['factor'][0]} it has.",
            *missing_notes([row.test for row in rows]),
        ),
        ids=tuple(row.place for row in rows),
        summary=what,
        folded=True,
    )


def agreement_tables(numbers: Numbers, study: Study) -> tuple[Table, ...]:
    """How far coders agree: over all themes, and theme by theme."""
    rows = numbers.practice.agreement
    parts = (
        ("table-agreement", "How far coders agree", [row for row in rows if row.theme == OVERALL]),
        (
            "table-agreement-themes",
            "How far coders agree on each theme",
            [row for row in rows if row.theme != OVERALL],
        ),
    )
    return tuple(
        _agreement_table(*part, numbers, study, folded=part is parts[1]) for part in parts if part[2]
    )


def _agreement_table(
    name: str, what: str, rows: Sequence[Agreement], numbers: Numbers, study: Study, *, folded: bool
) -> Table:
    return Table(
        id=name,
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            *("Theme", "Coefficient", "Coders", "Passages read by more than one coder", "Same code, %"),
            *("Estimate", f"{numbers.confidence}% interval"),
        ),
        rows=tuple(_agreement_cells(row, study) for row in rows),
        notes=(
            "1 is full agreement, 0 what chance alone would give; below 0 coders agree less than by chance.",
            *missing_notes_of(row.status for row in rows if _is_missing(row)),
        ),
        ids=tuple(row.place for row in rows),
        summary=what,
        folded=folded,
    )


def _is_missing(row: Agreement) -> bool:
    """Whether an estimate or its interval is not there although nobody hid it."""
    pairs = ((row.estimate, "estimate"), (row.low, "ci_low"))
    return any(number is None and not row.hides(name) for number, name in pairs)


def _agreement_cells(row: Agreement, study: Study) -> tuple[Cell, ...]:
    known = row.low is not None and row.high is not None
    return (
        Cell("All themes" if row.theme == OVERALL else theme_label(row.theme, study), kind="text"),
        Cell(COEFFICIENTS[row.coefficient], kind="text"),
        Cell("All" if row.coders == OVERALL else row.coders.replace("&", "and"), kind="text"),
        Cell(count_text(row.n_passages, row.mark("n_passages"))),
        Cell(row.mark("share_agreed") if row.share_agreed is None else percent_cell(row.share_agreed)),
        Cell(row.mark("estimate") if row.estimate is None else decimal(row.estimate, 2)),
        Cell(ratio_interval(row.low, row.high) if known else row.mark("ci_low", "ci_high")),
    )
