"""Readers of files: what a cell, a code, a date or a missing value becomes, and which table of a file is read."""

import bz2
import csv
import errno
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from desistance.errors import RecordsError
from desistance.records.files import PACKED, SUFFIXES, source_files
from desistance.records.formats import (
    columnar,
    kinds,
    lines,
    look,
    packing,
    read,
    statistical,
    texts,
    workbook,
)
from workbook_builder import cell, rows, text_cell
from workbook_builder import workbook as written_workbook

FOLDER = Path(__file__).with_name("data") / "formats"
AUTO = {"delimiter": "auto", "encoding": "auto", "sheet": None}


def looked(module, path, *wanted, **choices):
    """A table found here, in this process."""
    kind = kinds.kind_of(path, path.name)
    asked = {**AUTO, "name": path.name, "kind": kind, "wanted": frozenset(wanted), **choices}
    return module.look(path, **asked)


def content(module, table, headings=None, **dates):
    """Numbers of the rows and, by heading, their values."""
    headings = headings or [heading for heading in table.headings if heading]
    found = list(module.read(table, headings, dates=dates))
    numbers = [int(number) for batch in found for number in batch.rows]
    return numbers, {name: [value for b in found for value in b.table[name].to_pylist()] for name in headings}


def refusal(function, *asked, **how):
    with pytest.raises(RecordsError) as error:
        function(*asked, **how)
    return str(error.value)


# Which files


def test_every_kind_of_file_that_is_read_is_one_the_workflow_lets_in():
    assert set(SUFFIXES) == set(kinds.BY_NAME)
    assert len(PACKED) == len(kinds.PACKED)


def test_a_list_of_patterns_gives_each_file_once_in_order_of_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.csv", "a.xlsx", "c.sav", "d.csv.gz", "e.zip"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link.csv").symlink_to(tmp_path / "b.csv")
    found = source_files(["*.csv", "a.xlsx", str(tmp_path / "b.csv"), "?.*"])
    assert sorted(path.resolve().name for path in found) == ["a.xlsx", "b.csv", "c.sav", "d.csv.gz", "e.zip"]
    assert list(map(str, found)) == sorted(map(str, found))
    assert refusal(source_files, ["*.csv", "none*"]).startswith("no file matches none*")


@pytest.mark.parametrize("name", ["a.pdf", "a.pdf.gz", "a.sas7bdat", "a"])
def test_what_cannot_be_read_is_named_before_a_run_starts(tmp_path, name):
    (tmp_path / name).write_text("x")
    assert refusal(source_files, str(tmp_path / name)).startswith(f"{name}: only .csv")


@pytest.mark.parametrize(
    "name", ["titles.xlsx", "labels.sav", "labels_8.dta", "labels_15.dta", "packed.csv.gz"]
)
def test_a_file_is_what_its_first_bytes_say_it_is(name):
    by_name = {"titles.xlsx": "workbook", "labels.sav": "spss", "packed.csv.gz": "gzip"}
    assert kinds.kind_of(FOLDER / name, name) == by_name.get(name, "stata")
    if name != "labels_8.dta":  # old ones of Stata begin like anything
        assert kinds.kind_of(FOLDER / name, "x.csv") == by_name.get(name, "stata")


@pytest.mark.parametrize(
    "text", ["<html><table>", "\n<!DOCTYPE html>", "\ufeff<table>", '<?xml version="1.0"?>']
)
def test_a_web_page_with_the_name_of_a_workbook_is_refused_in_words(tmp_path, text):
    (tmp_path / "a.xls").write_text(text, encoding="utf-8")
    assert "is a web page or XML, whatever its name says" in refusal(look, tmp_path / "a.xls")


def test_a_file_with_more_columns_than_anybody_needs_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({f"c{number}": [1] for number in range(20_001)}), path)
    assert "more than 20,000 columns" in refusal(look, path)


def test_what_is_not_there_or_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        assert "is not a file, or not there" in refusal(look, path)


def test_text_that_is_none_is_said_to_be_in_neither_encoding(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"id\n\0\n")
    assert "is not text in UTF-8 or Windows-1252" in refusal(look, tmp_path / "a.csv")


