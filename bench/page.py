"""docs/benchmark.md, written from the last line of each part in the history."""

from pathlib import Path

from against import PEERS
from history import HISTORY, holds, last, promise

PAGE = Path(__file__).parents[1] / "docs" / "benchmark.md"
OPENING = """\
# The benchmark

How long the project takes and how much memory it needs, over other programs that do the same work in the same session.
All records here are made up. Seconds depend on the machine, so only ratios, exponents and memory are kept
(`bench/history.jsonl`). This page is written by `make bench`; to change it, measure again.

    make bench                                   # start alone: a few minutes
    make bench ARGS="peers --largest 1e5"        # what is installed of R survey and tableone, svy, pandas, DuckDB
    make bench ARGS="all --date 2026-01-31"      # everything: more than an hour, 20 GB on disk

`python bench/bench.py --help` says the rest. In R: `install.packages(c("survey", "tableone", "data.table"))`; in
Python: `pip install -e ".[bench]"`, or name another interpreter that has them with `--python`. What is not installed
is not measured, and said. Measurements are kept until the code changes, so an interrupted run goes on.

`bench/records.py` makes records of any size for any study: `python bench/records.py studies/bulletin_2021_03 cases.csv
--cases 1e6 --services 43`.
"""
TITLES = {
    "start": "Start-up",
    "peers": "The same work in other programs",
    "growth": "From a thousand to ten million cases",
    "scan": "Counting, over reading alone",
    "bulletin": "The whole bulletin",
    "country": "A country: 20,000 services",
}
SAYS = {
    "start": "The example of 1,168 cases. One process calls the same steps one after the other.",
    "peers": """\
Twelve factors, prevalence and sufficiency, three breakdowns: 72 tests, 43 services, one CSV file that each program
reads. Every share with its standard error and logit interval, and Rao-Scott's F. The numbers are how many times as
long as this project the other takes: above 1 it is slower. *Whole* counts the process from its start, imports included;
*work* counts neither side's imports. Every number that both give agrees to 1 in 1,000,000, or the benchmark fails.""",
    "growth": """\
The example study, 43 services, Parquet, all steps in one process. Times are over those at 100,000 cases. The exponent
is fitted from 100,000 cases on: 1 where ten times as many cases take ten times as long, 0 where no longer. Of few cases
more counts are small, and to hide them takes time, so what follows the counting may take longest with the fewest.""",
    "scan": """\
Ten million cases of the example study, all its columns. DuckDB hands every row over, or keeps one number a column
(`bit_xor(hash(...))`, `sum(length(...))`); `pyarrow.csv.read_csv` parses with all its threads.""",
    "bulletin": "The whole workflow of the example study, over the same on 1,168 cases.",
    "country": "The whole workflow with 20 factors, 6 breakdowns and a band, over the same on 1,168 cases.",
}
WORDS = {
    "start.clean_over_one_process": "clean run, over one process",
    "start.second_over_empty": "second run, over an empty workflow",
    "start.help_over_python": "`desistance --help`, over Python that does nothing",
    "start.memory": "memory of a clean run, MiB",
    "scan.parquet_rows.work": "Parquet, over DuckDB that hands every row over: work",
    "scan.parquet_rows.whole": "Parquet, over DuckDB that hands every row over: whole",
    "scan.parquet.work": "Parquet, over DuckDB's hash of every value: work",
    "scan.parquet.whole": "Parquet, over DuckDB's hash of every value: whole",
    "scan.parquet_length.work": "Parquet, over DuckDB's length of every value: work",
    "scan.parquet_length.whole": "Parquet, over DuckDB's length of every value: whole",
    "scan.csv.work": "CSV, over pyarrow: work",
    "scan.csv.whole": "CSV, over pyarrow: whole",
    "scan.memory": "memory from Parquet, MiB",
    "scan.csv.memory": "memory from CSV, MiB",
}
COLUMNS_OF_GROWTH = ("tally", "tally_memory", "after", "after_memory")


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(value):
    """Three digits of a small number, all of a large one.

    >>> shown(1.2345), shown(123.45), shown(12345.6)
    ('1.23', '123', '12,346')
    """
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def verdict(name, numbers):
    """A number, in bold with what was promised where that does not hold."""
    if name not in numbers:
        return ""
    text = shown(numbers[name])
    return f"**{text}** (not {promise(name)})" if holds(name, numbers[name]) is False else text


def plain(numbers):
    """One row a number, with what is promised of it."""
    rows = []
    for name in numbers:
        words = WORDS.get(name) or ("memory, MiB" if name.endswith("memory") else "over 1,168 cases")
        rows.append([words, verdict(name, numbers), promise(name)])
    return table(["", "found", "promised"], rows)


def sizes(numbers):
    return sorted({int(name.split(".")[1]) for name in numbers if name.split(".")[1].isdigit()})


def peers(numbers):
    """One row a peer and number of cases."""
    rows = []
    for cases in sizes(numbers):
        for peer in PEERS:
            name = f"peers.{cases}.{peer.name}"
            if f"{name}.whole" in numbers:
                found = [verdict(f"{name}.{what}", numbers) for what in ("whole", "work", "memory")]
                promised = [
                    promise(f"{name}.{what}").removeprefix("at least ") or "–" for what in ("whole", "work")
                ]
                rows.append(
                    [peer.name, f"{cases:,}", *found, " / ".join(promised) if set(promised) != {"–"} else ""]
                )
        rows.append(
            ["this project", f"{cases:,}", "1", "1", shown(numbers[f"peers.{cases}.ours.memory"]), ""]
        )
    head = ["", "cases", "whole", "work", "memory, MiB", "at least promised, whole / work"]
    left_out = "\n".join(f"- {peer.name}: {peer.leaves_out}" for peer in PEERS)
    return f"{table(head, rows)}\n\nWhat each leaves out:\n\n{left_out}"


def growth(numbers):
    rows = [
        [f"{size:,}", *(verdict(f"growth.{size}.{each}", numbers) for each in COLUMNS_OF_GROWTH)]
        for size in sizes(numbers)
    ]
    head = ["cases", "reading and counting", "memory, MiB", "everything after", "memory, MiB"]
    fitted = [verdict(f"growth.{part}", numbers) or "–" for part in ("tally", "after")]
    promised = [promise(f"growth.{part}") for part in ("tally", "after")]
    rows += [["exponent", fitted[0], "", fitted[1], ""], ["promised", promised[0], "", promised[1], ""]]
    return table(head, rows)


def where(line):
    """Which machine, which versions, when."""
    on, versions = line["machine"], ", ".join(f"{name} {text}" for name, text in line["versions"].items())
    when = f" on {line['date']}" if line["date"] else ""
    return (
        f"Version {line['version']}{when}; "
        f"{on['processor']}, {on['cores']} cores, {on['memory_gib']} GiB, {on['system']}; "
        f"{versions}."
    )


def render(found):
    """Text of the page from the last line of each part."""
    parts = [OPENING]
    for part in [part for part in TITLES if part in found]:
        numbers = found[part]["numbers"]
        made = {"peers": peers, "growth": growth}.get(part, plain)(numbers)
        parts.append(f"## {TITLES[part]}\n\n{SAYS[part]}\n\n{made}\n\n{where(found[part])}\n")
    return "\n".join(parts)


def write_page():
    PAGE.write_text(render(last(HISTORY)), encoding="utf-8")


if __name__ == "__main__":
    write_page()
