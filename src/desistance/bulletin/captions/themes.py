"""Themes of comments: how many services speak of each as an enabler and as a barrier."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.hidden import any_hidden, yes_text
from desistance.bulletin.captions.overall import listed_dots, share_point
from desistance.bulletin.captions.plans import DotsPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.evidence import n_of_services
from desistance.bulletin.language.phrases import full, interval_text, percent_text, setting
from desistance.bulletin.language.words import joined, sentence, within
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.practice import Mention, largest_first
from desistance.study import DIRECTIONS, Named, Study


def by_mention(numbers: Numbers, study: Study) -> tuple[Named, ...]:
    """Themes from the one that most services speak of as an enabler; those without a share last."""
    return largest_first(
        study.codebook.themes, lambda theme: numbers.practice.mention(theme.id, DIRECTIONS[0]).services
    )


def themes_figure(numbers: Numbers, study: Study) -> Figure | None:
    """Two dots a theme, with exact intervals; None where no comments were coded."""
    if study.codebook is None or not numbers.practice.mentions:
        return None
    shown, services = by_mention(numbers, study), study.words["service"][1]
    plan = DotsPlan(
        title=f"Comments speak of it, % of {services}",
        labels=tuple(theme.short for theme in shown),
        levels=tuple(f"As {article(direction)}" for direction in DIRECTIONS),
        rows=tuple(
            tuple(share_point(mention.services) for mention in _mentions(theme, numbers)) for theme in shown
        ),
    )
    return Figure(
        id="themes",
        number=0,
        headline=full(themes_headline(numbers, study)),
        title=f"Themes of comments, percentage of {services} whose comments speak of each; {setting(study, numbers)}",
        alt=_alt(plan, services),
        data=_data(shown, numbers, study),
        units=f"Numbers of {services}, and percentages of them",
        notes=(
            f"Lines are exact (Clopper-Pearson) {numbers.confidence} per cent intervals. That comments do not "
            "speak of a "
            "theme does not say that it is absent from practice.",
        ),
        plan=plan,
    )


def article(direction: str) -> str:
    """Name a direction: "an enabler", "a barrier"."""
    return f"{'an' if direction[:1] in 'aeiou' else 'a'} {direction}"


def themes_headline(numbers: Numbers, study: Study, *, counted: bool = True) -> str:
    """Name the theme that most services speak of as an enabler, and as a barrier; with their number if asked for."""
    said = [
        f"{spoken if counted else spoken.rpartition(' (')[0]} as {article(direction)}"
        for direction in DIRECTIONS
        if (spoken := most_spoken(direction, numbers, study))
    ]
    shares = (
        numbers.practice.mention(theme.id, way).services
        for theme in study.codebook.themes
        for way in DIRECTIONS
    )
    hidden = any_hidden(shares)
    if not said:
        return f"how often comments speak of themes {'cannot be shown' if hidden else 'is not available'}"
    shown = "of the themes that can be shown, " if hidden else ""
    return f"{shown}comments speak most often of {joined(said)}"


def most_spoken(direction: str, numbers: Numbers, study: Study) -> str:
    """Themes that most services speak of in one direction, with the number of services."""
    pairs = [
        (mention.services, theme)
        for theme in study.codebook.themes
        if (mention := numbers.practice.mention(theme.id, direction)).services.exact
    ]
    if not pairs:
        return ""
    most = max(share.exact for share, _ in pairs)
    names = [within(theme.short) for share, theme in pairs if share.exact == most]
    first = next(share for share, _ in pairs if share.exact == most)
    return f"{joined(names)} ({n_of_services(first, study)})"


def _mentions(theme: Named, numbers: Numbers) -> tuple[Mention, ...]:
    return tuple(numbers.practice.mention(theme.id, direction) for direction in DIRECTIONS)


def _alt(plan: DotsPlan, services: str) -> str:
    return f"Dots with intervals, per cent of {services}. {listed_dots(plan)}."


def _data(shown: Sequence[Named], numbers: Numbers, study: Study) -> pd.DataFrame:
    rows = []
    for theme in shown:
        row = {"Theme": theme.short}
        for mention in _mentions(theme, numbers):
            name, share = sentence(mention.direction), mention.services
            row[f"{name}: {study.words['service'][1]}"] = yes_text(share)
            row[f"{name}: %"] = percent_text(share)
            row[f"{name}: {numbers.confidence}% interval"] = interval_text(share)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
