"""Records in: every row is accepted or rejected with all its reasons, whatever the file looks like."""

import csv
import datetime as dt
import io
import logging
import string
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from desistance.errors import RecordsError
from desistance.records import formats
from desistance.records import sources as sources_module
from desistance.records.files import source_files
from desistance.records.formats import columnar, delimited
from desistance.records.identifiers import shown_case
from desistance.records.typed import day_of
from records_builder import (
    DESIGN_HEADINGS,
    DESIGNED,
    HEADINGS,
    KEY,
    STUDY,
    Ingested,
    case,
    csv_text,
    in_batches_of,
    small_study,
)

ROWS = [case(number) for number in range(12)]
SENTINEL = "Zebedee"


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study")


def written(tmp_path, content, name="cases.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def taken(tmp_path, study, *contents, **options):
    files = [written(tmp_path, content, f"cases{number}.csv") for number, content in enumerate(contents)]
    return Ingested(tmp_path, files, study, **options)


def refusal(tmp_path, study, content, **options):
    with pytest.raises(RecordsError) as error:
        taken(tmp_path, study, content, **options)
    return str(error.value)


# What a file may look like


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end_gives_the_same_records(tmp_path, study, delimiter, line):
    done = taken(tmp_path, study, csv_text(ROWS, delimiter, line))
    assert done.account["n_accepted"] == 12
    assert list(done.records["sex"]) == [row["sex"] for row in ROWS]


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-8-sig", "UTF8"),
        ("cp1252", "cp1252"),
        ("latin-1", "iso-8859-1"),
        ("utf-16", "utf-16"),
    ],
)
def test_any_encoding_that_is_named_gives_the_same_records(tmp_path, study, written_as, read_as):
    text = csv_text([case(1, team="Ynys Môn"), case(2)])
    done = taken(tmp_path, study, text.encode(written_as), encoding=read_as)
    assert done.records["service"][0] == "Ynys Môn"
    assert done.account["n_rejected"] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_before_a_quoted_heading_is_no_part_of_it(tmp_path, study, encoding):
    text = "\ufeff" + csv_text([{"two\nlines, one heading": "x", **row} for row in ROWS])
    assert taken(tmp_path, study, text, encoding=encoding).account["n_accepted"] == 12


def test_quoted_values_may_hold_delimiters_line_breaks_and_quotes(tmp_path, study):
    teams = ["North, West", "Two\nlines", 'The "Hub"', "Two\r\nlines more"]
    rows = [case(number, team=team) for number, team in enumerate(teams)] + [case(9, sex="x")]
    done = taken(tmp_path, study, csv_text(rows))
    assert list(done.records["service"]) == teams
    assert done.rules == [(6, ["unknown_code:sex"])]


def test_a_quotation_mark_inside_a_value_is_text(tmp_path, study):
    text = csv_text([case(1, team="TEAM"), case(2)]).replace("TEAM", '5" North')
    assert list(taken(tmp_path, study, text).records["service"]) == ['5" North', "C"]


def test_blank_lines_are_no_rows_but_count_in_the_numbers_of_rows(tmp_path, study):
    lines = csv_text([case(1), case(2, sex="x"), case(3), case(4, sex="x")]).splitlines()
    text = "\r\n".join([*lines[:2], "", *lines[2:4], "", "", "short,row", lines[4], "", "", ""])
    done = taken(tmp_path, study, text)
    assert done.account["n_read"] == 5
    assert sorted(done.rules) == [
        (4, ["unknown_code:sex"]),
        (8, ["wrong_number_of_values"]),
        (9, ["unknown_code:sex"]),
    ]


@pytest.mark.parametrize("quote", ["", '"'])
def test_rows_of_nothing_but_delimiters_are_no_rows_but_count_in_the_numbers_of_rows(tmp_path, study, quote):
    lines = csv_text([case(1), case(2, sex="x"), case(3, team=f"{quote}A{quote}")]).splitlines()
    nothing = [",".join([f"{quote}{quote}"] * 9), ", ,,", ",,,,,,,,"]
    done = taken(tmp_path, study, "\n".join([*lines[:2], *nothing, "", *lines[2:], *nothing]))
    assert (done.account["n_read"], done.account["n_accepted"]) == (3, 2)
    assert done.rules == [(7, ["unknown_code:sex"])]


def test_spaces_around_headings_and_values_do_not_matter(tmp_path, study):
    text = csv_text([case(1, sex=" boy\t"), case(2, case_id=" c1 ")]).replace("sex", " sex ", 1)
    done = taken(tmp_path, study, text)
    assert list(done.records["sex"]) == ["boy"]
    assert done.rules == [(3, ["duplicate_case"])]


def test_columns_that_are_not_the_studys_enter_nothing(tmp_path, study):
    rows = [{"name": SENTINEL, **case(1), "": SENTINEL, "notes": f'"{SENTINEL}\n"'}]
    rows += [{**rows[0], "case_id": "c2", "sex": "x"}, {**rows[0], "case_id": "c1"}]
    text = csv_text(rows) + f"{SENTINEL},too,few\n"
    done = taken(tmp_path, study, text)
    assert [rules for _, rules in sorted(done.rules)] == [
        ["unknown_code:sex"],
        ["duplicate_case"],
        ["wrong_number_of_values"],
    ]
    for path in tmp_path.glob("re*"):
        assert SENTINEL.encode() not in path.read_bytes()
    assert list(done.records) == ["service", "date", "sex", "concern", *study.judgement_columns]


