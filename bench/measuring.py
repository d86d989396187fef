"""One command, whole: how long it took, what it said of itself, and the most memory that it and its children held."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

MIB = 2**20
KIB_OR_BYTES = MIB if sys.platform == "darwin" else 1024  # what a MiB is in the unit of ru_maxrss
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
EVERY = 0.1  # seconds between looks at memory


def measured(words, *, folder=None, environment=None):
    """Run a command.

    Returns `seconds`, `cpu` (seconds of all processors), `memory` (MiB) and whatever it printed as a name and a number.
    Memory is the larger of two: the peak of the largest process, as the system counts it, and, on Linux, the largest
    sum over all processes that a look every tenth of a second found, files that they share counted once.
    """
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complaints:
        begun = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdout=said,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )
        look = _Look(process.pid)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # whoever is interrupted leaves nothing running
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        together = look.end()
        if process.returncode:
            complaints.seek(0)
            command = " ".join(map(str, words))
            raise SystemExit(f"{command}\nended with {process.returncode}:\n{complaints.read()[-4000:]}")
        said.seek(0)
        found = {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime}
        found["memory"] = max(usage.ru_maxrss / KIB_OR_BYTES, together / MIB)
        return found | numbers(said.read())


def numbers(text):
    """Lines of a name and a number.

    >>> numbers("work 1.5\\nand something else\\n")
    {'work': 1.5}
    """
    found = {}
    for words in map(str.split, text.splitlines()):
        if len(words) == 2:
            try:
                found[words[0]] = float(words[1])
            except ValueError:
                continue
    return found


class _Look(threading.Thread):
    """Looks at the memory of a process and all below it until told to end."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self._pid, self._peak, self._ended = pid, 0, threading.Event()
        if Path("/proc/self/statm").exists():
            self.start()

    def run(self):
        while not self._ended.wait(EVERY):
            self._peak = max(self._peak, _held(_family(self._pid)))

    def end(self):
        self._ended.set()
        if self.is_alive():
            self.join()
        return self._peak


def _family(pid):
    """A process and all that descend from it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    found, added = set(), {pid}
    while added:
        found |= added
        added = {child for child, parent in parents.items() if parent in added} - found
    return found


def _held(processes):
    """Bytes that processes hold: what is each one's own, and the most that one of them may share with others.

    From the counters of the system, which cost nothing to read. Its exact account of what is shared (`smaps`) walks
    through all pages of a process and keeps it from working meanwhile, so that a run took a seventh longer.
    """
    own, shared = 0, 0
    for pid in processes:
        try:
            resident, files = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
        except (OSError, ValueError):
            continue
        own, shared = own + resident - files, max(shared, files)
    return (own + shared) * PAGE
