"""The sections of the page: for each topic a heading that leads with the finding, sentences, figures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from desistance.bulletin.content import Figure, Section, Table
from desistance.bulletin.language.differences import largest_sentence, unseen_sentence, unseen_singles
from desistance.bulletin.language.phrases import assumed_sentence, full, share_clause
from desistance.bulletin.language.sentences import (
    amount_sentence,
    certainty_sentence,
    differing_heading,
    focus_heading,
    listed_shares,
    method_sentence,
    number_heading,
    parting_sentences,
    range_heading,
    range_sentence,
    rising_sentence,
    single_differences,
    top_heading,
)
from desistance.bulletin.language.shorthand import explained_section
from desistance.bulletin.language.words import sentence
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.topics import (
    Kind,
    Topic,
    bands_of_means,
    everyone,
    focus,
    host,
    known_items,
    topics,
)
from desistance.bulletin.sections.adjustment import adjusted_section
from desistance.bulletin.sections.bands import bands_section
from desistance.bulletin.sections.between import services_section
from desistance.bulletin.sections.by_division import difference_tables, division_text, filled, present
from desistance.bulletin.sections.changes import changes_section
from desistance.bulletin.sections.combining import combinations_section
from desistance.bulletin.sections.comments import comments_section
from desistance.bulletin.sections.difference_tables import (
    difference_table,
    effects_table,
    single_tests_table,
)
from desistance.bulletin.sections.domains import domains_section
from desistance.bulletin.sections.implications import implications_section
from desistance.bulletin.sections.provision import provision_section
from desistance.bulletin.sections.robustness import choices_section
from desistance.bulletin.sections.stages import stages_section
from desistance.bulletin.sections.tables import distribution_table, level_table, overall_table
from desistance.bulletin.sections.weighting import weighing_said, weights_section
from desistance.study import Measure, Study

NAMED = 3


def sections(
    figures: Mapping[str, tuple[Figure, ...]], numbers: Numbers, study: Study
) -> tuple[Section, ...]:
    """One section a topic, then those that look further, and what follows from it all; tables numbered."""
    builders = {
        Kind.OVERALL: _overall,
        Kind.SUBGROUPS: _subgroups,
        Kind.DEPENDENT: _dependent,
        Kind.SINGLE: _single,
        Kind.NUMBER: _number,
    }
    made = [builders[topic.kind](topic, figures[topic.id], numbers, study) for topic in topics(study)]
    further = (
        stages_section(figures["stages"], numbers, study),
        provision_section(figures["provision"], numbers, study),
        comments_section(figures["comments"], numbers, study),
        domains_section(figures["domains"], numbers, study),
        changes_section(figures["changes"], numbers, study),
        bands_section(numbers, study),
        combinations_section(figures["combinations"], numbers, study),
        adjusted_section(numbers, study),
        services_section(figures["services"], numbers, study),
        weights_section(numbers, study),
        choices_section(figures["choices"], numbers, study),
        implications_section(numbers, study),
    )
    found = [*made, *(section for section in further if section is not None)]
    noted = [weighing_said(section, numbers, study) for section in numbered(found, 1)]
    return tuple(explained_section(section, numbers, study) for section in noted)


def numbered(made: Sequence[Section], first: int) -> list[Section]:
    """Number the tables of sections and of their parts, in the order of the page."""
    result, number = [], first
    for section in made:
        tables = tuple(replace(table, number=number + n) for n, table in enumerate(section.tables))
        number += len(tables)
        parts = numbered(section.parts, number)
        number += sum(len(part.tables) for part in parts)
        result.append(replace(section, tables=tables, parts=tuple(parts)))
    return result


def _overall(topic: Topic, figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section:
    measure = topic.measure
    known = known_items(numbers, measure)
    named = listed_shares(measure, known[:NAMED], numbers, study)
    certain = certainty_sentence(measure, known[0], numbers, study) if known else ""
    return Section(
        id=topic.id,
        topic=measure.title,
        heading=top_heading(measure, numbers, study),
        paragraphs=filled(named, certain, assumed_sentence(measure)),
        figures=tuple(figures),
        tables=(overall_table(measure, numbers, study),),
    )


def _subgroups(topic: Topic, figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section:
    measure = topic.measure
    shown = study.breakdowns or study.bands
    sentences = [division_text(measure, division, numbers, study) for division in shown]
    return Section(
        id=topic.id,
        topic=f"{measure.title} by subgroup",
        heading=differing_heading(measure, shown, numbers, study),
        paragraphs=filled(method_sentence(numbers, study), *sentences),
        figures=tuple(figures),
        tables=difference_tables(measure, numbers, study, open_table=None),
    )


def _dependent(topic: Topic, figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section:
    measure = topic.measure
    known = known_items(numbers, measure)
    drawn = {figure.id: figure for figure in figures}
    own = tuple(figure for name, figure in drawn.items() if name == measure.id)
    paragraphs = ()
    if len(known) > 1:
        certain = [certainty_sentence(measure, item, numbers, study) for item in (known[0], known[-1])]
        paragraphs = filled(range_sentence(measure, numbers, study), " ".join(filter(None, certain)))
    paragraphs += filled(assumed_sentence(measure))
    if host(study, measure) is not None:
        paragraphs += (
            f"The shares stand beside their bases in the figure on {host(study, measure).title.lower()}.",
        )
    first = focus(numbers, study, measure)
    parts = []
    if first:
        parts.append(_focus_part(measure, drawn.pop(f"{measure.id}_by_{first.id}"), numbers, study))
    rest = tuple(figure for name, figure in drawn.items() if name != measure.id)
    if rest or study.divisions:
        parts.append(_rest_part(measure, rest, numbers, study))
    return Section(
        id=topic.id,
        topic=measure.title,
        heading=range_heading(measure, numbers, study),
        paragraphs=paragraphs,
        figures=own,
        tables=(overall_table(measure, numbers, study),),
        parts=tuple(parts),
    )


def _focus_part(measure: Measure, figure: Figure, numbers: Numbers, study: Study) -> Section:
    division = focus(numbers, study, measure)
    return Section(
        id=f"{measure.id}-by-{division.id}",
        topic=division.label,
        heading=focus_heading(measure, division, numbers, study),
        paragraphs=filled(
            method_sentence(numbers, study),
            parting_sentences(measure, division, numbers, study),
            largest_sentence(measure, division, numbers, study),
            unseen_sentence(measure, division, numbers, study),
        ),
        figures=(figure,),
        tables=present(
            difference_table(measure, division, numbers, study, folded=False),
            effects_table(measure, (division,), numbers, study),
        ),
    )


def _rest_part(measure: Measure, figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section:
    first = focus(numbers, study, measure)
    others = tuple(division for division in study.breakdowns if division is not first)
    sentences = [division_text(measure, division, numbers, study) for division in others]
    return Section(
        id=f"{measure.id}-by-subgroup",
        topic="Other breakdowns" if first else "Breakdowns",
        heading=differing_heading(measure, others or study.bands, numbers, study),
        paragraphs=filled("" if first else method_sentence(numbers, study), *sentences),
        figures=tuple(figures),
        tables=difference_tables(measure, numbers, study, open_table=first.id if first else None),
    )


def _single(topic: Topic, figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section:
    clauses = [amount_sentence(measure, measure.items[0], numbers, study) for measure in topic.measures]
    known = [m for m in topic.measures if everyone(numbers, m.items[0]).exact is not None]
    shares = " ".join(
        full(share_clause(study, numbers, m, m.items[0], everyone(numbers, m.items[0]))) for m in known
    )
    differences = [_single_text(measure, numbers, study) for measure in topic.measures]
    tables = [level_table(measure, study.divisions, numbers, study) for measure in topic.measures]
    tests = [single_tests_table(topic.measures, study.divisions, numbers, study)] if study.divisions else []
    return Section(
        id=topic.id,
        topic=topic.measure.title
        if len(topic.measures) == 1
        else " and ".join(_short_titles(topic.measures)),
        heading=sentence("; ".join(clauses)),
        paragraphs=filled(shares, *differences),
        figures=tuple(figures),
        tables=(*tests, *tables, *_effects(topic.measures, numbers, study)),
    )


def _effects(measures: Sequence[Measure], numbers: Numbers, study: Study) -> tuple[Table, ...]:
    return present(*(effects_table(measure, study.divisions, numbers, study) for measure in measures))


def _single_text(measure: Measure, numbers: Numbers, study: Study) -> str:
    """By which divisions a measure with one item differs, and what could not have been seen."""
    texts = (
        single_differences(measure, study.divisions, numbers),
        unseen_singles(measure, study.divisions, numbers),
    )
    return " ".join(text for text in texts if text)


def _short_titles(measures: Sequence[Measure]) -> list[str]:
    shorts = [measure.items[0].short for measure in measures]
    return [shorts[0], *(short[:1].lower() + short[1:] for short in shorts[1:])]


def _number(topic: Topic, figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section:
    measure = topic.measure
    item = measure.items[0]
    divisions = bands_of_means(numbers, study)
    share = everyone(numbers, item)
    text = full(share_clause(study, numbers, measure, item, share)) if share.exact is not None else ""
    tests = [single_tests_table((measure,), study.divisions, numbers, study)] if study.divisions else []
    distribution = [distribution_table(numbers, study)] if numbers.distribution() else []
    return Section(
        id=topic.id,
        topic=f"Number of {study.words['factor'][1]}",
        heading=number_heading(measure, divisions, numbers, study),
        paragraphs=filled(
            text,
            rising_sentence(divisions, numbers, study),
            _single_text(measure, numbers, study),
        ),
        figures=tuple(figures),
        tables=(
            *tests,
            level_table(measure, study.divisions, numbers, study),
            *_effects((measure,), numbers, study),
            *distribution,
        ),
    )
