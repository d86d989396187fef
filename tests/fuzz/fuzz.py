"""Fuzz every target for a while, each in a process of its own, from the seeds that are kept.

    python tests/fuzz/fuzz.py --seconds 60 [--keep] [TARGET ...]

Ends with code 1 when a target ended in any way but an error of ours, took over 10 s on one input, or over 1 GiB; the
input is then kept beside the seeds, under `found`. With --keep, inputs that reached new code become seeds.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"
FOUND = HERE / "found"
MOST_BYTES = 1 << 16
MOST_KEPT = 60
ONE = "--one"  # what follows is for the fuzzer itself
PATHS = [str(HERE.parents[1] / "src"), os.environ.get("PYTHONPATH", "")]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, PATHS))}


def main() -> int:
    """Run the targets one after another, and the files of other programs beside them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=int, default=60, help="for all together (default: %(default)s)")
    parser.add_argument("--seed", default="0", help="for the files of other programs (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="add inputs that reached new code to the seeds")
    if sys.argv[1:2] == [ONE]:
        _fuzz(sys.argv[2], sys.argv[3:])
        return 0
    chosen = parser.parse_args()
    from targets import TARGETS

    names = chosen.targets or list(TARGETS)
    if importlib.util.find_spec("atheris") is None:
        print(
            "atheris is not installed (python -m pip install '.[fuzz]', on Linux): spoilt files only",
            flush=True,
        )
        names = []
    words = [
        sys.executable,
        str(HERE / "mutated.py"),
        "--seconds",
        str(chosen.seconds),
        "--seed",
        chosen.seed,
    ]
    with subprocess.Popen(words, env=ENVIRONMENT) as beside:
        failed = [
            name
            for name in names
            if not _run(name, max(2, chosen.seconds // max(1, len(names))), chosen.keep)
        ]
    return int(bool(failed) or beside.returncode != 0)


def _run(name: str, seconds: int, keep: bool) -> bool:
    """Fuzz one target; whether nothing was found."""
    process, corpus = _begin(name, seconds)
    text = process.communicate()[0]
    done = next((line for line in reversed(text.splitlines()) if line.startswith("Done")), "done")
    print(f"{name}: {'failed' if process.returncode else done}", flush=True)
    if process.returncode:
        print(text[-4000:], flush=True)
    elif keep:
        _keep(name, corpus)
    shutil.rmtree(corpus)
    return not process.returncode


def _begin(name: str, seconds: int) -> tuple[subprocess.Popen[str], Path]:
    corpus = Path(tempfile.mkdtemp())
    FOUND.mkdir(exist_ok=True)
    (SEEDS / name).mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", f"-max_len={MOST_BYTES}"]
    places = [f"-artifact_prefix={FOUND}/{name}-", str(corpus), str(SEEDS / name)]
    words = [sys.executable, __file__, ONE, name, "-verbosity=1", *limits, *places]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT
    )
    return process, corpus


def _fuzz(name: str, arguments: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["desistance"]):
        from targets import TARGETS
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


def _keep(name: str, corpus: Path) -> None:
    """Keep the smallest of the inputs that reached new code, under the name that the fuzzer made of their content."""
    for path in sorted(corpus.iterdir(), key=lambda path: (path.stat().st_size, path.name))[:MOST_KEPT]:
        shutil.copy(path, SEEDS / name / path.name)


if __name__ == "__main__":
    sys.exit(main())
