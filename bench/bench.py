"""Times the workflow and prints ratios of one session: `make bench`.

1. A clean run of the workflow, over the same steps called in one Python process (imports of both counted).
2. A second run, with nothing to do, over Snakemake on a workflow of one rule that is done too.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def seconds(words, folder):
    start = time.perf_counter()
    subprocess.run(
        words,
        cwd=folder,
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
    )
    return time.perf_counter() - start


def main():
    snakemake = [sys.executable, "-m", "snakemake"]
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        for part in ("Snakefile", "config.yaml", "profiles", "studies", "src", "data"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, project / part)
        empty = project / "empty"
        empty.mkdir()
        (empty / "Snakefile").write_text("rule done:\n    output: 'done'\n    shell: 'touch done'\n")
        seconds([*snakemake, "--cores", "all"], empty)
        timed = {"clean run": [], "one process": [], "second run": [], "empty workflow": []}
        for _ in range(RUNS):
            for folder in ("results", ".snakemake"):
                shutil.rmtree(project / folder, ignore_errors=True)
            timed["clean run"].append(seconds(snakemake, project))
            timed["second run"].append(seconds(snakemake, project))
            timed["empty workflow"].append(seconds([*snakemake, "--cores", "all"], empty))
            shutil.rmtree(project / "results")
            timed["one process"].append(
                seconds([sys.executable, str(ROOT / "bench" / "one_process.py")], project)
            )
    middle = {name: statistics.median(values) for name, values in timed.items()}
    for name, values in timed.items():
        print(
            f"{name:15} median {middle[name]:5.2f} s  ({min(values):.2f} to {max(values):.2f}, {RUNS} runs)"
        )
    print(f"clean run / one process     {middle['clean run'] / middle['one process']:.2f}  (at most 2.5)")
    print(f"second run / empty workflow {middle['second run'] / middle['empty workflow']:.2f}  (at most 1.3)")


if __name__ == "__main__":
    main()
