"""Parts of an extract that other jobs counted, as files: on other machines too, and in whatever order they come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from desistance.errors import RecordsError
from desistance.records.formats.frames import DATA, DIGESTS, DONE, TOLD, read_frame, write_frame
from desistance.records.formats.shares import Share
from desistance.scan.packing import packed, packed_digests, unpacked
from desistance.scan.pieces import Asked, Part, Piece
from desistance.scan.rejected import ROWS_A_FRAME, Spill


def write_part(
    path: Path, asked: Asked, parts: Mapping[Piece, Part | None], spills: Mapping[Piece, Spill]
) -> None:
    """Write what became of some pieces."""
    with path.open("wb") as out:
        for piece, part in parts.items():
            _tell(out, {**_description(piece), "asked": asked.digest, "plain": part is not None})
            for rows in spills[piece].some(ROWS_A_FRAME):
                _tell(out, rows)
            if part is not None:
                _write(out, part)
            write_frame(out, DONE, b"")


def _write(out: BinaryIO, part: Part) -> None:
    for some in part.digests:
        write_frame(out, DIGESTS, packed_digests(some))
    for content in packed(part):
        write_frame(out, DATA, content)


def read_part(path: Path, asked: Asked, spills: dict[Piece, Spill]) -> dict[Piece, Part | None]:
    """Read what `write_part` wrote; rejects go to a spill of their own for each piece.

    Raises
    ------
    RecordsError
        The file is cut off, or was made for another study, mapping or key.
    """
    found: dict[Piece, Part | None] = {}
    with path.open("rb") as file:
        while file.peek(1):
            told = json.loads(_next(file, TOLD, path))
            if told["asked"] != asked.digest:
                raise RecordsError(
                    f"{path} was counted for another study, mapping or key; delete it and run again"
                )
            piece = _piece(told)
            spill = spills[piece] = Spill(asked.scratch)
            contents, digests = [], []
            while (frame := read_frame(file)) is not None and frame[0] != DONE:
                kind, content = frame
                if kind == DATA:
                    contents.append(content)
                elif kind == DIGESTS:
                    digests.append(content)
                else:
                    spill.add_all(json.loads(content))
            if frame is None:
                raise RecordsError(_cut_off(path))
            found[piece] = unpacked(contents, digests, str(path), asked.study) if told["plain"] else None
    return found


def _tell(out: Any, content: Any) -> None:
    write_frame(out, TOLD, json.dumps(content).encode())


def _next(file: Any, kind: bytes, path: Path) -> bytes:
    frame = read_frame(file)
    if frame is None or frame[0] != kind:
        raise RecordsError(_cut_off(path))
    return frame[1]


def _cut_off(path: Path) -> str:
    return f"{path} is not a whole part of a tally; delete it and run again"


def _description(piece: Piece) -> dict[str, Any]:
    share = [piece.share.place, piece.share.n] if piece.share else None
    return {"files": list(map(str, piece.files)), "share": share}


def _piece(told: Mapping[str, Any]) -> Piece:
    return Piece(tuple(map(Path, told["files"])), Share(*told["share"]) if told["share"] else None)


def pieces_of(files: Sequence[Path], asked: Asked, place: int, n: int) -> list[Piece]:
    """What part `place` of `n` reads: some of the files, or where there are fewer files than parts, shares of them."""
    each = -(-n // max(len(files), 1))
    pieces = []
    for path in files:
        shared = asked.can_share(path)
        pieces += [
            Piece((path,), Share(share, each) if shared else None) for share in range(each if shared else 1)
        ]
    return [pieces[at] for at in Share(place, n).of(len(pieces))]
