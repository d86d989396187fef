"""The documentation as a site: whole, readable by everyone, and made from the studies it describes."""

import os
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from desistance.claims.definition import read_claims
from desistance.study import read_study

ROOT = Path(__file__).parents[1]
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
VIEWS = [(1280, "light", "screen"), (320, "dark", "screen"), (800, "light", "print")]
PRINTED = {"index.html", "methods.html", "tables.html"}  # between them they have all that a page can have
# Every rule; of long tables the first rows, and of formulas the first two, as those below are no different.
AXE = """axe.run(
    {exclude: [['tbody tr:nth-child(n+4)'], ['.formula ~ .formula ~ .formula math']]},
    {preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}
).then(found => found.violations)"""
DOLLARS = re.compile(r"\$\$.+?\$\$|(?<![\\$\w])\$(?! )[^$\n]+?(?<! )\$(?!\w)", re.S)
CODE = re.compile(r"```.*?```|^ {4}.*?$|`[^`\n]*`", re.S | re.M)


def copy_of_project(folder):
    """A project whose docs and studies a test may spoil; all else is only looked at."""
    folder.mkdir(parents=True)
    for source in ROOT.iterdir():
        if source.name in {"docs", "studies"}:
            shutil.copytree(source, folder / source.name)
        elif source.name not in {".git", ".venv", "results", "site"}:
            (folder / source.name).symlink_to(source)
    return folder


