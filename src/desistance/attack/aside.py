"""Work done by a process of its own while this one goes on: to read a long document takes as long as all others."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from desistance.attack.errors import AttackError

# A plain process and not one of multiprocessing, which would run the program that attacks from its start.
CHILD = """
import pickle, sys
do, given = pickle.load(sys.stdin.buffer)
try:
    answer = do(*given), None
except Exception as error:
    answer = None, error
pickle.dump(answer, sys.stdout.buffer)
"""


@contextmanager
def aside(do: Callable[..., Any], *given: Any) -> Iterator[Callable[[], Any]]:
    """Start a function of this package in a process of its own; gives a function that waits for what it returns.

    Raises
    ------
    AttackError
        The process ended without an answer. An error of the function itself is raised where its answer is asked for.
    """
    # Each place once: steps that are run within one process add theirs again and again.
    places = dict.fromkeys(path for path in sys.path if path and os.path.exists(path))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )

    def answer() -> Any:
        said = child.stdout.read()
        if child.wait() or not said:
            raise AttackError("a process that read a document ended without an answer; nothing was attacked")
        found, error = pickle.loads(said)
        if error is not None:
            raise error
        return found

    try:
        child.stdin.write(pickle.dumps((do, given)))
        child.stdin.close()
        yield answer
    finally:
        child.kill()
        child.stdout.close()
        child.wait()
