"""One page for the output checker: the policy, what was hidden, what the attack found, and what exactly was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def policy_sentences(policy: Mapping[str, Any]) -> Iterator[str]:
    """What a policy asks, in words; `policy` is `facts["disclosure"]` of a release."""
    if not policy["protect"]:
        yield "Nothing is protected: this policy is for made-up records only."
        return
    least = 0 if policy["zeros"] == "hidden" else 1
    unsafe = f"{least} to {policy['largest_unsafe']}"
    yield f"A count is hidden when it, or what remains of its base, is {unsafe}; nought is {policy['zeros']}."
    yield (
        f"Nothing is shown of a base under {policy['smallest_base']}; "
        f"bases under {policy['reliable_base']} are marked [u]."
    )
    if policy["missing"] == "shown":
        yield (
            "How many cases have no answer is shown however few, and so is what remains for cases whose subgroup is "
            "not recorded: that speaks of the inspection, not of a child."
        )
    else:
        yield "Cases without an answer, or whose subgroup is not recorded, are counted like any others."
    if policy["round_to"] > 1:
        yield f"Counts that are shown are rounded to a multiple of {policy['round_to']}."
    yield (
        f"Whatever is computed from a hidden count is hidden too; other statistics carry "
        f"{policy['significant_digits']} significant digits."
    )
    yield (
        f"A hidden count must be able to take at least {policy['candidates']} values for a reader who solves all "
        "that is published together."
    )


def disclosure_statement(
    facts: Mapping[str, Any], attacked: Mapping[str, Any], hashes: Mapping[str, str]
) -> str:
    """Statement in Markdown.

    Parameters
    ----------
    facts
        The facts of the release (`release.json`).
    attacked
        What the attack says of itself (`Account.as_record()`).
    hashes
        SHA-256 of every file published, by its name within the folder.
    """
    return "\n".join(_lines(facts, attacked, hashes)) + "\n"


def _lines(facts: Mapping[str, Any], attacked: Mapping[str, Any], hashes: Mapping[str, str]) -> Iterator[str]:
    policy = facts["disclosure"]
    yield "# Disclosure statement"
    yield ""
    yield f"Study `{facts['study']}`, {facts['n_cases']:,} cases; desistance {facts['version']}."
    if facts["made_up"]:
        yield "**The records are made up; nothing here is about real children.**"
    yield ""
    yield f"## Policy: {policy['name']} ({policy['label']})"
    yield ""
    yield from (f"- {text}" for text in policy_sentences(policy))
    yield ""
    yield "## What was hidden"
    yield ""
    yield from _hidden(policy)
    yield ""
    yield "## What the attack found"
    yield ""
    yield from _attacked(policy, attacked)
    yield ""
    yield "## What was checked"
    yield ""
    yield "The attack read every file of the folder below, and nothing else. SHA-256 of each:"
    yield ""
    yield from (f"    {digest}  {name}" for name, digest in hashes.items())


def _hidden(policy: Mapping[str, Any]) -> Iterator[str]:
    if not policy["protect"]:
        yield "Nothing."
        return
    yield f"- Counts considered: {policy['n_counts']:,}, in {policy['n_relations']:,} relations."
    yield f"- Hidden by the rule: {policy['n_hidden_first']:,}."
    yield f"- Hidden to protect those: {policy['n_hidden_second']:,}."
    if policy["coarse"]:
        yield "- The time limit was reached: whole blocks were hidden, more than need be."
    elif policy["least"]:
        yield "- It is proved that no cheaper choice protects as much."
    yield (
        "- Which counts, and why each, stands in `disclosure_record.json`. It stays restricted: to know which counts "
        "are unsafe by themselves tells a reader more than that they are hidden."
    )


def _attacked(policy: Mapping[str, Any], attacked: Mapping[str, Any]) -> Iterator[str]:
    if not policy["protect"]:
        yield "Nothing is hidden, so there was nothing to find."
        return
    narrowest = attacked["least_candidates"]
    yield (
        f"- Counts in its own system: {attacked['n_counts']:,}; hidden: {attacked['n_hidden']:,}; without a place, "
        f"but not to be found out: {attacked['n_guarded']:,}. Breaches: {len(attacked['breaches'])}."
    )
    if narrowest is not None:
        yield (
            f"- The narrowest still has at least {narrowest} candidate values; "
            f"the policy asks for {policy['candidates']}."
        )
    yield "- Relations used:"
    yield from (f"    - {kind}: {number:,}" for kind, number in attacked["relations"].items())
    if attacked["not_tried"]:
        yield "- Not tried:"
        yield from (f"    - {text}" for text in attacked["not_tried"])
