"""Take the picture of the report that the README shows: the top of the page, as wide as a desk's screen.

    python scripts/picture.py results/published/bulletin.html docs/images/report.png

Needs Chromium. A page that does not say at its top that its records are made up is refused: the README shows no other.
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")
SIZE = {"width": 1280, "height": 1000}
COLOURS = 128  # few enough for a small file, enough for letters to stay smooth


def picture(page_file: Path, browser: str) -> bytes:
    """PNG of the top of a page with light colours."""
    with sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=browser, args=list(OPTIONS))
        page = window.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.goto(page_file.resolve().as_uri())
        seen = page.evaluate(
            """bottom => [...document.querySelectorAll('body *')].filter(each => {
            const box = each.getBoundingClientRect();
            return box.height && box.bottom <= bottom && /made[ -]up/i.test(each.textContent);
        }).length""",
            SIZE["height"],
        )
        shot = page.screenshot()
        window.close()
    if not seen:
        raise SystemExit(
            f"{page_file} does not say at its top that its records are made up; no picture was taken"
        )
    return shot


def small(shot: bytes) -> bytes:
    """Redraw a PNG with few colours."""
    drawn = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    file = io.BytesIO()
    drawn.save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description="Take the picture of the report that the README shows.")
    parser.add_argument("page", type=Path, help="the bulletin, made from made-up records")
    parser.add_argument("out", type=Path, help="the PNG to write")
    chosen = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("Chromium is not installed; it takes the picture")
    chosen.out.write_bytes(small(picture(chosen.page, browser)))
    print(f"{chosen.out}: {chosen.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
