"""`desistance check`: whether an extract is fit for a run."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from desistance.cli.command import Commands, add_json, command, print_json
from desistance.cli.draft_mapping import add_reading

if TYPE_CHECKING:
    from desistance.check import Asked, Report
    from desistance.settings import Settings

CONFIG = Path("config.yaml")
STUDY = Path("studies/bulletin_2021_03")


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "check",
        _check,
        "say whether an extract is fit for a run, and what to mend",
        "Read an extract as a run would, without analysing it, and say everything that is wrong or odd about it, its "
        "mapping and its codes, and about the table of services and coded comments if there are any. The whole is "
        "written as a page and a table. Ends with code 1 when something would stop a run.",
        examples=[
            "",
            "data/raw/cases.csv --mapping mapping.yaml",
            "data/raw/cases.xlsx --sheet 2024 --services data/raw/services.ods --comments data/raw/coded_*.ods",
            "--config studies/mine/config.yaml --json",
        ],
    )
    parser.add_argument(
        "files",
        type=Path,
        metavar="FILE",
        nargs="*",
        help="files of records, or patterns; default: those of the configuration",
    )
    parser.add_argument("--study", type=Path, help=f"folder with study.yaml (default with FILE: {STUDY})")
    parser.add_argument(
        "--mapping", type=Path, help="mapping file, where headings or codes are not the study's"
    )
    parser.add_argument(
        "--services", metavar="FILE", help="table of services (default: that of the configuration)"
    )
    parser.add_argument(
        "--comments",
        metavar="PATTERN",
        nargs="+",
        help="files of coded comments, or patterns (default: those of the configuration)",
    )
    add_reading(parser)
    parser.add_argument(
        "--config", type=Path, help=f"configuration of a run (default without FILE: {CONFIG})"
    )
    parser.add_argument("--results", type=Path, help="folder of results (default: that of the configuration)")
    parser.add_argument(
        "--output", type=Path, help="folder for page and table (default: restricted/check in results)"
    )
    add_json(parser)


def _check(chosen: argparse.Namespace) -> None:
    from desistance.check import check_records, render_page, write_rows
    from desistance.records.progress import progress
    from desistance.settings import make_private
    from desistance.steps import whole

    settings = _settings(chosen)
    results = chosen.results or Path(settings.results if settings else "results")
    scratch, output = results / "restricted" / "scratch", chosen.output or results / "restricted" / "check"
    make_private(results / "restricted")
    make_private(scratch)
    try:
        with progress("Checking") as seen:
            report = check_records(_asked(chosen, settings, scratch), seen=seen)
    finally:
        _remove_if_empty(scratch)
    output.mkdir(parents=True, exist_ok=True)
    page, table = output / "check.html", output / "check.csv"
    with whole(page) as part:
        part.write_text(render_page(report), encoding="utf-8", newline="\n")
    with whole(table) as part, part.open("w", encoding="utf-8", newline="") as out:
        write_rows(report, out)
    _tell(report, page, table, as_json=chosen.json)
    if report.stops:
        sys.exit(1)


def _settings(chosen: argparse.Namespace) -> Settings | None:
    """The configuration, where it was named or no file was."""
    from desistance.documents import read_document
    from desistance.errors import SettingsError
    from desistance.settings import read_settings

    if chosen.files and not chosen.config:
        return None
    path = chosen.config or CONFIG
    return read_settings(read_document(path, "config", SettingsError), name=str(path))


def _asked(chosen: argparse.Namespace, settings: Settings | None, scratch: Path) -> Asked:
    from desistance.check import Asked
    from desistance.disclosure.policy import read_policy
    from desistance.records.files import source_files
    from desistance.study import read_study

    mapping = chosen.mapping or (Path(settings.mapping) if settings and settings.mapping else None)
    comments = chosen.comments or ([settings.comments] if settings and settings.comments else [])
    return Asked(
        files=tuple(source_files([str(path) for path in chosen.files] or settings.files)),
        study=read_study(chosen.study or Path(settings.study if settings else STUDY)),
        mapping=mapping,
        delimiter=chosen.delimiter or (settings.delimiter if settings else "auto"),
        encoding=chosen.encoding or (settings.encoding if settings else "auto"),
        sheet=chosen.sheet or (settings.sheet if settings else None),
        services=chosen.services or (settings.services if settings else None),
        comments=tuple(comments),
        rejects_limit=settings.rejects_limit if settings else 0,
        allow=settings.allow if settings else (),
        threshold=max(read_policy("default").smallest_base, _smallest_base(settings)),
        scratch=scratch,
        today=dt.date.today(),
    )


def _smallest_base(settings: Settings | None) -> int:
    from desistance.disclosure.policy import read_policy

    return read_policy(settings.disclosure.policy).smallest_base if settings else 0


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # another command is using it
        folder.rmdir()


def _tell(report: Report, page: Path, table: Path, *, as_json: bool) -> None:
    from desistance.check import summary

    if as_json:
        print_json(report.as_record())
        return
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    text = summary(report, width=shutil.get_terminal_size((100, 24)).columns, colour=colour)
    # A console of another encoding shows what it cannot as escapes, rather than end with an error.
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))
    print(f"\nThe whole is in {page} and, as a table, in {table}")
