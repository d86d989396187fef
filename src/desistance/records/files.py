"""Which files hold the records; light enough for the workflow to ask."""

from __future__ import annotations

import glob
from pathlib import Path

from desistance.errors import RecordsError


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
