"""Answers through the domains of another framework, by a crosswalk that is assumed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, base_text, yes_text
from desistance.bulletin.captions.overall import share_point
from desistance.bulletin.captions.plans import DotsPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import full, interval_text, percent_text, setting
from desistance.bulletin.language.words import joined, within
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.topics import everyone, known_items, ranked, worded
from desistance.study import Item, Measure, Study


def pooled_measure(numbers: Numbers, study: Study) -> Measure | None:
    """The measure the crosswalk makes, where a share of it is released."""
    if study.crosswalk is None:
        return None
    found = next((measure for measure in study.measures if measure.id == study.crosswalk.measure), None)
    rows = {key[0] for key in numbers.shares}
    return found if found is not None and found.id in rows else None


def domains_figure(numbers: Numbers, study: Study) -> Figure | None:
    """A dot with its interval a domain; None without a crosswalk."""
    measure = pooled_measure(numbers, study)
    if measure is None:
        return None
    items = ranked(numbers, measure)
    plan = DotsPlan(
        title=f"{measure.label}, % of judgements",
        labels=tuple(item.short for item in items),
        levels=("All judgements",),
        rows=tuple((share_point(everyone(numbers, item)),) for item in items),
    )
    own = worded(study, measure)
    return Figure(
        id="domains",
        number=0,
        headline=full(domains_headline(measure, numbers)),
        title=f"{measure.title}: judgements that bear on each domain by a crosswalk that is assumed, percentage of "
        f"judgements; {setting(own, numbers)}",
        alt=_alt(plan),
        data=_data(items, measure, numbers),
        units="Numbers of judgements, and percentages of them",
        notes=(
            f"Lines are {numbers.confidence} per cent intervals. Domains overlap and share judgements, so they "
            "cannot be added "
            "up.",
        ),
        plan=plan,
    )


def domains_headline(measure: Measure, numbers: Numbers) -> str:
    """Name the domains with the highest and the lowest share."""
    known = known_items(numbers, measure)
    hidden = any_hidden(everyone(numbers, item) for item in measure.items)
    if not known:
        return f"by the crosswalk, no share {'can be shown' if hidden else 'is available'} for any domain"
    shares = [everyone(numbers, item).exact for item in known]
    most = [within(item.short) for item, share in zip(known, shares, strict=True) if share == shares[0]]
    least = [within(item.short) for item, share in zip(known, shares, strict=True) if share == shares[-1]]
    shown = " and of the shares that can be shown" if hidden else ""
    start = f"by the crosswalk{shown}, judgements are sufficient most often for {_quoted(most)}"
    return start if shares[0] == shares[-1] else f"{start} and least often for {_quoted(least)}"


def _quoted(names: Sequence[str]) -> str:
    return joined([f"\u201c{name}\u201d" for name in names])


def _alt(plan: DotsPlan) -> str:
    rows = [
        f"{label} {row[0].text.removesuffix('%')}" for label, row in zip(plan.labels, plan.rows, strict=True)
    ]
    return f"Dots with intervals. {plan.title}: {'; '.join(rows)}."


def _data(items: Sequence[Item], measure: Measure, numbers: Numbers) -> pd.DataFrame:
    rows = []
    for item in items:
        share = everyone(numbers, item)
        rows.append(
            {
                "Domain": item.short,
                "Judgements": base_text(share),
                measure.label: yes_text(share),
                "% of judgements": percent_text(share),
                f"{numbers.confidence}% interval": interval_text(share),
            }
        )
    return pd.DataFrame(rows, dtype=object)
