"""Files made to do harm, through the commands a user gives: refused in words, in little time and memory, alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from hostile_files import CANARY, FILES

DRIVER = Path(__file__).with_name("command_driver.py")
STUDY = Path(__file__).parents[1] / "studies/bulletin_2021_03"
LONGEST = 60  # seconds after which a test gives up; the program itself gives up long before
MOST = 2**20  # kibibytes
COMMANDS = {
    "draft-mapping": ["draft-mapping", "--new", "--output", "out/outline.yaml"],
    "check": ["check", "--study", str(STUDY), "--output", "out/check"],
}


def run(folder, words):
    done = subprocess.run(
        [sys.executable, str(DRIVER), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    *lines, last = done.stderr.rstrip().splitlines()
    return done.returncode, done.stdout + "\n".join(lines), int(last.removeprefix("kibibytes "))


# What drafting reads, checking does not: columns that no study asked for.
READ_WHOLE = (
    "many cells in a small xlsx",
    "repeated cells in ods",
    "a million columns",
    "formulas",
    "path-like sheet",
    "path-like member",
    "zip bomb as csv",
    "xlsx under the name csv",
    "huge integers",
)
RUNS = [*(("check", kind) for kind in FILES), *(("draft-mapping", kind) for kind in READ_WHOLE)]


@pytest.mark.parametrize(("command", "kind"), RUNS)
def test_a_hostile_file_ends_in_words(command, kind, tmp_path):
    (tmp_path / "out").mkdir()
    path = FILES[kind](tmp_path)
    code, text, memory = run(tmp_path, [*COMMANDS[command], path.name])
    assert code in (0, 1), text
    assert "Traceback" not in text
    assert CANARY not in text
    assert memory < MOST
    left = {each.name for each in tmp_path.iterdir()}
    assert left <= {path.name, "out", "results"}
    assert not [each for each in tmp_path.glob("results/**/*") if each.is_file()]
    assert not Path("/tmp/escaped.csv").exists()
