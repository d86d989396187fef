"""What each run found, as ratios, exponents and MiB, never seconds: one line a run in history.jsonl."""

import json
import math
import os
import platform
from importlib.metadata import version
from pathlib import Path

HISTORY = Path(__file__).with_name("history.jsonl")
# What is to hold, by name of the number: at most, or at least.
AT_MOST = {
    "start.clean_over_one_process": 1.8,
    "start.second_over_empty": 1.2,
    "growth.tally": 1.02,
    "growth.after": 0.1,
    "scan.parquet.work": 5,
    "scan.csv.work": 1.5,
    "scan.memory": 1536,
}
AT_LEAST = {
    "peers.1168.survey.whole": 2,
    "peers.100000.survey.whole": 20,
    "peers.1000000.survey.whole": 100,
    "peers.100000.tableone.whole": 20,
    "peers.1168.survey.work": 10,
    "peers.100000.survey.work": 100,
    "peers.1000000.survey.work": 200,
}


def exponent(sizes, seconds):
    """Slope of the least-squares line through the logarithms: 1 where twice as many cases take twice as long.

    >>> round(exponent([100, 1000, 10000], [0.3, 3, 30]), 6)
    1.0
    """
    x, y = ([math.log(value) for value in values] for values in (sizes, seconds))
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    rise = sum((one - middle_x) * (other - middle_y) for one, other in zip(x, y, strict=True))
    return rise / sum((one - middle_x) ** 2 for one in x)


def holds(name, value):
    """Whether a number is as it should be; none where nothing was promised."""
    if name in AT_MOST:
        return value <= AT_MOST[name]
    return value >= AT_LEAST[name] if name in AT_LEAST else None


def promise(name):
    """What should hold of a number, in words."""
    if name in AT_MOST:
        return f"at most {AT_MOST[name]:g}"
    return f"at least {AT_LEAST[name]:g}" if name in AT_LEAST else ""


def machine():
    """What all of it ran on."""
    cpu, cpuinfo = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "system": platform.system(),
    }


def append(part, numbers, *, date, versions, history=HISTORY):
    """Write one line; `part` is what was measured, `numbers` by name."""
    own = {"python": platform.python_version()} | {
        name: version(name) for name in ("numpy", "pandas", "pyarrow", "snakemake")
    }
    line = {
        "part": part,
        "date": date,
        "version": version("desistance"),
        "machine": machine(),
        "versions": own | versions,
        "numbers": {name: float(f"{value:.4g}") for name, value in numbers.items()},
    }
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def last(history=HISTORY):
    """The last line of each part, by part."""
    lines = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    return {line["part"]: line for line in map(json.loads, lines)}
