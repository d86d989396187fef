"""What services provide: each provision, how many services have it and how many call access to it a gap."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, base_text, yes_text
from desistance.bulletin.captions.overall import listed_dots, share_point
from desistance.bulletin.captions.plans import DotsPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.evidence import n_of_services
from desistance.bulletin.language.phrases import full, interval_text, percent_text, setting
from desistance.bulletin.language.words import joined, within
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.practice import largest_first
from desistance.bulletin.reading.results import Share
from desistance.study import Provision, Study

AVAILABLE, GAP, PROVIDER, MIX, FACT, RANGE, WIDE_RANGE = (
    *("available", "gap", "provider", "mix", "fact", "range", "wide_range"),
)


def provided_share(one: Provision, numbers: Numbers) -> Share:
    """Share of services where someone provides it."""
    return numbers.practice.provision(AVAILABLE, one.id)


def gap_share(one: Provision, numbers: Numbers) -> Share:
    """Share of services where access to it is judged a gap."""
    return numbers.practice.provision(GAP, one.id)


def by_gap(numbers: Numbers, study: Study) -> tuple[Provision, ...]:
    """Provisions from the most frequent gap to the least; those without a share last."""
    return largest_first(study.services.provisions, lambda one: gap_share(one, numbers))


def provision_figure(numbers: Numbers, study: Study) -> Figure | None:
    """Dots with exact intervals; None where nothing is released of services."""
    if study.services is None or not numbers.practice.provided:
        return None
    shown, services = by_gap(numbers, study), study.words["service"][1]
    plan = DotsPlan(
        title=f"% of {services}",
        labels=tuple(one.label for one in shown),
        levels=("Provided by someone", "Access judged a gap"),
        rows=tuple(tuple(share_point(share) for share in _pair(one, numbers)) for one in shown),
    )
    return Figure(
        id="provision",
        number=0,
        headline=full(gap_headline(numbers, study)),
        title=f"Provision, and access judged a gap, percentage of {services}; {setting(study, numbers)}",
        alt=_alt(plan, services),
        data=_data(shown, numbers, study),
        units=f"Numbers of {services}, and percentages of them",
        notes=(
            f"Lines are exact (Clopper-Pearson) {numbers.confidence} per cent intervals. No "
            f"{study.words['service'][0]} "
            "is named.",
        ),
        plan=plan,
    )


def gap_headline(numbers: Numbers, study: Study) -> str:
    """Name the provision to which access is a gap most often, or those that tie."""
    shown = by_gap(numbers, study)
    share = gap_share(shown[0], numbers)
    hidden = any_hidden(gap_share(one, numbers) for one in shown)
    if share.exact is None:
        return f"how often access to provision is a gap {'cannot be shown' if hidden else 'is not available'}"
    ties = [one for one in shown if gap_share(one, numbers).exact == share.exact]
    names = joined([within(one.short) for one in ties])
    return f"access to {names} is judged a gap in {n_of_services(share, study)}, more than any other" + (
        " that can be shown" if hidden else ""
    )


def _pair(one: Provision, numbers: Numbers) -> tuple[Share, Share]:
    return provided_share(one, numbers), gap_share(one, numbers)


def _alt(plan: DotsPlan, services: str) -> str:
    return f"Dots with intervals, per cent of {services}. {listed_dots(plan)}."


def _data(shown: Sequence[Provision], numbers: Numbers, study: Study) -> pd.DataFrame:
    rows = []
    for one in shown:
        row = {"Provision": one.label}
        for name, share in zip(("Provided", "Gap"), _pair(one, numbers), strict=True):
            row[f"{name}: base"] = base_text(share)
            row[f"{name}: {study.words['service'][1]}"] = yes_text(share)
            row[f"{name}: %"] = percent_text(share)
            row[f"{name}: {numbers.confidence}% interval"] = interval_text(share)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
