"""Times this project against itself and others in one session and prints ratios: `make bench`.

    start     a clean and a second run of the example, over one process and over an empty workflow
    peers     72 tests, reading included, with all that is installed of R survey and tableone, svy, pandas, DuckDB
    growth    counting, and everything after it, from a thousand to ten million cases
    scan      counting over a plain scan of the same columns (DuckDB; pyarrow for CSV)
    bulletin  the whole workflow on ten million cases
    page      docs/benchmark.md again, from the history

Ratios, exponents and memory go to bench/history.jsonl, and docs/benchmark.md is written from it. What was measured is
kept in --session until the code changes, so a run that was interrupted goes on. `start` takes a few minutes, all of it
more than an hour and 20 GB on disk.
"""

import argparse
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
import history
import parts
from against import PEERS, installed
from page import write_page
from session import RUNS, Session

PARTS = ("start", "peers", "growth", "scan", "bulletin")


def whole_number(text):
    return int(float(text))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "part", nargs="*", metavar="part", help="parts to measure; start where none is given, or all"
    )
    parser.add_argument("--largest", type=whole_number, help="the most cases, such as 1e5")
    parser.add_argument(
        "--runs", type=int, default=RUNS, help="runs of each command; long ones run less often"
    )
    parser.add_argument(
        "--peers", nargs="+", help="measure these peers alone: " + ", ".join(peer.name for peer in PEERS)
    )
    parser.add_argument(
        "--python", action="append", default=[], help="another interpreter to look for peers in"
    )
    parser.add_argument(
        "--country", action="store_true", help="bulletin: 20 factors, 6 breakdowns, 20,000 services"
    )
    parser.add_argument("--session", type=Path, default=Path(__file__).with_name("session"))
    parser.add_argument("--date", default="", help="date to stand in the history")
    parser.add_argument("--dry", action="store_true", help="write neither history nor page")
    asked = parser.parse_args()
    asked.part = list(PARTS) if "all" in asked.part else asked.part or ["start"]
    if unknown := set(asked.part) - {*PARTS, "page"}:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}, page and all")
    return asked


def measure(part, asked, session, programs):
    largest = {"largest": asked.largest} if asked.largest else {}
    if part == "start":
        return parts.start(session)
    if part == "peers":
        return parts.peers(session, programs, only=asked.peers, **largest)
    if part == "growth":
        return parts.growth(session, **largest)
    cases = {"cases": asked.largest} if asked.largest else {}
    if part == "scan":
        return parts.scan(session, programs, **cases)
    country = {"services": 20_000, "study": parts.COUNTRY} if asked.country else {}
    return parts.bulletin(session, **cases, **country)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; the next run goes on from here"))
    asked = arguments()
    measured = [part for part in asked.part if part in PARTS]
    session = Session(asked.session, runs=asked.runs)
    programs = installed([sys.executable, *asked.python]) if {"peers", "scan"} & set(measured) else {}
    if programs:
        missing = [peer.name for peer in PEERS if peer.name not in programs]
        print("installed:", ", ".join(f"{name} {found[1]}" for name, found in programs.items()))
        print("not installed, so not measured:", ", ".join(missing) or "none")
    for part in measured:
        print(part, flush=True)
        numbers = measure(part, asked, session, programs)
        for name, value in numbers.items():
            verdict = {True: "holds", False: "DOES NOT HOLD", None: ""}[history.holds(name, value)]
            print(f"  {name:44} {value:10.4g}  {history.promise(name):14} {verdict}")
        if not asked.dry:
            versions = {name: found[1] for name, found in programs.items()}
            name = "country" if part == "bulletin" and asked.country else part
            history.append(name, numbers, date=asked.date, versions=versions)
    if not asked.dry:
        write_page()


if __name__ == "__main__":
    main()