def build(project, out, **variables):
    command = [sys.executable, ROOT / "scripts" / "site" / "build.py", out, "--root", project]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def added(folder, text):
    """A copy of the project with one more page."""
    project = copy_of_project(folder / "project")
    (project / "docs" / "new.md").write_text(f"# New\n\n{text}\n", encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_of_project(tmp_path_factory.mktemp("site") / "a project")


@pytest.fixture(scope="module")
def site(project, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "site"
    answer = build(project, out)
    assert answer.returncode == 0, answer.stderr
    return out


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.relative_to(site).as_posix(): html.parse(path).getroot() for path in sorted(site.rglob("*.html"))
    }


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_every_page_of_docs_is_in_the_site_and_in_the_navigation_of_every_page(pages):
    links = pages["index.html"].xpath("//nav[@id='pages']//@href")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        place = path.relative_to(ROOT / "docs").with_suffix(".html").as_posix().replace("README", "index")
        assert place in pages
        assert links.count(place) == 1
    names = {tuple(page.xpath("//nav[@id='pages']//a/text()")) for page in pages.values()}
    assert len(names) == 1
    for name, page in pages.items():
        assert len(page.xpath("//nav[@id='pages']//*[@aria-current]")) == (
            not name.startswith("project/src")
        ), name


def test_no_link_and_no_anchor_leads_nowhere(site, pages):
    n_links = 0
    for name, page in pages.items():
        for _, _, link, _ in page.iterlinks():
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in {"https", "data"}, f"{name}: {link}"
                continue
            place = (site / name).parent / unquote(parts.path) if parts.path else site / name
            assert place.is_file(), f"{name}: {link}"
            if parts.fragment:
                target = pages[place.resolve().relative_to(site.resolve()).as_posix()]
                assert target.xpath("//*[@id=$id]", id=parts.fragment), f"{name}: {link}"
            n_links += 1
    assert n_links > 300


def test_nothing_is_fetched_from_elsewhere_and_nothing_runs(site, pages):
    for page in pages.values():
        assert not page.xpath("//script | //iframe | //style | //@onclick")
        for address in page.xpath("//link/@href | //img/@src"):
            assert not re.match(r"https?:|//", address)
    look = (site / "site.css").read_text(encoding="utf-8")
    assert "url(" not in look
    assert "@import" not in look


def test_every_formula_is_mathml_and_none_is_left_as_it_was_typed(pages):
    n_formulas = 0
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if path.name == "README.md":
            continue
        page = deepcopy(pages[path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()])
        typed = DOLLARS.findall(CODE.sub("", path.read_text(encoding="utf-8")))
        assert len(page.xpath("//math")) == len(typed), path.name
        n_formulas += len(typed)
        for formula in page.xpath("//math"):
            assert "\\" not in formula.text_content()
        for code in page.xpath("//code | //pre"):
            code.drop_tree()
        assert "$" not in page.text_content()
    assert n_formulas > 60


def test_a_formula_that_cannot_be_set_stops_the_build(tmp_path):
    answer = build(added(tmp_path, r"So $\nonsense{x}$ it is."), tmp_path / "site")
    assert answer.returncode == 1
    assert r"a formula holds a command that cannot be set: \nonsense{x}" in answer.stderr
    assert not (tmp_path / "site").exists()


def test_links_that_lead_nowhere_stop_the_build_and_are_all_named(tmp_path):
    text = "[a](nowhere.md) [b](methods.md#nothing) [c](../results/restricted/x.csv) [d](../../out.txt)"
    answer = build(added(tmp_path, text), tmp_path / "site")
    assert answer.returncode == 1
    assert "docs/new.md: docs/nowhere.md is not a file of the project" in answer.stderr
    assert "docs/new.md: docs/methods.md has no heading #nothing" in answer.stderr
    assert "docs/new.md: results/restricted/x.csv is not a file of the project" in answer.stderr
    assert "docs/new.md: ../out.txt is not a file of the project" in answer.stderr


def test_results_are_never_copied_into_the_site_even_where_a_page_leads_to_them(tmp_path):
    project = added(tmp_path, "[c](../results/restricted/x.csv)")
    (project / "results" / "restricted").mkdir(parents=True)
    (project / "results" / "restricted" / "x.csv").write_text("x", encoding="utf-8")
    answer = build(project, tmp_path / "site")
    assert answer.returncode == 1
    assert "results/restricted/x.csv" in answer.stderr


def test_markup_in_a_page_stays_text(tmp_path):
    answer = build(added(tmp_path, "<script>alert(1)</script> <b onclick='x'>bold</b>"), tmp_path / "site")
    assert answer.returncode == 0, answer.stderr
    page = html.parse(tmp_path / "site" / "new.html").getroot()
    assert not page.xpath("//script | //b")
    assert "<script>alert(1)</script>" in page.text_content()


def test_a_page_that_the_plan_does_not_list_comes_last_in_the_navigation(tmp_path):
    answer = build(added(tmp_path, "Words."), tmp_path / "site")
    assert answer.returncode == 0, answer.stderr
    page = html.parse(tmp_path / "site" / "index.html").getroot()
    assert page.xpath("//nav[@id='pages']/p/text()")[-1] == "More"
    assert "New" in page.xpath("//nav[@id='pages']/ul[last()]//a/text()")


def test_every_heading_of_a_table_says_what_it_heads_and_none_is_empty(pages):
    cells = [cell for page in pages.values() for cell in page.xpath("//th")]
    assert len(cells) > 60
    assert {cell.get("scope") for cell in cells} == {"col"}
    assert all(cell.text_content().strip() for cell in cells)


def test_a_folder_that_holds_something_else_is_left_alone(project, tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")
    answer = build(project, tmp_path)
    assert answer.returncode == 1
    assert "holds something other than a site" in answer.stderr
    assert (tmp_path / "letter.txt").read_text() == "keep me"


def test_the_site_has_the_same_bytes_whoever_builds_it(site, tmp_path):
    elsewhere = copy_of_project(tmp_path / "another project")
    assert (
        build(elsewhere, tmp_path / "site", PYTHONHASHSEED="7", TZ="Asia/Tokyo", LC_ALL="C").returncode == 0
    )
    assert contents(tmp_path / "site") == contents(site)


def test_headings_begin_with_one_of_the_first_level_and_leave_none_out(pages):
    for name, page in pages.items():
        levels = [
            int(each.tag[1]) for each in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")
        ]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(below - above <= 1 for above, below in pairwise(levels)), name
        assert page.get("lang") == "en-GB"
        assert page.xpath("//body/*[1]/@href") == ["#content"]


def test_the_look_uses_only_colours_that_the_bulletin_has(site):
    look = (site / "site.css").read_text(encoding="utf-8")
    used, given = set(re.findall(r"var\((--[\w-]+)", look)), set(re.findall(r"(--[\w-]+):", look))
    assert used
    assert used <= given
    assert "prefers-color-scheme: dark" in look


@pytest.mark.needs_program("chromium")
def test_every_page_is_accessible_and_fits_wide_narrow_dark_and_printed(site, pages, chromium):
    import axe_playwright_python
    from playwright.sync_api import sync_playwright

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
        page = browser.new_page()
        page.on("console", lambda message: found.append(message.text))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(("file:", "data:")) else found.append(asked.url),
        )
        for name in pages:
            page.goto((site / name).as_uri())
            page.evaluate(axe)
            for width, colours, medium in VIEWS:
                if medium == "print" and name not in PRINTED:
                    continue
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=colours, media=medium)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if medium == "screen" and wide > width:
                    found.append(f"{name} is {wide} wide at {width}")
                for wrong in page.evaluate(AXE):
                    found.append(f"{name} at {width}: {wrong['id']} {wrong['nodes'][0]['html'][:200]}")
        browser.close()
    assert found == []


