"""The report's tables as one workbook."""

from __future__ import annotations

from desistance.bulletin.content import Publication
from desistance.bulletin.inline import plain
from desistance.bulletin.workbook.sheets import warning, workbook_sheets
from desistance.bulletin.workbook.spreadsheet import spreadsheet


def render_workbook(publication: Publication) -> bytes:
    """Write every table of the report, and the data of every figure, as an ODS workbook.

    Cover, contents and notes, then one table a sheet: title in A1, what is said of the table under it, then one header
    row and the rows, marked as a table. Numbers are numbers, rounded and written as in the report; the ends of an
    interval, and what stands under a number there, have columns of their own; shorthand stands alone in its cell.
    The same report gives the same bytes.
    """
    said = " ".join((*warning(publication), "Every table of the report, and the data of every figure."))
    return spreadsheet(
        workbook_sheets(publication), title=f"{plain(publication.title)}: tables", description=said
    )
