"""Files of records read and counted in one pass, several shares at once where they are large."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from desistance.errors import RecordsError
from desistance.provenance import digest_of
from desistance.records.formats.shares import NotPlainError, Share, is_text
from desistance.records.ingest import Accepted, Account, quality
from desistance.records.numbers import repeated
from desistance.records.progress import Seen, not_shown
from desistance.scan.parts import pieces_of, read_part, write_part
from desistance.scan.pieces import WHOLE, Asked, Part, Piece, read_piece
from desistance.scan.rejected import Spill, write_rejects
from desistance.scan.workers import read_pieces, read_texts
from desistance.tallies.counting import Counter as CaseCounter

# Bytes from which several read one file; smaller ones are read before all of them have begun.
SHARED_FROM = 8 * 2**20
WORTH = {
    ".parquet": 8 / 3
}  # bytes of text for one of a kind: it is packed, but processes start later than threads


@dataclass(frozen=True)
class Scanned:
    """What became of all files: the account of quality, the accepted cases and services, and the counts.

    `counter` has counted the accepted cases. `copies` are files left out, because their content is
    that of another one.
    """

    account: Mapping[str, Any]
    accepted: Accepted
    counter: CaseCounter
    copies: tuple[Path, ...] = ()


def scan(
    files: Sequence[Path],
    asked: Asked,
    *,
    rejects: TextIO,
    counted: Sequence[Path] = (),
    n_processes: int | None = None,
    shared_from: int = SHARED_FROM,
    seen: Seen = not_shown,
) -> Scanned:
    """Read and count files of records; write the rejects as CSV, in the order of files and rows.

    A file whose content is that of an earlier one is left out: a part that was sent twice counts once. Of rows with the
    same case number the first counts, wherever they stand.

    Parameters
    ----------
    counted
        What `scan_part` wrote, for all parts, where other jobs counted them; only what they could not do, and parts
        with rows that repeat a case of another one, is read here.
    n_processes
        How many read at once; as many as there are processors without it.
    shared_from
        Bytes (of text) from which a file is read by several.

    Raises
    ------
    RecordsError
        A file cannot be read, holds no rows, or made-up and other records are mixed.
    """
    own, copies = _different(files)
    n_processes = n_processes or os.cpu_count() or 1
    with closing(_Read(own, asked, n_processes, seen)) as read, ThreadPoolExecutor(1) as pool:
        digests = [pool.submit(digest_of, path) for path in own]
        pieces = read.known(counted, own) if counted else _pieces(own, asked, n_processes, shared_from)
        pieces = read.all(pieces)
        n_rows = _rows_by_file(pieces, read.parts)
        write_rejects(rejects, list(_with_rows_before(pieces, read)), asked.study)
        told = [
            {"name": path.name, "sha256": digest.result(), "n_rows": n_rows[path]}
            for path, digest in zip(own, digests, strict=True)
        ]
    parts = [read.parts.pop(piece) for piece in pieces]
    account, accepted = quality(_account(parts), told, asked.study), _accepted(parts)
    counter = CaseCounter(asked.study)
    while parts:  # which are large, and let go of as they are joined
        counter.join(parts.pop(0).counted)
    return Scanned(account, accepted, counter, copies)


def scan_part(
    files: Sequence[Path],
    asked: Asked,
    place: int,
    n: int,
    out: Path,
    *,
    n_processes: int = 1,
    seen: Seen = not_shown,
) -> None:
    """Read and count part `place` (from 0) of `n` of an extract and write what became of it.

    Parts are whole files, or shares of files where there are fewer of these; a study that makes one case of several
    rows has one part, because these may stand anywhere.

    Raises
    ------
    RecordsError
        A file cannot be read.
    """
    with closing(_Read(files, asked, n_processes, seen)) as read:
        read.some(pieces_of(files, asked, place, n))
        write_part(out, asked, read.parts, read.spills)


def _different(files: Sequence[Path]) -> tuple[list[Path], tuple[Path, ...]]:
    """Files with different content, and those that have the content of one of them."""
    sizes = Counter(path.stat().st_size for path in files)
    known: set[str] = set()
    own, copies = [], []
    for path in files:
        twice = sizes[path.stat().st_size] > 1
        digest = digest_of(path) if twice else str(path)
        (copies if digest in known else own).append(path)
        known.add(digest)
    return own, tuple(copies)


def _pieces(files: Sequence[Path], asked: Asked, n: int, shared_from: int) -> list[Piece]:
    """Large files in shares, all others whole; all together where a case may have rows in several.

    Small text is read here; whatever else can be shared out is one share, so that one process reads many small files.
    """
    if asked.study.gathers:
        return [Piece(tuple(files))]
    pieces = []
    for path in files:
        n_shares = n if path.stat().st_size * WORTH.get(path.suffix.lower(), 1) >= shared_from else 1
        if asked.can_share(path) and (n_shares > 1 or not is_text(path)):
            pieces += [Piece((path,), Share(place, n_shares)) for place in range(n_shares)]
        else:
            pieces.append(Piece((path,)))
    return pieces


class _Read:
    """Pieces read, and read again where rows of theirs turn out to repeat a case."""

    def __init__(self, files: Sequence[Path], asked: Asked, n_processes: int, seen: Seen) -> None:
        self.parts: dict[Piece, Part | None] = {}
        self.spills: dict[Piece, Spill] = {}
        self._odd: set[tuple[Path, ...]] = set()  # that must be looked through
        self._files, self._asked, self._n, self._seen = files, asked, n_processes, seen

    def close(self) -> None:
        """Forget the rejects."""
        for spill in self.spills.values():
            spill.close()

    def known(self, paths: Sequence[Path], files: Sequence[Path]) -> list[Piece]:
        """Take pieces of these files from parts that were counted elsewhere; gives all, in order."""
        for path in paths:
            self.parts |= read_part(path, self._asked, self.spills)
        order = {path: place for place, path in enumerate(files)}
        self.parts = {piece: part for piece, part in self.parts.items() if piece.files[0] in order}
        return sorted(
            self.parts, key=lambda each: (order[each.files[0]], each.share.place if each.share else 0)
        )

    def all(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Read what is not known yet, files that cannot be shared out whole; gives what was read, in order."""
        self.some([piece for piece in pieces if piece not in self.parts])
        whole = {piece.files for piece in pieces if self.parts[piece] is None}
        self._odd |= whole
        kept = list(dict.fromkeys(Piece(each.files) if each.files in whole else each for each in pieces))
        self.some([piece for piece in kept if piece not in self.parts])
        again = _repeated(kept, self.parts)
        self.some([replace(piece, again=rows) for piece, rows in again.items()])
        return kept

    def some(self, pieces: Sequence[Piece]) -> None:
        """Read pieces, whether they are known or not."""
        for piece in pieces:
            if piece not in self.spills:
                self.spills[piece] = Spill(self._asked.scratch)
            self.spills[piece].clear()
        shared = [piece for piece in pieces if piece.share]
        if shared:
            names = list(dict.fromkeys(piece.files[0].name for piece in shared))
            self._seen(0, doing=f"Reading {names[0] if len(names) == 1 else f'{len(names)} files'}")
            text = [piece for piece in shared if is_text(piece.files[0])]
            others = [piece for piece in shared if piece not in text]
            self.parts |= read_texts(text, self._asked, self._n, self.spills, self._seen)
            self.parts |= read_pieces(others, self._asked, self._n, self.spills, self._seen)
        for piece in pieces:
            if piece.share is None:
                self.parts[piece] = self._here(piece)

    def _here(self, piece: Piece) -> Part:
        """A piece read in this process: text as one share, which is faster, unless it must be looked through first."""
        spill = self.spills[piece]
        read = partial(read_piece, asked=self._asked, reject=spill.add, files=self._files, seen=self._seen)
        if piece.files not in self._odd and all(map(is_text, piece.files)):
            try:
                return read(replace(piece, share=WHOLE))
            except NotPlainError:
                self._odd.add(piece.files)
                spill.clear()
        return read(piece)


