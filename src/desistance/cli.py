"""Command line: small helpers around the workflow, which `snakemake` or `make report` runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from desistance import __version__
from desistance.errors import DesistanceError, ReleaseError
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
    sheet = commands.add_parser(
        "coding-sheet",
        help="write a sheet for those who code comments",
        description="Write an ODS sheet for those who code comments, with the lists of the study's codebook to choose "
        "from. Filled in, it is read by records.comments of the configuration.",
    )
    sheet.add_argument("study", type=Path, help="folder with study.yaml, which has a codebook")
    sheet.add_argument("file", type=Path, help="the sheet to write, for example coded_1.ods")
    sheet.add_argument("--coder", help="who codes, as the codebook has it; stands in every row then")
    sheet.add_argument("--rows", type=int, default=200, help="blank rows (default: %(default)s)")
    sheet.add_argument(
        "--passages", type=Path, help="CSV or ODS file of the passages, one row each, to start from"
    )
    sheet.add_argument("--force", action="store_true", help="replace the file if it is there")
    sheet.set_defaults(run=_coding_sheet)
    attack = commands.add_parser(
        "attack",
        help="try to find out what a publication hides",
        description="Read a published folder as an outsider would, work out what can be known of every hidden count, "
        "and print which relations were used. Ends with code 1 when a hidden count can be narrowed further than the "
        "publication's own policy allows, or when there is a file it cannot read.",
    )
    attack.add_argument(
        "folder", type=Path, nargs="?", default=Path("results/published"), help="default: %(default)s"
    )
    attack.add_argument("--previous", type=Path, help="an earlier publication, to attack both together")
    attack.add_argument(
        "--time-limit",
        type=float,
        default=120,
        help="seconds after which it says what was not tried (default: %(default)s)",
    )
    attack.add_argument("--json", action="store_true", help="print the account as JSON")
    attack.set_defaults(run=_attack)
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
    if study.services:
        yield from _service_rows(study, judged)


def _service_rows(study: Study, judged: str) -> Iterator[tuple[str, str, str]]:
    """Columns of the table of services."""
    providers = ", ".join(repr(provider.id) for provider in study.services.providers)
    told = "table of services"
    yield study.service, f"{told}: {study.words['service'][0]}", "as in the records"
    for provision in study.services.provisions:
        codes = f"one or more of {providers}, joined by ;, or {study.services.nobody!r}"
        yield f"provider_{provision.id}", f"{told}: who provides {provision.label}", codes
        yield f"gap_{provision.id}", f"{told}: access to {provision.label} is a gap", judged
    for fact in study.services.facts:
        yield fact.id, f"{told}: {fact.label}", judged
    for rate in study.services.rates:
        for column in (rate.part, rate.whole):
            yield column, f"{told}: {rate.label}", "a whole number"


def _example(chosen: argparse.Namespace) -> None:
    from desistance.example import write_example

    write_example(chosen.folder)
    print(f"made-up records are in {chosen.folder}")


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


def _attack(chosen: argparse.Namespace) -> None:
    from desistance.attack import AttackError, attack

    try:
        found = attack(chosen.folder, chosen.previous, time_limit=chosen.time_limit)
    except AttackError as error:
        raise ReleaseError(f"the attack cannot be made: {error}") from None
    print(json.dumps(found.as_record(), indent=1) if chosen.json else found.as_text())
    if not found.holds:
        raise ReleaseError(
            f"{chosen.folder} gives hidden counts away, or some could not be bounded; see above"
        )


if __name__ == "__main__":
    sys.exit(main())
