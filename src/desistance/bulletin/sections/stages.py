"""Practice by stage: how often it was sufficient at each, and where along the stages sufficiency is lost."""

from __future__ import annotations

from collections.abc import Sequence

from desistance.bulletin.captions.stages import (
    between,
    is_single,
    largest_fall,
    staged_measures,
    stages_headline,
    whole_falls,
)
from desistance.bulletin.content import Cell, Figure, Section, Table
from desistance.bulletin.language.evidence import change_cited, is_told, is_veiled, real
from desistance.bulletin.language.phrases import (
    cases,
    cited,
    digits_of,
    everyone_label,
    evidence,
    full,
    level_percent,
    of_all,
    percent_number,
    setting,
)
from desistance.bulletin.language.sentences import HOLM, method_sentence, no_shares
from desistance.bulletin.language.shorthand import flagged
from desistance.bulletin.language.words import (
    interval,
    joined,
    per_cent,
    sentence,
    spelt,
    within,
)
from desistance.bulletin.reading.numbers import ALL, Numbers
from desistance.bulletin.reading.practice import Step
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import everyone, worded
from desistance.bulletin.sections.by_division import (
    difference_tables,
    differing_divisions,
    division_texts,
    filled,
    present,
)
from desistance.bulletin.sections.change_cells import change_cells, change_columns, verdict_cell
from desistance.bulletin.sections.difference_tables import share_cell
from desistance.bulletin.sections.tables import missing_notes, overall_table
from desistance.study import Breakdown, Level, Measure, Study


