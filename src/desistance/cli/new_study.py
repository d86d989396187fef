"""`desistance new-study`: a study folder from an outline, that runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from desistance.cli.command import Commands, command
from desistance.cli.draft_mapping import add_reading, add_results, one_file, refuse_to_replace, scratch_in


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "new-study",
        _new_study,
        "write the folder of a new study from its outline",
        "Write study.yaml, mapping.yaml and config.yaml of a new study, with comments, from an outline that "
        "`desistance draft-mapping FILE --new` drafted and a person answered. `make report CONFIG=FOLDER/config.yaml` "
        "makes its report.",
        examples=["studies/mine --from data/raw/cases.csv --mapping outline.yaml"],
    )
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="where the study will stand, such as studies/mine"
    )
    parser.add_argument("--from", dest="file", metavar="FILE", type=Path, required=True, help="the extract")
    parser.add_argument(
        "--mapping", metavar="OUTLINE", type=Path, required=True, help="the outline, answered"
    )
    add_reading(parser)
    add_results(parser)
    parser.add_argument("--force", action="store_true", help="replace files that are there")


def _new_study(chosen: argparse.Namespace) -> None:
    from desistance.draft.new_study import new_study
    from desistance.steps import whole

    path = one_file(chosen.file)
    with scratch_in(Path(chosen.results or "results")) as scratch:
        texts = new_study(
            chosen.mapping,
            chosen.folder,
            path,
            results=chosen.results,
            delimiter=chosen.delimiter or "auto",
            encoding=chosen.encoding or "auto",
            sheet=chosen.sheet,
            scratch=scratch,
        )
    refuse_to_replace([chosen.folder / name for name in texts], force=chosen.force)
    for name, text in texts.items():
        with whole(chosen.folder / name) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    print(f"{chosen.folder} is ready: make report CONFIG={(chosen.folder / 'config.yaml').as_posix()}")
