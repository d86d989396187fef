"""One small file for each rule: read, call, write."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desistance.errors import DesistanceError

LOG = logging.getLogger("desistance")


@contextmanager
def logged(log_file: str) -> Iterator[None]:
    """Run a step with its messages on the console and in its log; an error of ours ends it with code 1.

    The user sees the message alone, without a traceback.
    """
    LOG.setLevel(logging.INFO)
    handlers = [logging.FileHandler(log_file, mode="w", encoding="utf-8"), logging.StreamHandler(sys.stderr)]
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOG.addHandler(handler)
    try:
        yield
    except DesistanceError as error:
        LOG.error("%s: %s", type(error).__name__, error)
        sys.exit(1)
    finally:
        for handler in handlers:
            LOG.removeHandler(handler)
            handler.close()


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
