"""Rejected rows: what the account of the records tells of how few there were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desistance.attack.account import Breach
from desistance.attack.rules import Rules

_WHERE = "release.json"
_PARTS = ("comments",)


def account_breaches(release: Mapping[str, Any], rules: Rules) -> Iterator[Breach]:
    """Small numbers of rejected rows that are printed, or that what was read and accepted leaves."""
    for name, account in (("records", release), *((name, release.get(name)) for name in _PARTS)):
        if not isinstance(account, Mapping) or "rejected_by_rule" not in account:
            continue
        for what, number in _numbers(account):
            if isinstance(number, int) and number > 0 and rules.is_unsafe(number):
                yield Breach("rejected_rows", _WHERE, (name, what))


def _numbers(account: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is told of rejected rows: as printed, and as differences."""
    yield "rejected", account.get("n_rejected")
    for rule, number in account["rejected_by_rule"].items():
        yield f"rejected by {rule.partition(':')[0]}", number
    accepted = account.get("n_accepted")
    rows = [one.get("n_rows") for one in account.get("files") or []]
    for what, read in (("read", account.get("n_read")), ("rows of files", _sum(rows))):
        if isinstance(read, int) and isinstance(accepted, int):
            yield f"{what} without accepted", read - accepted


def _sum(numbers: list[Any]) -> int | None:
    known = all(isinstance(number, int) for number in numbers)
    return sum(numbers) if numbers and known else None
