"""The coding sheet: what coders are given to choose from, and that it reads back."""

import subprocess

import pytest

from comments_builder import CASES, CODED, accepted, coding
from desistance.cli import main
from desistance.errors import RecordsError
from desistance.records.coding_sheet import write_coding_sheet
from desistance.records.comments import coded_comments
from desistance.records.sheets import read_sheet
from records_builder import KEY, csv_text, small_study

HEADINGS = ["passage", "team", "case_id", "coder", "theme", "direction", "excerpt", "cleared"]
LISTED = {
    "theme": ["trust", "timing", "family", "none"],
    "direction": ["enabler", "barrier"],
    "coder": ["Ann", "Ben", "Cas"],
    "cleared": ["yes", "no"],
}
ALL_CASES = [(row["case_id"], row["team"]) for row in CASES]


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study", CODED)


@pytest.fixture
def sheet(tmp_path, study):
    path = tmp_path / "coded.ods"
    write_coding_sheet(study, path, n_rows=20, coder="Ben")
    return path


def opened(path):
    from odfdo import Document

    return Document(path)


def table(path, name):
    return opened(path).body.get_table(name=name)


def chosen_from(path):
    """The words that each column of the coding sheet lets one choose from, by following its rule to the codebook."""
    document = opened(path)
    codebook = document.body.get_table(name="codebook")
    sources = {}
    for rule in document.body.get_elements("//table:content-validation"):
        condition = rule.get_attribute("table:condition")
        area = condition.removeprefix("of:cell-content-is-in-list([").removesuffix("])")
        first, last = (end.rsplit(".", 1)[1].replace("$", "") for end in area.split(":"))
        cells = codebook.get_cells((*position(first), *position(last)), flat=True)
        sources[rule.get_attribute("table:name")] = [cell.value for cell in cells]
    headings, row = document.body.get_table(name="coding").get_elements("table:table-row")[:2]
    names = [cell.value for cell in expanded(headings)]
    rules = [cell.get_attribute("table:content-validation-name") for cell in expanded(row)]
    return {name: sources[rule] for name, rule in zip(names, rules, strict=False) if rule}


def position(address):
    return ord(address[0]) - ord("A"), int(address[1:]) - 1


def expanded(row):
    """Cells of a row, each as often as it is repeated, up to the last column with a heading."""
    cells = row.get_elements("table:table-cell")
    times = [int(cell.get_attribute("table:number-columns-repeated") or 1) for cell in cells]
    return [cell for cell, many in zip(cells, times, strict=True) for _ in range(many)][: len(HEADINGS)]


def test_the_columns_choose_from_the_lists_of_the_codebook(sheet):
    assert chosen_from(sheet) == LISTED
    assert table(sheet, "coding").height == 21


def test_a_blank_sheet_reads_back_as_no_coding(sheet, study):
    assert coded_comments([sheet], study, key=KEY).told(accepted(ALL_CASES)).account["n_read"] == 0


def test_a_filled_sheet_reads_back_as_what_was_filled_in(tmp_path, sheet, study):
    document = opened(sheet)
    filled = [
        coding("p1", coder="Ben", case_id="c0", excerpt="Said & <done>\nin two lines", cleared="no"),
        coding("p2", coder="Ben", theme="none", direction=""),
    ]
    coded = document.body.get_table(name="coding")
    for number, row in enumerate(filled, 1):
        for column, name in enumerate(HEADINGS):
            if row[name]:
                coded.set_value((column, number), row[name])
    document.save(tmp_path / "filled.ods")
    comments = coded_comments([tmp_path / "filled.ods"], study, key=KEY)
    assert comments.told(accepted(ALL_CASES)).account["n_accepted"] == 2
    read = [{name: line.row.values[name] for name in HEADINGS} for line in comments.lines]
    assert read == filled


def test_passages_of_a_list_stand_in_the_sheet_each_once(tmp_path, study):
    given = [
        {"case_id": "c0", "team": "A", "passage": "p1", "excerpt": "x < y & z", "made_up": "made up"},
        {"case_id": "", "team": "B", "passage": "p2", "excerpt": "two\nlines", "made_up": "made up"},
        {"case_id": "", "team": "B", "passage": "p2", "excerpt": "", "made_up": "made up"},
    ]
    (tmp_path / "list.csv").write_text(csv_text(given), encoding="utf-8")
    path = tmp_path / "coded.ods"
    write_coding_sheet(study, path, n_rows=3, coder="Ann", passages=tmp_path / "list.csv")
    rows = [row.values for row in read_sheet(path, [*HEADINGS, "made_up"])]
    assert [row["passage"] for row in rows] == ["p1", "p2", "", "", ""]
    assert [row["excerpt"] for row in rows[:2]] == ["x < y & z", "two\nlines"]
    assert {row["coder"] for row in rows} == {"Ann"}
    account = coded_comments([path], study, key=KEY).told(accepted(ALL_CASES)).account
    assert account["rejected_by_rule"] == {"theme_missing": 2}  # not coded yet, and said so
    assert account["made_up"] is True


def test_a_file_that_is_there_is_not_replaced_unless_asked(sheet, study):
    with pytest.raises(RecordsError, match="is there already"):
        write_coding_sheet(study, sheet, n_rows=1)
    write_coding_sheet(study, sheet, n_rows=1, overwrite=True)
    assert table(sheet, "coding").height == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coder": "Zoe"}, "no coder 'Zoe'; its coders are Ann, Ben, Cas"),
        ({"n_rows": -1}, "-1 blank rows"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, study, options, message):
    with pytest.raises(RecordsError, match=message):
        write_coding_sheet(study, tmp_path / "coded.ods", **{"n_rows": 1} | options)
    with pytest.raises(RecordsError, match=r"ends in \.ods"):
        write_coding_sheet(study, tmp_path / "coded.csv", n_rows=1)


def test_a_study_without_codebook_has_no_sheet(tmp_path):
    with pytest.raises(RecordsError, match="has no codebook"):
        write_coding_sheet(small_study(tmp_path / "plain"), tmp_path / "coded.ods", n_rows=1)


def test_the_command_writes_the_sheet_and_says_so(tmp_path, study, capsys):
    words = [
        "coding-sheet",
        str(tmp_path / "study"),
        str(tmp_path / "new.ods"),
        "--rows",
        "5",
        "--coder",
        "Cas",
    ]
    assert main(words) == 0
    assert "is ready to be filled in" in capsys.readouterr().out
    assert table(tmp_path / "new.ods", "coding").height == 6
    assert main(words) == 1
    assert "is there already" in capsys.readouterr().err
    assert main([*words, "--force"]) == 0


@pytest.mark.needs_program("soffice")
def test_libreoffice_opens_the_sheet_and_keeps_headings_and_lists(tmp_path, sheet, study):
    """Saved by the program that coders use, nothing filled in."""
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    out = tmp_path / "saved"
    command = ["soffice", profile, "--headless", "--convert-to", "ods", "--outdir", str(out), str(sheet)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    saved = out / sheet.name
    assert chosen_from(saved) == LISTED
    assert coded_comments([saved], study, key=KEY).told(accepted(ALL_CASES)).account["n_read"] == 0
    assert [
        cell.value for cell in expanded(table(saved, "coding").get_elements("table:table-row")[0])
    ] == HEADINGS
