"""Files that cannot be read, and headings that are missing, stand twice or are not read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from desistance.check.columns import label_of
from desistance.check.definition import NOTE, STOPS, FileRead, Finding
from desistance.check.scan import NO_HEADING, Scan, ScannedFile
from desistance.check.shown import parts_in_words
from desistance.check.visible import visible
from desistance.records.formats.headings import is_value
from desistance.records.mapping import Source, is_mark
from desistance.study import Study


def files_read(
    found: Scan, sources: Mapping[str, Source], threshold: int
) -> tuple[str, tuple[FileRead, ...]]:
    """Rows of all files together in words, and each file."""
    counts = {place: file.n_rows for place, file in enumerate(found.files)}
    words, total = parts_in_words(counts, threshold)
    files = [
        FileRead(visible(file.path.name), words[place], file.mistake is None, unread_headings(file, sources))
        for place, file in enumerate(found.files)
    ]
    return total, tuple(files)


def unread_headings(file: ScannedFile, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Headings of a file that nothing is read from; none where few are ours, for their row may be a case's."""
    if file.table is None or file.mistake == NO_HEADING:
        return ()
    ours = {heading for source in sources.values() for heading in source.headings} | {""}
    unread = (
        each for each in file.table.headings if each not in ours and not is_mark(each) and not is_value(each)
    )
    return tuple(dict.fromkeys(map(visible, unread)))


def heading_findings(found: Scan, sources: Mapping[str, Source], study: Study) -> Iterator[Finding]:
    """One finding for each file that cannot be read and each column that a file lacks."""
    for file in found.files:
        name = visible(file.path.name)
        if file.mistake == NO_HEADING:
            yield Finding(
                STOPS,
                "no_heading_found",
                name,
                f"The file {name} has none, or too few, of the headings of the study or the mapping",
                "Its headings must stand in one row near the top. If they are others than the study's, say in the "
                "mapping which is which; a first draft is made by desistance draft-mapping.",
            )
            continue
        if file.mistake:
            yield Finding(
                STOPS,
                "file_not_read",
                name,
                _said(file),
                "A run needs every file. What can be read of this and of the others was checked.",
            )
        unread = unread_headings(file, sources)
        for column in file.missing:
            yield from _missing(name, column, sources[column], file.table.headings, unread, study)
        if unread:
            yield Finding(
                NOTE,
                "headings_not_read",
                name,
                f"The file {name} has headings that are not read: {', '.join(map(repr, unread[:20]))}"
                + (f" and {len(unread) - 20} more" if unread[20:] else ""),
                "Nothing need be done; what is not read cannot be given away.",
            )


def _missing(
    name: str, column: str, source: Source, headings: Collection[str], unread: tuple[str, ...], study: Study
) -> Iterator[Finding]:
    for heading in (visible(each) for each in source.headings if each not in headings):
        close = difflib.get_close_matches(heading, unread, 1)
        hint = f" Is it {close[0]!r}?" if close else ""
        yield Finding(
            STOPS,
            "heading_missing",
            column,
            f"The file {name} has no heading {heading!r}, for {label_of(column, study)}",
            f"Say in the mapping which heading it is (columns: {column}: from: ...).{hint}",
        )


def _said(file: ScannedFile) -> str:
    """The mistake with the file's name alone, whatever folder it is in."""
    name = visible(file.path.name)
    lines = file.mistake.replace(str(file.path), name).splitlines()
    return "The file cannot be read, or not to its end: " + "; ".join(visible(line, 600) for line in lines)
