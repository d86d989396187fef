"""What holds between runs that write to the same folder of results: one at a time, and from which files each was made.

Snakemake tells by the times of files what must be made again. These times deceive where a clock was set back, or where
an earlier version of a file was put in place, times and all.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from desistance.provenance import digest_of

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# Larger files are known by size and time, because to read an extract at every start would take too long.
READ_UP_TO = 1_000_000
# Within `restricted`: where a run unpacks files. Commands beside it have folders of their own in the one above.
SCRATCH = Path("scratch", "run")
# Within the results: held together by the jobs of a run that it does not start itself.
JOBS = Path("restricted", ".lock")
# A lock that nothing refers to would be let go.
_HELD: list[object] = []


def take_lock(folder: Path) -> bool:
    """Lock a folder for this process and all that it starts, until the last of them has ended.

    The lock is passed on as standard input, so a step that outlives a killed run still holds it. (On Windows the lock
    is this process's own.)

    Returns
    -------
    bool
        False if another process holds the lock, or a job of another run is still at work (`join_run`).

    Raises
    ------
    OSError
        The lock cannot be written, or its file system knows no locks.
    """
    path = folder / ".lock"
    if fcntl is None:
        return _take_lock_of_one_process(path)
    file = _opened(path)
    if not (_lock_alone(file) and _no_job_is_left(folder / JOBS)):
        os.close(file)
        return False
    _hand_on(file)
    return True


def join_run(folder: Path) -> None:
    """Say, as long as this process or one that it starts is there, that a job of a run works in a folder.

    For a job that the run does not start itself, as on another machine, so that it does not hold the run's lock. Any
    number of jobs may join; a job that a run left behind keeps the next run from the folder. (On Windows nothing is
    said.)

    Raises
    ------
    OSError
        The lock cannot be written, or its file system knows no locks.
    """
    if fcntl is None:
        return
    file = _opened(folder / JOBS)
    # A run that begins holds it alone, but only for as long as it takes to look.
    fcntl.flock(file, fcntl.LOCK_SH)
    _hand_on(file)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _lock_alone(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _no_job_is_left(path: Path) -> bool:
    if not path.exists():
        return True
    file = _opened(path)
    try:
        return _lock_alone(file)
    finally:
        os.close(file)


def _hand_on(file: int) -> None:
    """Make a file the standard input of this process and of all that it starts."""
    if file:
        os.dup2(file, 0)
        os.close(file)
    os.set_inheritable(0, True)


def _take_lock_of_one_process(path: Path) -> bool:
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    _HELD.append(lock)
    return True


def must_be_writable(*folders: Path) -> None:
    """Look before the first step whether every folder that is there can be written, with the folders in it.

    Raises
    ------
    OSError
        One cannot, or is a file.
    """
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        for path in (folder, *folder.rglob("*")):
            if path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def tidy(*folders: Path) -> None:
    """Delete what a killed run left half written or unpacked; date back all by one span if anything is of the future.

    So files made from now on are newer than any that are there, and the order of those stays what it was. To be
    called by the holder of the lock only, with the folders of this run: within its results may be those of another.
    """
    for folder in folders:
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    times = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        if path.name.startswith(".") and path.name.endswith(".part"):
            path.unlink()
        elif not path.is_symlink():
            times[path] = path.stat().st_mtime_ns
    ahead = max(times.values(), default=0) - time.time_ns()
    if ahead > 0:
        for path, moment in times.items():
            os.utime(path, ns=(moment - ahead, moment - ahead))


def stamp(folder: Path, step: str, sources: Mapping[str, str | Path | Iterable[str | Path]]) -> str:
    """Path of an empty file whose name changes whenever a source of a step does, and nothing else does.

    A step that has it among its inputs is done again after every such change, whatever the times of the files say.

    Parameters
    ----------
    folder
        Where such files are; made if need be.
    step
        What the name begins with.
    sources
        Paths, or lists of paths, by name. One that is not there counts as such.
    """
    digest = hashlib.sha256()
    for name, paths in sorted(sources.items()):
        for path in [paths] if isinstance(paths, (str, Path)) else paths:
            digest.update(f"{name}\0{Path(path).as_posix()}\0{_known_by(Path(path))}\n".encode())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{step}-{digest.hexdigest()[:16]}"
    if not path.exists():
        path.touch()
    return str(path)


def _known_by(path: Path) -> str:
    if not path.is_file():
        return "absent"
    seen = path.stat()
    return digest_of(path) if seen.st_size <= READ_UP_TO else f"{seen.st_size} {seen.st_mtime_ns}"
