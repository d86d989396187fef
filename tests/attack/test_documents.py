"""What a page, a drawing or a file says of something hidden is found with its value, and nothing else is."""

import json
import struct
import zipfile
import zlib

import pytest

from desistance.attack.documents import statements
from desistance.attack.errors import AttackError
from desistance.attack.statements import HiddenShare

STRUCTURE = {
    "divisions": {
        "gender": ["boy", "girl"],
        "safety": ["low", "high", "very high"],
        "risk": ["low", "high", "very high"],
        "age": ["10-14", "15-16"],
        "sanctions": ["0", "3-5"],
    },
    "measures": {
        "prevalence": {
            "label": "Factor identified",
            "title": "Factors linked to desistance",
            "items": {
                "physical_health": {"label": "Physical health", "short": "Physical health"},
                "lifestyle": {"label": "Lifestyle", "short": "Lifestyle"},
                "ete": {"label": "Learning, training and employment", "short": "Learning and ETE"},
            },
        },
        "sufficiency": {
            "label": "Delivery sufficient",
            "title": "Sufficiency of delivery where the factor was identified",
            "items": {
                "physical_health": {"label": "Physical health", "short": "Physical health"},
                "lifestyle": {"label": "Lifestyle", "short": "Lifestyle"},
                "ete": {"label": "Learning, training and employment", "short": "Learning and ETE"},
            },
        },
        "domains": {"label": "Judgement sufficient", "title": "Domains", "items": {}},
    },
    "labels": {
        "gender": {"label": "Gender", "levels": {"boy": {"label": "Boys"}, "girl": {"label": "Girls"}}},
        "safety": {
            "label": "Concern for the child's safety",
            "levels": {
                "low": {"label": "Low"},
                "high": {"label": "High"},
                "very high": {"label": "Very high"},
            },
        },
        "risk": {
            "label": "Concern for the safety of other people",
            "levels": {
                "low": {"label": "Low"},
                "high": {"label": "High"},
                "very high": {"label": "Very high"},
            },
        },
        "age": {"label": "Age", "levels": {"10-14": {"label": "10 to 14"}, "15-16": {"label": "15 to 16"}}},
        "sanctions": {
            "label": "Previous sanctions",
            "levels": {"0": {"label": "None"}, "3-5": {"label": "3 to 5"}},
        },
    },
    "themes": {"mentors": {"label": "Identifying role models", "short": "Role models"}},
    "factor_count": {"measure": "prevalence", "item": "three_or_more", "threshold": 3, "n_factors": 3},
}


def share(measure, item, division, level):
    """A hidden count with the names that the structure gives it."""
    described, division_names = STRUCTURE["measures"][measure], STRUCTURE["labels"][division]
    return HiddenShare(
        ("yes", measure, item, division, level),
        "estimates",
        (
            frozenset({measure, described["label"], described["title"]}),
            frozenset({item, *described["items"][item].values()}),
            frozenset({division, division_names["label"]}),
            frozenset({level, division_names["levels"][level]["label"]}),
        ),
    )


GIRLS = share("sufficiency", "physical_health", "gender", "girl")
BOYS = share("sufficiency", "physical_health", "gender", "boy")
SAFETY = share("sufficiency", "physical_health", "safety", "very high")
RISK = share("sufficiency", "physical_health", "risk", "very high")
SANCTIONS = share("sufficiency", "physical_health", "sanctions", "3-5")


@pytest.fixture
def told(tmp_path):
    """Write a file, attack its folder, and give what was said: unit with lowest and highest value."""

    def attack(name, content, *hidden):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found, _ = statements(tmp_path, hidden or (GIRLS,), STRUCTURE)
        return found

    return attack


def values(found, kind):
    """Units and ranges of one kind of statement."""
    return {(one.unit, round(one.low, 6), round(one.high, 6)) for one in found if one.kind == kind}


THREE = ("count", 3, 3)
OF_SEVENTEEN = ("base", 17, 17)
EIGHTEEN = ("share", 0.175, 0.185)


