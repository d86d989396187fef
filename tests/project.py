"""A copy of the project that a test may run and spoil, with the code of that copy."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = (
    "Snakefile",
    "config.yaml",
    "profiles",
    "report",
    "studies",
    "src",
    "data/example",
    "docs/calibration/calibration.csv",
)


def copy_project(folder):
    folder.mkdir(parents=True)
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            # With what Python has compiled, which is as valid in the copy, but nothing that it is still writing.
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(source, target)
    return folder


def command(project, *arguments):
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    return [sys.executable, "-m", "snakemake", *arguments], {"cwd": project, "env": environment}


def run(project, *arguments):
    words, where = command(project, *arguments)
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **where)
    return done.returncode, done.stdout + done.stderr


@contextmanager
def one_process():
    """Give a function that does what `run` does on one core, from a process that has loaded all that runs need.

    Where processes cannot fork (Windows), it is `run` itself.
    """
    if not hasattr(os, "fork"):
        yield run
        return
    words = [sys.executable, str(Path(__file__).with_name("one_process.py"))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def run_there(project, *arguments):
            process.stdin.write(json.dumps({"folder": str(project), "arguments": arguments}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            return answer["code"], answer["text"]

        yield run_there
