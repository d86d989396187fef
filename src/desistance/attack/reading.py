"""The files of a published folder: all of them, or a refusal that names the one that cannot be read."""

from __future__ import annotations

import os
import re
from pathlib import Path

from desistance.attack.errors import AttackError

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
MOST_BYTES = 200_000_000


def published_files(folder: Path) -> list[Path]:
    """Every file under a folder, in the order of their paths.

    Raises
    ------
    AttackError
        The folder is not there; something in it is hidden, leads out of it, is no ordinary file or is too large.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise AttackError(f"{folder} is not a folder")
    root = folder.resolve()
    files: list[Path] = []
    for place, folders, names in os.walk(folder):
        for name in sorted(folders):
            _check(Path(place, name), folder, root, hidden=name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            hidden = name.startswith(".") and not (path.is_file() and path.stat().st_size == 0)
            _check(path, folder, root, hidden=hidden)
            files.append(path)
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _check(path: Path, folder: Path, root: Path, *, hidden: bool) -> None:
    said = path.relative_to(folder).as_posix()
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        raise AttackError(f"{said} is a link that leads out of the published folder")
    if path.is_symlink() and path.is_dir():
        raise AttackError(f"{said} is a link to a folder; publish the folder itself")
    if hidden:
        raise AttackError(f"{said} is hidden; nothing published is")
    if not (path.is_dir() or path.is_file()):
        raise AttackError(f"{said} is no ordinary file and cannot be read")
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise AttackError(f"{said} is larger than {MOST_BYTES} bytes and is not read")


def text_of(data: bytes, said: str) -> str:
    """Bytes as UTF-8 text.

    Raises
    ------
    AttackError
        They are not, or hold control characters that no text has.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AttackError(f"{said} is not UTF-8 text and cannot be read") from error
    if CONTROL.search(text):
        raise AttackError(f"{said} is binary and cannot be read as text")
    return text
