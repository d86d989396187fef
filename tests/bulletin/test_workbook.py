"""The workbook, read anew: every rule for spreadsheets that a program can check, and every number a number."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bulletin.workbooks import SPACES, at, body, opened, partly_hidden
from desistance.bulletin.content import Cell, Table
from desistance.bulletin.language import words
from desistance.bulletin.language.shown import Shown, bracketed, parts_of
from desistance.bulletin.language.shown import opened as unbracketed
from desistance.bulletin.publication import figures_of, publication, tables_of
from desistance.bulletin.sections.tables import frame_cells
from desistance.bulletin.workbook.csvw import csv_metadata, described_tables
from desistance.bulletin.workbook.grid import table_grid
from desistance.bulletin.workbook.rendering import render_workbook
from desistance.bulletin.workbook.sheets import workbook_sheets
from desistance.findings.tables import COLUMNS, TEXT

FRONT = ["Cover", "Contents", "Notes"]
MARK = re.compile(r"\[(?:c|u|z|x|low)\]")
LOOKS_LIKE_A_NUMBER = re.compile(r"[+\u2212-]?[\d,]+(?:\.\d+)?%?")
RANGE = re.compile(r"'(?P<sheet>[^']+)'\.A(?P<first>\d+):'(?P=sheet)'\.(?P<letters>[A-Z]+)(?P<last>\d+)")
LOOKS_LIKE_SEVERAL = re.compile(r"[+\u2212]?[\d.,]+ to [+\u2212]?[\d.,]+|n = .*|<0.*")
NUMBERS = ("float", "percentage")
SIZE = re.compile(r"([\d.]+)pt")
# Columns of text may hold digits alone: versions, and numbers as a source printed them.
AS_PRINTED = {"Version", "As published", "From these records", "SHA-256"}


@pytest.fixture(scope="module")
def report(short_study, short_release):
    """The report of the short study, with hidden numbers and small bases."""
    return publication(partly_hidden(short_release), short_study)


@pytest.fixture(scope="module")
def data(report):
    return render_workbook(report)


@pytest.fixture(scope="module")
def book(data):
    return opened(data)


@pytest.fixture(scope="module")
def tables(book):
    """Sheets with one table of numbers, by name."""
    return {name: sheet for name, sheet in book.sheets.items() if name not in FRONT}


def held(report):
    """Every table of a report with rows, and the data of every figure as one."""
    topics = (report.about, *report.sections, *report.annex)
    found = {f"Table {table.number}": table for table in tables_of(topics)}
    for figure in figures_of(topics):
        columns = tuple(map(str, figure.data.columns))
        rows = frame_cells(figure.data)
        found[f"Figure {figure.number}"] = Table(figure.id, 0, figure.title, columns, rows, figure.notes)
    return {name: table for name, table in found.items() if table.rows}


def test_there_is_a_cover_then_contents_then_notes_then_one_table_a_sheet(book, report):
    assert list(book.sheets) == [*FRONT, *held(report)]


def test_the_first_cell_of_every_sheet_is_its_title_set_as_a_heading(book, report):
    titles = {name: f"{name}. {table.title}" for name, table in held(report).items()}
    for name, sheet in book.sheets.items():
        first = sheet.rows[0]
        assert len(first) == 1
        assert first[0].style == "Heading_20_1"
        assert first[0].text.startswith(titles.get(name, report.title if name == "Cover" else name))


def test_every_table_is_marked_as_one_with_one_header_row_and_nothing_beside_or_under_it(book):
    assert len(book.ranges) == len(book.sheets) - 1  # the cover has no table
    for address in book.ranges.values():
        found = RANGE.fullmatch(address)
        sheet = book.sheets[found["sheet"]]
        head, rows = body(sheet)
        assert int(found["first"]) == len(sheet.rows) - len(rows)
        assert int(found["last"]) == len(sheet.rows)
        assert column_number(found["letters"]) == len(head)
        assert {len(row) for row in rows} == {len(head)}
    said = book.parts["content.xml"].findall(".//table:database-range", SPACES)
    assert {one.get(at("table:contains-header")) for one in said} == {"true"}


def column_number(letters):
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def test_heads_of_columns_are_unique_words(book):
    for name in list(book.sheets)[1:]:
        heads = [cell.text for cell in body(book.sheets[name])[0]]
        assert len(set(heads)) == len(heads), name
        assert all(any(letter.isalpha() or letter == "%" for letter in head) for head in heads), name


def test_no_cell_is_blank_merged_repeated_or_hidden(book):
    for sheet in book.sheets.values():
        assert all(cell.text.strip() for row in sheet.rows for cell in row), sheet.name
        for element in sheet.xml.iter():
            assert element.tag != at("table:covered-table-cell")
            names = {name.partition("}")[2] for name in element.attrib}
            assert not {
                part for name in names for part in ("spanned", "repeated", "visibility") if part in name
            }
        assert sheet.xml.get(at("table:display"), "true") == "true"
    assert not book.parts["content.xml"].findall(".//*[@table:display='false']", SPACES)


def test_nothing_is_filled_coloured_frozen_or_set_by_conditions(book):
    for name in ("content.xml", "styles.xml"):
        for element in book.parts[name].iter():
            assert at("fo:background-color") not in element.attrib
            assert at("fo:color") not in element.attrib
            if element.tag == at("style:map"):  # only signs of numbers are mapped
                assert "number-style" in element.getparent().tag
    said = [one.get(at("config:name")) for one in book.parts["settings.xml"].iter(at("config:config-item"))]
    assert not [name for name in said if "Split" in name or "Freeze" in name]


def test_the_font_is_a_sans_serif_of_10_points_or_more_and_titles_have_12_or_more(book):
    styles = book.parts["styles.xml"]
    faces = {one.get(at("style:name")): one for one in styles.iter(at("style:font-face"))}
    sizes, fonts = [], set()
    for part in (styles, book.parts["content.xml"]):
        for one in part.iter(at("style:text-properties")):
            if at("fo:font-size") in one.attrib:
                sizes.append(float(SIZE.fullmatch(one.get(at("fo:font-size")))[1]))
            fonts |= {one.get(at("style:font-name"))} - {None}
    assert fonts == {"Arial"}
    assert faces["Arial"].get(at("style:font-family-generic")) == "swiss"
    assert min(sizes) >= 10
    heading = styles.find(".//style:style[@style:name='Heading_20_1']/style:text-properties", SPACES)
    assert float(SIZE.fullmatch(heading.get(at("fo:font-size")))[1]) >= 12


def test_the_document_has_a_title_and_a_language_and_no_clock(book, report):
    meta = {one.tag: one.text for one in book.parts["meta.xml"].iter()}
    assert meta[at("dc:title")] == f"{report.title}: tables"
    assert meta[at("dc:language")] == "en-GB"
    assert "made up" in meta[at("dc:description")]
    assert not {tag for tag in meta if "date" in str(tag) or "duration" in str(tag)}
    default = book.parts["styles.xml"].find(".//style:default-style/style:text-properties", SPACES)
    assert (default.get(at("fo:language")), default.get(at("fo:country"))) == ("en", "GB")


def test_the_cover_is_open_with_the_cursor_in_its_first_cell(book):
    settings = book.parts["settings.xml"]
    active = settings.find(".//config:config-item[@config:name='ActiveTable']", SPACES)
    assert active.text == "Cover"
    places = settings.findall(".//config:config-item-map-named//config:config-item", SPACES)
    assert {one.text for one in places if "Cursor" in one.get(at("config:name"))} == {"0"}
    assert len(places) == 2 * len(book.sheets)


def test_names_of_sheets_are_short_and_legal(book):
    for name in book.sheets:
        assert 0 < len(name) <= 31
        assert not set("[]*?:/\\'") & set(name)


def test_columns_are_wide_enough_for_their_numbers(book, tables):
    widths = {
        one.get(at("style:name")): float(
            one.find("style:table-column-properties", SPACES).get(at("style:column-width"))[:-2]
        )
        for one in book.parts["content.xml"].iter(at("style:style"))
        if one.get(at("style:family")) == "table-column"
    }
    for sheet in tables.values():
        columns = [
            one.get(at("table:style-name")) for one in sheet.xml.iterfind("table:table-column", SPACES)
        ]
        head, rows = body(sheet)
        assert len(columns) == len(head)
        for place, name in enumerate(columns):
            longest = max((len(row[place].text) for row in rows if row[place].kind != "string"), default=0)
            assert widths[name] >= 0.2 * longest, (sheet.name, head[place].text)


def test_every_number_of_the_report_is_a_number_as_shown_there(tables, report):
    for name, table in held(report).items():
        for row, found in zip(table.rows, body(tables[name])[1], strict=True):
            shown = [part.text for cell in row for part in numbers_of(cell) if not part.mark]
            numbers = [cell for cell in found if cell.kind in NUMBERS]
            assert [cell.text for cell in numbers] == shown, name
            assert [value_of(cell) for cell in numbers] == pytest.approx(list(map(read_number, shown)))


def numbers_of(cell):
    """Numbers of a cell of the report: its own, then those of the line under it."""
    return (*parts_of(cell.text), *parts_of(cell.small))


def value_of(cell):
    """Number of a cell as it is shown: a share in per cent."""
    return cell.value * (100 if cell.kind == "percentage" else 1)


def read_number(text):
    """A number from what a reader sees."""
    return float(text.replace("\u2212", "-").replace(",", "").rstrip("%"))


def test_what_a_number_cell_shows_is_its_number(tables):
    seen = 0
    for sheet in tables.values():
        for row in body(sheet)[1]:
            for cell in row:
                if cell.kind in NUMBERS:
                    seen += 1
                    assert read_number(cell.text) == pytest.approx(value_of(cell))
    assert seen > 1000


def test_no_number_is_left_as_text(tables):
    for sheet in tables.values():
        head, rows = body(sheet)
        for row in rows:
            for name, cell in zip(head, row, strict=True):
                if cell.kind == "string" and name.text not in AS_PRINTED:
                    assert not LOOKS_LIKE_A_NUMBER.fullmatch(cell.text), (sheet.name, name.text)
                    several = LOOKS_LIKE_SEVERAL.fullmatch(cell.text) and name is not head[0]
                    assert not several or "low reliability" in name.text, (sheet.name, name.text)


def test_shorthand_stands_alone_in_its_cell_and_is_explained(book, tables):
    met = set()
    for sheet in tables.values():
        over = " ".join(row[0].text for row in sheet.rows if len(row) == 1)
        for row in body(sheet)[1]:
            for cell in row:
                for mark in MARK.findall(cell.text):
                    assert cell.text == mark, (sheet.name, cell.text)
                    assert cell.kind == "string"
                    assert f"{mark} " in over, (sheet.name, mark)
                    met.add(mark)
    assert {"[c]", "[u]", "[z]", "[x]", "[low]"} <= met | {"[x]"}
    explained = {row[0].text for row in body(book.sheets["Notes"])[1]}
    assert met <= explained


def test_a_hidden_share_hides_its_interval_and_a_small_base_has_a_column(tables):
    grid = table_grid(
        Table(
            "t",
            1,
            "Shares",
            ("Group [u]", "% and interval"),
            (
                (
                    Cell("Girls [u]", kind="text"),
                    Cell(words.percent_cell(0.5), small=words.interval(0.4, 0.6)),
                ),
                (Cell("Boys", kind="text"), Cell("[c]")),
            ),
        )
    )
    assert grid.columns[:2] == ("Group [u]", "Group [u]: low reliability [u]")
    assert [value for value in grid.rows[0][:2]] == ["Girls", "[u]"]
    assert grid.rows[1] == ("Boys", "no", "[c]", "[c]", "[c]")
    flagged = [
        name for name, sheet in tables.items() if any("low reliability" in c.text for c in body(sheet)[0])
    ]
    assert flagged


def test_an_interval_is_two_columns_and_what_stands_under_a_number_has_a_column_of_its_own():
    share = Cell(words.percent_cell(Fraction(3, 4)), small=words.base_line(1168))
    gap = Cell(words.points(Fraction(-13, 100)), small=words.points_interval(-0.184, 0.041))
    verdict = Cell("neither", small="could not have been seen", kind="verdict", tone="none")
    table = Table(
        "t",
        1,
        "T",
        ("A, % and base", "Gap, points", "95% interval", "Verdict"),
        (
            (share, gap, Cell(words.interval(0.7, 0.8)), verdict),
            (Cell("[c]"), Cell("[x]"), Cell("[c]"), Cell("both", kind="verdict", tone="yes")),
        ),
    )
    grid = table_grid(table)
    assert grid.columns == (
        *("A, %", "A: base", "Gap, points"),
        *("Gap, points: lower end of the interval", "Gap, points: upper end of the interval"),
        *("95% interval: lower end", "95% interval: upper end", "Verdict", "Verdict: note"),
    )
    assert [getattr(value, "value", value) for value in grid.rows[0]] == [
        *(75, 1168, -13, -18, 4, 70, 80, "neither", "could not have been seen")
    ]
    assert grid.rows[1] == ("[c]", "[c]", "[x]", "[x]", "[x]", "[c]", "[c]", "both", "none")


def test_two_columns_of_one_name_say_of_what_they_are():
    interval = Cell(words.interval(0.4, 0.6))
    columns = ("% of services", "95% interval", "% of cases", "95% interval")
    share = Cell(words.percent_cell(0.5))
    grid = table_grid(Table("t", 1, "T", columns, ((share, interval, share, interval),)))
    assert grid.columns[1] == "% of services: 95% interval: lower end"
    assert grid.columns[4] == "% of cases: 95% interval: lower end"


def test_every_sheet_says_that_the_records_are_made_up_and_none_does_where_they_are_not(
    book, short_study, short_release, report
):
    for sheet in book.sheets.values():
        assert any("These records are made up." in row[0].text for row in sheet.rows if len(row) == 1), (
            sheet.name
        )
    real = replace(report, notices=(), made_up=False)
    said = {row[0].text for sheet in opened(render_workbook(real)).sheets.values() for row in sheet.rows}
    assert not [text for text in said if "These records are made up" in text]


def test_contents_lead_to_every_sheet_and_give_its_title(book, report):
    titles = {name: table.title for name, table in held(report).items()}
    rows = body(book.sheets["Contents"])[1]
    assert [row[0].text for row in rows] == list(book.sheets)[2:]
    for sheet, title, topic in rows:
        assert sheet.link == f"#'{sheet.text}'.A1"
        assert titles.get(sheet.text, title.text) in title.text
        assert topic.text


def test_every_link_leads_to_a_sheet(book):
    links = [cell.link for sheet in book.sheets.values() for row in sheet.rows for cell in row if cell.link]
    assert {link[2:].partition("'")[0] for link in links} == set(book.sheets) - {"Cover"}


def test_every_numbered_note_stands_on_the_notes_sheet_with_the_sheets_it_is_used_in(book, tables):
    noted = {row[0].text: (row[1].text, row[2].text) for row in body(book.sheets["Notes"])[1]}
    for name, sheet in tables.items():
        for row in sheet.rows:
            if len(row) == 1 and (found := re.match(r"(\[note \d+\]) (.*)", row[0].text, re.DOTALL)):
                text, used = noted.pop(found[1]) if found[1] not in noted else noted[found[1]]
                assert text == found[2]
                assert name in used.split(", ")
    numbers = [int(name[6:-1]) for name in noted if name.startswith("[note")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_cover_says_what_this_is_when_and_where_how_to_cite_it_and_what_shorthand_means(book, report):
    said = [row[0].text for row in book.sheets["Cover"].rows]
    for term in report.head:
        assert f"{term.name}: {term.text}" in said
    assert "How to cite" in said
    assert any(text.startswith("Version: ") for text in said)
    for term in report.shorthand:
        assert f"{term.name}: {term.text}." in said


def test_labels_that_begin_like_formulas_or_hold_markup_stay_whole_and_are_text(report):
    hostile = [
        '=HYPERLINK("https://example.org";"x")',
        "+1+1",
        "-2",
        "@SUM(A1)",
        "<script>alert('x')</script> & {{ 7 }} ]]>",
        "two  spaces   and\ttab",
        " spaces at both ends  ",
        "\u202eright to left \u05d0\u05d1 \u6f22",
        "a" * 200,
        "bell\x07 and null\x00",
        "line\nline",
    ]
    rows = tuple((Cell(label, kind="text"), Cell(words.count(3))) for label in hostile)
    table = Table("t", 1, hostile[4], (hostile[0], hostile[4]), rows, notes=(hostile[1],))
    section = replace(report.sections[0], topic=hostile[0], figures=(), tables=(table,), parts=())
    made = replace(report, title=hostile[4], sections=(section,), annex=())
    book = opened(render_workbook(made))
    head, found = body(book.sheets["Table 1"])
    assert [cell.text for cell in head] == [hostile[0], hostile[4]]
    expected = [label.replace("\x07", "").replace("\x00", "") for label in hostile]
    assert [row[0].text for row in found] == expected
    assert {row[0].kind for row in found} == {"string"}
    names = {name for sheet in book.sheets.values() for one in sheet.xml.iter() for name in one.attrib}
    assert not [name for name in names if "formula" in name]
    assert book.sheets["Cover"].rows[0][0].text == hostile[4]


def test_a_label_of_nothing_or_of_spaces_leaves_no_cell_blank(report):
    rows = ((Cell("", kind="text"), Cell(" \x07", kind="text")),)
    table = Table("t", 1, "T", ("", "\n"), rows)
    section = replace(report.sections[0], figures=(), tables=(table,), parts=())
    sheet = opened(render_workbook(replace(report, sections=(section,), annex=()))).sheets["Table 1"]
    assert [cell.text for row in sheet.rows[-2:] for cell in row] == ["[z]"] * 4


def test_a_study_with_hostile_labels_everywhere_makes_a_workbook_that_holds_them(
    small_study, make_release, with_hostile_labels
):
    study = with_hostile_labels(small_study)
    book = opened(render_workbook(publication(make_release(small_study), study)))
    labels = {level.label for division in study.divisions for level in division.levels}
    said = [cell.text for sheet in book.sheets.values() for row in sheet.rows for cell in row]
    assert all(any(label in text for text in said) for label in labels)


def test_a_report_without_a_single_number_still_makes_a_workbook(short_study, make_release):
    released = make_release(short_study, available=False, ledger=False)
    book = opened(render_workbook(publication(released, short_study)))
    assert list(book.sheets)[:3] == FRONT
    assert "[x]" in {cell.text for sheet in book.sheets.values() for row in sheet.rows for cell in row}


def test_the_same_report_gives_the_same_bytes_and_the_archive_has_no_time(data, report):
    assert render_workbook(report) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        text = archive.read("content.xml").decode() + archive.read("meta.xml").decode()
        manifest = archive.read("META-INF/manifest.xml").decode()
        assert all(name in manifest for name in archive.namelist()[2:])
    assert f"{datetime.now():%Y-%m-%d}" not in text


def test_every_table_is_a_sheet_whatever_its_place_and_two_of_one_number_have_names_of_their_own(report):
    table = Table("t", 7, "T", ("A",), ((Cell("a", kind="text"),),))
    section = replace(report.sections[0], figures=(), tables=(table, table), parts=())
    outer = replace(section, tables=(table,), parts=(section,))
    sheets = workbook_sheets(replace(report, sections=(outer,), annex=()))
    assert [sheet.name for sheet in sheets[3:]] == ["Table 7", "Table 7 (2)", "Table 7 (3)"]


@given(low=some.floats(-1, 1), high=some.floats(-1, 1), n=some.integers(0, 10**7))
def test_a_shown_number_is_rounded_as_its_text(low, high, n):
    written = [
        *(words.count(n), words.points(Fraction(low)), words.points_interval(low, high)),
        *(words.decimal(low, 2), words.signed_decimal(high), words.ratio_interval(low, high)),
        *(words.size_points(abs(low)), words.whole_percent(abs(high)), words.interval(abs(low), abs(high))),
        *(words.p_value(abs(low), 0.05), words.base_line(n), words.or_more(words.size_points(abs(high)))),
    ]
    for text in written:
        for part in parts_of(text):
            assert part.text in text
            if not part.mark:
                assert Decimal(part.text.replace("\u2212", "-").replace(",", "")) == part.value
    assert {len(parts_of(text)) for text in written} == {1, 2}


def test_a_text_that_takes_a_number_in_is_a_plain_text():
    share = words.percent_cell(0.75)
    assert isinstance(share, Shown)
    assert type(f"{share} per cent") is str
    both = bracketed(share, words.interval(0.7, 0.8))
    number, small = unbracketed(both)
    assert (number, small) == ("75", "70 to 80")
    assert [len(parts_of(text)) for text in (both, number, small)] == [3, 1, 2]


def test_a_p_value_too_small_to_be_written_is_shorthand_in_the_workbook():
    table = Table(
        "t", 1, "T", ("p",), ((Cell(words.p_value(0.00001, 0.05)),), (Cell(words.p_value(0.04, 0.05)),))
    )
    assert [getattr(row[0], "mark", "") for row in table_grid(table).rows] == ["[low]", ""]


def test_every_column_of_every_released_table_is_described_and_nothing_else():
    described = described_tables()
    assert set(described) == set(COLUMNS)
    shared = set.intersection(*(set(table.columns) for table in described.values()))
    for name, columns in COLUMNS.items():
        assert set(columns) <= set(described[name].columns), name
        assert set(described[name].columns) - shared <= set(columns), name
        assert set(described[name].key) <= set(columns)
        for column in columns:
            one = described[name].columns[column]
            assert one.text
            assert one.title
            assert (one.datatype == "string") == (column in TEXT), (name, column)
    used = {column for columns in COLUMNS.values() for column in columns}
    assert shared <= used


def test_metadata_name_every_table_and_column_and_say_that_records_are_made_up(report, short_release):
    said = json.loads(csv_metadata(report, short_release))
    assert said["@context"][0] == "http://www.w3.org/ns/csvw"
    assert [table["url"] for table in said["tables"]] == [f"{name}.csv" for name in COLUMNS]
    for table in said["tables"]:
        name = table["url"].removesuffix(".csv")
        columns = table["tableSchema"]["columns"]
        assert [column["name"] for column in columns] == list(getattr(short_release, name).columns)
        assert all(column["dc:description"] and column["titles"] and column["datatype"] for column in columns)
        assert any("made up" in note["text"] for note in table["notes"])
        assert table["dc:title"]
        assert table["dc:description"]


READ = {"string": str, "integer": int, "number": float}


def test_released_tables_read_by_their_metadata_have_the_types_and_keys_it_gives(report, short_release):
    released = partly_hidden(short_release)
    for table in json.loads(csv_metadata(report, released))["tables"]:
        name = table["url"].removesuffix(".csv")
        text = getattr(released, name).convert_dtypes().to_csv(index=False)
        rows = list(csv.DictReader(io.StringIO(text)))
        for column in table["tableSchema"]["columns"]:
            for row in rows:
                if row[column["name"]] not in column["null"]:
                    READ[column["datatype"]](row[column["name"]])
        keys = [tuple(row[key] for key in table["tableSchema"].get("primaryKey", row)) for row in rows]
        assert len(set(keys)) == len(keys) or name == "funnel", name


def test_what_the_documentation_says_of_columns_names_columns_that_there_are():
    text = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    described = described_tables()
    for part in text.split("\n## ")[1:]:
        names = re.findall(r"(\w+)\.csv", part.partition("\n")[0])
        for line in part.splitlines():
            if line.startswith("| `") and set(names) <= set(described) and names != ["provision"]:
                for column in re.findall(r"`(\w+)`", line.split("|")[1]):
                    assert any(column in COLUMNS[name] for name in names), (names, column)


def test_the_step_writes_the_workbook_and_the_metadata(tmp_path, monkeypatch, short_study, short_release):
    from desistance.steps import workbook

    monkeypatch.setattr(workbook, "read_released", lambda folder: short_release)
    monkeypatch.setattr(workbook, "read_study", lambda folder: short_study)
    out = tmp_path / "tables.ods", tmp_path / "tables" / "csv-metadata.json"
    workbook.main(tmp_path, tmp_path, *map(str, out))
    assert "Cover" in opened(out[0].read_bytes()).sheets
    assert json.loads(out[1].read_text(encoding="utf-8"))["tables"]
