"""The data of the explorer: every share, difference, test and claim of the released object, with the texts shown.

Rows keep the names and values of the released tables, so that a reader (or a program) finds them again in
`tables/*.csv`. Beside each value stands the text shown for it, rounded here as on every other rendering: the
page does no arithmetic on what it prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desistance.bulletin.explorer.choices import breakdowns, divisions_of, measures
from desistance.bulletin.explorer.claims import claims
from desistance.bulletin.explorer.rows import (
    CONTRAST_COLUMNS,
    MEAN_COLUMNS,
    SHARE_COLUMNS,
    contrast_rows,
    mean_rows,
    share_rows,
)
from desistance.bulletin.explorer.views import views
from desistance.bulletin.language.phrases import reason, setting
from desistance.bulletin.language.shorthand import SPOKEN, hidden_meaning, unreliable_meaning
from desistance.bulletin.reading.cells import ABSENT, HIDDEN, UNRELIABLE
from desistance.bulletin.reading.numbers import Numbers, released_numbers
from desistance.study import Study

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

FACTS = ("estimates", "comparisons", "trends", "means", "precision", "ledger")


def explorer_data(released: Released, study: Study) -> dict[str, Any]:
    """Everything the explorer shows.

    Parameters
    ----------
    released : Released
        What may be seen; the only source of numbers. A number that is hidden is "[c]" here too, and one that is not
        available is None.
    study : Study
        Labels and words.

    Returns
    -------
    dict
        `measures` and `breakdowns` (what can be chosen, in the order of the study), `estimates`, `means` and
        `differences` (lists of rows under one row of names), `views` (sentences and tests of one item or all, by one
        division or everyone), `claims`, and what stands around them. Only what JSON can hold.
    """
    numbers = released_numbers(released)
    divisions = divisions_of(numbers, study)
    return {
        "title": study.title,
        "made_up": numbers.made_up,
        "setting": setting(study, numbers),
        "confidence": numbers.confidence,
        "power": numbers.power,
        "ordinary": numbers.ordinary,
        "service": study.words["service"][0],
        "services": study.words["service"][1],
        "measures": measures(divisions, numbers, study),
        "breakdowns": breakdowns(study),
        "estimates": [list(SHARE_COLUMNS), *share_rows(divisions, numbers, study)],
        "means": [list(MEAN_COLUMNS), *mean_rows(numbers, study)],
        "differences": [list(CONTRAST_COLUMNS), *contrast_rows(divisions, numbers, study)],
        "views": views(divisions, numbers, study),
        "claims": claims(numbers),
        "marks": {
            HIDDEN: hidden_meaning(study),
            UNRELIABLE: unreliable_meaning(numbers),
            ABSENT: "not available",
        },
        "spoken": {**SPOKEN, ABSENT: "not available"},
        "reasons": {status: reason(status) for status in _statuses(numbers)},
        "tables": [name for name in FACTS if len(getattr(released, name))],
    }


def _statuses(numbers: Numbers) -> list[str]:
    found = {row.status for row in (*numbers.shares.values(), *numbers.means.values())}
    return sorted(found - {"ok", "suppressed", "low_reliability"})
