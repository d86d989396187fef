"""Rejected rows kept in a private file while all is read, because there may be as many as rows."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from desistance.settings import make_private
from desistance.study import Study

ROWS_A_FRAME = 2**14


class Spill:
    """The rejects of one piece; the file has no name, and is gone with this object."""

    def __init__(self, folder: Path) -> None:
        make_private(folder)
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder)  # noqa: SIM115

    def close(self) -> None:
        """Forget all, for good."""
        self._file.close()

    def add(self, name: str, row: int, told: Sequence[str]) -> None:
        """Keep one reject."""
        self._file.write(json.dumps([name, row, list(told)]) + "\n")

    def add_all(self, lines: Sequence[str]) -> None:
        """Keep rejects as another spill gave them."""
        self._file.writelines(lines)

    def some(self, n: int) -> Iterator[list[str]]:
        """All rejects as lines for another spill, so many at a time."""
        self._file.seek(0)
        while lines := list(islice(self._file, n)):
            yield lines

    def clear(self) -> None:
        """Forget all, because the piece is read again."""
        self._file.seek(0)
        self._file.truncate()

    def rows(self) -> Iterator[tuple[str, int, list[str]]]:
        """All rejects in the order in which they were kept."""
        self._file.seek(0)
        for line in self._file:
            name, row, told = json.loads(line)
            yield name, row, told


def write_rejects(out: TextIO, spills: Sequence[tuple[Spill, int]], study: Study) -> None:
    """Write the rejects of all pieces as CSV; beside each spill the number of rows of its file before the piece."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "row", "rules", *study.record_columns])
    for spill, before in spills:
        for name, row, told in spill.rows():
            writer.writerow([name, row + before, *told])
