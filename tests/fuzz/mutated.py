"""Files of other programs, spoilt at random and read as a run reads them: through the process apart.

That process is a fork here, which starts in a few milliseconds; all else is what a run does. What the C and Rust
parsers do to themselves is theirs: what counts is that a reader gets a batch or an error of ours, in time and in
memory, and that nothing is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from targets import ROOT, reads

from desistance.records.formats import child, columnar, guarded, statistical, workbook

MODULES = (columnar, statistical, workbook)  # loaded before the forks, so that these need not
FOUND = Path(__file__).parent / "found"
EXAMPLES = ROOT / "tests/data/formats"
LONGEST = 10.0
MOST = 2**20  # kibibytes
FIGURES = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\1\0\0\0")


class Fork:
    """What is used of a started process: its output, and its end."""

    def __init__(self) -> None:
        asked, self._ask = os.pipe()
        answers, out = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            for place, file in enumerate((asked, out)):
                os.dup2(file, place)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.closerange(3, 64)
            sys.stdin = os.fdopen(0)
            child.main()
        os.close(asked)
        os.close(out)
        self.stdin = os.fdopen(self._ask, "wb")
        self.stdout = os.fdopen(answers, "rb")
        self.memory = 0

    def kill(self) -> None:
        """End it if it has not ended."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Wait for its end, and see how much memory it took."""
        self.stdout.close()
        self.memory = os.wait4(self.pid, 0)[2].ru_maxrss
        self.pid = 0


SEEN = {"memory": 0}


@contextmanager
def forked(request: Mapping[str, Any], seconds: float) -> Iterator[Fork]:
    """In place of `guarded._started`."""
    process = Fork()
    try:
        try:
            process.stdin.write(json.dumps(request).encode())
            process.stdin.close()
        except OSError:
            pass
        yield process
    finally:
        process.kill()
        process.close()
        SEEN["memory"] = max(SEEN["memory"], process.memory)


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """A file with a few faults of the kinds that parsers trip over."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(max(1, len(made)))
        if chance.random() < 0.5:
            place = min(place, chance.randrange(1, 600))
        kind = chance.randrange(5)
        if kind == 0:
            made[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            made[place : place + 4] = chance.choice(FIGURES)
        elif kind == 2:
            del made[place : place + chance.choice((1, 4, 100, len(made)))]
        elif kind == 3:
            made[place:place] = made[place : place + chance.choice((1, 8, 200))]
        else:
            other = chance.randrange(max(1, len(made)))
            made[place : place + 16] = made[other : other + 16]
    return bytes(made)


def main() -> int:
    """Spoil and read for a while; print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("names", nargs="*", help="ends of names, such as sav; all without")
    chosen = parser.parse_args()
    guarded._started = forked
    paths = sorted(path for path in EXAMPLES.rglob("*") if path.suffix in SUFFIXES)
    paths = [path for path in paths if not chosen.names or path.suffix.lstrip(".") in chosen.names]
    chance, ends, runs = random.Random(chosen.seed), time.monotonic() + chosen.seconds, 0
    slowest, failed = 0.0, 0
    while time.monotonic() < ends:
        path = chance.choice(paths)
        data, started = spoilt(path.read_bytes(), chance), time.monotonic()
        SEEN["memory"] = 0
        try:
            reads(path.suffix)(data)
            fault = ""
        except BaseException as error:
            fault = f"{type(error).__name__}: {error}"
        took, runs = time.monotonic() - started, runs + 1
        slowest = max(slowest, took)
        if fault or took > LONGEST or SEEN["memory"] > MOST:
            failed += 1
            FOUND.mkdir(exist_ok=True)
            kept = FOUND / f"spoilt-{chosen.seed}-{runs}{path.suffix}"
            kept.write_bytes(data)
            print(f"{path.name}: {fault or 'too slow or too large'}; kept as {kept.name}", flush=True)
    print(f"spoilt files: {runs} runs, {failed} failed, slowest {slowest:.1f} s")
    return int(failed > 0)


SUFFIXES = {".sav", ".zsav", ".dta", ".xlsx", ".xls", ".ods", ".parquet", ".zip", ".gz", ".bz2", ".xz"}

if __name__ == "__main__":
    sys.exit(main())
