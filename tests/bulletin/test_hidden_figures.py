"""Figures of a release that hides numbers: no mark for what is hidden, and no word that rests on it."""

import re
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from desistance.bulletin.captions import planned_figures
from desistance.bulletin.captions.choices import choices_headline
from desistance.bulletin.captions.combinations import no_combination_sentence
from desistance.bulletin.captions.hidden import drawn_points, verdicts, written
from desistance.bulletin.captions.services import MOST_SERVICES, no_funnel_sentence
from desistance.bulletin.figures import draw_figures, drawings
from desistance.bulletin.figures.differences import LOOKS
from desistance.bulletin.figures.marks import Box, Curve, Dot, Text, text_width
from desistance.bulletin.palette import SOFT
from desistance.bulletin.reading.numbers import released_numbers
from desistance.findings.tables import COLUMNS, TEXT
from desistance.findings.variation import MOST_POINTS

HIDDEN = "[c]"
DROPPED = ("combinations", "funnel")
VERDICTS = {"multiverse": ["verdict", "agrees"]}
KEPT = ("calibration", "quotes", "agreement", "ledger")
POLICY = {"largest_unsafe": 5, "smallest_base": 10, "reliable_base": 30}


def masks(released, share, seed):
    """Rows to hide, by table; both intervals of one share together."""
    random = np.random.default_rng(seed)
    found = {}
    for name in COLUMNS:
        table = getattr(released, name)
        mask = random.random(len(table)) < share
        if name == "estimates":
            keys = table[["measure", "item", "breakdown", "subgroup"]].apply(tuple, axis=1)
            mask = keys.isin(set(keys[mask])).to_numpy()
        found[name] = np.zeros(len(table), dtype=bool) if name in KEPT else mask
    return found


def numbers_of(name, table):
    keys = (*TEXT, "n_factors", "n_services", "n_services_all", "n_cases_all")
    return VERDICTS.get(name, [column for column in table if column not in keys])


def hide(released, rows, columns=None):
    """Release with these rows of its tables hidden, or left out where the tables have no place for them."""
    tables = {}
    for name, mask in rows.items():
        table = getattr(released, name)
        if name in DROPPED:
            tables[name] = table[~mask].reset_index(drop=True)
            continue
        places = columns or numbers_of(name, table)
        table = table.astype(dict.fromkeys(places, object))
        table.loc[mask, places] = HIDDEN
        if "status" in table and columns is None:
            table["status"] = table["status"].mask(mask, "suppressed")
        tables[name] = table
    facts = {**released.facts, "policy": "default", "protected": True, "disclosure": POLICY}
    return replace(released, **tables, facts=facts)


def where(released, name, **key):
    """Mask of the rows of one table with these values."""
    table = getattr(released, name)
    mask = np.ones(len(table), dtype=bool)
    for column, value in key.items():
        mask &= table[column].isin(value if isinstance(value, (list, tuple, set)) else [value]).to_numpy()
    assert mask.any()
    return {name: mask}


def changed(released, rows, seed):
    """The same restricted findings but for the numbers in these rows."""
    random = np.random.default_rng(seed)
    tables = {}
    for name, mask in rows.items():
        table = getattr(released, name).copy()
        for column in numbers_of(name, table):
            if name in VERDICTS:
                table[column] = table[column].mask(mask, random.choice(["yes", "no", ""], len(table)))
            elif pd.api.types.is_numeric_dtype(table[column]):
                whole = table[column].dtype.kind == "i"
                other = random.integers(0, 99, len(table)) if whole else random.random(len(table))
                table[column] = table[column].mask(mask, other)
        tables[name] = table
    return replace(released, **tables)


def planned(released, study):
    found = planned_figures(released_numbers(released), study)
    return {figure.id: figure for figures in found.values() for figure in figures}


def layouts(figures):
    for name, figure in figures.items():
        for drawing in drawings(figure.plan, made_up=True):
            yield name, drawing


def words(figure):
    """All that is said of a figure."""
    return " ".join((figure.headline, figure.title, figure.alt, *figure.notes, figure.data.to_csv()))


