"""Ends runs by force at random moments and sees that the next run makes the same bytes: `make interrupt`.

Each moment is drawn anew: how the run began (from nothing, over what another killed run left, or over the finished
results of other choices), when it is ended, and what is ended (the run and its steps, the run alone, or one step, as a
system does that runs out of memory). Right after it every file under its final name must be one that a whole run
makes. Then the run is started again until it may run, and all it made is compared with what clean runs made.
"""

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from project import command, copy_project, one_process
from records_builder import case, csv_text, small_study

BEGINNINGS = ("from nothing", "over a killed run", "over other choices")
ENDED = ("run and steps", "run alone", "one step")
CHOICES = {"usual": [], "other": ["--configfile", "other.yaml"]}
# What is not the same after another history: locks, logs, and empty files or choices named by what they hold.
APART = ("restricted/logs/", "restricted/choices/", "restricted/sources/")
DONE = "nothing: it was done"
TAKEN = "another run writes to results"


def small_project(folder):
    project = copy_project(folder)
    small_study(project / "studies/small")
    rows = []
    for n in range(240):
        judged = {"home": "yes", "delivery_home": ("yes", "no")[n // 5 % 2]} if n // 7 % 2 else {}
        rows.append(case(n, team="ABCDEF"[n % 6], **judged))
    (project / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    (project / "config.yaml").write_text(
        "study: studies/small\nrecords: {files: cases.csv}\n", encoding="utf-8"
    )
    return project


def start(project, choices):
    words, where = command(project, *CHOICES[choices])
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, **where
    )


def digests(results):
    """By name; hidden files are none of the results."""
    found = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        if path.is_file() and not path.name.startswith(".") and not name.startswith(APART):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def clean(project):
    for name in ("results", ".snakemake"):
        shutil.rmtree(project / name, ignore_errors=True)


def finish(project, choices, quick_run):
    """Run to the end; give how often it was refused before, and what was said if it failed."""
    refused, deadline = 0, time.monotonic() + 300
    while True:
        code, text = quick_run(project, *CHOICES[choices])
        if code == 0:
            return refused, None
        if time.monotonic() > deadline or not (TAKEN in text or code == -signal.SIGALRM):
            return refused, f"exit code {code}: {text}"
        refused += (
            TAKEN in text
        )  # else it took longer than `one_process` gives a run, which is one more end by force


def members(group):
    """Processes of a group and what they do."""
    lines = subprocess.run(
        ["ps", "-axo", "pid=,pgid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 2) for line in lines.splitlines())
    return {int(pid): rest for pid, owner, *rest in rows if int(owner) == group}


def end(process, what, rng):
    """End a run by force, or one step of it; give what was ended."""
    if what == "one step":
        steps = [pid for pid, args in members(process.pid).items() if ".snakemake/scripts" in "".join(args)]
        if steps:
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(sorted(steps)), signal.SIGKILL)
            process.communicate()
            return what
        what = "run and steps"
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if what == "run and steps" else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return what


def interrupt(project, choices, seconds, what, rng):
    process = start(project, choices)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return end(process, what, rng) if process.poll() is None else DONE


def prepare(project, beginning, finished, usual, rng):
    clean(project)
    if beginning == "over other choices":
        for name in ("results", ".snakemake"):
            shutil.copytree(finished / name, project / name)
    elif beginning == "over a killed run":
        interrupt(project, "usual", rng.uniform(0, usual), "run and steps", rng)


def differences(made, expected):
    return sorted(name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name))


def moment(number, project, finished, expected, usual, rng, quick_run):
    """One run ended and taken up; gives a row of the table."""
    beginning, what = BEGINNINGS[number % 3], ENDED[number // 3 % 3]
    choices = "other" if beginning == "over other choices" else "usual"
    prepare(project, beginning, finished, usual, rng)
    seconds = rng.uniform(0, usual)
    ended = interrupt(project, choices, seconds, what, rng)
    found = digests(project / "results")
    half = [
        name for name, digest in found.items() if digest not in {made.get(name) for made in expected.values()}
    ]
    refused, failure = finish(project, choices, quick_run)
    different = differences(digests(project / "results"), expected[choices])
    parts = [path.name for path in (project / "results").rglob("*.part")]
    wrong = [f"half written {name}" for name in half] + [f"differs {name}" for name in different]
    wrong += [f"left over {name}" for name in parts] + ([failure] if failure else [])
    print(
        f"{number + 1:3}  {beginning:19} {ended:21} after {seconds:5.1f} s  {len(found):3} files  "
        f"refused {refused:2} times  {'; '.join(wrong) or 'same bytes'}",
        flush=True,
    )
    return beginning, ended, bool(refused), bool(wrong)


def whole_runs(project):
    """What clean runs make with both choices, and the seconds that the last took."""
    text = (project / "config.yaml").read_text(encoding="utf-8")
    (project / "other.yaml").write_text(text + "\ninference: {confidence_level: 0.9}\n", encoding="utf-8")
    expected = {}
    for choices in ("other", "usual"):
        clean(project)
        begun, process = time.monotonic(), start(project, choices)
        said, _ = process.communicate()
        if process.returncode:
            sys.exit(said)
        seconds, expected[choices] = time.monotonic() - begun, digests(project / "results")
    return expected, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--example", action="store_true", help="the made-up example in place of a small study"
    )
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="interrupt ") as name, one_process() as quick_run:
        project = (copy_project if asked.example else small_project)(Path(name) / "a project")
        finished, expected, usual = Path(name) / "finished", *whole_runs(project)
        for kept in ("results", ".snakemake"):
            shutil.copytree(project / kept, finished / kept)
        print(f"a clean run makes {len(expected['usual'])} files in {usual:.1f} s", flush=True)
        arguments = (project, finished, expected, usual, rng, quick_run)
        rows = [moment(number, *arguments) for number in range(asked.moments)]
    for column in (0, 1):
        print(dict(sorted(Counter(row[column] for row in rows).items())))
    wrong, ended = sum(row[3] for row in rows), sum(row[1] != DONE for row in rows)
    waited = sum(row[2] for row in rows)
    print(f"{ended} of {len(rows)} runs ended by force; {waited} times the next had to wait; {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
