"""scripts/environment.py builds `.venv` only when it must, and half of one never looks ready."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "environment.py"
PYPROJECT = '[project]\nname = "toy"\ndependencies = ["a >=1"]\n[tool.ruff]\nline-length = 110\n'
LOCK = "a==1.0 --hash=sha256:00\n"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("environment_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "a path with spaces"
    (root / "scripts").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "requirements.lock").write_text(LOCK)
    shutil.copy(SCRIPT, root / "scripts")
    return root


@pytest.fixture
def installs(script, monkeypatch):
    """Let the script believe that it installs; the messages of the steps it took."""
    taken = []

    def take_step(message, arguments, root):
        pretend_python(script, root)
        taken.append(message)

    monkeypatch.setattr(script, "run_step", take_step)
    monkeypatch.setattr(script, "compile_packages", lambda root: None)
    return taken


def pretend_python(script, root):
    script.venv_python(root).parent.mkdir(parents=True, exist_ok=True)
    script.venv_python(root).touch()


def pretend_ready(script, root):
    pretend_python(script, root)
    script.write_stamp(root, script.fingerprint(root))
    assert script.reason_to_build(root) is None


def program(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


# When it is built


def test_a_missing_environment_is_built_once(script, project, installs):
    assert script.reason_to_build(project) == "it is missing"
    assert script.main([], project) == 0
    assert len(installs) == 3
    assert script.main([], project) == 0
    assert len(installs) == 3


def test_new_dates_alone_change_nothing(script, project):
    pretend_ready(script, project)
    for name in ("requirements.lock", "pyproject.toml"):
        os.utime(project / name, (2_000_000_000, 2_000_000_000))
    assert script.reason_to_build(project) is None


def test_a_changed_lock_is_seen_even_under_an_old_date(script, project):
    pretend_ready(script, project)
    (project / "requirements.lock").write_text(LOCK.replace("1.0", "1.1"))
    os.utime(project / "requirements.lock", (0, 0))
    assert "requirements.lock" in script.reason_to_build(project)


def test_a_changed_dependency_is_seen(script, project):
    pretend_ready(script, project)
    (project / "pyproject.toml").write_text(PYPROJECT.replace("a >=1", "a >=2"))
    assert "pyproject.toml" in script.reason_to_build(project)


def test_settings_of_tools_install_nothing(script, project):
    pretend_ready(script, project)
    (project / "pyproject.toml").write_text(PYPROJECT.replace("110", "79"))
    assert script.reason_to_build(project) is None


def test_a_moved_folder_is_built_again(script, project):
    pretend_ready(script, project)
    moved = project.rename(project.with_name("elsewhere"))
    assert "moved" in script.reason_to_build(moved)


def test_a_vanished_python_is_built_again(script, project):
    pretend_ready(script, project)
    script.venv_python(project).unlink()
    assert script.reason_to_build(project) == "its Python is gone"


@pytest.mark.parametrize("name", ["version", "version_info"])
def test_a_python_that_was_asked_for_replaces_another(script, project, name):
    pretend_ready(script, project)
    settings = project / ".venv" / "pyvenv.cfg"
    major, minor = sys.version_info[:2]
    settings.write_text(f"home = /usr\n{name} = {major}.{minor}.9\n")
    assert script.reason_to_build(project, this_python=True) is None
    settings.write_text(f"home = /usr\n{name} = {major}.{minor + 1}.0\n")
    assert script.reason_to_build(project) is None
    assert "another Python" in script.reason_to_build(project, this_python=True)


# When it goes wrong


def test_a_lock_edited_during_the_set_up_is_seen(script, project, installs, monkeypatch):
    monkeypatch.setattr(
        script,
        "compile_packages",
        lambda root: (root / "requirements.lock").write_text(LOCK.replace("1.0", "1.1")),
    )
    assert script.main([], project) == 0
    assert "requirements.lock" in script.reason_to_build(project)


@pytest.mark.parametrize("stop_at", ["creating", "installing what", "installing desistance"])
def test_an_interrupted_set_up_is_not_ready(script, project, installs, monkeypatch, stop_at):
    pretend_ready(script, project)
    (project / "requirements.lock").write_text(LOCK + "# changed\n")

    def interrupted(message, arguments, root):
        pretend_python(script, root)
        if message.startswith(stop_at):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(script, "run_step", interrupted)
        assert script.main([], project) == 130
    assert script.reason_to_build(project) == "its set-up was not finished"
    assert script.main([], project) == 0
    assert script.reason_to_build(project) is None
    assert len(installs) == 3


def test_a_failed_step_stops_with_its_exit_code_and_what_to_do(script, project, monkeypatch, capsys):
    failing = ("installing", [sys.executable, "-c", "raise SystemExit(3)"])
    monkeypatch.setattr(script, "steps", lambda root, uv: [failing])
    assert script.main([], project) == 1
    assert "installing failed with exit code 3" in capsys.readouterr().err
    assert script.reason_to_build(project) is not None


def test_pip_is_tried_where_uv_fails(script, project, installs, monkeypatch):
    monkeypatch.setattr(script, "working_uv", lambda: "uv")
    take_step = script.run_step

    def without_uv(message, arguments, root):
        if arguments[0] == "uv":
            raise script.SetUpError("no connection")
        take_step(message, arguments, root)

    monkeypatch.setattr(script, "run_step", without_uv)
    assert script.main([], project) == 0
    assert script.reason_to_build(project) is None
    assert len(installs) == 3


def test_what_an_earlier_set_up_left_is_removed(script, project, installs):
    pretend_python(script, project)
    left = project / ".venv" / "left"
    left.touch()
    assert script.main([], project) == 0
    assert not left.exists()


def test_two_commands_do_not_build_at_the_same_time(script, project):
    path = project / ".venv.lock"
    with open(path, "a+") as other:
        with script.one_at_a_time(path):
            assert not script.try_to_lock(other)
        assert script.try_to_lock(other)


def test_a_python_that_is_too_old_is_refused(script):
    script.check_python((3, 11, 0))
    with pytest.raises(
        script.SetUpError, match=r"needs Python 3\.11 or newer, and .* is 3\.10\.4; .* PYTHON="
    ):
        script.check_python((3, 10, 4))


def test_without_uv_and_venv_it_says_what_to_install(script, project, monkeypatch, capsys):
    monkeypatch.setattr(script, "working_uv", lambda: None)
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: None)
    assert script.main([], project) == 1
    assert "python3-venv" in capsys.readouterr().err


# What it does


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
def test_hashes_are_required_and_the_package_brings_nothing_along(script, project, uv):
    create, install, itself = (arguments for _, arguments in script.steps(project, uv))
    assert ("uv" in create[0]) == (uv is not None)
    assert install[-3:] == ["--require-hashes", "-r", "requirements.lock"]
    assert itself[-4:] == ["--no-deps", "--no-build-isolation", "-e", "."]


def test_uv_is_used_where_it_works(script, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert script.working_uv() is None
    program(tmp_path / "uv", "exit 127")
    assert script.working_uv() is None
    program(tmp_path / "uv", "echo uv 1.0")
    assert script.working_uv() == str(tmp_path / "uv")


def test_the_command_runs_inside_and_its_exit_code_comes_back(script, project, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    pretend_ready(script, project)
    program(
        script.venv_programs(project) / "hello", 'echo "$1|$VIRTUAL_ENV|$PYTHONDONTWRITEBYTECODE"\nexit 7'
    )
    command = [sys.executable, project / "scripts" / "environment.py", "hello", "one word"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.stdout == f"one word|{project / '.venv'}|\n"
    assert answer.returncode == 7


def test_an_unknown_command_is_named(script, project, capsys):
    pretend_ready(script, project)
    assert script.main(["no-such-program"], project) == 1
    assert "no-such-program" in capsys.readouterr().err


# Which Python make takes


def run_make(folder, *arguments, **variables):
    shutil.copy(ROOT / "Makefile", folder)
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS"}}
    return subprocess.run(
        [shutil.which("make"), *arguments],
        cwd=folder,
        env=environment | {"PATH": str(folder / "programs")} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def spoken(answer):
    return " ".join(answer.stdout.split())


@pytest.mark.needs_program("make")
def test_make_says_that_no_python_is_new_enough(project):
    program(project / "programs" / "python3", "exit 1")
    answer = run_make(project, "report")
    assert answer.returncode == 2
    assert "needs Python 3.11 or newer" in answer.stderr


@pytest.mark.needs_program("make")
def test_make_takes_the_first_python_that_is_new_enough(project):
    program(project / "programs" / "python3", "exit 1")
    program(project / "programs" / "python", "exit 0")
    assert '"python" scripts/environment.py snakemake' in spoken(run_make(project, "-n", "report"))


@pytest.mark.needs_program("make")
def test_make_takes_the_python_it_is_given(project):
    program(project / "programs" / "python3", "exit 0")
    expected = '"/my python" scripts/environment.py --this-python pytest'
    assert expected in spoken(run_make(project, "-n", "test", "PYTHON=/my python"))
    assert expected in spoken(run_make(project, "-n", "test", PYTHON="/my python"))
