"""Which files hold the records; light enough for the workflow to ask."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from desistance.errors import RecordsError
from desistance.settings import Other

# What `desistance.records.formats` reads; it takes time to import, and the workflow only asks for names.
SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
    *(".sav", ".zsav", ".por", ".dta", ".parquet"),
)
COUNTED = ".tally"  # records that were counted elsewhere
SHEETS = (".csv", ".ods", ".xlsx", ".xls")  # tables that people fill in
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
STORED = "s3://"  # how the address of a file in object storage begins


def source_files(patterns: str | Iterable[str]) -> list[Path]:
    """Files that match a path or pattern, or any of several, in order of name and each once.

    Addresses in object storage are left to `stored_files`.

    Raises
    ------
    RecordsError
        A pattern matches nothing, or a match is of no kind that can be read.
    """
    found = {}
    for pattern in _separate(patterns):
        if pattern.startswith(STORED):
            continue
        for path in _matches(pattern, "records.files"):
            found.setdefault(path.resolve(), path)
    files = sorted(found.values(), key=str)
    _refuse_other_kinds(files)
    return files


def stored_files(patterns: str | Iterable[str] | None) -> list[str]:
    """Addresses in object storage among paths and patterns, in order and each once.

    Raises
    ------
    RecordsError
        An address is a pattern, or its file is of no kind that can be read.
    """
    found = sorted({pattern for pattern in _separate(patterns or ()) if pattern.startswith(STORED)})
    if any(mark in address for address in found for mark in "*?[{"):
        raise RecordsError(
            "an address in object storage (s3://) is that of one file and cannot be a pattern; list the files one by "
            "one under records.files"
        )
    _refuse_other_kinds(map(Path, found))
    return found


def _separate(patterns: str | Iterable[str]) -> Iterable[str]:
    return [patterns] if isinstance(patterns, str) else patterns


def _refuse_other_kinds(files: Iterable[Path]) -> None:
    odd = [path.name for path in files if not _is_readable(path)]
    if odd:
        raise RecordsError(
            f"{', '.join(odd)}: only {', '.join(SUFFIXES)} can be read, also packed as {', '.join(PACKED)}, "
            f"and {COUNTED}; save the extract as one of these"
        )


def _is_readable(path: Path) -> bool:
    last = path.suffix.lower()
    inner = Path(path.stem).suffix.lower()
    return last in (*SUFFIXES, COUNTED) or (
        last in PACKED and (inner in SUFFIXES or not inner or last == ".zip")
    )


def _matches(pattern: str, key: str) -> list[Path]:
    found = [pattern] if Path(pattern).is_file() else glob.glob(pattern, recursive=True)
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files and Path(pattern).is_dir():
        raise RecordsError(f"{pattern} is a folder; give a file in it, or a pattern such as {pattern}/*.csv")
    if not files:
        raise RecordsError(
            f"no file matches {pattern} ({key} in the configuration); check the path and its spelling"
        )
    return files


def told_files(pattern: str | None, key: str) -> list[Path]:
    """Files of services or comments that match a path or pattern; none where the configuration names none.

    Raises
    ------
    RecordsError
        Nothing matches, or a match is neither CSV nor a workbook.
    """
    if pattern is None or pattern.startswith(STORED):
        return []
    files = sorted(_matches(pattern, key), key=str)
    odd = [path.name for path in files if path.suffix.lower() not in SHEETS]
    if odd:
        raise RecordsError(
            f"{', '.join(odd)} ({key}): only {', '.join(SHEETS)} can be read; save it as one of these"
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
