"""What stands in the lines of a file of delimited text, found in one pass before any row is believed."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import numpy as np


def survey(
    path: Path, encoding: str, character: str, titles: int, *, longest: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """Number of rows from the headings on, the numbers of the blank ones, and of those of nothing but delimiters.

    An open quotation mark is an error: the parser of the batches would take it for text and the rows after it for one
    value. So is a line of more than `longest` bytes, which is not taken into memory.
    """
    quoted = _has_quotes(path, longest)
    blank, empty, number = [], [], 0
    with path.open(encoding=encoding, newline="") as file:
        for _ in range(titles):
            next(file)
        lines = (line.rstrip("\r\n") for line in file)
        rows = csv.reader(file, delimiter=character, strict=True) if quoted else lines
        is_empty = _is_empty_row if quoted else partial(_is_empty_line, nothing=f"{character} \t")
        for number, row in enumerate(rows, 1):
            if not row:
                blank.append(number)
            elif is_empty(row):
                empty.append(number)
    return number, np.array(blank, dtype=int), np.array(empty, dtype=int)


def _has_quotes(path: Path, longest: int) -> bool:
    """Whether a quotation mark stands anywhere; a line that is too long is an error, before it is read whole."""
    quoted, length = False, 0
    with path.open("rb") as file:
        while piece := file.read(2**20):
            quoted = quoted or b'"' in piece
            length = 0 if b"\n" in piece or b"\r" in piece else length + len(piece)
            if length > longest:
                raise csv.Error
    return quoted


def _is_empty_line(line: str, *, nothing: str) -> bool:
    return not line.strip(nothing)


def _is_empty_row(row: list[str]) -> bool:
    return not any(map(str.strip, row))
