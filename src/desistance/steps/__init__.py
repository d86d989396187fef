"""One small file for each rule: read, call, write."""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import walk_tb
from typing import Any

from desistance.errors import DesistanceError

LOG = logging.getLogger("desistance")


FAILED = "Stopped: "
PACKAGE = Path(__file__).parents[1]
# Of a step that could not say it itself.
ENDED = (
    "Interrupted, or a step was ended from outside, as a system does when memory runs out (make room then), or could "
    "not write its log; run again: the run goes on where it stopped"
)
# What a system says when files cannot be written or read, in words a user can act on.
NO_SPACE = (
    "no space is left where files are written; free some, then run again: the run goes on where it stopped"
)
NOT_ALLOWED = "may not be read or written: see who may and whether the disk is read-only, then run again"
IN_THE_WAY = (
    "is a file where a folder should be, or a folder where a file should be: move it away, then run again"
)
REFUSALS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), NO_SPACE),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), NOT_ALLOWED),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR, errno.EISDIR), IN_THE_WAY),
}


@contextmanager
def logged(log_file: str) -> Iterator[None]:
    """Run a step with its messages on the console and in its log; any error ends it with code 1.

    The error goes to the log alone, from where the workflow says it at its end; without a traceback, and unless it is
    one of ours without its message, because both may hold what a record says.
    """
    LOG.setLevel(logging.INFO)
    handlers = [_to_console(), *_to_file(log_file)]
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(message)s"))
        handler.handleError = lambda record: None
        LOG.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            yield
    except Exception as error:
        LOG.error("%s%s", FAILED, in_words(error))
        if FAILED not in _text(Path(log_file)):
            print(f"{FAILED}{in_words(error)}", file=sys.stderr)
        sys.exit(1)
    finally:
        for handler in handlers:
            LOG.removeHandler(handler)
            with suppress(OSError):
                handler.close()


def _to_console() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.levelno < logging.ERROR)
    return handler


def _to_file(log_file: str) -> Iterator[logging.Handler]:
    """None where a log cannot be written; the step itself then says why."""
    try:
        yield logging.FileHandler(log_file, mode="w", encoding="utf-8")
    except OSError:
        return


def _show_warning(_: object, category: type[Warning], filename: str, lineno: int, *__: object) -> None:
    """Without its words, which may hold what a record says."""
    LOG.warning("%s at %s, line %s", category.__name__, Path(filename).name, lineno)


def in_words(error: Exception) -> str:
    """What happened and what to do; of an error that is not ours never the message, only what it is and where."""
    if isinstance(error, DesistanceError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        return "this needs more memory than there is; close other programs or take a larger machine, then run again"
    if isinstance(error, OSError) and error.errno in REFUSALS:
        where = f"{error.filename} " if error.filename else "a file "
        refusal = REFUSALS[error.errno]
        return refusal if refusal is NO_SPACE else where + refusal
    return (
        f"{type(error).__name__} at {_place(error)}: this is a fault of the program, please report it with this line "
        "(what the error says is left out, because it may hold what a record says)"
    )


def _place(error: Exception) -> str:
    """Where in this package an error came about, from the step inwards."""
    frames = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
    places = [_in_package(Path(code.co_filename), line, code.co_name) for code, line in frames]
    return " > ".join(filter(None, places)) or "the start of a step"


def _in_package(path: Path, line: int, function: str) -> str | None:
    if path.is_relative_to(PACKAGE) and path != Path(__file__):
        return f"{path.relative_to(PACKAGE).as_posix()}, line {line}"
    # Snakemake runs a copy of the step whose lines are shifted.
    if path.parent.name == "scripts" and function != "<module>":
        return f"steps/{path.name.partition('.')[2]}, {function}"
    return None


def choices(path: str | Path) -> dict[str, Any]:
    """Read one group of a run's choices."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def failures(logs: Path) -> Iterator[str]:
    """Errors that steps wrote to their logs, step by step."""
    for path in sorted(logs.glob("*.log")):
        text = _text(path)
        if FAILED in text:
            yield text[text.index(FAILED) :].rstrip()


def forget_failures(logs: Path) -> None:
    """Delete the logs of steps that failed in an earlier run."""
    for path in logs.glob("*.log"):
        if FAILED in _text(path):
            path.unlink()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` and move it there when all went well, so no file is ever half written.

    No other process is given the same one: on a cluster a step may be done twice at the same time, when a machine
    that was given up for lost is still at work.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
