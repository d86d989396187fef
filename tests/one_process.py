"""Runs Snakemake as often as it is told, each time in a process that has loaded all that Snakemake and steps need.

To load Snakemake takes a second, and to load what a step computes with as long again, for every step of every run.
Here it is loaded once. Each run is a fork of this process, so that no run sees another; its steps are done one after
the other within it, which is all that tells it from `python -m snakemake --cores 1`. The package itself is loaded by
each run, from the project that runs.

A line of JSON on standard input says where to run and with which arguments; a line with the exit code and all that was
written answers it.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from importlib import import_module

LOADED = (
    *("snakemake.cli", "snakemake.report", "smart_open", "filelock", "jinja2", "jsonschema"),
    *("matplotlib.figure", "matplotlib.backends.backend_svg", "pandas", "pyarrow.parquet"),
    *("scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats"),
)
SECONDS = 300


def do_step(_, path, edit=False):
    """In place of a process for the step."""
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise subprocess.CalledProcessError(end.code, path) from None


def start(folder, arguments):
    """Be `snakemake` in a folder, with its package and nothing on standard input."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    sys.path[:1] = [folder, os.path.join(folder, "src")]
    sys.argv = ["snakemake", "--cores", "1", *arguments]
    sys.modules["snakemake.script"].PythonScript.execute_script = do_step
    signal.alarm(SECONDS)
    try:
        runpy.run_module("snakemake", run_name="__main__")
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code or 0)  # what was loaded need not be taken down


def main():
    os.environ["OMP_NUM_THREADS"] = "1"  # as Snakemake does for a step of one thread
    for name in LOADED:
        import_module(name)
    sys.modules["snakemake.cli"].get_argument_parser()  # loads what may be plugged into it
    for line in sys.stdin:
        with tempfile.TemporaryFile() as said:
            child = os.fork()
            if not child:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                return start(**json.loads(line))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said.seek(0)
            text = said.read().decode("utf-8", "replace")
        print(json.dumps({"code": code, "text": text}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
