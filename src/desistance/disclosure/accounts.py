"""What may be said of rows that were rejected: each is a child's, and few of them are a small count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desistance.disclosure.policy import Policy
from desistance.disclosure.written import HIDDEN, to_multiple

# Accounts of what was read, beside that of the records itself, whose rows are about children.
ABOUT_CHILDREN = ("comments",)


def seen_accounts(facts: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The facts of a release without small numbers of rejected rows, and without what would tell them.

    The number accepted is that of the tables and stays. Where the number rejected is unsafe it is hidden with the
    number read, with rows by rule and rows by file; that none was rejected is of no child and is said. A rule that
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
        files = [{**one, "n_rows": HIDDEN} for one in account["files"]]
        kept = {name: value for name, value in account.items() if name != "gathered"}
        return {**kept, **hidden, "rejected_by_rule": rules, "files": files}
    n_shown = _rounded(n_rejected, policy)
    rules = {
        rule: HIDDEN if policy.is_unsafe(n) else _rounded(n, policy)
        for rule, n in account["rejected_by_rule"].items()
    }
    files = [{**one, "n_rows": _rounded(one["n_rows"], policy)} for one in account["files"]]
    n_read = account["n_accepted"] + n_shown
    return {**account, "n_read": n_read, "n_rejected": n_shown, "rejected_by_rule": rules, "files": files}


def _rounded(count: int, policy: Policy) -> int:
    return int(to_multiple(count, policy.round_to))
