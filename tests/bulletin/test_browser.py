"""The page in a real browser: it fits the narrowest screen and runs without complaint."""

import pytest

from desistance.bulletin.page.rendering import render_bulletin

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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
