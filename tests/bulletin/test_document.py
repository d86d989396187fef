"""The report as PDF: tagged as PDF/UA asks, the same bytes everywhere, and whole whatever the labels are."""

import io
import itertools
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from attack.test_documents import GIRLS, STRUCTURE
from desistance.attack.documents import statements
from desistance.bulletin.content import Cell, Table, Term
from desistance.bulletin.document import render_document, rendering
from desistance.bulletin.document.columns import END, TEXT, joined, layout
from desistance.bulletin.document.drawings import placed
from desistance.bulletin.document.faces import settable
from desistance.bulletin.document.row_heads import with_row_heads
from desistance.bulletin.inline import plain
from desistance.bulletin.publication import figures_of, publication, tables_of
from desistance.errors import ReleaseError

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="960" height="300" viewBox="0 0 960 300">'
    '<text x="9" y="40" style="font-size: 16px">Drawn words</text></svg>'
)
HOSTILE = ("#pagebreak()", "$x$ *a* _b_ @c <d>", "\\u{41} // no", "\u6f22 \u05d0\u05d1 {{x}}", "W" * 200)


def sections_of(report):
    """Sections with their parts, in order, each with its level."""

    def walk(made, level):
        for section in made:
            yield level, section
            yield from walk(section.parts, level + 1)

    return list(walk((report.about, *report.sections, *report.annex), 1))


def parts_of(document):
    """Tags in their order: kind and dictionary."""

    def walk(tag):
        if "/S" in tag:
            yield str(tag.S), tag
        kids = tag.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and ("/S" in kid):
                yield from walk(kid)

    return list(walk(document.Root.StructTreeRoot))


@pytest.fixture(scope="module")
def report(short_study, short_release):
    """The report of the short study."""
    return publication(short_release, short_study)


@pytest.fixture(scope="module")
def drawings(report):
    """A drawing for each figure."""
    made = (*report.sections, *report.annex)
    return {figure.id: DRAWING for figure in figures_of(made)}


@pytest.fixture(scope="module")
def written(report, drawings):
    """The document's bytes."""
    return render_document(report, drawings)


@pytest.fixture(scope="module")
def document(written):
    """The document, opened."""
    with pikepdf.open(io.BytesIO(written)) as opened:
        yield opened


@pytest.fixture(scope="module")
def tags(document):
    """Its tags."""
    return parts_of(document)


def words_of(pdf):
    """Every word of a document, by its own reading of the pages."""
    import pypdf

    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def squeezed(text):
    return "".join(text.replace("\u200b", "").replace("\u00ad", "").split())


def test_the_document_says_what_it_is(document, report):
    root = document.Root
    assert bool(root.MarkInfo.Marked)
    assert str(root.Lang) == "en-GB"
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    title = f"{report.title} (made-up records)"
    assert str(document.docinfo["/Title"]) == title
    with document.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == title
    assert document.check_pdf_syntax() == []


def test_headings_are_those_of_the_report_and_in_its_order(tags, report):
    levels = [int(kind[2:]) for kind, _ in tags if kind[:2] == "/H"]
    ends = [2 for section in (report.about, *report.sections, *report.annex) if any(folded(section))]
    expected = [1, 1, *(level for level, _ in sections_of(report)), 1, *ends]
    assert levels == expected
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def folded(section):
    return [table for table in tables_of((section,)) if table.folded]


def test_every_section_has_a_bookmark(document, report):
    with document.open_outline() as outline:
        found = []

        def gather(items):
            for item in items:
                found.append(item.title)
                gather(item.children)

        gather(outline.root)
    assert [title for title in found if title in {plain(s.topic) for _, s in sections_of(report)}]
    assert {plain(section.topic) for _, section in sections_of(report)} <= set(found)


def test_figures_have_the_alternative_texts_of_the_report(tags, report):
    alternatives = [str(tag.Alt) for kind, tag in tags if kind == "/Figure"]
    made = (report.about, *report.sections, *report.annex)
    assert alternatives == [plain(figure.alt) for figure in figures_of(made)]
    assert len(alternatives) > 5


def test_every_table_has_a_title_and_heads_of_columns_and_rows(tags, report):
    tables = [tag for kind, tag in tags if kind == "/Table"]
    made = list(tables_of((report.about, *report.sections, *report.annex)))
    assert len(tables) == len(made)
    assert sum(kind == "/Caption" for kind, _ in tags) == len(made)
    scopes = [scope_of(tag) for kind, tag in tags if kind == "/TH"]
    assert scopes.count("/Row") == sum(len(table.rows) for table in made)
    columns = sum(len((joined(table) if len(table.columns) >= 8 else table).columns) for table in made)
    assert scopes.count("/Column") == columns
    assert set(scopes) == {"/Row", "/Column"}
    rows = [kids(tag) for kind, tag in tags if kind == "/TR"]
    assert all(str(row[0].S) == "/TH" for row in rows)
    assert not any("/Headers" in one and len(one.Headers) for kind, tag in tags for one in attributes(tag))