def marks(drawing, kind):
    return [mark for mark in drawing.marks if isinstance(mark, kind)]


def signs(drawing):
    return [mark for mark in marks(drawing, Text) if HIDDEN in mark.text]


@pytest.fixture(scope="module")
def open_figures(released, study):
    """Figures of the release that hides nothing."""
    return planned(released, study)


@pytest.fixture(scope="module")
def everything_hidden(released, study):
    """Figures of a release that hides every number and leaves out every row it can."""
    return planned(hide(released, masks(released, 1.1, 0)), study)


@pytest.mark.parametrize("seed", [1, 2])
def test_other_numbers_behind_what_is_hidden_change_nothing(short_release, short_study, seed):
    rows = masks(short_release, 0.2 + 0.2 * seed, seed)
    first = planned(hide(short_release, rows), short_study)
    second = planned(hide(changed(short_release, rows, seed), rows), short_study)
    assert list(first) == list(second)
    for name, figure in first.items():
        assert asdict(figure.plan) == asdict(second[name].plan)
        assert words(figure) == words(second[name])


def test_other_numbers_behind_what_is_hidden_give_the_same_bytes(short_release, short_study, kept_drawings):
    rows = masks(short_release, 0.4, 11)
    svgs = []
    for one in (short_release, changed(short_release, rows, 11)):
        kept_drawings.cache_clear()
        drawn = draw_figures(hide(one, rows), short_study).values()
        svgs.append([(figure.wide, figure.narrow, figure.alt) for figure in drawn])
    assert svgs[0] == svgs[1]
    assert any(f">{HIDDEN}<" in wide for wide, _, _ in svgs[0])


@pytest.mark.parametrize(("share", "seed"), [(0.15, 1), (0.6, 2), (1.1, 4)])
def test_hidden_numbers_leave_no_debris_and_no_text_on_text(released, study, share, seed):
    figures = planned(hide(released, masks(released, share, seed)), study)
    for name, figure in figures.items():
        said = re.sub(r"sanctions[.:] None", "", words(figure))  # a level of the study has that name
        assert not re.search(r"\b(nan|None|NaN)\b", said), name
        assert said.count("]") == len(re.findall(r"\[(?:c|u|x|z|low)\]", said)), name
    for name, drawing in layouts(figures):
        assert_apart(name, drawing)


def assert_apart(name, drawing):
    """No text runs into another or off the sheet."""
    boxes = list(boxes_of_text(drawing))
    for number, (text, left, top, right, bottom) in enumerate(boxes):
        assert -1 <= left <= right <= drawing.width + 1, (name, text)
        for other, left2, top2, right2, bottom2 in boxes[number + 1 :]:
            apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
            assert apart, (name, text, other)


def boxes_of_text(drawing):
    lefts = {"left": 0.0, "center": 0.5, "right": 1.0}
    for mark in marks(drawing, Text):
        width = text_width(mark.text, bold=mark.bold)
        left = mark.x - lefts[mark.anchor] * width
        yield mark.text, left, mark.y - 12, left + width, mark.y + 3


def test_where_everything_is_hidden_every_figure_says_so_and_draws_no_mark(everything_hidden):
    assert {"prevalence", "number_of_factors", "stages", "choices"} <= set(everything_hidden)
    assert not {"combinations", "services"} & set(everything_hidden)
    for name, figure in everything_hidden.items():
        assert f"{HIDDEN}: hidden so that no child can be identified" in figure.notes[-1]
        assert re.search(rf"\{HIDDEN}, hidden .*, stands for all \d+ (values|verdicts)", figure.alt)
        assert re.search(r"can(not)? be shown|no change", figure.headline), figure.headline
        assert not re.search(r"\d", re.sub(r"\bB\d\d|CR2", "", figure.headline))
        for drawing in drawings(figure.plan, made_up=True):
            assert not marks(drawing, Box)
            assert not marks(drawing, Curve)
            if name not in ("choices", "stages"):
                assert not [dot for dot in marks(drawing, Dot) if dot.shape != "speck"]
            assert len(signs(drawing)) > 1


