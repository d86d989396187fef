"""Write the report as a PDF document."""

from pathlib import Path

from desistance.bulletin.document import render_document
from desistance.bulletin.publication import publication
from desistance.disclosure.release import read_released
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(published: str | Path, figures: str, study: str | Path, document: str) -> None:
    """Read the released object and the figures, write the document."""
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(figures).glob("*.svg"))}
    report = publication(read_released(Path(published)), read_study(Path(study)))
    with whole(document) as part:
        part.write_bytes(render_document(report, drawn))
    LOG.info("the document is %s", document)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        published, study = Path(snakemake.input.facts).parent, Path(snakemake.input.study).parent
        main(published, snakemake.input.figures, study, **snakemake.output)