def page(body, head=""):
    return f"<!doctype html><html><head>{head}</head><body><main>{body}</main></body></html>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Sufficiency of delivery where the factor was identified: girls, physical health: 3 of 17.",
            {THREE, OF_SEVENTEEN},
        ),
        ("Delivery was sufficient for physical health in three of seventeen girls.", {THREE, OF_SEVENTEEN}),
        ("Delivery was sufficient for physical health in 18 per cent of girls.", {EIGHTEEN}),
        ("Delivery sufficient, girls: lifestyle 60%, physical health 18%.", {EIGHTEEN}),
        ("Delivery sufficient. Girls: lifestyle 0.60, physical health 0.18.", {EIGHTEEN}),
        ("Delivery sufficient, physical health, girls: n = 3.", {THREE}),
        ("Delivery was sufficient for physical health in 3/17 for girls.", {THREE, OF_SEVENTEEN}),
        (
            "By gender, delivery was sufficient for physical health (40 per cent for boys, 18 for girls).",
            {EIGHTEEN},
        ),
        ("Among girls, delivery was sufficient for physical health in three.", {THREE}),
        (
            "More rarely than for boys delivery was sufficient for physical health in 18 per cent of girls.",
            {EIGHTEEN},
        ),
        ("Delivery was sufficient for physical health in two in five girls.", {("share", 0.37, 0.43)}),
        ("Delivery was sufficient for physical health in three-quarters of girls.", {("share", 0.72, 0.78)}),
        ("Delivery was sufficient for physical health in over half of girls.", {("share", 0.5, 1)}),
        ("Delivery sufficient for physical health, girls: 0 15 18%", {EIGHTEEN}),
    ],
)
def test_a_sentence_that_names_a_hidden_thing_gives_its_number(told, text, expected):
    assert values(told("page.html", page(f"<p>{text}</p>")), "sentence") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Delivery sufficient: lifestyle 75%, physical health 9%; among girls [c].",
        "Delivery was sufficient for physical health in 40 per cent of boys and in [c] of girls.",
        "Delivery was sufficient for lifestyle in 18 per cent of girls.",
        "Factor identified: physical health, girls: 3 of 17.",
        "Delivery sufficient for physical health, girls 10 to 14: [c]",
        "Delivery sufficient for physical health: girls less boys, -18 points, 95 per cent interval -30 to -7.",
        "Delivery sufficient for physical health, girls: see table 3 of June 2018 (p = 0.18; 25.9 df).",
        "Delivery sufficient for physical health and lifestyle, girls: 3.",
        "Delivery sufficient for physical health, girls and boys: 3.",
        "Delivery sufficient for physical health, girls: 3 of 7 domains are lower.",
        "Delivery was sufficient for physical health on 3 sites for girls.",
        "Delivery sufficient for physical health, girls: 3 of 10 factors differ in 18 youth offending teams.",
        "Delivery sufficient for physical health, girls: 0 50 100%",
        "Delivery sufficient for physical health, girls: 0 5 10 15 20%",
    ],
)
def test_numbers_of_other_things_are_not_taken_for_the_hidden_one(told, text):
    assert told("page.html", page(f"<p>{text}</p>")) == []


def test_a_name_with_numbers_in_it_states_none(told):
    text = "Delivery sufficient for physical health, previous sanctions 3 to 5: [c], 10 to 14: 20 per cent."
    assert told("page.html", page(f"<p>{text}</p>"), SANCTIONS) == []


def test_headings_above_a_sentence_say_what_it_leaves_out(told):
    title = STRUCTURE["measures"]["sufficiency"]["title"]
    body = f"<h2>{title}</h2><h3>Girls</h3><p>Physical health: 3 of 17.</p>"
    assert values(told("page.html", page(body)), "sentence") == {THREE, OF_SEVENTEEN}
    other = "<h2>Factors linked to desistance</h2><h3>Girls</h3><p>Physical health: 3 of 17.</p>"
    assert told("page.html", page(other)) == []


TABLE = """<table><caption>Sufficiency of delivery where the factor was identified by {by}</caption>
<thead><tr><th scope="col">Factor</th><th scope="col">{first}, % and base</th><th scope="col">{second}, % and base</th>
<th scope="col">Difference, points</th></tr></thead>
<tbody><tr><th scope="row">Lifestyle</th>
<td>60 <span>n = 40</span></td><td>61 <span>n = 30</span></td><td>+1</td></tr>
<tr><th scope="row">Physical health</th>
<td>40 <span>n = 20</span></td><td>{cell}</td><td>{cell2}</td></tr></tbody></table>"""