def test_what_cannot_be_drawn_at_all_is_accounted_for_in_a_sentence(released, study):
    numbers = released_numbers(hide(released, masks(released, 1.1, 0)))
    assert no_combination_sentence(numbers, study).startswith("No combination of factors")
    none = released_numbers(hide(released, {"funnel": np.ones(len(released.funnel), dtype=bool)}))
    assert no_funnel_sentence(none, study).startswith("No funnel is drawn: too few youth offending teams")
    variation = released.variation.assign(n_services=MOST_POINTS + 1)
    many = released_numbers(replace(released, funnel=released.funnel.iloc[:0], variation=variation))
    assert no_funnel_sentence(many, study).startswith("No funnel is drawn: there are so many")
    assert MOST_POINTS == MOST_SERVICES
    open_ = released_numbers(released)
    assert not no_combination_sentence(open_, study) + no_funnel_sentence(open_, study)


def test_a_hidden_share_has_the_sign_softly_in_its_place_and_comes_last(released, study):
    items = [item.id for item in study.measure("prevalence").items]
    numbers = released_numbers(released)
    shares = {id_: numbers.share("prevalence", id_).estimate for id_ in items}
    hidden = sorted(items, key=shares.get)[-2:]
    rows = where(released, "estimates", measure="prevalence", item=hidden, breakdown="all")
    figure = planned(hide(released, rows), study)["prevalence"]
    labels = {item.id: item.label for item in study.measure("prevalence").items}
    assert figure.plan.labels[-2:] == tuple(labels[id_] for id_ in items if id_ in hidden)
    assert list(figure.data.iloc[-2:, 1:4].to_numpy().ravel()) == [HIDDEN] * 6
    assert "2 of 20 values" in figure.alt
    assert figure.headline.startswith("Of the shares that can be shown, ")
    for drawing in drawings(figure.plan, made_up=True):
        assert len(marks(drawing, Box)) == len(items) - 2
        assert [(sign.text, sign.colour, sign.bold) for sign in signs(drawing)] == [(HIDDEN, SOFT, False)] * 2


def test_a_bar_of_parts_with_a_hidden_part_is_not_drawn_and_tells_no_other_part(released, study):
    first = study.bands[0]
    rows = where(released, "distributions", breakdown=first.id, subgroup=first.codes[0], n_factors=[9, 10])
    figure = planned(hide(released, rows), study)["number_of_factors"]
    n_bars = 1 + sum(len(band.levels) for band in study.bands)
    assert len(figure.plan.part_labels) == 2, "two parts, that rest on a share which is shown, show more bars"
    share = where(released, "estimates", measure="three_or_more", breakdown=first.id, subgroup=first.codes[0])
    figure = planned(hide(hide(released, rows), share), study)["number_of_factors"]
    assert len(figure.plan.part_labels) == 3
    assert [part.text for part in figure.plan.groups[1].parts[0]] == [HIDDEN] * 3
    for drawing in drawings(figure.plan, made_up=True):
        bars = [box for box in marks(drawing, Box) if box.bottom - box.top > 12]
        assert len(bars) == 3 * (n_bars - 1)
        assert len(signs(drawing)) == 1
    row = figure.data.iloc[1]
    assert [row[column] for column in figure.data if column.endswith((" or more, %", " 4, %", " 2, %"))] == [
        HIDDEN
    ] * 3


def test_bars_of_two_parts_are_the_share_that_is_released_and_what_it_leaves(released, study):
    rows = where(released, "distributions", n_factors=10)
    figure = planned(hide(released, rows), study)["number_of_factors"]
    below, above = figure.plan.groups[0].parts[0]
    share = released_numbers(released).share("three_or_more", "three_or_more").estimate
    assert (below.value, above.value) == pytest.approx((1 - share, share))
    assert figure.plan.part_labels == ("0 to 2", "3 or more")


