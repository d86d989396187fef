"""The figures of the report: what `captions` planned, laid out by arithmetic and drawn as SVG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from desistance.bulletin.captions import planned_figures
from desistance.bulletin.captions.plans import (
    BarsPlan,
    ChoicesPlan,
    ContrastPlan,
    DifferencesPlan,
    DotsPlan,
    FunnelPlan,
    LevelsPlan,
    PanelsPlan,
    Plan,
    RatesPlan,
    StacksPlan,
    StagesPlan,
    UpsetPlan,
)
from desistance.bulletin.content import Figure
from desistance.bulletin.figures.bars import narrow_bars, wide_bars
from desistance.bulletin.figures.calibration import calibration_figure
from desistance.bulletin.figures.choices import narrow_choices, wide_choices
from desistance.bulletin.figures.contrast import narrow_contrast, wide_contrast
from desistance.bulletin.figures.differences import narrow_differences, wide_differences
from desistance.bulletin.figures.dots import narrow_dots, wide_dots
from desistance.bulletin.figures.funnels import narrow_funnels, wide_funnels
from desistance.bulletin.figures.levels import narrow_levels, wide_levels
from desistance.bulletin.figures.marks import Drawing
from desistance.bulletin.figures.panels import narrow_panels, wide_panels
from desistance.bulletin.figures.rates import narrow_rates, wide_rates
from desistance.bulletin.figures.stacks import narrow_stacks, wide_stacks
from desistance.bulletin.figures.stages import narrow_stages, wide_stages
from desistance.bulletin.figures.upset import narrow_upset, wide_upset
from desistance.bulletin.reading.numbers import released_numbers

if TYPE_CHECKING:
    from desistance.disclosure.release import Released
    from desistance.study import Study

LAYOUTS: dict[type, tuple[Callable[..., Drawing], Callable[..., Drawing]]] = {
    BarsPlan: (wide_bars, narrow_bars),
    PanelsPlan: (wide_panels, narrow_panels),
    ContrastPlan: (wide_contrast, narrow_contrast),
    LevelsPlan: (wide_levels, narrow_levels),
    StacksPlan: (wide_stacks, narrow_stacks),
    DifferencesPlan: (wide_differences, narrow_differences),
    UpsetPlan: (wide_upset, narrow_upset),
    FunnelPlan: (wide_funnels, narrow_funnels),
    ChoicesPlan: (wide_choices, narrow_choices),
    DotsPlan: (wide_dots, narrow_dots),
    StagesPlan: (wide_stages, narrow_stages),
    RatesPlan: (wide_rates, narrow_rates),
}


def draw_figures(released: Released, study: Study) -> dict[str, Figure]:
    """Every figure of the report by its id, in the order of the page, with captions, data and both drawings.

    `wide` is for a column of 960 CSS pixels and more, `narrow` for a phone; text is 16 CSS pixels (12 pt) in
    both at that size. The same tables give the same bytes.
    """
    numbers = released_numbers(released)
    planned = [figure for figures in planned_figures(numbers, study).values() for figure in figures]
    return {figure.id: drawn(figure, made_up=numbers.made_up) for figure in planned}


def draw_calibration(released: Released, study: Study) -> dict[str, Figure]:
    """The figure of what was simulated, by its id, drawn as the others are; nothing where nothing was simulated."""
    figure = calibration_figure(released.calibration, study)
    made_up = released.facts.get("made_up", True)
    return {} if figure is None else {figure.id: drawn(figure, made_up=made_up)}


def drawn(figure: Figure, *, made_up: bool) -> Figure:
    """One figure with its two drawings."""
    from desistance.bulletin.figures.render import svg_text

    wide, narrow = drawings(figure.plan, made_up=made_up)
    return replace(
        figure,
        wide=svg_text(wide, name=f"{figure.id}-w", alt=figure.alt),
        narrow=svg_text(narrow, name=f"{figure.id}-n", alt=figure.alt),
    )


def image(figure: Figure, *, made_up: bool) -> bytes:
    """One figure as PNG for other documents: the drawing for a wide column, at 300 dots to the inch."""
    from desistance.bulletin.figures.raster import png_bytes

    wide, _ = LAYOUTS[type(figure.plan)]
    return png_bytes(wide(figure.plan, made_up=made_up))


def drawings(plan: Plan, *, made_up: bool) -> tuple[Drawing, Drawing]:
    """Lay a plan out for a wide and for a narrow column."""
    wide, narrow = LAYOUTS[type(plan)]
    return wide(plan, made_up=made_up), narrow(plan, made_up=made_up)
