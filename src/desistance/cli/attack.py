"""`desistance attack`: what a publication gives away."""

from __future__ import annotations

import argparse
from pathlib import Path

from desistance.cli.command import Commands, add_json, command, print_json
from desistance.errors import ReleaseError


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "attack",
        _attack,
        "try to find out what a publication hides",
        "Read a published folder as an outsider would, work out what can be known of every hidden count, "
        "and print which relations were used. Ends with code 1 when a hidden count can be narrowed further than the "
        "publication's own policy allows, or when there is a file it cannot read.",
        examples=["", "results/published --previous last_year/published"],
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("results/published"), help="default: %(default)s"
    )
    parser.add_argument("--previous", type=Path, help="an earlier publication, to attack both together")
    parser.add_argument(
        "--time-limit",
        type=float,
        default=120,
        help="seconds after which it says what was not tried (default: %(default)s)",
    )
    add_json(parser)


def _attack(chosen: argparse.Namespace) -> None:
    from desistance.attack import AttackError, attack

    try:
        found = attack(chosen.folder, chosen.previous, time_limit=chosen.time_limit)
    except AttackError as error:
        raise ReleaseError(f"the attack cannot be made: {error}") from None
    if chosen.json:
        print_json(found.as_record())
    else:
        print(found.as_text())
    if not found.holds:
        raise ReleaseError(
            f"{chosen.folder} gives hidden counts away, or some could not be bounded; see above"
        )
