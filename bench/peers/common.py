"""What the scripts in Python share: arguments, results, the time that the work itself took."""

import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ESTIMATES = ("item", "breakdown", "level", "estimate", "standard_error", "ci_low", "ci_high")
TESTS = ("item", "breakdown", "statistic", "df1", "df2", "p_value", "p_value_all_services")
NO_LEVEL = ("", "not known", "not applicable")


@dataclass(frozen=True)
class Asked:
    """What a script is to do; the arguments in this order."""

    records: Path
    out: Path
    service: str
    breakdowns: list[str]
    items: list[str]
    study: Path


def asked() -> Asked:
    records, out, service, breakdowns, items, study = sys.argv[1:7]
    return Asked(Path(records), Path(out), service, breakdowns.split(","), items.split(","), Path(study))


def started() -> float:
    return time.perf_counter()


def finish(begun: float, out: Path, estimates=(), tests=()) -> None:
    """Say how long the work took, and write what came out."""
    seconds = time.perf_counter() - begun
    for name, head, rows in (("estimates", ESTIMATES, estimates), ("tests", TESTS, tests)):
        if rows:
            with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([head[: len(rows[0])], *rows])
    print("work", seconds)
