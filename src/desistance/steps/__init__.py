"""One small file for each rule: read, call, write."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from desistance.errors import DesistanceError

LOG = logging.getLogger("desistance")


FAILED = "Stopped: "


@contextmanager
def logged(log_file: str) -> Iterator[None]:
    """Run a step with its messages on the console and in its log; an error of ours ends it with code 1.

    The error goes to the log alone, from where the workflow says it at its end, without a traceback.
    """
    LOG.setLevel(logging.INFO)
    to_file = logging.FileHandler(log_file, mode="w", encoding="utf-8")
    to_console = logging.StreamHandler(sys.stderr)
    to_console.addFilter(lambda record: record.levelno < logging.ERROR)
    for handler in (to_file, to_console):
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOG.addHandler(handler)
    try:
        yield
    except DesistanceError as error:
        LOG.error("%s%s: %s", FAILED, type(error).__name__, error)
        sys.exit(1)
    finally:
        for handler in (to_file, to_console):
            LOG.removeHandler(handler)
            handler.close()


def choices(path: str | Path) -> dict[str, Any]:
    """Read one group of a run's choices."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def failures(logs: Path, *, since: float) -> Iterator[str]:
    """Errors that steps wrote to their logs after a moment (seconds of the clock), step by step."""
    for path in sorted(logs.glob("*.log")):
        text = path.read_text(encoding="utf-8")
        if FAILED in text and path.stat().st_mtime >= since:
            yield text[text.index(FAILED) :].rstrip()


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` and move it there when all went well, so no file is ever half written."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
