"""Command line: small helpers around the workflow, which `snakemake` or `make report` runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from desistance import __version__
from desistance.errors import DesistanceError
from desistance.study import MISSING, Study, read_study


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors of ours are printed without a traceback and end with code 1."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except DesistanceError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = None
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="desistance",
        description="Regenerates an inspection bulletin from case-level records. "
        "The bulletin itself is made by `make report`, or by `snakemake` in an environment that has it.",
        epilog="Exit codes: 0 done, 1 something is wrong with the input and the message says what, 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"desistance {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    dictionary = commands.add_parser(
        "dictionary",
        help="list the columns and codes a study reads",
        description="List the columns and codes a study reads.",
    )
    dictionary.add_argument(
        "study", type=Path, help="folder with study.yaml, for example studies/bulletin_2021_03"
    )
    dictionary.set_defaults(run=_dictionary)
    example = commands.add_parser(
        "example",
        help="write the made-up example records again",
        description="Write the made-up example records. They say nothing about real children.",
    )
    example.add_argument(
        "folder", type=Path, nargs="?", default=Path("data/example"), help="default: %(default)s"
    )
    example.set_defaults(run=_example)
    return parser


def _dictionary(chosen: argparse.Namespace) -> None:
    for row in _dictionary_rows(read_study(chosen.study)):
        print("\t".join(row))


def _dictionary_rows(study: Study) -> Iterator[tuple[str, str, str]]:
    yield "column", "meaning", "codes"
    yield study.case, f"number of the {study.words['case'][0]}; finds duplicates, then dropped", "any text"
    yield study.service, study.words["service"][0], "any text"
    if study.date:
        yield study.date.column, study.date.label, f"{study.date.first} to {study.date.last}"
    for role in ("stratum", "weight", "services_in_stratum"):
        if getattr(study, role):
            yield (
                getattr(study, role),
                role.replace("_", " "),
                "text" if role == "stratum" else "a positive number",
            )
    missing = [repr(code) for code, state in study.codes.items() if state in MISSING]
    for division in study.divisions:
        yield division.column, division.label, ", ".join([*map(repr, division.codes), *missing])
    judged = ", ".join(map(repr, study.codes))
    for measure in study.measures:
        for item in measure.items:
            if not item.derived:
                yield item.column, f"{measure.label}: {item.label}", judged


def _example(chosen: argparse.Namespace) -> None:
    from desistance.records.example import STUDY_FOLDER, write_example

    write_example(chosen.folder, study_folder=STUDY_FOLDER)
    print(f"made-up records are in {chosen.folder}")


if __name__ == "__main__":
    sys.exit(main())
