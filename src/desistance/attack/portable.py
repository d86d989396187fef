"""What PDF documents say: their pages in the order of their tags, their properties, and every other text in them."""

from __future__ import annotations

import gc
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from desistance.attack.errors import AttackError
from desistance.attack.pages import page_statements
from desistance.attack.printed_words import Marked, form_words, lines, page_words
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.statements import Statement
from desistance.attack.tagged import tagged_page
from desistance.attack.typefaces import Faces

OBJECT = re.compile(rb"(?<!\d)(\d+) (\d+) obj\b")
STREAM = re.compile(rb"\bstream\r?\n.*?\bendstream\b", re.DOTALL)
END = b"%%EOF"
FORBIDDEN = (
    "/JavaScript",
    "/JS",
    "/EmbeddedFile",
    "/EmbeddedFiles",
    "/AcroForm",
    "/XFA",
    "/RichMedia",
    "/Movie",
)
SILENT = frozenset(
    {"/ID", "/D", "/Dest", "/Headers", "/Registry", "/Ordering", "/Panose"}
)  # codes, not words
LOCKED = re.compile(rb"/Encrypt\b")


def pdf_statements(data: bytes, reading: Reading) -> list[Statement]:
    """What a PDF says of hidden numbers.

    Its pages are read in the order of their tags, with their headings, tables and alternative texts, and whatever no
    tag speaks of line by line; then its properties, bookmarks, links, notes and every other text in its objects.

    Raises
    ------
    AttackError
        It is locked, has been changed since it was made (so an earlier state can be got back), carries files,
        programs or forms, or shows letters that its fonts give no meaning.
    """
    where = reading.where
    if not data.startswith(b"%PDF-"):
        raise AttackError(f"{where} is not a PDF document")
    if LOCKED.search(data):
        raise AttackError(f"{where} is locked")
    if data.count(END) != 1 or data[data.index(END) + len(END) :].strip():
        raise AttackError(f"{where} holds an earlier state of itself, or something after its end")
    import pypdf
    import pypdf.errors

    try:
        with _uncollected():
            return _statements(pypdf.PdfReader(io.BytesIO(data)), data, reading)
    except AttackError:
        raise
    except (
        pypdf.errors.PyPdfError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
    ) as error:
        raise AttackError(f"{where} cannot be read as a PDF document") from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: among tens of thousands of objects, all kept, it takes a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _statements(document: Any, data: bytes, reading: Reading) -> list[Statement]:
    objects = _objects(document, data, reading.where)
    faces = Faces(reading.where)
    pages: dict[int, Marked] = {}
    texts: dict[str, None] = {}
    for page in document.pages:
        number = page.indirect_reference.idnum
        pages[number], marked = page_words(page, faces, f"{reading.where}, page {len(pages) + 1}")
        texts |= dict.fromkeys(map(_decoded, marked))
    root = document.trailer["/Root"].get("/StructTreeRoot")
    statements = page_statements(tagged_page(root, pages, reading.where), reading)
    for held in objects:
        texts |= dict.fromkeys(_texts(held, reading.where))
        texts |= dict.fromkeys(_stream_texts(held, faces, reading.where))
    metadata = replace(reading, kind="metadata")
    return statements + [one for text in texts for one in sentence_statements(text, metadata)]


def _objects(document: Any, data: bytes, where: str) -> list[Any]:
    """Every object of the document; one that its table does not list is a refusal."""
    from pypdf.generic import IndirectObject

    listed = {(number, kept) for kept, places in document.xref.items() for number in places}
    written = {(int(found[1]), int(found[2])) for found in OBJECT.finditer(STREAM.sub(b"", data))}
    if not written <= listed:
        raise AttackError(f"{where} holds objects that its table does not list")
    packed = [(number, 0) for number in document.xref_objStm]
    return [
        document.get_object(IndirectObject(number, kept, document))
        for number, kept in [*sorted(listed - {(0, 65535)}), *packed]
    ]


def _texts(held: Any, where: str) -> Iterator[str]:
    """Every string in an object, but for codes that are no words; what is not read is refused."""
    if isinstance(held, dict):
        for name in FORBIDDEN:
            if name in held or held.get("/Type") == name:
                raise AttackError(f"{where} carries {name[1:]}, which is not read")
        for name, one in dict.items(held):
            if name not in SILENT:
                yield from _texts(one, where)
    elif isinstance(held, list):
        for one in list.__iter__(held):
            yield from _texts(one, where)
    elif isinstance(held, (str, bytes)) and type(held).__name__ != "NameObject":
        text = held if isinstance(held, str) else held.decode("latin-1")
        if any(letter.isalnum() for letter in text):
            yield text


def _stream_texts(held: Any, faces: Faces, where: str) -> Iterator[str]:
    """Words of a stream that is no font, no picture and no page: its metadata, or a drawing."""
    if not hasattr(held, "get_data"):
        return
    if held.get("/Type") == "/Metadata" or held.get("/Subtype") == "/XML":
        yield from re.split(r"<(?![!?])[^>]*>", held.get_data().decode("utf-8", "replace"))
        yield from re.findall(r"=\s*[\"']([^\"']*)[\"']", held.get_data().decode("utf-8", "replace"))
    elif held.get("/Subtype") == "/Form" or "/PatternType" in held:
        found, marked = form_words(held, faces, where)
        yield from lines([piece for pieces in found.values() for piece in pieces])
        yield from map(_decoded, marked)


def _decoded(text: bytes) -> str:
    return (
        text.decode("utf-16", "replace") if text[:2] in {b"\xfe\xff", b"\xff\xfe"} else text.decode("latin-1")
    )
