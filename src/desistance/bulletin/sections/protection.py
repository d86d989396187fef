"""Disclosure control in words: which counts are hidden, what goes with them, and how much was hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desistance.bulletin.language.phrases import cases
from desistance.bulletin.language.words import count, counted, within
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study

COUNT = ("count", "counts")


def is_protected(numbers: Numbers) -> bool:
    """Whether the release was made under a policy that hides small counts."""
    return bool(numbers.facts.get("protected"))


def fewest_shown(numbers: Numbers) -> int | None:
    """Smallest count, other than nought, that the policy lets be seen; None where the release does not say."""
    largest = _policy(numbers).get("largest_unsafe")
    return largest + 1 if is_protected(numbers) and isinstance(largest, int) else None


def protection_texts(numbers: Numbers, study: Study) -> tuple[str, ...]:
    """The policy by its name, what it hides, what goes with it, how statistics are rounded, and how much is hidden."""
    policy = _policy(numbers)
    name = policy.get("label") or numbers.facts.get("policy", "none")
    if not is_protected(numbers):
        return (
            f"No disclosure control was applied (policy: {name}), so small counts can be seen on this page.",
        )
    texts = (
        f"Policy: {within(name)} ({numbers.facts.get('policy')}).",
        " ".join(_unsafe(policy, study)),
        " ".join(_derived(policy, study)),
        " ".join(_rounded(policy)),
        " ".join(_amounts(policy)),
    )
    return tuple(text for text in texts if text)


def _policy(numbers: Numbers) -> Mapping[str, Any]:
    return numbers.facts.get("disclosure") or {}


def _unsafe(policy: Mapping[str, Any], study: Study) -> Iterator[str]:
    """Which counts are unsafe, by themselves."""
    largest, base = policy.get("largest_unsafe"), policy.get("smallest_base")
    if largest is None or base is None:
        return
    hides_nought = policy.get("zeros") == "hidden"
    sizes = f"{largest} or less, nought included," if hides_nought else f"1 to {largest},"
    yield (
        f"A number of {cases(study)} is hidden when it, or what remains of its base, is {sizes} or when its base is "
        f"under {base}."
    )
    if not hides_nought:
        yield "Nought by itself is shown."
    if policy.get("missing") == "shown":
        yield (
            f"The number of {cases(study)} without an answer is not hidden for its size alone, nor is what remains for "
            f"{cases(study)} whose subgroup is not recorded: it says something of the records and nothing of a "
            f"{study.words['person'][0]}."
        )
    else:
        yield f"The number of {cases(study)} without an answer is treated like any other."
    if base < policy.get("reliable_base", 0):
        yield f"Rows with a base of {base} to {policy['reliable_base'] - 1} are shown and marked [u]."


def _derived(policy: Mapping[str, Any], study: Study) -> Iterator[str]:
    """What is hidden with an unsafe count."""
    candidates = policy.get("candidates")
    yield "Other counts are hidden with these, so that none can be worked out from what is shown."
    if candidates:
        yield f"From all totals together, a hidden count could still be any of at least {candidates} numbers."
    yield (
        "[c] may stand for a number of any size, nought included. Everything computed from a hidden count is "
        "hidden too: percentages, intervals, differences, tests, marks in figures and verdicts on claims; sentences "
        "speak of what is shown. "
        "Combinations are shown over everyone only. "
        f"Those with a hidden count, and {study.words['service'][1]} with one, are left out of tables and figures. "
        f"Numbers of {study.words['service'][1]} are shown; none is named."
    )


def _rounded(policy: Mapping[str, Any]) -> Iterator[str]:
    step, digits = policy.get("round_to", 1), policy.get("significant_digits")
    if step > 1:
        yield f"Counts that are shown are rounded to a multiple of {step}."
    if digits:
        yield (
            f"Statistics are rounded to {digits} significant digits before they are released, so that they do not "
            "give away the counts behind them."
        )
    yield (
        "Where tests of a family are hidden, p-values adjusted for many tests are computed anew as if these had found "
        "nothing, so that they can only be larger."
    )


def _none_by_rule(total: int | None, second: int) -> str:
    """What is hidden where no number of cases is too small: numbers of another kind may still be."""
    whose = "No count" if total is None else f"Of {counted(total, COUNT)} none"
    if not second:
        return f"{whose} is hidden."
    verb = "is" if second == 1 else "are"
    return f"{whose} is hidden by the rule; {count(second)} {verb} hidden so that no other can be worked out."


def _amounts(policy: Mapping[str, Any]) -> Iterator[str]:
    total, first, second = (policy.get(name) for name in ("n_counts", "n_hidden_first", "n_hidden_second"))
    if first is not None:
        whose = (
            f"Of {counted(total, COUNT)}, {count(first)}"
            if total is not None
            else counted(first, COUNT).capitalize()
        )
        more = "" if second is None else f" and {count(second)} more to protect these"
        if first or second is None:
            yield f"{whose} {'is' if first == 1 else 'are'} hidden by the rule{more}."
        else:
            yield _none_by_rule(total, second)
    if policy.get("coarse"):
        yield (
            "The search for the fewest counts to hide reached its time limit, so that whole blocks are hidden, which "
            "is safe and more than was needed."
        )
