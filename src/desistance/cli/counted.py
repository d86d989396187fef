"""Records counted as a run would count them, for a file that can be carried elsewhere."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path

from desistance.records.files import source_files, told_files
from desistance.records.progress import Seen
from desistance.scan.pieces import asked_as_chosen
from desistance.scan.together import read_together, refuse_rejects, the_only
from desistance.settings import Settings
from desistance.study import Study
from desistance.tallies import Tally
from desistance.tallies.portable import Quotes

REJECTS = "the page that `desistance check` makes of these files"


def counted(
    settings: Settings, study: Study, comments: tuple[str, ...], *, scratch: Path, seen: Seen
) -> tuple[Tally, Quotes]:
    """Count records as a run would, and with its refusals; give the excerpts that a person cleared too.

    Nothing reaches the disk but what is in `scratch`, which is removed. Oddities do not stop it: what is odd about a
    part need not be odd about the whole.

    Raises
    ------
    RecordsError
        A file cannot be read, or more rows break a rule than agreed.
    """
    asked = replace(asked_as_chosen(study, asdict(settings), Path(settings.results)), scratch=scratch)
    found = [path for pattern in comments for path in told_files(pattern, "records.comments")]
    with open(os.devnull, "w", encoding="utf-8") as rejects:
        read = read_together(
            source_files(settings.files),
            asked,
            services=the_only(told_files(settings.services, "records.services")),
            comments=sorted(set(found), key=str),
            rejects=rejects,
            seen=seen,
        )
    refuse_rejects(read.account, settings.rejects_limit, REJECTS)
    return read.tally(study), read.told.tables.get("quotes", ())
