"""What every command has: a name, one line of help, examples, and the function that runs it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence

Commands = argparse._SubParsersAction  # what `add_subparsers` gives; it has no public name
Run = Callable[[argparse.Namespace], None]


def command(
    commands: Commands, name: str, run: Run, line: str, more: str = "", *, examples: Sequence[str] = ()
) -> argparse.ArgumentParser:
    """Add a command.

    `line` stands in the list of commands, `more` above the command's own help; `examples` stand below it, each as it is
    typed after `desistance` and the command's name.
    """
    text = more or f"{line[0].upper()}{line[1:]}."
    typed = "\n".join(f"  desistance {name} {example}".rstrip() for example in examples)
    parser = commands.add_parser(
        name,
        help=line,
        description=text,
        epilog=f"for example:\n{typed}" if typed else None,
        formatter_class=_Help,
    )
    parser.set_defaults(run=run)
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option `--json`, for programs that use a command."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def print_json(told: object) -> None:
    """Print what a command tells as every command prints JSON: UTF-8, in the order it was made."""
    print(json.dumps(told, indent=1, ensure_ascii=False))


class _Help(argparse.HelpFormatter):
    """Folds descriptions as usual and leaves the lines of examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return text
        return super()._fill_text(text, width, indent)
