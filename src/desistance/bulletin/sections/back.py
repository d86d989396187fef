"""The back of the report: assumptions, quality, disclosure control, the ledger, how it was made, how to cite it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from desistance.bulletin.content import Download, Section, Table, Term
from desistance.bulletin.inline import code, strong
from desistance.bulletin.language.phrases import period
from desistance.bulletin.language.words import told_count
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.sections.annex import ledger_sentence, ledger_sources
from desistance.bulletin.sections.protection import protection_texts
from desistance.bulletin.sections.told import told_parts
from desistance.study import Study


def present(*tables: Table | None) -> tuple[Table, ...]:
    """Tables that have rows."""
    return tuple(table for table in tables if table is not None)


def assumptions_section(study: Study) -> Section:
    """What the study marks as assumed, by reason."""
    if not study.assumptions:
        text = "The study definition marks nothing as assumed."
        return Section("assumptions", "Assumptions", "Assumptions", (text,))
    # By reason, as many things are assumed for the same one.
    ordered = sorted(study.assumptions, key=lambda pair: pair[1])
    terms = tuple(
        Term("; ".join(what for what, _ in whats), f"{why}.")
        for why, whats in groupby(ordered, key=lambda pair: pair[1])
    )
    text = (
        "The source does not say everything that the analysis needs. These choices fill the room it leaves; every "
        "number that rests on one inherits it."
    )
    return Section("assumptions", "Assumptions", "Assumptions", (text,), terms=terms)


def quality_section(numbers: Numbers, study: Study, tables: Mapping[str, Table | None]) -> Section:
    """Rows read, accepted and rejected, oddities and missing answers; the same for what services and coders told."""
    facts = {"n_read": 0, "n_accepted": 0, "n_rejected": 0, **numbers.facts}
    oddities = facts.get("oddities") or []
    counted = "Cases" if study.gathers else "Rows"
    rows = (
        f"{counted} read: {told_count(facts['n_read'])} = {told_count(facts['n_accepted'])} accepted + "
        f"{told_count(facts['n_rejected'])} rejected.{'' if facts['n_rejected'] else ' No row broke a rule.'}"
    )
    service = study.words["service"][0]
    looked = (
        ""
        if facts.get("protected")
        else f": no {service} with a single case, no breakdown with one level, no item that nobody has"
    )
    said = "Oddities found:" if oddities else f"No oddities were found{looked}."
    parts = tuple(
        Section(
            f"quality-{part.id}",
            part.topic,
            part.heading,
            part.paragraphs,
            tables=present(tables[f"rejected_{part.id}"]),
        )
        for part in told_parts(numbers, study)
    )
    return Section(
        "quality",
        "Quality of the records",
        "Quality of the records",
        (rows, said),
        points=tuple(_oddity(oddity, facts.get("allow") or []) for oddity in oddities),
        tables=present(tables["rejected"], tables["missing"]),
        parts=parts,
    )


def _oddity(oddity: Mapping[str, str], allowed: Sequence[str]) -> str:
    said = "; allowed by the configuration" if oddity["check"] in allowed else ""
    return f"{oddity['text']} ({oddity['check'].replace('_', ' ')}{said})"


def disclosure_section(numbers: Numbers, study: Study) -> Section:
    """The policy, what it hid, and where the statement for the output checker is."""
    heading = "Disclosure control"
    texts = protection_texts(numbers, study)
    downloads = ()
    if numbers.facts.get("protected"):
        downloads = (
            Download(
                "disclosure_statement.md", "Statement for the output checker: what was hidden and attacked"
            ),
        )
    return Section("disclosure", heading, heading, texts, downloads=downloads)


def ledger_section(numbers: Numbers, study: Study, tables: Mapping[str, Table | None]) -> Section | None:
    """Hold every published claim against the records; None where the study lists no claims."""
    found = present(tables["ledger"], tables["untested"])
    if not found:
        return None
    return Section(
        "ledger", "Claim ledger", "Claim ledger", tuple(_ledger_texts(numbers, study)), tables=found
    )


def _ledger_texts(numbers: Numbers, study: Study) -> Iterator[str]:
    yield ledger_sentence(numbers)
    yield f"Source of the claims: {'; '.join(ledger_sources(numbers))}."
    if numbers.made_up:
        yield (
            f"{strong('By construction')} means that the example records were made to agree with the claim. That it "
            "holds shows that the arithmetic works, and is no evidence about real "
            f"{study.words['person'][1]}."
        )
    yield (
        "Published method, as far as the source lets it be known: the share as it is, or Pearson\u2019s test without "
        "adjustment. Design-based method: intervals and the CR2 test with Holm\u2019s adjustment. Undetermined: the "
        "records neither confirm nor contradict the claim by that method."
    )


def making_section(
    numbers: Numbers, tables: Mapping[str, Table | None], downloads: tuple[Download, ...]
) -> Section:
    """Software, study definition and packages, and everything published beside the report."""
    facts = numbers.facts
    text = (
        f"By desistance {facts['version']}, in one run from the records to this report; study definition "
        f"{code(str(facts['study']))}, SHA-256 {code(str(facts['study_sha256']))}. Every number in the report is drawn "
        "from the released tables below, and everything published was attacked before it was published."
    )
    files = Section("downloads", "Files", "Files published with this report", downloads=downloads)
    return Section(
        "made",
        "How this was made",
        "How this was made",
        (text,),
        tables=present(tables["packages"]),
        parts=(files,),
    )


def citing_section(numbers: Numbers, study: Study) -> Section:
    """How to cite the report, the software and the source; made-up records are named in each."""
    facts = numbers.facts
    made_up = " [made-up records]" if numbers.made_up else ""
    months = period(study, numbers)
    title = f"{study.title}{made_up}"
    report = (
        f"{title}{', records of ' + months if months else ''}. Regenerated by desistance {facts['version']} from study "
        f"definition {facts['study']} (SHA-256 {str(facts['study_sha256'])[:12]})."
    )
    terms = (
        Term("This report", report),
        Term(
            "The software", f"The desistance developers, desistance, version {facts['version']}. MIT licence."
        ),
        Term("The source of the definitions", f"{study.source['citation']}."),
    )
    caution = (
        "Numbers in this report come from made-up records: cite them only as an example of what the software does, "
        "never as findings. The report is not a publication of the authors of the source."
        if numbers.made_up
        else "This report is not a publication of the authors of the source: cite both, and say which number comes "
        "from which."
    )
    return Section("cite", "How to cite", "How to cite", (caution,), terms=terms)
