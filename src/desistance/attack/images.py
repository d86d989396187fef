"""What is written into images beside their pixels."""

from __future__ import annotations

import struct
import zlib

from desistance.attack.errors import AttackError

PNG = b"\x89PNG\r\n\x1a\n"
MOST_TEXT = 1_000_000
LARGEST_SIDE = 20_000


def png_texts(data: bytes, where: str) -> list[str]:
    """Every text in a PNG: keyword and words of its text chunks, and what stands in its Exif.

    Raises
    ------
    AttackError
        It is no PNG, is cut short, has an impossible size, or carries something after its end.
    """
    if not data.startswith(PNG):
        raise AttackError(f"{where} is not a PNG image")
    texts: list[str] = []
    place, kind = len(PNG), b""
    while kind != b"IEND":
        if place + 12 > len(data):
            raise AttackError(f"{where} is cut short")
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        chunk = data[place + 8 : place + 8 + size]
        if place + 12 + size > len(data) or (kind == b"IHDR" and not _sensible(chunk)):
            raise AttackError(f"{where} is cut short or has an impossible size")
        texts += _words(kind, chunk, where)
        place += 12 + size
    if place != len(data):
        raise AttackError(f"{where} carries something after the end of its image")
    return texts


def _sensible(header: bytes) -> bool:
    return len(header) == 13 and all(0 < side <= LARGEST_SIDE for side in struct.unpack(">II", header[:8]))


def _words(kind: bytes, chunk: bytes, where: str) -> list[str]:
    if kind == b"tEXt":
        keyword, _, text = chunk.partition(b"\0")
        return [f"{keyword.decode('latin-1')}: {text.decode('latin-1')}"]
    if kind == b"zTXt":
        keyword, _, rest = chunk.partition(b"\0")
        return [f"{keyword.decode('latin-1')}: {inflated(rest[1:], where).decode('latin-1')}"]
    if kind == b"iTXt":
        keyword, _, rest = chunk.partition(b"\0")
        packed, rest = rest[:1] == b"\1", rest[2:]
        _, _, rest = rest.partition(b"\0")
        translated, _, text = rest.partition(b"\0")
        text = inflated(text, where) if packed else text
        return [
            f"{keyword.decode('latin-1')} {translated.decode('utf-8', 'replace')}: {text.decode('utf-8', 'replace')}"
        ]
    if kind == b"eXIf":
        return [chunk.decode("latin-1")]
    return []


def inflated(data: bytes, where: str) -> bytes:
    """Data unpacked, up to a size no text needs.

    Raises
    ------
    AttackError
        It cannot be unpacked, or is larger.
    """
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MOST_TEXT)
    except zlib.error as error:
        raise AttackError(f"{where} has a part that cannot be unpacked") from error
    if unpacker.unconsumed_tail:
        raise AttackError(f"{where} has a part that unpacks to more than {MOST_TEXT} bytes")
    return text
