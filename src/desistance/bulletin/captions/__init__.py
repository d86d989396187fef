"""The figures as the page needs them: headline, statistical title, alternative text, data, and what to draw.

Nothing here draws, so the page can be made again without matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from desistance.bulletin.captions.changes import changes_figure
from desistance.bulletin.captions.choices import choices_figure
from desistance.bulletin.captions.combinations import combinations_figure
from desistance.bulletin.captions.counts import count_figures
from desistance.bulletin.captions.differences import differences_figure
from desistance.bulletin.captions.domains import domains_figure
from desistance.bulletin.captions.hidden import explained
from desistance.bulletin.captions.judgements import judgement_figures
from desistance.bulletin.captions.overall import overall_figure
from desistance.bulletin.captions.provision import provision_figure
from desistance.bulletin.captions.services import funnels_figure
from desistance.bulletin.captions.stages import stages_figure
from desistance.bulletin.captions.subgroups import contrast_figure, panels_figure
from desistance.bulletin.captions.themes import themes_figure
from desistance.bulletin.content import Figure
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.topics import Kind, Topic, focus, host, other_level, topics
from desistance.study import Breakdown, Measure, Study

# Figures of the sections after the topics, by the section's id, in the order of the page; None where nothing is there.
FURTHER: dict[str, Callable[[Numbers, Study], Figure | None]] = {
    "stages": stages_figure,
    "provision": provision_figure,
    "comments": themes_figure,
    "domains": domains_figure,
    "changes": changes_figure,
    "combinations": combinations_figure,
    "services": funnels_figure,
    "choices": choices_figure,
}


def planned_figures(numbers: Numbers, study: Study) -> dict[str, tuple[Figure, ...]]:
    """Figures of each topic, then of each further section, by its id; numbered in the order of the page."""
    found = {topic.id: tuple(_topic_figures(topic, numbers, study)) for topic in topics(study)}
    for name, figure in FURTHER.items():
        found[name] = tuple(each for each in (figure(numbers, study),) if each is not None)
    planned, number = {}, 0
    for name, figures in found.items():
        planned[name] = tuple(
            replace(explained(figure, numbers, study), number=number + n)
            for n, figure in enumerate(figures, 1)
        )
        number += len(figures)
    return planned


def _focus_figure(measure: Measure, division: Breakdown, numbers: Numbers, study: Study) -> Figure:
    """Differences in points where there are two levels; the levels side by side where there are more."""
    draw = differences_figure if other_level(division) else contrast_figure
    return draw(measure, division, numbers, study)


def _topic_figures(topic: Topic, numbers: Numbers, study: Study) -> Iterator[Figure]:
    match topic.kind:
        case Kind.OVERALL:
            yield overall_figure(topic.measure, numbers, study)
        case Kind.SUBGROUPS if study.breakdowns:
            yield panels_figure(topic.measure, study.breakdowns, numbers, study)
        case Kind.DEPENDENT:
            first = focus(numbers, study, topic.measure)
            rest = tuple(division for division in study.breakdowns if division is not first)
            if host(study, topic.measure) is None:
                yield overall_figure(topic.measure, numbers, study)
            if first:
                yield _focus_figure(topic.measure, first, numbers, study)
            if rest:
                yield panels_figure(topic.measure, rest, numbers, study)
        case Kind.SINGLE:
            yield from judgement_figures(topic, numbers, study)
        case Kind.NUMBER:
            yield from count_figures(topic.measure, numbers, study)
