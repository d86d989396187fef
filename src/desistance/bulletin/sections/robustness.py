"""Robustness: whether another reasonable choice would have changed a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from desistance.bulletin.captions.choices import (
    choices_headline,
    robustness_text,
    tried_alternatives,
    tried_claims,
)
from desistance.bulletin.content import Figure, Section
from desistance.bulletin.language.phrases import cited, full
from desistance.bulletin.language.words import counted, joined
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study

CHOICES = "tables/multiverse.csv"


def choices_section(figures: Sequence[Figure], numbers: Numbers, study: Study) -> Section | None:
    """Claims against alternatives; None where none was tried."""
    if not figures:
        return None
    texts = (_what(numbers), _changed(numbers), _most_changing(numbers), _hidden(numbers))
    return Section(
        id="choices",
        topic="Other reasonable choices",
        heading=choices_headline(numbers).rstrip("."),
        paragraphs=tuple(text for text in texts if text),
        figures=tuple(figures),
    )


def _what(numbers: Numbers) -> str:
    n_claims, n_tried = len(tried_claims(numbers)), len(tried_alternatives(numbers))
    tried = cited(counted(n_tried, ("alternative", "alternatives")), CHOICES)
    claims = cited(counted(n_claims, ("claim", "claims")), CHOICES)
    return (
        "Other choices would have been reasonable. The study definition names "
        f"{tried} that bear on a claim; each changes one "
        f"choice. They are put to {claims} of the ledger, and what comes out is compared with the "
        "verdict of the design-based method."
    )


def _changed(numbers: Numbers) -> str:
    """Claims whose verdict some alternative changes: the share that agrees, and which do not."""
    said = []
    for row in tried_claims(numbers):
        against = [
            f"\u201c{choice.label}\u201d"
            for choice in numbers.choices
            if choice.claim == row["claim"] and choice.agrees == "no"
        ]
        if against:
            share = robustness_text(row).replace("%", " per cent")
            agree = "" if share.startswith("[") else f"{share} agree; "
            agree = cited(agree.removesuffix("; "), row["claim"]) + "; " * bool(agree)
            said.append(f"{row['claim']} ({agree}not {joined(against, 'nor')})")
    return full(f"the verdict hangs on a choice for {joined(said)}") if said else ""


def _hidden(numbers: Numbers) -> str:
    """Say that hidden verdicts are counted nowhere."""
    if not any(choice.agrees == HIDDEN for choice in numbers.choices):
        return ""
    return "Some of these verdicts are hidden ([c]): they count neither as kept nor as changed, here and in the figure."


def _most_changing(numbers: Numbers) -> str:
    """Alternative that changes most verdicts."""
    changed = Counter(choice.label for choice in numbers.choices if choice.agrees == "no")
    most = max(changed.values(), default=0)
    if most < 2:
        return ""
    names = [f"\u201c{label}\u201d" for label, n in changed.items() if n == most]
    verb = "changes" if len(names) == 1 else "each change"
    hidden = any(choice.agrees == HIDDEN for choice in numbers.choices)
    return f"{joined(names)} {verb} most verdicts{' of those shown' if hidden else ''}: {cited(str(most), CHOICES)}."
