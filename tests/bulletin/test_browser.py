"""The page in a real browser: it fits the narrowest screen and runs without complaint."""

import pytest

from accessibility import OPTIONS, browser
from desistance.bulletin.page.rendering import render_bulletin


@pytest.mark.needs_program("chromium")
def test_the_page_fits_every_width_and_the_browser_has_nothing_to_complain_of(
    released, study, tmp_path, chromium, draw_files
):
    from playwright.sync_api import sync_playwright

    path = tmp_path / "bulletin.html"
    path.write_text(render_bulletin(released, study, draw_files(released, study)), encoding="utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
        page = browser.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda request: said.append(request.url) if not request.url.startswith("file:") else None,
        )
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(path.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            shown = page.locator(".chart").first.locator("svg:visible")
            assert shown.count() == 1
            sizes = page.evaluate("""[...document.querySelectorAll('.chart svg')]
                .filter(each => each.checkVisibility())
                .map(each => 16 * each.getBoundingClientRect().width / each.viewBox.baseVal.width)""")
            assert min(sizes) >= (13 if width < 360 else 15.9)
        browser.close()
    assert said == []


@pytest.mark.needs_program("chromium")
def test_evidence_leads_to_its_row_even_in_a_table_that_is_folded(
    short_release, short_study, tmp_path, chromium
):
    path = tmp_path / "bulletin.html"
    path.write_text(render_bulletin(short_release, short_study, {}), encoding="utf-8")
    with browser(chromium) as started:
        page = started.new_page(viewport={"width": 1280, "height": 800})
        page.goto(path.as_uri())
        folded = (
            "[...document.querySelectorAll('p a[href^=\"#row.\"]')].map(a => a.getAttribute('href').slice(1))"
        )
        targets = page.evaluate(f"{folded}.filter(id => !document.getElementById(id).checkVisibility())")
        assert targets
        for target in dict.fromkeys(targets[:3]):
            page.goto(path.as_uri())
            page.locator(f'p a[href="#{target}"]').first.click()
            row = page.locator(f'[id="{target}"]')
            assert row.is_visible()
            assert 0 <= row.bounding_box()["y"] < 800


@pytest.mark.needs_program("chromium")
def test_no_table_is_wider_than_the_paper(short_release, short_study, tmp_path, chromium):
    path = tmp_path / "bulletin.html"
    path.write_text(render_bulletin(short_release, short_study, {}), encoding="utf-8")
    with browser(chromium) as started:
        page = started.new_page(viewport={"width": 680, "height": 900})
        page.emulate_media(media="print")
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        widths = page.evaluate(
            "[...document.querySelectorAll('table')].map(e => [e.id, e.getBoundingClientRect().right])"
        )
    assert len(widths) > 30
    assert [one for one in widths if one[1] > 681] == []
