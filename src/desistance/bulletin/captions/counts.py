"""How many factors a case has: the distribution in parts, and the mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pandas as pd

from desistance.bulletin.captions.plans import Point, StackGroup, StacksPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import (
    by,
    cases,
    count_text,
    everyone_label,
    factors,
    full,
    interval_text,
    mean_interval_text,
    mean_text,
    percent_text,
    setting,
)
from desistance.bulletin.language.shown import Shown, parts_of, without
from desistance.bulletin.language.words import decimal, exact_share, whole_percent, within
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.results import Mean, Share
from desistance.bulletin.reading.topics import bands_of_means, rising
from desistance.study import Breakdown, Measure, Study


def count_figures(measure: Measure, numbers: Numbers, study: Study) -> Iterator[Figure]:
    """Parts of a whole for everyone and for each level, with the mean; none where nothing is released."""
    divisions = bands_of_means(numbers, study)
    if numbers.mean().estimate is None and numbers.mean().shorthand != HIDDEN:
        return
    plan = _plan(measure, divisions, numbers, study)
    named = f" by {by(divisions)}" if divisions else ""
    yield Figure(
        id="number_of_factors",
        number=0,
        headline=counts_headline(divisions, numbers, study),
        title=f"Number of {factors(study)}{named}, percentage of {cases(study)}, and mean; {setting(study, numbers)}",
        alt=_alt(plan),
        data=_data(measure, plan, divisions, numbers, study),
        units=f"Numbers of {cases(study)}, percentages of them, and means",
        notes=(f"Intervals of means are {numbers.confidence} per cent intervals.",),
        plan=plan,
    )


def _plan(measure: Measure, divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> StacksPlan:
    """Bars of three parts; of two, below the threshold or not, where fewer bars of two parts are hidden."""
    keys = [(everyone_label(study), [(ALL, ALL, everyone_label(study))])]
    keys += [(d.label, [(d.id, level.code, level.label) for level in d.levels]) for d in divisions]
    fine = count_parts(study)
    coarse = tuple(_range_name(part, len(study.factor_count.columns)) for part in _halves(study))
    bars = {
        (d, code): _parts(numbers.distribution(d, code), fine) for _, group in keys for d, code, _ in group
    }
    halves = {key: _half_parts(numbers.share(measure.id, measure.items[0].id, *key)) for key in bars}
    fewer = _n_hidden(halves.values()) < _n_hidden(bars.values())
    groups = tuple(_group(title, group, halves if fewer else bars, numbers) for title, group in keys)
    return StacksPlan(
        title=f"Number of {factors(study)}, % of {cases(study)}",
        part_labels=coarse if fewer else tuple(fine),
        mean_title="Mean number, with interval",
        mean_limit=_limit(groups),
        groups=groups,
    )


def _halves(study: Study) -> tuple[range, range]:
    """Numbers of factors below the threshold, and from it on."""
    threshold = study.factor_count.threshold
    return range(threshold), range(threshold, len(study.factor_count.columns) + 1)


def _half_parts(share: Share) -> tuple[Point, ...]:
    """Share below the threshold and from it on: both are there or none is, as a count and what it leaves are."""
    if share.exact is None:
        return (Point(None, text=share.shorthand),) * 2
    parts = (_part_point(part) for part in (1 - share.exact, share.exact))
    return tuple(replace(part, unreliable=share.unreliable) for part in parts)


def _n_hidden(bars: Iterable[Sequence[Point]]) -> int:
    return sum(any(part.text == HIDDEN for part in parts) for parts in bars)


def count_parts(study: Study) -> Mapping[str, range]:
    """Divide the possible numbers of factors in parts, with the study's threshold where the second one begins."""
    threshold, most = study.factor_count.threshold, len(study.factor_count.columns)
    edges = sorted({0, threshold, min(threshold + 2, most + 1), most + 1})
    ranges = [range(first, last) for first, last in pairwise(edges)]
    return {_range_name(part, most): part for part in ranges}


def part_share(distribution: Mapping[int, Share], part: range) -> Fraction | None:
    """Share of cases whose number of factors is in a part; None when any number in it is hidden."""
    inside = [distribution.get(number, Share(n_yes=0, estimate=0.0)) for number in part]
    if not distribution or any(share.estimate is None for share in inside):
        return None
    estimate = sum(share.estimate for share in inside)
    everyone, found = [share.n_yes for share in distribution.values()], [share.n_yes for share in inside]
    known = None not in everyone and None not in found
    return exact_share(sum(found) if known else None, sum(everyone) if known else None, estimate)


