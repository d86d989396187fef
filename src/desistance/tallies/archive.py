"""The archive that a tally travels in: written without a trace of when and where, opened without trust."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from desistance.errors import RecordsError, TallyError

MOST_JSON = 64 * 2**20
MOST_BYTES = 4 * 2**30
AGAIN = "ask whoever made it to send it again"


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Write members in their order, for the owner of the file alone to read; the same members give the same bytes."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)  # small counts may be about a single child
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(_entry(name), content)


@contextmanager
def opened(path: Path, names: Sequence[str]) -> Iterator[zipfile.ZipFile]:
    """An archive that holds these members in this order, none of them packed: so none grows when it is read.

    Raises
    ------
    TallyError
        It is no archive, holds anything else, or is larger than a tally may be.
    """
    if not Path(path).is_file():
        raise TallyError(f"{path} is not a file, or not there; check the path and its spelling")
    size = Path(path).stat().st_size
    if size > MOST_BYTES:
        raise TallyError(
            f"{path} is larger than a tally may be; combine fewer, or count with fewer breakdowns"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            plain = all(
                entry.compress_type == zipfile.ZIP_STORED
                and entry.file_size == entry.compress_size
                and not entry.flag_bits & 0x1
                for entry in entries
            )
            if not plain or [entry.filename for entry in entries] != list(names):
                raise TallyError(f"{path} holds other files than a tally does, or was packed anew; {AGAIN}")
            if sum(entry.file_size for entry in entries) > size:
                raise TallyError(f"{path} is damaged; {AGAIN}")
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, (TallyError, RecordsError)):
            raise
        raise TallyError(f"{path} is no tally, or damaged or cut off; {AGAIN}") from None


def content_of(archive: zipfile.ZipFile, name: str, path: Path, most: int = MOST_JSON) -> bytes:
    """Read a member, unless it is larger than it may be."""
    if archive.getinfo(name).file_size > most:
        raise TallyError(f"{path} is larger than a tally may be; {AGAIN}")
    return archive.read(name)


def _entry(name: str) -> zipfile.ZipInfo:
    """A member without anything of when, where and by whom it was made."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, 0o600 << 16
    return entry
