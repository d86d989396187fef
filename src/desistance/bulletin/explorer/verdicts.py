"""Verdicts of tests as the explorer says them: the test, what it says of a difference or a slope, its p-value."""

from __future__ import annotations

from desistance.bulletin.language.evidence import p_said
from desistance.bulletin.language.phrases import cases, level_percent, reason
from desistance.bulletin.language.sentences import HOLM
from desistance.bulletin.language.words import interval_ends, signed_decimal
from desistance.bulletin.reading.cells import ABSENT, HIDDEN
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Test
from desistance.bulletin.reading.topics import is_significant
from desistance.study import Study

BY_DESIGN = f"the design-based CR2 test with {HOLM}"


def verdict_sentence(lead: str, what: str, test: Test, adjustment: str, numbers: Numbers) -> str:
    """Verdict of a test, or why there is none."""
    verdict = is_significant(numbers, test, adjustment)
    if verdict is None:
        if test.hides(adjustment):
            return f"{lead}, whether {what} is significant is hidden {HIDDEN}."
        return f"{lead}, {what} cannot be judged {ABSENT}: {reason(test.status)}."
    said = f"is {'' if verdict else 'not '}significant at the {level_percent(numbers)}"
    return f"{lead}, {what} {said} ({p_said(test.p(adjustment), numbers)})."


def slope_sentence(test: Test, numbers: Numbers, *, what: str, unit: str) -> str:
    """Change from each band to the next, with CR2's verdict; "" where nothing of it is there."""
    if test.hides("estimate", "low", "high", "p_holm"):
        return f"How much {what} changes from band to band is hidden {HIDDEN}."
    if not test.has_interval or test.p_holm is None:
        return ""
    scale, digits = (100, 1) if unit else (1, 2)
    size = signed_decimal(test.estimate * scale, digits)
    ends = interval_ends(test.low * scale, test.high * scale, signed_decimal, digits)
    verdict = "" if is_significant(numbers, test, "p_holm") else "not "
    return (
        f"From each band to the next {what} changes by {size}{unit}, {numbers.confidence} per cent interval "
        f"{ends}; by the CR2 test of the slope with {HOLM}, that is {verdict}significant "
        f"({p_said(test.p_holm, numbers)})."
    )


def ordinary_slope(test: Test, numbers: Numbers, name: str, study: Study) -> str:
    """Verdict of an ordinary test of the change over bands; "" where it is not there."""
    if test.p_value is None:
        return ""
    lead = f"By {name}, unadjusted (it treats {cases(study)} as independent)"
    return verdict_sentence(lead, "the change", test, "p_value", numbers)


def why_gone(shorthand: str, status: str) -> str:
    """Say that a number is hidden, or why it is not available."""
    if shorthand == HIDDEN:
        return f"hidden {HIDDEN}"
    return f"not available {ABSENT}: {reason(status)}"
