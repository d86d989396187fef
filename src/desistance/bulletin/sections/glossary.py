"""What the report's words mean: terms of statistics in plain English, short names, and shorthand in brackets."""

from __future__ import annotations

from desistance.bulletin.content import Section, Term
from desistance.bulletin.language.abbreviations import abbreviations
from desistance.bulletin.language.phrases import cases
from desistance.bulletin.language.shorthand import shorthand_terms
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study


def glossary_section(numbers: Numbers, study: Study) -> Section:
    """Explain the terms of statistics, the short names and the shorthand."""
    short = Section(
        "shorthand",
        "Abbreviations and shorthand",
        "Abbreviations and shorthand",
        terms=tuple(Term(name, text) for name, text in abbreviations(study)) + shorthand(numbers, study),
    )
    return Section("glossary", "Glossary", "Glossary", terms=_terms(numbers, study), parts=(short,))


def shorthand(numbers: Numbers, study: Study) -> tuple[Term, ...]:
    """Every mark in brackets with its meaning."""
    return tuple(Term(mark, meaning) for mark, meaning in shorthand_terms(numbers, study))


def _terms(numbers: Numbers, study: Study) -> tuple[Term, ...]:
    cases_, service = cases(study), study.words["service"]
    level = f"{numbers.level * 100:g}"
    said = {
        "Base": f"The {cases_} a share is out of: those with a yes or a no.",
        "Breakdown": f"What {cases_} are sorted by, such as an age group; each sort is a subgroup.",
        "Claim": "A statement of the source that these records can be held against.",
        "Design effect": (
            f"How many times larger the variance is because {cases_} of one {service[0]} are alike. At 2, "
            "half of the base would be as informative if it were independent."
        ),
        "Interval": (
            f"The range of shares that fit these records: of many such ranges, {numbers.confidence} in 100 hold the "
            "share they are about."
        ),
        "Intraclass correlation": (
            f"How alike {cases_} of one {service[0]} are, from 0 (no more than any others) to 1 (all the same)."
        ),
        "Lift": (
            "How many times as often two things occur together as they would if they had nothing to do with each "
            "other."
        ),
        "P-value": (
            "How often a difference at least this large would be found if there were none. Small is evidence of a "
            "difference; large is no evidence that there is none."
        ),
        "Percentage point": "The unit of a difference between two percentages: from 40 to 50 per cent is 10 points.",
        "Released tables": "The one set of tables, after disclosure control, from which everything here is made.",
        "Alternatives": "Other choices an analyst could have made; the ledger says how often the verdict stays.",
        "Significant": (
            f"Said of a test whose p-value is under {level} per cent, after allowing for the number of tests unless "
            "the published method is named, which does not. It "
            "does not say that a difference is large or that it matters."
        ),
        "Smallest detectable difference": (
            f"The smallest difference that these records would have shown as significant {numbers.power} times in 100. "
            "That a smaller one was not found says little."
        ),
    }
    return tuple(Term(name, text) for name, text in sorted(said.items()))
