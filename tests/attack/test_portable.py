"""What a PDF says of something hidden is found wherever it stands in it, and what cannot be read is refused."""

import io

import pikepdf
import pytest
import typst

from attack.test_documents import EIGHTEEN, GIRLS, OF_SEVENTEEN, STRUCTURE, THREE, values
from desistance.attack.documents import statements
from desistance.attack.errors import AttackError

SAID = "Delivery sufficient, girls: physical health, 3 of 17"
HIDDEN = "Delivery sufficient, girls: physical health, [c]"
BOTH = {THREE, OF_SEVENTEEN}
HEAD = '#set document(title: "Figures", date: none)\n#set text(lang: "en")\n'
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="20">{}</text></svg>'


@pytest.fixture
def told(tmp_path):
    """Write a PDF, attack its folder, and give what was said."""

    def attack(content, *hidden):
        (tmp_path / "a.pdf").write_bytes(content)
        return statements(tmp_path, hidden or (GIRLS,), STRUCTURE)[0]

    return attack


def tagged(body, **options):
    """A tagged document as the report's is made."""
    source = (HEAD + body).encode()
    return typst.compile(source, format="pdf", pdf_standards="ua-1", ignore_system_fonts=True, **options)


def changed(pdf, change):
    """A document after a change of its objects."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        written = io.BytesIO()
        document.save(written, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return written.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{}.", "sentence"),
        ("= Delivery sufficient\n== Girls\nPhysical health: 3 of 17.", "sentence"),
        ('#link("https://example.org")[{}]', "sentence"),
        ("Girls: #strong[physical health], 3 of #emph[17], delivery sufficient.", "sentence"),
        ("#set text(hyphenate: true)\n#box(width: 30pt)[An up-to-date text. {}]", "sentence"),
        ("#pdf.artifact[{}]", "sentence"),
        (
            '#image(bytes("' + DRAWING.format("x").replace('"', '\\"') + '"), format: "svg", alt: "{}")',
            "alternative_text",
        ),
        ('#image(bytes("' + DRAWING.replace('"', '\\"') + '"), format: "svg", alt: "Dots")', "sentence"),
        ("#text(size: 1pt, fill: white)[{}]", "sentence"),
    ],
)
def test_words_of_a_page_are_read_wherever_they_stand(told, body, kind):
    assert values(told(tagged(body.replace("{}", SAID))), kind) == BOTH
    hidden = body.replace("{}", HIDDEN).replace("3 of 17", "[c]").replace("3 of #emph[17]", "[c]")
    assert told(tagged(hidden)) == []


def test_brackets_within_brackets_of_an_alternative_are_read(told):
    alt = "Dots (of groups (such as (some) others), and more). {}"
    image = '#image(bytes("' + DRAWING.format("x").replace('"', '\\"') + '"), format: "svg", alt: "{}")'
    body = image.replace("{}", alt)
    assert values(told(tagged(body.replace("{}", SAID))), "alternative_text") == BOTH
    assert told(tagged(body.replace("{}", HIDDEN))) == []


def test_a_document_without_tags_is_read_by_its_lines(told):
    source = (HEAD + f"Other things.\n\n{SAID}.").encode()
    assert values(told(typst.compile(source, format="pdf", pdf_tags=False)), "sentence") == BOTH


TABLE = """#figure(kind: table, caption: [Sufficiency of delivery where the factor was identified by gender],
supplement: none, table(columns: 3, table.header[Factor][Boys, % and base][Girls, % and base],
[Lifestyle], [60 n = 40], [61 n = 30], [Physical health], [40 n = 20], [{}]))"""


def test_a_cell_of_a_table_has_the_names_of_its_heads_and_its_title(told):
    assert values(told(tagged(TABLE.replace("{}", "18 n = 17"))), "table") == {EIGHTEEN, OF_SEVENTEEN}
    assert told(tagged(TABLE.replace("{}", "[c] n = [c]"))) == []


def test_properties_and_metadata_are_read(told):
    body = f'#set document(description: "{SAID}")\nWords.'
    assert values(told(tagged(body)), "metadata") == BOTH

    def hide(document):
        del document.trailer["/Info"]

    assert values(told(changed(tagged(body), hide)), "metadata") == BOTH


@pytest.mark.parametrize(
    "plant",
    [
        lambda document: document.pages[0].update({"/Annots": [document.make_indirect(note(SAID))]}),
        lambda document: document.Root.update({"/PieceInfo": pikepdf.Dictionary(Note=pikepdf.String(SAID))}),
        lambda document: document.make_indirect(pikepdf.Dictionary(Left=pikepdf.String(SAID))),
        lambda document: document.Root.StructTreeRoot.K[0].update({"/ActualText": pikepdf.String(SAID)}),
        lambda document: document.Root.update({"/Loose": form(document, SAID)}),
    ],
    ids=["note", "private data", "unused object", "text of a tag", "drawing that no page shows"],
)
def test_texts_that_no_page_shows_are_read(told, plant):
    def kept(document):
        plant(document)
        document.Root["/Kept"] = [one for one in document.objects if isinstance(one, pikepdf.Dictionary)][-3:]

    found = told(changed(tagged("Words."), kept))
    assert {(one.unit, one.low, one.high) for one in found} == BOTH


def note(text):
    """An annotation."""
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], Contents=pikepdf.String(text)
    )


def form(document, text):
    """A drawing with words in a font that every reader has."""
    stream = pikepdf.Stream(document, f"BT /F 12 Tf ({text}) Tj ET".encode())
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    stream.BBox, stream.Resources = [0, 0, 9, 9], pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    return document.make_indirect(stream)


def without_letters(document):
    for one in document.objects:
        if isinstance(one, pikepdf.Dictionary) and "/ToUnicode" in one:
            del one["/ToUnicode"]


def with_program(document):
    document.Root["/OpenAction"] = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("x"))


def with_file(document):
    document.attachments["a.txt"] = pikepdf.AttachedFileSpec(document, b"words")


def with_form(document):
    document.Root["/AcroForm"] = pikepdf.Dictionary(Fields=[])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without_letters, "does not say which letters"),
        (with_program, "carries J"),
        (with_file, "carries EmbeddedFile"),
        (with_form, "carries AcroForm"),
    ],
)
def test_what_is_not_read_is_refused(told, change, why):
    with pytest.raises(AttackError, match=rf"a\.pdf.* {why}"):
        told(changed(tagged("Words."), change))


def test_a_locked_document_is_refused(told):
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(tagged("Words."))) as document:
        document.save(written, encryption=pikepdf.Encryption(owner="a", user=""))
    with pytest.raises(AttackError, match="locked"):
        told(written.getvalue())


def test_an_earlier_state_within_a_document_is_refused(told):
    pdf = tagged("Words.")
    for more in (b"\nmore", pdf):
        with pytest.raises(AttackError, match="earlier state"):
            told(pdf + more)


def test_an_object_that_the_table_of_objects_does_not_list_is_refused(told):
    pdf = tagged("Words.")
    place = pdf.rindex(b"xref\n", 0, pdf.rindex(b"startxref"))
    moved = pdf[:place] + b"99 0 obj\n(words)\nendobj\n" + pdf[place:]
    start = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    moved = moved.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + 24))
    with pytest.raises(AttackError, match="does not list"):
        told(moved)


@pytest.mark.parametrize("content", [b"words", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"])
def test_what_is_no_document_is_refused(told, content):
    with pytest.raises(AttackError, match=r"a\.pdf"):
        told(content)
