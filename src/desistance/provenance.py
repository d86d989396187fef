"""Which code and which packages made a result."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from desistance import __version__

PACKAGE = Path(__file__).parent
# Read as text, because to parse every module would take longer than all else the workflow does at its start.
IMPORTS = re.compile(
    r"^[ \t]*(?:from\s+(desistance[\w.]*)\s+import\s+(\([^)]*\)|[^\n]+)|import\s+(desistance[\w.]*))",
    re.MULTILINE,
)
NAMED = ("numpy", "pandas", "scipy", "pyarrow", "matplotlib", "snakemake")
# Packages that only have a part in how the released object is shown.
RENDERING = ("afcharts", "jinja2", "odfdo", "rocrate", "typst")
# These look at what is to be published, move it, or run apart from it: they have no part in what is published.
APART = ("attack", "publish", "calibration")


def software() -> dict[str, object]:
    """Version of this package and of the packages that compute, draw and run."""
    import importlib.metadata

    return {"version": __version__, "packages": {name: importlib.metadata.version(name) for name in NAMED}}


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_of_publication() -> list[str]:
    """Files whose change may change what is published: the code of every step that makes a part of it."""
    steps = (path.stem for path in (PACKAGE / "steps").glob("*.py"))
    making = sorted(set(steps) - {"__init__", *APART})
    return sorted({name for step in making for name in code_of(step)})


def code_digest(files: Iterable[str | Path]) -> str:
    """One SHA-256 over source files of this package, wherever it stands and whatever their line ends.

    It says which code made a result without a repository: two copies of the same code have the same digest, and a
    copy with an edit nobody committed has another. It is the digest of one line a file, in the order of the names:
    the digest of the file, two spaces, and its name within the package.
    """
    paths = {Path(name).resolve().relative_to(PACKAGE.resolve()).as_posix(): Path(name) for name in files}
    lines = (f"{_text_digest(path)}  {name}\n" for name, path in sorted(paths.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _text_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def code_of(step: str) -> list[str]:
    """Files whose change must rerun a step: the step, every module it imports, and the files those read.

    Snakemake sees the script of a rule but not what the script imports, so each rule lists these as inputs.
    Imports are read from the source, wherever they stand; nothing is imported.
    """
    found: set[Path] = set()
    waiting = [PACKAGE / "steps" / f"{step}.py"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path)
    return [_from_here(path) for path in sorted(found | set(_companions(found)))]


def _from_here(path: Path) -> str:
    """Relative to the working folder where it lies inside, so that a project can be moved without a rerun."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _companions(modules: set[Path]) -> Iterator[Path]:
    if PACKAGE / "documents.py" in modules:
        yield from (PACKAGE / "schemas").glob("*.json")
    if PACKAGE / "disclosure" / "policy.py" in modules:
        yield PACKAGE / "disclosure" / "policies.yaml"
    yield from _templates(modules)


def _templates(modules: set[Path]) -> Iterator[Path]:
    """Whatever is no module in a room of the bulletin that is used: templates, styles, scripts."""
    rooms = {path.parent for path in modules if path.parent.parent == PACKAGE / "bulletin"}
    for room in rooms:
        for path in room.rglob("*"):
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
                yield path


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Modules of this package that a file imports, and the packages they stand in."""
    names = set()
    for package, members, module in IMPORTS.findall(path.read_text(encoding="utf-8")):
        names |= {package or module, *(f"{package}.{member}" for member in re.findall(r"\w+", members))}
    return tuple(sorted({path for name in names for path in _files(name)}))


@cache
def _files(name: str) -> tuple[Path, ...]:
    """Files of a module and of the packages it stands in; none for a name that is no module of this package."""
    parts = name.split(".")[1:]
    paths = [PACKAGE.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    candidates = [
        candidate for path in paths for candidate in (path / "__init__.py", path.with_suffix(".py"))
    ]
    return tuple(path for path in candidates if path.is_file())
