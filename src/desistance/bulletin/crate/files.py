"""The files a run read, used and made, as the crate tells of them: a name, a SHA-256 and what the file is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from desistance.bulletin.sections.sources import SOURCES
from desistance.provenance import digest_of

# Not asked of the system, whose answer depends on the machine.
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".dta": "application/x-stata-dta",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".sav": "application/x-spss-sav",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
PUBLISHED = {
    "bulletin.html": "The report as one page that needs nothing else",
    "bulletin.pdf": "The report as a tagged PDF",
    "explorer.html": "The released tables to look through, as one page that works offline",
    "tables.ods": "The tables of the report as a spreadsheet",
    "tables/csv-metadata.json": "What each column of the CSV tables means (CSV on the Web)",
    "release.json": "Facts of the release: records, choices, software, disclosure policy, names used in the tables",
}
STUDY = {
    "study.yaml": "What is measured: columns, codes, measures, breakdowns",
    "crosswalk.yaml": "How judgements bear on the domains of another framework",
    "claims.yaml": "The published statements that the findings are held against",
}
INPUTS = {"mapping": "Mapping of headings and codes to those of the study"}


@dataclass(frozen=True)
class File:
    """A file by its name and SHA-256; `n_bytes` is None where the file itself was not seen."""

    name: str
    sha256: str
    description: str
    n_bytes: int | None = None

    @property
    def media_type(self) -> str:
        """Its media type, by the ending of its name; of bytes, where the ending is not known."""
        return MEDIA_TYPES.get(PurePosixPath(self.name).suffix.lower(), "application/octet-stream")


def seen_file(path: Path, name: str, description: str) -> File:
    """Describe a file that is there."""
    return File(name, digest_of(path), description, path.stat().st_size)


def published_files(staged: Path, *, without: Collection[str]) -> tuple[File, ...]:
    """Describe every file of a folder that is to be published but those named, in the order of their names."""
    paths = {path.relative_to(staged).as_posix(): path for path in staged.rglob("*") if path.is_file()}
    hidden = {name for name, path in paths.items() if path.name.startswith(".")}
    names = sorted(set(paths) - hidden - set(without))
    return tuple(seen_file(paths[name], name, published_as(name)) for name in names)


def published_as(name: str) -> str:
    """Say what a published file is.

    >>> published_as("tables/trends.csv")
    'Trends over ordered bands: released table, made by the rules findings and release'
    >>> published_as("figures/services_narrow.svg")
    'Figure services, for narrow pages'
    >>> published_as("figures/services.png")
    'Figure services, as an image'
    """
    path = PurePosixPath(name)
    if name in PUBLISHED:
        return PUBLISHED[name]
    if path.parts[0] == "tables" and path.stem in SOURCES:
        source = SOURCES[path.stem]
        return f"{source.title}: released table, made by the rules {source.rule} and release"
    if path.parts[0] == "figures":
        figure = path.stem.removesuffix("_narrow")
        shape = ", for narrow pages" if figure != path.stem else ""
        return f"Figure {figure}{shape}{', as an image' if path.suffix == '.png' else ''}"
    return "A published file"


def study_files(folder: Path) -> tuple[File, ...]:
    """Describe the files that define the study, and the claims if there are any."""
    return tuple(
        seen_file(folder / name, f"{folder.name}/{name}", description)
        for name, description in STUDY.items()
        if (folder / name).exists()
    )
