"""One table of a file as it stands: where its headings are, what its codes are called, and its rows as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """A file that was looked at, before its rows are read.

    `path` is where it can be read, `name` what to call it in messages. `headings` are stripped, in their order; a
    column without one has "". `first_row` is the row of the headings as a spreadsheet numbers rows. `labels` says what
    a heading means, `value_labels` what its codes mean (heading, code, label) and `missing_codes` which codes the file
    itself calls missing, `missing_ranges` from where to where it does, both ends included, where a format has such
    things (SPSS, Stata); all written as the values are, dates as ISO 8601. `kind` is the kind of file
    (`kinds.kind_of`), `scratch` the folder for an uncompressed copy and `form` what else a reader needs to know,
    `n_rows` among it where the file says that.
    """

    path: Path
    name: str
    headings: tuple[str, ...]
    first_row: int = 1
    sheet: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing_codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing_ranges: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    form: Mapping[str, object] = field(default_factory=dict)
    kind: str = "delimited"
    scratch: Path | None = None


@dataclass(frozen=True)
class Batch:
    """Some rows of a table: their numbers as a spreadsheet shows them and their text.

    `table` has one text column for each column asked for (no nulls: a missing value is empty text); `rows` has shape
    (n_rows,). `malformed` maps the numbers of rows with too few or too many values, met since the last batch, to their
    text; the text is empty where the file has columns that were not asked for, because the values cannot be told apart.

    Codes are written as a person would: 1 and not 1.0, dates as ISO 8601 or in the format asked for, true and false.
    A code with a label is still the code.
    """

    rows: np.ndarray
    table: pa.Table
    malformed: Mapping[int, str]


@dataclass(frozen=True)
class Share:
    """One of several equal parts of a file, `place` from 0."""

    place: int
    n: int

    def of(self, size: int) -> range:
        """The part of so many bytes or groups that is this share's.

        >>> [list(Share(place, 2).of(3)) for place in range(2)]
        [[0], [1, 2]]
        """
        return range(size * self.place // self.n, size * (self.place + 1) // self.n)
