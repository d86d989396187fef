"""Draw every figure from the released object."""

from pathlib import Path

from desistance.bulletin.figures import draw_calibration, draw_figures, image
from desistance.disclosure.release import read_released
from desistance.steps import LOG, logged, whole
from desistance.study import read_study


def main(published: str | Path, study: str | Path, folder: str) -> None:
    """Draw; write each figure as SVG for wide and for narrow pages, and as PNG."""
    released = read_released(Path(published))
    defined = read_study(Path(study))
    drawn = draw_figures(released, defined) | draw_calibration(released, defined)
    made_up = released.facts.get("made_up", True)
    for name, figure in drawn.items():
        for ending, svg in (("", figure.wide), ("_narrow", figure.narrow)):
            with whole(Path(folder) / f"{name}{ending}.svg") as part:
                part.write_text(svg, encoding="utf-8", newline="\n")
        with whole(Path(folder) / f"{name}.png") as part:
            part.write_bytes(image(figure, made_up=made_up))
    LOG.info("%s figures, each for wide and for narrow pages and as an image", len(drawn))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(Path(snakemake.input.facts).parent, Path(snakemake.input.study).parent, **snakemake.output)
