"""Measures and their items as `study.yaml` writes them: one column, or one for each factor or stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desistance.study.definition import Item, Measure

# A column may hold one of these in braces; it then stands for one item of the list of that name.
LISTS = {"{factor}": "factors", "{stage}": "stages"}
DEFAULT_CODES = {
    "yes": ["yes"],
    "no": ["no"],
    "not_applicable": ["not applicable"],
    "not_known": ["not known"],
    "not_recorded": [""],
}


def codes_of(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """Codes of the records for each state, defaults filled in."""
    return DEFAULT_CODES | content.get("codes", {})


def placeholder(text: str) -> str | None:
    """The placeholder in a column's name, if there is one."""
    return next((name for name in LISTS if name in text), None)


def ids_of(name: str, content: Mapping[str, Any]) -> list[str]:
    """What a placeholder stands for, one after the other."""
    return [one["id"] for one in content.get(LISTS[name], [])]


def measure_of(entry: Mapping[str, Any], content: Mapping[str, Any]) -> Measure:
    """Build one measure with its items."""
    name = placeholder(entry["column"])
    if name is None:
        items = (_item(entry, entry, entry["column"], entry.get("base")),)
    else:
        items = tuple(
            _item(
                entry,
                one,
                entry["column"].replace(name, one["id"]),
                entry["base"].replace(name, one["id"]) if "base" in entry else None,
            )
            for one in content.get(LISTS[name], [])
        )
    title = entry.get("title", entry["label"])
    says = entry.get("says", "the answer was yes in")
    return Measure(
        entry["id"], entry["label"], title, says, items, entry.get("assumed"), staged=name == "{stage}"
    )


def _item(entry: Mapping[str, Any], one: Mapping[str, Any], column: str, base: str | None) -> Item:
    return Item(
        measure=entry["id"],
        id=one["id"],
        label=one["label"],
        short=one.get("short") or one["label"],
        column=column,
        base=base,
        derived=False,
        assumed=one.get("assumed"),
    )
