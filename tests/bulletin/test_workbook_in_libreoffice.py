"""The workbook as LibreOffice opens it: cell by cell what the report says, and numbers that are numbers."""

import csv
import subprocess
import zipfile

import pytest
from lxml import etree

from bulletin.workbooks import at, opened, partly_hidden
from desistance.bulletin.publication import publication
from desistance.bulletin.workbook.rendering import render_workbook

pytestmark = pytest.mark.needs_program("soffice")
# Every sheet to a file of its own: commas, quotes, UTF-8, cells as they are shown.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
SHEETS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def data(short_study, short_release):
    return render_workbook(publication(partly_hidden(short_release), short_study))


@pytest.fixture(scope="module")
def converted(data, tmp_path_factory):
    """Folder with every sheet as CSV, and the workbook for another program."""
    folder = tmp_path_factory.mktemp("opened")
    (folder / "tables.ods").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind in (AS_SHOWN, "xlsx"):
        out = folder / kind.partition(":")[0]
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out)]
        subprocess.run([*command, str(folder / "tables.ods")], check=True, capture_output=True, timeout=120)
    return folder


def shown(folder, name):
    """Rows of a sheet as LibreOffice shows them, without the blanks that CSV puts after the last cell."""
    with (folder / "csv" / f"tables-{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [[cell.replace("\r\n", "\n") for cell in row] for row in csv.reader(file)]
    return [row[: max((n for n, cell in enumerate(row, 1) if cell), default=0)] for row in rows]


def test_every_cell_is_shown_as_the_report_has_it(data, converted):
    """Through the number styles: what LibreOffice writes by them is what the page says."""
    book = opened(data)
    for name, sheet in book.sheets.items():
        assert shown(converted, name) == [[cell.text for cell in row] for row in sheet.rows], name


def test_numbers_arrive_as_numbers_and_words_as_words_in_another_program(data, converted):
    book = opened(data)
    with zipfile.ZipFile(converted / "xlsx" / "tables.xlsx") as archive:
        names = [
            one.get("name")
            for one in etree.fromstring(archive.read("xl/workbook.xml")).iter(f"{SHEETS}sheet")
        ]
        assert names == list(book.sheets)
        for number, name in enumerate(names, start=1):
            root = etree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            rows = [list(row) for row in root.iter(f"{SHEETS}row")]
            assert not list(root.iter(f"{SHEETS}f")), name
            for found, row in zip(rows, book.sheets[name].rows, strict=True):
                for there, cell in zip(found, row, strict=True):
                    is_text = there.get("t") == "s"
                    assert is_text == (cell.kind == "string"), (name, cell.text)
                    if not is_text:
                        assert float(there.findtext(f"{SHEETS}v")) == pytest.approx(cell.value)


def test_the_workbook_opens_on_its_cover_with_its_title_and_every_link_of_the_contents(data, converted):
    book = opened(data)
    with zipfile.ZipFile(converted / "xlsx" / "tables.xlsx") as archive:
        core = {one.tag: one.text for one in etree.fromstring(archive.read("docProps/core.xml")).iter()}
        view = next(etree.fromstring(archive.read("xl/workbook.xml")).iter(f"{SHEETS}workbookView"))
        contents = etree.fromstring(archive.read("xl/worksheets/sheet2.xml"))
    title = next(book.parts["meta.xml"].iter(at("dc:title"))).text
    assert core[at("dc:title")] == title
    assert core[at("dc:language")] == "en-GB"
    assert view.get("activeTab", "0") == "0"
    links = [one.get("location") for one in contents.iter(f"{SHEETS}hyperlink")]
    assert [link.replace("'", "") for link in links] == [f"{name}!A1" for name in list(book.sheets)[2:]]
