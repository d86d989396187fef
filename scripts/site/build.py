"""Build the documentation as a small site of plain pages: no JavaScript, no network, the same bytes every time.

    python scripts/site/build.py site

`docs/index.md` is the plan: its headings and lists of links make the navigation. A Markdown file outside docs that
a page links to becomes a page too; any other file that a page links to is copied. A link or anchor that leads
nowhere, or a formula that cannot be set, stops the build. The data dictionary is made from the studies, and
`docs/data-dictionary.md` is written again for those who read the folder.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).parent))

from dictionary import data_dictionary
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pages import BuildError, Page, read_page, target_of, with_links

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOME = PurePosixPath("docs/index.md")
DICTIONARY = PurePosixPath("docs/data-dictionary.md")
LOOK = "src/desistance/bulletin/page/templates/style.css"
KEPT_BACK = {"results", ".git", ".venv"}  # never copied into a site, whatever links to them
INDEX = Page(PurePosixPath("everything"), PurePosixPath("everything.html"), "Index", "", (), {}, ())
COLOURS = re.compile(
    r"^:root \{.*?\}\n@media screen and \(prefers-color-scheme: dark\) \{\n.*?\n\}\n", re.M | re.S
)


def site_pages(root: Path) -> dict[PurePosixPath, Page]:
    """All pages by the path of their source: those of docs, and whatever Markdown they lead to."""
    pages, waiting = {}, sorted(PurePosixPath(path.relative_to(root)) for path in root.glob("docs/**/*.md"))
    if DICTIONARY not in waiting:
        waiting.append(DICTIONARY)
    for source in waiting:  # grows while it is walked
        text = data_dictionary(root) if source == DICTIONARY else (root / source).read_text(encoding="utf-8")
        pages[source] = read_page(source, text)
        for path, _ in pages[source].leads_to.values():
            if path.suffix == ".md" and path not in waiting and (root / path).is_file():
                waiting.append(path)
    return pages


def copied_files(pages: dict[PurePosixPath, Page], root: Path) -> list[PurePosixPath]:
    """Files to copy because a page leads to them; all links and anchors that lead nowhere are reported at once."""
    files, mistakes = set(), []
    for page in pages.values():
        for path, anchor in page.leads_to.values():
            if path in pages:
                if anchor and anchor not in pages[path].anchors:
                    mistakes.append(f"{page.source}: {path} has no heading #{anchor}")
            elif KEPT_BACK.intersection(path.parts) or ".." in path.parts or not (root / path).is_file():
                mistakes.append(f"{page.source}: {path} is not a file of the project")
            else:
                files.add(path)
    if mistakes:
        raise BuildError("\n".join(["links that lead nowhere:", *sorted(mistakes)]))
    return sorted(files)


def navigation(home: Page, pages: dict[PurePosixPath, Page]) -> list[tuple[str, list[tuple[str, Page]]]]:
    """Groups of pages with their names, as the home page lists them; what it leaves out comes last."""
    groups = {}
    for heading, name, path in home.listed:
        groups.setdefault(heading, []).append((name, pages[path]))
    placed = {home.source, *(path for _, _, path in home.listed)}
    for path in sorted(pages):
        if path.parts[0] == "docs" and path not in placed:
            groups.setdefault("More", []).append((pages[path].title, pages[path]))
    return list(groups.items())


def build(root: Path, out: Path) -> int:
    """Write the site to a folder, in place of what was there; gives the number of pages."""
    pages = site_pages(root)
    files = copied_files(pages, root)
    look = COLOURS.search((root / LOOK).read_text(encoding="utf-8"))
    if look is None:
        raise BuildError(f"{LOOK} no longer begins with the colours of the page, light and dark; see COLOURS")
    templates = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups, template = navigation(pages[HOME], pages), templates.get_template("page.html")
    if out.exists():
        shutil.rmtree(out)
    for page in pages.values():
        up = "../" * (len(page.target.parts) - 1)
        opening, body = with_links(page, pages)
        text = template.render(page=page, opening=opening, body=body, groups=groups, up=up, every=None)
        _write(out / page.target, text)
    every = [page for _, group in groups for _, page in group]
    text = template.render(page=INDEX, opening="", body="", groups=groups, up="", every=every)
    _write(out / INDEX.target, text)
    _write(out / "site.css", look.group() + (HERE / "site.css").read_text(encoding="utf-8"))
    for path in files:
        target = out / target_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, target)
    return len(pages)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def main() -> int:
    """Build the site, and say what is wrong where it cannot be built."""
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("out", type=Path, help="folder of the site; whatever is in it is replaced")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project (default: this one)")
    chosen = parser.parse_args()
    if chosen.out.exists() and any(chosen.out.iterdir()) and not (chosen.out / "site.css").exists():
        print(f"{chosen.out} holds something other than a site; name another folder", file=sys.stderr)
        return 1
    try:
        n_pages = build(chosen.root.resolve(), chosen.out)
        (chosen.root / DICTIONARY).write_bytes(data_dictionary(chosen.root).encode())
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{n_pages} pages; begin with {chosen.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
