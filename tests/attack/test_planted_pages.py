"""Every kind of figure and table of the report, with one number hidden: planted it is found, and hidden it is not."""

import json
from dataclasses import replace
from itertools import product

import pytest

from desistance.attack.documents import statements
from desistance.attack.statements import HiddenShare
from desistance.bulletin.captions.plans import (
    BarsPlan,
    ContrastPlan,
    DotsPlan,
    LevelGroup,
    LevelsPlan,
    Panel,
    PanelsPlan,
    Point,
    StagesPanel,
    StagesPlan,
)
from desistance.bulletin.figures import drawings
from desistance.bulletin.figures.render import svg_text

FACTORS = {
    "physical_health": "Physical health",
    "speech_language": "Speech, language and communication",
    "lifestyle": "Lifestyle",
}
STAGES = {"planning": "Planning", "delivery": "Delivery", "reviewing": "Reviewing"}
LEVELS = {
    "age": {"10-14": "10 to 14", "15-16": "15 to 16", "17-18": "17 to 18"},
    "looked_after": {"no": "Not Looked After", "yes": "Looked After Children"},
    "safety_concern": {"low": "Low", "high": "High", "very high": "Very high"},
    "risk_to_others": {"low": "Low", "high": "High", "very high": "Very high"},
}
DIVISIONS = {
    "age": "Age",
    "looked_after": "Looked After status",
    "safety_concern": "Concern for the child's safety",
    "risk_to_others": "Concern for the safety of other people",
}
MEASURES = {
    "prevalence": ("Factor identified", "Factors linked to desistance", FACTORS),
    "sufficiency": (
        "Delivery sufficient",
        "Sufficiency of delivery where the factor was identified",
        FACTORS,
    ),
    "involvement": ("Involvement of the child sufficient", "Involving and engaging the child", STAGES),
    "parents": ("Involvement of parents or carers sufficient", "Involving parents or carers", STAGES),
    "three_or_more": (
        "Three or more factors",
        "Three or more factors",
        {"three_or_more": "Three or more factors"},
    ),
}
STRUCTURE = {
    "divisions": {division: list(levels) for division, levels in LEVELS.items()},
    "labels": {
        division: {
            "label": DIVISIONS[division],
            "levels": {level: {"label": label} for level, label in levels.items()},
        }
        for division, levels in LEVELS.items()
    },
    "measures": {
        measure: {
            "label": label,
            "title": title,
            "items": {item: {"label": name, "short": name} for item, name in items.items()},
        }
        for measure, (label, title, items) in MEASURES.items()
    },
}


def hidden_share(measure, item, division, level):
    """A hidden count with its names."""
    label, title, items = MEASURES[measure]
    names = [frozenset({measure, label, title}), frozenset({item, items[item]})]
    if division != "all":
        names += [frozenset({level, LEVELS[division][level]})]
    return HiddenShare(("yes", measure, item, division, level), "estimates", tuple(names))


def point(value, *, interval=True):
    """A share as the report draws it."""
    ends = (max(0, value - 0.08), min(1, value + 0.09)) if interval else (None, None)
    return Point(value, *ends, text=f"{value * 100:.0f}%")


GONE = Point(None, text="[c]")


def values(n_rows, n_columns):
    """Different shares, none of them near another in its row or column."""
    return [
        [0.12 + 0.71 * ((7 * row + 5 * column) % 17) / 17 for column in range(n_columns)]
        for row in range(n_rows)
    ]


def grid(shares, hidden, planted):
    """Points of a grid; the one at `hidden` shows `planted`, or nothing."""
    rows = [[point(value) for value in row] for row in shares]
    row, column = hidden
    rows[row][column] = GONE if planted is None else point(planted)
    return tuple(tuple(row) for row in rows)


