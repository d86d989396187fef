"""Sheets as the content of a spreadsheet: rows of cells, their styles, and the ranges that are tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from desistance.bulletin.language.shown import Part
from desistance.bulletin.workbook.grid import NOT_APPLICABLE, SHORTHAND, Value, shown_text
from desistance.bulletin.workbook.package import DECLARED, fit, package
from desistance.bulletin.workbook.sheets import Line, Link, Sheet
from desistance.bulletin.workbook.styles import (
    COMMON,
    ROW,
    SHEET,
    column_style,
    number_style,
    number_styles,
)

SPACES = re.compile("^ +| +$|  +")
# Centimetres: of a column, of a character, and around them.
NARROWEST, WIDEST, EACH, EDGE = 2.0, 12.0, 0.205, 0.8
WIDEST_OF_WORDS = 27.0  # on the cover, in the contents and in the notes


def spreadsheet(sheets: Sequence[Sheet], *, title: str, description: str) -> bytes:
    """Write sheets as an ODS document in British English.

    Parameters
    ----------
    sheets : sequence of Sheet
        At least one; the first is open, with the cursor in A1.
    title, description : str
        Of the document, for those who list or search files.
    """
    return package(
        _content(sheets),
        COMMON.format(namespaces=DECLARED),
        sheets=[sheet.name for sheet in sheets],
        title=title,
        description=description,
    )


def _content(sheets: Sequence[Sheet]) -> str:
    widths = [_widths(sheet) for sheet in sheets]
    names = {width: f"column-{width:g}".replace(".", "-") for each in widths for width in each}
    parts = (value for sheet in sheets if sheet.grid for row in sheet.grid.rows for value in row)
    formats = {number_style(part) for part in parts if isinstance(part, Part) and not part.mark}
    styles = [
        *(column_style(names[width], width) for width in sorted(names)),
        ROW,
        SHEET,
        *number_styles(formats),
    ]
    tables = (
        _table(sheet, [names[width] for width in each]) for sheet, each in zip(sheets, widths, strict=True)
    )
    ranges = "".join(_range(sheet) for sheet in sheets if sheet.grid is not None)
    return (
        f'<office:document-content {DECLARED} office:version="1.3"><office:automatic-styles>{"".join(styles)}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{''.join(tables)}<table:database-ranges>{ranges}"
        "</table:database-ranges></office:spreadsheet></office:body></office:document-content>"
    )


def _range(sheet: Sheet) -> str:
    """Mark the table of a sheet as one, headed by its first row."""
    first, last = _header_row(sheet), _header_row(sheet) + len(sheet.grid.rows)
    address = f"'{sheet.name}'.A{first}:'{sheet.name}'.{_letters(len(sheet.grid.columns))}{last}"
    name = re.sub(r"\W+", "_", sheet.name)
    return (
        f'<table:database-range table:name="{name}" table:target-range-address={quoteattr(address)} '
        'table:contains-header="true"/>'
    )


def _header_row(sheet: Sheet) -> int:
    return 2 + len(sheet.lines)


def _letters(number: int) -> str:
    """Name of a column, from its number.

    >>> _letters(1), _letters(26), _letters(27), _letters(703)
    ('A', 'Z', 'AA', 'AAA')
    """
    name = ""
    while number:
        number, place = divmod(number - 1, 26)
        name = chr(ord("A") + place) + name
    return name


def _table(sheet: Sheet, columns: Iterable[str]) -> str:
    declared = "".join(f'<table:table-column table:style-name="{name}"/>' for name in columns)
    return (
        f'<table:table table:name={quoteattr(sheet.name)} table:style-name="sheet">{declared}'
        f"{''.join(_rows(sheet))}</table:table>"
    )


def _rows(sheet: Sheet) -> Iterator[str]:
    covered = sheet.grid is None
    yield _row([_words(sheet.title, "Heading_20_1")])
    for line in sheet.lines:
        yield _row([_line(line, "Words" if covered else "Default")])
    if sheet.grid is None:
        return
    numeric = _numeric(sheet)
    heads = ["Number_20_heading" if each else "Column_20_heading" for each in numeric]
    yield _row(map(_words, sheet.grid.columns, heads))
    for number, row in enumerate(sheet.grid.rows):
        cells = [_cell(value, numeric=each) for value, each in zip(row, numeric, strict=True)]
        if sheet.links:
            cells[0] = _words(Link(shown_text(row[0]), sheet.links[number]), "Words")
        yield _row(cells)


def _row(cells: Iterable[str]) -> str:
    return f'<table:table-row table:style-name="row">{"".join(cells)}</table:table-row>'


def _line(line: Line, style: str) -> str:
    return _words(line.text, "Heading_20_2" if line.heading else style)


def _numeric(sheet: Sheet) -> list[bool]:
    """Columns that hold numbers, or shorthand alone, and are set to the right."""
    columns = zip(*sheet.grid.rows, strict=True)
    return [
        all(isinstance(value, Part) or SHORTHAND.fullmatch(value) for value in column) for column in columns
    ]


def _cell(value: Value, *, numeric: bool) -> str:
    if isinstance(value, str) or value.mark:
        return _words(shown_text(value), "Mark" if numeric else "Words")
    kind = "percentage" if value.what == "share" else "float"
    return (
        f'<table:table-cell table:style-name="{number_style(value)}" office:value-type="{kind}" '
        f'office:value="{value.value:f}"><text:p>{value.text}</text:p></table:table-cell>'
    )


def _words(text: str | Link, style: str) -> str:
    """Cell of words; whatever they begin with, they are no formula."""
    if isinstance(text, Link):
        address = quoteattr(f"#'{text.sheet}'.A1")
        said = (
            f'<text:p><text:a xlink:type="simple" xlink:href={address}>{_spaced(text.text)}</text:a></text:p>'
        )
    else:
        lines = (text if fit(text).strip() else NOT_APPLICABLE).splitlines()
        said = "".join(f"<text:p>{_spaced(line)}</text:p>" for line in lines)
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string">{said}</table:table-cell>'
    )


def _spaced(text: str) -> str:
    """Text of a paragraph, where spaces at its ends or side by side, and tabs, would not be kept by themselves."""
    spaced = SPACES.sub(lambda found: f'<text:s text:c="{len(found[0])}"/>', escape(fit(text)))
    return spaced.replace("\t", "<text:tab/>")


def _widths(sheet: Sheet) -> list[float]:
    """Widths of columns in centimetres, in steps of a half: numbers in full, words in a few lines."""
    if sheet.grid is None:
        return [WIDEST_OF_WORDS]
    widest = WIDEST_OF_WORDS if sheet.wide else WIDEST
    return [
        _width(head, [shown_text(row[place]) for row in sheet.grid.rows], widest)
        for place, head in enumerate(sheet.grid.columns)
    ]


def _width(head: str, texts: Sequence[str], widest: float) -> float:
    longest = max(map(len, texts), default=0)
    word = max(map(len, head.split()), default=0) * 1.15  # heads are bold
    needed = EDGE + EACH * max(longest, word, len(head) / 3)
    return round(2 * min(max(needed, NARROWEST), widest) + 0.5) / 2
