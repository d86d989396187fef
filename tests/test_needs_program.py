"""A test whose program is missing is skipped with a reason at a desk, and fails in continuous integration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.fixture
def costly():
    raise AssertionError("made although the program is missing")

@pytest.mark.needs_program("sh", "no-such-program")
def test_missing(costly):
    pass

@pytest.mark.needs_program("sh")
def test_present():
    pass
"""


@pytest.fixture
def outcome(tmp_path):
    """Result of two tests, one of which needs a program that does not exist, under some variables."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_toy.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    needs_program(*names): x\n")
    ours = ("CI", "DESISTANCE_REQUIRE_PROGRAMS", "PYTEST_ADDOPTS")
    desk = {name: value for name, value in os.environ.items() if name not in ours}

    def run(**variables):
        command = [sys.executable, "-m", "pytest", "-rsE", "-p", "no:cacheprovider", str(tmp_path)]
        return subprocess.run(
            command, cwd=tmp_path, env=desk | variables, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize("variables", [{}, {"CI": "false"}, {"DESISTANCE_REQUIRE_PROGRAMS": "0"}])
def test_at_a_desk_it_is_skipped_with_a_reason(outcome, variables):
    answer = outcome(**variables)
    assert "1 passed, 1 skipped" in answer.stdout
    assert "needs no-such-program, which is not installed" in answer.stdout
    assert answer.returncode == 0


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"DESISTANCE_REQUIRE_PROGRAMS": "1"}])
def test_in_continuous_integration_it_fails(outcome, variables):
    answer = outcome(**variables)
    assert "1 passed, 1 error" in answer.stdout
    assert "needs no-such-program, which is not installed" in answer.stdout
    assert answer.returncode == 1
