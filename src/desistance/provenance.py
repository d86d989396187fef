"""Which code and which packages made a result."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from desistance import __version__

PACKAGE = Path(__file__).parent
# Read as text, because to parse every module would take longer than all else the workflow does at its start; it begins
# with a plain word, which is found ten times as fast as the beginning of a line. Not those of examples in docstrings.
IMPORTS = re.compile(
    r"desistance(?:(?<=from desistance)(?<!>>> from desistance)([\w.]*) import (\([^)]*\)|[^\n]+)"
    r"|(?<=import desistance)(?<!>>> import desistance)([\w.]*))"
)
WORDS = re.compile(r"\w+")
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

    Snakemake sees the script of a rule but not what the script imports. Imports are read from the source, wherever
    they stand; nothing is imported, and no file is read twice in a process.
    """
    found: set[str] = set()
    waiting = [f"steps/{step}.py"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imported(name)
    here = _package_from_here()
    return sorted(os.path.join(here, name) for name in found.union(_companions(found)))


def code_mark(files: Iterable[str]) -> str:
    """A short text that changes with what any of these source files holds, each read once in a process."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + _digest(name))
    return digest.hexdigest()[:16]


def _package_from_here() -> str:
    """Relative to the working folder where it lies inside, so that a project can be moved without a rerun."""
    return str(PACKAGE).removeprefix(os.path.join(os.getcwd(), ""))


@cache
def _files() -> tuple[str, ...]:
    """Every file of this package but what Python compiled, by its place in it."""
    found = []
    for folder, inner, names in os.walk(PACKAGE):
        inner[:] = [name for name in inner if name != "__pycache__"]
        place = folder[len(str(PACKAGE)) + 1 :].replace(os.sep, "/")
        found += [f"{place}/{name}" if place else name for name in names]
    return tuple(found)


@cache
def _modules() -> dict[str, str]:
    """Files of the modules of this package, by the names they are imported by."""
    paths = [path for path in _files() if path.endswith(".py")]
    names = [f"/{path}".removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths]
    return {f"{PACKAGE.name}{name}": path for name, path in zip(names, paths, strict=True)}


@cache
def _source(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read()


@cache
def _digest(name: str) -> bytes:
    return hashlib.sha256(_source(name)).digest()


@cache
def _imported(name: str) -> set[str]:
    """Modules of this package that a file imports, and the packages they stand in."""
    text = _source(os.path.join(_package_from_here(), name)).decode()
    found: set[str] = set()
    for package, members, module in IMPORTS.findall(text):
        found.update(_on_the_way(f"{PACKAGE.name}{package or module}"))
        for member in WORDS.findall(members):
            found.update(_on_the_way(f"{PACKAGE.name}{package}.{member}"))
    return found


@cache
def _on_the_way(name: str) -> tuple[str, ...]:
    """Files of a module and of the packages it stands in; of those alone for a name that is no module."""
    parts = name.split(".")
    above = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return tuple(_modules()[each] for each in above if each in _modules())


def _companions(modules: set[str]) -> Iterator[str]:
    """Files beside the modules that these read: schemas, policies, and in a room of the bulletin all that is there."""
    rooms = {
        name.rpartition("/")[0] for name in modules if name.startswith("bulletin/") and name.count("/") == 2
    }
    for name in _files():
        if (
            (name.startswith("schemas/") and name.endswith(".json") and "documents.py" in modules)
            or (name == "disclosure/policies.yaml" and "disclosure/policy.py" in modules)
            or (not name.endswith(".py") and "/".join(name.split("/")[:2]) in rooms)
        ):
            yield name
