"""Files of the made-up example: a plan read, a table written with its description beside it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from desistance.errors import StudyError

MADE_UP = "made up"


def read_sections(path: Path, wanted: Collection[str], what: str) -> dict[str, Any]:
    """Read the sections of a plan; `what` completes "a study without it has no made-up ...".

    Raises
    ------
    StudyError
        The file is missing, or a section is missing or unknown.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path} is not there; a study without it has no made-up {what}") from None
    if set(content) != set(wanted):
        missing, unknown = sorted(set(wanted) - set(content)), sorted(set(content) - set(wanted))
        raise StudyError(f"{path}: sections missing: {missing}; sections unknown: {unknown}")
    return content


def assumptions(section: Any) -> Iterator[str]:
    """Everything that stands under `assumed`, in order."""
    if isinstance(section, Mapping):
        for key, value in section.items():
            if key == "assumed":
                yield value
            else:
                yield from assumptions(value)


def write_described(
    folder: Path, stem: str, table: pd.DataFrame, about: Mapping[str, Any], assumed: list[str]
) -> None:
    """Write a table as CSV, and what it is as JSON beside it: `about` with file, digest, columns and assumptions."""
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    content = text.getvalue().encode("utf-8")
    told = {
        **about,
        "regenerate_with": "desistance example",
        "file": f"{stem}.csv",
        "sha256": hashlib.sha256(content).hexdigest(),
        "columns": list(table.columns),
        "assumptions": assumed,
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    described = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
    for name, data in ((f"{stem}.csv", content), (f"{stem}.json", described)):
        unfinished = folder / f"{name}.part"
        unfinished.write_bytes(data)
        unfinished.replace(folder / name)
