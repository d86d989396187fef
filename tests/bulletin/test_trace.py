"""From a number in a sentence to its row: every link leads somewhere, and what it leads to holds what it shows."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bulletin.prose import labels_of, released_rows, sentences, tokens, walked
from bulletin.test_hidden_words import hidden_at_random
from desistance.bulletin.inline import destination
from desistance.bulletin.publication import anchors, publication, tables_of
from desistance.study import read_study

ROOT = Path(__file__).parents[2]
# Paragraphs that hold a number which is no finding: methods, and what the study itself counts.
BY_DEFINITION = (
    "Practice is judged at",
    "The crosswalk is this project",
    "Methods that take judgements",
    "No judgement bears on",
    "No fall from one stage",
)


@pytest.fixture(scope="module")
def thematic():
    return read_study(ROOT / "studies" / "thematic_2016")


@pytest.fixture(scope="module", params=["example", "thematic", "another edition", "much hidden"])
def told(request, study, released, thematic, short_study, make_release):
    """A report, and the release and the study behind it."""
    if request.param == "example":
        found = released, study
    elif request.param == "thematic":
        found = make_release(thematic), thematic
    else:
        found = make_release(short_study, compare=True), short_study
        if request.param == "much hidden":
            found = hidden_at_random(found[0], 0.3, 7), short_study
    return publication(*found), *found


def rows_by_place(report):
    """Text of each anchored row, with the title and the columns of its table, and the tables by their ids."""
    made = list(tables_of((*report.sections, *report.annex)))
    rows = {
        place: (row, " ".join((table.title, *table.columns)))
        for table in made
        for place, row in zip(table.ids, table.rows, strict=False)
    }
    return rows, {table.id: table for table in made}


def cells(row):
    return " ".join(f"{cell.text} {cell.small}" for cell in row)


def test_every_link_of_the_prose_has_a_place_to_go(told):
    report, released, _ = told
    places = anchors(report)
    for sentence in sentences(report):
        for target in sentence.targets:
            if target.startswith("tables/"):
                assert len(getattr(released, target[7:-4])), (target, sentence.text)
            else:
                assert destination(target, places), (target, sentence.text)


def test_every_row_has_a_name_of_its_own(told):
    ids = [place for table in tables_of((*told[0].sections, *told[0].annex)) for place in table.ids]
    assert not [place for place, n in Counter(ids).items() if n > 1 or not place]
    for table in tables_of(told[0].sections):
        assert len(table.ids) in (0, len(table.rows)), table.id


@pytest.mark.parametrize("what", ["heading", "topic", "figure", "table"])
def test_what_is_no_running_text_holds_no_link(told, what):
    for section in walked(told[0].sections):
        tables = (
            text for table in section.tables for text in (table.title, *(cells(row) for row in table.rows))
        )
        figures = (text for one in section.figures for text in (one.headline, one.title, one.alt))
        texts = {"heading": [section.heading], "topic": [section.topic], "table": tables, "figure": figures}
        assert not [text for text in texts[what] if "\ue000" in text]


def test_every_paragraph_with_a_number_leads_to_a_row(told):
    report, _, study = told
    labels = labels_of(study)
    for section in walked(report.sections):
        for text in section.paragraphs:
            plain = re.sub("\ue000link [^\ue001]*\ue001|\ue002", "", text)
            if plain.startswith(BY_DEFINITION) or "every test is hidden" in plain:
                continue
            if any(token not in "012" for token, _ in tokens(plain, labels)):
                assert "\ue000link" in text, (section.id, plain)


def test_a_row_holds_the_numbers_of_every_text_that_leads_to_it(told):
    report, _, study = told
    rows, _ = rows_by_place(report)
    labels, followed = labels_of(study), 0
    for sentence in sentences(report):
        for piece in sentence.pieces:
            if not piece.target.startswith("#row."):
                continue
            row, around = rows[destination(piece.target, rows.keys())[1:]]
            held = {token for token, _ in tokens(f"{cells(row)} {around}".replace("<", " "))}
            held |= {"1"} if "[low]" in cells(row) else set()
            for token, _ in tokens(piece.text, labels):
                followed += 1
                assert token in held, (token, piece, cells(row))
    assert followed > 15


def test_a_row_names_what_the_sentence_speaks_of(told):
    """Of links to the row of one item: its label, or the title of its one-item measure, is in the sentence."""
    report, _, study = told
    names = {(item.measure, item.id): (item.label, item.short) for item in study.items}
    whole = {
        section.id: " ".join((section.heading, *section.paragraphs)) for section in walked(report.sections)
    }
    for sentence in sentences(report):
        for piece in sentence.pieces:
            parts = tuple(piece.target.removeprefix("#row.").split(".")[:2])
            if parts in names:
                said = f"{sentence.text} {whole.get(sentence.section, '')}".lower()
                measure = study.measure(parts[0])
                found = (*names[parts], measure.title, measure.says.split()[0])
                single = len(measure.items) == 1
                assert any(name.lower() in said for name in found[: None if single else 2]), (piece, sentence)


def test_a_released_row_stands_behind_every_row_that_is_led_to(told):
    report, released, _ = told
    behind = released_rows(released)
    for sentence in sentences(report):
        for target in sentence.targets:
            if target.startswith("#row.") and not target.startswith("#row.verdicts-counted"):
                assert target in behind, (target, sentence.text)


def test_a_link_that_leads_to_the_wrong_row_would_be_seen(told):
    """The first evidence of the report under another row of its table."""
    report, _, study = told
    rows, tables = rows_by_place(report)
    piece = next(piece for one in sentences(report) for piece in one.pieces if "n = " in piece.text)
    own = destination(piece.target, rows.keys())[1:]
    table = next(table for table in tables.values() if own in table.ids)
    shown = {token for token, _ in tokens(piece.text, labels_of(study))}
    others = [cells(rows[place][0]) for place in table.ids if place != own]
    assert not any(shown <= {token for token, _ in tokens(text)} for text in others)
