"""What is read in one go, how, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from desistance.between_runs import SCRATCH
from desistance.records.coded import Coded, joined
from desistance.records.formats import Batch
from desistance.records.formats.shares import Share, can_be_shared
from desistance.records.gather import gather
from desistance.records.identifiers import own_key
from desistance.records.ingest import Accepted, Account, Numbered, Reading, Reject
from desistance.records.mapping import Source, read_mapping
from desistance.records.progress import Seen, not_shown
from desistance.records.sources import read_batches
from desistance.study import Study
from desistance.tallies.counting import Counted, Counter

ENOUGH = 2**17  # cases
WHOLE = Share(0, 1)


@dataclass(frozen=True)
class Asked:
    """How files are read; the fields are those of the configuration but for `key`, `scratch` and `marks`.

    `key` is for the digests of case numbers, `scratch` a private folder for what must be written meanwhile, `marks`
    the themes of the comments of each case, by digest of the case with its service, None where there are no comments;
    `looked_for` are such digests, to be noted where the case is accepted.
    """

    study: Study
    sources: Mapping[str, Source]
    key: bytes = field(repr=False)
    scratch: Path
    delimiter: str = "auto"
    encoding: str = "auto"
    sheet: str | None = None
    marks: Mapping[bytes, str] | None = None
    looked_for: Container[bytes] = ()

    @property
    def digest(self) -> str:
        """What tells whether two parts were asked for alike: by the same study, mapping and key, of like comments."""
        told = (self.study.digest, sorted(self.sources.items()), self.delimiter, self.encoding, self.sheet)
        marks = sorted(self.marks.items()) if self.marks is not None else None
        return hashlib.blake2b(repr((told, marks)).encode(), key=self.key, digest_size=16).hexdigest()

    def can_share(self, path: Path) -> bool:
        """Whether several may read a file; none where a case is told by the place of its row in the whole."""
        return can_be_shared(path) and not any(source.each_row for source in self.sources.values())

    def batches(self, path: Path, share: Share | None, seen: Seen) -> Iterator[Batch]:
        """Rows of a file as text columns of the study."""
        return read_batches(
            path,
            self.sources,
            delimiter=self.delimiter,
            encoding=self.encoding,
            sheet=self.sheet,
            scratch=self.scratch,
            share=share,
            case=self.study.case,
            seen=seen,
        )


def asked_as_chosen(study: Study, reading: Mapping[str, Any], private: Path) -> Asked:
    """What a run asks for; `reading` is its choices, `private` the private part of its results.

    Raises
    ------
    RecordsError, SettingsError
        The mapping cannot be read, or the key of case numbers cannot.
    """
    folder = private.resolve()
    mapping = reading["mapping"]
    return Asked(
        study,
        read_mapping(Path(mapping) if mapping else None, study),
        own_key(results=[folder.parent if folder.name == "restricted" else folder]),
        private / SCRATCH,
        reading["delimiter"],
        reading["encoding"],
        reading["sheet"],
    )


@dataclass(frozen=True)
class Piece:
    """Files, or a share of one, read one after another; `again` are rows whose case stands in an earlier row."""

    files: tuple[Path, ...]
    share: Share | None = None
    again: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), compare=False)


@dataclass(frozen=True)
class Part:
    """What became of a piece.

    `n_rows` counts the rows of each file, malformed ones too; `digests` are those of the case numbers of all rows,
    shape (n_rows, 2), in pieces, unless they were given away while reading; `counted` is what a counter has counted.
    """

    n_rows: tuple[int, ...]
    account: Account
    accepted: Accepted
    digests: tuple[np.ndarray, ...]
    counted: Counted


def read_piece(
    piece: Piece,
    asked: Asked,
    *,
    reject: Reject,
    number: Numbered | None = None,
    files: Sequence[Path] = (),
    seen: Seen = not_shown,
) -> Part:
    """Read and count a piece in this process; `reject` is given each rejected row, as `Reading` has it.

    `number` is given the digests of the case numbers, batch by batch, which the part then does not hold.
    `files` are all that are read, of which `seen` is told the place of each.

    Raises
    ------
    RecordsError
        A file cannot be read, or the files changed while they were read.
    NotPlainError
        A share was asked for of a file that cannot be shared out.
    """
    counter = Counter(asked.study)
    several = _Several(counter)
    digests: list[np.ndarray] = []
    reading = Reading(
        asked.sources,
        asked.study,
        key=asked.key,
        take=several.take,
        number=number or digests.append,
        reject=reject,
        marks=asked.marks,
        looked_for=asked.looked_for,
        again=piece.again,
    )
    each = partial(_each, piece, asked, files=files or piece.files, seen=seen)
    in_turn = (batch for batches, _ in each("Gathering") for batch in batches)
    gathering = gather(in_turn, asked.sources, asked.study, key=asked.key)
    n_rows = []
    for batches, path in each("Reading"):
        before = reading.account.n_rows, reading.account.n_malformed
        for batch in batches:
            reading.take(batch, path.name, gathering)
        n_rows.append(reading.account.n_rows + reading.account.n_malformed - sum(before))
    several.count()
    if gathering:
        gathering.refuse_other(reading.account.n_rows)
    return Part(
        tuple(n_rows),
        reading.account,
        reading.accepted,
        tuple(digests),
        counter.counted(),
    )


class _Several:
    """Cases of small batches counted together, because to count a batch costs as much again however small it is."""

    def __init__(self, counter: Counter) -> None:
        self._counter, self._waiting = counter, []

    def take(self, cases: Coded) -> None:
        self._waiting.append(cases)
        if sum(each.n_cases for each in self._waiting) >= ENOUGH:
            self.count()

    def count(self) -> None:
        if self._waiting:
            self._counter.add(joined(self._waiting))
        self._waiting = []


def _each(
    piece: Piece, asked: Asked, doing: str, *, files: Sequence[Path], seen: Seen
) -> Iterator[tuple[Iterator[Batch], Path]]:
    """Each file with its batches; the progress of shares is shown by whoever shared them out."""
    for path in piece.files:
        if piece.share in (None, WHOLE):
            of = f" ({files.index(path) + 1} of {len(files)})" * (len(files) > 1)
            seen(0, doing=f"{doing} {path.name}{of}")
        yield asked.batches(path, piece.share, seen), path