def test_a_hidden_verdict_leaves_neither_the_sign_of_a_difference_nor_its_absence(released, study):
    rows = where(released, "comparisons", measure="prevalence", breakdown="gender", method="cr2", subgroup="")
    figure = planned(hide(released, rows, ["p_holm", "p_bh"]), study)["prevalence_by_subgroup"]
    panel = next(panel for panel in figure.plan.panels if panel.title == "Gender")
    assert set(panel.differs) == {None}
    assert "By gender, a hidden number of factors marked as different" in figure.alt
    assert "10 of 30 verdicts" in figure.alt
    assert not re.search("of 70 values", figure.alt)
    assert "that can be shown" in figure.headline
    assert "[c] in its place" in figure.notes[1]
    for drawing in drawings(figure.plan, made_up=True):
        assert len(signs(drawing)) == 10


def test_no_gap_is_told_of_levels_one_of_which_is_hidden(released, study):
    single = replace(study, breakdowns=tuple(d for d in study.breakdowns if d.id == "age"))
    rows = where(
        released, "estimates", measure="sufficiency", item="lifestyle", breakdown="age", subgroup="10-14"
    )
    figure = planned(hide(released, rows), single)["sufficiency_by_age"]
    assert figure.plan.labels[-1] == "Lifestyle"
    assert figure.plan.gaps[-1] == HIDDEN
    assert HIDDEN not in figure.plan.gaps[:-1]
    assert figure.headline.startswith("The widest gap by age that can be shown is for ")
    assert re.search(
        r"Lifestyle: 10 to 14 \[c\], .*gap \[c\] points, significant by Pearson, unadjusted: (yes|no)",
        figure.alt,
    )
    for drawing in drawings(figure.plan, made_up=True):
        assert len(signs(drawing)) == 2
        assert len([dot for dot in marks(drawing, Dot)]) == 3 * 10 - 1 + 3


def test_a_difference_without_its_verdict_looks_like_none_of_the_others(released, study, open_figures):
    figures = open_figures
    name, figure = next((name, each) for name, each in figures.items() if hasattr(each.plan, "looks"))
    division = name.removeprefix("sufficiency_by_")
    key = {"measure": "sufficiency", "breakdown": division}
    ids = {item.label: item.id for item in study.measure("sufficiency").items}
    item = ids[figure.plan.labels[0]]
    rows = where(released, "comparisons", **key, item=item, method="cr2", subgroup="")
    found = planned(hide(released, rows), study)[name]
    assert found.plan.looks[0] == "unknown"
    assert found.plan.verdicts[0] == HIDDEN
    assert found.data["Could have been seen"][0] == HIDDEN
    assert "by [c] and" not in found.alt
    assert len({shape for shape, _ in LOOKS.values()}) == len(LOOKS)
    contrast = {"comparisons": where(released, "comparisons", **key, item=item, method="cr2")["comparisons"]}
    gone = planned(hide(released, contrast), study)[name]
    assert gone.plan.labels[-1] == figure.plan.labels[0]
    assert gone.plan.points[-1].value is None
    wide, narrow = drawings(gone.plan, made_up=True)
    assert len(marks(wide, Dot)) == len(marks(narrow, Dot)) == len(gone.plan.labels) - 1


def test_only_services_that_are_listed_are_drawn_and_counted(released, study, open_figures):
    row = released.funnel.query("measure == 'three_or_more'").sort_values("estimate").index[:9]
    figure = planned(hide(released, {"funnel": released.funnel.index.isin(row)}), study)["services"]
    panel, table = figure.plan.panels[0], figure.data.iloc[0]
    assert len(panel.services) == 43 - 9
    outside = [
        sum(
            not low[panel.sizes.index(n)] <= share <= high[panel.sizes.index(n)]
            for n, share in panel.services
        )
        for _, low, high in panel.limits
    ]
    assert list(table[["Youth offending teams drawn", "Outside the 95% limits"]]) == ["34", str(outside[0])]
    assert f"{outside[0]} outside the 95 per cent limits and {outside[1]} outside" in figure.alt
    assert "of 34 youth offending teams with enough cases to be shown" in figure.headline
    assert "are not drawn" in figure.notes[-1]
    assert "not drawn" not in " ".join(open_figures["services"].notes)


