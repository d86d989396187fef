"""Claims of the ledger as the explorer shows them, each with the views whose numbers it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import ALL, NUMBER, Numbers
from desistance.bulletin.sections.annex import VERDICTS

ANY = "*"


def claims(numbers: Numbers) -> list[dict[str, Any]]:
    """Every claim that rests on a share, a mean or a test; in the order of the ledger.

    `touches` names what it rests on as measure/item/division; an item "*" stands for every item of the measure.
    """
    found = ({**_shown(row), "touches": list(dict.fromkeys(_touches(row)))} for row in numbers.ledger)
    return [claim for claim in found if claim["touches"]]


def _shown(row: Mapping[str, str]) -> dict[str, Any]:
    names = ("claim", "statement", "published", "computed", "note")
    return {name: row[name] for name in names} | {
        "published_method": _verdict(row["verdict_published_method"]),
        "design_based": _verdict(row["verdict_design_based"]),
    }


def _verdict(code: str) -> list[str]:
    """Word and tone of a verdict."""
    if code == HIDDEN:
        return [HIDDEN, "none"]
    return list(VERDICTS.get(code, (code.replace("_", " "), "open")))


def _touches(row: Mapping[str, str]) -> Iterator[str]:
    if row["measure"]:
        yield "/".join((row["measure"], row["item"] or ANY, row["breakdown"] or ALL))
    for use in filter(None, row.get("uses", "").split(";")):
        kind, *parts = use.split("/")
        if (kind == "shares" and len(parts) >= 3) or (kind == "trends" and len(parts) >= 3):
            yield "/".join(parts[:3])
        elif kind == "tests" and len(parts) >= 2:
            yield "/".join((parts[0], ANY, parts[1]))
        elif kind == "means" and parts:
            yield "/".join((NUMBER, NUMBER, parts[0]))
