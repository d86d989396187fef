"""Make `.venv` ready from requirements.lock, then run a command inside it.

    python scripts/environment.py              only make `.venv` ready
    python scripts/environment.py pytest -q    the same, then run pytest there

With --this-python first, a `.venv` made with another version of Python is built again with the one that runs this.
Installs with uv where it is present, with venv and pip where it is not. Uses the standard library only,
because it runs before anything is installed.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NEEDED_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
# Each of these would let a run see packages that the lock does not name, or leave modules uncompiled.
MISLEADING_VARIABLES = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


class SetUpError(RuntimeError):
    """The environment could not be made ready; the message says what to do."""


def main(command, root=ROOT):
    """Exit code of the command, run in an environment that matches the lock file."""
    this_python = command[:1] == ["--this-python"]
    if this_python:
        command = command[1:]
    try:
        check_python(sys.version_info)
        make_ready(root, this_python)
        return run_inside(root, command) if command else 0
    except (SetUpError, OSError) as error:
        print(f"SetUpError: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def check_python(version):
    """Refuse a Python that is too old to run the project."""
    if tuple(version[:2]) < NEEDED_PYTHON:
        needed, found = dotted(NEEDED_PYTHON), dotted(version[:3])
        raise SetUpError(
            f"desistance needs Python {needed} or newer, and {sys.executable} is {found}; "
            "name another one: make report PYTHON=/path/to/python"
        )


def make_ready(root, this_python=False):
    """Build `.venv` unless it is ready; two commands started together build it once."""
    if reason_to_build(root, this_python) is None:
        return
    with one_at_a_time(root / ".venv.lock"):
        reason = reason_to_build(root, this_python)
        if reason is not None:
            build(root, reason)


def reason_to_build(root, this_python=False):
    """Why `.venv` cannot be used as it is, in words; None when it is ready."""
    stamp = stamp_path(root)
    if not (root / ".venv").exists():
        return "it is missing"
    if not venv_python(root).exists():
        return "its Python is gone"
    if not stamp.is_file():
        return "its set-up was not finished"
    if stamp.read_text(encoding="utf-8").strip() != fingerprint(root):
        return "requirements.lock or pyproject.toml has changed, or the folder has moved"
    if this_python and venv_version(root) != sys.version_info[:2]:
        return f"it was made with another Python than {dotted(sys.version_info[:2])}"
    return None


def fingerprint(root):
    """Digest of all that decides what `.venv` holds: the lock, the package's description and its place.

    Only content counts, so a checkout that gives files new dates changes nothing. The settings of tools in
    pyproject.toml install nothing and are left out.
    """
    import tomllib

    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {
        "lock": (root / "requirements.lock").read_text(encoding="utf-8"),
        "package": {table: pyproject.get(table) for table in ("build-system", "project")},
        "place": os.path.realpath(root),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def build(root, reason):
    """Build `.venv` from nothing, with pip where uv fails; the stamp that makes it ready is written last."""
    say(f"Setting up .venv because {reason}.")
    started, digest = time.monotonic(), fingerprint(root)
    uv = working_uv()
    try:
        install(root, uv)
    except SetUpError as error:
        if uv is None:
            raise
        # pip may know of certificates or of a package index that uv has not been told about
        say(f"{error}\nTrying pip instead.")
        install(root, None)
    compile_packages(root)
    write_stamp(root, digest)
    say(f"  done in {time.monotonic() - started:.0f} seconds")


def install(root, uv):
    """Replace `.venv` by a new one that holds what the lock names and the package itself."""
    if uv is None and importlib.util.find_spec("ensurepip") is None:
        raise SetUpError(
            f"{sys.executable} cannot make a virtual environment and uv is not at hand; install either "
            "(on Debian and Ubuntu: apt install python3-venv)"
        )
    tool, patience = ("uv", "half a minute") if uv else ("pip", "one to five minutes")
    say(f"  with {tool}, in about {patience}; longer on a slow connection")
    stamp_path(root).unlink(missing_ok=True)
    if (root / ".venv").exists():
        shutil.rmtree(root / ".venv")
    for message, arguments in steps(root, uv):
        say(f"  {message}")
        run_step(message, arguments, root)


def steps(root, uv):
    """What to run, in order: pairs of a message and the arguments."""
    base, python = base_python(), str(venv_python(root))
    if uv:
        create = [uv, "venv", "--quiet", "--no-project", "--python", base, ".venv"]
        add = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        create = [base, "-m", "venv", ".venv"]
        quietly = ["-qq", "--disable-pip-version-check", "--no-input"]
        add = [python, "-m", "pip", "install", *quietly, "--no-compile"]
    return [
        (f"creating it with Python {dotted(sys.version_info[:3])}", create),
        ("installing what requirements.lock names", [*add, "--require-hashes", "-r", "requirements.lock"]),
        ("installing desistance itself", [*add, "--no-deps", "--no-build-isolation", "-e", "."]),
    ]


def run_step(message, arguments, root):
    """Run one step without input; its own words are shown, and a failure stops the set-up."""
    try:
        subprocess.run(arguments, cwd=root, env=clean_environment(), stdin=subprocess.DEVNULL, check=True)
    except subprocess.CalledProcessError as error:
        raise SetUpError(
            f"{message} failed with exit code {error.returncode}, for the reason printed above; "
            "nothing half-made will be used, so mend that and run the same command again"
        ) from None


def compile_packages(root):
    """Compile what was installed, so that no later job has to; a file that cannot be compiled is no error."""
    say("  compiling")
    library = root / ".venv" / ("Lib" if os.name == "nt" else "lib")
    compiler = ["compileall", "-qq", "-j", "0", "--invalidation-mode", "timestamp"]
    arguments = [str(venv_python(root)), "-W", "ignore", "-m", *compiler, str(library)]
    subprocess.run(
        arguments, env=clean_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )


def write_stamp(root, digest):
    """Mark the environment as ready, in one move."""
    unfinished = stamp_path(root).with_suffix(".part")
    unfinished.write_text(digest + "\n", encoding="utf-8")
    unfinished.replace(stamp_path(root))


def run_inside(root, command):
    """Exit code of a command that finds the programs of `.venv` first."""
    environment = clean_environment()
    environment["VIRTUAL_ENV"] = str(root / ".venv")
    environment["PATH"] = os.pathsep.join([str(venv_programs(root)), environment.get("PATH", os.defpath)])
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise SetUpError(f"{command[0]} is neither in .venv nor on the PATH")
    if os.name == "nt":
        return subprocess.call([program, *command[1:]], env=environment)
    os.execve(program, command, environment)


@contextlib.contextmanager
def one_at_a_time(path):
    """Wait until no other process holds the file; a process that is killed lets go of it."""
    with open(path, "a+", encoding="utf-8") as handle:
        waiting = False
        while not try_to_lock(handle):
            if not waiting:
                say("Waiting for another command that is setting up .venv.")
                waiting = True
            time.sleep(0.2)
        yield


def try_to_lock(handle):
    """Whether this process now holds the open file."""
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def working_uv():
    """Path of uv, or None: a version manager may leave a command of that name that runs nothing."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    answer = subprocess.run([uv, "--version"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return uv if answer.returncode == 0 else None


def base_python():
    """The Python to build on: never one inside a virtual environment, which may be the one to be replaced."""
    return getattr(sys, "_base_executable", None) or sys.executable


def clean_environment():
    """The variables of this process without those that would change what Python imports."""
    return {name: value for name, value in os.environ.items() if name not in MISLEADING_VARIABLES}


def venv_programs(root):
    """Folder of the programs inside `.venv`."""
    return root / ".venv" / ("Scripts" if os.name == "nt" else "bin")


def venv_python(root):
    """The Python inside `.venv`."""
    return venv_programs(root) / ("python.exe" if os.name == "nt" else "python")


def venv_version(root):
    """Version of the Python that `.venv` was made with, major and minor."""
    lines = (root / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    entries = dict(line.replace(" ", "").partition("=")[::2] for line in lines)
    # venv and uv write this under different names
    version = entries.get("version") or entries.get("version_info") or ""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def stamp_path(root):
    """File whose digest says what `.venv` was built from."""
    return root / ".venv" / "ready.sha256"


def dotted(version):
    """Version number as it is written."""
    return ".".join(str(part) for part in version)


def say(message):
    """Print at once, so that whoever waits knows why."""
    print(message, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
