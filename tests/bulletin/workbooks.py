"""A workbook as the tests read it: the archive's XML, and nothing of the code that wrote it."""

import io
import re
import zipfile
from dataclasses import dataclass, replace

import pandas as pd
from lxml import etree

from desistance.disclosure.policy import read_policy
from desistance.findings.tables import TEXT

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = {
    **{kind: f"{OASIS}:{kind}:1.0" for kind in ("office", "style", "text", "table", "meta", "config")},
    "number": f"{OASIS}:datastyle:1.0",
    "fo": f"{OASIS}:xsl-fo-compatible:1.0",
    "svg": f"{OASIS}:svg-compatible:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xlink": "http://www.w3.org/1999/xlink",
}
SPACE, TAB = "\ue000", "\ue001"  # as elements, until all text is read
WRITTEN = {ord(SPACE): " ", ord(TAB): "\t"}
POLICY = read_policy("default").as_facts()


@dataclass(frozen=True)
class Cell:
    """What a cell says: its text as shown, its type, its number, its style and where it leads."""

    text: str
    kind: str
    value: float | None
    style: str
    link: str


@dataclass(frozen=True)
class Sheet:
    """A sheet by name: its rows of cells, and its XML."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    xml: etree._Element


@dataclass(frozen=True)
class Book:
    """The parts of an archive as XML, its sheets, and the ranges that are marked as tables."""

    parts: dict[str, etree._Element]
    sheets: dict[str, Sheet]
    ranges: dict[str, str]


def at(name):
    """A name with its namespace as lxml has it: "office:value"."""
    space, _, local = name.partition(":")
    return f"{{{SPACES[space]}}}{local}"


def opened(data):
    """Read a workbook anew from its bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {
            name: etree.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")
        }
    content = parts["content.xml"]
    sheets = [read_sheet(table) for table in content.iterfind(".//table:table", SPACES)]
    ranges = {
        one.get(at("table:name")): one.get(at("table:target-range-address"))
        for one in content.iterfind(".//table:database-range", SPACES)
    }
    assert len({sheet.name for sheet in sheets}) == len(sheets)
    return Book(parts, {sheet.name: sheet for sheet in sheets}, ranges)


def read_sheet(table):
    """Rows of cells of a sheet."""
    rows = tuple(tuple(read_cell(cell) for cell in row) for row in table.iterfind("table:table-row", SPACES))
    return Sheet(table.get(at("table:name")), rows, table)


def read_cell(cell):
    """One cell; its paragraphs are lines."""
    value = cell.get(at("office:value"))
    link = cell.find(".//text:a", SPACES)
    return Cell(
        "\n".join(words(p) for p in cell.iterfind("text:p", SPACES)),
        cell.get(at("office:value-type"), ""),
        None if value is None else float(value),
        cell.get(at("table:style-name"), ""),
        "" if link is None else link.get(at("xlink:href")),
    )


def words(paragraph):
    """Text of a paragraph as a program reads it: of spaces side by side only those written as elements count."""
    return re.sub("^ | $", "", said_in(paragraph)).translate(WRITTEN)


def said_in(element):
    said = re.sub(r"\s+", " ", element.text or "")
    for one in element:
        if one.tag == at("text:s"):
            said += SPACE * int(one.get(at("text:c"), "1"))
        elif one.tag == at("text:tab"):
            said += TAB
        else:
            said += said_in(one)
        said += re.sub(r"\s+", " ", one.tail or "")
    return said


def body(sheet):
    """Header and rows of the table of a sheet: from the first row that has several cells."""
    first = next(number for number, row in enumerate(sheet.rows) if len(row) > 1)
    return sheet.rows[first], sheet.rows[first + 1 :]


def partly_hidden(released):
    """The release under a policy that hides: the shares of every seventh row, and small bases in every fifth."""
    table = released.estimates.astype({name: object for name in released.estimates if name not in TEXT})
    numbers = [name for name in table if name not in TEXT and name != "n_services"]
    places = pd.Series(range(len(table)), index=table.index) // 2  # both intervals of a share
    hidden = (places % 7 == 3) & table[numbers].notna().any(axis=1)
    for name in numbers:
        table.loc[hidden & table[name].notna(), name] = "[c]"
    table.loc[hidden, "status"] = "suppressed"
    table.loc[~hidden & (places % 5 == 2), "status"] = "low_reliability"
    facts = released.facts | {"protected": True, "policy": "default", "disclosure": POLICY}
    return replace(released, estimates=table, facts=facts)
