"""Tables of what services provide."""

from __future__ import annotations

from desistance.bulletin.captions.provision import (
    AVAILABLE,
    FACT,
    MIX,
    PROVIDER,
    RANGE,
    WIDE_RANGE,
    by_gap,
    gap_share,
    provided_share,
)
from desistance.bulletin.content import Cell, Table
from desistance.bulletin.language.phrases import (
    count_text,
    interval_text,
    level_percent,
    percent_text,
    setting,
)
from desistance.bulletin.language.words import counted, or_more, p_value, percent_cell, sentence, size_points
from desistance.bulletin.reading.cells import ABSENT
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.places import provided_place, provision_effect_place, rate_place
from desistance.bulletin.reading.practice import ProvisionEffect, Rate
from desistance.bulletin.reading.results import Share
from desistance.bulletin.sections.change_cells import change_cells, change_columns, side_cell, verdict_cell
from desistance.bulletin.sections.tables import missing_notes
from desistance.study import Study

LOWER = ("lower with a gap", "higher with a gap")
SIDES = ("estimate_gap", "estimate_other")


def gaps_table(numbers: Numbers, study: Study) -> Table | None:
    """Every provision, the wide range and each fact: how many services have it and how many call access a gap."""
    if not numbers.practice.provided:
        return None
    rows = [
        (one.label, provided_share(one, numbers), gap_share(one, numbers)) for one in by_gap(numbers, study)
    ]
    wide = numbers.practice.provision(RANGE, WIDE_RANGE)
    needed = f"At least {study.services.wide_range} of the {len(study.services.provisions)} kinds"
    facts = [(fact.label, numbers.practice.provision(FACT, fact.id)) for fact in study.services.facts]
    shares = [share for _, *pair in rows for share in pair] + [wide, *(share for _, share in facts)]
    services = study.words["service"][1]
    what = f"What {services} provide, and where access is judged a gap"
    names = ("base", services, "%", f"{numbers.confidence}% interval")
    return Table(
        id="table-provision",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Provision", *(f"Provided: {name}" for name in names), *(f"Gap: {name}" for name in names)),
        rows=tuple(
            (Cell(label, kind="text"), *_share_cells(has), *_share_cells(gap)) for label, has, gap in rows
        )
        + tuple(
            (Cell(label, kind="text"), *_share_cells(has), *(Cell("[z]") for _ in names))
            for label, has in ((needed, wide), *facts)
        ),
        notes=(
            f"The base is {services} that answered. Intervals are exact (Clopper-Pearson). From the most "
            "frequent gap to "
            "the least; then what is no provision by itself, to which access is not judged.",
            *_unanswered(shares, study),
            *missing_notes(shares),
        ),
        ids=(
            *(provided_place(AVAILABLE, one.id) for one in by_gap(numbers, study)),
            provided_place(RANGE, WIDE_RANGE),
            *(provided_place(FACT, fact.id) for fact in study.services.facts),
        ),
        summary=what,
        folded=True,
    )


def _share_cells(share: Share) -> tuple[Cell, ...]:
    return (
        Cell(count_text(share.n_cases, share.mark("n_cases"))),
        Cell(count_text(share.n_yes, share.mark("n_yes"))),
        Cell(percent_text(share)),
        Cell(interval_text(share)),
    )


def _unanswered(shares: list[Share], study: Study) -> tuple[str, ...]:
    most = max((share.n_missing or 0 for share in shares), default=0)
    if not most:
        return ()
    return (
        f"Those that did not answer are left out of the base: at most {counted(most, study.words['service'])} "
        "in a row.",
    )


