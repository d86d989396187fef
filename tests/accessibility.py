"""Pages held against WCAG 2.2 AA by axe-core in a browser, in the ways a reader may see them."""

from contextlib import contextmanager
from importlib.resources import files

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ROWS = 4
# Width in CSS pixels, colour scheme and medium.
STATES = {
    "desktop": (1280, "light", "screen"),
    "phone": (320, "light", "screen"),
    "dark": (1280, "dark", "screen"),
    "print": (1280, "light", "print"),
}
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def browser(chromium):
    """Start the browser at this path, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
        try:
            yield started
        finally:
            started.close()


def violations(page, state):
    """What axe-core finds wrong with a page that is open, in one state; everything that folds is unfolded.

    Of a long table the first rows are looked at: the others are made alike, and there are thousands.
    """
    width, scheme, medium = STATES[state]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media=medium, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(
        "rows => document.querySelectorAll('tbody').forEach("
        "each => [...each.rows].slice(rows).forEach(row => row.remove()))",
        ROWS,
    )
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        RULES,
    )
    return [
        f"{state}: {one['id']}: {one['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
