"""The made-up example: records that describe nobody; `desistance example` writes them."""

from __future__ import annotations

from pathlib import Path

BULLETIN = Path("studies/bulletin_2021_03")
THEMATIC = Path("studies/thematic_2016")


def write_example(folder: Path) -> None:
    """Write all made-up files, each with a description beside it, into a folder; the same bytes every time."""
    from desistance.example.cases import write_cases
    from desistance.example.comments import write_comments
    from desistance.example.services import write_services
    from desistance.example.thematic import write_thematic_cases

    write_cases(folder, study_folder=BULLETIN)
    write_services(folder, study_folder=BULLETIN)
    write_comments(folder, study_folder=BULLETIN)
    write_thematic_cases(folder, study_folder=THEMATIC)