def attributes(tag):
    return [one for one in tag.get("/A", []) if isinstance(one, pikepdf.Dictionary)]


def scope_of(tag):
    return next(str(one.Scope) for one in attributes(tag) if "/Scope" in one)


def kids(tag):
    return list(tag.K)


def test_links_say_where_they_lead_and_lead_there(document, report):
    links = [one for page in document.pages for one in page.get("/Annots", [])]
    assert len(links) > 50
    assert all(str(one.get("/Contents", "")) for one in links)
    names = names_of(document)
    pages = {page.objgen for page in document.pages}
    for one in links:
        to = one.Dest
        assert str(to) in names if isinstance(to, pikepdf.String) else to[0].objgen in pages
    assert "key-findings" in names


def names_of(document):
    tree = pikepdf.NameTree(document.Root.Names.Dests)
    return set(tree.keys())


@pytest.fixture(scope="module")
def said(written):
    """Words of each page."""
    import pypdf

    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(written)).pages]


def test_every_page_says_that_the_records_are_made_up(said, report):
    assert all("Made-up records" in page for page in said)
    real = render_document(replace(report, made_up=False, sections=(), annex=(), notices=()), {})
    assert "Made-up records" not in words_of(real)


def test_the_same_report_gives_the_same_bytes_from_another_folder(
    written, report, drawings, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert render_document(report, drawings) == written
    assert str(tmp_path).encode() not in written
    assert b"site-packages" not in written
    assert b"/CreationDate" not in written
    assert b"xmp:CreateDate" not in written


def test_a_figure_without_a_drawing_is_set_in_words(report):
    one = next(section for section in report.sections if section.figures)
    small = replace(report, sections=(replace(one, parts=(), tables=()),), annex=())
    assert squeezed(plain(one.figures[0].alt)) in squeezed(words_of(render_document(small, {})))


def test_markup_in_labels_is_set_as_it_is(report, drawings):
    section = report.sections[0]
    table = Table(
        "t", 1, HOSTILE[1], ("A", *HOSTILE), (tuple(Cell(one, kind="text") for one in ("a", *HOSTILE)),) * 2
    )
    texts = tuple(f"{text} end." for text in HOSTILE)
    harmed = replace(
        section, topic=HOSTILE[0], heading=HOSTILE[1], paragraphs=texts, tables=(table,), points=texts
    )
    pdf = render_document(replace(report, title=HOSTILE[2], sections=(harmed,), annex=()), drawings)
    said = squeezed(words_of(pdf))
    for text in (*HOSTILE[:3], "W" * 200, "[U+6F22]", "{{x}}"):
        assert squeezed(text) in said
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.docinfo["/Title"]) == f"{HOSTILE[2]} (made-up records)"


@pytest.mark.parametrize("case", ["hostile", "nothing available", "another study", "everything hidden"])
def test_a_report_of_any_study_is_whole(case, short_study, small_study, make_release, with_hostile_labels):
    study = {"hostile": with_hostile_labels(short_study), "another study": small_study}.get(case, short_study)
    released = make_release(
        study if case == "another study" else short_study, available=case != "nothing available"
    )
    if case == "everything hidden":
        released = hidden(released)
    made = publication(released, study)
    made = replace(made, sections=made.sections[:3])
    with pikepdf.open(io.BytesIO(render_document(made, {}))) as opened:
        tables = [tag for kind, tag in parts_of(opened) if kind == "/Table"]
    assert len(tables) == len(list(tables_of((made.about, *made.sections, *made.annex))))


def hidden(released):
    """The release with every share and test hidden."""
    shares = ("n_cases", "n_yes", "n_missing", "estimate", "ci_low", "ci_high", "design_effect")
    tests = ("estimate", "ci_low", "ci_high", "p_value", "p_holm", "p_bh", "statistic")
    return replace(
        released,
        estimates=released.estimates.assign(**dict.fromkeys(shares, "[c]"), status="suppressed"),
        comparisons=released.comparisons.assign(**dict.fromkeys(tests, "[c]"), status="suppressed"),
        facts=released.facts | {"protected": True, "policy": "default"},
    )