def test_a_line_without_end_is_not_taken_for_a_blank_one(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a" * 2**20)
    assert "a row is too long" in refusal(look, tmp_path / "a.csv")


def test_a_long_line_far_down_is_refused_before_it_is_taken_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(lines.csv, "reader", None)  # nothing is read as rows
    (tmp_path / "a.csv").write_bytes(b'id\n"' + b"a" * 2**22)
    with pytest.raises(csv.Error):
        lines.survey(tmp_path / "a.csv", "utf-8", ",", 0, longest=2**21)


# Workbooks


def test_cells_are_written_as_a_person_would(tmp_path):
    line = cell("A2", "1.0") + cell("B2", "0.25") + cell("C2", 1, "b") + cell("D2", 0, "b")
    line += (
        cell("E2", "two", "str", "1+1")
        + cell("F2", "#N/A", "e")
        + cell("G2", "12345678901")
        + text_cell("H2", "x")
    )
    sheet = rows("ABCDEFGH") + f'<row r="2">{line}</row>'
    table = looked(workbook, written_workbook(tmp_path / "a.xlsx", {"s": sheet}))
    numbers, found = content(workbook, table)
    assert numbers == [2]
    assert [value for (value,) in found.values()] == [
        "1",
        "0.25",
        "true",
        "false",
        "two",
        "",
        "12345678901",
        "x",
    ]


def test_one_and_true_in_one_column_are_told_apart(tmp_path):
    sheet = rows("A") + f'<row r="2">{cell("A2", 1)}</row><row r="3">{cell("A3", 1, "b")}</row>'
    table = looked(workbook, written_workbook(tmp_path / "a.xlsx", {"s": sheet}))
    assert content(workbook, table)[1] == {"A": ["1", "true"]}


@pytest.mark.parametrize("name", ["dates.xlsx", "libreoffice/dates.xls", "libreoffice/dates.ods"])
def test_dates_in_cells_are_written_in_the_format_that_is_asked_for(name):
    table = looked(workbook, FOLDER / name, "inspected_on")
    assert content(workbook, table, ["inspected_on"])[1]["inspected_on"][0] == "2019-11-12"
    british = content(workbook, table, ["inspected_on"], inspected_on="%d/%m/%Y")
    assert british[1]["inspected_on"][0] == "12/11/2019"


def test_rows_have_the_numbers_the_program_shows_and_blank_ones_are_none(tmp_path):
    sheet = (
        rows(["A title"], first=2)
        + rows(["id", "x"], first=5)
        + rows(["a", "1"], [" ", ""], ["b", "2"], first=7)
    )
    table = looked(workbook, written_workbook(tmp_path / "a.xlsx", {"s": sheet}), "id")
    assert table.first_row == 5
    assert content(workbook, table) == ([7, 9], {"id": ["a", "b"], "x": ["1", "2"]})


def test_a_table_may_begin_in_any_column(tmp_path):
    line = '<row r="3">{}{}</row><row r="4">{}{}</row>'.format(
        text_cell("C3", "id"), text_cell("D3", "x"), text_cell("C4", "a"), text_cell("D4", "b")
    )
    merged = "<mergeCells><mergeCell ref='D4:D5'/></mergeCells>"
    sheet = f'<sheetData>{line}<row r="5">{text_cell("C5", "b")}</row></sheetData>{merged}'
    table = looked(workbook, written_workbook(tmp_path / "a.xlsx", {"s": sheet}), "id")
    assert content(workbook, table) == ([4, 5], {"id": ["a", "b"], "x": ["b", "b"]})


def test_a_merged_cell_stands_for_the_rows_it_covers_and_no_more(tmp_path):
    cells = rows(["service", "id"], ["S1", "a"], ["", "b"], ["", "c"], ["S2", "d"])
    sheet = f"<sheetData>{cells}</sheetData><mergeCells><mergeCell ref='A2:A3'/></mergeCells>"
    table = looked(workbook, written_workbook(tmp_path / "a.xlsx", {"s": sheet}))
    assert content(workbook, table)[1]["service"] == ["S1", "S1", "", "S2"]


TWO = {"notes": rows(["id"], ["x"]), "cases": rows(["id", "sex"], ["a", "boy"])}


def test_the_sheet_with_most_of_the_headings_is_read(tmp_path):
    path = written_workbook(tmp_path / "a.xlsx", TWO)
    assert looked(workbook, path, "id", "sex").sheet == "cases"
    assert looked(workbook, path, "id", "sex", sheet="notes").sheet == "notes"
    assert looked(workbook, path).sheet == "cases"  # the widest, where nothing is wanted


def test_sheets_that_are_as_good_are_refused_until_one_is_named(tmp_path):
    path = written_workbook(tmp_path / "a.xlsx", {**TWO, "more": TWO["cases"]})
    text = refusal(looked, workbook, path, "id", "sex")
    assert "has 2 sheets with the same headings ('cases', 'more')" in text
    assert "records.sheet" in text
    assert looked(workbook, path, "id", "sex", sheet="more").sheet == "more"
    text = refusal(looked, workbook, path, sheet="../cases")
    assert "has no sheet '../cases' (records.sheet); it has 'notes', 'cases', 'more'" in text


def test_a_hidden_sheet_is_read_only_where_it_is_named_or_all_are_hidden(tmp_path):
    path = written_workbook(tmp_path / "a.xlsx", {**TWO, "more": TWO["cases"]}, {"cases": "hidden"})
    assert looked(workbook, path, "id", "sex").sheet == "more"
    assert looked(workbook, path, "id", "sex", sheet="cases").sheet == "cases"
    path = written_workbook(tmp_path / "b.xlsx", TWO, {"cases": "hidden", "notes": "veryHidden"})
    assert looked(workbook, path, "id", "sex").sheet == "cases"


def test_a_workbook_without_cells_has_no_headings(tmp_path):
    table = looked(workbook, written_workbook(tmp_path / "a.xlsx", {"empty": ""}), "id")
    assert table.headings == ()
    assert "no sheet with cells" in refusal(looked, workbook, written_workbook(tmp_path / "b.xlsx", {}))


# Statistical programs


def saved(path, frame, **how):
    """A file of SPSS or Stata by the end of its name."""
    (pyreadstat.write_sav if path.suffix == ".sav" else pyreadstat.write_dta)(frame, str(path), **how)
    return path


def test_labels_missing_codes_and_meanings_come_with_the_headings():
    table = looked(statistical, FOLDER / "missing_values.sav")
    assert table.labels == {"lifestyle": "Lifestyle: factor identified"}
    assert table.value_labels["lifestyle"] == {"1": "yes", "2": "no", "8": "not applicable", "9": "not known"}
    assert table.missing_codes["lifestyle"] == ("8", "9")
    assert looked(statistical, FOLDER / "missing_range.sav").missing_codes["lifestyle"] == ("8", "9")
    assert looked(statistical, FOLDER / "tagged.dta").missing_codes["lifestyle"] == (".a", ".b")
    assert looked(statistical, FOLDER / "codes.sav").missing_codes == {}


def test_codes_called_missing_are_kept_and_a_missing_value_is_empty(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 9.0, np.nan], "t": ["a", "", "c"]})
    path = saved(tmp_path / "a.sav", frame, missing_ranges={"q": [9]})
    assert content(statistical, looked(statistical, path))[1] == {"q": ["1", "9", ""], "t": ["a", "", "c"]}
    path = saved(
        tmp_path / "a.dta",
        pd.DataFrame({"q": [1.0, "a", np.nan]}, dtype=object),
        missing_user_values={"q": ["a"]},
    )
    assert content(statistical, looked(statistical, path))[1] == {"q": ["1", ".a", ""]}


