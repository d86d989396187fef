"""What plain text, Markdown and stray CSV files say."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

from desistance.attack.embedded import field_statements
from desistance.attack.errors import AttackError
from desistance.attack.grids import Cell, Grid, grid_statements
from desistance.attack.naming import Group
from desistance.attack.sentences import Reading, sentence_statements
from desistance.attack.statements import Statement

HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
RULE = re.compile(r"^[\s|:+-]+$")


def note_statements(text: str, reading: Reading) -> list[Statement]:
    """What a text or Markdown file says: paragraphs, list items and tables, each under its headings."""
    statements: list[Statement] = []
    headings: list[tuple[int, Group]] = []
    for number, lines in _paragraphs(text):
        heading = HEADING.match(lines[0])
        far = (*(group for _, group in reversed(headings) if group), *reading.far)
        at = replace(reading, far=far, where=f"{reading.where}, line {number}")
        if heading:
            headings = [one for one in headings if one[0] < len(heading[1])]
            headings.append((len(heading[1]), reading.vocabulary.group(heading[2])))
            statements += sentence_statements(heading[2], at)
        elif lines[0].lstrip().startswith("|") or (
            len(lines) > 1 and "|" in lines[0] and RULE.match(lines[1])
        ):
            rows = [tuple(_cells(line)) for line in lines if not RULE.match(line)]
            statements += grid_statements(Grid(tuple(rows)), replace(at, kind="table"))
        else:
            statements += sentence_statements(" ".join(lines), at)
    return statements


def _cells(line: str) -> list[Cell]:
    return [Cell(cell.strip(" *`")) for cell in line.strip().strip("|").split("|")]


def _paragraphs(text: str) -> list[tuple[int, list[str]]]:
    """Paragraphs with the number of their first line; headings and list items are paragraphs of their own."""
    found: list[tuple[int, list[str]]] = []
    joined = False
    for number, line in enumerate(text.splitlines(), start=1):
        own = bool(re.match(r"^\s*(?:#{1,6}\s|[-*+]\s|\d+[.)]\s)", line))
        if not line.strip():
            joined = False
        elif joined and not own:
            found[-1][1].append(line.strip())
        else:
            found.append((number, [re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+", "", line).strip()]))
            joined = not HEADING.match(line)
    return found


def rows_statements(text: str, reading: Reading) -> list[Statement]:
    """What a CSV file that is no published table says, row by row.

    Raises
    ------
    AttackError
        It is not CSV with one row of heads.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise AttackError(f"{reading.where} cannot be read as CSV") from error
    statements: list[Statement] = []
    for number, row in enumerate(rows, start=2):
        at = replace(reading, kind="table", where=f"{reading.where}, line {number}")
        fields = {str(key): value for key, value in row.items() if isinstance(value, str)}
        statements += field_statements(fields, at)
    return statements
