"""Cells for a change between two shares: each side, the change, its interval and test, and what it comes to."""

from __future__ import annotations

from desistance.bulletin.content import Cell
from desistance.bulletin.language.differences import interval_points
from desistance.bulletin.language.evidence import real
from desistance.bulletin.language.words import (
    base_line,
    counted_line,
    exact_share,
    percent_cell,
    points,
    together,
)
from desistance.bulletin.reading.cells import ABSENT
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Test
from desistance.bulletin.sections.difference_tables import df_text, p_cell


def side_cell(
    share: float | None,
    n_cases: int | None,
    n_services: int | None = None,
    service: tuple[str, str] = ("", ""),
    *,
    mark: str = ABSENT,
) -> Cell:
    """Share on one side with its base underneath and, where given, the number of services; else shorthand alone."""
    if share is None:
        return Cell(mark)
    parts = [] if n_cases is None else [base_line(n_cases)]
    parts += [] if n_services is None else [counted_line(n_services, service)]
    return Cell(percent_cell(share), small=together(parts))


def change_columns(numbers: Numbers, name: str = "Change") -> tuple[str, ...]:
    """Columns for `change_cells`."""
    return f"{name}, points", f"{numbers.confidence}% interval", "CR2 df", "CR2, p", "CR2, Holm"


def change_cells(test: Test, numbers: Numbers) -> tuple[Cell, ...]:
    """Change in points with its interval, degrees of freedom and p-values."""
    text = test.mark("estimate") if test.estimate is None else points(exact_share(None, None, test.estimate))
    return (
        Cell(text),
        Cell(interval_points(test)),
        Cell(df_text(test)),
        p_cell(test, "p_value", numbers),
        p_cell(test, "p_holm", numbers),
    )


def verdict_cell(test: Test, numbers: Numbers, words: tuple[str, str] = ("a fall", "a rise")) -> Cell:
    """Whether a change is significant by CR2 after Holm's adjustment, and which way it goes."""
    if test.p_holm is None or test.estimate is None:
        return Cell(test.mark("p_holm", "estimate"), kind="verdict", tone="none")
    if not real(test, numbers):
        return Cell("not significant", kind="verdict", tone="none")
    down = test.estimate < 0
    return Cell(words[not down], kind="verdict", tone="no" if down else "yes")
