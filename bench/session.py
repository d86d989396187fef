"""A folder in which what was measured is kept until all is, so that a run that was interrupted goes on."""

import hashlib
import json
import statistics
import subprocess
import sys
from pathlib import Path

from measuring import measured

ROOT = Path(__file__).parents[1]
RUNS, LONG = 5, 30.0  # runs of each command, and seconds after which fewer are enough


def digest_of(*folders_or_files):
    """Of the texts of scripts: what was measured with other code does not count."""
    digest = hashlib.sha256()
    for given in folders_or_files:
        paths = sorted(path for path in given.rglob("*") if path.suffix in {".py", ".R", ".json", ".yaml"})
        for path in paths or [given]:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Session:
    """Made-up records and measurements in one folder."""

    def __init__(self, folder, *, runs=RUNS):
        self.folder, self._runs, self._found = folder, runs, {}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        self._lines = folder / "measured.jsonl"
        if self._lines.exists():
            for line in self._lines.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(line))

    def _take(self, line):
        self._found.setdefault((line["name"], line["digest"]), []).append(line["found"])

    def records(self, study, cases, *, services=43, suffix=".parquet"):
        """Made-up records of a study, made once."""
        made = digest_of(ROOT / "bench" / "records.py", study / "study.yaml")
        path = self.folder / f"{study.name}_{cases}_{services}_{made}{suffix}"
        if not path.exists():
            print(f"making {path.name}", flush=True)
            part = path.with_name(f"part_{path.name}")
            words = [sys.executable, ROOT / "bench" / "records.py", study, part]
            subprocess.run([*words, "--cases", str(cases), "--services", str(services)], check=True)
            part.replace(path)
        return path

    def room(self, name):
        """A folder for what one command writes."""
        path = self.folder / name.replace("/", "_")
        path.mkdir(exist_ok=True)
        return path

    def measure(self, commands, times=1):
        """Run each command some times, in turns, so that what else the machine does strikes all alike.

        `times` is how many times as often as others short commands are run.

        `commands` gives for each name the words, a digest of their code, the options of `measured`, and, if need be,
        what to do before each run. Returns the middle of the runs by name.
        """
        for turn in range(self._runs * times):
            for name, command in commands.items():
                runs = self._found.get((name, command["digest"]), [])
                if len(runs) > turn or sum(run["seconds"] for run in runs) > LONG:
                    continue
                command.get("before", lambda: None)()
                found = measured(command["words"], **command.get("options", {}))
                line = {"name": name, "digest": command["digest"], "found": found}
                self._take(line)
                with self._lines.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                print(f"  {name:34} {found['seconds']:8.2f} s {found['memory']:7.0f} MiB", flush=True)
        return {name: middle(self._found[name, command["digest"]]) for name, command in commands.items()}


def middle(runs):
    """Median of every number that all runs gave; of memory the largest."""
    names = [name for name in runs[0] if all(name in run for run in runs)]
    return {
        name: (max if "memory" in name else statistics.median)([run[name] for run in runs]) for name in names
    }