def table(cell, by="gender", first="Boys", second="Girls", difference="[c]"):
    return page(TABLE.format(cell=cell, by=by, first=first, second=second, cell2=difference))


def test_a_cell_under_its_heads_gives_share_and_base(told):
    assert values(told("page.html", table("18 <span>n = 17</span>")), "table") == {EIGHTEEN, OF_SEVENTEEN}
    assert told("page.html", table("[c] <span>n = [c]</span>")) == []
    assert told("page.html", table("[c]", difference="18 <span>10 to 26</span>")) == []


def test_a_level_that_two_divisions_share_belongs_to_the_one_named_above(told):
    grid = table("18", by="concern for the child's safety", first="Low", second="Very high")
    assert {one.key for one in told("page.html", grid, SAFETY, RISK)} == {SAFETY.key}
    assert told("page.html", grid, RISK) == []


def test_a_level_that_nothing_tells_apart_is_a_shown_one_where_there_is_one(told):
    grid = table("18", by="concern", first="Low", second="Very high")
    assert told("page.html", grid, RISK) == []
    assert {one.key for one in told("page.html", grid, SAFETY, RISK)} == {SAFETY.key, RISK.key}


def test_a_code_is_a_level_only_under_the_name_of_its_division(told):
    none = share("sufficiency", "physical_health", "sanctions", "0")
    grid = table("18", by="previous sanctions", first="3 to 5", second="0")
    assert values(told("page.html", grid, none), "table") == {EIGHTEEN}
    assert told("page.html", table("18", by="something", first="3 to 5", second="0"), none) == []


def test_heads_over_several_columns_and_rows_are_read(told):
    grid = """<table><caption>Delivery sufficient</caption>
    <tr><th rowspan="2">Factor</th><th colspan="2">Gender: boys</th><th colspan="2">Gender: girls</th></tr>
    <tr><th>Base</th><th>%</th><th>Base</th><th>%</th></tr>
    <tr><th>Physical health</th><td>20</td><td>40</td><td>17</td><td>18</td></tr></table>"""
    assert values(told("page.html", page(grid)), "table") == {EIGHTEEN, OF_SEVENTEEN}


def test_the_base_in_a_head_is_not_the_measure_of_the_column(told):
    grid = """<table><caption>Girls: factors linked to desistance; sufficiency of delivery where the factor was
    identified</caption><tr><th>Factor</th><th>Factor identified</th><th>% of base</th><th>Delivery sufficient</th>
    <th>% of factor identified</th></tr>
    <tr><th>Physical health</th><td>17</td><td>9</td><td>3</td><td>18</td></tr></table>"""
    assert values(told("page.html", page(grid)), "table") == {THREE, EIGHTEEN}


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ('<img src="a.png" alt="{}">', "alternative_text"),
        ('<svg role="img" aria-label="{}"></svg>', "alternative_text"),
        ('<p title="{}">Text</p>', "alternative_text"),
        ("<svg><title>{}</title></svg>", "alternative_text"),
        ("<svg><desc>{}</desc></svg>", "alternative_text"),
        ("<svg><metadata><a>{}</a></metadata></svg>", "metadata"),
        ("<!-- {} -->", "metadata"),
        ('<div data-note="{}"></div>', "embedded_data"),
        ('<script>const note = "{}";</script>', "embedded_data"),
        ('<p hidden style="display: none">{}</p>', "sentence"),
        ("<figure><figcaption>{}</figcaption></figure>", "sentence"),
        ("<ul><li>{}</li></ul>", "sentence"),
        ("<template><p>{}</p></template>", "sentence"),
        (
            '<img src="data:image/svg+xml,%3Csvg%20xmlns=%22http://www.w3.org/2000/svg%22%3E%3Cdesc%3E{}%3C/desc%3E%3C/svg%3E">',
            "alternative_text",
        ),
    ],
)
def test_words_that_are_not_seen_are_read(told, markup, kind):
    said = "Delivery sufficient, girls: physical health, 3 of 17"
    assert values(told("page.html", page(markup.format(said))), kind) == {THREE, OF_SEVENTEEN}
    assert told("page.html", page(markup.format("Delivery sufficient, girls: physical health, [c]"))) == []