@pytest.mark.parametrize("place", ["a sentence", "an alternative text", "the properties", "a cell"])
def test_a_hidden_count_planted_in_the_document_is_found(place, report, drawings, tmp_path):
    text = "Delivery sufficient, girls: physical health, {}"
    cells = ("Physical health", "40 n = 20", "{}")

    def made(said):
        heads = ("Factor", "Delivery sufficient, boys, % and base", "Delivery sufficient, girls, % and base")
        row = tuple(Cell(one.format(said), kind="text") for one in cells)
        section = replace(
            next(one for one in report.sections if one.figures), paragraphs=(), parts=(), points=(), tables=()
        )
        if place == "a sentence":
            section = replace(section, paragraphs=(text.format(said),))
        elif place == "a cell":
            section = replace(section, tables=(Table("t", 1, "By gender", heads, (row,)),))
        elif place == "an alternative text":
            section = replace(section, figures=(replace(section.figures[0], alt=text.format(said)),))
        head = (Term("Note", text.format(said)),) if place == "the properties" else ()
        whole = replace(report, head=head, notices=(), sections=(section,), annex=(), findings=(), lead="")
        (tmp_path / "bulletin.pdf").write_bytes(render_document(whole, drawings))
        return {(one.low, one.high) for one in statements(tmp_path, [GIRLS], STRUCTURE)[0]}

    assert {(3, 3), (17, 17)} <= made("3 of 17")
    assert made("[c]") == set()


@pytest.mark.parametrize("room", [TEXT, END])
def test_no_table_is_wider_than_its_page(report, room):
    for table in tables_of((report.about, *report.sections, *report.annex)):
        chosen = layout(table, room)
        assert sum(chosen.widths) <= (740.5 if chosen.landscape else room + 0.5)
        assert chosen.size >= 6.5


def test_a_number_is_as_wide_as_its_column_at_the_least():
    table = Table("t", 1, "T", ("A", "B"), ((Cell("a", kind="text"), Cell("\u221210.8 to \u22121.3")),))
    widths, size = layout(table, TEXT).widths, layout(table, TEXT).size
    assert widths[1] >= size * 13 * 0.55


def test_two_columns_of_words_share_one_head_and_others_do_not():
    words, number = Cell("a", kind="text"), Cell("1")
    shared = joined(Table("t", 1, "T", ("Factor", "Group", "N"), ((words, words, number),)))
    assert shared.columns == ("Factor and group", "N")
    assert shared.rows[0][0].small == "a"
    apart = Table("t", 1, "T", ("Factor", "N"), ((words, number),))
    assert joined(apart) is apart


def test_a_tall_drawing_is_cut_at_its_rules_and_repeats_its_heads():
    rules = "".join(f'<path d="M 0 {y} L 960 {y}"/>' for y in range(100, 2000, 50))
    heads = '<text x="9" y="20">Key</text><text x="9" y="90">Heads</text>'
    svg = f'<svg viewBox="0 0 960 2000">{heads}{rules}</svg>'
    strips = placed(svg)["strips"]
    scale = placed(svg)["width"] / 960
    assert len(strips) == 2
    assert len(strips[0]) == 1
    assert len(strips[1]) == 2
    (first,), (again, second) = strips
    assert first[0] == 0
    assert second[1] == round(2000 * scale, 2)
    assert first[1] == second[0]
    assert round(first[1] / scale - 1) % 50 == 0
    assert 25 * scale < again[0] < 90 * scale < again[1]
    assert placed(DRAWING)["strips"] == []
    assert placed("no drawing")["svg"] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain words, 3 \u2212 2 \u2260 1 \u2713", None),
        ("\u6f22", "[U+6F22]"),
        ("\u05d0\u05d1", None),
        ("a" * 31, "a" * 12 + "\u200b" + "a" * 12 + "\u200b" + "a" * 7),
    ],
)
def test_a_letter_without_a_shape_is_named_and_a_long_word_may_break(text, expected):
    assert settable(text) == (expected or text)


def test_what_typst_does_not_write_is_refused():
    with pytest.raises(ValueError, match="table of its objects"):
        with_row_heads(b"%PDF-1.7\n")


def test_the_fonts_are_those_of_the_package_and_drawings_keep_their_words(document, said):
    names = {
        str(font.BaseFont).partition("+")[2]
        for page in document.pages
        for font in page.Resources.get("/Font", {}).values()
    }
    assert names <= {"DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSans-Oblique"}
    assert sum("Drawn words" in page for page in said) > 5


def test_the_template_holds_no_numbers_of_a_report():
    template = (
        Path(render_document.__code__.co_filename).with_name("template.typ").read_text(encoding="utf-8")
    )
    assert "youth" not in template
    assert "per cent" not in template
    assert "desistance" not in template


def test_letters_that_the_face_lacks_are_named_in_drawings_too():
    svg = '<svg viewBox="0 0 10 10"><text x="1" y="2">Girls \u0939\U0001f468</text></svg>'
    assert "Girls [U+0939][U+1F468]" in placed(svg)["svg"]


def test_a_report_that_cannot_be_set_is_refused_with_what_to_do(report, drawings, monkeypatch):
    monkeypatch.setattr(rendering, "report_data", lambda *_: {"title": "Nothing else"})
    with pytest.raises(ReleaseError, match=r"cannot be set as a PDF document.*labels of the study"):
        render_document(report, drawings)
