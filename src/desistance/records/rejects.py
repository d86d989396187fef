"""What may be seen of rows that were rejected or disputed: enough to find and mend them, and no more."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from desistance.records.identifiers import shown_case
from desistance.records.passages import Coding
from desistance.study import Study

LONGEST = 40  # characters; codes are shorter, notes and names mapped by mistake often not
CUT = "…"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[-+]?\d[\d.,]*")


def shown_values(values: Mapping[str, str], rules: Collection[str], study: Study, *, key: bytes) -> list[str]:
    """Values of a rejected record, column by column, as they may stand in a file for people.

    The digest of the case number stands in place of the number; file and row say where to find it. A date is left out
    unless a rule about it is broken. All else is what a user must see to mend it, and is cut after 40 characters.
    """
    shown = {name: _cut(value) for name, value in values.items()}
    if study.case in shown:
        shown[study.case] = shown_case(values[study.case], key=key)
    if study.date and study.date.column in shown and not any(map(_is_about_the_date, rules)):
        shown[study.date.column] = ""
    return list(shown.values())


def shown_coding(values: Mapping[str, str], said: Coding, case: str, *, key: bytes) -> dict[str, str]:
    """The same for a row of coded comments, whose column `case` holds case numbers; its excerpt is left out."""
    shown = {name: _cut(value) for name, value in values.items()}
    return shown | {
        "passage": shown_passage(said, key=key),
        case: shown_case(said.case, key=key),
        "excerpt": "",
    }


def shown_passage(said: Coding, *, key: bytes) -> str:
    """Name of a passage, with the digest of its case in place of the number where the name holds that."""
    if not said.case:
        return _cut(said.passage)
    digest = shown_case(said.case, key=key)
    return _cut(re.sub(re.escape(said.case), digest, said.passage, flags=re.IGNORECASE))


def _is_about_the_date(rule: str) -> bool:
    return rule.startswith("date_") and ":" not in rule


def _cut(value: str) -> str:
    """The beginning of a value; with an apostrophe before what a spreadsheet would take for a formula."""
    shown = value if len(value) <= LONGEST else value[:LONGEST] + CUT
    return f"'{shown}" if shown.startswith(FORMULAS) and not NUMBER.fullmatch(shown) else shown