def test_the_head_of_a_page_is_read(told):
    head = '<meta name="description" content="Delivery sufficient, girls: physical health 18%">'
    assert values(told("page.html", page("", head)), "metadata") == {EIGHTEEN}


ROW = {"measure": "sufficiency", "item": "physical_health", "breakdown": "gender", "subgroup": "girl"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{**ROW, "n_yes": 3, "n_cases": 17}], {THREE, OF_SEVENTEEN}),
        ({"sufficiency": {"physical_health": {"girl": {"estimate": 0.18}}}}, {EIGHTEEN}),
        ({"title": "Delivery sufficient", "rows": [["factor", "Girls"], ["Physical health", 3]]}, {THREE}),
        ({"measure": "sufficiency", "item": ["lifestyle", "physical_health"], "girl": [9, 3]}, {THREE}),
        ({**ROW, "percent": 18}, {EIGHTEEN}),
        ({"note": "Delivery sufficient, physical health, girls: 3"}, {THREE}),
    ],
)
def test_embedded_data_give_the_number_of_the_thing_they_name(told, content, expected):
    text = json.dumps(content)
    assert values(told("data.json", text), "embedded_data") == expected
    script = f'<script type="application/json">{text}</script>'
    assert values(told("data.json", "{}"), "embedded_data") == set()
    assert values(told("page.html", page(script)), "embedded_data") == expected
    assert (
        values(told("page.html", page(f"<script>window.rows = {text};</script>")), "embedded_data")
        == expected
    )


def test_embedded_data_of_other_things_say_nothing(told):
    rows = [
        {**ROW, "subgroup": "boy", "n_yes": 3},
        {**ROW, "n_yes": "[c]", "n_services": 12},
        {**ROW, "measure": "prevalence", "n_yes": 3},
    ]
    assert told("data.json", json.dumps(rows)) == []


def svg(marks, size=(400, 200)):
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{size[0]}" height="{size[1]}">' + marks + "</svg>"
    )


SCALE = "".join(
    f'<path d="M {x} 20 L {x} 150" style="fill: none; stroke: #ddd"/>'
    f'<text x="{x}" y="170" style="text-anchor: middle">{label}</text>'
    for x, label in ((100, "0"), (200, "50"), (300, "100%"))
)
ROWS = (
    '<text x="100" y="15">Delivery sufficient, girls</text>'
    '<text x="90" y="55" style="text-anchor: end">Lifestyle</text>'
    '<text x="90" y="105" style="text-anchor: end">Physical health</text>'
)
BAR = '<path d="M 100 {top} L {end} {top} L {end} {foot} L 100 {foot} z" style="fill: #12436d"/>'


def near(found, value, unit="share"):
    """Statements of a unit that hold a value within less than a point."""
    return [
        one
        for one in found
        if one.kind == "drawing" and one.unit == unit and one.low <= value <= one.high <= one.low + 0.01
    ]


def test_the_length_of_a_bar_gives_its_share(told):
    shown = BAR.format(top=40, foot=60, end=240)
    planted = BAR.format(top=90, foot=110, end=136)
    assert near(told("bars.svg", svg(SCALE + ROWS + shown + planted)), 0.18)
    assert told("bars.svg", svg(SCALE + ROWS + shown + '<text x="104" y="105">[c]</text>')) == []


def test_rectangles_and_moved_groups_are_bars_too(told):
    planted = '<g transform="translate(100 90)"><rect x="0" y="0" width="36" height="20" fill="#123"/></g>'
    assert near(told("page.html", page(svg(SCALE + ROWS + planted))), 0.18)


