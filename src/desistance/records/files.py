"""Which files hold the records; light enough for the workflow to ask."""

from __future__ import annotations

import glob
from pathlib import Path

from desistance.errors import RecordsError
from desistance.settings import Other


def source_files(pattern: str) -> list[Path]:
    """Files that match a path or pattern, in order of name.

    Raises
    ------
    RecordsError
        Nothing matches, or a match is neither CSV nor Parquet.
    """
    found = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files:
        raise RecordsError(
            f"no file matches {pattern} (records.files in the configuration); check the path and its spelling"
        )
    odd = [path.name for path in files if path.suffix.lower() not in (".csv", ".parquet")]
    if odd:
        raise RecordsError(
            f"{', '.join(odd)}: only .csv and .parquet can be read; save the extract as one of these"
        )
    return files


def told_files(pattern: str | None, key: str) -> list[Path]:
    """Files of services or comments that match a path or pattern; none where the configuration names none.

    Raises
    ------
    RecordsError
        Nothing matches, or a match is neither CSV nor ODS.
    """
    if pattern is None:
        return []
    found = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files:
        raise RecordsError(
            f"no file matches {pattern} ({key} in the configuration); check the path and its spelling"
        )
    odd = [path.name for path in files if path.suffix.lower() not in (".csv", ".ods")]
    if odd:
        raise RecordsError(
            f"{', '.join(odd)} ({key}): only .csv and .ods can be read; save it as one of these"
        )
    return files


def other_tally(other: Other | None) -> dict[str, str]:
    """Files of the tally to compare with, each named `other_` and its table; none where there is none.

    Raises
    ------
    RecordsError
        The folder lacks one of the tally's files.
    """
    if other is None:
        return {}
    files = {path.stem: path for path in Path(other.tally).glob("*") if path.suffix in (".parquet", ".json")}
    if not {"counts", "services", "facts"} <= set(files):
        raise RecordsError(
            f"{other.tally} is not the tally of another edition (compare in the configuration); "
            "give the folder results/restricted/tally of its run"
        )
    return {f"other_{name}": str(path) for name, path in sorted(files.items())}
