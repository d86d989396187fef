"""`desistance draft-mapping`: a first draft of a mapping, or of a new study's outline."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from desistance.cli.command import Commands, command
from desistance.errors import RecordsError, SettingsError

if TYPE_CHECKING:
    from desistance.draft.mapping_draft import Draft

STUDY = Path("studies/bulletin_2021_03")
DELIMITERS = ("auto", "comma", "semicolon", "tab", "pipe")


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "draft-mapping",
        _draft_mapping,
        "draft which heading of a file is which column of a study",
        "Look through a file of records and draft its mapping to a study, or with --new the outline of a study of its "
        "own. Every guess says why; those that are not certain stand as open questions, and a run refuses them until "
        "they are answered. Columns that look like direct identifiers are not read, and no value that fewer than 10 "
        "rows have is written.",
        examples=[
            "data/raw/cases.sav --output mapping.yaml",
            "data/raw/cases.csv --new --output outline.yaml",
        ],
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the extract")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--study",
        type=Path,
        default=STUDY,
        help="folder with study.yaml (default: %(default)s)",
    )
    kind.add_argument("--new", action="store_true", help="draft the outline of a new study, for new-study")
    parser.add_argument("--output", type=Path, help="the file to write; printed without")
    add_reading(parser)
    add_results(parser)
    parser.add_argument("--force", action="store_true", help="replace the output if it is there")


def _draft_mapping(chosen: argparse.Namespace) -> None:
    from desistance.draft.yaml_text import named
    from desistance.steps import whole

    refuse_to_replace([chosen.output] if chosen.output else [], force=chosen.force)
    path = one_file(chosen.file)
    with scratch_in(Path(chosen.results or "results")) as scratch:
        made, sheet = _drafted(chosen, path, scratch)
    if chosen.output is None:
        print(made.text, end="")
    else:
        with whole(chosen.output) as part:
            part.write_text(made.text, encoding="utf-8", newline="\n")
    if sheet and chosen.sheet is None:
        print(f"{path.name}: the sheet {named([sheet])} was taken; --sheet takes another", file=sys.stderr)
    n_questions = made.n_questions
    said = f"{n_questions} question{'' if n_questions == 1 else 's'}"
    where = f" in {chosen.output}" if chosen.output else ""
    print(f"{path.name}: {said}{where}, which are the values that begin with ?", file=sys.stderr)
    print(f"Once the draft is looked through: {shlex.join(_next_step(chosen))}", file=sys.stderr)


def _next_step(chosen: argparse.Namespace) -> list[str]:
    """The command that takes the draft, once a person has answered it."""
    file, draft = str(chosen.file), str(chosen.output or ("OUTLINE" if chosen.new else "MAPPING"))
    if not chosen.new:
        study = ["--study", str(chosen.study)] if chosen.study != STUDY else []
        return ["desistance", "check", file, *study, "--mapping", draft]
    return ["desistance", "new-study", "FOLDER", "--from", file, "--mapping", draft] + [
        word
        for key in ("sheet", "delimiter", "encoding")
        if (value := getattr(chosen, key)) is not None
        for word in (f"--{key}", value)
    ]


def _drafted(chosen: argparse.Namespace, path: Path, scratch: Path) -> tuple[Draft, str | None]:
    """The draft, and the sheet of the workbook that it is of."""
    from desistance.draft.identifying import asks_birth
    from desistance.draft.mapping_draft import draft_mapping
    from desistance.draft.outline_draft import draft_outline
    from desistance.draft.profile import profile
    from desistance.records.mapping import study_columns
    from desistance.records.progress import progress
    from desistance.study import read_study

    study = None if chosen.new else read_study(chosen.study)
    with progress(f"Reading {path.name}") as seen:
        found = profile(
            path,
            wanted=study_columns(study) if study else (),
            birth_dates=bool(study) and any(map(asks_birth, study.inputs)),
            delimiter=chosen.delimiter or "auto",
            encoding=chosen.encoding or "auto",
            sheet=chosen.sheet,
            scratch=scratch,
            seen=seen,
        )
    made = draft_mapping(found, study) if study else draft_outline(found)
    return made, found.table.sheet


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file is read, where that cannot be told from it; None is as it is told."""
    parser.add_argument("--sheet", help="name of the sheet, where a workbook has several")
    parser.add_argument(
        "--delimiter", choices=DELIMITERS, help="what separates the values of a text file (default: auto)"
    )
    parser.add_argument(
        "--encoding", help="encoding of a text file, such as cp1252 or utf-16 (default: auto)"
    )


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder of results, which holds the scratch folder too."""
    parser.add_argument("--results", help="folder for a run's outputs (default: results)")


def one_file(given: Path) -> Path:
    """The file that was given, which must be one and of a kind that can be read."""
    from desistance.records.files import source_files

    found = source_files(str(given))
    if len(found) != 1:
        raise RecordsError(
            f"{given} matches {len(found)} files; give one of them, and see that the others are like it"
        )
    return found[0]


def refuse_to_replace(paths: list[Path], *, force: bool) -> None:
    """Stop before a file that is there is written over, unless that is wanted."""
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise SettingsError(
            f"{', '.join(there)} is already there; give another name, or --force to replace it"
        )


@contextmanager
def scratch_in(results: Path) -> Iterator[Path]:
    """A private folder for uncompressed copies, gone at the end."""
    from desistance.settings import make_private

    scratch = results / "restricted" / "scratch"
    made = [folder for folder in (results, results / "restricted", scratch) if not folder.exists()]
    make_private(results / "restricted")
    make_private(scratch)
    try:
        yield scratch
    finally:
        for folder in reversed(made):
            with suppress(OSError):  # another command is using it
                folder.rmdir()