def test_combinations_are_not_added_up_and_claim_no_rank_among_those_left_out(released, study):
    rows = {"combinations": (released.combinations["n_cases"] < 6).to_numpy(copy=True)}
    rows["combinations"][0] = True
    figure = planned(hide(released, rows), study)["combinations"]
    kept = released.combinations[~rows["combinations"]]
    kept = kept[kept["breakdown"] == "all"]
    assert list(figure.plan.counts) == sorted(kept["n_cases"], reverse=True)[:12]
    assert figure.headline.startswith("The most frequent combination that can be shown, ")
    assert "that can be shown, number of cases" in figure.title
    assert "are not drawn" in " ".join(figure.notes)
    assert not re.search(rf"\b{sum(figure.plan.counts)}\b|other combination|Together", words(figure))


def test_combinations_with_the_same_rounded_number_stand_in_the_order_of_the_study(released, study):
    table = released.combinations.assign(n_cases=5)
    figures = [
        planned(replace(released, combinations=table.iloc[::step]), study)["combinations"] for step in (1, -1)
    ]
    assert figures[0].plan.members == figures[1].plan.members


def test_a_hidden_verdict_on_a_claim_has_no_mark_and_neither_has_the_share_that_agrees(
    released, study, open_figures
):
    rows = where(released, "multiverse", claim="B09")
    before, after = open_figures["choices"], hide(released, rows)
    figure = planned(after, study)["choices"]
    assert "of 1 claim whose verdicts can all be shown" in choices_headline(released_numbers(after))
    number = figure.plan.claims.index("B09")
    n_hidden = figure.plan.agrees[number].count(HIDDEN)
    assert n_hidden
    assert figure.plan.shares[number] == HIDDEN
    assert f"B09: [c] agree; {n_hidden} hidden." in figure.alt
    assert "that can be shown" in figure.headline
    assert HIDDEN in set(figure.data.iloc[number])
    for was, drawing in zip(*(drawings(each.plan, made_up=True) for each in (before, figure)), strict=True):
        dots = [dot for dot in marks(drawing, Dot) if dot.shape in ("circle", "cross")]
        answers = [answer for row in figure.plan.agrees for answer in row]
        assert len(dots) == answers.count("yes") + answers.count("no") + 2 < len(marks(was, Dot))
        assert len(signs(drawing)) == n_hidden + 2  # with the share and the key


def test_no_line_is_drawn_across_a_hidden_stage(released, study):
    measure = next(measure for measure in study.measures if measure.staged)
    second = measure.items[1].id
    rows = where(released, "estimates", measure=measure.id, item=second, breakdown="all")
    figure = planned(hide(released, rows), study)["stages"]
    n_panels, n_groups = len(figure.plan.panels), len(figure.plan.groups)
    for drawing in drawings(figure.plan, made_up=True):
        # The line for everyone in the first panel keeps what lies beyond the gap.
        assert len(marks(drawing, Curve)) == n_panels * n_groups
        lengths = sorted(len(curve.xs) for curve in marks(drawing, Curve))
        assert lengths[0] == len(measure.items) - 2
        assert len(signs(drawing)) == 1


def test_groups_with_a_hidden_stage_are_not_ranked_by_their_distance(released, study, open_figures):
    far = open_figures["stages"].plan.groups[1]
    measure = next(measure for measure in study.measures if measure.staged)
    code = next(level.code for d in study.breakdowns for level in d.levels if level.label in far)
    rows = where(released, "estimates", measure=measure.id, item=measure.items[0].id, subgroup=code)
    figure = planned(hide(released, rows), study)["stages"]
    assert far not in figure.plan.groups
    assert "of the groups whose shares can all be shown" in figure.notes[0]


def test_a_number_with_a_small_base_is_marked_beside_the_name_of_its_row(released, study):
    key = {"measure": "prevalence", "item": "physical_health", "breakdown": "age", "subgroup": "10-14"}
    rows = where(released, "estimates", **key)["estimates"]
    table = released.estimates.assign(status=released.estimates["status"].mask(rows, "low_reliability"))
    figure = planned(
        replace(released, estimates=table, facts=released.facts | {"disclosure": POLICY}), study
    )["prevalence_by_subgroup"]
    assert [label for label in figure.plan.labels if "[u]" in label] == ["Physical health [u]"]
    assert "a base of 10 to 29" in figure.notes[-1]
    assert figure.alt.endswith("in part or as a whole: Physical health.")
    cells = [cell for row in figure.data.to_numpy() for cell in row if "[u]" in cell]
    assert len(cells) == 1
    assert re.fullmatch(r"\d+ \[u\] \(\d+ to \d+\)", cells[0])