def test_numbers_keep_their_digits_and_no_more(tmp_path):
    frame = pd.DataFrame({"n": [1.1, 2.0, 1e-7], "id": [12345678901.0, 2.0**52, -3.0]})
    path = tmp_path / "a.dta"
    frame.astype({"n": np.float32}).to_stata(path, write_index=False)
    found = content(statistical, looked(statistical, path))[1]
    assert found == {"n": ["1.1", "2", "1e-07"], "id": ["12345678901", "4503599627370496", "-3"]}


@pytest.mark.parametrize("end", [".sav", ".dta"])
def test_days_and_moments_of_statistical_programs_are_days(tmp_path, end):
    moments = pd.to_datetime(["2019-06-30 23:59:59", "1960-01-01 00:00:00", None])
    frame = pd.DataFrame(
        {"day": [None if moment is pd.NaT else moment.date() for moment in moments], "at": moments}
    )
    table = looked(statistical, saved(tmp_path / f"a{end}", frame))
    assert content(statistical, table)[1] == {
        name: ["2019-06-30", "1960-01-01", ""] for name in ("day", "at")
    }
    assert content(statistical, table, at="%d.%m.%y")[1]["at"] == ["30.06.19", "01.01.60", ""]


def test_a_day_that_no_calendar_has_is_left_as_its_number():
    assert texts.day_text(1e12, statistical.SPSS_EPOCH, texts.ISO) == "1000000000000"


