"""The house: each room imports only from rooms above it, and a step's code is all that it imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from desistance.provenance import PACKAGE, code_of

# In the order the data walks through the house; a room may use those before it.
ROOMS = [
    "errors",
    "schema",
    "documents",
    "settings",
    "study",
    "provenance",
    "between_runs",
    "records",
    "draft",
    "example",
    "tallies",
    "statistics",
    "findings",
    "check",
    "calibration",
    "claims",
    "disclosure",
    "attack",
    "bulletin",
    "steps",
    "cli",
]
# Rooms that do not see a room above them: the bulletin knows only what was released, and so on.
CLOSED = {
    "bulletin": {"records", "tallies", "findings"},
    "statistics": set(ROOMS) - {"errors", "statistics"},
    "disclosure": {"records", "tallies"},
    "attack": set(ROOMS) - {"attack"},
    "claims": {"records"},
}
STEPS = sorted(path.stem for path in (PACKAGE / "steps").glob("*.py") if path.stem != "__init__")


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        yield from (name.split(".")[1] for name in names if name.startswith("desistance."))


MODULES = [
    path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or path.stem != "__init__"
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_above_it(path):
    own = room_of(path)
    for other in imported_rooms(path):
        assert other == own or ROOMS.index(other) < ROOMS.index(own), f"{path} must not import {other}"
        assert other not in CLOSED.get(own, set()), f"{path} must not see {other}"


def test_every_module_stands_in_a_known_room():
    assert {room_of(path) for path in MODULES} == set(ROOMS)


def test_the_attack_shares_no_module_with_what_it_attacks():
    """Loaded in a process of its own, so that a shared module counts however it is imported."""
    loaded = {}
    for room in ("attack", "disclosure.release"):
        script = (
            f"import sys, desistance.{room};"
            "print(' '.join(n for n in sys.modules if n.startswith('desistance.')))"
        )
        words = [sys.executable, "-c", script]
        loaded[room] = set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    assert not loaded["attack"] & loaded["disclosure.release"]
    assert {name.split(".")[1] for name in loaded["attack"]} == {"attack"}


@pytest.mark.parametrize("step", STEPS)
def test_the_code_of_a_step_is_every_module_it_loads(step):
    """What Python loads for a step, in a process of its own, is what the workflow lists for it."""
    script = (
        f"import runpy, sys; sys.path.insert(0, {str(PACKAGE / 'steps')!r});"
        f"runpy.run_module('desistance.steps.{step}');"
        "print('\\n'.join(str(m.__file__) for n, m in sys.modules.items() if n.startswith('desistance')))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    missed = {Path(name) for name in loaded.splitlines()} - {Path(name).resolve() for name in code_of(step)}
    assert not missed


def test_the_code_of_a_step_leaves_out_what_it_does_not_use():
    drawing = {Path(name).name for name in code_of("figures")}
    assert "ingest.py" not in drawing
    assert "fisher.py" not in {Path(name).name for name in code_of("release")}


def test_every_rule_of_the_workflow_is_a_step():
    rules = {
        line.split()[1].rstrip(":")
        for line in Path("Snakefile").read_text().splitlines()
        if line.startswith("rule ")
    }
    assert rules - {"all"} == set(STEPS)


def test_no_module_but_the_package_list_imports_statsmodels():
    """It costs seconds at start-up; nothing here needs it yet but the tests."""
    for path in MODULES:
        assert "statsmodels" not in path.read_text(encoding="utf-8")
