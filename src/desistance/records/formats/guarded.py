"""Files that parsers in C and Rust read: each in a process of its own, so that a bad file can harm only that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.formats import child
from desistance.records.formats.frames import DONE, REFUSED, TOLD, read_frame
from desistance.records.formats.kinds import PACKED, kind_of
from desistance.records.formats.table import Batch, Table
from desistance.settings import make_private

# Without anything new from the process in this time, it is ended; longer for large files, which are parsed in one go.
SECONDS = 8.0
SECONDS_A_MEBIBYTE = 1.0
START = 1.5
# Bytes that wait between the two processes, where the system lets this be said.
PIPE = 2**20
CODE = f"from {child.__name__} import main; main()"


def look(
    path: Path, *, name: str, kind: str, wanted: frozenset[str], encoding: str, sheet: str | None, **_: object
) -> Table:
    """Find the table in a file, as `formats.look` does."""
    asked = {"kind": kind, "wanted": sorted(wanted), "encoding": encoding, "sheet": sheet}
    (told,) = [content for _, content in _answers("look", path, name, asked)]
    return _table(json.loads(told), path)


def read(table: Table, headings: list[str], *, dates: Mapping[str, str]) -> Iterator[Batch]:
    """Read columns of a table, as `formats.read` does."""
    told = {part: getattr(table, part) for part in ("name", "headings", "first_row", "sheet", "form")}
    asked = {"kind": table.kind, "table": told, "headings": headings, "dates": dict(dates)}
    for _, content in _answers("read", table.path, table.name, asked):
        yield _batch(content, headings, table.name)


def members(path: Path, digests: Mapping[str, str]) -> dict[str, pa.Table]:
    """Tables of the Parquet files in a zip archive, by their names there; `digests` says which, and their SHA-256.

    Raises
    ------
    RecordsError
        The archive lacks one, one has another digest, or it is not Parquet of plain columns.
    """
    pieces: dict[str, list[pa.Table]] = {}
    for kind, content in _answers("members", path, str(path), {"members": dict(digests)}):
        if kind == TOLD:
            pieces[content.decode()] = found = []
        else:
            found.append(_piece(content, str(path)))
    if list(pieces) != list(digests):
        raise RecordsError(could_not_read(str(path)))
    return {name: pa.concat_tables(parts) for name, parts in pieces.items()}


def _piece(content: bytes, name: str) -> pa.Table:
    try:
        table = pa.ipc.open_stream(content).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError):
        raise RecordsError(could_not_read(name)) from None
    return table


@contextmanager
def unpacked(path: Path, scratch: Path | None) -> Iterator[tuple[Path, str]]:
    """The file and its kind; of a compressed one those of a copy, which is removed at the end.

    Raises
    ------
    RecordsError
        The file cannot be unpacked, or is packed twice.
    """
    kind = kind_of(path, path.name)
    if kind not in PACKED:
        yield path, kind
        return
    if scratch is None:
        raise RecordsError(f"{path} is compressed; unpack it and give the file that was inside")
    make_private(scratch)
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=scratch, ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "copy"
        asked = {"kind": kind, "target": str(copy)}
        inside = [json.loads(told) for _, told in _answers("unpack", path, str(path), asked)][-1]
        within = kind_of(copy, inside)
        if within in PACKED:
            raise RecordsError(f"{path} is packed twice; unpack it and give the file that was inside")
        yield copy, within


def _answers(task: str, path: Path, name: str, asked: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """What the process tells, frame by frame; whatever happens to it, it is gone at the end."""
    seconds = SECONDS + SECONDS_A_MEBIBYTE * path.stat().st_size / 2**20
    request = {**asked, "task": task, "path": str(path), "name": name, "seconds": seconds}
    with _started(request, seconds + START) as process:
        while True:
            with _time_limit(process, seconds + START):
                frame = read_frame(process.stdout)
            if frame is None:
                process.kill()
                raise RecordsError(could_not_read(name))
            if frame[0] == REFUSED:
                raise RecordsError(str(json.loads(frame[1])))
            if frame[0] == DONE:
                return
            yield frame


@contextmanager
def _started(request: Mapping[str, Any], seconds: float) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        pipesize=PIPE,
    ) as process:
        try:
            with _time_limit(process, seconds):
                _ask(process, request)
            yield process
        finally:
            process.kill()


def child_environment() -> dict[str, str]:
    """What a process for files needs: this package, and one thread, because the stack of every thread is memory."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH")]))
    return os.environ | single | {"PYTHONPATH": paths}


def _ask(process: subprocess.Popen, request: Mapping[str, Any]) -> None:
    try:
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
    except OSError:
        pass  # it has ended, as will be seen from what it says


@contextmanager
def _time_limit(process: subprocess.Popen, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def could_not_read(name: str) -> str:
    """What to say of a file whose process ended without a word."""
    return (
        f"{name} could not be read in the memory and time that there is for it: it is damaged, or larger than it "
        "looks; open it in the program it comes from and save it again, as CSV or in several files"
    )


def _table(told: Mapping[str, Any], path: Path) -> Table:
    missing = {heading: tuple(codes) for heading, codes in told["missing_codes"].items()}
    ranges = {heading: tuple(map(tuple, ends)) for heading, ends in told["missing_ranges"].items()}
    changed = {"path": path, "headings": tuple(told["headings"])}
    changed |= {"missing_codes": missing, "missing_ranges": ranges}
    return Table(**{**told, **changed})


def _batch(content: bytes, headings: list[str], name: str) -> Batch:
    try:
        table = pa.ipc.open_stream(content).read_all()
        table.validate(full=True)
        kinds = [pa.int64(), *[pa.string()] * len(headings)]
        if [field.type for field in table.schema] == kinds:
            return Batch(table[0].to_numpy(), table.select(range(1, len(kinds))).rename_columns(headings), {})
    except (pa.ArrowException, OSError):
        pass
    raise RecordsError(could_not_read(name))