@pytest.mark.parametrize("rows_in_a_batch", [1024, 1025, 5000])
def test_batches_of_a_statistical_file_are_the_whole_file(tmp_path, monkeypatch, rows_in_a_batch):
    monkeypatch.setattr(statistical, "BATCH_VALUES", rows_in_a_batch)
    path = saved(tmp_path / "a.sav", pd.DataFrame({"n": np.arange(2050.0)}))
    numbers, found = content(statistical, looked(statistical, path))
    assert numbers == list(range(2, 2052))
    assert found["n"] == list(map(str, range(2050)))


def test_a_statistical_file_with_fewer_rows_than_it_says_is_refused():
    table = looked(statistical, FOLDER / "labels.sav")
    assert table.form["n_rows"] == 98
    table.form["n_rows"] = 99
    assert "breaks off" in refusal(content, statistical, table, ["age"])


def test_only_the_columns_asked_for_are_parsed(monkeypatch):
    asked = []
    real = pyreadstat.read_sav
    monkeypatch.setitem(
        statistical.READERS, "spss", lambda *a, **how: asked.append(how.get("usecols")) or real(*a, **how)
    )
    table = looked(statistical, FOLDER / "labels.sav")
    content(statistical, table, ["lifestyle", "age"])
    assert asked == [None, ["lifestyle", "age"]]


def test_the_portable_format_of_spss_is_read(tmp_path):
    pyreadstat.write_por(pd.DataFrame({"A": [1.0, 2.5], "B": ["x", "y"]}), str(tmp_path / "a.por"))
    assert kinds.kind_of(tmp_path / "a.por", "a.por") == "portable"
    table = looked(statistical, tmp_path / "a.por")
    assert content(statistical, table)[1] == {"A": ["1", "2.5"], "B": ["x", "y"]}


def test_text_in_another_encoding_than_the_file_says_is_read_with_the_one_that_is_named():
    table = looked(statistical, FOLDER / "labels_10.dta", encoding="utf-8")
    assert content(statistical, table, ["service"])[1]["service"][0] == "Sîr 01"
    wrong = looked(statistical, FOLDER / "labels_10.dta")
    assert content(statistical, wrong, ["service"])[1]["service"][0] == "SÃ®r 01"
    text = refusal(looked, statistical, FOLDER / "labels_10.dta", encoding="utf-9")
    assert "which is not an encoding" in text


def test_text_that_is_not_in_the_encoding_the_file_says_is_refused_without_showing_it(tmp_path):
    content_ = (FOLDER / "text.sav").read_bytes()
    (tmp_path / "a.sav").write_bytes(content_.replace("î".encode(), b"\xee\xff"))
    table = looked(statistical, tmp_path / "a.sav")
    text = refusal(content, statistical, table, ["service"])
    assert "not in the encoding it says; set records.encoding" in text


# Parquet


