"""The front of the report: facts of the cover, what every reader must see first, and what records these are."""

from __future__ import annotations

from collections.abc import Iterator

from desistance.bulletin.content import Notice, Section, Term
from desistance.bulletin.inline import link, strong
from desistance.bulletin.language.phrases import period, place
from desistance.bulletin.language.sentences import few_services_sentence
from desistance.bulletin.language.shorthand import hidden_meaning, unreliable_meaning
from desistance.bulletin.language.words import counted
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study


def cover_facts(numbers: Numbers, study: Study) -> tuple[Term, ...]:
    """Base, period and place, as far as they are known."""
    known = {
        "Base": " in ".join(base_counts(numbers, study)),
        "Period": period(study, numbers),
        "Place": place(study, numbers) if study.source.get("place") else "",
    }
    return tuple(Term(name, text) for name, text in known.items() if text)


def base_counts(numbers: Numbers, study: Study) -> tuple[str, ...]:
    """How many cases and services there are."""
    facts = numbers.facts
    known = [(facts.get("n_cases"), "case"), (facts.get("n_services"), "service")]
    return tuple(counted(n, study.words[word]) for n, word in known if n is not None)


def notices(numbers: Numbers, study: Study) -> tuple[Notice, ...]:
    """Warn of records that are made up, and of counts that are not protected."""
    return tuple(_notices(numbers, study))


def _notices(numbers: Numbers, study: Study) -> Iterator[Notice]:
    people, services = study.words["person"][1], study.words["service"][1]
    if numbers.made_up:
        yield Notice(
            "made_up",
            "These records are made up.",
            "This report was run on example records. It shows that the software works; it says nothing about real "
            f"{people}, {services} or practice.",
        )
    if not numbers.facts.get("protected"):
        also = "; a report made from real records would say the same" if numbers.made_up else ""
        yield Notice(
            "unprotected",
            "Do not publish: small counts are not protected.",
            f"No disclosure control has been applied (policy: {numbers.facts.get('policy', 'none')}). Keep this report "
            f"with those who may see the records{also}.",
        )


def lead(numbers: Numbers, study: Study, *, found: bool) -> str:
    """Line over the key findings; says why where there is none."""
    if not found:
        hidden = any(share.hides("estimate") for share in numbers.shares.values())
        why = (
            "every share is hidden to protect confidentiality"
            if hidden
            else "none of the shares is available"
        )
        return f"No finding can be written: {why}."
    if numbers.made_up:
        return (
            "Written by rule from made-up records; none of these findings is about real "
            f"{study.words['person'][1]}."
        )
    counts = " in ".join(base_counts(numbers, study))
    return f"Written by rule from {counts}, in records supplied by the user of this software."


def about_section(numbers: Numbers, study: Study) -> Section:
    """What records these are, where the definitions come from, what is hidden, and what they can show."""
    return Section(
        "records", "About these records", "About these records", terms=tuple(_about(numbers, study))
    )


def _about(numbers: Numbers, study: Study) -> Iterator[Term]:
    yield Term("Records", _records(numbers))
    yield Term("Source of the definitions", f"{study.source['citation']}.")
    if study.source.get("seen_as"):
        yield Term("How the source was seen", f"{study.source['seen_as']}.")
    if numbers.facts.get("protected"):
        yield Term(
            "What is hidden",
            f"[c] stands in place of a number that is {hidden_meaning(study)}; anything computed from such a number is "
            f"hidden too, and sentences speak of what is shown. [u] marks {unreliable_meaning(numbers)}. [x] stands "
            f"where a number could not be computed. The rule is under {link('disclosure control', '#disclosure')}.",
        )
    if reach := few_services_sentence(numbers, study):
        yield Term("What they can show", reach)
    yield Term(
        "How to check a number",
        "The evidence behind a sentence leads to its row in a table; the row has its base and interval, the line under "
        f"the table names the released file, the rule that made it and the {link('method', '#method')}. A claim "
        f"leads to its row in the {link('claim ledger', '#ledger') if numbers.ledger else 'claim ledger'}.",
    )
    yield Term(
        "Standing",
        "This report is not a publication of the authors of the source. What the source does not say is marked as "
        f"assumed and {link('listed', '#assumptions')}.",
    )


def _records(numbers: Numbers) -> str:
    if not numbers.made_up:
        return (
            "Records supplied by the user of this software. What they say here is not a statement of the source "
            "below."
        )
    agree = (
        "They were made to agree with the source, so agreement with it shows that the arithmetic works and nothing "
        "else. "
        if numbers.ledger
        else ""
    )
    return f"{strong('Made up')}, in the shape of an extract of case records. {agree}No real record was used."
