"""The page: whole, accessible, true to the tables, for any study."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

from desistance.bulletin.inline import plain
from desistance.bulletin.language.words import half_up, interval, percentage
from desistance.bulletin.page.rendering import render_bulletin, themed
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.sections.key_findings import key_findings

# Links that a report has for each of its items, and those of its source lines.
OF_ROWS = ("#row.", "#table-", "#method-", "explorer.html#", "tables/")
VOID = {"meta", "link", "br", "img", "input", "hr", "path", "use"}


class Page(HTMLParser):
    """Elements with their attributes, their text, and the elements they stand in."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(html)
        assert not self.open, f"not closed: {[element['tag'] for element, _ in self.open]}"

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append((self.elements[-1], len(self.texts)))

    def handle_startendtag(self, tag, attributes):
        inside = [each["tag"] for each, _ in self.open]
        self.elements.append({"tag": tag, "text": "", "in": inside, **dict(attributes)})

    def handle_endtag(self, tag):
        element, start = self.open.pop()
        assert element["tag"] == tag, f"</{tag}> closes <{element['tag']}>"
        element["text"] = "".join(self.texts[start:])

    def handle_data(self, text):
        self.texts.append(text)

    def all(self, *tags):
        return [element for element in self.elements if element["tag"] in tags]


@pytest.fixture(scope="module")
def html(released, study, draw_files):
    return render_bulletin(released, study, draw_files(released, study))


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def real_html(study, make_release, draw_files):
    real = make_release(study, made_up=False, ledger=False)
    return render_bulletin(real, study, draw_files(real, study))


def test_there_is_one_h1_and_headings_go_down_one_step_at_a_time(page):
    levels = [int(element["tag"][1]) for element in page.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(second - first <= 1 for first, second in pairwise(levels))


def test_landmarks_language_and_skip_link_are_there(page):
    assert page.all("html")[0]["lang"] == "en-GB"
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    skip = page.all("a")[0]
    assert (skip["class"], skip["href"]) == ("skip", "#main")


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page):
    ids = [element["id"] for element in page.elements if "id" in element]
    assert len(ids) == len(set(ids))
    targets = {element["href"][1:] for element in page.all("a") if element["href"].startswith("#")}
    assert targets <= set(ids)
    for element in page.elements:
        assert set(element.get("aria-labelledby", "").split()) <= set(ids)


def test_every_table_has_a_caption_scopes_and_a_region_that_scrolls(page):
    tables = page.all("table")
    assert tables
    assert len(page.all("caption")) == len(tables)
    assert all(element.get("scope") in {"col", "row"} for element in page.all("th"))
    regions = [element for element in page.all("div") if element.get("role") == "region"]
    assert len(regions) == len(tables)
    assert all(region["tabindex"] == "0" and region["aria-labelledby"] for region in regions)


def test_no_cell_has_shorthand_beside_a_number(page):
    for cell in page.all("td"):
        if re.search(r"\[(c|z|x|u|low)\]", cell["text"]):
            assert not re.search(r"\d", cell["text"]), cell["text"]


def test_every_drawing_has_a_text_alternative_and_its_data(page):
    drawings = page.all("svg")
    drawn = [figure for figure in page.all("figure") if "The drawing is not available" not in figure["text"]]
    assert len(drawings) == 2 * len(drawn) > 20
    assert all(drawing["role"] == "img" and len(drawing["aria-label"]) > 40 for drawing in drawings)
    assert len([table for table in page.all("table") if table["id"].startswith("data-")]) == len(
        page.all("figure")
    )


def test_nothing_is_loaded_from_anywhere(page, html):
    assert not page.all("script", "link", "img", "iframe", "object")
    assert not [element for element in page.elements if "src" in element]
    outside = re.findall(r"https?://[^\"' <)]+", html)
    assert set(outside) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_links_to_files_stand_beside_the_page(page):
    files = {element["href"] for element in page.all("a") if not element["href"].startswith("#")}
    assert {"tables/estimates.csv", "tables/ledger.csv", "figures/prevalence.svg"} <= files
    beside = {
        "bulletin.pdf",
        "tables.ods",
        "explorer.html",
        "tables/csv-metadata.json",
        "disclosure_statement.md",
    }
    beside.add("ro-crate-metadata.json")
    others = {name for name in files - beside if not name.startswith("explorer.html#")}
    assert "explorer.html#measure=prevalence&by=age" in files
    assert all(re.fullmatch(r"(tables|figures)/[a-z0-9_]+\.(csv|svg|png)", name) for name in others)


def test_made_up_records_are_marked_in_header_figures_and_tables(page):
    for tag in ("title", "header", "figcaption", "caption", "footer"):
        for element in page.all(tag):
            assert "made-up records" in element["text"].lower(), element["text"]
    banners = [element["text"] for element in page.all("aside")]
    assert "says nothing about real children" in banners[0]


def test_real_records_are_not_called_made_up_nor_given_to_the_source(real_html):
    body = real_html[real_html.index("<body") :]
    assert "made-up" not in body.lower()
    assert "made up" not in body.lower()
    assert "Records supplied by the user of this software" in body
    assert "by construction" not in body.lower()


