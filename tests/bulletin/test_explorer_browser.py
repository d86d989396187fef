"""The explorer in a real browser: by keyboard, by link, at every width, on paper, and with labels that mean harm."""

import csv
import io
import json
from dataclasses import replace

import pytest

from bulletin.test_browser import OPTIONS
from desistance.bulletin.explorer.data import explorer_data
from desistance.bulletin.explorer.rendering import render_explorer

pytestmark = pytest.mark.needs_program("chromium")

BY_GENDER = "#measure=prevalence&item=mental_health&by=gender"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVIL = "</script><script>alert(1)</script>"
FORMULA = '=HYPERLINK("https://example.org","x")'
BRACES = "{{ 7 * 7 }} {% raw %} " + "W" * 180
RIGHT_TO_LEFT = "\u202e\u05e9\u05dc\u05d5\u05dd <img src=x onerror=alert(2)>"

CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, n) => sum + one * [0.2126, 0.7152, 0.0722][n], 0);
  const paper = light(getComputedStyle(document.documentElement).backgroundColor);
  const against = (colour) => (Math.max(light(colour), paper) + 0.05) / (Math.min(light(colour), paper) + 0.05);
  const all = (what, property) => [...document.querySelectorAll(what)]
    .map((one) => against(getComputedStyle(one)[property]));
  return { words: Math.min(...all('.chart text', 'fill')),
           marks: Math.min(...all('.chart .whisker, .chart .dot, .chart .whole', 'stroke')) };
}"""


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield made
        made.close()


@pytest.fixture(scope="module")
def address(short_release, short_study, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    path.write_text(render_explorer(short_release, short_study), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser):
    """The function that opens a page; at the end nothing may have been complained of, asked for or fetched."""
    said, contexts = [], []

    def open_page(address, **options):
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda one: said.append(one.url) if not one.url.startswith(("file:", "blob:")) else None,
        )
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.textContent")


def headed(page, text):
    """Wait until a view is shown: links are followed a moment after they are."""
    from playwright.sync_api import expect

    expect(page.locator("#view-title")).to_have_text(text)
    return True


def table(page, name):
    """Rows of a table as lists of texts, without what only screen readers say."""
    return page.evaluate(
        """(name) => [...document.querySelectorAll(`#${name} tbody tr`)].map((row) => [...row.cells].map((cell) => {
             const copy = cell.cloneNode(true);
             copy.querySelectorAll('.heard, .small').forEach((one) => one.remove());
             return copy.textContent;
        }))""",
        name,
    )


@pytest.mark.parametrize(
    ("width", "scheme", "media"),
    [(320, "light", "screen"), (1280, "dark", "screen"), (1280, "light", "print")],
)
def test_no_rule_of_wcag_is_broken(opened, address, width, scheme, media):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(f"{address}{BY_GENDER}", viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.emulate_media(media=media)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_marks_of_a_chart_stand_out_from_the_paper(opened, address, scheme):
    contrast = opened(f"{address}{BY_GENDER}", color_scheme=scheme).evaluate(CONTRAST)
    assert contrast["words"] >= 4.5
    assert contrast["marks"] >= 3


def test_everything_can_be_done_with_the_keyboard_alone(opened, address):
    page = opened(address)

    def tab(times=1):
        for _ in range(times):
            page.keyboard.press("Tab")
        return focused(page)

    assert tab() == "skip"
    assert [tab(), tab(), tab(), tab()] == ["report", "measure", "item", "by"]
    page.focus("#item")
    page.keyboard.type("Mental")
    assert focused(page) == "item"
    assert headed(page, "Mental health")
    tab()
    page.keyboard.type("Gender")
    assert headed(page, "Mental health by gender")
    assert "Mental health by gender: 3 rows. By the design-based CR2" in page.locator("#said").inner_text()
    assert page.title().startswith("Mental health by gender \u2013 Explorer: ")
    assert tab() == "Factors linked to desistance: all factors"
    assert [tab(), tab()] == ["copy", "download"]
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert headed(page, "Factors linked to desistance by gender")
    assert focused(page) == "view-title"


def test_the_skip_link_leads_to_the_view_and_keeps_it(opened, address):
    page = opened(f"{address}{BY_GENDER}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "view-title"
    assert page.url.endswith(BY_GENDER)


def test_each_view_has_a_link_and_back_leads_to_the_one_before(opened, address):
    page = opened(address)
    assert page.url.endswith("#measure=prevalence")
    page.select_option("#item", "mental_health")
    page.select_option("#by", "gender")
    assert page.url.endswith(BY_GENDER)
    page.go_back()
    assert headed(page, "Mental health")
    assert page.input_value("#by") == "everyone"
    page.go_forward()
    assert headed(page, "Mental health by gender")
    assert page.input_value("#by") == "gender"


def test_a_link_to_what_is_not_there_shows_the_nearest_view_and_says_so(opened, address):
    page = opened(f"{address}#measure=prevalence&item=no_such&by=gender")
    assert headed(page, "Factors linked to desistance by gender")
    assert "not in these records" in page.locator("#done").inner_text()


def test_the_table_and_the_chart_show_the_texts_of_the_data(opened, address, short_release, short_study):
    data = explorer_data(short_release, short_study)
    names, *rows = data["estimates"]
    rows = [dict(zip(names, row, strict=True)) for row in rows]
    own = [row for row in rows if row["measure"] == "prevalence" and row["item"] == "mental_health"]
    shown = {row["level"]: row for row in own if row["breakdown"] in ("all", "gender")}
    page = opened(f"{address}{BY_GENDER}")
    expected = [
        [label, shown[code]["per_cent"], shown[code]["per_cent_interval"], f"{shown[code]['n_cases']:,}"]
        for code, label in (("all", "All cases"), ("boy", "Boys"), ("girl", "Girls"))
    ]
    assert [row[:4] for row in table(page, "table-numbers")] == expected
    texts = page.locator(".chart svg text").all_text_contents()
    said = page.locator(".chart svg").get_attribute("aria-label")
    for _, percent, ends, _ in expected:
        assert f"{percent}% ({ends})" in texts
        assert f"{percent}% ({ends})" in said


def test_the_view_can_be_saved_with_its_released_numbers(opened, address, short_release):
    page = opened(f"{address}{BY_GENDER}")
    with page.expect_download() as waiting:
        page.click("#download")
    assert waiting.value.suggested_filename == "made-up-prevalence-mental_health-by-gender.csv"
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    table = short_release.estimates
    own = table[(table["measure"] == "prevalence") & (table["item"] == "mental_health")]
    own = own[own["breakdown"].isin(["all", "gender"]) & (own["interval"] != "wilson")]
    assert [row["subgroup"] for row in rows] == list(own["subgroup"])
    assert [float(row["estimate"]) for row in rows] == list(own["estimate"])
    assert {row["records"] for row in rows} == {"made up"}


def test_the_link_can_be_copied(opened, address):
    page = opened(f"{address}{BY_GENDER}", permissions=["clipboard-read", "clipboard-write"])
    page.click("#copy")
    page.wait_for_function("document.getElementById('done').textContent !== ''")
    assert page.locator("#done").inner_text() == "Link copied."
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_a_claim_leads_to_its_row_in_the_report(opened, address, short_release):
    row = short_release.ledger[short_release.ledger["measure"] == "prevalence"].iloc[0]
    where = f"#measure=prevalence&item={row['item']}" if row["item"] else "#measure=prevalence"
    by = f"&by={row['breakdown']}" if row["breakdown"] else ""
    links = opened(f"{address}{where}{by}").locator("#table-claims tbody a")
    assert f"bulletin.html#{row['claim']}" in [one.get_attribute("href") for one in links.all()]


def test_every_view_fits_every_width(opened, address):
    page = opened(address)
    views = (
        "#measure=prevalence&by=age",
        "#measure=domains&by=looked_after",
        BY_GENDER,
        "#measure=number_of_factors",
    )
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for view in views:
            page.goto(f"{address}{view}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            inside = page.evaluate(
                """[...document.querySelectorAll('.chart text')].every((one) => {
                     const box = one.getBBox(), sheet = one.ownerSVGElement.viewBox.baseVal;
                     return box.x >= -12 && box.x + box.width <= sheet.width + 12;
                })"""
            )
            assert inside, (width, view)


def test_on_paper_there_are_chart_table_and_words_and_no_controls(opened, address):
    page = opened(f"{address}#measure=prevalence&by=gender")
    page.emulate_media(media="print")
    shown = ("#view-title", "#chart svg", "#table-numbers", "#words-list", "#table-precision", "#claims")
    assert all(page.locator(one).first.is_visible() for one in shown)
    assert not any(page.locator(one).is_visible() for one in ("#choices", "#copy", "#download"))


def test_a_long_chart_is_drawn_in_parts_for_paper_and_whole_again_after(opened, address):
    page = opened(f"{address}#measure=prevalence&by=age")
    counts, rows = [], len(table(page, "table-numbers"))
    for event in ("none", "beforeprint", "afterprint"):
        page.evaluate("(event) => { dispatchEvent(new Event(event)); }", event)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        counts.append(page.locator("#chart svg").count())
        assert page.locator("#chart .value").count() == rows > 8
    assert counts[0] == counts[2] == 1
    assert counts[1] > 1


def test_without_scripts_the_page_says_where_the_tables_are(opened, address):
    page = opened(address, java_script_enabled=False)
    links = page.locator(".without a")
    assert page.locator(".without").is_visible()
    assert "tables/estimates.csv" in [one.get_attribute("href") for one in links.all()]
    assert not page.locator("#choices").is_visible()


@pytest.fixture(scope="module")
def hostile_study(small_study):
    """One item by two divisions, every label of which means harm."""
    (measure,) = small_study.measures
    first, second = small_study.breakdowns
    levels = tuple(
        replace(level, label=label)
        for level, label in zip(second.levels, (FORMULA, BRACES, RIGHT_TO_LEFT), strict=True)
    )
    items = tuple(replace(item, label=EVIL) for item in measure.items)
    return replace(
        small_study,
        title=EVIL,
        measures=(replace(measure, title=f"Harm {EVIL}", items=items),),
        breakdowns=(replace(first, label=EVIL), replace(second, label=FORMULA, levels=levels)),
    )


def test_labels_that_mean_harm_are_shown_and_do_none(opened, hostile_study, make_release, tmp_path):
    path = tmp_path / "explorer.html"
    path.write_text(
        render_explorer(make_release(hostile_study, ledger=False), hostile_study), encoding="utf-8"
    )
    page = opened(f"{path.as_uri()}#measure=immunised&by=schooling", viewport={"width": 320, "height": 800})
    assert page.locator("h1").inner_text() == EVIL
    assert [row[0] for row in table(page, "table-numbers")][1:] == [FORMULA, BRACES, RIGHT_TO_LEFT[1:]]
    assert page.evaluate("document.scripts.length") == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.title().startswith(f"Harm {EVIL} by {FORMULA}")
    with page.expect_download() as waiting:
        page.click("#download")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"), newline="")))
    assert [row["subgroup_label"] for row in rows][1:] == [f"'{FORMULA}", BRACES, RIGHT_TO_LEFT[1:]]


@pytest.mark.parametrize("kind", ["nothing available", "everything hidden", "no breakdowns", "no rows"])
def test_a_study_with_little_to_show_shows_that(opened, kind, small_study, make_release, tmp_path):
    study = replace(small_study, breakdowns=()) if kind == "no breakdowns" else small_study
    released = make_release(study, available=kind != "nothing available", ledger=False)
    if kind == "no rows":
        released = replace(released, estimates=released.estimates[:0])
    if kind == "everything hidden":
        numbers = ["n_cases", "n_yes", "n_missing", "n_services", "estimate", "ci_low", "ci_high"]
        hidden = released.estimates.assign(**dict.fromkeys(numbers, "[c]"), status="suppressed")
        released = replace(released, estimates=hidden)
    path = tmp_path / "explorer.html"
    path.write_text(render_explorer(released, study), encoding="utf-8")
    page = opened(path.as_uri())
    views = json.loads(page.locator("#data").text_content())["views"]
    for view in views:
        by = f"&by={view['breakdown']}" if "breakdown" in view else ""
        page.evaluate("(view) => { location.hash = view; }", f"#measure={view['measure']}{by}")
        page.wait_for_function(
            "(lead) => document.getElementById('lead').textContent.includes(lead)",
            arg=view["words"][0].split(" [")[0],
        )
    mark = {"nothing available": "[x]", "no rows": "[x]", "everything hidden": "[c]"}.get(kind)
    if mark:
        assert mark in table(page, "table-numbers")[0][1]
        assert mark in page.locator("#lead").inner_text() + page.locator("#numbers-table").inner_text()
    if kind == "no breakdowns":
        assert page.locator("#by option").count() == 1
