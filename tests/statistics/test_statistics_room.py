"""What the room as a whole promises."""

import subprocess
import sys
from pathlib import Path

import pytest

import desistance.statistics
from desistance.statistics.status import IntervalMethod, Status

MODULES = sorted(path.stem for path in Path(desistance.statistics.__file__).parent.glob("[!_]*.py"))


def loaded_by(code):
    """Names of the modules a fresh process has loaded after the code."""
    command = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_the_room_loads_nothing_heavier_than_numpy_and_special_functions():
    loaded = loaded_by(f"from desistance.statistics import {', '.join(MODULES)}")
    heavy = {
        "pandas",
        "scipy.stats",
        "scipy.optimize",
        "scipy.linalg",
        "statsmodels",
        "matplotlib",
        "snakemake",
    }
    assert not heavy & loaded


def test_rounding_loads_no_arrays():
    assert not {"numpy", "scipy"} & loaded_by("import desistance.statistics.rounding")


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_introduced_by_the_room(module):
    assert f"`{module}`" in desistance.statistics.__doc__ or module == "arrays"


def test_statuses_and_methods_are_plain_text():
    assert f"{Status.OK} {IntervalMethod.LOGIT_T}" == "ok logit_t"
    assert len(set(Status)) == len(Status)
