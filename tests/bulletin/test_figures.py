"""The drawings: the same bytes each time, nothing overlapping, their message also in words."""

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest
from afcharts.af_colours import get_af_colours
from PIL import Image

from desistance.bulletin import palette
from desistance.bulletin.captions import planned_figures
from desistance.bulletin.figures import draw_calibration, draw_figures, drawings, image
from desistance.bulletin.figures.calibration import calibration_figure
from desistance.bulletin.figures.marks import (
    LEADING,
    MARGIN,
    Box,
    Curve,
    Dot,
    Line,
    Text,
    looks,
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
    simulated = calibration_figure(released.calibration, study)
    for figure in (figure for figures in (*planned.values(), (simulated,)) for figure in figures):
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


def off_the_sheet_or_on_each_other(drawing):
    boxes = list(boxes_of_text(drawing))
    for number, (text, left, top, right, bottom) in enumerate(boxes):
        if not (-1 <= left <= right <= drawing.width + 1 and -MARGIN <= top <= bottom <= drawing.height):
            yield text
        for other, left2, top2, right2, bottom2 in boxes[number + 1 :]:
            if not (right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top):
                yield text, other


def lines_of(mark):
    """Straight pieces of a mark that text must not stand on; grid lines are meant to be looked through."""
    if isinstance(mark, Line) and mark.colour != palette.GRID:
        yield (mark.x1, mark.y1), (mark.x2, mark.y2)
    elif isinstance(mark, Curve):
        yield from pairwise(zip(mark.xs, mark.ys, strict=True))
    elif isinstance(mark, Dot):
        yield (mark.x - 4, mark.y), (mark.x + 4, mark.y)


def places_along(first, last):
    """Places on a straight line, a pixel apart."""
    n = max(1, round(max(abs(last[0] - first[0]), abs(last[1] - first[1]))))
    for step in range(n + 1):
        yield tuple(a + (b - a) * step / n for a, b in zip(first, last, strict=True))


def struck_through(drawing):
    places = [place for mark in drawing.marks for ends in lines_of(mark) for place in places_along(*ends)]
    for text, left, top, right, bottom in boxes_of_text(drawing):
        if any(left < x < right and top + 1 < y < bottom - 1 for x, y in places):
            yield text


def test_no_text_runs_into_another_or_off_the_sheet(released, study):
    for name, drawing in layouts(released, study):
        assert list(off_the_sheet_or_on_each_other(drawing)) == [], name


def test_no_line_or_dot_runs_through_a_text(released, study, small_study, make_release):
    small = layouts(make_release(small_study, ledger=False), small_study)
    for name, drawing in (*layouts(released, study), *small):
        assert list(struck_through(drawing)) == [], name


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


def test_colours_are_those_of_the_government_analysis_function():
    def given(name, number=None):
        return tuple(code.lower() for code in get_af_colours(name, number_of_colours=number))

    assert given("categorical") == palette.CATEGORICAL
    assert given("duo") == palette.DUO
    assert given("sequential", 3) == palette.ORDERED[::-1]


@pytest.mark.parametrize("n_levels", range(1, 7))
def test_levels_take_the_colours_in_their_order(n_levels):
    colours = [code.upper() for _, code in looks(n_levels)]
    if n_levels == 1:
        assert colours == get_af_colours("duo")[:1]
    else:
        assert colours == get_af_colours("categorical", number_of_colours=n_levels)
    assert len(set(looks(n_levels))) == n_levels


def test_nothing_is_drawn_in_another_colour(released, study):
    ours = {
        *palette.CATEGORICAL,
        *palette.ORDERED,
        *(palette.INK, palette.SOFT, palette.GRID, palette.ON_DARK, palette.ON_LIGHT),
    }
    for name, drawing in layouts(released, study):
        assert {mark.colour for mark in drawing.marks} <= ours, name


ALL = {"measure": "prevalence", "item": "lifestyle", "breakdown": "all"}
STAGE = {"measure": "strengths", "item": "assessment", "breakdown": "all"}
LOOKED_AFTER = {"measure": "sufficiency", "item": "lifestyle", "breakdown": "looked_after"}
CHANGES = [
    ("prevalence", "estimates", ALL, {"n_yes": 152, "estimate": 152 / 1168}, "13"),
    (
        "prevalence_by_subgroup",
        "estimates",
        {**ALL, "breakdown": "age", "subgroup": "10-14"},
        {"n_yes": 4, "estimate": 0.01},
        "",
    ),
    ("sufficiency_by_looked_after", "comparisons", LOOKED_AFTER, {"estimate": 0.77}, "+77"),
    ("number_of_factors", "means", {"breakdown": "all"}, {"estimate": 9.7}, "9.7"),
    ("stages", "estimates", STAGE, {"n_yes": 152, "estimate": 152 / 1168}, "13"),
    ("provision", "provision", {"group": "available"}, {"n_yes": 1, "estimate": 1 / 42}, "2"),
    ("themes", "themes", {"theme": "relationships"}, {"n_services": 1, "estimate_services": 1 / 43}, "2"),
    ("combinations", "combinations", {"breakdown": "all", "n_factors": 7}, {"n_cases": 777}, "777"),
    ("services", "variation", {"measure": "three_or_more"}, {"estimate": 0.66}, "66"),
    ("choices", "multiverse", {"claim": "B09"}, {"agrees": "no"}, ""),
]


def with_change(released, name, where, change):
    table = getattr(released, name)
    rows = (table[list(where)] == pd.Series(where)).all(axis=1)
    assert rows.any()
    return replace(released, **{name: table.assign(**{c: table[c].mask(rows, v) for c, v in change.items()})})


@pytest.mark.parametrize(("figure", "table", "where", "change", "said"), CHANGES, ids=[c[0] for c in CHANGES])
def test_another_number_changes_the_drawing_and_its_alternative_text(
    released, study, figure, table, where, change, said
):
    before = figure_of(released, study, figure)
    after = figure_of(with_change(released, table, where, change), study, figure)
    assert before.alt != after.alt
    for old, new in zip(drawings(before.plan, made_up=True), drawings(after.plan, made_up=True), strict=True):
        assert old != new
        if said:
            number = rf"(?<!\d){re.escape(said)}(?!\d)"
            assert re.search(number, after.alt)
            assert re.search(number, " ".join(mark.text for mark in new.marks if isinstance(mark, Text)))


def test_another_rate_changes_the_drawing_of_the_simulation_and_its_alternative_text(released, study):
    before = draw_calibration(released, study)["calibration"]
    changed = with_change(released, "calibration", {"role": "headline", "icc": 0.05}, {"rate": 0.77})
    after = draw_calibration(changed, study)["calibration"]
    assert before.wide != after.wide
    assert "77" in after.alt
    assert "77" not in before.alt
    assert f'aria-label="{after.alt}"' in after.wide


@pytest.fixture(scope="module")
def pictured(short_release, short_study):
    """Figures of several kinds, to be made images of; the others go the same way."""
    figures = [
        figure_of(short_release, short_study, name) for name in ("prevalence", "combinations", "choices")
    ]
    return [*figures, calibration_figure(short_release.calibration, short_study)]


def test_an_image_has_three_hundred_dots_to_the_inch_and_no_words_beside_the_drawing(pictured):
    for figure in pictured:
        sheet = image(figure, made_up=True)
        picture = Image.open(io.BytesIO(sheet))
        assert picture.size[0] == (960 + 2 * 16) / 96 * 300
        # PNG counts dots a metre in whole numbers: 11,811 of them are 299.9994 dots an inch.
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert set(picture.info) == {"dpi"}
        assert not re.search(rb"tEXt|zTXt|iTXt|tIME|eXIf", sheet)
        assert len(sheet) < 400_000, figure.id


def test_the_same_drawing_is_the_same_image(pictured):
    assert image(pictured[0], made_up=True) == image(pictured[0], made_up=True)


def test_an_image_says_that_its_records_are_made_up_and_keeps_every_colour(pictured):
    for figure in pictured[:2]:
        marked, unmarked = (
            Image.open(io.BytesIO(image(figure, made_up=made_up))).convert("RGB").getcolors()
            for made_up in (True, False)
        )
        drawn = {mark.colour for mark in drawings(figure.plan, made_up=True)[0].marks}
        assert {tuple(bytes.fromhex(code[1:])) for code in drawn} <= {code for _, code in marked}
        assert tuple(bytes.fromhex(palette.DARK_PINK[1:])) not in {code for _, code in unmarked}


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
    release = make_release(harmed)
    for svg in draw_files(release, harmed).values():
        ElementTree.fromstring(svg)
        assert "<script" not in svg
    for name, drawing in layouts(release, harmed):
        assert list(off_the_sheet_or_on_each_other(drawing)) == [], name
        assert list(struck_through(drawing)) == [], name


def test_a_label_of_two_hundred_letters_finds_room(short_study, short_release):
    """Without a space to be broken at, in each part of the study that has labels."""
    long = "W" * 200
    items = {
        name: replace(one, items=tuple(replace(item, label=long, short=long) for item in one.items))
        for name, one in ((one.id, one) for one in short_study.measures)
    }
    divisions = tuple(
        replace(one, label=long, levels=tuple(replace(level, label=long) for level in one.levels))
        for one in short_study.breakdowns
    )
    lengthy = replace(short_study, measures=tuple(items.values()), breakdowns=divisions)
    for name, drawing in layouts(short_release, lengthy):
        assert list(off_the_sheet_or_on_each_other(drawing)) == [], name


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
        assert len(dots(drawing, "speck")) == (10 - rows["n_factors"]).sum()


def test_a_combination_of_no_factor_is_said_in_a_word(released, study):
    plan = figure_of(released, study, "combinations").plan
    members = ((False,) * len(plan.labels), *plan.members[1:])
    for drawing in drawings(replace(plan, members=members), made_up=True):
        assert [mark.text for mark in drawing.marks if isinstance(mark, Text)].count("none") == 1


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
