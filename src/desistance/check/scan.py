"""What stands in the files, column by column, before any rule is asked of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from desistance.check.cases import Spellings
from desistance.errors import DesistanceError, RecordsError
from desistance.records.formats import Table, look
from desistance.records.formats.headings import are_few
from desistance.records.mapping import Source, known_codes
from desistance.records.progress import Seen, not_shown
from desistance.records.sources import read_batches
from desistance.records.typed import encoded
from desistance.study import MISSING, STATES, Study

# More kinds of value than this are no codes; those met later are counted together.
MOST_VALUES = 20_000
NO_HEADING = "none, or too few, of the headings are there"
UNKNOWN = len(STATES)


@dataclass
class ScannedFile:
    """One file: its table (None where it cannot be read), the mistake that stopped reading, and its whole rows.

    Torn rows are left out: beside the counts of a column, which lack them, they would tell how many there are.
    """

    path: Path
    table: Table | None = None
    mistake: str | None = None
    n_rows: int = 0
    missing: tuple[str, ...] = ()


@dataclass
class Scan:
    """What stands in the files that can be read; filled batch by batch.

    `values` counts the texts of each column that holds codes, dates or numbers, stripped; `others` those past the
    first `MOST_VALUES` kinds. `pairs` counts, for each item with a base, the states of base and item together, shape
    (n_states + 1, n_states + 1), the last being codes that are not the study's; `prints` tells columns with the same
    states in every row; `services` counts the rows of each service; `cases` tells case numbers that look alike.
    """

    files: list[ScannedFile]
    n_rows: int = 0
    values: dict[str, Counter[str]] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    pairs: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    prints: dict[str, Any] = field(default_factory=dict)
    services: Counter[str] = field(default_factory=Counter)
    cases: Spellings = field(default_factory=Spellings)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the study that at least one file has."""
        return tuple(self.prints)


def scan(
    files: Iterable[Path],
    sources: Mapping[str, Source],
    study: Study,
    *,
    reading: Mapping[str, Any],
    key: bytes,
    seen: Seen = not_shown,
) -> Scan:
    """Read whatever can be read of all files; a file that cannot, or lacks headings, does not keep others back.

    `reading` is what `look` and `read_batches` want to know (delimiter, encoding); `key` is for digests of case
    numbers; `seen` is told of files and rows, as `progress` gives it.
    """
    found = Scan([ScannedFile(path) for path in files])
    states = {name: _states(name, sources[name], study) for name in known_codes(study) if name in sources}
    for file in found.files:
        try:
            _scan_file(file, found, sources, study, states, reading, key, seen)
        except DesistanceError as error:
            file.mistake = str(error)
        except OSError as error:
            file.mistake = f"{file.path} cannot be opened: {error.strerror or type(error).__name__}"
    return found


def _scan_file(
    file: ScannedFile,
    found: Scan,
    sources: Mapping[str, Source],
    study: Study,
    states: Mapping[str, Mapping[str, int]],
    reading: Mapping[str, Any],
    key: bytes,
    seen: Seen,
) -> None:
    asked = {heading for source in sources.values() for heading in source.headings}
    seen(0, doing=f"Looking at {file.path.name}")
    file.table = look(file.path, wanted=asked, **reading)
    headings = set(file.table.headings)
    present = {name: source for name, source in sources.items() if headings.issuperset(source.headings)}
    file.missing = tuple(name for name in sources if name not in present)
    if are_few(asked, headings):
        raise RecordsError(NO_HEADING)
    for batch in read_batches(file.path, present, **reading, seen=seen):
        file.n_rows += len(batch.rows)
        found.n_rows += len(batch.rows)
        if study.case in present and not present[study.case].each_row:
            found.cases.add(encoded(batch.table[study.case])[1], key=key)
        _add(found, batch.table, present, study, states)


def _add(
    found: Scan,
    table: pa.Table,
    present: Mapping[str, Source],
    study: Study,
    states: Mapping[str, Mapping[str, int]],
) -> None:
    """Count one batch."""
    kept = set(present) - {study.case, study.service, study.stratum}
    if study.service in present:
        indices, texts = encoded(table[study.service])
        found.services.update(
            dict(zip(texts, np.bincount(indices, minlength=len(texts)).tolist(), strict=True))
        )
    coded: dict[str, np.ndarray] = {}
    for name in present:
        found.prints.setdefault(name, hashlib.blake2b(digest_size=16))
        if name in kept:
            indices, texts = encoded(table[name])
            _count(found, name, np.bincount(indices, minlength=len(texts)), texts)
            if name in states:
                codes = np.array([states[name].get(text, UNKNOWN) for text in texts], dtype=np.int16)
                coded[name] = codes[indices]
                found.prints[name].update(coded[name].tobytes())
    for base, column in judged_pairs(study):
        if base in coded and column in coded:
            cells = coded[base].astype(int) * (UNKNOWN + 1) + coded[column]
            square = np.bincount(cells, minlength=(UNKNOWN + 1) ** 2).reshape(UNKNOWN + 1, UNKNOWN + 1)
            found.pairs[base, column] = found.pairs.get((base, column), 0) + square


def judged_pairs(study: Study) -> Iterator[tuple[str, str]]:
    """Columns of judgements that have a base, with it: (base, column)."""
    for item in study.items:
        if item.base is not None and not item.derived:
            yield item.base, item.column


def _count(found: Scan, name: str, counts: np.ndarray, texts: list[str]) -> None:
    values = found.values.setdefault(name, Counter())
    for text, count in zip(texts, counts.tolist(), strict=True):
        if text in values or len(values) < MOST_VALUES:
            values[text] += count
        else:
            found.others[name] += count


def _states(name: str, source: Source, study: Study) -> dict[str, int]:
    """What each code of a column means: a place in `STATES`, or for a level its place among the levels after these."""
    levels = levels_of(name, study)
    known = {
        code: STATES.index(state) for code, state in study.codes.items() if not levels or state in MISSING
    }
    known |= {code: UNKNOWN + 1 + place for place, code in enumerate(levels)}
    translated = {code: known[target] for code, target in source.codes.items() if target in known}
    # A code that the mapping translates no longer means what the study says of it.
    return {code: place for code, place in known.items() if code not in source.codes} | translated


def levels_of(name: str, study: Study) -> dict[str, str]:
    """Codes of a column's levels with their labels; none where it holds judgements."""
    if study.long and name == study.long.item:
        return {item: item for item in study.long.items}
    found = next((division.levels for division in study.divisions if division.column == name), ())
    return {level.code: level.label for level in found}
