"""The house: each room imports only from rooms above it, and a step's code is all that it imports."""

import ast
import json
import subprocess
import sys
from functools import cache
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
    "scan",
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
ROOT = Path(__file__).parents[1]
# These take from a twentieth of a second to several to load, in every job that does.
HEAVY = {
    *(
        "IPython",
        "jsonschema",
        "krippendorff",
        "matplotlib",
        "odfdo",
        "pypdf",
        "pyreadstat",
        "python_calamine",
    ),
    *(
        "jinja2",
        "lxml",
        "rocrate",
        "scipy",
        "scipy.optimize",
        "scipy.stats",
        "snakemake",
        "statsmodels",
        "typst",
    ),
}
NEEDED = {
    "attack": {"lxml", "scipy", "scipy.optimize"},
    "bulletin": {"jinja2"},
    "explorer": {"jinja2"},
    **{step: {"scipy"} for step in ("calibration", "findings", "ledger", "models", "practice")},
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


@cache
def loaded_for(step):
    """Files of all modules that Python loads for a step, by name, in a process of its own."""
    script = (
        f"import json, runpy, sys; runpy.run_module('desistance.steps.{step}');"
        "print(json.dumps({n: str(getattr(m, '__file__', None)) for n, m in sys.modules.items()}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("step", STEPS)
def test_the_code_of_a_step_is_every_module_it_loads(step):
    """What Python loads for a step is what the workflow lists for it."""
    files = {Path(file) for name, file in loaded_for(step).items() if name.partition(".")[0] == "desistance"}
    assert not files - {Path(name).resolve() for name in code_of(step)}
    assert len(files) > 3


@pytest.mark.parametrize("step", STEPS)
def test_a_step_loads_what_takes_time_only_where_it_is_used(step):
    assert HEAVY & set(loaded_for(step)) == NEEDED.get(step, set())


def test_the_start_of_the_workflow_is_light():
    """All that the Snakefile imports and reads before Snakemake looks at the first rule."""
    lines = (ROOT / "Snakefile").read_text(encoding="utf-8").splitlines()
    imports = [line for line in lines if line.startswith("from desistance")]
    reading = [
        "read_study(Path('studies/bulletin_2021_03'))",
        "read_settings({'study': 'x', 'records': {'files': 'y'}})",
        "read_policy('default')",
        "code_mark(code_of('bulletin'))",
    ]
    script = "\n".join(["import sys", "from pathlib import Path", *imports, *reading, "print(*sys.modules)"])
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "desistance.study.reading" in loaded
    assert not loaded & (HEAVY | {"numpy", "pandas", "pyarrow", "attr", "importlib.metadata"})


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
