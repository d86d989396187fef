"""Draw every figure from the released object."""

from pathlib import Path

from desistance.bulletin.figures import draw_figures
from desistance.disclosure.release import read_released
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(published: str | Path, study: str | Path, folder: str) -> None:
    """Draw; write each figure for wide and for narrow pages."""
    released = read_released(Path(published))
    drawn = draw_figures(released, read_study(Path(study)))
    for name, figure in drawn.items():
        for ending, svg in (("", figure.wide), ("_narrow", figure.narrow)):
            with whole(Path(folder) / f"{name}{ending}.svg") as part:
                part.write_text(svg, encoding="utf-8", newline="\n")
    if len(released.calibration):
        from desistance.calibration.display import figure_svg

        with whole(Path(folder) / "calibration.svg") as part:
            part.write_text(figure_svg(released.calibration), encoding="utf-8", newline="\n")
    LOG.info("%s figures, each for wide and for narrow pages", len(drawn))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(Path(snakemake.input.facts).parent, Path(snakemake.input.study).parent, **snakemake.output)
