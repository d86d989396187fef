"""`desistance completion`: what a shell needs to complete commands, options and files."""

from __future__ import annotations

import argparse
from pathlib import Path

from desistance.cli.command import Commands, command

SHELLS = ("bash", "zsh", "tcsh")
# Arguments that are folders; every other path is completed to files.
FOLDERS = {"study", "folder", "results", "previous"}


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "completion",
        _completion,
        "print what a shell needs to complete commands",
        "Print a script for a shell, with which it completes commands, options, files and folders.",
        examples=[
            "bash > ~/.local/share/bash-completion/completions/desistance",
            "zsh > ~/.zfunc/_desistance",
        ],
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell: %(choices)s")


def _completion(chosen: argparse.Namespace) -> None:
    import shtab

    from desistance.cli import parser

    made = parser()
    _say_what_paths_are(made)
    print(shtab.complete(made, shell=chosen.shell))


def _say_what_paths_are(parser: argparse.ArgumentParser) -> None:
    """Tell shtab, for every command's arguments, which are files and which folders."""
    import shtab

    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                _say_what_paths_are(each)
        elif action.type is Path or action.metavar == "FILE":
            action.complete = shtab.DIRECTORY if action.dest in FOLDERS else shtab.FILE
