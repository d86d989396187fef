"""`desistance purge`: remove what runs left."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from desistance.cli.command import Commands, add_json, command, print_json
from desistance.errors import SettingsError

# What a run leaves, within the folder of results and within that of the project.
LEFT, PUBLISHED, METADATA = ("restricted", "calibration"), "published", ".snakemake"
NOT_PROMISED = (
    "Removed is not erased: on most disks, in backups, snapshots and copies, and where memory was swapped out, the "
    "data may still be found; see docs/privacy.md."
)


@dataclass(frozen=True)
class Leftover:
    """A file or folder that runs left, how many files it holds and how many bytes."""

    path: Path
    n_files: int
    n_bytes: int


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "purge",
        _purge,
        "remove what runs left: typed records, rejects, logs and all else that is restricted",
        "Remove what runs left: typed records, rejects, tallies, findings, logs, reports of checks, all else in the "
        "folder restricted, calibration, and Snakemake's own logs and metadata. What was published stays, and so do "
        "the keys of case numbers and of signatures. " + NOT_PROMISED,
        examples=["--dry-run", "--config my/config.yaml", "--results results --all --key --yes"],
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--config", type=Path, help="configuration that names the results (default: config.yaml)"
    )
    where.add_argument("--results", type=Path, help="folder of results, in place of a configuration")
    parser.add_argument("--all", action="store_true", help="what was published too")
    parser.add_argument(
        "--key",
        action="store_true",
        help="the key of case numbers too; other runs use the same one. The key of signatures stays",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can be asked")
    parser.add_argument(
        "--dry-run", action="store_true", help="list what would be removed, and remove nothing"
    )
    add_json(parser)


def _purge(chosen: argparse.Namespace) -> None:
    project = Path.cwd().resolve()
    results = _folder(chosen.results or _configured(chosen.config), project)
    ours = (project / "Snakefile").is_file() and (results.is_relative_to(project) or not chosen.results)
    with ExitStack() as locks:
        for lock in _locks(results, project):
            _hold(lock, locks)
        found = list(leftovers(results, project if ours else None, everything=chosen.all))
        if chosen.key:
            found += _key()
        if not chosen.json:
            _list(found)
        agreed = bool(found) and not chosen.dry_run and (chosen.yes or _agreed(may_ask=not chosen.json))
        if agreed:
            _remove(found)
    if chosen.key:
        _tell_of_signatures(sys.stderr if chosen.json else sys.stdout)
    if chosen.json:
        rows = [{"path": str(each.path), "n_files": each.n_files, "n_bytes": each.n_bytes} for each in found]
        print_json({"removed": agreed, "leftovers": rows})
    elif found:
        print(f"Removed. {NOT_PROMISED}" if agreed else "Nothing was removed.")


def leftovers(results: Path, project: Path | None, *, everything: bool) -> Iterator[Leftover]:
    """What runs left in a folder of results and in the project they ran in; `everything` is what was published too.

    Without a project the metadata of Snakemake, which stand in it, are left alone.

    Raises
    ------
    SettingsError
        One of them is a symbolic link: what it leads to is not ours to remove.
    """
    names = (*LEFT, PUBLISHED) if everything else LEFT
    for path in (*(results / name for name in names), *([project / METADATA] if project else [])):
        if path.is_symlink():
            raise SettingsError(
                f"{path} is a symbolic link, and links are not followed; nothing was removed. Remove what it leads to "
                "yourself, then the link"
            )
        if path.is_dir():
            yield _measured(path)


def _configured(config: Path | None) -> Path:
    """The folder of results that a configuration names."""
    from desistance.documents import read_document
    from desistance.settings import read_settings

    if config is None and not Path("config.yaml").exists():
        raise SettingsError(
            "there is no config.yaml in this folder; go to the folder of the project, or say --config or --results"
        )
    path = config or Path("config.yaml")
    return Path(read_settings(read_document(path, "config", SettingsError), name=str(path)).results)


def _folder(named: Path, project: Path) -> Path:
    """The folder of results itself, which a path that is not absolute must not lead out of the project for."""
    real = named.resolve()
    if named.is_symlink() or not (named.is_absolute() or real.is_relative_to(project)):
        raise SettingsError(
            f"{named} is a symbolic link or leads out of the folder {project}; nothing was removed. If that is what "
            f"you mean, say --results {shlex.quote(str(real))}"
        )
    if not real.is_dir():
        raise SettingsError(f"{named} is not there; name the folder of results (--results or --config)")
    return real


def _locks(results: Path, project: Path) -> list[Path]:
    """Locks of these results, and of others in the project, whose runs use the same metadata."""
    others = [
        path for depth in ("*", "*/*") for path in project.glob(f"{depth}/.lock") if _is_plain(path, project)
    ]
    return sorted({path for path in (results / ".lock", *others) if path.is_file()})


def _is_plain(path: Path, project: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(project).parts[:-1])


def _hold(lock: Path, locks: ExitStack) -> None:
    """Take the lock of a folder of results, as a run does, until all is done."""
    from filelock import FileLock, Timeout

    try:
        locks.enter_context(FileLock(lock, timeout=0))
    except Timeout:
        raise SettingsError(
            f"a run writes to {lock.parent}; nothing was removed. Wait for it to end, then try again"
        ) from None


def _key() -> list[Leftover]:
    from desistance.records.identifiers import key_path

    path = key_path()
    return [Leftover(path, 1, path.stat().st_size)] if path.is_file() else []


def _tell_of_signatures(to: TextIO) -> None:
    """Say that the key which tallies are signed with stays, where there is one."""
    from desistance.records.identifiers import SIGNATURES, key_path

    path = key_path(of=SIGNATURES)
    if path.is_file():
        print(
            f"The key of signatures stays: {path}. It tells nothing of any case, and receivers of your tallies know "
            "you by it; when you will sign no more, delete that file yourself.",
            file=to,
        )


def _measured(path: Path) -> Leftover:
    """A folder and what is in it; a link within it counts as a file, and not for what it leads to."""
    n_files = n_bytes = 0
    for folder, folders, files in os.walk(path):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        n_files += len(files) + len(links)
        n_bytes += sum(Path(folder, name).lstat().st_size for name in files)
    return Leftover(path, n_files, n_bytes)


def _list(found: list[Leftover]) -> None:
    if not found:
        print("There is nothing to remove.")
    for each in found:
        files = "file " if each.n_files == 1 else "files"
        print(f"{each.n_files:>7,} {files} {_size(each.n_bytes):>9}  {each.path}")


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB"


def _agreed(*, may_ask: bool) -> bool:
    """Ask whoever sits at the terminal."""
    if not may_ask or not sys.stdin.isatty():
        raise SettingsError(
            "purge asks before it removes, and here is nobody to ask; say --yes, or --dry-run to look"
        )
    print("Remove all of this? Type yes: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() == "yes"


def _remove(found: list[Leftover]) -> None:
    """Remove everything that can be; then say what could not."""
    failed: list[str] = []
    for each in found:
        if each.path.is_dir() and not each.path.is_symlink():
            shutil.rmtree(each.path, onerror=lambda _, name, __: failed.append(str(name)))
        else:
            each.path.unlink(missing_ok=True)
    if failed:
        raise SettingsError(
            f"{len(failed)} files or folders could not be removed, {failed[0]} first of all; see who may write there, "
            "then try again"
        )
