"""Write the bulletin as one page that needs nothing else."""

from pathlib import Path

from desistance.bulletin.page.rendering import render_bulletin
from desistance.disclosure.release import read_released
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(published: str | Path, figures: str, study: str | Path, page: str) -> None:
    """Read the released object and the figures, write the page."""
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(figures).glob("*.svg"))}
    html = render_bulletin(read_released(Path(published)), read_study(Path(study)), drawn)
    with whole(page) as part:
        part.write_text(html, encoding="utf-8", newline="\n")
    LOG.info("the bulletin is %s", page)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        published, study = Path(snakemake.input.facts).parent, Path(snakemake.input.study).parent
        main(published, snakemake.input.figures, study, **snakemake.output)
