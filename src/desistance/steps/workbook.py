"""Write every table as a workbook, and what the columns of the released tables are."""

from pathlib import Path

from desistance.bulletin.publication import publication
from desistance.bulletin.workbook.csvw import csv_metadata
from desistance.bulletin.workbook.rendering import render_workbook
from desistance.disclosure.release import read_released
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(published: str | Path, study: str | Path, workbook: str, metadata: str) -> None:
    """Read the released object, write the workbook and the metadata."""
    released = read_released(Path(published))
    report = publication(released, read_study(Path(study)))
    with whole(workbook) as part:
        part.write_bytes(render_workbook(report))
    with whole(metadata) as part:
        part.write_text(csv_metadata(report, released), encoding="utf-8", newline="\n")
    LOG.info("every table is in %s", workbook)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(Path(snakemake.input.facts).parent, Path(snakemake.input.study).parent, **snakemake.output)