def _repeated(pieces: Sequence[Piece], parts: Mapping[Piece, Part | None]) -> dict[Piece, np.ndarray]:
    """Pieces with rows whose case stands in an earlier row, of whatever piece, and these rows."""
    digests = [parts[piece].digests for piece in pieces]
    lengths = [sum(map(len, each)) for each in digests]
    rows = repeated(chain.from_iterable(digests))
    found, first = {}, 0
    for piece, length in zip(pieces, lengths, strict=True):
        here = rows[(rows >= first) & (rows < first + length)] - first
        first += length
        if len(here):
            found[piece] = here
    return found


def _rows_by_file(pieces: Sequence[Piece], parts: Mapping[Piece, Part | None]) -> Counter[Path]:
    found: Counter[Path] = Counter()
    for piece in pieces:
        found.update(dict(zip(piece.files, parts[piece].n_rows, strict=True)))
    for path, n in found.items():
        if n == 0:
            raise RecordsError(f"{path} has headings but no rows; export it again")
    return found


def _with_rows_before(pieces: Sequence[Piece], read: _Read) -> Iterator[tuple[Spill, int]]:
    """The rejects of each piece, and the number of rows of its file in earlier pieces."""
    before: Counter[Path] = Counter()
    for piece in pieces:
        yield read.spills[piece], before[piece.files[0]] if piece.share else 0
        before[piece.files[0]] += read.parts[piece].n_rows[0]


def _account(parts: Sequence[Part]) -> Account:
    account = Account()
    for part in parts:
        account.add(part.account)
    return account


def _accepted(parts: Sequence[Part]) -> Accepted:
    accepted = Accepted()
    for part in parts:
        accepted.services.update(part.accepted.services)
        accepted.cases.update(part.accepted.cases)
    return accepted
