"""Write the explorer as one page that needs nothing else."""

from pathlib import Path

from desistance.bulletin.explorer.rendering import render_explorer
from desistance.disclosure.release import read_released
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(published: str | Path, study: str | Path, page: str) -> None:
    """Read the released object, write the page."""
    html = render_explorer(read_released(Path(published)), read_study(Path(study)))
    with whole(page) as part:
        part.write_text(html, encoding="utf-8", newline="\n")
    LOG.info("the explorer is %s", page)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(Path(snakemake.input.facts).parent, Path(snakemake.input.study).parent, **snakemake.output)