def mix_table(numbers: Numbers, study: Study) -> Table | None:
    """Who provides what: services by provision and provider."""
    providers = study.services.providers
    if not any(row.group == PROVIDER for row in numbers.practice.provided):
        return None
    services = study.words["service"][1]
    what = f"Who provides it: number of {services} by provision and provider"
    rows = [
        (
            one.label,
            _base_text(provided_share(one, numbers)),
            [numbers.practice.provision(PROVIDER, one.id, who.id) for who in providers],
        )
        for one in study.services.provisions
    ]
    anything = [numbers.practice.provision(MIX, who.id) for who in providers]
    rows.append(("At least one of these", next(map(_base_text, anything), ABSENT), anything))
    return Table(
        id="table-providers",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Provision", f"{sentence(services)} that answered", *(who.label for who in providers)),
        rows=tuple(
            (
                Cell(label, kind="text"),
                Cell(base),
                *(Cell(count_text(share.n_yes, share.mark("n_yes"))) for share in shares),
            )
            for label, base, shares in rows
        ),
        notes=(
            f"Several may provide the same in one {study.words['service'][0]}, so a row does not add up to its base.",
        ),
        ids=(
            *(provided_place(PROVIDER, one.id) for one in study.services.provisions),
            provided_place(MIX),
        ),
        summary=what,
    )


def _base_text(share: Share) -> str:
    return count_text(share.n_cases, share.mark("n_cases"))


def rates_table(numbers: Numbers, study: Study) -> Table | None:
    """Every rate, with the range over services."""
    rows = numbers.practice.rates
    if not rows:
        return None
    labels = {rate.id: rate.label for rate in study.services.rates}
    services = study.words["service"][1]
    what = f"Shares of {study.words['person'][1]} that {services} report"
    return Table(
        id="table-rates",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            "Share",
            sentence(study.words["person"][1]),
            "Of them",
            "%",
            f"{numbers.confidence}% interval",
            f"Lowest of {services}, %",
            "Median, %",
            "Highest, %",
        ),
        rows=tuple((Cell(labels.get(row.item, row.item), kind="text"), *_rate_cells(row)) for row in rows),
        notes=(
            f"The share is that of all {study.words['person'][1]} together, with {services} as clusters; small "
            f"{services} "
            "lie at both ends by chance alone.",
            *missing_notes([row.share for row in rows]),
        ),
        ids=tuple(rate_place(row.item) for row in rows),
        summary=what,
    )


def _rate_cells(row: Rate) -> tuple[Cell, ...]:
    ends = (
        (row.lowest, "service_lowest"),
        (row.median, "service_median"),
        (row.highest, "service_highest"),
    )
    return (
        *_share_cells(row.share),
        *(Cell(row.mark(name) if end is None else percent_cell(end)) for end, name in ends),
    )


def effects_table(numbers: Numbers, study: Study) -> Table | None:
    """Delivery where access is a gap against the other services."""
    rows = numbers.practice.provision_effects
    if not rows:
        return None
    labels = {one.id: one.label for one in study.services.provisions}
    items = {(item.measure, item.id): item.short for item in study.items}
    what = "Delivery where access is a gap, and where it is not"
    return Table(
        id="table-provision-delivery",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=(
            "Gap in",
            "Delivery for",
            "Where a gap, % and base",
            "Elsewhere, % and base",
            *change_columns(numbers, "Difference"),
            "Pearson, p",
            "Could have been seen, points",
            "Difference is",
        ),
        rows=tuple(
            (
                Cell(labels.get(row.provision, row.provision), kind="text"),
                Cell(items.get((row.measure, row.item), row.item), kind="text"),
                *_effect_cells(row, numbers, study),
            )
            for row in rows
        ),
        notes=(
            f"Significant at the {level_percent(numbers)} by the CR2 test after Holm\u2019s adjustment over "
            "these rows. Could have "
            f"been seen: the smallest decrease with {numbers.power} per cent power, before adjustment.",
            *missing_notes([row.test for row in rows]),
        ),
        ids=tuple(provision_effect_place(row.provision, row.measure, row.item) for row in rows),
        summary=what,
    )


def _effect_cells(row: ProvisionEffect, numbers: Numbers, study: Study) -> tuple[Cell, ...]:
    least = row.smallest_decrease
    return (
        *(
            side_cell(*side, study.words["service"], mark=row.mark(name))
            for *side, name in zip(row.shares, row.n_cases, row.n_services, SIDES, strict=True)
        ),
        *change_cells(row.test, numbers),
        Cell(row.mark("p_pearson") if row.p_pearson is None else p_value(row.p_pearson, numbers.level)),
        Cell(row.mark("smallest_decrease") if least is None else or_more(size_points(-least))),
        verdict_cell(row.test, numbers, LOWER),
    )
