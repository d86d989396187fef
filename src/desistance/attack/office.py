"""What spreadsheets say: their cells, words and properties."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from desistance.attack.errors import AttackError
from desistance.attack.grids import Cell, Grid, grid_statements
from desistance.attack.images import png_texts
from desistance.attack.pages import svg_statements, xml_root
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.shapes import tag
from desistance.attack.statements import Statement

MOST_BYTES = 100_000_000
MOST_CELLS = 2000  # columns or rows that one repeated cell may stand for
PROPERTIES = frozenset({"meta.xml", "docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"})
SILENT = re.compile(r"(?:^mimetype|/|\.rels|\.bin|\.rdf|\.ttf|manifest\.xml)$")


def office_statements(data: bytes, reading: Reading) -> list[Statement]:
    """What an ODS, XLSX or like document says: the cells of its sheets, its other words and its properties.

    Raises
    ------
    AttackError
        It is another kind of archive, is locked, or holds a part that is not read.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
            raise AttackError(f"{reading.where} unpacks to more than {MOST_BYTES} bytes")
        if archive.testzip() is not None:
            raise zipfile.BadZipFile
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise AttackError(f"{reading.where} cannot be opened") from error
    parts = {part.filename: part for part in archive.infolist()}
    if not {"content.xml", "[Content_Types].xml"} & set(parts):
        raise AttackError(f"{reading.where} is an archive and no document; archives are not read")
    statements = _comment(archive, reading)
    strings = _strings(archive, parts, reading)
    for name in parts:
        if not SILENT.search(name):
            part = replace(reading, where=f"{reading.where}, {name}")
            statements += _part(name, archive.read(name), strings, part)
    return statements


def _comment(archive: zipfile.ZipFile, reading: Reading) -> list[Statement]:
    return sentence_statements(archive.comment.decode("utf-8", "replace"), replace(reading, kind="metadata"))


def _strings(archive: zipfile.ZipFile, parts: dict, reading: Reading) -> list[str]:
    if "xl/sharedStrings.xml" not in parts:
        return []
    root = xml_root(archive.read("xl/sharedStrings.xml"), reading.where)
    return ["".join(one.itertext()) for one in root if tag(one) == "si"]


def _part(name: str, data: bytes, strings: list[str], reading: Reading) -> list[Statement]:
    if name.endswith(".png"):
        return [
            one
            for text in png_texts(data, reading.where)
            for one in sentence_statements(text, replace(reading, kind="metadata"))
        ]
    if name.endswith(".svg"):
        return svg_statements(data.decode("utf-8", "replace"), reading)
    if not name.endswith((".xml", ".vml")):
        raise AttackError(f"{reading.where} is not read")
    root = xml_root(data, reading.where)
    if name in PROPERTIES:
        return list(_properties(root, replace(reading, kind="metadata")))
    statements = []
    for title, rows in _sheets(root, strings):
        grid = _grid(title, rows)
        statements += grid_statements(grid, replace(reading, kind="table"))
    for one in root.iter():
        if tag(one) in {"p", "h", "t", "annotation", "comment", "text"}:
            statements += sentence_statements(
                " ".join("".join(one.itertext()).split()), replace(reading, kind="sentence")
            )
    return statements


def _properties(root: Any, reading: Reading) -> Iterator[Statement]:
    for one in root.iter():
        if tag(one):
            name = " ".join(str(value) for value in one.attrib.values())
            yield from sentence_statements(f"{name}: {one.text or ''}", reading)


def _sheets(root: Any, strings: list[str]) -> Iterator[tuple[str, list[tuple[Cell, ...]]]]:
    for table in root.iter():
        if tag(table) == "table" and any(tag(row) == "table-row" for row in table.iter()):
            name = next((value for key, value in table.attrib.items() if key.endswith("}name")), "")
            yield name, [row for one in table.iter() if tag(one) == "table-row" for row in _ods_row(one)]
        elif tag(table) == "sheetdata":
            yield "", [tuple(_xlsx_row(row, strings)) for row in table if tag(row) == "row"]


def _ods_row(row: Any) -> Iterator[tuple[Cell, ...]]:
    cells: list[Cell] = []
    for one in row:
        if tag(one) not in {"table-cell", "covered-table-cell"}:
            continue
        words = " ".join(" ".join("".join(p.itertext()) for p in one if tag(p) == "p").split())
        value = next((value for key, value in one.attrib.items() if key.endswith("office:1.0}value")), "")
        cell = Cell(words if words and _number(words) is None else value or words)
        cells += [cell] * _repeated(one, "number-columns-repeated")
    yield from [tuple(cells)] * (1 if any(cell.text for cell in cells) else 0)


def _repeated(element: Any, name: str) -> int:
    said = next((value for key, value in element.attrib.items() if key.endswith(name)), "1")
    return min(MOST_CELLS, int(said)) if said.isdigit() else 1


def _xlsx_row(row: Any, strings: list[str]) -> Iterator[Cell]:
    for one in (cell for cell in row if tag(cell) == "c"):
        said = "".join("".join(part.itertext()) for part in one if tag(part) in {"v", "is"})
        if one.get("t") == "s" and said.isdigit() and int(said) < len(strings):
            said = strings[int(said)]
        yield Cell(said)


def _grid(name: str, rows: list[tuple[Cell, ...]]) -> Grid:
    """Rows from the first with several cells, which heads the columns; the lines over it say what they are about."""
    first = next((n for n, row in enumerate(rows) if sum(bool(cell.text) for cell in row) > 1), 0)
    over = [cell.text for row in rows[:first] for cell in row if cell.text]
    return Grid(tuple(rows[first:]), "; ".join([name, *over[:1]]))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
