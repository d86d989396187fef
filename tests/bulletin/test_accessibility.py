"""The page is held against WCAG 2.2 AA in every way a reader may see it."""

import pytest

from accessibility import STATES, browser, violations
from desistance.bulletin.page.rendering import render_bulletin


@pytest.fixture(scope="module")
def page_of(short_release, short_study, draw_files, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "bulletin.html"
    path.write_text(
        render_bulletin(short_release, short_study, draw_files(short_release, short_study)), encoding="utf-8"
    )
    return path


@pytest.mark.needs_program("chromium")
@pytest.mark.parametrize("state", list(STATES))
def test_axe_finds_no_violation_on_the_page(page_of, chromium, state):
    with browser(chromium) as started:
        page = started.new_page()
        page.goto(page_of.as_uri())
        assert violations(page, state) == []


@pytest.mark.needs_program("chromium")
def test_axe_would_find_a_violation(chromium):
    with browser(chromium) as started:
        page = started.new_page()
        page.set_content("<title>A page</title><main><h1>A page</h1><p style='color: #aaa'>Pale</p></main>")
        found = violations(page, "desktop")
    assert [one.split(": ")[1] for one in found] == ["color-contrast", "html-has-lang"]