def test_numbers_of_parquet_are_written_as_a_person_would(tmp_path):
    columns = {
        "large": pa.array([123456789012.0, 1e20, None, float("nan")]),
        "money": pa.array([1.5, 2, None, -100], pa.float64()).cast(pa.decimal128(9, 3)),
        "flag": pa.array([True, None, False, True]),
        "kind": pa.array([1.0, 2.0, None, 1.0]).dictionary_encode(),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    table = looked(columnar, tmp_path / "a.parquet")
    assert content(columnar, table)[1] == {
        "large": ["123456789012", "1e+20", "", ""],
        "money": ["1.5", "2", "", "-100"],
        "flag": ["true", "", "false", "true"],
        "kind": ["1", "2", "", "1"],
    }


# Compressed files


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("end", PACKERS)
@pytest.mark.parametrize("end_of_copy", ["", "no"])
def test_an_uncompressed_copy_is_gone_as_soon_as_it_is_read(tmp_path, end, end_of_copy):
    path = tmp_path / f"a.csv{end}"
    path.write_bytes(PACKERS[end](b"id,x\na,1\nb,2\n"))
    scratch = tmp_path / "scratch"
    table = look(path, scratch=scratch)
    assert not list(scratch.iterdir())
    batches = read(table, ["x"])
    first = next(batches)
    assert first.table["x"].to_pylist() == ["1", "2"]
    assert len(list(scratch.iterdir())) == 1
    if end_of_copy:
        batches.close()
    else:
        list(batches)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("end", PACKERS)
def test_a_compressed_file_that_breaks_off_is_refused(tmp_path, end):
    path = tmp_path / f"a.csv{end}"
    path.write_bytes(PACKERS[end](np.random.default_rng(1).bytes(9999))[:-50])
    text = refusal(look, path, scratch=tmp_path / "scratch")
    assert "is damaged or breaks off" in text
    assert str(path) in text
    assert not list((tmp_path / "scratch").iterdir())


def test_without_a_folder_for_the_copy_a_compressed_file_is_refused(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"id\n1\n"))
    assert "is compressed; unpack it" in refusal(look, path)


def test_a_file_packed_twice_is_refused(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(b"id\n1\n")))
    assert "is packed twice" in refusal(look, path, scratch=tmp_path / "scratch")


@pytest.mark.parametrize("n_files", [0, 2])
def test_an_archive_must_hold_one_file(tmp_path, n_files):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("read me.pdf", "x")
        for number in range(n_files):
            archive.writestr(f"{number}.csv", "id\n1\n")
    text = refusal(look, path, scratch=tmp_path / "scratch")
    assert f"holds {n_files or 'no'} files that can be read" in text


def test_names_in_an_archive_are_never_written_to(tmp_path):
    path, scratch = tmp_path / "in" / "a.zip", tmp_path / "in" / "scratch"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"../../{'../' * 20}{tmp_path}/escaped.csv", "id\n1\n")
    assert look(path, scratch=scratch).headings == ("id",)
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a.zip", "in", "scratch"]


def test_what_grows_out_of_all_proportion_is_refused(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(2**27)))
    assert "unpacks to more than 250 times its size" in refusal(look, path, scratch=tmp_path / "scratch")
    assert not list((tmp_path / "scratch").iterdir())
    packing.refuse_trap(1, packing.SMALL, "small")
    with pytest.raises(RecordsError):
        packing.refuse_trap(packing.MOST, packing.MOST + 1, "large")


def test_a_full_disk_is_no_fault_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id\n1\n"))

    def full(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(packing, "refuse_trap", full)
    pieces = packing.unpack(tmp_path / "a.csv.gz", "gzip", tmp_path / "copy", name="a.csv.gz")
    assert "there is no space for an uncompressed copy of a.csv.gz" in refusal(list, pieces)


# Numbers


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_is_the_number(value):
    assert float(texts.number_text(value)) == value


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_has_no_point(number):
    assert texts.number_text(float(number)) == str(number)


def test_a_folder_is_told_from_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RecordsError, match="is a folder; give a file in it"):
        source_files(str(tmp_path))
