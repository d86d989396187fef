"""A process of its own that reads and counts pieces of large files and tells its parent in frames.

It parses files nobody vouches for, so it may neither write files nor take more memory than there is for it; nothing of
a file reaches standard error or an exception that is printed.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from desistance.errors import RecordsError
from desistance.records.formats.child import gave_up, limit
from desistance.records.formats.frames import DATA, DIGESTS, DONE, REFUSED, TOLD, write_frame
from desistance.records.formats.shares import NotPlainError
from desistance.scan.packing import packed, packed_digests
from desistance.scan.pieces import Asked, Piece, read_piece

# Bytes: what any files may take, what each of theirs may take beside, and what none may go beyond.
MEMORY, MEMORY_A_BYTE, MOST_MEMORY = 800 * 2**20, 64, 4 * 2**30
ROWS_A_FRAME = 2**16
NOT_PLAIN = "not plain"


class _NoPandas:
    """Hides pandas: Arrow would load it to make any array, in case it was given one of its, and take long for that."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main() -> None:
    """Read the pieces that standard input names."""
    sys.meta_path.insert(0, _NoPandas())
    asked, pieces = pickle.load(sys.stdin.buffer)  # from the parent alone
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a parser that prints would print into the frames
    limit(writes=False, memory=_memory(pieces))
    code = 0
    name = ""
    try:
        for piece in pieces:
            name = str(piece.files[0])
            for kind, content in _answers(piece, asked, out):
                write_frame(out, kind, content)
    except RecordsError as error:
        write_frame(out, REFUSED, json.dumps(str(error)).encode())
    except BrokenPipeError:
        code = 1
    except BaseException as error:  # a parser may panic with one that is no Exception
        write_frame(out, REFUSED, json.dumps(gave_up(name, error)).encode())
        code = 1
    os._exit(code)


def _memory(pieces: Sequence[Piece]) -> int:
    """Bytes that reading may take: a small file that asks for much is not what it looks like."""
    sizes = (path.stat().st_size for piece in pieces for path in piece.files if path.is_file())
    return min(MEMORY + MEMORY_A_BYTE * max(sizes, default=0), MOST_MEMORY)


def _answers(piece: Piece, asked: Asked, out: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """What became of a piece; meanwhile rejects, numbers of rows and digests of case numbers."""
    rejects: list[list[object]] = []

    def reject(name: str, row: int, told: list[str]) -> None:
        rejects.append([row, told])
        if len(rejects) >= ROWS_A_FRAME:
            tell(0)

    def tell(n: int, **_: object) -> None:
        write_frame(out, TOLD, json.dumps({"n_rows": n, "rejects": rejects}).encode())
        rejects.clear()

    def number(digests: np.ndarray) -> None:
        write_frame(out, DIGESTS, packed_digests(digests))

    try:
        part = read_piece(piece, asked, reject=reject, number=number, seen=tell)
    except NotPlainError:
        yield TOLD, json.dumps({NOT_PLAIN: True}).encode()
        yield DONE, b""
        return
    tell(0)
    yield from ((DATA, content) for content in packed(part))
    yield DONE, b""
