"""What a file is, by its first bytes; its name decides only where these leave it open."""

from __future__ import annotations

from pathlib import Path

from desistance.errors import RecordsError

TEXT = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
BY_NAME = {
    **dict.fromkeys(TEXT, "delimited"),
    **dict.fromkeys(WORKBOOKS, "workbook"),
    ".parquet": "columnar",
    ".sav": "spss",
    ".zsav": "spss",
    ".por": "portable",
    ".dta": "stata",
}
BEGINNINGS = {
    b"PAR1": "columnar",
    b"$FL2": "spss",
    b"$FL3": "spss",
    b"<stata_dta>": "stata",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "workbook",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
}
PACKED = ("gzip", "bzip2", "xz", "zstandard", "zip")
# What stands first in the archive that an .xlsx, .xlsb or .ods file is.
PARTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"mimetype", b"content.xml", b"META-INF/")
PAGES = (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")


def kind_of(path: Path, name: str) -> str:
    """Kind of a file: `delimited`, `workbook`, `columnar`, `spss`, `portable`, `stata` or one of `PACKED`.

    `name` is the file's own name, which its copy may not have.

    Raises
    ------
    RecordsError
        It is a web page or the like, whatever its name says.
    """
    with path.open("rb") as file:
        start = file.read(512)
    suffix = Path(name).suffix.lower()
    kind = next((kind for mark, kind in BEGINNINGS.items() if start.startswith(mark)), None)
    if kind is None and start.startswith(b"PK\x03\x04"):
        kind = "workbook" if suffix in WORKBOOKS or start[30:].startswith(PARTS) else "zip"
    if kind is None and b"SPSSPORT" in start.replace(b"\r", b"").replace(b"\n", b""):
        kind = "portable"
    return kind or _by_name(start, suffix, name)


def _by_name(start: bytes, suffix: str, name: str) -> str:
    plain = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if plain.startswith(PAGES) or (plain.startswith(b"<?xml") and suffix in WORKBOOKS):
        raise RecordsError(
            f"{name} is a web page or XML, whatever its name says; open it in a spreadsheet program and "
            "save it as .xlsx, .ods or CSV"
        )
    kind = BY_NAME.get(suffix, "delimited")
    # Case-management systems save delimited text under the name of a workbook.
    return "delimited" if kind == "workbook" and _is_text(start) else kind


def _is_text(start: bytes) -> bool:
    return start.startswith((b"\xff\xfe", b"\xfe\xff")) or not any(byte < 9 for byte in start)
