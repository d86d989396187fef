"""The figures as the page needs them: headline, statistical title, alternative text, data, and what to draw.

Nothing here draws, so the page can be made again without matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from desistance.bulletin.captions.counts import count_figures
from desistance.bulletin.captions.judgements import judgement_figures
from desistance.bulletin.captions.overall import overall_figure
from desistance.bulletin.captions.subgroups import contrast_figure, panels_figure
from desistance.bulletin.content import Figure
from desistance.bulletin.numbers import Numbers
from desistance.bulletin.topics import Kind, Topic, focus, host, topics
from desistance.study import Study


def planned_figures(numbers: Numbers, study: Study) -> dict[str, tuple[Figure, ...]]:
    """Figures of each topic by the topic's id, numbered in the order of the page."""
    planned, number = {}, 0
    for topic in topics(study):
        figures = tuple(_topic_figures(topic, numbers, study))
        planned[topic.id] = tuple(replace(figure, number=number + n) for n, figure in enumerate(figures, 1))
        number += len(figures)
    return planned


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
                yield contrast_figure(topic.measure, first, numbers, study)
            if rest:
                yield panels_figure(topic.measure, rest, numbers, study)
        case Kind.SINGLE:
            yield from judgement_figures(topic, numbers, study)
        case Kind.NUMBER:
            yield from count_figures(topic.measure, numbers, study)
