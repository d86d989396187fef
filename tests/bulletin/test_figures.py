"""The drawings: the same bytes each time, nothing overlapping, their message also in words."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from desistance.bulletin.captions import planned_figures
from desistance.bulletin.figures import draw_figures, drawings
from desistance.bulletin.figures.marks import (
    LEADING,
    MARGIN,
    Box,
    Dot,
    Line,
    Text,
    spread,
    text_width,
    wrapped,
)
from desistance.bulletin.reading.numbers import released_numbers


@pytest.fixture(scope="module")
def figures(released, study):
    return list(draw_figures(released, study).values())


def layouts(released, study):
    planned = planned_figures(released_numbers(released), study)
    for figure in (figure for figures in planned.values() for figure in figures):
        yield from ((figure.id, drawing) for drawing in drawings(figure.plan, made_up=True))


def boxes_of_text(drawing):
    lefts = {"left": 0.0, "center": 0.5, "right": 1.0}
    for mark in drawing.marks:
        if isinstance(mark, Text):
            width = text_width(mark.text, bold=mark.bold)
            left = mark.x - lefts[mark.anchor] * width
            yield mark.text, left, mark.y - 12, left + width, mark.y + 3


def test_the_same_tables_give_the_same_bytes(released, study, draw_files, kept_drawings):
    drawn = draw_files(released, study)
    kept_drawings.cache_clear()
    assert draw_files(released, study) == drawn


def test_each_figure_comes_wide_and_narrow_under_its_id(released, study):
    for name, figure in draw_figures(released, study).items():
        assert re.fullmatch(r"[a-z0-9_]+", name)
        assert name == figure.id
        assert 'width="960"' in figure.wide
        assert 'width="340"' in figure.narrow


def test_drawings_are_well_formed_and_share_no_id(figures):
    ids = []
    for figure in figures:
        for svg in (figure.wide, figure.narrow):
            root = ElementTree.fromstring(svg)
            ids += [element.get("id") for element in root.iter() if element.get("id")]
            assert root.get("role") == "img"
            assert root.get("aria-label") == figure.alt
    assert len(ids) == len(set(ids))


def test_text_stays_text_of_twelve_points(figures):
    for figure in figures:
        root = ElementTree.fromstring(figure.wide)
        assert root.get("font-size") == "16"
        assert "font-size" not in figure.wide.replace('font-size="16"', "", 1)
        assert any(
            element.text == "Made-up records" for element in root.iter("{http://www.w3.org/2000/svg}text")
        )


def test_made_up_records_are_marked_in_every_drawing_and_real_ones_are_not(
    study, make_release, figures, draw_files
):
    assert all("Made-up records" in svg for figure in figures for svg in (figure.wide, figure.narrow))
    real = draw_files(make_release(study, made_up=False), study)
    assert not any("Made-up" in svg for svg in real.values())


def test_no_text_runs_into_another_or_off_the_sheet(released, study):
    for name, drawing in layouts(released, study):
        boxes = list(boxes_of_text(drawing))
        for number, (text, left, top, right, bottom) in enumerate(boxes):
            assert -1 <= left <= right <= drawing.width + 1, (name, text)
            assert -MARGIN <= top <= bottom <= drawing.height, (name, text)
            for other, left2, top2, right2, bottom2 in boxes[number + 1 :]:
                apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
                assert apart, (name, text, other)


def test_bars_begin_at_nought(released, study):
    for name, drawing in layouts(released, study):
        bars = [mark for mark in drawing.marks if isinstance(mark, Box)]
        if name == "prevalence":
            assert len({bar.left for bar in bars}) == 1
            grid = [mark.x1 for mark in drawing.marks if isinstance(mark, Line) and mark.x1 == mark.x2]
            assert bars[0].left == min(grid)


def test_levels_differ_in_shape_as_well_as_colour(released, study):
    for name, drawing in layouts(released, study):
        looks = {(mark.shape, mark.colour) for mark in drawing.marks if isinstance(mark, Dot)}
        assert len({shape for shape, _ in looks}) == len({colour for _, colour in looks}), name


def test_alternative_text_and_data_hold_the_numbers_drawn(figures):
    for figure in figures:
        without_axes = re.sub(r"<text[^>]*#505a5f[^>]*>[^<]*</text>", "", figure.wide)
        drawn = set(re.findall(r">(\d+)%<", without_axes))
        said = set(re.findall(r"\d+", figure.alt + figure.data.to_csv()))
        assert drawn <= said, figure.id


def test_titles_name_the_place_the_period_and_the_base(figures):
    for figure in figures:
        assert "June 2018 to February 2020" in figure.title
        assert "England and Wales" in figure.title
        assert re.search(r"cases|judgements|percentage of youth offending teams", figure.title)


def test_hostile_labels_are_drawn_as_they_are(short_study, make_release, with_hostile_labels, draw_files):
    harmed = with_hostile_labels(short_study)
    for svg in draw_files(make_release(harmed), harmed).values():
        ElementTree.fromstring(svg)
        assert "<script" not in svg


def test_a_study_of_one_measure_is_drawn(small_study, make_release, draw_files):
    drawn = draw_files(make_release(small_study, ledger=False), small_study)
    assert set(drawn) == {
        f"{name}{end}" for name in ("immunised_by_subgroup", "services") for end in ("", "_narrow")
    }


def test_what_is_not_available_is_drawn_as_such(short_study, make_release, draw_files):
    svgs = draw_files(make_release(short_study, available=False), short_study)
    assert all("[x]" in svg for name, svg in svgs.items() if name == "prevalence")


def test_many_levels_and_many_divisions_find_room(study, make_release):
    division = study.breakdowns[0]
    levels = tuple(replace(division.levels[0], code=f"c{n}", label=f"Level number {n}") for n in range(7))
    many = tuple(replace(division, id=f"d{n}", levels=levels, reference="c0") for n in range(5))
    crowded = replace(study, breakdowns=many, bands=())
    for name, drawing in layouts(make_release(crowded), crowded):
        for text, left, _, right, _ in boxes_of_text(drawing):
            assert -1 <= left <= right <= drawing.width + 1, (name, text)


def figure_of(released, study, name):
    planned = planned_figures(released_numbers(released), study)
    return next(figure for figures in planned.values() for figure in figures if figure.id == name)


def dots(drawing, shape):
    return [mark for mark in drawing.marks if isinstance(mark, Dot) and mark.shape == shape]


def test_upset_has_a_dark_dot_for_each_factor_of_each_combination(released, study):
    figure = figure_of(released, study, "combinations")
    rows = released.combinations[released.combinations["breakdown"] == "all"].head(12)
    assert list(figure.plan.counts) == list(rows["n_cases"])
    for drawing in drawings(figure.plan, made_up=True):
        assert len(dots(drawing, "circle")) == rows["n_factors"].sum()
        assert len(dots(drawing, "speck")) == 12 * len(study.measure("prevalence").items)


def test_every_service_is_a_dot_of_the_funnel_and_none_is_named(released, study):
    figure = figure_of(released, study, "services")
    for panel in figure.plan.panels:
        assert len(panel.services) == 43
        _, (inner_low, inner_high), (outer_low, outer_high) = (
            panel.target,
            *((low, high) for _, low, high in panel.limits),
        )
        ends = zip(outer_low, inner_low, inner_high, outer_high, strict=True)
        assert all(a <= b <= c <= d for a, b, c, d in ends)
    n_dots = 43 * len(figure.plan.panels)
    for drawing in drawings(figure.plan, made_up=True):
        assert len([mark for mark in drawing.marks if isinstance(mark, Dot)]) == n_dots + 3


def test_a_claim_is_marked_as_the_table_says(released, study):
    figure = figure_of(released, study, "choices")
    said = released.multiverse
    for drawing in drawings(figure.plan, made_up=True):
        for answer, shape in (("yes", "circle"), ("no", "cross")):
            assert len(dots(drawing, shape)) == (said["agrees"] == answer).sum() + 1


def test_differences_lie_around_nought_and_say_what_both_methods_make_of_them(released, study):
    figure = next(
        figure
        for figures in planned_figures(released_numbers(released), study).values()
        for figure in figures
        if hasattr(figure.plan, "looks")
    )
    assert set(figure.plan.looks) <= {"both", "ordinary", "design", "neither"}
    assert set(figure.plan.verdicts) <= {"both methods", "published method only", "CR2 only", "neither"}
    for drawn in figure.plan.points:
        assert drawn.low <= drawn.value <= drawn.high


def test_a_label_without_spaces_is_broken_to_fit():
    lines = wrapped("Incomprehensibilities" * 3, 100)
    assert "".join(lines) == "Incomprehensibilities" * 3
    assert all(text_width(line) <= 100 for line in lines)


def test_labels_are_spread_without_running_into_each_other():
    widths = [60.0, 60.0, 60.0]
    centres = spread([5.0, 10.0, 15.0], widths, 0, 300, 10)
    assert centres == [30.0, 100.0, 170.0]
    assert spread([290.0, 295.0, 299.0], widths, 0, 300, 10) == [130.0, 200.0, 270.0]
    assert LEADING > 16
