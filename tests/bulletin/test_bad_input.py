"""The page in a browser where the input is bad: it stays whole, escaped and truthful."""

import re
from dataclasses import replace

import pytest

from accessibility import browser, violations
from bulletin.conftest import HOSTILE
from bulletin.test_hidden_words import hidden_at_random
from desistance.bulletin.page.rendering import render_bulletin

LONG = "A label that somebody has made far too long " * 5
WORDS = {"case": ("Fall", "Fälle"), "person": ("Kind", "Kinder"), "service": ("Träger", "Träger")}


def long_labels(study):
    """Every item with a label of two hundred letters, and the first with a word that never ends."""

    def named(measure):
        items = [replace(item, label=f"{item.id} {LONG}") for item in measure.items]
        items[0] = replace(items[0], label="Unbroken" * 25)
        return replace(measure, items=tuple(items))

    return replace(study, measures=tuple(map(named, study.measures)))


@pytest.fixture(scope="module")
def pages(short_study, short_release, small_study, make_release, with_hostile_labels):
    """Pages by what is wrong with what they were made of."""
    one = replace(small_study, breakdowns=small_study.breakdowns[:1])
    none = replace(small_study, breakdowns=())
    german = replace(short_study, words={**short_study.words, **WORDS}, title="Unterstützung für Kinder")
    made = {
        "hostile labels": (with_hostile_labels(short_study), short_release),
        "long labels": (long_labels(short_study), short_release),
        "another language": (german, make_release(german)),
        "no bands": (small_study, make_release(small_study)),
        "one breakdown": (one, make_release(one)),
        "no breakdown": (none, make_release(none)),
        "nothing available": (short_study, make_release(short_study, available=False)),
        "everything hidden": (short_study, hidden_at_random(short_release, 1.0, 11)),
        "no claims": (short_study, make_release(short_study, ledger=False)),
    }
    return {name: render_bulletin(released, study, {}) for name, (study, released) in made.items()}


@pytest.mark.needs_program("chromium")
def test_the_page_stays_whole_whatever_it_is_made_of(pages, tmp_path, chromium):
    problems = []
    with browser(chromium) as started:
        for name, html in pages.items():
            path = tmp_path / "page.html"
            path.write_text(html, encoding="utf-8")
            page = started.new_page(viewport={"width": 320, "height": 800}, locale="de-DE")
            said = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("dialog", lambda dialog, said=said: (said.append(dialog.message), dialog.dismiss()))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.goto(path.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            text = page.inner_text("body")
            width = page.evaluate("document.documentElement.scrollWidth")
            headings = page.locator("h1").count()
            blank = re.findall(r"\bnan\b|\bNaN\b|\bundefined\b|<NA>|\{\{ (?!7)", text) + re.findall(
                ">None<", html
            )
            problems += [f"{name}: {one}" for one in (*said, *blank)]
            problems += [f"{name}: {width} wide"] * (width > 320) + [f"{name}: {headings} h1"] * (
                headings != 1
            )
            problems += [f"{name}: cut short"] * ("Made by desistance" not in text)
            page.close()
    assert problems == []


@pytest.mark.needs_program("chromium")
def test_a_hostile_label_is_seen_as_it_was_written(pages, tmp_path, chromium):
    path = tmp_path / "page.html"
    path.write_text(pages["hostile labels"], encoding="utf-8")
    with browser(chromium) as started:
        page = started.new_page()
        page.goto(path.as_uri())
        assert HOSTILE in page.inner_text("h1")
        assert HOSTILE in page.locator("th").filter(has_text="7 * 7").first.text_content()
        assert page.locator("script").count() == 0


def test_a_page_with_nothing_to_show_makes_no_statement(pages):
    for name, why in (
        ("everything hidden", "every share is hidden"),
        ("nothing available", "none of the shares"),
    ):
        assert f"No finding can be written: {why}" in pages[name]
        assert not re.search(r"<li>\s*<p class=\"big\"", pages[name])


@pytest.mark.needs_program("chromium")
def test_bad_input_leaves_the_page_accessible(pages, tmp_path, chromium):
    with browser(chromium) as started:
        page = started.new_page()
        for name in ("hostile labels", "no breakdown", "everything hidden"):
            path = tmp_path / "page.html"
            path.write_text(pages[name], encoding="utf-8")
            page.goto(path.as_uri())
            assert violations(page, "phone") == [], name