def write(folder, plan, caption, *, stem="figure"):
    """Publish a figure: wide in a page, narrow in a file of its own named after its measure."""
    wide, narrow = drawings(plan, made_up=True)
    text = svg_text(wide, name="w", alt="Dots.")
    body = f"<figure><figcaption>{caption}</figcaption>{text}</figure>"
    (folder / "page.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    (folder / f"{stem}.svg").write_text(svg_text(narrow, name="n", alt="Dots."), encoding="utf-8")


def drawn(folder, share):
    """Shares read from the drawings of a folder, by the file they stand in."""
    found, _ = statements(folder, [share], STRUCTURE)
    assert {one.key for one in found} <= {share.key}
    return {
        (one.where.partition(",")[0], one.unit): (one.low, one.high)
        for one in found
        if one.kind == "drawing" and "mark" in one.where
    }


def assert_found(folder, share, value, *, files=2):
    found = drawn(folder, share)
    places = [
        low <= value <= high and high - low < 0.01
        for (_, unit), (low, high) in found.items()
        if unit == "share"
    ]
    assert places == [True] * files, found


CAPTION = "Sufficiency of delivery where the factor was identified by age and Looked After status"
PANELS = ("age", "looked_after")


def panels_plan(hidden, planted):
    row, division, level = hidden
    panels = []
    for name in PANELS:
        shares = values(len(FACTORS), len(LEVELS[name]))
        rows = tuple(tuple(point(value) for value in one) for one in shares)
        if name == division:
            rows = grid(shares, (row, level), planted)
        panels.append(Panel(DIVISIONS[name], tuple(LEVELS[name].values()), rows, (True,) * len(FACTORS)))
    labels = tuple(FACTORS.values())
    return PanelsPlan(labels, labels, tuple(panels))


@pytest.mark.parametrize(("row", "division"), list(product(range(len(FACTORS)), PANELS)))
def test_a_dot_in_small_multiples_is_found_in_whichever_row_and_panel(tmp_path, row, division):
    for level, name in enumerate(LEVELS[division]):
        share = hidden_share("sufficiency", list(FACTORS)[row], division, name)
        write(tmp_path, panels_plan((row, division, level), 0.31), CAPTION, stem="sufficiency_by_subgroup")
        assert_found(tmp_path, share, 0.31)


def test_a_dot_that_is_not_there_says_nothing(tmp_path):
    for row, (division, level) in enumerate((("age", 1), ("looked_after", 0), ("age", 2))):
        share = hidden_share("sufficiency", list(FACTORS)[row], division, list(LEVELS[division])[level])
        write(tmp_path, panels_plan((row, division, level), None), CAPTION, stem="sufficiency_by_subgroup")
        assert statements(tmp_path, [share], STRUCTURE)[0] == []


def test_a_dot_of_another_measure_says_nothing(tmp_path):
    share = hidden_share("prevalence", "physical_health", "age", "15-16")
    write(tmp_path, panels_plan((0, "age", 1), 0.31), CAPTION, stem="sufficiency_by_subgroup")
    assert statements(tmp_path, [share], STRUCTURE)[0] == []


def contrast_plan(row, level, planted):
    levels = LEVELS["looked_after"]
    n = len(FACTORS)
    return ContrastPlan(
        "Delivery sufficient by Looked After status",
        tuple(FACTORS.values()),
        tuple(levels.values()),
        grid(values(n, 2), (row, level), planted),
        "Gap, points",
        ("+3",) * n,
        ("Pearson", "CR2"),
        (("yes", "no"),) * n,
    )


@pytest.mark.parametrize("level", [0, 1])
def test_a_dot_beside_its_gap_is_found(tmp_path, level):
    for row, item in enumerate(FACTORS):
        share = hidden_share("sufficiency", item, "looked_after", list(LEVELS["looked_after"])[level])
        write(tmp_path, contrast_plan(row, level, 0.31), CAPTION)
        assert_found(tmp_path, share, 0.31)
        write(tmp_path, contrast_plan(row, level, None), CAPTION)
        assert statements(tmp_path, [share], STRUCTURE)[0] == []


def levels_plan(division, row, planted):
    groups = []
    for name in ("safety_concern", "risk_to_others"):
        shares = values(3, 1)
        rows = grid(
            shares, (row if name == division else 0, 0), planted if name == division else shares[0][0]
        )
        groups.append(LevelGroup(DIVISIONS[name], tuple(LEVELS[name].values()), rows))
    return LevelsPlan(("Three or more factors",), "All cases", (point(0.6),), tuple(groups))


@pytest.mark.parametrize("division", ["safety_concern", "risk_to_others"])
def test_a_dot_in_the_row_of_a_level_belongs_to_the_division_above_it(tmp_path, division):
    for row, level in enumerate(LEVELS[division]):
        share = hidden_share("three_or_more", "three_or_more", division, level)
        write(tmp_path, levels_plan(division, row, 0.31), "Number of factors", stem="levels")
        assert_found(tmp_path, share, 0.31)
        write(tmp_path, levels_plan(division, row, None), "Number of factors", stem="levels")
        assert statements(tmp_path, [share], STRUCTURE)[0] == []


@pytest.mark.parametrize("kind", ["bar", "dot"])
def test_a_bar_or_dot_of_everyone_is_found_by_the_title_over_it(tmp_path, kind):
    labels = tuple(FACTORS.values())
    shares = [point(row[0], interval=False) for row in values(len(labels), 1)]
    for row, item in enumerate(FACTORS):
        for planted in (Point(0.31, text="31%"), GONE):
            some = tuple(planted if number == row else one for number, one in enumerate(shares))
            bars, dots = (some, tuple(shares)) if kind == "bar" else (tuple(shares), some)
            plan = BarsPlan(
                labels, "Factor identified, % of cases", bars, "Delivery sufficient, % of those cases", dots
            )
            write(tmp_path, plan, "Factors and delivery")
            share = hidden_share("prevalence" if kind == "bar" else "sufficiency", item, "all", "all")
            if planted is GONE:
                assert statements(tmp_path, [share], STRUCTURE)[0] == []
            else:
                assert_found(tmp_path, share, 0.31)


def test_a_dot_in_rows_without_levels_is_found(tmp_path):
    labels = tuple(FACTORS.values())
    for planted in (0.31, None):
        rows = grid(values(len(labels), 1), (1, 0), planted)
        write(tmp_path, DotsPlan("Delivery sufficient, % of cases", labels, ("",), rows), "Delivery")
        share = hidden_share("sufficiency", "speech_language", "all", "all")
        if planted:
            assert_found(tmp_path, share, planted)
        else:
            assert statements(tmp_path, [share], STRUCTURE)[0] == []


@pytest.mark.parametrize("group", [0, 1])
def test_a_dot_on_a_line_over_stages_is_found(tmp_path, group):
    for place, stage in enumerate(STAGES):
        for planted in (0.52, None):
            lines = [
                [point(0.6 - 0.02 * n) for n in range(3)],
                [point(0.7 - 0.03 * n, interval=False) for n in range(3)],
            ]
            lines[group][place] = GONE if planted is None else point(planted, interval=False)
            panel = StagesPanel("Involving and engaging the child", tuple(tuple(line) for line in lines))
            other = replace(panel, title="Involving parents or carers")
            plan = StagesPlan(tuple(STAGES.values()), ("All cases", "Looked After Children"), (panel, other))
            write(tmp_path, plan, "Practice by stage", stem="stages")
            share = hidden_share("involvement", stage, *(("all", "all"), ("looked_after", "yes"))[group])
            if planted:
                assert_found(tmp_path, share, planted)
            else:
                assert statements(tmp_path, [share], STRUCTURE)[0] == []


PAGE = """<html><body><h2>Sufficiency of delivery where the factor was identified</h2>
<p>By age, 2 of 4 factors differ significantly by the published method and 1 by the design-based one: lifestyle
(64 per cent for 17 to 18, 39 for 10 to 14); and physical health ({low} per cent for 17 to 18, 40 for 10 to 14).
The largest significant difference is for physical health: -19 points, 95 per cent
interval -30 to -7; 25.9 df (CR2 test).</p>
<table><caption>Sufficiency of delivery where the factor was identified by age: shares and p-values</caption>
<thead><tr><th scope="col">Factor</th><th scope="col">10 to 14, % and base</th><th scope="col">17 to 18, % and base</th>
<th scope="col">Difference, points</th><th scope="col">CR2, Holm</th></tr></thead><tbody>
<tr><th scope="row">Lifestyle</th>
<td>39 <span>n = 222</span></td><td>64 <span>n = 444</span></td><td>+25</td><td>0.012</td></tr>
<tr><th scope="row">Physical health</th>
<td>40 <span>n = 22</span></td><td>{cell}</td><td>{difference}</td><td>[c]</td></tr>
</tbody></table>
<script type="application/json">{data}</script></body></html>"""
SHARE = hidden_share("sufficiency", "physical_health", "age", "17-18")


def page(low="[c]", cell="[c] <span>n = [c]</span>", difference="[c]", value="[c]"):
    row = {
        "measure": "sufficiency",
        "item": "physical_health",
        "breakdown": "age",
        "subgroup": "17-18",
        "estimate": value,
    }
    other = {**row, "subgroup": "10-14", "estimate": 0.4}
    return PAGE.format(low=low, cell=cell, difference=difference, data=json.dumps([other, row]))


@pytest.mark.parametrize(
    ("planted", "kind", "unit"),
    [
        ({"low": "18"}, "sentence", "share"),
        ({"cell": "18 <span>n = [c]</span>"}, "table", "share"),
        ({"cell": "[c] <span>n = 17</span>"}, "table", "base"),
        ({"value": 0.1765}, "embedded_data", "share"),
    ],
)
def test_a_number_left_in_one_place_of_a_page_is_found_there_alone(tmp_path, planted, kind, unit):
    (tmp_path / "page.html").write_text(page(**planted))
    found, _ = statements(tmp_path, [SHARE], STRUCTURE)
    assert [(one.kind, one.unit) for one in found] == [(kind, unit)]
    assert found[0].low <= (17 if unit == "base" else 0.1765) <= found[0].high


def test_a_page_that_hides_the_number_everywhere_says_nothing(tmp_path):
    (tmp_path / "page.html").write_text(page())
    assert statements(tmp_path, [SHARE], STRUCTURE)[0] == []
