"""Records, restricted results and notebooks with outputs cannot be committed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLEAN = {"cells": [{"cell_type": "code", "outputs": [], "execution_count": None, "source": []}]}
RUN = {"cells": [{"cell_type": "code", "outputs": [{"text": ["7"]}], "execution_count": 1, "source": []}]}
PERSON = {
    f"GIT_{role}_{part}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
}


@pytest.fixture
def repository(tmp_path):
    """A repository whose path holds a space, with the hook in use."""
    folder = tmp_path / "a project"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "-q")
    git(folder, "config", "core.hooksPath", "scripts/hooks")
    return folder


def git(folder, *arguments):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, **PERSON, "PATH": path}
    return subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def commit(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    git(folder, "add", "--force", name)
    return git(folder, "commit", "-q", "-m", "x")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("data/raw/cases.csv", "case\n", "records stay out"),
        ("data/raw/deep/er/cases.csv", "case\n", "records stay out"),
        ("results/restricted/estimates.csv", "n\n", "restricted stays out"),
        ("other/Restricted/tally/x.json", "{}", "restricted stays out"),
        ("notebooks/look.ipynb", json.dumps(RUN), "has outputs"),
        ("notebooks/broken.ipynb", "{", "has outputs"),
    ],
)
def test_what_must_not_be_committed_is_refused_with_the_reason(repository, name, content, reason):
    done = commit(repository, name, content)
    assert done.returncode != 0
    assert f"{name}: " in done.stderr
    assert reason in done.stderr
    assert git(repository, "log").returncode != 0, "something was committed"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data/raw/README.md", "what goes here"),
        ("data/example/made_up_cases.csv", "case\n"),
        ("notebooks/look.ipynb", json.dumps(CLEAN)),
        ("docs/restricted.md", "words"),
    ],
)
def test_all_else_is_committed(repository, name, content):
    done = commit(repository, name, content)
    assert done.returncode == 0, done.stderr


def test_taking_a_refused_file_out_is_no_offence(repository):
    git(repository, "-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "x")
    (repository / "data/raw").mkdir(parents=True)
    (repository / "data/raw/cases.csv").write_text("case\n", encoding="utf-8")
    git(repository, "add", "--force", "data/raw/cases.csv")
    git(repository, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "x")
    git(repository, "rm", "-q", "data/raw/cases.csv")
    done = git(repository, "commit", "-q", "-m", "x")
    assert done.returncode == 0, done.stderr


def test_nothing_of_the_kind_stands_in_this_repository():
    script = [sys.executable, "scripts/refuse_restricted.py", "--all"]
    inside = subprocess.run(["git", "rev-parse", "--is-inside-work-tree"], cwd=ROOT, capture_output=True)
    assert inside.returncode == 0, "the tests run in a clone"
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
