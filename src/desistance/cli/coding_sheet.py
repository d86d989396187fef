"""`desistance coding-sheet`: a sheet for those who code comments."""

from __future__ import annotations

import argparse
from pathlib import Path

from desistance.cli.command import Commands, command
from desistance.study import read_study


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "coding-sheet",
        _coding_sheet,
        "write a sheet for those who code comments",
        "Write an ODS sheet for those who code comments, with the lists of the study's codebook to choose "
        "from. Filled in, it is read by records.comments of the configuration.",
        examples=[
            'studies/bulletin_2021_03 data/raw/coded_1.ods --coder "coder 1" --passages data/raw/passages.csv'
        ],
    )
    parser.add_argument("study", type=Path, help="folder with study.yaml, which has a codebook")
    parser.add_argument("file", type=Path, help="the sheet to write, for example coded_1.ods")
    parser.add_argument("--coder", help="who codes, as the codebook has it; stands in every row then")
    parser.add_argument("--rows", type=int, default=200, help="blank rows (default: %(default)s)")
    parser.add_argument(
        "--passages", type=Path, help="CSV or ODS file of the passages, one row each, to start from"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")


def _coding_sheet(chosen: argparse.Namespace) -> None:
    from desistance.records.coding_sheet import write_coding_sheet

    write_coding_sheet(
        read_study(chosen.study),
        chosen.file,
        n_rows=chosen.rows,
        coder=chosen.coder,
        passages=chosen.passages,
        overwrite=chosen.force,
    )
    print(f"{chosen.file} is ready to be filled in")