def test_columns_that_are_not_the_studys_never_reach_the_batches(tmp_path, study, monkeypatch):
    seen = []

    def hear(module):
        real = module.read

        def heard(*asked, **how):
            for batch in real(*asked, **how):
                seen.append(batch.table)
                yield batch

        monkeypatch.setattr(module, "read", heard)

    hear(sources_module)
    hear(sources_module.shares)
    taken(tmp_path, study, csv_text([{**case(1), "name": SENTINEL}]))
    pd.DataFrame([{**case(2), "name": SENTINEL}]).to_parquet(tmp_path / "a.parquet")
    Ingested(tmp_path, [tmp_path / "a.parquet"], study)
    assert len(seen) == 2
    assert all(set(table.column_names) == set(HEADINGS) for table in seen)


@pytest.mark.parametrize("size", [300, 1000, 2**24])
def test_rows_with_too_few_or_too_many_values_are_rejected_with_their_numbers(
    tmp_path, study, monkeypatch, size
):
    in_batches_of(monkeypatch, size)
    lines = csv_text(
        [case(number, sex="x" if number % 7 == 3 else "boy") for number in range(60)]
    ).splitlines()
    short = {5, 6, 20, 41, 60}
    for number in short:
        lines[number - 1] = "c,1" if number % 2 else lines[number - 1] + ",more"
    done = taken(tmp_path, study, "\n".join(lines))
    unknown = {number for number in range(2, 62) if (number - 2) % 7 == 3} - short
    assert done.account["n_read"] == 60
    assert {row for row, rules in done.rules if rules == ["wrong_number_of_values"]} == short
    assert {row for row, rules in done.rules if rules == ["unknown_code:sex"]} == unknown
    shown = {int(row["row"]): [row[name] for name in HEADINGS] for row in done.rejects}
    assert all(shown[number] == [""] * len(HEADINGS) for number in short)


def test_a_file_of_nothing_but_malformed_rows_is_rejected_whole(tmp_path, study):
    done = taken(tmp_path, study, csv_text(ROWS[:1]).splitlines()[0] + "\n1\n2\n")
    assert (done.account["n_read"], done.account["n_accepted"]) == (2, 0)
    assert done.account["rejected_by_rule"] == {"wrong_number_of_values": 2}
    assert len(done.records) == 0
    assert "service" in done.records


def test_a_file_whose_rows_are_all_rejected_still_gives_records(tmp_path, study):
    done = taken(tmp_path, study, csv_text([case(1, sex="x"), case(2, team=" ")]))
    assert len(done.records) == 0
    assert done.account["rejected_by_rule"] == {"service_missing": 1, "unknown_code:sex": 1}
    assert done.account["first_date"] is None


# Files that cannot be believed


@pytest.mark.parametrize("delimiter", ["comma", "tab", "pipe"])
def test_a_wrong_delimiter_is_refused_and_the_right_one_named(tmp_path, study, delimiter):
    text = refusal(tmp_path, study, csv_text(ROWS, ";"), delimiter=delimiter)
    assert f"is read with the delimiter {delimiter} but looks separated by semicolon" in text
    assert "set records.delimiter to semicolon (or auto)" in text


def test_every_missing_column_is_named_and_what_comes_close(tmp_path, study):
    rows = [{"Sex": "boy", **{name: row[name] for name in HEADINGS[:3] + HEADINGS[5:]}} for row in ROWS]
    text = refusal(tmp_path, study, csv_text(rows))
    assert "cases0.csv lacks 2 of the study's columns:" in text
    assert "'sex'; is it 'Sex'?" in text
    assert "'concern'" in text
    assert "headings found: Sex, case_id" in text
    assert "records.mapping" in text


def test_a_first_row_without_any_heading_is_not_shown(tmp_path, study):
    text = refusal(tmp_path, study, f"{SENTINEL},case_ids,boy\n{SENTINEL},2,girl\n")
    assert "has none of the study's headings in its first row" in text
    assert SENTINEL not in text
    assert "case_ids" not in text


# Rows of a long layout hold names of factors: the headings of a study are values too.
LONG = [
    ["Client", "Team", "Factor", "Main"],
    ["Ava Stone", "North", "drugs", "home"],
    ["Ben Hart", "East", "home", ""],
]


def lines_of(rows):
    return "".join(f"{','.join(row)}\n" for row in rows)


def test_a_row_that_holds_a_wanted_heading_as_a_value_is_no_row_of_headings(tmp_path, study):
    path = written(tmp_path, lines_of(LONG))
    assert look_at(path).headings == tuple(LONG[0])
    text = refusal(tmp_path, study, lines_of(LONG))
    assert "has none of the study's headings" in text
    assert not any(word in text for word in ("Ava", "North", "Client"))