DOT = '<use xlink:href="#{form}" x="{x}" y="{y}" style="fill: {fill}"/>'
FORMS = (
    '<defs><path id="round" d="M 0 5 C 1 5 5 1 5 0 C 5 -1 1 -5 0 -5 C -1 -5 -5 -1 -5 0 z"/>'
    '<path id="edged" d="M 0 7 L 7 0 L 0 -7 L -7 0 z"/></defs>'
)
KEY = (
    '<text x="100" y="-20">Delivery sufficient</text>'
    + DOT.format(form="round", x=107, y=0, fill="#111")
    + '<text x="122" y="5">Boys</text>'
    + DOT.format(form="edged", x=107, y=20, fill="#f46a25")
    + '<text x="122" y="25">Girls</text>'
)
LABELS = (
    '<text x="90" y="65" style="text-anchor: end">Lifestyle</text>'
    '<text x="90" y="115" style="text-anchor: end">Physical health</text>'
)


def test_the_look_of_a_dot_tells_its_level_and_its_line_the_interval(told):
    shown = DOT.format(form="round", x=180, y=100, fill="#111") + DOT.format(
        form="edged", x=250, y=70, fill="#f46a25"
    )
    planted = (
        '<path d="M 120 120 L 160 120" style="fill: none; stroke: #f46a25; stroke-width: 2.5"/>'
        + DOT.format(form="edged", x=136, y=120, fill="#f46a25")
    )
    found = told("dots.svg", svg(FORMS + SCALE + KEY + LABELS + shown + planted))
    assert near(found, 0.18)
    assert near(found, 0.10, "ci_low")
    assert near(found, 0.30, "ci_high")
    assert told("dots.svg", svg(FORMS + SCALE + KEY + LABELS + shown)) == []


def test_a_figure_beside_a_mark_is_read_to_its_rounding(told):
    planted = BAR.format(top=90, foot=110, end=136) + '<text x="142" y="106">18%</text>'
    assert EIGHTEEN in values(told("bars.svg", svg(SCALE + ROWS + planted)), "drawing")


def test_a_mark_on_an_upright_scale_belongs_to_the_name_under_it(told):
    ticks = "".join(
        f'<path d="M 50 {y} L 300 {y}" style="fill: none; stroke: #ddd"/>'
        f'<text x="44" y="{y + 6}" style="text-anchor: end">{label}</text>'
        for y, label in ((200, "0%"), (150, "25%"), (100, "50%"))
    )
    names = (
        '<text x="50" y="20">Delivery sufficient, girls</text>'
        '<text x="100" y="225" style="text-anchor: middle">Lifestyle</text>'
        '<text x="250" y="225" style="text-anchor: middle">Physical health</text>'
    )
    shown = '<circle cx="100" cy="120" r="5" fill="#111"/>'
    planted = '<circle cx="250" cy="164" r="5" fill="#111"/>'
    assert near(told("upright.svg", svg(ticks + names + shown + planted)), 0.18)
    assert told("upright.svg", svg(ticks + names + shown)) == []


def test_the_name_of_a_file_heads_what_is_in_it(told):
    rows = ROWS.replace("Delivery sufficient, girls", "Girls")
    planted = svg(SCALE + rows + BAR.format(top=90, foot=110, end=136))
    assert near(told("sufficiency_by_subgroup.svg", planted), 0.18)


def test_the_name_of_a_file_is_read_even_of_a_table(told):
    found = told("tables/sufficiency_physical_health_girls_3_of_17.csv", "a,b\n1,2\n")
    assert {THREE, OF_SEVENTEEN} <= values(found, "metadata")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


SAID = b"Delivery sufficient, girls: physical health, 3 of 17"


@pytest.mark.parametrize(
    "planted",
    [
        chunk(b"tEXt", b"Comment\0" + SAID),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SAID)),
        chunk(b"iTXt", b"Comment\0\0\0en\0\0" + SAID),
        chunk(b"iTXt", b"Comment\0\1\0en\0\0" + zlib.compress(SAID)),
    ],
)
def test_texts_within_an_image_are_read(told, planted):
    assert values(told("a.png", png(planted)), "metadata") == {THREE, OF_SEVENTEEN}
    assert told("a.png", png()) == []


