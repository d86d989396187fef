"""Implications: what follows from the findings, in short sentences, each tied to a section and to claims.

Every sentence has two or more wordings, and the released verdict decides which is used: the page says "lower" only
where the headline test does, and says plainly where the data do not bear a statement out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desistance.bulletin.captions.changes import changes_headline, everyones_changes
from desistance.bulletin.captions.domains import pooled_measure
from desistance.bulletin.captions.provision import by_gap, gap_share
from desistance.bulletin.captions.stages import (
    everyones_steps,
    largest_fall,
    staged_measures,
    stages_evidence,
    stages_headline,
    whole_falls,
)
from desistance.bulletin.captions.themes import article, most_spoken
from desistance.bulletin.content import Implication, Section
from desistance.bulletin.language.evidence import is_told, is_veiled, n_of_services, real
from desistance.bulletin.language.phrases import cited, evidence, full, level_name, of_items, statement
from desistance.bulletin.language.sentences import among_shown, certainty_sentence, counted_cited, direction
from desistance.bulletin.language.words import joined, per_cent, percentage, size_points, within
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.topics import (
    Kind,
    design_verdicts,
    everyone,
    extremes,
    focus,
    known_items,
    ordinary_verdicts,
    topics,
)
from desistance.bulletin.sections.domains import domains_name
from desistance.bulletin.sections.key_findings import claims_about
from desistance.bulletin.sections.practice_findings import claims_on
from desistance.bulletin.sections.provision import provision_label
from desistance.bulletin.sections.stages import stages_place
from desistance.study import DIRECTIONS, Measure, Study

COMPARED = "tables/comparisons.csv"
STAGES = ("stages", "Practice by stage")
MOST_NAMED = 4  # statements of the source quoted in one sentence


def implications_section(numbers: Numbers, study: Study) -> Section | None:
    """Short sentences on what follows; None for a study that was published nowhere, so that none is asked of it."""
    if not numbers.ledger:
        return None
    found = tuple(_all(numbers, study))
    if not found:
        return None
    return Section(
        id="implications",
        topic="Implications",
        heading="What follows, and what does not",
        paragraphs=(
            "These sentences are this report\u2019s own, written by rule: each rests on the section it names, "
            "and says that "
            "something is lower or higher only where the CR2 test after Holm\u2019s adjustment does."
            + (
                " The records are made up, so nothing here is advice on practice: it shows what the page would say."
                if numbers.made_up
                else ""
            ),
        ),
        implications=found,
    )


def _all(numbers: Numbers, study: Study) -> Iterator[Implication]:
    for topic in topics(study):
        if topic.kind == Kind.DEPENDENT:
            yield from _lowest(topic.measure, numbers, study)
            yield from _focus(topic.measure, numbers, study)
    yield from _stages(numbers, study)
    yield from _stage_groups(numbers, study)
    yield from _gaps(numbers, study)
    yield from _provision_effects(numbers, study)
    yield from _rates(numbers, study)
    yield from _comments(numbers, study)
    yield from _domains(numbers, study)
    yield from _changes(numbers, study)
    yield from _not_borne_out(numbers)


def _lowest(measure: Measure, numbers: Numbers, study: Study) -> Iterator[Implication]:
    known = known_items(numbers, measure)
    if len(known) < 2:
        return
    last, before = (everyone(numbers, item) for item in (known[-1], known[-2]))
    said = f"{per_cent(last.exact)}; {evidence(last, numbers, with_percent=False)}"
    lead = among_shown(measure, numbers, study)
    text = f"{lead}{statement(measure)} least often for {within(known[-1].label)} ({said})"
    apart = last.has_interval and before.has_interval and last.high < before.low
    if apart:
        said = full(f"{text}: it is where to look first for what stands in the way")
    else:
        said = f"{full(text)} {certainty_sentence(measure, known[-1], numbers, study)}".strip()
    yield Implication(said, (measure.id, measure.title), claims_about(numbers, measure, item=known[-1]))


def _focus(measure: Measure, numbers: Numbers, study: Study) -> Iterator[Implication]:
    division = focus(numbers, study, measure)
    if division is None:
        return
    ordinary, design = (count(numbers, measure, division) for count in (ordinary_verdicts, design_verdicts))
    way = direction(measure, division, design.found or ordinary.found, numbers)
    if design.found:
        n, total = len(design.found), design.total
        amount = counted_cited(of_items(n, total, study, hidden=design.hidden), design, measure, division)
        text = f"{way}, significantly on {amount} by the CR2 test; plans should ask why there"
        rest = total - n
        others = f"the other {rest}{' shown' if design.hidden else ''}"
        text += f", and the data do not show it for {others}" if rest else ""
    else:
        said = of_items(len(ordinary.found), ordinary.total, study, hidden=ordinary.hidden)
        said = counted_cited(said, ordinary, measure, division)
        which = "the tests that are shown" if design.hidden else "the data"
        text = (
            f"{which} do not show by the CR2 test that {way}: the {numbers.ordinary} says so on "
            f"{said}, which is not enough to act on alone"
        )
        if design.hidden and not design.total:
            text = f"whether {way} is hidden by the CR2 test: the {numbers.ordinary} says so on {said}"
    section = (f"{measure.id}-by-{division.id}", f"{measure.title} by {within(division.label)}")
    yield Implication(full(text), section, claims_about(numbers, measure, division=division))


def _stages(numbers: Numbers, study: Study) -> Iterator[Implication]:
    measures = staged_measures(numbers, study)
    if not measures or not any(is_told(step.test) for step in numbers.practice.steps):
        return
    hidden = any(is_veiled(step.test) for step, _ in everyones_steps(measures, numbers))
    step, falls = largest_fall(measures, numbers), whole_falls(measures, numbers)
    evident = cited(stages_evidence(measures, numbers), stages_place(measures, numbers))
    said = f"{stages_headline(measures, numbers, study)} ({evident})"
    if step is not None:
        text = f"{said}: a check at that point would come earlier than one at the end"
    elif falls:
        text = f"{said}: the data do not say at which step to begin"
    else:
        which = "changes that are shown" if hidden else "data"
        text = f"the {which} do not show that sufficiency is lost along the stages, so they do not say where to begin"
    claims = [claim for measure in measures for claim in claims_about(numbers, measure)]
    yield Implication(full(text), STAGES, tuple(dict.fromkeys(claims)))


def _stage_groups(numbers: Numbers, study: Study) -> Iterator[Implication]:
    """By which groups shares at the stages differ, and which group is lowest where it is always the same."""
    measures = staged_measures(numbers, study)
    for division in study.divisions if measures else ():
        claims = [
            claim for measure in measures for claim in claims_about(numbers, measure, division=division)
        ]
        counts = [design_verdicts(numbers, measure, division) for measure in measures]
        found, hidden = [item for each in counts for item in each.found], any(each.hidden for each in counts)
        total = sum(each.total if hidden else len(m.items) for each, m in zip(counts, measures, strict=True))
        if hidden and not total:
            continue
        if found:
            ends = [extremes(numbers, item, division) for item in found]
            lowest = {level_name(division, end[2]) if end else None for end in ends}
            place = "in the band" if division.ordered else "for"
            each = f", each lowest {place} {lowest.pop()}" if len(lowest) == 1 and None not in lowest else ""
            text = (
                f"by {within(division.label)}, {cited(f'{len(found)} of {total} shares', COMPARED)} at the stages"
                f"{' whose tests are shown' if hidden else ''} differ significantly by the CR2 test{each}"
            )
        elif claims:
            which = "tests that are shown" if hidden else "data"
            text = (
                f"the {which} do not show by the CR2 test that shares at the stages differ by "
                f"{within(division.label)}"
            )
        else:
            continue
        yield Implication(full(text), STAGES, tuple(dict.fromkeys(claims)))


def _gaps(numbers: Numbers, study: Study) -> Iterator[Implication]:
    if study.services is None or not numbers.practice.provided:
        return
    shown = [one for one in by_gap(numbers, study) if gap_share(one, numbers).exact]
    if not shown:
        return
    first = gap_share(shown[0], numbers)
    close = [
        one for one in shown[1:] if first.has_interval and (gap_share(one, numbers).high or 0) >= first.low
    ]
    text = f"access to {within(shown[0].short)} is judged a gap in {cited(n_of_services(first, study), first.place)}"
    if close:
        names = joined([within(one.short) for one in close])
        text += f"; so few {study.words['service'][1]} cannot set it apart from {names}"
    else:
        veiled = any(gap_share(one, numbers).hides("estimate", "high") for one in by_gap(numbers, study))
        which = " that is shown" if veiled else ""
        text += f", more than any other{which}, beyond what chance would give"
    subjects = [f"gap.{one.id}" for one in (shown[0], *close)]
    yield Implication(full(text), _provision_place(study), claims_on(numbers, subjects))


def _provision_place(study: Study) -> tuple[str, str]:
    return "provision", f"What {study.words['service'][1]} provide"


def _provision_effects(numbers: Numbers, study: Study) -> Iterator[Implication]:
    tested = [row for row in numbers.practice.provision_effects if is_told(row.test)]
    if not tested or study.services is None:
        return
    hidden = any(is_veiled(row.test) for row in numbers.practice.provision_effects)
    lower = [row for row in tested if real(row.test, numbers) and row.test.estimate < 0]
    if lower:
        named = joined([provision_label(row, study) for row in lower])
        text = (
            f"delivery is lower where access to {named} is a gap: what staff can deliver hangs together with "
            "what there is to "
            "refer to, though this does not show which comes first"
        )
    else:
        which = "comparisons that are shown" if hidden else "data"
        text = f"the {which} do not show that delivery is lower where access is a gap"
        reaches = [-row.smallest_decrease for row in tested if row.smallest_decrease is not None]
        if reaches:
            ends = dict.fromkeys(size_points(reach) for reach in (min(reaches), max(reaches)))
            size = cited(f"{' to '.join(ends)} points", "table-provision-delivery")
            text += (
                f"; nor do they show that it is not, since only a shortfall of {size} or more would have "
                "been seen"
            )
    yield Implication(
        full(text), _provision_place(study), claims_on(numbers, [f"gap.{row.provision}" for row in lower])
    )


def _rates(numbers: Numbers, study: Study) -> Iterator[Implication]:
    labels = {one.id: one.short for one in study.services.rates} if study.services else {}
    said, subjects = [], []
    for row in numbers.practice.rates:
        if row.lowest is not None and row.highest is not None and row.item in labels:
            ends = f"from {percentage(row.lowest)} to {per_cent(row.highest)}"
            said.append(f"{within(labels[row.item])}: {cited(ends, row.place)}")
            subjects.append(f"rate.{row.item}")
    if said:
        service = study.words["service"]
        text = (
            f"between {service[1]} the share runs far ({joined(said)}); many are small, so much of that is "
            f"chance, and one figure for all of them says little of any one {service[0]}"
        )
        yield Implication(full(text), _provision_place(study), claims_on(numbers, subjects))


def _comments(numbers: Numbers, study: Study) -> Iterator[Implication]:
    if study.codebook is None or not numbers.practice.mentions:
        return
    said = [
        f"{cited(spoken, 'table-themes')} as {article(direction)}"
        for direction in DIRECTIONS
        if (spoken := most_spoken(direction, numbers, study))
    ]
    if said:
        veiled = any(row.services.hides("estimate") for row in numbers.practice.mentions)
        which = ", of the themes shown," if veiled else ""
        text = f"comments name most often{which} {joined(said)}: a place to begin a conversation, and no more than that"
        claims = claims_on(numbers, [f"theme.{theme.id}" for theme in study.codebook.themes])
        yield Implication(full(text), ("comments", "What comments speak of"), claims)


def _domains(numbers: Numbers, study: Study) -> Iterator[Implication]:
    measure = pooled_measure(numbers, study)
    if measure is None:
        return
    bare = [domain for domain in study.crosswalk.domains if not domain.bearings]
    names = joined([f"\u201c{within(domain.short)}\u201d" for domain in bare])
    text = (
        f"these records say nothing of {names}: whoever wants to know must ask for it"
        if bare
        else "every domain has a judgement that bears on it, by a crosswalk that is assumed"
    )
    place = ("domains", domains_name(study))
    yield Implication(full(text), place, claims_on(numbers, [measure.id]))


def _changes(numbers: Numbers, study: Study) -> Iterator[Implication]:
    if not any(is_told(row.test) for row in everyones_changes(numbers, study)):
        return
    said = changes_headline(numbers, study)
    test = "" if "CR2" in said else " (CR2 test)"
    text = f"{cited(said, 'table-changes')}{test}: a change of this kind does not say why"
    yield Implication(full(text), ("changes", "Change since another edition"))


def _not_borne_out(numbers: Numbers) -> Iterator[Implication]:
    """Statements of the source that the design-based verdict does not bear out."""
    for verdict, text in (
        (
            "does_not_hold",
            "by the design-based method the data do not bear out every claim taken from the source",
        ),
        (
            "undetermined",
            "the data neither confirm nor contradict, by the design-based method, these claims taken from the source",
        ),
    ):
        rows = [row for row in numbers.ledger if row["verdict_design_based"] == verdict]
        said = [
            f"{row['claim']}, {within(row['statement'].rstrip('.'))} ({_as_published(row)})"
            for row in rows[:MOST_NAMED]
        ]
        more = (
            f"; and {cited(f'{len(rows) - MOST_NAMED} more', 'tables/ledger.csv')}"
            if len(rows) > MOST_NAMED
            else ""
        )
        if rows:
            claims = tuple(row["claim"] for row in rows)
            yield Implication(f"{full(text)[:-1]}: {joined(said)}{more}.", ("ledger", "Claim ledger"), claims)


def _as_published(row: Mapping[str, str]) -> str:
    return cited(f"published: {row['published'].rstrip('.')}", row["claim"])