def test_the_page_says_at_the_top_that_small_counts_are_not_protected(study, html, real_html, make_release):
    for text in (html, real_html):
        assert text.index("small counts are not protected") < text.index("Key findings</h2>")
    safe = render_bulletin(make_release(study, protected=True), study, {})
    assert "small counts are not protected" not in safe


def test_rows_read_are_rows_accepted_and_rejected(page):
    text = " ".join(element["text"] for element in page.all("p"))
    assert "Rows read: 1,173 = 1,168 accepted + 5 rejected" in text


def test_every_claim_has_a_row_to_link_to_and_verdicts_in_words(page, released):
    rows = {element["id"]: element["text"] for element in page.all("tr") if "id" in element}
    rows = {name: text for name, text in rows.items() if not name.startswith("row.")}
    assert set(rows) == set(released.ledger["claim"])
    assert "Undetermined" in rows["B09"]
    assert "Holds" in rows["B09"]
    assert "Not testable" in rows["B22"]


def allowed_numbers(released, study):
    """Every number that the released tables, the labels and the choices of the run can give a sentence."""
    shares = released.estimates
    found = {percentage(value) for value in shares["n_yes"] / shares["n_cases"]}
    found |= {
        int(end) for row in shares.itertuples() for end in interval(row.ci_low, row.ci_high).split(" to ")
    }
    found |= set(shares["n_cases"]) | set(shares["n_services"])
    found |= set(range(len(study.measures[0].items) + 1)) | {95, 5}
    texts = {f"{mean:.1f}" for mean in released.means["estimate"]} | {
        f"{effect:.1f}" for effect in shares["design_effect"]
    }
    labels = " ".join(level.label for division in study.divisions for level in division.levels)
    differences = set(
        re.findall(
            r"[\d.]+", " ".join(numbers_of(released.comparisons, "estimate", "ci_low", "ci_high", "df2"))
        )
    )
    robust = {str(percentage(share)) for share in released.ledger["robustness"].dropna()} | {"2"}
    return {str(number) for number in found} | texts | set(re.findall(r"\d+", labels)) | differences | robust


def practice_numbers(released):
    """The same of the tables on stages, services and comments."""
    found = [
        *numbers_of(released.stages, "estimate", "ci_low", "ci_high", "p_holm"),
        str(len(released.stages)),
    ]
    found += numbers_of(released.provision, "estimate", "ci_low", "ci_high")
    found += numbers_of(released.themes, "estimate_services", "services_ci_low", "services_ci_high")
    for table, names in (
        ("provision", ("n_yes", "n_services")),
        ("themes", ("n_services", "n_services_all")),
    ):
        found += [str(n) for name in names for n in getattr(released, table)[name]]
    tested = (released.stages["breakdown"] == "all").sum()
    return {*found, *map(str, range(tested + 1)), "0.001"}


def numbers_of(table, *columns):
    """Every way in which the page may write the numbers of some columns: points, per cent, decimals."""
    for name in columns:
        for value in table[name].dropna():
            yield from (str(abs(half_up(value * 100, digits))) for digits in (0, 1))
            yield from (str(abs(half_up(value, digits))) for digits in (0, 1, 2, 3))


def test_every_number_of_the_key_findings_is_in_the_released_tables(released, study):
    findings = key_findings(released_numbers(released), study)
    assert 5 <= len(findings) <= 12
    allowed = allowed_numbers(released, study) | practice_numbers(released)
    for finding in findings:
        for text in map(plain, (finding.text, finding.evidence, finding.big)):
            for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text):
                assert number.replace(",", "").rstrip(".") in allowed, (number, text)


def test_the_first_finding_names_the_highest_share_with_its_evidence(released, study):
    shares = released.estimates
    everyone = shares[
        (shares["measure"] == "prevalence")
        & (shares["breakdown"] == "all")
        & (shares["interval"] != "wilson")
    ]
    top = everyone.loc[everyone["estimate"].idxmax()]
    label = next(item.label for item in study.measure("prevalence").items if item.id == top["item"])
    text = plain(key_findings(released_numbers(released), study)[0].text)
    assert text.startswith(label)
    assert f"95 per cent interval {interval(top['ci_low'], top['ci_high'])}; n = 1,168" in text
    assert "more often than any other" in text


def test_a_finding_links_to_the_claims_about_the_same_item_and_division(released, study):
    first = key_findings(released_numbers(released), study)[0]
    top = next(item for item in study.measure("prevalence").items if first.text.startswith(item.label))
    ledger = released.ledger.assign(item=[top.id, "", ""])
    assert key_findings(released_numbers(replace(released, ledger=ledger)), study)[0].claims == ("B09",)
    other = released.ledger.assign(item=[top.id, "", ""], breakdown=["age", "looked_after", ""])
    assert key_findings(released_numbers(replace(released, ledger=other)), study)[0].claims == ()