def ods(cell, subject="Figures", name="Sufficiency", over=()):
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    names = f'xmlns:o="{office}" xmlns:t="table" xmlns:x="text" xmlns:m="meta"'

    def row(*cells):
        return (
            "<t:table-row>"
            + "".join(f"<t:table-cell><x:p>{one}</x:p></t:table-cell>" for one in cells)
            + "</t:table-row>"
        )

    rows = "".join(row(line) for line in over)
    rows += row("Factor", "Boys, %", "Girls, %") + row("Physical health", "40", cell)
    content = f'<o:body {names}><t:table t:name="{name}">{rows}</t:table></o:body>'
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content,
        "meta.xml": f"<m:meta {names}><m:subject>{subject}</m:subject></m:meta>",
    }


def test_the_title_over_the_cells_of_a_sheet_says_what_they_are_about(told, tmp_path):
    where, over = tmp_path / "sheet.ods", ("Table 3: Sufficiency", "Source: estimates.csv")
    assert values(told("sheet.ods", zipped(where, ods("18", name="Table 3", over=over))), "table") == {
        EIGHTEEN
    }
    assert told("sheet.ods", zipped(where, ods("18", name="Table 3"))) == []


def zipped(path, parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path.read_bytes()


def test_cells_and_properties_of_a_spreadsheet_are_read(told, tmp_path):
    where = tmp_path / "sheet.ods"
    assert values(told("sheet.ods", zipped(where, ods("18"))), "table") == {EIGHTEEN}
    assert values(told("sheet.ods", zipped(where, ods("[c]", SAID.decode()))), "metadata") == {
        THREE,
        OF_SEVENTEEN,
    }
    assert told("sheet.ods", zipped(where, ods("[c]"))) == []


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("notes.txt", SAID.decode(), "sentence"),
        ("notes.md", "# Delivery sufficient\n\n## Girls\n\n- Physical health: 3 of 17\n", "sentence"),
        (
            "notes.md",
            "# Delivery sufficient\n\n| Factor | Girls |\n|---|---|\n| Physical health | 3 of 17 |\n",
            "table",
        ),
        (
            "rows.csv",
            "measure,item,breakdown,subgroup,n_yes,n_cases\nsufficiency,physical_health,gender,girl,3,17\n",
            "table",
        ),
    ],
)
def test_plain_texts_and_stray_tables_are_read(told, name, content, kind):
    assert values(told(name, content), kind) == {THREE, OF_SEVENTEEN}
    assert told(name, content.replace("3 of 17", "[c]").replace("3,17", "[c],[c]")) == []


def test_how_many_have_a_number_of_factors_is_found(told):
    two = HiddenShare(
        ("number", "all", "all", "2"), "distributions", (frozenset({"2", "2 factors", "two factors"}),)
    )
    rows = "".join(f"<tr><th>{number}</th><td>{cases}</td></tr>" for number, cases in ((1, 9), (2, 3)))
    grid = f"<table><tr><th>Number</th><th>Cases</th></tr>{rows}</table>"
    assert values(told("page.html", page(grid), two), "table") == {THREE}
    none = HiddenShare(
        ("number", "sanctions", "0", "2"), "distributions", (frozenset({"2"}), frozenset({"None", "0"}))
    )
    zero = HiddenShare(
        ("number", "sanctions", "0", "0"), "distributions", (frozenset({"0"}), frozenset({"None", "0"}))
    )
    over = page(f"<h2>Number of factors by previous sanctions</h2>{grid.replace('>1<', '>0<')}")
    assert told("page.html", over, none, zero) == []
    assert values(told("page.html", page("<p>Three children had two factors.</p>"), two), "sentence") == {
        THREE
    }
    assert told("page.html", page("<p>3 of 2 factors differ; 4 children had 1 factor.</p>"), two) == []


def test_two_things_together_are_not_either_of_them(told):
    items = [
        frozenset({item, *STRUCTURE["measures"]["prevalence"]["items"][item].values()})
        for item in ("lifestyle", "physical_health")
    ]
    both = HiddenShare(("both", "all", "all", "lifestyle", "physical_health"), "pairs", tuple(items))
    body = page("<p>Factors linked to desistance. Lifestyle and physical health: 3 cases.</p>")
    assert {one.key for one in told("page.html", body, both)} == {both.key}
    assert told("page.html", page("<p>Factors linked to desistance. Lifestyle: 3 cases.</p>"), both) == []
    exactly = page("<p>Cases with exactly this combination of factors. Lifestyle and physical health: 3.</p>")
    assert told("page.html", exactly, both) == []