def look_at(path):
    return formats.look(path, wanted=HEADINGS)


@pytest.mark.parametrize("few", ["drugs", "drugs,home"])
def test_nothing_of_a_first_row_with_few_of_the_headings_is_shown(tmp_path, study, few):
    """Not even which of them it has, for that is a value."""
    rows = f"{few},{SENTINEL},case_ids\n" * 3
    text = refusal(tmp_path, study, rows)
    assert "has few of the study's headings in its first row" in text
    assert "lacks" not in text
    assert SENTINEL not in text
    assert "case_ids" not in text
    twice = refusal(tmp_path, study, f"drugs,drugs,{SENTINEL},x\n" * 3)
    assert "more than once" not in twice


def test_headings_that_are_numbers_or_dates_are_not_shown(tmp_path, study):
    rows = [{"1/2/2003": "", "77": "", **{name: row[name] for name in HEADINGS[:-1]}} for row in ROWS]
    text = refusal(tmp_path, study, csv_text(rows))
    assert "headings found: case_id, team" in text
    assert "77" not in text
    assert "2003" not in text


@pytest.mark.parametrize("n_rows", [1, 3])
def test_records_above_the_headings_are_refused_and_not_lost(tmp_path, study, n_rows):
    headings, *rows = csv_text(ROWS).splitlines(keepends=True)
    text = refusal(tmp_path, study, "".join([*rows[:n_rows], headings, *rows[n_rows:]]))
    assert f"{n_rows} row{'s' * (n_rows > 1)} as wide as the headings stand" in text
    assert "c0" not in text


def test_a_record_with_empty_cells_above_the_headings_is_refused_too(tmp_path, study):
    text = csv_text([{**ROWS[0], "sex": "", "concern": ""}]).splitlines(keepends=True)[1] + csv_text(ROWS[1:])
    assert "1 row as wide as the headings stands above them" in refusal(tmp_path, study, text)


def test_titles_and_notes_above_the_headings_stay_where_they_are(tmp_path, study):
    titles = "Cases of 2019\n\nTeam:,North,,,,,,,\nFrom,2019-01-01,to,2019-12-31\n"
    assert taken(tmp_path, study, titles + csv_text(ROWS)).account["n_accepted"] == 12


@pytest.mark.parametrize("value", ["1000", "2003-01-01", "5 Jan 2003", "1,5", "2003-01-01T00:00:00", "1e3"])
@pytest.mark.parametrize("wanted", [(), HEADINGS])
def test_a_first_row_with_numbers_or_dates_is_no_row_of_headings(tmp_path, value, wanted):
    path = written(tmp_path, f'{SENTINEL},"{value}",drugs\n' * 3)
    with pytest.raises(
        RecordsError, match="the first row must hold headings, and holds numbers or dates"
    ) as error:
        formats.look(path, wanted=wanted)
    assert SENTINEL not in str(error.value)
    assert value not in str(error.value)


def test_headings_given_twice_in_a_file_are_those_of_the_first_row(tmp_path, study):
    """As where extracts were put one below the other; the second row of headings is then a bad record."""
    done = taken(tmp_path, study, csv_text(ROWS[:6]) + csv_text(ROWS[6:]))
    assert (done.account["n_accepted"], [row for row, _ in done.rules]) == (12, [8])


def test_a_heading_that_stands_twice_is_refused(tmp_path, study):
    text = csv_text(ROWS).replace("concern", "sex ", 1)
    assert "has the heading 'sex' more than once" in refusal(tmp_path, study, text)
    unasked = csv_text([{"x": 1, **row, "y": 2} for row in ROWS]).replace("x,", "y,", 1)
    assert taken(tmp_path, study, unasked).account["n_accepted"] == 12


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path, study, content):
    text = refusal(tmp_path, study, content)
    assert "cases0.csv is empty" in text or "begins with blank rows" in text


@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_headings_without_rows_are_refused(tmp_path, study, end):
    text = refusal(tmp_path, study, ",".join(HEADINGS) + end)
    assert "cases0.csv has headings but no rows" in text


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(
        RecordsError, match=r"no file matches .*none\.csv \(records\.files in the configuration\)"
    ):
        source_files(str(tmp_path / "none.csv"))
    with pytest.raises(RecordsError, match="is a folder; give a file in it"):
        source_files(str(tmp_path))


def test_other_kinds_of_file_are_refused(tmp_path):
    written(tmp_path, "x", "a.sas7bdat")
    with pytest.raises(
        RecordsError, match=r"a\.sas7bdat: only \.csv, \.tsv, .* can be read, also packed as \.gz"
    ):
        source_files(str(tmp_path / "*"))


def test_files_come_in_order_of_name_and_a_pattern_may_be_a_name(tmp_path):
    for name in ("b.csv", "a.parquet", "[1].csv"):
        written(tmp_path, "x", name)
    assert [path.name for path in source_files(str(tmp_path / "*"))] == ["[1].csv", "a.parquet", "b.csv"]
    assert [path.name for path in source_files(str(tmp_path / "[1].csv"))] == ["[1].csv"]


