"""The choices of one run, read from a configuration and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from desistance.documents import check_document
from desistance.errors import SettingsError


@dataclass(frozen=True)
class Inference:
    """How uncertainty is stated.

    `confidence_level` and `significance_level` are shares; `finite_population_correction` says whether the
    target is these services' cases (true) or practice in general; under `small_effective_base` effective
    cases the Korn-Graubard interval replaces the logit one.
    """

    confidence_level: float
    significance_level: float
    finite_population_correction: bool
    small_effective_base: float


@dataclass(frozen=True)
class Other:
    """Another edition to compare with: the folder of its tally, what to call it, and whether its services are ours."""

    tally: str
    label: str = "the other edition"
    same_services: bool = False


@dataclass(frozen=True)
class Disclosure:
    """What may be published.

    `policy` is the name of a policy or a policy of one's own; `previous` the folder of an earlier publication to be
    attacked together with this one; `time_limit` the seconds given to the search for the least to hide.
    """

    policy: str | Mapping[str, Any]
    previous: str | None
    time_limit: float


@dataclass(frozen=True)
class Settings:
    """One run: which study, which records, which inference.

    `results` is the folder of all outputs; `parts` the number of jobs that the reading of records is scattered over.
    """

    study: str
    results: str
    files: str | tuple[str, ...]
    sheet: str | None
    mapping: str | None
    services: str | None
    comments: str | None
    delimiter: str
    encoding: str
    parts: int
    rejects_limit: float
    allow: tuple[str, ...]
    inference: Inference
    compare: Other | None
    disclosure: Disclosure


def read_settings(config: Mapping[str, Any], *, name: str = "the configuration") -> Settings:
    """Check a configuration and give every choice a value.

    Raises
    ------
    SettingsError
        An unknown key or a value that is not allowed; the message lists every mistake.
    """
    checked = check_document(dict(config), name, "config", SettingsError)
    records = checked["records"]
    return Settings(
        study=checked["study"],
        results=checked["results"],
        files=_patterns(records["files"]),
        sheet=records["sheet"],
        mapping=records["mapping"],
        services=records["services"],
        comments=records["comments"],
        delimiter=records["delimiter"],
        encoding=records["encoding"],
        parts=records["parts"],
        rejects_limit=records["rejects_limit"],
        allow=tuple(records["allow"]),
        inference=Inference(**checked["inference"]),
        compare=_other(checked["compare"]),
        disclosure=Disclosure(**checked["disclosure"]),
    )


def _patterns(files: str | list[str]) -> str | tuple[str, ...]:
    return files if isinstance(files, str) else tuple(files)


def _other(entry: str | Mapping[str, Any] | None) -> Other | None:
    if entry is None:
        return None
    return Other(entry) if isinstance(entry, str) else Other(**entry)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can look into, or the one that is there so (on Windows, as its parent is)."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_choices(settings: Settings, folder: Path) -> dict[str, str]:
    """Write the choices that steps use, one small JSON file a group, and give each group's path.

    The name of a file changes with what it holds, so a step that lists its groups as inputs reruns for these choices
    and no others, whatever the clock says, and a run beside another does not change what that one reads. (Snakemake's
    own parameters would do the same, but to compare them it loads pandas.)
    """
    groups = {
        "reading": {
            "mapping": settings.mapping,
            "delimiter": settings.delimiter,
            "encoding": settings.encoding,
            "sheet": settings.sheet,
        },
        "limits": {"rejects_limit": settings.rejects_limit, "allow": list(settings.allow)},
        "inference": asdict(settings.inference),
        "compare": asdict(settings.compare) if settings.compare else None,
        "disclosure": asdict(settings.disclosure),
    }
    folder.mkdir(parents=True, exist_ok=True)
    return {name: _write_once(folder, name, choices) for name, choices in groups.items()}


def _write_once(folder: Path, name: str, choices: Mapping[str, Any] | None) -> str:
    """Write a file unless it is there, whole; give its path."""
    text = json.dumps(choices, indent=1) + "\n"
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")
    return str(path)