def test_a_release_that_hides_nothing_says_nothing_of_hiding(open_figures):
    for figure in open_figures.values():
        assert not re.search(r"\[c\]|\[u\]|can be shown|hidden", words(figure)), figure.id


def n_places(plan):
    """Places of a figure that are hidden; a bar of parts is one."""
    bars = (
        [parts[0] for group in plan.groups for parts in group.parts] if hasattr(plan, "part_labels") else []
    )
    means = [mean for group in plan.groups for mean in group.means] if bars else drawn_points(plan)
    points = [drawn.text for drawn in (*bars, *means) if drawn.value is None]
    return [*points, *written(plan), *verdicts(plan)].count(HIDDEN)


def n_keys(plan):
    """Names of levels that have the sign before them, as none of their numbers is shown; and the key of claims."""
    if hasattr(plan, "agrees"):
        return int(any(HIDDEN in row for row in plan.agrees))
    if not hasattr(plan, "labels"):
        return 0
    tables = [panel.rows for panel in plan.panels] if hasattr(plan, "panels") else [getattr(plan, "rows", ())]
    columns = [column for rows in tables if rows and len(rows[0]) > 1 for column in zip(*rows, strict=True)]
    return sum(all(drawn.value is None for drawn in column) for column in columns)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_every_hidden_place_has_its_sign_in_both_drawings(short_release, short_study, share):
    figures = planned(hide(short_release, masks(short_release, share, 21)), short_study)
    assert sum(n_places(figure.plan) for figure in figures.values()) > 20
    for name, drawing in layouts(figures):
        plan = figures[name].plan
        assert len(signs(drawing)) == n_places(plan) + n_keys(plan), name


def test_hidden_verdicts_that_stand_close_find_room(released, study):
    table = released.multiverse
    more = [
        table.assign(**{name: table[name] + f" {n}" for name in ("alternative", "label")}) for n in range(3)
    ]
    crowded = replace(released, multiverse=pd.concat(more, ignore_index=True))
    figure = planned(hide(crowded, where(crowded, "multiverse", claim="B09")), study)["choices"]
    assert_apart("choices", drawings(figure.plan, made_up=True)[1])


def test_a_hidden_change_comes_last_and_is_neither_counted_nor_ranked(short_study, make_release):
    released = make_release(short_study, compare=True)
    before = planned(released, short_study)["changes"]
    table = released.changes[released.changes["breakdown"] == "all"]
    first = table.loc[table["estimate"].abs().idxmax()]
    rows = where(released, "changes", measure=first["measure"], item=first["item"])
    figure = planned(hide(released, rows), short_study)["changes"]
    assert figure.plan.points[-1].text == figure.plan.verdicts[-1] == HIDDEN
    assert sorted(figure.plan.labels) == sorted(before.plan.labels)
    assert re.search(
        r"shares? whose change can be shown (has|have) changed|No change .* that can be shown",
        figure.headline,
    )
    assert list(figure.data.iloc[-1, 1:]) == [HIDDEN] * 7
    for drawing in drawings(figure.plan, made_up=True):
        assert len(marks(drawing, Dot)) == len(before.plan.labels) - 1


def test_a_difference_whose_size_is_hidden_is_still_called_significant(released, study):
    levels = {code for division in study.breakdowns for code in division.codes}
    rows = where(released, "estimates", subgroup=levels)
    figures = planned(hide(released, rows), study)
    figure = figures["prevalence_by_subgroup"]
    assert True in {differs for panel in figure.plan.panels for differs in panel.differs}
    assert figure.headline.startswith("Some differences by age, gender or ")
    assert figure.headline.endswith("how wide cannot be shown.")
    assert "Widest gap" not in figure.alt
