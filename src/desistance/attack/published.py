"""A published folder as an outsider finds it: its tables, cell by cell as printed, and the facts of the release."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desistance.attack.errors import AttackError
from desistance.attack.tables import TABLES, WORDS

HIDDEN = "[c]"
Row = Mapping[str, str]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Published:
    """A published folder: ``tables`` by name, each a list of rows of printed cells, and the facts of the release."""

    folder: Path
    tables: Mapping[str, list[Row]]
    release: Mapping[str, Any]

    def rows(self, table: str) -> list[Row]:
        """Rows of a table; none where it was not published."""
        return self.tables.get(table, [])

    @property
    def structure(self) -> Mapping[str, Any]:
        """What ``release.json`` says of the study."""
        return self.release["structure"]


def read_published(folder: Path) -> Published:
    """Read every CSV table and the facts of a published folder.

    Raises
    ------
    AttackError
        There is no ``release.json``; a table or column that is not known; text where a number should be.
    """
    release = _facts(folder / "release.json")
    paths = sorted(path for path in folder.rglob("*.csv") if path.is_file())
    if not paths:
        raise AttackError(f"there is no CSV table in {folder.name}/; give the folder that is to be published")
    tables: dict[str, list[Row]] = {}
    for path in paths:
        if path.stem in tables:
            raise AttackError(f"{path.name} is there twice; publish each table once")
        tables[path.stem] = _rows(path)
    return Published(folder, tables, release)


def _facts(path: Path) -> Mapping[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AttackError(
            f"there is no {path.name} in {path.parent}, so it is no publication; give one, such as results/published"
        ) from error
    except (OSError, ValueError) as error:
        raise AttackError(f"{path.name} cannot be read as JSON, so what is hidden is not known") from error
    if not isinstance(facts, dict):
        raise AttackError(f"{path.name} holds no object; it must say policy and structure")
    missing = [name for name in ("disclosure", "structure", "n_cases") if name not in facts]
    if missing:
        raise AttackError(f"{path.name} lacks {', '.join(missing)}, so the release cannot be attacked")
    return facts


def _rows(path: Path) -> list[Row]:
    if path.stem not in TABLES:
        raise AttackError(f"{path.name} is a table the attack does not know; teach it what its numbers mean")
    known = TABLES[path.stem].split()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(path, header, known)
            rows = [row for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AttackError(f"{path.name} cannot be read as a CSV table in UTF-8") from error
    kinds = [(place, name) for place, name in enumerate(header) if name not in WORDS]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise AttackError(f"{path.name} line {number} has not as many cells as the header")
        for place, name in kinds:
            if not is_printed_number(row[place]):
                raise AttackError(
                    f"{path.name} line {number}, column {name}: no number, not empty and not hidden"
                )
    absent = dict.fromkeys(set(known) - set(header), "")
    return [dict(zip(header, row, strict=True)) | absent for row in rows]


def _check_header(path: Path, header: list[str], known: list[str]) -> None:
    """Refuse columns nobody has explained; one that is not there tells nothing."""
    unknown = [name for name in header if name not in known]
    if unknown or len(set(header)) != len(header) or not header:
        raise AttackError(
            f"{path.name} has other columns than the attack knows: {', '.join(unknown) or 'none, or one of them twice'}"
        )


def is_printed_number(text: str) -> bool:
    """Whether a cell is a number, empty, or hidden.

    >>> [is_printed_number(text) for text in ("12", "0.25", "", "[c]", "few", "1,168")]
    [True, True, True, True, False, False]
    """
    return text in ("", HIDDEN) or _NUMBER.fullmatch(text) is not None


def is_shown(text: str) -> bool:
    """Whether a cell holds a number that can be used.

    >>> [is_shown(text) for text in ("12", "", "[c]")]
    [True, False, False]
    """
    return text not in ("", HIDDEN)


def whole(text: str, where: str) -> int:
    """A printed count as a whole number.

    Raises
    ------
    AttackError
        It is no whole number of nought or more.
    """
    number = float(text)
    if not math.isfinite(number) or number < 0 or number != int(number):
        raise AttackError(f"{where}: a count that is no whole number of nought or more")
    return int(number)


def tolerance(text: str, significant_digits: int) -> float:
    """How far the number behind a printed one may lie from it: one unit of the last digit that it carries.

    A release rounds to a number of significant digits; one that carries more digits than that was not rounded.

    >>> tolerance("0.2510", 4), tolerance("0.25", 4), tolerance("1234", 2)
    (0.0001, 0.0001, 1.0)
    """
    number = abs(float(text))
    mantissa = re.split("[eE]", text)[0].lstrip("+-")
    digits = len(mantissa.replace(".", "").lstrip("0").rstrip("0" if "." not in mantissa else ""))
    if number == 0:
        decimals = len(mantissa.partition(".")[2])
        return 10.0 ** -max(decimals, 12)
    carried = max(digits, significant_digits)
    # Zeros at the end may be cut off in print, so a short number carries as many digits as the policy says.
    return 10.0 ** (math.floor(math.log10(number)) - carried + 1)


def bounds_of(text: str, significant_digits: int) -> tuple[float, float]:
    """Least and greatest number that may be behind a printed one."""
    number, around = float(text), tolerance(text, significant_digits)
    return number - around, number + around
