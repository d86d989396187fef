"""Which factors occur together: the most frequent combinations."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from desistance.bulletin.captions.plans import Point, UpsetPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import (
    cases,
    common_base,
    count_text,
    full,
    percent_mark,
    percent_text,
    setting,
)
from desistance.bulletin.language.words import counted, joined, percent_cell, within
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.results import Combination, Share
from desistance.bulletin.reading.topics import everyone, ranked
from desistance.bulletin.sections.protection import is_protected
from desistance.study import Item, Study

MOST = 12


def shown_combinations(numbers: Numbers, study: Study) -> tuple[Combination, ...]:
    """The most frequent combinations over everyone that have a count.

    Of equals those of fewest factors first, then in the order of the study: counts that are rounded alike must not
    be told apart by their place.
    """
    places = {item.id: number for number, item in enumerate(study.combined.items)}
    found = [each for each in numbers.combinations.get((ALL, ALL), ()) if each.n_cases]
    order = {
        each: (-each.n_cases, len(each.factors), [places.get(one, len(places)) for one in each.factors])
        for each in found
    }
    return tuple(sorted(found, key=order.get))[:MOST]


def no_combination_sentence(numbers: Numbers, study: Study) -> str:
    """Say why no combination is drawn; "" where some are, or where nothing is hidden."""
    if study.combined is None or not is_protected(numbers) or shown_combinations(numbers, study):
        return ""
    factors = study.words["factor"][1]
    return f"No combination of {factors} is drawn: none has a number of {cases(study)} that can be shown."


def combination_name(combination: Combination, study: Study) -> str:
    """Factors of a combination in the study's order, with short labels."""
    measure = study.combined
    if has_every(combination, study):
        return f"every {study.words['factor'][0]}"
    names = [within(item.short) for item in measure.items if item.id in combination.factors]
    return joined(names) or f"no {study.words['factor'][0]}"


def has_every(combination: Combination, study: Study) -> bool:
    """Whether a combination has all of several factors."""
    return 1 < len(study.combined.items) == len(combination.factors)


def combination_percent(combination: Combination) -> str:
    """Share of the cases with exactly this combination, for a table."""
    return "[x]" if combination.estimate is None else percent_cell(combination.estimate)


def combinations_figure(numbers: Numbers, study: Study) -> Figure | None:
    """UpSet of the most frequent combinations; None where none is released."""
    measure = study.combined
    shown = shown_combinations(numbers, study) if measure else ()
    if not shown:
        return None
    items = ranked(numbers, measure)
    shares = [everyone(numbers, item) for item in items]
    factors = study.words["factor"][1]
    plan = UpsetPlan(
        labels=tuple(item.label for item in items),
        total_title=f"% of {cases(study)}",
        totals=tuple(Point(share.estimate, text=percent_mark(share)) for share in shares),
        count_title=f"Number of {cases(study)} with exactly this combination of {factors}",
        counts=tuple(each.n_cases for each in shown),
        members=tuple(tuple(item.id in each.factors for item in items) for each in shown),
    )
    dropped = is_protected(numbers)
    return Figure(
        id="combinations",
        number=0,
        headline=_headline(shown, numbers, study),
        title=f"{_most(shown, factors, dropped=dropped)}, number of {cases(study)}, of "
        f"{common_base(shares, study)}; {setting(study, numbers)}",
        alt=_alt(plan, items, shown, study),
        data=_data(shown, shares, study),
        units=f"Numbers of {cases(study)} and percentages of them",
        notes=(
            "A column, or on a narrow page a row, is a combination: a dark dot stands for a "
            f"{study.words['factor'][0]} that is part of it.",
            *(
                (f"Combinations whose number of {cases(study)} is hidden for confidentiality are not drawn.",)
                * dropped
            ),
        ),
        plan=plan,
    )


def _most(shown: Sequence[Combination], factors: str, *, dropped: bool) -> str:
    """Name what is drawn: "The 12 most frequent combinations of factors", or those of them that can be shown."""
    many = f"{len(shown)} most frequent combinations" if len(shown) > 1 else "most frequent combination"
    return f"The {many} of {factors}{' that can be shown' if dropped else ''}"


def _headline(shown: Sequence[Combination], numbers: Numbers, study: Study) -> str:
    first = shown[0]
    name = combination_name(first, study)
    alone = "alone" if len(first.factors) == 1 else "together and nothing else" if first.factors else ""
    whole = f"with {name}" if has_every(first, study) else " ".join(filter(None, (name, alone)))
    if is_protected(numbers):
        whole_said = f"the most frequent combination that can be shown, {whole},"
        return full(f"{whole_said} is that of {counted(first.n_cases, study.words['case'])}")
    return full(
        f"no combination is common: the most frequent, {whole}, is that of "
        f"{counted(first.n_cases, study.words['case'])}"
        if (first.estimate or 0) < 0.1
        else f"the most frequent combination, {name}, is that of {counted(first.n_cases, study.words['case'])}"
    )


def _alt(plan: UpsetPlan, items: Sequence[Item], shown: Sequence[Combination], study: Study) -> str:
    listed = "; ".join(f"{combination_name(each, study)}: {each.n_cases}" for each in shown)
    totals = "; ".join(
        f"{item.label} {point.text.removesuffix('%')}" for item, point in zip(items, plan.totals, strict=True)
    )
    return f"Bars over a matrix of dots. {plan.count_title}. {listed}. {plan.total_title}: {totals}."


def _data(shown: Sequence[Combination], shares: Sequence[Share], study: Study) -> pd.DataFrame:
    """One row a combination; with the number of its factors where these may be added up."""
    total = shares[0].n_cases if len({share.n_cases for share in shares}) == 1 else None
    number = f"Number of {study.words['factor'][1]}"
    rows = [
        {
            "Combination": _capital(combination_name(each, study)),
            **({number: count_text(len(each.factors))} if study.factor_count else {}),
            cases(study).capitalize(): count_text(each.n_cases),
            f"% of {cases(study)}": percent_text(
                Share(n_cases=total, n_yes=each.n_cases, estimate=each.estimate)
            ),
        }
        for each in shown
    ]
    return pd.DataFrame(rows, dtype=object)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