def counts_headline(divisions: Sequence[Breakdown], numbers: Numbers, study: Study) -> str:
    """Where the mean rises from each band to the next, and how far."""
    rises = [division for division in divisions if rising(numbers, division)]
    mean = numbers.mean()
    if not rises and mean.estimate is None:
        return full(f"the mean number of {factors(study)} cannot be shown for all {cases(study)}")
    if not rises:
        return full(f"the mean number of {factors(study)} is {mean_text(mean)}")
    hidden = any(numbers.mean(d.id, code).shorthand == HIDDEN for d in divisions for code in d.codes)
    far = max(
        rises,
        key=lambda division: _ends(numbers, division)[1].estimate - _ends(numbers, division)[0].estimate,
    )
    first, last = _ends(numbers, far)
    ends = f"from {decimal(first.estimate)} to {decimal(last.estimate)}"
    shown = "of the means that can all be shown, " if hidden else ""
    return full(f"{shown}the mean number of {factors(study)} rises {ends} with {within(far.label)}")


def _ends(numbers: Numbers, division: Breakdown) -> tuple[Mean, Mean]:
    return numbers.mean(division.id, division.codes[0]), numbers.mean(division.id, division.codes[-1])


def _range_name(part: range, most: int) -> str:
    if len(part) == 1:
        return "None" if part[0] == 0 else str(part[0])
    if part[-1] == most:
        return f"{part[0]} or more"
    return f"{part[0]} or {part[-1]}" if len(part) == 2 else f"{part[0]} to {part[-1]}"


def _group(
    title: str,
    levels: Sequence[tuple[str, str, str]],
    bars: Mapping[tuple[str, str], tuple[Point, ...]],
    numbers: Numbers,
) -> StackGroup:
    return StackGroup(
        title=title,
        labels=tuple(label for _, _, label in levels),
        parts=tuple(bars[division, code] for division, code, _ in levels),
        means=tuple(_mean_point(numbers.mean(division, code)) for division, code, _ in levels),
    )


def _parts(distribution: Mapping[int, Share], parts: Mapping[str, range]) -> tuple[Point, ...]:
    """Every part of one bar, or none: a part that is hidden would be what the others leave."""
    shares = [part_share(distribution, part) for part in parts.values()]
    if None in shares:
        hidden = any(share.hides("estimate") for share in distribution.values())
        return (Point(None, text=HIDDEN if hidden else ABSENT),) * len(shares)
    return tuple(_part_point(share) for share in shares)


def _part_point(share: Fraction) -> Point:
    whole = whole_percent(share)
    return Point(float(share), text=Shown(f"{whole}%", *parts_of(whole)))


def _mean_point(mean: Mean) -> Point:
    ends = (mean.low, mean.high) if mean.has_interval else (None, None)
    return Point(mean.estimate, *ends, text=mean_text(mean), unreliable=mean.unreliable)


def _limit(groups: Sequence[StackGroup]) -> int:
    ends = [
        end for group in groups for mean in group.means for end in (mean.value, mean.high) if end is not None
    ]
    return int(max(ends, default=1)) + 1


def _alt(plan: StacksPlan) -> str:
    texts = []
    for group in plan.groups:
        rows = []
        for label, parts, mean in zip(group.labels, group.parts, group.means, strict=True):
            named = zip(plan.part_labels, parts, strict=True)
            listed = ", ".join(f"{name}: {part.text.removesuffix('%')}" for name, part in named)
            rows.append(f"{label}: {listed} per cent; mean {mean.text}")
        texts.append(f"{group.title}. {'. '.join(rows)}")
    return f"Stacked bars, and dots for means. {plan.title}. {'. '.join(texts)}."


def _data(
    measure: Measure, plan: StacksPlan, divisions: Sequence[Breakdown], numbers: Numbers, study: Study
) -> pd.DataFrame:
    bars = [parts for group in plan.groups for parts in group.parts]
    levels = [(ALL, ALL, everyone_label(study))]
    levels += [(d.id, level.code, f"{d.label}: {level.label}") for d in divisions for level in d.levels]
    item, rows = measure.items[0], []
    for (division, code, label), parts in zip(levels, bars, strict=True):
        mean, share = numbers.mean(division, code), numbers.share(measure.id, item.id, division, code)
        row = {"Group": label, "Base": count_text(mean.n_cases, mean.shorthand)}
        for name, drawn in zip(plan.part_labels, parts, strict=True):
            row[f"{name}, %"] = without(drawn.text, "%")
        row[f"{item.label}, %"] = percent_text(share)
        row[f"{numbers.confidence}% interval of that"] = interval_text(share)
        row["Mean number"] = mean_text(mean)
        row[f"{numbers.confidence}% interval of the mean"] = mean_interval_text(mean)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)
