"""Which code and which packages made a result."""

from __future__ import annotations

import ast
import importlib.metadata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from desistance import __version__

PACKAGE = Path(__file__).parent
NAMED = ("numpy", "pandas", "scipy", "pyarrow", "matplotlib", "snakemake")


def software() -> dict[str, object]:
    """Version of this package and of the packages that compute, draw and run."""
    return {"version": __version__, "packages": {name: importlib.metadata.version(name) for name in NAMED}}


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
    if PACKAGE / "bulletin" / "page.py" in modules:
        yield from (path for path in (PACKAGE / "bulletin" / "templates").rglob("*") if path.is_file())


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Modules of this package that a file imports, and the packages they stand in."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    modules: set[Path] = set()
    for name in names:
        parts = name.split(".")
        if parts[0] == PACKAGE.name:
            for depth in range(1, len(parts) + 1):
                modules |= set(_files(parts[1:depth]))
    return tuple(sorted(modules))


def _files(parts: list[str]) -> Iterator[Path]:
    path = PACKAGE.joinpath(*parts)
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            yield candidate
