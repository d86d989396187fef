"""Compressed files: an uncompressed copy in a private folder, for as long as it is read."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.formats.kinds import BY_NAME

PIECE = 2**20
# A file that grows beyond this, or by more than this many times when it is larger than `SMALL`, is taken for a trap.
MOST, TIMES, SMALL = 64 * 2**30, 250, 64 * 2**20
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)
FULL = (errno.ENOSPC, errno.EDQUOT)
LOCKED = (RuntimeError, NotImplementedError)


def unpack(path: Path, kind: str, target: Path, *, name: str) -> Iterator[str]:
    """Write the uncompressed content to `target`; yields after every piece, the name of what was inside.

    The name in a .zip is only ever told, never written to.

    Raises
    ------
    RecordsError
        The file is damaged or locked, holds no readable file or several, or grows out of all proportion; or there is
        no space for its copy.
    """
    size, grown = path.stat().st_size, 0
    try:
        with target.open("xb") as out, _opened(path, kind, name) as (inside, file):
            while piece := file.read(PIECE):
                grown += len(piece)
                refuse_trap(size, grown, name)
                out.write(piece)
                yield inside
    except RecordsError:
        raise
    except LOCKED:
        raise RecordsError(
            f"{name} is locked with a password or packed in a way that is not known; unpack it"
        ) from None
    except BROKEN as error:
        if getattr(error, "errno", None) in FULL:
            raise RecordsError(
                f"there is no space for an uncompressed copy of {name} where results are written; free some"
            ) from None
        raise RecordsError(f"{name} is damaged or breaks off; copy or export it again") from None
    yield inside


def refuse_trap(size: int, grown: int, name: str, *, times: int = TIMES) -> None:
    """Refuse what a file unpacks to, where it is out of all proportion to the file."""
    if grown > MOST or (grown > SMALL and grown > times * size):
        raise RecordsError(
            f"{name} unpacks to more than {times} times its size or {MOST // 2**30} GB, as a trap would; "
            "if it should, unpack it or save it as CSV, and give that"
        )


@contextmanager
def _opened(path: Path, kind: str, name: str) -> Iterator[tuple[str, BinaryIO]]:
    """Name of what is inside, and its content."""
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            member = _only_member(archive, name)
            with archive.open(member) as file:
                yield PurePosixPath(member.filename).name, file
        return
    openers = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open, "zstandard": _zstandard}
    with openers[kind](path) as file:
        yield Path(name).stem, file


def _zstandard(path: Path) -> BinaryIO:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if PurePosixPath(member.filename).suffix.lower() in BY_NAME
        and not member.is_dir()
        and not PurePosixPath(member.filename).name.startswith(".")
    ]
    if len(members) != 1:
        raise RecordsError(
            f"{name} holds {len(members) or 'no'} files that can be read, and must hold one; "
            "unpack it and give the files themselves"
        )
    return members[0]
