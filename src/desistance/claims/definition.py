"""What was published, and how each statement is held against the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from desistance.claims.service_checks import service_mistakes
from desistance.documents import read_document
from desistance.errors import StudyError
from desistance.study import Measure, Study

KEYS = {
    "count": {"of", "equals"},
    "months": {"first", "last"},
    "share": {"measure", "word"},
    "rank": {"measure", "item", "rank"},
    "rises": {"measure", "item", "division"},
    "differs": {"measure", "division"},
    "lower_count": {"measure", "division", "subgroup", "equals"},
    "lower": {"measures", "division", "subgroup"},
    "assessed": {"measure", "item"},
    "service_share": {"shares"},
    "rate": {"items", "at_least"},
}
OPTIONAL = {"rank": {"percent"}, "share": {"item"}}


@dataclass(frozen=True)
class Claim:
    """One published statement; `check` is None where the study holds nothing to test it with (`reason` says why)."""

    id: str
    source: str
    statement: str
    published: str
    check: Mapping[str, Any] | None
    note: str
    reason: str


def read_claims(folder: Path, study: Study) -> tuple[Claim, ...]:
    """Read and check `claims.yaml` of a study; a study without the file has no claims.

    Raises
    ------
    StudyError
        A check has a key it does not know or lacks one, or refers to something the study does not measure.
    """
    path = Path(folder) / "claims.yaml"
    if not path.exists():
        return ()
    content = read_document(path, "claims", StudyError, checks=[partial(_mistakes, study)])
    return tuple(
        Claim(
            id=entry["id"],
            source=content["source"],
            statement=entry["statement"],
            published=entry["published"],
            check=entry.get("check"),
            note=entry.get("assumed", ""),
            reason=entry.get("not_testable", ""),
        )
        for entry in content["claims"]
    )


def _mistakes(study: Study, content: Mapping[str, Any]) -> Iterator[str]:
    seen = set()
    for entry in content["claims"]:
        if entry["id"] in seen:
            yield f"{entry['id']}: this id is used more than once"
        seen.add(entry["id"])
        if ("check" in entry) == ("not_testable" in entry):
            yield f"{entry['id']}: give either check or not_testable"
        for mistake in _check_mistakes(entry.get("check"), study):
            yield f"{entry['id']}: {mistake}"


def _check_mistakes(check: Mapping[str, Any] | None, study: Study) -> Iterator[str]:
    if check is None:
        return
    kind, keys = check["kind"], set(check) - {"kind"}
    needed = KEYS[kind]
    if needed - keys:
        yield f"a check of kind {kind} needs {', '.join(sorted(needed - keys))}"
    if keys - needed - OPTIONAL.get(kind, set()):
        yield f"a check of kind {kind} has no {', '.join(sorted(keys - needed - OPTIONAL.get(kind, set())))}"
    measures = {measure.id: measure for measure in study.measures}
    for name in [*check.get("measures", []), *([check["measure"]] if "measure" in check else [])]:
        if name not in measures:
            yield f"measure {name!r} is not in the study (allowed: {', '.join(measures)})"
        elif "item" in check and check["item"] not in [item.id for item in measures[name].items]:
            yield f"item {check['item']!r} is not in the measure {name!r}"
    divisions = {division.id: division for division in study.divisions}
    if "division" in check and check["division"] not in divisions:
        yield f"division {check['division']!r} is not in the study (allowed: {', '.join(divisions)})"
    elif "subgroup" in check and check["subgroup"] not in divisions[check["division"]].codes:
        allowed = ", ".join(divisions[check["division"]].codes)
        yield f"subgroup {check['subgroup']!r} is not a level of {check['division']!r} (allowed: {allowed})"
    if kind == "rises" and study.factor_count is None:
        yield "a check of kind rises needs a study with factor_count"
    yield from service_mistakes(check, study)
    if kind == "assessed" and {check.get("measure")} & set(measures):
        yield from _assessed_mistakes(measures[check["measure"]], study)


def _assessed_mistakes(measure: Measure, study: Study) -> Iterator[str]:
    """The measure must be judged where items of the combined measure are present."""
    if study.combined is None:
        yield "a check of kind assessed needs a study with overlap or factor_count"
    elif not {item.base for item in measure.items} <= {item.column for item in study.combined.items}:
        yield f"a check of kind assessed needs a measure with the items of {study.combined.id!r} as bases"
