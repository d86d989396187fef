"""What every command has: a name, one line of help, and the function that runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Commands = argparse._SubParsersAction  # what `add_subparsers` gives; it has no public name
Run = Callable[[argparse.Namespace], None]


def command(commands: Commands, name: str, run: Run, line: str, more: str = "") -> argparse.ArgumentParser:
    """Add a command; `line` stands in the list of commands, `more` above the command's own help."""
    text = more or f"{line[0].upper()}{line[1:]}."
    parser = commands.add_parser(name, help=line, description=text)
    parser.set_defaults(run=run)
    return parser
