"""Read and count one part of the records, on whatever machine this runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desistance.records.files import COUNTED
from desistance.records.progress import progress
from desistance.scan.pieces import asked_as_chosen
from desistance.scan.scanning import scan_part
from desistance.scan.together import with_marks
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study


def main(
    files: Sequence[str],
    comments: Sequence[str],
    study: str | Path,
    reading: Mapping[str, Any],
    part: str,
    place: int,
    n_parts: int,
    n_processes: int = 1,
) -> None:
    """Count part `place` (from 0) of `n_parts`."""
    definition = read_study(Path(study))
    # The parts stand in a folder of their own within the private one.
    asked = asked_as_chosen(definition, reading, Path(part).parent.parent)
    _, asked = with_marks(asked, [Path(name) for name in comments])
    paths = [Path(name) for name in files if not name.endswith(COUNTED)]
    with whole(part) as out, progress("Reading records") as seen:
        scan_part(paths, asked, place, n_parts, out, n_processes=n_processes, seen=seen)
    LOG.info("part %s of %s counted", place + 1, n_parts)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input.files,
            snakemake.input.get("comments", []),
            Path(snakemake.input.study).parent,
            choices(snakemake.input.reading),
            snakemake.output.part,
            int(snakemake.wildcards.place) - 1,
            int(snakemake.wildcards.of),
            snakemake.threads,
        )
