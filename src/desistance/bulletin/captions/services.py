"""Between services: funnels of size and share, no service named."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.plans import FunnelPanel, FunnelPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import cases, everyone_label, full, setting, weighs
from desistance.bulletin.language.words import (
    count,
    counted,
    joined,
    percent_cell,
    percentage,
    within,
)
from desistance.bulletin.reading.numbers import ALL, WILSON, Numbers
from desistance.bulletin.reading.results import Variation
from desistance.bulletin.reading.topics import Kind, topics
from desistance.bulletin.sections.protection import is_protected
from desistance.study import Item, Study

LEVELS = (0.95, 0.998)
MOST_PANELS, FEWEST_SERVICES, GRID_STEPS = 2, 3, 60
# Items with more services come without points.
MOST_SERVICES = 2_000


def headline_items(study: Study) -> tuple[Item, ...]:
    """Items a reader asks of services about first: the number of factors, then measures with one item."""
    kinds = (Kind.NUMBER, Kind.SINGLE)
    found = [topic for kind in kinds for topic in topics(study) if topic.kind == kind]
    return tuple(measure.items[0] for topic in found for measure in topic.measures)


def funnels_figure(numbers: Numbers, study: Study) -> Figure | None:
    """Up to two funnels, of the headline items; None where no points are released."""
    known = [item for item in headline_items(study) if _is_drawn(item, numbers, study)][:MOST_PANELS]
    if not known:
        return None
    panels = tuple(_panel(item, numbers, study) for item in known)
    services, names = study.words["service"], [within(item.label) for item in known]
    each = ", each counted once, without weights" if weighs(numbers, study) else ""
    plan = FunnelPlan(f"Number of {cases(study)} in the {services[0]}", panels)
    return Figure(
        id="services",
        number=0,
        headline=_headline(known[0], panels[0], numbers, study),
        title=f"{_capital(joined(names))}: percentage of {cases(study)} of each {services[0]}, by its number of "
        f"{cases(study)}; {setting(study, numbers)}",
        alt=_alt(known, panels, numbers, study),
        data=_data(known, panels, numbers, study),
        units=f"Numbers of {services[1]}, and percentages of {cases(study)}",
        notes=(
            f"A dot is one {services[0]}; none is named. The line is the share of all {cases(study)}{each}. If every "
            f"{services[0]} had that share and only chance were at work, 95 in 100 would lie inside the inner limits "
            "and 998 in 1,000 inside the outer ones; both are exact binomial limits.",
            *_undrawn(known, numbers, study),
        ),
        plan=plan,
    )


def no_funnel_sentence(numbers: Numbers, study: Study) -> str:
    """Say why there is no funnel; "" where there is one, or where nothing keeps it from being drawn."""
    found = [item for item in headline_items(study) if variation_of(item, numbers) is not None]
    if not found or any(_is_drawn(item, numbers, study) for item in found):
        return ""
    service, services = study.words["service"]
    if all((variation_of(item, numbers).n_services or 0) > MOST_SERVICES for item in found):
        return f"No funnel is drawn: there are so many {services} that none could be told from another."
    if not is_protected(numbers):
        return ""
    return (
        f"No funnel is drawn: too few {services} have enough {cases(study)} for their share to be shown without "
        f"the risk that someone in a {service} is identified."
    )


def _undrawn(items: Sequence[Item], numbers: Numbers, study: Study) -> tuple[str, ...]:
    """Say that some services are not drawn, and why; nothing where all are."""
    if all(_draws_all(item, numbers) for item in items):
        return ()
    services, rest = study.words["service"][1], cases(study)
    return (
        f"{_capital(services)} with too few {rest}, or with too few of either answer, to be shown are not drawn, and "
        "nothing said of this figure counts them.",
    )


def _draws_all(item: Item, numbers: Numbers) -> bool:
    return len(numbers.funnels[item.measure, item.id]) >= (variation_of(item, numbers).n_services or 0)


def variation_of(item: Item, numbers: Numbers) -> Variation | None:
    """How much services differ in one item."""
    return next(
        (row for row in numbers.variation if (row.measure, row.item) == (item.measure, item.id)), None
    )


def _is_drawn(item: Item, numbers: Numbers, study: Study) -> bool:
    enough = len(numbers.funnels.get((item.measure, item.id), ())) >= FEWEST_SERVICES
    row = variation_of(item, numbers)
    if not enough or row is None or row.estimate is None:
        return False
    target = _target(item, numbers, study)
    return target is not None and 0 < target < 1


def _target(item: Item, numbers: Numbers, study: Study) -> float | None:
    """Share of all cases, each counted once: limits are about numbers of cases, so weights have no say in it."""
    if not weighs(numbers, study):
        return variation_of(item, numbers).estimate
    exact = numbers.share(item.measure, item.id, ALL, ALL, WILSON).exact
    return None if exact is None else float(exact)


def _panel(item: Item, numbers: Numbers, study: Study) -> FunnelPanel:
    from desistance.statistics.variation import (
        funnel_limits,
    )  # costs start-up time, and only here is it needed

    services = numbers.funnels[item.measure, item.id]
    target = _target(item, numbers, study)
    most = max(n for n, _ in services)
    step = max(1, most // GRID_STEPS)
    sizes = sorted({*range(1, most + 1, step), *(n for n, _ in services), most + max(1, most // 16)})
    limits = funnel_limits(target, sizes, inflation=1.0, levels=LEVELS)
    return FunnelPanel(
        title=f"{item.label}, %",
        target=target,
        target_label="Unweighted" if weighs(numbers, study) else "All",
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


def _outside(panel: FunnelPanel) -> tuple[int, ...]:
    """How many of the services drawn lie outside the limits of each level."""
    places = {size: number for number, size in enumerate(panel.sizes)}
    return tuple(
        sum(not low[places[n]] <= share <= high[places[n]] for n, share in panel.services)
        for _, low, high in panel.limits
    )


def _headline(item: Item, panel: FunnelPanel, numbers: Numbers, study: Study) -> str:
    """How many services are outside the limits of the first funnel, and how many would be by chance."""
    total = counted(len(panel.services), study.words["service"])
    shown = "" if _draws_all(item, numbers) else f" with enough {cases(study)} to be shown"
    n = _outside(panel)[0]
    return full(
        f"{n or 'none'} of {total}{shown} {'lies' if n == 1 else 'lie'} outside the 95 per cent limits for "
        f"{within(item.label)}; one in twenty would by chance alone"
    )


def _alt(items: Sequence[Item], panels: Sequence[FunnelPanel], numbers: Numbers, study: Study) -> str:
    texts, without = [], " without weights" if weighs(numbers, study) else ""
    for item, panel in zip(items, panels, strict=True):
        sizes, shares = zip(*panel.services, strict=True)
        inner, outer = _outside(panel)
        texts.append(
            f"{item.label}: {len(sizes)} dots from {min(sizes)} to {max(sizes)} {cases(study)} and from "
            f"{percentage(min(shares))} to {percentage(max(shares))} per cent, around {percentage(panel.target)} "
            f"per cent{without}, {inner} outside the 95 per cent limits and {outer} outside the 99.8 per cent limits"
        )
    return f"Funnel plot. {'. '.join(texts)}."


def _data(
    items: Sequence[Item], panels: Sequence[FunnelPanel], numbers: Numbers, study: Study
) -> pd.DataFrame:
    """Ends and counts of what is drawn, one row a funnel, so that no service has a row."""
    rows, without = [], " without weights" if weighs(numbers, study) else ""
    for item, panel in zip(items, panels, strict=True):
        shares = [share for _, share in panel.services]
        inner, outer = _outside(panel)
        rows.append(
            {
                "Measure": item.label,
                f"{_capital(study.words['service'][1])} drawn": count(len(shares)),
                f"{everyone_label(study)}{without}, %": percent_cell(panel.target),
                "Lowest share, %": percent_cell(min(shares)),
                "Highest share, %": percent_cell(max(shares)),
                "Outside the 95% limits": count(inner),
                "Outside the 99.8% limits": count(outer),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