TEXT = csv_text([case(number, team=SENTINEL, notes=SENTINEL) for number in range(3)])
UNREADABLE = {
    "wrong encoding": (TEXT.replace(SENTINEL, f"{SENTINEL}é").encode("cp1252"), "for example to cp1252"),
    "wrong encoding far down": (
        (csv_text([case(number) for number in range(60)]) + SENTINEL).encode() + b"\xff",
        "is not text in utf-8",
    ),
    "two bytes a letter": (TEXT.encode("utf-16"), "for example to utf-16"),
    "two bytes a letter, no mark": (TEXT.encode("utf-16-le"), "for example to utf-16"),
    "quote not closed": (
        TEXT.replace(f"{SENTINEL}\n", f'"{SENTINEL}\n', 1),
        "a quotation mark does not close",
    ),
    "quote closed too late": (
        TEXT.replace(f"{SENTINEL}\n", f'"{SENTINEL}\n', 1).replace(f"{SENTINEL}\nc2", f'"{SENTINEL}\nc2'),
        "or is followed by other text",
    ),
    "endless value": (TEXT + f'c9,"{SENTINEL * 30_000}"', "or a row is too long"),
    "Parquet by another name": (b"PAR1" + bytes(100) + b"PAR1", "is not a Parquet file"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_without_showing_it(tmp_path, study, kind, caplog, capfd):
    content, words = UNREADABLE[kind]
    text = refusal(tmp_path, study, content)
    assert words in text
    assert "export it" in text
    assert SENTINEL not in text + caplog.text + "".join(capfd.readouterr())


def test_a_row_longer_than_a_batch_is_refused(tmp_path, study, monkeypatch):
    in_batches_of(monkeypatch, 500)
    text = refusal(tmp_path, study, csv_text([case(1), case(2, team=SENTINEL * 500)]))
    assert "a row is too long" in text
    assert SENTINEL not in text


def test_a_very_wide_or_very_long_first_line_is_refused_plainly(tmp_path, study):
    assert "has more than 20,000 columns" in refusal(tmp_path, study, "x," * 500_000 + "\n1\n")
    assert SENTINEL not in refusal(tmp_path, study, SENTINEL * 300_000)
    wide = csv_text([{**{f"q{number}": "" for number in range(5000)}, **case(1)}])
    assert taken(tmp_path, study, wide).account["n_accepted"] == 1


def test_an_unknown_encoding_is_refused(tmp_path, study):
    for encoding in ("utf-9", "rot13"):
        text = refusal(tmp_path, study, csv_text(ROWS), encoding=encoding)
        assert f"records.encoding is '{encoding}', which is not an encoding" in text


def test_a_nul_far_down_breaks_only_its_row(tmp_path, study, monkeypatch):
    rows = [case(number) for number in range(9000)]
    rows[8500]["sex"] = "bo\0y"
    monkeypatch.setattr(delimited, "HEAD_CHARACTERS", 2**16)
    done = taken(tmp_path, study, csv_text(rows))
    assert done.rules == [(8502, ["unknown_code:sex"])]


# Rules


BROKEN = {
    "case_missing": {"case_id": " "},
    "duplicate_case": {"case_id": "c0"},
    "service_missing": {"team": ""},
    "date_unreadable": {"seen_on": "02/01/2019"},
    "date_outside_window": {"seen_on": "2018-05-31"},
    "unknown_code:sex": {"sex": "man"},
    "unknown_code:drugs": {"drugs": "not_known"},
    "judged_without_base:delivery_drugs": {"drugs": "no"},
    "judged_without_base:delivery_home": {"home": "not applicable", "delivery_home": "yes"},
    "weight_not_positive": {"weight": "0"},
    "services_in_stratum_not_positive": {"n_teams": "many"},
    "stratum_missing": {"region": ""},
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_row_that_breaks_a_rule_goes_to_the_rejects_with_all_that_is_needed_to_mend_it(tmp_path, rule):
    study = small_study(tmp_path / "study", DESIGNED)
    design = {"region": "north", "weight": "1.5", "n_teams": "9"}
    rows = [{**case(0), **design}, {**case(1), **design, **BROKEN[rule]}]
    done = taken(tmp_path, study, csv_text(rows))
    assert done.rules == [(3, [rule])]
    assert done.account["rejected_by_rule"] == {rule: 1}
    reject = done.rejects[0]
    shown = rows[1] | {"case_id": shown_case(rows[1]["case_id"], key=KEY)}
    if not rule.startswith("date_"):
        shown["seen_on"] = ""
    assert {name: reject[name] for name in DESIGN_HEADINGS} == shown
    assert len(done.records) == 1


def test_a_row_is_rejected_with_every_reason(tmp_path):
    study = small_study(tmp_path / "study", DESIGNED)
    worst = case(
        0, team="", seen_on="", sex="x", concern="", drugs="no", home="y", region="", weight="-1", n_teams=""
    )
    design = {"region": "north", "weight": "1", "n_teams": "9"}
    done = taken(tmp_path, study, csv_text([{**case(0), **design}, worst]))
    ((row, rules),) = done.rules
    assert row == 3
    assert sorted(rules) == [
        "date_unreadable",
        "duplicate_case",
        "judged_without_base:delivery_drugs",
        "service_missing",
        "services_in_stratum_not_positive",
        "stratum_missing",
        "unknown_code:home",
        "unknown_code:sex",
        "weight_not_positive",
    ]


@pytest.mark.parametrize("weight", ["", "0", "-2", "nan", "inf", "1,5", "1_0", "one", "1e999"])
def test_a_weight_that_is_no_positive_number_is_refused(tmp_path, weight):
    study = small_study(tmp_path / "study", DESIGNED)
    rows = [case(0, region="n", weight=weight, n_teams="9"), case(1, region="n", weight="0.25", n_teams="9")]
    done = taken(tmp_path, study, csv_text(rows))
    assert done.rules == [(2, ["weight_not_positive"])]
    assert list(done.records["weight"]) == [0.25]


def test_days_at_the_ends_of_the_window_belong_to_it(tmp_path, study):
    days = ["2018-06-01", "2020-02-29", "2018-05-31", "2020-03-01", "2019-02-29", ""]
    done = taken(tmp_path, study, csv_text([case(number, seen_on=day) for number, day in enumerate(days)]))
    assert (done.account["first_date"], done.account["last_date"]) == ("2018-06-01", "2020-02-29")
    assert done.account["rejected_by_rule"] == {"date_outside_window": 2, "date_unreadable": 2}


def test_a_delivery_may_be_judged_or_missing_where_the_factor_is_not_known(tmp_path, study):
    rows = [case(1, drugs="not known", delivery_drugs="yes"), case(2, drugs="", delivery_drugs="")]
    assert taken(tmp_path, study, csv_text(rows)).account["n_accepted"] == 2


def test_the_three_kinds_of_missing_are_kept_apart(tmp_path, study):
    kinds = ["not applicable", "not known", "", "not known", "yes"]
    rows = [case(n, drugs=kind, delivery_drugs="", sex=kind if n else "boy") for n, kind in enumerate(kinds)]
    done = taken(tmp_path, study, csv_text(rows[:4]))
    assert list(done.records["drugs"]) == ["not_applicable", "not_known", "not_recorded", "not_known"]
    assert list(done.records["drugs"].cat.categories)[2:] == ["not_applicable", "not_known", "not_recorded"]
    missing = {entry["column"]: entry for entry in done.account["missing"]}
    assert missing["drugs"] == {
        "column": "drugs",
        "label": "Drugs (factor identified)",
        "not_applicable": 1,
        "not_known": 2,
        "not_recorded": 1,
    }
    assert missing["sex"] == {
        "column": "sex",
        "label": "Sex",
        "not_applicable": 0,
        "not_known": 2,
        "not_recorded": 1,
    }


def test_a_duplicate_is_found_across_files_and_batches(tmp_path, study, monkeypatch):
    in_batches_of(monkeypatch, 300)
    done = taken(tmp_path, study, csv_text(ROWS), csv_text([case(20), case(3), case(21)]))
    assert [(row["file"], row["row"], row["rules"]) for row in done.rejects] == [
        ("cases1.csv", "3", "duplicate_case")
    ]
    assert [file["n_rows"] for file in done.account["files"]] == [12, 3]
    assert [file["name"] for file in done.account["files"]] == ["cases0.csv", "cases1.csv"]


def test_case_numbers_are_in_no_output(tmp_path, study):
    rows = [case(1, case_id=SENTINEL), case(2, case_id=SENTINEL), case(3, case_id=f"{SENTINEL}3", sex="x")]
    done = taken(tmp_path, study, csv_text(rows) + f"{SENTINEL},short\n")
    assert done.account["n_rejected"] == 3
    assert SENTINEL not in done.records.to_string()
    assert SENTINEL not in str(done.account) + str(done.rejects)


# Made-up records


def test_made_up_records_say_so_themselves(tmp_path, study):
    assert taken(tmp_path, study, csv_text([{**row, "made_up": "made up"} for row in ROWS])).account[
        "made_up"
    ]
    assert not taken(tmp_path, study, csv_text([{**row, "made_up": ""} for row in ROWS])).account["made_up"]
    assert not taken(tmp_path, study, csv_text(ROWS)).account["made_up"]


def test_a_mixture_of_made_up_and_other_records_is_refused(tmp_path, study):
    rows = [{**row, "made_up": "made up"} for row in ROWS]
    with pytest.raises(RecordsError, match="must not be mixed"):
        taken(tmp_path, study, csv_text(rows), csv_text([case(30)]))
    rows[5]["made_up"] = ""
    with pytest.raises(RecordsError, match="must not be mixed"):
        taken(tmp_path, study, csv_text(rows))


@pytest.mark.parametrize("heading", ["made_up", "Made_up", "Made Up", " MADE-UP "])
@pytest.mark.parametrize("word", ["yes", "x", "Made up"])
def test_any_text_under_any_spelling_of_the_heading_marks_made_up_records(tmp_path, study, heading, word):
    done = taken(tmp_path, study, csv_text([{**row, heading: word} for row in ROWS]))
    assert (done.rules, done.account["made_up"]) == ([], True)


def test_a_mark_of_made_up_records_that_stands_twice_is_refused(tmp_path, study):
    text = csv_text([{**row, "made_up": "", "Made Up": "yes"} for row in ROWS])
    assert "has the heading 'made_up' more than once" in refusal(tmp_path, study, text)


# Parquet


def as_parquet(tmp_path, study, table, name="cases.parquet", **options):
    parquet.write_table(table, tmp_path / name)
    return Ingested(tmp_path, [tmp_path / name], study, **options)


def test_parquet_gives_the_same_records_as_csv(tmp_path, study):
    rows = [*ROWS, case(20, sex="x"), case(21, drugs="")]
    frame = pd.DataFrame(rows)
    from_csv = taken(tmp_path, study, csv_text(rows))
    expected, account = from_csv.records, from_csv.account
    done = as_parquet(tmp_path, study, pa.Table.from_pandas(frame))
    pd.testing.assert_frame_equal(done.records, expected)
    assert done.rules == from_csv.rules
    assert {**done.account, "files": 0} == {**account, "files": 0}


def test_parquet_columns_of_other_types_are_read_as_their_csv_would_be(tmp_path):
    study = small_study(tmp_path / "study", DESIGNED)
    (tmp_path / "m.yaml").write_text(
        "columns: {drugs: {codes: {true: yes, false: no}}, home: {codes: {1: yes, 0: no, 9: not known}},"
        "seen_on: {format: '%d.%m.%Y'}}"
    )
    table = pa.table(
        {
            "case_id": pa.array([1, 2, 3]),
            "team": pa.array(["A", "B", "A"]).dictionary_encode(),
            "seen_on": pa.array([dt.date(2019, 1, 2), dt.date(2019, 3, 4), None]),
            "sex": pa.array(["boy", None, "girl"], pa.large_string()),
            "concern": pa.array([None, None, None], pa.null()),
            "drugs": pa.array([True, False, None]),
            "home": pa.array([1.0, 9.0, 0.0]),
            "delivery_drugs": pa.array(["yes", None, None]),
            "delivery_home": pa.array(["no", None, None]).dictionary_encode(),
            "region": pa.array([7, 7, 7], pa.int8()),
            "weight": pa.array([0.5, 2, 1]),
            "n_teams": pa.array([3, 3, 3], pa.int16()),
        }
    )
    done = as_parquet(tmp_path, study, table, mapping=tmp_path / "m.yaml")
    assert done.rules == [(4, ["date_unreadable"])]
    assert done.records.astype(str).to_dict("list") == {
        "service": ["A", "B"],
        "stratum": ["7", "7"],
        "date": ["2019-01-02", "2019-03-04"],
        "weight": ["0.5", "2.0"],
        "services_in_stratum": ["3.0", "3.0"],
        "sex": ["boy", "not_recorded"],
        "concern": ["not_recorded", "not_recorded"],
        "drugs": ["yes", "no"],
        "home": ["yes", "not_known"],
        "delivery_drugs": ["yes", "not_recorded"],
        "delivery_home": ["no", "not_recorded"],
    }


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_moment_is_read_as_its_day_where_it_happened(tmp_path, study, unit):
    table = pa.Table.from_pandas(pd.DataFrame([case(1), case(2)]))
    place = table.column_names.index("seen_on")
    moments = [
        dt.datetime(2019, 6, 30, 23, 15, tzinfo=dt.UTC),
        dt.datetime(2019, 1, 31, 23, 15, tzinfo=dt.UTC),
    ]
    zoned = pa.array(moments, pa.timestamp(unit, tz="Europe/London"))
    done = as_parquet(tmp_path, study, table.set_column(place, "seen_on", zoned))
    assert [str(day) for day in done.records["date"]] == ["2019-07-01", "2019-01-31"]
    plain = pa.array([moment.replace(tzinfo=None) for moment in moments], pa.timestamp(unit))
    done = as_parquet(tmp_path, study, table.set_column(place, "seen_on", plain))
    assert [str(day) for day in done.records["date"]] == ["2019-06-30", "2019-01-31"]


def test_a_parquet_file_that_cannot_be_read_is_refused_without_showing_it(tmp_path, study):
    path = written(tmp_path, b"PAR1" + SENTINEL.encode(), "a.parquet")
    with pytest.raises(RecordsError, match=r"a\.parquet is not a Parquet file"):
        Ingested(tmp_path, [path], study)
    table = pa.Table.from_pandas(pd.DataFrame(ROWS))
    place = table.column_names.index("sex")
    for odd in (pa.array([[SENTINEL]] * 12), pa.array([SENTINEL.encode() + b"\xff"] * 12)):
        with pytest.raises(RecordsError, match="columns that are not text, numbers or dates") as error:
            as_parquet(tmp_path, study, table.set_column(place, "sex", odd))
        assert SENTINEL not in str(error.value)
    with pytest.raises(RecordsError, match="has headings but no rows"):
        as_parquet(tmp_path, study, table[:0])
    with pytest.raises(RecordsError, match="lacks 1 of the study's columns"):
        as_parquet(tmp_path, study, table.drop_columns(["sex"]))


def test_a_damaged_parquet_file_is_refused(tmp_path, study):
    parquet.write_table(pa.Table.from_pandas(pd.DataFrame(ROWS)), tmp_path / "a.parquet")
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[4:400] = bytes(396)
    with pytest.raises(RecordsError, match="is not a Parquet file"):
        Ingested(tmp_path, [written(tmp_path, bytes(content), "a.parquet")], study)


def test_rows_are_numbered_across_the_batches_of_a_parquet_file(tmp_path, study, monkeypatch):
    monkeypatch.setattr(columnar, "BATCH_ROWS", 5)
    # Here, and not in a process of its own, where nothing can be changed.
    monkeypatch.setattr(formats, "guarded", columnar)
    rows = [case(number, sex="x" if number in (3, 11) else "boy") for number in range(12)]
    done = as_parquet(tmp_path, study, pa.Table.from_pandas(pd.DataFrame(rows)))
    assert done.rules == [(5, ["unknown_code:sex"]), (13, ["unknown_code:sex"])]


def test_csv_and_parquet_of_one_glob_are_one_extract(tmp_path, study):
    folder = tmp_path / "in"
    folder.mkdir()
    written(folder, csv_text(ROWS[:6]), "1.csv")
    pd.DataFrame(ROWS[5:]).to_parquet(folder / "2.parquet")
    done = Ingested(tmp_path, source_files(str(folder / "*")), study)
    assert (done.account["n_read"], done.account["n_accepted"]) == (13, 12)
    assert done.rejects[0]["file"] == "2.parquet"


# Laws


VALUES = {
    "case_id": st.sampled_from(["c1", "c2", "c3", "c4", "c5", "", " c1"]),
    "team": st.sampled_from(["A", "B", "", "C,D", "E\nF"]),
    "seen_on": st.sampled_from(["2019-01-02", "2018-06-01", "2017-01-01", "x", ""]),
    "sex": st.sampled_from(["boy", "girl", "not known", "", "x"]),
    "concern": st.sampled_from(["low", "high", "not applicable", "0"]),
    "drugs": st.sampled_from(["yes", "no", "not known", "", "not applicable", "?"]),
    "home": st.sampled_from(["yes", "no", ""]),
    "delivery_drugs": st.sampled_from(["yes", "no", "not applicable", "not known", "", "?"]),
    "delivery_home": st.sampled_from(["yes", "no", "not applicable", ""]),
}
GOOD_OR_BAD = st.one_of(st.fixed_dictionaries(VALUES), st.integers(0, 40).map(case))
DIRT = st.lists(st.text(string.ascii_letters + '," \t\n', max_size=8), min_size=1, max_size=12)
DIRT = DIRT.filter(lambda row: any(map(str.strip, row)))


@given(st.lists(st.one_of(GOOD_OR_BAD, DIRT), min_size=1, max_size=15), st.integers(0, 3))
@settings(max_examples=50)
def test_every_row_is_accepted_or_rejected_and_broken_rows_are_kept_whole(rows, n_blank):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow([row[name] for name in HEADINGS] if isinstance(row, dict) else row)
        out.write("\n" * n_blank)
    with tempfile.TemporaryDirectory() as folder:
        study = small_study(Path(folder) / "study")
        done = Ingested(folder, [written(Path(folder), out.getvalue())], study)
        assert done.account["n_read"] == len(rows)
        assert done.account["n_read"] == done.account["n_accepted"] + done.account["n_rejected"]
        assert len(done.records) == done.account["n_accepted"]
        assert len(done.rejects) == done.account["n_rejected"]
    kept = {(int(reject["row"]) - 2) // (n_blank + 1): reject for reject in done.rejects}
    for number, row in enumerate(rows):
        malformed = not isinstance(row, dict) and len(row) != len(HEADINGS)
        if number not in kept:
            assert not malformed
        elif malformed:
            assert kept[number]["rules"] == "wrong_number_of_values"
        else:
            values = [row[name] for name in HEADINGS] if isinstance(row, dict) else row
            shown = dict(zip(HEADINGS, values, strict=True))
            assert kept[number]["case_id"] == shown_case(shown["case_id"], key=KEY)
            others = [name for name in HEADINGS if name not in ("case_id", "seen_on")]
            assert [kept[number][name][:40] for name in others] == [shown[name][:40] for name in others]


@given(st.lists(GOOD_OR_BAD, min_size=1, max_size=30), st.sampled_from([250, 400, 1000]))
@settings(max_examples=20)
def test_nothing_depends_on_the_size_of_the_batches(rows, size):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        study = small_study(Path(folder) / "study")
        path = written(Path(folder), csv_text(rows, headings=HEADINGS))
        whole = Ingested(folder, [path], study)
        records = whole.records
        in_batches_of(patch, size)
        parts = Ingested(folder, [path], study)
        assert parts.account == whole.account
        assert parts.rejects == whole.rejects
        pd.testing.assert_frame_equal(parts.records, records)


@given(st.lists(GOOD_OR_BAD, min_size=1, max_size=6), st.data())
@settings(max_examples=50)
def test_no_message_shows_a_value(rows, data):
    """A word that stands in many values, in files spoiled in many ways, is in no message and in no log."""
    rows = [{**row, "team": SENTINEL, "notes": f"{SENTINEL}, {SENTINEL}"} for row in rows]
    rows = [{**row, data.draw(st.sampled_from(HEADINGS)): SENTINEL} for row in rows]
    content = csv_text(rows).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 9, len(content))))
        filling = data.draw(st.sampled_from([b"", b'"', b"\n", b"\xff", b"\0", b",", b'"\n', b"\x81", b"\r"]))
        content = content[:start] + filling + content[end:]
    headings = content.splitlines()[0]
    delimiter = data.draw(st.sampled_from(["auto", "comma", "tab"]))
    encoding = data.draw(st.sampled_from(["utf-8-sig", "cp1252", "ascii", "utf-16"]))
    heard, problem = _read_and_listen(content, delimiter, encoding)
    assert SENTINEL not in heard
    # Headings may be shown; a value that slipped into the row of headings is one of them.
    if problem and SENTINEL.encode() not in headings:
        assert SENTINEL not in str(problem)
    # Nothing follows the message: a parser's own error would quote the row.
    assert problem is None or problem.__context__ is None or problem.__suppress_context__


def _read_and_listen(content, delimiter, encoding):
    """What was logged while a file was read, and the error that was raised."""
    heard, problem = io.StringIO(), None
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    with tempfile.TemporaryDirectory() as folder:
        study = small_study(Path(folder) / "study")
        try:
            Ingested(folder, [written(Path(folder), content)], study, delimiter=delimiter, encoding=encoding)
        except RecordsError as error:
            problem = error
        finally:
            logging.getLogger().removeHandler(handler)
    return heard.getvalue(), problem


def test_a_breakdown_may_have_hundreds_of_levels(tmp_path):
    codes = [f"l{number}" for number in range(300)]
    levels = "".join(f"{{code: {code}, label: L {code}}}," for code in codes)
    text = STUDY.replace("{code: boy, label: Boys}, {code: girl, label: Girls}", levels)
    study = small_study(tmp_path / "study", text)
    done = taken(tmp_path, study, csv_text([case(number, sex=code) for number, code in enumerate(codes)]))
    assert list(done.records["sex"]) == codes


def test_records_are_typed_as_the_study_says(tmp_path):
    study = small_study(tmp_path / "study", DESIGNED)
    rows = [case(number, region="n", weight="2", n_teams="4") for number in range(5)]
    records = taken(tmp_path, study, csv_text(rows)).records
    assert list(records["sex"].cat.categories[:2]) == ["boy", "girl"]
    assert list(records["drugs"].cat.categories[:2]) == ["yes", "no"]
    assert records["weight"].dtype == np.float64
    assert records["date"].iloc[0] == dt.date(2019, 1, 2)


# Dates whose numbers touch, and what a spreadsheet would run


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("01112003", "%d%m%Y", dt.date(2003, 11, 1)),
        ("1112003", "%d%m%Y", None),
        ("9112003", "%d%m%Y", None),
        ("2003111", "%Y%m%d", None),
        ("1NOV2003", "%d%b%Y", dt.date(2003, 11, 1)),
        ("1/2/2003", "%d/%m/%Y", dt.date(2003, 2, 1)),
        ("2003-01-02 03:04:05.67", "%Y-%m-%d %H:%M:%S.%f", dt.date(2003, 1, 2)),
        ("20030102T030405Z", "%Y%m%dT%H%M%S%z", dt.date(2003, 1, 2)),
        ("2003012T030405Z", "%Y%m%dT%H%M%S%z", None),
        ("٢٠٠٣-01-02", "%Y-%m-%d", None),
    ],
)
def test_a_date_that_the_format_would_write_otherwise_is_unreadable(text, written, day):
    assert day_of(text, written) == day


@pytest.mark.parametrize("value", ["=1+1", "+cmd", "-cmd|x", "@sum", "=" + "x" * 60])
def test_a_rejected_value_that_a_spreadsheet_would_run_has_an_apostrophe(tmp_path, study, value):
    done = taken(tmp_path, study, csv_text([*ROWS, case(20, sex=value)]))
    assert done.rejects[0]["sex"].startswith(f"'{value[:40]}")


@pytest.mark.parametrize("value", ["-1", "+2.5", "-1,000", "a=b"])
def test_a_rejected_value_that_is_a_number_stays(tmp_path, study, value):
    done = taken(tmp_path, study, csv_text([*ROWS, case(20, sex=value)]))
    assert done.rejects[0]["sex"] == value


@pytest.mark.parametrize("denial", ["no", "0", "False", "real"])
def test_records_that_are_said_not_to_be_made_up_are_never_taken_for_made_up(tmp_path, study, denial):
    path = tmp_path / "denied.csv"
    path.write_text(csv_text([case(1, made_up=denial), case(2, made_up=denial)]), encoding="utf-8")
    with pytest.raises(RecordsError, match="made_up says no in some rows; leave it empty"):
        Ingested(tmp_path, [path], study)
