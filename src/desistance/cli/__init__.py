"""Command line: small helpers around the workflow, which `snakemake` or `make report` runs.

Each command is a module of this room with a function `add`, which is light: what a command needs it imports when it
runs.
"""

from __future__ import annotations

import argparse
import sys

from desistance import __version__
from desistance.cli import attack, coding_sheet, dictionary, example
from desistance.errors import DesistanceError

COMMANDS = (dictionary, example, coding_sheet, attack)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors of ours are printed without a traceback and end with code 1."""
    chosen = parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except DesistanceError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = None
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    made = argparse.ArgumentParser(
        prog="desistance",
        description="Regenerates an inspection bulletin from case-level records. "
        "The bulletin itself is made by `make report`, or by `snakemake` in an environment that has it.",
        epilog="Exit codes: 0 done, 1 something is wrong with the input and the message says what, 2 wrong usage.",
    )
    made.add_argument("--version", action="version", version=f"desistance {__version__}")
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return made
