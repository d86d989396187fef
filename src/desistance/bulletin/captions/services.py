"""Between services: funnels of size and share, no service named."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.content import Figure
from desistance.bulletin.numbers import Numbers
from desistance.bulletin.phrases import cases, everyone_label, full, setting
from desistance.bulletin.plans import FunnelPanel, FunnelPlan
from desistance.bulletin.results import Variation
from desistance.bulletin.topics import Kind, topics
from desistance.bulletin.words import count, counted, joined, percent_cell, percentage, within
from desistance.study import Item, Study

LEVELS = (0.95, 0.998)
MOST_PANELS, FEWEST_SERVICES, GRID_STEPS = 2, 3, 60


def headline_items(study: Study) -> tuple[Item, ...]:
    """Items a reader asks of services about first: the number of factors, then measures with one item."""
    kinds = (Kind.NUMBER, Kind.SINGLE)
    found = [topic for kind in kinds for topic in topics(study) if topic.kind == kind]
    return tuple(measure.items[0] for topic in found for measure in topic.measures)


def funnels_figure(numbers: Numbers, study: Study) -> Figure | None:
    """Up to two funnels, of the headline items; None where no points are released."""
    known = [item for item in headline_items(study) if _is_drawn(item, numbers)][:MOST_PANELS]
    if not known:
        return None
    panels = tuple(_panel(item, numbers) for item in known)
    services, names = study.words["service"], [within(item.label) for item in known]
    plan = FunnelPlan(f"Number of {cases(study)} in the {services[0]}", panels)
    return Figure(
        id="services",
        number=0,
        headline=_headline(known, numbers, study),
        title=f"{_capital(joined(names))}: percentage of {cases(study)} of each {services[0]}, by its number of "
        f"{cases(study)}; {setting(study, numbers)}",
        alt=_alt(known, numbers, study),
        data=_data(known, numbers, study),
        units=f"Numbers of {services[1]}, and percentages of {cases(study)}",
        notes=(
            f"A dot is one {services[0]}; none is named. The line is the share of all {cases(study)}. If every "
            f"{services[0]} had that share and only chance were at work, 95 in 100 would lie inside the inner limits "
            "and 998 in 1,000 inside the outer ones; both are exact binomial limits.",
        ),
        plan=plan,
    )


def variation_of(item: Item, numbers: Numbers) -> Variation | None:
    """How much services differ in one item."""
    return next(
        (row for row in numbers.variation if (row.measure, row.item) == (item.measure, item.id)), None
    )


def _is_drawn(item: Item, numbers: Numbers) -> bool:
    row = variation_of(item, numbers)
    enough = len(numbers.funnels.get((item.measure, item.id), ())) >= FEWEST_SERVICES
    return enough and row is not None and row.estimate is not None and 0 < row.estimate < 1


def _panel(item: Item, numbers: Numbers) -> FunnelPanel:
    from desistance.statistics.variation import (
        funnel_limits,
    )  # costs start-up time, and only here is it needed

    services, row = numbers.funnels[item.measure, item.id], variation_of(item, numbers)
    most = max(n for n, _ in services)
    step = max(1, most // GRID_STEPS)
    sizes = sorted({*range(1, most + 1, step), *(n for n, _ in services), most + max(1, most // 16)})
    limits = funnel_limits(row.estimate, sizes, inflation=1.0, levels=LEVELS)
    return FunnelPanel(
        title=f"{item.label}, %",
        target=row.estimate,
        services=services,
        sizes=tuple(float(n) for n in sizes),
        limits=tuple(
            (
                f"{level * 100:g}%",
                tuple(limits.exact_low[:, number].tolist()),
                tuple(limits.exact_high[:, number].tolist()),
            )
            for number, level in enumerate(LEVELS)
        ),
    )


def _headline(items: Sequence[Item], numbers: Numbers, study: Study) -> str:
    """How many services are outside the limits of the first funnel, and how many would be by chance."""
    row = variation_of(items[0], numbers)
    if row.n_outside_95 is None:
        return full(f"shares of {study.words['service'][1]} differ with their size")
    total = counted(row.n_services or len(numbers.funnels[row.measure, row.item]), study.words["service"])
    return full(
        f"{row.n_outside_95} of {total} lie outside the 95 per cent limits for {within(items[0].label)}; "
        "one in twenty would by chance alone"
    )


def _alt(items: Sequence[Item], numbers: Numbers, study: Study) -> str:
    texts = []
    for item in items:
        row, services = variation_of(item, numbers), numbers.funnels[item.measure, item.id]
        sizes, shares = [n for n, _ in services], [share for _, share in services]
        outside = "" if row.n_outside_95 is None else f", {row.n_outside_95} outside the 95 per cent limits"
        beyond = (
            "" if row.n_outside_998 is None else f" and {row.n_outside_998} outside the 99.8 per cent limits"
        )
        texts.append(
            f"{item.label}: {len(services)} dots from {min(sizes)} to {max(sizes)} {cases(study)} and from "
            f"{percentage(min(shares))} to {percentage(max(shares))} per cent, around {percentage(row.estimate)} "
            f"per cent{outside}{beyond}"
        )
    return f"Funnel plot. {'. '.join(texts)}."


def _data(items: Sequence[Item], numbers: Numbers, study: Study) -> pd.DataFrame:
    """Numbers drawn in bands of size, so that no service stands alone in the table."""
    rows = []
    for item in items:
        row = variation_of(item, numbers)
        services = numbers.funnels[item.measure, item.id]
        rows.append(
            {
                "Measure": item.label,
                study.words["service"][1].capitalize(): count(len(services)),
                f"{everyone_label(study)}, %": percent_cell(row.estimate),
                "Lowest share, %": percent_cell(min(share for _, share in services)),
                "Highest share, %": percent_cell(max(share for _, share in services)),
                "Outside the 95% limits": "[x]" if row.n_outside_95 is None else count(row.n_outside_95),
                "Outside the 99.8% limits": "[x]" if row.n_outside_998 is None else count(row.n_outside_998),
            }
        )
    return pd.DataFrame(rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
