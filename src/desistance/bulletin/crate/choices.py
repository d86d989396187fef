"""The choices of a run as named values: what was chosen, of which kind, and what it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from desistance.documents import SCHEMAS

Value = str | float | bool
# Where each group of choices stands in the configuration. Paths are left out: they say where a machine keeps its files.
GROUPS = {
    "reading": ("records", ("delimiter", "encoding", "sheet")),
    "limits": ("records", ("rejects_limit", "allow")),
    "inference": (
        "inference",
        ("confidence_level", "significance_level", "finite_population_correction", "small_effective_base"),
    ),
    "compare": ("compare", ("label", "same_services")),
    "disclosure": ("disclosure", ("policy", "previous", "time_limit")),
}


@dataclass(frozen=True)
class Choice:
    """One choice: its key in the configuration, its value, the default (None: there is none) and what it is for."""

    name: str
    value: Value
    default: Value | None
    description: str

    @property
    def kind(self) -> str:
        """The type of its value in the words of schema.org."""
        if isinstance(self.value, bool):
            return "Boolean"
        return "Number" if isinstance(self.value, int | float) else "Text"


def choices_of(chosen: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[Choice]:
    """Every choice of a run, in the order of the configuration.

    Parameters
    ----------
    chosen
        The run's choices by group (`settings.write_choices`); a group that was not chosen is None or absent.
    facts
        The facts of the release, which name the study and the policy.
    """
    schema = json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))
    yield Choice("study", facts["study"], None, "The study that says what is measured, by its id")
    for group, (part, keys) in GROUPS.items():
        given = chosen.get(group)
        for key in keys if given else ():
            known = _described(schema, part, key)
            value = facts["policy"] if key == "policy" else _plain(key, given[key])
            default = _plain(key, known["default"]) if "default" in known else None
            yield Choice(
                f"{part}.{key}",
                value,
                default,
                known.get("description", f"{part}: {key.replace(chr(95), chr(32))}"),
            )


def _described(schema: Mapping[str, Any], part: str, key: str) -> Mapping[str, Any]:
    """What the schema says of a key, in whichever of several forms its part may take."""
    forms = [schema["properties"][part], *schema["properties"][part].get("anyOf", ())]
    return next((form["properties"][key] for form in forms if key in form.get("properties", {})), {})


def _plain(key: str, value: Any) -> Value:
    """A value without structure: lists as text; of an earlier publication and of a sheet only whether there is one."""
    if key in ("previous", "sheet"):
        return value is not None
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return value