def test_passages_and_cases_of_a_theme_are_told_apart(told):
    names = (frozenset({"mentors", "Role models"}), frozenset({"enabler", "enablers"}))
    cases, passages = (
        HiddenShare((kind, "mentors", "enabler"), "themes", names) for kind in ("theme", "passages")
    )
    grid = (
        "<table><tr><th>Theme</th><th>Spoken of as</th><th>Passages</th><th>Cases</th></tr>"
        "<tr><th>Role models</th><td>enabler</td><td>5</td><td>3</td></tr></table>"
    )
    found = told("page.html", page(grid), cases, passages)
    assert {(one.key[0], one.low) for one in found} == {("theme", 3), ("passages", 5)}


def test_names_that_the_structure_does_not_know_are_looked_for_all_the_same(tmp_path):
    claim = HiddenShare(("claim", "B77"), "ledger", (frozenset({"B77"}), frozenset({"Night shelters"})))
    (tmp_path / "a.txt").write_text("B77, night shelters: 3 of 17 cases")
    found, _ = statements(tmp_path, [claim], {})
    assert values(found, "sentence") == {THREE, OF_SEVENTEEN}
    (tmp_path / "a.txt").write_text("B76, night shelters: 3 of 17 cases")
    assert statements(tmp_path, [claim], {})[0] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.parquet", b"PAR1"),
        ("all.zip", b"PK\x05\x06" + bytes(18)),
        ("notes.txt", b"\xff\xfe\x00"),
        ("notes.txt", b"a\x00b"),
        ("data.json", b"{"),
        ("a.svg", b"<svg><"),
        ("a.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>'),
        ("a.svg", b"<html/>"),
        ("a.png", b"GIF89a"),
        ("a.png", png()[:-6]),
        ("a.png", png() + b"more"),
        ("a.ods", b"not an archive"),
        ("a.pdf", b"%PDF-1.4 /Encrypt"),
        ("page.html", page('<script type="application/json">{</script>').encode()),
        ("page.html", page('<img src="data:image/webp;base64,AAAA">').encode()),
        (".hidden", b"x"),
        (".git/config", b""),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(told, name, content):
    with pytest.raises(AttackError, match=name.partition("/")[0].replace(".", r"\.")):
        told(name, content)


def test_an_archive_that_is_no_document_is_refused(told, tmp_path):
    with pytest.raises(AttackError, match=r"sheet\.ods"):
        told("sheet.ods", zipped(tmp_path / "sheet.ods", {"a.txt": "x"}))


def test_a_link_that_leads_out_is_refused(tmp_path):
    published = tmp_path / "published"
    published.mkdir()
    (tmp_path / "secret.txt").write_text("x")
    (published / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(AttackError, match=r"a\.txt"):
        statements(published, [GIRLS], STRUCTURE)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(AttackError, match="not a folder"):
        statements(tmp_path / "nothing", [GIRLS], STRUCTURE)


def test_every_file_is_listed_but_the_tables(tmp_path):
    for name in ("tables/a.csv", "a.txt", "figures/.timestamp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "release.json").write_text("{}")
    assert statements(tmp_path, [GIRLS], STRUCTURE)[1] == ["a.txt", "figures/.timestamp", "release.json"]


def test_the_same_folder_says_the_same_twice(told):
    body = table("18 <span>n = 17</span>") + f"<p>{SAID.decode()}</p>"
    assert told("page.html", body, GIRLS, BOYS) == told("page.html", body, GIRLS, BOYS)


@pytest.mark.parametrize(
    "said",
    [
        "[u]: a base of 10 to 29, so what rests on it is unreliable.",
        "Evidence at the end: tables 15 to 20 (pages 26 to 29).",
        "Evidence at the end: tables 15 and 20.",
    ],
)
def test_a_note_on_marks_or_pages_is_no_count(told, said):
    page = f"<h2>Delivery sufficient, girls: physical health</h2><p>{said}</p>"
    assert told("a.html", page.encode()) == []
    leak = page.replace(said, "There were 18 of them.")
    assert told("a.html", leak.encode()) != []
