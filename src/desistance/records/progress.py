"""How far a long piece of work has come: one line on a terminal, and nothing where nobody looks."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

QUIET_SECONDS = 2  # what is done sooner needs no line
PAUSE_SECONDS = 0.2  # between two writings of the line
Seen = Callable[..., None]


def not_shown(n: int, *, total: int | None = None, doing: str | None = None) -> None:
    """Take what `progress` would show, and show nothing."""


@contextmanager
def progress(
    doing: str,
    total: int | None = None,
    *,
    unit: str = "rows",
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Seen]:
    """Show what was seen, how fast, and the time left, on anything longer than two seconds.

    Gives a function to be called with how many were seen since its last call; with `total=` once that is known, and
    with `doing=` where something else begins, of which the count begins anew. The line stands on standard error where
    that is a terminal, is written again in place, and is gone at the end, whatever the end was.

    Parameters
    ----------
    doing
        What the line begins with, such as "Reading cases.csv"; nothing of what a file holds.
    total
        How many there are, if known; without it no time left is shown.
    unit
        What is counted.
    stream, clock
        Where the line stands; what tells the seconds.
    """
    line = _Line(doing, unit, total, sys.stderr if stream is None else stream, clock)
    try:
        yield line.seen
    finally:
        line.clear()


class _Line:
    """The line on the terminal: what stands there now, and since when."""

    def __init__(
        self, doing: str, unit: str, total: int | None, stream: TextIO, clock: Callable[[], float]
    ) -> None:
        self.doing, self.unit, self.total, self.stream, self.clock = doing, unit, total, stream, clock
        self.n = self.width = 0
        self.shows = stream.isatty()
        self.begun = clock()
        self.next = self.begun + QUIET_SECONDS

    def seen(self, n: int, *, total: int | None = None, doing: str | None = None) -> None:
        if doing and doing != self.doing:
            self.doing, self.n, self.total, self.begun = doing, 0, None, self.clock()
        self.n += n
        self.total = total or self.total
        if self.shows and self.clock() >= self.next:
            self.next = self.clock() + PAUSE_SECONDS
            self._write(progress_line(self.doing, self.n, self.clock() - self.begun, self.total, self.unit))

    def clear(self) -> None:
        if self.width:
            self._write("")
            self.stream.write("\r")
            self.stream.flush()

    def _write(self, text: str) -> None:
        text = text[: shutil.get_terminal_size().columns - 1]
        self.stream.write(f"\r{text.ljust(self.width)}")
        self.stream.flush()
        self.width = len(text)


def progress_line(doing: str, n: int, seconds: float, total: int | None, unit: str) -> str:
    """The line itself.

    >>> progress_line("Reading cases.csv", 30_000, 10, 120_000, "rows")
    'Reading cases.csv: 30,000 of 120,000 rows, 3,000 a second, 30 s left'
    >>> progress_line("Reading cases.csv", 30_000, 10, None, "rows")
    'Reading cases.csv: 30,000 rows, 3,000 a second'
    """
    rate = n / seconds if seconds > 0 else 0
    of = f" of {total:,}" if total and total >= n else ""
    left = f", {_duration((total - n) / rate)} left" if of and rate else ""
    return f"{doing}: {n:,}{of} {unit}, {rate:,.0f} a second{left}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60:02} s"
        if whole < 5400
        else f"{whole // 3600} h {whole % 3600 // 60:02} min"
    )