def stages_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Shares by stage, changes between stages, and a part a measure with its differences; None without stages."""
    measures = staged_measures(numbers, study)
    if not measures:
        return None
    stages = [within(item.label) for item in measures[0].items]
    return Section(
        id="stages",
        topic="Practice by stage",
        heading=sentence(stages_headline(measures, numbers, study)),
        paragraphs=filled(
            f"Practice is judged at {spelt(len(stages))} stages: {joined(stages)}. A change between two "
            f"stages is about the {cases(study)} judged at each: most are the same, and part of a change may be a "
            f"change of {cases(study)}. The CR2 test allows for the same ones being judged twice, for "
            f"{cases(study)} of one {study.words['service'][0]} being alike, and {HOLM} for the number of changes of "
            "one measure.",
            *(measure_text(measure, numbers, study) for measure in measures),
            _groups_text(measures, numbers, study),
        ),
        figures=tuple(figures),
        tables=present(_steps_table(measures, numbers, study), *_subgroup_tables(measures, numbers, study)),
        parts=tuple(
            _part(measure, numbers, study, first=not number) for number, measure in enumerate(measures)
        ),
    )


def stages_place(measures: Sequence[Measure], numbers: Numbers) -> str:
    """Row of the change that the headline on stages speaks of; their table, where it speaks of several or of none."""
    step, falls = largest_fall(measures, numbers), whole_falls(measures, numbers)
    if step is None and len(falls) != 1:
        return "table-stages"
    return (step or falls[0]).test.place


def measure_text(measure: Measure, numbers: Numbers, study: Study) -> str:
    """Shares of one measure from stage to stage, and which changes are significant."""
    known = [(item, share) for item in measure.items if (share := everyone(numbers, item)).exact is not None]
    if not known:
        return f"{measure.title}: {no_shares(numbers, measure)}."
    (first, share), rest = known[0], known[1:]
    said = evidence(share, numbers, with_percent=False)
    texts = [
        f"at {within(first.label)} in {per_cent(share.exact, digits_of(share))} of {cases(study)}"
        + (f" ({said})" if said else "")
    ]
    texts += [
        f"at {within(item.label)} in {percent_number(share)}"
        + (f" ({cited(interval(share.low, share.high), share.place)})" if share.has_interval else "")
        for item, share in rest
    ]
    return f"{measure.title}: sufficient {joined(texts)}. {_changes_text(measure, numbers)}".strip()


def _changes_text(measure: Measure, numbers: Numbers) -> str:
    """Which single steps are significant, and the change from the first stage to the last."""
    tested = [step for step in steps_of(measure, numbers) if is_told(step.test)]
    single, whole = (
        [step for step in tested if is_single(step, measure)],
        [step for step in tested if not is_single(step, measure)],
    )
    hidden = any(is_single(step, measure) and is_veiled(step.test) for step in steps_of(measure, numbers))
    return " ".join(
        filter(
            None,
            (_whole_text(whole, measure, numbers), _single_text(single, measure, numbers, hidden=hidden)),
        )
    )


def _whole_text(steps: Sequence[Step], measure: Measure, numbers: Numbers) -> str:
    said = [
        f"{between(step, measure)} it changes by {change_cited(step.test, numbers)}: "
        f"{'significant' if real(step.test, numbers) else 'not significant'} by the CR2 test"
        for step in steps
    ]
    return full("; ".join(said)) if said else ""


def _single_text(steps: Sequence[Step], measure: Measure, numbers: Numbers, *, hidden: bool) -> str:
    found = [step for step in steps if real(step.test, numbers)]
    if not steps:
        return "The tests of single steps are hidden." if hidden else ""
    which = " that is shown" if hidden else ""
    if not found:
        return f"No single step from one stage to the next{which} is significant by the CR2 test."
    named = joined([f"{between(step, measure)} ({change_cited(step.test, numbers)})" for step in found])
    verb = "is" if len(found) == 1 else "are"
    amount = cited(f"{len(found)} of {len(steps)}", "table-stages")
    return f"Of the single steps{' shown' if hidden else ''}, {amount} {verb} significant by the CR2 test: {named}."


def steps_of(measure: Measure, numbers: Numbers, breakdown: str = ALL, subgroup: str = ALL) -> list[Step]:
    """Changes of one measure between stages in one group, in the order of the table."""
    key = (measure.id, breakdown, subgroup)
    return [step for step in numbers.practice.steps if (step.measure, step.breakdown, step.subgroup) == key]


def _groups_text(measures: Sequence[Measure], numbers: Numbers, study: Study) -> str:
    """In how many groups a change between stages is significant, and the largest fall of them."""
    names = {(d.id, level.code): _group_name(d, level) for d in study.divisions for level in d.levels}
    by_id = {measure.id: measure for measure in measures}
    steps = [
        step
        for step in numbers.practice.steps
        if step.measure in by_id and (step.breakdown, step.subgroup) in names
    ]
    tested = [step for step in steps if is_told(step.test)]
    if not tested:
        return ""
    hidden = any(is_veiled(step.test) for step in steps)
    falls = [step for step in tested if real(step.test, numbers) and step.test.estimate < 0]
    amount = cited(of_all(len(falls), len(tested), ("change", "changes"), hidden=hidden), "tables/stages.csv")
    start = (
        f"Within subgroups and bands, {amount} "
        f"{'is a fall' if len(falls) == 1 else 'are falls'} significant by the CR2 test"
    )
    if not falls:
        return f"{start}."
    far = min(falls, key=lambda step: step.test.estimate)
    measure = by_id[far.measure]
    which = "The largest of these" if hidden else "The largest"
    return (
        f"{start}. {which} is for {names[far.breakdown, far.subgroup]}, {between(far, measure)}, in "
        f"{within(measure.title)}: {change_cited(far.test, numbers)}."
    )


def _group_name(division: Breakdown, level: Level) -> str:
    return f"{within(division.label)}: {within(level.label)}" if division.ordered else level.label


def _part(measure: Measure, numbers: Numbers, study: Study, *, first: bool) -> Section:
    """One measure: its differences by every division at each stage; methods are named in the first part."""
    own = worded(study, measure)
    return Section(
        id=f"stages-{measure.id}",
        topic=measure.title,
        heading=f"{measure.title}: {differing_divisions(measure, numbers, own)}",
        paragraphs=filled(
            method_sentence(numbers, study) if first else "",
            *division_texts(measure, study.divisions, numbers, own),
        ),
        tables=(
            overall_table(measure, numbers, own),
            *(difference_tables(measure, numbers, own, open_table=None) if study.divisions else ()),
        ),
    )


def _steps_table(measures: Sequence[Measure], numbers: Numbers, study: Study) -> Table | None:
    """Every change between stages, for everyone."""
    rows = [(measure, step) for measure in measures for step in steps_of(measure, numbers)]
    if not rows:
        return None
    what = "Change in sufficiency from one stage to the next"
    return Table(
        id="table-stages",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Measure", "Stages", *_step_columns(numbers)),
        rows=tuple(
            (
                Cell(measure.title, kind="text"),
                Cell(_stages_name(step, measure), kind="text"),
                *_step_cells(step, measure, numbers),
            )
            for measure, step in rows
        ),
        notes=_step_notes([step.test for _, step in rows], numbers, study),
        ids=tuple(step.test.place for _, step in rows),
        summary=what,
    )


def _subgroup_tables(measures: Sequence[Measure], numbers: Numbers, study: Study) -> list[Table | None]:
    return [_subgroup_table(measure, numbers, study) for measure in measures]


def _subgroup_table(measure: Measure, numbers: Numbers, study: Study) -> Table | None:
    """Every change between stages of one measure, in every group."""
    rows = [
        (f"{division.label}: {level.label}", step)
        for division in study.divisions
        for level in division.levels
        for step in steps_of(measure, numbers, division.id, level.code)
    ]
    if not rows:
        return None
    what = f"{measure.title}: change from one stage to the next, by subgroup and band"
    return Table(
        id=f"table-stages-{measure.id}-groups",
        number=0,
        title=f"{what}; {setting(study, numbers)}",
        columns=("Group", "Stages", *_step_columns(numbers)),
        rows=tuple(
            (
                Cell(flagged(group, unreliable=_is_unreliable(step, numbers)), kind="text"),
                Cell(_stages_name(step, measure), kind="text"),
                *_step_cells(step, measure, numbers),
            )
            for group, step in rows
        ),
        notes=_step_notes([step.test for _, step in rows], numbers, study),
        ids=tuple(step.test.place for _, step in rows),
        summary=what,
        folded=True,
    )


def _is_unreliable(step: Step, numbers: Numbers) -> bool:
    """Whether one of the two shares of a change rests on a small base."""
    keys = ((step.measure, item, step.breakdown, step.subgroup) for item in (step.previous, step.item))
    return any(numbers.share(*key).unreliable for key in keys)


def _step_columns(numbers: Numbers) -> tuple[str, ...]:
    return ("% at the first", "% at the second", *change_columns(numbers), "Change is")


def _step_cells(step: Step, measure: Measure, numbers: Numbers) -> tuple[Cell, ...]:
    shares = [
        numbers.share(measure.id, item, step.breakdown, step.subgroup) for item in (step.previous, step.item)
    ]
    return (
        *(share_cell(share) for share in shares),
        *change_cells(step.test, numbers),
        verdict_cell(step.test, numbers),
    )


def _stages_name(step: Step, measure: Measure) -> str:
    return sentence(between(step, measure).removeprefix("from "))


def _step_notes(tests: Sequence[Test], numbers: Numbers, study: Study) -> tuple[str, ...]:
    return (
        f"Significant at the {level_percent(numbers)} by the CR2 test after Holm\u2019s adjustment. The change "
        "is the "
        f"share at the second stage less that at the first, before rounding; n is the base of each. "
        f"{everyone_label(study)} judged at either stage are counted.",
        *missing_notes(tests),
    )
