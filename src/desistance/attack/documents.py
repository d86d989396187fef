"""What the documents of a published folder say of hidden numbers: everything but the tables in CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from desistance.attack.aside import aside
from desistance.attack.embedded import json_statements
from desistance.attack.errors import AttackError
from desistance.attack.glossary import vocabulary
from desistance.attack.images import png_texts
from desistance.attack.naming import Vocabulary
from desistance.attack.notes import note_statements, rows_statements
from desistance.attack.office import office_statements
from desistance.attack.pages import page_statements, svg_statements
from desistance.attack.portable import pdf_statements
from desistance.attack.reading import published_files, text_of
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.statements import HiddenShare, Statement

TABLES = "tables"
LONG = 200_000  # a PDF of more bytes is read by a process of its own


def statements(
    folder: Path, hidden: Sequence[HiddenShare], structure: Mapping
) -> tuple[list[Statement], list[str]]:
    """Every number in the documents of a folder that speaks of something hidden.

    Pages, drawings, JSON, text, images, spreadsheets and PDF are read with what is not seen in them: attributes,
    scripts, comments, properties and names of files. The tables in ``tables/*.csv`` are not read here.

    Parameters
    ----------
    folder : Path
        The published folder.
    hidden : sequence of HiddenShare
        What must not be said, with the names it goes by.
    structure : mapping
        ``structure`` of `release.json`: the names of everything, shown or hidden, so that a number of a shown thing
        is not taken for a hidden one.

    Returns
    -------
    statements : list of Statement
        In the order of the files, long PDF documents last, and of the places in them; a number told twice in one place
        counts once.
    read : list of str
        The files that were read.

    Raises
    ------
    AttackError
        A file cannot be read, whatever the reason; its name is in the message.
    """
    words = vocabulary(structure, hidden)
    found: list[Statement] = []
    read: list[str] = []
    paths = published_files(folder)
    with ExitStack() as stack:
        long = {
            path: stack.enter_context(aside(_file_statements, path, _said(path, folder), words))
            for path in paths
            if path.suffix.lower() == ".pdf" and path.stat().st_size > LONG
        }
        for path in sorted(paths, key=lambda path: path in long):
            said = _said(path, folder)
            found += _name_statements(path, said, words)
            if path.suffix.lower() == ".csv" and path.parent == Path(folder) / TABLES:
                continue
            found += long[path]() if path in long else _file_statements(path, said, words)
            read.append(said)
    return list(dict.fromkeys(found)), read


def _said(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _name_statements(path: Path, said: str, words: Vocabulary) -> list[Statement]:
    return sentence_statements(path.stem, Reading(words, "metadata", f"name of {said}"))


def _file_statements(path: Path, said: str, words: Vocabulary) -> list[Statement]:
    data = path.read_bytes()
    if not data:
        return []
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise AttackError(
            f"{said} is of a kind that is not read; publish only {', '.join(sorted(READERS))}, "
            "or teach the attack to read it"
        )
    title = words.group(path.stem)
    reading = Reading(words, "sentence", said, far=(title,) if title else ())
    try:
        return reader(data, reading)
    except RecursionError as error:
        raise AttackError(f"{said} is nested too deeply to be read") from error


def _text(read: Callable[[str, Reading], list[Statement]]) -> Callable[[bytes, Reading], list[Statement]]:
    return lambda data, reading: read(text_of(data, reading.where), reading)


def _json(text: str, reading: Reading) -> list[Statement]:
    try:
        return json_statements(text, replace(reading, kind="embedded_data", far=()))
    except ValueError as error:
        raise AttackError(f"{reading.where} cannot be read as JSON") from error


def _png(data: bytes, reading: Reading) -> list[Statement]:
    reading = replace(reading, kind="metadata")
    return [one for text in png_texts(data, reading.where) for one in sentence_statements(text, reading)]


READERS: dict[str, Callable[[bytes, Reading], list[Statement]]] = {
    ".html": _text(page_statements),
    ".htm": _text(page_statements),
    ".svg": _text(svg_statements),
    ".json": _text(_json),
    ".md": _text(note_statements),
    ".txt": _text(note_statements),
    ".csv": _text(rows_statements),
    ".png": _png,
    ".ods": office_statements,
    ".xlsx": office_statements,
    ".pdf": pdf_statements,
}
