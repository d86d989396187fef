"""What a guarded process and its parent say to each other: a letter, a length, and so many bytes."""

from __future__ import annotations

import struct
from typing import BinaryIO

TOLD, DATA, DIGESTS, REFUSED, DONE = b"T", b"B", b"N", b"E", b"D"
HEAD = struct.Struct(">cQ")
# No frame is larger: the parent takes each into memory whole.
LONGEST = 256 * 2**20


def write_frame(out: BinaryIO, kind: bytes, content: bytes | memoryview) -> None:
    """Write one frame, at once."""
    out.write(HEAD.pack(kind, len(content)))
    out.write(content)
    out.flush()


def read_frame(source: BinaryIO) -> tuple[bytes, bytes] | None:
    """Read one frame; none where the other side ended, or says what it should not."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    if kind not in (TOLD, DATA, DIGESTS, REFUSED, DONE) or length > LONGEST:
        return None
    content = source.read(length)
    return (kind, content) if len(content) == length else None
