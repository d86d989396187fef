"""A process of its own that parses one file nobody vouches for, within limits, and tells the parent in frames.

Nothing of a file reaches standard error or an exception that is printed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.formats.frames import DATA, DONE, REFUSED, TOLD, write_frame
from desistance.records.formats.table import Batch, Table

MOST_MEMORY = 800 * 2**20
PIECE = 64 * 2**20


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a parser that prints would print into the frames
    code = 0
    try:
        answers = ANSWERS[request["task"]](request)
        limit(writes=request["task"] == "unpack")
        for kind, content in _in_time(answers, request["seconds"]):
            write_frame(out, kind, content)
        write_frame(out, DONE, b"")
    except RecordsError as error:
        write_frame(out, REFUSED, json.dumps(str(error)).encode())
    except BrokenPipeError:
        code = 1
    except BaseException as error:  # a parser in Rust panics with one that is no Exception
        code = _give_up(out, request["name"], error)
    os._exit(code)


def _give_up(out: BinaryIO, name: str, error: BaseException) -> int:
    write_frame(out, REFUSED, json.dumps(gave_up(name, error)).encode())
    return 1


def gave_up(name: str, error: BaseException) -> str:
    """What to say of a file that could not be read, without a word of the parser's, which may quote a row."""
    what = (
        "needs too much memory"
        if isinstance(error, MemoryError)
        else "is damaged or holds what cannot be read"
    )
    return f"{name} {what}; open it in the program it comes from and save it again, or save it as CSV"


def limit(*, writes: bool, memory: int = MOST_MEMORY) -> None:
    """Take memory, core dumps and (but for an uncompressed copy) written files from this process; not on Windows."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if not writes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _in_time(answers: Iterator[tuple[bytes, bytes]], seconds: float) -> Iterator[tuple[bytes, bytes]]:
    """Answers, each within a time; the process is ended by its own alarm if need be, even if its parent is gone."""
    alarm = getattr(signal, "setitimer", None)
    while True:
        if alarm:
            alarm(signal.ITIMER_REAL, seconds)
        answer = next(answers, None)
        if alarm:
            alarm(signal.ITIMER_REAL, 0)
        if answer is None:
            return
        yield answer


def _module(kind: str) -> Any:
    if kind == "workbook":
        from desistance.records.formats import workbook as module
    elif kind == "columnar":
        from desistance.records.formats import columnar as module
    else:
        from desistance.records.formats import statistical as module
    return module


def _look(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    module = _module(request["kind"])

    def answers() -> Iterator[tuple[bytes, bytes]]:
        table = module.look(
            Path(request["path"]),
            name=request["name"],
            kind=request["kind"],
            wanted=frozenset(request["wanted"]),
            encoding=request["encoding"],
            sheet=request["sheet"],
        )
        told = asdict(table) | {"path": request["path"], "scratch": None}
        yield TOLD, json.dumps(told).encode()

    return answers()


def _read(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    module = _module(request["kind"])

    def answers() -> Iterator[tuple[bytes, bytes]]:
        table = Table(**request["table"] | {"path": Path(request["path"])})
        for batch in module.read(table, request["headings"], dates=request["dates"]):
            yield from ((DATA, piece) for piece in _pieces(batch))

    return answers()


def _pieces(batch: Batch) -> Iterator[pa.Buffer]:
    """A batch as Arrow streams of moderate size: numbers of rows, then the columns."""
    columns = [pa.array(batch.rows, pa.int64()), *batch.table.columns]
    table = pa.table(columns, names=list(map(str, range(len(columns)))))
    parts = -(-table.nbytes // PIECE) or 1
    step = max(-(-table.num_rows // parts), 1)
    for start in range(0, table.num_rows, step):
        part = table if step >= table.num_rows else table.slice(start, step)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, part.schema) as stream:
            stream.write_table(part)
        yield sink.getvalue()


def _unpack(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    from desistance.records.formats.packing import unpack

    def answers() -> Iterator[tuple[bytes, bytes]]:
        pieces = unpack(Path(request["path"]), request["kind"], Path(request["target"]), name=request["name"])
        for inside in pieces:
            yield TOLD, json.dumps(inside).encode()

    return answers()


def _members(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    from desistance.records.formats.members import read_members

    def answers() -> Iterator[tuple[bytes, bytes]]:
        for member, piece in read_members(Path(request["path"]), request["members"], name=request["name"]):
            yield (TOLD, member.encode()) if piece is None else (DATA, piece)

    return answers()


ANSWERS = {"look": _look, "read": _read, "unpack": _unpack, "members": _members}
