"""Pieces of large files read at once, one for each processor: Parquet by processes, text by threads of this one."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager

from desistance.errors import RecordsError
from desistance.records.formats.frames import DATA, DIGESTS, DONE, REFUSED, read_frame
from desistance.records.formats.guarded import PIPE, child_environment, could_not_read
from desistance.records.formats.shares import NotPlainError
from desistance.records.progress import Seen
from desistance.scan import child
from desistance.scan.packing import unpacked
from desistance.scan.pieces import Asked, Part, Piece, read_piece
from desistance.scan.rejected import Spill
from desistance.study import Study

# Without anything new from a process in this time, it is ended.
SECONDS = 120.0
STOPPED = "reading was stopped"
CODE = f"from {child.__name__} import main; main()"


def read_pieces(
    pieces: Sequence[Piece], asked: Asked, n_processes: int, spills: Mapping[Piece, Spill], seen: Seen
) -> dict[Piece, Part | None]:
    """Read pieces, each in one of so many processes; a piece that cannot be shared out has None.

    Rejects go to the spill of their piece; `seen` is told of rows.

    Raises
    ------
    RecordsError
        A file cannot be read.
    """
    hands = [list(pieces[first::n_processes]) for first in range(n_processes)]
    lock = threading.Lock()

    def told(n: int) -> None:
        with lock:
            seen(n)

    with _processes(len(hands)) as started, ThreadPoolExecutor(len(hands)) as pool:
        work = [
            pool.submit(_read, started, place, hand, asked, spills, told)
            for place, hand in enumerate(hands)
            if hand
        ]
        try:
            return {piece: part for each in work for piece, part in each.result().items()}
        except BaseException:
            started.end()
            raise


def read_texts(
    pieces: Sequence[Piece], asked: Asked, n: int, spills: Mapping[Piece, Spill], seen: Seen
) -> dict[Piece, Part | None]:
    """Read pieces of text, so many at once, in this process: nearly all that takes long lets other threads go on.

    The rest is as for `read_pieces`.
    """
    lock, stopped = threading.Lock(), threading.Event()

    def told(n_rows: int, **_: object) -> None:
        if stopped.is_set():
            raise RecordsError(STOPPED)
        with lock:
            seen(n_rows)

    def read(piece: Piece) -> Part | None:
        try:
            return read_piece(piece, asked, reject=spills[piece].add, seen=told)
        except NotPlainError:
            return None
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(n) as pool:
        work = [pool.submit(read, piece) for piece in pieces]
        try:
            wait(work, return_when=FIRST_EXCEPTION)
        except BaseException:
            stopped.set()
            raise
    failed = [each.exception() for each in work if each.exception()]
    for error in sorted(failed, key=lambda error: str(error) == STOPPED):
        raise error
    return {piece: each.result() for piece, each in zip(pieces, work, strict=True)}


class _Started:
    """Processes, so that all end when one fails."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen] = []
        self._ended = False
        self._lock = threading.Lock()

    def start(self) -> subprocess.Popen:
        with self._lock:
            if self._ended:
                raise RecordsError(STOPPED)
            process = subprocess.Popen(
                [sys.executable, "-c", CODE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pipesize=PIPE,
                env=child_environment(),
            )
            self._running.append(process)
            return process

    def end(self) -> None:
        with self._lock:
            self._ended = True
            for process in self._running:
                process.kill()
                process.wait()
                process.stdout.close()


@contextmanager
def _processes(n: int) -> Iterator[_Started]:
    started = _Started()
    try:
        yield started
    finally:
        started.end()


def _read(
    started: _Started,
    place: int,
    pieces: Sequence[Piece],
    asked: Asked,
    spills: Mapping[Piece, Spill],
    told: Seen,
) -> dict[Piece, Part | None]:
    process = started.start()
    try:
        pickle.dump((asked, list(pieces)), process.stdin)
        process.stdin.close()
    except OSError:
        pass  # it has ended, as will be seen from what it says
    return {piece: _part(process, piece, asked.study, spills[piece], told) for piece in pieces}


def _part(process: subprocess.Popen, piece: Piece, study: Study, spill: Spill, told: Seen) -> Part | None:
    """What a process tells of one piece."""
    path, contents, digests, plain = piece.files[0], [], [], True
    while True:
        timer = threading.Timer(SECONDS, process.kill)
        timer.daemon = True
        timer.start()
        try:
            frame = read_frame(process.stdout)
        finally:
            timer.cancel()
        if frame is None:
            raise RecordsError(could_not_read(str(path)))
        kind, content = frame
        if kind == REFUSED:
            raise RecordsError(str(json.loads(content)))
        if kind == DONE:
            return unpacked(contents, digests, str(path), study) if plain else None
        if kind == DATA:
            contents.append(content)
            continue
        if kind == DIGESTS:
            digests.append(content)
            continue
        message = json.loads(content)
        plain = plain and child.NOT_PLAIN not in message
        for row, values in message.get("rejects", ()):
            spill.add(path.name, int(row), list(map(str, values)))
        told(int(message.get("n_rows", 0)))
