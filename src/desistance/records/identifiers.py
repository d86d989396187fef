"""What stands for a case number once it is read: a keyed digest, and the key, which is kept apart from all else.

Without the key nobody can try out numbers to see which one a digest stands for.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from desistance.errors import SettingsError

KEY_BYTES = 32
DIGEST_BYTES = 16
SHOWN = 12  # hexadecimal digits of a digest in files for people
VARIABLE = "DESISTANCE_KEY"
# What a key is for; each has a file of its own.
CASE_NUMBERS, SIGNATURES = "case numbers", "signatures"
SUFFIXES = {CASE_NUMBERS: "", SIGNATURES: ".sign"}
MENDED = f"set {VARIABLE} to a path outside the project where you alone can read and write"


def case_digest(number: str, service: str = "", *, key: bytes) -> bytes:
    """What stands for a case number, or for one in a service, in memory; nothing else of it is kept.

    The digest is BLAKE2b with a key, 16 bytes, so that to find two numbers with the same one is out of reach.

    >>> case_digest(" 17 ", key=b"k" * 32) == case_digest("17", key=b"k" * 32)
    True
    >>> case_digest("17", key=b"k" * 32) == case_digest("17", key=b"K" * 32)
    False
    """
    text = f"{number.strip()}\0{service}".encode()
    return hashlib.blake2b(text, key=key, digest_size=DIGEST_BYTES).digest()


def shown_case(number: str, *, key: bytes) -> str:
    """What stands for a case number in files for people: the first digits of its digest; nothing for no number."""
    return case_digest(number, key=key).hex()[:SHOWN] if number.strip() else ""


def key_path(environment: Mapping[str, str] = os.environ, *, of: str = CASE_NUMBERS) -> Path:
    """Where the key is: the path that `DESISTANCE_KEY` names, else in the user's folder of configurations.

    That of signatures is a file beside the key of case numbers.

    Raises
    ------
    SettingsError
        There is no such folder, because the user has no home.
    """
    path = _case_key_path(environment)
    return path.with_name(f"{path.name}{SUFFIXES[of]}")


def _case_key_path(environment: Mapping[str, str]) -> Path:
    named = environment.get(VARIABLE, "")
    if named:
        return Path(named)
    folder = environment.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME", "")
    if Path(folder).is_absolute():
        return Path(folder, "desistance", "key")
    try:
        return Path.home() / ".config" / "desistance" / "key"
    except RuntimeError:
        raise SettingsError(f"there is no home folder to keep the key of case numbers in; {MENDED}") from None


def own_key(
    *, results: Iterable[Path] = (), environment: Mapping[str, str] = os.environ, of: str = CASE_NUMBERS
) -> bytes:
    """Read the user's key; made on first use, whole or not at all, for its owner alone to read.

    Parameters
    ----------
    results
        Folders that the key must not be in. Nor may it be in the project that the work is done in.
    of
        What the key is for: `CASE_NUMBERS`, or `SIGNATURES`, whose key is a file beside the other.

    Returns
    -------
    bytes
        32 bytes, from the system's source of randomness when they were made.

    Raises
    ------
    SettingsError
        The key is where it would be copied with the project or its results, others can read it, it is not a key, or it
        can be neither read nor made. The message says what to do, and nothing of the key.
    """
    path = key_path(environment, of=of)
    _refuse_inside(path, [*results, *_project(Path.cwd())], of)
    try:
        if not path.exists():
            _make_key(path)
        return _read_key(path, of)
    except OSError as error:
        raise SettingsError(
            f"the key of {of} can be neither read nor made at {path} ({error.strerror}); {MENDED}"
        ) from None


def _refuse_inside(path: Path, folders: Iterable[Path], of: str) -> None:
    for folder in folders:
        if path.resolve().is_relative_to(folder.resolve()):
            raise SettingsError(
                f"the key of {of} would be at {path}, within {folder}, and be copied with it; {MENDED}"
            )


def _project(folder: Path) -> list[Path]:
    """The workflow and the repository that a folder belongs to; not one that is the user's whole home or more."""
    above = (folder, *folder.parents)
    workflow = [each for each in above if (each / "Snakefile").exists()]
    repository = [each for each in above if (each / ".git").exists() and not _holds_the_home(each)]
    return [*workflow[:1], *repository[:1]]


def _holds_the_home(folder: Path) -> bool:
    try:
        return Path.home().is_relative_to(folder)
    except RuntimeError:
        return False


def _make_key(path: Path) -> None:
    """Write a new key, unless another process does so at the same moment."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(path.with_name(f"{path.name}.lock")):
        if path.exists():
            return
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            os.write(file, secrets.token_bytes(KEY_BYTES))
            os.fsync(file)
        finally:
            os.close(file)
        os.replace(part, path)


def _read_key(path: Path, of: str) -> bytes:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise SettingsError(
                f"others than you may read or change the key of {of}; "
                f"run: chmod 600 {shlex.quote(str(path))} (where that changes nothing, {MENDED})"
            )
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise SettingsError(
            f"{path} holds no key of {of}, which has {KEY_BYTES} bytes; move the file away and a new one is "
            f"made, or {MENDED}"
        )
    return key
