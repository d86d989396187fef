"""`desistance example`: the made-up records again."""

from __future__ import annotations

import argparse
from pathlib import Path

from desistance.cli.command import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "example",
        _example,
        "write the made-up example records again",
        "Write the made-up example records. They say nothing about real children.",
        examples=["", "elsewhere"],
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("data/example"), help="default: %(default)s"
    )


def _example(chosen: argparse.Namespace) -> None:
    from desistance.example import write_example

    write_example(chosen.folder)
    print(f"made-up records are in {chosen.folder}")
