"""Command line: small helpers around the workflow, which `snakemake` or `make report` runs.

Each command is a module of this room with a function `add`, which is light: what a command needs it imports when it
runs.
"""

from __future__ import annotations

import argparse
import os
import sys

from desistance import __version__
from desistance.cli import (
    attack,
    check,
    coding_sheet,
    combine,
    completion,
    dictionary,
    draft_mapping,
    example,
    new_study,
    purge,
    tally,
)
from desistance.errors import DesistanceError
from desistance.steps import REFUSALS, in_words

COMMANDS = (
    *(draft_mapping, new_study, check, dictionary, example, coding_sheet, attack),
    *(tally, combine, purge, completion),
)
DONE, WRONG_INPUT, FAULT, INTERRUPTED = 0, 1, 3, 130
CODES = (
    "Exit codes: 0 done, 1 something is wrong with the input or the machine and the message says what, 2 wrong usage, "
    "3 a fault of the program, 130 interrupted."
)
FIRST = """\
New here? `make report` makes the report of the made-up example. With an extract of your own, begin with
`desistance draft-mapping FILE`."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code.

    Errors are said in a line, without a traceback; of those that are not ours without their message too, because both
    may hold what a record says.
    """
    try:
        chosen = parser().parse_args(arguments)
        chosen.run(chosen)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _let_go_of_output()
    except Exception as error:
        absent = isinstance(error, FileNotFoundError) and error.filename
        print(f"{absent} is not there; check the path" if absent else in_words(error), file=sys.stderr)
        return WRONG_INPUT if absent or not _is_fault(error) else FAULT
    return DONE


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    made = argparse.ArgumentParser(
        prog="desistance",
        description="Regenerates an inspection bulletin from case-level records. "
        "The bulletin itself is made by `make report`, or by `snakemake` in an environment that has it.",
        epilog=CODES,
    )
    made.add_argument("--version", action="version", version=f"desistance {__version__}")
    made.set_defaults(run=lambda _: print(f"{made.format_help()}\n{FIRST}"))
    commands = made.add_subparsers(title="commands", metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return made


def _is_fault(error: Exception) -> bool:
    refused = isinstance(error, OSError) and error.errno in REFUSALS
    return not (refused or isinstance(error, (DesistanceError, MemoryError)))


def _let_go_of_output() -> None:
    """So that Python, which writes what is left at its end, says nothing of a reader that is gone."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # what stands for the output has no file, as in a test
        sys.stdout = None