def test_significant_is_never_said_without_a_test(page):
    for element in page.all("p", "strong", "h2", "h3"):
        said = element["text"].lower().replace("significant relationships", "")
        if element["tag"] in {"h2", "h3"} or "significant" not in said:
            continue
        assert re.search(r"test|method|level|Pearson|CR2|adjustment", element["text"]), element["text"]


def test_a_study_of_one_measure_makes_a_whole_page(small_study, make_release, draw_files):
    small = make_release(small_study, made_up=False, ledger=False)
    page = Page(render_bulletin(small, small_study, draw_files(small, small_study)))
    headings = [element["text"] for element in page.all("h2")]
    assert any("immunisation was complete for" in text.lower() for text in headings)
    assert "Claim ledger" not in headings
    assert not {"tables/ledger.csv", "tables/means.csv"} & {element["href"] for element in page.all("a")}


def test_a_short_study_makes_a_page_of_the_same_parts(page, short_study, short_release, draw_files):
    """What is shown of every part with the short study, as in what follows, holds of the whole one."""
    short = Page(render_bulletin(short_release, short_study, draw_files(short_release, short_study)))
    for tag, attribute in (("section", "aria-labelledby"), ("a", "href"), ("figure", "id")):
        pages = [
            [
                each.get(attribute, "")
                for each in one.all(tag)
                if not each.get(attribute, "").startswith(OF_ROWS)
            ]
            for one in (page, short)
        ]
        whole, brief = (list(dict.fromkeys(names)) for names in pages)
        assert brief == whole


@pytest.mark.parametrize(
    "parts", [{"bands": ()}, {"breakdowns": ()}, {"bands": (), "breakdowns": ()}, {"factor_count": None}]
)
def test_a_study_with_parts_left_out_makes_a_whole_page(short_study, make_release, parts, draw_files):
    left = replace(short_study, **parts)
    if "factor_count" in parts:
        left = replace(left, measures=tuple(m for m in left.measures if m.id != "three_or_more"))
    released = make_release(left)
    Page(render_bulletin(released, left, draw_files(released, left)))


def test_one_breakdown_with_one_level_makes_a_whole_page(short_study, make_release, draw_files):
    one = replace(short_study.breakdowns[0], levels=short_study.breakdowns[0].levels[:1])
    left = replace(short_study, breakdowns=(one,), bands=())
    released = make_release(left)
    Page(render_bulletin(released, left, draw_files(released, left)))


def test_when_nothing_is_available_the_page_says_why(short_study, make_release, draw_files):
    empty = make_release(short_study, available=False)
    html = render_bulletin(empty, short_study, draw_files(empty, short_study))
    page = Page(html)
    assert "[x]" in html
    assert "no cases in the base" in html
    assert not re.search(r"\bnan\b", " ".join(element["text"] for element in page.all("td", "p")))


def test_hidden_numbers_keep_their_shorthand_and_are_never_nought(study, released):
    hidden = ["estimate", "n_yes", "ci_low", "ci_high", "design_effect"]
    shares = released.estimates.astype(dict.fromkeys(hidden, object))
    hide = (shares["item"] == "lifestyle") & (shares["breakdown"] == "all")
    shares.loc[hide, hidden] = "[c]"
    html = render_bulletin(replace(released, estimates=shares), study, {})
    row = next(text for text in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if "Lifestyle</th>" in text)
    cells = [
        re.sub(r"<span class=\"heard\">.*?</span>", "", cell)
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)
    ]
    assert cells[0] == "1,168"
    assert cells[3].isdigit(), "the base of those judged is not hidden"
    assert set(cells[1:3] + cells[4:]) <= {"[c]", "[x]"}
    assert cells[2] == "[c]"


def test_hostile_labels_are_escaped_everywhere(short_study, make_release, with_hostile_labels, draw_files):
    harmed = with_hostile_labels(short_study)
    released = make_release(harmed)
    html = render_bulletin(released, harmed, draw_files(released, harmed))
    assert "<script" not in html
    assert not Page(html).all("script")
    assert "{{ 7 * 7 }}" in html
    assert "49" not in Page(html).all("h1")[0]["text"]


def test_a_page_without_drawings_keeps_captions_and_data(released, study):
    page = Page(render_bulletin(released, study, {}))
    assert not page.all("svg")
    assert page.all("figcaption")
    assert "The drawing is not available" in " ".join(element["text"] for element in page.all("p"))


def test_the_same_release_gives_the_same_bytes(released, study, html, draw_files):
    assert render_bulletin(released, study, draw_files(released, study)) == html


def test_drawings_take_the_colours_of_the_page():
    assert themed('<?xml version="1.0"?><svg><path style="fill: #12436d; stroke: #123456"/></svg>') == (
        '<svg><path style="fill: var(--dark-blue); stroke: #123456"/></svg>'
    )


def test_the_page_does_not_pay_for_the_drawing_library():
    script = "import desistance.bulletin.page.rendering, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_an_empty_ledger_table_is_read_as_no_claims(released, study):
    bare = replace(released, ledger=pd.DataFrame(columns=released.ledger.columns))
    assert "Claim ledger" not in render_bulletin(bare, study, {})
