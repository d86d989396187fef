"""Key findings on stages, services, comments, domains and change: one a section, each with its claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desistance.bulletin.captions.changes import changes_headline, everyones_changes, other_edition
from desistance.bulletin.captions.domains import domains_headline, pooled_measure
from desistance.bulletin.captions.provision import by_gap, gap_headline, gap_share
from desistance.bulletin.captions.stages import (
    everyones_steps,
    staged_measures,
    stages_evidence,
    stages_headline,
)
from desistance.bulletin.captions.themes import themes_headline
from desistance.bulletin.content import Finding
from desistance.bulletin.language.evidence import is_told, is_veiled, real, share_cited
from desistance.bulletin.language.phrases import cited, full, of_all
from desistance.bulletin.language.words import count, counted, per_cent, percentage
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Share
from desistance.bulletin.reading.topics import everyone, known_items
from desistance.bulletin.sections.stages import stages_place
from desistance.study import DIRECTIONS, Study


def practice_findings(numbers: Numbers, study: Study) -> Iterator[Finding]:
    """At most one finding for each of these sections, in the order of the page."""
    yield from _stages(numbers, study)
    yield from _gaps(numbers, study)
    yield from _comments(numbers, study)
    yield from _domains(numbers, study)
    yield from _changes(numbers, study)


def claims_on(numbers: Numbers, subjects: Sequence[str]) -> tuple[str, ...]:
    """Claims of the ledger that speak of one of some subjects: a measure, "gap.girls", "theme.persistence".

    A subject is a measure or an item of the ledger; a theme is also found under its name and a direction.
    """
    found = []
    for row in numbers.ledger:
        spoken = {*row["measure"].split(";"), *row["item"].split(";")}
        if spoken & set(subjects) or any(
            f"{name}.{way}" in spoken for name in subjects for way in DIRECTIONS
        ):
            found.append(row["claim"])
    return tuple(found)


def _stages(numbers: Numbers, study: Study) -> Iterator[Finding]:
    measures = staged_measures(numbers, study)
    steps = [step for step, _ in everyones_steps(measures, numbers)]
    tested = [step for step in steps if is_told(step.test)]
    if not tested:
        return
    hidden = len(tested) < len(steps) and any(is_veiled(step.test) for step in steps)
    falls = [step for step in tested if real(step.test, numbers) and step.test.estimate < 0]
    said = cited(stages_evidence(measures, numbers), stages_place(measures, numbers))
    text = stages_headline(measures, numbers, study)
    yield Finding(
        big=f"{len(falls)} of {len(tested)}",
        text=full(f"{text}: {said}" if said else text),
        evidence=cited("Changes between stages", "table-stages")
        + f"{' that are shown, and' if hidden else ''} that are significant falls; CR2 test, Holm",
        claims=claims_on(numbers, [measure.id for measure in measures]),
    )


def _gaps(numbers: Numbers, study: Study) -> Iterator[Finding]:
    if study.services is None or not numbers.practice.provided:
        return
    share = gap_share(by_gap(numbers, study)[0], numbers)
    if share.exact is None:
        return
    effects = numbers.practice.provision_effects
    tested = [row for row in effects if is_told(row.test)]
    hidden = any(is_veiled(row.test) for row in effects)
    lower = sum(real(row.test, numbers) and row.test.estimate < 0 for row in tested)
    text = full(gap_headline(numbers, study))
    if tested:
        kinds = ("kind of provision", "kinds of provision")
        amount = of_all(lower, len(tested), kinds, hidden=hidden)
        where = f"for {cited(amount, 'table-provision-delivery')}"
        text += f" Delivery is significantly lower where access is a gap {where} (CR2 test)."
    subjects = [f"{group}.{one.id}" for one in study.services.provisions for group in ("gap", "available")]
    subjects += ["range.wide_range", *(f"mix.{one.id}" for one in study.services.providers)]
    subjects += [f"fact.{one.id}" for one in study.services.facts] + [
        f"rate.{one.id}" for one in study.services.rates
    ]
    evidence = f"{share_cited(share, numbers)}, exact"
    yield Finding(
        _of(share), text, evidence + ("; CR2 test, Holm" if tested else ""), claims_on(numbers, subjects)
    )


def _of(share: Share) -> str:
    return (
        f"{count(share.n_yes)} of {count(share.n_cases)}"
        if share.n_yes is not None and share.n_cases is not None
        else f"{percentage(share.exact)}%"
    )


def _comments(numbers: Numbers, study: Study) -> Iterator[Finding]:
    if study.codebook is None or not numbers.practice.mentions:
        return
    shares = [mention.services for mention in numbers.practice.mentions if mention.direction in DIRECTIONS]
    known = [share for share in shares if share.exact]
    if not known:
        return
    most = max(known, key=lambda share: share.exact)
    yield Finding(
        big=_of(most),
        text=full(themes_headline(numbers, study)),
        evidence=f"{share_cited(most, numbers)}, exact; "
        f"{cited('comments', 'table-themes')} were not asked for by theme",
        claims=claims_on(numbers, [f"theme.{theme.id}" for theme in study.codebook.themes]),
    )


def _domains(numbers: Numbers, study: Study) -> Iterator[Finding]:
    measure = pooled_measure(numbers, study)
    known = known_items(numbers, measure) if measure else ()
    if not known:
        return
    ends = [everyone(numbers, item).exact for item in (known[-1], known[0])]
    highest = f"{percentage(ends[1])} and " if ends[0] != ends[1] else ""
    said = cited(f"{highest}{per_cent(ends[0])} of judgements", f"table-{measure.id}")
    yield Finding(
        big=f"{percentage(ends[0])}\u2013{percentage(ends[1])}%",
        text=full(f"{domains_headline(measure, numbers)}: {said}"),
        evidence="This project\u2019s construct: the crosswalk is assumed, and domains are never added up",
        claims=claims_on(numbers, [measure.id]),
    )


def _changes(numbers: Numbers, study: Study) -> Iterator[Finding]:
    rows = everyones_changes(numbers, study)
    tested = [row for row in rows if is_told(row.test)]
    if not tested:
        return
    hidden = any(is_veiled(row.test) for row in rows)
    found = sum(real(row.test, numbers) for row in tested)
    warned = sum(bool(row.note) for row in rows)
    noun = counted(warned, ("share is", "shares are"))
    yield Finding(
        big=f"{found} of {len(tested)}",
        text=full(changes_headline(numbers, study)),
        evidence=f"{cited(f'Against {other_edition(numbers)}', 'table-changes')}; CR2 test, Holm"
        + (f"; {noun} defined otherwise there" if warned else "")
        + ("; other changes are hidden" if hidden else ""),
    )
