"""The whole report from the released object, once; pages, documents and workbooks are renderings of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from desistance.bulletin.captions import planned_figures
from desistance.bulletin.content import Download, Figure, Publication, Section, Table
from desistance.bulletin.language.grammar import checked
from desistance.bulletin.reading.numbers import Numbers, released_numbers
from desistance.bulletin.sections.annex import annex_tables
from desistance.bulletin.sections.back import (
    assumptions_section,
    citing_section,
    disclosure_section,
    ledger_section,
    making_section,
    quality_section,
)
from desistance.bulletin.sections.calibration import calibration_section
from desistance.bulletin.sections.front import about_section, base_counts, cover_facts, lead, notices
from desistance.bulletin.sections.glossary import glossary_section, shorthand
from desistance.bulletin.sections.key_findings import key_findings
from desistance.bulletin.sections.method import method_section
from desistance.bulletin.sections.sources import SOURCES, sourced
from desistance.bulletin.sections.topic_sections import numbered, sections
from desistance.study import Study

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

KIND = "Statistical report"
BESIDE = (
    Download("bulletin.pdf", "This report as a PDF document"),
    Download("tables.ods", "Every table of this report as a workbook (ODS)"),
    Download("explorer.html", "Explorer: any measure by any breakdown"),
    Download("tables/csv-metadata.json", "What every column of the released tables means (CSVW)"),
    Download(
        "ro-crate-metadata.json", "How everything here was made: inputs, code, packages, files (RO-Crate)"
    ),
)


def publication(released: Released, study: Study) -> Publication:
    """Build the report.

    Parameters
    ----------
    released : Released
        What may be seen; the only source of numbers.
    study : Study
        Labels and words.

    Raises
    ------
    ReleaseError
        A sentence breaks one of the rules of `language.grammar`.
    """
    numbers = released_numbers(released)
    topics = sections(planned_figures(numbers, study), numbers, study)
    findings = key_findings(numbers, study)
    filled = {name for name in SOURCES if len(getattr(released, name))}
    base = " in ".join(base_counts(numbers, study))
    report = Publication(
        title=study.title,
        kind=KIND,
        head=cover_facts(numbers, study),
        notices=notices(numbers, study),
        made_up=numbers.made_up,
        lead=lead(numbers, study, found=bool(findings)),
        findings=findings,
        about=about_section(numbers, study),
        sections=tuple(sourced(section, filled, study, base) for section in topics),
        annex=tuple(
            sourced(section, filled, study, base) for section in _annex(released, topics, numbers, study)
        ),
        shorthand=shorthand(numbers, study),
        version=str(numbers.facts["version"]),
    )
    return checked(report, numbers, study)


def figures_of(made: Iterable[Section]) -> Iterator[Figure]:
    """Figures of sections and of their parts, in the order of the report."""
    for section in made:
        yield from section.figures
        yield from figures_of(section.parts)


def tables_of(made: Iterable[Section]) -> Iterator[Table]:
    """Tables of sections and of their parts, in the order of the report."""
    for section in made:
        yield from section.tables
        yield from tables_of(section.parts)


def anchors(report: Publication) -> frozenset[str]:
    """Everything in the report that a link can lead to."""
    made = (report.about, *report.sections, *report.annex)
    return frozenset({"key-findings", *_anchors(made)})


def _anchors(made: Iterable[Section]) -> Iterator[str]:
    for section in made:
        yield section.id
        yield from (term.id for term in section.terms if term.id)
        for table in section.tables:
            yield from (table.id, *table.ids)
        yield from (f"figure-{figure.number}" for figure in section.figures)
        yield from _anchors(section.parts)


def _annex(
    released: Released, topics: tuple[Section, ...], numbers: Numbers, study: Study
) -> tuple[Section, ...]:
    tables = annex_tables(numbers, study)
    last = max((figure.number for figure in figures_of(topics)), default=0)
    simulated = calibration_section(released.calibration, study, number=last + 1)
    method = method_section(
        numbers,
        study,
        shown={section.id for section in topics},
        words=tables["words"],
        parts=() if simulated is None else (simulated,),
    )
    ledger = ledger_section(numbers, study, tables)
    made = (
        method,
        assumptions_section(study),
        quality_section(numbers, study, tables),
        disclosure_section(numbers, study),
        *(() if ledger is None else (ledger,)),
        making_section(numbers, tables, (*BESIDE, *_tables(released, study))),
        citing_section(numbers, study),
        glossary_section(numbers, study),
    )
    return tuple(numbered(made, 1 + sum(1 for _ in tables_of(topics))))


def _tables(released: Released, study: Study) -> tuple[Download, ...]:
    """Released tables that have rows."""
    known: Mapping[str, str] = {
        name: source.title.replace("factors", study.words["factor"][1]) for name, source in SOURCES.items()
    }
    return tuple(
        Download(f"tables/{name}.csv", title) for name, title in known.items() if len(getattr(released, name))
    )
