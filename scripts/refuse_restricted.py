"""Refuse a commit that holds records, anything restricted, or a notebook with outputs.

Run by git before a commit (`make hooks`), it looks at what is about to be committed; with `--all`, at every file of the
repository. Needs nothing but Python and git.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

ALLOWED = {"data/raw/.gitkeep", "data/raw/README.md"}


def main(arguments: list[str] | None = None) -> int:
    """Name every refused file and why; 1 when there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="look at every file of the repository")
    chosen = parser.parse_args(arguments)
    refused = [f"{name}: {reason}" for name in _names(everything=chosen.all) for reason in _reasons(name)]
    if refused:
        print("Not committed:", *refused, sep="\n  ", file=sys.stderr)
        print("Take it out with `git restore --staged FILE`.", file=sys.stderr)
    return bool(refused)


def _names(*, everything: bool) -> list[str]:
    staged = ["diff", "--cached", "--name-only", "--diff-filter=d", "-z"]
    return _git(*(["ls-files", "-z"] if everything else staged)).decode("utf-8").split("\0")[:-1]


def _reasons(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    parts = [part.lower() for part in path.parts]
    if parts[:2] == ["data", "raw"] and name not in ALLOWED:
        yield "records stay out of the repository"
    if "restricted" in parts:
        yield "what is restricted stays out of the repository"
    if path.suffix.lower() == ".ipynb" and _has_outputs(_git("show", f":{name}")):
        yield "the notebook has outputs; clear them first"


def _has_outputs(content: bytes) -> bool:
    """Whether a notebook shows results, or cannot be read so that nobody can tell."""
    try:
        cells = json.loads(content)["cells"]
        return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return True


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout


if __name__ == "__main__":
    sys.exit(main())
