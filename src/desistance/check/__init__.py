"""Is an extract fit for a run? Everything that is wrong or odd about it, at once, with what to do.

Nothing is analysed and nothing kept. What is told holds no small count, no case's values and no identifiers, so that
it may be sent to whoever supplied the extract.
"""

from desistance.check.checking import Asked, check_records
from desistance.check.definition import DOUBT, NOTE, SEVERITIES, STOPS, Finding, Report
from desistance.check.page import render_page
from desistance.check.table import report_rows, write_rows
from desistance.check.terminal import summary

__all__ = [
    "DOUBT",
    "NOTE",
    "SEVERITIES",
    "STOPS",
    "Asked",
    "Finding",
    "Report",
    "check_records",
    "render_page",
    "report_rows",
    "summary",
    "write_rows",
]
