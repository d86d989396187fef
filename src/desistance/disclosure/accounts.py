"""What may be said of rows that were rejected: each is a child's, and few of them are a small count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desistance.disclosure.policy import Policy
from desistance.disclosure.written import HIDDEN, to_multiple

# Accounts of what was read, beside that of the records itself, whose rows are about children.
ABOUT_CHILDREN = ("comments",)
# Files may be named after services, with their rows beside them; coders after people.
SOURCES = ("files", "coders")


def without_sources(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a release without the names, digests and rows of the files read, and without the names of coders.

    A file may be named after a service, and its rows are then the cases of that service. Nor does it show in how many
    files or tallies the records came.
    """
    kept = {name: value for name, value in facts.items() if name not in SOURCES}
    parts = {name: facts[name] for name in ("services", "design", "comments") if facts.get(name)}
    return kept | {
        name: {key: value for key, value in part.items() if key not in SOURCES}
        for name, part in parts.items()
    }


def seen_accounts(facts: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The facts of a release without small numbers of rejected rows, and without what would tell them.

    The number accepted is that of the tables and stays. Where the number rejected is unsafe it is hidden with the
    number read and with rows by rule; that none was rejected is of no child and is said. A rule that
    few rows broke is hidden by itself: as a row may break several, the others do not tell it.
    """
    parts = {name: _seen(facts[name], policy) for name in ABOUT_CHILDREN if facts.get(name)}
    return {**_seen(facts, policy), **parts}


def _seen(account: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    n_rejected = account.get("n_rejected", 0)
    if not (policy.protect and n_rejected):
        return dict(account)
    if policy.is_unsafe(n_rejected):
        hidden = dict.fromkeys(("n_read", "n_rejected"), HIDDEN)
        rules = dict.fromkeys(account["rejected_by_rule"], HIDDEN)
        kept = {name: value for name, value in account.items() if name != "gathered"}
        return {**kept, **hidden, "rejected_by_rule": rules}
    n_shown = _rounded(n_rejected, policy)
    rules = {
        rule: HIDDEN if policy.is_unsafe(n) else _rounded(n, policy)
        for rule, n in account["rejected_by_rule"].items()
    }
    n_read = account["n_accepted"] + n_shown
    return {**account, "n_read": n_read, "n_rejected": n_shown, "rejected_by_rule": rules}


def _rounded(count: int, policy: Policy) -> int:
    return int(to_multiple(count, policy.round_to))