def test_the_data_dictionary_is_that_of_the_studies(site, project):
    text = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert text == (project / "docs" / "data-dictionary.md").read_text(encoding="utf-8"), (
        "docs/data-dictionary.md is not what the studies say; run make docs"
    )


@pytest.mark.parametrize("name", ["bulletin_2021_03", "thematic_2016"])
def test_the_data_dictionary_names_every_column_and_code_that_a_study_reads(site, name):
    study = read_study(ROOT / "studies" / name)
    page = html.parse(site / "data-dictionary.html").getroot()
    table = page.xpath("//h3[@id=$id]/following::table[1]", id=f"columns-of-the-records-of-{name}")[0]
    rows = {row[0].text_content(): row.text_content() for row in table.xpath(".//tbody/tr")}
    assert {study.case, study.service, *study.judgement_columns} <= rows.keys()
    for division in study.divisions:
        for level in division.levels:
            assert level.code in rows[division.column]
            assert level.label in rows[division.column]
    for item in study.items:
        if not item.derived:
            assert item.measure in rows[item.column]
    for what, why in study.assumptions:
        assert " ".join(f"{what}: {why}".split()) in " ".join(page.text_content().split())


def test_labels_of_a_study_stand_in_the_dictionary_as_they_are(tmp_path):
    project = copy_of_project(tmp_path / "project")
    path = project / "studies" / "thematic_2016" / "study.yaml"
    hostile = '<script>alert(1)</script> | `x` *y* $z$ [a](b) &lt; =HYPERLINK("c")'
    text = path.read_text(encoding="utf-8").replace("label: Age\n", f"label: '{hostile}'\n")
    path.write_text(text, encoding="utf-8")
    answer = build(project, tmp_path / "site")
    assert answer.returncode == 0, answer.stderr
    page = html.parse(tmp_path / "site" / "data-dictionary.html").getroot()
    cells = [cell.text_content() for cell in page.xpath("//td")]
    assert f"{hostile} (assumed)" in cells
    assert not page.xpath("//script | //math")


def test_the_study_that_the_documentation_adds_can_be_read(tmp_path):
    text = (ROOT / "docs" / "add-a-study.md").read_text(encoding="utf-8")
    study_text, claims_text, config = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (tmp_path / "study.yaml").write_text(study_text, encoding="utf-8")
    (tmp_path / "claims.yaml").write_text(claims_text, encoding="utf-8")
    study = read_study(tmp_path)
    assert len(study.judgement_columns) == 6
    assert len(read_claims(tmp_path, study)) == 3
    assert "study: studies/reading" in config


def test_every_file_and_command_that_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("https://") or (ROOT / link).is_file(), link
    commands = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(r"make (\w+)(?= +#|`|\n| STUDY| CONFIG)", text):
        assert f"\n{command}: " in commands, command
    assert "The records this project comes with are made up" in text


def test_the_picture_of_the_report_is_small_and_described():
    picture = ROOT / "docs" / "images" / "report.png"
    assert picture.stat().st_size < 250_000
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"!\[[^\]]*made-up[^\]]*\]\(docs/images/report\.png\)", text)
